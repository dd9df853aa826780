"""The /simulator page over HTTP, as it works without script, and its small interface for programs."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from bot.simulator.citizens import DemoCitizens
from bot.simulator.platform import SimulatedPlatform
from bot.simulator.records import EntryKind
from bot.simulator.views import moment


async def _get(http: aiohttp.ClientSession, url: str) -> str:
    async with http.get(url) as response:
        assert response.status == 200
        return await response.text()


async def test_a_form_post_sends_the_words_and_shows_the_reply(
    http: aiohttp.ClientSession, base: str
) -> None:
    fields = {"citizen": "wang", "kind": "text", "text": "路灯坏了"}
    async with http.post(f"{base}/simulator/send", data=fields, allow_redirects=False) as response:
        assert response.status == 303
        target = response.headers["Location"]
    assert "收到：路灯坏了" in await _get(http, base + target)


@pytest.mark.parametrize(
    ("fields", "pushed"),
    [
        ({"do": "choice|101|满意"}, {"Content": "满意", "bizmsgmenuid": "101"}),
        ({"do": "text||进度|一"}, {"Content": "进度|一"}),
        ({"do": "click|mine"}, {"Event": "CLICK", "EventKey": "mine"}),
        ({"do": "follow"}, {"Event": "subscribe"}),
        ({"do": "image"}, {"MsgType": "image"}),
        ({"kind": "voice", "text": "喂"}, {"Recognition": "喂"}),
        (
            {"kind": "location", "label": "广场", "latitude": "34.7", "longitude": "113.6"},
            {"Label": "广场", "Location_X": "34.7"},
        ),
    ],
)
async def test_every_button_works_without_script(
    http: aiohttp.ClientSession, base: str, service: Any, fields: dict[str, str], pushed: dict[str, str]
) -> None:
    async with http.post(f"{base}/simulator/send", data={"citizen": "li", **fields}) as response:
        assert response.status == 200
    assert pushed.items() <= service.received[0].fields.items()


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "text", "text": "  "},
        {"kind": "text", "text": "字" * 5001},
        {"kind": "location", "label": "广场", "latitude": "北", "longitude": "1"},
        {"kind": "location", "label": "广场", "latitude": "91", "longitude": "1"},
        {"kind": "location", "label": "广场", "latitude": "nan", "longitude": "1"},
        {"kind": "dance"},
    ],
)
async def test_a_wrong_form_is_refused_in_words_and_pushes_nothing(
    http: aiohttp.ClientSession, base: str, service: Any, fields: dict[str, str]
) -> None:
    async with http.post(f"{base}/simulator/send", data={"citizen": "li", **fields}) as response:
        assert response.status == 422
        assert 'role="alert">' in await response.text()
    assert service.received == []


@pytest.mark.parametrize("path", ["send", "citizens", "api/send"])
@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
)
async def test_another_sites_page_cannot_post(
    http: aiohttp.ClientSession, base: str, service: Any, path: str, headers: dict[str, str]
) -> None:
    fields = {"citizen": "li", "name": "赵阿姨", "text": "你好"}
    async with http.post(f"{base}/simulator/{path}", data=fields, headers=headers) as response:
        assert response.status == 403
    assert service.received == []


async def test_our_own_page_may_post(http: aiohttp.ClientSession, base: str) -> None:
    headers = {"Origin": base, "Sec-Fetch-Site": "same-origin"}
    fields = {"citizen": "li", "text": "你好"}
    async with http.post(f"{base}/simulator/send", data=fields, headers=headers) as response:
        assert response.status == 200


async def test_markup_of_citizen_and_service_is_shown_and_never_run(
    http: aiohttp.ClientSession, base: str, service: Any
) -> None:
    service.answers_text('<script>alert(1)</script><a href="javascript:alert(2)">x</a>')
    attack = '"><img src=x onerror=alert(3)>'
    async with http.post(f"{base}/simulator/send", data={"citizen": "li", "text": attack}) as response:
        page = await response.text()
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert 'href="javascript' not in page
    assert "&lt;script&gt;alert(1)" in page


async def test_citizens_have_their_own_chats_and_new_ones_can_be_added(
    http: aiohttp.ClientSession, base: str, service: Any
) -> None:
    await http.post(f"{base}/simulator/send", data={"citizen": "wang", "text": "王大爷说"})
    async with http.post(f"{base}/simulator/citizens", data={"name": "赵阿姨"}) as response:
        page = await response.text()
    assert "你是赵阿姨" in page
    assert "王大爷说" not in page
    await http.post(f"{base}/simulator/send", data={"citizen": "赵阿姨", "text": "你好"})
    first, second = (received.fields["FromUserName"] for received in service.received)
    assert first != second


async def test_the_page_shows_the_platforms_view_without_any_openid(
    http: aiohttp.ClientSession, base: str, service: Any
) -> None:
    platform_page = await _send(http, base, {"citizen": "chen", "text": "你好"})
    page = await _get(http, f"{base}/simulator?citizen=chen")
    assert f"MsgId {platform_page['message_id']}" in page
    assert "HTTP 200" in page
    assert "加密 是" in page
    assert service.received[0].fields["FromUserName"] not in page


async def _send(http: aiohttp.ClientSession, base: str, body: dict[str, Any]) -> dict[str, Any]:
    async with http.post(f"{base}/simulator/api/send", json=body) as response:
        assert response.status == 200
        answer: dict[str, Any] = await response.json()
        return answer


async def test_a_program_sends_and_reads_by_json(http: aiohttp.ClientSession, base: str) -> None:
    delivery = await _send(http, base, {"citizen": "测试员", "kind": "text", "text": "你好"})
    assert delivery["outcome"] == "answered"
    assert delivery["replies"] == ["收到：你好"]
    assert delivery["attempts"] == 1
    assert delivery["tries"][0]["status"] == 200
    talk = json.loads(await _get(http, f"{base}/simulator/api/conversation?citizen=测试员"))
    assert [entry["text"] for entry in talk["entries"]] == ["你好", "收到：你好"]
    seen = talk["entries"][0]["sequence"]
    later = json.loads(await _get(http, f"{base}/simulator/api/conversation?citizen=测试员&after={seen}"))
    assert [entry["text"] for entry in later["entries"]] == ["收到：你好"]


@pytest.mark.parametrize(
    "body", ["[]", "{", '{"citizen": "<b>", "text": "x"}', '{"citizen": "li", "kind": "text"}']
)
async def test_a_program_is_told_what_is_wrong(http: aiohttp.ClientSession, base: str, body: str) -> None:
    async with http.post(f"{base}/simulator/api/send", data=body) as response:
        assert response.status == 422
        assert response.content_type == "application/problem+json"
        assert (await response.json(content_type=None))["detail"]


async def _events(response: aiohttp.ClientResponse, kind: str, count: int) -> list[dict[str, Any]]:
    """The next ``count`` events of a kind."""
    found: list[dict[str, Any]] = []
    event = ""
    async with asyncio.timeout(30):
        async for raw in response.content:
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line.startswith("data: ") and event == kind:
                found.append(json.loads(line.removeprefix("data: ")))
                if len(found) == count:
                    return found
    raise AssertionError(f"only {len(found)} events")


async def test_lines_arrive_live_and_a_reader_who_was_away_misses_none(
    http: aiohttp.ClientSession, base: str, platform: SimulatedPlatform
) -> None:
    await _send(http, base, {"citizen": "li", "text": "第一句"})
    async with http.get(f"{base}/simulator/events?citizen=li&after=0") as stream:
        before = await _events(stream, "entry", 2)
        await _send(http, base, {"citizen": "li", "text": "第二句"})
        live = await _events(stream, "entry", 2)
        (delivery,) = await _events(stream, "delivery", 1)
    assert "第一句" in before[0]["html"]
    assert "第二句" in live[0]["html"]
    assert "已回复" in delivery["html"]
    headers = {"Last-Event-ID": str(before[1]["sequence"])}
    async with http.get(f"{base}/simulator/events?citizen=li&after=0", headers=headers) as stream:
        assert await _events(stream, "entry", 2) == live


async def test_an_open_stream_ends_when_the_platform_closes(
    http: aiohttp.ClientSession, base: str, platform: SimulatedPlatform
) -> None:
    async with http.get(f"{base}/simulator/events?citizen=li") as stream:
        await stream.content.readuntil(b"\n\n")
        await platform.close()
        async with asyncio.timeout(30):
            assert await stream.content.read() == b""


@pytest.mark.parametrize(
    "path", ["events?citizen=nobody", "api/conversation?citizen=", "static/../pages.py", "static/x"]
)
async def test_what_is_not_there_is_not_found(http: aiohttp.ClientSession, base: str, path: str) -> None:
    async with http.get(f"{base}/simulator/{path}") as response:
        assert response.status == 404


def test_times_are_written_as_on_a_phone_in_shanghai() -> None:
    now = datetime(2026, 10, 9, 4, 0, tzinfo=UTC)
    assert moment(datetime(2026, 10, 8, 16, 30, tzinfo=UTC), now) == "00:30"
    assert moment(datetime(2026, 10, 8, 15, 59, tzinfo=UTC), now) == "昨天 23:59"
    assert moment(datetime(2026, 10, 1, 1, 5, tzinfo=UTC), now) == "10月1日 09:05"
    assert moment(datetime(2025, 12, 31, 1, 5, tzinfo=UTC), now) == "2025年12月31日 09:05"


def test_the_same_name_is_the_same_citizen_and_old_guests_make_room() -> None:
    citizens = DemoCitizens(app_id="wx1")
    first = citizens.create("赵阿姨")
    assert first is citizens.create(" 赵阿姨 ")
    assert first is not None
    assert first.openid != DemoCitizens(app_id="wx2").create("赵阿姨").openid  # type: ignore[union-attr]
    for number in range(60):
        citizens.create(f"访客{number}")
    assert len(citizens.all()) == 50
    assert [citizen.key for citizen in citizens.all()[:3]] == ["wang", "li", "chen"]


def test_no_line_of_a_chat_is_without_a_kind_the_page_can_show(platform: SimulatedPlatform) -> None:
    from bot.simulator.citizens import DemoCitizen
    from bot.simulator.views import PageContent, Views

    citizen = DemoCitizen("li", "李女士", "oLi")
    views = Views(platform=platform, citizens=DemoCitizens(app_id="wx1"), content=PageContent())
    for kind in EntryKind:
        entry = platform.phones.show("oLi", "一段话", kind=kind, note="模板消息")
        html = views.entry(entry, platform.phones.of("oLi"), citizen, now=entry.at)
        assert "照片" in html if kind is EntryKind.IMAGE else "一段话" in html
