"""What anybody may read without logging in: lists of what was published, by place, kind and topic."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from bson.codec_options import CodecOptions
from pymongo import ASCENDING, DESCENDING

from knowledge_base.article import ONCE_PUBLISHED, Article, ArticleKind, Disclosure, Validity
from knowledge_base.editing.documents import Document, from_document
from knowledge_base.editing.mongo_lists import holding, lapsed, of_validity
from knowledge_base.editing.store import BadCursor

if TYPE_CHECKING:
    from motor.motor_asyncio import AsyncIOMotorDatabase

AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)
_NEWEST_FIRST = [("live.published_on", DESCENDING), ("_id", ASCENDING)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicFilter:
    """Where the reader is and what they look for; ``text`` in titles, 文号, 索引号 and ways of asking.

    ``lapsed`` shows what held once, and nothing that holds.
    """

    on: date
    regions: frozenset[str]
    kind: ArticleKind | None = None
    topic: str = ""
    disclosure: Disclosure | None = None
    text: str = ""
    lapsed: bool = False


class PublicPage(NamedTuple):
    """Articles, newest publication first, and the cursor of the next page; None on the last."""

    articles: tuple[Article, ...]
    next: str | None


class MongoPublicLists:
    """Reads of live versions only; what is scheduled for a later day is not there before it."""

    def __init__(self, database: AsyncIOMotorDatabase[Document]) -> None:
        self._articles = database.get_collection("articles", codec_options=AWARE)

    async def page(self, wanted: PublicFilter, *, limit: int = 20, after: str | None = None) -> PublicPage:
        """By status and dates; whether the basis still holds is for whoever has the whole library to say.

        Raises ``BadCursor``.
        """
        query = await self._wanted(wanted)
        if after:
            query = {"$and": [query, _beyond(after)]}
        found = [one async for one in self._articles.find(query).sort(_NEWEST_FIRST).limit(limit + 1)]
        articles = [one for document in found[:limit] if (one := _readable(document, wanted))]
        if len(found) <= limit:
            return PublicPage(tuple(articles), None)
        last = found[limit - 1]
        return PublicPage(tuple(articles), f"{last['live']['published_on']}~{last['_id']}")

    async def count(self, wanted: PublicFilter, *, most: int = 1_000) -> int:
        """How many; ``most`` stands for that many or more."""
        return await self._articles.count_documents(await self._wanted(wanted), limit=most)

    async def counts(self, wanted: PublicFilter, *, most: int = 1_000) -> dict[ArticleKind, int]:
        """How many of each kind, whatever kind the filter asks for."""
        query = await self._wanted(wanted)
        return {
            kind: await self._articles.count_documents({"$and": [query, {"live.kind": kind}]}, limit=most)
            for kind in ArticleKind
        }

    async def _wanted(self, wanted: PublicFilter) -> Document:
        if not wanted.text.strip():
            return _query(wanted)
        return {"$and": [_query(wanted), await holding(self._articles, wanted.text)]}

    async def regions(self) -> tuple[str, ...]:
        """Every region something live holds in."""
        return tuple(sorted(filter(None, await self._articles.distinct("live.region"))))

    async def topics(self, regions: frozenset[str]) -> tuple[str, ...]:
        """Every topic of what is live in those regions."""
        found = await self._articles.distinct("live.topic", {"live.region": {"$in": sorted(regions)}})
        return tuple(sorted(filter(None, found)))

    async def repealers(self, article_id: str, *, on: date) -> tuple[Article, ...]:
        """Published documents that end or change this one and have begun by that day."""
        query = {"changes_others": True, "$or": [{"live.repeals": article_id}, {"live.amends": article_id}]}
        entries = [from_document(document) async for document in self._articles.find(query)]
        return _begun((entry.shown(on) for entry in entries), on)


def _begun(articles: Iterable[Article | None], on: date) -> tuple[Article, ...]:
    return tuple(one for one in articles if one and one.has_begun(on))


def _query(wanted: PublicFilter) -> Document:
    equal = {
        "live.kind": wanted.kind,
        "live.topic": wanted.topic,
        "live.catalogue.disclosure": wanted.disclosure,
    }
    parts: list[Document] = [
        {"live.region": {"$in": sorted(wanted.regions)}},
        {name: value for name, value in equal.items() if value},
    ]
    parts.append(lapsed(wanted.on) if wanted.lapsed else of_validity(Validity.IN_FORCE, wanted.on))
    return {"$and": [part for part in parts if part]}


def _readable(document: Document, wanted: PublicFilter) -> Article | None:
    """The version of that day; a newer one that has begun may say otherwise than the one that was searched."""
    article = from_document(document).shown(wanted.on)
    if article is None or not article.valid_in(wanted.regions) or article.status not in ONCE_PUBLISHED:
        return None
    return article if article.in_force(wanted.on) is not wanted.lapsed else None


def _beyond(cursor: str) -> Document:
    day, found, name = cursor.partition("~")
    if not found or not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        raise BadCursor(cursor)
    return {
        "$or": [
            {"live.published_on": {"$lt": day}},
            {"live.published_on": day, "_id": {"$gt": name}},
        ]
    }
