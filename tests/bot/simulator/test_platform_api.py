"""The platform's API enforces tokens, windows and contents as the real one does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.simulator.faults import Failure
from bot.simulator.platform import SimulatedPlatform
from bot.simulator.records import EntryKind

WANG = "oWangWangWangWangWangWangWan"
LI = "oLiLiLiLiLiLiLiLiLiLiLiLiLiL"


class Caller:
    """Calls the API as a service does."""

    def __init__(self, http: aiohttp.ClientSession, base: str, platform: SimulatedPlatform) -> None:
        self.http, self.base, self.account = http, f"{base}/simulator/platform/cgi-bin/", platform.account
        self.access_token = ""

    async def token(self, **changes: object) -> dict[str, Any]:
        body = {
            "grant_type": "client_credential",
            "appid": self.account.app_id,
            "secret": self.account.secret,
            "force_refresh": False,
            **changes,
        }
        async with self.http.post(self.base + "stable_token", json=body) as response:
            answer: dict[str, Any] = await response.json()
        self.access_token = answer.get("access_token", self.access_token)
        return answer

    async def call(self, endpoint: str, body: object = None, *, data: str | None = None) -> dict[str, Any]:
        url, params = self.base + endpoint, {"access_token": self.access_token}
        method = "GET" if body is None and data is None else "POST"
        async with self.http.request(method, url, params=params, json=body, data=data) as response:
            assert response.status == 200
            answer: dict[str, Any] = await response.json()
            return answer

    async def text(self, openid: str, text: str = "您好") -> int:
        body = {"touser": openid, "msgtype": "text", "text": {"content": text}}
        code: int = (await self.call("message/custom/send", body))["errcode"]
        return code


@pytest.fixture
async def caller(platform: SimulatedPlatform, base: str) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as http:
        one = Caller(http, base, platform)
        await one.token()
        yield one


async def test_after_a_message_five_may_be_sent_and_no_sixth(
    platform: SimulatedPlatform, caller: Caller
) -> None:
    await platform.send_text(WANG, "你好")
    assert [await caller.text(WANG) for _ in range(6)] == [0, 0, 0, 0, 0, 45047]
    assert [entry.note for entry in platform.conversation(WANG)].count("客服消息") == 5


async def test_a_new_message_of_the_citizen_opens_five_more(
    platform: SimulatedPlatform, caller: Caller
) -> None:
    await platform.send_text(WANG, "你好")
    for _ in range(5):
        await caller.text(WANG)
    await platform.send_text(WANG, "还在吗")
    assert await caller.text(WANG) == 0


async def test_the_window_closes_after_48_hours(
    platform: SimulatedPlatform, caller: Caller, clock: Any
) -> None:
    await platform.send_text(WANG, "你好")
    clock.advance(hours=47, minutes=59)
    await caller.token()
    assert await caller.text(WANG) == 0
    clock.advance(minutes=1)
    await caller.token()
    assert await caller.text(WANG) == 45015


@pytest.mark.parametrize("event", ["follow", "click", "scan"])
async def test_after_an_event_three_may_be_sent_within_a_minute(
    platform: SimulatedPlatform, caller: Caller, clock: Any, event: str
) -> None:
    acts = {
        "follow": lambda: platform.follow(WANG),
        "click": lambda: platform.click_menu(WANG, "mine"),
        "scan": lambda: platform.scan(WANG, "hall"),
    }
    await acts[event]()
    assert [await caller.text(WANG) for _ in range(4)] == [0, 0, 0, 45047]
    clock.advance(seconds=60)
    assert await caller.text(WANG) == 45015


async def test_citizens_nobody_met_and_citizens_who_left_cannot_be_written_to(
    platform: SimulatedPlatform, caller: Caller
) -> None:
    assert await caller.text(LI) == 40003
    await platform.send_text(WANG, "你好")
    await platform.unfollow(WANG)
    assert await caller.text(WANG) == 43004


async def test_contents_are_checked_before_they_count(platform: SimulatedPlatform, caller: Caller) -> None:
    await platform.send_text(WANG, "你好")
    assert await caller.text(WANG, "字" * 683) == 45002
    assert await caller.text(WANG, "") == 47001
    assert (await caller.call("message/custom/send", data="not json"))["errcode"] == 47001
    wrong = {"touser": WANG, "msgtype": "hologram", "hologram": {}}
    assert (await caller.call("message/custom/send", wrong))["errcode"] == 40008
    assert [await caller.text(WANG) for _ in range(6)][-2:] == [0, 45047]


async def test_a_tap_menu_message_shows_its_lines_to_tap(platform: SimulatedPlatform, caller: Caller) -> None:
    await platform.send_text(WANG, "你好")
    menu = {
        "head_content": "办得怎么样？",
        "list": [{"id": "101", "content": "满意"}],
        "tail_content": "谢谢",
    }
    answer = await caller.call("message/custom/send", {"touser": WANG, "msgtype": "msgmenu", "msgmenu": menu})
    assert answer["errcode"] == 0
    shown = platform.conversation(WANG)[-1]
    assert shown.kind is EntryKind.MENU
    assert shown.text.startswith("办得怎么样？\n<a href=")
    assert "msgmenuid=101" in shown.text


async def test_the_same_token_until_its_last_five_minutes_then_both(caller: Caller, clock: Any) -> None:
    first = caller.access_token
    clock.advance(minutes=114)
    assert (await caller.token())["access_token"] == first
    clock.advance(minutes=1)
    second = (await caller.token())["access_token"]
    assert second != first
    for value, code in ((first, 46003), (second, 46003)):
        caller.access_token = value
        assert (await caller.call("menu/get"))["errcode"] == code
    clock.advance(minutes=5)
    caller.access_token = first
    assert (await caller.call("menu/get"))["errcode"] == 42001


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda platform, caller: platform.tokens.expire(), 42001),
        (lambda platform, caller: platform.tokens.revoke(), 40001),
        (lambda platform, caller: setattr(caller, "access_token", "wrong"), 40001),
        (lambda platform, caller: setattr(caller, "access_token", ""), 41001),
    ],
)
async def test_a_bad_token_is_refused(
    platform: SimulatedPlatform, caller: Caller, spoil: Any, code: int
) -> None:
    await platform.send_text(WANG, "你好")
    spoil(platform, caller)
    assert await caller.text(WANG) == code
    await caller.token()
    assert await caller.text(WANG) == 0


async def test_a_forced_refresh_kills_the_old_token_but_not_twice_in_30_seconds(
    caller: Caller, clock: Any
) -> None:
    first = caller.access_token
    second = (await caller.token(force_refresh=True))["access_token"]
    assert second != first
    assert (await caller.token(force_refresh=True))["access_token"] == second
    clock.advance(seconds=30)
    assert (await caller.token(force_refresh=True))["access_token"] != second


async def test_forced_refreshes_are_limited_to_twenty_a_day(caller: Caller, clock: Any) -> None:
    for _ in range(20):
        assert "access_token" in await caller.token(force_refresh=True)
        clock.advance(seconds=31)
    assert (await caller.token(force_refresh=True))["errcode"] == 45009


@pytest.mark.parametrize(
    ("changes", "code"), [({"secret": "wrong"}, 40125), ({"appid": "wx"}, 40013), ({"grant_type": ""}, 47001)]
)
async def test_a_token_needs_the_right_credentials(
    caller: Caller, changes: dict[str, str], code: int
) -> None:
    assert (await caller.token(**changes))["errcode"] == code


async def test_ordered_faults_come_once_and_in_order(platform: SimulatedPlatform, caller: Caller) -> None:
    await platform.send_text(WANG, "你好")
    platform.faults.fail_next("message/custom/send", -1, times=2)
    platform.faults.fail_next("message/custom/send", 45011)
    assert [await caller.text(WANG) for _ in range(4)] == [-1, -1, 45011, 0]


async def test_a_reset_after_the_effect_leaves_the_caller_unsure_and_the_citizen_served(
    platform: SimulatedPlatform, caller: Caller
) -> None:
    await platform.send_text(WANG, "你好")
    platform.faults.fail_next("message/custom/send", Failure.RESET_AFTER_EFFECT)
    with pytest.raises(aiohttp.ClientError):
        await caller.text(WANG, "只此一条")
    assert platform.conversation(WANG)[-1].text == "只此一条"


MENU = {
    "button": [
        {"type": "click", "name": "我要反映", "key": "report"},
        {"name": "办事", "sub_button": [{"type": "view", "name": "公开", "url": "https://example.org/"}]},
    ]
}


async def test_a_menu_is_created_shown_and_deleted(platform: SimulatedPlatform, caller: Caller) -> None:
    assert (await caller.call("menu/create", MENU))["errcode"] == 0
    assert (await caller.call("menu/get"))["menu"] == MENU
    await platform.click_menu(WANG, "report")
    assert "我要反映" in platform.conversation(WANG)[0].text
    assert (await caller.call("menu/delete"))["errcode"] == 0
    assert (await caller.call("menu/get"))["errcode"] == 46003


@pytest.mark.parametrize(
    ("button", "code"),
    [
        ([], 40016),
        ([{"type": "click", "name": "一", "key": "k"}] * 4, 40016),
        ([{"type": "click", "name": "六个字的名字", "key": "k"}], 40018),
        ([{"type": "click", "name": "一", "key": "k" * 129}], 40019),
        ([{"type": "scancode", "name": "一", "key": "k"}], 40017),
        ([{"name": "一", "sub_button": [{"type": "click", "name": "一", "key": "k"}] * 6}], 40023),
    ],
)
async def test_a_menu_over_the_limits_is_refused(caller: Caller, button: list[object], code: int) -> None:
    assert (await caller.call("menu/create", {"button": button}))["errcode"] == code


async def test_a_template_message_needs_no_window_and_comes_once_per_client_id(
    platform: SimulatedPlatform, caller: Caller, service: Any, clock: Any
) -> None:
    await platform.follow(WANG)
    clock.advance(days=30)
    await caller.token()
    body = {
        "touser": WANG,
        "template_id": "t",
        "client_msg_id": "n-1",
        "data": {"thing1": {"value": "已派单"}},
    }
    first = await caller.call("message/template/send", body)
    again = await caller.call("message/template/send", body)
    assert first["errcode"] == 0
    assert again["msgid"] == first["msgid"]
    shown = [entry.text for entry in platform.conversation(WANG) if entry.kind is EntryKind.TEMPLATE]
    assert shown == ["已派单"]
    await platform.settle()
    report = service.received[-1].fields
    assert (report["Event"], report["Status"]) == ("TEMPLATESENDJOBFINISH", "success")
    assert report["MsgID"] == str(first["msgid"])


async def test_a_subscription_notice_needs_a_consent_each(
    platform: SimulatedPlatform, caller: Caller
) -> None:
    await platform.follow(WANG)
    body = {"touser": WANG, "template_id": "t", "data": {"thing1": {"value": "已派单"}}}
    assert (await caller.call("message/subscribe/bizsend", body))["errcode"] == 43101
    platform.consent(WANG, "t")
    for field, value in (("thing1", "字" * 21), ("phrase1", "已答…"), ("number1", "HY1"), ("thing1", "")):
        wrong = {**body, "data": {field: {"value": value}}}
        assert (await caller.call("message/subscribe/bizsend", wrong))["errcode"] == 47003
    assert (await caller.call("message/subscribe/bizsend", body))["errcode"] == 0
    assert (await caller.call("message/subscribe/bizsend", body))["errcode"] == 43101


async def test_a_photo_can_be_fetched_by_its_media_id(
    platform: SimulatedPlatform, caller: Caller, service: Any
) -> None:
    await platform.send_image(WANG)
    params = {"access_token": caller.access_token, "media_id": service.received[0].fields["MediaId"]}
    async with caller.http.get(caller.base + "media/get", params=params) as response:
        assert response.content_type == "image/jpeg"
        assert (await response.read()).startswith(b"\xff\xd8\xff")
    async with caller.http.get(caller.base + "media/get", params={**params, "media_id": "x"}) as response:
        assert (await response.json())["errcode"] == 40007


async def test_an_endpoint_the_platform_does_not_have_says_so(caller: Caller) -> None:
    assert (await caller.call("no/such"))["errcode"] == 48001


async def test_who_waits_for_a_pushed_message_is_woken_by_it(
    platform: SimulatedPlatform, caller: Caller
) -> None:
    import asyncio

    await platform.send_text(WANG, "你好")
    after = platform.conversation(WANG)[-1].sequence
    waiting = asyncio.create_task(platform.arrival(WANG, after=after))
    await caller.text(WANG, "办好了")
    assert (await waiting).text == "办好了"
    with pytest.raises(TimeoutError):
        await platform.arrival(WANG, after=after + 10**9, timeout_s=0.01)
