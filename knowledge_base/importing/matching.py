"""Which entry of the library an imported document is again, and which one a reference means."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from knowledge_base.article import Article, ArticleKind
from knowledge_base.editing.reimport import fingerprints, identity
from knowledge_base.importing.document import Reference
from knowledge_base.importing.numerals import folded, without_spaces


class Change(StrEnum):
    """What an import does to one entry."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Library:
    """Entries by identity, 文号 and title."""

    def __init__(self, articles: Iterable[Article]) -> None:
        self._existing: dict[str, Article] = {}
        self._by_identity: dict[str, Article] = {}
        self._by_number: dict[str, Article] = {}
        self._by_title: dict[str, list[Article]] = {}
        for article in articles:
            self._existing[article.id] = article
            self.add(article)

    def add(self, article: Article) -> None:
        self._by_identity.setdefault(identity(article), article)
        if article.document_number:
            self._by_number.setdefault(_plain(article.document_number), article)
        self._by_title.setdefault(_plain(article.title), []).append(article)

    def again(self, article: Article) -> Article | None:
        """The entry this is again. A policy is known by its 文号 wherever it came from, and by title and issuer while
        one of the two has no 文号."""
        if same := self._by_identity.get(identity(article)):
            return same
        if article.kind is not ArticleKind.POLICY:
            return None
        if article.document_number and (same := self._by_number.get(_plain(article.document_number))):
            return same if same.kind is ArticleKind.POLICY else None
        for other in self._by_title.get(_plain(article.title), ()):
            one_without = not (article.document_number and other.document_number)
            if other.kind is ArticleKind.POLICY and one_without and other.issuer == article.issuer:
                return other
        return None

    def find(self, reference: Reference) -> Article | None:
        """The policy a reference means: by 文号, else by a title only one policy has."""
        if reference.number and (found := self._by_number.get(_plain(reference.number))):
            return found
        named = [
            each
            for each in self._by_title.get(_plain(reference.title), ())
            if each.kind is ArticleKind.POLICY
        ]
        if reference.number:
            named = [each for each in named if not each.document_number]
        return named[0] if len(named) == 1 else None

    def change(self, article: Article) -> tuple[Change, tuple[str, ...]]:
        before = self._existing.get(article.id) if article.id else None
        if before is None:
            return Change.NEW, ()
        old, new = fingerprints(before), fingerprints(article)
        differing = tuple(name for name in new if old.get(name) != new[name] and name != "source")
        return (Change.CHANGED, differing) if differing else (Change.UNCHANGED, ())


def _plain(text: str) -> str:
    return without_spaces(folded(text)).casefold()
