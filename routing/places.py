"""The gazetteer: which place a citizen's own words mean, from the province down to a street or a school."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from routing.phrase_index import Folded, PhraseIndex, normalise
from routing.tables import DEMO_COUNTY, Row, RowError, circular, read_rows, refuse_if_any, repeated


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


@dataclass(frozen=True, slots=True)
class Place:
    """One place. A road through two townships is two places of one name, so naming it alone stays open."""

    id: str
    name: str
    level: PlaceLevel
    parent_id: str | None
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlaceMatch:
    """What a text says about the place: one place, several possible ones, or nothing."""

    place: Place | None
    candidates: tuple[Place, ...]
    """Filled only when the words fit several places; then ``place`` is None and somebody must be asked."""
    words: tuple[str, ...]
    """The place names found, in the order of the text, each once."""


NOWHERE = PlaceMatch(place=None, candidates=(), words=())


class Gazetteer:
    """All known places, found by name or alias in running text."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._by_id = {place.id: place for place in places}
        self._chains = {place_id: self._chain(place_id) for place_id in self._by_id}
        self._named: dict[str, tuple[Place, ...]] = {}
        for place in self._by_id.values():
            for name in dict.fromkeys(normalise(each) for each in (place.name, *place.aliases)):
                self._named[name] = (*self._named.get(name, ()), place)
        self._index = PhraseIndex(self._named)

    def _chain(self, place_id: str) -> tuple[str, ...]:
        """The place's id, its parent's, and so on up."""
        chain: list[str] = []
        current: str | None = place_id
        while current is not None and current not in chain:
            chain.append(current)
            current = self._by_id[current].parent_id
        return tuple(chain)

    def get(self, place_id: str) -> Place:
        """Raises KeyError: ids come from our own table, never from a citizen."""
        return self._by_id[place_id]

    def all(self) -> tuple[Place, ...]:
        """Every place, in the order of the table."""
        return tuple(self._by_id.values())

    def find(self, *texts: str | Folded) -> PlaceMatch:
        """The deepest place that all place names in one or several texts agree on.

        城关街道中山路 is one place although the county has two 中山路. 中山路 alone has two candidates, and so
        has a text that names two villages.
        """
        found = [match for text in texts for match in self._index.find(text)]
        if not found:
            return NOWHERE
        words = tuple(dict.fromkeys(match.phrase for match in found))
        meanings = [self._named[word] for word in words]
        best = self._best_supported(meanings)
        if len(best) == 1:
            return PlaceMatch(best[0], (), words)
        return PlaceMatch(None, best, words)

    def _best_supported(self, meanings: list[tuple[Place, ...]]) -> tuple[Place, ...]:
        """The places inside the most of what was named; of those the deepest; several when words disagree."""
        support: dict[str, int] = {}
        for meaning in meanings:
            for place in meaning:
                support.setdefault(place.id, 0)
        for place_id in support:
            chain = self._chains[place_id]
            support[place_id] = sum(any(each.id in chain for each in meaning) for meaning in meanings)
        most = max(support.values())
        inside_most = [place_id for place_id, count in support.items() if count == most]
        # Words that disagree (two villages) leave several leaves; what lies above a leaf says nothing more.
        covered = {above for place_id in inside_most for above in self._chains[place_id][1:]}
        leaves = [self._by_id[place_id] for place_id in inside_most if place_id not in covered]
        if most < len(meanings):
            leaves.extend(self._contradictions(meanings, leaves))
        return tuple(leaves)

    def _contradictions(self, meanings: list[tuple[Place, ...]], leaves: list[Place]) -> list[Place]:
        """What was named as well and lies neither above nor below any chosen place."""
        related = {above for leaf in leaves for above in self._chains[leaf.id]}
        others = [
            place for meaning in meanings if not any(p.id in related for p in meaning) for place in meaning
        ]
        covered = {above for place in others for above in self._chains[place.id][1:]}
        return [place for place in dict.fromkeys(others) if place.id not in covered]

    def at_level(self, place: Place, level: str) -> Place | None:
        """The place itself or the one around it at ``level``; None when ``place`` is larger than that."""
        for place_id in self._chains[place.id]:
            if self._by_id[place_id].level == level:
                return self._by_id[place_id]
        return None

    def township_of(self, place: Place) -> Place | None:
        """The township or street around a place; None for a county and above."""
        return self.at_level(place, PlaceLevel.TOWNSHIP)

    def is_within(self, place: Place, outer_id: str) -> bool:
        """Whether ``place`` is the outer place or lies inside it."""
        return outer_id in self._chains[place.id]

    def full_name(self, place: Place) -> str:
        """From the township down, as an address is said: 城关街道东门社区中山路. A larger place: its own name."""
        inner = (PlaceLevel.PROVINCE, PlaceLevel.CITY, PlaceLevel.COUNTY)
        names = [self._by_id[place_id] for place_id in self._chains[place.id]]
        kept = [each.name for each in reversed(names) if each.level not in inner]
        return "".join(kept) or place.name


def load_gazetteer(folder: Path | None = None) -> Gazetteer:
    """Read ``places.csv`` (the demo county's without a folder); raises InvalidTable naming every bad row.

    ``aliases`` are separated by ``|``.
    """
    path = (folder or DEMO_COUNTY) / "places.csv"
    rows = read_rows(path, columns=("id", "name", "level", "parent_id", "aliases"))
    ids = {row["id"] for row in rows}
    errors = [*repeated(rows, "id"), *circular(rows)]
    for row in rows:
        errors.extend(_check(row, ids))
    refuse_if_any(path.name, errors)
    return Gazetteer(_place(row) for row in rows)


def _aliases(row: Row) -> tuple[str, ...]:
    return tuple(alias for alias in row["aliases"].split("|") if alias)


def _check(row: Row, ids: set[str]) -> list[RowError]:
    errors = row.missing("id", "name", "level")
    if row["level"] and row["level"] not in set(PlaceLevel):
        errors.append(row.error("level", "unknown"))
    if row["parent_id"] and row["parent_id"] not in ids:
        errors.append(row.error("parent_id", "unknown"))
    if any(len(normalise(name)) < 2 for name in (row["name"], *_aliases(row)) if name):
        errors.append(row.error("aliases", "too_short"))
    return errors


def _place(row: Row) -> Place:
    return Place(row["id"], row["name"], PlaceLevel(row["level"]), row["parent_id"] or None, _aliases(row))
