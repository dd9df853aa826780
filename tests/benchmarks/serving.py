"""The service in a process of its own and, where there are two, on a core of its own.

Run as ``python -m tests.benchmarks.serving MONGO_URL REDIS_URL DIRECTORY``; prints one JSON line of addresses and
ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from datetime import datetime
from pathlib import Path

from aiohttp import web

from bot.app import create_app
from bot.logs import configure_logs
from bot.services import utc_now
from bot.settings import Settings
from bot.wechat.accounts import load_accounts
from bot.wechat.messages import IncomingMessage
from bot.wechat.webhook import answers_in_progress, wechat_handlers
from bot.wiring import build_services
from knowledge_base.library import load_demo_articles

DATABASE = "benchmark"


async def bare(request: web.Request) -> web.Response:
    """What every answer is measured by: the body read, ``success`` said."""
    await request.read()
    return web.Response(text="success")


async def processor(request: web.Request) -> web.Response:
    """Seconds of processor this process has used, in all its threads."""
    return web.json_response(time.process_time())


async def echo(message: IncomingMessage, *, now: datetime) -> str | None:
    return message.content


async def keep(message: IncomingMessage, *, now: datetime) -> None:
    """The echo is never late."""


def edge_app(accounts_file: Path) -> web.Application:
    """Our checks, decryption, parsing, rendering and sealing around an echo."""
    app = web.Application()
    app.cleanup_ctx.append(answers_in_progress)
    app.add_routes(
        wechat_handlers(
            accounts=load_accounts(accounts_file),
            respond=echo,
            keep_for_later=keep,
            apologise="",
            clock=utc_now,
        )
    )
    app.router.add_post("/bare", bare)
    app.router.add_get("/processor", processor)
    return app


async def listen(app: web.Application) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


async def main(mongo_url: str, redis_url: str, directory: Path) -> None:
    configure_logs(level=40)
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[-1:])
    settings = Settings.from_environment(
        {},
        mongo_url=mongo_url,
        redis_url=redis_url,
        database=DATABASE,
        secret_key="a secret key of the benchmarks, long enough",
        wechat_accounts=directory / "accounts.toml",
        data_dir=directory,
    )
    async with build_services(settings, first_articles=load_demo_articles()) as services:
        # As the worker does every few minutes.
        await services.delivery.waiting.refill()
        edge, edge_url = await listen(edge_app(directory / "accounts.toml"))
        whole, whole_url = await listen(create_app(services, extra_routes=[web.get("/processor", processor)]))
        print(json.dumps({"edge": edge_url, "whole": whole_url}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        await whole.cleanup()
        await edge.cleanup()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
