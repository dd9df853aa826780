"""The model card: what a model was made from, how well it does, and what it must not be used for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Travels inside the model file. ``trained_at`` is an ISO instant in UTC; ``rows`` counts the messages;
    ``metrics`` are those of grouped cross-validation; below ``threshold`` the model says it does not know, unless
    the file holds a threshold per label."""

    name: str
    version: str
    trained_at: str
    data: str
    rows: int
    threshold: float
    target_precision: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    limits: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        return cls(**{**stored, "limits": tuple(stored["limits"])})


_METRIC_WORDS = {
    "macro_f1": "macro-F1",
    "weighted_f1": "weighted F1",
    "accuracy": "accuracy",
    "top3": "right label among the first three",
    "coverage_at_0.95": "share of messages decided at 95 % precision",
    "coverage_at_0.97": "share of messages decided at 97 % precision",
    "calibration_error": "expected calibration error (10 bins)",
    "accepted": "share decided by thresholds shown on other messages",
    "accepted_precision": "precision of those decided",
}


def card_as_markdown(card: ModelCard, labels: tuple[str, ...], thresholds: tuple[float, ...] = ()) -> str:
    """The card as a page to read beside the model file; ``thresholds`` are the labels' own, if they have any."""
    metrics = "\n".join(
        f"| {_METRIC_WORDS.get(name, name)} | {value:.3f} |" for name, value in card.metrics.items()
    )
    limits = "\n".join(f"- {limit}" for limit in card.limits)
    return (
        f"# Model card: {card.name}\n\n"
        f"Version {card.version}, trained {card.trained_at}.\n\n"
        f"**Data**: {card.data}; {card.rows:,} messages.\n\n"
        f"**Labels** ({len(labels)}): {'、'.join(labels)}.\n\n"
        f"**Decides** at a confidence of {card.threshold:.3f} or more (target precision "
        f"{card.target_precision:.0%}); below it the model says that it does not know."
        f"{_own_thresholds(labels, thresholds)}\n\n"
        "**Measured** by cross-validation in which near-duplicate messages stay on one side:\n\n"
        f"| figure | value |\n|---|---|\n{metrics}\n\n"
        f"**Limits**\n\n{limits}\n"
    )


def _own_thresholds(labels: tuple[str, ...], thresholds: tuple[float, ...]) -> str:
    if not thresholds:
        return ""
    told = "、".join(
        f"{label} {own:.3f}" if own < 1 else f"{label} never"
        for label, own in zip(labels, thresholds, strict=True)
    )
    return (
        f" Each label has its own threshold, at which the lower end of a one-sided 90 % interval reaches the target: "
        f"{told}."
    )
