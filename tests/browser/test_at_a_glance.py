"""What the pages promise of time: a ticket from the login to its end in two minutes, and who is about to miss what in one
look."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, ViewportSize, expect

from tests.browser.every_page import STRANGER
from tests.browser.human_time import Human
from tests.browser.watching import Screen, screen_of
from tests.chromium import PHONE, WIDE, keep_picture
from tests.journeys.demo_process import Demo

pytestmark = pytest.mark.browser

WITHIN_S = 120.0
REPORT = {
    "external_number": "two-minutes",
    "title": "流动摊贩占道经营",
    "text": "望江路菜市场门口每天早上流动摊贩占道经营，公交车过不去。",
    "place": "城关街道东门社区",
}
CONTACT = "已电话联系市民，约定上午到场。"


async def test_a_liaison_who_never_saw_it_closes_a_ticket_in_two_minutes(
    browser: Browser, demo: Demo, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the login page to the closed ticket, by the keystroke-level model: what must be read is read at every step."""
    screen = await screen_of(browser, demo, STRANGER)
    page, human = screen.page, Human(screen.page)
    number = await _reported(screen)
    await screen.opens("/console/login")
    await human.types(page.get_by_label("用户名"), "chengguan")
    await human.types(page.get_by_label("密码"), demo.password("chengguan"))
    await human.presses_enter()
    row = page.locator(".row", has_text=number)
    await human.reads(page.locator(".summaries"), page.locator(".tabs [aria-current]"), row)
    await human.clicks_on(row.locator(".row-link"), loads=True)
    await human.reads(
        page.locator(".ticket-head h1"), page.locator(".promise > *:not(p)"), page.locator(".text").first
    )
    await human.reads(page.locator(".action").first)
    await human.clicks_on(page.get_by_role("button", name="签收", exact=True), loads=True)
    contact = page.locator("form.act", has=page.get_by_label("联系情况"))
    await human.reads(page.get_by_role("status").first, contact)
    await human.types(page.get_by_label("联系情况"), CONTACT)
    await human.clicks_on(page.get_by_role("button", name="先行联系", exact=True), loads=True)
    answer = page.get_by_label("答复内容").first
    await human.reads(page.get_by_role("status").first, page.locator(".reply-tools fieldset").first)
    await human.clicks_on(page.get_by_role("button", name="占道经营已整改"))
    human.reads_words(await answer.input_value())
    finish = page.get_by_role("button", name="答复并办结")
    await human.reads(finish)
    await human.clicks_on(finish, loads=True)
    await human.reads(page.get_by_role("status").first)
    await expect(page.get_by_role("status").first).to_contain_text("已办结")
    with capsys.disabled():
        print(f"\na liaison's first ticket, by the model: {human.said()}")
    assert human.seconds < WITHIN_S, human.said()
    assert screen.faults == []
    await screen.context.close()


async def _reported(screen: Screen) -> str:
    """A ticket for this liaison's unit, dispatched by the machine; its number."""
    answer = await screen.context.request.post(
        f"{screen.demo.url}/api/v1/tickets",
        data=REPORT,
        headers={"Authorization": f"Bearer {screen.demo.card['api_key']}"},
    )
    said = await answer.json()
    assert answer.status == 201, said
    return str(said["number"])


_FIRST_SCREEN = """
(parts) => parts.flatMap(one => [...document.querySelectorAll(one)].filter(each => {
  const box = each.getBoundingClientRect();
  return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight && box.right <= innerWidth;
}).map(each => [one, each.innerText.replace(/\\s+/g, ' ').trim()]))
"""


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
async def test_a_supervisor_sees_at_once_who_is_about_to_miss_what(
    browser: Browser, demo: Demo, size: ViewportSize
) -> None:
    """Without scrolling and without a click after the login."""
    screen = await screen_of(browser, demo, "supervisor", size=size)
    await screen.opens("/console/")
    assert screen.at == "/console/live"
    found = await screen.page.evaluate(_FIRST_SCREEN, [".live-numbers .figure", ".nearest li"])
    numbers = [words for part, words in found if part == ".live-numbers .figure"]
    assert [words.split()[0] for words in numbers] == ["在办", "今天到期", "快到期", "已超期"]
    nearest = [words for part, words in found if part == ".nearest li"]
    assert len(nearest) >= 4, "the units whose limits end next"
    for words in nearest:
        assert re.search(
            r"(派单|受理|签收|联系|答复|审批|退单|协办|督办回复|重办|回访) ?.*还剩 .+（.+）", words
        ), words
    assert len({words.split()[0] for words in nearest}) == len(nearest), "a unit on each line"
    await keep_picture(screen.page, f"first-screen-{size['width']}", full_page=False)
    assert screen.faults == []
    await screen.context.close()
