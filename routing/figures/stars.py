"""Star classes in the manner of 民心网: how many rated tickets reached 5, 10 or 15 stars, and that the classes add up.

A county printed 199 rated tickets in classes of 147, 4, 5 and 33, which are 189. Counts that do not add up cannot be
made here: whoever states such, an import or a report, is refused with the difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from routing.departments import UnitId
from routing.figures.types import FigureRow, Period
from routing.figures.visits import counted_stars

BELOW = "以下"


class DoesNotAddUp(ValueError):
    """Classes whose sum is not the total printed beside them."""

    def __init__(self, rated: int, total: int) -> None:
        super().__init__(f"评星{rated}件，各档之和{total}件，相差{abs(rated - total)}件")
        self.rated, self.total = rated, total


@dataclass(frozen=True, slots=True)
class StarClass:
    """Tickets whose ratings make at least so many stars together, and fewer than the class above."""

    title: str
    stars: int


@dataclass(frozen=True, slots=True)
class StarCounts:
    """``classes`` from the highest to what is below them all; raises ``DoesNotAddUp``."""

    rated: int
    classes: Mapping[str, int]

    def __post_init__(self) -> None:
        total = sum(self.classes.values())
        if total != self.rated:
            raise DoesNotAddUp(self.rated, total)


def count_stars(
    rows: Iterable[FigureRow],
    period: Period,
    classes: tuple[StarClass, ...],
    *,
    units: frozenset[UnitId | None] | None = None,
) -> StarCounts:
    """Rated tickets by class: the stars of a ticket's ratings in the period, 申诉剔除 left out, of ``units`` only."""
    found: Counter[str] = Counter()
    ordered = sorted(classes, key=lambda each: -each.stars)
    below = f"{ordered[-1].title}{BELOW}"
    rated = 0
    for row in rows:
        given = [
            stars
            for at, stars, unit_id in counted_stars(row)
            if period.holds(at) and (units is None or unit_id in units)
        ]
        if given:
            rated += 1
            found[next((c.title for c in ordered if sum(given) >= c.stars), below)] += 1
    return StarCounts(rated, {title: found[title] for title in (*(c.title for c in ordered), below)})
