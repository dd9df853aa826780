"""Whether some citizens are served worse than others: the same rates by place, door and length of the request.

A group is pointed out only when it is large enough and its interval leaves the overall rate outside; everything
else is chance, or may be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from statistics import median

from routing.audit.checks import AuditRow, Limit, Rate, rate_of
from routing.clocks import ClockState
from routing.departments import UnitLevel
from routing.events import EventKind
from routing.places.gazetteer import Gazetteer
from routing.timing.sla import ClockName
from routing.workflow import State

ENOUGH = 30
"""Fewer tickets than this are shown and never pointed out."""
SHORT_BELOW, LONG_FROM = 40, 150
"""Characters of a short request (fewer) and of a long one (at least)."""
UNKNOWN = ""
"""The group of tickets whose place the machine could not tell."""


class Measure(StrEnum):
    """What is compared; more is better in each."""

    AUTOMATIC = "automatic"
    NOT_CORRECTED = "not_corrected"
    DISPATCHED_IN_TIME = "dispatched_in_time"
    REPLIED_IN_TIME = "replied_in_time"


class GroupBy(StrEnum):
    """What citizens are told apart by."""

    DISTRICT = "district"
    TOWNSHIP = "township"
    CHANNEL = "channel"
    LENGTH = "length"


class Length(StrEnum):
    """How much the citizen said."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"


class Standing(StrEnum):
    """A group against all: ``fewer`` and ``usual`` are not pointed out."""

    FEWER_THAN_ENOUGH = "fewer_than_enough"
    USUAL = "usual"
    WORSE = "worse"
    BETTER = "better"


@dataclass(frozen=True, slots=True)
class Compared:
    """One group's rate and how it stands against the rate of all."""

    rate: Rate
    standing: Standing


@dataclass(frozen=True, slots=True)
class Group:
    """``key`` is a place id, a channel or a length; ``dispatch_hours`` the median from receipt to first dispatch."""

    key: str
    tickets: int
    compared: Mapping[Measure, Compared]
    dispatch_hours: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """Everybody's rates, then each group's, the largest first."""

    everybody: Mapping[Measure, Rate]
    dispatch_hours: float | None
    groups: tuple[Group, ...]

    @property
    def comparisons(self) -> int:
        """How many intervals were looked at: one in twenty leaves the overall rate by chance alone."""
        return sum(
            compared.standing is not Standing.FEWER_THAN_ENOUGH
            for group in self.groups
            for compared in group.compared.values()
        )

    @property
    def pointed_out(self) -> int:
        return sum(
            compared.standing in (Standing.WORSE, Standing.BETTER)
            for group in self.groups
            for compared in group.compared.values()
        )


def judge(measure: Measure, row: AuditRow, *, as_of: datetime) -> bool | None:
    """Whether the row counts for the measure, and how; None when it is in neither term."""
    if row.state in (State.WITHDRAWN, State.REJECTED):
        return None
    match measure:
        case Measure.AUTOMATIC:
            return row.automatic if row.triaged else None
        case Measure.NOT_CORRECTED:
            return not row.corrected if row.automatic and row.handled_by is not None else None
        case Measure.DISPATCHED_IN_TIME:
            return _kept(_first(row, ClockName.DISPATCH), as_of)
        case Measure.REPLIED_IN_TIME:
            return _kept(_first(row, ClockName.REPLY), as_of)


def key_of(row: AuditRow, group_by: GroupBy, gazetteer: Gazetteer) -> str:
    """The group a row belongs to."""
    match group_by:
        case GroupBy.CHANNEL:
            return row.channel
        case GroupBy.LENGTH:
            return length_of(row.length)
        case GroupBy.DISTRICT:
            return _place_of(row.place_id, gazetteer, UnitLevel.COUNTY)
        case GroupBy.TOWNSHIP:
            return _place_of(row.place_id, gazetteer, UnitLevel.TOWNSHIP)


def length_of(characters: int) -> Length:
    if characters < SHORT_BELOW:
        return Length.SHORT
    return Length.MEDIUM if characters < LONG_FROM else Length.LONG


def report(rows: Iterable[AuditRow], group_by: GroupBy, gazetteer: Gazetteer, *, as_of: datetime) -> Report:
    """All rates by group."""
    rows = tuple(rows)
    grouped: dict[str, list[AuditRow]] = {}
    for row in rows:
        grouped.setdefault(key_of(row, group_by, gazetteer), []).append(row)
    judges = {measure: _judge_of(measure, as_of) for measure in Measure}
    everybody = {measure: rate_of(rows, judges[measure]) for measure in Measure}
    groups = []
    for key, own in sorted(grouped.items(), key=lambda each: (each[0] == UNKNOWN, -len(each[1]), each[0])):
        rates = {measure: rate_of(own, judges[measure]) for measure in Measure}
        compared = {m: Compared(rate, stands(rate, everybody[m])) for m, rate in rates.items()}
        groups.append(Group(key, len(own), compared, dispatch_hours(own)))
    return Report(everybody, dispatch_hours(rows), tuple(groups))


def stands(rate: Rate, everybody: Rate) -> Standing:
    """Pointed out only with enough tickets and an interval that leaves the overall rate outside."""
    if rate.denominator < ENOUGH or everybody.value is None:
        return Standing.FEWER_THAN_ENOUGH
    low, high = rate.interval
    if everybody.value > high:
        return Standing.WORSE
    return Standing.BETTER if everybody.value < low else Standing.USUAL


def dispatch_hours(rows: Iterable[AuditRow]) -> float | None:
    """The median of hours from receipt to the first dispatch; None when nothing was dispatched."""
    hours = [
        (step.at - row.received_at).total_seconds() / 3600
        for row in rows
        if (step := next((s for s in row.steps if s.kind is EventKind.DISPATCHED), None)) is not None
    ]
    return median(hours) if hours else None


def _judge_of(measure: Measure, as_of: datetime) -> Callable[[AuditRow], bool | None]:
    return lambda row: judge(measure, row, as_of=as_of)


def _first(row: AuditRow, name: ClockName) -> Limit | None:
    """The first clock of that name: what the citizen waited for first, before any return or rework."""
    return next((limit for limit in row.limits if limit.name is name), None)


def _kept(limit: Limit | None, as_of: datetime) -> bool | None:
    """As in the figures: kept, or fallen due unkept; cancelled and not yet due count for nothing."""
    if limit is None or limit.state is ClockState.CANCELLED:
        return None
    if limit.state is ClockState.RUNNING and limit.due_at >= as_of:
        return None
    return limit.state is ClockState.MET


def _place_of(place_id: str | None, gazetteer: Gazetteer, level: UnitLevel) -> str:
    if place_id is None:
        return UNKNOWN
    try:
        place = gazetteer.get(place_id)
    except KeyError:
        return UNKNOWN  # a place the gazetteer has no more
    above = gazetteer.at_level(place, level)
    return above.id if above else UNKNOWN
