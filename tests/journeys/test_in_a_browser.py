"""The whole way round in one real browser: chat, console and chat again, as people see it."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from tests.chromium import PHONE as PHONE_WIDTH
from tests.chromium import WIDE, keep_picture
from tests.journeys.city import COMPLAINT, PASSWORD, PHONE, City
from tests.journeys.pages import number_in

REPLY = "您好，人民路三盏路灯的电缆已更换，今晚全部亮灯。"

pytestmark = pytest.mark.browser


async def fits(page: Page) -> None:
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels too wide"


async def test_from_the_first_word_to_the_rating_in_a_browser(city: City, browser: Browser) -> None:
    phone = await (await browser.new_context(viewport=PHONE_WIDTH, locale="zh-CN")).new_page()
    phone.set_default_timeout(15_000)
    await phone.goto(f"{city.base}/simulator?citizen=li")
    answers = phone.locator(".line.theirs .bubble")

    async def say(text: str, expected: str) -> str:
        city.clock.advance(seconds=3)
        await phone.get_by_label("要说的话").fill(text)
        await phone.get_by_label("要说的话").press("Enter")
        await expect(answers.last).to_contain_text(expected)
        return await answers.last.inner_text()

    async def tap(words: str, expected: str) -> str:
        city.clock.advance(seconds=3)
        await answers.last.get_by_role("button", name=words, exact=True).click()
        await expect(answers.last).to_contain_text(expected)
        return await answers.last.inner_text()

    await say("社保卡丢了怎么补办？", "来源：")
    await keep_picture(phone, "journey-1-answer")
    await say(COMPLAINT, "我帮您登记")
    await say("对", "发生在哪里")
    await say("城关镇人民路12号", "手机号")
    await say(PHONE, "要不要让办事的单位看到")
    await tap("公开", "请看一看")
    number = number_in(await tap("确认提交", "最晚答复"))
    await keep_picture(phone, "journey-2-filed")

    console = await (await browser.new_context(viewport=WIDE, locale="zh-CN")).new_page()
    console.set_default_timeout(15_000)
    await console.goto(f"{city.base}/console/")
    await console.locator("input[name=user]").fill("liaison")
    await console.locator("input[name=password]").fill(PASSWORD)
    await console.get_by_role("button", name="登录").click()
    await console.goto(f"{city.base}/console/tickets")
    await keep_picture(console, "journey-3-inbox")
    await console.get_by_role("link", name=COMPLAINT[:12]).first.click()
    assert number in console.url
    await console.get_by_role("button", name="签收", exact=True).click()
    await console.get_by_label("联系情况").fill("10:05 电话联系，市民补充是路口三盏。")
    await console.get_by_role("button", name="先行联系", exact=True).click()
    await console.get_by_label("答复内容").first.fill(REPLY)
    await fits(console)
    await keep_picture(console, "journey-4-ticket")
    await console.get_by_role("button", name="答复并办结").click()
    await expect(console.get_by_text("已办结").first).to_be_visible()

    await city.sweep()
    await expect(answers.last).to_contain_text(REPLY)
    await tap("非常满意", "好在哪里")
    await tap("办得快", "评价收到了")
    await fits(phone)
    await keep_picture(phone, "journey-5-rated")

    await console.get_by_role("button", name="退出").first.click()
    await console.goto(f"{city.base}/console/figures")
    await console.locator("input[name=user]").fill("supervisor")
    await console.locator("input[name=password]").fill(PASSWORD)
    await console.get_by_role("button", name="登录").click()
    await expect(console.get_by_text("按时办结率").first).to_be_visible()
    await expect(console.get_by_text("100").first).to_be_visible()
    await fits(console)
    await keep_picture(console, "journey-6-figures")
