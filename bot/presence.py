"""Who else has a ticket open or is writing on it, so that two people do not answer the same citizen; in Redis, as it
may be lost.

A courtesy and no lock: what two people do to one ticket is settled by its version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

GONE_AFTER = timedelta(seconds=30)
"""Whoever has not been heard of for so long has closed the page."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody at a ticket, by user name."""

    username: str
    writing: bool


class Presences:
    """Beats by ticket and user name. A Redis that is away shows nobody."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def beat(self, number: str, username: str, *, writing: bool, now: datetime) -> None:
        """They are there now, and writing or only reading."""
        at = now.timestamp()
        pipe = self._redis.pipeline(transaction=False)
        pipe.zadd(_open(number), {username: at})
        pipe.expire(_open(number), GONE_AFTER)
        if writing:
            pipe.zadd(_writing(number), {username: at})
            pipe.expire(_writing(number), GONE_AFTER)
        else:
            pipe.zrem(_writing(number), username)
        try:
            await pipe.execute()
        except RedisError:
            return

    async def leave(self, number: str, username: str) -> None:
        """They closed the page or sent what they wrote."""
        try:
            pipe = self._redis.pipeline(transaction=False)
            pipe.zrem(_open(number), username)
            pipe.zrem(_writing(number), username)
            await pipe.execute()
        except RedisError:
            return

    async def others(self, number: str, username: str, *, now: datetime) -> list[Presence]:
        """Everybody else who is there, those who write first."""
        return (await self.others_at((number,), username, now=now)).get(number, [])

    async def others_at(
        self, numbers: Sequence[str], username: str, *, now: datetime
    ) -> dict[str, list[Presence]]:
        """The same for a list of tickets, asked for at once; tickets nobody is at are left out."""
        if not numbers:
            return {}
        since = (now - GONE_AFTER).timestamp()
        pipe = self._redis.pipeline(transaction=False)
        for number in numbers:
            pipe.zrangebyscore(_open(number), f"({since}", "+inf")
            pipe.zrangebyscore(_writing(number), f"({since}", "+inf")
        try:
            found = cast("list[list[bytes]]", await pipe.execute())
        except RedisError:
            return {}
        there = {
            number: _sorted(found[2 * at], set(found[2 * at + 1]), but=username)
            for at, number in enumerate(numbers)
        }
        return {number: others for number, others in there.items() if others}


def _sorted(there: list[bytes], writing: set[bytes], *, but: str) -> list[Presence]:
    found = [Presence(name.decode(), name in writing) for name in there]
    return sorted((one for one in found if one.username != but), key=lambda one: not one.writing)


def _open(number: str) -> str:
    return f"presence:{number}:open"


def _writing(number: str) -> str:
    return f"presence:{number}:writing"
