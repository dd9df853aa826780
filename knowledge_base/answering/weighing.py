"""How much speaks for each article near a question."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge_base.answering.aspects import without_cues
from knowledge_base.answering.evidence import Calibration, Evidence, Manner, Passage
from knowledge_base.answering.known import Gist, Head, Known, read_article, share
from knowledge_base.answering.matters import (
    Named,
    another_of_a_kind,
    knows_thing,
    matters,
    of_a_kind,
    thing_at_stake,
)
from knowledge_base.answering.pointing import likely_passage, tells_more
from knowledge_base.answering.remembered import Remembered
from knowledge_base.answering.standing import Shelf
from knowledge_base.article import Article
from knowledge_base.retrieval.features import concepts, cut, normalize
from knowledge_base.retrieval.index import ArticleIndex, Hit

_MOST_FOUND, _MOST_STRANGE, _MOST_UNMEANT, _MOST_UNSAID = 3.0, 2.0, 2.0, 4.0
# Who and where: concepts that many an answer leaves unsaid. What is asked of it (≈费用, ≈材料) stands in fields.
_BY_THE_WAY = frozenset(
    {"≈父母", "≈老人", "≈孩子", "≈县城", "≈农村", "≈外来务工", "≈户籍", "≈材料", "≈费用", "≈手机办理"}
)
_REMEMBERED = 100_000  # features, a few megabytes
_REMEMBERED_SUMS = 2_000  # each keeps its features: a few megabytes
_KEPT = 10_000_000  # characters, 20 MB: the longest articles must not take a gigabyte
_ABSENT = 0.5  # less than half of a word is not that word
_SAME_MATTER, _SURE = 0.55, 0.95  # 45 of 45 of the questions fitted on were answered rightly
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
    """A question as it is weighed: its gist, and its content words with form and information. All that is the same
    for every article is in it: ``total`` of the information, where each word stands, and of each feature of its gist
    how it is looked for and what it tells."""

    question: str
    said: str
    gist: Gist
    wanted: dict[str, tuple[str, float]]
    total: float
    places: dict[str, int]
    looked_for: tuple[tuple[str, float], ...]
    forms: frozenset[str]
    matters: dict[str, str]
    thing: str | None
    kinds: Named
    manner: Manner


class _Tellings(dict[str, float]):
    """How much each feature tells, asked of the index once."""

    def __init__(self, index: ArticleIndex) -> None:
        super().__init__()
        self._index = index

    def __missing__(self, feature: str) -> float:
        if len(self) >= _REMEMBERED:
            self.clear()
        telling = self[feature] = self._index.telling(feature)
        return telling


class Scales:
    """Weighs hits of one index by what stands in the articles of one shelf."""

    def __init__(self, index: ArticleIndex, calibration: Calibration, shelf: Shelf) -> None:
        self._index = index
        self._calibration = calibration
        self._shelf = shelf
        self._read = Remembered(read_article, size=Known.size, most=_KEPT)
        self._tellings = _Tellings(index)
        self._sums: dict[frozenset[str], float] = {}

    def forget(self) -> None:
        """The index has changed, and with it how much every feature tells."""
        self._tellings.clear()
        self._sums.clear()

    def known(self, article_id: str) -> Known:
        """What is read from an article; its words are cut once while it is asked for often."""
        return self._read(self._shelf[article_id])

    def read(self, question: str) -> Asked:
        less, whole, said = without_cues(question), cut(question), normalize(question)
        matter = whole if less == question else cut(less)
        wanted = {word: (form, self._tellings[form]) for word, form in matter.content.items()}
        return Asked(
            question=question,
            said=said,
            gist=Gist(matter.features, whole.features),
            wanted=wanted,
            total=sum(telling for _, telling in wanted.values()),
            places={word: said.find(word) for word in wanted},
            looked_for=tuple((one.lstrip("/"), self._tellings[one]) for one in matter.features),
            forms=frozenset(matter.content.values()),
            matters=matters(said),
            thing=thing_at_stake(said),
            kinds=of_a_kind(said, frozenset(concepts(said))),
            manner=Manner.of(question),
        )

    def weigh(self, asked: Asked, hits: Sequence[Hit]) -> list[Candidate]:
        """All of them, likeliest first, each against the others. How sure the others are is told by what the first
        would have read out: a passage is looked for in one article only."""
        best = max((hit.score for hit in hits), default=0.0)
        near = [self._shelf[hit.article_id] for hit in hits]
        found = [(hit.article_id, self._evidence(asked, hit, best, near)) for hit in hits]
        ranked = sorted(
            ((self._calibration.rank(evidence), name, evidence) for name, evidence in found), reverse=True
        )
        if not ranked:
            return []
        passage = likely_passage(self._shelf[ranked[0][1]], asked.question)
        return [self._judge(asked, ranked, passage, at) for at in range(len(ranked))]

    def likeness(self, one: Gist, other: Gist) -> float:
        matters = self._overlap(one.matter, other.matter)
        if one.matter is one.all and other.matter is other.all:
            return matters
        return (matters + self._overlap(one.all, other.all)) / 2

    def _judge(
        self, asked: Asked, ranked: Sequence[tuple[float, str, Evidence]], passage: Passage, at: int
    ) -> Candidate:
        rank, name, evidence = ranked[at]
        rival = ranked[1 if at == 0 else 0][0] if len(ranked) > 1 else -math.inf
        confidence = self._calibration.confidence(evidence, passage, rank - rival, asked.manner)
        if evidence.likeness >= _SAME_QUESTION:
            confidence = max(confidence, evidence.likeness)
        if evidence.likeness >= _SAME_MATTER and evidence.is_whole():
            confidence = max(confidence, _SURE)
        return Candidate(self._shelf[name], evidence, rank - rival, confidence)

    def _evidence(self, asked: Asked, hit: Hit, best: float, near: Sequence[Article]) -> Evidence:
        known, total, most = self.known(hit.article_id), asked.total, self._tellings[""]
        in_head = {word: known.in_head(word, form) for word, (form, _) in asked.wanted.items()}
        # What the heads have whole, the article has.
        in_text = {
            word: 1.0 if in_head[word] == 1.0 else known.in_text(word, form)
            for word, (form, _) in asked.wanted.items()
        }
        head = text = unmeant = unsaid = 0.0
        for word, (form, telling) in asked.wanted.items():
            head += telling * in_head[word]
            text += telling * in_text[word]
            if form[0] != "≈":
                unsaid += telling * (1 - in_text[word])
            elif form not in _BY_THE_WAY:
                unmeant += telling * (1 - in_text[word])
        return Evidence(
            score=hit.score / best if best > 0 else 0.0,
            in_head=head / total,
            in_text=text / total,
            likeness=max(self.likeness(asked.gist, one.gist) for one in known.heads),
            covered=_covered(known, asked),
            named=max(self._named(one, asked) for one in known.heads),
            found=min(text / most, _MOST_FOUND),
            strange=min(self._strange(known, asked), _MOST_STRANGE),
            unmeant=min(unmeant / most, _MOST_UNMEANT),
            unsaid=min(unsaid / most, _MOST_UNSAID),
            tells=_tells(known.article, near, asked.question),
            beside=_beside(asked, in_head, in_text) / most,
        )

    def _strange(self, known: Known, asked: Asked) -> int:
        strange = sum(
            word not in known.whole and form not in known.forms for word, form in asked.matters.items()
        )
        if asked.thing and not knows_thing(
            asked.thing, title=known.article.title, forms=known.head_forms, whole=known.whole
        ):
            strange += 1
        return strange + another_of_a_kind(asked.kinds, of_a_kind(known.head, known.head_forms, asked.kinds))

    def _named(self, head: Head, asked: Asked) -> float:
        total = found = 0.0
        for word, form in head.wanted.items():
            telling = self._tellings[form]
            total += telling
            found += telling if form in asked.forms else telling * share(word, asked.said)
        return found / total if total else 0.0

    def _overlap(self, one: frozenset[str], other: frozenset[str]) -> float:
        shared = sum(map(self._tellings.__getitem__, one & other))
        if not shared:
            return 0.0
        return shared / math.sqrt(self._sum(one) * self._sum(other))

    def _sum(self, features: frozenset[str]) -> float:
        known = self._sums.get(features)
        if known is None:
            if len(self._sums) >= _REMEMBERED_SUMS:
                self._sums.clear()
            known = self._sums[features] = sum(map(self._tellings.__getitem__, features))
        return known


def _covered(known: Known, asked: Asked) -> float:
    """The share of what the gist says that occurs anywhere in the article."""
    total = found = 0.0
    for feature, telling in asked.looked_for:
        total += telling
        if feature in known.forms if feature[0] == "≈" else feature in known.whole:
            found += telling
    return found / total if total else 0.0


def _beside(asked: Asked, in_head: dict[str, float], in_text: dict[str, float]) -> float:
    """What the most telling word tells that the article lacks and that stands right beside one it is named by."""
    places = asked.places
    named = [(places[word], word) for word, share_ in in_head.items() if share_ == 1.0 and places[word] >= 0]
    absent = [word for word, share_ in in_text.items() if share_ < _ABSENT and places[word] >= 0]
    close = (
        asked.wanted[word][1]
        for word in absent
        for at, other in named
        if -1 <= at - (places[word] + len(word)) <= 1 or -1 <= places[word] - (at + len(other)) <= 1
    )
    return max(close, default=0.0)


def _tells(article: Article, near: Sequence[Article], question: str) -> float:
    kin = [one for one in near if one.id in article.basis or article.id in one.basis]
    return min((tells_more(article, one, question) for one in kin), default=0.0)
