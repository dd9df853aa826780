"""A wire to the real Redis that a test cuts: before a command arrives, or after it was executed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from redis.asyncio.connection import parse_url


@dataclass
class Wire:
    """``url`` is what the code under test connects to. Redis itself keeps running, and keeps what it had."""

    url: str
    up: bool = True
    lose_answer: int | None = None
    """Cut when the answer to the so-manieth request from now (0 is the next) is due: it was executed."""
    lose_request: int | None = None
    """Cut before the so-manieth request from now arrives."""
    requests: int = 0
    _came: asyncio.Event = field(default_factory=asyncio.Event)
    streams: set[asyncio.StreamWriter] = field(default_factory=set)
    _flows: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._flows.set()

    def hang(self) -> None:
        """Connections are taken and nothing is answered, as by a server that is frozen or out of reach."""
        self._flows.clear()

    def thaw(self) -> None:
        self._flows.set()

    async def flowing(self) -> None:
        await self._flows.wait()

    def cut(self) -> None:
        self.up = False
        for stream in self.streams:
            stream.transport.abort()

    def mend(self) -> None:
        self.up = True

    async def see(self, more: int) -> None:
        """Return once so many more requests have come."""
        until = self.requests + more
        while self.requests < until:
            self._came.clear()
            await self._came.wait()

    def arrives(self) -> bool:
        """Count a request that came; False when it is lost."""
        self.requests += 1
        self._came.set()
        arrives, self.lose_request = _passes(self.lose_request)
        return arrives

    def returns(self) -> bool:
        """False when the answer is lost."""
        returns, self.lose_answer = _passes(self.lose_answer)
        return returns


def _passes(left: int | None) -> tuple[bool, int | None]:
    if left is None or left > 0:
        return True, left and left - 1
    return False, None


@contextlib.asynccontextmanager
async def open_wire(redis_url: str, directory: Path) -> AsyncIterator[Wire]:
    path = directory / "wire.sock"
    wire = Wire(f"unix://{path}")
    target = str(parse_url(redis_url)["path"])
    running: set[asyncio.Task[None]] = set()

    async def serve(near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        if not wire.up:
            near_out.transport.abort()
            return
        far, far_out = await asyncio.open_unix_connection(target)
        wire.streams |= {near_out, far_out}
        try:
            while request := await near.read(65_536):
                if not wire.arrives():
                    break
                await wire.flowing()
                far_out.write(request)
                answer = await far.read(65_536)
                if not wire.returns():
                    break
                near_out.write(answer)
        except (ConnectionError, OSError):
            pass
        finally:
            wire.streams -= {near_out, far_out}
            near_out.transport.abort()
            far_out.transport.abort()

    async def accept(near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        task.add_done_callback(running.discard)
        await serve(near, near_out)

    server = await asyncio.start_unix_server(accept, path)
    try:
        yield wire
    finally:
        server.close()
        wire.thaw()
        wire.cut()
        await asyncio.gather(*running, return_exceptions=True)
