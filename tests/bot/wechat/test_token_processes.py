"""The token endpoint under real processes that begin to send in the same moment."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from redis.asyncio import Redis

from bot.services import utc_now
from bot.simulator.platform import SimulatedPlatform
from tests.journeys.city import ACCOUNT
from tests.journeys.faulty_city import connections, serve_platform

PROCESSES, SENDS = 3, 20
_PROJECT = Path(__file__).resolve().parents[3]
SEND = "message/custom/send"


@pytest.fixture
async def platform() -> AsyncIterator[tuple[SimulatedPlatform, str]]:
    async with connections() as http:
        simulated = SimulatedPlatform(
            account=ACCOUNT, deliver_to="", http=http, clock=utc_now, admit_strangers=True
        )
        runner: web.AppRunner
        runner, base = await serve_platform(simulated)
        yield simulated, base
        await simulated.close()
        await runner.cleanup()


async def send_from_all(base: str, redis_url: str) -> Counter[str]:
    command = (sys.executable, "-m", "tests.bot.wechat.token_process")
    args = (base, redis_url, str(SENDS), ACCOUNT.app_id, ACCOUNT.secret)
    pipe = asyncio.subprocess.PIPE
    processes = [
        await asyncio.create_subprocess_exec(*command, *args, stdin=pipe, stdout=pipe, cwd=_PROJECT)
        for _ in range(PROCESSES)
    ]
    try:
        async with asyncio.timeout(60):
            for process in processes:
                assert process.stdout is not None
                assert (await process.stdout.readline()).strip() == b"ready"
            told = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
                await process.wait()
    total: Counter[str] = Counter()
    for out, _ in told:
        total.update(json.loads(out.splitlines()[-1]))
    return total


async def test_sixty_cold_sends_of_three_processes_ask_for_one_token(
    platform: tuple[SimulatedPlatform, str], redis: Redis, redis_url: str
) -> None:
    simulated, base = platform
    outcomes = await send_from_all(base, redis_url)
    assert simulated.tokens.fetches == 1
    assert outcomes == {"NoneType": PROCESSES * SENDS}


async def test_a_token_that_is_never_good_is_asked_for_twice_at_most(
    platform: tuple[SimulatedPlatform, str], redis: Redis, redis_url: str
) -> None:
    simulated, base = platform
    simulated.faults.fail_at_random(SEND, {40001: 1.0})
    assert await send_from_all(base, redis_url) == {"40001": PROCESSES * SENDS}
    assert simulated.tokens.fetches <= 2
    assert simulated.faults.met[SEND, "40001"] <= 2 * PROCESSES * SENDS
