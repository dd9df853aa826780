"""What citizens asked and whether it helped, kept without identity: redacted words, and a keyed index for who asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.wechat.messages import IncomingMessage
from knowledge_base.answering.outcome import Answer, Choice, Refusal, RefusalReason
from knowledge_base.article import Article
from knowledge_base.editing.store import ArticleStore
from knowledge_base.gaps.asked import AskedOutcome, AskedQuestion
from knowledge_base.gaps.gap_store import MongoGapStore
from knowledge_base.gaps.gathering import Lack
from knowledge_base.gaps.task_store import MongoTaskStore, batched
from routing.identity import Vault
from routing.redaction import redact

_REFUSED = {
    RefusalReason.SENSITIVE: AskedOutcome.TO_A_PERSON,
    RefusalReason.OTHER_REGION: AskedOutcome.ELSEWHERE,
}


@dataclass(frozen=True, slots=True)
class QuestionsHeard:
    """Implements ``bot.conversations.errands.Hearing``. Every write is idempotent by the key of the message that asked."""

    store: MongoGapStore
    articles: ArticleStore
    vault: Vault
    entry: Callable[[str], Article | None]
    """The entry of that id as it is at work now."""
    tasks: MongoTaskStore

    async def asked(
        self, message: IncomingMessage, outcome: Answer | Choice | Refusal, *, now: datetime
    ) -> None:
        await self.store.note(self.note_of(message, outcome, now=now))

    def note_of(
        self, message: IncomingMessage, outcome: Answer | Choice | Refusal, *, now: datetime
    ) -> AskedQuestion:
        """What is kept of a question nothing is said about yet."""
        article_id = outcome.article_id if isinstance(outcome, Answer) else None
        return AskedQuestion(
            key=message.key,
            at=now,
            outcome=_outcome(outcome),
            article_id=article_id,
            unit_id=self._owner(article_id),
        )

    async def chosen(self, key: str, article_id: str) -> None:
        await self.store.answered_by(key, article_id, self._owner(article_id))

    async def helpful(self, key: str, article_id: str, *, now: datetime) -> None:
        await self.store.found_helpful(key)
        await self.articles.record_feedback(article_id, True, now, key=key)

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
        asker = self.vault.blind_index(f"{message.account}\0{message.openid}", field="askers")
        await self.store.found_lacking(
            key, lack, question=redact(question, home=True), asker=asker, article_id=article_id, now=now
        )
        if article_id is not None:
            await self.articles.record_feedback(article_id, False, now, key=key)

    async def on_page(
        self, article_id: str, *, helpful: bool, question: str, key: str, asker: str, now: datetime
    ) -> None:
        """A visitor's word on an entry's public page. ``asker`` is any text that tells visitors apart; only its keyed
        index is kept. Idempotent by ``key``."""
        entry = self.entry(article_id)
        if entry is None:
            return
        read = AskedQuestion(
            key=key,
            at=now,
            outcome=AskedOutcome.READ,
            article_id=article_id,
            unit_id=entry.owner_unit_id,
            helpful=helpful,
            lack=None if helpful else Lack.UNHELPFUL,
            question="" if helpful else redact(question.strip(), home=True) or entry.title,
            asker="" if helpful else self.vault.blind_index(f"page\0{asker}", field="askers"),
        )
        await self.store.note(read)
        await self.articles.record_feedback(article_id, helpful, now, key=key)

    async def forget(self, account: str, openid: str, keys: Iterable[str]) -> None:
        """The citizen took the authorisation back: what they asked goes, waiting or gathered, and their words from gaps
        and tasks. ``keys`` are those of the messages still known to be theirs."""
        # Under every key: what was asked before a key rotation must go as well.
        whole = self.vault.blind_indexes(f"{account}\0{openid}", field="askers")
        gaps = await self.store.gap_ids()
        keys = list(keys)
        for some in batched(gaps, 1_000):
            inside = [
                index
                for gap_id in some
                for one in whole
                for index in self.vault.blind_indexes(f"{gap_id}\0{one}", field="askers of a gap")
            ]
            await self._forget(keys, inside)
        await self._forget(keys, whole)

    async def _forget(self, keys: list[str], askers: list[str]) -> None:
        for gap_id, wording in (await self.store.forget(keys, askers)).items():
            await self.tasks.retitle(gap_id, wording or "提问的群众收回了授权，原话已删除")

    def _owner(self, article_id: str | None) -> str | None:
        entry = self.entry(article_id) if article_id else None
        return entry.owner_unit_id if entry else None


def _outcome(found: Answer | Choice | Refusal) -> AskedOutcome:
    match found:
        case Answer():
            return AskedOutcome.ANSWERED
        case Choice():
            return AskedOutcome.CHOICE
        case Refusal(reason=reason):
            return _REFUSED.get(reason, AskedOutcome.REFUSED)
