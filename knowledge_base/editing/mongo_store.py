"""Entries in MongoDB: ``articles`` holds each at its present version, ``article_versions`` the versions before,
``answer_feedback`` the votes.

One document and one atomic write per act. The version about to be overwritten is copied first, so a crash between the
two writes loses nothing and leaves no version that never was.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from bson.codec_options import CodecOptions
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import BulkWriteError, DuplicateKeyError

from knowledge_base.article import Article, ArticleStatus, UnknownArticle
from knowledge_base.editing.desk import CHINA
from knowledge_base.editing.documents import (
    DERIVED,
    RARE,
    Document,
    from_document,
    from_earlier,
    is_of_earlier_shape,
    of_version,
    to_article,
    to_document,
)
from knowledge_base.editing.entries import Entry, ReviewEvent
from knowledge_base.editing.mongo_lists import NO_TEXTS, SEARCH_INDEX, WITHOUT_TEXTS, MongoEntryLists
from knowledge_base.editing.mongo_public import MongoPublicLists
from knowledge_base.editing.replaying import apply, loaded
from knowledge_base.editing.store import Changes, Mark, StaleArticle

if TYPE_CHECKING:
    from motor.motor_asyncio import AsyncIOMotorCollection, AsyncIOMotorDatabase

AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)

_OVERLAP = timedelta(seconds=10)
"""A write is stamped when it begins and seen when it ends; one that took longer than this would be missed."""

_EARLIER_FIELDS = (
    "title",
    "body",
    "issuer",
    "document_number",
    "published_on",
    "effective_on",
    "expires_on",
    "status",
)
"""Of the earlier shape, and of no use beside the live version."""

_BATCH = 500
_DUPLICATE = 11000


class MongoArticleStore:
    """``ArticleStore`` on one database; ``lists`` finds entries for editors, ``public`` for anybody."""

    def __init__(self, database: AsyncIOMotorDatabase[Document]) -> None:
        self._database = database
        self.lists = MongoEntryLists(database)
        self.public = MongoPublicLists(database)
        self._articles: AsyncIOMotorCollection[Document] = database.get_collection(
            "articles", codec_options=AWARE
        )
        self._versions: AsyncIOMotorCollection[Document] = database.get_collection(
            "article_versions", codec_options=AWARE
        )
        self._feedback: AsyncIOMotorCollection[Document] = database.get_collection(
            "answer_feedback", codec_options=AWARE
        )

    async def prepare(self) -> None:
        """Build the indexes and bring documents of an earlier shape to the present one; harmless to repeat."""
        await self._articles.create_indexes(_INDEXES)
        await self._feedback.create_index([("article_id", ASCENDING), ("helpful", ASCENDING)])
        async for document in self._articles.find({"derived": {"$ne": DERIVED}}):
            earlier = is_of_earlier_shape(document)
            entry = from_earlier(document) if earlier else from_document(document)
            # Another process may be doing the same: whoever comes second finds it done.
            here = {"_id": entry.id, "version": entry.version, "derived": {"$ne": DERIVED}}
            await self._articles.update_one(here, _stamped(to_document(entry)))

    async def entry(self, article_id: str) -> Entry:
        document = await self._articles.find_one({"_id": article_id})
        if document is None:
            raise UnknownArticle(article_id)
        return from_document(document)

    async def get(self, article_id: str, *, on: date | None = None) -> Article:
        found = _shown(await self.entry(article_id), on)
        if found is None:
            raise UnknownArticle(article_id)
        return found

    async def all_published(self, *, on: date | None = None) -> tuple[Article, ...]:
        return tuple([article async for article in self._each(on)])

    def each_published(self, *, on: date) -> AsyncIterator[Article]:
        return self._each(on)

    async def _each(self, on: date | None) -> AsyncIterator[Article]:
        """Most entries have nothing scheduled: of those only the live text is read."""
        light = {"live": 1, "takes_over_on": 1}
        async for document in self._articles.find({"public": True}, light).sort("_id", ASCENDING):
            if on and document.get("takes_over_on"):
                article = (await self.entry(document["_id"])).shown(on)
            else:
                article = to_article(document["live"]) if document["live"] else None
            if article:
                yield article

    # -- writes ---------------------------------------------------------------------------------------------------

    async def write(self, entry: Entry, *, expected: int) -> None:
        here = {"_id": entry.id, "version": expected}
        if expected:
            await self._keep(here)
        try:
            outcome = await self._articles.update_one(here, _stamped(to_document(entry)), upsert=not expected)
        except DuplicateKeyError:
            raise StaleArticle(entry.id, expected) from None
        if expected and not outcome.matched_count:
            raise StaleArticle(entry.id, expected)

    async def _keep(self, here: Mapping[str, Any]) -> None:
        document = await self._articles.find_one(here)
        if document is None:
            raise StaleArticle(here["_id"], here["version"])
        name = {"article": document.pop("_id"), "version": document["version"]}
        # A version never changes, so whoever copied it first copied the same.
        await self._versions.update_one({"_id": name}, {"$setOnInsert": document}, upsert=True)

    async def add_all(self, entries: Iterable[Entry]) -> frozenset[str]:
        present: set[str] = set()
        batch: list[Entry] = []
        for entry in entries:
            batch.append(entry)
            if len(batch) == _BATCH:
                present |= await self._add(batch)
                batch = []
        return frozenset(present | await self._add(batch)) if batch else frozenset(present)

    async def _add(self, batch: list[Entry]) -> set[str]:
        # Stamped before and not by the write itself, which is faster; a batch takes far less than the overlap.
        stamp = {"changed_at": await self._server_time()}
        try:
            await self._articles.insert_many([to_document(one) | stamp for one in batch], ordered=False)
        except BulkWriteError as error:
            failed = error.details["writeErrors"]
            if any(one["code"] != _DUPLICATE for one in failed):
                raise
            return {batch[one["index"]].id for one in failed}
        return set()

    async def add_first(self, articles: Iterable[Article], *, now: datetime) -> None:
        """Fill an empty store, each entry at version 1; what a library calls unreviewed stays so."""
        on = now.astimezone(CHINA).date()
        await self.add_all(apply(Entry(id=one.id), loaded(one, at=now, on=on)) for one in articles)

    # -- following ------------------------------------------------------------------------------------------------

    async def mark(self, *, on: date) -> Mark:
        return Mark(at=await self._server_time(), on=on)

    async def _server_time(self) -> datetime:
        hello: Document = await self._database.command("hello")
        at: datetime = hello["localTime"]
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    async def changes(self, since: Mark, *, on: date) -> Changes:
        # After a failover the server's clock may be behind the one that stamped what was seen last.
        known = min(since.at, await self._server_time())
        found = self._articles.find(
            {"public": True, "changed_at": {"$gt": known - _OVERLAP}}, {"changed_at": 1, "version": 1}
        )
        at, seen = since.at, {}
        async for document in found:
            seen[document["_id"]] = document["version"]
            at = max(at, document["changed_at"])
        wanted = [name for name, version in seen.items() if since.seen.get(name) != version]
        if on != since.on:
            wanted += await self._begins_between(since.on, on)
        articles, removed = await self._read(wanted, on)
        return Changes(tuple(articles), tuple(removed), Mark(at=at, on=on, seen=seen))

    async def _begins_between(self, before: date, on: date) -> list[str]:
        begun = {"$gt": min(before, on).isoformat(), "$lte": max(before, on).isoformat()}
        return [one["_id"] async for one in self._articles.find({"takes_over_on": begun}, {"_id": 1})]

    async def _read(self, wanted: list[str], on: date) -> tuple[list[Article], list[str]]:
        articles: list[Article] = []
        removed: list[str] = []
        for start in range(0, len(wanted), _BATCH):
            some = {"_id": {"$in": wanted[start : start + _BATCH]}}
            async for document in self._articles.find(some):
                article = from_document(document).shown(on)
                if article:
                    articles.append(article)
                else:
                    removed.append(document["_id"])
        return articles, removed

    # -- history --------------------------------------------------------------------------------------------------

    async def history(self, article_id: str) -> tuple[Entry, ...]:
        present = await self.entry(article_id)
        copies = self._versions.find(_copies_of(article_id)).sort("_id.version", DESCENDING)
        earlier = [of_version(copy) async for copy in copies]
        return (present, *(one for one in earlier if one.version < present.version))

    async def events(self, article_id: str) -> tuple[ReviewEvent, ...]:
        history = await self.history(article_id)
        return tuple(one.event for one in reversed(history) if one.event)

    # -- for the desk ---------------------------------------------------------------------------------------------

    async def by_identity(self, identities: Iterable[str]) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        names = list(identities)
        for start in range(0, len(names), _BATCH):
            some = {"identity": {"$in": names[start : start + _BATCH]}}
            async for document in self._articles.find(some):
                found.setdefault(document["identity"], from_document(document))
        return found

    async def entries(self, article_ids: Iterable[str]) -> dict[str, Entry]:
        return await self._by_id(article_ids, {})

    async def _by_id(self, article_ids: Iterable[str], more: Document) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        names = list(article_ids)
        for start in range(0, len(names), _BATCH):
            some = {"_id": {"$in": names[start : start + _BATCH]}, **more}
            async for document in self._articles.find(some):
                found[document["_id"]] = from_document(document)
        return found

    async def scheduled(self, *, on: date) -> tuple[Entry, ...]:
        begun = self._articles.find({"takes_over_on": {"$lte": on.isoformat(), "$gt": ""}})
        return tuple([from_document(document) async for document in begun])

    async def repealing(self) -> tuple[Article, ...]:
        found = self._articles.find({"changes_others": True, "live.repeals": {"$ne": []}}, WITHOUT_TEXTS)
        return tuple([to_article(document["live"] | NO_TEXTS) async for document in found])

    async def not_yet_ended(self, article_ids: Iterable[str], *, on: date) -> dict[str, Entry]:
        still = {
            "live.status": {"$ne": ArticleStatus.REPEALED},
            "$or": [{"live.repealed_on": None}, {"live.repealed_on": {"$gt": on.isoformat()}}],
        }
        return await self._by_id(article_ids, still)

    # -- what citizens said ---------------------------------------------------------------------------------------

    async def record_feedback(
        self, article_id: str, helpful: bool, at: datetime, *, key: str | None = None
    ) -> None:
        vote = {"article_id": article_id, "helpful": helpful, "at": at}
        if key is None:
            await self._feedback.insert_one(vote)
            return
        # The key may name a message; what is kept must not.
        name = sha256(f"{article_id}|{key}".encode()).hexdigest()
        await self._feedback.replace_one({"_id": name}, vote, upsert=True)

    async def helpfulness(self, article_id: str) -> tuple[int, int]:
        said = await self._feedback.count_documents({"article_id": article_id})
        helpful = await self._feedback.count_documents({"article_id": article_id, "helpful": True})
        return helpful, said


_INDEXES = [
    IndexModel([("public", ASCENDING), ("changed_at", ASCENDING), ("version", ASCENDING)]),
    IndexModel([("changed_at", DESCENDING), ("_id", DESCENDING)]),
    IndexModel([("stage", ASCENDING), ("changed_at", DESCENDING), ("_id", DESCENDING)]),
    IndexModel([("live.status", ASCENDING), ("changed_at", DESCENDING), ("_id", DESCENDING)]),
    IndexModel([("kind", ASCENDING), ("changed_at", DESCENDING), ("_id", DESCENDING)]),
    IndexModel([("owner_unit_id", ASCENDING), ("changed_at", DESCENDING), ("_id", DESCENDING)]),
    IndexModel([("takes_over_on", ASCENDING)], sparse=True),
    IndexModel([("identity", ASCENDING)], sparse=True),
    IndexModel([("rests_on", ASCENDING)]),
    IndexModel([("names", ASCENDING)]),
    IndexModel([("live.expires_on", ASCENDING)]),
    IndexModel([("checked_at", ASCENDING)]),
    IndexModel([("search", ASCENDING), ("_id", ASCENDING)], name=SEARCH_INDEX),
    IndexModel([("live.region", ASCENDING), ("live.topic", ASCENDING)]),
    IndexModel([(name, ASCENDING) for name in ("live.region", "live.kind", "over_from", "holds_from")]),
    IndexModel([("over_from", ASCENDING), ("live.region", ASCENDING)]),
    IndexModel([("derived", ASCENDING)]),
    IndexModel([("live.region", ASCENDING), ("live.published_on", DESCENDING), ("_id", ASCENDING)]),
    IndexModel([("changes_others", ASCENDING)], partialFilterExpression={"changes_others": True}),
]


def _stamped(document: Document) -> Document:
    """The document as it is, with the server's time: several processes follow the changes by one clock."""
    fields = {name: value for name, value in document.items() if name != "_id"}
    gone = {name: "" for name in RARE if name not in fields} | dict.fromkeys(_EARLIER_FIELDS, "")
    update: Document = {"$set": fields, "$unset": gone, "$currentDate": {"changed_at": True}}
    if not fields["public"]:
        # Processes that took in a version scheduled for later must see that it was withdrawn: once public, always.
        update["$setOnInsert"] = {"public": fields.pop("public")}
    return update


def _shown(entry: Entry, on: date | None) -> Article | None:
    return entry.live if on is None else entry.shown(on)


def _copies_of(article_id: str) -> Document:
    low = {"article": article_id, "version": 0}
    return {"_id": {"$gte": low, "$lt": {"article": article_id, "version": 2**31}}}
