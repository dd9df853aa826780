"""Questions a turn was asked, held until the turn is settled: an answer waits for no figure."""

from __future__ import annotations

from datetime import datetime

from bot.knowledge.asked_notes import AskedNotes, read_note, write_note
from bot.knowledge.hearing import QuestionsHeard
from bot.wechat.messages import IncomingMessage
from knowledge_base.answering.outcome import Answer, Choice, Refusal
from knowledge_base.gaps.asked import AskedQuestion
from knowledge_base.gaps.gathering import Lack


class JottedQuestions:
    """Implements ``bot.conversations.errands.Hearing`` and ``bot.conversations.dialogue.Jotted``:
    whoever settles a turn takes its note.

        A citizen's word on a question is written down at once, and the question before it.
    """

    def __init__(self, heard: QuestionsHeard, notes: AskedNotes) -> None:
        self._heard = heard
        self._notes = notes
        self._jotted: dict[str, AskedQuestion] = {}

    def take(self, key: str) -> bytes:
        """The note on the question of this message, to be kept with its turn; empty when there is none."""
        asked = self._jotted.pop(key, None)
        return b"" if asked is None else write_note(asked)

    async def write_down(self, note: bytes) -> None:
        """A taken note that cannot wait."""
        await self._heard.store.note(read_note(note))

    async def asked(
        self, message: IncomingMessage, outcome: Answer | Choice | Refusal, *, now: datetime
    ) -> None:
        self._jotted[message.key] = self._heard.note_of(message, outcome, now=now)

    async def chosen(self, key: str, article_id: str) -> None:
        await self._find(key)
        await self._heard.chosen(key, article_id)

    async def helpful(self, key: str, article_id: str, *, now: datetime) -> None:
        await self._find(key)
        await self._heard.helpful(key, article_id, now=now)

    async def lacking(
        self,
        message: IncomingMessage,
        key: str,
        lack: Lack,
        *,
        question: str,
        article_id: str | None,
        now: datetime,
    ) -> None:
        await self._find(key)
        await self._heard.lacking(message, key, lack, question=question, article_id=article_id, now=now)

    async def _find(self, key: str) -> None:
        if (jotted := self._jotted.pop(key, None)) is not None:
            await self._heard.store.note(jotted)
        else:
            await self._notes.bring(key)
