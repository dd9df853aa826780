"""From which confidence a label decides: thresholds whose precision is shown, not merely observed.

A threshold read off as "here 95 % were right" is as often too low as too high, and far too low on few messages.
Here the lower end of a one-sided Clopper–Pearson interval must reach the target.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from classifier.calibration import Calibration
from classifier.taxonomy import families

CERTAINTY = 0.9
"""How sure a threshold is of its precision (one-sided)."""

NEVER = 1.0
"""No confidence reaches it: the label always abstains."""

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """``pooled`` is shown over all messages together, ``by_label`` holds what each label number decides from."""

    pooled: float
    by_label: Floats


def lower_bound(hits: Floats, tries: Floats) -> Floats:
    """The least precision that so many hits leave believable; tries may be fractions, as duplicates count less."""
    bound: Floats = np.where(
        hits > 0, betaincinv(np.maximum(hits, 1e-9), tries - hits + 1, 1 - CERTAINTY), 0.0
    )
    return bound


def upper_bound(hits: float, tries: float) -> float:
    """The greatest precision that so many hits leave believable."""
    return 1.0 if tries - hits < 1e-9 else float(betaincinv(hits + 1, tries - hits, CERTAINTY))


def fit_threshold(confidences: Floats, right: Flags, shares: Floats, *, precision: float) -> float:
    """The lowest confidence from which the messages are right this often for certain; ``NEVER`` if none is.

    ``shares`` is what each message counts: its part of its group of near-duplicates, for copies of one letter are
    one piece of evidence.
    """
    order = np.argsort(-confidences, kind="stable")
    ranked = confidences[order]
    tries = np.cumsum(shares[order])
    hits = np.minimum(np.cumsum((shares * right)[order]), tries)
    # A threshold takes all messages of equal confidence or none of them.
    complete = np.append(ranked[1:] < ranked[:-1], True)[: len(ranked)]
    reached = np.flatnonzero(complete & (lower_bound(hits, tries) >= precision))
    return float(ranked[reached[-1]]) if len(reached) else NEVER


def fit_thresholds(
    said: Rows, confidences: Floats, right: Flags, groups: Rows, *, labels: int, precision: float
) -> Thresholds:
    """Per label its own threshold where its messages can show one, but never below the pooled one: an easy label
    would else decide foreign texts of which nothing is known but a middling confidence.

    A label too rare to show anything decides from the pooled threshold, unless even its few messages speak against
    that: then, as one with enough messages that never reaches the precision, it abstains.
    """
    _, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    shares: Floats = 1 / sizes[inverse]
    pooled = fit_threshold(confidences, right, shares, precision=precision)
    by_label = np.full(labels, pooled)
    for label in range(labels):
        mine = said == label
        own = fit_threshold(confidences[mine], right[mine], shares[mine], precision=precision)
        if own < NEVER:
            by_label[label] = max(own, pooled)
        elif mine.any():
            above = mine & (confidences >= pooled)
            tries, hits = float(shares[above].sum()), float(shares[above & right].sum())
            could_show = float(lower_bound(np.array(tries), np.array(tries))) >= precision
            if could_show or upper_bound(hits, tries) < precision:
                by_label[label] = NEVER
    return Thresholds(pooled, by_label)


def fit_parent_threshold(
    shares: Floats,
    truth: Rows,
    groups: Rows,
    *,
    labels: Sequence[str],
    calibration: Calibration,
    precision: float,
) -> float:
    """From which confidence the nearest parent of the best label decides; ``NEVER`` without a taxonomy."""
    known = families(labels)
    best = shares.argmax(axis=1)
    rows = np.array([row for row, label in enumerate(best.tolist()) if known[label]], dtype=np.int64)
    if not len(rows):
        return NEVER
    below = [known[best[row]][0][1] for row in rows.tolist()]
    summed = np.array(
        [shares[row, list(under)].sum() for row, under in zip(rows.tolist(), below, strict=True)]
    )
    right = np.array([truth[row] in under for row, under in zip(rows.tolist(), below, strict=True)])
    _, inverse, sizes = np.unique(groups[rows], return_inverse=True, return_counts=True)
    return fit_threshold(calibration.confidence(summed), right, 1 / sizes[inverse], precision=precision)
