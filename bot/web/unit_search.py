"""The units somebody may mean who types a part of a name, or a name as people say it: 城管局, 园林, 供热."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from routing.departments import Unit, UnitLevel

_LEVELS = dict(zip(UnitLevel, count(), strict=False))
_MOST = 5


def units_like(typed: str, units: Iterable[Unit]) -> tuple[Unit, ...]:
    """The likeliest first, five at most: the words as they stand in a name, else all their characters in that order."""
    typed = typed.strip()
    if not typed:
        return ()
    ranked = [
        (rank, _LEVELS[unit.level], len(unit.name), unit) for unit in units if (rank := _rank(typed, unit))
    ]
    return tuple(unit for *_, unit in sorted(ranked, key=lambda found: found[:3])[:_MOST])


def _rank(typed: str, unit: Unit) -> int:
    """1 for the nearest, 0 for none."""
    if typed in (unit.name, unit.short_name, unit.id):
        return 1
    if typed in unit.short_name:
        return 2
    if typed in unit.name or any(typed in former.name for former in unit.former_names):
        return 3
    if len(typed) > 1 and any(_in_order(typed, name) for name in (unit.short_name, unit.name)):
        return 4
    return 0


def _in_order(typed: str, name: str) -> bool:
    left = iter(name)
    return all(letter in left for letter in typed)
