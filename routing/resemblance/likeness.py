"""How alike two requests are: what both say, weighed by how rare it is; and how likely they are one matter."""

from __future__ import annotations

import zlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.segment import dictionary_words
from routing.triage.phrase_index import normalise

BITS = 20
KEYS = 1 << (BITS + 1)
"""How many keys there are: a hash of ``BITS`` bits, then 1 for a word and 0 for a pair of characters."""

_READ_CHARACTERS = 1000
_TITLE_COUNTS = 1.5
_UNIT = 16
"""Weights are kept in sixteenths: eight bits hold the heaviest a text of this length can have."""
_MIX, _SHIFT, _NEXT = np.uint64(0x9E3779B97F4A7C15), np.uint64(64 - BITS), np.uint64(21)
_SHORTEST = 1e-6

_PRIOR = Path(__file__).parent.parent / "data" / "commonness.npz"
_PRIOR_REQUESTS = 500.0
"""How many requests the shares that ship are worth: a new installation has none of its own to tell by."""

# Fitted to 467 pairs of public messages judged by hand (docs/duplicates.md): sqrt of the likeness, whether the places
# are known and different, ln(1 + days apart), and the constant.
_BY_LIKENESS, _APART, _BY_DAYS, _CONSTANT = 15.29, -6.78, -0.60, -6.47
_SAME_CALLER = 1.0
"""Not fitted, for public messages have no callers: somebody who writes twice within days usually means one matter."""

Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


_NONE: Ints = np.broadcast_to(np.zeros(1, np.int32), KEYS)
"""0 for every key, in the memory of one."""


class Sketch(NamedTuple):
    """What a text says: keys in ascending order, each once, and how much it makes of each."""

    keys: Ints
    weights: Bytes


def sketch(text: str) -> Sketch:
    """The words and the pairs of neighbouring characters of a text; its first line counts for more."""
    title, _, body = text[:_READ_CHARACTERS].partition("\n")
    title, body = normalise(title), normalise(body)
    if not body:
        # All of it is the title, or none: it comes to the same.
        title, body = "", title
    pairs, pairs_in_title = _both(_pairs(title), _pairs(body))
    words, words_in_title = _both(_words(title), _words(body))
    keys = np.concatenate((pairs << 1, (words << 1) | 1)).astype(np.int32)
    in_title = np.concatenate((pairs_in_title, words_in_title))
    found, where, counts = np.unique(keys, return_inverse=True, return_counts=True)
    stressed = np.bincount(where, weights=in_title, minlength=found.size) > 0
    weights = (1 + np.log(counts)) * np.where(stressed, _TITLE_COUNTS, 1.0)
    return Sketch(found, np.minimum(np.rint(weights * _UNIT), 255).astype(np.uint8))


class Commonness:
    """In how many requests each key stands, and so how much it tells."""

    __slots__ = ("_counts", "_prior", "total")

    def __init__(self, *, with_prior: bool = True) -> None:
        self._counts = _NONE
        self._prior = shipped_shares() if with_prior else None
        self.total = 0

    def count(self, keys: Ints, by: int = 1) -> None:
        """Take a request in, or with ``by=-1`` out again."""
        if self._counts is _NONE:  # a process that never compares does without the table
            self._counts = np.zeros(KEYS, np.int32)
        self._counts[keys] += by
        self.total += by

    def having(self, keys: Ints) -> Ints:
        """How many of the requests taken in have each of these keys."""
        return self._counts[keys]

    def rarity(self, keys: Ints) -> Floats:
        """The inverse document frequency of keys, never below 0."""
        having, total = self._counts[keys].astype(np.float32), float(self.total)
        if self._prior is not None:
            having = having + _PRIOR_REQUESTS * self._prior[keys].astype(np.float32)
            total += _PRIOR_REQUESTS
        rarity: Floats = np.log((total + 1) / (having + 0.5)).astype(np.float32)
        return np.maximum(rarity, 0)


@cache
def shipped_shares() -> npt.NDArray[np.float16] | None:
    """In which share of public messages each key stands; None where the file was left out."""
    if not _PRIOR.exists():
        return None
    shares = np.zeros(KEYS, np.float16)
    with np.load(_PRIOR) as stored:
        shares[stored["keys"]] = stored["shares"]
    return shares


def likeness(one: Sketch, others: Sketch, owners: Ints, count: int, commonness: Commonness) -> Floats:
    """The mean cosine over words and over pairs of ``one`` and each of ``count`` others, whose sketches lie one after
    another in ``others``; ``owners`` says whose each key is."""
    asked = _weighed(one, commonness)
    there = _weighed(others, commonness)
    at = np.minimum(np.searchsorted(one.keys, others.keys), max(one.keys.size - 1, 0))
    shared = one.keys[at] == others.keys if one.keys.size else np.zeros(others.keys.size, np.bool_)
    product = np.where(shared, there * (asked[at] if one.keys.size else 0), 0)
    total = np.zeros(count)
    for block in (0, 1):
        mine = (one.keys & 1) == block
        theirs = (others.keys & 1) == block
        dot = np.bincount(owners[theirs], weights=product[theirs], minlength=count)
        square = np.bincount(owners[theirs], weights=there[theirs] ** 2, minlength=count)
        total += dot / np.maximum(np.sqrt(square * float((asked[mine] ** 2).sum())), _SHORTEST)
    alike: Floats = (total / 2).astype(np.float32)
    return alike


def chance_of_one_matter(
    alike: Floats,
    *,
    apart: npt.NDArray[np.bool_],
    days: Floats,
    same_caller: npt.NDArray[np.bool_],
) -> Floats:
    """How likely each pair is one matter, between 0 and 1. ``apart`` are pairs whose places are known and different."""
    logit = (
        _CONSTANT
        + _BY_LIKENESS * np.sqrt(np.maximum(alike, 0))
        + _APART * apart
        + _BY_DAYS * np.log1p(np.abs(days))
        + _SAME_CALLER * same_caller
    )
    chance: Floats = (1 / (1 + np.exp(-logit))).astype(np.float32)
    return chance


def _weighed(read: Sketch, commonness: Commonness) -> Floats:
    weighed: Floats = read.weights.astype(np.float32) * commonness.rarity(read.keys)
    return weighed


def _both(title: Ints, body: Ints) -> tuple[Ints, npt.NDArray[np.float64]]:
    return np.concatenate((title, body)), np.concatenate((np.ones(title.size), np.zeros(body.size)))


def _pairs(text: str) -> Ints:
    """The pairs of neighbouring Chinese characters, Latin letters or digits, hashed."""
    codes = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)
    says = ((codes >= 0x4E00) & (codes < 0xA000)) | ((codes >= 0x61) & (codes <= 0x7A))
    says |= (codes >= 0x30) & (codes <= 0x39)
    pairs = ((codes[:-1].astype(np.uint64) << _NEXT) ^ codes[1:])[says[:-1] & says[1:]]
    return ((pairs * _MIX) >> _SHIFT).astype(np.int32)


def _words(text: str) -> Ints:
    """The words, hashed; what begins with punctuation is none."""
    words = [zlib.crc32(word.encode()) for word in dictionary_words(text) if word[0].isalnum()]
    return ((np.array(words, np.uint64) * _MIX) >> _SHIFT).astype(np.int32)
