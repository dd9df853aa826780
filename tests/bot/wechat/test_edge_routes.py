"""What the edge does with a push that is not simply answered: reports, hand-overs, erasures, and what was kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import REGISTRY

from bot.wechat import webhook
from bot.wechat.accounts import Account
from bot.wechat.messages import IncomingMessage
from bot.wechat.reply import Reply
from bot.wechat.webhook import ANSWERS, answers_in_progress, wechat_handlers

SORRY = "抱歉，刚才没有处理成功，请稍后再发一次。"
Payload = Callable[[str], bytes]
Client = TestClient[web.Request, web.Application]


@dataclass
class Behind:
    """Everything behind the edge, each part noting what it was asked."""

    said: Reply | str | None = "好的"
    waits: asyncio.Event | None = None
    fails: bool = False
    answered: list[IncomingMessage] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    keeping: Callable[[], Awaitable[None]] | None = None
    reports: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)
    reporting_fails: int = 0
    beside: list[str] = field(default_factory=list)
    may_answer: bool = True
    asked_to_settle: list[str] = field(default_factory=list)
    taken_back: list[str] = field(default_factory=list)

    async def respond(self, message: IncomingMessage, *, now: datetime) -> Reply | str | None:
        self.answered.append(message)
        if self.waits is not None:
            await self.waits.wait()
        if self.fails:
            raise OSError
        return self.said

    async def keep(self, message: IncomingMessage, *, now: datetime) -> None:
        if self.keeping is not None:
            await self.keeping()
        self.kept.append(message.key)

    async def report(self, account: str, event_name: str, fields: dict[str, object], now: datetime) -> None:
        if self.reporting_fails:
            self.reporting_fails -= 1
            raise OSError
        self.reports.append((account, event_name, fields))

    async def say_beside(self, message: IncomingMessage, text: str) -> None:
        self.beside.append(text)

    async def answer_now(self, key: str, *, now: datetime) -> bool:
        self.asked_to_settle.append(key)
        return self.may_answer

    async def take_back(self, key: str, *, now: datetime) -> bool:
        self.taken_back.append(key)
        return True


Serve = Callable[..., Awaitable[Client]]


@pytest.fixture
async def serve(account: Account, now: datetime) -> AsyncIterator[Serve]:
    clients: list[Client] = []

    async def start(behind: Behind, *, answer_within_s: float = 4.2, later: float = 0.0) -> Client:
        app = web.Application()
        app.cleanup_ctx.append(answers_in_progress)
        app.add_routes(
            wechat_handlers(
                accounts={"county": account},
                respond=behind.respond,
                keep_for_later=behind.keep,
                apologise=SORRY,
                clock=lambda: now + timedelta(seconds=later),
                answer_within_s=answer_within_s,
                reports=behind.report,
                say_beside=behind.say_beside,
                answer_now=behind.answer_now,
                take_back=behind.take_back,
            )
        )
        client = TestClient(TestServer(app))
        await client.start_server()
        clients.append(client)
        return client

    yield start
    for client in clients:
        await client.close()


async def push(client: Client, query: dict[str, str], body: bytes) -> tuple[int, str]:
    async with client.post("/wechat/county", params=query, data=body) as response:
        return response.status, await response.text()


async def beside_done(client: Client) -> None:
    await asyncio.gather(*client.app[ANSWERS].beside)


def counted(route: str, name: str) -> float:
    labels = {"account": "county", "route": route, "name": name}
    return REGISTRY.get_sample_value("huiyin_wechat_pushes_total", labels) or 0.0


async def test_a_report_is_taken_down_and_reaches_no_dialogue(
    serve: Serve, platform: Any, payload: Payload
) -> None:
    behind = Behind()
    client = await serve(behind)
    before = counted("report", "templatesendjobfinish")
    assert await push(client, *platform.sealed_push(payload("template_finished"))) == (200, "success")
    ((account, name, fields),) = behind.reports
    assert (account, name, fields["Status"]) == ("county", "templatesendjobfinish", "failed:user block")
    assert behind.answered == []
    assert counted("report", "templatesendjobfinish") == before + 1


async def test_a_report_that_fails_is_tried_again_at_once(
    serve: Serve, platform: Any, payload: Payload
) -> None:
    behind = Behind(reporting_fails=2)
    client = await serve(behind)
    assert await push(client, *platform.sealed_push(payload("template_finished"))) == (200, "success")
    assert len(behind.reports) == 1


async def test_a_report_nobody_could_take_is_not_confirmed(
    serve: Serve, platform: Any, payload: Payload
) -> None:
    behind = Behind(reporting_fails=10**6)
    client = await serve(behind, answer_within_s=0.05)
    with pytest.raises(aiohttp.ClientConnectionError):
        await push(client, *platform.sealed_push(payload("template_finished")))


@pytest.mark.parametrize(
    ("name", "route", "event"),
    [("unknown_event", "unknown", "event"), ("reported_location", "noted", "location")],
)
async def test_what_nobody_needs_is_counted_and_confirmed(
    serve: Serve, platform: Any, payload: Payload, name: str, route: str, event: str
) -> None:
    behind = Behind()
    before = counted(route, event)
    assert await push(await serve(behind), *platform.sealed_push(payload(name))) == (200, "success")
    assert (behind.answered, behind.reports) == ([], [])
    assert counted(route, event) == before + 1


@pytest.mark.parametrize("text", ["正在为您转接人工。", ""])
async def test_a_hand_over_passes_the_citizen_on_and_says_its_words_beside(
    serve: Serve, platform: Any, payload: Payload, text: str
) -> None:
    behind = Behind(said=Reply(text, hand_over=True))
    client = await serve(behind)
    status, body = await push(client, *platform.sealed_push(payload("text")))
    reply = platform.read_reply(body)
    assert (status, reply["MsgType"], reply["ToUserName"]) == (
        200,
        "transfer_customer_service",
        "oCitizen_One",
    )
    assert "Content" not in reply
    await beside_done(client)
    assert behind.beside == [text]


async def test_words_beside_that_fail_disturb_nobody(serve: Serve, platform: Any, payload: Payload) -> None:
    class Failing(Behind):
        async def say_beside(self, message: IncomingMessage, text: str) -> None:
            raise OSError(message.openid)

    client = await serve(Failing(said=Reply("好", hand_over=True)))
    status, body = await push(client, *platform.sealed_push(payload("text")))
    assert (status, platform.read_reply(body)["MsgType"]) == (200, "transfer_customer_service")
    await beside_done(client)


async def test_an_erasure_that_fails_is_kept_and_never_apologised_for(
    serve: Serve, platform: Any, payload: Payload
) -> None:
    behind = Behind(fails=True)
    client = await serve(behind)
    assert await push(client, *platform.sealed_push(payload("authorization_revoked"))) == (200, "success")
    assert len(behind.kept) == 1


async def test_an_erasure_that_cannot_even_be_kept_is_not_confirmed(
    serve: Serve, platform: Any, payload: Payload
) -> None:
    async def down() -> None:
        raise OSError

    client = await serve(Behind(fails=True, keeping=down))
    with pytest.raises(aiohttp.ClientConnectionError):
        await push(client, *platform.sealed_push(payload("authorization_revoked")))


async def test_what_this_process_kept_is_never_answered_in_place(
    serve: Serve, platform: Any, payload: Payload
) -> None:
    told = asyncio.Event()
    behind = Behind(waits=told)
    client = await serve(behind, answer_within_s=0.02)
    assert await push(client, *platform.sealed_push(payload("text"), nonce="1")) == (200, "success")
    told.set()
    await asyncio.gather(*client.app[ANSWERS].tasks.values())
    assert await push(client, *platform.sealed_push(payload("text"), nonce="2")) == (200, "success")
    assert len(behind.answered) == 1
    assert len(behind.kept) == 2, "promised anew: another process may have answered in between, in vain"


@pytest.mark.parametrize("again", [{"said": Reply("好的", again=True)}, {"later": 5.0}])
async def test_what_another_process_kept_is_left_to_the_push(
    serve: Serve, platform: Any, payload: Payload, again: dict[str, Any]
) -> None:
    behind = Behind(may_answer=False, said=again.get("said", "好的"))
    client = await serve(behind, later=again.get("later", 0.0))
    assert await push(client, *platform.sealed_push(payload("text"))) == (200, "success")
    behind.may_answer = True
    _, body = await push(client, *platform.sealed_push(payload("text"), nonce="2"))
    assert platform.read_reply(body)["Content"] == "好的"
    assert len(behind.asked_to_settle) == 2


async def test_a_first_delivery_settles_nothing(serve: Serve, platform: Any, payload: Payload) -> None:
    behind = Behind()
    _, body = await push(await serve(behind), *platform.sealed_push(payload("text")))
    assert platform.read_reply(body)["Content"] == "好的"
    assert behind.asked_to_settle == []


async def test_after_the_apology_nothing_that_was_kept_too_late_is_answered(
    serve: Serve, platform: Any, payload: Payload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "KEEP_WITHIN_S", 0.02)
    stored = asyncio.Event()

    async def slowly() -> None:
        await stored.wait()

    behind = Behind(waits=asyncio.Event(), keeping=slowly)
    client = await serve(behind, answer_within_s=0.02)
    _, body = await push(client, *platform.sealed_push(payload("text")))
    assert platform.read_reply(body)["Content"] == SORRY
    assert behind.taken_back == []
    stored.set()
    await beside_done(client)
    assert behind.taken_back == behind.kept
    assert len(behind.kept) == 1
    for task in client.app[ANSWERS].tasks.values():
        task.cancel()


async def test_a_json_push_is_answered_in_json(serve: Serve, platform: Any, now: datetime) -> None:
    document = {
        "ToUserName": "gh_county",
        "FromUserName": "oCitizen_One",
        "CreateTime": int(now.timestamp()),
        "MsgType": "text",
        "Content": "你好",
        "MsgId": 1,
    }
    client = await serve(Behind())
    query, body = platform.sealed_push(json.dumps(document))
    async with client.post("/wechat/county", params=query, data=body) as response:
        assert response.content_type == "application/json"
        assert set(await response.json()) == {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"}
