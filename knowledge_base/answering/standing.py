"""Whether an article may be quoted: to whom, on which day, and only while everything it rests on holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum

from knowledge_base.article import ONCE_PUBLISHED, Article, Validity, names_an_article

_AT_A_TIME = 1_000


class Standing(StrEnum):
    """Only what holds is quoted. What lapsed may be named as lapsed; of the others nothing is said at all."""

    HOLDS = "holds"
    LAPSED = "lapsed"
    NOT_YET = "not_yet"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"


class Shelf:
    """The articles that were ever published, and who ends whom.

    A question walks the few articles its answer rests on; there is no pass over all of them, so a changed article
    costs nothing until somebody asks.
    """

    def __init__(self, articles: Iterable[Article] = ()) -> None:
        self._articles: dict[str, Article] = {}
        self._ended_by: dict[str, set[str]] = {}
        self._regions: Counter[str] = Counter()
        for article in articles:
            self.put(article)

    def __len__(self) -> int:
        return len(self._articles)

    def __getitem__(self, article_id: str) -> Article:
        return self._articles[article_id]

    def get(self, article_id: str) -> Article | None:
        return self._articles.get(article_id)

    def put(self, article: Article) -> bool:
        """Take it in, in place of the one of that id; whether it is kept: what was never published is not."""
        self.remove(article.id)
        if article.status not in ONCE_PUBLISHED:
            return False
        self._articles[article.id] = article
        self._regions[article.region] += 1
        for ended in article.repeals:
            self._ended_by.setdefault(ended, set()).add(article.id)
        return True

    def remove(self, article_id: str) -> Article | None:
        """The article taken out; None when it was not there, which is no error."""
        article = self._articles.pop(article_id, None)
        if article is None:
            return None
        for ended in article.repeals:
            self._ended_by[ended].discard(article_id)
        self._regions[article.region] -= 1
        return article

    def let_go(self) -> Iterator[None]:
        """Empty it, a little at a time."""
        self._ended_by.clear()
        while self._articles:
            for _ in range(min(len(self._articles), _AT_A_TIME)):
                self._articles.popitem()
            yield

    @property
    def regions(self) -> frozenset[str]:
        """The places its articles hold in."""
        return frozenset(+self._regions)

    def holds(self, article_id: str, *, on: date, regions: frozenset[str] | None) -> bool:
        return self.standing(article_id, on=on, regions=regions) is Standing.HOLDS

    def standing(self, article_id: str, *, on: date, regions: frozenset[str] | None) -> Standing:
        """As of that day, for somebody in those regions (None: wherever they are).

        Resting on what does not hold, an article has the standing of that; an entry named as a basis but unknown here is
        not known to hold. A circle of articles resting on each
        other holds where each of them does.
        """
        waiting, seen = [article_id], {article_id}
        while waiting:
            own = self._own(waiting.pop(), on, regions)
            if isinstance(own, Standing):
                return own
            fresh = {name for name in own.basis if names_an_article(name) or name in self._articles} - seen
            seen |= fresh
            waiting.extend(sorted(fresh))
        return Standing.HOLDS

    def basis_holds(self, article_id: str, *, on: date) -> bool:
        """Whether all it rests on holds and no document ended it, whatever its own dates and place say."""
        article = self._articles.get(article_id)
        if article is None or self._is_ended(article_id, on):
            return False
        basis = (one for one in article.basis if names_an_article(one) or one in self._articles)
        return all(self.holds(one, on=on, regions=None) for one in basis)

    def _own(self, article_id: str, on: date, regions: frozenset[str] | None) -> Article | Standing:
        """The article where it holds by itself, else why it does not."""
        article = self._articles.get(article_id)
        if article is None:
            return Standing.UNKNOWN
        if regions is not None and not article.valid_in(regions):
            return Standing.ELSEWHERE
        validity = article.validity(on)
        if validity is Validity.UPCOMING:
            return Standing.NOT_YET
        if validity is not Validity.IN_FORCE or self._is_ended(article_id, on):
            return Standing.LAPSED
        return article

    def _is_ended(self, article_id: str, on: date) -> bool:
        """Whether a document that was ever in force repeals it; the end of that one revives nothing."""
        enders = self._ended_by.get(article_id, set()) - {article_id}
        return any(self._articles[one].has_begun(on) for one in enders)
