"""Every figure against tickets small enough to count by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from routing.clocks import ClockState
from routing.departments import UnitId
from routing.events import EventKind, Fault, RejectReason, Solved, VisitOutcome
from routing.figures.counting import (
    ClockRow,
    EventRow,
    Exclusion,
    FigureName,
    FigureRow,
    Period,
    by_unit,
    totals,
    verdicts,
)
from routing.figures.queries import Suspended, all_suspended, count_suspended
from routing.timing.sla import ClockName
from routing.workflow import State
from tests.factories import CITY_MANAGEMENT, HOUSING, MONDAY_9_30

DAY = timedelta(days=1)
PERIOD = Period(MONDAY_9_30 - 30 * DAY, MONDAY_9_30 + 30 * DAY, as_of=MONDAY_9_30)


def event(
    kind: EventKind, days: float = -1, unit_id: UnitId | None = CITY_MANAGEMENT, **facts: object
) -> EventRow:
    return EventRow(kind=kind, at=MONDAY_9_30 + days * DAY, unit_id=unit_id, **facts)  # type: ignore[arg-type]


def clock(
    name: ClockName = ClockName.REPLY,
    state: ClockState = ClockState.MET,
    *,
    due_days: float = -1,
    unit_id: UnitId | None = CITY_MANAGEMENT,
    stopped_days: float | None = None,
    started_days: float | None = None,
    paused: bool = False,
) -> ClockRow:
    return ClockRow(
        name=name,
        unit_id=unit_id,
        due_at=MONDAY_9_30 + due_days * DAY,
        state=state,
        started_at=None if started_days is None else MONDAY_9_30 + started_days * DAY,
        stopped_at=None if stopped_days is None else MONDAY_9_30 + stopped_days * DAY,
        paused=paused,
    )


def row(
    number: str,
    *,
    reply: ClockState = ClockState.MET,
    due_days: float = -1,
    state: State = State.RESOLVED,
    unit_id: UnitId | None = CITY_MANAGEMENT,
    ratings: tuple[int, ...] = (),
    events: tuple[EventRow, ...] = (),
    clocks: tuple[ClockRow, ...] | None = None,
    public: bool = True,
    paused: bool = False,
) -> FigureRow:
    rated = tuple(event(EventKind.RATED, unit_id=unit_id, stars=stars) for stars in ratings)
    promise = clock(state=reply, due_days=due_days, unit_id=unit_id, paused=paused)
    return FigureRow(
        number=number,
        unit_id=unit_id,
        state=state,
        received_at=MONDAY_9_30 - 5 * DAY,
        public=public,
        clocks=(promise,) if clocks is None else clocks,
        events=events + rated,
    )


def terms(name: FigureName, *rows: FigureRow) -> tuple[int | float, int, dict[str, int]]:
    figure = totals(rows, PERIOD)[name]
    return figure.numerator, figure.denominator, figure.excluded


def test_on_time_closing_counts_what_is_open_and_overdue_against_the_unit() -> None:
    rows = [
        row("in time"),
        row("late", reply=ClockState.MISSED),
        row("overdue and open", reply=ClockState.RUNNING, state=State.ACCEPTED),
    ]
    assert terms(FigureName.CLOSED_ON_TIME, *rows) == (1, 3, {})


UPHELD = (event(EventKind.EXCLUSION_UPHELD, unit_id=None),)
LINKED = (event(EventKind.LINKED),)
SUSPENDED = (event(EventKind.SUSPENSION_GRANTED),)
ANSWERED_WITH_PARENT = (event(EventKind.ANSWERED_WITH_PARENT, -1.5),)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (row("open", reply=ClockState.RUNNING, due_days=2, state=State.ACCEPTED), Exclusion.NOT_YET_DUE),
        (row("gone", reply=ClockState.CANCELLED, state=State.WITHDRAWN), Exclusion.WITHDRAWN),
        (row("refused", reply=ClockState.CANCELLED, state=State.REJECTED), Exclusion.REJECTED),
        (row("moved", reply=ClockState.CANCELLED), Exclusion.NO_LONGER_APPLIES),
        (
            row("gone in time", state=State.WITHDRAWN, events=(event(EventKind.WITHDRAWN, -2),)),
            Exclusion.WITHDRAWN,
        ),
        (
            row("a duplicate", reply=ClockState.CANCELLED, events=(event(EventKind.LINKED, -2),)),
            Exclusion.LINKED,
        ),
        (
            row("its citizen was answered", events=(event(EventKind.LINKED, -2), *ANSWERED_WITH_PARENT)),
            Exclusion.LINKED,
        ),
        (row("appealed", reply=ClockState.MISSED, events=UPHELD), Exclusion.EXCLUSION_UPHELD),
        (
            row("挂账", reply=ClockState.RUNNING, state=State.ACCEPTED, events=SUSPENDED, paused=True),
            Exclusion.SUSPENDED,
        ),
        (row("waits", reply=ClockState.RUNNING, state=State.ACCEPTED, paused=True), Exclusion.NOT_YET_DUE),
    ],
    ids=lambda given: getattr(given, "number", None),
)
def test_what_is_left_out_is_left_out_by_name(given: FigureRow, reason: Exclusion) -> None:
    figure = totals([given], PERIOD)[FigureName.CLOSED_ON_TIME]
    assert (figure.denominator, figure.value) == (0, None)
    assert figure.excluded == {reason: 1}


@pytest.mark.parametrize(
    "events",
    [
        (event(EventKind.EXCLUSION_REQUESTED),),
        (event(EventKind.LINKED, -2), event(EventKind.UNLINKED)),
        (event(EventKind.SUSPENSION_GRANTED, -2), event(EventKind.RESUMED)),
    ],
    ids=["appeal undecided", "linked no longer", "resumed"],
)
def test_what_does_not_concern_the_limit_leaves_it_counted(events: tuple[EventRow, ...]) -> None:
    late = row("late", reply=ClockState.MISSED, events=events)
    assert terms(FigureName.CLOSED_ON_TIME, late) == (0, 1, {})


@pytest.mark.parametrize(
    "events",
    [
        (event(EventKind.WITHDRAWN, -0.5),),
        (event(EventKind.REJECTED, -0.5),),
        (event(EventKind.LINKED, -0.5),),
        (event(EventKind.LINKED, -0.5), event(EventKind.ANSWERED_WITH_PARENT, -0.2)),
    ],
    ids=["withdrawn", "rejected", "linked", "answered with its parent"],
)
@pytest.mark.parametrize("name", [ClockName.SIGN_IN, ClockName.FIRST_CONTACT, ClockName.REPLY])
def test_a_limit_missed_before_its_ticket_was_put_away_stays_counted(
    name: ClockName, events: tuple[EventRow, ...]
) -> None:
    """Otherwise a late ticket would be cheaper withdrawn, refused or linked than handled."""
    figure = LIMITS[name]
    ends = {EventKind.WITHDRAWN: State.WITHDRAWN, EventKind.REJECTED: State.REJECTED}
    state = ends.get(EventKind(events[0].kind), State.LINKED)
    late = row("late", state=state, events=events, clocks=(clock(name, ClockState.MISSED, due_days=-1),))
    kept = row("kept", state=state, events=events, clocks=(clock(name, due_days=-1, stopped_days=-2),))
    ahead = row("undue", state=state, events=events, clocks=(clock(name, ClockState.CANCELLED, due_days=1),))
    numerator, denominator, excluded = terms(figure, late, kept, ahead)
    assert (numerator, denominator, sum(excluded.values())) == (1, 2, 1)
    assert excluded.keys() <= {"withdrawn", "rejected", "linked"}


LIMITS = {
    ClockName.SIGN_IN: FigureName.SIGN_IN_ON_TIME,
    ClockName.FIRST_CONTACT: FigureName.FIRST_CONTACT_ON_TIME,
    ClockName.REPLY: FigureName.CLOSED_ON_TIME,
}


def test_a_date_that_stood_still_when_the_citizen_withdrew_was_not_missed() -> None:
    waited = row(
        "waited",
        state=State.WITHDRAWN,
        events=(event(EventKind.WITHDRAWN, -0.5),),
        clocks=(clock(state=ClockState.CANCELLED, due_days=-1, stopped_days=-0.5),),
    )
    assert terms(FigureName.CLOSED_ON_TIME, waited) == (0, 0, {"withdrawn": 1})


def test_a_child_taken_up_again_is_judged_by_the_limits_of_its_own_work() -> None:
    events = (
        event(EventKind.LINKED, -4),
        event(EventKind.ANSWERED_WITH_PARENT, -3),
        event(EventKind.REOPENED, -2),
        event(EventKind.RETURN_APPROVED, -1.5, fault=Fault.MISDISPATCHED),
    )
    before = clock(due_days=-1, stopped_days=-3)
    again = clock(ClockName.SIGN_IN, ClockState.MISSED, due_days=-1, stopped_days=-0.5)
    child = row("child", state=State.ACCEPTED, events=events, clocks=(before, again))
    assert terms(FigureName.CLOSED_ON_TIME, child) == (0, 0, {"linked": 1})
    assert terms(FigureName.SIGN_IN_ON_TIME, child) == (0, 1, {})
    assert terms(FigureName.CLOSED, child) == (0, 1, {})
    assert terms(FigureName.REOPENED, child) == (1, 1, {})
    assert terms(FigureName.REPEATED, child) == (1, 1, {})
    # Nobody dispatched it, so its return is nobody's 误派.
    assert terms(FigureName.RETURNED, child) == (1, 1, {})
    assert terms(FigureName.MISDISPATCHED, child) == (0, 0, {})


def test_an_appeal_excuses_nothing_that_came_after_its_decision() -> None:
    upheld = (event(EventKind.EXCLUSION_UPHELD, -3),)
    clocks = (
        clock(ClockName.SIGN_IN, ClockState.MISSED, due_days=-4, unit_id=HOUSING, started_days=-5),
        clock(ClockName.SIGN_IN, ClockState.MISSED, due_days=-1, unit_id=HOUSING, started_days=-2),
        clock(ClockName.SIGN_IN, ClockState.MISSED, due_days=-1, started_days=-4),
        clock(ClockName.SIGN_IN, ClockState.MISSED, due_days=-1, started_days=-2),
        clock(ClockName.SIGN_IN, ClockState.MISSED, due_days=-1, unit_id=None, started_days=-4),
    )
    groups = by_unit([row("appealed", events=upheld, clocks=clocks)], PERIOD)
    found = {
        unit_id: (
            figures[FigureName.SIGN_IN_ON_TIME].denominator,
            figures[FigureName.SIGN_IN_ON_TIME].excluded,
        )
        for unit_id, figures in groups.items()
        if FigureName.SIGN_IN_ON_TIME in figures
    }
    assert found == {
        HOUSING: (1, {"exclusion_upheld": 1}),  # due before the decision; the next unit's own lateness stays
        CITY_MANAGEMENT: (1, {"exclusion_upheld": 1}),  # what ran when it appealed, not the rework's
        None: (1, {}),
    }


def test_what_citizens_say_of_work_after_the_appeal_counts() -> None:
    events = (
        event(EventKind.RATED, -5, stars=1),
        event(EventKind.EXCLUSION_UPHELD, -4),
        event(EventKind.RATED, -3, stars=1),
        event(EventKind.RATED, -3, HOUSING, stars=1),
        event(EventKind.REOPENED, -2),
        event(EventKind.RATED, -1, stars=1),
    )
    assert terms(FigureName.SATISFIED, row("appealed", events=events)) == (0, 2, {"exclusion_upheld": 2})


def test_the_centres_lateness_is_not_charged_to_who_got_the_ticket_late() -> None:
    """The citizen's date passed in the dispatcher's queue: 15 days later a unit has it."""
    late = row(
        "left lying",
        unit_id=HOUSING,
        state=State.DISPATCHED,
        clocks=(clock(state=ClockState.RUNNING, due_days=-1, unit_id=None),),
        events=(event(EventKind.DISPATCHED, -0.5, HOUSING),),
    )
    groups = by_unit([late], PERIOD)
    assert FigureName.CLOSED_ON_TIME not in groups[HOUSING]
    assert groups[None][FigureName.CLOSED_ON_TIME].denominator == 1
    answered = row("answered by the centre, then dispatched", unit_id=HOUSING, events=(
        event(EventKind.RESOLVED, -4, None), event(EventKind.RATED, -3, None, stars=1),
        event(EventKind.REOPENED, -3, None), event(EventKind.DISPATCHED, -2, HOUSING),
    ))  # fmt: skip
    groups = by_unit([answered], PERIOD)
    assert groups[None][FigureName.SATISFIED].denominator == 1
    assert groups[None][FigureName.REOPENED].numerator == 1
    assert FigureName.SATISFIED not in groups[HOUSING]


def test_a_limit_kept_ahead_of_time_counts_at_once() -> None:
    assert terms(FigureName.CLOSED_ON_TIME, row("early", due_days=3)) == (1, 1, {})


def test_a_limit_outside_the_period_does_not_concern_it() -> None:
    assert terms(FigureName.CLOSED_ON_TIME, row("long ago", due_days=-40)) == (0, 0, {})


def test_nothing_to_count_is_blank_and_never_zero_percent() -> None:
    assert all(figure.value is None for figure in totals([], PERIOD).values())


def test_a_paused_ticket_is_in_hand_and_not_overdue() -> None:
    late = row("late", reply=ClockState.RUNNING, state=State.ACCEPTED)
    paused = row("paused", reply=ClockState.RUNNING, state=State.ACCEPTED, paused=True)
    assert terms(FigureName.OVERDUE_OPEN, late, paused) == (1, 2, {})


def test_silence_is_not_satisfaction_and_a_bad_rating_outlives_its_rework() -> None:
    rows = [row("silent"), row("pleased", ratings=(5,)), row("reworked", ratings=(1, 4))]
    assert terms(FigureName.SATISFIED, *rows) == (2, 3, {})


def test_the_weighted_satisfaction_counts_a_middling_word_as_eight_tenths() -> None:
    rows = [row(str(stars), ratings=(stars,)) for stars in (5, 4, 3, 2, 1)]
    figure = totals(rows, PERIOD)[FigureName.SATISFIED_WEIGHTED]
    assert (figure.numerator, figure.denominator, figure.value) == (2.8, 5, 0.56)
    assert terms(FigureName.SATISFIED, *rows) == (3, 5, {})


def test_closing_a_day_before_the_promise_is_early_and_on_the_day_is_not() -> None:
    closed = event(EventKind.RESOLVED, -2)
    early = row("early", events=(closed,), clocks=(clock(due_days=-1, stopped_days=-2),))
    same_day = row("in time", events=(closed,), clocks=(clock(due_days=-1.9, stopped_days=-2),))
    moved = row("moved", events=(), clocks=(clock(due_days=-1, stopped_days=-2),))
    assert terms(FigureName.CLOSED_EARLY, early, same_day, moved) == (1, 2, {})


def test_closing_before_a_date_that_was_put_off_is_not_early() -> None:
    """Closed on day 8 of a promise of 5, extended to 15."""
    granted, reopened = event(EventKind.EXTENSION_GRANTED, -5), event(EventKind.REOPENED, -1.5)
    put_off = row(
        "put off",
        events=(granted, event(EventKind.RESOLVED, -4), reopened, event(EventKind.RESOLVED, -1)),
        clocks=(
            clock(due_days=3, stopped_days=-4),
            clock(ClockName.REWORK, due_days=3, stopped_days=-1),
        ),
    )
    assert terms(FigureName.CLOSED_EARLY, put_off) == (1, 2, {})


def test_an_answer_with_the_parent_is_an_answer_and_only_public_ones_can_be_published() -> None:
    answer, published = event(EventKind.REPLIED, -2), event(EventKind.REPLY_PUBLISHED)
    rows = (
        row("published", events=(answer, published)),
        row("answered", events=(answer,)),
        row("secret", events=(answer,), public=False),
        row("child", events=(*LINKED, event(EventKind.ANSWERED_WITH_PARENT))),
        row("silent", state=State.ACCEPTED),
        row("gone", state=State.WITHDRAWN),
    )
    assert terms(FigureName.REPLIED, *rows) == (4, 5, {"withdrawn": 1})
    assert terms(FigureName.REPLIED_PUBLICLY, *rows) == (1, 3, {"not_public": 1})


HANDED = event(EventKind.DISPATCHED, -4)


def test_a_return_is_the_dispatchers_fault_or_the_units() -> None:
    approved = event(EventKind.RETURN_APPROVED, -3, fault=Fault.MISDISPATCHED)
    refused = event(EventKind.RETURN_REFUSED, -3, fault=Fault.UNREASONABLE)
    rows = [
        row("wrong unit", events=(HANDED, approved, event(EventKind.DISPATCHED, -2, HOUSING))),
        row("no ground", events=(HANDED, refused)),
        row("handled", events=(HANDED,)),
    ]
    groups = by_unit(rows, PERIOD)
    ours, centre = groups[CITY_MANAGEMENT], groups[None]
    assert (ours[FigureName.RETURNED].numerator, ours[FigureName.RETURNED].denominator) == (1, 3)
    assert ours[FigureName.UNREASONABLE_RETURNS].numerator == 1
    assert groups[HOUSING][FigureName.RETURNED].numerator == 0
    # 误派 is the dispatcher's: the centre is charged, over every dispatch it made.
    assert (centre[FigureName.MISDISPATCHED].numerator, centre[FigureName.MISDISPATCHED].denominator) == (
        1,
        4,
    )
    assert FigureName.MISDISPATCHED not in ours


def test_a_relayed_return_is_in_the_figures_and_no_fault_of_the_dispatcher() -> None:
    town = UnitId("qh.chengguan")
    relayed = event(EventKind.RELAYED, -3, town)
    approved = event(EventKind.RETURN_APPROVED, -2, town, fault=Fault.MISDISPATCHED)
    refused = event(EventKind.RETURN_REFUSED, -2, town, fault=Fault.UNREASONABLE)
    groups = by_unit(
        [
            row("right", events=(HANDED, relayed, approved)),
            row("no ground", events=(HANDED, relayed, refused)),
        ],
        PERIOD,
    )
    returned, refusals = groups[town][FigureName.RETURNED], groups[town][FigureName.UNREASONABLE_RETURNS]
    assert (returned.numerator, returned.denominator, refusals.numerator) == (1, 2, 1)
    assert groups[CITY_MANAGEMENT][FigureName.RETURNED].numerator == 0
    wrong = groups[None][FigureName.MISDISPATCHED]
    assert (wrong.numerator, wrong.denominator) == (0, 2)


def test_one_decision_answers_one_dispatch_of_that_unit() -> None:
    events = (
        event(EventKind.DISPATCHED, -4),
        event(EventKind.DISPATCHED, -3, HOUSING),
        event(EventKind.RETURN_APPROVED, -2, fault=Fault.MISDISPATCHED),
        event(EventKind.TRANSFERRED, -1),
    )
    judged = [
        (v.unit_id, v.counted) for v in verdicts(FigureName.RETURNED, [row("a", events=events)], PERIOD)
    ]
    assert judged == [(CITY_MANAGEMENT, True), (HOUSING, False), (CITY_MANAGEMENT, False)]


def test_what_arbitration_approves_was_no_unreasonable_return() -> None:
    events = (
        HANDED,
        event(EventKind.RETURN_REFUSED, -3, fault=Fault.UNREASONABLE),
        event(EventKind.RETURN_APPROVED, -2, fault=Fault.MISDISPATCHED),
    )
    disputed = row("disputed", events=events)
    assert terms(FigureName.RETURNED, disputed) == (1, 1, {})
    assert terms(FigureName.UNREASONABLE_RETURNS, disputed) == (0, 1, {})


def test_extensions_count_tickets_and_not_requests() -> None:
    twice = row("twice", events=(event(EventKind.EXTENSION_GRANTED, -3), event(EventKind.EXTENSION_GRANTED)))
    assert terms(FigureName.EXTENDED, twice, row("none"), row("duplicate", events=LINKED)) == (
        1,
        2,
        {"linked": 1},
    )


def test_each_closing_is_counted_and_the_one_taken_up_again_against_the_unit() -> None:
    again = (
        event(EventKind.RESOLVED, -4),
        event(EventKind.REOPENED, -3),
        event(EventKind.RESOLVED, -2),
    )
    assert terms(FigureName.REOPENED, row("again", events=again)) == (1, 2, {})


def test_a_repeated_matter_is_linked_or_refused_as_the_same() -> None:
    same = event(EventKind.REJECTED, reject_reason=RejectReason.SAME_MATTER)
    other = event(EventKind.REJECTED, reject_reason=RejectReason.ABUSIVE)
    rows = [
        row("linked", events=LINKED),
        row("asked before", events=(event(EventKind.REPEAT_NOTED),)),
        row("same", state=State.REJECTED, events=(same,)),
        row("other", state=State.REJECTED, events=(other,)),
        row("new"),
    ]
    assert terms(FigureName.REPEATED, *rows) == (3, 5, {})


def visit(solved: Solved | None, outcome: VisitOutcome = VisitOutcome.REACHED, days: float = -1) -> EventRow:
    return event(EventKind.VISITED, days, outcome=outcome, solved=solved)


def test_solved_is_counted_over_valid_visits_in_both_ways() -> None:
    contacted = (clock(ClockName.FIRST_CONTACT, due_days=-3),)
    rows = [
        row("real", events=(visit(Solved.REAL),), clocks=contacted),
        row("explained", events=(visit(Solved.EXPLAINED),)),
        row("no", events=(visit(Solved.NO),)),
        row("out", events=(visit(None, VisitOutcome.NOT_REACHED), visit(None, VisitOutcome.REFUSED))),
    ]
    assert terms(FigureName.SOLVED, *rows) == (2, 3, {})
    assert terms(FigureName.REALLY_SOLVED, *rows) == (1, 2, {"unsolved": 1})
    assert terms(FigureName.RESPONDED, *rows) == (1, 3, {})


def test_a_bad_rating_is_rectified_when_it_was_handled_again_and_closed() -> None:
    bad = event(EventKind.RATED, -4, stars=1)
    taken_up, closed = event(EventKind.REOPENED, -3), event(EventKind.RESOLVED, -2)
    running = (clock(ClockName.REWORK, ClockState.RUNNING, due_days=2),)
    overdue = (clock(ClockName.REWORK, ClockState.RUNNING, due_days=-1),)
    rows = [
        row("done", events=(bad, taken_up, closed)),
        row("left", events=(bad,)),
        row("in hand", events=(bad, taken_up), clocks=running),
        row("late", events=(bad, taken_up), clocks=overdue),
        row("pleased", ratings=(5,)),
    ]
    assert terms(FigureName.RECTIFIED, *rows) == (1, 3, {"not_yet_due": 1})


def test_a_bad_rating_is_followed_up_when_the_citizen_was_reached_afterwards() -> None:
    bad = event(EventKind.RATED, -4, stars=2)
    rows = [
        row("reached", events=(bad, visit(Solved.REAL))),
        row("given on the visit", events=(visit(Solved.NO, days=-4), bad)),
        row("nobody there", events=(bad, visit(None, VisitOutcome.NOT_REACHED))),
        row("visited before", events=(visit(Solved.REAL, days=-5), bad)),
    ]
    assert terms(FigureName.REVISITED, *rows) == (2, 4, {})


def test_an_appeal_against_a_rating_takes_it_out_of_what_citizens_say() -> None:
    appealed = row("malicious", ratings=(1,), events=UPHELD)
    for name in (FigureName.SATISFIED, FigureName.SATISFIED_WEIGHTED, FigureName.RECTIFIED):
        assert terms(name, appealed) == (0, 0, {"exclusion_upheld": 1}), name


def test_departments_add_up_to_the_total_and_every_figure_to_its_tickets() -> None:
    rows = [
        row("a"),
        row("b", reply=ClockState.MISSED),
        row("c", unit_id=HOUSING, ratings=(2,)),
        row("d", unit_id=None, reply=ClockState.RUNNING, state=State.RECEIVED),
    ]
    groups = by_unit(rows, PERIOD)
    for name, total in totals(rows, PERIOD).items():
        parts = [group[name] for group in groups.values() if name in group]
        assert sum(p.numerator for p in parts) == total.numerator
        assert sum(p.denominator for p in parts) == total.denominator
        judged = list(verdicts(name, rows, PERIOD))
        assert sum(v.counted for v in judged) == total.numerator
        assert len([v for v in judged if v.excluded is None]) == total.denominator


def test_how_many_stood_still_and_how_long_is_told_beside_the_rate() -> None:
    granted, resumed = EventKind.SUSPENSION_GRANTED, EventKind.RESUMED
    rows = [
        row(
            "ended", events=(event(granted, -6), event(resumed, -4), event(granted, -3), event(resumed, -2.5))
        ),
        row("lasts", events=(event(granted, -1.5, HOUSING),), state=State.ACCEPTED),
        row("closed in it", events=(event(granted, -40), event(EventKind.RESOLVED, -29))),
        row("before", events=(event(granted, -40), event(resumed, -35))),
        row("never", events=(event(resumed, -2),)),
    ]
    counted = count_suspended(rows, PERIOD)
    assert counted == {CITY_MANAGEMENT: Suspended(2, 3.5), HOUSING: Suspended(1, 1.5)}
    assert all_suspended(counted) == Suspended(3, 5.0)
