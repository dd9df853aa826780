"""How much each evidence counts: conditional logistic regression, and the curve of the confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from routing.triage.composition import Curve, curve_inputs
from routing.triage.composition_evidence import Floats, Ints

Flags = npt.NDArray[np.bool_]

_PENALTY = 1e-3
_LEAST_SPREAD = 0.1  # evidence that hardly differs must not be blown up
_CURVE_PENALTY = 1e-3


@dataclass(frozen=True, slots=True)
class Choices:
    """Texts that each choose one of several candidates. ``evidence`` is texts × candidates × kinds of evidence."""

    evidence: Floats
    allowed: Flags
    """Texts × candidates: which there were to choose from; at least one per text."""
    chosen: Ints


def fit_weights(choices: Sequence[Choices], *, otherwise: Sequence[float]) -> Floats:
    """The weights under which the choices made are likeliest; ``otherwise`` for evidence that never differed."""
    made = [choice for choice in choices if len(choice.chosen)]
    usual = np.array(otherwise)
    size = len(usual)
    if not made:
        return usual
    every = np.concatenate([choice.evidence[choice.allowed] for choice in made])
    mean, spread = every.mean(axis=0), every.std(axis=0)
    scale = np.where(spread > 1e-9, 1 / np.maximum(spread, _LEAST_SPREAD), 0.0)
    scaled = [Choices((choice.evidence - mean) * scale, choice.allowed, choice.chosen) for choice in made]
    texts = sum(len(choice.chosen) for choice in scaled)

    def surprise(weights: Floats) -> tuple[float, Floats]:
        loss, gradient = _surprise(scaled, weights)
        return (
            loss / texts + _PENALTY * float(weights @ weights),
            gradient / texts + 2 * _PENALTY * weights,
        )

    weights: Floats = minimize(surprise, np.zeros(size), jac=True, method="L-BFGS-B").x * scale
    return np.where(scale > 0, weights, usual)


def fit_near(choices: Choices, *, near: Floats, spread: Floats) -> Floats:
    """Weights of one region, drawn towards ``near``, those of all regions of its sort; ``spread`` says how far a
    weight may stray before it costs as much as one choice half explained."""
    if not len(choices.chosen):
        return near

    def surprise(weights: Floats) -> tuple[float, Floats]:
        loss, gradient = _surprise([choices], weights)
        away = (weights - near) / spread
        return loss + float(away @ away), gradient + 2 * away / spread

    weights: Floats = minimize(surprise, near, jac=True, method="L-BFGS-B").x
    return weights


def _surprise(choices: Sequence[Choices], weights: Floats) -> tuple[float, Floats]:
    """How unlikely the choices made are, as a sum of negative logarithms, and its gradient."""
    loss, gradient = 0.0, np.zeros(len(weights))
    for choice in choices:
        scores = np.where(choice.allowed, choice.evidence @ weights, -np.inf)
        scores -= scores.max(axis=1, keepdims=True)
        raised = np.exp(scores)
        shares = raised / raised.sum(axis=1, keepdims=True)
        at = np.arange(len(choice.chosen))
        loss -= float(np.log(np.maximum(shares[at, choice.chosen], 1e-300)).sum())
        gradient += np.einsum("tc,tce->e", shares, choice.evidence)
        gradient -= choice.evidence[at, choice.chosen].sum(axis=0)
    return loss, gradient


def fit_curve(shares: Sequence[Floats], right: Sequence[Flags]) -> Curve:
    """Fit the confidence to how often the first unit was right; each item is the texts of one region."""
    inputs = [curve_inputs(each) for each in shares]
    odds = np.concatenate([each[0] for each in inputs])
    lead = np.concatenate([each[1] for each in inputs])
    target = np.concatenate(right).astype(np.float64)
    if target.all() or not target.any():
        return Curve(1.0, 0.0, 0.0)  # nothing to tell right from wrong by
    columns = np.stack([odds, lead, np.ones(len(odds))], axis=1)
    start = np.array([1.0, 0.0, 0.0])

    def surprise(weights: Floats) -> tuple[float, Floats]:
        said = columns @ weights
        loss = np.logaddexp(0, said) - target * said
        away = weights - start
        gradient = columns.T @ (1 / (1 + np.exp(-said)) - target) / len(target) + 2 * _CURVE_PENALTY * away
        return float(loss.mean()) + _CURVE_PENALTY * float(away @ away), gradient

    slope, of_lead, shift = minimize(surprise, start, jac=True, method="L-BFGS-B").x.tolist()
    return Curve(slope, of_lead, shift)
