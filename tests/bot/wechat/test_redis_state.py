"""Leases, limits and the single flight, on a real Valkey."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from bot.redis_state import Fetched, FetchRefused, Lease, RateLimit, SingleFlight, make_redis


@pytest.fixture
async def other(redis: Redis, redis_url: str) -> AsyncIterator[Redis]:
    """Another process's client of the same, emptied store."""
    client = make_redis(redis_url)
    yield client
    await client.aclose()


async def test_more_callers_than_connections_wait_for_their_turn(redis: Redis, redis_url: str) -> None:
    client = make_redis(redis_url, max_connections=2)
    try:
        counted = await asyncio.gather(*(client.incr("n") for _ in range(50)))
        assert sorted(counted) == list(range(1, 51))
    finally:
        await client.aclose()


async def test_one_of_many_holds_a_lease(redis: Redis, other: Redis) -> None:
    leases = [Lease(client, "sweep", ttl_s=30) for client in (redis, other) for _ in range(10)]
    got = await asyncio.gather(*(lease.acquire() for lease in leases))
    assert sum(got) == 1
    holder = leases[got.index(True)]
    others = [lease for lease in leases if lease is not holder]
    assert not any(await asyncio.gather(*(lease.release() for lease in others)))
    assert not any(await asyncio.gather(*(lease.renew() for lease in others)))
    assert await holder.renew()
    assert await holder.release()
    assert await others[0].acquire()


async def test_a_lease_lost_to_time_is_not_taken_back_from_its_next_holder(
    redis: Redis, other: Redis
) -> None:
    first, second = Lease(redis, "sweep", ttl_s=30), Lease(other, "sweep", ttl_s=30)
    await first.acquire()
    assert 0 < await redis.pttl("lease:sweep") <= 30_000
    await redis.delete("lease:sweep")  # as its time running out would
    assert await second.acquire()
    assert not await first.renew()
    assert not await first.release()
    assert not await first.acquire()


async def test_a_limit_counts_for_all_processes_and_its_window_ends(redis: Redis, other: Redis) -> None:
    limits = [RateLimit(redis), RateLimit(other)]
    allowed = await asyncio.gather(*(limits[n % 2].allow("citizen-a", 5, 60) for n in range(20)))
    assert sum(allowed) == 5
    assert await limits[0].allow("citizen-b", 5, 60)
    assert 0 < await redis.pttl("rate:citizen-a") <= 60_000
    await redis.persist("rate:citizen-a")  # as a count written without its window would be
    assert not await limits[0].allow("citizen-a", 5, 60)
    assert await redis.pttl("rate:citizen-a") > 0


async def test_without_redis_nobody_is_counted_and_everybody_let_in(unused_tcp_port: int) -> None:
    nowhere = make_redis(f"redis://127.0.0.1:{unused_tcp_port}")
    assert await RateLimit(nowhere).allow("citizen-a", 0, 60)
    await nowhere.aclose()


async def test_a_value_is_fetched_once_for_all(redis: Redis, other: Redis) -> None:
    fetched = 0
    gate = asyncio.Event()

    async def fetch() -> Fetched:
        nonlocal fetched
        fetched += 1
        await gate.wait()
        return Fetched(value=f"token-{fetched}", keep_s=60)

    flights = [SingleFlight(client, "t") for client in (redis, other, redis)]
    calls = [asyncio.create_task(flights[n % 3].get(fetch)) for n in range(30)]
    while not fetched:
        await asyncio.wait(calls, timeout=0.001)
    gate.set()
    assert set(await asyncio.gather(*calls)) == {"token-1"}
    assert fetched == 1


async def test_a_refused_fetch_is_not_repeated_by_those_behind_it(redis: Redis, other: Redis) -> None:
    fetched = 0

    async def fetch() -> Fetched:
        nonlocal fetched
        fetched += 1
        raise FetchRefused("40013", 60)

    flights = [SingleFlight(redis, "t"), SingleFlight(other, "t")]
    outcomes = await asyncio.gather(*(flights[n % 2].get(fetch) for n in range(20)), return_exceptions=True)
    assert {str(outcome) for outcome in outcomes} == {"40013"}
    assert fetched == 1
    await redis.delete("value-refused:t")  # the cool-down ends
    with pytest.raises(FetchRefused):
        await flights[0].get(fetch)
    assert fetched == 2


async def test_a_fetch_that_never_ends_is_given_up_and_its_lease_returned(redis: Redis) -> None:
    async def never() -> Fetched:
        await asyncio.Event().wait()
        raise AssertionError

    async def soon() -> Fetched:
        return Fetched(value="v", keep_s=60)

    with pytest.raises(FetchRefused, match="timeout"):
        await SingleFlight(redis, "t", fetch_within_s=0.2).get(never)
    assert await SingleFlight(redis, "t").get(soon) == "v"


async def test_a_failed_value_is_dropped_once_and_never_its_successor(redis: Redis) -> None:
    values = iter(["bad", "bad", "good"])

    async def fetch() -> Fetched:
        return Fetched(value=next(values), keep_s=60)

    flight = SingleFlight(redis, "t")
    assert await flight.get(fetch) == "bad"
    assert await flight.forget("bad")
    assert await flight.get(fetch) == "bad"
    assert not await flight.forget("bad"), "the same value came back: another fetch would not help"
    await redis.delete("value-forgot:t")
    assert await flight.forget("bad")
    assert await flight.get(fetch) == "good"
    assert await flight.forget("bad"), "somebody else replaced it meanwhile: worth another try"
    assert await flight.get(fetch) == "good"


async def test_a_value_expires_when_it_was_said_to(redis: Redis) -> None:
    async def fetch() -> Fetched:
        return Fetched(value="v", keep_s=6900)

    await SingleFlight(redis, "t").get(fetch)
    assert 6_800_000 < await redis.pttl("value:t") <= 6_900_000


async def test_a_value_that_came_between_the_look_and_the_lease_is_not_fetched_again(
    redis: Redis, other: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = redis.mget
    looks = 0

    async def look_then_be_overtaken(*keys: str) -> list[bytes | str | None]:
        nonlocal looks
        found: list[bytes | str | None] = await look(*keys)
        looks += 1
        if looks == 2:  # the last look before the lease is taken
            await other.set("value:t", "theirs")
        return found

    async def fetch() -> Fetched:
        raise AssertionError("fetched although another process just had")

    monkeypatch.setattr(redis, "mget", look_then_be_overtaken)
    assert await SingleFlight(redis, "t").get(fetch) == "theirs"
