"""紧急件: from the moment it is marked, every limit that an urgent ticket has shorter runs anew by the urgent rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from routing.acts import limits, pauses
from routing.citizen_request import Urgency
from routing.clocks import Clock
from routing.errors import AlreadyDone, Incomplete
from routing.events import EventKind
from routing.timing.sla import Profile
from routing.workflow import SYSTEM, Action, Actor

if TYPE_CHECKING:
    from routing.ticket import Ticket


def mark_emergency(ticket: Ticket, *, profile: Profile, actor: Actor, now: datetime, reason: str) -> None:
    """Make the ticket urgent. Dates only come nearer by it; one already missed stays missed. An emergency waits for
    nothing: what stands still goes on."""
    ticket.enter(Action.MARK_EMERGENCY, actor)
    if not reason.strip():
        raise Incomplete("reason")
    if ticket.urgency is Urgency.URGENT:
        raise AlreadyDone(Action.MARK_EMERGENCY, ticket.state)
    was = ticket.pause
    if was is not None:
        pauses.go_on(ticket, profile=profile, at=pauses.ended(was, now))
    ticket.urgency = Urgency.URGENT
    ticket.clocks = tuple(_sooner(ticket, clock, profile, now) for clock in ticket.clocks)
    ticket.record(EventKind.EMERGENCY_MARKED, actor, now, unit_id=ticket.unit_id, text=reason.strip())
    if was is not None:
        ticket.record(
            EventKind.RESUMED,
            SYSTEM,
            now,
            unit_id=ticket.unit_id,
            text="转为紧急",
            pause=was.reason,
            until=pauses.ended(was, now),
        )


def _sooner(ticket: Ticket, clock: Clock, profile: Profile, now: datetime) -> Clock:
    if not clock.running or clock.overdue(now):
        return clock
    promise = limits.promised(ticket, profile, clock.name, at=now, unit_id=clock.unit_id)
    if promise is None or not promise.due_at < clock.due_at:
        return clock
    # A limit that waits for a decision on a return goes on waiting, from now on under the new date.
    return replace(clock.promised(promise, now=now), paused_since=now if clock.paused else None)
