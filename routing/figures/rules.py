"""The numbers inside the figures' definitions, as data with a version that every frozen month carries."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SHIPPED = Path(__file__).parent.parent / "data" / "figures.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRules:
    """``tenths`` is what each number of stars adds to 满意率(加权), in tenths of a ticket."""

    version: str
    satisfied_from: int
    tenths: dict[int, int]
    early_by_days: int
    """Closed this many calendar days before the promised day is early (提前办结)."""


@cache
def figure_rules() -> FigureRules:
    """The shipped definitions; raises ``ValueError`` when the file says what cannot be."""
    data = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    rules = FigureRules(
        version=data["version"],
        satisfied_from=data["satisfied_from"],
        tenths={int(stars): round(weight * 10) for stars, weight in data["weights"].items()},
        early_by_days=data["early_by_days"],
    )
    if set(rules.tenths) != {1, 2, 3, 4, 5} or not all(0 <= t <= 10 for t in rules.tenths.values()):
        raise ValueError("figures.toml: weights must give 1 to 5 stars a weight from 0 to 1")
    return rules
