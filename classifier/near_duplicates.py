"""Messages that say the same: copies to several offices, re-sent and lightly edited texts.

A model tried on a copy of what it learned looks better than it is, so such messages stay on one side of a split.
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_NOT_TEXT = re.compile(r"\W")
_SHINGLE = 5
_READ = 1000
_HASHES = 64
_BAND = 3


def group_near_duplicates(texts: Sequence[str], *, overlap: float = 0.5) -> npt.NDArray[np.int64]:
    """A group number per text. Two texts share a group when more than ``overlap`` of the shorter one's
    five-character pieces stand in the other, or when a chain of such pairs joins them.

    MinHash finds the pairs worth comparing, so the time grows with the texts, not with their pairs.
    """
    pieces = [_pieces(text) for text in texts]
    signatures = _signatures(pieces)
    parents = list(range(len(texts)))

    def root(at: int) -> int:
        while parents[at] != at:
            parents[at] = parents[parents[at]]
            at = parents[at]
        return at

    for first in range(0, _HASHES - _BAND + 1, _BAND):
        buckets: dict[bytes, list[int]] = defaultdict(list)
        for at, signature in enumerate(signatures):
            buckets[signature[first : first + _BAND].tobytes()].append(at)
        for bucket in buckets.values():
            head = bucket[0]
            for at in bucket[1:]:
                if root(head) != root(at) and _overlap(pieces[head], pieces[at]) > overlap:
                    parents[root(at)] = root(head)
    return np.array([root(at) for at in range(len(texts))], dtype=np.int64)


def group_identical(texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """A group number per text; only texts of the same letters and digits share one. For comparison with figures
    published on such folds: copies with a changed word lie on both sides of them, which flatters every model."""
    return np.unique([_NOT_TEXT.sub("", text) for text in texts], return_inverse=True)[1].astype(np.int64)


def _pieces(text: str) -> frozenset[int]:
    plain = _NOT_TEXT.sub("", text)[:_READ]
    return frozenset(
        zlib.crc32(plain[at : at + _SHINGLE].encode()) for at in range(max(1, len(plain) - _SHINGLE + 1))
    )


def _overlap(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / min(len(one), len(other))


def _signatures(pieces: Sequence[frozenset[int]]) -> npt.NDArray[np.uint64]:
    random = np.random.default_rng(12345)
    factors = random.integers(1, 2**61, _HASHES, dtype=np.uint64) | np.uint64(1)
    shifts = random.integers(0, 2**61, _HASHES, dtype=np.uint64)
    signatures = np.empty((len(pieces), _HASHES), dtype=np.uint64)
    for at, found in enumerate(pieces):
        hashes = np.fromiter(found, dtype=np.uint64, count=len(found))
        # Overflow is wanted: multiplication modulo 2**64, of which the high half is well mixed.
        signatures[at] = ((hashes[:, None] * factors + shifts) >> np.uint64(32)).min(axis=0)
    return signatures
