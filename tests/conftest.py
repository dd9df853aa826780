"""Fixtures every area shares: real stores, and the public messages where they are at hand."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase
from playwright.async_api import Browser
from pymongo import MongoClient
from redis import Redis as BlockingRedis
from redis.asyncio import Redis

from bot.embedded import EmbeddedStores, StoreAddresses
from tests.chromium import CHROMIUM, open_browser

# A loaded machine is no failure: how long an example takes says nothing about the code.
settings.register_profile("huiyin", deadline=None)
settings.load_profile("huiyin")

_SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreAddresses]:
    """Real stores for the whole run: embedded ones, unless HUIYIN_MONGO_URL or HUIYIN_REDIS_URL name servers."""
    mongo_url = os.environ.get("HUIYIN_MONGO_URL", "")
    redis_url = os.environ.get("HUIYIN_REDIS_URL", "")
    if redis_url:
        _refuse_to_empty_what_is_in_use(redis_url)
    data_dir = tmp_path_factory.mktemp("stores")
    with EmbeddedStores(data_dir, mongo=not mongo_url, redis=not redis_url) as embedded:
        addresses = StoreAddresses(
            mongo_url=mongo_url or embedded.mongo_url,
            redis_url=redis_url or embedded.redis_url,
        )
        _let_nothing_expire(addresses.mongo_url)
        yield addresses


def _let_nothing_expire(mongo_url: str) -> None:
    """MongoDB drops expired documents by its own clock, and most tests live on a day that is past by it."""
    with MongoClient(mongo_url) as client:
        client.admin.command("setParameter", 1, ttlMonitorEnabled=False)


@pytest.fixture(scope="session")
def mongo_url(stores: StoreAddresses) -> str:
    """The address of the MongoDB server, without a database name."""
    return stores.mongo_url


@pytest.fixture(scope="session")
def redis_url(stores: StoreAddresses) -> str:
    """The address of the Redis server; the fixture ``redis`` is the one that empties it first."""
    return stores.redis_url


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[AsyncIOMotorDatabase[dict[str, Any]]]:
    """A MongoDB database of this test's own, dropped afterwards; it returns aware times."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url, tz_aware=True)
    name = f"test_{uuid.uuid4().hex}"
    try:
        yield client[name]
    finally:
        await client.drop_database(name)
        client.close()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A client of an emptied Redis; it answers bytes."""
    client = Redis.from_url(redis_url)
    try:
        await client.flushdb()
        yield client
    finally:
        await client.aclose()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A real Chromium; a test that needs one is skipped where there is none."""
    if not CHROMIUM.exists():
        pytest.skip("needs: apt-get install chromium fonts-noto-cjk")
    async with open_browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The public messages beside the checkout; a test that needs them is skipped where they are absent."""
    if not _SHARED_DATA.is_dir():
        pytest.skip(f"needs the public messages in {_SHARED_DATA}")
    return _SHARED_DATA


def _refuse_to_empty_what_is_in_use(url: str) -> None:
    with BlockingRedis.from_url(url) as client:
        if client.dbsize():
            pytest.exit(
                "HUIYIN_REDIS_URL holds data and the tests empty it: name an empty database.", returncode=2
            )
