"""Conversations at rest: one sealed document each, one versioned write for a turn that may not be lost, reply included.

A message delivered again finds its reply recorded. Nothing here is readable without the key: who wrote and
what was said are sealed, and a document is found by a keyed index of account and openid.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Annotated, Any

import orjson
import structlog
from bson.binary import Binary
from motor.motor_asyncio import AsyncIOMotorDatabase
from pydantic import BeforeValidator, TypeAdapter, ValidationError
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.conversations.grouped_writes import GroupedWrites
from bot.talk.replacing import replace
from bot.talk.session import Session
from bot.wechat.messages import IncomingMessage
from bot.wechat.reply import Reply, as_reply
from routing.identity import SealBroken, Vault

log = structlog.get_logger(__name__)

Database = AsyncIOMotorDatabase[dict[str, Any]]

MOST_TURNS = 20
"""Replies kept for repeated deliveries, which come within seconds."""

MOST_PER_MINUTE = 60
"""A person never writes more; nine photos in a row, or a whole filing typed ahead, stay far below."""

FLOOD_WITHIN = timedelta(minutes=1)

MOST_ATTEMPTS = 20
"""How often a late answer is tried before it is given up."""

TOMBSTONE = timedelta(minutes=10)
"""How long an answered late message is remembered, so that keeping it once more answers nothing."""

_INDEXES = 4_096

KEPT = timedelta(days=180)
"""A conversation nobody goes on with is deleted by the store after this long."""


@dataclass(frozen=True, slots=True)
class RecordedTurn:
    """``reply`` None: the message was answered with silence."""

    key: str
    # Bare words are how replies were kept before a person could take over.
    reply: Annotated[Reply | None, BeforeValidator(as_reply)]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One citizen's talk with one account. ``version`` is MongoDB's; 0 was never saved there."""

    account: str
    openid: str
    session: Session = field(default_factory=Session)
    turns: tuple[RecordedTurn, ...] = ()
    heard_at: tuple[datetime, ...] = ()
    """When the messages of the last minute came, to notice a flood."""
    version: int = 0

    def recorded(self, key: str) -> RecordedTurn | None:
        return next((turn for turn in self.turns if turn.key == key), None)

    def with_turn(self, session: Session, turn: RecordedTurn) -> Conversation:
        heard = (*(at for at in self.heard_at if turn.at - at < FLOOD_WITHIN), turn.at)
        return Conversation(
            account=self.account,
            openid=self.openid,
            session=session,
            turns=(*self.turns, turn)[-MOST_TURNS:],
            heard_at=heard[-MOST_PER_MINUTE:],
            version=self.version,
        )

    def without_turns(self) -> Conversation:
        """As Redis has it: the replies are there by themselves."""
        return replace(self, turns=())

    def flooding(self, now: datetime) -> bool:
        """A machine, or a stuck key."""
        heard = self.heard_at
        return len(heard) >= MOST_PER_MINUTE and now - heard[0] < FLOOD_WITHIN


_CONVERSATION = TypeAdapter(Conversation)
_TURN = TypeAdapter(RecordedTurn)
_REPLY = TypeAdapter(Reply | None)
_MESSAGE = TypeAdapter(IncomingMessage)


class ConversationStore:
    """Collection ``conversations``, and ``conversation_outages``: who wrote there while Redis was away."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._conversations = database["conversations"]
        self._outages = database["conversation_outages"]
        self._vault = vault
        self._writes = GroupedWrites(self._conversations)
        # Asked for several times with each message, and hashed anew each time.
        self._own_index = lru_cache(_INDEXES)(partial(vault.blind_index, field="conversations"))
        self._openid_indexes = lru_cache(_INDEXES)(partial(vault.blind_indexes, field="openid"))

    async def prepare(self) -> None:
        expiry = IndexModel([("updated_at", ASCENDING)], expireAfterSeconds=int(KEPT.total_seconds()))
        await self._conversations.create_indexes([expiry])

    async def load(self, account: str, openid: str) -> Conversation:
        """The conversation as last saved, or a new one."""
        index = self.index(account, openid)
        document = await self._conversations.find_one({"_id": index})
        if document is None:
            return Conversation(account=account, openid=openid)
        about = f"conversations.{index}"
        saved = _CONVERSATION.validate_json(self._vault.open(bytes(document["sealed"]), about=about))
        turns = tuple(
            _TURN.validate_json(self._vault.open(bytes(sealed), about=f"{about}.turn"))
            for sealed in document.get("turns", ())
        )
        return replace(saved, turns=(*saved.turns, *turns)[-MOST_TURNS:], version=document["version"])

    async def save(self, conversation: Conversation, *, now: datetime) -> bool:
        """Write session and replies at once; False when somebody else wrote since ``load``."""
        return await self._write(conversation, conversation.turns, now, whole=True)

    async def add_turn(self, conversation: Conversation, turn: RecordedTurn, *, now: datetime) -> bool:
        """Write the session with one more reply, as ``save``, where the replies before it are not at hand."""
        return await self._write(conversation, (turn,), now, whole=False)

    async def _write(
        self, conversation: Conversation, turns: tuple[RecordedTurn, ...], now: datetime, *, whole: bool
    ) -> bool:
        index = self.index(conversation.account, conversation.openid)
        about = f"conversations.{index}"
        sealed = self._vault.seal(_dump(conversation), about=about)
        replies = [Binary(self._vault.seal(_TURN.dump_json(t), about=f"{about}.turn")) for t in turns]
        fields: dict[str, Any] = {
            "version": conversation.version + 1,
            "sealed": Binary(sealed),
            "updated_at": now,
        }
        return await self._writes.write(
            index, conversation.version, fields, replies, whole=whole, most_turns=MOST_TURNS
        )

    async def erase(self, account: str, openid: str) -> None:
        """Forget everything said, as the law asks when the citizen takes the authorisation back."""
        # Under every key: what was said before a key rotation must go as well.
        await self._conversations.delete_many({"_id": {"$in": self.indexes(account, openid)}})

    def index(self, account: str, openid: str) -> str:
        """What the conversation is found by; names neither."""
        return self._own_index(f"{account}\x00{openid}")

    def indexes(self, account: str, openid: str) -> list[str]:
        """The index under every key, the present one first."""
        return self._vault.blind_indexes(f"{account}\x00{openid}", field="conversations")

    # ---- the forms in which Redis has it

    def seal_state(self, conversation: Conversation, index: str) -> bytes:
        """Session and version without the replies."""
        return self._vault.seal(_dump(conversation), about=f"talk.{index}")

    def open_state(self, sealed: bytes, index: str) -> Conversation | None:
        """None for what cannot be read any more, as after a lost key or by another release: MongoDB is asked then."""
        try:
            return _CONVERSATION.validate_json(self._vault.open(sealed, about=f"talk.{index}"))
        except (SealBroken, ValidationError) as error:
            log.warning("conversation in redis unreadable", error=type(error).__name__)
            return None

    def seal_reply(self, reply: Reply | None, key: str) -> bytes:
        return self._vault.seal(orjson.dumps(reply), about=f"talk-reply.{key}")

    def open_reply(self, sealed: bytes, key: str) -> Reply | None:
        return _REPLY.validate_json(self._vault.open(sealed, about=f"talk-reply.{key}"))

    def openid_indexes(self, account: str, openid: str) -> list[str]:
        """What a citizen's tickets are found by, which is what notices wait under."""
        return self._openid_indexes(f"{account}\x00{openid}")

    # ---- outages of Redis

    async def note_outage(self, process: str, *, now: datetime) -> None:
        """From now on this process writes here alone: what Redis remembers is void, though it die before saying so."""
        await self._outages.update_one({"_id": process}, {"$set": {"at": now}}, upsert=True)

    async def end_outage(self, process: str) -> None:
        await self._outages.delete_one({"_id": process})

    async def outages(self) -> list[str]:
        """The processes that noted one and have not ended it, alive or dead."""
        return [document["_id"] async for document in self._outages.find({})]


def _dump(conversation: Conversation) -> bytes:
    return orjson.dumps(
        {
            "account": conversation.account,
            "openid": conversation.openid,
            "session": conversation.session,
            "heard_at": conversation.heard_at,
            "version": conversation.version,
        }
    )


_NOT_KEPT = {"$eq": [{"$type": "$sealed"}, "missing"]}


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
        citizens = IndexModel([("citizen", ASCENDING)], sparse=True)
        await self._messages.create_indexes([waiting, tombstones, citizens])
        # What could not be read may have lacked only its key, and a new start may have brought that back.
        await self._messages.update_many({"broken": True}, {"$unset": {"broken": ""}})

    async def keep(self, message: IncomingMessage, *, now: datetime) -> None:
        """Durable once this returns; keeping a message again, even one just pushed, changes nothing.

        ``now`` is when its delivery arrived: answering an earlier delivery in place does not count, for the platform
        would not have delivered again had it had that answer.
        """
        sealed = Binary(self._vault.seal(_MESSAGE.dump_json(message), about=f"late_messages.{message.key}"))
        try:
            (citizen, *_) = self._citizen(message.account, message.openid)
            await self._messages.insert_one(
                {
                    "_id": message.key,
                    "sealed": sealed,
                    "kept_at": now,
                    "first_promised_at": now,
                    "promised_at": now,
                    "citizen": citizen,
                }
            )
        except DuplicateKeyError:
            answered = {"_id": message.key, "sealed": None, "answered_at": {"$lt": now}}
            kept = {"sealed": sealed, "kept_at": now, "first_promised_at": now, "promised_at": now}
            again = await self._messages.update_one(
                answered, {"$set": kept, "$unset": {"done_at": "", "answered_at": ""}}
            )
            if not again.matched_count:
                # Whoever kept an earlier delivery may no longer take it back.
                await self._messages.update_one(
                    {"_id": message.key, "sealed": {"$ne": None}}, {"$max": {"promised_at": now}}
                )

    async def erase(self, account: str, openid: str) -> int:
        """Forget what a citizen said and was not answered yet; returns how many messages that were."""
        citizen = {"$in": self._citizen(account, openid)}
        return (await self._messages.delete_many({"citizen": citizen})).deleted_count

    def _citizen(self, account: str, openid: str) -> list[str]:
        """Under every key there is, the present one's first."""
        return self._vault.blind_indexes(f"{account}\x00{openid}", field="late_messages")

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

    async def answer_now(self, key: str, *, now: datetime) -> bool:
        """Whether a message that may have been kept may be answered in place: not when its answer is to be pushed.

        ``now`` is when its delivery arrived. Once True, keeping a delivery that arrived before does nothing any more,
        so that two processes cannot both answer.
        """
        answered = {
            # The store's own clock, by which it also removes the tombstone.
            "done_at": {"$cond": [_NOT_KEPT, "$$NOW", "$done_at"]},
            "answered_at": {"$cond": [_NOT_KEPT, {"$max": ["$answered_at", now]}, "$answered_at"]},
            # Who is refused here says that the answer will be pushed: nobody may take it back any more.
            "promised_at": {"$cond": [_NOT_KEPT, "$promised_at", {"$max": ["$promised_at", now]}]},
        }
        try:
            before = await self._messages.find_one_and_update({"_id": key}, [{"$set": answered}], upsert=True)
        except DuplicateKeyError:
            return await self.answer_now(key, now=now)  # kept in this very moment
        return before is None or "sealed" not in before

    async def take_back(self, key: str, *, now: datetime) -> bool:
        """Have a kept message answered by nobody: its sender was asked to write again.

        ``now`` is when the delivery arrived that is being apologised for. False when another one, before or after,
        was promised the answer, or has had it: nobody knows which of the two the citizen saw, and an apology beside
        the answer is better than neither.
        """
        result = await self._messages.update_one(
            {"_id": key, "done_at": None, "first_promised_at": now, "promised_at": now},
            {"$currentDate": {"done_at": True}, "$unset": {"sealed": ""}, "$set": {"answered_at": now}},
        )
        return result.modified_count == 1

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
