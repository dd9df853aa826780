"""Several processes of the service, a platform that misbehaves towards them, and somebody who kills both."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bot.embedded import EmbeddedStores
from bot.simulator.faults import Failure, Fault
from bot.simulator.platform import SimulatedPlatform
from tests.journeys.city import ACCOUNT

READY_WITHIN_S = 120.0
NOTICED_AFTER_S = 0.3
"""So long a balancer goes on sending to a dead process."""
_PROJECT = Path(__file__).resolve().parents[2]

SEND, TOKEN = "message/custom/send", "stable_token"
TEMPLATE, SUBSCRIPTION = "message/template/send", "message/subscribe/bizsend"
_OF_CHATS = (45015, 45047)
SENDING: dict[Fault, float] = {
    -1: 0.02,
    45011: 0.02,
    40001: 0.015,
    40014: 0.015,
    42001: 0.015,
    45015: 0.01,
    45047: 0.01,
    40003: 0.01,
    45009: 0.005,
    Failure.HTTP_500: 0.02,
    Failure.HTTP_502: 0.02,
    Failure.RESET_BEFORE_EFFECT: 0.02,
    Failure.RESET_AFTER_EFFECT: 0.02,
    Failure.SLOW_BEFORE_EFFECT: 0.01,
    Failure.SLOW_AFTER_EFFECT: 0.01,
    Failure.GARBAGE: 0.01,
    Failure.EMPTY: 0.01,
    Failure.NO_OBJECT: 0.01,
    Failure.LATE: 0.05,
    Failure.TEXT_PLAIN: 0.05,
}
FETCHING: dict[Fault, float] = {
    -1: 0.1,
    45009: 0.02,
    Failure.HTTP_500: 0.1,
    Failure.RESET_BEFORE_EFFECT: 0.05,
    Failure.GARBAGE: 0.05,
    Failure.LATE: 0.1,
}


@dataclass
class Child:
    """One process of the service."""

    role: str
    spec: Path
    log: Path
    process: asyncio.subprocess.Process | None = None
    url: str = ""
    ready: bool = False

    async def start(self, *, gently: bool = False) -> None:
        """``gently``: what starts gives way to what works, as on a machine with a core to spare."""
        self.ready = False
        with self.log.open("ab") as written:
            self.process = await asyncio.create_subprocess_exec(
                *(("nice", "-n", "10") if gently else ()),
                sys.executable,
                "-m",
                "tests.journeys.fault_service",
                self.role,
                str(self.spec),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=written,
                cwd=_PROJECT,
                env={name: value for name, value in os.environ.items() if not name.startswith("HUIYIN_")},
            )
        assert self.process.stdout is not None
        async with asyncio.timeout(READY_WITHIN_S):
            line = await self.process.stdout.readline()
        assert line, f"{self.role} did not start:\n{self.log.read_text(encoding='utf-8')[-3000:]}"
        self.url = str(json.loads(line).get("url", ""))
        self.ready = True
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, self.process.pid, 0)

    async def kill(self) -> None:
        """As a power cut does."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        await self.process.wait()

    async def end(self) -> None:
        if self.process is None or self.process.returncode is not None:
            return
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            async with asyncio.timeout(30):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


@dataclass
class FaultyCity:
    """Two web processes and a worker behind a platform; ``trouble`` makes their life hard."""

    platform: SimulatedPlatform
    servers: list[Child]
    worker: Child
    redis: EmbeddedStores
    dice: random.Random
    clock: Callable[[], datetime]
    history: list[str] = field(default_factory=list)
    worker_killed_at: list[datetime] = field(default_factory=list)

    async def start(self) -> None:
        # One after the other: the first fills the library.
        for child in (*self.servers, self.worker):
            await child.start()
        self.aim()

    def aim(self, *, but: Child | None = None) -> None:
        """Deliver to every web process, except one that a balancer found dead."""
        alive = [server for server in self.servers if server is not but]
        first, *others = [f"{server.url}/wechat/{ACCOUNT.name}" for server in alive]
        self.platform.deliver_to, self.platform.also_deliver_to = first, others

    def misbehave(self) -> None:
        faults = self.platform.faults
        faults.lose_share, faults.repeat_share = 0.08, 0.05
        faults.slow_s, faults.late_s = 1.5, 0.1
        faults.repeat_reports = 2
        faults.fail_at_random(SEND, SENDING)
        cards = {what: share for what, share in SENDING.items() if what not in _OF_CHATS}
        faults.fail_at_random(TEMPLATE, cards)
        faults.fail_at_random(SUBSCRIPTION, cards)
        faults.fail_at_random(TOKEN, FETCHING)

    @contextlib.asynccontextmanager
    async def in_trouble(self, *, every_s: float) -> AsyncIterator[None]:
        """Something dies every few seconds while the body runs; at its end all are alive again."""
        trouble = asyncio.create_task(self.trouble(every_s=every_s))
        try:
            yield
            assert not trouble.done(), trouble.exception()
        finally:
            trouble.cancel()
            await asyncio.gather(trouble, return_exceptions=True)

    async def calm(self) -> None:
        """No more faults, and every process at work."""
        self.platform.faults.stop()
        self.redis.revive()
        for child in (*self.servers, self.worker):
            if child.process is None or child.process.returncode is not None or not child.ready:
                await child.end()
                await child.start()
        self.aim()

    async def trouble(self, *, every_s: float) -> None:
        """Kill and restart one process after the other, and Redis in between, until cancelled."""
        victims = [self.servers[0], self.worker, None, self.servers[1], self.worker, None]
        turn = 0
        while True:
            await asyncio.sleep(self.dice.uniform(0.7, 1.3) * every_s)
            victim = victims[turn % len(victims)]
            turn += 1
            if victim is None:
                await self.restart_redis()
                continue
            self.history.append(f"killed {victim.role}")
            if victim is self.worker:
                self.worker_killed_at.append(self.clock())
            await victim.kill()
            await asyncio.sleep(NOTICED_AFTER_S)
            self.aim(but=victim)
            await victim.start(gently=True)
            self.aim()
            if turn % 2:
                self.platform.tokens.expire()
            else:
                self.platform.tokens.revoke()

    async def restart_redis(self) -> None:
        self.history.append("restarted redis")
        os.kill(self.redis.pids["valkey"], signal.SIGKILL)
        await asyncio.sleep(self.dice.uniform(0.1, 0.5))
        self.redis.revive()

    async def end(self) -> None:
        for child in (*self.servers, self.worker):
            await child.end()


@dataclass
class Official:
    """The unit at the other end: takes what was filed and answers it, however often the line breaks."""

    city: FaultyCity
    http: aiohttp.ClientSession
    key: str = field(repr=False)

    async def answer(self, number: str, text: str) -> None:
        async with asyncio.timeout(120):
            while await self._next_step(number, text):  # noqa: ASYNC110 - another process does it
                await asyncio.sleep(0.05)

    async def _next_step(self, number: str, text: str) -> bool:
        """Do what the ticket's state asks for; False once it is answered."""
        ticket = await self._call("GET", f"/tickets/{number}", None)
        if ticket is None:
            return True
        steps: dict[str, tuple[str, dict[str, object]]] = {
            "received": ("dispatch", {"department": "qh.urban-management"}),
            "dispatched": ("accept", {}),
            "accepted": ("reply", {"text": text}),
        }
        step = steps.get(ticket["state"])
        if step is None:
            return False
        await self._call("POST", f"/tickets/{number}/{step[0]}", {"version": ticket["version"], **step[1]})
        return True

    async def _call(self, method: str, path: str, body: object) -> Any:
        """The answer, or None when nothing came of it."""
        server = self.city.dice.choice(self.city.servers)
        headers = {"Authorization": f"Bearer {self.key}"}
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with (
                asyncio.timeout(10),
                self.http.request(
                    method, f"{server.url}/api/v1{path}", headers=headers, json=body
                ) as response,
            ):
                assert response.status < 500 or response.status == 503, await response.text()
                return await response.json() if response.status == 200 else None
        return None


async def serve_platform(platform: SimulatedPlatform, *beside: web.RouteDef) -> tuple[web.AppRunner, str]:
    """The platform's API for other processes, with ``beside`` on the same address, and that address."""
    app = web.Application()
    app.add_routes(platform.routes(""))
    app.add_routes(beside)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


def connections() -> aiohttp.ClientSession:
    """Each push on a connection of its own: one that died with its process must not be tried again."""
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), connector=connector)


def spec_file(directory: Path, **spec: Any) -> Path:
    path = directory / "spec.json"
    path.write_text(json.dumps(spec, default=str), encoding="utf-8")
    return path
