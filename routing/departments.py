"""The units that answer citizens: five levels of government, departments and public services, as one tree.

Reforms dissolve, merge and rename units (机构改革). A unit that ended stays in the tree with its last day and its
successor: old tickets keep it, its duties go on with whoever took over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import NewType

from routing.errors import UnknownUnit
from routing.tables import DEMO_COUNTY, Row, RowError, circular, day_of, read_rows, refuse_if_any, repeated
from routing.triage.phrase_index import HEAD, Folded, PhraseIndex, normalise

UNIT_COLUMNS = ("id", "name", "short_name", "level", "parent_id", "place_id", "is_fallback")
"""What a table of units must have; ``OPTIONAL_UNIT_COLUMNS`` may be left out."""
OPTIONAL_UNIT_COLUMNS = (
    "duties_phone",
    "valid_from",
    "valid_until",
    "successor_id",
    "calendar",
    "former_names",
)
_CALENDAR = re.compile(r"[0-9a-z][0-9a-z-]{0,29}")
"""The name of a calendar a unit may have of its own: ``24x7`` (a gas company answers at night) or one the time-limit
profile describes; whether it does, ``huiyin check-config`` tells."""

UnitId = NewType("UnitId", str)


class UnitLevel(StrEnum):
    """五级: a county department stands at the county's level, a village committee at the village's."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"


@dataclass(frozen=True, slots=True)
class FormerName:
    """What a unit was called until its ``last_day`` under that name."""

    name: str
    last_day: date


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit a ticket can be dispatched to."""

    id: UnitId
    name: str
    short_name: str
    level: UnitLevel
    parent_id: UnitId | None
    place_id: str | None
    """The place this unit governs; None for a department, which serves the whole of its parent's place."""
    is_fallback: bool
    duties_phone: str | None
    valid_from: date | None = None
    """The first day it exists; None for always."""
    valid_until: date | None = None
    """The last day it exists; None while no end is set."""
    successor_id: UnitId | None = None
    """Who takes over after ``valid_until``."""
    calendar: str | None = None
    """The name of a calendar of its own; None for the installation's."""
    former_names: tuple[FormerName, ...] = ()

    def is_in_force(self, on: date) -> bool:
        """Whether the unit exists on that day, both ends included."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_until is None or on <= self.valid_until
        )

    def name_on(self, day: date) -> str:
        """What the unit was called on that day: a ticket of that time keeps the name."""
        past = sorted((former.last_day, former.name) for former in self.former_names)
        return next((name for last_day, name in past if day <= last_day), self.name)


class Units:
    """All units of one installation. Exactly one is the fallback (兜底单位): it takes what nobody else does."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._units = tuple(units)
        self._by_id = {unit.id: unit for unit in self._units}
        self._children: dict[UnitId, list[Unit]] = {}
        self._governing: dict[tuple[str, UnitLevel], list[Unit]] = {}
        self._predecessors: dict[UnitId, list[Unit]] = {}
        for unit in self._units:
            if unit.parent_id is not None:
                self._children.setdefault(unit.parent_id, []).append(unit)
            if unit.place_id is not None:
                self._governing.setdefault((unit.place_id, unit.level), []).append(unit)
            if unit.successor_id is not None:
                self._predecessors.setdefault(unit.successor_id, []).append(unit)
        fallbacks = [unit for unit in self._units if unit.is_fallback]
        if len(fallbacks) != 1:
            raise ValueError(f"exactly one fallback unit is needed, found {len(fallbacks)}")
        self.fallback = fallbacks[0]
        self._names = _names_of(self._units)
        self._name_index = PhraseIndex(self._names)

    def all(self) -> tuple[Unit, ...]:
        """Every unit, in the order of the table."""
        return self._units

    def get(self, unit_id: UnitId) -> Unit:
        """Raises UnknownUnit."""
        try:
            return self._by_id[unit_id]
        except KeyError:
            raise UnknownUnit(unit_id) from None

    def named(self, text: str) -> Unit:
        """The unit of that id, name or short name, exactly; raises UnknownUnit."""
        wanted = text.strip()
        for unit in self._units:
            if wanted in (unit.id, unit.name, unit.short_name):
                return unit
        raise UnknownUnit(wanted)

    def children(self, unit_id: UnitId) -> tuple[Unit, ...]:
        """The units directly below."""
        return tuple(self._children.get(self.get(unit_id).id, ()))

    def subtree(self, unit_id: UnitId, *, on: date | None = None) -> frozenset[UnitId]:
        """The unit itself and everything below it: whose tickets its supervisor may read.

        With ``on`` also the units that had ended by then and for which one of these acts: whoever took over a
        unit takes over its open tickets.
        """
        found: set[UnitId] = set()
        waiting = [self.get(unit_id).id]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting.extend(child.id for child in self._children.get(current, ()))
        if on is not None:
            ended = (unit for unit in self._units if unit.valid_until is not None and unit.valid_until < on)
            found.update([unit.id for unit in ended if self.acting(unit.id, on).id in found])
        return frozenset(found)

    def acting(self, unit_id: UnitId, on: date) -> Unit:
        """Who acts for a unit on that day: itself, after its end its successor, before its start what it replaces.

        The fallback unit where a line ends without anybody; raises UnknownUnit.
        """
        unit = self.get(unit_id)
        seen: set[UnitId] = set()
        while not unit.is_in_force(on):
            seen.add(unit.id)
            following = self._next_in_line(unit, on)
            if following is None or following.id in seen:
                return self.fallback
            unit = following
        return unit

    def _next_in_line(self, unit: Unit, on: date) -> Unit | None:
        if unit.valid_until is not None and unit.valid_until < on:
            return self._by_id.get(unit.successor_id) if unit.successor_id else None
        before = self._predecessors.get(unit.id, ())
        # Of several merged into one, the one that lasted to the day of the merger speaks for the new unit.
        return next((each for each in before if each.is_in_force(on)), before[0] if before else None)

    def of_place(self, place_id: str, level: UnitLevel, on: date | None = None) -> Unit | None:
        """The unit at ``level`` governing exactly this place; ``Gazetteer.at_level`` finds the right place.

        With ``on`` the one that acts on that day. Without, the latest.
        """
        governing = self._governing.get((place_id, level), [])
        if not governing:
            return None
        if on is None:
            return governing[-1]
        in_force = [unit for unit in governing if unit.is_in_force(on)]
        if in_force:
            return in_force[-1]
        acting = self.acting(governing[-1].id, on)
        return None if acting.is_fallback else acting

    def search(self, text: str) -> tuple[Unit, ...]:
        """Units whose name contains ``text``, the closest first, for a person who types a few characters."""
        wanted = normalise(text.strip())
        if not wanted:
            return ()
        ranked = []
        for order, unit in enumerate(self._units):
            ranks = [_closeness(wanted, normalise(name)) for name in (unit.short_name, unit.name)]
            best = min((rank for rank in ranks if rank is not None), default=None)
            if best is not None:
                ranked.append((best, order, unit))
        return tuple(unit for _, _, unit in sorted(ranked, key=lambda each: each[:2]))

    def named_in(self, text: str | Folded, on: date | None = None) -> tuple[Unit, ...]:
        """Departments a text mentions by name, each once. Governments of places are left to the gazetteer.

        People go on using the name of a unit that is no more; with ``on`` who acts for it on that day is meant.
        """
        found = (self._names[match.phrase] for match in self._name_index.find(text))
        return tuple(dict.fromkeys(self.acting(unit.id, on) if on else unit for unit in found))


def _names_of(units: tuple[Unit, ...]) -> dict[str, Unit]:
    """Names of today before former ones: a new unit may bear an old one's name."""
    names: dict[str, Unit] = {}
    departments = [unit for unit in units if unit.place_id is None]
    for unit in sorted(departments, key=lambda each: each.valid_until is not None):
        _add_names(names, unit, (unit.name, unit.short_name))
    for unit in departments:
        _add_names(names, unit, tuple(former.name for former in unit.former_names))
    return names


def _add_names(names: dict[str, Unit], unit: Unit, said: Sequence[str]) -> None:
    for name in map(normalise, said):
        if len(name) >= HEAD:
            names.setdefault(name, unit)


def _closeness(wanted: str, name: str) -> tuple[int, int] | None:
    """Smaller is closer: equal, then beginning with, then containing; a shorter name before a longer one."""
    if wanted == name:
        return 0, 0
    if name.startswith(wanted):
        return 1, len(name)
    if wanted in name:
        return 2, len(name)
    return None


def load_units(folder: Path | None = None) -> Units:
    """Read ``units.csv`` (the demo county's without a folder); raises InvalidTable naming every bad row."""
    path = (folder or DEMO_COUNTY) / "units.csv"
    rows = read_rows(path, columns=UNIT_COLUMNS)
    refuse_if_any(path.name, unit_errors(rows))
    return Units(map(unit_of, rows))


def unit_errors(rows: Sequence[Row], *, known_places: Iterable[str] | None = None) -> list[RowError]:
    """Everything that is wrong with a whole table; with ``known_places`` a place outside them is wrong too."""
    ids = {row["id"] for row in rows}
    places = None if known_places is None else set(known_places)
    errors = [*repeated(rows, "id"), *circular(rows), *circular(rows, column="successor_id")]
    for row in rows:
        errors.extend(_check(row, ids, places))
    fallbacks = [row for row in rows if row["is_fallback"] == "yes"]
    if len(fallbacks) != 1:
        errors.append(RowError(1, "is_fallback", "missing" if not fallbacks else "duplicate"))
    errors.extend(row.error("valid_until", "in_use") for row in fallbacks if row["valid_until"])
    return errors


def _check(row: Row, ids: set[str], places: set[str] | None) -> list[RowError]:
    errors = row.missing("id", "name", "short_name", "level")
    if row["level"] and row["level"] not in set(UnitLevel):
        errors.append(row.error("level", "unknown"))
    errors.extend(
        row.error(column, "unknown")
        for column in ("parent_id", "successor_id")
        if row[column] and row[column] not in ids
    )
    if row["place_id"] and places is not None and row["place_id"] not in places:
        errors.append(row.error("place_id", "unknown"))
    if row["is_fallback"] not in ("yes", ""):
        errors.append(row.error("is_fallback", "not_yes_or_no"))
    if row["calendar"] and not _CALENDAR.fullmatch(row["calendar"]):
        errors.append(row.error("calendar", "unknown"))
    if row["successor_id"] and not row["valid_until"]:
        errors.append(row.error("valid_until", "missing"))
    errors.extend(row.period_errors("valid_from", "valid_until"))
    if any(name is None for name in map(_former_name, _former_names(row))):
        errors.append(row.error("former_names", "not_a_date"))
    return errors


def _former_names(row: Row) -> list[str]:
    return [each for each in row["former_names"].split("|") if each]


def _former_name(written: str) -> FormerName | None:
    """``旧名@2025-12-31``: the name and its last day; None for anything else."""
    name, _, day = written.partition("@")
    last_day = day_of(day)
    return FormerName(name.strip(), last_day) if name.strip() and last_day else None


def unit_of(row: Row) -> Unit:
    """The unit a checked row describes."""
    return Unit(
        id=UnitId(row["id"]),
        name=row["name"],
        short_name=row["short_name"],
        level=UnitLevel(row["level"]),
        parent_id=UnitId(row["parent_id"]) if row["parent_id"] else None,
        place_id=row["place_id"] or None,
        is_fallback=row["is_fallback"] == "yes",
        duties_phone=row["duties_phone"] or None,
        valid_from=day_of(row["valid_from"]),
        valid_until=day_of(row["valid_until"]),
        successor_id=UnitId(row["successor_id"]) if row["successor_id"] else None,
        calendar=row["calendar"] or None,
        former_names=tuple(name for name in map(_former_name, _former_names(row)) if name),
    )


def home_of(units: Units) -> str | None:
    """The place an installation serves: the one governed by the nearest unit above the fallback unit."""
    unit = units.fallback
    while unit.place_id is None and unit.parent_id is not None:
        unit = units.get(unit.parent_id)
    return unit.place_id
