"""A trained model at work: text → label with calibrated confidence, or "I don't know". numpy only."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from classifier.calibration import Calibration, Scores
from classifier.card import ModelCard
from classifier.explain import deciding_words
from classifier.features import BLOCK_WEIGHTS, Block, count_readable, grams_of, normalise
from classifier.model_file import ModelDamaged, ModelFile, read_model_file

__all__ = ["Classification", "Guess", "ModelCard", "ModelDamaged", "TextModel", "starter_model_path"]

MOST_ALTERNATIVES = 5
FEWEST_CHARACTERS = 4
"""A shorter message ("你好", "人工") names no matter, whatever its one word weighs."""

_MOST_CANDIDATES = 24
_BLOCK_WEIGHTS = np.array([BLOCK_WEIGHTS[block] for block in Block])

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Guess:
    """One label and how sure the model is of it, between 0 and 1."""

    label: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Classification:
    """What the model says of one text. ``label`` is its best guess even where it ``abstained``."""

    label: str
    confidence: float
    abstained: bool
    alternatives: tuple[Guess, ...]
    """The next best labels, best first, without ``label``; with ``confidence`` they sum to 1 at most."""
    because: tuple[str, ...]
    """The words of the text that spoke most for ``label``, at most five."""


def starter_model_path() -> Path:
    """The model that ships with the package; its card lies beside it."""
    return Path(__file__).parent / "data" / "starter.model"


class TextModel:
    """A linear model over the n-grams of ``classifier.features``, with its card. Immutable; threads may share it."""

    __slots__ = (
        "_bias",
        "_block_of_row",
        "_calibration",
        "_first_character_row",
        "_grams",
        "_idf",
        "_rows",
        "_weights",
        "card",
        "labels",
    )

    def __init__(self, file: ModelFile) -> None:
        self.labels: tuple[str, ...] = file.labels
        self.card: ModelCard = file.card
        self._grams: list[str] = [gram for block in file.vocabulary for gram in block]
        starts = [0, *itertools.accumulate(len(block) for block in file.vocabulary)]
        self._rows: list[dict[str, int]] = [
            {gram: start + at for at, gram in enumerate(block)}
            for start, block in zip(starts, file.vocabulary, strict=False)
        ]
        self._block_of_row = np.repeat(np.arange(len(Block)), np.diff(starts))
        self._first_character_row = starts[list(Block).index(Block.TITLE_CHARACTERS)]
        self._idf = file.idf.astype(np.float64)
        self._weights = file.weights.astype(np.float64)
        self._bias = file.bias.astype(np.float64)
        self._calibration: Calibration = file.calibration

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a model file; ``ModelDamaged`` when it is missing, altered or made for other features."""
        return cls(read_model_file(path))

    def scores(self, text: str) -> Scores:
        """The uncalibrated score of every label, in the order of ``labels``: the training pipeline's own."""
        rows, values = self._weigh(normalise(text))
        scores: Scores = values @ self._weights[rows] + self._bias
        return scores

    def classify(self, text: str) -> Classification:
        """The best label; abstains below the card's threshold and on a text too short to say anything."""
        readable = normalise(text)
        rows, values = self._weigh(readable)
        weights = self._weights[rows]
        scores: Scores = values @ weights + self._bias
        shares = self._calibration.shares(scores)
        order = np.argsort(-scores, kind="stable").tolist()
        best = order[0]
        said_something = len(rows) > 0 and count_readable(readable) >= FEWEST_CHARACTERS
        confidence = float(self._calibration.confidence(shares[best])) if said_something else 0.0
        return Classification(
            label=self.labels[best],
            confidence=confidence,
            abstained=not said_something or confidence < self.card.threshold,
            alternatives=self._alternatives(shares, order, confidence),
            because=self._because(readable, rows, values * weights[:, best]),
        )

    def _weigh(self, readable: str) -> tuple[Rows, Scores]:
        """The model's rows a message touches and the TF-IDF value of each, every block of length 1 × its weight."""
        met: list[int] = []
        for known, found in zip(self._rows, grams_of(readable), strict=True):
            met += [row for row in map(known.get, found) if row is not None]
        counts = Counter(met)
        rows = np.array(list(counts), dtype=np.int64)
        values = (1 + np.log(np.array(list(counts.values()), dtype=np.float64))) * self._idf[rows]
        block = self._block_of_row[rows]
        lengths = np.sqrt(np.bincount(block, weights=values * values, minlength=len(Block)))
        return rows, values * (_BLOCK_WEIGHTS / np.maximum(lengths, 1e-300))[block]

    def _alternatives(self, shares: Scores, order: list[int], confidence: float) -> tuple[Guess, ...]:
        # What the best label leaves is divided as the softmax divides it; "none of these" keeps its part.
        scale = (1 - confidence) / max(1 - float(shares[order[0]]), 1e-9)
        return tuple(
            Guess(self.labels[at], min(confidence, float(shares[at]) * scale))
            for at in order[1 : MOST_ALTERNATIVES + 1]
        )

    def _because(self, readable: str, rows: Rows, added: Scores) -> tuple[str, ...]:
        words = rows < self._first_character_row
        return self._deciding(readable, rows[words], added[words]) or self._deciding(
            readable, rows[~words], added[~words]
        )

    def _deciding(self, readable: str, rows: Rows, added: Scores) -> tuple[str, ...]:
        strongest = np.argsort(-added)[:_MOST_CANDIDATES].tolist()
        return deciding_words([(self._grams[rows[at]], float(added[at])) for at in strongest], readable)
