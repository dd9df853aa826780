"""How usual a character, a pair of characters or a word is in what citizens write: a table counted on public messages.

A library tells how rare a word is in its articles. “尊敬的领导” is rare there and yet says nothing, for every letter
has it; and an article that speaks of what everybody writes about is near to every letter.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge_base.retrieval.features import DATA
from knowledge_base.retrieval.reading import PAIR_BITS, Codes, codes, pair_buckets, pair_keys

COMMONNESS_FILE = DATA / "ranking" / "commonness.npz"
TABLE_BITS = 17
_STEP = 0.06  # of a table's byte, in natural logarithms: 255 steps reach one in four million

Floats = NDArray[np.float32]
_Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Commonness:
    """Tables of bytes: the negative logarithm of the share of messages that say a thing, in steps. Pairs and words
    share places by their hashes."""

    singles: _Bytes
    pairs: _Bytes
    words: _Bytes

    def of_singles(self, keys: NDArray[np.integer]) -> Floats:
        """How much these characters tell among messages."""
        told: Floats = self.singles[keys] * np.float32(_STEP)
        return told

    def of_pairs(self, keys: NDArray[np.integer]) -> Floats:
        """How much the pairs of these buckets tell among messages."""
        told: Floats = self.pairs[keys >> (PAIR_BITS - TABLE_BITS)] * np.float32(_STEP)
        return told

    def of_words(self, words: Sequence[str]) -> Floats:
        """How much these words tell among messages."""
        told: Floats = self.words[[_word_place(word) for word in words]] * np.float32(_STEP)
        return told

    def read_singles(self, text: Codes) -> tuple[Floats, Floats]:
        """Of each character of a text, how much it tells among messages, and the share of messages with it."""
        steps = self.singles[text]
        return _told().take(steps), _shares().take(steps)

    def read_pairs(self, buckets: NDArray[np.uint32]) -> tuple[Floats, Floats]:
        """The same of pairs, by their buckets."""
        steps = self.pairs[buckets >> np.uint32(PAIR_BITS - TABLE_BITS)]
        return _told().take(steps), _shares().take(steps)

    def save(self, path: Path) -> None:
        np.savez_compressed(path, singles=self.singles, pairs=self.pairs, words=self.words)


def count_commonness(messages: Iterable[tuple[str, Iterable[str]]]) -> Commonness:
    """Count normalised messages, each with its words marked as an index marks them (“/社保”)."""
    singles, pairs, words = (np.zeros(size) for size in (1 << 16, 1 << TABLE_BITS, 1 << TABLE_BITS))
    total = 0
    for text, said in messages:
        total += 1
        found = codes(text)
        singles[np.unique(found[found != 0])] += 1
        keys = pair_keys(found)
        pairs[np.unique(pair_buckets(keys[keys != 0]) >> np.uint32(PAIR_BITS - TABLE_BITS))] += 1
        words[list({_word_place(word) for word in said})] += 1
    return Commonness(*(_steps(one, total) for one in (singles, pairs, words)))


@lru_cache(maxsize=1)
def shipped_commonness() -> Commonness:
    """The table in ``data/ranking``; its provenance stands beside it."""
    with np.load(COMMONNESS_FILE) as tables:
        return Commonness(tables["singles"], tables["pairs"], tables["words"])


def _steps(counts: NDArray[np.float64], total: int) -> _Bytes:
    steps = -np.log((counts + 0.5) / (total + 1)) / _STEP
    return np.clip(np.rint(steps), 1, 255).astype(np.uint8)


@lru_cache(maxsize=1)
def _told() -> Floats:
    told: Floats = (_STEP * np.arange(256)).astype(np.float32)
    return told


@lru_cache(maxsize=1)
def _shares() -> Floats:
    shares: Floats = np.exp(-_STEP * np.arange(256)).astype(np.float32)
    return shares


@lru_cache(maxsize=16_384)
def _word_place(word: str) -> int:
    return zlib.crc32(word.encode()) & ((1 << TABLE_BITS) - 1)
