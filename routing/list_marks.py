"""What is special about a ticket, for narrowing a list: kept on its document, so that such a list is read off an index."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from routing.acts.reviews import ReviewKind
from routing.citizen_request import Secrecy
from routing.departments import UnitId
from routing.events import EventKind
from routing.ticket import Ticket

SPECIAL = "special"
"""The document's field; absent where nothing is special."""
BY_MARK_AND_DUE, BY_MARK_AND_RECEIPT = "special_by_due", "special_by_receipt"


class Mark(StrEnum):
    """One of the things a list can be narrowed by."""

    RETURN_ASKED = "return_asked"
    REOPENED = "reopened"
    REMINDED = "reminded"
    PAUSED = "paused"
    LETTER = "letter"
    NOT_PUBLIC = "not_public"


_REVIEWS = {Mark.RETURN_ASKED: ReviewKind.RETURN}
_EVENTS = {
    Mark.REOPENED: EventKind.REOPENED,
    Mark.REMINDED: EventKind.REMINDED,
    Mark.LETTER: EventKind.LETTER_SENT,
}
CONDITIONS: dict[Mark, dict[str, Any]] = {
    **{mark: {"reviews.kind": str(kind)} for mark, kind in _REVIEWS.items()},
    **{mark: {"events.kind": str(kind)} for mark, kind in _EVENTS.items()},
    Mark.PAUSED: {"pause": {"$ne": None}},
    Mark.NOT_PUBLIC: {"secrecy": {"$ne": str(Secrecy.PUBLIC)}},
}
"""What a ticket has that the field does not tell of: it was saved by an earlier version."""


def special_of(ticket: Ticket) -> list[str]:
    """The ticket's marks, each alone and once more for every unit that has the ticket or a part in it; the same as
    ``CONDITIONS`` say of its document."""
    reviews, events = {review.kind for review in ticket.reviews}, {event.kind for event in ticket.events}
    found = {mark for mark, kind in _REVIEWS.items() if kind in reviews}
    found |= {mark for mark, kind in _EVENTS.items() if kind in events}
    if ticket.pause is not None:
        found.add(Mark.PAUSED)
    if ticket.secrecy is not Secrecy.PUBLIC:
        found.add(Mark.NOT_PUBLIC)
    units = ticket.concerned | ({ticket.unit_id} if ticket.unit_id else set())
    return sorted([*found, *(_of_unit(mark, unit_id) for mark in found for unit_id in units)])


def condition(mark: Mark, units: frozenset[UnitId] | None) -> dict[str, Any]:
    """The tickets with the mark; no more than needed of those in which none of ``units`` has a part."""
    if units is None:
        return {SPECIAL: str(mark)}
    return {SPECIAL: {"$in": sorted(_of_unit(mark, unit_id) for unit_id in units)}}


def _of_unit(mark: Mark, unit_id: UnitId) -> str:
    return f"{mark} {unit_id}"


def _index(name: str, field: str, direction: int) -> IndexModel:
    # With the unit and the state, what a list is cut to: only the tickets of the page itself are read.
    keys = [
        (SPECIAL, ASCENDING),
        (field, direction),
        ("_id", direction),
        ("unit_id", ASCENDING),
        ("state", ASCENDING),
    ]
    return IndexModel(keys, name=name, partialFilterExpression={SPECIAL: {"$exists": True}})


INDEXES = [
    _index(BY_MARK_AND_DUE, "sort_due_at", ASCENDING),
    _index(BY_MARK_AND_RECEIPT, "received_at", DESCENDING),
]
