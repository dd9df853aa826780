"""A roster from a file at the console: one's own units only, looked at first, taken after a yes."""

from __future__ import annotations

import pytest
from aiohttp import FormData

from routing.duty.roster_store import MongoRosterStore
from tests.bot.web.conftest import Browser, Console, Page
from tests.factories import CITY_MANAGEMENT, HOUSING

HEADING = "单位,岗位,人员,日期,开始,结束,结束日期\n"


async def _upload(browser: Browser, text: str, *, name: str = "值班表.csv") -> Page:
    page = await browser.open("/console/duty")
    form = FormData(quote_fields=False)
    form.add_field("csrf", page.hidden("csrf"))
    form.add_field("file", (HEADING + text).encode(), filename=name, content_type="text/csv")
    response = await browser.client.post("/console/duty/import", data=form)
    browser.page = Page(response.status, await response.text(), response.headers, response.url.raw_path_qs)
    return browser.page


async def test_a_roster_is_looked_at_then_taken(console: Console) -> None:
    unit = console.services.units.get(CITY_MANAGEMENT).short_name
    sheet = f"{unit},联络员,liaison,2026-11-16,08:30,17:30,\n{unit},备岗,housing,,,,\n"
    sheet += f"{unit},请假,nobody-here,2026-11-18,,,2026-11-19\n"
    browser = await console.as_("liaison")
    page = await _upload(browser, sheet)
    assert "2026-11-16 08:30–17:30" in page.words
    assert "陈立新" in page.words
    assert "nobody-here 没有登录名" in page.words
    store = MongoRosterStore(console.services.database)
    assert (await store.of([CITY_MANAGEMENT])).duties == (), "only looked at"
    page = await browser.send("/console/duty/import/confirm", {"token": page.hidden("token")})
    assert "值班表已采用：1 个单位" in page.words
    assert "您的班" in page.words
    roster = await store.of([CITY_MANAGEMENT])
    assert (len(roster.duties), len(roster.leaves)) == (2, 1)


async def test_another_units_roster_is_unknown_and_every_wrong_cell_is_named(console: Console) -> None:
    other = console.services.units.get(HOUSING).short_name
    browser = await console.as_("liaison")
    page = await _upload(browser, f"{other},联络员,liaison,2026-11-16,8点,17:30,\n")
    assert page.status == 422
    assert f"第 2 行 单位：“{other}”未知" in page.words
    assert "相近的有" not in page.words, "another's unit is no hint"
    page = await _upload(browser, "城管局,值守,liaison,2026-11-16,08:30,17:30,\n")
    own = console.services.units.get(CITY_MANAGEMENT).short_name
    assert f"第 2 行 单位：“城管局”未知，相近的有：{own}" in page.words
    assert "第 2 行 岗位：“值守”未知，应是联络员、备岗、" in page.words
    page = await _upload(browser, f"{other},联络员,liaison,2026-11-16,8点,17:30,\n")
    assert "第 2 行 开始" in page.words
    assert 'name="token"' not in page.html
    centre = await console.as_("supervisor")
    assert (await _upload(centre, f"{other},联络员,housing,2026-11-16,08:30,17:30,\n")).status == 200


async def test_what_is_no_sheet_and_a_preview_long_gone_are_said(console: Console) -> None:
    browser = await console.as_("liaison")
    assert "请上传 CSV 或 Excel 文件" in (await _upload(browser, "", name="值班表.txt")).words
    await browser.open("/console/duty")
    page = await browser.send("/console/duty/import/confirm", {"token": "not-a-token"})
    assert "预览已过时" in page.words


@pytest.mark.parametrize(("user", "may"), [("liaison", True), ("operator", False), ("auditor", False)])
async def test_the_form_stands_where_it_may_be_used(console: Console, user: str, may: bool) -> None:
    page = await (await console.as_(user)).open("/console/duty")
    assert ("上传值班表</h2>" in page.html) is may
