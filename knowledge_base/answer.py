"""A question → the passage that answers it with its source, or a refusal with the nearest questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from knowledge_base.article import Article, ArticleKind
from knowledge_base.aspects import Aspect, asked, without_cues
from knowledge_base.composing import compose
from knowledge_base.elsewhere import other_place
from knowledge_base.evidence import DEFAULT_PRECISION, Calibration, Evidence, asks, shipped_calibration
from knowledge_base.features import content
from knowledge_base.following import PEOPLE, asks_for_provision, goes_on, has_own_matter, is_about
from knowledge_base.index import ArticleIndex, Entry, Hit
from knowledge_base.known import bare
from knowledge_base.numbered import Numbers, without_numbers
from knowledge_base.outcome import Answer, Choice, Citation, Outcome, Refusal, RefusalReason, Suggestion
from knowledge_base.sensitive import sensitive_topic
from knowledge_base.standing import Shelf, Standing
from knowledge_base.times import named_years, years_in
from knowledge_base.weighing import Asked, Candidate, Scales

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
_MOST_CHARACTERS = 600  # weighing a longer question would hold up everybody else's
_SEARCHED = (
    60  # deep enough that lapsed articles, or another county's, ahead of a good one do not crowd it out
)
# What a guide says in a field of its own, and the policy behind it at best in passing.
_GUIDES_BETTER = {Aspect.MATERIALS, Aspect.WINDOW, Aspect.PHONE, Aspect.PROMISED_TIME, Aspect.PROCEDURE}
_ONLY_IN_GUIDES = {Aspect.MATERIALS, Aspect.WINDOW, Aspect.PHONE}
_BARE = 6  # characters of a question that is hardly more than one word
_MOST_OPTIONS = 4
_ALIKE = 0.5  # so near to a known question that it is that one, whatever was spoken of before
_WORTH_ASKING = (
    0.3  # surer than this of the first: a choice; less sure: an honest no with the nearest questions
)
_CLOSE = 1.2
_TOUCHED = 0.5  # of what was said, in the title or known questions of a matter offered for choice
_MOST_SUGGESTIONS = 3
_WORTH_SUGGESTING = 0.05
_NAMED = 0.6  # a matter named this fully is worth a suggestion, though nothing was asked of it


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
        self._scales = Scales(self._index, self._calibration, self._shelf)
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
        self.remove(article.id)
        if not self._shelf.put(article):
            return
        self._index.add_many((_entry(article),))
        self._remember_heads(article)

    def remove(self, article_id: str) -> None:
        """Take an article out; one that is not there is no error."""
        article = self._shelf.remove(article_id)
        if article is None:
            return
        self._index.remove(article_id)
        self._scales.forget()
        self._numbers.remove(article)
        for head in {bare(head) for head in (article.title, *article.questions)}:
            left = tuple(one for one in self._asked_before[head] if one != article_id)
            if left:
                self._asked_before[head] = left
            else:
                del self._asked_before[head]

    def answer(
        self, question: str, *, on: date, about: str | None = None, regions: frozenset[str] | None = None
    ) -> Outcome:
        """Answer as of that day. ``about`` is the id of the article answered from before, so that “那多少钱？” is
        understood; one that is unknown or no longer in force is ignored."""
        regions = self._regions if regions is None else regions
        question = _both_ends(question)
        if topic := sensitive_topic(question):
            return Refusal((), RefusalReason.SENSITIVE, topic)
        for same in self._asked_before.get(bare(question), ()):
            if self._shelf.holds(same, on=on, regions=regions):
                return compose(self._shelf[same], question, 1.0)
        if (numbered := self._numbered(question, on, regions)) is not None:
            return numbered
        read = self._scales.read(question)
        candidates, dead = self._weigh(read, on, regions)
        if regions and (place := other_place(question, regions=regions, known=self._shelf.regions)):
            nearest = self._refuse(read, candidates, lapsed=False).nearest
            return Refusal(nearest, RefusalReason.OTHER_REGION, place)
        best = candidates[0] if candidates else None
        sure = best is not None and best.confidence >= max(self._threshold, dead)
        if choice := self._bare_choice(read, candidates):
            return choice
        if about is not None and self._shelf.holds(about, on=on, regions=regions):
            alike = sure and best is not None and best.evidence.likeness >= _ALIKE
            elsewhere = best is not None and self._is_elsewhere(best, read, about)
            followed = None if elsewhere else self._follow(question, about, on, regions, strict=alike)
            if followed:
                return followed
        if best is None or not sure:
            if dead < self._threshold and (choice := self._close_choice(read, candidates)):
                return choice
            return self._refuse(read, candidates, lapsed=dead >= self._threshold)
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

    def candidates(self, question: str, *, on: date) -> list[tuple[str, Evidence]]:
        """What ``calibration`` is fitted on: the articles considered and the evidence for each, likeliest first."""
        found, _ = self._weigh(self._scales.read(question), on, self._regions)
        return [(candidate.article.id, candidate.evidence) for candidate in found]

    def _remember_heads(self, article: Article) -> None:
        self._scales.forget()
        self._numbers.put(article)
        for head in {bare(head) for head in (article.title, *article.questions)}:
            self._asked_before[head] = (*self._asked_before.get(head, ()), article.id)

    def _weigh(self, read: Asked, on: date, regions: frozenset[str] | None) -> tuple[list[Candidate], float]:
        """The candidates that hold, likeliest first, and the confidence a better-scored lapsed article would
        have had (0 without one)."""
        if read.forms <= PEOPLE:
            return [], 0.0  # “在哪办？”, “我妈能去吗” of what? Whatever sounds alike would be a guess
        # The matter twice, how it is asked once: “多大年纪” tells two articles on the bus apart, but finds neither.
        words = f"{without_cues(read.question)}\n{read.question}"
        living: list[Hit] = []
        dead: Hit | None = None
        for hit in self._index.first_choice(words, limit=_SEARCHED):
            standing = self._shelf.standing(hit.article_id, on=on, regions=regions)
            if standing is Standing.HOLDS:
                living.append(hit)
            elif standing is Standing.LAPSED and dead is None:
                dead = hit
                if named_years(read.question, on) & years_in(self._shelf[hit.article_id].title):
                    return [], 1.0  # “去年…”: of that year, and no other, it was
            if len(living) == _CANDIDATES:
                break
        living = self._guides_alone(living, read.question)
        candidates = self._scales.weigh(read, living)
        if dead is None or (living and living[0].score >= dead.score):
            return candidates, 0.0
        first = self._scales.weigh(read, [dead, *living])[0]
        return candidates, first.confidence if first.article.id == dead.article_id else 0.0

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

    def _bare_choice(self, read: Asked, candidates: Sequence[Candidate]) -> Choice | None:
        """A bare “医保” names several matters and asks nothing: a choice serves better than a guess."""
        question = read.question
        if len(question.strip()) > _BARE or len(content(question)) > 1 or asked(question):
            return None
        named = [one for one in candidates if one.evidence.in_head == 1.0]
        behind = {basis for one in named for basis in one.article.basis}
        apart = [one for one in named if one.article.id not in behind]
        if len(apart) < 2:
            return None
        return Choice(tuple(self._suggest(read, one) for one in apart[:_MOST_OPTIONS]))

    def _close_choice(self, read: Asked, candidates: Sequence[Candidate]) -> Choice | None:
        """Two or more that fit nearly as well, and well enough to be asked about."""
        if (
            not candidates
            or candidates[0].confidence < _WORTH_ASKING
            or not read.manner.asks
            or read.manner.grieves
        ):
            return None
        close = [one for one in candidates if one.gap > -_CLOSE and one.evidence.in_head >= _TOUCHED]
        if len(close) < 2:
            return None
        return Choice(tuple(self._suggest(read, one) for one in close[:_MOST_OPTIONS]))

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

    def _suggest(self, read: Asked, candidate: Candidate) -> Suggestion:
        article = candidate.article
        variants = self._scales.known(article.id).heads[1:]
        likeness = [self._scales.likeness(read.gist, variant.gist) for variant in variants]
        closest = article.questions[likeness.index(max(likeness))] if likeness else article.title
        return Suggestion(article.id, closest)

    def _refuse(self, read: Asked, candidates: Sequence[Candidate], *, lapsed: bool) -> Refusal:
        worth = (
            one
            for one in sorted(candidates, key=lambda one: -one.confidence)
            if one.confidence >= _WORTH_SUGGESTING or one.evidence.in_head >= _NAMED
        )
        nearest = tuple(self._suggest(read, one) for one in worth)[:_MOST_SUGGESTIONS]
        if lapsed:
            return Refusal(nearest, RefusalReason.LAPSED)
        return Refusal(nearest, RefusalReason.UNSURE if nearest else RefusalReason.NOTHING_NEAR)


def _entry(article: Article) -> Entry:
    number = f"{article.document_number}\n" if article.document_number else ""
    return Entry(article.id, article.title, number + article.text(), article.questions)


def _both_ends(question: str) -> str:
    """Of a very long question what it begins and ends with: stories are told first, or asked about last."""
    if len(question) <= _MOST_CHARACTERS:
        return question
    half = _MOST_CHARACTERS // 2
    return f"{question[:half]}\n{question[-half:]}"
