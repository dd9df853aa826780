"""The vocabulary of figures: their names, why a ticket is left out, and what one ticket is to one figure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from routing.clocks import ClockState
from routing.departments import UnitId
from routing.timing.sla import ClockName
from routing.workflow import State


class FigureName(StrEnum):
    """What the API and the console call each figure."""

    SIGN_IN_ON_TIME = "sign_in_on_time"
    FIRST_CONTACT_ON_TIME = "first_contact_on_time"
    CLOSED_ON_TIME = "closed_on_time"
    CLOSED_EARLY = "closed_early"
    CLOSED = "closed"
    OVERDUE_OPEN = "overdue_open"
    REPLIED = "replied"
    REPLIED_PUBLICLY = "replied_publicly"
    RETURNED = "returned"
    MISDISPATCHED = "misdispatched"
    UNREASONABLE_RETURNS = "unreasonable_returns"
    EXTENDED = "extended"
    REOPENED = "reopened"
    REPEATED = "repeated"
    RESPONDED = "responded"
    SOLVED = "solved"
    REALLY_SOLVED = "really_solved"
    SATISFIED = "satisfied"
    SATISFIED_WEIGHTED = "satisfied_weighted"
    RECTIFIED = "rectified"
    REVISITED = "revisited"


class Exclusion(StrEnum):
    """Why a ticket is in neither term."""

    NOT_YET_DUE = "not_yet_due"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    NO_LONGER_APPLIES = "no_longer_applies"
    LINKED = "linked"
    SUSPENDED = "suspended"
    EXCLUSION_UPHELD = "exclusion_upheld"
    UNSOLVED = "unsolved"
    NOT_PUBLIC = "not_public"


class Flow(StrEnum):
    """What moves the stock of open tickets: opening + in - out = open at the end, always.

    The values differ from every figure's: the two share one table of letters.
    """

    RECEIVED = "in_received"
    REOPENED = "in_reopened"
    RESOLVED = "out_resolved"
    WITHDRAWN = "out_withdrawn"
    REJECTED = "out_rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRow:
    """A ticket's clock as figures need it."""

    name: ClockName
    unit_id: UnitId | None
    due_at: datetime
    state: ClockState
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One fact of the history as figures need it: no text, no person."""

    kind: str
    at: datetime
    unit_id: UnitId | None = None
    stars: int | None = None
    fault: str | None = None
    outcome: str | None = None
    solved: str | None = None
    reject_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """A ticket as figures need it: no text, no identity."""

    number: str
    unit_id: UnitId | None
    state: State
    received_at: datetime
    public: bool = True
    """The citizen chose 公开: the answer may be shown to everybody."""
    clocks: tuple[ClockRow, ...] = ()
    events: tuple[EventRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """``since`` ≤ t < ``until``, aware; ``as_of`` is when the figures are taken."""

    since: datetime
    until: datetime
    as_of: datetime

    def holds(self, at: datetime | None) -> bool:
        return at is not None and self.since <= at < self.until


TENTHS = 10
"""What one counted ticket adds to a numerator; less where the figure weights (基本满意 counts 0.8)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one ticket is to one figure. ``excluded`` set: in neither term."""

    number: str
    unit_id: UnitId | None
    counted: bool = False
    excluded: Exclusion | None = None
    tenths: int = TENTHS
    """What a counted one adds to the numerator, in tenths."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One ticket's part in one figure before anybody asks for a period.

    ``at`` says which period it falls in; None: in every one (逾期在办 is of this moment). ``decided_at`` is set while
    the matter is open: excluded as not yet due until then, and uncounted from then on.
    """

    unit_id: UnitId | None
    at: datetime | None
    counted: bool = False
    excluded: Exclusion | None = None
    decided_at: datetime | None = None
    tenths: int = TENTHS

    def verdict(self, number: str, as_of: datetime) -> Verdict:
        if self.decided_at is not None and self.decided_at >= as_of:
            return Verdict(number, self.unit_id, excluded=Exclusion.NOT_YET_DUE)
        return Verdict(number, self.unit_id, self.counted, self.excluded, self.tenths)


@dataclass(frozen=True, slots=True)
class Figure:
    """``value`` is numerator / denominator, None when nothing was to be counted (never 0 %)."""

    name: FigureName
    numerator: int | float
    denominator: int
    excluded: dict[str, int] = field(default_factory=dict)
    as_of: datetime | None = None

    @property
    def value(self) -> float | None:
        # In tenths: 2.8 of 5 is 0.56 exactly, which 2.8 / 5 is not.
        return round(self.numerator * TENTHS) / (self.denominator * TENTHS) if self.denominator else None
