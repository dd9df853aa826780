"""单位与规则: a city's own tables from a file, looked at first, taken after a yes, never on top of somebody else's."""

from __future__ import annotations

import pytest
from aiohttp import FormData

from routing.reference_store import MongoReferenceStore
from routing.reference_tables import TableKind
from routing.tables import DEMO_COUNTY
from routing.timing.calendar_store import MongoCalendarStore
from tests.bot.web.conftest import Browser, Console, Page

PAGE = "/console/tables"
UNITS = (DEMO_COUNTY / "units.csv").read_text(encoding="utf-8")
DUTIES = (DEMO_COUNTY / "duties.csv").read_text(encoding="utf-8")
LOCAL_DAY = "date,kind,name,notice\n2026-12-08,holiday,建县纪念日,本县通知\n"


async def _upload(browser: Browser, kind: str, text: str, *, name: str = "表.csv", day: str = "") -> Page:
    page = browser.page if browser.page is not None else await browser.open(PAGE)
    form = FormData(quote_fields=False)
    form.add_field("csrf", page.hidden("csrf"))
    form.add_field("kind", kind)
    form.add_field("day", day)
    form.add_field("file", text.encode(), filename=name, content_type="text/csv")
    response = await browser.client.post(PAGE, data=form)
    browser.page = Page(response.status, await response.text(), response.headers, response.url.raw_path_qs)
    return browser.page


async def _confirm(browser: Browser, **fields: str) -> Page:
    assert browser.page is not None
    return await browser.send(f"{PAGE}/confirm", {"token": browser.page.hidden("token"), **fields})


async def test_what_is_in_force_is_said_before_anything_was_imported(console: Console) -> None:
    page = await (await console.as_("administrator")).open(PAGE)
    assert "用的是演示县的表" in page.words
    assert "2026" in page.words
    assert "每次导入都会记在这里" in page.words
    for kind in ("versions", "days"):
        assert f'href="{PAGE}/{kind}/0"' in page.html, "what the system came with is led to"


async def test_a_units_table_is_looked_at_then_taken_and_stands_in_the_history(console: Console) -> None:
    browser = await console.as_("administrator")
    await browser.open(PAGE)
    changed = UNITS.replace("县住建局", "县住房局")
    page = await _upload(browser, "units", changed, name="单位2026.csv")
    assert page.status == 200
    assert "县住建局 → 县住房局" in page.words
    store = MongoReferenceStore(console.services.database)
    assert await store.newest_version() == 0, "only looked at"
    page = await _confirm(browser)
    assert "单位表已存为第 1 版" in page.words
    assert "单位2026.csv" in page.words
    assert "高志远" in page.words
    tables = await store.load()
    assert tables is not None
    assert "县住房局" in {unit.short_name for unit in tables.units.all()}


async def test_every_wrong_cell_is_named_and_nothing_can_be_confirmed(console: Console) -> None:
    browser = await console.as_("administrator")
    await browser.open(PAGE)
    first = DUTIES.splitlines()[1].split(",")
    bad = DUTIES.replace(first[4], "没有这个单位", 1)
    page = await _upload(browser, "duties", bad)
    assert page.status == 422
    assert "第 2 行 unit_id（承办单位）：" in page.words
    assert "没有这个单位" in page.words
    assert 'name="token"' not in page.html


async def test_the_same_table_again_changes_nothing(console: Console) -> None:
    browser = await console.as_("administrator")
    await browser.open(PAGE)
    page = await _upload(browser, "units", UNITS)
    assert "没有要改的" in page.words
    assert 'name="token"' not in page.html


async def test_a_preview_on_top_of_what_was_since_replaced_is_not_taken(console: Console) -> None:
    one, other = await console.as_("administrator"), await console.as_("administrator")
    await one.open(PAGE)
    await other.open(PAGE)
    await _upload(one, "units", UNITS.replace("县住建局", "县住房局"))
    await _upload(other, "units", UNITS.replace("县住建局", "县建设局"))
    assert (await _confirm(one)).status == 200
    page = await _confirm(other)
    assert page.status == 409
    assert "另有一次导入刚刚完成" in page.words
    store = MongoReferenceStore(console.services.database)
    assert await store.newest_version() == 1


async def test_days_off_are_looked_at_and_taken_without_touching_promises(console: Console) -> None:
    await console.ticket()
    browser = await console.as_("administrator")
    await browser.open(PAGE)
    page = await _upload(browser, "calendar", LOCAL_DAY)
    assert page.status == 200
    assert "2026-12-08：建县纪念日放假" in page.words
    assert "在办工单 1 件" in page.words
    page = await _confirm(browser)
    assert "为日历第 1 版" in page.words
    assert "已经承诺的日期不变" in page.words
    assert await MongoCalendarStore(console.services.database).current_number() == 1


async def test_a_notice_that_lacks_a_festival_is_refused_with_the_reason(console: Console) -> None:
    browser = await console.as_("administrator")
    await browser.open(PAGE)
    lacking = "notice_year,date,kind,name,notice\n2029,2029-01-01,holiday,元旦,通知\n"
    page = await _upload(browser, "calendar", lacking)
    assert page.status == 422
    assert "没有春节" in page.words


@pytest.mark.parametrize(("name", "day"), [("表.txt", ""), ("表.csv", "明天")])
async def test_a_file_or_a_day_that_cannot_be_is_said(console: Console, name: str, day: str) -> None:
    browser = await console.as_("administrator")
    await browser.open(PAGE)
    assert (await _upload(browser, TableKind.UNITS, UNITS, name=name, day=day)).status == 422


async def test_a_preview_is_nobody_elses_to_confirm(console: Console) -> None:
    browser = await console.as_("administrator")
    await browser.open(PAGE)
    page = await browser.send(f"{PAGE}/confirm", {"token": "not-a-token"})
    assert page.status == 409
    assert "预览已过时" in page.words


@pytest.mark.parametrize("kind", ["units", "duties", "calendar"])
async def test_what_is_in_force_is_downloaded_and_uploaded_again_it_changes_nothing(
    console: Console, kind: str
) -> None:
    browser = await console.as_("administrator")
    page = await browser.open(PAGE)
    href = f"{PAGE}/export?table={kind}"
    assert f'href="{href}"' in page.html
    response = await browser.client.get(href)
    body = await response.read()
    assert (response.status, body[:2]) == (200, b"PK")
    form = FormData(quote_fields=False)
    for name, value in {"csrf": page.hidden("csrf"), "kind": kind}.items():
        form.add_field(name, value)
    form.add_field("file", body, filename="现在的.xlsx")
    seen = await browser.client.post(PAGE, data=form)
    words = await seen.text()
    assert "没有要改的" in words, words
    assert seen.status == 200


async def test_after_an_import_the_new_table_is_what_is_downloaded(console: Console) -> None:
    browser = await console.as_("administrator")
    await browser.open(PAGE)
    await _upload(browser, "units", UNITS.replace("县住建局", "县住房局"))
    page = await _confirm(browser)
    response = await browser.client.get(f"{PAGE}/export?table=units")
    form = FormData(quote_fields=False)
    for name, value in {"csrf": page.hidden("csrf"), "kind": "units"}.items():
        form.add_field(name, value)
    form.add_field("file", await response.read(), filename="现在的.xlsx")
    assert "没有要改的" in await (await browser.client.post(PAGE, data=form)).text()


async def test_only_the_administrator_downloads_the_tables(console: Console) -> None:
    for user in ("supervisor", "liaison", "auditor"):
        assert (await (await console.as_(user)).open(f"{PAGE}/export?table=units")).status == 403
    assert (await (await console.as_("administrator")).open(f"{PAGE}/export?table=places")).status == 404
