"""Where candidates say what a question says, and how much they say in all."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge_base.retrieval.commonness import Commonness
from knowledge_base.retrieval.corpus import Candidates, Statistics
from knowledge_base.retrieval.reading import PAIR_BITS, Codes, Ids, pair_buckets, triple_buckets
from knowledge_base.retrieval.similarity_asked import Asked, Floats

_Numbers = NDArray[np.int64]


class Layout:
    """Heads and bodies in turn, in one row of positions."""

    def __init__(self, starts: _Numbers) -> None:
        self.starts = starts
        self.lengths = np.diff(starts)
        self.parts = np.repeat(np.arange(len(self.lengths)), self.lengths)


@dataclass(frozen=True, slots=True)
class Found:
    """Positions at which candidates say what the question says: where, in which head or body, and which of the
    family's features."""

    at: _Numbers
    parts: _Numbers
    slots: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Told:
    """How much each candidate says in all, told in rarities: of its singles and of its pairs, the squared length of
    both, the same of what is unusual among messages, and how near it is to what everybody writes."""

    told: Floats
    square: Floats
    unusual: Floats
    usual: Floats


class _Slots(threading.local):
    """Which feature of the question a number is, -1 for none. Kept between questions, for filling it is dear."""

    def __init__(self) -> None:
        self.table = np.full(1 << PAIR_BITS, -1, np.int16)

    def of(self, keys: _Numbers, numbers: NDArray[np.integer]) -> NDArray[np.int16]:
        if len(keys) and keys[-1] >= len(self.table):
            self.table = np.full(2 * int(keys[-1]), -1, np.int16)
        self.table[keys] = np.arange(len(keys), dtype=np.int16)
        slots = self.table.take(numbers, mode="clip")
        self.table[keys] = -1
        return slots


_slots = _Slots()


def find(asked: Asked, text: Codes, layout: Layout) -> tuple[Found, Found, Found]:
    """The question's characters, its pairs only where those stand side by side, its triples only where pairs do."""
    slots = _slots.of(asked.keys[asked.of.singles], text)
    said = slots >= 0
    at = np.flatnonzero(said)
    singles = Found(at, layout.parts[at], slots[at])
    at = np.flatnonzero(said[:-1] & said[1:])
    wide = text[at].astype(np.uint32)
    pairs = _found(
        asked.keys[asked.of.pairs], at, pair_buckets((wide << np.uint32(16)) | text[at + 1]), layout
    )
    said[:] = False
    said[pairs.at] = True
    at = np.flatnonzero(said[:-1] & said[1:])
    # Each triple with a 0 behind it: a text that holds them and no others.
    threes = np.stack((text[at], text[at + 1], text[at + 2], np.zeros(len(at), np.uint16)), axis=1)
    buckets = triple_buckets(threes.ravel())[1]
    return singles, pairs, _found(asked.keys[asked.of.triples], at, buckets, layout)


def find_words(asked: Asked, words: Ids, layout: Layout) -> Found:
    """The question's words, those the library has."""
    return _found(asked.keys[asked.of.words][: asked.known], np.arange(len(words)), words, layout)


def _found(keys: _Numbers, at: _Numbers, numbers: NDArray[np.integer], layout: Layout) -> Found:
    slots = _slots.of(keys, numbers)
    hit = np.flatnonzero(slots >= 0)
    at = at[hit]
    return Found(at, layout.parts[at], slots[hit])


def tell(candidates: Candidates, statistics: Statistics, commonness: Commonness) -> Told:
    """Of characters and pairs. Triples are left out of the lengths: theirs go with those of the pairs, and cost as much
    again to read."""
    text, starts = candidates.codes, candidates.starts[:-1:2]
    wide = text.astype(np.uint32)
    buckets = pair_buckets((wide[:-1] << np.uint32(16)) | wide[1:])
    present = text != 0
    told = statistics.rarities(statistics.char_frequency.take(text))
    told *= present
    told_pairs = statistics.rarities(statistics.pair_frequency.take(buckets))
    told_pairs *= present[:-1]
    told_pairs *= present[1:]
    sums = [np.add.reduceat(told, starts), np.add.reduceat(told_pairs, starts)]
    square, square_pairs = told * told, told_pairs * told_pairs
    singles, single_share = commonness.read_singles(text)
    pairs, pair_share = commonness.read_pairs(buckets)
    told *= singles
    told_pairs *= pairs
    told[:-1] += told_pairs
    single_share *= square
    pair_share *= square_pairs
    single_share[:-1] += pair_share
    square[:-1] += square_pairs
    return Told(
        np.stack(sums, axis=1),
        np.add.reduceat(square, starts),
        np.add.reduceat(told, starts),
        np.add.reduceat(single_share, starts),
    )


def tell_words(candidates: Candidates, statistics: Statistics) -> Floats:
    """The squared length of each candidate's words."""
    told = np.zeros(len(candidates.words) + 1, np.float32)  # a candidate without words may come last
    told[:-1] = statistics.rarities(statistics.word_frequency.take(candidates.words))
    np.square(told, out=told)
    starts = candidates.word_starts
    squares: Floats = np.add.reduceat(told, starts[:-1:2])
    squares[starts[2::2] == starts[:-1:2]] = 0  # reduceat gives what stands there
    return squares
