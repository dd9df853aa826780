"""Photos and attachments in a real browser: they load, open by keyboard, run over no edge and can be read aloud."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from bot.photos.kinds import Source
from bot.simulator.sample_picture import sample_photo
from bot.talk.session import Picture
from tests.bot.photos.pictures import phone_photo
from tests.bot.web.conftest import Console
from tests.bot.web.conftest import clock as clock  # the fixtures of the running console
from tests.bot.web.conftest import console as console
from tests.browser.axe import serious_violations
from tests.browser.test_console import _person
from tests.chromium import PHONE, WIDE
from tests.factories import MONDAY_9_30

pytestmark = pytest.mark.browser


async def _ticket_with_photos(console: Console) -> str:
    ticket = await console.ticket(title="人民路路面破损", text="人民路路面塌了一个坑，电动车容易摔倒。")
    photos = [sample_photo(), *(phone_photo(900, 600 + 200 * n, seed=n) for n in range(4))]
    for order, data in enumerate(photos):
        await console.services.photos.put(
            data, number=ticket.number, source=Source.WECHAT, now=MONDAY_9_30, order=order
        )
    await console.services.photos.put(
        b"%PDF-1.7 ...",
        number=ticket.number,
        source=Source.OFFICIAL,
        now=MONDAY_9_30,
        name="现场勘查记录（第二次）.pdf",
    )
    await console.services.pictures.put(ticket.number, (Picture("m"),), now=MONDAY_9_30, account="none")
    return ticket.number


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
async def test_photos_load_open_by_keyboard_and_fit_the_screen(
    browser: Browser, console: Console, viewport: Any
) -> None:
    number = await _ticket_with_photos(console)
    person = await _person(browser, console, viewport)
    page = person.page
    await person.log_in("liaison")
    await page.goto(f"{person.base}/console/tickets/{number}")
    strip = page.locator(".photo-strip img")
    await expect(strip).to_have_count(5)
    await strip.last.scroll_into_view_if_needed()
    await page.wait_for_function(
        "[...document.querySelectorAll('.photo-strip img')].every(i => i.complete && i.naturalWidth > 0)"
    )
    await person.looks_right("photos")
    assert await serious_violations(page) == []
    await page.locator(".photo-strip a").first.focus()
    async with page.context.expect_page() as opening:
        await page.keyboard.press("Enter")
    full = await opening.value
    await full.wait_for_load_state()
    assert await full.evaluate("document.images[0].naturalWidth") == 1280, "upright and whole"


async def test_an_official_adds_a_file_without_script_and_takes_it_back(
    browser: Browser, console: Console, tmp_path: Path
) -> None:
    ticket = await console.ticket()
    (tmp_path / "整改照片.jpg").write_bytes(phone_photo())
    person = await _person(browser, console, PHONE, script=False)
    page = person.page
    await person.log_in("liaison")
    await page.goto(f"{person.base}/console/tickets/{ticket.number}")
    await page.get_by_text("上传附件").click()
    await page.get_by_label("文件", exact=True).set_input_files(tmp_path / "整改照片.jpg")
    await page.get_by_label("公开给市民").check()
    await page.get_by_role("button", name="上传", exact=True).click()
    await expect(page.get_by_role("status")).to_contain_text("已上传1个文件")
    await page.get_by_role("button", name="不再公开").click()
    await expect(page.get_by_role("status")).to_contain_text("不再给市民看")
    await expect(page.get_by_role("button", name="公开给市民")).to_be_visible()
    (photo,) = await console.services.photos.of_ticket(ticket.number)
    assert not photo.to_citizen
