"""The running limits of a ticket: begun by the profile, kept, missed, paused or no longer to be kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from routing.clocks import Clock, ClockState
from routing.departments import UnitId
from routing.timing.sla import ClockName, Profile, Promise

if TYPE_CHECKING:
    from routing.ticket import Ticket

UNITS_OWN = (ClockName.SIGN_IN, ClockName.FIRST_CONTACT)
"""Limits that begin anew with every unit."""
CITIZENS_DATE = (ClockName.REPLY, ClockName.REWORK)
"""What the citizen was promised, first and again."""
NEVER_PAUSED = frozenset({ClockName.SUPERVISION_ANSWER, ClockName.REVIEW, ClockName.APPEAL})
"""A letter asks the unit itself, also why a ticket stands still; and what waits for the centre is the centre's to
decide, whatever the unit waits for."""


def promised(
    ticket: Ticket, profile: Profile, name: ClockName, *, at: datetime, unit_id: UnitId | None
) -> Promise | None:
    """What the profile promises this ticket for that clock."""
    return profile.promise(
        name,
        at=at,
        request_type=ticket.request_type,
        urgency=ticket.urgency,
        tier=ticket.tier,
        unit_id=unit_id,
    )


def start(
    ticket: Ticket,
    profile: Profile,
    name: ClockName,
    *,
    at: datetime,
    unit_id: UnitId | None,
    subject: str | None = None,
    before_the_citizens: bool = False,
) -> None:
    """Start a limit if the profile has one; what starts in a pause stands still with the others.
    ``before_the_citizens``: never later than what the citizen was promised."""
    promise = promised(ticket, profile, name, at=at, unit_id=unit_id)
    if promise is None:
        return
    paused_since = at if ticket.pause is not None and name not in NEVER_PAUSED else None
    clock = Clock.start(promise, unit_id=unit_id, subject=subject, paused_since=paused_since)
    citizens = ticket.promise if before_the_citizens else None
    if citizens is not None and citizens.running:
        clock = clock.not_after(citizens, now=at)
    ticket.clocks = (*ticket.clocks, clock)


def start_again(
    ticket: Ticket, profile: Profile, names: tuple[ClockName, ...], cancelled_at: datetime, *, now: datetime
) -> None:
    """Start again what a request that was refused had ended, in tickets of before returns paused limits."""
    for name in names:
        clock = ticket.clock(name)
        ended = clock is not None and clock.state is ClockState.CANCELLED
        if clock is not None and ended and clock.stopped_at == cancelled_at:
            start(ticket, profile, name, at=now, unit_id=ticket.unit_id)


def stop(ticket: Ticket, names: tuple[ClockName, ...], now: datetime, *, subject: str | None = None) -> None:
    """Kept or missed, as of now."""
    ticket.clocks = tuple(c.stop(now) if _is_meant(c, names, subject) else c for c in ticket.clocks)


def cancel(
    ticket: Ticket, names: tuple[ClockName, ...], now: datetime, *, subject: str | None = None
) -> None:
    """No longer to be kept; one already overdue stays missed."""
    ticket.clocks = tuple(c.cancel(now) if _is_meant(c, names, subject) else c for c in ticket.clocks)


def pause(ticket: Ticket, names: tuple[ClockName, ...], now: datetime) -> None:
    ticket.clocks = tuple(c.pause(now) if c.name in names else c for c in ticket.clocks)


def cancel_all(ticket: Ticket, now: datetime) -> None:
    ticket.clocks = tuple(c.cancel(now) if c.running else c for c in ticket.clocks)
    ticket.pause = None


def charge(ticket: Ticket, unit_id: UnitId | None, now: datetime) -> None:
    """Who must keep the citizen's date from now on. A date already missed stays with who missed it."""
    ticket.clocks = tuple(
        replace(c, unit_id=unit_id) if c.running and c.name in CITIZENS_DATE and not c.overdue(now) else c
        for c in ticket.clocks
    )


def _is_meant(clock: Clock, names: tuple[ClockName, ...], subject: str | None) -> bool:
    return clock.running and clock.name in names and (subject is None or clock.subject == subject)
