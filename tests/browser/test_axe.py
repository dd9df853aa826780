"""The checker itself: it sees what is wrong, so that an empty list means something."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from tests.browser.axe import serious_violations

pytestmark = pytest.mark.browser


async def test_a_picture_without_words_and_faint_letters_are_seen(browser: Browser) -> None:
    page = await browser.new_page()
    await page.set_content(
        '<html lang="zh-CN"><title>页</title><main><h1>页</h1><img src="data:,">'
        '<p style="color:#bbb;background:#fff">看不清的字</p></main></html>'
    )
    found = await serious_violations(page)
    assert {one.partition(":")[0] for one in found} == {"image-alt", "color-contrast"}
