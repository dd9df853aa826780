"""The console in a real browser: what its script keeps, what a second click does, and the keyboard alone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from routing.citizen_request import Channel
from routing.events import EventKind
from routing.ticket import Ticket
from tests.bot.web.conftest import PASSWORD, Console
from tests.bot.web.conftest import clock as clock  # the fixtures of the running console
from tests.bot.web.conftest import console as console
from tests.chromium import PHONE, WIDE, keep_picture

ANSWER = "烧烤店油烟问题已到现场核实，责令商户七日内装净化设备。"

pytestmark = pytest.mark.browser


class Person:
    """Somebody at a screen; everything the browser complains of is kept."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        self.complaints: list[str] = []
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, kind: str, text: str) -> None:
        # A refused form answers 4xx on purpose; the browser reports that as an error of its own.
        if kind == "error" and "Failed to load resource" not in text:
            self.complaints.append(text)

    async def log_in(self, user: str) -> None:
        await self.page.goto(f"{self.base}/console/login")
        await self.page.get_by_label("用户名").fill(user)
        await self.page.get_by_label("密码").fill(PASSWORD)
        await self.page.get_by_role("button", name="登录", exact=True).click()
        await expect(self.page.get_by_text("退出")).to_be_visible()

    async def looks_right(self, name: str) -> None:
        """Nothing runs over the edge and the browser has no complaint; keeps a picture where asked for."""
        over = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{name} is {over} px too wide"
        assert self.complaints == [], name
        width = self.page.viewport_size["width"] if self.page.viewport_size else 0
        await keep_picture(self.page, f"console-{name}-{width}")


async def _person(browser: Browser, console: Console, viewport: Any, *, script: bool = True) -> Person:
    context = await browser.new_context(viewport=viewport, java_script_enabled=script, locale="zh-CN")
    return Person(await context.new_page(), str(console.server.make_url("")).rstrip("/"))


async def _ticket(console: Console) -> Ticket:
    return await console.ticket(
        title="夜市烧烤油烟扰民",
        text="楼下烧烤店每天营业到凌晨，油烟排到二楼窗户。" * 8,
        place="城关街道东门社区",
        channel=Channel.HOTLINE,
    )


async def test_a_half_written_answer_survives_a_reload_and_goes_with_the_login(
    browser: Browser, console: Console
) -> None:
    ticket = await _ticket(console)
    person = await _person(browser, console, PHONE)
    page = person.page
    await person.log_in("liaison")
    await page.goto(f"{person.base}/console/tickets/{ticket.number}")
    await page.get_by_role("button", name="签收", exact=True).click()
    await page.get_by_label("答复内容").fill(ANSWER)
    await page.reload()
    await expect(page.get_by_label("答复内容")).to_have_value(ANSWER)
    await page.get_by_role("button", name="退出").click()
    await expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    assert await page.evaluate("sessionStorage.length") == 0


async def test_a_double_click_signs_in_once(browser: Browser, console: Console) -> None:
    ticket = await _ticket(console)
    person = await _person(browser, console, WIDE)
    await person.log_in("liaison")
    await person.page.goto(f"{person.base}/console/tickets/{ticket.number}")
    await person.page.get_by_role("button", name="签收", exact=True).dblclick()
    await expect(person.page.get_by_role("status")).to_contain_text("已签收")
    stored = await console.stored(ticket.number)
    assert [event.kind for event in stored.events].count(EventKind.ACCEPTED) == 1


async def test_the_keyboard_alone_reaches_and_sends_the_answer(browser: Browser, console: Console) -> None:
    ticket = await _ticket(console)
    person = await _person(browser, console, WIDE)
    page = person.page
    await person.log_in("liaison")
    await page.goto(f"{person.base}/console/tickets/{ticket.number}")
    await page.get_by_role("button", name="签收", exact=True).focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("已签收")
    await page.get_by_label("答复内容").focus()
    await page.keyboard.type(ANSWER)
    await page.keyboard.press("Tab")  # the files to send along
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("已办结")


async def test_escape_closes_what_folds_out_and_the_first_tab_skips_to_the_text(
    browser: Browser, console: Console
) -> None:
    person = await _person(browser, console, WIDE)
    page = person.page
    await person.log_in("supervisor")
    await page.goto(f"{person.base}/console/tickets")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="跳到正文")).to_be_in_viewport()
    menu = page.locator(".rest summary")
    await menu.press("Enter")
    await expect(page.get_by_role("link", name="值班")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("link", name="值班")).to_be_hidden()
    await expect(menu).to_be_focused()
    await page.get_by_label("搜索工单").press("Escape")
    await expect(page.get_by_label("搜索工单")).not_to_be_focused()


@pytest.mark.parametrize("user", ["supervisor", "auditor"])
async def test_the_longest_menus_are_one_line_on_a_desk_and_there_on_a_telephone(
    browser: Browser, console: Console, user: str
) -> None:
    person = await _person(browser, console, WIDE)
    await person.log_in(user)
    for width in (1440, 1280, 1024):
        await person.page.set_viewport_size({"width": width, "height": 800})
        bar = await person.page.locator("header.bar").bounding_box()
        assert bar is not None
        assert bar["height"] < 65, f"more than one line at {width} px"
    await person.page.set_viewport_size(PHONE)
    for link in await person.page.locator(".bar nav > a").all():
        await expect(link).to_be_in_viewport()
    await person.looks_right(f"menu-{user}")
