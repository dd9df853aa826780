"""Where an asker is: the places whose rules hold for them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from bot.wechat.accounts import Account
from knowledge_base.article import NATIONWIDE, regions_of
from routing.places.gazetteer import Gazetteer, PlaceLevel

_GOVERNED = frozenset(
    {PlaceLevel.PROVINCE, PlaceLevel.CITY, PlaceLevel.COUNTY, PlaceLevel.TOWNSHIP, PlaceLevel.VILLAGE}
)
"""Levels whose places have rules of their own; a road has none."""


@lru_cache(maxsize=32)  # asked with every question, and a city's table has ten thousand places
def regions_at(path: str, gazetteer: Gazetteer) -> frozenset[str]:
    """The regions of a path (云川市/清和县), or of one place's name with every place above it.

    A name that several places share, or that the table does not know, stands for itself.
    """
    if "/" in path:
        return regions_of(path)
    named = [place for place in gazetteer.all() if place.name == path.strip()]
    return regions_of(_path(named[0].id, gazetteer) if len(named) == 1 else path)


@lru_cache(maxsize=4)
def home_regions(path: str, gazetteer: Gazetteer) -> frozenset[str] | None:
    """The installation's own place: as configured, else the home of its table of places with all above it. None where
    neither says: then no entry is kept back for its region."""
    if path.strip():
        return regions_at(path, gazetteer)
    return regions_of(_path(gazetteer.home, gazetteer)) if gazetteer.home else None


@lru_cache(maxsize=2)
def region_paths(gazetteer: Gazetteer, *own: str) -> Mapping[str, tuple[str, ...]]:
    """Every way an entry may write its region: each place's path, and its name → the paths that can mean.

    ``own`` are paths the installation's settings name: what they call a place is that place, whatever the table says.
    """
    meant: dict[str, tuple[str, ...]] = {}
    for place in gazetteer.all():
        if place.level not in _GOVERNED:
            continue
        path = _path(place.id, gazetteer)
        for written in {place.name, path}:
            if path not in meant.get(written, ()):
                meant[written] = (*meant.get(written, ()), path)
    for path in own:
        names = [name.strip() for name in path.split("/") if name.strip()]
        if len(names) == 1 and names[0] in meant:
            continue
        for depth, name in enumerate(names, start=1):
            above = "/".join(names[:depth])
            meant[name] = meant[above] = (above,)
    return {**meant, NATIONWIDE: (NATIONWIDE,)}


def own_paths(region: str, accounts: Mapping[str, Account]) -> tuple[str, ...]:
    """The paths the settings and the accounts name, which need not be in the table of places."""
    named = (region, *(account.region for account in accounts.values()))
    return tuple(dict.fromkeys(path for path in named if path))


def why_no_region(region: str, meant: tuple[str, ...]) -> str:
    """What is wrong with a region that is none, or several, in words to put it right by."""
    if not meant:
        return f"地名表里没有“{region}”。请照地名表写，例如“清和县”；重名的写全，例如“云川市/清和县”；全国都适用的写“全国”"
    return f"叫“{region}”的地方有{len(meant)}个，请写全是哪一个：{'，'.join(meant[:4])}"


def _path(place_id: str, gazetteer: Gazetteer) -> str:
    names: list[str] = []
    current: str | None = place_id
    while current is not None:
        place = gazetteer.get(current)
        names.append(place.name)
        current = place.parent_id
    return "/".join(reversed(names))
