"""Fixtures every area shares: real stores, and the public messages where they are at hand."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Generator, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web_app
from hypothesis import settings
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase
from playwright.async_api import Browser
from pymongo import MongoClient
from redis import Redis as BlockingRedis
from redis import utils as redis_utils
from redis.asyncio import Redis

from bot.data_directory import DataDirectoryInUse, lock_data_dir
from bot.embedded import EmbeddedStores, StoreAddresses
from tests.chromium import CHROMIUM, open_browser
from tests.databases import Databases

# Every connection of redis-py reads its own version from the files of its package; it does not change.
redis_utils.get_lib_version = cache(redis_utils.get_lib_version)
# A loaded machine is no failure: how long an example takes says nothing about the code.
settings.register_profile("huiyin", deadline=None)
settings.load_profile("huiyin")

_SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_MEMORY = Path("/dev/shm")
_IN_MEMORY = "huiyin-tests-"
_ROOM_FOR_STORES = 4 << 30
_MOST_PROCESSES = 4
_PATIENCE = "socket_timeout=60&socket_connect_timeout=60"
"""What clients of Redis wait, in seconds, whatever the code that opens them says: a busy machine is no failure."""
_GROWN = 250 << 20
"""How much larger the process may become before what tests left behind is collected."""
_size = [0]
"""How large it was after that; a list, to be changed."""


def pytest_xdist_auto_num_workers() -> int:
    """``-n auto``: a process for each core, each with stores of its own; servers of yours serve one process only."""
    if os.environ.get("HUIYIN_REDIS_URL") or os.environ.get("HUIYIN_MONGO_URL"):
        return 0
    return min(len(os.sched_getaffinity(0)), _MOST_PROCESSES)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None]:
    """Collect what tests left behind, once that is much.

    The service exempts all that lives from collection while it runs (``gc.freeze``), and aiohttp remembers the last
    thousand applications: in a process that runs the service a thousand times over, both would keep what belonged
    to the services of earlier tests, tens of megabytes each.
    """
    yield
    if _resident() - _size[-1] > _GROWN:
        for remembered in vars(web_app).values():
            if hasattr(remembered, "cache_clear"):
                remembered.cache_clear()
        gc.unfreeze()
        gc.collect()
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
        _size[-1] = _resident()


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreAddresses]:
    """Real stores for the whole run: embedded ones, unless HUIYIN_MONGO_URL or HUIYIN_REDIS_URL name servers."""
    mongo_url = os.environ.get("HUIYIN_MONGO_URL", "")
    redis_url = os.environ.get("HUIYIN_REDIS_URL", "")
    if redis_url:
        _refuse_to_empty_what_is_in_use(redis_url)
    with (
        _fast_directory(tmp_path_factory) as data_dir,
        EmbeddedStores(data_dir, mongo=not mongo_url, redis=not redis_url) as embedded,
    ):
        addresses = StoreAddresses(
            mongo_url=mongo_url or embedded.mongo_url,
            redis_url=redis_url or embedded.redis_url,
        )
        _let_nothing_expire(addresses.mongo_url)
        yield addresses


@contextlib.contextmanager
def _fast_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the stores keep their data: in memory where there is room, for the disk's answer to every acknowledged
    write is most of what a test waits for."""
    if not _MEMORY.is_dir() or shutil.disk_usage(_MEMORY).free < _ROOM_FOR_STORES:
        yield tmp_path_factory.mktemp("stores")
        return
    for left in _MEMORY.glob(
        f"{_IN_MEMORY}*"
    ):  # by a run that was killed: it would keep that memory for ever
        if not Path("/proc", left.name.split("-")[2]).exists():
            with contextlib.suppress(OSError, DataDirectoryInUse):
                os.close(lock_data_dir(left, patience_s=0))
                shutil.rmtree(left)
    directory = tempfile.mkdtemp(prefix=f"{_IN_MEMORY}{os.getpid()}-", dir=_MEMORY)
    try:
        yield Path(directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


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
    return f"{stores.redis_url}{'&' if '?' in stores.redis_url else '?'}{_PATIENCE}"


@pytest.fixture(scope="session")
def databases(mongo_url: str) -> Iterator[Databases]:
    """Databases to borrow; the fixtures below are what tests ask for."""
    databases = Databases(mongo_url)
    yield databases
    databases.close()


@pytest.fixture(scope="module")
def _databases_of_module(databases: Databases, request: pytest.FixtureRequest) -> Iterator[str]:
    kind = request.node.nodeid
    yield kind
    databases.drop(kind)


@pytest.fixture
def database_name(databases: Databases, _databases_of_module: str) -> Iterator[str]:
    """An empty database for a test that makes its own collections. Earlier tests of its module may have left it
    their collections and indexes, never a document."""
    with databases.lend(_databases_of_module) as name:
        yield name


@pytest.fixture
async def database(mongo_url: str, database_name: str) -> AsyncIterator[AsyncIOMotorDatabase[dict[str, Any]]]:
    """That database, with aware times."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url, tz_aware=True)
    yield client[database_name]
    client.close()


@pytest.fixture
async def new_database(mongo_url: str) -> AsyncIterator[AsyncIOMotorDatabase[dict[str, Any]]]:
    """One that never held anything, for a test that asks which collections and indexes there are."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url, tz_aware=True)
    name = f"test_{uuid.uuid4().hex}"
    try:
        yield client[name]
    finally:
        await client.drop_database(name)
        client.close()


@pytest.fixture
def services_database(databases: Databases) -> Iterator[str]:
    """An empty database with all that ``build_services`` prepares: for whatever runs the whole service."""
    with databases.lend("services") as name:
        yield name


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
