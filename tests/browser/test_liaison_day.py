"""A liaison who never saw the pages: from the inbox to a closed ticket, helped and warned on the way, at both widths."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from bot.people import User
from routing.workflow import Role, State
from tests.bot.web.conftest import PASSWORD, Console
from tests.bot.web.conftest import clock as clock  # the fixtures of the running console
from tests.bot.web.conftest import console as console
from tests.browser.axe import serious_violations
from tests.browser.test_console import Person, _person, _ticket
from tests.chromium import PHONE, WIDE
from tests.factories import CITY_MANAGEMENT
from tests.running import add_user

ANSWER = "烧烤店油烟问题已到现场核实，责令商户七日内装净化设备。"
PROMISE = "烧烤店油烟问题，我局将于12月5日前完成整改。"

pytestmark = pytest.mark.browser


async def _other(console: Console) -> None:
    user = User(username="colleague", name="李四海", role=Role.LIAISON, unit_id=CITY_MANAGEMENT)
    await add_user(console.services, user, password=PASSWORD)


@pytest.mark.parametrize(
    ("viewport", "script"), [(WIDE, False), (PHONE, True)], ids=["wide-no-script", "phone-script"]
)
async def test_from_the_inbox_to_a_closed_ticket(
    browser: Browser, console: Console, viewport: Any, script: bool
) -> None:
    ticket = await _ticket(console)
    store, now = console.services.reply_templates, console.clock.now
    text = "您好！您反映的“{事项}”收悉。经现场核实，已责令商户停用炉具、加装净化设备。"
    await store.add(CITY_MANAGEMENT, title="油烟已整改", text=text, by="陈立新", now=now)
    person = await _person(browser, console, viewport, script=script)
    page = person.page
    await person.log_in("liaison")
    clicks = Clicks(page)
    await clicks.on(page.get_by_role("link", name="夜市烧烤油烟扰民"))
    await clicks.on(page.get_by_role("button", name="签收", exact=True))
    await page.get_by_label("联系情况").fill("9:40 电话联系，市民补充了楼号。")
    await clicks.on(page.get_by_role("button", name="先行联系", exact=True))
    await clicks.on(page.get_by_role("button", name="油烟已整改"))
    answer = page.get_by_label("答复内容")
    await expect(answer).to_have_value(text.replace("{事项}", "夜市烧烤油烟扰民"))
    await person.looks_right(f"answering-{'script' if script else 'bare'}")
    await answer.fill(PROMISE)
    await clicks.on(page.get_by_role("button", name="答复并办结"))
    await expect(page.get_by_role("alert")).to_contain_text("承诺了具体日期")
    await person.looks_right(f"doubts-{'script' if script else 'bare'}")
    await answer.fill(ANSWER)
    await clicks.on(page.get_by_role("button", name="答复并办结"))
    await expect(page.get_by_role("status").first).to_contain_text("已办结")
    assert clicks.done <= 6
    assert (await console.stored(ticket.number)).state is State.RESOLVED


class Clicks:
    """Counts what the person had to press."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.done = 0

    async def on(self, target: Any) -> None:
        await target.click()
        self.done += 1


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
async def test_the_second_sees_the_first_writing_and_merges_without_losing_a_word(
    browser: Browser, console: Console, viewport: Any
) -> None:
    ticket = await _ticket(console)
    await _other(console)
    first, second = await _person(browser, console, viewport), await _person(browser, console, viewport)
    address = f"{first.base}/console/tickets/{ticket.number}"
    await first.log_in("liaison")
    await first.page.goto(address)
    await first.page.get_by_role("button", name="签收", exact=True).click()
    async with first.page.expect_response(lambda answer: answer.url.endswith("/presence")):
        await first.page.get_by_label("答复内容").press_sequentially("烧烤店")
    await second.log_in("colleague")
    await second.page.goto(address)
    await expect(second.page.locator("[data-others]")).to_have_text("陈立新正在写")
    await second.looks_right("somebody-writes")
    await second.page.get_by_label("答复内容").fill(ANSWER)
    await second.page.get_by_role("button", name="只答复，暂不办结").click()
    await expect(second.page.get_by_role("status").first).to_contain_text("答复已保存")
    mine = "烧烤店已停业整改，油烟净化设备装好了才能再开。"
    await first.page.get_by_label("答复内容").fill(mine)
    await first.page.get_by_role("button", name="答复并办结").click()
    await expect(first.page.get_by_role("heading", name="您打开之后发生的变化")).to_be_visible()
    await expect(first.page.get_by_label("答复内容")).to_have_value(mine)
    await first.looks_right("merge")
    if viewport is WIDE:
        assert await serious_violations(first.page) == []
    await first.page.get_by_role("button", name="答复并办结").click()
    await expect(first.page.get_by_role("status").first).to_contain_text("已办结")
    assert (await console.stored(ticket.number)).reply_text == mine


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
async def test_filters_views_and_templates_fit_and_have_no_serious_fault(
    browser: Browser, console: Console, viewport: Any
) -> None:
    await _ticket(console)
    await console.services.saved_views.save("liaison", "投诉", "tab=open&type=complaint")
    store, now = console.services.reply_templates, console.clock.now
    await store.add(CITY_MANAGEMENT, title="油烟已整改", text="您反映的{事项}收悉。", by="陈立新", now=now)
    person = await _person(browser, console, viewport)
    await person.log_in("liaison")
    for name, path in (
        ("inbox-narrowed", "tickets?tab=open&type=complaint"),
        ("inbox-to-save", "tickets?tab=open&urgency=ordinary"),
        ("reply-templates", "reply-templates"),
    ):
        await person.page.goto(f"{person.base}/console/{path}")
        await person.looks_right(name)
        if viewport is WIDE:
            assert await serious_violations(person.page) == [], name


async def test_the_list_is_walked_by_keyboard(browser: Browser, console: Console) -> None:
    numbers = [(await console.ticket(title=f"油烟{n}")).number for n in range(3)]
    person: Person = await _person(browser, console, WIDE)
    page = person.page
    await person.log_in("liaison")
    await page.goto(f"{person.base}/console/tickets")
    for key in ("j", "j", "j", "k"):
        await page.keyboard.press(key)
    shown = [await one.get_attribute("href") for one in await page.locator(".row-link").all()]
    assert len(shown) == len(numbers)
    await expect(page.locator(f'.row-link[href="{shown[1]}"]')).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{shown[1]}")
    await page.go_back()
    await page.keyboard.press("/")
    await expect(page.get_by_label("搜索工单")).to_be_focused()
