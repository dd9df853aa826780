"""A question → the passage that answers it with its source, or a refusal with the nearest questions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from knowledge_base.answering.aspects import Aspect, asked, without_cues
from knowledge_base.answering.composing import compose
from knowledge_base.answering.elsewhere import other_place
from knowledge_base.answering.evidence import (
    DEFAULT_PRECISION,
    Calibration,
    Evidence,
    Passage,
    asks,
    shipped_calibration,
)
from knowledge_base.answering.following import (
    NO_MATTER,
    asks_for_provision,
    goes_on,
    has_own_matter,
    is_about,
)
from knowledge_base.answering.known import bare
from knowledge_base.answering.numbered import Numbers, without_numbers
from knowledge_base.answering.offering import Offers
from knowledge_base.answering.outcome import (
    Answer,
    Choice,
    Citation,
    Outcome,
    Refusal,
    RefusalReason,
    Suggestion,
)
from knowledge_base.answering.pointing import likely_passage
from knowledge_base.answering.sensitive import sensitive_topic
from knowledge_base.answering.standing import Shelf, Standing
from knowledge_base.answering.times import named_years, years_in
from knowledge_base.answering.weighing import Asked, Candidate, Scales
from knowledge_base.article import Article, ArticleKind
from knowledge_base.retrieval.features import content
from knowledge_base.retrieval.index import ArticleIndex, Entry, Hit

__all__ = [
    "Answer",
    "Answerer",
    "Choice",
    "Citation",
    "Evidence",
    "Outcome",
    "Refusal",
    "RefusalReason",
    "Suggestion",
    "asks",
]

_CANDIDATES = 8
_MOST_CHARACTERS = 300  # weighing a longer question would hold up everybody else's
_SEARCHED = (
    60  # deep enough that lapsed articles, or another county's, ahead of a good one do not crowd it out
)
# What a guide says in a field of its own, and the policy behind it at best in passing.
_GUIDES_BETTER = {Aspect.MATERIALS, Aspect.WINDOW, Aspect.PHONE, Aspect.PROMISED_TIME, Aspect.PROCEDURE}
_ONLY_IN_GUIDES = {Aspect.MATERIALS, Aspect.WINDOW, Aspect.PHONE}
_ALIKE = 0.5  # so near to a known question that it is that one, whatever was spoken of before
_CLEARLY = 0.5  # the lead of an article that does not hold from which the one that does is not what was meant
_GUIDE = re.compile(r"[（(][^（()）]*[）)]|(?:办事|服务)指南$")
_AT_A_TIME = 5_000
_ASKED_AGAIN = 40  # characters: what many ask in the same words is short, and a short text names nobody
_MOST_ANSWERED = 2_000  # outcomes, of some hundred characters each


_Question = tuple[str, date, str | None, frozenset[str] | None]


@dataclass(frozen=True, slots=True)
class _Beside:
    """Whether an article that does not hold is clearly nearer than all that do, and how sure an answer from it would
    have been, had it not lapsed. Of one that is to come nothing is said, yet neither is the question answered from
    something else."""

    nearer: bool = False
    lapsed: float = 0.0


class Answerer:
    """Answers from the articles put in; a change is heard by the next question.

    Any article may be among them. What is not in force that day, or not where the asker is, is never quoted nor
    suggested; a question that only a lapsed article answers is refused as ``LAPSED`` rather than answered from
    something that merely sounds alike. What was never published is left out altogether. ``regions`` names the
    asker's place and all above it; None here and in the question restricts nothing. ``precision`` is the share of
    given answers that shall be right: the higher, the more is refused.

    Not for several threads at once: ``put`` and ``remove`` belong where the questions are asked.
    """

    def __init__(
        self,
        articles: Iterable[Article] = (),
        *,
        calibration: Calibration | None = None,
        precision: float = DEFAULT_PRECISION,
        regions: frozenset[str] | None = None,
    ) -> None:
        self._calibration = calibration or shipped_calibration()
        self._threshold = self._calibration.threshold_for(precision)
        self._regions = regions
        self._shelf = Shelf()
        self._index = ArticleIndex()
        self._numbers = Numbers()
        self._asked_before: dict[str, tuple[str, ...]] = {}
        self._answered: dict[_Question, Outcome] = {}
        self._scales = Scales(self._index, self._calibration, self._shelf)
        self._offers = Offers(self._scales)
        kept = [article for article in articles if self._shelf.put(article)]
        self._index.add_many(_entry(article) for article in kept)
        for article in kept:
            self._remember_heads(article)

    def __len__(self) -> int:
        return len(self._shelf)

    def get(self, article_id: str) -> Article | None:
        """The article as it is known here, in force or not."""
        return self._shelf.get(article_id)

    def basis_holds(self, article_id: str, *, on: date) -> bool:
        """Whether all it rests on holds and no document ended it, whatever its own dates and place say."""
        return self._shelf.basis_holds(article_id, on=on)

    def put(self, article: Article) -> None:
        """Take an article in, or in place of the one of that id."""
        self._answered.clear()
        self.remove(article.id)
        if not self._shelf.put(article):
            return
        self._index.add_many((_entry(article),))
        self._remember_heads(article)

    def remove(self, article_id: str) -> None:
        """Take an article out; one that is not there is no error."""
        self._answered.clear()
        article = self._shelf.remove(article_id)
        if article is None:
            return
        self._index.remove(article_id)
        self._scales.forget()
        self._numbers.remove(article)
        for head in _heads(article):
            left = tuple(one for one in self._asked_before[head] if one != article_id)
            if left:
                self._asked_before[head] = left
            else:
                del self._asked_before[head]

    def let_go(self) -> Iterator[None]:
        """Empty it a little at a time, once another has taken its place; dropped at once, the articles of a city stop
        the whole process for a moment."""
        self._answered.clear()
        yield from self._shelf.let_go()
        yield from self._index.let_go()
        while self._asked_before:
            for _ in range(min(len(self._asked_before), _AT_A_TIME)):
                self._asked_before.popitem()
            yield

    def answer(
        self, question: str, *, on: date, about: str | None = None, regions: frozenset[str] | None = None
    ) -> Outcome:
        """Answer as of that day. ``about`` is the id of the article answered from before, so that “那多少钱？” is
        understood; one that is unknown or no longer in force is ignored. What was answered lately is answered the same
        without weighing it anew."""
        regions = self._regions if regions is None else regions
        question = _both_ends(question.strip())
        if len(question) > _ASKED_AGAIN:
            return self._answer(question, on, about, regions)
        asked = (question, on, about, regions)
        outcome = self._answered.get(asked)
        if outcome is None:
            if len(self._answered) >= _MOST_ANSWERED:
                self._answered.clear()
            outcome = self._answered[asked] = self._answer(question, on, about, regions)
        return outcome

    def _answer(self, question: str, on: date, about: str | None, regions: frozenset[str] | None) -> Outcome:
        if topic := sensitive_topic(question):
            return Refusal((), RefusalReason.SENSITIVE, topic)
        if (known := self._known_question(question, on, regions)) is not None:
            return known
        if (numbered := self._numbered(question, on, regions)) is not None:
            return numbered
        read = self._scales.read(question)
        candidates, beside = self._weigh(read, on, regions)
        if regions and (place := other_place(question, regions=regions, known=self._shelf.regions)):
            nearest = self._offers.refuse(read, candidates, lapsed=False).nearest
            return Refusal(nearest, RefusalReason.OTHER_REGION, place)
        best = candidates[0] if candidates else None
        sure = best is not None and best.confidence >= self._threshold and not beside.nearer
        if choice := self._offers.bare_choice(read, candidates):
            return choice
        if about is not None and self._shelf.holds(about, on=on, regions=regions):
            alike = sure and best is not None and best.evidence.likeness >= _ALIKE
            elsewhere = best is not None and self._is_elsewhere(best, read, about)
            followed = None if elsewhere else self._follow(question, about, on, regions, strict=alike)
            if followed:
                return followed
        if best is None or not sure:
            lapsed = beside.lapsed >= self._threshold
            if not lapsed and (choice := self._offers.close_choice(read, candidates)):
                return choice
            return self._offers.refuse(read, candidates, lapsed=lapsed)
        article = self._guide_before(best.article, candidates, question)
        return compose(article, question, best.confidence)

    def answer_from(
        self, article_id: str, question: str, *, on: date, regions: frozenset[str] | None = None
    ) -> Answer | Refusal:
        """What one article says to a question: the answer behind a choice or a suggestion. Refused as ``LAPSED``
        when it may not be quoted (any more)."""
        regions = self._regions if regions is None else regions
        if not self._shelf.holds(article_id, on=on, regions=regions):
            return Refusal((), RefusalReason.LAPSED)
        return compose(self._shelf[article_id], question, 1.0)

    def search(
        self,
        words: str,
        *,
        on: date,
        regions: frozenset[str] | None = None,
        limit: int = 50,
        lapsed: bool = False,
    ) -> tuple[Article, ...]:
        """The articles nearest to some words, best first, for a page of results: those that hold, and with
        ``lapsed`` those that did."""
        regions = self._regions if regions is None else regions
        words = _both_ends(words)
        shown = {Standing.HOLDS, Standing.LAPSED} if lapsed else {Standing.HOLDS}
        hits = self._index.search(words, limit=max(4 * limit, _SEARCHED))
        found = (
            hit.article_id
            for hit in hits
            if self._shelf.standing(hit.article_id, on=on, regions=regions) in shown
        )
        return tuple(self._shelf[article_id] for article_id, _ in zip(found, range(limit), strict=False))

    def candidates(self, question: str, *, on: date) -> list[tuple[str, Evidence, Passage]]:
        """What ``calibration`` is fitted on: the articles considered, likeliest first, the evidence for each and what
        it would read out."""
        question = _both_ends(question)
        found, _ = self._weigh(self._scales.read(question), on, self._regions)
        return [(one.article.id, one.evidence, likely_passage(one.article, question)) for one in found]

    def _known_question(self, question: str, on: date, regions: frozenset[str] | None) -> Answer | None:
        """The answer to what an editor wrote, word for word, or what a guide is called."""
        for same in self._asked_before.get(bare(question), ()):
            if self._shelf.holds(same, on=on, regions=regions):
                return compose(self._shelf[same], question, 1.0)
        return None

    def _remember_heads(self, article: Article) -> None:
        self._scales.forget()
        self._numbers.put(article)
        for head in _heads(article):
            self._asked_before[head] = (*self._asked_before.get(head, ()), article.id)

    def _weigh(
        self, read: Asked, on: date, regions: frozenset[str] | None
    ) -> tuple[list[Candidate], _Beside]:
        """The candidates that hold, likeliest first, and what an article clearly nearer that does not hold would
        have had."""
        if read.forms <= NO_MATTER:
            return [], _Beside()  # “在哪办？”, “我妈能去吗” of what? Whatever sounds alike would be a guess
        # The matter twice, how it is asked once: “多大年纪” tells two articles on the bus apart, but finds neither.
        words = f"{without_cues(read.question)}\n{read.question}"
        living: list[Hit] = []
        dead: Hit | None = None
        for hit in self._index.first_choice(words, limit=_SEARCHED):
            standing = self._shelf.standing(hit.article_id, on=on, regions=regions)
            if standing is Standing.HOLDS:
                living.append(hit)
            elif standing in (Standing.LAPSED, Standing.NOT_YET) and dead is None:
                dead = hit
                if named_years(read.question, on) & years_in(self._shelf[hit.article_id].title):
                    return [], _Beside(nearer=True, lapsed=1.0)  # “去年…”: of that year, and no other, it was
            if len(living) == _CANDIDATES:
                break
        living = self._guides_alone(living, read.question)
        candidates = self._scales.weigh(read, living)
        if dead is None or (living and living[0].score >= dead.score):
            return candidates, _Beside()
        first = self._scales.weigh(read, [dead, *living])[0]
        if first.article.id != dead.article_id or (candidates and first.gap < _CLEARLY):
            return candidates, _Beside()  # what holds speaks of it nearly as well
        if self._shelf.standing(dead.article_id, on=on, regions=regions) is Standing.LAPSED:
            return candidates, _Beside(nearer=True, lapsed=first.confidence)
        return candidates, _Beside(nearer=True)

    def _numbered(self, question: str, on: date, regions: frozenset[str] | None) -> Answer | Refusal | None:
        """A question that names a document by its number is answered from it or not at all."""
        standings = {
            one: self._shelf.standing(one, on=on, regions=regions) for one in self._numbers.find(question)
        }
        holding = [one for one, standing in standings.items() if standing is Standing.HOLDS]
        if holding:
            return compose(self._shelf[holding[0]], without_numbers(question), 1.0)
        return Refusal((), RefusalReason.LAPSED) if Standing.LAPSED in standings.values() else None

    def _follow(
        self, question: str, about: str, on: date, regions: frozenset[str] | None, *, strict: bool
    ) -> Answer | None:
        """Read a short question as one more about the article just quoted, where it can be."""
        article = self._shelf[about]
        behind = self._behind(article, on, regions)
        for document in (article, *behind):
            if asks_for_provision(question, document):
                return compose(document, question, 1.0)
        if not is_about(question, self._scales.known(about), strict=strict):
            return None
        if article.guide is None:
            article = next((one for one in behind if one.guide), article)
        if article.guide is None and not has_own_matter(question):
            return None
        return compose(article, goes_on(question), 1.0)

    def _is_elsewhere(self, best: Candidate, read: Asked, about: str) -> bool:
        """Whether the question names another matter outright, and the article just quoted does not speak of it in so
        many words."""
        if best.article.id == about:
            return False
        named, known = self._scales.known(best.article.id), self._scales.known(about)
        return all(
            form in named.forms_of_title or word in best.article.title
            for word, (form, _) in read.wanted.items()
        ) and not known.forms.issuperset(read.forms)

    def _behind(self, article: Article, on: date, regions: frozenset[str] | None) -> list[Article]:
        holding = (one for one in article.basis if self._shelf.holds(one, on=on, regions=regions))
        return [self._shelf[one] for one in holding]

    def _guides_alone(self, hits: list[Hit], question: str) -> list[Hit]:
        """Without the policies behind a guide found, where what is asked for stands in guides only."""
        if _ONLY_IN_GUIDES.isdisjoint(asked(question)):
            return hits
        found = [self._shelf[hit.article_id] for hit in hits]
        behind = {basis for one in found if one.guide for basis in one.basis}
        return [hit for hit in hits if hit.article_id not in behind]

    def _guide_before(self, article: Article, candidates: Sequence[Candidate], question: str) -> Article:
        """The guide that rests on the policy found, when the question asks for what guides say better."""
        if article.kind is not ArticleKind.POLICY:
            return article
        near = (candidate.article for candidate in candidates)
        guide = next((one for one in near if one.guide and article.id in one.basis), None)
        if guide is None:
            return article
        aspects = set(asked(question))
        title = self._scales.known(guide.id).forms_of_title
        named = title.issuperset(content(without_cues(question)).values())
        return guide if aspects & _GUIDES_BETTER or (named and Aspect.CONDITIONS in aspects) else article


def _heads(article: Article) -> set[str]:
    """What an article is known by, word for word: its title, of a guide also without 办事指南, and its questions."""
    heads = {bare(head) for head in (article.title, *article.questions)}
    if article.guide and (name := _GUIDE.sub("", bare(article.title))):
        heads.add(name)
    return heads


def _entry(article: Article) -> Entry:
    number = f"{article.document_number}\n" if article.document_number else ""
    return Entry(article.id, article.title, number + article.text(), article.questions)


def _both_ends(question: str) -> str:
    """Of a very long question what it begins and ends with: stories are told first, or asked about last."""
    if len(question) <= _MOST_CHARACTERS:
        return question
    half = _MOST_CHARACTERS // 2
    return f"{question[:half]}\n{question[-half:]}"
