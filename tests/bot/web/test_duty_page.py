"""值班: one's shifts, checking in, leave, and what others' units keep to themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from routing.departments import UnitId
from routing.duty.alarm_ladder import Recipient
from routing.duty.roster import Duty, Roster
from routing.duty.roster_store import MongoRosterStore
from tests.bot.web.conftest import Console
from tests.factories import CITY_MANAGEMENT, HOUSING


async def _rostered(console: Console, *duties: Duty) -> MongoRosterStore:
    store = MongoRosterStore(console.services.database)
    await store.replace(Roster(duties), by="test", now=console.clock.now)
    return store


def _shift(console: Console, person: str, unit_id: UnitId = CITY_MANAGEMENT, *, hours: float = 0) -> Duty:
    start = console.clock.now + timedelta(hours=hours)
    return Duty(unit_id, Recipient.LIAISON, person, start, start + timedelta(hours=8))


async def test_without_a_roster_the_page_says_how_one_comes(console: Console) -> None:
    page = await (await console.as_("liaison")).open("/console/duty")
    assert "还没有值班表" in page.words
    assert "提醒发给整个单位" in page.words


async def test_one_checks_in_once_and_the_shift_shows_it(console: Console) -> None:
    await _rostered(console, _shift(console, "liaison"))
    browser = await console.as_("liaison")
    page = await browser.open("/console/duty")
    assert "您的班： 09:30–17:30" in page.words
    assert "现在由谁负责" in page.words
    assert "陈立新" in page.words
    page = await browser.send("/console/duty/check-in", {"unit_id": CITY_MANAGEMENT})
    assert "已签到：09:30–17:30" in page.words
    assert "今天已签到" in page.words


async def test_a_shift_nobody_came_to_is_marked(console: Console) -> None:
    await _rostered(console, _shift(console, "liaison"))
    console.clock.advance(minutes=16)
    page = await (await console.as_("supervisor")).open("/console/duty")
    assert "没有签到" in page.words


async def test_who_has_no_shift_cannot_check_in(console: Console) -> None:
    await _rostered(console, _shift(console, "liaison"))
    browser = await console.as_("housing")
    await browser.open("/console/duty")
    page = await browser.send("/console/duty/check-in", {"unit_id": HOUSING})
    assert page.status == 409
    assert "没有这个人的班" in page.words


async def test_leave_is_noted_shown_and_taken_back(console: Console) -> None:
    store = await _rostered(console, _shift(console, "liaison"))
    browser = await console.as_("liaison")
    await browser.open("/console/duty")
    page = await browser.send("/console/duty/leave", {"first": "2026-11-17", "last": "2026-11-18"})
    assert "已登记请假：11月17日（周二）至11月18日（周三）" in page.words
    (leave,) = (await store.of([CITY_MANAGEMENT])).leaves
    key = page.html.split('name="leave" value="')[1].split('"')[0]
    fields = {"unit_id": CITY_MANAGEMENT, "person": "liaison", "leave": key}
    page = await browser.send("/console/duty/back", fields)
    assert "已取消请假" in page.words
    assert (await store.of([CITY_MANAGEMENT])).leaves == ()
    assert "已经取消了" in (await browser.send("/console/duty/back", fields)).words
    assert leave.person == "liaison"


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-11-18", "2026-11-17", "结束日期不能早于开始日期"),
        ("", "2026-11-17", "请填写请假的起止日期"),
        ("2025-11-17", "2025-11-18", "不能都在过去"),
        ("2026-11-17", "2028-11-18", "请假最长一年"),
    ],
)
async def test_a_leave_that_cannot_be_is_refused_and_kept_in_the_form(
    console: Console, first: str, last: str, said: str
) -> None:
    browser = await console.as_("liaison")
    await browser.open("/console/duty")
    page = await browser.send("/console/duty/leave", {"first": first, "last": last})
    assert page.status == 422
    assert said in page.words
    assert f'value="{last}"' in page.html


async def test_another_units_roster_is_not_shown_nor_touched(console: Console) -> None:
    await _rostered(console, _shift(console, "liaison"), _shift(console, "housing", HOUSING))
    browser = await console.as_("housing")
    page = await browser.open(f"/console/duty?unit={CITY_MANAGEMENT}")
    assert "梁国栋" in page.words
    assert "陈立新" not in page.words
    page = await browser.send(
        "/console/duty/leave", {"unit_id": CITY_MANAGEMENT, "first": "2026-11-17", "last": "2026-11-17"}
    )
    assert page.status == 409 or page.status == 404
    fields = {"unit_id": HOUSING, "person": "somebody", "leave": "1-2"}
    assert (await browser.send("/console/duty/back", fields)).status == 403


async def test_weeks_are_turned_and_a_strange_date_is_this_week(console: Console) -> None:
    await _rostered(console, _shift(console, "liaison", hours=24 * 7))
    browser = await console.as_("liaison")
    assert "11月16日（周一） 今天" in (await browser.open("/console/duty")).words
    assert "09:30–17:30 陈立新" in (await browser.open("/console/duty?from=2026-11-23")).words
    assert "11月16日（周一） 今天" in (await browser.open("/console/duty?from=9999-99-99")).words
    assert "11月16日（周一） 今天" in (await browser.open("/console/duty?from=1999-01-01")).words
