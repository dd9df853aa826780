"""Conversations at rest: one sealed document each, one versioned write per message, reply included.

A message delivered again finds its reply recorded. Nothing here is readable without the key: who wrote and
what was said are sealed, and a document is found by a keyed index of account and openid.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from bson.binary import Binary
from motor.motor_asyncio import AsyncIOMotorDatabase
from pydantic import TypeAdapter, ValidationError
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.session import Picture, Session
from bot.wechat.messages import IncomingMessage
from routing.identity import SealBroken, Vault

log = structlog.get_logger(__name__)

Database = AsyncIOMotorDatabase[dict[str, Any]]

MOST_TURNS = 20
"""Replies kept for repeated deliveries, which come within seconds."""

MOST_PER_MINUTE = 60
"""A person never writes more; nine photos in a row, or a whole filing typed ahead, stay far below."""

MOST_ATTEMPTS = 5
"""How often a late answer is tried before it is given up."""

TOMBSTONE = timedelta(minutes=10)
"""How long an answered late message is remembered, so that keeping it once more answers nothing."""

KEPT = timedelta(days=180)
"""A conversation nobody goes on with is deleted by the store after this long."""


@dataclass(frozen=True, slots=True)
class RecordedTurn:
    """``reply`` None: the message was answered with silence."""

    key: str
    reply: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One citizen's talk with one account. ``version`` 0 has never been saved."""

    account: str
    openid: str
    session: Session = field(default_factory=Session)
    turns: tuple[RecordedTurn, ...] = ()
    heard_at: tuple[datetime, ...] = ()
    """When the last messages came, to notice a flood."""
    version: int = 0

    def recorded(self, key: str) -> RecordedTurn | None:
        return next((turn for turn in self.turns if turn.key == key), None)

    def with_turn(self, session: Session, turn: RecordedTurn) -> Conversation:
        return replace(
            self,
            session=session,
            turns=(*self.turns, turn)[-MOST_TURNS:],
            heard_at=(*self.heard_at, turn.at)[-MOST_PER_MINUTE:],
        )

    def flooding(self, now: datetime) -> bool:
        """A machine, or a stuck key."""
        heard = self.heard_at
        return len(heard) >= MOST_PER_MINUTE and now - heard[0] < timedelta(minutes=1)


_CONVERSATION = TypeAdapter(Conversation)
_MESSAGE = TypeAdapter(IncomingMessage)
_PICTURE = TypeAdapter(Picture)


class ConversationStore:
    """Collection ``conversations``."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._conversations = database["conversations"]
        self._vault = vault

    async def prepare(self) -> None:
        expiry = IndexModel([("updated_at", ASCENDING)], expireAfterSeconds=int(KEPT.total_seconds()))
        await self._conversations.create_indexes([expiry])

    async def load(self, account: str, openid: str) -> Conversation:
        """The conversation as last saved, or a new one."""
        index = self._index(account, openid)
        document = await self._conversations.find_one({"_id": index})
        if document is None:
            return Conversation(account=account, openid=openid)
        plain = self._vault.open(bytes(document["sealed"]), about=f"conversations.{index}")
        return replace(_CONVERSATION.validate_json(plain), version=document["version"])

    async def save(self, conversation: Conversation, *, now: datetime) -> bool:
        """Write session and reply at once; False when somebody else wrote since ``load``."""
        index = self._index(conversation.account, conversation.openid)
        sealed = self._vault.seal(_CONVERSATION.dump_json(conversation), about=f"conversations.{index}")
        version = conversation.version + 1
        fields: dict[str, Any] = {"version": version, "sealed": Binary(sealed), "updated_at": now}
        if conversation.version == 0:
            try:
                await self._conversations.insert_one({"_id": index, **fields})
            except DuplicateKeyError:
                return False
            return True
        result = await self._conversations.update_one(
            {"_id": index, "version": conversation.version}, {"$set": fields}
        )
        return result.matched_count == 1

    async def erase(self, account: str, openid: str) -> None:
        """Forget everything said, as the law asks when the citizen takes the authorisation back."""
        # Under every key: what was said before a key rotation must go as well.
        indexes = self._vault.blind_indexes(f"{account}\x00{openid}", field="conversations")
        await self._conversations.delete_many({"_id": {"$in": indexes}})

    def _index(self, account: str, openid: str) -> str:
        return self._vault.blind_index(f"{account}\x00{openid}", field="conversations")


class LateMessages:
    """Collection ``late_messages``: what could not be answered within WeChat's five seconds.

    Whoever sends an answer calls ``done`` first, which one caller wins, and ``postpone`` if nothing was delivered.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self._messages = database["late_messages"]
        self._vault = vault

    async def prepare(self) -> None:
        waiting = IndexModel([("kept_at", ASCENDING)])
        tombstones = IndexModel([("done_at", ASCENDING)], expireAfterSeconds=int(TOMBSTONE.total_seconds()))
        await self._messages.create_indexes([waiting, tombstones])
        # What could not be read may have lacked only its key, and a new start may have brought that back.
        await self._messages.update_many({"broken": True}, {"$unset": {"broken": ""}})

    async def keep(self, message: IncomingMessage, *, now: datetime) -> None:
        """Durable once this returns; keeping the same message again, even one just answered, changes nothing."""
        sealed = self._vault.seal(_MESSAGE.dump_json(message), about=f"late_messages.{message.key}")
        try:
            await self._messages.insert_one({"_id": message.key, "sealed": Binary(sealed), "kept_at": now})
        except DuplicateKeyError:
            return

    async def find_late(self, now: datetime, *, limit: int = 100) -> list[IncomingMessage]:
        """The messages due for an answer, the oldest first; one that cannot be read is set aside until a new start."""
        due = {"kept_at": {"$lte": now}, "done_at": None, "broken": None}
        cursor = self._messages.find(due).sort("kept_at", ASCENDING).limit(limit)
        found = []
        for document in await cursor.to_list(length=limit):
            try:
                found.append(self._open(document))
            except (SealBroken, ValidationError, KeyError, TypeError) as error:
                log.error("late message unreadable", error=type(error).__name__)
                await self._messages.update_one({"_id": document["_id"]}, {"$set": {"broken": True}})
        return found

    async def postpone(self, key: str, *, until: datetime) -> bool:
        """Nothing was delivered: try again at ``until``, also after ``done``. False when no attempt is left."""
        left = {"_id": key, "attempts": {"$not": {"$gte": MOST_ATTEMPTS - 1}}}
        again = {"$set": {"kept_at": until}, "$inc": {"attempts": 1}, "$unset": {"done_at": ""}}
        result = await self._messages.update_one(left, again)
        if result.matched_count == 1:
            return True
        await self.done(key)
        return False

    async def done(self, key: str) -> bool:
        """Take a message off the list; True for exactly one caller."""
        # The store's own clock, by which it also removes the tombstone.
        result = await self._messages.update_one(
            {"_id": key, "done_at": None}, {"$currentDate": {"done_at": True}}
        )
        return result.modified_count == 1

    def _open(self, document: dict[str, Any]) -> IncomingMessage:
        about = f"late_messages.{document['_id']}"
        return _MESSAGE.validate_json(self._vault.open(bytes(document["sealed"]), about=about))


class PictureShelf:
    """Collection ``ticket_pictures``: which photos belong to which ticket, sealed, in the order they came."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._pictures = database["ticket_pictures"]
        self._vault = vault

    async def prepare(self) -> None:
        await self._pictures.create_indexes([IndexModel([("number", ASCENDING), ("at", ASCENDING)])])

    async def put(self, number: str, pictures: tuple[Picture, ...], *, now: datetime) -> None:
        """Idempotent by ticket and photo."""
        for place, picture in enumerate(pictures):
            about = f"ticket_pictures.{number}"
            key = self._vault.blind_index(f"{number}\x00{picture.media_id}", field="ticket_pictures")
            sealed = Binary(self._vault.seal(_PICTURE.dump_json(picture), about=about))
            fields = {"number": number, "sealed": sealed, "at": now, "place": place}
            await self._pictures.update_one({"_id": key}, {"$setOnInsert": fields}, upsert=True)

    async def of_ticket(self, number: str) -> list[Picture]:
        cursor = self._pictures.find({"number": number}).sort([("at", ASCENDING), ("place", ASCENDING)])
        about = f"ticket_pictures.{number}"
        return [
            _PICTURE.validate_json(self._vault.open(bytes(document["sealed"]), about=about))
            async for document in cursor
        ]
