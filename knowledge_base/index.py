"""Find the articles nearest to a question: BM25 over title and questions (short) and over the text (long)."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge_base.bm25 import Bm25
from knowledge_base.features import features

# Short texts share single characters where they share no word; long ones need longer pieces to be told apart.
# Weights by feature length: key 0 is a word or concept, n a character n-gram. Chosen on public question pairs,
# letters with their replies and policy documents (see ``huiyin evaluate answers``).
_HEAD_WEIGHTS = {0: 1.0, 1: 1.0, 2: 0.5}
_TEXT_WEIGHTS = {0: 1.0, 1: 0.5, 2: 1.0, 3: 0.5}
_HEAD_SHARE = 1.0
_SHORT, _LONG = 30, 80  # characters: a question, and a letter


@dataclass(frozen=True, slots=True)
class Hit:
    """An article and how well it fits; scores compare within one search only."""

    article_id: str
    score: float


def _sharpness(length: int) -> float:
    """The power of idf: a question means each of its words, of a letter only the rare ones count."""
    return 1.0 + min(max((length - _SHORT) / (_LONG - _SHORT), 0.0), 1.0)


def _weigh(found: Counter[str], weights: dict[int, float]) -> dict[str, float]:
    return {
        feature: weight * (1 + math.log(count))  # a word said three times is not meant three times as much
        for feature, count in found.items()
        if (weight := weights.get(0 if feature[0] in "/≈" else len(feature)))
    }


class ArticleIndex:
    """Add, remove, search; small enough to be rebuilt at every start."""

    def __init__(self) -> None:
        self._heads = Bm25()
        self._texts = Bm25()
        self._rows: dict[str, tuple[tuple[int, ...], int]] = {}
        self._head_owner: dict[int, str] = {}
        self._order: NDArray[np.int64] | None = None
        self._ids: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, article_id: str) -> bool:
        return article_id in self._rows

    def add(self, article_id: str, *, title: str, body: str, questions: tuple[str, ...] = ()) -> None:
        """Add an article, or replace the one of that id."""
        if article_id in self._rows:
            self.remove(article_id)
        heads = []
        for head in dict.fromkeys((title, *questions)):
            row = self._heads.add(features(head, (1, 2)), length=len(head))
            self._head_owner[row] = article_id
            heads.append(row)
        text = self._texts.add(features(body, (1, 2, 3)), length=len(body))
        self._rows[article_id] = (tuple(heads), text)
        self._order = None

    def remove(self, article_id: str) -> None:
        """Take an article out; one that is not there is no error."""
        if article_id not in self._rows:
            return
        heads, text = self._rows.pop(article_id)
        self._heads.remove(heads)
        self._texts.remove((text,))
        for row in heads:
            del self._head_owner[row]
        self._order = None

    def search(self, question: str, *, limit: int = 10) -> list[Hit]:
        """The best articles, best first; none that shares nothing with the question."""
        scores = self._scores(question)
        if not len(scores):
            return []
        count = min(limit, len(scores))
        best = np.argsort(-scores, kind="stable")[:count]
        return [Hit(self._ids[at], float(scores[at])) for at in best if scores[at] > 0]

    def telling(self, feature: str) -> float:
        """How much a word, concept or n-gram says about which article is meant; one found in none says most."""
        return self._texts.idf(feature)

    @property
    def most_telling(self) -> float:
        """What a word found in no article says."""
        return self._texts.idf("")

    def _scores(self, question: str) -> NDArray[np.float64]:
        found = features(question, (1, 2, 3))
        sharpness = _sharpness(len(question))
        texts = self._texts.scores(_weigh(found, _TEXT_WEIGHTS), sharpness=sharpness)
        heads = self._heads.scores(_weigh(found, _HEAD_WEIGHTS), sharpness=sharpness)
        best_head = np.zeros(len(texts))
        np.maximum.at(best_head, self._owners(), heads)
        return texts + _HEAD_SHARE * best_head

    def _owners(self) -> NDArray[np.int64]:
        """For each head row, the place of its article in the order of the text rows."""
        if self._order is None:
            article_of = {text: article_id for article_id, (_, text) in self._rows.items()}
            self._ids = tuple(article_of[int(row)] for row in self._texts.rows())
            place = {article_id: at for at, article_id in enumerate(self._ids)}
            owners = (place[self._head_owner[int(row)]] for row in self._heads.rows())
            self._order = np.fromiter(owners, np.int64, len(self._heads))
        return self._order
