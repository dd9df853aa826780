"""Whether some citizens are served worse than others: the same rates by place, door and length of the request.

A group is pointed out only when it is large enough and its interval leaves the overall rate outside; everything
else is chance, or may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from statistics import median

from routing.audit.checks import AuditRow, Kept, Rate
from routing.departments import UnitLevel
from routing.places.gazetteer import Gazetteer
from routing.workflow import State

ENOUGH = 30
"""Fewer tickets than this are shown and never pointed out."""
SHORT_BELOW, LONG_FROM = 40, 150
"""Characters of a short request (fewer) and of a long one (at least)."""
_HOUR_MS = 3_600_000
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


_LEVELS = {GroupBy.DISTRICT: UnitLevel.COUNTY, GroupBy.TOWNSHIP: UnitLevel.TOWNSHIP}


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
            return _kept(row.dispatched, as_of)
        case Measure.REPLIED_IN_TIME:
            return _kept(row.replied, as_of)


def key_of(row: AuditRow, group_by: GroupBy, gazetteer: Gazetteer) -> str:
    """The group a row belongs to."""
    match group_by:
        case GroupBy.CHANNEL:
            return row.channel
        case GroupBy.LENGTH:
            return length_of(row.length)
        case GroupBy.DISTRICT | GroupBy.TOWNSHIP:
            return _place_of(row.place_id, gazetteer, _LEVELS[group_by])


def length_of(characters: int) -> Length:
    if characters < SHORT_BELOW:
        return Length.SHORT
    return Length.MEDIUM if characters < LONG_FROM else Length.LONG


def report(rows: Iterable[AuditRow], group_by: GroupBy, gazetteer: Gazetteer, *, as_of: datetime) -> Report:
    """All rates by group."""
    tallies: dict[str, _Tally] = {}
    places: dict[str | None, str] = {}
    of_place = _LEVELS.get(group_by)
    for row in rows:
        if of_place is None:
            key = key_of(row, group_by, gazetteer)
        elif (found := places.get(row.place_id)) is not None:
            key = found
        else:
            key = places[row.place_id] = key_of(row, group_by, gazetteer)
        tally = tallies.get(key)
        if tally is None:
            tally = tallies[key] = _Tally()
        tally.add(row, as_of)
    everybody = {m: _sum(tally.rates[m] for tally in tallies.values()) for m in Measure}
    groups = []
    for key, own in sorted(tallies.items(), key=lambda each: (each[0] == UNKNOWN, -each[1].rows, each[0])):
        compared = {m: Compared(rate := Rate(*own.rates[m]), stands(rate, everybody[m])) for m in Measure}
        groups.append(Group(key, own.rows, compared, _hours(own.waited)))
    every_wait = [waited for tally in tallies.values() for waited in tally.waited]
    return Report(everybody, _hours(every_wait), tuple(groups))


class _Tally:
    """What is counted of one group: each row is judged once."""

    __slots__ = ("rates", "rows", "waited")

    def __init__(self) -> None:
        self.rows = 0
        self.rates = {measure: [0, 0] for measure in Measure}
        """Counted, and looked at."""
        self.waited: list[int] = []

    def add(self, row: AuditRow, as_of: datetime) -> None:
        self.rows += 1
        if row.waited_ms is not None:
            self.waited.append(row.waited_ms)
        for measure, rate in self.rates.items():
            verdict = judge(measure, row, as_of=as_of)
            if verdict is not None:
                rate[0] += verdict
                rate[1] += 1


def _sum(rates: Iterable[list[int]]) -> Rate:
    counted = list(rates)
    return Rate(sum(rate[0] for rate in counted), sum(rate[1] for rate in counted))


def _hours(waited: list[int]) -> float | None:
    return median(waited) / _HOUR_MS if waited else None


def stands(rate: Rate, everybody: Rate) -> Standing:
    """Pointed out only with enough tickets and an interval that leaves the overall rate outside."""
    if rate.denominator < ENOUGH or everybody.value is None:
        return Standing.FEWER_THAN_ENOUGH
    low, high = rate.interval
    if everybody.value > high:
        return Standing.WORSE
    return Standing.BETTER if everybody.value < low else Standing.USUAL


def _kept(said: Kept, as_of: datetime) -> bool | None:
    """As in the figures: kept, or fallen due unkept; cancelled and not yet due count for nothing."""
    if isinstance(said, datetime):
        return None if said >= as_of else False
    return said


def _place_of(place_id: str | None, gazetteer: Gazetteer, level: UnitLevel) -> str:
    if place_id is None:
        return UNKNOWN
    try:
        place = gazetteer.get(place_id)
    except KeyError:
        return UNKNOWN  # a place the gazetteer has no more
    above = gazetteer.at_level(place, level)
    return above.id if above else UNKNOWN
