"""Messages → sparse counts of their n-grams, for training: the keys that serving looks up, a column each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from classifier.features import Block, Keys, are_grams, grams_of, read

_MERGE_AFTER = 2_000_000


@dataclass(frozen=True, slots=True)
class CountedTexts:
    """Per ``Block``: counts (a row per text, a column per n-gram) and the key of each column, ascending."""

    blocks: tuple[sparse.csr_matrix, ...]
    keys: tuple[Keys, ...]


class _Counter:
    """The counts of one block, text by text."""

    __slots__ = ("_ends", "_found", "_known", "_new", "_times", "_waiting")

    def __init__(self) -> None:
        self._found: list[Keys] = []
        self._times: list[npt.NDArray[np.int64]] = []
        self._ends = [0]
        self._known: Keys = np.empty(0, dtype=np.uint64)
        self._new: list[Keys] = []
        self._waiting = 0

    def add(self, keys: Keys) -> None:
        found, times = np.unique(keys, return_counts=True)
        self._found.append(found)
        self._times.append(times)
        self._ends.append(self._ends[-1] + len(found))
        self._new.append(found)
        self._waiting += len(found)
        if self._waiting > _MERGE_AFTER:
            self._merge()

    def _merge(self) -> None:
        self._known = np.unique(np.concatenate([self._known, *self._new]))
        self._new, self._waiting = [], 0

    def finished(self) -> tuple[sparse.csr_matrix, Keys]:
        self._merge()
        columns = [np.searchsorted(self._known, found).astype(np.int32) for found in self._found]
        counts = sparse.csr_matrix(
            (
                np.concatenate([*self._times, np.empty(0, dtype=np.int64)]).astype(np.float64),
                np.concatenate([*columns, np.empty(0, dtype=np.int32)]),
                np.array(self._ends, dtype=np.int64),
            ),
            shape=(len(self._found), len(self._known)),
        )
        return counts, self._known


def count_texts(texts: Sequence[str], *, progress: Callable[[int], None] = lambda done: None) -> CountedTexts:
    """Count every n-gram of every text."""
    counters = [_Counter() for _ in Block]
    for done, text in enumerate(texts, start=1):
        reading = read(text)
        grams = grams_of(reading)
        whole, start = are_grams(reading), 0
        for counter, end in zip(counters, grams.ends, strict=True):
            counter.add(grams.keys[start:end][whole[start:end]])
            start = end
        progress(done)
    blocks, keys = zip(*(counter.finished() for counter in counters), strict=True)
    return CountedTexts(blocks=blocks, keys=keys)
