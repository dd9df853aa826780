"""A conversation as Redis has it, read and written: claimed, remembered, settled."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from bot.conversations.arrivals import window_s
from bot.conversations.at_hand import AtHand, ConversationsAtHand
from bot.conversations.claims import Busy, Claimed, Claims, Recorded, Settled, Unsettled, mark_of
from bot.conversations.outage import Outage
from bot.conversations.redis_pipe import RedisAway
from bot.conversations.store import Conversation, ConversationStore, RecordedTurn
from bot.talk.replacing import replace
from bot.wechat.messages import IncomingMessage
from bot.wechat.reply import Reply
from routing.identity import SealBroken


@dataclass(frozen=True, slots=True)
class InRedis:
    """Raises ``RedisAway`` throughout."""

    conversations: ConversationStore
    claims: Claims
    outage: Outage | None
    at_hand: ConversationsAtHand

    async def claim(self, index: str, message: IncomingMessage) -> Claimed | Recorded | Busy:
        """The right to answer; the first claim after an outage voids what Redis remembers of before."""
        outage = self.outage
        owed = outage is not None and outage.owed
        if outage is not None and owed:
            outage.owed = False  # one of many at once begins the new generation
        try:
            claim = await self.claims.claim(
                index,
                message.key,
                openid_indexes=self.conversations.openid_indexes(message.account, message.openid),
                written_at=int(message.created_at.timestamp()),
                window_s=window_s(message),
                new_generation=owed,
            )
        except RedisAway:
            if outage is not None and owed:
                outage.owed = True
            raise
        if outage is not None and owed:
            await outage.end()
        return claim

    async def remembered(self, index: str, claim: Claimed, message: IncomingMessage) -> Conversation:
        """From Redis where it may be believed; after a death only if MongoDB knows nothing newer."""
        found = None
        if claim.sealed is not None:
            found = self.at_hand.of(index, claim.sealed) or self.conversations.open_state(claim.sealed, index)
        if found is not None and not claim.after_a_death:
            return found
        saved = await self.conversations.load(message.account, message.openid)
        return found if found is not None and found.version == saved.version else saved

    async def settle(
        self, index: str, claim: Claimed, conversation: Conversation, turn: RecordedTurn, note: bytes
    ) -> bool:
        """Session, reply and note recorded, and the claim given back; False when somebody took it over."""
        sealed, reply = self._sealed(index, conversation, turn)
        settled = await self.claims.settle(index, turn.key, claim, sealed=sealed, reply=reply, note=note)
        if settled:
            self._keep(index, sealed, claim.generation, conversation)
        return settled

    def ahead(self, index: str) -> AtHand | None:
        """What a question may be worked out from before it is claimed; never while a new generation is owed."""
        return None if self.outage is not None and self.outage.owed else self.at_hand.ahead(index)

    async def settle_ahead(
        self,
        index: str,
        known: AtHand,
        message: IncomingMessage,
        conversation: Conversation,
        turn: RecordedTurn,
        note: bytes,
    ) -> Settled | Unsettled | Recorded:
        """As ``settle``, without a claim, provided that nobody has touched the conversation since ``known``."""
        sealed, reply = self._sealed(index, conversation, turn)
        settled = await self.claims.settle_unclaimed(
            index,
            turn.key,
            known=known.mark,
            generation=known.generation,
            sealed=sealed,
            reply=reply,
            note=note,
            openid_indexes=self.conversations.openid_indexes(message.account, message.openid),
            written_at=int(message.created_at.timestamp()),
            window_s=window_s(message),
        )
        if isinstance(settled, Settled):
            self._keep(index, sealed, known.generation, conversation)
        elif isinstance(settled, Unsettled) and settled.moved:
            self.at_hand.moved(index, known)
        return settled

    def reply_told(self, recorded: Recorded, key: str) -> Reply | None:
        """What an earlier delivery was answered."""
        try:
            return begun_before(self.conversations.open_reply(recorded.sealed, key))
        except (SealBroken, ValidationError):
            raise RedisAway("a reply that cannot be read") from None

    def _sealed(self, index: str, conversation: Conversation, turn: RecordedTurn) -> tuple[bytes, bytes]:
        return (
            self.conversations.seal_state(conversation, index),
            self.conversations.seal_reply(turn.reply, turn.key),
        )

    def _keep(self, index: str, sealed: bytes, generation: bytes, conversation: Conversation) -> None:
        self.at_hand.keep(index, AtHand(mark_of(sealed), generation, conversation.without_turns()))


def begun_before(reply: Reply | None) -> Reply | None:
    """The reply, marked as one that another delivery may have had or been promised."""
    return replace(reply, again=True) if reply is not None else None
