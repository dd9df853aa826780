"""Any call of the platform's API through one door: what comes back, and what is tried again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from redis.asyncio import Redis
from structlog.testing import capture_logs

from bot.wechat.accounts import Account
from bot.wechat.client import WeChatClient
from bot.wechat.delivery import DeliveryClass, DeliveryRefused, DeliveryUnknown
from bot.wechat.quotas import Quotas

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


@dataclass
class Platform:
    planned: list[Any] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    async def token(self, request: web.Request) -> web.Response:
        return web.json_response({"access_token": "token-1", "expires_in": 7200})

    async def call(self, request: web.Request) -> web.StreamResponse:
        query = {name: value for name, value in request.query.items() if name != "access_token"}
        self.asked.append((request.method, request.path, query, await request.read()))
        answer = self.planned.pop(0)
        if answer == "reset":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if isinstance(answer, int):
            return web.Response(status=answer)
        if isinstance(answer, tuple):
            body, kind = answer
            return web.Response(body=body, content_type=kind)
        return web.Response(text=json.dumps(answer), content_type="text/plain")


@pytest.fixture
async def wire(account: Account, redis: Redis) -> AsyncIterator[tuple[Platform, WeChatClient]]:
    platform = Platform()
    app = web.Application()
    app.router.add_post("/cgi-bin/stable_token", platform.token)
    app.router.add_route("*", "/cgi-bin/{rest:.+}", platform.call)
    server = TestServer(app, skip_url_asserts=True)
    await server.start_server()

    async def at_once(_: float) -> None: ...

    async with aiohttp.ClientSession() as http:
        yield platform, WeChatClient(account, http, redis, str(server.make_url("/")), pause=at_once)
    await server.close()


async def refusal(sending: Awaitable[object]) -> DeliveryRefused:
    with pytest.raises(DeliveryRefused) as caught:
        await sending
    return caught.value


Wire = tuple[Platform, WeChatClient]


async def test_a_call_gives_the_parsed_answer(wire: Wire) -> None:
    platform, client = wire
    platform.planned = [{"errcode": 0, "ticket": "t", "url": "https://x.example"}]
    answer = await client.call("/cgi-bin/qrcode/create", {"action_name": "QR_STR_SCENE"})
    assert (answer["ticket"], answer["url"]) == ("t", "https://x.example")
    ((method, path, query, body),) = platform.asked
    assert (method, path, query) == ("POST", "/cgi-bin/qrcode/create", {})
    assert json.loads(body) == {"action_name": "QR_STR_SCENE"}


async def test_an_answer_without_an_errcode_says_yes(wire: Wire) -> None:
    platform, client = wire
    platform.planned = [{"menu": {"button": []}}]
    assert await client.get("/cgi-bin/menu/get", {"a": "b"}) == {"menu": {"button": []}}
    assert platform.asked[0][:3] == ("GET", "/cgi-bin/menu/get", {"a": "b"})


async def test_what_is_only_read_is_asked_again_and_a_call_only_if_it_may(wire: Wire) -> None:
    platform, client = wire
    platform.planned = ["reset", 503, {"errcode": 0}]
    assert await client.get("/cgi-bin/menu/get") == {"errcode": 0}
    platform.planned = ["reset", {"errcode": 0}]
    assert await client.call("/cgi-bin/menu/create", {}, idempotent=True) == {"errcode": 0}
    platform.planned = ["reset", {"errcode": 0}]
    with pytest.raises(DeliveryUnknown):
        await client.call("/cgi-bin/menu/create", {})
    assert len(platform.asked) == 6


@pytest.mark.parametrize("refusing", [[{"errcode": 40001}] * 2, [{"errcode": -1}] * 2, [{"errcode": 45009}]])
async def test_a_refusal_after_a_doubtful_attempt_leaves_the_doubt(
    wire: Wire, refusing: list[dict[str, int]]
) -> None:
    platform, client = wire
    platform.planned = ["reset", *refusing]
    with pytest.raises(DeliveryUnknown):
        await client.call("/cgi-bin/message/template/send", {}, idempotent=True)
    assert platform.planned == []


async def test_what_is_only_read_leaves_no_doubt(wire: Wire) -> None:
    platform, client = wire
    platform.planned = ["reset", {"errcode": 40007}]
    assert (await refusal(client.fetch_media("media-7"))).code == 40007


async def test_a_single_try_is_a_single_try(wire: Wire) -> None:
    platform, client = wire
    platform.planned = [{"errcode": -1}] * 3
    assert (await refusal(client.send_text("o1", "好", tries=1))).klass is DeliveryClass.BUSY
    assert len(platform.asked) == 1


async def test_a_refused_call_says_why(wire: Wire) -> None:
    platform, client = wire
    platform.planned = [{"errcode": 46003, "errmsg": "menu not exist"}, {"errcode": 40016}]
    with capture_logs() as logs:
        assert (await refusal(client.get("/cgi-bin/menu/get"))).code == 46003
        assert logs == [], "an account without a menu is nobody's defect"
        assert (await refusal(client.get("/cgi-bin/menu/get"))).code == 40016
    assert [entry["code"] for entry in logs] == [40016]


async def test_a_picture_comes_as_its_bytes(wire: Wire) -> None:
    platform, client = wire
    platform.planned = [(PICTURE, "image/png")]
    assert await client.fetch_media("media-7") == PICTURE
    assert platform.asked[0][:3] == ("GET", "/cgi-bin/media/get", {"media_id": "media-7"})


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"errcode": 40007, "errmsg": "invalid media_id"}, 40007),
        ((b'{"errcode":40007}', "image/jpeg"), 40007),
        ({"video_url": "http://video.example"}, 40007),
        ((b"x" * 5000, "image/png"), 45001),
        (404, 404),
    ],
)
async def test_media_that_cannot_be_had_are_refused_by_code(wire: Wire, answer: Any, code: int) -> None:
    platform, client = wire
    platform.planned = [answer]
    assert (await refusal(client.fetch_media("media-7", most_bytes=4096))).code == code


@pytest.mark.parametrize("answer", [(b"", "image/png"), (b"<html>", "text/html"), "reset"])
async def test_media_of_unknown_outcome_are_asked_for_again(wire: Wire, answer: Any) -> None:
    platform, client = wire
    platform.planned = [answer, (PICTURE, "image/png")]
    assert await client.fetch_media("media-7") == PICTURE


async def test_every_call_is_counted_against_the_days_allowance(
    wire: Wire, redis: Redis, account: Account
) -> None:
    platform, client = wire
    platform.planned = [{"errcode": 0}, {"errcode": 45015}, "reset"]
    await client.send_text("o1", "好")
    await refusal(client.send_text("o1", "好"))
    with pytest.raises(DeliveryUnknown):
        await client.send_text("o1", "好")
    used = {one.api: one.count for one in await Quotas(redis).used([("county", account.app_id)])}
    assert used == {"/cgi-bin/message/custom/send": 3, "/cgi-bin/stable_token": 1}


async def test_ready_has_a_token_or_says_why_not(
    wire: Wire, redis: Redis, unused_tcp_port: int, account: Account
) -> None:
    platform, client = wire
    await client.ready()
    assert platform.asked == []
    await redis.flushdb()
    async with aiohttp.ClientSession() as http:
        lost = WeChatClient(account, http, redis, f"http://127.0.0.1:{unused_tcp_port}")
        assert (await refusal(lost.ready())).klass is DeliveryClass.BUSY
