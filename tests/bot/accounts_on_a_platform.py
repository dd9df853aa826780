"""Two official accounts on one simulated platform: the county's, and one of its departments'."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import aiohttp
from aiohttp import web

from bot.simulator.platform import SimulatedPlatform
from bot.simulator.records import SimulatedAccount
from bot.simulator.several import mount_accounts

COUNTY = SimulatedAccount(
    name="county",
    title="清和县12345热线",
    app_id="wx00000000000county",
    secret="c0c0c0c0c0c0c0c0",
    token="countytoken",
    encoding_aes_key="abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
)
MARKET = SimulatedAccount(
    name="market",
    title="清和市场监管",
    app_id="wx00000000000market",
    secret="d0d0d0d0d0d0d0d0",
    token="markettoken",
    encoding_aes_key="0123456789abcdefghijklmnopqrstuvwxyzABCDEFG",
)
WANG = "oWang0000000000000000000000"
MENU = """
[[button]]
name = "问政策"
key = "ask"

[[button]]
name = "反映问题"
key = "file"
"""


def accounts_file(directory: Path, **more: str) -> Path:
    """The accounts' TOML; ``more`` are lines for each by name. Menus are named and written."""
    lines = []
    for account in (COUNTY, MARKET):
        (directory / f"menu-{account.name}.toml").write_text(MENU, encoding="utf-8")
        lines += [
            f"[accounts.{account.name}]",
            f'title = "{account.title}"',
            f'app_id = "{account.app_id}"',
            f'secret = "{account.secret}"',
            f'token = "{account.token}"',
            f'encoding_aes_key = "{account.encoding_aes_key}"',
            'mode = "safe"',
            f'menu = "menu-{account.name}.toml"',
            more.get(account.name, ""),
        ]
    path = directory / "accounts.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Site:
    """Where the platform is, and its accounts."""

    base: str
    county: SimulatedPlatform
    market: SimulatedPlatform
    app: web.Application
    http: aiohttp.ClientSession

    @property
    def api_base(self) -> str:
        return f"{self.base}/simulator/platform"


def listen() -> tuple[socket.socket, str]:
    """A port of our own, and the address it makes."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    return listening, f"http://127.0.0.1:{listening.getsockname()[1]}"


@asynccontextmanager
async def open_platform(
    *,
    clock: Callable[[], datetime],
    app: web.Application | None = None,
    at: tuple[socket.socket, str] | None = None,
) -> AsyncIterator[Site]:
    """Serve the platform, on ``app`` where the service is on it too."""
    listening, base = at or listen()
    app = app or web.Application()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        county, market = (
            SimulatedPlatform(account=each, deliver_to=f"{base}/wechat/{each.name}", http=http, clock=clock)
            for each in (COUNTY, MARKET)
        )
        mount_accounts(app, [county, market], clock=clock)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.SockSite(runner, listening).start()
            yield Site(base, county, market, app, http)
        finally:
            await runner.cleanup()
            await asyncio.sleep(0)
