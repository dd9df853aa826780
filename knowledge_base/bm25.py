"""BM25 over rows of features, as an inverted index in numpy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

SATURATION = 1.2  # k1: how soon a repeated feature stops counting
LENGTH_SHARE = 0.95  # b: how much a long row is held against it


class Bm25:
    """Rows are added and removed at any time; the postings are compiled by the first search after a change."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._rows: dict[int, tuple[NDArray[np.int32], NDArray[np.float32], float]] = {}
        self._next_row = 0
        self._stale = True
        self._starts: NDArray[np.int64] = np.zeros(1, dtype=np.int64)
        self._docs: NDArray[np.int32] = np.zeros(0, dtype=np.int32)
        self._weights: NDArray[np.float32] = np.zeros(0, dtype=np.float32)
        self._idf: NDArray[np.float64] = np.zeros(0)
        self._row_numbers: NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, features: Counter[str], *, length: int) -> int:
        """Add a row; its number is never used again. ``length`` is what the row is normalised by, in characters."""
        ids = self._ids
        numbers = np.fromiter((ids.setdefault(f, len(ids)) for f in features), np.int32, len(features))
        counts = np.fromiter(features.values(), np.float32, len(features))
        row = self._next_row
        self._rows[row] = (numbers, counts, float(max(length, 1)))
        self._next_row += 1
        self._stale = True
        return row

    def remove(self, rows: Iterable[int]) -> None:
        for row in rows:
            del self._rows[row]
        self._stale = True

    def idf(self, feature: str) -> float:
        """How much a feature tells here; one never seen tells most."""
        self._compile()
        number = self._ids.get(feature)
        if number is None or number >= len(self._idf):
            return float(np.log1p((len(self._rows) + 0.5) / 0.5))
        return float(self._idf[number])

    def rows(self) -> NDArray[np.int64]:
        """The row numbers, in the order of the scores that ``scores`` returns."""
        self._compile()
        return self._row_numbers

    def scores(self, query: Mapping[str, float], *, sharpness: float) -> NDArray[np.float64]:
        """One score a row. ``query`` is the weight of each feature; ``sharpness`` the power of its idf."""
        self._compile()
        count = len(self._row_numbers)
        docs: list[NDArray[np.int32]] = []
        parts: list[NDArray[np.float64]] = []
        known = len(self._starts) - 1
        for feature, weight in query.items():
            number = self._ids.get(feature)
            if number is None or number >= known:
                continue
            start, end = self._starts[number], self._starts[number + 1]
            if start == end:
                continue
            docs.append(self._docs[start:end])
            parts.append(self._weights[start:end] * (weight * self._idf[number] ** sharpness))
        if not docs:
            return np.zeros(count)
        summed = np.bincount(np.concatenate(docs), weights=np.concatenate(parts), minlength=count)
        return summed.astype(np.float64, copy=False)

    def _compile(self) -> None:
        if not self._stale:
            return
        self._stale = False
        self._row_numbers = np.fromiter(self._rows, np.int64, len(self._rows))
        if not self._rows:
            self._starts, self._idf = np.zeros(1, dtype=np.int64), np.zeros(0)
            return
        sizes = np.fromiter((len(ids) for ids, _, _ in self._rows.values()), np.int64, len(self._rows))
        lengths = np.fromiter((length for _, _, length in self._rows.values()), np.float64, len(self._rows))
        features = np.concatenate([ids for ids, _, _ in self._rows.values()])
        counts = np.concatenate([counts for _, counts, _ in self._rows.values()])
        penalty = SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * lengths / lengths.mean())
        weights = counts * (SATURATION + 1) / (counts + np.repeat(penalty, sizes))
        order = np.argsort(features, kind="stable")
        self._docs = np.repeat(np.arange(len(self._rows), dtype=np.int32), sizes)[order]
        self._weights = weights[order].astype(np.float32)
        frequency = np.bincount(features, minlength=len(self._ids))
        self._starts = np.concatenate(([0], np.cumsum(frequency)))
        self._idf = np.log1p((len(self._rows) - frequency + 0.5) / (frequency + 0.5))
