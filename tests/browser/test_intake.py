"""登记台 in a real browser: a call taken by keyboard alone, suggestions as it is typed, and the same without script."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from routing.citizen_request import Urgency
from routing.workflow import State
from tests.bot.web.conftest import Console
from tests.bot.web.conftest import clock as clock  # the fixtures of the running console
from tests.bot.web.conftest import console as console
from tests.browser.axe import serious_violations
from tests.browser.test_console import _person
from tests.chromium import PHONE, WIDE

pytestmark = pytest.mark.browser

LIGHT = "东门社区中山路路灯坏了三天，晚上黑得看不见路，请派人修一下。"
CALLER = "13811112222"


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
async def test_a_call_is_taken_with_the_keyboard_alone(
    browser: Browser, console: Console, viewport: Any
) -> None:
    person = await _person(browser, console, viewport)
    page = person.page
    await person.log_in("operator")
    await page.goto(f"{person.base}/console/intake")
    await expect(page.get_by_label("联系电话")).to_be_focused()
    await page.keyboard.type(CALLER)
    await expect(page.get_by_text("这个号码以前没有登记过")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("称呼")).to_be_focused()
    await page.keyboard.type("赵小芳")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("诉求内容")).to_be_focused()
    await page.keyboard.type(LIGHT)
    await expect(page.locator("#advice")).to_contain_text("城市管理")
    await page.keyboard.press("Tab")
    await page.keyboard.type("东门社区")
    await expect(page.locator("#places .offers button").first).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("地点")).to_have_value("城关街道东门社区")
    await expect(page.get_by_label("地点")).to_be_focused()
    await page.keyboard.press("Alt+Digit5")
    await expect(page.get_by_label("已经答复市民的内容")).to_be_focused()
    await page.keyboard.press("Alt+Digit3")
    await expect(page.get_by_label("诉求内容")).to_be_focused()
    await page.get_by_text("当场能答的，直接答复办结").click()
    await person.looks_right("intake")
    if viewport is WIDE:  # the same elements at either width
        assert await serious_violations(page) == []
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url(re.compile(r"/console/intake/HY\d+"))
    number = page.url.rsplit("/", 1)[1]
    ticket = await console.stored(number)
    assert (ticket.text, ticket.place) == (LIGHT, "城关街道东门社区")
    await expect(page.get_by_text("查询码").first).to_be_visible()
    await person.looks_right("intake-done")
    if viewport is WIDE:
        assert await serious_violations(page) == []


async def test_danger_comes_up_while_it_is_typed_and_repeats_are_known(
    browser: Browser, console: Console
) -> None:
    await console.ticket(text=LIGHT)
    await console.services.duplicates.refresh(console.clock.now)
    person = await _person(browser, console, PHONE)
    page = person.page
    await person.log_in("dispatcher")
    await page.goto(f"{person.base}/console/intake")
    await page.get_by_label("诉求内容").fill("楼下着火了，还有人在里面，快来救人！")
    await expect(page.get_by_role("alert")).to_contain_text("119")
    await page.get_by_label("诉求内容").fill(LIGHT)
    await expect(page.get_by_role("alert")).to_have_count(0)
    await page.locator("#advice [name=parent]").first.check()
    await page.get_by_label("诉求内容").press("Control+Enter")
    await page.wait_for_url(re.compile(r"/console/intake/HY\d+"))
    await expect(page.get_by_role("status")).to_contain_text("已并入")
    assert (await console.stored(page.url.rsplit("/", 1)[1])).state is State.LINKED


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
async def test_without_script_the_buttons_do_the_same_and_enter_files_nothing(
    browser: Browser, console: Console, viewport: Any
) -> None:
    person = await _person(browser, console, viewport, script=False)
    page = person.page
    await person.log_in("operator")
    await page.goto(f"{person.base}/console/intake")
    await page.get_by_label("诉求内容").fill(LIGHT)
    await page.get_by_label("地点").fill("东门社区")
    await page.get_by_label("地点").press("Enter")
    await expect(page.get_by_label("诉求内容")).to_have_value(LIGHT)
    await expect(page.locator("#advice")).to_contain_text("城市管理")
    assert await console.services.database["tickets"].count_documents({}) == 0
    await page.locator("#places .offers button").first.click()
    await expect(page.get_by_label("地点")).to_have_value("城关街道东门社区")
    await page.get_by_label("紧急").check()
    await page.get_by_role("button", name="存草稿").click()
    await page.get_by_role("link", name="东门社区中山路路灯").click()
    await expect(page.get_by_label("紧急")).to_be_checked()
    await person.looks_right("intake-no-script")
    await page.get_by_role("button", name="登记并派单").click()
    await page.wait_for_url(re.compile(r"/console/intake/HY\d+"))
    assert (await console.stored(page.url.rsplit("/", 1)[1])).urgency is Urgency.URGENT


async def test_what_is_typed_is_asked_about_and_then_kept_by_itself(
    browser: Browser, console: Console
) -> None:
    person = await _person(browser, console, WIDE)
    page = person.page
    await person.log_in("operator")
    await page.goto(f"{person.base}/console/intake")
    asked: list[str] = []

    async def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    await page.get_by_label("诉求内容").click()
    await page.keyboard.type(LIGHT)
    await page.get_by_role("link", name="工单", exact=True).click()
    await expect(page.get_by_label("诉求内容")).to_have_value(LIGHT)
    assert asked == ["beforeunload"]
    await expect(page.locator("#kept")).to_contain_text("已自动存成草稿")
    await page.goto(f"{person.base}/console/intake")
    assert asked == ["beforeunload"]
    await page.get_by_role("link", name=LIGHT[:10]).click()
    await expect(page.get_by_label("诉求内容")).to_have_value(LIGHT)
    await page.keyboard.press("Control+s")
    await expect(page.get_by_role("status")).to_contain_text("草稿已存")
