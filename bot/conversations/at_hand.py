"""Conversations this process answered last, as it left them: a question there need not be claimed before it is worked out.

Only what changes nothing may be done ahead of a claim, which is to ask the knowledge base. Whether anybody has touched
the conversation meanwhile is found out as the turn is settled; then nothing has happened, and the ordinary way is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from bot.conversations.errands import Errands
from bot.conversations.store import Conversation
from bot.talk.outcomes import Outcome
from bot.talk.session import Act, AskKnowledge, Heard, Step
from bot.wechat.messages import IncomingMessage, MessageKind

_Value = TypeVar("_Value")

MOST = 2_000
"""Conversations of the last minutes; a few kilobytes each."""
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
    """The last ``MOST`` of them, by index. Those that another process answers as well are left to the ordinary way."""

    def __init__(self) -> None:
        self._kept: dict[str, AtHand] = {}
        self._elsewhere: dict[str, None] = {}

    def of(self, index: str) -> AtHand | None:
        return self._kept.get(index)

    def keep(self, index: str, left: AtHand) -> None:
        """What was settled just now."""
        self._kept.pop(index, None)
        if index not in self._elsewhere and left.conversation.session.step is Step.HOME:
            _put_last(self._kept, index, left)

    def forget(self, index: str) -> None:
        self._kept.pop(index, None)

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


def _put_last(kept: dict[str, _Value], index: str, value: _Value) -> None:
    kept[index] = value
    if len(kept) > MOST:
        del kept[next(iter(kept))]
