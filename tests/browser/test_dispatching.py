"""A dispatcher at work in a real browser: candidates with reasons and precedents, hints, one tap to dispatch."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from routing.citizen_request import Channel
from routing.workflow import State
from tests.bot.web.conftest import Console
from tests.bot.web.conftest import clock as clock  # the fixtures of the running console
from tests.bot.web.conftest import console as console
from tests.bot.web.test_ticket_triage import a_ticket_with_precedents
from tests.browser.test_console import _person
from tests.chromium import PHONE, WIDE

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
async def test_a_dispatcher_reads_the_reasons_asks_what_would_change_and_sends_it_with_one_tap(
    browser: Browser, console: Console, viewport: Any
) -> None:
    ticket = await a_ticket_with_precedents(console, channel=Channel.HOTLINE)
    person = await _person(browser, console, viewport)
    await person.log_in("dispatcher")
    await person.page.goto(f"{person.base}/console/tickets/{ticket.number}")
    await expect(person.page.get_by_role("heading", name="候选单位")).to_be_visible()
    await person.looks_right("dispatching")
    await person.page.get_by_role("link", name="怎样会派给别的单位？").click()
    await expect(person.page.get_by_text("按现在的清单和模型重新推演")).to_be_visible()
    await person.looks_right("dispatching-explained")
    await person.page.get_by_role("button", name="派给它").first.click()
    await expect(person.page.get_by_role("status")).to_be_visible()
    assert (await console.stored(ticket.number)).state is State.DISPATCHED
    await person.looks_right("dispatched")
