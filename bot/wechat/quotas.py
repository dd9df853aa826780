"""How much of the platform's daily allowance is used, counted for all processes together.

The platform counts by account and API and answers 45009 once the day's allowance is gone; whoever looks at
``/metrics`` must see it coming.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot import metrics
from bot.wechat.accounts import Account
from bot.wechat.delivery import DAILY_LIMITS

_log = structlog.get_logger(__name__)

NEAR = 0.8
"""From this share of a day's allowance on it is an alarm."""
_KEPT_S = 2 * 24 * 3600
_SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The platform's day ends at midnight in China."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """One API's calls of today; ``limit`` None where the platform names none."""

    account: str
    api: str
    count: int
    limit: int | None

    @property
    def near_limit(self) -> bool:
        return self.limit is not None and self.count >= self.limit * NEAR


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Quotas:
    """Counts calls by account and API. Redis away: nothing is counted, nothing is held up."""

    def __init__(self, redis: Redis, *, clock: Callable[[], datetime] = _utc_now) -> None:
        self._redis = redis
        self._clock = clock

    async def count(self, app_id: str, api: str, *, account: str) -> int:
        """Count one call and raise the alarm, once a day, when it comes near the limit; 0 when uncounted."""
        key = self._key(app_id)
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.hincrby(key, api, 1)
                pipe.expire(key, _KEPT_S)
                count = int((await pipe.execute())[0])
        except RedisError as error:
            _log.warning("wechat quota uncounted", account=account, error=type(error).__name__)
            return 0
        limit = DAILY_LIMITS.get(api)
        if limit is not None and count in (int(limit * NEAR), limit):
            _log.error(
                "wechat quota nearly spent", account=account, api=api, used=count, limit=limit, alarm=True
            )
        return count

    async def used(self, accounts: Iterable[tuple[str, str]]) -> list[Used]:
        """Today's counts of ``accounts``, as (name, app id)."""
        named = list(accounts)
        async with self._redis.pipeline(transaction=False) as pipe:
            for _, app_id in named:
                pipe.hgetall(self._key(app_id))
            tables = await pipe.execute()
        return [
            Used(account=name, api=api.decode(), count=int(count), limit=DAILY_LIMITS.get(api.decode()))
            for (name, _), table in zip(named, tables, strict=True)
            for api, count in sorted(table.items())
        ]

    def _key(self, app_id: str) -> str:
        return f"quota:{app_id}:{self._clock().astimezone(_SHANGHAI):%Y%m%d}"


async def show_quotas(quotas: Quotas, accounts: Mapping[str, Account]) -> None:
    """Put today's counts of all processes where ``/metrics`` shows them."""
    if not accounts:
        return
    for used in await quotas.used((name, account.app_id) for name, account in accounts.items()):
        metrics.WECHAT_QUOTA.labels(used.account, used.api).set(used.count)
        metrics.WECHAT_QUOTA_NEAR.labels(used.account, used.api).set(used.near_limit)
        if used.limit is not None:
            metrics.WECHAT_QUOTA_LIMIT.labels(used.account, used.api).set(used.limit)
