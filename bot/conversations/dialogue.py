"""The dialogue's asynchronous shell: claim the conversation, take the turn, do what it asks, settle session and reply.

Exactly once: a message key finds its recorded reply, and whoever comes while another process answers waits for that
answer. A turn that may not be lost is in MongoDB before it is settled in Redis; every act is idempotent, so that a turn
may be taken again after a lost race or a crash. Without Redis the same is done in MongoDB alone, by version.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import structlog
from pydantic import ValidationError

from bot.conversations.arrivals import out_of_turn, window_s
from bot.conversations.at_hand import ConversationsAtHand, NotAQuestion, OnlyQuestions, may_ask
from bot.conversations.claims import Claimed, Claims, Recorded, Unsettled
from bot.conversations.durability import must_last
from bot.conversations.errands import Errands
from bot.conversations.in_redis import InRedis, begun_before
from bot.conversations.outage import Outage
from bot.conversations.redis_pipe import RedisAway
from bot.conversations.renewal import Renewal
from bot.conversations.store import Conversation, ConversationStore, RecordedTurn
from bot.conversations.turns import Held, Runs, hold_turn, understand
from bot.talk import phrases
from bot.talk.asked import Asked, unpacked
from bot.talk.replacing import replace
from bot.talk.session import Scene, Understanding
from bot.wechat.messages import IncomingMessage
from bot.wechat.reply import Reply
from routing.identity import SealBroken

__all__ = ["Dialogue", "StillBusy", "hold_turn", "understand"]

log = structlog.get_logger(__name__)

_TRIES = 16
"""Nine photos sent at once race each other; the last of them loses eight times."""
PATIENCE_S = 20.0
"""So long a message waits for the one before it, or for its own answer in another process."""

MOST_AT_ONCE = 16
"""Messages of one citizen being answered at the same time in one process: nine photos, and some impatience."""

_TAKEN_BACK = frozenset({"user_authorization_revoke", "user_authorization_cancellation"})
"""The citizen took the authorisation back: what they said is erased, not merely ended."""


class StillBusy(Exception):
    """The conversation stayed somebody else's; the message was not answered and may be tried later."""


class Jotted(Protocol):
    """What a turn wants written down about a question, held until the turn is settled."""

    def take(self, key: str) -> bytes: ...

    async def write_down(self, note: bytes) -> None: ...


class FindScene(Protocol):
    """The place a scanned code stands for."""

    async def __call__(self, account: str, scene: str, *, now: datetime) -> Scene | None: ...


Forget = Callable[[str, str, Iterable[str]], Awaitable[None]]
"""Erases beside the conversation: account, openid, and the keys of the messages that were answered."""


class Resume(Protocol):
    """Lets go out what waited for this citizen to write again."""

    async def __call__(self, *, account: str, openid: str, now: datetime) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """Answers one message; implements ``bot.wechat.webhook.Respond``."""

    conversations: ConversationStore
    errands: Errands
    understand: Callable[[str], Understanding] = understand
    forget: Forget | None = None
    """Erases what the citizen asked, beside what they said: account, openid, keys of their last messages."""
    claims: Claims | None = None
    """None: MongoDB alone, as while Redis is away."""
    outage: Outage | None = None
    """Goes with ``claims``."""
    jotted: Jotted | None = None
    resume: Resume | None = None
    scenes: FindScene | None = None
    welcome: Callable[[str], str | None] | None = None
    """Account → its own words of welcome."""
    crowds: dict[str, int] = field(default_factory=dict)
    """How many messages of each conversation this process is at."""
    at_hand: ConversationsAtHand = field(default_factory=ConversationsAtHand)

    async def __call__(self, message: IncomingMessage, *, now: datetime) -> Reply | None:
        """The reply, the same for every delivery of a message; None when there is nothing to say.

        Raises ``StillBusy``, and whatever an act or a store raises; then nothing was recorded.
        """
        if message.event in _TAKEN_BACK:
            await self._erase(message.account, message.openid, now)
            return None
        index = self.conversations.index(message.account, message.openid)
        crowd = self.crowds.get(index, 0)
        if crowd >= MOST_AT_ONCE:
            # Said at once and not recorded: a flood must not hold the places of everybody else's messages.
            return Reply(phrases.flooding(message.content))
        self.crowds[index] = crowd + 1
        try:
            return await self._answered(index, message, now)
        finally:
            if self.crowds[index] == 1:
                del self.crowds[index]
            else:
                self.crowds[index] -= 1

    async def _answered(self, index: str, message: IncomingMessage, now: datetime) -> Reply | None:
        if self.claims is not None:
            try:
                there = InRedis(self.conversations, self.claims, self.outage, self.at_hand)
                told, reply = await self._ahead(there, index, message, now)
                return reply if told else await self._claimed(there, index, message, now)
            except RedisAway as away:
                log.warning("answered without redis", why=str(away))
        return await self._alone(message, now)

    # ---- with Redis

    async def _ahead(
        self, there: InRedis, index: str, message: IncomingMessage, now: datetime
    ) -> tuple[bool, Reply | None]:
        """A question, worked out before the conversation is claimed and settled with the claim. False: nothing
        happened, as the message is none, or somebody else has been there since."""
        known, key = there.ahead(index), message.key
        if known is None or not may_ask(message):
            return False, None
        before = known.conversation
        try:
            held = await self._hold(before, message, now, errands=OnlyQuestions(self.errands))
            note = self._note(key)
        except NotAQuestion:
            return False, None
        finally:
            self._note(key)
        if must_last(before.session, held.session, held.acts):
            return False, None
        turn = RecordedTurn(key, held.reply, now)
        after = before.with_turn(held.session, turn)
        settled = await there.settle_ahead(index, known, message, after, turn, note)
        if isinstance(settled, Recorded):
            return True, there.reply_told(settled, key)
        if isinstance(settled, Unsettled):
            return False, None
        if settled.notices_wait:
            await self._resume(message, now)
        return True, held.reply

    async def _claimed(
        self, there: InRedis, index: str, message: IncomingMessage, now: datetime
    ) -> Reply | None:
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_S
        while loop.time() <= until:
            claim = await there.claim(index, message)
            if isinstance(claim, Claimed):
                with Renewal(there.claims, index, claim):
                    settled, reply = await self._answer(there, index, claim, message, now)
                if claim.notices_wait:
                    await self._resume(message, now)
                if settled:
                    return begun_before(reply) if claim.after_a_death or claim.kept else reply
            elif isinstance(claim, Recorded):
                return there.reply_told(claim, message.key)
            else:
                await asyncio.sleep(min(claim.left_s, random.uniform(0.01, 0.04)))
        raise StillBusy

    async def _answer(
        self, there: InRedis, index: str, claim: Claimed, message: IncomingMessage, now: datetime
    ) -> tuple[bool, Reply | None]:
        """Take the turn and settle it. False: somebody took the conversation over, whose answer counts."""
        key, note = message.key, b""
        try:
            conversation = await there.remembered(index, claim, message)
            for _ in range(_TRIES):
                turn, lasts = conversation.recorded(key), True
                begun = turn is not None
                if turn is None:
                    held = await self._hold(conversation, message, now, asked=unpacked(claim.asked))
                    note = self._note(key)
                    turn = RecordedTurn(key, held.reply, now)
                    lasts = must_last(conversation.session, held.session, held.acts)
                    after = conversation.with_turn(held.session, turn)
                    if lasts and not await self.conversations.add_turn(after, turn, now=now):
                        # Somebody wrote without Redis, or died before telling it: MongoDB knows better.
                        conversation = await self.conversations.load(message.account, message.openid)
                        continue
                    conversation = replace(after, version=after.version + 1) if lasts else after
                settled, reply = await self._settle(there, index, claim, conversation, turn, note, lasts)
                return settled, begun_before(reply) if begun else reply
        except RedisAway:
            raise
        except BaseException:
            with contextlib.suppress(RedisAway):
                await there.claims.release(index, claim)
            raise
        finally:
            self._note(key)
        raise StillBusy

    async def _settle(
        self,
        there: InRedis,
        index: str,
        claim: Claimed,
        conversation: Conversation,
        turn: RecordedTurn,
        note: bytes,
        lasts: bool,
    ) -> tuple[bool, Reply | None]:
        try:
            return await there.settle(index, claim, conversation, turn, note), turn.reply
        except RedisAway:
            # The turn is taken: better that MongoDB remembers it than that it is taken again from before.
            await self._begin_outage(turn.at)
            if note and self.jotted is not None:
                await self.jotted.write_down(note)
            if not lasts and not await self.conversations.add_turn(conversation, turn, now=turn.at):
                raise
            return True, turn.reply

    # ---- without

    async def _alone(self, message: IncomingMessage, now: datetime) -> Reply | None:
        """By MongoDB's version: a lost race takes the turn again from what the winner saved."""
        await self._begin_outage(now)
        for _ in range(_TRIES):
            conversation = await self.conversations.load(message.account, message.openid)
            recorded = conversation.recorded(message.key)
            if recorded is not None:
                return begun_before(recorded.reply)
            held = await self._hold(conversation, message, now)
            note = self._note(message.key)
            turn = RecordedTurn(message.key, held.reply, now)
            if await self.conversations.save(conversation.with_turn(held.session, turn), now=now):
                if self.outage is not None:
                    self.outage.owed = True  # also where it was ended while this turn was being taken
                if note and self.jotted is not None:
                    await self.jotted.write_down(note)
                await self._resume(message, now)
                # Whether another process has begun on it, only Redis knows.
                return held.reply if self.claims is None else begun_before(held.reply)
        log.warning("conversation kept changing", account=message.account, tries=_TRIES)
        raise StillBusy

    async def _begin_outage(self, now: datetime) -> None:
        if self.outage is not None:
            await self.outage.begin(now=now)

    # ---- both

    async def _hold(
        self,
        conversation: Conversation,
        message: IncomingMessage,
        now: datetime,
        *,
        asked: Asked | None = None,
        errands: Runs | None = None,
    ) -> Held:
        if conversation.flooding(now):
            return Held(conversation.session, Reply(phrases.flooding(message.content)))
        if out_of_turn(message, conversation, now):
            said = phrases.out_of_turn(message.content, sent_at=message.created_at, now=now)
            return Held(conversation.session, Reply(said))
        return await hold_turn(
            conversation.session,
            message,
            errands=errands or self.errands,
            understand=self.understand,
            now=now,
            scene=await self._scene(message, now),
            welcome=self.welcome(message.account) if self.welcome is not None else None,
            asked=asked,
        )

    async def _scene(self, message: IncomingMessage, now: datetime) -> Scene | None:
        if self.scenes is None or message.event not in ("subscribe", "scan"):
            return None
        scene = (message.event_key or "").removeprefix("qrscene_")
        try:
            return await self.scenes(message.account, scene, now=now) if scene else None
        except Exception as error:
            # Who follows is greeted all the same; the place can be asked for.
            log.error("scene not found", error=type(error).__name__)
            return None

    def _note(self, key: str) -> bytes:
        return self.jotted.take(key) if self.jotted is not None else b""

    async def _resume(self, message: IncomingMessage, now: datetime) -> None:
        if self.resume is None or not window_s(message):
            return  # nothing may be written to who left, or was only moved about
        try:
            await self.resume(account=message.account, openid=message.openid, now=now)
        except Exception as error:
            # The answer is there and counts; what waits is found again by the next refusal or message.
            log.error("waiting notices not resumed", error=type(error).__name__)

    async def _erase(self, account: str, openid: str, now: datetime) -> None:
        """What they asked first: only their conversation knows which answered questions were theirs."""
        indexes = self.conversations.indexes(account, openid)
        self.at_hand.forget(indexes[0])
        keys: list[str] = []
        try:
            keys = [turn.key for turn in (await self.conversations.load(account, openid)).turns]
        except (SealBroken, ValidationError) as error:
            # What cannot be read must be erased all the same.
            log.error("conversation erased unread", error=type(error).__name__)
        if self.claims is not None:
            try:
                keys += await self.claims.keys_of(indexes)
                openid_indexes = self.conversations.openid_indexes(account, openid)
                await self.claims.erase(indexes, keys, openid_indexes=openid_indexes)
            except RedisAway:
                # Nobody will believe what is left there, and it goes by itself within a day.
                await self._begin_outage(now)
        if self.forget is not None:
            await self.forget(account, openid, keys)
        await self.conversations.erase(account, openid)
