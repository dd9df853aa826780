"""Lists, counts and searches of entries for pages, over the same collection the store writes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bson.codec_options import CodecOptions
from pymongo import ASCENDING, DESCENDING

from knowledge_base.article import (
    Article,
    ArticleKind,
    ArticleStatus,
    Validity,
    names_an_article,
    resting_on_lapsed,
)
from knowledge_base.editing.documents import Document, exact, fold, from_document, to_article
from knowledge_base.editing.store import BadCursor, EntryFilter, EntryPage, EntryRow

if TYPE_CHECKING:
    from motor.motor_asyncio import AsyncIOMotorCollection, AsyncIOMotorDatabase

AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)

_LIGHT = (
    "id",
    "kind",
    "title",
    "document_number",
    "issuer",
    "owner_unit_id",
    "region",
    "topic",
    "published_on",
    "effective_on",
    "expires_on",
    "repealed_on",
)
_ROW = {
    **{f"live.{name}": 1 for name in (*_LIGHT, "status")},
    **{f"draft.article.{name}": 1 for name in (*_LIGHT, "status")},
    **dict.fromkeys(("stage", "takes_over_on", "version", "changed_at", "checked_at"), 1),
}
NO_TEXTS: Document = {"body": "", "guide": None, "questions": []}
WITHOUT_TEXTS = dict.fromkeys(
    (*(f"{place}.{name}" for place in ("live", "draft.article") for name in NO_TEXTS), "event", "search"), 0
)
"""A projection: a sweep over many entries does not read what they say. ``NO_TEXTS`` stands in their place."""

_DRAFT_STAGES = frozenset(
    {
        ArticleStatus.DRAFT,
        ArticleStatus.BUSINESS_REVIEW,
        ArticleStatus.SECRECY_REVIEW,
        ArticleStatus.APPROVED,
    }
)
SEARCH_INDEX = "search_1__id_1"
_FEW = 2_000
_NAMED_AT_ONCE = 1_000
_NEWEST_FIRST = [("changed_at", DESCENDING), ("_id", DESCENDING)]


class MongoEntryLists:
    """What pages show of the entries; reads only."""

    def __init__(self, database: AsyncIOMotorDatabase[Document]) -> None:
        self._articles = database.get_collection("articles", codec_options=AWARE)

    async def page(self, wanted: EntryFilter, *, limit: int = 20, after: str | None = None) -> EntryPage:
        """The latest changed first. Raises ``BadCursor``."""
        query = await self._wanted(wanted)
        if after:
            query = {"$and": [query, _beyond(after)]}
        cursor = self._articles.find(query, _ROW).sort(_NEWEST_FIRST).limit(limit + 1)
        rows = [_row(document) async for document in cursor]
        more = len(rows) > limit
        rows = rows[:limit]
        return EntryPage(tuple(rows), _cursor(rows[-1]) if more else None)

    async def count(self, wanted: EntryFilter, *, most: int = 1_000) -> int:
        """How many there are; ``most`` stands for “that many or more”, so that a wide search does not wait."""
        return await self._articles.count_documents(await self._wanted(wanted), limit=most)

    async def counts_by_stage(self, wanted: EntryFilter, *, most: int = 1_000) -> dict[ArticleStatus, int]:
        """Drafts by stage and live versions by status, an entry with both in both; ``most`` is that many or more."""
        text = await self._text(wanted)
        return {
            status: await self._articles.count_documents(
                {"$and": [_query(replace(wanted, stage=status)), *text]}, limit=most
            )
            for status in ArticleStatus
        }

    async def _wanted(self, wanted: EntryFilter) -> Document:
        text = await self._text(wanted)
        return {"$and": [_query(wanted), *text]} if text else _query(wanted)

    async def _text(self, wanted: EntryFilter) -> list[Document]:
        words = wanted.text.strip()
        return [await holding(self._articles, words, bodies=wanted.bodies)] if words else []

    async def titles(self, article_ids: Iterable[str]) -> dict[str, str]:
        """The title of each id that exists."""
        found = self._articles.find({"_id": {"$in": list(article_ids)}}, _ROW)
        return {row.id: row.title async for document in found if (row := _row(document))}

    async def resting_on(self, article_id: str, *, limit: int = 100) -> tuple[EntryRow, ...]:
        """Entries whose live version or draft names this one as their basis."""
        found = self._articles.find({"rests_on": article_id}, _ROW).sort("_id", ASCENDING).limit(limit)
        return tuple([_row(document) async for document in found])

    async def find_basis(self, words: str, *, limit: int = 10) -> tuple[EntryRow, ...]:
        """What an editor may mean as a basis: live entries whose title, 文号 or questions hold the words."""
        query = {"$and": [{"live": {"$ne": None}}, await holding(self._articles, words)]}
        found = self._articles.find(query, _ROW).sort(_NEWEST_FIRST).limit(limit)
        return tuple([_row(document) async for document in found])

    async def named(self, names: Iterable[str], *, most: int = 10_000) -> set[str]:
        """The ids of entries whose title or 文号, published or drafted, is one of these; blanks, width and brackets
        aside. One look into an index for many names."""
        wanted = sorted({exact(name) for name in names})
        found: set[str] = set()
        for start in range(0, len(wanted), _NAMED_AT_ONCE):
            some = {"names": {"$in": wanted[start : start + _NAMED_AT_ONCE]}}
            async for document in self._articles.find(some, {"_id": 1}).limit(most):
                found.add(document["_id"])
        return found

    async def many_resting_on(self, article_ids: Iterable[str]) -> dict[str, int]:
        """How many live entries that have not ended name each of the ids as their basis."""
        ids = sorted(article_ids)
        live = {"rests_on": {"$in": ids}, "live.status": ArticleStatus.PUBLISHED}
        each = {"$group": {"_id": "$live.basis", "many": {"$sum": 1}}}
        found = self._articles.aggregate(
            [{"$match": live}, {"$unwind": "$live.basis"}, {"$match": {"live.basis": {"$in": ids}}}, each]
        )
        return {row["_id"]: row["many"] async for row in found}

    async def expiring(
        self, *, on: date, within_days: int, units: frozenset[str] | None = None, limit: int = 50
    ) -> tuple[Article, ...]:
        """The first of ``each_expiring``."""
        found: list[Article] = []
        async for article in self.each_expiring(on=on, within_days=within_days, units=units):
            found.append(article)
            if len(found) == limit:
                break
        return tuple(found)

    async def each_expiring(
        self, *, on: date, within_days: int, units: frozenset[str] | None = None
    ) -> AsyncIterator[Article]:
        """Live articles whose last day comes within so many days, soonest first, without their texts, as they are read."""
        last = on + timedelta(days=within_days)
        query: Document = {
            "live.expires_on": {"$gte": on.isoformat(), "$lte": last.isoformat()},
            "live.status": ArticleStatus.PUBLISHED,
        }
        if units is not None:
            query["live.owner_unit_id"] = {"$in": sorted(units)}
        soonest = [("live.expires_on", ASCENDING), ("_id", ASCENDING)]
        async for document in self._articles.find(query, WITHOUT_TEXTS).sort(soonest):
            article = without_texts(document, on)
            if article and article.expires_on and article.expires_on <= last:
                yield article

    async def unchecked_since(self, before: datetime, *, on: date, limit: int = 500) -> tuple[EntryRow, ...]:
        """Live entries in force that nobody has vouched for since then, longest first."""
        query = {"$and": [{"checked_at": {"$lt": before}}, of_validity(Validity.IN_FORCE, on)]}
        found = self._articles.find(query, _ROW).sort([("checked_at", ASCENDING)]).limit(limit)
        return tuple([_row(document) async for document in found])

    async def ages(
        self, *, on: date, before: datetime, units: frozenset[str] | None = None
    ) -> dict[str, tuple[int, int]]:
        """By owning unit: how many live entries are in force, and how many of them nobody vouched for since then."""
        match: list[Document] = [of_validity(Validity.IN_FORCE, on)]
        if units is not None:
            match.append({"live.owner_unit_id": {"$in": sorted(units)}})
        old = {"$cond": [{"$lt": ["$checked_at", before]}, 1, 0]}
        group = {"_id": "$live.owner_unit_id", "all": {"$sum": 1}, "old": {"$sum": old}}
        found = self._articles.aggregate([{"$match": {"$and": match}}, {"$group": group}])
        return {row["_id"]: (row["all"], row["old"]) async for row in found}

    async def flagged(self, *, on: date) -> dict[str, tuple[str, ...]]:
        """Live entries in force that rest on what is not: id → ids of the lapsed basis."""
        bases: set[str] = set()
        articles: dict[str, Article] = {}
        async for article in self._live({"rests_on": {"$ne": []}}, on):
            articles[article.id] = article
            bases |= {basis for basis in article.basis if names_an_article(basis)}
        async for article in self._live(
            {"$or": [{"_id": {"$in": sorted(bases)}}, {"changes_others": True}]}, on
        ):
            articles[article.id] = article
        return resting_on_lapsed(articles.values(), on=on)

    async def _live(self, query: Document, on: date) -> AsyncIterator[Article]:
        """Without their texts: only how they stand and what they rest on."""
        async for document in self._articles.find({"public": True, **query}, WITHOUT_TEXTS):
            article = without_texts(document, on)
            if article:
                yield article


def without_texts(document: Document, on: date) -> Article | None:
    """What is live that day of a document read by ``WITHOUT_TEXTS``: how it stands, not what it says."""
    for article in (document.get("live"), (document.get("draft") or {}).get("article")):
        if article:
            article.update(NO_TEXTS)
    if document.get("takes_over_on") or not document.get("live"):
        return from_document({**document, "event": None}).shown(on)
    return to_article(document["live"])


def _query(wanted: EntryFilter) -> Document:
    """The filter without its text as MongoDB's words; entries that hold nothing any more are never listed."""
    equal = {
        "kind": wanted.kind,
        "region": wanted.region,
        "level": wanted.level,
        "topic": wanted.topic,
    }
    query: Document = {name: value for name, value in equal.items() if value}
    if wanted.units is not None:
        query["owner_unit_id"] = {"$in": sorted(wanted.units)}
    if wanted.regions is not None and not wanted.region:
        query["region"] = {"$in": sorted(wanted.regions)}
    parts = [query] if query else []
    if wanted.stage:
        parts.append(_of_stage(wanted.stage))
    if wanted.validity:
        parts.append(of_validity(wanted.validity, wanted.on))
    if not parts:
        return {"kind": {"$ne": None}}
    return {"$and": parts} if len(parts) > 1 else parts[0]


def _of_stage(stage: ArticleStatus) -> Document:
    return {"stage": stage} if stage in _DRAFT_STAGES else {"live.status": stage}


def of_validity(validity: Validity, on: date) -> Document:
    """``Article.validity`` of the live version, as a query; a scheduled version counts once it is live."""
    day = on.isoformat()
    over = {"over_from": {"$lte": day}}
    repealed = [
        {"live.status": ArticleStatus.REPEALED},
        {"live.status": ArticleStatus.PUBLISHED, "live.repealed_on": {"$lte": day, "$gt": ""}},
    ]
    ways: dict[Validity, Document] = {
        Validity.UNPUBLISHED: {"live": None, "kind": {"$ne": None}},
        Validity.REPEALED: {**over, "$or": repealed},
        Validity.EXPIRED: {**over, "$nor": repealed},
        Validity.UPCOMING: {"over_from": {"$gt": day}, "holds_from": {"$gt": day}},
        Validity.IN_FORCE: {"over_from": {"$gt": day}, "holds_from": {"$lte": day}},
    }
    return ways[validity]


def lapsed(on: date) -> Document:
    """Expired or repealed by that day."""
    return {"over_from": {"$lte": on.isoformat()}}


async def holding(
    articles: AsyncIOMotorCollection[Document], words: str, *, bodies: bool = False
) -> Document:
    """Every word somewhere in title, 文号, 索引号 and questions; with ``bodies`` also in a text.

    Few hits are found first, in an index and without touching the entries; words that very many have are met soon enough
    by any list.
    """
    heads: Document = {
        "$and": [{"search": {"$regex": re.escape(fold(word))}} for word in words.split()] or [{}]
    }
    if bodies:
        return {"$and": [_anywhere(word) for word in words.split()] or [{}]}
    found = articles.find(heads, {"_id": 1}).hint(SEARCH_INDEX).limit(_FEW)
    ids = [document["_id"] async for document in found]
    return {"_id": {"$in": ids}} if len(ids) < _FEW else heads


def _anywhere(word: str) -> Document:
    spelt = {"$regex": re.escape(word), "$options": "i"}
    head = {"search": {"$regex": re.escape(fold(word))}}
    return {"$or": [head, {"live.body": spelt}, {"draft.article.body": spelt}]}


def _cursor(row: EntryRow) -> str:
    return f"{int(row.changed_at.timestamp() * 1000)}~{row.id}"


def _beyond(cursor: str) -> Document:
    millis, found, name = cursor.partition("~")
    if not found or not re.fullmatch(r"[0-9]{1,14}", millis):
        raise BadCursor(cursor)
    at = datetime.fromtimestamp(int(millis) // 1000, UTC) + timedelta(milliseconds=int(millis) % 1000)
    return {"$or": [{"changed_at": {"$lt": at}}, {"changed_at": at, "_id": {"$lt": name}}]}


def _row(document: Document) -> EntryRow:
    draft, live = (document.get("draft") or {}).get("article"), document.get("live")
    working: dict[str, Any] = draft or live or {}
    days = {
        name: date.fromisoformat(working[name]) if working.get(name) else None
        for name in ("published_on", "effective_on", "expires_on", "repealed_on")
    }
    begins = document.get("takes_over_on")
    return EntryRow(
        id=document["_id"],
        kind=ArticleKind(working["kind"]),
        title=working["title"],
        document_number=working["document_number"],
        issuer=working["issuer"],
        owner_unit_id=working["owner_unit_id"],
        region=working["region"],
        topic=working["topic"],
        stage=ArticleStatus(document["stage"]) if document["stage"] else None,
        status=ArticleStatus(live["status"]) if live else None,
        published_on=days["published_on"] or date.min,
        effective_on=days["effective_on"] or date.min,
        expires_on=days["expires_on"],
        repealed_on=days["repealed_on"],
        takes_over_on=date.fromisoformat(begins) if begins else None,
        version=document["version"],
        changed_at=document["changed_at"],
        checked_at=document.get("checked_at"),
    )
