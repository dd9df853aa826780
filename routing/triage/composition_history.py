"""What a message shares with past texts: their n-grams, which past texts hold them, what they say of kind and place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.features import Keys, Reading, grams_of
from classifier.key_table import KeyTable

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Columns = npt.NDArray[np.int32]


class Vocabulary:
    """The n-grams of all past texts, words and characters, each with its inverse document frequency."""

    __slots__ = ("_table", "idf", "is_word", "keys")

    def __init__(self, keys: Keys, idf: Floats, is_word: npt.NDArray[np.bool_]) -> None:
        self.keys = keys
        self.idf = idf.astype(np.float64)
        self.is_word = is_word
        self._table = KeyTable(keys)

    def weigh(self, reading: Reading) -> tuple[Columns, Floats]:
        """``(columns, values)``: the known n-grams of a message, once each and ascending, and their TF-IDF values;
        words and characters are each of length 1. What no past text holds is not counted."""
        grams = grams_of(reading)
        after_titles = np.concatenate(
            (grams.keys[grams.ends[0] : grams.ends[1]], grams.keys[grams.ends[2] :])
        )
        _, met = self._table.find(after_titles)
        met.sort()
        first = np.flatnonzero(np.append(True, met[1:] != met[:-1])) if len(met) else np.empty(0, np.int64)
        columns = met[first]
        times = np.diff(np.append(first, len(met)))
        values = (1 + np.log(times)) * self.idf[columns]
        squares, words = values * values, self.is_word[columns]
        of_words = float(squares[words].sum())
        lengths = np.sqrt(np.array([max(float(squares.sum()) - of_words, 1e-24), max(of_words, 1e-24)]))
        return columns, values / lengths[words.view(np.int8)]


@dataclass(frozen=True, slots=True)
class Head:
    """A linear model over the first columns of the vocabulary. Least squares on 0 and 1: a score is a rough
    probability already, and as such it served better than a softmax of the scores."""

    labels: tuple[str, ...]
    weights: npt.NDArray[np.float32]

    def shares(self, columns: Columns, values: Floats) -> Floats:
        """One row, a column per label."""
        known = int(np.searchsorted(columns, len(self.weights)))
        return shares_of(values[None, :known] @ self.weights.take(columns[:known], axis=0))


def shares_of(scores: Floats) -> Floats:
    """Scores → shares that sum to 1, row by row; nothing is impossible."""
    raised = np.maximum(scores, LEAST_SHARE)
    shares: Floats = raised / raised.sum(axis=1, keepdims=True)
    return shares


LEAST_SHARE = 0.002


class Postings:
    """For each n-gram that occurs in them, the rows (past texts, or names) it occurs in and its value there."""

    __slots__ = ("columns", "rows", "size", "starts", "values")

    def __init__(
        self,
        columns: Columns,
        starts: npt.NDArray[np.int32],
        rows: npt.NDArray[np.int32],
        values: npt.NDArray[np.float32],
        size: int,
    ) -> None:
        self.columns, self.starts, self.rows, self.values, self.size = columns, starts, rows, values, size

    def products(self, columns: Columns, values: Floats) -> Floats:
        """The dot product of a message with every row."""
        at = np.searchsorted(self.columns, columns)
        at[at == len(self.columns)] = 0
        met = np.flatnonzero(self.columns[at] == columns) if len(self.columns) else np.empty(0, np.int64)
        at = at[met]
        starts = self.starts[at].astype(np.int64)
        lengths = self.starts[at + 1] - starts
        ends = np.cumsum(lengths)
        if not len(ends):
            return np.zeros(self.size)
        entries = np.arange(ends[-1]) + np.repeat(starts - (ends - lengths), lengths)
        weights = self.values[entries] * np.repeat(values[met], lengths)
        return np.bincount(self.rows[entries], weights=weights, minlength=self.size).astype(np.float64)
