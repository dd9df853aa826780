"""The place picker: type a few characters, or walk down from the county to the village."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from bot.wording import label
from routing.places.gazetteer import Gazetteer, Place, PlaceLevel
from routing.places.place_suggestions import PlaceSuggestions
from routing.triage.phrase_index import normalise

_MOST_FOUND = 8
_MOST_BELOW = 60
_ORDER = {level: at for at, level in enumerate(PlaceLevel)}


@dataclass(frozen=True, slots=True)
class Offered:
    """A place to pick: ``full_name`` is what goes into the form."""

    id: str
    name: str
    full_name: str
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picker:
    """``found`` fits what is typed; ``trail`` and ``below`` are where one stands on the way down."""

    found: tuple[Offered, ...]
    nearly: bool
    """Nothing is called so: what is offered is one slip of the pen away."""
    trail: tuple[Offered, ...]
    below: tuple[Offered, ...]
    unknown: bool
    """Something is typed and no place of the table is in it: kept as said."""


def picker(gazetteer: Gazetteer, *, typed: str, at: str = "") -> Picker:
    """``at`` is the id of the place picked last; one that the table does not have is none."""
    words = typed.strip()
    here = _known(gazetteer, at) or gazetteer.find(words).place if words or at else None
    if here is not None and not _served(gazetteer, here):
        here = None
    found = () if here is not None and words == gazetteer.full_name(here) else _named(gazetteer, words)
    nearly: tuple[Place, ...] = ()
    if words and not found and here is None:
        nearly = tuple(one.place for one in _suggestions(gazetteer).find(words))
    root = _known(gazetteer, gazetteer.home or "")
    here = here or root
    below = _children(gazetteer).get(here.id if here else None, ())
    return Picker(
        found=_offers(gazetteer, found or nearly),
        nearly=bool(nearly),
        trail=_offers(gazetteer, _trail(gazetteer, here)),
        below=_offers(gazetteer, below[:_MOST_BELOW]),
        unknown=bool(words) and not found and not nearly and here in (None, root),
    )


def full_name_of(gazetteer: Gazetteer, place_id: str) -> str:
    """What goes into the form for a picked place; empty for one the table does not have."""
    place = _known(gazetteer, place_id)
    return gazetteer.full_name(place) if place else ""


def _named(gazetteer: Gazetteer, words: str) -> tuple[Place, ...]:
    """Places whose name begins with, or holds, what is typed; the larger before the smaller."""
    asked = normalise(words)
    if not asked:
        return ()
    hits = []
    for names, place in _names(gazetteer):
        starts = any(name.startswith(asked) for name in names)
        if starts or any(asked in name for name in names):
            hits.append((not starts, _ORDER[place.level], place.id, place))
    return tuple(hit[3] for hit in sorted(hits, key=lambda hit: hit[:3])[:_MOST_FOUND])


def _trail(gazetteer: Gazetteer, place: Place | None) -> tuple[Place, ...]:
    """From home, or the largest, down to the place."""
    chain: list[Place] = []
    while place is not None and place not in chain:
        chain.append(place)
        if place.id == gazetteer.home:
            break
        place = _known(gazetteer, place.parent_id or "")
    return tuple(reversed(chain))


def _served(gazetteer: Gazetteer, place: Place) -> bool:
    return gazetteer.home is None or gazetteer.is_home(place)


def _known(gazetteer: Gazetteer, place_id: str) -> Place | None:
    try:
        return gazetteer.get(place_id)
    except KeyError:
        return None


def _offers(gazetteer: Gazetteer, places: tuple[Place, ...]) -> tuple[Offered, ...]:
    return tuple(
        Offered(place.id, place.name, gazetteer.full_name(place), label(place.level)) for place in places
    )


# A table is read once and asked with every key: a province has 45,000 places.


@lru_cache(maxsize=2)
def _names(gazetteer: Gazetteer) -> tuple[tuple[tuple[str, ...], Place], ...]:
    return tuple(
        (
            (normalise(place.name), *map(normalise, place.aliases), normalise(gazetteer.full_name(place))),
            place,
        )
        for place in gazetteer.all()
        if _served(gazetteer, place)
    )


@lru_cache(maxsize=2)
def _children(gazetteer: Gazetteer) -> dict[str | None, tuple[Place, ...]]:
    below: dict[str | None, list[Place]] = {}
    for place in gazetteer.all():
        below.setdefault(place.parent_id, []).append(place)
    return {
        parent: tuple(sorted(places, key=lambda place: _ORDER[place.level]))
        for parent, places in below.items()
    }


@lru_cache(maxsize=2)
def _suggestions(gazetteer: Gazetteer) -> PlaceSuggestions:
    return PlaceSuggestions(gazetteer)
