"""A process of the service for the fault run: ``python -m tests.journeys.fault_service serve|work SPEC.json``.

The whole real service, with three things scaled to the run: its clock goes faster, the edge's patience is a fifth of
the real one, and answers take as long as the dice say. Prints one JSON line when ready and ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bot.app import create_app
from bot.logs import configure_logs
from bot.settings import Settings
from bot.wechat import client, webhook
from bot.wechat.messages import IncomingMessage
from bot.wechat.reply import Reply
from bot.wechat.webhook import Respond
from bot.worker import Worker
from tests.running import demo_articles, run_services

SCALE = 0.2
"""One fifth of real time: at a tenth, a machine that other tests run on is late by itself."""
LONGEST_S = 12 * SCALE


def fast_clock(started: float, speed: float) -> Callable[[], datetime]:
    """The present of the run, the same in all its processes: ``speed`` times as fast since ``started``."""
    begin = datetime.fromtimestamp(started, UTC)

    def now() -> datetime:
        at = begin + timedelta(seconds=(time.time() - started) * speed)
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    return now


@dataclass(frozen=True, slots=True)
class Slow:
    """The dialogue behind a handler that takes 0 to 12 seconds, before its work or after it."""

    inner: Respond
    dice: random.Random

    async def __call__(self, message: IncomingMessage, *, now: datetime) -> Reply | str | None:
        drawn, long = self.dice.random(), self.dice.uniform(0, LONGEST_S)
        if drawn < 0.2:
            await asyncio.sleep(long if drawn < 0.08 else long / 4)
        reply = await self.inner(message, now=now)
        if drawn > 0.85:
            await asyncio.sleep(long if drawn > 0.95 else long / 4)
        return reply


async def main(role: str, spec: dict[str, Any]) -> None:
    configure_logs()
    client.CIRCUIT_S = 60 * SCALE / 4
    client.BACKOFF_S = 0.5 * SCALE
    client.PROBE_AFTER_S *= SCALE
    webhook.KEEP_WITHIN_S *= SCALE
    patience = aiohttp.ClientTimeout(total=8 * SCALE, connect=3 * SCALE, sock_connect=3 * SCALE)
    defaults = client.WeChatClient.__init__.__kwdefaults__
    assert defaults is not None
    defaults["timeout"] = patience
    clock = fast_clock(spec["started"], spec["speed"])
    settings = Settings.from_environment(
        {}, **{k: Path(v) if k in _PATHS else v for k, v in spec["settings"].items()}
    )
    async with run_services(settings, clock=clock, first_articles=demo_articles()) as services:
        dice = random.Random(spec["seed"])
        services = replace(services, dialogue=Slow(services.dialogue, dice))
        ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        if role == "work":
            working = asyncio.create_task(Worker(services).run())
            print(json.dumps({"ready": True}), flush=True)
            await ended
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            return
        runner = web.AppRunner(create_app(services, answer_within_s=4.2 * SCALE), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(json.dumps({"url": f"http://127.0.0.1:{runner.addresses[0][1]}"}), flush=True)
        await ended
        await runner.cleanup()


_PATHS = ("data_dir", "wechat_accounts")

if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))))
