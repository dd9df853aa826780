"""`huiyin serve` and `huiyin work` as an installation runs them: own processes, own stores, keys made by hand."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from tests.factories import HOUSING


@pytest.fixture
async def environment(mongo_url: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    settings = {
        "HUIYIN_MODEL_TRAIN_HOUR": "-1",
        "HUIYIN_MONGO_URL": mongo_url,
        "HUIYIN_REDIS_URL": redis_url,
        "HUIYIN_DATABASE": f"test_{uuid4().hex}",
        "HUIYIN_DATA_DIR": str(tmp_path),
        "HUIYIN_SECRET_KEY": "a secret key of an installation, long enough",
    }
    return {**{k: v for k, v in os.environ.items() if not k.startswith("HUIYIN_")}, **settings}


def huiyin(environment: dict[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *args], env=environment, capture_output=True, text=True, timeout=60
    )


@contextmanager
def running(environment: dict[str, str], *args: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", *args], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


async def answers(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(url) as response:
            return response.status == 200
    except aiohttp.ClientConnectionError:
        return False


async def until(condition: object, *, tries: int = 300) -> None:
    for _ in range(tries):
        if await condition():  # type: ignore[operator]
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it never came true")


async def test_a_ticket_taken_by_the_web_process_is_told_by_the_worker(environment: dict[str, str]) -> None:
    checked = huiyin(environment, "check-config")
    assert checked.returncode == 0, checked.stderr
    made = huiyin(environment, "key", "add", "--name", "热线", "--role", "operator", "--unit", "qh.hotline")
    key = made.stdout.strip()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(environment["HUIYIN_MONGO_URL"])
    database = client[environment["HUIYIN_DATABASE"]]

    async def told() -> bool:
        return await database["console_notices"].count_documents({}) > 0

    try:
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as http:
            with (
                running(environment, "serve", "--port", str(port), "--workers", "2"),
                running(environment, "work"),
            ):
                await until(lambda: answers(http, f"{base}/readyz"))
                body = {"external_number": "1", "channel": "hotline", "text": "小区路灯坏了三盏，晚上很黑"}
                async with http.post(f"{base}/api/v1/tickets", json=body) as response:
                    assert response.status == 201, await response.text()
                await until(told)
    finally:
        await client.drop_database(environment["HUIYIN_DATABASE"])
        client.close()


def test_without_stores_or_key_the_service_says_what_is_missing(environment: dict[str, str]) -> None:
    for missing in ("HUIYIN_SECRET_KEY", "HUIYIN_MONGO_URL"):
        refused = huiyin({k: v for k, v in environment.items() if k != missing}, "serve")
        assert refused.returncode == 2
        assert missing in refused.stderr
        assert "Traceback" not in refused.stderr


def test_check_config_names_every_problem(environment: dict[str, str]) -> None:
    broken = environment | {
        "HUIYIN_PROFILE": "nowhere",
        "HUIYIN_MODEL": "/nonexistent.model",
        "HUIYIN_MONGO_URL": "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200",
    }
    refused = huiyin(broken, "check-config")
    assert refused.returncode == 1
    for name in ("HUIYIN_PROFILE", "HUIYIN_MODEL", "HUIYIN_MONGO_URL"):
        assert name in refused.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("key", "add", "--name", "x", "--role", "system", "--unit", "qh.hotline"), "角色"),
        (("key", "add", "--name", "x", "--role", "operator", "--unit", "nowhere"), "nowhere"),
        (("key", "revoke", "nothing"), "没有生效中的密钥"),
        (
            ("user", "add", "li", "--name", "李", "--role", "liaison", "--unit", HOUSING, "--password", "x"),
            "密码",
        ),
    ],
)
def test_a_mistake_at_the_command_line_is_named(
    environment: dict[str, str], args: tuple[str, ...], said: str
) -> None:
    refused = huiyin(environment, *args)
    assert refused.returncode in (1, 2)
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
