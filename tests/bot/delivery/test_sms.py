"""The gateway call: what is sent, what an answer means, and that a lost answer is never taken for a failure."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from bot.delivery.ladder import Accepted, Declined, Unclear
from bot.delivery.sms import CODES, HttpSms, is_mobile, sms_gateway
from bot.settings import Settings, SettingsInvalid
from bot.simulator.phones import Phones
from bot.simulator.records import EntryKind
from bot.simulator.sms_gateway import SimulatedSms
from bot.wechat.delivery import DeliveryClass
from tests.factories import MONDAY_9_30

SECRET = "a-secret-of-the-gateway"
PHONE = "13812345678"

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def a_gateway(answer: Answer) -> TestServer:
    app = web.Application()
    app.router.add_post("/send", answer)
    server: TestServer = TestServer(app)
    await server.start_server()
    return server


def client(http: aiohttp.ClientSession, server: BaseTestServer, **more: Any) -> HttpSms:
    return HttpSms(http, url=str(server.make_url("/send")), secret=SECRET, sign="清和县12345", **more)


async def test_the_gateway_gets_what_is_documented_and_can_verify_it(http: aiohttp.ClientSession) -> None:
    seen: list[tuple[dict[str, Any], Any]] = []

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        timestamp = request.headers["X-Huiyin-Timestamp"]
        right = hmac.new(SECRET.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
        assert request.headers["X-Huiyin-Signature"] == right
        seen.append((json.loads(body), request.headers))
        return web.json_response({"code": "ok", "id": "g-1"})

    async with await a_gateway(take) as server:
        result = await client(http, server).send("+86 138 1234 5678", "已答复", key="K1", now=MONDAY_9_30)
    assert result == Accepted("sms:g-1")
    ((body, headers),) = seen
    assert body == {"id": "K1", "phone": PHONE, "sign": "清和县12345", "text": "已答复"}
    assert headers["Idempotency-Key"] == "K1"
    assert headers["X-Huiyin-Timestamp"] == str(int(MONDAY_9_30.timestamp()))


@pytest.mark.parametrize("code", sorted(CODES))
async def test_a_refusal_says_which_rung_is_next(http: aiohttp.ClientSession, code: str) -> None:
    async def refuse(request: web.Request) -> web.Response:
        return web.json_response({"code": code}, status=400)

    async with await a_gateway(refuse) as server:
        result = await client(http, server).send(PHONE, "已答复", key="K1", now=MONDAY_9_30)
    assert isinstance(result, Declined)
    assert result.klass is CODES[code]


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        (200, "not json", Unclear()),
        (200, "[]", Unclear()),
        (200, "{}", Unclear()),
        (500, "oops", Unclear()),
        (504, "", Unclear()),
        (429, "", Declined("sms-busy-busy", DeliveryClass.BUSY)),
        (503, "", Declined("sms-busy-busy", DeliveryClass.BUSY)),
        (401, "", Declined("sms-account-401", DeliveryClass.ACCOUNT)),
        (302, "", Declined("sms-account-302", DeliveryClass.ACCOUNT)),
        (200, '{"code": "moon"}', Declined("sms-content-unknown", DeliveryClass.CONTENT)),
        (500, '{"code": "ok"}', Unclear()),
    ],
)
async def test_what_nobody_can_read_may_have_been_sent(
    http: aiohttp.ClientSession, status: int, text: str, expected: object
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, text=text)

    async with await a_gateway(answer) as server:
        assert await client(http, server).send(PHONE, "好", key="K", now=MONDAY_9_30) == expected


async def test_a_connection_lost_after_sending_is_unclear_and_one_that_never_was_is_busy(
    http: aiohttp.ClientSession,
) -> None:
    async def drop(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    async with await a_gateway(drop) as server:
        gateway = client(http, server)
        assert await gateway.send(PHONE, "好", key="K", now=MONDAY_9_30) == Unclear()
    assert await gateway.send(PHONE, "好", key="K", now=MONDAY_9_30) == Declined(
        "sms-busy-busy", DeliveryClass.BUSY
    )


def test_only_mobile_numbers_get_text_messages() -> None:
    assert is_mobile("138 1234 5678")
    assert is_mobile("+86-13812345678")
    for phone in (None, "", "0371-65123456", "12345", "23812345678", "138123456789"):
        assert not is_mobile(phone)


async def test_a_gateway_without_secret_or_sign_stops_the_start(http: aiohttp.ClientSession) -> None:
    assert sms_gateway(Settings.from_environment({}), http) is None
    for more in ({}, {"HUIYIN_SMS_SECRET": "short"}, {"HUIYIN_SMS_SECRET": SECRET}):
        settings = Settings.from_environment({"HUIYIN_SMS_URL": "http://127.0.0.1:1/sms", **more})
        with pytest.raises(SettingsInvalid):
            sms_gateway(settings, http)


class _Platform:
    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.phones = Phones(clock=clock)


async def test_the_simulated_gateway_shows_the_text_on_the_phone_that_named_the_number(
    http: aiohttp.ClientSession,
) -> None:
    def clock() -> datetime:
        return MONDAY_9_30

    platform = _Platform(clock)
    platform.phones.show("o1", f"电话{PHONE}", kind=EntryKind.TEXT, from_citizen=True)
    platform.phones.show("o2", "你好", kind=EntryKind.TEXT, from_citizen=True)
    gateway = SimulatedSms([platform], secret=SECRET, sign="清和县12345", clock=clock)
    app = web.Application()
    app.add_routes(gateway.routes())
    async with TestServer(app) as server:
        url = str(server.make_url("/simulator/sms"))
        ours = HttpSms(http, url=url, secret=SECRET, sign="清和县12345")
        for _ in range(2):
            assert await ours.send(PHONE, "工单已答复", key="K1", now=clock()) == Accepted("sms:sms-1")
        for wrong, klass in (
            (HttpSms(http, url=url, secret="another-secret-altogether", sign="清和县12345"), "account"),
            (HttpSms(http, url=url, secret=SECRET, sign="别的县"), "account"),
        ):
            result = await wrong.send(PHONE, "好", key="K2", now=clock())
            assert isinstance(result, Declined)
            assert result.klass == klass
        page = await (await http.get(url)).text()
        assert "工单已答复" in page
        assert "138****5678" in page
        assert PHONE not in page
        long = await ours.send(PHONE, "好" * 71, key="K3", now=clock())
        assert isinstance(long, Declined)
    shown = [(e.kind, e.text) for e in platform.phones.of("o1").entries if not e.from_citizen]
    assert shown == [(EntryKind.SMS, "【清和县12345】工单已答复")]
    assert all(e.from_citizen for e in platform.phones.of("o2").entries)
