"""What waits for somebody's decision beside a ticket's state: at most one of each kind at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from routing.departments import UnitId
from routing.events import ActorRef
from routing.timing.sla import ClockName


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
