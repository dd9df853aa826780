"""What the hotline platform hears of its tickets: signed, in order, again until it is taken, and nobody's name."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from redis.asyncio import Redis

from bot import notices
from bot.hotline.callbacks import BACK_OFF, CLAIM, PlatformCallbacks, after
from bot.hotline.platform import LONGEST_WAIT, Answer, Heard, HttpPlatform, platform_of
from bot.hotline.platform_circuit import CLOSED_S, FAILURES, PlatformCircuit
from bot.settings import Settings, SettingsInvalid
from routing.citizen_request import Channel
from routing.events import Audience, DeliveryTry, EventKind, NoticeChannel, NoticeState, OutboxEntry, Rung
from routing.workflow import SYSTEM, Actor, Role
from tests.bot.hotline.conftest import CALL, Api
from tests.factories import CITY_MANAGEMENT, MONDAY_9_30, PROFILE, a_request, a_ticket

SECRET = "a-secret-of-the-platform"
BOSS = Actor("boss", "郑克勤", Role.SUPERVISOR, frozenset({CITY_MANAGEMENT}))


@dataclass
class Platform:
    """The platform's program, on a port of this machine. ``answers`` are what the next calls get instead of 204."""

    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    calls: int = 0
    answers: list[int | float] = field(default_factory=list)
    """A status, or for how many seconds it says nothing."""
    retry_after: str = ""

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        timestamp = request.headers["X-Huiyin-Timestamp"]
        right = hmac.new(SECRET.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
        assert request.headers["X-Huiyin-Signature"] == right
        said = json.loads(body)
        assert request.headers["Idempotency-Key"] == said["id"]
        self.calls += 1
        answer = self.answers.pop(0) if self.answers else 204
        if isinstance(answer, float):
            self.bodies.append(said)
            await asyncio.sleep(answer)
            return web.Response(status=204)
        if answer < 300:
            self.bodies.append(said)
        return web.Response(status=answer, headers={"Retry-After": self.retry_after})

    def heard(self) -> list[tuple[str, str]]:
        return [(body["event"], body["ticket"]["state"]) for body in self.bodies]


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    platform = Platform()
    app = web.Application()
    app.router.add_post("/heard", platform.receive)
    async with TestServer(app) as server:
        platform.url = str(server.make_url("/heard"))
        yield platform


@pytest.fixture
def callback_settings(platform: Platform) -> dict[str, Any]:
    return {"hotline_callback_url": platform.url, "hotline_callback_secret": SecretStr(SECRET)}


async def sweep(api: Api) -> None:
    await PlatformCallbacks(api.services).send(api.clock())


async def entries(api: Api, number: str) -> list[OutboxEntry]:
    ticket = await api.services.tickets.get(number)
    return [entry for entry in ticket.outbox if entry.audience is Audience.PLATFORM]


async def test_the_platform_hears_of_each_step_in_order_and_of_nobody(api: Api, platform: Platform) -> None:
    ticket = await api.dispatched()
    await sweep(api)
    assert platform.heard() == [("dispatched", "dispatched")]
    ticket = await api.act(ticket, "accept", role="liaison")
    ticket = await api.act(ticket, "contact", role="liaison", text="已致电王建国，电话13800005678")
    await api.act(ticket, "resolve", role="liaison", text="王建国您好，工地已停工。请拨打13800005678核对。")
    await sweep(api)
    assert [body["event"] for body in platform.bodies] == [
        "dispatched",
        "accepted",
        "contacted",
        "replied",
        "resolved",
    ]
    sequences = [body["sequence"] for body in platform.bodies]
    assert sequences == sorted(set(sequences))
    replied = platform.bodies[3]
    assert (replied["label"], replied["words"]) == ("答复", "redacted")
    assert "工地已停工" in replied["text"]
    assert replied["ticket"]["reply"] == replied["text"]
    assert replied["ticket"]["external_number"] == ticket["external_number"]
    assert replied["ticket"]["department"] == {"id": CITY_MANAGEMENT, "name": ticket["department"]["name"]}
    assert replied["ticket"]["promised"] == ticket["promised"]
    assert platform.bodies[2]["text"] is None, "what a unit notes for itself stays in the house"
    said = json.dumps(platform.bodies, ensure_ascii=False)
    for secret in ("王建国", "13800005678", "5678", ticket["query_code"] or "------", CALL["text"]):
        assert secret not in said
    states = {entry.state for entry in await entries(api, ticket["number"])}
    assert states == {NoticeState.DELIVERED}
    await sweep(api)
    assert platform.calls == 5


async def test_of_what_was_told_in_confidence_no_word_is_sent(api: Api, platform: Platform) -> None:
    ticket = {}
    for secrecy in ("保密", "匿名"):
        who = {"name": "王建国", "phone": "13800005678", "secrecy": secrecy}
        ticket = await api.resolved(citizen=who)
    await api.resolved(request_type="举报")
    await sweep(api)
    assert [event for event, _ in platform.heard()].count("resolved") == 3
    assert {body["words"] for body in platform.bodies} == {"withheld"}
    assert {body["text"] for body in platform.bodies} == {None}
    assert {body["ticket"]["reply"] for body in platform.bodies} == {None}
    read = await api.get(f"/tickets/{ticket['number']}")
    assert read["reply"] == "已责令停工整改。", "whose key may read it fetches the answer"


async def test_the_answers_of_a_public_ticket_are_whole(api: Api, platform: Platform) -> None:
    await api.resolved()
    await sweep(api)
    assert [body["text"] for body in platform.bodies if body["event"] == "replied"] == ["已责令停工整改。"]
    assert platform.bodies[-1]["words"] == "whole"


@pytest.mark.parametrize(
    ("status", "heard"),
    [
        *((n, Heard.TAKEN) for n in (200, 202, 204)),
        *((n, Heard.REFUSED) for n in (400, 413, 415, 422)),
        *((n, Heard.LATER) for n in (302, 401, 403, 404, 408, 409, 410, 429, 500, 502, 503)),
    ],
)
async def test_what_an_answer_means(platform: Platform, status: int, heard: Heard) -> None:
    platform.answers, platform.retry_after = [status], "soon"
    async with aiohttp.ClientSession() as http:
        caller = HttpPlatform(http, url=platform.url, secret=SECRET)
        answer = await caller.call("a", b'{"id":"a"}', now=MONDAY_9_30)
    assert answer == Answer(heard, "" if heard is Heard.TAKEN else f"platform-{status}")


async def test_what_was_not_taken_comes_again_with_the_same_id_before_what_follows(
    api: Api, platform: Platform
) -> None:
    ticket = await api.dispatched()
    platform.answers = [503]
    await sweep(api)
    await api.act(ticket, "accept", role="liaison")
    await sweep(api)
    assert platform.calls == 1, "neither at once again nor what followed before it"
    first, second = await entries(api, ticket["number"])
    assert (first.state, first.failure) == (NoticeState.QUEUED, "platform-503")
    api.clock.advance(minutes=1)
    await sweep(api)
    assert [body["event"] for body in platform.bodies] == ["dispatched", "accepted"]
    assert platform.bodies[0]["id"] == first.id
    assert second.id == platform.bodies[1]["id"]
    platform.answers, platform.retry_after = [503], "1800"
    again = await api.dispatched()
    await sweep(api)
    (waits,) = await entries(api, again["number"])
    assert waits.next_attempt_at == api.clock() + timedelta(minutes=30), "as the platform asked"


async def test_a_lost_answer_is_unclear_for_the_platform_may_have_taken_it(platform: Platform) -> None:
    async with aiohttp.ClientSession() as http:
        impatient = HttpPlatform(
            http, url=platform.url, secret=SECRET, timeout=aiohttp.ClientTimeout(total=0.2)
        )
        platform.answers = [5.0]
        answer = await impatient.call("a-1", b'{"id":"a-1"}', now=MONDAY_9_30)
    assert answer == Answer(Heard.UNCLEAR, "platform-timeout")
    assert [body["id"] for body in platform.bodies] == ["a-1"]


async def test_where_nobody_listens_nothing_was_sent() -> None:
    async with aiohttp.ClientSession() as http:
        nobody = HttpPlatform(http, url=f"http://127.0.0.1:{unused_port()}/", secret=SECRET)
        assert await nobody.call("a", b"{}", now=MONDAY_9_30) == Answer(Heard.AWAY, "platform-away")


async def test_an_event_the_platform_does_not_want_holds_up_no_other(api: Api, platform: Platform) -> None:
    ticket = await api.act(await api.dispatched(), "accept", role="liaison")
    platform.answers = [422]
    await sweep(api)
    first, second = await entries(api, ticket["number"])
    assert (first.state, first.failure, first.next_attempt_at) == (NoticeState.FAILED, "platform-422", None)
    assert second.state is NoticeState.DELIVERED


async def test_a_platform_that_is_away_is_left_alone_by_all_processes_until_one_call_succeeds(
    api: Api, platform: Platform, redis: Redis
) -> None:
    for _ in range(FAILURES + 3):
        await api.dispatched()
    platform.answers = [503] * 100
    circuit = PlatformCircuit(redis)
    for _ in range(5):
        await sweep(api)
    assert await circuit.closed_for() == "platform-503"
    assert FAILURES <= platform.calls <= FAILURES + 3, "those under way finish, and no others begin"
    assert 0 < await redis.ttl("platform-closed") <= CLOSED_S
    calls = platform.calls
    api.clock.advance(minutes=1)
    await redis.delete("platform-closed")  # its minute is over
    await sweep(api)
    assert platform.calls == calls + 1, "one call tells that it is still away"
    assert await circuit.closed_for() is not None
    await redis.delete("platform-closed")
    platform.answers = []
    for _ in range(3):
        api.clock.advance(hours=1)
        await sweep(api)
    assert len(platform.bodies) == FAILURES + 3
    assert len({body["id"] for body in platform.bodies}) == FAILURES + 3


async def test_one_event_nobody_can_digest_closes_nothing(redis: Redis) -> None:
    circuit = PlatformCircuit(redis)
    for _ in range(FAILURES * 2):
        await circuit.failed("platform-500")
        await circuit.answered()
    assert await circuit.closed_for() is None


async def test_a_claim_that_ran_out_is_called_again_and_one_under_way_is_not(
    api: Api, platform: Platform
) -> None:
    ticket = await api.dispatched()
    (entry,) = await entries(api, ticket["number"])
    await api.services.desk.notices.settle_notice(
        ticket["number"],
        entry.id,
        NoticeState.SENDING,
        was=NoticeState.QUEUED,
        now=api.clock(),
        try_again_at=api.clock() + CLAIM,
    )
    await sweep(api)
    assert platform.calls == 0
    api.clock.now += CLAIM
    await sweep(api)
    assert [body["id"] for body in platform.bodies] == [entry.id]


async def test_an_address_taken_away_leaves_nothing_waiting(api: Api, platform: Platform) -> None:
    ticket = await api.dispatched()
    bare = [entry for entry in await entries(api, ticket["number"]) if entry.state is NoticeState.QUEUED]
    assert bare
    silent = PlatformCallbacks(_without_platform(api))
    await silent.send(api.clock())
    states = {(e.state, e.failure) for e in await entries(api, ticket["number"])}
    assert states == {(NoticeState.FAILED, "platform-no-address")}


def _without_platform(api: Api) -> Any:
    return replace(api.services, delivery=replace(api.services.delivery, platform=None))


async def test_an_operator_has_it_sent_again_under_the_same_id(api: Api, platform: Platform) -> None:
    ticket = await api.dispatched()
    await sweep(api)
    (entry,) = await entries(api, ticket["number"])
    await api.services.desk.notices.repeat_notice(
        ticket["number"], entry.id, actor=BOSS, reason="", now=api.clock()
    )
    await sweep(api)
    assert [body["id"] for body in platform.bodies] == [entry.id, entry.id]
    kinds = [event.kind for event in (await api.services.tickets.get(ticket["number"])).events]
    assert kinds[-1] is EventKind.NOTICE_REPEATED


async def test_only_what_the_platforms_program_filed_is_told(api: Api) -> None:
    desk, now = api.services.desk, api.clock()
    for request in (
        a_request(channel=Channel.WECHAT, openid="o1", account="county"),
        a_request(external_number=f"desk-{'0' * 32}"),
    ):
        number = (await desk.register(request, now=now)).number
        if (await api.services.tickets.get(number)).unit_id is None:
            await desk.dispatch(number, CITY_MANAGEMENT, actor=BOSS, version=None, now=now)
        assert await entries(api, number) == []


async def test_without_an_address_nobody_is_planned_for() -> None:
    request = a_request(external_number="QH-9")
    ticket = a_ticket(request)
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=SYSTEM, now=MONDAY_9_30)
    told = notices.plan(ticket, ticket.events[-1])
    assert Audience.PLATFORM not in {one.audience for one in told}
    told = notices.plan(ticket, ticket.events[-1], by_callback=True)
    assert Audience.PLATFORM in {one.audience for one in told}


@settings(max_examples=40, deadline=None)
@given(made=st.integers(1, len(BACK_OFF) + 3), asked=st.integers(0, 10**9), replays=st.integers(0, 2))
def test_attempts_grow_rarer_end_after_three_days_and_begin_anew_when_somebody_asks(
    made: int, asked: int, replays: int
) -> None:
    earlier = tuple(DeliveryTry(Rung.CALLBACK, MONDAY_9_30, replay=n) for n in range(replays) for _ in "ab")
    tries = (*earlier, *(DeliveryTry(Rung.CALLBACK, MONDAY_9_30, replay=replays) for _ in range(made)))
    entry = OutboxEntry(
        id="a",
        event_seq=1,
        audience=Audience.PLATFORM,
        channel=NoticeChannel.CALLBACK,
        state=NoticeState.SENDING,
        tries=tries,
        replays=replays,
    )
    wait = min(timedelta(seconds=asked), LONGEST_WAIT)
    verdict = after(entry, Answer(Heard.LATER, "platform-503", wait), now=MONDAY_9_30)
    if made > len(BACK_OFF):
        assert (verdict.state, verdict.again_at) == (NoticeState.FAILED, None)
    else:
        assert verdict.state is NoticeState.QUEUED
        assert verdict.again_at == MONDAY_9_30 + max(BACK_OFF[made - 1], wait)
    assert after(entry, Answer(Heard.TAKEN), now=MONDAY_9_30).state is NoticeState.DELIVERED
    assert after(entry, Answer(Heard.REFUSED, "platform-422"), now=MONDAY_9_30).state is NoticeState.FAILED
    assert timedelta(days=2) < sum(BACK_OFF, timedelta()) < timedelta(days=3)


@pytest.mark.parametrize(
    ("url", "secret", "names"),
    [
        ("http://127.0.0.1/x", "short", "HOTLINE_CALLBACK_SECRET"),
        ("ftp://127.0.0.1/x", SECRET, "HOTLINE_CALLBACK_URL"),
        ("https:///x", SECRET, "HOTLINE_CALLBACK_URL"),
    ],
)
async def test_an_address_that_could_not_be_trusted_stops_the_service(
    url: str, secret: str, names: str
) -> None:
    said = Settings.model_validate(
        {"hotline_callback_url": url, "hotline_callback_secret": SecretStr(secret)}
    )
    async with aiohttp.ClientSession() as http:
        with pytest.raises(SettingsInvalid, match=names):
            platform_of(said, http)
        assert platform_of(Settings.model_validate({}), http) is None
