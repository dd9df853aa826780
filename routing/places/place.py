"""What a place is, what a text says about one, and the rows places are kept in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from routing.tables import Row, RowError, circular, repeated
from routing.triage.phrase_index import normalise

PLACE_COLUMNS = ("id", "name", "level", "parent_id", "aliases")


class PlaceLevel(StrEnum):
    """The five levels of government, then what lies inside a township or a community and governs nothing."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"
    ROAD = "road"
    ESTATE = "estate"
    SCHOOL = "school"
    LANDMARK = "landmark"


# Looked up, not constructed: a country has 45,000 places.
_LEVEL_OF = {level.value: level for level in PlaceLevel}


@dataclass(frozen=True, slots=True)
class Place:
    """One place. A road through two townships is two places of one name, so naming it alone stays open."""

    id: str
    name: str
    level: PlaceLevel
    parent_id: str | None
    aliases: tuple[str, ...]


class PlaceClue(StrEnum):
    """Why a name was taken for this place and not for another one of the same name."""

    ONLY_ONE = "only_one"
    PARENT_NAMED = "parent_named"
    NEARBY_NAMED = "nearby_named"
    HOME_AREA = "home_area"


@dataclass(frozen=True, slots=True)
class PlaceMatch:
    """What a text says about the place: one place, several possible ones, or nothing."""

    place: Place | None
    candidates: tuple[Place, ...]
    """Filled only when the words fit several places; then ``place`` is None and somebody must be asked."""
    words: tuple[str, ...]
    """The place names found, in the order of the text, each once."""
    clue: PlaceClue | None = None
    """What settled ``place``; None without one."""


NOWHERE = PlaceMatch(place=None, candidates=(), words=())


def _aliases(written: str) -> tuple[str, ...]:
    return tuple([alias for alias in written.split("|") if alias]) if written else ()


def place_errors(rows: Sequence[Row]) -> list[RowError]:
    """Everything that is wrong with a whole table of places."""
    ids = {row["id"] for row in rows}
    errors = [*repeated(rows, "id"), *circular(rows)]
    for row in rows:
        errors.extend(_check(row, ids))
    return errors


def _check(row: Row, ids: set[str]) -> list[RowError]:
    errors = row.missing("id", "name", "level")
    if row["level"] and row["level"] not in set(PlaceLevel):
        errors.append(row.error("level", "unknown"))
    if row["parent_id"] and row["parent_id"] not in ids:
        errors.append(row.error("parent_id", "unknown"))
    if any(len(normalise(name)) < 2 for name in (row["name"], *_aliases(row["aliases"])) if name):
        errors.append(row.error("aliases", "too_short"))
    return errors


def place_of(row: Row) -> Place:
    """The place a checked row describes."""
    return place_from(*[row[column] for column in PLACE_COLUMNS])


def place_from(place_id: str, name: str, level: str, parent_id: str, aliases: str) -> Place:
    """The place that checked cells, in the order of ``PLACE_COLUMNS``, describe."""
    return Place(place_id, name, _LEVEL_OF[level], parent_id or None, _aliases(aliases))
