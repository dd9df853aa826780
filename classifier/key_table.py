"""64-bit keys → row numbers, a thousand at a time: a perfect hash table held in numpy arrays.

The keys are spread over small buckets; each bucket has a number, tried until all its keys fall into free slots. A
look-up is two gathers and one exact comparison, whichever the key.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]

_SPREADING = np.uint64(0x9E3779B97F4A7C15)
_SPREAD = 0xBF58476D1CE4E5B9
_VACANT = np.uint64(0xA24BAED4963EE407)
_KEYS_PER_BUCKET = 3
_MOST_TRIES = 10_000


class KeyTable:
    """Finds the row of each of its keys. Immutable. Keys are well mixed, as hashes are: ``ValueError`` for
    keys that are not, or that do not differ from each other."""

    __slots__ = ("_bucket_shift", "_keys", "_numbers", "_rows", "_slot_shift")

    def __init__(self, keys: Keys) -> None:
        if len(np.unique(keys)) != len(keys) or (keys == _VACANT).any():
            raise ValueError("keys must differ from each other and from the mark of a vacant slot")
        slots = _power_of_two(len(keys) * 4 // 3 + 1)
        buckets = _power_of_two(len(keys) // _KEYS_PER_BUCKET + 1)
        self._slot_shift = np.uint64(64 - slots.bit_length() + 1)
        self._bucket_shift = np.uint64(64 - buckets.bit_length() + 1)
        self._keys: Keys = np.full(slots, _VACANT)
        self._rows = np.zeros(slots, dtype=np.int32)
        self._numbers: Keys = np.zeros(buckets, dtype=np.uint64)
        self._place(keys)

    def _place(self, keys: Keys) -> None:
        """Largest buckets first; all buckets of one size try their next number at once."""
        bucket = self._bucket_of(keys)
        order = np.argsort(bucket, kind="stable")
        sizes = np.bincount(bucket, minlength=len(self._numbers))
        starts = np.cumsum(sizes) - sizes
        for size in range(int(sizes.max(initial=0)), 0, -1):
            waiting = np.flatnonzero(sizes == size)
            members = order[starts[waiting][:, None] + np.arange(size)]
            for attempt in range(_MOST_TRIES):
                if not len(waiting):
                    break
                placed = self._try(keys, members, np.uint64(attempt * _SPREAD % 2**64), waiting)
                waiting, members = waiting[~placed], members[~placed]
            else:
                raise ValueError("these keys cannot be told apart")

    def _try(self, keys: Keys, members: Rows, number: np.uint64, buckets: Rows) -> npt.NDArray[np.bool_]:
        slots = self._slot_of(keys[members], number)
        free = (self._keys[slots] == _VACANT).all(axis=1)
        # A bucket is placed when no other of this round, and none of its own keys, wants one of its slots.
        claims = np.bincount(slots[free].ravel(), minlength=len(self._keys))
        placed: npt.NDArray[np.bool_] = free & (claims[slots] == 1).all(axis=1)
        self._keys[slots[placed]] = keys[members[placed]]
        self._rows[slots[placed]] = members[placed]
        self._numbers[buckets[placed]] = number
        return placed

    def _bucket_of(self, keys: Keys) -> Rows:
        return (keys >> self._bucket_shift).view(np.int64)

    def _slot_of(self, keys: Keys, numbers: Keys | np.uint64) -> Rows:
        return (((keys ^ numbers) * _SPREADING) >> self._slot_shift).view(np.int64)

    def find(self, keys: Keys) -> tuple[Rows, npt.NDArray[np.int32]]:
        """``(positions, rows)``: which of the keys are in the table, and the row of each of those."""
        mixed = self._numbers.take((keys >> self._bucket_shift).view(np.int64))
        mixed ^= keys  # in place: what _slot_of says, without three arrays of its own
        mixed *= _SPREADING
        mixed >>= self._slot_shift
        slots = mixed.view(np.int64)
        positions = (self._keys.take(slots) == keys).nonzero()[0]
        return positions, self._rows.take(slots.take(positions))


def _power_of_two(least: int) -> int:
    return 1 << max(1, (least - 1).bit_length())
