"""Conversations this process answered last, as it left them: they need not be opened again, nor a question there be
claimed before it is worked out.

Only what changes nothing may be done ahead of a claim, which is to ask the knowledge base. Whether anybody has touched
the conversation meanwhile is found out as the turn is settled; then nothing has happened, and the ordinary way is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from bot.conversations.claims import mark_of
from bot.conversations.errands import Errands
from bot.conversations.store import Conversation
from bot.talk.outcomes import Outcome
from bot.talk.session import Act, AskKnowledge, Heard, Step
from bot.wechat.messages import IncomingMessage, MessageKind

_Value = TypeVar("_Value")

MOST = 2_000
"""Conversations; a few kilobytes each."""
KEPT = timedelta(minutes=10)
"""What its citizen has erased elsewhere since is not kept here much longer."""
_LEAST = 4
"""Characters: whoever types fewer chooses, or says a command, and most of those are acts."""


@dataclass(frozen=True, slots=True)
class AtHand:
    """A conversation as Redis has it, unless somebody else went on with it."""

    mark: str
    """Of the sealed state, as ``claims.mark_of`` gives it."""
    generation: bytes
    conversation: Conversation


class ConversationsAtHand:
    """The last ``MOST`` of the last minutes, by index."""

    def __init__(self) -> None:
        self._kept: dict[str, AtHand] = {}
        self._elsewhere: dict[str, None] = {}

    def keep(self, index: str, left: AtHand) -> None:
        """What was settled just now."""
        self._kept.pop(index, None)
        _put_last(self._kept, index, left)
        ended = _went_on(left) - KEPT
        while _went_on(self._kept[oldest := next(iter(self._kept))]) < ended:
            del self._kept[oldest]

    def forget(self, index: str) -> None:
        self._kept.pop(index, None)

    def of(self, index: str, sealed: bytes) -> Conversation | None:
        """What is sealed there, without opening it, where it was this process that sealed it."""
        known = self._kept.get(index)
        return known.conversation if known is not None and known.mark == mark_of(sealed) else None

    def ahead(self, index: str) -> AtHand | None:
        """Where a question is likely to come and this process to answer it."""
        known = self._kept.get(index)
        if known is None or index in self._elsewhere or known.conversation.session.step is not Step.HOME:
            return None
        return known

    def moved(self, index: str, known: AtHand) -> None:
        """Somebody else went on from ``known``. When it was another process, it is likely to do so again."""
        if self._kept.get(index) is known:
            del self._kept[index]
            _put_last(self._elsewhere, index, None)


class NotAQuestion(Exception):
    """The turn does more than ask: the conversation has to be claimed first."""


class OnlyQuestions:
    """The errands of which nothing stays when the turn is not settled."""

    def __init__(self, errands: Errands) -> None:
        self._errands = errands

    async def run(self, act: Act, heard: Heard) -> Outcome:
        """Raises ``NotAQuestion`` for every other act."""
        if not isinstance(act, AskKnowledge):
            raise NotAQuestion
        return await self._errands.run(act, heard)


def may_ask(message: IncomingMessage) -> bool:
    """Whether it is worth working out ahead; what it turns out to be is seen there."""
    spoken = message.kind in (MessageKind.TEXT, MessageKind.VOICE)
    return spoken and message.menu_choice is None and len(message.content) >= _LEAST


def _went_on(left: AtHand) -> datetime:
    return left.conversation.session.updated_at or datetime.max.replace(tzinfo=UTC)


def _put_last(kept: dict[str, _Value], index: str, value: _Value) -> None:
    kept[index] = value
    if len(kept) > MOST:
        del kept[next(iter(kept))]
