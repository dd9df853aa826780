"""What Redis knows of citizens who cannot be reached: a help, never the truth."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from redis.asyncio import Redis

from bot.delivery.waiting import KNOWN, LISTED, WaitingCitizens
from bot.delivery.windows import WINDOW, Windows, citizen_indexes
from routing.citizen_request import Citizen
from routing.identity import Vault
from routing.identity_store import MongoIdentityStore
from routing.mongo_store import Database
from tests.bot.errand_office import RedisAway
from tests.factories import MONDAY_9_30

VAULT = Vault(b"k" * 32)
NOW = MONDAY_9_30


class _Desk:
    def __init__(self) -> None:
        self.resumed: list[str] = []

    async def resume_notices(self, *, account: str, openid: str, now: object) -> int:
        self.resumed.append(openid)
        return 1


def index(openid: str) -> str:
    return citizen_indexes(VAULT, "county", openid)[0]


async def identities(database: Database) -> MongoIdentityStore:
    store = MongoIdentityStore(database, VAULT)
    await store.prepare()
    return store


async def test_a_wiped_redis_is_filled_again_from_the_identities(database: Database, redis: Redis) -> None:
    store = await identities(database)
    for n in range(3):
        await store.put(f"HY{n}", Citizen(account="county", openid=f"o{n}"))
    for number in ("HY0", "HY2"):
        await store.note_waiting(number)
    waiting = WaitingCitizens(redis, VAULT, store)
    assert await waiting.refill() == 2
    assert await redis.smembers(LISTED) == {index("o0").encode(), index("o2").encode()}
    assert 0 < await redis.ttl(KNOWN) <= 900
    await store.take_waiting(account="county", openid="o0")
    await redis.flushdb()
    assert await waiting.refill() == 1


async def test_who_wrote_is_off_the_list_before_their_notices_are_resumed(
    database: Database, redis: Redis
) -> None:
    waiting, desk = WaitingCitizens(redis, VAULT, await identities(database)), _Desk()
    await waiting.add("county", "o1")
    await waiting.add("county", "o2")
    assert await waiting.resume(desk, account="county", openid="o1", now=NOW) == 1
    assert await redis.smembers(LISTED) == {index("o2").encode()}
    away = WaitingCitizens(cast(Redis, RedisAway()), VAULT, await identities(database))
    await away.add("county", "o1")
    assert await away.resume(desk, account="county", openid="o1", now=NOW) == 1
    assert desk.resumed == ["o1", "o1"]


async def test_a_window_is_open_for_48_hours_after_a_message(redis: Redis) -> None:
    windows = Windows(redis, VAULT)
    await redis.set(f"window:{index('o1')}", int(NOW.timestamp()))
    assert await windows.is_open("county", "o1", now=NOW) is True
    assert await windows.is_open("county", "o1", now=NOW + WINDOW - timedelta(seconds=1)) is True
    assert await windows.is_open("county", "o1", now=NOW + WINDOW) is False


async def test_the_platforms_refusal_closes_it_until_the_next_message(redis: Redis) -> None:
    windows = Windows(redis, VAULT)
    await redis.set(f"window:{index('o1')}", int(NOW.timestamp()))
    await windows.closed("county", "o1")
    assert await windows.is_open("county", "o1", now=NOW) is False
    await redis.set(f"window:{index('o1')}", int(NOW.timestamp()))
    assert await windows.is_open("county", "o1", now=NOW) is True


async def test_silence_means_closed_only_once_redis_has_watched_for_two_days(redis: Redis) -> None:
    windows = Windows(redis, VAULT)
    assert await windows.is_open("county", "o1", now=NOW) is None
    assert await windows.is_open("county", "o1", now=NOW + timedelta(hours=47)) is None
    assert await windows.is_open("county", "o1", now=NOW + WINDOW) is False
    await redis.flushdb()
    assert await windows.is_open("county", "o1", now=NOW + WINDOW) is None
    away = Windows(cast(Redis, RedisAway()), VAULT)
    assert await away.is_open("county", "o1", now=NOW) is None
    await away.closed("county", "o1")
