"""Articles in MongoDB: ``articles`` holds the present version, ``article_versions`` all, ``answer_feedback`` the votes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from pymongo.errors import DuplicateKeyError

from knowledge_base.article import Article, ArticleKind, ArticleStatus, Guide, UnknownArticle
from knowledge_base.store import StaleArticle

if TYPE_CHECKING:
    from motor.motor_asyncio import AsyncIOMotorDatabase

_QUOTED_ONCE = [ArticleStatus.PUBLISHED.value, ArticleStatus.EXPIRED.value, ArticleStatus.REPEALED.value]
_DATES = ("published_on", "effective_on", "expires_on")


class MongoArticleStore:
    """``ArticleStore`` on one database. A save is one write to ``articles``; the version copy follows it and is
    written again by the next save if a crash comes between."""

    def __init__(self, database: AsyncIOMotorDatabase[dict[str, Any]]) -> None:
        self._articles = database["articles"]
        self._versions = database["article_versions"]
        self._feedback = database["answer_feedback"]

    async def prepare(self) -> None:
        """Build the indexes; harmless to repeat."""
        await self._articles.create_index([("status", 1)])
        await self._feedback.create_index([("article_id", 1), ("helpful", 1)])

    async def get(self, article_id: str) -> Article:
        document = await self._articles.find_one({"_id": article_id})
        if document is None:
            raise UnknownArticle(article_id)
        return _from_document(document)

    async def version(self, article_id: str) -> int:
        document = await self._articles.find_one({"_id": article_id}, {"version": 1})
        return int(document["version"]) if document else 0

    async def all_published(self) -> tuple[Article, ...]:
        cursor = self._articles.find({"status": {"$in": _QUOTED_ONCE}}).sort("_id", 1)
        return tuple([_from_document(document) async for document in cursor])

    async def save(self, article: Article, *, now: datetime, expected_version: int | None = None) -> int:
        while True:
            version = await self.version(article.id) if expected_version is None else expected_version
            if await self._write(article, version, now):
                return version + 1
            if expected_version is not None:
                raise StaleArticle(article.id, expected_version)

    async def add_first(self, articles: Iterable[Article], *, now: datetime) -> None:
        """Fill an empty store in two writes, each article at version 1."""
        documents = [_to_document(article) | {"version": 1, "saved_at": now} for article in articles]
        if documents:
            await self._articles.insert_many(documents)
            await self._versions.insert_many([_version_copy(document) for document in documents])

    async def record_feedback(self, article_id: str, helpful: bool, at: datetime) -> None:
        await self._feedback.insert_one({"article_id": article_id, "helpful": helpful, "at": at})

    async def helpfulness(self, article_id: str) -> tuple[int, int]:
        said = await self._feedback.count_documents({"article_id": article_id})
        helpful = await self._feedback.count_documents({"article_id": article_id, "helpful": True})
        return helpful, said

    async def _write(self, article: Article, version: int, now: datetime) -> bool:
        """Whether the store still held ``version``."""
        document = _to_document(article) | {"version": version + 1, "saved_at": now}
        if version == 0:
            try:
                await self._articles.insert_one(document)
            except DuplicateKeyError:
                return False
        else:
            outcome = await self._articles.replace_one({"_id": article.id, "version": version}, document)
            if not outcome.matched_count:
                return False
        copy = _version_copy(document)
        await self._versions.replace_one({"_id": copy["_id"]}, copy, upsert=True)
        return True


def _version_copy(document: dict[str, Any]) -> dict[str, Any]:
    return document | {"_id": {"article": document["_id"], "version": document["version"]}}


def _to_document(article: Article) -> dict[str, Any]:
    document = asdict(article)
    document["_id"] = document.pop("id")
    for name in _DATES:
        value: date | None = document[name]
        # BSON has no dates without a time, and a midnight would shift with its zone.
        document[name] = value.isoformat() if value else None
    return document


def _from_document(document: dict[str, Any]) -> Article:
    fields = {name: value for name, value in document.items() if name not in {"_id", "version", "saved_at"}}
    for name in _DATES:
        fields[name] = date.fromisoformat(fields[name]) if fields[name] else None
    guide = fields["guide"]
    fields["guide"] = Guide(**{**guide, "materials": tuple(guide["materials"])}) if guide else None
    fields["kind"], fields["status"] = ArticleKind(fields["kind"]), ArticleStatus(fields["status"])
    fields["questions"], fields["basis"] = tuple(fields["questions"]), tuple(fields["basis"])
    return Article(id=document["_id"], **fields)
