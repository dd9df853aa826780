"""When a citizen's chat takes customer-service messages, as far as we know: the platform has the last word."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.conversations.claims import WATCHED_SINCE
from routing.identity import Vault

log = structlog.get_logger(__name__)

WINDOW: Final = timedelta(hours=48)
_CLOSED = "0"


class Windows:
    """Redis keys ``window:{citizen}``: the Unix second of the citizen's last message, written where it is heard, or 0
    since the platform refused. A missing key means closed only once Redis has watched for as long as a window
    lasts: it may have been wiped since."""

    def __init__(self, redis: Redis, vault: Vault) -> None:
        self._redis = redis
        self._vault = vault

    async def is_open(self, account: str, openid: str, *, now: datetime) -> bool | None:
        """None where nobody knows: then it is worth a try."""
        keys = [f"window:{index}" for index in citizen_indexes(self._vault, account, openid)]
        try:
            found = await self._redis.mget(*keys, WATCHED_SINCE)
            if found[-1] is None:
                await self._redis.set(WATCHED_SINCE, int(now.timestamp()), nx=True)
        except RedisError as error:
            log.warning("window unknown", error=type(error).__name__)
            return None
        heard = next((value for value in found[:-1] if value is not None), None)
        if heard is not None:
            return heard not in (_CLOSED, _CLOSED.encode()) and _seconds(heard, now) < WINDOW.total_seconds()
        watched = found[-1] is not None and _seconds(found[-1], now) >= WINDOW.total_seconds()
        return False if watched else None

    async def closed(self, account: str, openid: str) -> None:
        """The platform said so; the citizen's next message says otherwise."""
        key = f"window:{citizen_indexes(self._vault, account, openid)[0]}"
        try:
            await self._redis.set(key, 0, ex=int(WINDOW.total_seconds()))
        except RedisError as error:
            log.warning("window not noted", error=type(error).__name__)


def citizen_indexes(vault: Vault, account: str, openid: str) -> list[str]:
    """What a citizen of one account is found by without being named, the present key's first."""
    return vault.blind_indexes(f"{account}\x00{openid}", field="openid")


def _seconds(value: bytes | str, now: datetime) -> float:
    return now.timestamp() - (int(value) if value.isdigit() else 0)
