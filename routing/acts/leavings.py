"""What an act leaves behind: requests nobody will decide any more and co-handlers let off. Each is told of it.

Acts drop them where they must; here the difference is written down after the act's own event, so that neither the
units, nor the figures, nor a replay lose them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from routing.acts.co_handling import CoHandler
from routing.acts.reviews import Review, ReviewKind
from routing.events import EventKind
from routing.workflow import SYSTEM

if TYPE_CHECKING:
    from routing.ticket import Ticket

_FELL = {
    ReviewKind.REPLY: EventKind.REPLY_SENT_BACK,
    ReviewKind.EXTENSION: EventKind.EXTENSION_REFUSED,
    ReviewKind.SUSPENSION: EventKind.SUSPENSION_REFUSED,
    ReviewKind.EXCLUSION: EventKind.EXCLUSION_DISMISSED,
}
"""A return that falls with its ticket is no refusal: nobody found it unreasonable."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What waited before the act."""

    reviews: tuple[Review, ...]
    co_handlers: tuple[CoHandler, ...]


def standing(ticket: Ticket) -> Standing:
    return Standing(ticket.reviews, ticket.co_handlers)


def tell(ticket: Ticket, before: Standing, *, now: datetime, why: str) -> None:
    """Record what the act ended beside what it was for."""
    for review in before.reviews:
        kind = _FELL.get(review.kind)
        if kind is not None and ticket.review(review.kind) is None:
            ticket.record(kind, SYSTEM, now, unit_id=review.unit_id, text=f"{why}，申请不再办理")
    for was, part in zip(before.co_handlers, ticket.co_handlers, strict=True):
        if was.owes and part.waived is not None:
            ticket.record(
                EventKind.CO_HANDLING_WAIVED,
                SYSTEM,
                now,
                unit_id=part.unit_id,
                from_unit_id=ticket.unit_id,
                text=part.waived,
            )
