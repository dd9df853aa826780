from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from bot.demo.history import DAYS, Historian, History
from bot.demo.stories import Stories
from bot.simulator.citizens import DemoCitizens
from routing.departments import UnitId, load_units
from routing.events import EventKind, NoticeChannel, NoticeState
from routing.figures.counting import FigureName, Period, by_unit, totals
from routing.figures.rows import row_of
from routing.places.gazetteer import load_gazetteer
from routing.workflow import OPEN_STATES, State

NOW = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
"""As the fixture ``history`` has it: a Wednesday noon."""
DEMO_UNITS = ("qh.urban-management", "qh.housing", "qh.human-resources", "qh.liuquan.government")


def last_month() -> Period:
    return Period(NOW - timedelta(days=30), NOW + timedelta(days=60), NOW)


def test_the_past_is_the_same_for_the_same_moment(historian: Historian, history: History) -> None:
    again = historian.write(now=NOW)
    assert again.tickets == history.tickets
    assert again.citizens == history.citizens


def test_the_fixture_ends_when_these_tests_think(present: datetime) -> None:
    assert present == NOW


def test_nothing_in_the_past_lies_in_the_future_or_out_of_order(history: History) -> None:
    for ticket in history.tickets:
        times = [event.at for event in ticket.events]
        assert times == sorted(times), ticket.number
        assert times[-1] <= NOW, ticket.number
        assert NOW - timedelta(days=DAYS + 1) < ticket.received_at < NOW


def test_every_number_is_given_once_and_names_its_day_in_china(history: History) -> None:
    numbers = [ticket.number for ticket in history.tickets]
    assert len(set(numbers)) == len(numbers) > 200
    assert set(history.citizens) == set(numbers)
    assert len({(t.channel, t.external_number) for t in history.tickets}) == len(numbers)
    for ticket in history.tickets:
        assert ticket.number[2:8] == (ticket.received_at + timedelta(hours=8)).strftime("%y%m%d")


def test_the_figures_of_the_last_month_look_like_a_countys(history: History) -> None:
    figures = totals([row_of(t) for t in history.tickets], last_month())
    for name, low, high in (
        (FigureName.SIGN_IN_ON_TIME, 0.88, 0.98),
        (FigureName.FIRST_CONTACT_ON_TIME, 0.88, 0.99),
        (FigureName.CLOSED_ON_TIME, 0.85, 0.96),
        (FigureName.SATISFIED, 0.80, 0.95),
    ):
        value = figures[name].value
        assert value is not None
        assert low < value < high, (name, value)
        assert figures[name].denominator > 60
    assert 0 < figures[FigureName.OVERDUE_OPEN].numerator < 15
    assert figures[FigureName.RETURNED].numerator > 0


def test_a_supervisor_sees_every_figure_filled_on_the_first_look(history: History) -> None:
    rows = [row_of(t) for t in history.tickets]
    figures = totals(rows, Period(NOW - timedelta(days=DAYS), NOW + timedelta(days=60), NOW))
    assert [name for name, figure in figures.items() if figure.value is None] == []
    may_be_nothing = {FigureName.REPEATED, FigureName.REPLIED_PUBLICLY}
    empty = {name for name, figure in figures.items() if not figure.numerator}
    assert empty <= may_be_nothing
    assert figures[FigureName.SOLVED].denominator > 30
    happened = Counter(event.kind for ticket in history.tickets for event in ticket.events)
    assert happened[EventKind.LETTER_SENT] == 1
    assert happened[EventKind.SUSPENSION_GRANTED] == 1
    assert happened[EventKind.EXTENSION_GRANTED] > 1
    assert sum(t.pause is not None for t in history.tickets) == 1


def test_departments_differ_and_some_have_had_little_to_do(history: History) -> None:
    groups = by_unit([row_of(t) for t in history.tickets], last_month())
    closed = [f[FigureName.CLOSED_ON_TIME] for f in groups.values() if FigureName.CLOSED_ON_TIME in f]
    assert len(closed) > 20
    assert len({figure.value for figure in closed}) > 4
    assert any(figure.denominator <= 3 for figure in closed)


def test_each_demo_liaison_finds_something_to_sign_in_to_work_on_and_to_look_back_at(
    history: History,
) -> None:
    units = load_units()
    for unit_id in DEMO_UNITS:
        mine = [t for t in history.tickets if t.unit_id in units.subtree(UnitId(unit_id))]
        states = Counter(t.state for t in mine)
        assert states[State.DISPATCHED], unit_id
        assert states[State.ACCEPTED], unit_id
        assert states[State.RESOLVED] + states[State.ARCHIVED] > 5, unit_id
        assert any(c.at_risk(NOW) for t in mine for c in t.clocks), unit_id


def test_some_tickets_wait_for_a_dispatcher_and_one_for_a_decision_on_its_return(history: History) -> None:
    waiting = [t for t in history.tickets if t.state is State.RECEIVED]
    assert len(waiting) >= 3
    assert all(t.triage is not None and not t.triage.automatic for t in waiting)
    assert [t for t in history.tickets if t.pending_return is not None]
    assert [t for t in history.tickets if t.state is State.REPLIED]


def test_no_message_to_a_citizen_is_left_over_for_the_worker(history: History) -> None:
    for ticket in history.tickets:
        for entry in ticket.outbox:
            if entry.channel is NoticeChannel.WECHAT:
                assert entry.state is NoticeState.SENT
            elif entry.state is NoticeState.QUEUED:
                assert NOW - ticket.event(entry.event_seq).at < timedelta(hours=36)
        assert ticket.next_deadline_at is None or ticket.next_deadline_at >= NOW - timedelta(seconds=1)


def test_the_simulated_citizens_have_tickets_of_their_own_to_rate_and_to_follow(history: History) -> None:
    for citizen in DemoCitizens(app_id="wx0123456789abcdef").all():
        mine = [t for t in history.tickets if history.citizens[t.number].openid == citizen.openid]
        assert len(mine) >= 2, citizen.name
    known = {citizen.openid for citizen in DemoCitizens(app_id="wx0123456789abcdef").all()}
    theirs = [t for t in history.tickets if history.citizens[t.number].openid in known]
    assert any(t.state in OPEN_STATES for t in theirs)
    assert any(t.state is State.RESOLVED and t.rating is None for t in theirs)


def test_answers_are_filled_in_and_differ_by_subject(history: History) -> None:
    replies = [t.reply_text for t in history.tickets if t.reply_text]
    assert all("{" not in reply and "}" not in reply and len(reply) > 40 for reply in replies)
    assert all("{" not in t.text for t in history.tickets)
    stories = Stories.load(units=load_units(), gazetteer=load_gazetteer())
    assert len(stories.all) >= 60
    assert len({story.text for story in stories.all}) == len(stories.all)
    assert len({story.unit_id for story in stories.all}) >= 30


def test_a_past_that_ends_on_a_holiday_or_at_the_year_end_is_complete_too(historian: Historian) -> None:
    for month, day in ((10, 5), (12, 31)):
        moment = NOW.replace(month=month, day=day)
        past = historian.write(now=moment)
        assert len(past.tickets) > 200
        assert any(c.overdue(moment) for t in past.tickets for c in t.clocks)
