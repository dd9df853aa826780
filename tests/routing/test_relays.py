"""五级联动: a ticket goes down two levels and back, each level under its own clock, the first one responsible."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot import notices
from routing.acts import offers, relays, returns
from routing.acts.writing import may_read
from routing.citizen_request import Channel
from routing.clocks import Clock, ClockState
from routing.departments import UnitId, load_units
from routing.errors import NothingToDo, TooOften, WindowClosed
from routing.events import Audience, EventKind
from routing.ticket import Ticket
from routing.timing.sla import ClockName
from routing.timing.what_if import preview
from routing.workflow import Action, State
from tests.factories import (
    CITY_MANAGEMENT,
    MONDAY_9_30,
    PROFILE,
    a_dispatcher,
    a_liaison,
    a_request,
    a_ticket,
)

NOW, HOUR, DAY = MONDAY_9_30, timedelta(hours=1), timedelta(days=1)
TOWN, VILLAGE = UnitId("qh.chengguan"), UnitId("qh.heping")
UNITS = load_units()


def relayed_twice() -> Ticket:
    ticket = a_ticket(a_request(channel=Channel.WECHAT))
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=NOW)
    for upper, lower, after in ((CITY_MANAGEMENT, TOWN, HOUR), (TOWN, VILLAGE, DAY)):
        ticket.accept(actor=a_liaison(upper), now=NOW + after)
        relays.relay(
            ticket,
            lower,
            profile=PROFILE,
            actor=a_liaison(upper),
            now=NOW + after + HOUR,
            reason="就近办理",
        )
    return ticket


def level_clock(ticket: Ticket, unit_id: UnitId) -> Clock:
    return next(c for c in ticket.clocks if c.name is ClockName.RELAY and c.subject == unit_id)


def test_each_of_two_levels_has_its_own_clock_and_the_first_keeps_the_citizens_date() -> None:
    ticket = relayed_twice()
    town, village, promise = level_clock(ticket, TOWN), level_clock(ticket, VILLAGE), ticket.promise
    assert promise is not None
    assert (town.unit_id, village.unit_id, promise.unit_id) == (TOWN, VILLAGE, CITY_MANAGEMENT)
    assert town.running
    assert village.running
    assert village.started_at - town.started_at >= timedelta(hours=20)
    assert max(town.due_at, village.due_at) <= promise.due_at
    assert ticket.responsible_unit_id == CITY_MANAGEMENT
    assert ticket.relayed_by == (CITY_MANAGEMENT, TOWN)


def test_the_level_above_calls_back_what_it_passed_down_and_no_other() -> None:
    ticket = relayed_twice()
    promise = ticket.promise
    relays.recall(ticket, profile=PROFILE, actor=a_liaison(TOWN), now=NOW + 2 * DAY, reason="我们自己去")
    assert (ticket.unit_id, ticket.state, ticket.relayed_by) == (TOWN, State.ACCEPTED, (CITY_MANAGEMENT,))
    assert level_clock(ticket, VILLAGE).state is ClockState.CANCELLED
    assert level_clock(ticket, TOWN).running, "its own level's limit goes on"
    assert ticket.promise == promise, "the citizen's date stays where it was"
    contact = ticket.clock(ClockName.FIRST_CONTACT)
    assert contact is not None
    assert (contact.unit_id, contact.running) == (TOWN, True)
    assert not may_read(ticket, a_liaison(VILLAGE))
    told = {n.audience for n in notices.plan(ticket, ticket.events[-1])}
    assert told == {Audience.CITIZEN, Audience.UNIT}
    assert notices.addressee(ticket.events[-1]) == VILLAGE
    for audience in told:
        assert notices.render(ticket, ticket.events[-1], audience, units=UNITS)
    relays.recall(ticket, profile=PROFILE, actor=a_liaison(), now=NOW + 2 * DAY + HOUR, reason="我们自己去")
    assert (ticket.unit_id, ticket.relayed_by) == (CITY_MANAGEMENT, ())
    with pytest.raises(NothingToDo):
        relays.recall(ticket, profile=PROFILE, actor=a_liaison(), now=NOW + 2 * DAY + HOUR, reason="再收")


def test_lateness_of_the_level_below_stays_its_own_after_a_recall() -> None:
    ticket = relayed_twice()
    late = level_clock(ticket, VILLAGE).due_at + HOUR
    relays.recall(ticket, profile=PROFILE, actor=a_liaison(TOWN), now=late, reason="收回")
    missed = level_clock(ticket, VILLAGE)
    assert (missed.state, missed.unit_id) == (ClockState.MISSED, VILLAGE)


def test_only_the_level_that_passed_it_down_last_is_offered_to_urge_or_call_back() -> None:
    ticket = relayed_twice()
    both = {Action.RECALL, Action.URGE_BELOW}

    def open_to(unit_id: UnitId) -> set[Action]:
        acts = offers.offered_to(ticket, a_liaison(unit_id), profile=PROFILE, now=NOW + 2 * DAY, units=UNITS)
        return both & set(acts)

    assert open_to(TOWN) == both
    assert open_to(VILLAGE) == set()
    assert open_to(CITY_MANAGEMENT) == set()


def test_the_level_above_urges_once_a_day_beside_what_the_citizen_may_urge() -> None:
    ticket = relayed_twice()
    now = NOW + 2 * DAY
    relays.urge_below(ticket, actor=a_liaison(TOWN), now=now, text="请今天去现场")
    urged = ticket.events[-1]
    assert (urged.kind, urged.unit_id, urged.from_unit_id) == (EventKind.URGED_BELOW, VILLAGE, TOWN)
    assert [n.audience for n in notices.plan(ticket, urged)] == [Audience.UNIT]
    assert "请今天去现场" in notices.render(ticket, urged, Audience.UNIT, units=UNITS)
    with pytest.raises(TooOften):
        relays.urge_below(ticket, actor=a_liaison(TOWN), now=now + HOUR, text="再催")
    ticket.remind(actor=a_dispatcher(), now=now + HOUR, text="市民来电催办")
    relays.urge_below(ticket, actor=a_liaison(TOWN), now=now + DAY + HOUR, text="再催")


def test_calling_back_opens_no_new_window_for_a_return() -> None:
    ticket = relayed_twice()
    relays.recall(ticket, profile=PROFILE, actor=a_liaison(TOWN), now=NOW + 2 * DAY, reason="收回")
    before = replace(ticket)
    with pytest.raises(WindowClosed):
        returns.request_return(
            ticket,
            profile=PROFILE,
            actor=a_liaison(TOWN),
            now=NOW + 2 * DAY,
            reason="不属我镇",
            basis="三定方案",
        )
    assert ticket == before


def test_a_recalled_tickets_limits_can_be_counted_anew() -> None:
    ticket = relayed_twice()
    relays.recall(ticket, profile=PROFILE, actor=a_liaison(TOWN), now=NOW + 2 * DAY, reason="收回")
    unclear = {u.clock for u in preview([ticket], present=PROFILE, proposed=PROFILE).unclear}
    assert ClockName.FIRST_CONTACT not in unclear
