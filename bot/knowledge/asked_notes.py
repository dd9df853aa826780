"""Questions just asked, in Redis until the worker writes them down: an answer waits for no figure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
import structlog

from bot.conversations.claims import NOTES
from bot.conversations.redis_pipe import RedisAway, RedisPipe
from knowledge_base.gaps.asked import AskedOutcome, AskedQuestion
from knowledge_base.gaps.gap_store import MongoGapStore

log = structlog.get_logger(__name__)

BATCH = 500


@dataclass(frozen=True, slots=True)
class AskedNotes:
    """One hash, by message key: writing a note down twice changes nothing, so any number of workers may."""

    pipe: RedisPipe
    store: MongoGapStore

    async def bring(self, key: str) -> None:
        """Write this one down now, if it still waits. Without Redis the word on it counts by itself."""
        try:
            note = await self.pipe.call("HGET", NOTES, key)
        except RedisAway as away:
            log.warning("note not looked for", why=str(away))
            return
        if note is not None:
            await self.store.note(read_note(note))

    async def drain(self, now: datetime) -> int:
        """Write down what waits, at most a batch; how many there were. The worker's sweep."""
        try:
            found = await self.pipe.call("HRANDFIELD", NOTES, BATCH, "WITHVALUES")
        except RedisAway:
            return 0
        if not found:
            return 0
        keys, notes = found[::2], found[1::2]
        await self.store.note_all([read_note(note) for note in notes])
        # After the writing: a crash in between writes them once more.
        await self.pipe.call("HDEL", NOTES, *keys)
        return len(keys)


def write_note(asked: AskedQuestion) -> bytes:
    """Only of a question nothing is said about yet: its words and who asked are never in a note."""
    return orjson.dumps(
        [asked.key, asked.at.timestamp(), asked.outcome.value, asked.article_id, asked.unit_id]
    )


def read_note(note: bytes) -> AskedQuestion:
    key, at, outcome, article_id, unit_id = orjson.loads(note)
    return AskedQuestion(
        key=key,
        at=datetime.fromtimestamp(at, UTC),
        outcome=AskedOutcome(outcome),
        article_id=article_id,
        unit_id=unit_id,
    )
