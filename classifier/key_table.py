"""64-bit keys → row numbers, a thousand at a time: a perfect hash table held in numpy arrays.

The keys are spread over small buckets; each bucket has a number, tried until all its keys fall into free slots. A
look-up is two gathers, whichever the key: a slot holds, in one word, its row and what of the mixed key the place of
the slot does not tell already.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]

_SPREADING = np.uint64(0x9E3779B97F4A7C15)
_SPREAD = 0xBF58476D1CE4E5B9
_KEYS_PER_BUCKET = 3
_MOST_TRIES = 10_000


class KeyTable:
    """Finds the row of each of its keys. Immutable. Keys are well mixed, as hashes are: ``ValueError`` for
    keys that are not, or that do not differ from each other.

    A key that is not in the table is told from those that are by all bits but those of its bucket: one of 10^13 that
    is asked for by chance passes for another, and 64-bit keys of n-grams meet each other as rarely.
    """

    __slots__ = ("_bucket_shift", "_count", "_numbers", "_row_bits", "_slot_shift", "_slots")

    def __init__(self, keys: Keys) -> None:
        if len(np.unique(keys)) != len(keys):
            raise ValueError("keys must differ from each other")
        slots = _power_of_two(len(keys) * 5 // 4 + 1)
        buckets = _power_of_two(len(keys) // _KEYS_PER_BUCKET + 1)
        self._count = np.uint64(len(keys))
        self._row_bits = np.uint64(slots.bit_length() - 1)
        self._slot_shift = np.uint64(64) - self._row_bits
        self._bucket_shift = np.uint64(64 - buckets.bit_length() + 1)
        # The row of a vacant slot is one that no key has.
        self._slots: Keys = np.full(slots, slots - 1, dtype=np.uint64)
        self._numbers: Keys = np.zeros(buckets, dtype=np.uint64)
        self._place(keys)

    def _place(self, keys: Keys) -> None:
        """Largest buckets first; all buckets of one size try their next number at once."""
        bucket = (keys >> self._bucket_shift).view(np.int64)
        order = np.argsort(bucket, kind="stable")
        sizes = np.bincount(bucket, minlength=len(self._numbers))
        starts = np.cumsum(sizes) - sizes
        vacant = np.ones(len(self._slots), dtype=np.bool_)
        for size in range(int(sizes.max(initial=0)), 0, -1):
            waiting = np.flatnonzero(sizes == size)
            members = order[starts[waiting][:, None] + np.arange(size)]
            for attempt in range(_MOST_TRIES):
                if not len(waiting):
                    break
                number = np.uint64(attempt * _SPREAD % 2**64)
                placed = self._try(keys, members, number, vacant)
                self._numbers[waiting[placed]] = number
                waiting, members = waiting[~placed], members[~placed]
            else:
                raise ValueError("these keys cannot be told apart")

    def _try(
        self, keys: Keys, members: Rows, number: np.uint64, vacant: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.bool_]:
        mixed = (keys[members] ^ number) * _SPREADING
        slots = (mixed >> self._slot_shift).view(np.int64)
        free = vacant[slots].all(axis=1)
        # A bucket is placed when no other of this round, and none of its own keys, wants one of its slots.
        claims = np.bincount(slots[free].ravel(), minlength=len(self._slots))
        placed: npt.NDArray[np.bool_] = free & (claims[slots] == 1).all(axis=1)
        taken = slots[placed]
        self._slots[taken] = (mixed[placed] << self._row_bits) | members[placed].astype(np.uint64)
        vacant[taken] = False
        return placed

    def find(self, keys: Keys) -> tuple[Rows, npt.NDArray[np.int32]]:
        """``(positions, rows)``: which of the keys are in the table, and the row of each of those."""
        mixed = self._numbers.take((keys >> self._bucket_shift).view(np.int64))
        mixed ^= keys
        mixed *= _SPREADING
        found = self._slots.take((mixed >> self._slot_shift).view(np.int64))
        mixed <<= self._row_bits
        found ^= mixed  # where the slot is the key's, its row is what is left
        positions = (found < self._count).nonzero()[0]
        return positions, found.take(positions).astype(np.int32)


def _power_of_two(least: int) -> int:
    return 1 << max(1, (least - 1).bit_length())
