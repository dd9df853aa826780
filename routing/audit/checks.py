"""The supervisors' audit over finished tickets: what the machine thought first, who handled it, what it cost.

Pure: rows come in, counts go out, and every count can be opened onto the rows it is made of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from classifier.drift import wilson
from routing.citizen_request import Channel, RequestType, Urgency
from routing.departments import UnitId
from routing.events import ActorRef
from routing.workflow import State

HANDLED_STATES = frozenset({State.REPLIED, State.RESOLVED, State.ARCHIVED})
"""From the answer on, the unit that has a ticket is the one that handled it."""

_DAY_MS = 86_400_000
_WORDS_SHOWN = 6
_Z_95 = 1.959964

Kept = bool | datetime | None
"""Of a limit: kept, or not; the moment until which it still runs; None where there is none or it was cancelled."""


class AuditRow(NamedTuple):
    """A ticket as the audit needs it: no identity and no text. A hundred thousand of them are made at a time."""

    number: str
    received_ms: int
    """The moment of receipt in milliseconds since 1970; to make a moment of it takes longer than to count it."""
    unit_id: UnitId | None
    channel: Channel
    request_type: RequestType
    urgency: Urgency
    state: State
    topic: str | None
    triaged: bool
    """False for a ticket no machine looked at."""
    automatic: bool
    first: UnitId | None
    """The machine's first candidate, dispatched or only proposed."""
    place_id: str | None
    length: int
    """Characters of title and text together."""
    words: tuple[str, ...] = ()
    """The words the first candidate rests on."""
    registered_by: ActorRef | None = None
    """Who chose the request type."""
    transfers: int = 0
    returns: int = 0
    """Approved returns: a refused one sent nothing back."""
    lost_ms: int = 0
    """Between the first unit and the last it was given to."""
    waited_ms: int | None = None
    """From receipt to the first dispatch."""
    dispatched: Kept = None
    replied: Kept = None
    """The first limit of each kind: what the citizen waited for first, before any return or rework."""
    worded: RequestType | None = None
    """The type its wording suggests; None for a ticket without words."""
    confidence: float = 0.0

    @property
    def received_at(self) -> datetime:
        return datetime.fromtimestamp(self.received_ms / 1000, UTC)

    @property
    def handled_by(self) -> UnitId | None:
        """The unit that answered; None while nobody has, or when the centre answered itself."""
        return self.unit_id if self.state in HANDLED_STATES else None

    @property
    def days_lost(self) -> float:
        """Days by the wall between the first unit and the one that kept it; 0 when the first kept it."""
        return self.lost_ms / _DAY_MS

    @property
    def corrected(self) -> bool:
        """Whether somebody other than the machine's first unit handled it."""
        return self.first is not None and self.handled_by is not None and self.handled_by != self.first


class Axis(StrEnum):
    """What is held against each other: units, or the topics they stand for."""

    UNIT = "unit"
    TOPIC = "topic"


class LeftOut(StrEnum):
    """Why a ticket is in no cell."""

    NOT_TRIAGED = "not_triaged"
    STILL_OPEN = "still_open"
    ANSWERED_BY_THE_CENTRE = "answered_by_the_centre"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"


@dataclass(slots=True)
class Cell:
    """The tickets the machine gave to ``guessed`` and ``handled`` answered, and what they cost."""

    guessed: str
    handled: str
    tickets: int = 0
    automatic: int = 0
    transfers: int = 0
    returns: int = 0
    lost_ms: int = 0
    words: Counter[str] = field(default_factory=Counter)

    @property
    def agrees(self) -> bool:
        return self.guessed == self.handled

    @property
    def days_lost(self) -> float:
        return self.lost_ms / _DAY_MS

    @property
    def cost(self) -> tuple[float, int, int]:
        """What supervisors sort by: days first, then how often it was moved, then how many tickets."""
        return round(self.days_lost, 2), self.transfers + self.returns, self.tickets

    @property
    def deciding_words(self) -> tuple[tuple[str, int], ...]:
        ranked = sorted(self.words.items(), key=lambda each: (-each[1], each[0]))
        return tuple(ranked[:_WORDS_SHOWN])

    def add(self, row: AuditRow) -> None:
        self.tickets += 1
        self.automatic += row.automatic
        self.transfers += row.transfers
        self.returns += row.returns
        self.lost_ms += row.lost_ms
        if row.words:
            self.words.update(row.words)


TopicsOf = Mapping[UnitId, tuple[str, ...]]
"""The topics of each unit's duties, the most frequent first."""
NO_TOPIC = ""
"""Stands for the topic of a unit without duties."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """Every pair that occurred, the dearest mistake first, and who is in no pair and why."""

    cells: tuple[Cell, ...]
    left_out: dict[LeftOut, int]

    @property
    def tickets(self) -> int:
        return sum(cell.tickets for cell in self.cells)

    @property
    def agreeing(self) -> int:
        return sum(cell.tickets for cell in self.cells if cell.agrees)

    @property
    def mistakes(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if not cell.agrees)


def left_out(row: AuditRow) -> LeftOut | None:
    """None for a row that belongs into a cell."""
    if row.state is State.WITHDRAWN:
        return LeftOut.WITHDRAWN
    if row.state is State.REJECTED:
        return LeftOut.REJECTED
    if not row.triaged or row.first is None:
        return LeftOut.NOT_TRIAGED
    if row.state not in HANDLED_STATES:
        return LeftOut.STILL_OPEN
    if row.unit_id is None:
        return LeftOut.ANSWERED_BY_THE_CENTRE
    return None


def pair_of(row: AuditRow, axis: Axis, topics: TopicsOf) -> tuple[str, str] | None:
    """(what the machine thought, what it turned out to be); None for a row in no cell.

    A unit stands for the topics of its duties: when the machine's topic is one of them they agree, else the unit's
    most frequent topic is what it turned out to be.
    """
    return _pair(row, axis, topics) if left_out(row) is None else None


def confusion(rows: Iterable[AuditRow], axis: Axis, topics: TopicsOf) -> Confusion:
    """Count every pair; agreeing pairs stand last."""
    cells: dict[tuple[str, str], Cell] = {}
    out: Counter[LeftOut] = Counter()
    for row in rows:
        if (reason := left_out(row)) is not None:
            out[reason] += 1
            continue
        pair = _pair(row, axis, topics)
        cell = cells.get(pair)
        if cell is None:
            cell = cells[pair] = Cell(*pair)
        cell.add(row)
    ranked = sorted(
        cells.values(), key=lambda c: (c.agrees, [-part for part in c.cost], c.guessed, c.handled)
    )
    return Confusion(tuple(ranked), dict(out))


def _pair(row: AuditRow, axis: Axis, topics: TopicsOf) -> tuple[str, str]:
    """Of a row that belongs into a cell."""
    assert row.first is not None
    assert row.unit_id is not None
    if axis is Axis.UNIT:
        return row.first, row.unit_id
    own = topics.get(row.unit_id, ())
    guessed = row.topic or NO_TOPIC
    return guessed, guessed if guessed in own else own[0] if own else NO_TOPIC


# ---- rates


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many. ``value`` is None when there were none (never 0 %)."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval; everything is possible when there were none."""
        return share_interval(self.numerator, self.denominator)


def share_interval(numerator: int, denominator: int) -> tuple[float, float]:
    """The interval in which the true share lies with 95 % confidence (Wilson 1927); inside 0 to 1."""
    low, high = wilson(numerator, denominator, z=_Z_95)
    # All or none reach the very end; rounding must not leave them a hair short of it.
    return 0.0 if numerator == 0 else low, 1.0 if numerator == denominator else high
