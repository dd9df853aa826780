"""The worker's sign of life: when each sweep last came through, and when one last failed; in Redis, as it may be lost."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime, timedelta
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

EVERY = timedelta(seconds=10)
"""A sweep turns twice a second; that often it need not be written down."""
_DONE, _FAILED = "worker:done", "worker:failed"


class Pulse:
    """Written by workers, read by the page of the service's health."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._written: dict[str, datetime] = {}

    async def done(self, sweep: str, now: datetime) -> None:
        """A sweep came through. A Redis that is away costs the sign, never the sweep."""
        await self._note(_DONE, sweep, now)

    async def failed(self, sweep: str, now: datetime) -> None:
        await self._note(_FAILED, sweep, now)

    async def _note(self, key: str, sweep: str, now: datetime) -> None:
        written = self._written.get(f"{key}:{sweep}")
        if written is not None and timedelta() <= now - written < EVERY:
            return
        self._written[f"{key}:{sweep}"] = now
        try:
            await self._redis.hset(key, sweep, str(now.timestamp()))
        except RedisError:
            return

    async def last(self) -> tuple[Mapping[str, datetime], Mapping[str, datetime]]:
        """Sweep → when it last came through, and when it last failed."""
        done = await cast("Awaitable[dict[bytes, bytes]]", self._redis.hgetall(_DONE))
        failed = await cast("Awaitable[dict[bytes, bytes]]", self._redis.hgetall(_FAILED))
        return _times(done), _times(failed)


def _times(stored: Mapping[bytes, bytes]) -> dict[str, datetime]:
    return {name.decode(): datetime.fromtimestamp(float(at), UTC) for name, at in stored.items()}
