"""The follow-up desk, repeated matters and a city's own tables in a real browser, at both widths, with and without script."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, FilePayload, expect

from routing.tables import DEMO_COUNTY
from routing.ticket import Ticket
from routing.workflow import State
from tests.bot.web.conftest import Console
from tests.bot.web.conftest import clock as clock  # the fixtures of the running console
from tests.bot.web.conftest import console as console
from tests.browser.axe import serious_violations
from tests.browser.test_console import _person
from tests.chromium import PHONE, WIDE

pytestmark = pytest.mark.browser

NOISE = "华庭小区东侧工地昨晚半夜还在打桩施工，噪音太大，第{}户睡不着"


async def _closed(console: Console) -> Ticket:
    ticket = await console.ticket(text="路灯坏了，晚上看不见路")
    desk, actor, now = console.services.desk, await console.actor("liaison"), console.clock.now
    await desk.accept(ticket.number, actor=actor, version=None, now=now)
    answer = "已更换灯头，当晚恢复照明，请您查看。"
    return await desk.resolve(ticket.number, actor=actor, version=None, now=now, text=answer)


@pytest.mark.parametrize(("viewport", "script"), [(WIDE, True), (PHONE, False)], ids=["wide", "phone"])
async def test_an_operator_calls_a_citizen_and_notes_what_they_say(
    browser: Browser, console: Console, viewport: Any, script: bool
) -> None:
    ticket = await _closed(console)
    person = await _person(browser, console, viewport, script=script)
    page = person.page
    await person.log_in("operator")
    await page.goto(f"{person.base}/console/visits")
    await person.looks_right("visits")
    if script:
        assert await serious_violations(page) == []
        await page.keyboard.press("0")
    else:
        await page.get_by_role("button", name="显示号码").click()
    await expect(page.locator("a.phone")).to_be_visible()
    await page.get_by_label("实际解决").check()
    await page.get_by_label("非常满意", exact=True).check()
    await page.get_by_role("button", name="登记回访结果").click()
    await expect(page.get_by_role("status")).to_contain_text("已归档")
    assert (await console.stored(ticket.number)).state is State.ARCHIVED


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
async def test_a_dispatcher_joins_a_pair_without_script(
    browser: Browser, console: Console, viewport: Any
) -> None:
    first = await console.ticket(text=NOISE.format(1))
    console.clock.advance(minutes=5)
    second = await console.ticket(text=NOISE.format(2))
    await console.services.duplicates.refresh(console.clock.now)
    person = await _person(browser, console, viewport, script=False)
    await person.log_in("dispatcher")
    await person.page.goto(f"{person.base}/console/duplicates")
    await person.looks_right("duplicates")
    await person.page.get_by_label("理由").fill("同一处工地")
    await person.page.get_by_role("button", name=f"把前一件并入 {first.number}").click()
    await expect(person.page.get_by_role("status")).to_contain_text("已并入")
    assert (await console.stored(second.number)).parent_number == first.number


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
async def test_an_administrator_looks_at_a_table_and_takes_it(
    browser: Browser, console: Console, viewport: Any
) -> None:
    text = (DEMO_COUNTY / "units.csv").read_text(encoding="utf-8").replace("县住建局", "县住房局")
    person = await _person(browser, console, viewport)
    page = person.page
    await person.log_in("administrator")
    for name in ("profiles", "profiles/demo-county", "tables"):
        await page.goto(f"{person.base}/console/{name}")
        await person.looks_right(name.replace("/", "-"))
        if viewport is WIDE:
            assert await serious_violations(page) == [], name
    await page.get_by_text("上传新的单位表").click()
    sheet: FilePayload = {"name": "单位.csv", "mimeType": "text/csv", "buffer": text.encode()}
    form = page.locator("form", has=page.locator("[name=kind][value=units]"))
    await form.locator("[type=file]").set_input_files(sheet)
    await form.get_by_role("button", name="先看有哪些变动").click()
    await expect(page.get_by_text("县住建局 → 县住房局")).to_be_visible()
    await person.looks_right("table-preview")
    await page.get_by_role("button", name="确认采用").click()
    await expect(page.get_by_role("status")).to_contain_text("已存为第 1 版")
    await page.goto(f"{person.base}/console/tables")
    await page.get_by_role("link", name="第 1 版").click()
    await person.looks_right("table-version")
    if viewport is WIDE:
        assert await serious_violations(page) == []
