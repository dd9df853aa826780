"""What time does to a ticket by itself: limits that come near or pass, pauses that end, silence that archives."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from routing.acts.pauses import end_what_is_over
from routing.acts.visits import archive_silent
from routing.citizen_request import Urgency
from routing.clocks import Clock
from routing.events import EventKind
from routing.timing.sla import ClockName, Profile
from routing.workflow import Actor, State

if TYPE_CHECKING:
    from routing.ticket import Ticket


OVERDUE_RUNG = 2
"""提醒 and 催办 are the ladder's first rungs, told as AT_RISK and OVERDUE."""


def check(ticket: Ticket, *, actor: Actor, now: datetime, profile: Profile | None) -> bool:
    """Note each limit that came near or passed, once; True when anything was noted. Pauses end first: a clock
    that goes on may be near its limit at once."""
    before = len(ticket.events)
    if profile is not None:
        end_what_is_over(ticket, profile=profile, now=now)
    ticket.clocks = tuple(
        [_noted(ticket, clock, actor=actor, now=now, profile=profile) for clock in ticket.clocks]
    )
    archive_silent(ticket, now=now)
    return len(ticket.events) > before


def _noted(ticket: Ticket, clock: Clock, *, actor: Actor, now: datetime, profile: Profile | None) -> Clock:
    if clock.paused:
        return clock
    if clock.overdue(now) and not clock.alarmed:
        ticket.record(EventKind.OVERDUE, actor, now, unit_id=clock.unit_id, clock=clock.name)
        clock = replace(clock, warned=True, alarmed=True, rungs=OVERDUE_RUNG)
        return _climbed(ticket, clock, actor=actor, now=now, profile=profile)
    if clock.running and clock.alarmed and clock.next_rung_at is not None and now > clock.next_rung_at:
        return _climbed(ticket, clock, actor=actor, now=now, profile=profile)
    if clock.at_risk(now) and not clock.warned:
        # Answered but not closed: most likely only the last step was forgotten.
        forgotten = ticket.state is State.REPLIED and clock.name in (ClockName.REPLY, ClockName.REWORK)
        kind = EventKind.NUDGED if forgotten else EventKind.AT_RISK
        ticket.record(kind, actor, now, unit_id=clock.unit_id, clock=clock.name)
        return replace(clock, warned=True)
    return clock


def _climbed(ticket: Ticket, clock: Clock, *, actor: Actor, now: datetime, profile: Profile | None) -> Clock:
    """督办 and 通报: the rungs after the due time, the highest one passed."""
    if profile is None:
        return clock
    climb = profile.ladder.climb(
        warn_at=clock.warn_at,
        due_at=clock.due_at,
        rungs=clock.rungs,
        calendar=profile.calendar_behind(clock.calendar_version),
        now=now,
        urgent=ticket.urgency is Urgency.URGENT,
    )
    if climb.step is not None:
        ticket.record(
            EventKind.ALARM_RAISED,
            actor,
            now,
            unit_id=clock.unit_id,
            clock=clock.name,
            rung=climb.rungs,
        )
    return replace(clock, rungs=climb.rungs, next_rung_at=climb.next_at)
