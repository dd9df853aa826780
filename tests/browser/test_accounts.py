"""Official accounts in a real browser: an administrator publishes a menu from a phone; a visitor changes accounts."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, ViewportSize, expect

from tests.bot.accounts_on_a_platform import Site, open_platform
from tests.bot.web.conftest import PASSWORD
from tests.bot.web.test_wechat_accounts import NOW, PAGE, Desk
from tests.bot.web.test_wechat_accounts import desk as desk  # the fixture of the running console
from tests.chromium import PHONE, WIDE, keep_picture

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("size", "script"), [(PHONE, True), (WIDE, False)], ids=["on a phone", "wide, without script"]
)
async def test_an_administrator_publishes_a_menu(
    browser: Browser, desk: Desk, size: ViewportSize, script: bool
) -> None:
    context = await browser.new_context(viewport=size, java_script_enabled=script)
    page = await context.new_page()
    base = str(desk.browser.client.make_url("")).rstrip("/")
    await page.goto(f"{base}/console/login?next=/console/wechat")
    await page.get_by_label("用户名").fill("admin")
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await page.get_by_role("link", name="清和县12345热线").click()
    await page.get_by_label("理由").fill("第一次发布")
    await keep_picture(page, f"account-before-{size['width']}")
    await page.get_by_role("button", name="发布到微信").click()
    await expect(page.get_by_text("已发布，第 1 版")).to_be_visible()
    await expect(page.get_by_label("公众号底部的菜单").get_by_text("反映问题").first).to_be_visible()
    assert page.url.endswith(PAGE)
    width = await page.evaluate("document.documentElement.scrollWidth") if script else 0
    assert width <= size["width"]
    await keep_picture(page, f"account-after-{size['width']}")
    await context.close()


async def test_a_visitor_of_the_simulator_turns_from_one_account_to_the_other(browser: Browser) -> None:
    async with open_platform(clock=lambda: NOW) as site:
        await _codes(site)
        context = await browser.new_context(viewport=WIDE)
        page = await context.new_page()
        await page.goto(f"{site.base}/simulator?citizen=li")
        await page.get_by_role("link", name="清和市场监管").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("清和市场监管")
        assert page.url == f"{site.base}/simulator/at/market?citizen=li"
        await page.get_by_label("更多").click()
        await page.get_by_role("button", name="hall-3").click()
        await expect(page.get_by_text("你关注了公众号")).to_be_visible()
        li = next(each for each in site.market.citizens.all() if each.key == "li")
        assert site.market.phones.of(li.openid).follows
        await context.close()


async def _codes(site: Site) -> None:
    site.market.codes.create(
        {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "hall-3"}}}
    )
