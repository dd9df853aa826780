"""申诉剔除: a unit asks, with evidence, that a ticket count in no figure; a supervisor decides."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from routing.acts import reviews
from routing.acts.reviews import ReviewKind
from routing.errors import ActionNotAllowed, Incomplete, UsedUp
from routing.events import EventKind
from routing.timing.sla import Profile
from routing.workflow import Action, Actor

if TYPE_CHECKING:
    from routing.ticket import Ticket


def appeal_exclusion(
    ticket: Ticket, *, actor: Actor, now: datetime, reason: str, basis: str, profile: Profile | None = None
) -> None:
    """Ask once, with the reason and the evidence."""
    state = ticket.enter(Action.APPEAL_EXCLUSION, actor)
    if ticket.unit_id is None:
        # The centre answered it itself: no unit is charged with it.
        raise ActionNotAllowed(Action.APPEAL_EXCLUSION, state)
    for name, value in (("reason", reason), ("basis", basis)):
        if not value.strip():
            raise Incomplete(name)
    decided = (EventKind.EXCLUSION_UPHELD, EventKind.EXCLUSION_DISMISSED)
    if any(e.kind in decided for e in ticket.events):
        raise UsedUp(Action.APPEAL_EXCLUSION, 1)
    reviews.ask(
        ticket, ReviewKind.EXCLUSION, actor, now, profile=profile, reason=reason.strip(), basis=basis.strip()
    )
    ticket.record(
        EventKind.EXCLUSION_REQUESTED,
        actor,
        now,
        unit_id=ticket.unit_id,
        text=reason.strip(),
        basis=basis.strip(),
    )


def decide_exclusion(ticket: Ticket, *, approved: bool, actor: Actor, now: datetime, reason: str) -> None:
    """Upheld: the ticket is excluded by name from every figure that allows it."""
    ticket.enter(Action.DECIDE_EXCLUSION, actor)
    if not reason.strip():
        raise Incomplete("reason")
    review = reviews.decided(ticket, ReviewKind.EXCLUSION, Action.DECIDE_EXCLUSION, actor)
    reviews.settle(ticket, ReviewKind.EXCLUSION, now)
    ticket.record(
        EventKind.EXCLUSION_UPHELD if approved else EventKind.EXCLUSION_DISMISSED,
        actor,
        now,
        unit_id=review.unit_id,
        text=reason.strip(),
    )
