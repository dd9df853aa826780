"""延期: asked before the limit ends, decided by somebody else, and told to the citizen with the new date and why."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from routing.acts import reviews
from routing.acts.reviews import ReviewKind
from routing.clocks import Clock
from routing.errors import Incomplete, NothingToDo, NotProvided, OutOfRange, UsedUp, WindowClosed
from routing.events import EventKind
from routing.timing.sla import Profile, Promise
from routing.workflow import Action, Actor

if TYPE_CHECKING:
    from routing.ticket import Ticket


def request_extension(
    ticket: Ticket, *, profile: Profile, actor: Actor, now: datetime, reason: str, amount: int | None = None
) -> None:
    """申请延期 of the citizen's date by ``amount`` of the profile's unit, all it allows where None."""
    ticket.enter(Action.EXTEND, actor)
    if not reason.strip():
        raise Incomplete("reason")
    clock = _running(ticket)
    if granted(ticket, EventKind.EXTENSION_GRANTED) >= profile.extensions:
        raise UsedUp(Action.EXTEND, profile.extensions)
    if now > clock.due_at:
        raise WindowClosed(Action.EXTEND)
    promise = extended(ticket, clock, profile=profile, amount=amount)
    reviews.ask(
        ticket,
        ReviewKind.EXTENSION,
        actor,
        now,
        profile=profile,
        reason=reason.strip(),
        amount=amount,
        until=promise.due_at,
    )
    ticket.record(
        EventKind.EXTENSION_REQUESTED,
        actor,
        now,
        unit_id=ticket.unit_id,
        text=reason.strip(),
        clock=clock.name,
        amount=amount,
        until=promise.due_at,
    )


def decide_extension(
    ticket: Ticket, *, approved: bool, profile: Profile, actor: Actor, now: datetime, reason: str
) -> None:
    """Granted: the date moves from where it stood, however late the decision comes; the ask was in time."""
    ticket.enter(Action.DECIDE_EXTENSION, actor)
    if not reason.strip():
        raise Incomplete("reason")
    review = reviews.decided(ticket, ReviewKind.EXTENSION, Action.DECIDE_EXTENSION, actor)
    clock = _running(ticket)
    promise = extended(ticket, clock, profile=profile, amount=review.amount) if approved else None
    reviews.settle(ticket, ReviewKind.EXTENSION, now)
    if promise is not None:
        ticket.clocks = tuple(c.promised(promise, now=now) if c is clock else c for c in ticket.clocks)
    ticket.record(
        EventKind.EXTENSION_GRANTED if approved else EventKind.EXTENSION_REFUSED,
        actor,
        now,
        unit_id=review.unit_id,
        text=reason.strip(),
        basis=review.reason if approved else None,
        clock=clock.name,
        amount=review.amount if approved else None,
        until=promise.due_at if promise else None,
    )


def extended(ticket: Ticket, clock: Clock, *, profile: Profile, amount: int | None) -> Promise:
    """The later promise; raises ``NotProvided`` and ``OutOfRange``."""
    try:
        promise = profile.extended(
            clock.promise,
            request_type=ticket.request_type,
            urgency=ticket.urgency,
            amount=amount,
            tier=ticket.tier,
        )
    except ValueError as wrong:
        raise OutOfRange("amount", str(wrong)) from wrong
    if promise is None:
        raise NotProvided(Action.EXTEND)
    return promise


def _running(ticket: Ticket) -> Clock:
    clock = ticket.promise
    if clock is None or not clock.running:
        raise NothingToDo(Action.EXTEND)
    return clock


_BEGINS = (EventKind.REGISTERED, EventKind.REOPENED)
"""What starts the citizen's date; its extensions are those after it. Times would not do: what is filed on a Saturday
begins to run on Monday, and may be extended before."""


def granted(ticket: Ticket, kind: EventKind) -> int:
    """How often the date that runs now was extended, or put off (``kind``): a rework's own begins anew."""
    begun = max(e.seq for e in ticket.events if e.kind in _BEGINS)
    return sum(e.kind is kind for e in ticket.events[begun:])
