"""The centre's desks in a real browser: dispatching by keyboard, deciding in place, duty and logins; each page free of
serious faults of accessibility."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from routing.workflow import State
from tests.bot.web.conftest import Console
from tests.bot.web.conftest import clock as clock  # the fixtures of the running console
from tests.bot.web.conftest import console as console
from tests.browser.test_console import _person
from tests.chromium import PHONE, WIDE
from tests.factories import CITY_MANAGEMENT

pytestmark = pytest.mark.browser

VAGUE = "有件事想请你们管一管，我说不清楚是哪家的，第{}件"


async def test_a_dispatcher_works_the_queue_with_the_keyboard_alone(
    browser: Browser, console: Console
) -> None:
    first, second = [(await console.ticket(None, text=VAGUE.format(n))).number for n in range(2)]
    person = await _person(browser, console, WIDE)
    page = person.page
    await person.log_in("dispatcher")
    await page.goto(f"{person.base}/console/triage")
    desk = page.locator("[data-desk]")
    await expect(desk).to_have_attribute("data-desk", first)
    await page.keyboard.press("j")
    await expect(desk).to_have_attribute("data-desk", second)
    await page.keyboard.press("k")
    await expect(desk).to_have_attribute("data-desk", first)
    await page.keyboard.press("/")
    await expect(page.get_by_label("派给其他单位")).to_be_focused()
    await page.keyboard.type(console.services.units.get(CITY_MANAGEMENT).name)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("已派给")
    await expect(desk).to_have_attribute("data-desk", second)
    assert (await console.stored(first)).unit_id == CITY_MANAGEMENT


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
async def test_a_return_is_decided_in_the_queue_without_script(
    browser: Browser, console: Console, viewport: Any
) -> None:
    ticket = await console.ticket()
    await console.services.desk.request_return(
        ticket.number,
        actor=await console.actor("liaison"),
        version=None,
        now=console.clock.now,
        reason="路灯归住建部门管",
        basis="权责清单第12项",
    )
    person = await _person(browser, console, viewport, script=False)
    await person.log_in("supervisor")
    await person.page.goto(f"{person.base}/console/reviews")
    await person.looks_right("reviews")
    await person.page.get_by_label("审核意见").fill("属实")
    await person.page.get_by_role("button", name="同意退单").click()
    await expect(person.page.get_by_role("status")).to_contain_text("已同意退单")
    assert (await console.stored(ticket.number)).state is State.RECEIVED
