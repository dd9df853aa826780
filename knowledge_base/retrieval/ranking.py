"""The order of the candidates: a learned weighing of plain measures, the same for a question and for a letter."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge_base.retrieval.corpus import Candidates, Statistics
from knowledge_base.retrieval.features import DATA, normalize
from knowledge_base.retrieval.reading import codes, pair_keys
from knowledge_base.retrieval.similarity import FEATURES, Floats, measure

WEIGHTS_FILE = DATA / "ranking" / "weights.json"

GATES = ("always", "long question", "long articles")
"""Each measure has a weight that always counts, one that grows with the question and one with the usual article."""

_SHORT_QUESTION, _LONG_QUESTION = 8, 250  # distinct pairs of characters
_SHORT_ARTICLES, _LONG_ARTICLES = 8, 1000  # codes
_SMALL = 0.02  # a measure whose best is hardly above nothing tells candidates apart hardly at all
_SCALE = 3.0
_SPREAD = 3.0  # the score halves with every two or so that a candidate falls behind
_NAMED = 1e3
_NUMBER = re.compile(r"(\w{1,3})[^\w\s]{0,2}\s?(\d{4})[^\w\s]{0,2}\s?第?0*(\d{1,5})\s?号")


@dataclass(frozen=True, slots=True)
class Ranking:
    """``weights`` has a row for each of ``GATES`` and a column for each of ``similarity.FEATURES``."""

    weights: NDArray[np.float64]

    def order(self, measured: Floats, *, extent: int, article_length: float) -> NDArray[np.float64]:
        """How well each candidate fits, in natural logarithms of odds between two of them."""
        at_hand = gates(extent, article_length) @ self.weights
        return standardized(measured).astype(np.float64) @ at_hand

    def save(self, path: Path, **provenance: object) -> None:
        table = {
            name: [round(float(one), 4) for one in row] for name, row in zip(GATES, self.weights, strict=True)
        }
        record = {**provenance, "features": FEATURES, "weights": table}
        path.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def rerank(question: str, candidates: Candidates, statistics: Statistics) -> NDArray[np.float64]:
    """A score for each candidate: 1 for the best, the others by how far they fall behind; never 0.

    Only differences within one question mean anything. An article that bears the 文号 a question names comes first.
    """
    if not len(candidates):
        return np.zeros(0)
    article_length = statistics.mean_head + statistics.mean_body
    odds = shipped_ranking().order(
        measure(question, candidates, statistics), extent=extent(question), article_length=article_length
    )
    odds += _NAMED * _bears_number(question, candidates)
    scores: NDArray[np.float64] = np.exp(np.maximum((odds - odds.max()) / _SPREAD, -600.0))
    return scores


def extent(question: str) -> int:
    """How much a question says: its distinct pairs of characters, so that saying it twice adds nothing."""
    keys = pair_keys(codes(normalize(question)))
    return len(np.unique(keys[keys != 0]))


def gates(extent: int, article_length: float) -> NDArray[np.float64]:
    """How much each row of weights counts."""
    long_question = _between(extent, _SHORT_QUESTION, _LONG_QUESTION) - 0.5
    long_articles = _between(article_length, _SHORT_ARTICLES, _LONG_ARTICLES) - 0.5
    return np.array([1.0, long_question, long_articles])


def standardized(measured: Floats) -> Floats:
    """Each measure as a share of its best among the candidates."""
    shares: Floats = measured / (np.abs(measured).max(axis=0) + np.float32(_SMALL)) * np.float32(_SCALE)
    return shares


@lru_cache(maxsize=1)
def shipped_ranking() -> Ranking:
    """The weights in ``data/ranking``. Raises ``ValueError`` when they are of other measures."""
    record = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))
    if tuple(record["features"]) != FEATURES:
        raise ValueError(f"{WEIGHTS_FILE.name} was learned of other measures: run scripts/train_ranking.py")
    return Ranking(np.array([record["weights"][name] for name in GATES], np.float64))


def _between(value: float, least: float, most: float) -> float:
    place = (math.log(value + 1) - math.log(least)) / (math.log(most) - math.log(least))
    return min(max(place, 0.0), 1.0)


def _bears_number(question: str, candidates: Candidates) -> NDArray[np.float64]:
    """1 for the candidate whose title or first line has the 文号 asked for, less the later it is said, 0 without it."""
    found = np.zeros(len(candidates))
    for issuer, year, number in _NUMBER.findall(normalize(question)):
        for wanted in (f"{issuer[-1:]}{year}{number}号", f"{issuer[-1:]}{year}第{number}号"):
            sought = codes(wanted)[:-1]
            np.maximum(found, _place(candidates, sought), out=found)
    return found


def _place(candidates: Candidates, sought: NDArray[np.uint16]) -> NDArray[np.float64]:
    """How early each says this, brackets and blanks apart: 1 at the beginning of its head, 0.9 at that of its body, 0
    where it does not."""
    kept = np.flatnonzero(candidates.codes)
    text = candidates.codes[kept]
    at = np.arange(max(len(text) - len(sought) + 1, 0))
    for place, code in enumerate(sought):
        at = at[text[at + place] == code]
    parts = np.searchsorted(candidates.starts, kept[at], side="right") - 1
    early = np.where(parts % 2, 0.9, 1.0) / (1 + (kept[at] - candidates.starts[parts]) / 100)
    found = np.zeros(len(candidates))
    np.maximum.at(found, parts // 2, early)
    return found
