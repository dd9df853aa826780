"""Who else is at a ticket: seen while they beat, gone half a minute after."""

from __future__ import annotations

from datetime import timedelta

from redis.asyncio import Redis

from bot.presence import GONE_AFTER, Presence, Presences
from tests.factories import MONDAY_9_30


async def test_others_are_seen_until_half_a_minute_after_their_last_beat(redis: Redis) -> None:
    at = Presences(redis)
    await at.beat("HY1", "li", writing=True, now=MONDAY_9_30)
    await at.beat("HY1", "wang", writing=False, now=MONDAY_9_30)
    assert await at.others("HY1", "wang", now=MONDAY_9_30) == [Presence("li", writing=True)]
    later = MONDAY_9_30 + GONE_AFTER - timedelta(seconds=1)
    assert len(await at.others("HY1", "zhao", now=later)) == 2
    assert await at.others("HY1", "zhao", now=MONDAY_9_30 + GONE_AFTER) == []


async def test_whoever_writes_comes_first_and_stops_writing_before_leaving(redis: Redis) -> None:
    at = Presences(redis)
    for name, writing in (("a", False), ("b", True)):
        await at.beat("HY1", name, writing=writing, now=MONDAY_9_30)
    assert [one.username for one in await at.others("HY1", "z", now=MONDAY_9_30)] == ["b", "a"]
    await at.beat("HY1", "b", writing=False, now=MONDAY_9_30)
    assert not any(one.writing for one in await at.others("HY1", "z", now=MONDAY_9_30))
    await at.leave("HY1", "b")
    assert [one.username for one in await at.others("HY1", "z", now=MONDAY_9_30)] == ["a"]


async def test_a_store_that_is_away_shows_nobody_and_stops_nobody() -> None:
    away = Redis(host="127.0.0.1", port=1)
    at = Presences(away)
    await at.beat("HY1", "li", writing=True, now=MONDAY_9_30)
    await at.leave("HY1", "li")
    assert await at.others("HY1", "wang", now=MONDAY_9_30) == []
    await away.aclose()
