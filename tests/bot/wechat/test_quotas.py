"""The platform's daily allowances: counted for all processes, shown, and cried out about before they are gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from prometheus_client import REGISTRY
from redis.asyncio import Redis
from structlog.testing import capture_logs

from bot.redis_state import make_redis
from bot.wechat import quotas as module
from bot.wechat.accounts import Account
from bot.wechat.delivery import DAILY_LIMITS
from bot.wechat.quotas import Quotas, Used, show_quotas

SEND = "/cgi-bin/message/template/send"
LAST_MINUTE = datetime(2026, 11, 22, 15, 59, tzinfo=UTC)
"""In China it is a minute to midnight."""


def at(moment: datetime, redis: Redis) -> Quotas:
    return Quotas(redis, clock=lambda: moment)


async def test_processes_count_together_and_each_day_anew(redis: Redis, redis_url: str) -> None:
    other = make_redis(redis_url)
    for client in (redis, other, redis):
        last = await at(LAST_MINUTE, client).count("wx1", SEND, account="county")
    assert last == 3
    assert await at(LAST_MINUTE + timedelta(minutes=1), redis).count("wx1", SEND, account="county") == 1
    assert await at(LAST_MINUTE, redis).count("wx2", SEND, account="city") == 1
    await other.aclose()


async def test_counts_go_away_by_themselves(redis: Redis) -> None:
    await at(LAST_MINUTE, redis).count("wx1", SEND, account="county")
    (key,) = await redis.keys("quota:*")
    assert 24 * 3600 < await redis.ttl(key) <= 48 * 3600


async def test_the_alarm_is_raised_once_when_it_becomes_tight_and_once_when_it_is_gone(redis: Redis) -> None:
    quotas = at(LAST_MINUTE, redis)
    await quotas.count("wx1", SEND, account="county")
    (key,) = await redis.keys("quota:*")
    found = []
    for before in (79_998, 79_999, 80_000, 99_998, 99_999, 100_000):
        await redis.hset(key, SEND, before)
        with capture_logs() as logs:
            await quotas.count("wx1", SEND, account="county")
        found += [entry["used"] for entry in logs if entry.get("alarm")]
    assert found == [80_000, 100_000]


async def test_what_is_used_is_shown_with_its_limit(redis: Redis, account: Account) -> None:
    quotas = at(LAST_MINUTE, redis)
    await quotas.count(account.app_id, SEND, account="county")
    await quotas.count(account.app_id, "/cgi-bin/message/custom/typing", account="county")
    (key,) = await redis.keys("quota:*")
    await redis.hset(key, SEND, 80_000)
    assert await quotas.used([("county", account.app_id), ("silent", "wx9")]) == [
        Used(account="county", api="/cgi-bin/message/custom/typing", count=1, limit=None),
        Used(account="county", api=SEND, count=80_000, limit=100_000),
    ]
    await show_quotas(quotas, {"county": account})
    labels = {"account": "county", "api": SEND}
    shown = [
        REGISTRY.get_sample_value(f"huiyin_wechat_quota_{what}", labels) for what in ("used", "limit", "near")
    ]
    assert shown == [80_000, 100_000, 1]


async def test_without_redis_nothing_is_counted_and_nothing_held_up() -> None:
    nowhere = make_redis("unix:///nonexistent/valkey.sock")
    assert await at(LAST_MINUTE, nowhere).count("wx1", SEND, account="county") == 0
    await nowhere.aclose()


def test_the_alarm_comes_before_the_end() -> None:
    assert 0.5 < module.NEAR < 1
    assert all(limit > 100 for limit in DAILY_LIMITS.values())
