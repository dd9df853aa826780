"""Where articles are kept, and what citizens said of the answers."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from knowledge_base.article import Article


class StaleArticle(Exception):
    """Somebody else saved the article since this editor read it."""

    def __init__(self, article_id: str, version: int) -> None:
        super().__init__(article_id, version)
        self.article_id = article_id
        self.version = version


class ArticleStore(Protocol):
    """Articles by id, each save a new version; earlier versions are kept, for what was quoted must be findable."""

    async def get(self, article_id: str) -> Article:
        """Raises ``UnknownArticle``."""

    async def version(self, article_id: str) -> int:
        """The number of saves so far; 0 for an article never saved."""

    async def all_published(self) -> tuple[Article, ...]:
        """What an ``Answerer`` needs, by id: published, expired and repealed (those are refused by name, never
        quoted); no drafts."""

    async def save(self, article: Article, *, now: datetime, expected_version: int | None = None) -> int:
        """Insert or replace, and return the new version. ``expected_version`` is the one the editor read (0 for a
        new article); another in the store raises ``StaleArticle``. None overwrites."""

    async def record_feedback(self, article_id: str, helpful: bool, at: datetime) -> None:
        """One citizen's word on an answer from this article; no identity is kept."""

    async def helpfulness(self, article_id: str) -> tuple[int, int]:
        """How many found it helpful, and how many said anything."""
