"""Scores of a linear model → confidences that mean what they say.

A softmax with one outcome more, "none of the labels", whose score is a constant: a text on which no label scores
well is thus given little confidence however clear the order of the labels. A logistic curve then makes the best
label's share match how often it is right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """``sharpness`` multiplies the scores, ``none_score`` is the score of "none of these", ``slope`` and
    ``shift`` are the logistic curve over the log-odds of the best label's share."""

    sharpness: float
    none_score: float
    slope: float
    shift: float

    def shares(self, scores: Scores) -> Scores:
        """The softmax shares of the labels, the share of "none of these" left out. Works on rows."""
        top = np.maximum(scores.max(axis=-1, keepdims=True), self.none_score)
        raised = np.exp(self.sharpness * (scores - top))
        none = np.exp(self.sharpness * (self.none_score - top))
        shares: Scores = raised / (raised.sum(axis=-1, keepdims=True) + none)
        return shares

    def confidence(self, share: Scores) -> Scores:
        """How often a best label of this share is right."""
        clipped = np.minimum(np.maximum(share, 1e-9), 1 - 1e-9)
        odds = self.slope * np.log(clipped / (1 - clipped)) + self.shift
        confidence: Scores = 1 / (1 + np.exp(-odds))
        return confidence
