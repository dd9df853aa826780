"""The embedded stores keep what they acknowledged, leave nothing behind, and say plainly why they cannot start."""

from __future__ import annotations

import json
import os
import select
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo import MongoClient
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from bot.embedded import EmbeddedStores, EmbeddedUnavailable, StoreAddresses, explain_exit

# Opens the stores, says so in one JSON line, then writes to both for ever and prints each number once both have
# acknowledged it; with "idle" it only waits for its standard input to end.
_HOLDER = """
import json, sys
from pathlib import Path
from pymongo import MongoClient
from redis import Redis
from bot.embedded import EmbeddedStores
stores = EmbeddedStores(Path(sys.argv[1]))
with stores as addresses:
    print(json.dumps(dict(stores.pids)), flush=True)
    if sys.argv[2] == "idle":
        sys.stdin.read()
        sys.exit(0)
    letters = MongoClient(addresses.mongo_url).kept.letters
    redis = Redis.from_url(addresses.redis_url)
    number = 0
    while True:
        letters.insert_one({"_id": number})
        redis.set(f"letter:{number}", "1")
        print(number, flush=True)
        number += 1
"""


@contextmanager
def holder(data_dir: Path, what: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, int]]]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(data_dir), what],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    )
    assert process.stdout
    assert process.stdin
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stdin.close()


def ends_within(pidfd: int, seconds: float) -> bool:
    """A pidfd becomes readable when its process ends."""
    return bool(select.select([pidfd], [], [], seconds)[0])


def kept_letters(addresses: StoreAddresses) -> tuple[set[int], int]:
    with (
        MongoClient[dict[str, Any]](addresses.mongo_url) as client,
        Redis.from_url(addresses.redis_url) as redis,
    ):
        return {letter["_id"] for letter in client.kept.letters.find()}, redis.dbsize()


async def test_the_shared_fixtures_give_a_mongodb_and_a_redis_that_answer(
    database: AsyncIOMotorDatabase[dict[str, Any]], redis: AsyncRedis
) -> None:
    await database.letters.insert_one({"_id": 1})
    await redis.set("letter", "1")
    assert await database.letters.count_documents({}) == 1
    assert await redis.get("letter") == b"1"


async def test_a_second_test_finds_both_stores_empty(
    database: AsyncIOMotorDatabase[dict[str, Any]], redis: AsyncRedis
) -> None:
    assert await database.letters.find_one({}) is None
    assert await redis.dbsize() == 0


def test_the_data_is_there_again_after_an_orderly_stop_and_nothing_else_is_left(tmp_path: Path) -> None:
    stores = EmbeddedStores(tmp_path / "data")
    with stores as addresses:
        pidfds = [os.pidfd_open(pid) for pid in stores.pids.values()]
        with (
            MongoClient[dict[str, Any]](addresses.mongo_url) as client,
            Redis.from_url(addresses.redis_url) as redis,
        ):
            client.kept.letters.insert_one({"_id": 7})
            redis.set("letter:7", "1")
    assert [ends_within(pidfd, 0) for pidfd in pidfds] == [True, True]
    assert not (tmp_path / "data" / "run").exists()
    with EmbeddedStores(tmp_path / "data") as addresses:
        assert kept_letters(addresses) == ({7}, 1)


def test_nothing_listens_on_tcp_and_only_the_owner_may_enter_the_directory(tmp_path: Path) -> None:
    stores = EmbeddedStores(tmp_path / "data")
    with stores:
        for pid in stores.pids.values():
            inodes = set()
            for link in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(FileNotFoundError):  # closed meanwhile
                    inodes.add(str(link.readlink()))
            assert any(inode.startswith("socket:") for inode in inodes)
            tcp = [
                line.split()
                for table in ("tcp", "tcp6")
                for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
            ]
            assert not [row for row in tcp if f"socket:[{row[9]}]" in inodes]
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in (tmp_path / "data", *(tmp_path / "data").iterdir())
    }
    assert modes == {"data": 0o700, "mongo": 0o700, "valkey": 0o700, "logs": 0o700, "lock": 0o600}


@pytest.mark.parametrize(
    ("there_before", "mode"),
    [
        pytest.param("secret.key", 0o700, id="ours, made before the stores were opened"),
        pytest.param("thesis.odt", 0o755, id="somebody's own directory"),
    ],
)
def test_a_directory_that_was_there_is_closed_to_others_only_if_it_is_ours(
    tmp_path: Path, there_before: str, mode: int
) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    data_dir.chmod(0o755)
    (data_dir / there_before).touch()
    with EmbeddedStores(data_dir, mongo=False):
        assert stat.S_IMODE(data_dir.stat().st_mode) == mode
        assert stat.S_IMODE((data_dir / "valkey").stat().st_mode) == 0o700


def test_a_ctrl_c_in_the_terminal_reaches_the_program_and_not_its_stores(tmp_path: Path) -> None:
    with holder(tmp_path / "data", "idle") as (process, pids):
        assert os.getpgid(process.pid) == process.pid
        assert {os.getpgid(pid) for pid in pids.values()} == set(pids.values())


def test_kill_9_of_the_program_takes_both_stores_with_it_within_five_seconds(tmp_path: Path) -> None:
    with holder(tmp_path / "data", "idle") as (process, pids):
        pidfds = [os.pidfd_open(pid) for pid in pids.values()]
        process.kill()
        assert [ends_within(pidfd, 5.0) for pidfd in pidfds] == [True, True]


def test_everything_acknowledged_before_kill_9_of_the_program_is_there_on_restart(tmp_path: Path) -> None:
    with holder(tmp_path / "data", "write") as (process, _):
        assert process.stdout
        for _ in range(300):
            process.stdout.readline()
        process.kill()
        process.wait()
        acknowledged = 300 + len(process.stdout.read().split())
        with EmbeddedStores(
            tmp_path / "data"
        ) as addresses:  # at once: the killed one's children may still be going
            numbers, keys = kept_letters(addresses)
    assert set(range(acknowledged)) <= numbers
    assert acknowledged <= keys


def test_a_store_that_is_killed_alone_is_revived_at_its_address_with_its_data(tmp_path: Path) -> None:
    stores = EmbeddedStores(tmp_path / "data")
    with stores as addresses:
        with (
            MongoClient[dict[str, Any]](addresses.mongo_url) as client,
            Redis.from_url(addresses.redis_url) as redis,
        ):
            client.kept.letters.insert_many([{"_id": number} for number in range(100)])
            redis.set("letter:1", "1")
        for pid in stores.pids.values():
            pidfd = os.pidfd_open(pid)
            os.kill(pid, signal.SIGKILL)
            assert ends_within(pidfd, 5.0)
        assert stores.revive() == ["mongod", "valkey"]
        assert stores.revive() == []
        assert kept_letters(addresses) == (set(range(100)), 1)


def test_a_second_holder_is_refused_and_told_which_process_has_the_directory(tmp_path: Path) -> None:
    with holder(tmp_path / "data", "idle") as (process, pids):
        with pytest.raises(EmbeddedUnavailable, match=rf"in use by process {process.pid}\b.*HUIYIN_DATA_DIR"):
            EmbeddedStores(tmp_path / "data").__enter__()
        assert all(Path(f"/proc/{pid}").exists() for pid in pids.values())


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("d" * 120, id="longer than a socket path may be"),
        pytest.param("回音 的数据, 2026", id="with characters mongod would split at"),
    ],
)
def test_a_data_directory_of_any_name_works_and_leaves_no_short_directory_behind(
    tmp_path: Path, name: str
) -> None:
    stores = EmbeddedStores(tmp_path / name)
    with stores as addresses:
        assert kept_letters(addresses) == (set(), 0)
        run_dir = (tmp_path / name / "run").readlink()
        assert stat.S_IMODE(run_dir.stat().st_mode) == 0o700
    assert not run_dir.exists()


def test_the_short_directory_of_a_killed_program_is_cleared_at_the_next_start(tmp_path: Path) -> None:
    data_dir = tmp_path / ("d" * 120)
    with holder(data_dir, "idle") as (process, _):
        left_behind = (data_dir / "run").readlink()
        pidfd = os.pidfd_open(process.pid)
        process.kill()
        assert ends_within(pidfd, 5.0)  # a zombie still: nobody has waited for it
        with EmbeddedStores(data_dir):
            assert not left_behind.exists()


def test_one_store_alone_can_be_asked_for(tmp_path: Path) -> None:
    stores = EmbeddedStores(tmp_path, mongo=False)
    with stores as addresses:
        assert addresses.mongo_url == ""
        assert list(stores.pids) == ["valkey"]
        with Redis.from_url(addresses.redis_url) as redis:
            assert redis.config_get("append*")["appendonly"] == "yes"


def test_a_store_that_cannot_start_is_reported_at_once_with_its_log_and_the_other_is_stopped(
    tmp_path: Path,
) -> None:
    (tmp_path / "mongo").mkdir()
    (tmp_path / "mongo" / "storage.bson").write_text("not a database")
    stores = EmbeddedStores(tmp_path)
    began = time.monotonic()
    with pytest.raises(
        EmbeddedUnavailable, match=r"(?s)mongod ended with code .* metadata file.* HUIYIN_MONGO_URL"
    ):
        stores.__enter__()
    assert time.monotonic() - began < 30  # it would wait 60 for one that is alive
    assert stores.pids == {}
    with EmbeddedStores(tmp_path, mongo=False) as addresses:  # the directory was let go
        assert addresses.redis_url


def test_starting_from_another_thread_is_refused_because_the_stores_would_die_with_it(tmp_path: Path) -> None:
    refusals: list[str] = []

    def start() -> None:
        try:
            EmbeddedStores(tmp_path).__enter__()
        except RuntimeError as error:
            refusals.append(str(error))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert len(refusals) == 1
    assert "main thread" in refusals[0]


@pytest.mark.parametrize(
    ("exit_code", "log", "told"),
    [
        pytest.param(
            127,
            "mongod: error while loading shared libraries: libcurl.so.4: cannot open shared object file",
            "apt-get install libcurl4",
            id="a slim image has no libcurl",
        ),
        pytest.param(
            127,
            "mongod: error while loading shared libraries: libssl.so.3: cannot open shared object file",
            "apt-get install libssl3",
            id="a system of the OpenSSL 1.1 age",
        ),
        pytest.param(
            1,
            "mongod: /lib/libc.so.6: version `GLIBC_2.34' not found (required by mongod)",
            "glibc 2.34",
            id="old glibc",
        ),
        pytest.param(-signal.SIGILL, "", "AVX", id="an old or emulated processor"),
        pytest.param(-signal.SIGKILL, "", "out of memory", id="killed by the kernel"),
        pytest.param(14, '"error":"No space left on device"', "no space left on the disk", id="full disk"),
        pytest.param(
            62,
            "Invalid featureCompatibilityVersion",
            "Invalid featureCompatibilityVersion",
            id="anything else",
        ),
    ],
)
def test_why_a_store_did_not_start_is_said_in_words_with_the_way_out(
    exit_code: int, log: str, told: str
) -> None:
    message = explain_exit("mongod", exit_code, log)
    assert told in message
    assert "HUIYIN_MONGO_URL" in message
