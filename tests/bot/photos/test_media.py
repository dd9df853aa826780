"""Where files are fetched from, and where they never are."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.wechat.delivery import DeliveryClass, DeliveryRefused, DeliveryUnknown
from bot.wechat.media import MOST_BYTES, MediaGone, MediaLater, MediaSource, MediaTooLarge

API = "https://api.weixin.qq.com"


class Client:
    """Answers every media id with the same."""

    def __init__(self, answer: bytes | Exception) -> None:
        self.answer = answer

    async def fetch_media(self, media_id: str, *, most_bytes: int = MOST_BYTES) -> bytes:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


GONE = DeliveryRefused(40007, DeliveryClass.CONTENT)


class Pictures:
    """A server that counts who comes to it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        match request.path:
            case "/picture":
                return web.Response(body=b"picture")
            case "/elsewhere":
                raise web.HTTPFound("/picture")
            case "/busy":
                return web.Response(status=503)
            case "/endless":
                stream = web.StreamResponse()
                await stream.prepare(request)
                for _ in range(MOST_BYTES // 65536 + 2):
                    await stream.write(bytes(65536))
                return stream
        raise web.HTTPNotFound


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_the_media_id_comes_first(http: aiohttp.ClientSession) -> None:
    source = MediaSource({"county": Client(b"file")}, http, API)
    assert await source.fetch("county", "m", "http://mmbiz.qpic.cn/x") == b"file"
    with pytest.raises(MediaLater):
        await source.fetch("another-account", "m", None)


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (GONE, MediaGone),
        (DeliveryRefused(45001, DeliveryClass.CONTENT), MediaTooLarge),
        (DeliveryRefused(-1, DeliveryClass.BUSY), MediaLater),
        (DeliveryRefused(45009, DeliveryClass.ACCOUNT), MediaLater),
        (DeliveryRefused(40001, DeliveryClass.TOKEN), MediaLater),
        (DeliveryUnknown(), MediaLater),
    ],
    ids=["expired", "large", "busy", "quota", "token", "no answer"],
)
async def test_every_refusal_is_gone_later_or_too_large(
    http: aiohttp.ClientSession, answer: Exception, raised: type[Exception]
) -> None:
    with pytest.raises(raised):
        await MediaSource({"county": Client(answer)}, http, API).fetch("county", "m", None)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:27017/",
        "http://localhost/",
        "http://[::1]/",
        "http://mmbiz.qpic.cn.evil.example/x",
        "http://evil.example/mmbiz.qpic.cn",
        "http://mmbiz.qpic.cn@evil.example/",
        "http://user@mmbiz.qpic.cn/",
        "http://mmbiz.qpic.cn:6379/",
        "http://evil.example\\@mmbiz.qpic.cn/",
        "http://evil.example#@mmbiz.qpic.cn/",
        "ftp://mmbiz.qpic.cn/x",
        "file:///etc/passwd",
        "//mmbiz.qpic.cn/x",
        "http://[mmbiz.qpic.cn/",
        "http://mmbiz.qpic.cn:x/",
        "http://api.weixin.qq.com/x",
        "",
    ],
)
async def test_no_address_but_the_platforms_own_is_ever_followed(
    http: aiohttp.ClientSession, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*args: object, **kwargs: object) -> None:
        raise AssertionError("an address was followed")

    monkeypatch.setattr(http, "get", nobody)
    with pytest.raises(MediaGone):
        await MediaSource({"county": Client(GONE)}, http, API).fetch("county", "m", url)


@pytest.mark.parametrize(
    "url", ["http://mmbiz.qpic.cn/a/0", "https://mmbiz.qlogo.cn/a", "http://mmbiz.qpic.cn:80/a"]
)
async def test_the_platforms_picture_hosts_are_followed(
    http: aiohttp.ClientSession, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed: list[str] = []

    def refused(address: str, **kwargs: object) -> None:
        followed.append(address)
        raise aiohttp.ClientConnectionError

    monkeypatch.setattr(http, "get", refused)
    with pytest.raises(MediaLater):
        await MediaSource({"county": Client(GONE)}, http, API).fetch("county", "m", url)
    assert followed == [url]


async def test_a_picture_by_its_address_is_limited_and_leads_nowhere_else(
    http: aiohttp.ClientSession,
) -> None:
    pictures = Pictures()
    app = web.Application()
    app.router.add_get("/{path:.*}", pictures.handle)
    async with TestServer(app, host="127.0.0.1") as server:
        base = str(server.make_url("")).rstrip("/")
        source = MediaSource({"county": Client(GONE)}, http, f"{base}/simulator/platform")
        assert await source.fetch("county", "m", f"{base}/picture") == b"picture"
        for path, raised in (
            ("/elsewhere", MediaGone),
            ("/none", MediaGone),
            ("/busy", MediaLater),
            ("/endless", MediaTooLarge),
        ):
            with pytest.raises(raised):
                await source.fetch("county", "m", base + path)
        assert pictures.asked.count("/picture") == 1, "the redirect was not followed"
