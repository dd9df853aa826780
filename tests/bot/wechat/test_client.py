"""Sending, against a platform on loopback that behaves as badly as the real one may."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from redis.asyncio import Redis
from structlog.testing import capture_logs

from bot import metrics
from bot.redis_state import make_redis
from bot.wechat.accounts import Account
from bot.wechat.circuit import ApiCircuits
from bot.wechat.client import PROBE_AFTER_S, DeliveryClass, DeliveryRefused, DeliveryUnknown, WeChatClient
from bot.wechat.delivery import name_of
from bot.wechat.subscription_messages import send_template

OK = {"errcode": 0, "errmsg": "ok"}
QUICK = aiohttp.ClientTimeout(total=1)
"""For a platform that hangs. Any other may take its time: a busy machine is no failure."""
PATIENT = aiohttp.ClientTimeout(total=60)


@dataclass
class Platform:
    """Answers each call with the next planned answer, or ok; counts what reached it."""

    planned: list[Any] = field(default_factory=list)
    always: Any = None
    token_answers: list[Any] = field(default_factory=list)
    token_requests: list[dict[str, Any]] = field(default_factory=list)
    received: list[tuple[str, str, bytes]] = field(default_factory=list)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    token_gate: asyncio.Event | None = None

    async def token(self, request: web.Request) -> web.StreamResponse:
        self.token_requests.append(await request.json())
        if self.token_gate is not None:
            await self.token_gate.wait()
        default = {"access_token": f"token-{len(self.token_requests)}", "expires_in": 7200}
        return await self.give(request, self.token_answers.pop(0) if self.token_answers else default)

    async def call(self, request: web.Request) -> web.StreamResponse:
        self.received.append((request.path, request.query["access_token"], await request.read()))
        return await self.give(
            request, self.planned.pop(0) if self.planned else (OK if self.always is None else self.always)
        )

    async def give(self, request: web.Request, answer: Any) -> web.StreamResponse:
        if answer == "hang":
            await self.let_go.wait()
        if answer == "reset":
            assert request.transport is not None
            request.transport.abort()
        if isinstance(answer, int):
            return web.Response(
                status=answer, text="<html>upstream</html>", headers={"Location": "/elsewhere"}
            )
        if isinstance(answer, bytes):
            return web.Response(body=answer, content_type="text/plain")
        # The real platform labels its JSON text/plain on some endpoints.
        return web.Response(text=json.dumps(answer), content_type="text/plain")


@dataclass
class Pauses:
    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
async def wire() -> AsyncIterator[tuple[Platform, str]]:
    platform = Platform()
    app = web.Application()
    app.router.add_post("/cgi-bin/stable_token", platform.token)
    app.router.add_post("/cgi-bin/{rest:.+}", platform.call)
    server = TestServer(app, skip_url_asserts=True)
    await server.start_server()
    yield platform, str(server.make_url("/"))
    platform.let_go.set()
    await server.close()


Make = Callable[..., WeChatClient]


@pytest.fixture
async def make(
    account: Account, redis: Redis, redis_url: str, wire: tuple[Platform, str]
) -> AsyncIterator[Make]:
    """Makes clients that share nothing but the store, as two processes would."""
    stores: list[Redis] = []
    async with aiohttp.ClientSession() as http:

        def one(*, base: str | None = None, pause: Pauses | None = None, **more: Any) -> WeChatClient:
            stores.append(make_redis(redis_url))
            options: dict[str, Any] = {"timeout": PATIENT, "pause": pause or Pauses()} | more
            return WeChatClient(account, http, stores[-1], base or wire[1], **options)

        yield one
        for store in stores:
            await store.aclose()


async def refused(sending: Awaitable[object]) -> DeliveryRefused:
    with pytest.raises(DeliveryRefused) as caught:
        await sending
    return caught.value


async def test_a_text_goes_out_as_unescaped_utf8(make: Make, wire: tuple[Platform, str]) -> None:
    await make().send_text("oCitizen_One", "您的诉求已办结 ✓")
    ((path, token, body),) = wire[0].received
    assert (path, token) == ("/cgi-bin/message/custom/send", "token-1")
    assert "您的诉求已办结 ✓".encode() in body
    assert json.loads(body) == {
        "touser": "oCitizen_One",
        "msgtype": "text",
        "text": {"content": "您的诉求已办结 ✓"},
    }


async def test_a_template_has_the_platforms_shape(make: Make, wire: tuple[Platform, str]) -> None:
    data, url = {"thing1": "路灯"}, "https://county.example"
    await send_template(make(), "o1", "tpl", data, client_msg_id="n-1", url=url)
    ((path, _, body),) = wire[0].received
    assert path == "/cgi-bin/message/template/send"
    assert json.loads(body) == {
        "touser": "o1",
        "template_id": "tpl",
        "client_msg_id": "n-1",
        "data": {"thing1": {"value": "路灯"}},
        "url": "https://county.example",
    }


async def test_sixty_cold_sends_of_three_processes_fetch_one_token(
    make: Make, wire: tuple[Platform, str]
) -> None:
    clients = [make() for _ in range(3)]
    sends = [clients[n % 3].send_text("o1", str(n)) for n in range(60)]
    await asyncio.gather(*sends)
    assert len(wire[0].token_requests) == 1
    assert wire[0].token_requests[0]["force_refresh"] is False
    assert len(wire[0].received) == 60
    assert {token for _, token, _ in wire[0].received} == {"token-1"}


@pytest.mark.parametrize("code", [40001, 40014, 42001])
async def test_a_token_gone_bad_is_replaced_once_and_the_message_arrives(
    make: Make, wire: tuple[Platform, str], code: int
) -> None:
    wire[0].planned = [{"errcode": code}]
    client = make()
    await client.send_text("o1", "好")
    assert [token for _, token, _ in wire[0].received] == ["token-1", "token-2"]


async def test_a_token_refused_to_send_once_is_replaced_by_the_next_ready(
    make: Make, wire: tuple[Platform, str]
) -> None:
    wire[0].planned = [{"errcode": 40001}]
    client = make()
    refusal = await refused(client.send_once("o1", "好", token=await client.ready()))
    assert refusal.klass is DeliveryClass.TOKEN
    assert (len(wire[0].received), len(wire[0].token_requests)) == (1, 1), "one exchange and nothing else"
    await client.send_once("o1", "好", token=await client.ready())
    assert [token for _, token, _ in wire[0].received] == ["token-1", "token-2"]


async def test_while_the_platform_hands_a_bad_token_out_again_one_call_at_a_time_tries_it(
    make: Make, wire: tuple[Platform, str]
) -> None:
    """A late answer is taken off its list before it is sent: tens of them in vain would be tens that a crash loses."""
    moment = [0.0]
    wire[0].always = {"errcode": 40001}
    wire[0].token_answers = [{"access_token": "same", "expires_in": 7200}] * 9
    client = make(monotonic=lambda: moment[0])
    await refused(client.send_once("o1", "好", token=await client.ready()))
    for _ in range(10):
        assert (await refused(client.ready())).klass is DeliveryClass.TOKEN
    assert len(wire[0].received) == 1
    moment[0] = PROBE_AFTER_S
    tries = await asyncio.gather(*(client.ready() for _ in range(10)), return_exceptions=True)
    assert sorted(map(str, tries)).count("same") == 1
    wire[0].always = None
    await client.send_once("o1", "好", token="same")
    assert {await client.ready() for _ in range(10)} == {"same"}, "good again: everybody may"


async def test_a_permanent_40001_costs_two_fetches_and_two_sends(
    make: Make, wire: tuple[Platform, str]
) -> None:
    wire[0].always = {"errcode": 40001, "errmsg": "invalid credential"}
    refusal = await refused(make().send_text("o1", "好"))
    assert (refusal.code, refusal.klass) == (40001, DeliveryClass.TOKEN)
    assert len(wire[0].token_requests) <= 2
    assert len(wire[0].received) <= 2


@pytest.mark.parametrize("stable", [True, False])
async def test_sixty_callers_of_a_permanent_40001_do_not_storm(
    make: Make, wire: tuple[Platform, str], stable: bool
) -> None:
    wire[0].always = {"errcode": 40001}
    if stable:
        wire[0].token_answers = [{"access_token": "the-same", "expires_in": 7200}] * 200
    clients = [make() for _ in range(3)]
    outcomes = await asyncio.gather(
        *(clients[n % 3].send_text("o1", "好") for n in range(60)), return_exceptions=True
    )
    assert {type(outcome) for outcome in outcomes} == {DeliveryRefused}
    assert len(wire[0].token_requests) <= 2
    assert len(wire[0].received) <= 120


@pytest.mark.parametrize(
    ("code", "klass"),
    [
        (45015, DeliveryClass.WINDOW),
        (45047, DeliveryClass.WINDOW),
        (40003, DeliveryClass.CITIZEN),
        (43004, DeliveryClass.CITIZEN),
        (43101, DeliveryClass.CITIZEN),
        (43019, DeliveryClass.CITIZEN),
        (45002, DeliveryClass.CONTENT),
        (45008, DeliveryClass.CONTENT),
        (47001, DeliveryClass.CONTENT),
        (47003, DeliveryClass.CONTENT),
        (40007, DeliveryClass.CONTENT),
        (40008, DeliveryClass.CONTENT),
        (40013, DeliveryClass.ACCOUNT),
        (40125, DeliveryClass.ACCOUNT),
        (40164, DeliveryClass.ACCOUNT),
        (40243, DeliveryClass.ACCOUNT),
        (45009, DeliveryClass.ACCOUNT),
        (48001, DeliveryClass.ACCOUNT),
        (48004, DeliveryClass.ACCOUNT),
        (50002, DeliveryClass.ACCOUNT),
        (61004, DeliveryClass.ACCOUNT),
        (99999, DeliveryClass.CONTENT),
        (404, DeliveryClass.ACCOUNT),
        (302, DeliveryClass.ACCOUNT),
    ],
)
async def test_a_refusal_has_its_class_and_is_not_repeated(
    make: Make, wire: tuple[Platform, str], code: int, klass: DeliveryClass
) -> None:
    wire[0].planned = [code if code < 1000 else {"errcode": code}]
    refusal = await refused(make().send_text("o1", "好"))
    assert (refusal.code, refusal.klass) == (code, klass)
    assert len(wire[0].received) == 1


@pytest.mark.parametrize("answer", [{"errcode": -1}, {"errcode": 45011}, 502, 503, 429])
async def test_a_busy_platform_is_tried_three_times_with_growing_uneven_pauses(
    make: Make, wire: tuple[Platform, str], answer: Any
) -> None:
    pauses = Pauses()
    client = make(pause=pauses, timeout=QUICK)
    wire[0].planned = [answer, answer]
    await client.send_text("o1", "好")
    assert len(wire[0].received) == 3
    wire[0].always = answer
    assert (await refused(client.send_text("o1", "好"))).klass is DeliveryClass.BUSY
    assert len(wire[0].received) == 6
    assert [
        0.25 <= first <= 0.5 and 0.5 <= second <= 1
        for first, second in zip(*[iter(pauses.seconds)] * 2, strict=True)
    ] == [True, True]
    assert len(set(pauses.seconds)) == 4


@pytest.mark.parametrize(
    "answer", ["hang", "reset", b"", b"<html>ok</html>", b"[1]", b'{"errcode":"0"}', b"{" * 70_000]
)
async def test_an_unknown_outcome_is_said_to_be_unknown_and_never_resent(
    make: Make, wire: tuple[Platform, str], answer: Any
) -> None:
    wire[0].planned = [answer]
    with pytest.raises(DeliveryUnknown):
        await make(timeout=QUICK).send_text("o1", "好")
    assert len(wire[0].received) == 1


async def test_a_template_of_unknown_outcome_is_sent_again_under_its_own_id(
    make: Make, wire: tuple[Platform, str]
) -> None:
    wire[0].planned = ["reset", "hang"]
    await send_template(make(timeout=QUICK), "o1", "tpl", {}, client_msg_id="n-1")
    assert {json.loads(body)["client_msg_id"] for _, _, body in wire[0].received} == {"n-1"}
    assert len(wire[0].received) == 3


@pytest.mark.parametrize("then", [{"errcode": 45009}, {"errcode": 43004}, 503])
async def test_a_refusal_after_an_unknown_outcome_leaves_it_unknown(
    make: Make, wire: tuple[Platform, str], then: Any
) -> None:
    """The first attempt may be on the phone already: whoever hears of a refusal would send it by another channel."""
    wire[0].planned = ["reset", then, then, then]
    with pytest.raises(DeliveryUnknown):
        await send_template(make(timeout=QUICK), "o1", "tpl", {}, client_msg_id="n-1")


async def test_where_nobody_listens_nothing_was_sent(make: Make, unused_tcp_port: int) -> None:
    client = make(base=f"http://127.0.0.1:{unused_tcp_port}")
    assert (await refused(client.send_text("o1", "好"))).klass is DeliveryClass.BUSY


@pytest.mark.parametrize("code", [40125, 40001, 40164, 89503, 99999])
async def test_who_gets_no_token_closes_the_account_for_every_process(
    make: Make, wire: tuple[Platform, str], account: Account, code: int
) -> None:
    wire[0].token_answers = [{"errcode": code, "errmsg": "invalid appsecret"}]
    clients = [make(), make()]
    alarms = metrics.WECHAT_ALARMS.labels(account.name, str(code))
    before = alarms._value.get()
    with capture_logs() as logs:
        for client in clients * 3:
            refusal = await refused(client.send_text("o1", "好"))
            assert (refusal.code, refusal.klass) == (code, DeliveryClass.ACCOUNT)
    assert len(wire[0].token_requests) == 1
    assert wire[0].received == []
    assert [entry["alarm"] for entry in logs if "alarm" in entry] == [True]
    assert alarms._value.get() == before + 1


@pytest.mark.parametrize("code", [45009, 48001, 48004])
async def test_a_spent_quota_closes_one_api_to_all_processes_and_leaves_the_others_open(
    make: Make, wire: tuple[Platform, str], account: Account, redis: Redis, code: int
) -> None:
    clients = [make() for _ in range(3)]
    wire[0].planned = [{"errcode": code}]
    with capture_logs() as logs:
        for client in clients * 2:
            assert (await refused(client.send_text("o1", "好"))).code == code
    assert len(wire[0].received) == 1
    assert sum(entry.get("alarm", False) for entry in logs) == 1
    await send_template(clients[1], "o1", "tpl", {}, client_msg_id="n-1")
    key = f"wechat-closed:{account.app_id}:/cgi-bin/message/custom/send"
    assert 0 < await redis.pttl(key) <= 60_000
    await redis.delete(key)
    await clients[2].send_text("o1", "好")
    assert len(wire[0].received) == 3


async def test_a_circuit_that_cannot_be_shared_holds_in_its_own_process(unused_tcp_port: int) -> None:
    moment = [0.0]
    nowhere = make_redis(f"redis://127.0.0.1:{unused_tcp_port}")
    circuits = ApiCircuits(nowhere, "wx1", account="county", monotonic=lambda: moment[0])
    assert await circuits.closed_with("/send") is None
    await circuits.close("/send", 45009, 60)
    assert (await circuits.closed_with("/send"), await circuits.closed_with("/menu")) == (45009, None)
    moment[0] = 61.0
    assert await circuits.closed_with("/send") is None
    await nowhere.aclose()


async def test_a_token_that_is_handed_out_again_and_fails_again_is_asked_for_by_force_once(
    make: Make, wire: tuple[Platform, str], account: Account, redis: Redis
) -> None:
    bad, good = ({"access_token": name, "expires_in": 7200} for name in ("bad", "good"))
    wire[0].token_answers = [bad, bad, {"errcode": 45009}, bad, good]
    wire[0].always = {"errcode": 40001}
    client = make()
    forgot, noted = (f"value-{what}:wechat-token:{account.app_id}" for what in ("forgot", "noted"))

    async def forced() -> list[bool]:
        await refused(client.send_text("o1", "好"))
        await redis.delete(forgot)  # half a minute later
        return [asked["force_refresh"] for asked in wire[0].token_requests]

    assert await forced() == [False, False]
    assert await forced() == [False, False, True, False], "by force was refused: what there is must do"
    assert await forced() == [False, False, True, False, False], "twenty a day are allowed"
    assert 4_400_000 < await redis.pttl(noted) <= 4_500_000


async def test_a_token_got_by_force_is_used_by_everybody(
    make: Make, wire: tuple[Platform, str], account: Account, redis: Redis
) -> None:
    bad, good = ({"access_token": name, "expires_in": 7200} for name in ("bad", "good"))
    wire[0].token_answers = [bad, bad, good]
    wire[0].planned = [{"errcode": 40001}] * 3
    await refused(make().send_text("o1", "一"))
    await redis.delete(f"value-forgot:wechat-token:{account.app_id}")
    await make().send_text("o1", "二")
    await make().send_text("o1", "三")
    assert [asked["force_refresh"] for asked in wire[0].token_requests] == [False, False, True]
    assert [token for _, token, _ in wire[0].received] == ["bad"] * 3 + ["good"] * 2


async def test_a_frozen_account_is_not_called_again_by_anybody(
    make: Make, wire: tuple[Platform, str]
) -> None:
    wire[0].planned = [{"errcode": 50002}]
    assert (await refused(make().send_text("o1", "好"))).code == 50002
    assert (await refused(send_template(make(), "o1", "tpl", {}, client_msg_id="n-1"))).code == 50002
    assert len(wire[0].received) == 1


@pytest.mark.parametrize(
    "answer",
    [
        "hang",
        "reset",
        500,
        b"nonsense",
        {"errcode": -1},
        {"access_token": "", "expires_in": 7200},
        {"access_token": "t"},
    ],
)
async def test_no_token_for_now_is_busy_and_sends_nothing(
    make: Make, wire: tuple[Platform, str], redis: Redis, answer: Any
) -> None:
    wire[0].token_answers = [answer]
    client = make(timeout=QUICK)
    assert (await refused(client.send_text("o1", "好"))).klass is DeliveryClass.BUSY
    assert wire[0].received == []
    await redis.delete(*[key async for key in redis.scan_iter("value-refused:*")])  # its cool-down ends
    await client.send_text("o1", "好")


async def test_a_token_is_kept_until_five_minutes_before_its_end(make: Make, redis: Redis) -> None:
    await make().send_text("o1", "好")
    (key,) = [key async for key in redis.scan_iter("value:*")]
    assert 6_890_000 < await redis.pttl(key) <= 6_900_000


async def test_without_redis_a_send_is_busy_and_not_lost(
    account: Account, wire: tuple[Platform, str]
) -> None:
    nowhere = make_redis("unix:///nonexistent/valkey.sock")
    async with aiohttp.ClientSession() as http:
        client = WeChatClient(account, http, nowhere, wire[1], pause=Pauses())
        assert (await refused(client.send_text("o1", "好"))).klass is DeliveryClass.BUSY
    await nowhere.aclose()


async def test_no_error_and_no_log_line_names_token_secret_or_citizen(
    make: Make, wire: tuple[Platform, str], account: Account, unused_tcp_port: int
) -> None:
    texts = []
    with capture_logs() as logs:
        for answer in (
            "hang",
            "reset",
            500,
            302,
            b"",
            {"errcode": 40001},
            {"errcode": 47001},
            {"errcode": 48001},
        ):
            wire[0].always = answer
            with pytest.raises((DeliveryRefused, DeliveryUnknown)) as caught:
                await make(timeout=QUICK).send_text("oCitizen_One", "路灯")
            assert caught.value.__cause__ is None
            texts += [str(caught.value), repr(caught.value)]
        nowhere = make(base=f"http://127.0.0.1:{unused_tcp_port}")
        texts.append(repr(await refused(nowhere.send_text("oCitizen_One", "路灯"))))
    written = str(logs) + "".join(texts)
    assert logs
    for secret in ("token-", account.secret, account.token, "oCitizen", "路灯"):
        assert secret not in written


def test_an_error_code_is_named_as_the_platform_names_it() -> None:
    assert name_of(45015) == "OUT_OF_RESPONSE_TIME_LIMIT"
    assert name_of(599) == ""
