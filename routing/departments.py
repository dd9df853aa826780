"""The units that answer citizens: five levels of government, departments and public services, as one tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NewType

from routing.errors import UnknownUnit
from routing.phrase_index import HEAD, Folded, PhraseIndex, normalise
from routing.tables import DEMO_COUNTY, Row, RowError, circular, read_rows, refuse_if_any, repeated

UnitId = NewType("UnitId", str)


class UnitLevel(StrEnum):
    """五级: a county department stands at the county's level, a village committee at the village's."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"


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


class Units:
    """All units of one installation. Exactly one is the fallback (兜底单位): it takes what nobody else does."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._units = tuple(units)
        self._by_id = {unit.id: unit for unit in self._units}
        self._children: dict[UnitId, list[Unit]] = {}
        self._governing: dict[tuple[str, UnitLevel], Unit] = {}
        for unit in self._units:
            if unit.parent_id is not None:
                self._children.setdefault(unit.parent_id, []).append(unit)
            if unit.place_id is not None:
                self._governing[unit.place_id, unit.level] = unit
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

    def subtree(self, unit_id: UnitId) -> frozenset[UnitId]:
        """The unit itself and everything below it: whose tickets its supervisor may read."""
        found: set[UnitId] = set()
        waiting = [self.get(unit_id).id]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting.extend(child.id for child in self._children.get(current, ()))
        return frozenset(found)

    def of_place(self, place_id: str, level: UnitLevel) -> Unit | None:
        """The unit at ``level`` governing exactly this place; ``Gazetteer.at_level`` finds the right place."""
        return self._governing.get((place_id, level))

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

    def named_in(self, text: str | Folded) -> tuple[Unit, ...]:
        """Departments a text mentions by name, each once. Governments of places are left to the gazetteer."""
        found = (self._names[match.phrase] for match in self._name_index.find(text))
        return tuple(dict.fromkeys(found))


def _names_of(units: tuple[Unit, ...]) -> dict[str, Unit]:
    names: dict[str, Unit] = {}
    for unit in units:
        if unit.place_id is None:
            for name in map(normalise, (unit.name, unit.short_name)):
                if len(name) >= HEAD:
                    names.setdefault(name, unit)
    return names


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
    rows = read_rows(
        path, columns=("id", "name", "short_name", "level", "parent_id", "place_id", "is_fallback")
    )
    ids = {row["id"] for row in rows}
    errors = [*repeated(rows, "id"), *circular(rows)]
    for row in rows:
        errors.extend(_check(row, ids))
    fallbacks = [row for row in rows if row["is_fallback"] == "yes"]
    if len(fallbacks) != 1:
        errors.append(RowError(1, "is_fallback", "missing" if not fallbacks else "duplicate"))
    refuse_if_any(path.name, errors)
    return Units(_unit(row) for row in rows)


def _check(row: Row, ids: set[str]) -> list[RowError]:
    errors = row.missing("id", "name", "short_name", "level")
    if row["level"] and row["level"] not in set(UnitLevel):
        errors.append(row.error("level", "unknown"))
    if row["parent_id"] and row["parent_id"] not in ids:
        errors.append(row.error("parent_id", "unknown"))
    if row["is_fallback"] not in ("yes", ""):
        errors.append(row.error("is_fallback", "not_yes_or_no"))
    return errors


def _unit(row: Row) -> Unit:
    return Unit(
        id=UnitId(row["id"]),
        name=row["name"],
        short_name=row["short_name"],
        level=UnitLevel(row["level"]),
        parent_id=UnitId(row["parent_id"]) if row["parent_id"] else None,
        place_id=row["place_id"] or None,
        is_fallback=row["is_fallback"] == "yes",
        duties_phone=row["duties_phone"] or None,
    )
