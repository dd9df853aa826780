"""Where an asker is: the places whose rules hold for them."""

from __future__ import annotations

from knowledge_base.article import regions_of
from routing.places import Gazetteer


def regions_at(path: str, gazetteer: Gazetteer) -> frozenset[str]:
    """The regions of a path (云川市/清和县), or of one place's name with every place above it.

    A name that several places share, or that the table does not know, stands for itself.
    """
    if "/" in path:
        return regions_of(path)
    named = [place for place in gazetteer.all() if place.name == path.strip()]
    return regions_of(_path(named[0].id, gazetteer) if len(named) == 1 else path)


def home_regions(path: str, gazetteer: Gazetteer) -> frozenset[str] | None:
    """The installation's own place: as configured, else the home of its table of places with all above it. None where
    neither says: then no entry is kept back for its region."""
    if path.strip():
        return regions_at(path, gazetteer)
    return regions_of(_path(gazetteer.home, gazetteer)) if gazetteer.home else None


def _path(place_id: str, gazetteer: Gazetteer) -> str:
    names: list[str] = []
    current: str | None = place_id
    while current is not None:
        place = gazetteer.get(current)
        names.append(place.name)
        current = place.parent_id
    return "/".join(reversed(names))
