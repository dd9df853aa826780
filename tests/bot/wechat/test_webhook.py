"""The callback over real HTTP: who is refused, who is answered, and that nobody is forgotten."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from bot.web.bad_requests import handler_args
from bot.wechat import in_progress, webhook
from bot.wechat.accounts import Account, AccountsInvalid
from bot.wechat.messages import IncomingMessage
from bot.wechat.webhook import ANSWERS, AnswersInProgress, answers_in_progress, wechat_handlers

SORRY = "抱歉，刚才没有处理成功，请稍后再发一次。"
Payload = Callable[[str], bytes]
Client = TestClient[web.Request, web.Application]


@dataclass
class Desk:
    """What stands behind the callback in these tests: it answers, fails, or waits to be told."""

    answer: Callable[[IncomingMessage], Awaitable[str | None]]
    seen: list[IncomingMessage] = field(default_factory=list)
    kept: list[IncomingMessage] = field(default_factory=list)
    keeping: Callable[[], Awaitable[None]] | None = None

    async def respond(self, message: IncomingMessage, *, now: datetime) -> str | None:
        self.seen.append(message)
        return await self.answer(message)

    async def keep(self, message: IncomingMessage, *, now: datetime) -> None:
        if self.keeping is not None:
            await self.keeping()
        self.kept.append(message)


Serve = Callable[..., Awaitable[Client]]


@pytest.fixture
async def serve(account: Account, now: datetime) -> AsyncIterator[Serve]:
    clients: list[Client] = []

    async def start(
        desk: Desk,
        *,
        answer_within_s: float = 4.2,
        accounts: Mapping[str, Account] | None = None,
        **more: Any,
    ) -> Client:
        app = web.Application(handler_args=handler_args())
        app.cleanup_ctx.append(answers_in_progress)
        app.add_routes(
            wechat_handlers(
                accounts=accounts or {"county": account},
                respond=desk.respond,
                keep_for_later=desk.keep,
                apologise=SORRY,
                clock=lambda: now,
                answer_within_s=answer_within_s,
                **more,
            )
        )
        client = TestClient(TestServer(app))
        await client.start_server()
        clients.append(client)
        return client

    yield start
    for client in clients:
        await client.close()


def saying(text: str | None) -> Desk:
    async def answer(_: IncomingMessage) -> str | None:
        return text

    return Desk(answer)


def waiting_for(event: asyncio.Event, text: str = "迟到的答复") -> Desk:
    async def answer(_: IncomingMessage) -> str | None:
        await event.wait()
        return text

    return Desk(answer)


async def push(
    client: Client, query: dict[str, str], body: bytes, path: str = "/wechat/county"
) -> tuple[int, str]:
    async with client.post(path, params=query, data=body) as response:
        return response.status, await response.text()


async def test_the_platform_can_check_the_url(serve: Serve, platform: Any) -> None:
    client = await serve(saying(None))
    async with client.get("/wechat/county", params=platform.query(echostr="437512")) as response:
        assert (response.status, await response.text()) == (200, "437512")
        assert response.content_type == "text/plain"
    async with client.get("/wechat/county", params=platform.query(echostr="1") | {"nonce": "x"}) as response:
        assert response.status == 403
        assert "1" not in await response.text()


async def test_a_push_is_answered_in_the_same_breath(serve: Serve, platform: Any, payload: Payload) -> None:
    desk = saying("您好，已为您登记。")
    client = await serve(desk)
    status, text = await push(client, *platform.sealed_push(payload("text")))
    assert (status, platform.read_reply(text)["Content"]) == (200, "您好，已为您登记。")
    assert [message.openid for message in desk.seen] == ["oCitizen_One"]


async def test_how_old_a_push_may_be_is_a_setting(serve: Serve, platform: Any, payload: Payload) -> None:
    wide, narrow = await serve(saying("好"), tolerance_s=900), await serve(saying("好"), tolerance_s=30)
    late = platform.now - timedelta(seconds=600)
    assert (await push(wide, *platform.sealed_push(payload("text"), at=late)))[0] == 200
    early = platform.now + timedelta(seconds=31)
    assert (await push(narrow, *platform.sealed_push(payload("text"), at=early)))[0] == 403
    asked = platform.query(at=late, echostr="1")
    statuses = []
    for client in (wide, narrow):
        async with client.get("/wechat/county", params=asked) as response:
            statuses.append(response.status)
    assert statuses == [200, 403]


@pytest.mark.parametrize("text", [None, "", " \n", "\x00\x08"])
async def test_nothing_to_say_is_success(
    serve: Serve, platform: Any, payload: Payload, text: str | None
) -> None:
    client = await serve(saying(text))
    assert await push(client, *platform.sealed_push(payload("click"))) == (200, "success")


@pytest.mark.parametrize("name", ["unknown_type", "authorization_revoked"])
async def test_what_nobody_knows_still_reaches_the_dialogue(
    serve: Serve, platform: Any, payload: Payload, name: str
) -> None:
    desk = saying(None)
    assert await push(await serve(desk), *platform.sealed_push(payload(name))) == (200, "success")
    assert len(desk.seen) == 1


async def test_refusals_are_short_plain_and_run_nothing(
    serve: Serve, platform: Any, payload: Payload
) -> None:
    desk = saying("never")
    client = await serve(desk)
    good, body = platform.sealed_push(payload("text"))
    table = [
        (good | {"signature": "0" * 40}, body, "/wechat/county", 403, "wrong-signature"),
        (good | {"msg_signature": "0" * 40}, body, "/wechat/county", 403, "wrong-message-signature"),
        (platform.query(), payload("voice"), "/wechat/county", 403, "plaintext-in-safe-mode"),
        (*platform.wrap("YWJj"), "/wechat/county", 400, "unreadable-envelope"),
        (*platform.sealed_push("<xml/>"), "/wechat/county", 400, "malformed"),
        (*platform.sealed_push(payload("text"), app_id="wx9"), "/wechat/county", 403, "wrong-app-id"),
        (good, body, "/wechat/nobody", 404, "unknown-account"),
        (good, b"<xml>" + b"a" * 5_000_000, "/wechat/county", 413, "too-large"),
    ]
    for query, content, path, status, reason in table:
        assert await push(client, query, content, path) == (status, f"refused: {reason}\n")
    assert not desk.seen


async def test_an_unsigned_stranger_is_refused_before_the_body_is_read(serve: Serve, platform: Any) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"<xml>"
        await asyncio.Event().wait()

    client = await serve(saying(None))
    query = platform.query() | {"signature": "0" * 40}
    async with asyncio.timeout(30), client.post("/wechat/county", params=query, data=endless()) as response:
        assert response.status == 403


async def test_a_packed_body_is_refused_and_never_unpacked(serve: Serve, platform: Any) -> None:
    """A bomb would be unpacked on the loop, before any guard sees the request."""
    client = await serve(saying(None))
    packed = gzip.compress(b"<xml>" + b" " * 5_000_000)
    assert len(packed) < 64 * 1024
    for content, status in ((packed, 403), (b"no gzip", 403), (gzip.compress(b"<xml></xml>"), 403)):
        async with client.post(
            "/wechat/county", params=platform.query(), data=content, headers={"Content-Encoding": "gzip"}
        ) as response:
            assert response.status == status


async def test_a_late_answer_is_kept_before_success_is_said_and_still_finished(
    serve: Serve, platform: Any, payload: Payload
) -> None:
    told = asyncio.Event()
    desk = waiting_for(told)
    client = await serve(desk, answer_within_s=0.02)
    assert await push(client, *platform.sealed_push(payload("text"))) == (200, "success")
    assert [message.content for message in desk.kept] == [message.content for message in desk.seen]
    (task,) = client.app[ANSWERS].tasks.values()
    told.set()
    assert await task == "迟到的答复"
    await asyncio.wait({task})
    assert not client.app[ANSWERS].tasks


async def test_a_second_delivery_joins_the_first_and_says_the_same(
    serve: Serve, platform: Any, payload: Payload
) -> None:
    told = asyncio.Event()
    desk = waiting_for(told, "同一句答复")
    client = await serve(desk)
    first = asyncio.create_task(push(client, *platform.sealed_push(payload("text"), nonce="1")))
    while not desk.seen:
        await asyncio.wait({first}, timeout=0.001)
    second = asyncio.create_task(push(client, *platform.sealed_push(payload("text"), nonce="2")))
    await asyncio.wait({second}, timeout=0.1)
    told.set()
    replies = [platform.read_reply(text) for _, text in (await first, await second)]
    assert replies[0] == replies[1]
    assert len(desk.seen) == 1


async def test_a_message_that_cannot_be_kept_is_answered_with_an_apology(
    serve: Serve, platform: Any, payload: Payload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "KEEP_WITHIN_S", 0.02)

    async def store_is_down() -> None:
        raise OSError("oCitizen_One")

    async def store_hangs() -> None:
        await asyncio.Event().wait()

    for keeping in (store_is_down, store_hangs):
        desk = waiting_for(asyncio.Event())
        desk.keeping = keeping
        client = await serve(desk, answer_within_s=0.01)
        status, text = await push(client, *platform.sealed_push(payload("text")))
        assert (status, platform.read_reply(text)["Content"]) == (200, SORRY)
        for task in client.app[ANSWERS].tasks.values():
            task.cancel()


async def test_a_failure_is_an_apology_and_its_log_names_nobody(
    serve: Serve, platform: Any, payload: Payload
) -> None:
    async def fail(message: IncomingMessage) -> str | None:
        raise RuntimeError(f"{message.openid} said {message.content}")

    client = await serve(Desk(fail))
    with capture_logs() as logs:
        status, text = await push(client, *platform.sealed_push(payload("text")))
    assert (status, platform.read_reply(text)["Content"]) == (200, SORRY)
    assert [entry["error"] for entry in logs if entry["log_level"] == "error"] == ["RuntimeError"]
    assert "oCitizen" not in str(logs)
    assert "路灯" not in str(logs)


async def test_when_too_much_runs_the_next_message_is_kept_at_once(
    serve: Serve, platform: Any, payload: Payload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "MAX_IN_PROGRESS", 1)
    desk = waiting_for(asyncio.Event())
    client = await serve(desk, answer_within_s=0.02)
    await push(client, *platform.sealed_push(payload("text")))
    assert await push(client, *platform.sealed_push(payload("voice"))) == (200, "success")
    assert [message.kind.value for message in desk.seen] == ["text"]
    assert [message.kind.value for message in desk.kept] == ["text", "voice"]
    for task in client.app[ANSWERS].tasks.values():
        task.cancel()


async def test_stopping_lets_answers_finish_and_then_leaves_none(
    serve: Serve, platform: Any, payload: Payload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_progress, "FINISH_WITHIN_S", 0.02)
    desk = waiting_for(asyncio.Event())
    client = await serve(desk, answer_within_s=0.01)
    await push(client, *platform.sealed_push(payload("text")))
    (task,) = client.app[ANSWERS].tasks.values()
    await client.close()
    assert task.cancelled()
    assert len(desk.kept) == 1


async def test_a_citizen_who_hangs_up_does_not_stop_the_answer(
    serve: Serve, platform: Any, payload: Payload
) -> None:
    told = asyncio.Event()
    desk = waiting_for(told)
    client = await serve(desk)
    delivery = asyncio.create_task(push(client, *platform.sealed_push(payload("text"))))
    while not desk.seen:
        await asyncio.wait({delivery}, timeout=0.001)
    delivery.cancel()
    await asyncio.wait({delivery})
    (task,) = client.app[ANSWERS].tasks.values()
    told.set()
    assert await task == "迟到的答复"


async def test_nobody_waits_on_for_an_answer_that_was_cancelled_before_it_began() -> None:
    answers = AnswersInProgress()
    loop = asyncio.get_running_loop()

    async def work() -> str | None:
        return "好"

    def another() -> Any:
        raise AssertionError("two deliveries of one message are answered once")

    waiting = [
        asyncio.create_task(answers.answer("key", make, until=loop.time() + 60)) for make in (work, another)
    ]
    await asyncio.sleep(0)
    answers.tasks["key"].cancel()
    async with asyncio.timeout(5):
        first, second = await asyncio.gather(*waiting)
    assert first is second
    assert first.cancelled()
    assert (answers.tasks, answers.waiting) == ({}, {})


async def test_no_handlers_are_made_for_an_account_that_cannot_be_trusted(
    account: Account, now: datetime
) -> None:
    desk = saying(None)
    with pytest.raises(AccountsInvalid, match="token"):
        wechat_handlers(
            accounts={"county": replace(account, token="")},
            respond=desk.respond,
            keep_for_later=desk.keep,
            apologise=SORRY,
            clock=lambda: now,
        )
