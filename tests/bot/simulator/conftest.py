"""A tiny service on loopback, encrypted by wechatpy, and a platform that pushes to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from wechatpy.crypto import WeChatCrypto

from bot.simulator.pages import mount_simulator
from bot.simulator.platform import SimulatedPlatform
from bot.simulator.records import SimulatedAccount

ACCOUNT = SimulatedAccount(
    name="qinghe",
    title="清和回音",
    app_id="wx0123456789abcdef",
    secret="0123456789abcdef0123456789abcdef",
    token="a-token",
    encoding_aes_key="abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
)


@dataclass
class Clock:
    """A clock that only moves when it is told to."""

    now: datetime = datetime(2026, 9, 30, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Received:
    """One delivery as the service saw it."""

    fields: dict[str, str]
    query: dict[str, str]
    body: str


def text_reply(received: Received, text: str, **changes: str) -> str:
    """A plain reply document, with any element changed."""
    elements = {
        "ToUserName": received.fields["FromUserName"],
        "FromUserName": received.fields["ToUserName"],
        "CreateTime": "1790000000",
        "MsgType": "text",
        "Content": text,
        **changes,
    }
    return (
        "<xml>" + "".join(f"<{name}>{escape(value)}</{name}>" for name, value in elements.items()) + "</xml>"
    )


@dataclass
class EchoService:
    """Answers every push with ``answer``; by default it echoes the text. It seals with wechatpy, not with us."""

    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], Awaitable[web.Response]] | None = None
    crypto: WeChatCrypto = field(
        default_factory=lambda: WeChatCrypto(ACCOUNT.token, ACCOUNT.encoding_aes_key, ACCOUNT.app_id)
    )
    text_reply: ClassVar[Callable[..., str]] = staticmethod(text_reply)

    def sealed(self, xml: str) -> web.Response:
        return web.Response(text=self.crypto.encrypt_message(xml, "a-nonce", "1790000000"))

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.text()
        query = dict(request.query)
        xml = self.crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
        fields = {child.tag: child.text or "" for child in ElementTree.fromstring(xml)}
        received = Received(fields, query, body)
        self.received.append(received)
        if self.answer is not None:
            return await self.answer(received)
        said = (
            fields.get("Content") or fields.get("Recognition") or fields.get("EventKey") or fields["MsgType"]
        )
        return self.sealed(text_reply(received, f"收到：{said}"))

    def answers_body(self, make: Callable[[Received], str]) -> None:
        """Answer with exactly this body."""

        async def answer(received: Received) -> web.Response:
            return web.Response(text=make(received))

        self.answer = answer

    def answers_text(self, text: str) -> None:
        """Answer with this text, well formed."""
        self.answers_body(lambda received: self.sealed(text_reply(received, text)).text or "")

    def stays_silent(self, times: int) -> asyncio.Event:
        """Answer nothing at all to the first pushes; returns the event that lets their handlers end."""
        release = asyncio.Event()

        async def answer(received: Received) -> web.Response:
            if len(self.received) <= times:
                await release.wait()
            return self.sealed(text_reply(received, "终于好了"))

        self.answer = answer
        return release


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service() -> EchoService:
    return EchoService()


@pytest.fixture
async def site(service: EchoService, clock: Clock) -> AsyncIterator[tuple[SimulatedPlatform, str]]:
    """The platform and the base URL of one server that holds service, platform API and pages."""
    async with aiohttp.ClientSession() as http:
        platform = SimulatedPlatform(account=ACCOUNT, deliver_to="", http=http, clock=clock)
        app = web.Application()
        app.router.add_post("/wechat/qinghe", service.handle)
        mount_simulator(app, platform, clock=clock)
        server = TestServer(app, host="127.0.0.1")
        await server.start_server()
        base = str(server.make_url("")).rstrip("/")
        platform.deliver_to = f"{base}/wechat/qinghe"
        yield platform, base
        await server.close()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A client that keeps no cookies and follows redirects only when told."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.fixture
def platform(site: tuple[SimulatedPlatform, str]) -> SimulatedPlatform:
    return site[0]


@pytest.fixture
def base(site: tuple[SimulatedPlatform, str]) -> str:
    return site[1]
