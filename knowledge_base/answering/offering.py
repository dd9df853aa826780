"""What is offered where nothing is answered: a choice of matters, or the nearest questions."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge_base.answering.aspects import asked
from knowledge_base.answering.following import NO_MATTER
from knowledge_base.answering.outcome import Choice, Refusal, RefusalReason, Suggestion
from knowledge_base.answering.weighing import Asked, Candidate, Scales
from knowledge_base.retrieval.features import content

_BARE = 6  # characters of a question that is hardly more than one word
_MOST_OPTIONS = 4
_WORTH_ASKING = (
    0.3  # surer than this of the first: a choice; less sure: an honest no with the nearest questions
)
_CLOSE = 1.2
_TOUCHED = 0.5  # of what was said, in the title or known questions of a matter offered for choice
_MOST_SUGGESTIONS = 3
_WORTH_SUGGESTING = 0.05
_NAMED = 0.6  # a matter named this fully is worth a suggestion, though nothing was asked of it


class Offers:
    """Offers articles by the known question nearest to what was asked, which may be asked as it stands."""

    def __init__(self, scales: Scales) -> None:
        self._scales = scales

    def bare_choice(self, read: Asked, candidates: Sequence[Candidate]) -> Choice | None:
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

    def close_choice(self, read: Asked, candidates: Sequence[Candidate]) -> Choice | None:
        """Two or more that fit nearly as well, and well enough to be asked about."""
        if (
            not candidates
            or candidates[0].confidence < _WORTH_ASKING
            or not read.manner.asks
            or read.manner.grieves
        ):
            return None
        close = [one for one in candidates if one.gap > -_CLOSE and one.evidence.in_head >= _TOUCHED]
        alike = self._of_one_matter(read, close)
        if len(alike) < 2:
            return None
        return Choice(tuple(self._suggest(read, one) for one in alike[:_MOST_OPTIONS]))

    def _of_one_matter(self, read: Asked, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The first, and of the others those named by a word of the question that names the first as well."""
        if not candidates:
            return []
        matter = {word: form for word, (form, _) in read.wanted.items() if form not in NO_MATTER}
        first = self._scales.known(candidates[0].article.id)
        shared = {word: form for word, form in matter.items() if first.in_head(word, form) == 1.0}

        def is_named(one: Candidate) -> bool:
            known = self._scales.known(one.article.id)
            return any(known.in_head(word, form) == 1.0 for word, form in shared.items())

        return [candidates[0], *(one for one in candidates[1:] if is_named(one))]

    def _suggest(self, read: Asked, candidate: Candidate) -> Suggestion:
        article = candidate.article
        variants = self._scales.known(article.id).heads[1:]
        likeness = [self._scales.likeness(read.gist, variant.gist) for variant in variants]
        closest = article.questions[likeness.index(max(likeness))] if likeness else article.title
        return Suggestion(article.id, closest)

    def refuse(self, read: Asked, candidates: Sequence[Candidate], *, lapsed: bool) -> Refusal:
        worth = (
            one
            for one in sorted(candidates, key=lambda one: -one.confidence)
            if one.confidence >= _WORTH_SUGGESTING or one.evidence.in_head >= _NAMED
        )
        nearest = tuple(self._suggest(read, one) for one in worth)[:_MOST_SUGGESTIONS]
        if lapsed:
            return Refusal(nearest, RefusalReason.LAPSED)
        return Refusal(nearest, RefusalReason.UNSURE if nearest else RefusalReason.NOTHING_NEAR)
