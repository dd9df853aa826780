"""实时督办: numbers that lead to their tickets and move within two seconds of what moved them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from html import unescape
from typing import Any

import pytest

from bot import live_board
from bot.live_board import BOARD
from bot.web import live
from routing.departments import UnitId
from tests.bot.web.conftest import Browser, Console
from tests.factories import CITY_MANAGEMENT, HOUSING


def _number(html: str, key: str) -> int:
    found = re.search(rf'data-live="{re.escape(key)}">(\d+)<', html)
    assert found, f"{key} is not on the page"
    return int(found[1])


async def _events(browser: Browser) -> AsyncGenerator[dict[str, int], None]:
    async with browser.client.get("/console/live/events") as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        async for line in response.content:
            if line.startswith(b"data: "):
                yield json.loads(line.removeprefix(b"data: "))


async def test_without_tickets_the_page_says_so(console: Console) -> None:
    page = await (await console.as_("supervisor")).open("/console/live")
    assert "现在没有在办的工单" in page.words
    assert "近来没有许多人反映的同一件事" in page.words


async def test_numbers_stand_by_unit_and_level_and_lead_to_their_tickets(console: Console) -> None:
    for _ in range(2):
        await console.ticket(CITY_MANAGEMENT)
    late = await console.ticket(HOUSING)
    console.clock.advance(days=60)
    fresh = await console.ticket(HOUSING)
    await console.services.desk.check_deadlines(console.clock.now, limit=100)
    browser = await console.as_("supervisor")
    page = await browser.open("/console/live")
    assert _number(page.html, "all:open") == 4
    assert _number(page.html, "all:overdue") == 3
    assert _number(page.html, f"unit:{HOUSING}:overdue") == 1
    assert _number(page.html, "level:county:open") == 4
    page = await browser.open(f"/console/tickets?due=overdue&unit={HOUSING}")
    assert late.number in page.words
    assert fresh.number not in page.words


async def test_what_is_at_risk_is_listed_as_such(console: Console) -> None:
    ticket = await console.ticket(CITY_MANAGEMENT)
    nearest = ticket.next_due_at
    assert nearest is not None
    console.clock.now = nearest - (nearest - console.clock.now) * 0.02
    await console.services.desk.check_deadlines(console.clock.now, limit=100)
    browser = await console.as_("supervisor")
    assert _number((await browser.open("/console/live")).html, "all:at_risk") == 1
    assert ticket.number in (await browser.open("/console/tickets?due=risk")).words
    console.clock.now = nearest
    assert "没有快到期的工单" not in (await browser.open("/console/tickets?due=risk")).words
    console.clock.advance(seconds=1)
    assert "没有快到期的工单" in (await browser.open("/console/tickets?due=risk")).words


async def test_a_number_moves_within_two_seconds(console: Console) -> None:
    await console.ticket(CITY_MANAGEMENT)
    events = _events(await console.as_("supervisor"))
    async with asyncio.timeout(10):
        first = await anext(events)
    assert first["all:open"] == 1
    await console.ticket(HOUSING)
    async with asyncio.timeout(2):
        second = await anext(events)
    assert second["all:open"] == 2
    assert second[f"unit:{HOUSING}:open"] == 1
    await events.aclose()


async def test_a_closed_login_hears_no_more(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_AGAIN_S", 0)
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.05)
    await console.ticket(CITY_MANAGEMENT)
    events = _events(await console.as_("supervisor"))
    await anext(events)
    await console.services.staff.close("supervisor", by="administrator", why="", now=console.clock.now)
    async with asyncio.timeout(5):
        with pytest.raises(StopAsyncIteration):
            await anext(events)


async def test_the_one_too_many_is_asked_to_come_later(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_board, "MOST_WATCHERS", 0)
    browser = await console.as_("supervisor")
    page = await browser.open("/console/live/events")
    assert page.status == 503
    assert page.headers["Retry-After"] == "60"


async def test_nobody_looks_while_nobody_watches(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.05)  # what finds that the connection is closed
    await console.ticket(CITY_MANAGEMENT)
    app: Any = console.server.app
    board = app[BOARD]
    events = _events(await console.as_("supervisor"))
    await anext(events)
    assert board.watchers == 1
    await events.aclose()
    async with asyncio.timeout(20):
        await asyncio.wait({board._looking})
    assert board.watchers == 0


async def test_the_wall_screen_shows_no_ticket(console: Console) -> None:
    ticket = await console.ticket(CITY_MANAGEMENT)
    page = await (await console.as_("supervisor")).open("/console/live?wall=1")
    assert 'class="wall"' in page.html
    assert ticket.number not in page.html


async def test_a_cell_of_topic_and_unit_leads_to_exactly_its_tickets(console: Console) -> None:
    old = await console.ticket(text="路灯坏了，晚上看不见路")
    console.clock.advance(days=9)
    new = [(await console.ticket(text=f"第{n}盏路灯坏了，晚上看不见路")).number for n in range(2)]
    boss = await console.as_("supervisor")
    page = await boss.open("/console/live")
    href = re.search(r'href="(/console/tickets\?tab=all[^"]*since=[^"]*)"[^>]*>2</a>', page.html)
    assert href, page.words
    listed = await boss.open(unescape(href[1]))
    assert all(number in listed.words for number in new)
    assert old.number not in listed.words
    assert "11月19日以后受理的" in listed.words
    assert (await boss.open("/console/tickets?since=0001-01-01")).status == 200


_NUMBER_WITH_ITS_LIST = re.compile(
    r'href="(/console/tickets[^"]*)"[^>]*>(?:<span[^>]*>[^<]*</span>)?(?:<b[^>]*>)?(\d+)<'
)


async def _all_kinds_of_tickets(console: Console) -> None:
    """Of two levels and of nobody yet, late, at risk and fresh; one closed without a unit, one of no topic."""
    desk, clock, town = console.services.desk, console.clock, UnitId("qh.chengguan.government")
    for unit in (CITY_MANAGEMENT, CITY_MANAGEMENT, HOUSING, town):
        await console.ticket(unit, text=f"第{clock.now:%j}天，楼下烧烤店油烟扰民")
    clock.advance(days=30)
    rejected = await console.ticket(None, text="有件事想请你们管一管，我说不清楚是哪家的")
    await console.ticket(None, text="还有件事想请你们管一管，我说不清楚是哪家的")
    await desk.reject(
        rejected.number,
        actor=await console.actor("dispatcher"),
        version=None,
        now=clock.now,
        reason="不属于本地",
    )
    tickets = console.services.database["tickets"]
    await tickets.update_one({"_id": rejected.number}, {"$set": {"topic": None}})
    ticket = await console.ticket(HOUSING, text="电梯停运两周没人修")
    await console.ticket(town, text="村里的路灯坏了三盏")
    assert ticket.next_due_at is not None
    clock.now = ticket.next_due_at - (ticket.next_due_at - clock.now) * 0.1
    await desk.check_deadlines(clock.now, limit=100)


async def test_every_number_of_the_board_opens_a_list_of_just_as_many(console: Console) -> None:
    await _all_kinds_of_tickets(console)
    boss = await console.as_("supervisor")
    html = (await boss.open("/console/live")).html
    numbers = _NUMBER_WITH_ITS_LIST.findall(html)
    assert len(numbers) > 4 * (1 + 2 + 3), "all, two levels, three units"
    assert len(re.findall(r"data-live=", html)) == sum(
        "data-live" in one for one in re.findall(r"<a [^>]*>.*?</a>", html)
    )
    wrong = {}
    for href, number in dict.fromkeys(numbers):
        listed = re.search(r"共 (\d+) 件", (await boss.open(unescape(href))).words)
        if int(listed[1] if listed else 0) != int(number):
            wrong[unescape(href)] = (number, listed and listed[1])
    assert wrong == {}
    kinds = {unescape(href) for href, number in numbers if number != "0"}
    for kind in ("due=overdue", "due=risk", "level=township", "unit=none", "topic=none"):
        assert any(kind in href for href in kinds), kind


async def test_the_stream_has_no_number_that_the_page_lacks(console: Console) -> None:
    """Such a number would have the page loaded anew for good."""
    await _all_kinds_of_tickets(console)
    boss = await console.as_("supervisor")
    shown = set(re.findall(r'data-live="([^"]+)"', (await boss.open("/console/live")).html))
    events = _events(boss)
    assert {key for key, value in (await anext(events)).items() if value} <= shown
    await events.aclose()


async def test_who_is_about_to_miss_what_stands_first_and_renews_itself(console: Console) -> None:
    await _all_kinds_of_tickets(console)
    boss = await console.as_("supervisor")
    page = await boss.open("/console/live")
    nearest = re.findall(r'<li class="edge-(\w+)">', page.html)
    assert nearest == sorted(nearest, key=lambda tone: tone != "soon"), "the warned of first"
    assert "soon" in nearest
    part = await boss.client.get("/console/live?part=nearest")
    assert part.content_type == "text/plain", "no page: it leaves what the next page says alone"
    words = await part.text()
    assert words.count("<li") == len(nearest)
    assert "还剩" in words
    wall = await (await boss.client.get("/console/live?part=nearest&wall=1")).text()
    assert "/console/tickets" not in wall
