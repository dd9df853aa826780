"""Whose notices wait for their next message: a set in Redis, so that asking costs no look into the database."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final, Protocol

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.delivery.windows import citizen_indexes
from routing.identity import Vault
from routing.identity_store import MongoIdentityStore

log = structlog.get_logger(__name__)

LISTED: Final = "notices-waiting"
KNOWN: Final = "notices-waiting:known"
"""While this stands the set is whole; without it the database must be asked."""
KNOWN_FOR_S: Final = 900
_AT_ONCE = 500
_UNLISTED_WITHIN_S = 0.3
"""A citizen waits for what is done beside their message; a Redis that hangs must not hold up their answer."""


class Resumes(Protocol):
    """What this needs of the service desk."""

    async def resume_notices(self, *, account: str, openid: str, now: datetime) -> int: ...


class WaitingCitizens:
    """The set is a copy of what the identities say; the worker fills it again every few minutes."""

    def __init__(self, redis: Redis, vault: Vault, identities: MongoIdentityStore) -> None:
        self._redis = redis
        self._vault = vault
        self._identities = identities

    async def add(self, account: str, openid: str) -> None:
        """Something waits for this citizen now."""
        try:
            await self._redis.sadd(LISTED, citizen_indexes(self._vault, account, openid)[0])
        except RedisError as error:
            log.warning("waiting citizen not listed", error=type(error).__name__)

    async def resume(self, desk: Resumes, *, account: str, openid: str, now: datetime) -> int:
        """The citizen wrote: let go out what waited. Off the list first: what begins to wait meanwhile is listed
        anew."""
        try:
            async with asyncio.timeout(_UNLISTED_WITHIN_S):
                await self._redis.srem(LISTED, *citizen_indexes(self._vault, account, openid))
        except (RedisError, TimeoutError) as error:
            log.warning("waiting citizen not unlisted", error=type(error).__name__)
        return await desk.resume_notices(account=account, openid=openid, now=now)

    async def refill(self) -> int:
        """Make the set whole again from the database; it only grows here, so nobody is lost in between."""
        count, batch = 0, list[str]()
        async for index in self._identities.waiting_indexes():
            batch.append(index)
            count += 1
            if len(batch) == _AT_ONCE:
                await self._redis.sadd(LISTED, *batch)
                batch.clear()
        if batch:
            await self._redis.sadd(LISTED, *batch)
        await self._redis.set(KNOWN, "1", ex=KNOWN_FOR_S)
        return count
