"""A trained model at work: text → label with calibrated confidence, or "I don't know". numpy only."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from classifier.calibration import Calibration, Scores
from classifier.card import ModelCard
from classifier.explain import MOST_WORDS, Explanation, deciding_words, find_change, word_shares
from classifier.features import (
    BLOCK_WEIGHTS,
    MOST_CHARACTERS,
    Block,
    Grams,
    Keys,
    Reading,
    count_readable,
    gram_at,
    grams_of,
    read,
)
from classifier.key_table import KeyTable
from classifier.model_file import ModelDamaged, ModelFile, read_model_file
from classifier.taxonomy import families

__all__ = ["Classification", "Guess", "ModelCard", "ModelDamaged", "TextModel", "starter_model_path"]

MOST_ALTERNATIVES = 5
FEWEST_CHARACTERS = 4
"""A shorter message ("你好", "人工") names no matter, whatever its one word weighs."""

_MOST_CANDIDATES = 24
_LAST_BITS = 1e-12
_BLOCK_WEIGHTS = [BLOCK_WEIGHTS[block] for block in Block]
_WORD_BLOCKS = list(Block).index(Block.TITLE_CHARACTERS)
# A gram can stand in a text at most as often as the text has characters.
_DAMPED = 1 + np.log(np.maximum(np.arange(MOST_CHARACTERS + 1), 1))

Rows = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Guess:
    """One label and how sure the model is of it, between 0 and 1."""

    label: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Classification:
    """What the model says of one text. ``label`` is its best guess even where it ``abstained``; where the labels are
    paths and only their common beginning is sure, it is that beginning, and the alternatives stand below it."""

    label: str
    confidence: float
    abstained: bool
    alternatives: tuple[Guess, ...]
    """The next best labels, best first, without ``label``; with ``confidence`` they sum to 1 at most (below a parent:
    to ``confidence`` at most)."""
    because: tuple[str, ...]
    """The words of the text that spoke most for ``label``, at most five."""


class _Weighed(NamedTuple):
    """The model's rows a message touches, each once, ascending, and what they come to."""

    rows: Rows
    values: Scores
    """The TF-IDF value of each row, every block of length 1 × its weight."""
    weights: Scores
    """What each row says for each label."""
    words: int
    """So many of the rows, the first, are of words."""
    scores: Scores


def starter_model_path() -> Path:
    """The model that ships with the package; its card lies beside it."""
    return Path(__file__).parent / "data" / "starter.model"


class TextModel:
    """A linear model over the n-grams of ``classifier.features``, with its card. Immutable; threads may share it."""

    __slots__ = (
        "_bias",
        "_calibration",
        "_parents",
        "_starts",
        "_table",
        "_thresholds",
        "_weights",
        "card",
        "labels",
    )

    def __init__(self, file: ModelFile) -> None:
        self.labels: tuple[str, ...] = file.labels
        self.card: ModelCard = file.card
        self._starts = np.array([0, *itertools.accumulate(file.sizes)], dtype=np.int32)
        # Within each block the commonest n-grams first: most look-ups then fall into the memory the processor holds.
        order = np.lexsort((file.idf, np.repeat(np.arange(len(file.sizes)), file.sizes)))
        self._table = KeyTable(file.keys[order])
        # What an n-gram weighs stands beside its idf, in single precision as in the file: one line of memory a row.
        self._weights = np.concatenate((file.weights[order], file.idf[order, None]), axis=1, dtype=np.float32)
        self._bias = file.bias.astype(np.float64)
        self._calibration: Calibration = file.calibration
        self._parents = families(file.labels)
        thresholds = file.thresholds or (file.card.threshold,) * len(file.labels)
        # A threshold is the confidence of a message it was chosen on: the last bit must not decide. 1 is never.
        self._thresholds = tuple(one - _LAST_BITS if one < 1 else one for one in thresholds)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a model file; ``ModelDamaged`` when it is missing, altered or made for other features."""
        return cls(read_model_file(path))

    def scores(self, text: str) -> Scores:
        """The uncalibrated score of every label, in the order of ``labels``: the training pipeline's own."""
        return self._scores(read(text))

    def _scores(self, reading: Reading) -> Scores:
        return self._weigh(grams_of(reading).keys).scores

    def classify(self, text: str, *, reasons: bool = True) -> Classification:
        """The best label; abstains below its threshold and on a text too short to say anything. Without ``reasons``
        its ``because`` is empty and a third of the time is saved."""
        reading = read(text)
        grams = grams_of(reading)
        weighed = self._weigh(grams.keys)
        plain = weighed.scores.tolist()
        shares = self._calibration.shares_of_one(plain)
        order = sorted(range(len(plain)), key=plain.__getitem__, reverse=True)
        best = order[0]
        said_something = len(weighed.rows) > 0 and count_readable(reading) >= FEWEST_CHARACTERS
        confidence = self._calibration.confidence_of_one(shares[best]) if said_something else 0.0
        abstained = not said_something or confidence < self._thresholds[best]
        because = self._because(reading, grams, weighed, best) if reasons else ()
        if abstained and said_something and self._parents[best]:
            backed_off = self._backed_off(shares, order, because)
            if backed_off is not None:
                return backed_off
        return Classification(
            label=self.labels[best],
            confidence=confidence,
            abstained=abstained,
            alternatives=self._alternatives(shares, order, confidence),
            because=because,
        )

    def _backed_off(
        self, shares: list[float], order: list[int], because: tuple[str, ...]
    ) -> Classification | None:
        """The nearest parent of the best label whose summed share is sure; the labels below it become the
        alternatives, for one of them it is."""
        for parent, below in self._parents[order[0]]:
            summed = math.fsum(shares[at] for at in below)
            confidence = self._calibration.confidence_of_one(summed)
            if confidence >= self._calibration.parent_threshold:
                likely = [at for at in order if at in below][:MOST_ALTERNATIVES]
                scale = min(1.0, confidence / summed)
                return Classification(
                    label=parent,
                    confidence=confidence,
                    abstained=False,
                    alternatives=tuple(Guess(self.labels[at], shares[at] * scale) for at in likely),
                    because=because,
                )
        return None

    def _weigh(self, keys: Keys) -> _Weighed:
        met = self._table.find(keys)[1]
        met.sort()
        starts_anew = np.ones(len(met) + 1, dtype=np.bool_)
        np.not_equal(met[1:], met[:-1], out=starts_anew[1:-1])
        bounds = starts_anew.nonzero()[0]
        rows = met.take(bounds[:-1])
        found = self._weights.take(rows, axis=0).astype(np.float64)
        values = _DAMPED.take(bounds[1:] - bounds[:-1])
        values *= found[:, -1]
        limits = rows.searchsorted(self._starts).tolist()
        for start, end, weight in zip(limits, limits[1:], _BLOCK_WEIGHTS, strict=False):
            if start < end:
                block = values[start:end]
                block *= weight / math.sqrt(block.dot(block))
        weights = found[:, :-1]
        return _Weighed(rows, values, weights, limits[_WORD_BLOCKS], values @ weights + self._bias)

    def _alternatives(self, shares: list[float], order: list[int], confidence: float) -> tuple[Guess, ...]:
        # What the best label leaves is divided as the softmax divides it; "none of these" keeps its part.
        scale = (1 - confidence) / max(1 - shares[order[0]], 1e-9)
        return tuple(
            Guess(self.labels[at], min(confidence, shares[at] * scale))
            for at in order[1 : MOST_ALTERNATIVES + 1]
        )

    def _because(self, reading: Reading, grams: Grams, weighed: _Weighed, best: int) -> tuple[str, ...]:
        """The words that spoke most for a label; its characters where no word is known."""
        rows, words = weighed.rows, weighed.words
        added = weighed.values * weighed.weights[:, best]
        in_words = grams.ends[_WORD_BLOCKS - 1]
        return self._told(reading, grams.keys[:in_words], 0, rows[:words], added[:words]) or self._told(
            reading, grams.keys[in_words:], in_words, rows[words:], added[words:]
        )

    def _told(self, reading: Reading, keys: Keys, first: int, rows: Rows, added: Scores) -> tuple[str, ...]:
        strongest = np.argsort(-added)[:_MOST_CANDIDATES]
        met_at, met = self._table.find(keys)
        by_row = met.argsort(kind="stable")
        at = met_at[by_row[met[by_row].searchsorted(rows[strongest])]] + first
        weighed = zip(at.tolist(), added[strongest].tolist(), strict=True)
        return deciding_words(((gram_at(reading, one), gain) for one, gain in weighed), reading.text)

    def explain(self, text: str) -> Explanation:
        """Why this label and not the next best, and what would change it. Milliseconds, not for the hot path."""
        said = self.classify(text, reasons=False)
        reading = read(text)
        scores = self._scores(reading)
        best, second = np.argsort(-scores, kind="stable")[:2].tolist()
        lead = float(scores[best] - scores[second]) if said.confidence else 0.0
        words = word_shares(reading, self._gains(reading, best, second), lead)
        return Explanation(
            label=said.label,
            confidence=said.confidence,
            runner_up=self.labels[second],
            words=words[:MOST_WORDS],
            change=find_change(reading.text, [one.word for one in words], best, self.scores, self.labels),
        )

    def _gains(self, reading: Reading, best: int, second: int) -> Scores:
        """What each n-gram of ``grams_of``, where it stands, adds to the lead of one label over another."""
        keys = grams_of(reading).keys
        gains = np.zeros(len(keys))
        met_at, met = self._table.find(keys)
        weighed = self._weigh(keys)
        at = weighed.rows.searchsorted(met)
        lead = weighed.values * (weighed.weights[:, best] - weighed.weights[:, second])
        gains[met_at] = (lead / np.bincount(at, minlength=len(lead)))[at]
        return gains
