"""Keeps a claim alive while a long turn is worked on; costs a quick one a timer that never fires."""

from __future__ import annotations

import asyncio
from types import TracebackType

from bot.conversations.claims import Claimed, Claims
from bot.conversations.redis_pipe import RedisAway


class Renewal:
    """Renews every third of the lease between entering and leaving."""

    __slots__ = ("_claim", "_claims", "_index", "_task", "_timer")

    def __init__(self, claims: Claims, index: str, claim: Claimed) -> None:
        self._claims = claims
        self._index = index
        self._claim = claim
        self._task: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._claims.lease_s / 3, self._start)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def _start(self) -> None:
        self._task = asyncio.create_task(self._renew(), name="claim renewal")

    async def _renew(self) -> None:
        try:
            still_ours = await self._claims.renew(self._index, self._claim)
        except RedisAway:
            return  # settling will find out
        if still_ours:
            self._timer = asyncio.get_running_loop().call_later(self._claims.lease_s / 3, self._start)
