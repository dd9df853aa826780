"""The gazetteer: which place a citizen's own words mean, from the province down to a street or a school."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from routing.places.place import (
    NOWHERE,
    PLACE_COLUMNS,
    Place,
    PlaceClue,
    PlaceLevel,
    PlaceMatch,
    place_errors,
    place_of,
)
from routing.places.place_names import (
    begins_a_word,
    ordinary_words,
    other_forms,
    reads_as_place,
    road_end,
    short_form,
)
from routing.tables import DEMO_COUNTY, read_rows, refuse_if_any
from routing.triage.phrase_index import Folded, Found, PhraseIndex, fold, normalise

__all__ = ["NOWHERE", "Gazetteer", "Place", "PlaceClue", "PlaceLevel", "PlaceMatch", "load_gazetteer"]

_SHORTENED = (PlaceLevel.PROVINCE, PlaceLevel.CITY, PlaceLevel.COUNTY, PlaceLevel.TOWNSHIP)
_LARGE = (PlaceLevel.PROVINCE, PlaceLevel.CITY, PlaceLevel.COUNTY)
_SHORTEST_FAR = 2


class Gazetteer:
    """All known places, found by name, alias or customary short form in running text.

    ``home`` is the id of the area an installation serves. A name that many places share then means the one at
    home, short forms are made for what lies there, and of the rest of the country only what is unmistakable
    counts: a 城关镇 elsewhere is a place only beside the name of its county. Without ``home`` only the names
    and aliases of the table are known and all places are equal.
    """

    def __init__(self, places: Iterable[Place], *, home: str | None = None) -> None:
        self._by_id = {place.id: place for place in places}
        self.home = home if home in self._by_id else None
        self._home_ids = self._inside(self.home) if self.home else frozenset[str]()
        self._named: dict[str, tuple[Place, ...]] = {}
        for place in self._by_id.values():
            names = (place.name, *place.aliases) if place.aliases else (place.name,)
            for name in dict.fromkeys(map(normalise, names)):
                known = self._named.get(name)
                self._named[name] = (*known, place) if known else (place,)
        self._short: dict[str, tuple[Place, ...]] = {}
        # Home and what it lies in: named in every other letter, and telling nothing.
        self._around = frozenset(self._chain(self.home) if self.home else ())
        if self.home:
            self._add_customary_forms()
        self._index = PhraseIndex((*self._named, *self._short), folded=True)

    def _inside(self, outer_id: str) -> frozenset[str]:
        """The ids of a place and of everything in it."""
        inside: dict[str, bool] = {outer_id: True}
        for place_id in self._by_id:
            chain: list[str] = []
            current: str | None = place_id
            while current is not None and current not in inside:
                inside[current] = False
                chain.append(current)
                current = self._by_id[current].parent_id
            if current is not None and inside[current]:
                inside.update(dict.fromkeys(chain, True))
        return frozenset(place_id for place_id, is_inside in inside.items() if is_inside)

    def _add_customary_forms(self) -> None:
        at_home = [place for place in self._by_id.values() if self.is_home(place)]
        taken = {normalise(name) for place in at_home for name in (place.name, *place.aliases)}
        for place in at_home:
            for form in map(normalise, other_forms(place.name, place.level)):
                if form not in taken:
                    self._named[form] = (*self._named.get(form, ()), place)
        assert self.home is not None
        above = [self._by_id[place_id] for place_id in self._chain(self.home)[1:]]
        for place in (*above, *at_home):
            short = short_form(place.name, place.level) if place.level in _SHORTENED else None
            if short and short not in taken:
                self._short[short] = (*self._short.get(short, ()), place)
        # A form that is some far place's full name (a town called 浦东) means the one at home.
        for short in self._short.keys() & self._named.keys():
            self._short[short] = (*self._short[short], *self._named.pop(short))

    def _chain(self, place_id: str) -> tuple[str, ...]:
        """The place's id, its parent's, and so on up."""
        chain: list[str] = []
        current: str | None = place_id
        while current is not None and current not in chain:
            chain.append(current)
            current = self._by_id[current].parent_id
        return tuple(chain)

    def is_home(self, place: Place) -> bool:
        """Whether a place lies in the area the installation serves; nothing does without ``home``."""
        return place.id in self._home_ids

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
        known: dict[str, tuple[Place, ...]] = {}
        for text in texts:
            for word in self._words(fold(text)):
                known[word] = self._named.get(word) or self._short[word]
        if not known:
            return NOWHERE
        meanings = self._narrowed(known)
        if not meanings:
            return NOWHERE
        best = self._best_supported(self._telling(list(meanings.values())))
        if self.home and len(best) > 1:
            best = tuple(place for place in best if self.is_home(place)) or best
        words = tuple(meanings)
        if len(best) == 1:
            return PlaceMatch(best[0], (), words, self._clue(best[0], known, meanings))
        return PlaceMatch(None, best, words)

    def locate(self, stated: str | None, text: str | Folded) -> PlaceMatch:
        """The stated place; the text may make it more precise or tell namesakes apart, not contradict it."""
        if not stated:
            return self.find(text)
        spoken = fold(stated)
        alone = self.find(spoken)
        if not alone.words:
            return self.find(text)
        together = self.find(spoken, text)
        if together.place is None:
            return alone
        outer = (alone.place,) if alone.place else alone.candidates
        if any(self.is_within(together.place, each.id) for each in outer):
            return PlaceMatch(together.place, (), alone.words, together.clue)
        return alone

    def _words(self, text: Folded) -> Iterator[str]:
        """The names in a text that are meant as places, in order."""
        if not self.home:
            yield from (match.phrase for match in self._index.find(text))
            return
        taken_to, ordinary = 0, ordinary_words()
        matches = self._index.find(text)
        for at, match in enumerate(matches):
            word, start, end = match.phrase, match.start, match.start + len(match.phrase)
            if start < taken_to:
                continue  # 海城市 in 上海城市
            is_short = word in self._short
            if is_short and (road := road_end(text.text, end)):
                taken_to = road
            elif word in ordinary and not reads_as_place(text.text, end, after_parent=0 < taken_to == start):
                continue
            elif not is_short or self._stands_apart(word, matches[at : at + 2], text.text):
                yield word
                taken_to = end

    def _stands_apart(self, short: str, pair: Sequence[Found], text: str) -> bool:
        """Whether a short form is neither a piece of a word (安亭 in 保安亭) nor crossed by a full name (月浦 in
        5月浦东新区)."""
        if self._short[short][0].id in self._around:
            return True
        start = pair[0].start
        end = start + len(short)
        if len(pair) > 1 and pair[1].start < end:
            crossing = self._named.get(pair[1].phrase, ())
            if any(self.is_home(place) for place in crossing):
                return False
        return begins_a_word(text, start, end)

    def _narrowed(self, known: dict[str, tuple[Place, ...]]) -> dict[str, tuple[Place, ...]]:
        """For each word the places it can mean beside the other words; words that mean none are left out."""
        if self.home:
            likely = {word: self._most_likely(word, known) for word in known}
            known = {word: places for word, places in likely.items() if places}
        if len(known) < 2 or all(len(places) == 1 for places in known.values()):
            return known
        settled = [places[0] for places in known.values() if len(places) == 1]
        return {
            word: self._nearest(places, settled) if settled and len(places) > 1 else places
            for word, places in known.items()
        }

    def _most_likely(self, word: str, known: dict[str, tuple[Place, ...]]) -> tuple[Place, ...]:
        """Those whose parent is named as well, else those at home, else those nobody could mistake."""
        places = known[word]
        if len(places) == 1 and places[0].id in self._home_ids:
            return places
        if len(known) > 1:
            others = {each.id for other, meant in known.items() if other != word for each in meant}
            supported = tuple(place for place in places if not others.isdisjoint(self._chain(place.id)[1:]))
            if supported:
                return supported
        at_home = tuple(place for place in places if place.id in self._home_ids)
        if at_home:
            return at_home
        return tuple(place for place in places if self._is_unmistakable(place))

    def _is_unmistakable(self, place: Place) -> bool:
        """Whether a bare name outside home is enough: 新镇 and 东区 are words, 昆山市 and 安徽省 are not.

        So are what home lies in and the neighbours beside it, which citizens name without more.
        """
        assert self.home is not None
        beside = self._by_id[self.home].parent_id
        if place.id in self._around or (beside is not None and place.parent_id == beside):
            return True
        return place.level in _LARGE and len(place.name) > _SHORTEST_FAR and not place.name.endswith("区")

    def _nearest(self, places: tuple[Place, ...], settled: Sequence[Place]) -> tuple[Place, ...]:
        """The one that lies deepest together with a place the text names without doubt, if there is one."""
        chains = [self._chain(place.id) for place in settled]
        depths = []
        for place in places:
            chain = self._chain(place.id)
            depths.append(max(sum(above in other for above in chain) for other in chains))
        nearest = tuple(place for place, depth in zip(places, depths, strict=True) if depth == max(depths))
        return nearest if len(nearest) == 1 else places

    def _telling(self, meanings: list[tuple[Place, ...]]) -> list[tuple[Place, ...]]:
        """The meanings without home itself and what lies around it, where something at home is named as well."""
        telling = [places for places in meanings if places[0].id not in self._around]
        return telling if any(places[0].id in self._home_ids for places in telling) else meanings

    def _clue(
        self, place: Place, known: dict[str, tuple[Place, ...]], meanings: dict[str, tuple[Place, ...]]
    ) -> PlaceClue:
        word = next(word for word, places in meanings.items() if place in places)
        if len(known[word]) == 1:
            return PlaceClue.ONLY_ONE
        above = self._chain(place.id)[1:]
        if any(each.id in above for other, places in meanings.items() if other != word for each in places):
            return PlaceClue.PARENT_NAMED
        at_home = sum(self.is_home(each) for each in known[word]) if self.home else 0
        return PlaceClue.HOME_AREA if at_home == 1 else PlaceClue.NEARBY_NAMED

    def _best_supported(self, meanings: list[tuple[Place, ...]]) -> tuple[Place, ...]:
        """The places inside the most of what was named; of those the deepest; several when words disagree."""
        if len(meanings) == 1:
            return meanings[0]
        chains = {place.id: self._chain(place.id) for meaning in meanings for place in meaning}
        support = {
            place_id: sum(any(each.id in chain for each in meaning) for meaning in meanings)
            for place_id, chain in chains.items()
        }
        most = max(support.values())
        inside_most = [place_id for place_id, count in support.items() if count == most]
        # Words that disagree (two villages) leave several leaves; what lies above a leaf says nothing more.
        covered = {above for place_id in inside_most for above in chains[place_id][1:]}
        leaves = [self._by_id[place_id] for place_id in inside_most if place_id not in covered]
        if most < len(meanings):
            leaves.extend(self._contradictions(meanings, leaves))
        return tuple(leaves)

    def _contradictions(self, meanings: list[tuple[Place, ...]], leaves: list[Place]) -> list[Place]:
        """What was named as well and lies neither above nor below any chosen place."""
        related = {above for leaf in leaves for above in self._chain(leaf.id)}
        others = [
            place for meaning in meanings if not any(p.id in related for p in meaning) for place in meaning
        ]
        covered = {above for place in others for above in self._chain(place.id)[1:]}
        return [place for place in dict.fromkeys(others) if place.id not in covered]

    def at_level(self, place: Place, level: str) -> Place | None:
        """The place itself or the one around it at ``level``; None when ``place`` is larger than that."""
        for place_id in self._chain(place.id):
            if self._by_id[place_id].level == level:
                return self._by_id[place_id]
        return None

    def township_of(self, place: Place) -> Place | None:
        """The township or street around a place; None for a county and above."""
        return self.at_level(place, PlaceLevel.TOWNSHIP)

    def is_within(self, place: Place, outer_id: str) -> bool:
        """Whether ``place`` is the outer place or lies inside it."""
        return outer_id in self._chain(place.id)

    def full_name(self, place: Place) -> str:
        """From the township down, as an address is said: 城关街道东门社区中山路. A larger place: its own name."""
        names = [self._by_id[place_id] for place_id in self._chain(place.id)]
        kept = [each.name for each in reversed(names) if each.level not in _LARGE]
        return "".join(kept) or place.name


def load_gazetteer(folder: Path | None = None, *, home: str | None = None) -> Gazetteer:
    """Read ``places.csv`` (the demo county's without a folder); raises InvalidTable naming every bad row.

    ``aliases`` are separated by ``|``.
    """
    path = (folder or DEMO_COUNTY) / "places.csv"
    rows = read_rows(path, columns=PLACE_COLUMNS)
    refuse_if_any(path.name, place_errors(rows))
    return Gazetteer(map(place_of, rows), home=home)
