"""Tables of a PDF page, found by the lines drawn around their cells and read cell by cell."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

from knowledge_base.importing.lines import clean

_THIN = 3.0
_NEAR = 3.5
_MOST_RULES = 3000
_MOST_CELLS = 4000


@dataclass(frozen=True, slots=True)
class PdfTable:
    """A ruled region of a page and its rows, 「a | b | c」."""

    left: float
    bottom: float
    right: float
    top: float
    rows: tuple[str, ...]

    def holds(self, x: float, y: float) -> bool:
        """Whether a line that begins there belongs to the table."""
        return self.left - _NEAR <= x <= self.right + _NEAR and self.bottom <= y <= self.top


@dataclass(frozen=True, slots=True)
class _Rule:
    at: float
    low: float
    high: float


def tables_of(page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage) -> tuple[PdfTable, ...]:
    """Every grid with at least two rows and two columns; underlines and frames around a page are none."""
    across, down = _rules(page)
    if len(across) < 3 or len(down) < 3:
        return ()
    found = []
    for ys, left, right in _grids(across):
        xs = _merged(
            [rule.at for rule in down if left - _NEAR <= rule.at <= right + _NEAR and _crosses(rule, ys)]
        )
        if len(xs) < 3 or len(ys) < 3 or len(xs) * len(ys) > _MOST_CELLS:
            continue
        rows = _cells(text_page, xs, ys, down)
        if rows:
            found.append(PdfTable(xs[0], ys[-1], xs[-1], ys[0], tuple(rows)))
    return tuple(found)


def _rules(page: pypdfium2.PdfPage) -> tuple[list[_Rule], list[_Rule]]:
    across: list[_Rule] = []
    down: list[_Rule] = []
    for at, each in enumerate(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=4)):
        if at > _MOST_RULES:
            return [], []
        left, bottom, right, top = each.get_bounds() if hasattr(each, "get_bounds") else each.get_pos()
        width, height = right - left, top - bottom
        if height <= _THIN < width and width > 8:
            across.append(_Rule((top + bottom) / 2, left, right))
        elif width <= _THIN < height and height > 8:
            down.append(_Rule((left + right) / 2, bottom, top))
        elif width > 8 and height > 8 and width < 580:
            across.extend((_Rule(top, left, right), _Rule(bottom, left, right)))
            down.extend((_Rule(left, bottom, top), _Rule(right, bottom, top)))
    return across, down


def _grids(across: Sequence[_Rule]) -> list[tuple[list[float], float, float]]:
    """Horizontal rules that overlap and follow one another closely, from top to bottom."""
    grids: list[tuple[list[float], float, float]] = []
    for rule in sorted(across, key=lambda each: -each.at):
        if grids:
            ys, left, right = grids[-1]
            if ys[-1] - rule.at < 160 and rule.low < right + _NEAR and rule.high > left - _NEAR:
                grids[-1] = ([*ys, rule.at], min(left, rule.low), max(right, rule.high))
                continue
        grids.append(([rule.at], rule.low, rule.high))
    return [(_merged(ys)[::-1], left, right) for ys, left, right in grids]


def _crosses(rule: _Rule, ys: Sequence[float]) -> bool:
    return rule.low < ys[0] and rule.high > ys[-1]


def _merged(values: Sequence[float]) -> list[float]:
    merged: list[float] = []
    for value in sorted(values):
        if not merged or value - merged[-1] > _NEAR:
            merged.append(value)
    return merged


def _cells(
    text_page: pypdfium2.PdfTextPage, xs: Sequence[float], ys: Sequence[float], down: Sequence[_Rule]
) -> list[str]:
    rows = []
    for top, bottom in itertools.pairwise(ys):
        middle = (top + bottom) / 2
        edges = [xs[0]] + [
            x
            for x in xs[1:-1]
            if any(abs(rule.at - x) <= _NEAR and rule.low <= middle <= rule.high for rule in down)
        ]
        edges.append(xs[-1])
        cells = [
            clean(
                text_page.get_text_bounded(left + 0.5, bottom, right - 0.5, top)
                .replace("\r\n", "")
                .replace("\n", "")
            )
            for left, right in itertools.pairwise(edges)
        ]
        if any(cells):
            rows.append(" | ".join(cells))
    return rows
