"""The citizens' own pages in a real browser: a telephone of 390 px first, with and without script."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.bot.web.citizen_browser import HOME, filed
from tests.browser.axe import serious_violations
from tests.chromium import PHONE, WIDE, keep_picture
from tests.journeys.city import COMPLAINT, City, open_city

pytestmark = pytest.mark.browser

REPLY = "路灯已于今天上午修好，换了三盏灯头。依据《城市照明管理规定》第十二条，今后每月巡查一次。有问题请打0371-6512345。"
_SMALL_TARGETS = """
() => [...document.querySelectorAll('main a, main button, main summary, main input, nav a, footer button')]
  .filter(one => one.checkVisibility() && !one.closest('.text, footer p, .empty p, .unseen'))
  .map(one => [one, (one.closest('.chip, .choice, .entry') ?? one).getBoundingClientRect()])
  .filter(([one, box]) => box.height < 43.5 && box.width > 1)
  .map(([one, box]) => `${one.tagName} ${one.textContent.trim().slice(0, 20)} ${box.height}`)
"""


@pytest.fixture
async def city(mongo_url: str, redis_url: str, services_database: str, tmp_path: Path) -> AsyncIterator[City]:
    async with open_city(
        mongo_url=mongo_url, redis_url=redis_url, database=services_database, directory=tmp_path
    ) as opened:
        yield opened


async def _resolve(city: City, number: str) -> None:
    api = await city.api("liaison")
    for action, body in (("accept", {}), ("resolve", {"text": REPLY})):
        version = (await api.ticket(number))["version"]
        await api.post(f"/tickets/{number}/{action}", {"version": version, **body})


async def _opened(
    browser: Browser, city: City, viewport: Any, *, script: bool = True, scheme: Any = "light"
) -> Page:
    """A browser that shows the chat of 王大爷."""
    context = await browser.new_context(
        viewport=viewport, java_script_enabled=script, locale="zh-CN", color_scheme=scheme
    )
    page = await context.new_page()
    await page.goto(f"{city.base}/simulator?citizen=wang")
    return page


async def _looks_right(page: Page, name: str) -> None:
    """Nothing runs over the edge, nothing is too small for a thumb."""
    over = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert over <= 0, f"{name} is {over} px too wide"
    assert await page.evaluate(_SMALL_TARGETS) == [], name
    assert await serious_violations(page) == [], name
    width = page.viewport_size["width"] if page.viewport_size else 0
    await keep_picture(page, f"citizen-{name}-{width}")


@pytest.mark.parametrize(
    ("viewport", "script"),
    [(PHONE, True), (PHONE, False), (WIDE, False)],
    ids=["phone", "phone-no-script", "wide-no-script"],
)
async def test_a_citizen_opens_the_list_and_rates_in_two_taps(
    browser: Browser, city: City, viewport: Any, script: bool
) -> None:
    number = (await filed(city)).number
    await _resolve(city, number)
    page = await _opened(browser, city, viewport, script=script)
    await page.goto(f"{city.base}{HOME}")
    await page.get_by_role("link", name="人民路的路灯").click()
    await expect(page.get_by_role("heading", name="答复")).to_be_visible()
    await page.get_by_text("不满意", exact=True).click()
    await page.get_by_text("没人联系我").click()
    await page.get_by_role("button", name="提交评价").click()
    await expect(page.get_by_role("status")).to_contain_text("没办好")
    await page.get_by_role("button", name="请重新办理").click()
    await expect(page.get_by_role("status")).to_contain_text("重新办理")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
async def test_no_page_runs_over_the_edge_or_is_too_small_for_a_thumb_or_eyes(
    browser: Browser, city: City, viewport: Any
) -> None:
    page = await _opened(browser, city, viewport)
    await page.goto(f"{city.base}{HOME}")
    await _looks_right(page, "empty")
    texts = (
        COMPLAINT,
        "小区门口的垃圾桶满了好几天没人清运，夏天味道很大，苍蝇很多",
        "建议在柳泉镇卫生院门口加一个公交站，方便老人看病",
    )
    numbers = [(await filed(city, text=text)).number for text in texts]
    await _resolve(city, numbers[0])
    city.clock.advance(days=9)
    await page.goto(f"{city.base}{HOME}")
    await page.goto(f"{city.base}{HOME}")
    await _looks_right(page, "list")
    await page.goto(f"{city.base}{HOME}/tickets/{numbers[0]}")
    await _looks_right(page, "answered")
    await page.get_by_text("基本满意").click()
    await _looks_right(page, "rating")
    await page.get_by_role("button", name="提交评价").click()
    await _looks_right(page, "rated")
    await page.goto(f"{city.base}{HOME}/tickets/{numbers[1]}")
    await page.get_by_text("不用办了").click()
    await page.get_by_text("这个日期怎么算的").click()
    await _looks_right(page, "late")
    await page.goto(f"{city.base}{HOME}/tickets/{numbers[2]}?size=big")
    await _looks_right(page, "big")
    await page.goto(f"{city.base}{HOME}/find?size=normal")
    await _looks_right(page, "find")
    await page.goto(f"{city.base}{HOME}/tickets/HY2026010100001")
    await _looks_right(page, "not-found")
    if viewport is WIDE:
        return
    page = await _opened(browser, city, viewport, scheme="dark")
    await page.goto(f"{city.base}{HOME}")
    await _looks_right(page, "dark-list")
    await page.goto(f"{city.base}{HOME}/tickets/{numbers[1]}")
    await _looks_right(page, "dark-ticket")
