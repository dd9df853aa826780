"""What a WeChat message costs beside the least any aiohttp service can do. ``make bench`` runs and prints it."""

from __future__ import annotations

import asyncio
import json
import secrets
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle, product
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from bot.load import QUESTIONS, percentile
from bot.services import utc_now
from bot.settings import Settings
from bot.simulator.crypt import PushCipher
from bot.simulator.pushes import Push, Sealed, seal
from bot.simulator.replies import read_reply
from bot.wiring import build_services
from knowledge_base.library import load_demo_articles
from routing.citizen_request import Channel, Citizen, CitizenRequest, RequestType
from tests.benchmarks.serving import DATABASE
from tests.journeys.city import ACCOUNT, COMPLAINT, accounts_file

CIPHER = PushCipher(encoding_aes_key=ACCOUNT.encoding_aes_key, app_id=ACCOUNT.app_id)
REQUESTS, AT_ONCE, ROUNDS = 1200, 8, 5
NEVER_HEARD = 300
"""As many as there are wordings for all rounds."""
ANSWERED = tuple(question for question in QUESTIONS if "房租" not in question)
"""Without the one that the demo's library refuses."""
OPENERS = ("", "请问", "我想问一下，", "你好，")
GREETINGS = ("", "你好，", "您好，", "请问，", "麻烦问下，", "喂，", "同志，", "老师，", "打扰了，", "在吗，")
LEADS = ("我想咨询一下", "我想知道", "帮我看看", "我来问问", "我不太懂", "想了解一下")
CLOSINGS = (
    "",
    "，谢谢",
    "，麻烦了",
    "，急用",
    "，在线等",
    "，说简单点",
    "，多谢",
    "，怎么说",
    "，辛苦了",
    "，谢谢您",
)
WORDINGS = [
    f"{greeting}{lead}{question}{closing}"
    for greeting, lead, closing, question in product(GREETINGS, LEADS, CLOSINGS, ANSWERED)
]
"""Thousands, of which none is asked twice in a run."""
FILING = ("我要投诉", COMPLAINT, "城关镇人民路12号", "不留电话", "公开", "确认提交")
Talk = list[tuple[str, Sealed]]
_message_ids = iter(range(24_000_000_000_000_000, 25_000_000_000_000_000))


@dataclass
class Measured:
    """One row: processor time of the service, requests a second with eight callers at once, and their waits."""

    name: str
    processor_us: float
    per_second: float
    p50_ms: float
    p99_ms: float

    def line(self, ratio: float) -> str:
        return (
            f"{self.name:<34}{self.processor_us:>9.0f}{ratio:>9.2f}"
            f"{self.per_second:>9.0f}/s{self.p50_ms:>9.2f}{self.p99_ms:>9.2f}"
        )


@pytest.fixture
async def serving(mongo_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    accounts_file(tmp_path)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.benchmarks.serving",
        mongo_url,
        redis_url,
        str(tmp_path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    async with asyncio.timeout(60):
        addresses: dict[str, str] = json.loads(await process.stdout.readline())
    try:
        yield addresses
    finally:
        process.stdin.close()
        async with asyncio.timeout(20):
            await process.wait()
        client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url)
        await client.drop_database(DATABASE)
        client.close()


def push(openid: str, text: str) -> Sealed:
    """Signed and sealed beforehand: what the platform's side costs is not measured."""
    now = utc_now()
    fields: dict[str, str | int | float] = {"MsgType": "text", "Content": text}
    message = Push(openid, "文字", fields, now, message_id=str(next(_message_ids)))
    return seal(message, account=ACCOUNT, cipher=CIPHER, now=now)


async def post(http: aiohttp.ClientSession, url: str, sealed: Sealed) -> bytes:
    async with http.post(url, params=sealed.query, data=sealed.body.encode()) as response:
        assert response.status == 200
        return await response.read()


async def measure(
    http: aiohttp.ClientSession, name: str, url: str, talks: Iterable[Talk]
) -> tuple[Measured, list[tuple[str, bytes]]]:
    """Post talks, ``AT_ONCE`` at a time, each message after the answer to the one before."""
    waiting, waited, answers = iter(talks), list[float](), list[tuple[str, bytes]]()

    async def caller() -> None:
        for talk in waiting:
            for openid, sealed in talk:
                started = time.perf_counter()
                answers.append((openid, await post(http, url, sealed)))
                waited.append((time.perf_counter() - started) * 1000)

    used = await processor(http, url)
    started = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(AT_ONCE)))
    seconds = time.perf_counter() - started
    used = await processor(http, url) - used
    ordered, many = sorted(waited), len(waited)
    p50, p99 = (percentile(ordered, p) or 0.0 for p in (50, 99))
    return Measured(name, used / many * 1e6, many / seconds, p50, p99), answers


async def processor(http: aiohttp.ClientSession, url: str) -> float:
    """Seconds the service's process has used so far."""
    async with http.get(f"{url.partition('/wechat')[0].removesuffix('/bare')}/processor") as response:
        return float(await response.text())


def questions(each: int, asked: Iterator[str] | None = None, *, requests: int = REQUESTS) -> list[Talk]:
    """Citizens who ask ``each`` questions one after the other: five in four wordings each, as is known what many ask
    in the same words, or whatever ``asked`` gives."""
    asked = asked or cycle(f"{opener}{question}" for opener in OPENERS for question in ANSWERED)
    openids = [f"oB{secrets.token_hex(13)}" for _ in range(requests // each)]
    return [[(openid, push(openid, next(asked))) for _ in range(each)] for openid in openids]


def after_the_first(talks: list[Talk]) -> tuple[list[Talk], list[Talk]]:
    """The first message of each talk, and the rest of it."""
    return [talk[:1] for talk in talks], [talk[1:] for talk in talks]


def text_of(openid: str, body: bytes) -> str:
    reply = read_reply(body, account=ACCOUNT, cipher=CIPHER, openid=openid)
    assert reply is not None
    assert reply.text is not None
    return reply.text


async def test_a_message_against_the_least_a_service_can_do(serving: dict[str, str]) -> None:
    wechat = f"/wechat/{ACCOUNT.name}"
    edge, whole = serving["edge"], serving["whole"]
    async with aiohttp.ClientSession() as http:
        for url in (f"{edge}/bare", f"{edge}{wechat}", f"{whole}{wechat}"):  # warm up
            await measure(http, "", url, questions(3))
        unheard = iter(Random(0).sample(WORDINGS, len(WORDINGS)))
        rounds = [await _round(http, edge, whole, unheard) for _ in range(ROUNDS)]
    print(
        f"\n{AT_ONCE} callers at once; the service has a process and, where there are two, a core to itself"
    )
    print(f"{'':<34}{'CPU µs':>9}{'× bare':>9}{'':>11}{'p50 ms':>9}{'p99 ms':>9}")
    # Side by side in each round and the median of the rounds, since other work on the machine comes and goes.
    for row in zip(*rounds, strict=True):
        ratios = (each.processor_us / of[0].processor_us for each, of in zip(row, rounds, strict=True))
        print(median(row).line(statistics.median(ratios)))


async def _round(
    http: aiohttp.ClientSession, edge: str, whole: str, unheard: Iterator[str]
) -> tuple[Measured, ...]:
    """Every row once; what was answered is checked outside the measured time."""
    wechat = f"/wechat/{ACCOUNT.name}"
    plain = questions(1)
    bare, _ = await measure(http, "aiohttp, success", f"{edge}/bare", plain)
    echo, echoed = await measure(http, "edge: safe mode in and out", f"{edge}{wechat}", plain)
    greetings, more = after_the_first(questions(6))
    new, answers = await measure(http, "question of a new citizen", f"{whole}{wechat}", questions(1))
    await measure(http, "", f"{whole}{wechat}", greetings)
    asked, more_answers = await measure(http, "question → answer", f"{whole}{wechat}", more)
    greetings, more = after_the_first(questions(6, unheard, requests=NEVER_HEARD))
    await measure(http, "", f"{whole}{wechat}", greetings)
    fresh, fresh_answers = await measure(http, "the same, in words never heard", f"{whole}{wechat}", more)
    talks = [
        [(openid, push(openid, line)) for line in FILING]
        for openid in (f"oF{secrets.token_hex(13)}" for _ in range(REQUESTS // len(FILING)))
    ]
    filed, lines = await measure(http, "a line of a filing", f"{whole}{wechat}", talks)
    assert all(text_of(*answer) for answer in echoed)
    assert all("来源：" in text_of(*answer) for answer in (*answers, *more_answers))
    understood = sum("来源：" in text_of(*answer) for answer in fresh_answers)
    assert understood > 0.9 * len(fresh_answers)
    assert sum("工单号：" in text_of(*answer) for answer in lines) == len(talks)
    return bare, echo, asked, fresh, new, filed


def median(measured: tuple[Measured, ...]) -> Measured:
    """The round whose processor time stands in the middle."""
    return sorted(measured, key=lambda one: one.processor_us)[len(measured) // 2]


async def test_registering_against_a_bare_insert(mongo_url: str, redis_url: str, tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {},
        mongo_url=mongo_url,
        redis_url=redis_url,
        database="benchmark_insert",
        secret_key="a secret key of the benchmarks, long enough",
        data_dir=tmp_path,
    )
    count = 200
    async with build_services(settings, first_articles=load_demo_articles()) as services:
        try:
            request = _request("warm-up")
            await services.desk.register(request, now=utc_now())
            document = await services.database["tickets"].find_one({})
            assert document is not None
            bare = services.database["bare_inserts"]
            started = time.perf_counter()
            for index in range(count):
                await bare.insert_one({**document, "_id": f"B{index}"})
            raw = (time.perf_counter() - started) / count * 1000
            started = time.perf_counter()
            for index in range(count):
                services.desk.draft(_request(f"D{index}"), number=f"D{index}", now=utc_now())
            thinking = (time.perf_counter() - started) / count * 1000
            started = time.perf_counter()
            for index in range(count):
                await services.desk.register(_request(f"R{index}"), now=utc_now())
            whole = (time.perf_counter() - started) / count * 1000
            assert await services.database["tickets"].count_documents({}) == count + 1
        finally:
            await services.database.client.drop_database("benchmark_insert")
    print(
        f"\none after another, journalled: bare insert {raw:.2f} ms; register {whole:.2f} ms "
        f"({whole / raw:.1f} ×), of which triage, promise and events in memory {thinking:.2f} ms"
    )


def _request(external_number: str) -> CitizenRequest:
    return CitizenRequest(
        channel=Channel.HOTLINE,
        external_number=external_number,
        request_type=RequestType.COMPLAINT,
        text=COMPLAINT,
        citizen=Citizen(name="王建国", phone="13800005678"),
        received_at=utc_now(),
        place="城关镇人民路12号",
    )
