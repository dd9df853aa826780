"""While Redis is away conversations are written to MongoDB alone; what Redis remembers of before is void from then on."""

from __future__ import annotations

import secrets
from datetime import datetime

import structlog
from pymongo.errors import PyMongoError

from bot.conversations.store import ConversationStore

log = structlog.get_logger(__name__)


class Outage:
    """One process's account of it: whether it owes the others a new generation of all conversations in Redis.

    Noted in MongoDB as well, so that a process started later owes it for one that died.
    """

    def __init__(self, store: ConversationStore) -> None:
        self._store = store
        self._process = secrets.token_hex(8)
        self._settles: list[str] = []
        self.owed = False

    async def take_over(self) -> None:
        """At the start: what any process still owes, this one owes too."""
        self._settles = await self._store.outages()
        self.owed = bool(self._settles)

    async def begin(self, *, now: datetime) -> None:
        """Before the first write that Redis does not see."""
        if self._process not in self._settles:
            log.warning("conversations go on without redis")
            await self._store.note_outage(self._process, now=now)
            self._settles.append(self._process)
        self.owed = True

    async def end(self) -> None:
        """After the claim that began the new generation. Whatever cannot be deleted now costs one generation more."""
        settled, self._settles = self._settles, []
        log.info("conversations are in redis again")
        try:
            for process in settled:
                await self._store.end_outage(process)
        except PyMongoError as error:
            log.warning("outage not ended", error=type(error).__name__)
            self._settles += settled
