"""One pipelined connection to Redis for what every message needs: many callers, one socket, no pool.

redis-py costs a call 80 µs of processor, most of it bookkeeping around one connection per caller; here callers of the
same turn of the loop share one write and one read. Everything else goes on using ``bot.redis_state.make_redis``.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, cast

import hiredis
import structlog
from redis.asyncio.connection import parse_url

log = structlog.get_logger(__name__)

WITHIN_S = 2.0
"""An answer that takes longer is given up, and the connection with it: a message must be answered in five seconds."""
AGAIN_AFTER_S = 1.0
"""For so long after a failure callers are told at once that Redis is away."""

Part = str | int | float | bytes | memoryview


class RedisAway(Exception):
    """Redis did not answer, or not with what was asked; whether the command was executed is unknown."""


class Script:
    """A Lua script, known to the server by its hash."""

    __slots__ = ("sha", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class RedisPipe:
    """Commands in, answers out, in order. Connects at the first use and again after a failure."""

    def __init__(
        self,
        url: str,
        *,
        within_s: float = WITHIN_S,
        again_after_s: float = AGAIN_AFTER_S,
        greet: Callable[[str], tuple[Part, ...]] | None = None,
    ) -> None:
        """``greet`` makes the first command of every connection from the server's run id, which a restart changes."""
        self._url = url
        self._greet = greet
        self._within_s = within_s
        self._again_after_s = again_after_s
        self._wire: _Wire | None = None
        self._connecting: asyncio.Task[_Wire] | None = None
        self._away_until = 0.0

    async def call(self, *parts: Part) -> Any:
        """One command's answer. Raises ``RedisAway``, also for an error the server answers with."""
        answer = await self._send(parts)
        if isinstance(answer, hiredis.ReplyError):
            raise RedisAway(_word(answer))
        return answer

    async def run(self, script: Script, keys: Sequence[str], *args: Part) -> Any:
        """A script's answer, in one round trip once the server knows the script."""
        rest = (len(keys), *keys, *args)
        answer = await self._send(("EVALSHA", script.sha, *rest))
        if isinstance(answer, hiredis.ReplyError) and str(answer).startswith("NOSCRIPT"):
            answer = await self._send(("EVAL", script.text, *rest))
        if isinstance(answer, hiredis.ReplyError):
            raise RedisAway(_word(answer))
        return answer

    def close(self) -> None:
        """End the connection; whoever still waits is told that Redis is away."""
        if self._connecting is not None:
            self._connecting.cancel()
        if self._wire is not None:
            self._wire.end("closed")
        self._away_until = float("inf")

    async def _send(self, parts: tuple[Part, ...]) -> Any:
        wire = self._wire
        if wire is None or wire.ended:
            wire = await self._connected()
        try:
            return await wire.send(parts)
        except RedisAway:
            self._away_until = asyncio.get_running_loop().time() + self._again_after_s
            raise

    async def _connected(self) -> _Wire:
        if asyncio.get_running_loop().time() < self._away_until:
            raise RedisAway("away")
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._connect(), name="redis pipe")
        try:
            # Shielded: one caller's cancellation must not take the connection from the others.
            return await asyncio.shield(self._connecting)
        except asyncio.CancelledError:
            if self._connecting is not None and self._connecting.cancelled():
                raise RedisAway("closed") from None
            raise

    async def _connect(self) -> _Wire:
        try:
            async with asyncio.timeout(self._within_s):
                wire = await self._open()
        except (OSError, TimeoutError, RedisAway, ssl.SSLError) as error:
            self._away_until = asyncio.get_running_loop().time() + self._again_after_s
            raise RedisAway(type(error).__name__) from None
        finally:
            self._connecting = None
        self._wire = wire
        return wire

    async def _open(self) -> _Wire:
        loop = asyncio.get_running_loop()
        where: dict[str, Any] = dict(parse_url(self._url))

        def made() -> _Wire:
            return _Wire(loop, self._within_s)

        if "path" in where:
            _, wire = await loop.create_unix_connection(made, where["path"])
        else:
            secure = ssl.create_default_context() if self._url.startswith("rediss:") else None
            host, port = where.get("host", "localhost"), where.get("port", 6379)
            _, wire = await loop.create_connection(made, host, port, ssl=secure)
        if where.get("password"):
            names = (where["username"],) if where.get("username") else ()
            await wire.accepted("AUTH", *names, where["password"])
        if where.get("db"):
            await wire.accepted("SELECT", where["db"])
        if self._greet is not None:
            await wire.accepted(*self._greet(await wire.run_id()))
        return wire


class _Wire(asyncio.Protocol):
    """One connection: answers come in the order of the commands."""

    def __init__(self, loop: asyncio.AbstractEventLoop, within_s: float) -> None:
        self._loop = loop
        self._within_s = within_s
        self._reader = hiredis.Reader()
        self._unsent: list[bytes] = []
        self._waiting: deque[tuple[asyncio.Future[Any], float]] = deque()
        self._transport: asyncio.Transport | None = None
        self._watch: asyncio.TimerHandle | None = None
        self.ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        try:
            while (answer := self._reader.gets()) is not False:
                future, _ = self._waiting.popleft()
                if not future.done():
                    future.set_result(answer)
        except (hiredis.ProtocolError, IndexError):
            self.end("not the protocol")

    def connection_lost(self, exc: Exception | None) -> None:
        self.end("connection lost")

    def send(self, parts: tuple[Part, ...]) -> asyncio.Future[Any]:
        if self.ended:
            raise RedisAway("connection lost")
        if not self._unsent:
            self._loop.call_soon(self._flush)
        self._unsent.append(hiredis.pack_command(cast("tuple[str]", parts)))
        future: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.append((future, self._loop.time() + self._within_s))
        if self._watch is None:
            self._watch = self._loop.call_later(self._within_s, self._look)
        return future

    async def accepted(self, *parts: Part) -> None:
        if isinstance(await self.send(parts), hiredis.ReplyError):
            raise RedisAway("refused")

    async def run_id(self) -> str:
        """Which start of the server this is; for a server that does not say, another one with every connection."""
        told = await self.send(("INFO", "server"))
        found = re.search(rb"run_id:(\w+)", told) if isinstance(told, bytes) else None
        return found[1].decode() if found is not None else secrets.token_hex(20)

    def end(self, why: str) -> None:
        if self.ended:
            return
        self.ended = True
        if self._watch is not None:
            self._watch.cancel()
        if self._transport is not None:
            self._transport.abort()
        for future, _ in self._waiting:
            if not future.done():
                future.set_exception(RedisAway(why))
                future.exception()  # seen: a caller that was cancelled asks no more
        self._waiting.clear()

    def _flush(self) -> None:
        if self._transport is not None and not self.ended:
            self._transport.write(b"".join(self._unsent))
        self._unsent.clear()

    def _look(self) -> None:
        """One timer for all that waits: the oldest has waited longest."""
        self._watch = None
        if not self._waiting:
            return
        due = self._waiting[0][1]
        if due <= self._loop.time():
            log.warning("redis does not answer", waiting=len(self._waiting))
            self.end("no answer in time")
            return
        self._watch = self._loop.call_at(due, self._look)


def _word(answer: Exception) -> str:
    """The error's code alone: its text may quote what was sent."""
    return str(answer).partition(" ")[0]
