"""Who is looking at what at a shared desk, so that two people do not take the same ticket; in Redis, as it may be lost.

A courtesy and no lock: what two people do to one ticket is settled by its version.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

HELD_MS = 120_000
"""Somebody who walked away holds nothing up for longer; an open page says every minute that it is still read."""

# A claim is "user page": a user name holds no space.
_TAKE = """
local held = redis.call('get', KEYS[1])
local by = held and string.match(held, '^%S+')
if by and by ~= ARGV[1] then return by end
redis.call('set', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'px', ARGV[3])
return ARGV[1]
"""
_KEEP = """
local held = redis.call('get', KEYS[1])
if held and held ~= ARGV[1] .. ' ' .. ARGV[2] then return 0 end
redis.call('set', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'px', ARGV[3])
return 1
"""
_RELEASE = """
local held = redis.call('get', KEYS[1])
if not held or string.match(held, '^%S+') ~= ARGV[1] then return 0 end
if ARGV[2] ~= '' and held ~= ARGV[1] .. ' ' .. ARGV[2] then return 0 end
return redis.call('del', KEYS[1])
"""


class DeskClaims:
    """Claims on tickets by user name. A Redis that is away leaves everything free.

    Each claim belongs to one page of that person: a page that is left says so while the next one is already open, and
    frees no ticket that the next one has taken again.
    """

    def __init__(self, redis: Redis, desk: str) -> None:
        self._redis = redis
        self._desk = desk

    async def take(self, number: str, username: str, *, page: str = "") -> str:
        """Who has it now: the taker, unless somebody else came first."""
        try:
            given = self._redis.eval(_TAKE, 1, self._key(number), username, page, str(HELD_MS))
            held = await cast("Awaitable[bytes]", given)
        except RedisError:
            return username
        return held.decode()

    async def keep(self, number: str, username: str, *, page: str) -> None:
        """Hold it longer: somebody is still at that page."""
        try:
            held = self._redis.eval(_KEEP, 1, self._key(number), username, page, str(HELD_MS))
            await cast("Awaitable[int]", held)
        except RedisError:
            return

    async def release(self, number: str, username: str, *, page: str = "") -> None:
        """Free it, if it is theirs, and with ``page`` only if no other page of theirs has taken it since."""
        try:
            await cast("Awaitable[int]", self._redis.eval(_RELEASE, 1, self._key(number), username, page))
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
        return {
            number: held.decode().partition(" ")[0] for number, held in zip(asked, found, strict=True) if held
        }

    def _key(self, number: str) -> str:
        return f"desk:{self._desk}:{number}"
