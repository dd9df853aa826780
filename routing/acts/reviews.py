"""What waits for somebody's decision beside a ticket's state: at most one of each kind at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from routing.acts import limits
from routing.departments import UnitId
from routing.errors import ActionNotAllowed, OwnRequest, ReviewPending
from routing.events import ActorRef
from routing.timing.sla import ClockName, Profile
from routing.workflow import Action, Actor

if TYPE_CHECKING:
    from routing.ticket import Ticket


class ReviewKind(StrEnum):
    """What was asked for."""

    RETURN = "return"
    REPLY = "reply"
    EXTENSION = "extension"
    SUSPENSION = "suspension"
    EXCLUSION = "exclusion"


HELD_BY_THE_UNIT = frozenset({ReviewKind.REPLY, ReviewKind.EXTENSION, ReviewKind.SUSPENSION})
"""Asked by a unit for its own handling: another unit, or a closed ticket, makes them pointless."""


def clock_of(kind: ReviewKind) -> ClockName:
    """Which of the centre's limits such a request is decided under."""
    return ClockName.APPEAL if kind is ReviewKind.EXCLUSION else ClockName.REVIEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One request waiting for its decision. ``reason`` of a reply is the answer itself."""

    kind: ReviewKind
    asked_at: datetime
    unit_id: UnitId
    by: ActorRef
    reason: str
    basis: str | None = None
    amount: int | None = None
    until: datetime | None = None
    arbitration: bool = False
    """The second dispute over a ticket: a supervisor decides."""
    by_supervisor: bool = False
    """One suspension more than the profile allows: a supervisor decides."""


def ask(
    ticket: Ticket,
    kind: ReviewKind,
    actor: Actor,
    now: datetime,
    *,
    profile: Profile | None,
    reason: str,
    basis: str | None = None,
    amount: int | None = None,
    until: datetime | None = None,
    arbitration: bool = False,
    by_supervisor: bool = False,
) -> None:
    """Lay something before a reviewer, whose own limit begins; raises ``ReviewPending`` while one of the kind, or
    a return, waits."""
    require_no_return(ticket)
    if ticket.review(kind) is not None:
        raise ReviewPending(kind)
    assert ticket.unit_id is not None
    review = Review(
        kind=kind,
        asked_at=now,
        unit_id=ticket.unit_id,
        by=ActorRef(actor.id, actor.name, actor.role),
        reason=reason,
        basis=basis,
        amount=amount,
        until=until,
        arbitration=arbitration,
        by_supervisor=by_supervisor,
    )
    ticket.reviews = (*ticket.reviews, review)
    if profile is not None:
        limits.start(ticket, profile, clock_of(kind), at=now, unit_id=None, subject=kind)


def decided(ticket: Ticket, kind: ReviewKind, action: Action, actor: Actor) -> Review:
    """The review a decision is about; raises ``ActionNotAllowed`` when none waits, and ``OwnRequest`` when who
    decides is who asked."""
    review = ticket.review(kind)
    if review is None:
        raise ActionNotAllowed(action, ticket.state)
    if review.by.id == actor.id:
        raise OwnRequest(action)
    return review


def settle(ticket: Ticket, kind: ReviewKind, now: datetime) -> None:
    """It was decided: in time or not, that is the centre's."""
    limits.stop(ticket, (clock_of(kind),), now, subject=kind)
    ticket.reviews = tuple(r for r in ticket.reviews if r.kind is not kind)


def drop(ticket: Ticket, kinds: frozenset[ReviewKind] | None, now: datetime) -> None:
    """Forget those; None forgets all. What nobody need decide any more was late only if it was so before."""
    for review in ticket.reviews:
        if kinds is None or review.kind in kinds:
            limits.cancel(ticket, (clock_of(review.kind),), now, subject=review.kind)
    ticket.reviews = tuple(r for r in ticket.reviews if kinds is not None and r.kind not in kinds)


def drop_units(ticket: Ticket, now: datetime) -> None:
    """What one unit asked for its own handling is pointless for the next."""
    drop(ticket, HELD_BY_THE_UNIT, now)


def require_no_return(ticket: Ticket) -> None:
    """While the centre decides whose ticket it is, nobody handles it."""
    if ticket.review(ReviewKind.RETURN) is not None:
        raise ReviewPending(ReviewKind.RETURN)
