"""Scores of a linear model → confidences that mean what they say.

A softmax with one outcome more, "none of the labels", whose score is a constant: a text on which no label scores
well is thus given little confidence however clear the order of the labels. A logistic curve then makes the best
label's share match how often it is right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]

_NONE_SHARPNESS = 4.0
"""How much more sharply "none" enters than a label: it takes from texts that score below nearly all it was fitted
on, and leaves the others alone (at 1 it cost 1.4 points of coverage at 97 % precision)."""

_LARGEST_EXPONENT = 700.0  # still finite; by then "none" has everything


@dataclass(frozen=True, slots=True)
class Calibration:
    """``sharpness`` multiplies the scores, ``none_score`` is the score of "none of these", ``slope`` and
    ``shift`` are the logistic curve over the log-odds of the best label's share. ``parent_threshold`` is the
    confidence from which a parent in a taxonomy decides where its label does not; 1 is never."""

    sharpness: float
    none_score: float
    slope: float
    shift: float
    parent_threshold: float = 1.0

    def shares(self, scores: Scores) -> Scores:
        """The softmax shares of the labels, the share of "none of these" left out. Works on rows."""
        best = scores.max(axis=-1, keepdims=True)
        raised = np.exp(self.sharpness * (scores - best))
        none = np.exp(
            np.minimum(_NONE_SHARPNESS * self.sharpness * (self.none_score - best), _LARGEST_EXPONENT)
        )
        shares: Scores = raised / (raised.sum(axis=-1, keepdims=True) + none)
        return shares

    def confidence(self, share: Scores) -> Scores:
        """How often a best label of this share is right."""
        clipped = np.minimum(np.maximum(share, 1e-9), 1 - 1e-9)
        odds = self.slope * np.log(clipped / (1 - clipped)) + self.shift
        confidence: Scores = 1 / (1 + np.exp(-odds))
        return confidence

    def shares_of_one(self, scores: Sequence[float]) -> list[float]:
        """``shares`` of a single text in plain floats: an array of seven costs ten times as much."""
        best = max(scores)
        raised = [math.exp(self.sharpness * (score - best)) for score in scores]
        none = math.exp(min(_NONE_SHARPNESS * self.sharpness * (self.none_score - best), _LARGEST_EXPONENT))
        total = none + math.fsum(raised)
        return [one / total for one in raised]

    def confidence_of_one(self, share: float) -> float:
        """``confidence`` of a single share in plain floats."""
        clipped = min(max(share, 1e-9), 1 - 1e-9)
        odds = self.slope * math.log(clipped / (1 - clipped)) + self.shift
        return 1 / (1 + math.exp(-odds)) if odds > -700 else 0.0
