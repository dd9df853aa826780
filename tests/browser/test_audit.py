"""The audit in a real browser, with and without script."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from routing.citizen_request import Channel, RequestType
from routing.triage.deciding import Candidate, Reason, ReasonKind, TriageDecision
from tests.bot.web.conftest import Console
from tests.bot.web.conftest import clock as clock  # the fixtures of the running console
from tests.bot.web.conftest import console as console
from tests.browser.test_console import Person
from tests.chromium import WIDE
from tests.factories import CITY_MANAGEMENT, HOUSING

pytestmark = pytest.mark.browser

GREASE = "我要投诉楼下烧烤店，油烟扰民，半夜噪音太吵，没人管。"


async def _lived(console: Console) -> None:
    desk, boss = console.services.desk, await console.actor("supervisor")
    for n in range(4):
        ticket = await console.ticket(
            CITY_MANAGEMENT,
            text=GREASE,
            channel=list(Channel)[n % 3],
            request_type=RequestType.CONSULTATION if n % 2 else RequestType.COMPLAINT,
        )
        why = (Reason(ReasonKind.WORDS, "油烟、烧烤、半夜、噪音"),)
        ticket.triage = TriageDecision(True, (Candidate(CITY_MANAGEMENT, None, 1.0, why, None),), why, None)
        await console.services.tickets.save(ticket)
        if n == 3:
            moved_at = console.clock.now + timedelta(hours=20)
            await desk.transfer(
                ticket.number, HOUSING, actor=boss, version=None, now=moved_at, reason="物业的事"
            )
        now = console.clock.now + timedelta(hours=21)
        await desk.accept(ticket.number, actor=boss, version=None, now=now)
        await desk.resolve(ticket.number, actor=boss, version=None, now=now, text="已处理")
    console.clock.advance(days=1)


async def _supervisor(browser: Browser, console: Console, viewport: Any, **kwargs: Any) -> Person:
    context = await browser.new_context(viewport=viewport, locale="zh-CN", **kwargs)
    person = Person(await context.new_page(), str(console.server.make_url("")).rstrip("/"))
    await person.log_in("supervisor")
    return person


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
async def test_a_supervisor_goes_from_a_mistake_to_its_ticket_and_narrows_by_channel(
    browser: Browser, console: Console, script: bool
) -> None:
    await _lived(console)
    person = await _supervisor(browser, console, WIDE, java_script_enabled=script)
    page = person.page
    await page.locator(".rest summary").click()
    await page.get_by_role("link", name="审计").click()
    await page.get_by_role("link", name="县城管执法局 → 县住建局").click()
    await expect(page.get_by_text("改派1次，耽误0.8天")).to_be_visible()
    await page.get_by_role("link", name="← 派单对照").click()
    await page.get_by_role("combobox", name="受理渠道").select_option("web")
    if not script:
        await page.get_by_role("button", name="查看").click()
    await expect(page.get_by_text("受理的工单 1 件")).to_be_visible()
    await page.get_by_role("link", name="公平性").click()
    await expect(page.get_by_role("heading", name="公平性")).to_be_visible()
    await expect(page.get_by_text("受理的工单 1 件")).to_be_visible()
