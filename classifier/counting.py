"""Messages → sparse counts of their n-grams, for training."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from classifier.features import Block, grams_of, normalise


@dataclass(frozen=True, slots=True)
class CountedTexts:
    """Per ``Block``: counts (a row per text, a column per n-gram) and the n-gram of each column."""

    blocks: tuple[sparse.csr_matrix, ...]
    vocabulary: tuple[tuple[str, ...], ...]


def count_texts(texts: Sequence[str], *, progress: Callable[[int], None] = lambda done: None) -> CountedTexts:
    """Count every n-gram of every text. Memory grows with the distinct n-grams: about 0.3 GB for 7,000 letters."""
    known: list[dict[str, int]] = [{} for _ in Block]
    columns = [array("i") for _ in Block]
    ends = [array("q", [0]) for _ in Block]
    for done, text in enumerate(texts, start=1):
        for vocabulary, column, end, found in zip(
            known, columns, ends, grams_of(normalise(text)), strict=True
        ):
            column.extend([vocabulary.setdefault(gram, len(vocabulary)) for gram in found])
            end.append(len(column))
        progress(done)
    return CountedTexts(
        blocks=tuple(
            _counts(column, end, width=len(vocabulary))
            for vocabulary, column, end in zip(known, columns, ends, strict=True)
        ),
        vocabulary=tuple(tuple(vocabulary) for vocabulary in known),
    )


def _counts(column: array[int], end: array[int], *, width: int) -> sparse.csr_matrix:
    counts = sparse.csr_matrix(
        (np.ones(len(column)), np.frombuffer(column, dtype=np.int32), np.frombuffer(end, dtype=np.int64)),
        shape=(len(end) - 1, width),
    )
    counts.sum_duplicates()
    return counts
