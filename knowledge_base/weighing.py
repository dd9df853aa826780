"""How much speaks for each article near a question."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from knowledge_base.article import Article
from knowledge_base.aspects import without_cues
from knowledge_base.evidence import Calibration, Evidence, Manner
from knowledge_base.features import content, normalize
from knowledge_base.index import ArticleIndex, Hit
from knowledge_base.known import Gist, Head, Known, gist, read_article, share
from knowledge_base.pointing import tells_more
from knowledge_base.standing import Shelf

_MOST_FOUND, _MOST_MISSING = 3.0, 4.0
_REMEMBERED = 100_000  # features, a few megabytes
_REMEMBERED_SUMS = 20_000
_KEPT = 1000  # articles, about 20 kB each
_ABSENT = 0.5  # less than half of a word is not that word
_SAME_QUESTION = 0.7  # almost word for word; no wrong article of the development questions comes above 0.62


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article near the question, what speaks for it, its lead over the best other one, and how probable all that
    makes it."""

    article: Article
    evidence: Evidence
    gap: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is weighed: its gist, and its content words with form and information."""

    question: str
    said: str
    gist: Gist
    wanted: dict[str, tuple[str, float]]
    forms: frozenset[str]
    manner: Manner

    @property
    def total(self) -> float:
        return sum(telling for _, telling in self.wanted.values())


class Scales:
    """Weighs hits of one index by what stands in the articles of one shelf."""

    def __init__(self, index: ArticleIndex, calibration: Calibration, shelf: Shelf) -> None:
        self._index = index
        self._calibration = calibration
        self._shelf = shelf
        self._read = lru_cache(maxsize=_KEPT)(read_article)
        self._tellings: dict[str, float] = {}
        self._sums: dict[frozenset[str], float] = {}

    def forget(self) -> None:
        """The index has changed, and with it how much every feature tells."""
        self._tellings.clear()
        self._sums.clear()

    def known(self, article_id: str) -> Known:
        """What is read from an article; its words are cut once while it is asked for often."""
        return self._read(self._shelf[article_id])

    def read(self, question: str) -> Asked:
        wanted = content(without_cues(question))
        telling = {word: (form, self._telling(form)) for word, form in wanted.items()}
        return Asked(
            question=question,
            said=normalize(question),
            gist=gist(question),
            wanted=telling,
            forms=frozenset(wanted.values()),
            manner=Manner.of(question),
        )

    def weigh(self, asked: Asked, hits: Sequence[Hit]) -> list[Candidate]:
        """All of them, likeliest first, each against the others."""
        best = max((hit.score for hit in hits), default=0.0)
        near = [self._shelf[hit.article_id] for hit in hits]
        found = [(hit.article_id, self._evidence(asked, hit, best, near)) for hit in hits]
        ranked = sorted(
            ((self._calibration.rank(evidence), name, evidence) for name, evidence in found), reverse=True
        )
        return [self._judge(asked, ranked, at) for at in range(len(ranked))]

    def likeness(self, one: Gist, other: Gist) -> float:
        return (self._overlap(one.matter, other.matter) + self._overlap(one.all, other.all)) / 2

    def _telling(self, feature: str) -> float:
        known = self._tellings.get(feature)
        if known is None:
            if len(self._tellings) >= _REMEMBERED:
                self._tellings.clear()
            known = self._tellings[feature] = self._index.telling(feature)
        return known

    def _judge(self, asked: Asked, ranked: Sequence[tuple[float, str, Evidence]], at: int) -> Candidate:
        rank, name, evidence = ranked[at]
        rival = ranked[1 if at == 0 else 0][0] if len(ranked) > 1 else -math.inf
        confidence = self._calibration.confidence(evidence, rank - rival, asked.manner)
        if evidence.likeness >= _SAME_QUESTION:
            confidence = max(confidence, evidence.likeness)
        return Candidate(self.known(name).article, evidence, rank - rival, confidence)

    def _evidence(self, asked: Asked, hit: Hit, best: float, near: Sequence[Article]) -> Evidence:
        known, total = self.known(hit.article_id), asked.total
        in_head = {word: known.in_head(word, form) for word, (form, _) in asked.wanted.items()}
        in_text = {word: known.in_text(word, form) for word, (form, _) in asked.wanted.items()}
        text = sum(telling * in_text[word] for word, (_, telling) in asked.wanted.items())
        return Evidence(
            score=hit.score / best if best > 0 else 0.0,
            in_head=sum(telling * in_head[word] for word, (_, telling) in asked.wanted.items()) / total,
            in_text=text / total,
            likeness=max(self.likeness(asked.gist, head.gist) for head in known.heads),
            covered=self._share(asked.gist.matter, [one for one in asked.gist.matter if known.has(one)]),
            named=max(self._named(head, asked) for head in known.heads),
            found=min(text / self._index.most_telling, _MOST_FOUND),
            missing=min((total - text) / self._index.most_telling, _MOST_MISSING),
            tells=_tells(known.article, near, asked.question),
            beside=self._beside(asked, in_head, in_text),
        )

    def _named(self, head: Head, asked: Asked) -> float:
        telling = {word: self._telling(form) for word, form in head.wanted.items()}
        total = sum(telling.values())
        found = (
            telling[word] * (1.0 if form in asked.forms else share(word, asked.said))
            for word, form in head.wanted.items()
        )
        return sum(found) / total if total else 0.0

    def _beside(self, asked: Asked, in_head: dict[str, float], in_text: dict[str, float]) -> float:
        places = {word: asked.said.find(word) for word in asked.wanted}
        named = [
            (places[word], word) for word, share_ in in_head.items() if share_ == 1.0 and places[word] >= 0
        ]
        absent = [word for word, share_ in in_text.items() if share_ < _ABSENT and places[word] >= 0]
        close = (
            asked.wanted[word][1]
            for word in absent
            for at, other in named
            if -1 <= at - (places[word] + len(word)) <= 1 or -1 <= places[word] - (at + len(other)) <= 1
        )
        return max(close, default=0.0) / self._index.most_telling

    def _share(self, features: Collection[str], found: Collection[str]) -> float:
        total = sum(map(self._telling, features))
        return sum(map(self._telling, found)) / total if total else 0.0

    def _overlap(self, one: frozenset[str], other: frozenset[str]) -> float:
        shared = sum(map(self._telling, one & other))
        if not shared:
            return 0.0
        return shared / math.sqrt(self._sum(one) * self._sum(other))

    def _sum(self, features: frozenset[str]) -> float:
        known = self._sums.get(features)
        if known is None:
            if len(self._sums) >= _REMEMBERED_SUMS:
                self._sums.clear()
            known = self._sums[features] = sum(map(self._telling, features))
        return known


def _tells(article: Article, near: Sequence[Article], question: str) -> float:
    kin = [one for one in near if one.id in article.basis or article.id in one.basis]
    return min((tells_more(article, one, question) for one in kin), default=0.0)
