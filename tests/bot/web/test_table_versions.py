"""Earlier versions of tables and days off: what each changed, and back to one, with a reason that stays."""

from __future__ import annotations

import pytest

from bot.web.table_words import COLUMN_WORDS, cell_words
from routing.departments import UnitId
from routing.reference_store import MongoReferenceStore
from routing.reference_tables import TABLE_COLUMNS
from routing.timing.calendar_store import MongoCalendarStore
from tests.bot.web.conftest import Browser, Console, Page
from tests.bot.web.test_tables_page import LOCAL_DAY, PAGE, UNITS, _confirm, _upload


async def _import(browser: Browser, kind: str, text: str) -> None:
    await browser.open(PAGE)
    await _upload(browser, kind, text)
    assert (await _confirm(browser)).status == 200


async def _renamed_twice(console: Console) -> Browser:
    browser = await console.as_("administrator")
    await _import(browser, "units", UNITS.replace("县住建局", "县住房局"))
    await _import(browser, "units", UNITS.replace("县住建局", "县建设局"))
    return browser


async def _back(browser: Browser, address: str, *, why: str = "选错了文件") -> Page:
    page = await browser.open(address)
    return await browser.send(f"{address}/back", {"why": why, "base": page.hidden("base")})


async def test_a_version_says_what_it_changed_and_what_going_back_would(console: Console) -> None:
    browser = await _renamed_twice(console)
    page = await browser.open(f"{PAGE}/versions/1")
    assert "简称：县住建局 → 县住房局" in page.words, "what it changed of the demo county"
    assert "县建设局 → 县住房局" in page.words, "what going back would change"
    page = await browser.open(f"{PAGE}/versions/2")
    assert "县住房局 → 县建设局" in page.words, "what it changed"
    assert "现在用的就是这一版" in page.words


async def test_going_back_is_a_version_of_its_own_with_its_reason_and_can_be_taken_back(
    console: Console,
) -> None:
    browser = await _renamed_twice(console)
    page = await _back(browser, f"{PAGE}/versions/1")
    assert "已退回到第 1 版，存为第 3 版" in page.words
    assert "选错了文件" in page.words
    store = MongoReferenceStore(console.services.database)
    first, third = await store.load_version(1), await store.load_version(3)
    assert first is not None
    assert third is not None
    assert [u.short_name for u in third.units.all()] == [u.short_name for u in first.units.all()]
    await _back(browser, f"{PAGE}/versions/2", why="没有选错")
    fourth = await store.load_version(4)
    assert fourth is not None
    assert "县建设局" in {unit.short_name for unit in fourth.units.all()}


async def test_the_very_first_import_can_be_taken_back_to_what_the_system_came_with(console: Console) -> None:
    browser, address = await console.as_("administrator"), f"{PAGE}/versions/0"
    page = await browser.open(address)
    assert "现在用的就是这一版" in page.words, "before anything was imported"
    before = console.services.units.all()
    await _import(browser, "units", UNITS.replace("县住建局", "县住房局").replace("清和县燃气", "清和县煤气"))
    page = await browser.open(PAGE)
    assert f'href="{address}"' in page.html
    page = await browser.open(address)
    assert "简称：县住房局 → 县住建局" in page.words
    page = await _back(browser, address)
    assert "已退回到随系统提供的单位表和权责清单，存为第 2 版" in page.words
    assert "选错了文件" in page.words
    tables = await MongoReferenceStore(console.services.database).load()
    assert tables is not None
    assert [(u.id, u.name, u.short_name, u.former_names) for u in tables.units.all()] == [
        (u.id, u.name, u.short_name, u.former_names) for u in before
    ]
    assert "和现行的一样，不用退回" in (await browser.open(address)).words


async def test_nobody_goes_back_to_what_the_system_came_with_before_anything_was_imported(
    console: Console,
) -> None:
    browser, address = await console.as_("administrator"), f"{PAGE}/versions/0"
    await browser.open(address)
    assert (await browser.send(f"{address}/back", {"why": "试试", "base": "0"})).status == 400
    assert await MongoReferenceStore(console.services.database).newest_version() == 0


async def test_a_unit_that_came_since_ends_and_its_tickets_keep_a_name(console: Console) -> None:
    browser = await console.as_("administrator")
    await _import(browser, "units", UNITS.replace("县住建局", "县住房局"))
    with_new = UNITS.rstrip("\n") + "\nqh.new,清和县新设局,县新设局,county,qh.government,,,\n"
    await _import(browser, "units", with_new)
    page = await browser.open(f"{PAGE}/versions/1")
    assert "单位表终止（1）" in page.words
    await _back(browser, f"{PAGE}/versions/1")
    tables = await MongoReferenceStore(console.services.database).load()
    assert tables is not None
    ended = tables.units.get(UnitId("qh.new"))
    assert ended.valid_until is not None, "known still, for what was sent to it"


async def test_nobody_goes_back_without_a_reason_or_over_a_newer_import(console: Console) -> None:
    browser = await _renamed_twice(console)
    address = f"{PAGE}/versions/1"
    assert (await _back(browser, address, why=" ")).status == 422
    base = (await browser.open(address)).hidden("base")
    other = await console.as_("administrator")
    await _import(other, "units", UNITS)
    page = await browser.send(f"{address}/back", {"why": "选错了文件", "base": base})
    assert page.status == 409
    assert "另有一次导入刚刚完成" in page.words
    assert 'value="选错了文件"' in page.html, "the reason is kept"
    assert await MongoReferenceStore(console.services.database).newest_version() == 3


async def test_days_off_go_back_too_and_promises_stay_unless_asked(console: Console) -> None:
    await console.ticket()
    browser = await console.as_("administrator")
    await _import(browser, "calendar", LOCAL_DAY)
    page = await browser.open(f"{PAGE}/days/0")
    assert "2026-12-08：照常" in page.words
    page = await _back(browser, f"{PAGE}/days/0", why="那天不放假")
    assert "放假安排已退回，为日历第 2 版" in page.words
    assert "已经承诺的日期不变" in page.words
    assert "那天不放假" in page.words
    version = await MongoCalendarStore(console.services.database).current()
    assert (version.number, version.days, version.why) == (2, (), "那天不放假")


async def test_only_who_keeps_the_tables_sees_their_versions(console: Console) -> None:
    await _renamed_twice(console)
    liaison = await console.as_("liaison")
    for address in (f"{PAGE}/versions/1", f"{PAGE}/days/0"):
        assert (await liaison.open(address)).status == 403


async def test_a_version_that_never_was_is_not_found(console: Console) -> None:
    browser = await console.as_("administrator")
    for address in (f"{PAGE}/versions/9", f"{PAGE}/days/9", f"{PAGE}/versions/x"):
        assert (await browser.open(address)).status == 404


def test_every_column_of_a_table_has_a_name_to_be_read_by() -> None:
    assert {column for columns in TABLE_COLUMNS.values() for column in columns} <= set(COLUMN_WORDS)


@pytest.mark.parametrize(
    ("column", "cell", "read"),
    [
        (
            "former_names",
            "清和县燃气公司@2026-11-22|县煤气站@2020-01-31",
            "清和县燃气公司（到2026-11-22）、县煤气站（到2020-01-31）",
        ),
        ("former_names", "", "空"),
        ("level", "township", "乡镇"),
        ("aliases", "一中|清和一中", "一中、清和一中"),
        ("is_fallback", "yes", "是"),
        ("name", "清和县燃气有限公司", "清和县燃气有限公司"),
    ],
)
def test_a_cell_is_read_without_codes(column: str, cell: str, read: str) -> None:
    assert cell_words(column, cell) == read
