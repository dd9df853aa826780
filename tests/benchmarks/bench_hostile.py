"""How quickly the edge refuses what strangers and forgers send, and what that costs everybody else.

The whole service runs on this process's loop as ``serve`` runs it, beside a heartbeat that wants to beat every
millisecond and a citizen who writes all the time. The hostile bodies come over real sockets from a process of their own.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import logging
import select
import socket
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import aiohttp
import structlog

from bot.app import create_app
from bot.load import percentile
from bot.logs import configure_logs
from bot.services import utc_now
from bot.settings import Settings
from bot.wechat.accounts import Account
from bot.wiring import build_services
from knowledge_base.library import load_demo_articles
from tests.benchmarks.serving import listen
from tests.bot.wechat.conftest import CURRENT_KEY, PREVIOUS_KEY, STRANGE_KEY, PlatformSide, encrypt
from tests.bot.wechat.test_hostile_pushes import HEAD, LAUGHS, NESTED, OUTSIDE, truncated

TIMES = 30
LASTS_S = 0.5
"""So long at least they come while others are served."""
REFUSED_WITHIN_MS = 50.0
ACCOUNT = Account(
    name="county",
    title="示范县人民政府",
    app_id="wx0000000000000001",
    secret="app-secret-of-the-county",
    token="AAAAA",
    encoding_aes_key=CURRENT_KEY,
    previous_aes_key=PREVIOUS_KEY,
)
DATABASE = "benchmark_hostile"
TEXT = HEAD + b"<MsgType>text</MsgType><Content>\xe4\xbd\xa0\xe5\xa5\xbd</Content><MsgId>7</MsgId></xml>"
MEGABYTES = 5_000_000
Push = tuple[dict[str, str], bytes]
Headers = dict[str, str]


def json_bomb(platform: PlatformSide) -> Push:
    return platform.sealed_push(b'{"a":' + b"[" * 40_000)


def wide(platform: PlatformSide) -> Push:
    return platform.sealed_push(b"<xml>" + b"<a/>" * 9_000 + b"</xml>")


HOSTILE: list[tuple[str, Callable[[PlatformSide], Push], Headers, int]] = [
    ("5 MB of nesting, announced", lambda p: (p.query(), b"<xml>" + b"<a>" * (MEGABYTES // 3)), {}, 413),
    ("5 MB of nesting, unannounced", lambda p: (p.query(), b"<a>" * (MEGABYTES // 3)), {"chunked": "1"}, 413),
    (
        "5 MB from a stranger",
        lambda p: (p.query() | {"signature": "0" * 40}, b"x" * MEGABYTES),
        {"chunked": "1"},
        403,
    ),
    (
        "5 MB in 5 KB of gzip",
        lambda p: (p.query(), gzip.compress(bytes(MEGABYTES))),
        {"Content-Encoding": "gzip"},
        403,
    ),
    ("a sealed nesting bomb", lambda p: p.sealed_push(NESTED[:45_000]), {}, 400),
    ("a sealed wide bomb", wide, {}, 400),
    ("a sealed entity bomb", lambda p: p.sealed_push(LAUGHS), {}, 400),
    ("a sealed entity from outside", lambda p: p.sealed_push(OUTSIDE), {}, 400),
    ("a sealed JSON bomb", json_bomb, {}, 400),
    ("truncated ciphertext", lambda p: truncated(p, TEXT), {}, 400),
    ("wrong padding", lambda p: p.malformed_frame(TEXT, pad=33), {}, 400),
    ("a length beyond the end", lambda p: p.malformed_frame(TEXT, length=2**32 - 1), {}, 400),
    ("a key that is none of ours", lambda p: p.sealed_push(TEXT, key=STRANGE_KEY), {}, 400),
    (
        "45 KB of random ciphertext",
        lambda p: p.wrap(base64.b64encode(bytes(range(256)) * 180).decode()),
        {},
        400,
    ),
    ("endless almost-envelopes", lambda p: (p.query(), b"<Encrypt>" * 7_000), {}, 403),
    ("plain text in safe mode", lambda p: (p.query(), TEXT), {}, 403),
    ("a replay after six minutes", lambda p: p.sealed_push(TEXT, at=p.now - timedelta(minutes=6)), {}, 403),
    (
        "an envelope within an envelope",
        lambda p: p.sealed_push(
            f"<xml><Encrypt>{encrypt(TEXT, CURRENT_KEY, ACCOUNT.app_id)}</Encrypt></xml>"
        ),
        {},
        400,
    ),
]


def attack(
    address: tuple[str, int], query: dict[str, str], body: bytes, headers: Headers
) -> list[tuple[int, float]]:
    """Post the same body again and again from here; status and milliseconds of each."""
    chunked = "chunked" in headers
    plain = {name: value for name, value in headers.items() if name != "chunked"}
    plain |= {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(len(body))}
    lines = [f"POST /wechat/county?{urlencode(query)} HTTP/1.1", "Host: county"]
    head = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in plain.items()), "", ""]).encode()
    pieces = [body[at : at + 16_384] for at in range(0, len(body), 16_384)]
    if chunked:
        pieces = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces]
    return [_post(address, [head, *pieces]) for _ in range(TIMES)]


def _post(address: tuple[str, int], pieces: list[bytes]) -> tuple[int, float]:
    """Send until an answer comes, as whoever wants to do harm goes on sending; -1 when the line was cut instead."""
    with socket.create_connection(address, timeout=20) as line:
        started = time.perf_counter()
        answer = b""
        try:
            for piece in pieces:
                if select.select([line], [], [], 0)[0]:
                    break
                line.sendall(piece)
            answer = line.recv(4096)
        except ConnectionError:
            pass
        milliseconds = (time.perf_counter() - started) * 1000
    return int(answer.split()[1]) if answer else -1, milliseconds


@dataclass
class Others:
    """What everybody else noticed meanwhile."""

    url: str
    platform: PlatformSide
    beats_ms: list[float] = field(default_factory=list)
    waited_ms: list[float] = field(default_factory=list)

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        self.beats_ms, self.waited_ms = [], []
        tasks = [asyncio.create_task(self._beat()), asyncio.create_task(self._write())]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _beat(self) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            self.beats_ms.append((time.perf_counter() - began) * 1000 - 1)

    async def _write(self) -> None:
        query, body = self.platform.sealed_push(TEXT)
        async with aiohttp.ClientSession() as session:
            while True:
                began = time.perf_counter()
                async with session.post(self.url, params=query, data=body) as response:
                    assert response.status == 200
                    await response.read()
                self.waited_ms.append((time.perf_counter() - began) * 1000)
                await asyncio.sleep(0.005)


def settings(mongo_url: str, redis_url: str, directory: Path) -> Settings:
    """A service with the one account."""
    told = {name: getattr(ACCOUNT, name) for name in ACCOUNT.__slots__}
    named = {
        name: value for name, value in told.items() if value and name != "name" and isinstance(value, str)
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in named.items()]
    (directory / "accounts.toml").write_text("\n".join(["[accounts.county]", *lines]))
    return Settings.from_environment(
        {},
        mongo_url=mongo_url,
        redis_url=redis_url,
        database=DATABASE,
        secret_key="a secret key of the benchmarks, long enough",
        wechat_accounts=directory / "accounts.toml",
        data_dir=directory,
    )


async def test_what_is_hostile_is_refused_at_once_and_stalls_nobody(
    mongo_url: str, redis_url: str, tmp_path: Path
) -> None:
    configure_logs(level=logging.ERROR)
    whole = settings(mongo_url, redis_url, tmp_path)
    async with build_services(whole, first_articles=load_demo_articles()) as services:
        runner, url = await listen(create_app(services))
        try:
            costs = await _costs(url)
        finally:
            await runner.cleanup()
            await services.database.client.drop_database(DATABASE)
    structlog.reset_defaults()
    # On a busy machine the clock on the wall says little; what a refusal costs this loop says it all.
    assert max(costs.values()) < REFUSED_WITHIN_MS, costs


async def _costs(url: str) -> dict[str, float]:
    """Attack with each of them, and print what it took; milliseconds of processor a refusal, by name."""
    platform = PlatformSide(account=ACCOUNT, now=utc_now())
    others = Others(f"{url}/wechat/county", platform)
    address = urlsplit(url)
    host, port = str(address.hostname), int(address.port or 0)
    loop = asyncio.get_running_loop()
    print(f"\n{TIMES} of each, then more for {LASTS_S} s; a heartbeat of 1 ms and a citizen share the loop")
    print(f"{'':<34}{'CPU ms':>8}{'refused ms':>12}{'worst':>8}{'beat late by':>14}{'citizen p99':>13}")
    costs: dict[str, float] = {}
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        await loop.run_in_executor(pool, json.dumps, {})  # its start is not measured
        async with others.going_on():
            await asyncio.sleep(1)
        print(f"{'nobody hostile':<34}{'':>28}{max(others.beats_ms):>14.1f}{_p99(others):>13.1f}")
        for name, make, headers, expected in HOSTILE:
            query, body = make(platform)
            began = time.process_time()
            quiet = await loop.run_in_executor(pool, attack, (host, port), query, body, headers)
            costs[name] = (time.process_time() - began) * 1000 / TIMES
            found, until = list(quiet), time.monotonic() + LASTS_S
            async with others.going_on():
                while time.monotonic() < until:
                    found += await loop.run_in_executor(pool, attack, (host, port), query, body, headers)
            assert {status for status, _ in found} <= {expected, -1}, (name, found)
            times = sorted(ms for _, ms in found)
            half = times[len(times) // 2]
            print(
                f"{name:<34}{costs[name]:>8.2f}{half:>12.1f}{times[-1]:>8.1f}{max(others.beats_ms):>14.1f}"
                f"{_p99(others):>13.1f}"
            )
    return costs


def _p99(others: Others) -> float:
    return percentile(sorted(others.waited_ms), 99) or 0.0
