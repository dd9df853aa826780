"""Whether chance alone explains a difference: exact tests that need no table. Pure; numpy only."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def sign_test(lost: int, gained: int) -> float:
    """Exact McNemar, one-sided: how likely at least ``lost`` of the disagreements are losses by chance."""
    total = lost + gained
    return sum(math.comb(total, k) for k in range(lost, total + 1)) / 2**total if total else 1.0


def drop_test(hits: int, of: int, hits_before: int, of_before: int) -> float:
    """Fisher's exact test, one-sided: how likely a share falls this low by chance alone."""
    total, all_hits = of + of_before, hits + hits_before
    ways = math.comb(total, of)
    return (
        sum(
            math.comb(all_hits, k) * math.comb(total - all_hits, of - k)
            for k in range(max(0, of - (total - all_hits)), hits + 1)
        )
        / ways
    )


def overconfidence(confidences: Floats, right: Flags, *, bins: int = 10) -> float:
    """How much more certainty is claimed than found, on average, over equal-width bins of the claims."""
    held = np.minimum((confidences * bins).astype(int), bins - 1)
    claimed = np.bincount(held, weights=confidences, minlength=bins)
    found = np.bincount(held, weights=right, minlength=bins)
    return float(np.maximum(claimed - found, 0).sum() / len(right))


def holm(tests: Sequence[float], alpha: float) -> list[bool]:
    """Which of several tests are significant together (Holm, 1979)."""
    significant = [False] * len(tests)
    for rank, at in enumerate(sorted(range(len(tests)), key=tests.__getitem__)):
        if tests[at] > alpha / (len(tests) - rank):
            break
        significant[at] = True
    return significant
