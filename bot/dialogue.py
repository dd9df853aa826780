"""The dialogue's asynchronous shell: load, take the turn, do what it asks, save session and reply in one write.

Exactly once: a message key finds its recorded reply; a lost race takes the turn again from what the winner
saved, and every act is idempotent, so that taking it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from pydantic import ValidationError

from bot import phrases
from bot.conversation import take_turn
from bot.conversation_store import ConversationStore, RecordedTurn
from bot.errands import Errands
from bot.outcomes import after
from bot.session import Heard, Session, Understanding
from bot.spoken import tidy
from bot.wechat.messages import IncomingMessage, MessageKind
from bot.wording import APOLOGY
from classifier.signals import read_type_and_danger
from routing.identity import SealBroken

log = structlog.get_logger(__name__)

_TRIES = 16
"""Nine photos sent at once race each other; the last of them loses eight times."""
_MOST_ACTS = 3
"""An act may lead to one more (催办 → find the ticket → remind); more would be a loop."""

_SPOKEN = frozenset({MessageKind.TEXT, MessageKind.VOICE})
_TAKEN_BACK = frozenset({"user_authorization_revoke", "user_authorization_cancellation"})
"""The citizen took the authorisation back: what they said is erased, not merely ended."""


def understand(text: str) -> Understanding:
    """What the classifier's rules read in one sentence."""
    return Understanding(*read_type_and_danger(text)) if text else Understanding()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """Answers one message; implements ``bot.wechat.webhook.Respond``."""

    conversations: ConversationStore
    errands: Errands
    understand: Callable[[str], Understanding] = understand
    forget: Callable[[str, str, Iterable[str]], Awaitable[None]] | None = None
    """Erases what the citizen asked, beside what they said: account, openid, keys of their last messages."""

    async def __call__(self, message: IncomingMessage, *, now: datetime) -> str | None:
        """The reply, the same for every delivery of a message; None when there is nothing to say."""
        if message.event in _TAKEN_BACK:
            await self._erase(message.account, message.openid)
            return None
        for _ in range(_TRIES):
            conversation = await self.conversations.load(message.account, message.openid)
            recorded = conversation.recorded(message.key)
            if recorded is not None:
                return recorded.reply
            reply: str | None
            if conversation.flooding(now):
                session, reply = conversation.session, phrases.FLOODING
            else:
                session, reply = await hold_turn(
                    conversation.session, message, errands=self.errands, understand=self.understand, now=now
                )
            turn = RecordedTurn(message.key, reply, now)
            if await self.conversations.save(conversation.with_turn(session, turn), now=now):
                return reply
        log.warning("conversation kept changing", account=message.account, tries=_TRIES)
        return APOLOGY

    async def _erase(self, account: str, openid: str) -> None:
        """What they asked first: only their conversation knows which answered questions were theirs."""
        if self.forget is not None:
            try:
                turns = (await self.conversations.load(account, openid)).turns
            except (SealBroken, ValidationError) as error:
                # What cannot be read must be erased all the same.
                log.error("conversation erased unread", error=type(error).__name__)
                turns = ()
            await self.forget(account, openid, [turn.key for turn in turns])
        await self.conversations.erase(account, openid)


async def hold_turn(
    session: Session,
    message: IncomingMessage,
    *,
    errands: Errands,
    now: datetime,
    understand: Callable[[str], Understanding] = understand,
) -> tuple[Session, str | None]:
    """One turn with its errands: the session it leads to and the reply, nothing recorded yet."""
    text = tidy(message.content)
    read = understand(text) if message.kind in _SPOKEN else Understanding()
    heard = Heard(message, text, read, now)
    turn = take_turn(session, message, read, now=now)
    said = turn.say
    for _ in range(_MOST_ACTS):
        if turn.act is None:
            break
        outcome = await errands.run(turn.act, heard)
        turn = after(turn.session, turn.act, outcome, heard)
        said += turn.say
    return turn.session, None if turn.silent else phrases.render(replace(turn, say=said))
