"""The chat in a real browser: lines arrive live, taps and Enter work, nothing overflows the phone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from bot.simulator.delivering import FAULT_NOTICE
from bot.simulator.platform import SimulatedPlatform
from bot.simulator.records import EntryKind
from tests.bot.photos.pictures import phone_photo
from tests.chromium import PHONE, WIDE, keep_picture

RATE = (
    "工单 QH202609300001 已办结。您满意吗？\n"
    '<a href="weixin://bizmsgmenu?msgmenucontent=满意&msgmenuid=101">满意</a>\n'
    '<a href="weixin://bizmsgmenu?msgmenucontent=不满意&msgmenuid=102">不满意</a>\n'
    '详情：<a href="https://example.org/t/1">查看办理结果</a>'
)

pytestmark = pytest.mark.browser


async def _open(
    browser: Browser, base: str, viewport: Any, *, citizen: str = "li", script: bool = True
) -> Page:
    context = await browser.new_context(viewport=viewport, java_script_enabled=script, locale="zh-CN")
    page = await context.new_page()
    await page.goto(f"{base}/simulator?citizen={citizen}")
    return page


async def _overflow(page: Page) -> int:
    width: int = await page.evaluate(
        "Math.max(0, document.documentElement.scrollWidth - innerWidth,"
        " ...[...document.querySelectorAll('.phone, .chat, .side, .block, .card')]"
        ".map(e => e.scrollWidth - e.clientWidth))"
    )
    return width


async def test_words_typed_and_sent_with_enter_are_answered_without_reloading(
    browser: Browser, base: str, service: Any
) -> None:
    service.answers_text(RATE)
    page = await _open(browser, base, WIDE)
    await page.evaluate("window.still = true")
    await page.get_by_label("要说的话").fill("小区门口的路灯坏了一个多星期，晚上老人出门看不见路")
    await page.get_by_label("要说的话").press("Enter")
    await expect(page.locator(".line.theirs .bubble")).to_contain_text("您满意吗？")
    await expect(page.get_by_role("link", name="查看办理结果")).to_have_attribute("target", "_blank")
    await expect(page.locator("#deliveries .record")).to_contain_text("HTTP 200")
    await page.locator(".bubble").get_by_role("button", name="满意", exact=True).click()
    await expect(page.locator(".line.mine")).to_have_count(2)
    await expect(page.locator(".line.theirs")).to_have_count(2)
    assert service.received[1].fields["bizmsgmenuid"] == "101"
    assert await page.evaluate("window.still")
    assert await page.get_by_label("要说的话").input_value() == ""


async def test_typing_shows_until_the_answer_is_there(browser: Browser, base: str, service: Any) -> None:
    release = service.stays_silent(times=1)
    page = await _open(browser, base, PHONE)
    await page.get_by_label("要说的话").fill("在吗")
    await page.get_by_role("button", name="发送", exact=True).click()
    await expect(page.get_by_text("对方正在输入…")).to_be_visible()
    release.set()
    await expect(page.locator(".line.theirs")).to_contain_text("终于好了")
    await expect(page.get_by_text("对方正在输入…")).to_be_hidden()


async def test_pushed_messages_appear_by_themselves(
    browser: Browser, base: str, platform: SimulatedPlatform
) -> None:
    page = await _open(browser, base, PHONE)
    await page.get_by_label("要说的话").fill("你好")
    await page.get_by_label("要说的话").press("Enter")
    await expect(page.locator(".line.theirs")).to_have_count(1)
    (phone,) = platform.phones
    platform.phones.show(phone.openid, "您的工单已办结", kind=EntryKind.TEXT, note="客服消息")
    await expect(page.get_by_text("您的工单已办结")).to_be_in_viewport()


async def test_without_script_everything_is_there_after_a_reload(
    browser: Browser, base: str, service: Any
) -> None:
    service.answers_text(RATE)
    page = await _open(browser, base, PHONE, script=False)
    await page.get_by_label("要说的话").fill("你好")
    await page.get_by_role("button", name="发送", exact=True).click()
    await page.locator(".bubble").get_by_role("button", name="不满意").click()
    await expect(page.locator(".line.theirs")).to_have_count(2)
    assert service.received[1].fields["bizmsgmenuid"] == "102"
    await page.get_by_label("平台视角和换人").click()
    await expect(page.get_by_role("heading", name="平台视角：推送")).to_be_visible()


async def _long_talk(platform: SimulatedPlatform, service: Any, openid: str, clock: Any) -> None:
    await platform.follow(openid)
    await platform.send_voice(openid, "喂，我们这栋楼的电梯坏了三天了")
    clock.advance(minutes=12)
    await platform.send_location(openid, 34.75, 113.62, "人民路与建设路交叉口")
    await platform.send_image(openid)
    service.answers_text(RATE)
    await platform.send_text(openid, "https://example.org/" + "long" * 30)
    service.answers_body(lambda _: "<broken")
    await platform.send_text(openid, "在吗")
    fields = "工单 QH202609300001\n已派单：县住房和城乡建设局\n答复期限：10月10日 17:30\n"
    link = '<a href="https://example.org/t/1">查看详情</a>'
    platform.phones.show(openid, fields + link, kind=EntryKind.TEMPLATE, note="模板消息")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["1440", "390"])
async def test_every_kind_of_line_fits_the_screen(
    browser: Browser, base: str, platform: SimulatedPlatform, service: Any, clock: Any, viewport: Any
) -> None:
    page = await _open(browser, base, viewport)
    await keep_picture(page, f"simulator-{viewport['width']}-empty")
    (phone,) = platform.phones
    await _long_talk(platform, service, phone.openid, clock)
    await expect(page.get_by_text(FAULT_NOTICE)).to_be_visible()
    await expect(page.locator(".card")).to_be_in_viewport()
    assert await _overflow(page) == 0
    await keep_picture(page, f"simulator-{viewport['width']}-end")
    await page.locator("#chat").evaluate("chat => { chat.scrollTop = 0 }")
    await keep_picture(page, f"simulator-{viewport['width']}-start")
    await page.get_by_label("更多：图片、位置、语音、扫码、关注").click()
    await expect(page.get_by_role("button", name="发送照片")).to_be_in_viewport()
    await keep_picture(page, f"simulator-{viewport['width']}-more")
    await page.keyboard.press("Escape")
    if viewport is PHONE:
        await page.get_by_label("平台视角和换人").click()
        await expect(page.get_by_role("heading", name="换一个市民")).to_be_in_viewport()
        await keep_picture(page, "simulator-390-platform")
    assert await _overflow(page) == 0


async def test_the_accounts_own_menu_opens_and_sends_its_keys(
    browser: Browser, base: str, platform: SimulatedPlatform, service: Any, http: Any
) -> None:
    token, _ = platform.tokens.stable()
    sub = [
        {"type": "click", "name": "我的诉求", "key": "mine"},
        {"type": "click", "name": "查进度", "key": "find"},
    ]
    menu = {
        "button": [
            {"type": "click", "name": "我要反映", "key": "report"},
            {"name": "进度", "sub_button": sub},
        ]
    }
    url = f"{base}/simulator/platform/cgi-bin/menu/create"
    async with http.post(url, params={"access_token": token}, json=menu) as response:
        assert (await response.json())["errcode"] == 0
    page = await _open(browser, base, PHONE)
    await page.locator(".submenu summary").click()
    await keep_picture(page, "simulator-390-menu")
    await page.get_by_role("button", name="查进度").click()
    await expect(page.locator(".line.theirs")).to_have_count(1)
    assert service.received[0].fields["EventKey"] == "find"
    await expect(page.get_by_text("你点击了“查进度”")).to_be_visible()


async def test_a_photo_of_ones_own_is_chosen_and_sent(
    browser: Browser, base: str, service: Any, tmp_path: Any
) -> None:
    chosen = tmp_path / "IMG_0001.jpg"
    chosen.write_bytes(phone_photo(400, 300))
    page = await _open(browser, base, PHONE)
    await page.locator("#more summary").click()
    await page.get_by_label("从相册选").set_input_files(chosen)
    photo = page.locator(".bubble.image img")
    await expect(photo).to_be_visible()
    await expect(photo).to_have_js_property("naturalWidth", 400)
    assert service.received[-1].fields["MsgType"] == "image"
