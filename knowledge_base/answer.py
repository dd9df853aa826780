"""A question → the passage that answers it with its source, or a refusal with the nearest questions."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from knowledge_base.article import Article, ArticleKind, ArticleStatus, resting_on_lapsed
from knowledge_base.aspects import Aspect, asked, without_cues
from knowledge_base.evidence import Calibration, Evidence, asks, shipped_calibration
from knowledge_base.features import content, features, normalize
from knowledge_base.index import ArticleIndex, Hit
from knowledge_base.passages import best_clause, field_with, guide_passage, shorten

_CANDIDATES = 5
_SEARCHED = 20  # deep enough that lapsed articles ahead of a good one do not crowd it out
_MOST_MISSING = 4.0
_GOING_ON = re.compile(r"^(?:那么?|还有|另外|再问|请问)+[，,、]?")
# What a guide says in a field of its own, and the policy behind it at best in passing.
_GUIDES_BETTER = {Aspect.MATERIALS, Aspect.WINDOW, Aspect.PHONE, Aspect.PROMISED_TIME, Aspect.PROCEDURE}
_SAME_QUESTION = 0.7  # almost word for word; no wrong article of the development questions comes above 0.62
_BARE = 6  # characters of a question that is hardly more than one word
_MOST_SUGGESTIONS = 3
_WORTH_SUGGESTING = 0.05
_NAMED = 0.6  # a matter named this fully is worth a suggestion, though nothing was asked of it


@dataclass(frozen=True, slots=True)
class Citation:
    """What an answer rests on, as printed under it: 《标题》（文号，发布日期）."""

    title: str
    issuer: str
    document_number: str | None
    published_on: date


@dataclass(frozen=True, slots=True)
class Answer:
    """A passage in force that day. ``field`` names the guide's field in Chinese (收费标准), None for other kinds."""

    article_id: str
    title: str
    text: str
    citation: Citation
    confidence: float
    field: str | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question the knowledge base does answer."""

    article_id: str
    question: str


class RefusalReason(StrEnum):
    """Nothing is near; something is, but not surely; or what answers it is no longer in force."""

    NOTHING_NEAR = "nothing_near"
    UNSURE = "unsure"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Refusal:
    """No answer, with at most three questions that come nearest."""

    nearest: tuple[Suggestion, ...]
    reason: RefusalReason


@dataclass(frozen=True, slots=True)
class _Candidate:
    article: Article
    evidence: Evidence
    confidence: float


class _Gist(NamedTuple):
    """Words, concepts and pairs of characters: of what a question is about, and of all it says."""

    matter: frozenset[str]
    all: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Known:
    """An article with what its evidence is read from, made once."""

    article: Article
    head: str
    text: str
    forms_of_title: frozenset[str]
    head_forms: frozenset[str]
    forms: frozenset[str]
    heads: tuple[_Gist, ...]


def _known(article: Article) -> _Known:
    heads = (article.title, *article.questions)
    head, text = normalize("\n".join(heads)), normalize(article.text())
    head_forms = frozenset(content(head).values())
    return _Known(
        article=article,
        head=head,
        text=text,
        forms_of_title=frozenset(content(article.title).values()),
        head_forms=head_forms,
        forms=head_forms | frozenset(content(text).values()),
        heads=tuple(_gist(one) for one in heads),
    )


def _gist(question: str) -> _Gist:
    return _Gist(frozenset(features(without_cues(question), (2,))), frozenset(features(question, (2,))))


def _bare(question: str) -> str:
    return normalize(question).strip("?!。 .")


def _share(word: str, text: str) -> float:
    """How much of a word a text has, in pairs of characters: 火化 is half of 火化费."""
    if word in text:
        return 1.0
    pairs = [word[at : at + 2] for at in range(len(word) - 1)]
    return sum(pair in text for pair in pairs) / len(pairs) if pairs else 0.0


class Answerer:
    """Answers from a fixed set of articles; make a new one when the articles change.

    Any article may be among them. What is not in force that day is never quoted; a question that only a lapsed
    article answers is refused as ``LAPSED`` rather than answered from something that merely sounds alike. What was
    never published is left out altogether.
    """

    def __init__(self, articles: Iterable[Article], *, calibration: Calibration | None = None) -> None:
        shown = (ArticleStatus.PUBLISHED, ArticleStatus.EXPIRED, ArticleStatus.REPEALED)
        self._known = {article.id: _known(article) for article in articles if article.status in shown}
        self._calibration = calibration or shipped_calibration()
        self._index = ArticleIndex()
        for known in self._known.values():
            one = known.article
            self._index.add(one.id, title=one.title, body=one.text(), questions=one.questions)
        self._asked_before: dict[str, list[str]] = {}
        for known in self._known.values():
            for head in (known.article.title, *known.article.questions):
                self._asked_before.setdefault(_bare(head), []).append(known.article.id)
        self._quotable = lru_cache(maxsize=8)(self._find_quotable)

    def __len__(self) -> int:
        return len(self._known)

    def answer(self, question: str, *, on: date, about: str | None = None) -> Answer | Refusal:
        """Answer as of that day. ``about`` is the id of the article answered from before, so that “那多少钱？” is
        understood; one that is unknown or no longer in force is ignored."""
        for same in self._asked_before.get(_bare(question), ()):
            if same in self._quotable(on):
                return self._compose(self._known[same].article, question, 1.0)
        candidates, dead = self._weigh(question, on)
        best = max(candidates, key=lambda candidate: candidate.confidence, default=None)
        sure = best is not None and best.confidence >= max(self._calibration.threshold, dead)
        if sure and self._is_vague(question, candidates):
            return self._refuse(question, candidates, lapsed=False)
        if about in self._quotable(on):
            followed = self._follow(question, self._known[about].article, on, strict=sure)
            if followed:
                return followed
        if best is None or not sure:
            return self._refuse(question, candidates, lapsed=dead >= self._calibration.threshold)
        article = self._guide_before(best.article, candidates, question)
        return self._compose(article, question, best.confidence)

    def candidates(self, question: str, *, on: date) -> list[tuple[str, Evidence]]:
        """What ``calibration`` is fitted on: the articles considered and the evidence for each, best hit first."""
        return [(candidate.article.id, candidate.evidence) for candidate in self._weigh(question, on)[0]]

    def _find_quotable(self, on: date) -> frozenset[str]:
        articles = [known.article for known in self._known.values()]
        resting = resting_on_lapsed(articles, on=on)
        return frozenset(one.id for one in articles if one.in_force(on) and one.id not in resting)

    def _weigh(self, question: str, on: date) -> tuple[list[_Candidate], float]:
        """The candidates in force, in the order found, and the confidence a better-scored lapsed article would have
        had (0 without one)."""
        matter = without_cues(question)
        # The matter twice, how it is asked once: “多大年纪” tells two articles on the bus apart, but finds neither.
        hits = self._index.search(f"{matter}\n{question}", limit=_SEARCHED)
        quotable = self._quotable(on)
        living = [hit for hit in hits if hit.article_id in quotable][:_CANDIDATES]
        dead = next((hit for hit in hits if hit.article_id not in quotable), None)
        wanted = self._wanted(matter)
        if not wanted:
            return [], 0.0  # “在哪办？” of what? Whatever sounds alike would be a guess
        gist = _gist(question)

        def weigh(hit: Hit, others: list[Hit]) -> _Candidate:
            evidence = self._evidence(question, wanted, gist, hit, others)
            confidence = self._calibration.confidence(evidence)
            if evidence.likeness >= _SAME_QUESTION:
                confidence = max(confidence, evidence.likeness)
            return _Candidate(self._known[hit.article_id].article, evidence, confidence)

        candidates = [weigh(hit, living) for hit in living]
        if dead is None or (living and living[0].score >= dead.score):
            return candidates, 0.0
        return candidates, weigh(dead, [dead, *living]).confidence

    def _wanted(self, matter: str) -> dict[str, tuple[str, float]]:
        """The content words: word → the form it is compared by, and how much it tells."""
        return {word: (form, self._index.telling(form)) for word, form in content(matter).items()}

    def _evidence(
        self,
        question: str,
        wanted: dict[str, tuple[str, float]],
        gist: _Gist,
        hit: Hit,
        hits: list[Hit],
    ) -> Evidence:
        known = self._known[hit.article_id]
        total = sum(telling for _, telling in wanted.values())
        head = text = 0.0
        for word, (form, telling) in wanted.items():
            in_head = 1.0 if form in known.head_forms else _share(word, known.head)
            in_text = 1.0 if form in known.forms else max(in_head, _share(word, known.text))
            head += telling * in_head
            text += telling * in_text
        others = [other.score for other in hits if other is not hit]
        best = max(other.score for other in hits)
        return Evidence(
            in_head=head / total if total else 0.0,
            in_text=text / total if total else 0.0,
            likeness=max(self._likeness(gist, variant) for variant in known.heads),
            margin=(hit.score - max(others, default=0.0)) / best,
            missing=min((total - text) / self._index.most_telling, _MOST_MISSING),
            asks=float(asks(question)),
        )

    def _likeness(self, gist: _Gist, variant: _Gist) -> float:
        return (self._overlap(gist.matter, variant.matter) + self._overlap(gist.all, variant.all)) / 2

    def _overlap(self, one: frozenset[str], other: frozenset[str]) -> float:
        telling = self._index.telling
        shared = sum(telling(feature) for feature in one & other)
        return shared / math.sqrt(sum(map(telling, one)) * sum(map(telling, other))) if shared else 0.0

    def _follow(self, question: str, article: Article, on: date, *, strict: bool) -> Answer | None:
        """Read a short question as one more about the article just quoted, where it can be.

        It must name an aspect and no other matter; ``strict`` when the question is already answered without that.
        """
        question = _GOING_ON.sub("", question.strip())
        aspects = asked(question)
        rest = content(without_cues(question))
        known = self._known[article.id]
        strange = [word for word, form in rest.items() if form not in known.forms and word not in known.text]
        if strange or (strict and rest) or not (aspects or rest):
            return None
        if len(question) > 20 or (not aspects and len(rest) > 2):
            return None
        if article.guide is None:
            article = self._guide_behind(article, on) or article
        if article.guide is None and not rest:
            return None
        return self._compose(article, question, 1.0)

    def _is_vague(self, question: str, candidates: list[_Candidate]) -> bool:
        """A bare “医保” names several matters and asks nothing: a choice serves better than a guess."""
        if len(question.strip()) > _BARE or len(content(question)) > 1 or asked(question):
            return False
        named = [one.article for one in candidates if one.evidence.in_head == 1.0]
        behind = {basis for article in named for basis in article.basis}
        return sum(article.id not in behind for article in named) > 1

    def _guide_before(self, article: Article, candidates: list[_Candidate], question: str) -> Article:
        """The guide that rests on the policy found, when the question asks for what guides say better."""
        if article.kind is not ArticleKind.POLICY:
            return article
        near = (candidate.article for candidate in candidates)
        guide = next((one for one in near if one.guide and article.id in one.basis), None)
        if guide is None:
            return article
        aspects = set(asked(question))
        bare = self._known[guide.id].forms_of_title.issuperset(content(without_cues(question)).values())
        return guide if aspects & _GUIDES_BETTER or (bare and Aspect.CONDITIONS in aspects) else article

    def _guide_behind(self, article: Article, on: date) -> Article | None:
        quotable = self._quotable(on)
        basis = (self._known[one].article for one in article.basis if one in quotable)
        return next((one for one in basis if one.guide), None)

    def _compose(self, article: Article, question: str, confidence: float) -> Answer:
        field: str | None = None
        if article.guide:
            text, field = guide_passage(article, self._aspects(article, question))
        elif article.kind is ArticleKind.POLICY:
            text = shorten(best_clause(article.body, question))
        else:
            text = shorten(article.body)
        citation = Citation(article.title, article.issuer, article.document_number, article.published_on)
        return Answer(article.id, article.title, text, citation, confidence, field)

    def _aspects(self, article: Article, question: str) -> tuple[Aspect, ...]:
        """The fields asked for; where only “怎么办” is asked, the field that speaks of what else was said."""
        assert article.guide is not None
        aspects = asked(question)
        if aspects and aspects != (Aspect.PROCEDURE,):
            return aspects
        title = self._known[article.id].forms_of_title
        said = (
            word
            for word, form in content(without_cues(question)).items()
            if form not in title and word not in article.title
        )
        field = field_with(article.guide, said)
        return (field,) if field and field not in (Aspect.PROCEDURE, Aspect.MATERIALS) else aspects

    def _refuse(self, question: str, candidates: list[_Candidate], *, lapsed: bool) -> Refusal:
        gist = _gist(question)
        nearest = []
        for candidate in sorted(candidates, key=lambda candidate: -candidate.confidence):
            if candidate.confidence < _WORTH_SUGGESTING and candidate.evidence.in_head < _NAMED:
                continue
            article, known = candidate.article, self._known[candidate.article.id]
            likeness = [self._likeness(gist, variant) for variant in known.heads[1:]]
            closest = article.questions[likeness.index(max(likeness))] if likeness else article.title
            nearest.append(Suggestion(article.id, closest))
        nearest = nearest[:_MOST_SUGGESTIONS]
        if lapsed:
            return Refusal(tuple(nearest), RefusalReason.LAPSED)
        return Refusal(tuple(nearest), RefusalReason.UNSURE if nearest else RefusalReason.NOTHING_NEAR)
