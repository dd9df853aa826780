"""The supervisors' figures, each made of verdicts on single tickets so that it can be re-computed (domain §4).

A figure is a function that judges one row: counts in the numerator, counts in the denominator only, is
excluded for a named reason, or does not concern the figure. Counting the verdicts gives the figure; listing
them gives the drill-down. A limit enters an on-time rate when it is decided: kept, or fallen due unkept;
one not yet due is excluded by name, so that finished periods follow the plain definition exactly.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from routing.clocks import ClockState
from routing.departments import UnitId
from routing.events import EventKind
from routing.sla import ClockName
from routing.ticket import SATISFIED_FROM
from routing.workflow import OPEN_STATES, State


class FigureName(StrEnum):
    """What the API and the console call each figure."""

    SIGN_IN_ON_TIME = "sign_in_on_time"
    FIRST_CONTACT_ON_TIME = "first_contact_on_time"
    CLOSED_ON_TIME = "closed_on_time"
    CLOSED = "closed"
    OVERDUE_OPEN = "overdue_open"
    SATISFIED = "satisfied"
    RETURNED = "returned"


class Exclusion(StrEnum):
    """Why a ticket is in neither term."""

    NOT_YET_DUE = "not_yet_due"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    NO_LONGER_APPLIES = "no_longer_applies"


@dataclass(frozen=True, slots=True)
class ClockRow:
    """A ticket's clock as figures need it."""

    name: ClockName
    unit_id: UnitId | None
    due_at: datetime
    state: ClockState


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """A ticket as figures need it: no text, no identity."""

    number: str
    unit_id: UnitId | None
    state: State
    received_at: datetime
    ratings: tuple[tuple[int, datetime], ...] = ()
    """Stars and when, oldest first: a reopened ticket keeps the rating that reopened it."""
    clocks: tuple[ClockRow, ...] = ()
    handed: tuple[tuple[UnitId, bool], ...] = ()
    """Each unit it was dispatched or transferred to, and whether that unit's return was approved."""


@dataclass(frozen=True, slots=True)
class Period:
    """``since`` ≤ t < ``until``, aware; ``as_of`` is when the figures are taken."""

    since: datetime
    until: datetime
    as_of: datetime

    def holds(self, at: datetime | None) -> bool:
        return at is not None and self.since <= at < self.until


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one ticket is to one figure. ``excluded`` set: in neither term."""

    number: str
    unit_id: UnitId | None
    counted: bool = False
    excluded: Exclusion | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """``value`` is numerator / denominator, None when nothing was to be counted (never 0 %)."""

    name: FigureName
    numerator: int
    denominator: int
    excluded: dict[str, int] = field(default_factory=dict)
    as_of: datetime | None = None

    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None


Judge = Callable[[FigureRow, Period], Iterator[Verdict]]


def _limit_kept(clock_name: ClockName) -> Judge:
    def judge(row: FigureRow, period: Period) -> Iterator[Verdict]:
        for clock in row.clocks:
            if clock.name != clock_name or not period.holds(clock.due_at):
                continue
            unit_id = clock.unit_id or row.unit_id
            if row.state is State.WITHDRAWN:
                yield Verdict(row.number, unit_id, excluded=Exclusion.WITHDRAWN)
            elif row.state is State.REJECTED:
                yield Verdict(row.number, unit_id, excluded=Exclusion.REJECTED)
            elif clock.state is ClockState.CANCELLED:
                yield Verdict(row.number, unit_id, excluded=Exclusion.NO_LONGER_APPLIES)
            elif clock.state is ClockState.RUNNING and clock.due_at >= period.as_of:
                yield Verdict(row.number, unit_id, excluded=Exclusion.NOT_YET_DUE)
            else:
                yield Verdict(row.number, unit_id, counted=clock.state is ClockState.MET)

    return judge


def _closed(row: FigureRow, period: Period) -> Iterator[Verdict]:
    """办结率: of those received in the period, how many are closed."""
    if not period.holds(row.received_at):
        return
    if row.state in (State.WITHDRAWN, State.REJECTED):
        yield Verdict(row.number, row.unit_id, excluded=Exclusion(row.state.value))
    else:
        yield Verdict(row.number, row.unit_id, counted=row.state not in OPEN_STATES)


def _overdue_open(row: FigureRow, period: Period) -> Iterator[Verdict]:
    """逾期在办: of all now open, how many are past the promised date. Not bound to the period."""
    if row.state not in OPEN_STATES:
        return
    promised = [c for c in row.clocks if c.name in (ClockName.REPLY, ClockName.REWORK)]
    overdue = any(c.state is ClockState.RUNNING and c.due_at < period.as_of for c in promised)
    yield Verdict(row.number, row.unit_id, counted=overdue)


def _satisfied(row: FigureRow, period: Period) -> Iterator[Verdict]:
    """满意率: of valid ratings given in the period, a rework's again. Silence is not satisfaction."""
    for stars, at in row.ratings:
        if period.holds(at):
            yield Verdict(row.number, row.unit_id, counted=stars >= SATISFIED_FROM)


def _returned(row: FigureRow, period: Period) -> Iterator[Verdict]:
    """退单率: of dispatches of tickets received in the period, how many were sent back."""
    if not period.holds(row.received_at):
        return
    for unit_id, returned in row.handed:
        yield Verdict(row.number, unit_id, counted=returned)


JUDGES: dict[FigureName, Judge] = {
    FigureName.SIGN_IN_ON_TIME: _limit_kept(ClockName.SIGN_IN),
    FigureName.FIRST_CONTACT_ON_TIME: _limit_kept(ClockName.FIRST_CONTACT),
    FigureName.CLOSED_ON_TIME: _limit_kept(ClockName.REPLY),
    FigureName.CLOSED: _closed,
    FigureName.OVERDUE_OPEN: _overdue_open,
    FigureName.SATISFIED: _satisfied,
    FigureName.RETURNED: _returned,
}


def verdicts(name: FigureName, rows: Iterable[FigureRow], period: Period) -> Iterator[Verdict]:
    """Every ticket's part in a figure: the drill-down."""
    judge = JUDGES[name]
    for row in rows:
        yield from judge(row, period)


def count(name: FigureName, judged: Iterable[Verdict], period: Period) -> Figure:
    """The figure those verdicts make."""
    numerator = denominator = 0
    excluded: Counter[str] = Counter()
    for verdict in judged:
        if verdict.excluded is not None:
            excluded[verdict.excluded.value] += 1
        else:
            denominator += 1
            numerator += verdict.counted
    return Figure(name, numerator, denominator, dict(excluded), period.as_of)


def totals(rows: Iterable[FigureRow], period: Period) -> dict[FigureName, Figure]:
    """All figures over all rows."""
    rows = tuple(rows)
    return {name: count(name, verdicts(name, rows, period), period) for name in FigureName}


def by_unit(rows: Iterable[FigureRow], period: Period) -> dict[UnitId | None, dict[FigureName, Figure]]:
    """All figures by the unit that had to keep the limit; None collects what no unit had yet."""
    rows = tuple(rows)
    groups: defaultdict[UnitId | None, dict[FigureName, Figure]] = defaultdict(dict)
    for name in FigureName:
        judged: defaultdict[UnitId | None, list[Verdict]] = defaultdict(list)
        for verdict in verdicts(name, rows, period):
            judged[verdict.unit_id].append(verdict)
        for unit_id, own in judged.items():
            groups[unit_id][name] = count(name, own, period)
    return dict(groups)


def handovers(events: Iterable[tuple[EventKind, UnitId]]) -> tuple[tuple[UnitId, bool], ...]:
    """``FigureRow.handed`` from a ticket's events in order: an approved return answers the last handover."""
    handed: list[tuple[UnitId, bool]] = []
    for kind, unit_id in events:
        if kind in (EventKind.DISPATCHED, EventKind.TRANSFERRED):
            handed.append((unit_id, False))
        elif kind is EventKind.RETURN_APPROVED and handed:
            handed[-1] = (handed[-1][0], True)
    return tuple(handed)


def add_up(
    groups: Mapping[UnitId | None, Mapping[FigureName, Figure]], period: Period
) -> dict[FigureName, Figure]:
    """All figures over all units, from ``by_unit``: the same as ``totals`` without judging every ticket again."""
    sums: dict[FigureName, Figure] = {}
    for name in FigureName:
        parts = [figures[name] for figures in groups.values() if name in figures]
        excluded: Counter[str] = Counter()
        for part in parts:
            excluded.update(part.excluded)
        numerator, denominator = sum(p.numerator for p in parts), sum(p.denominator for p in parts)
        sums[name] = Figure(name, numerator, denominator, dict(excluded), period.as_of)
    return sums
