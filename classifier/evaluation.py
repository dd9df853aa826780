"""How good predictions are, in the figures of the model card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

COVERAGE_PRECISIONS = (0.95, 0.97)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What was said of one message: all labels named, best first, and the confidence in the best."""

    ranked: tuple[str, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """Precision, recall and F1 of one label over ``support`` messages that bear it."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Decided:
    """The share of messages decided by given thresholds, and how often those were right (0 where none was)."""

    share: float
    precision: float


@dataclass(frozen=True, slots=True)
class Figures:
    """All shares lie between 0 and 1. ``coverage_at`` maps a precision to the largest share of messages that can
    be decided, most confident first, before the decided ones are right less often than that. ``bounded`` maps it to
    what is decided by thresholds per label that other messages showed to reach it; empty where none were fitted."""

    rows: int
    macro_f1: float
    weighted_f1: float
    accuracy: float
    top3: float
    coverage_at: dict[float, float]
    calibration_error: float
    per_label: dict[str, LabelFigures]
    bounded: dict[float, Decided] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "macro_f1": round(self.macro_f1, 4),
            "weighted_f1": round(self.weighted_f1, 4),
            "accuracy": round(self.accuracy, 4),
            "top3": round(self.top3, 4),
            "coverage_at": {f"{at:.2f}": round(share, 4) for at, share in self.coverage_at.items()},
            "calibration_error": round(self.calibration_error, 4),
            **({"bounded_at": self._bounded_json()} if self.bounded else {}),
            "per_label": {
                label: {
                    "precision": round(found.precision, 4),
                    "recall": round(found.recall, 4),
                    "f1": round(found.f1, 4),
                    "support": found.support,
                }
                for label, found in self.per_label.items()
            },
            "rows": self.rows,
        }

    def _bounded_json(self) -> dict[str, dict[str, float]]:
        return {
            f"{at:.2f}": {"decided": round(found.share, 4), "precision": round(found.precision, 4)}
            for at, found in self.bounded.items()
        }


def measure(truth: Sequence[str], predictions: Sequence[Prediction]) -> Figures:
    """The figures of ``predictions`` against the true labels; both in the same order and not empty."""
    if not truth or len(truth) != len(predictions):
        raise ValueError("as many predictions as true labels, and at least one")
    best = [prediction.ranked[0] for prediction in predictions]
    right = np.array([said == true for said, true in zip(best, truth, strict=True)])
    confidences = np.array([prediction.confidence for prediction in predictions])
    per_label = {label: _label_figures(label, truth, best) for label in sorted({*truth, *best})}
    return Figures(
        rows=len(truth),
        macro_f1=float(np.mean([found.f1 for found in per_label.values()])),
        weighted_f1=sum(found.f1 * found.support for found in per_label.values()) / len(truth),
        accuracy=float(right.mean()),
        top3=float(np.mean([true in said.ranked[:3] for true, said in zip(truth, predictions, strict=True)])),
        coverage_at={at: coverage(confidences, right, precision=at)[0] for at in COVERAGE_PRECISIONS},
        calibration_error=calibration_error(confidences, right),
        per_label=per_label,
    )


def _label_figures(label: str, truth: Sequence[str], best: Sequence[str]) -> LabelFigures:
    support, said = truth.count(label), best.count(label)
    hits = sum(true == label == guess for true, guess in zip(truth, best, strict=True))
    precision = hits / said if said else 0.0
    recall = hits / support if support else 0.0
    f1 = 2 * hits / (said + support) if said + support else 0.0
    return LabelFigures(precision, recall, f1, support)


def coverage(
    confidences: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], *, precision: float
) -> tuple[float, float]:
    """``(share, threshold)``: the largest share of messages at or above one confidence that are right at least
    this often, and that confidence; ``(0, inf)`` when no threshold reaches the precision."""
    order = np.argsort(-confidences, kind="stable")
    ranked = confidences[order]
    precisions = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    # A threshold takes all messages of equal confidence or none of them.
    complete = np.append(ranked[1:] < ranked[:-1], True)
    reached = np.flatnonzero(complete & (precisions >= precision))
    if not len(reached):
        return 0.0, float("inf")
    last = int(reached[-1])
    return (last + 1) / len(order), float(ranked[last])


def calibration_error(
    confidences: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], *, bins: int = 10
) -> float:
    """Expected calibration error: the mean distance between said and found certainty, over equal-width bins."""
    held = np.minimum((confidences * bins).astype(int), bins - 1)
    error = 0.0
    for at in range(bins):
        members = held == at
        if members.any():
            error += members.mean() * abs(confidences[members].mean() - right[members].mean())
    return float(error)
