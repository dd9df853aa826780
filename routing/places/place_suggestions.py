"""Names a citizen may have meant but wrote with one wrong character: offered to people, never taken as found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from routing.places.gazetteer import Gazetteer
from routing.places.place import Place, PlaceLevel
from routing.triage.phrase_index import normalise

_SHORTEST = 4
"""Of three characters one other makes another real name: 东门路, 东风路."""
_SMALL = frozenset(
    {PlaceLevel.VILLAGE, PlaceLevel.ROAD, PlaceLevel.ESTATE, PlaceLevel.SCHOOL, PlaceLevel.LANDMARK}
)
MOST = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A place whose name is one character away from what was written."""

    written: str
    place: Place


class PlaceSuggestions:
    """The names of an installation's own villages, roads, estates, schools and landmarks, one slip apart.

    Every name is kept under each form that lacks one of its characters: a wrong, a missing and an added character
    then all meet at one of these forms. Built once, asked by people at their leisure (a millisecond a message).
    """

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._names: dict[str, list[Place]] = {}
        self._lacking: dict[str, set[str]] = {}
        for place in gazetteer.all():
            if place.level in _SMALL and (gazetteer.home is None or gazetteer.is_home(place)):
                for name in map(normalise, (place.name, *place.aliases)):
                    if len(name) >= _SHORTEST:
                        self._names.setdefault(name, []).append(place)
        for name in self._names:
            for form in _lacking_one(name):
                self._lacking.setdefault(form, set()).add(name)
        self._lengths = sorted({len(name) + by for name in self._names for by in (-1, 0, 1)})

    def find(self, text: str) -> tuple[Suggestion, ...]:
        """The closest names for what is written, in the order of the text, at most ``MOST``.

        What the gazetteer itself finds in the text is not questioned.
        """
        folded = normalise(text)
        for word in self._gazetteer.find(folded).words:
            folded = folded.replace(word, "\n" * len(word))
        found: dict[str, Suggestion] = {}
        for written in self._windows(folded):
            for name in sorted(self._near(written)):
                for place in self._names[name]:
                    found.setdefault(place.id, Suggestion(written, place))
        return tuple(found.values())[:MOST]

    def _windows(self, text: str) -> Iterator[str]:
        for start in range(len(text)):
            for length in self._lengths:
                window = text[start : start + length]
                if len(window) == length and "\n" not in window:
                    yield window

    def _near(self, written: str) -> set[str]:
        """Names one slip away. The last character says what kind of place it is, so it must be right."""
        near = set(self._lacking.get(written, ()))
        for form in _lacking_one(written):
            near.update([form] if form in self._names else ())
            near.update(name for name in self._lacking.get(form, ()) if len(name) == len(written))
        return {name for name in near if name[-1] == written[-1] and _is_one_slip(name, written)}


def _lacking_one(name: str) -> Iterable[str]:
    return {name[:at] + name[at + 1 :] for at in range(len(name))}


def _is_one_slip(name: str, written: str) -> bool:
    """Exactly one character wrong, missing, added, or two neighbours exchanged."""
    if len(name) == len(written):
        wrong = [at for at, (ours, theirs) in enumerate(zip(name, written, strict=True)) if ours != theirs]
        if len(wrong) == 1:
            return True
        return len(wrong) == 2 and wrong[1] == wrong[0] + 1 and name[wrong[0]] == written[wrong[1]]
    # Cut at the edge a window lacks the first character and is a part of the name: that is no slip.
    longer, shorter = sorted((name, written), key=len, reverse=True)
    return longer[1:] != shorter and longer[:-1] != shorter
