"""Who is looking at what at a shared desk, so that two people do not take the same ticket; in Redis, as it may be lost.

A courtesy and no lock: what two people do to one ticket is settled by its version.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

HELD_MS = 120_000
"""Somebody who walked away holds nothing up for longer."""

_TAKE = """
local held = redis.call('get', KEYS[1])
if held and held ~= ARGV[1] then return held end
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
return ARGV[1]
"""
_RELEASE = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0
"""


class DeskClaims:
    """Claims on tickets by user name. A Redis that is away leaves everything free."""

    def __init__(self, redis: Redis, desk: str) -> None:
        self._redis = redis
        self._desk = desk

    async def take(self, number: str, username: str) -> str:
        """Who has it now: the taker, unless somebody else came first."""
        try:
            given = self._redis.eval(_TAKE, 1, self._key(number), username, str(HELD_MS))
            held = await cast("Awaitable[bytes]", given)
        except RedisError:
            return username
        return held.decode()

    async def release(self, number: str, username: str) -> None:
        """Free it, if it is theirs."""
        try:
            await cast("Awaitable[int]", self._redis.eval(_RELEASE, 1, self._key(number), username))
        except RedisError:
            return

    async def holders(self, numbers: Iterable[str]) -> dict[str, str]:
        """Number → user name, of those somebody has."""
        asked = list(numbers)
        if not asked:
            return {}
        try:
            found = cast(
                "list[bytes | None]", await self._redis.mget([self._key(number) for number in asked])
            )
        except RedisError:
            return {}
        return {number: held.decode() for number, held in zip(asked, found, strict=True) if held}

    def _key(self, number: str) -> str:
        return f"desk:{self._desk}:{number}"
