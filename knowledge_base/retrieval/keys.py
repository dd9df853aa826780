"""What a question and an entry are matched by at first glance: pairs of characters, labels, and single characters
where a text is short; each with its impact, which depends on the entry alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge_base.retrieval.corpus import Statistics
from knowledge_base.retrieval.features import concepts, normalize
from knowledge_base.retrieval.postings import MOST_ROWS, Packed
from knowledge_base.retrieval.reading import Field, Keys, ReadEntry, codes, labels, pair_buckets, pair_keys

_SHORT_BODY = 64  # in a longer one a single character says nothing
_SATURATION, _LENGTH_SHARE = 1.2, 0.75
# A usual title and a usual body, in codes. Not the means of the library: an impact must not change with its neighbours.
_HEAD_PIVOT, _BODY_PIVOT = 20.0, 200.0
_HEAD_SHARE = 1.0
_TOP = 1.0 + _HEAD_SHARE
_STEPS_PER_HALF = 24
_SHORT, _LONG = 30, 80  # characters: a question, and a letter
_FIRST_PAIR = 1 << 16  # a smaller key is a single character
_ONE, _ENTRY, _KEY_BITS = np.uint64(1), np.uint64(33), np.uint64(0xFFFFFFFF)
# What a question may cost, in postings read; to look a key up costs as much as this many in each 65,536 entries.
_MOST_POSTINGS, _LOOK_UP = 250_000, 300
_SHARPEST = 1.5


@dataclass(frozen=True, slots=True)
class Asked:
    """The keys worth reading, the rarest first, and what each counts."""

    keys: Keys
    weights: NDArray[np.float32]


def pack(entries: Sequence[ReadEntry]) -> Packed:
    """The postings of neighbouring rows, unsorted; the first has row 0."""
    keys = [part for entry in entries for part in (_head_keys(entry.head), _body_keys(entry.body))]
    parts = np.repeat(np.arange(len(keys), dtype=np.uint64), [len(one) for one in keys])
    # Sorted by entry, key and field: what stands in both fields comes twice in a row.
    place = (parts >> _ONE << _ENTRY) | (np.concatenate(keys).astype(np.uint64) << _ONE) | (parts & _ONE)
    place.sort()
    at = np.flatnonzero(_fresh(place))
    counts = np.diff(np.append(at, len(place))).astype(np.float64)
    place = place[at]
    heads = place & _ONE == 0
    lengths = np.array([len(field.codes) for one in entries for field in (one.head, one.body)], np.float64)
    lengths[::2] /= _HEAD_PIVOT
    lengths[1::2] /= _BODY_PIVOT
    of = ((place >> _ENTRY << _ONE) | (place & _ONE)).astype(np.intp)
    impact = _saturated(counts, lengths[of]) * np.where(heads, _HEAD_SHARE, 1.0)
    place >>= _ONE
    first = np.flatnonzero(_fresh(place))
    summed = np.add.reduceat(impact, first) if len(first) else impact
    place = place[first]
    steps = np.rint(-_STEPS_PER_HALF * np.log2(summed / _TOP))
    packed: Packed = (place & _KEY_BITS) << np.uint64(24)
    packed |= place >> np.uint64(32) << np.uint64(8)
    packed |= np.clip(steps, 0, 255).astype(np.uint64)
    return packed


def counted(packed: Packed) -> Keys:
    """The pairs and labels of postings, as ``Statistics.count`` wants them."""
    keys = (packed >> np.uint64(24)).astype(np.uint32)
    pairs: Keys = keys[keys >= _FIRST_PAIR]
    return pairs


def ask(question: str, statistics: Statistics) -> Asked:
    """The keys of a question. What stands in most entries is left out as soon as the rarer keys are enough to read."""
    normalized = normalize(question)
    found = codes(normalized)
    marked = labels(normalized, concepts(normalized))
    said = np.concatenate((_present(pair_keys(found)), _present(found.astype(np.uint32)), marked))
    keys, counts = np.unique(said, return_counts=True)
    singles = int(
        np.searchsorted(keys, _FIRST_PAIR)
    )  # the smaller ones; of pairs and labels they are counted apart
    frequency = np.concatenate(
        (
            statistics.char_frequency[keys[:singles]],
            statistics.pair_frequency[pair_buckets(keys[singles:])],
        )
    )
    order = np.lexsort((keys, frequency))
    order = order[frequency[order] > 0]
    read = np.cumsum(frequency[order] + _LOOK_UP * (1 + statistics.articles / MOST_ROWS))
    order = order[: max(1, int(np.searchsorted(read, _MOST_POSTINGS, side="right")))]
    known = frequency[order]
    rarity = np.log1p((statistics.articles - known + 0.5) / (known + 0.5))
    weights = (1 + np.log(counts[order])) * rarity ** _sharpness(len(normalized))
    return Asked(keys[order], weights.astype(np.float32))


def _sharpness(length: int) -> float:
    """The power of idf: a question means each of its words, of a letter only the rare ones count."""
    return 1.0 + (_SHARPEST - 1.0) * min(max((length - _SHORT) / (_LONG - _SHORT), 0.0), 1.0)


def _head_keys(field: Field) -> Keys:
    return _present(np.concatenate((pair_keys(field.codes), field.labels, field.codes)))


def _body_keys(field: Field) -> Keys:
    if len(field.codes) <= _SHORT_BODY:
        return _head_keys(field)
    return _present(np.concatenate((pair_keys(field.codes), field.labels)))


def _present(keys: Keys) -> Keys:
    present: Keys = keys[keys != 0]
    return present


def _fresh(ordered: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Where a value differs from the one before it."""
    fresh = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    return fresh


def _saturated(counts: NDArray[np.float64], length: NDArray[np.float64]) -> NDArray[np.float64]:
    """BM25's share of a key that stands in a text so often; ``length`` in usual lengths."""
    saturated: NDArray[np.float64] = counts / (
        counts + _SATURATION * (1 - _LENGTH_SHARE + _LENGTH_SHARE * length)
    )
    return saturated
