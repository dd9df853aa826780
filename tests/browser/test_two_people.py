"""Two people at one matter, on the lists where many work side by side: the second sees that somebody writes, and loses no
word when the first was faster."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, expect

from bot.people import User
from routing.workflow import Role
from tests.bot.web.conftest import HOTLINE, PASSWORD, Console
from tests.bot.web.conftest import clock as clock  # the fixtures of the running console
from tests.bot.web.conftest import console as console
from tests.browser.test_console import _person
from tests.chromium import WIDE
from tests.factories import CITY_MANAGEMENT
from tests.running import add_user

pytestmark = pytest.mark.browser

MINE = "先看了现场照片，再与住建核对了清单"


@dataclass(frozen=True, slots=True)
class Desk:
    """A list with a form in each line: who works there, in which field, and what the first of the two says and presses."""

    path: str
    prepare: Callable[[Console], Awaitable[None]]
    first: str
    second: User
    name: str
    field: str
    said: str
    button: str


async def _return_asked(console: Console) -> None:
    ticket, actor = await console.ticket(), await console.actor("liaison")
    await console.services.desk.request_return(
        ticket.number, actor=actor, version=None, now=console.clock.now, reason="归住建管", basis="清单第12项"
    )


async def _letter_received(console: Console) -> None:
    ticket, joint = await console.ticket(), console.services.desk.joint
    boss, unit, now = await console.actor("supervisor"), await console.actor("liaison"), console.clock.now
    await joint.escalate(ticket.number, actor=boss, version=None, now=now, text="请三天内办结。")
    await joint.receive_letter(ticket.number, f"{ticket.number}-L1", actor=unit, version=None, now=now)


DESKS = {
    "reviews": Desk(
        path="/console/reviews",
        prepare=_return_asked,
        first="dispatcher",
        second=User(username="other", name="李四海", role=Role.DISPATCHER, unit_id=HOTLINE),
        name="何文静",
        field="审核意见",
        said="属实，改派住建",
        button="同意退单",
    ),
    "letters": Desk(
        path="/console/letters",
        prepare=_letter_received,
        first="liaison",
        second=User(username="other", name="李四海", role=Role.LIAISON, unit_id=CITY_MANAGEMENT),
        name="陈立新",
        field="怎么处理的",
        said="已约谈商户，明天装净化设备。",
        button="回复督办函",
    ),
}


@pytest.mark.parametrize("where", DESKS)
async def test_on_a_list_the_second_sees_who_writes_and_keeps_every_word(
    browser: Browser, console: Console, where: str
) -> None:
    desk = DESKS[where]
    await desk.prepare(console)
    await add_user(console.services, desk.second, password=PASSWORD)
    first, second = await _person(browser, console, WIDE), await _person(browser, console, WIDE)
    await first.log_in(desk.first)
    await second.log_in("other")
    for person in (first, second):
        await person.page.goto(f"{person.base}{desk.path}")
    async with first.page.expect_response(lambda answer: answer.url.endswith("/presence")):
        await first.page.get_by_label(desk.field).press_sequentially(desk.said[:4])
    # Whoever has the list open hears it with the first letter they type; whoever opens it now reads it at once.
    async with second.page.expect_response(lambda answer: answer.url.endswith("/presence")):
        await second.page.get_by_label(desk.field).press_sequentially(MINE)
    others = second.page.locator("[data-others]").first
    await expect(others).to_have_text(f"{desk.name}正在写")
    third = await second.page.context.new_page()
    await third.goto(f"{second.base}{desk.path}")
    await expect(third.locator("[data-others]").first).to_have_text(f"{desk.name}正在写")
    await third.close()
    await first.page.get_by_label(desk.field).fill(desk.said)
    await first.page.get_by_role("button", name=desk.button).click()
    await expect(first.page.get_by_role("status").first).to_be_visible()
    await second.page.get_by_role("button", name=desk.button).click()
    await expect(second.page.get_by_role("alert").first).to_be_visible()
    await expect(second.page.locator("main")).to_contain_text(MINE)
    await second.looks_right(f"two-people-{where}")
