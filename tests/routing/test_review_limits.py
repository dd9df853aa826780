"""What waits for the centre's decision has the centre's clock: told when nobody decides, counted for no unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot import notices
from bot.alarm_delivery import planner
from bot.wording import label
from routing.acts import exclusions, extensions, pauses, returns
from routing.acts.reviews import ReviewKind, clock_of
from routing.clocks import ClockState
from routing.departments import load_units
from routing.errors import ReviewPending
from routing.events import Audience, EventKind
from routing.figures.rows import row_of
from routing.ticket import Ticket
from routing.timing.profile_files import load_profile
from routing.timing.sla import ClockName, Profile
from routing.timing.what_if import preview
from routing.workflow import SYSTEM, Actor, Role
from tests.factories import CITY_MANAGEMENT, HOUSING, MONDAY_9_30, a_dispatcher, a_liaison, a_ticket

NOW = MONDAY_9_30
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PROFILE = replace(load_profile("demo-county"), review_replies=True)
WITHOUT = replace(
    PROFILE,
    clocks={n: r for n, r in PROFILE.clocks.items() if n not in (ClockName.REVIEW, ClockName.APPEAL)},
)
UNITS = load_units()
BOSS = Actor("boss", "林督办", Role.SUPERVISOR, frozenset({CITY_MANAGEMENT}))


def asked(kind: ReviewKind, profile: Profile = PROFILE) -> Ticket:
    ticket = a_ticket()
    ticket.dispatch(CITY_MANAGEMENT, profile=profile, actor=SYSTEM, now=NOW)
    ticket.accept(actor=a_liaison(), now=NOW)
    who = {"profile": profile, "actor": a_liaison(), "now": NOW + HOUR}
    asks: dict[ReviewKind, Callable[[], None]] = {
        ReviewKind.RETURN: lambda: returns.request_return(ticket, **who, reason="不属我局", basis="三定方案"),  # type: ignore[arg-type]
        ReviewKind.REPLY: lambda: ticket.reply(**who, text="已修好"),  # type: ignore[arg-type]
        ReviewKind.EXTENSION: lambda: extensions.request_extension(ticket, **who, reason="等配件"),  # type: ignore[arg-type]
        ReviewKind.SUSPENSION: lambda: pauses.request_suspension(
            ticket,
            **who,  # type: ignore[arg-type]
            reason="雨季",
            until=NOW + 9 * DAY,
        ),
        ReviewKind.EXCLUSION: lambda: exclusions.appeal_exclusion(ticket, **who, reason="恶意", basis="录音"),  # type: ignore[arg-type]
    }
    asks[kind]()
    return ticket


def decide(ticket: Ticket, kind: ReviewKind, now: datetime) -> None:
    said = {"approved": False, "actor": BOSS, "now": now, "reason": "依据不足"}
    decisions: dict[ReviewKind, Callable[[], None]] = {
        ReviewKind.RETURN: lambda: returns.decide_return(ticket, profile=PROFILE, **said),  # type: ignore[arg-type]
        ReviewKind.REPLY: lambda: ticket.decide_reply(**said),  # type: ignore[arg-type]
        ReviewKind.EXTENSION: lambda: extensions.decide_extension(ticket, profile=PROFILE, **said),  # type: ignore[arg-type]
        ReviewKind.SUSPENSION: lambda: pauses.decide_suspension(ticket, **said),  # type: ignore[arg-type]
        ReviewKind.EXCLUSION: lambda: exclusions.decide_exclusion(ticket, **said),  # type: ignore[arg-type]
    }
    decisions[kind]()


@pytest.mark.parametrize("kind", list(ReviewKind))
def test_every_request_that_waits_runs_a_clock_of_the_centre_with_a_date_it_can_explain(
    kind: ReviewKind,
) -> None:
    clock = asked(kind).clock(clock_of(kind))
    assert clock is not None
    assert clock.running
    assert clock.unit_id is None
    assert "个工作" in clock.explanation
    assert NOW + HOUR < clock.due_at <= NOW + 2 * DAY
    assert label(clock.name).endswith("审批时限")


@pytest.mark.parametrize("kind", list(ReviewKind))
def test_a_decision_in_time_keeps_the_centres_limit_and_a_late_one_misses_it(kind: ReviewKind) -> None:
    for after, state in ((HOUR, ClockState.MET), (8 * DAY, ClockState.MISSED)):
        ticket = asked(kind)
        decide(ticket, kind, NOW + HOUR + after)
        clock = ticket.clock(clock_of(kind))
        assert clock is not None
        assert clock.state is state
        assert ticket.review(kind) is None


@pytest.mark.parametrize("kind", list(ReviewKind))
def test_what_nobody_decides_is_told_to_the_centre_and_to_no_unit(kind: ReviewKind) -> None:
    ticket = asked(kind)
    clock = ticket.clock(clock_of(kind))
    assert clock is not None
    assert ticket.next_deadline_at is not None
    assert ticket.next_deadline_at <= clock.warn_at
    plan = planner(lambda _: PROFILE)
    for now in (clock.warn_at + HOUR / 60, clock.due_at + HOUR / 60, clock.due_at + 5 * DAY):
        ticket.check_deadlines(actor=SYSTEM, now=now, profile=PROFILE)
    alarms = [e for e in ticket.events if e.clock is clock.name and e.by.role is Role.SYSTEM]
    assert [e.kind for e in alarms] == [EventKind.AT_RISK, EventKind.OVERDUE, EventKind.ALARM_RAISED]
    for event in alarms:
        assert {n.audience for n in plan(ticket, event)} == {Audience.CENTRE}
        words = notices.render(ticket, event, Audience.CENTRE, units=UNITS)
        assert label(clock.name) in words


@pytest.mark.parametrize("kind", list(ReviewKind))
def test_the_units_clocks_and_figures_are_the_same_with_and_without_the_centres_limit(
    kind: ReviewKind,
) -> None:
    number = "HY2611160999"
    watched, plain = replace(asked(kind), number=number), replace(asked(kind, WITHOUT), number=number)
    names = (ClockName.REVIEW, ClockName.APPEAL)
    assert [c for c in watched.clocks if c.name not in names] == list(plain.clocks)
    assert row_of(watched) == row_of(plain)
    assert watched.next_due_at == plain.next_due_at


def test_a_transfer_decides_the_return_and_makes_other_requests_pointless() -> None:
    ticket = asked(ReviewKind.RETURN)
    ticket.transfer(HOUSING, profile=PROFILE, actor=a_dispatcher(), now=NOW + 2 * HOUR, reason="归住建")
    clock = ticket.clock(ClockName.REVIEW)
    assert clock is not None
    assert clock.state is ClockState.MET
    other = asked(ReviewKind.EXTENSION)
    other.transfer(HOUSING, profile=PROFILE, actor=a_dispatcher(), now=NOW + 2 * HOUR, reason="归住建")
    clock = other.clock(ClockName.REVIEW)
    assert clock is not None
    assert clock.state is ClockState.CANCELLED


def test_an_appeal_outlives_the_closing_and_is_still_watched() -> None:
    ticket = asked(ReviewKind.EXCLUSION)
    ticket.reply(actor=a_liaison(), now=NOW + 2 * HOUR, text="已修好")
    ticket.resolve(actor=a_liaison(), now=NOW + 2 * HOUR, profile=PROFILE)
    clock = ticket.clock(ClockName.APPEAL)
    assert clock is not None
    assert clock.running
    decide(ticket, ReviewKind.EXCLUSION, NOW + 3 * HOUR)
    assert not any(c.running and c.name is ClockName.APPEAL for c in ticket.clocks)


def test_a_pause_does_not_stop_what_the_centre_owes() -> None:
    ticket = asked(ReviewKind.EXTENSION)
    pauses.ask_material(ticket, profile=PROFILE, actor=a_liaison(), now=NOW + 2 * HOUR, text="请补合同")
    clock = ticket.clock(ClockName.REVIEW)
    assert clock is not None
    assert not clock.paused
    assert ticket.check_deadlines(actor=SYSTEM, now=clock.due_at + HOUR, profile=PROFILE)
    assert any(e.kind is EventKind.OVERDUE and e.clock is ClockName.REVIEW for e in ticket.events)


def test_no_wait_begins_while_a_suspension_is_being_decided() -> None:
    ticket = asked(ReviewKind.SUSPENSION)
    before = replace(ticket)
    with pytest.raises(ReviewPending):
        pauses.ask_material(ticket, profile=PROFILE, actor=a_liaison(), now=NOW + 2 * HOUR, text="请补合同")
    assert ticket == before


def test_another_calendars_preview_knows_what_started_the_limit() -> None:
    for kind in ReviewKind:
        found = preview([asked(kind)], present=PROFILE, proposed=PROFILE)
        assert [u.clock for u in found.unclear] == []
