"""Keys → rows, exactly."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.key_table import KeyTable

KEYS = st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=300).map(
    lambda seeds: [
        int.from_bytes(hashlib.blake2b(bytes(str(seed), "ascii"), digest_size=8).digest()) for seed in seeds
    ]
)


@settings(max_examples=150, deadline=None)
@given(KEYS, KEYS)
def test_it_finds_its_own_keys_and_no_others(known: list[int], asked: list[int]) -> None:
    table = KeyTable(np.array(known, dtype=np.uint64))
    row_of = {key: row for row, key in enumerate(known)}
    mixed = [*asked, *known, *asked]
    positions, rows = table.find(np.array(mixed, dtype=np.uint64))
    assert positions.tolist() == [at for at, key in enumerate(mixed) if key in row_of]
    assert rows.tolist() == [row_of[key] for key in mixed if key in row_of]


@pytest.mark.parametrize("count", [10_000, 49_000, 50_000, 100_000])
def test_many_keys_are_placed(count: int) -> None:
    keys = np.unique(np.random.default_rng(count).integers(2**64, size=count, dtype=np.uint64))
    positions, rows = KeyTable(keys).find(keys)
    assert np.array_equal(positions, np.arange(len(keys)))
    assert np.array_equal(rows, np.arange(len(keys)))


def test_a_key_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="differ"):
        KeyTable(np.array([5, 7, 5], dtype=np.uint64))
