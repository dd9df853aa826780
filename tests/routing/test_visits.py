"""回访 and what follows closing: tries that mean something, bad ratings somebody hears of, silence put away."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from routing.acts import visits
from routing.citizen_request import Channel
from routing.clocks import ClockState
from routing.errors import TooSoon
from routing.events import EventKind, Solved, VisitOutcome
from routing.ticket import Rating, Ticket
from routing.timing.sla import ClockName, Profile
from routing.workflow import CITIZEN, SYSTEM, Actor, Role, State
from tests.factories import (
    CITY_MANAGEMENT,
    MONDAY_9_30,
    PROFILE,
    a_dispatcher,
    a_liaison,
    a_request,
    a_ticket,
)

NOW = MONDAY_9_30
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OPERATOR = Actor("operator", "赵话务", Role.OPERATOR)
NOBODY_VISITED = replace(PROFILE, visit_share=0.0)


def closed(profile: Profile = PROFILE) -> Ticket:
    ticket = a_ticket(a_request(channel=Channel.WECHAT))
    ticket.dispatch(CITY_MANAGEMENT, profile=profile, actor=a_dispatcher(), now=NOW)
    ticket.accept(actor=a_liaison(), now=NOW)
    ticket.reply(actor=a_liaison(), now=NOW, text="已责令整改")
    ticket.resolve(actor=a_liaison(), now=NOW, profile=profile)
    return ticket


def call(ticket: Ticket, now: datetime, outcome: VisitOutcome = VisitOutcome.NOT_REACHED) -> None:
    solved = Solved.EXPLAINED if outcome is VisitOutcome.REACHED else None
    visits.visit(ticket, profile=PROFILE, actor=OPERATOR, now=now, outcome=outcome, solved=solved)


def visiting(ticket: Ticket) -> bool:
    return any(c.running for c in ticket.clocks if c.name is ClockName.FOLLOW_UP_VISIT)


def test_calls_in_a_row_are_no_three_tries() -> None:
    ticket = closed()
    call(ticket, NOW + HOUR)
    with pytest.raises(TooSoon):
        call(ticket, NOW + HOUR + timedelta(seconds=3))
    assert visits.tries_of(ticket) == 1
    call(ticket, NOW + 3 * HOUR)


def test_a_citizen_who_rings_back_at_once_is_a_visit() -> None:
    ticket = closed()
    call(ticket, NOW + HOUR)
    call(ticket, NOW + HOUR + timedelta(minutes=1), VisitOutcome.REACHED)
    assert ticket.state is State.ARCHIVED


@pytest.mark.parametrize("refused", [False, True])
def test_a_bad_rating_is_not_put_away_by_calls_nobody_answers(refused: bool) -> None:
    ticket = closed()
    ticket.rate(Rating(1, resolved=False), actor=CITIZEN, now=NOW + HOUR, profile=PROFILE)
    if refused:
        call(ticket, NOW + 2 * HOUR, VisitOutcome.REFUSED)
    else:
        for tried in range(PROFILE.visit_tries):
            call(ticket, NOW + (2 + 3 * tried) * HOUR)
    assert ticket.state is State.DISPATCHED
    assert ticket.promise is not None
    assert ticket.promise.name is ClockName.REWORK


def test_a_late_bad_rating_can_be_visited_however_often_was_tried_before() -> None:
    ticket = closed()
    for tried in range(PROFILE.visit_tries):
        call(ticket, NOW + (1 + 3 * tried) * HOUR)
    assert ticket.state is State.ARCHIVED
    ticket.rate(Rating(1), actor=CITIZEN, now=NOW + 2 * DAY, profile=PROFILE)
    assert visiting(ticket)
    call(ticket, NOW + 2 * DAY + HOUR)
    assert visits.tries_of(ticket) == 1


def test_a_bad_rating_is_visited_whether_sampled_or_not() -> None:
    ticket = closed(NOBODY_VISITED)
    assert not visiting(ticket)
    ticket.rate(Rating(1), actor=CITIZEN, now=NOW + HOUR, profile=NOBODY_VISITED)
    assert visiting(ticket)
    assert ticket.next_deadline_at is not None


def test_who_is_not_visited_and_says_nothing_is_put_away_when_it_is_too_late_to_reopen() -> None:
    ticket = closed(NOBODY_VISITED)
    late = NOW + timedelta(days=PROFILE.reopen_days)
    assert ticket.next_deadline_at == late
    assert not ticket.check_deadlines(actor=SYSTEM, now=late, profile=NOBODY_VISITED)
    assert ticket.check_deadlines(actor=SYSTEM, now=late + HOUR, profile=NOBODY_VISITED)
    archived: tuple[object, ...] = (State.ARCHIVED, None, None)
    assert (ticket.state, ticket.rating, ticket.next_deadline_at) == archived
    assert ticket.events[-1].kind is EventKind.ARCHIVED


def test_what_was_reopened_is_not_put_away() -> None:
    ticket = closed(NOBODY_VISITED)
    ticket.reopen(profile=NOBODY_VISITED, actor=CITIZEN, now=NOW + DAY, reason="又坏了")
    assert ticket.put_away_at is None
    ticket.check_deadlines(actor=SYSTEM, now=NOW + 60 * DAY, profile=NOBODY_VISITED)
    assert ticket.state is State.DISPATCHED


def test_a_second_bad_rating_leaves_one_visit_owed() -> None:
    ticket = closed()
    ticket.rate(Rating(2), actor=CITIZEN, now=NOW + HOUR, profile=PROFILE)
    running = [c for c in ticket.clocks if c.name is ClockName.FOLLOW_UP_VISIT]
    assert [c.state for c in running] == [ClockState.RUNNING]
