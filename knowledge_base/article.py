"""A policy article: what it says, who issued it, and from when to when it may be quoted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum


class ArticleKind(StrEnum):
    """政策文件, 问答 or 办事指南."""

    POLICY = "policy"
    QUESTION = "question"
    GUIDE = "guide"


class ArticleStatus(StrEnum):
    """草稿 → 业务审核 → 保密审查 → 已发布 → 失效 or 废止."""

    DRAFT = "draft"
    BUSINESS_REVIEW = "business_review"
    SECRECY_REVIEW = "secrecy_review"
    PUBLISHED = "published"
    EXPIRED = "expired"
    REPEALED = "repealed"


@dataclass(frozen=True, slots=True)
class Guide:
    """The eight public fields (八公开) of a service, with what the counter adds: the 一次告知 note, where, whom to call."""

    matter: str
    legal_basis: str
    procedure: str
    conditions: str
    promised_time: str
    fees: str
    quota: str
    materials: tuple[str, ...]
    one_time_notice: str
    window: str
    phone: str

    def text(self) -> str:
        """All of it, one field a line, for the index."""
        values = (getattr(self, field.name) for field in fields(self))
        return "\n".join(value if isinstance(value, str) else "；".join(value) for value in values)


@dataclass(frozen=True, slots=True)
class Article:
    """One entry of the knowledge base.

    ``questions`` are the ways people ask for it. ``basis`` names what it rests on: ids of other articles, or laws in
    words. ``expires_on`` is the last day it holds, None when it holds until repealed.
    """

    id: str
    kind: ArticleKind
    title: str
    body: str
    issuer: str
    document_number: str | None
    published_on: date
    effective_on: date
    expires_on: date | None
    status: ArticleStatus
    owner_unit_id: str
    region: str
    questions: tuple[str, ...] = ()
    guide: Guide | None = None
    basis: tuple[str, ...] = ()
    topic: str = ""

    def in_force(self, on: date) -> bool:
        """Whether it may be quoted that day: published, begun and not over."""
        if self.status is not ArticleStatus.PUBLISHED or on < self.effective_on:
            return False
        return self.expires_on is None or on <= self.expires_on

    def text(self) -> str:
        """What stands in the article itself, without title and questions."""
        return f"{self.body}\n{self.guide.text()}" if self.guide else self.body


class UnknownArticle(LookupError):
    """No article of that id."""

    def __init__(self, article_id: str) -> None:
        super().__init__(article_id)
        self.article_id = article_id


def resting_on_lapsed(articles: Iterable[Article], *, on: date) -> dict[str, tuple[str, ...]]:
    """Published articles that rest on one no longer (or not yet) in force: article id → ids of the lapsed basis.

    A lapse carries on: what rests on an answer that rests on a repealed policy is named too. A basis that is no
    article of this library (a law named in words) is taken to hold.
    """
    known = {article.id: article for article in articles}
    lapsed = {article.id for article in known.values() if not article.in_force(on)}
    found: dict[str, tuple[str, ...]] = {}
    while True:
        fresh = {
            article.id: broken
            for article in known.values()
            if article.id not in lapsed and (broken := tuple(b for b in article.basis if b in lapsed))
        }
        if not fresh:
            return found
        found |= fresh
        lapsed |= set(fresh)
