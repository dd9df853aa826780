"""A platform that fails one call after the other is left alone for a while, by all processes."""

from __future__ import annotations

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

_log = structlog.get_logger(__name__)

FAILURES = 3
"""So many in a row close it: one event the platform cannot digest does not."""
CLOSED_S = 60
_COUNTED_S = 600
_CLOSED, _FAILED = "platform-closed", "platform-failures"


class PlatformCircuit:
    """Keys ``platform-closed`` (why, with its own end) and ``platform-failures``. Redis away: it stays open, and every
    event waits by its own back-off."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def closed_for(self) -> str | None:
        """The code for which nobody calls now; None while it is open."""
        try:
            found = await self._redis.get(_CLOSED)
        except RedisError:
            return None
        return found.decode() if isinstance(found, bytes) else found

    async def failed(self, code: str) -> None:
        """A call that says nothing of the event itself failed."""
        try:
            count = await self._redis.incr(_FAILED)
            await self._redis.expire(_FAILED, _COUNTED_S)
            if count >= FAILURES:
                await self._redis.set(_CLOSED, code, ex=CLOSED_S)
        except RedisError as error:
            _log.warning("platform circuit not kept", error=type(error).__name__)

    async def answered(self) -> None:
        """The platform works: failures are counted anew."""
        try:
            await self._redis.delete(_FAILED)
        except RedisError as error:
            _log.warning("platform circuit not kept", error=type(error).__name__)
