"""Letters and the bulletin in a real browser: a letter goes out, is received and answered, with and without script."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.bot.web.conftest import Console
from tests.bot.web.conftest import clock as clock  # the fixtures of the running console
from tests.bot.web.conftest import console as console
from tests.browser.axe import serious_violations
from tests.browser.test_console import _person
from tests.chromium import PHONE, WIDE
from tests.factories import CITY_MANAGEMENT, HOUSING

pytestmark = pytest.mark.browser


async def _some_letters(console: Console) -> None:
    """One of each colour to one unit, one answered by another."""
    desk, boss = console.services.desk.joint, await console.actor("supervisor")
    ticket = await console.ticket(CITY_MANAGEMENT, title="夜市烧烤油烟扰民")
    other = await console.ticket(HOUSING, title="电梯停运两周")
    await desk.escalate(
        other.number, actor=boss, version=None, now=console.clock.now, text="电梯停运两周，请说明原因。"
    )
    await desk.answer_letter(
        other.number,
        f"{other.number}-L1",
        actor=await console.actor("housing"),
        version=None,
        now=console.clock.now,
        text="配件已到，明天上午恢复运行。",
    )
    for said in (
        "市民反映油烟仍在扰民，请三天内办结。",
        "逾期未回复，请说明原因。",
        "仍未回复，请主要负责人签批。",
    ):
        await desk.escalate(ticket.number, actor=boss, version=None, now=console.clock.now, text=said)
        console.clock.advance(days=8)


@pytest.mark.parametrize(
    ("viewport", "script"), [(WIDE, True), (PHONE, False)], ids=["wide-script", "phone-no-script"]
)
async def test_a_letter_goes_out_and_is_answered(
    browser: Browser, console: Console, viewport: Any, script: bool
) -> None:
    ticket = await console.ticket(CITY_MANAGEMENT, title="夜市烧烤油烟扰民")
    boss = await _person(browser, console, viewport, script=script)
    await boss.log_in("supervisor")
    await boss.page.goto(f"{boss.base}/console/letters")
    await boss.page.get_by_label("工单编号").fill(ticket.number)
    await boss.page.get_by_role("button", name="查这张工单").click()
    await boss.page.get_by_label("函的内容").fill("市民反映油烟仍在扰民，请三天内办结。")
    await boss.looks_right("letters-write")
    await boss.page.get_by_role("button", name="发出蓝色督办函").click()
    await expect(boss.page.get_by_role("status")).to_contain_text("发督办函已完成")
    unit = await _person(browser, console, viewport, script=script)
    await unit.log_in("liaison")
    await unit.page.goto(f"{unit.base}/console/letters")
    await unit.page.get_by_role("button", name="签收", exact=True).click()
    await expect(unit.page.get_by_role("status")).to_contain_text("签收督办函已完成")
    await unit.page.get_by_label("怎么处理的").fill("已责令加装净化设备，周五前验收。")
    await unit.looks_right("letters-answer")
    await unit.page.get_by_role("button", name="回复督办函").click()
    await expect(unit.page.get_by_role("status")).to_contain_text("回复督办函已完成")
    assert (await console.stored(ticket.number)).letters[0].answered_at is not None


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
async def test_the_pages_fit_and_have_no_serious_fault(
    browser: Browser, console: Console, viewport: Any
) -> None:
    await _some_letters(console)
    person = await _person(browser, console, viewport)
    await person.log_in("supervisor")
    for name in ("letters", "letters?list=all", "bulletin?month=2026-11"):
        await person.page.goto(f"{person.base}/console/{name}")
        await person.looks_right(name.replace("?", "-"))
        if viewport is WIDE:  # the same elements at either width
            assert await serious_violations(person.page) == [], name
