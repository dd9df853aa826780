"""Deadlines counted by hand on the official calendars of 2024, 2025 and 2026; every row names the rule it shows."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import pytest

from routing.timing.limits import Limit
from routing.timing.official_days import official_days
from routing.timing.profile_files import load_profile
from routing.timing.working_calendar import CHINA, WorkingCalendar


class Rule(StrEnum):
    """What the row is there to show, and where it is written."""

    DAY_AFTER = "the day of receipt is not counted (民法典 art. 201)"
    CLOSING = "the last day ends when business ends (民法典 art. 203)"
    NEXT_OPENING = "what comes in outside hours counts as received at the next opening (domain §3)"
    LUNCH = "a lunch break is outside hours, but still the day of receipt"
    WORKING_DAYS = "a limit in working days leaves out statutory holidays (行政许可法 art. 82)"
    NEW_YEAR = "元旦 of the yearly notice"
    SPRING_FESTIVAL = "春节 of the yearly notice"
    TOMB_SWEEPING = "清明节 of the yearly notice"
    LABOUR_DAY = "劳动节 of the yearly notice"
    DRAGON_BOAT = "端午节 of the yearly notice"
    MID_AUTUMN = "中秋节 of the yearly notice"
    NATIONAL_DAY = "国庆节 of the yearly notice"
    MAKE_UP = "a make-up Saturday or Sunday is a working day (调休)"
    LAST_MINUTE = "the last minute before a holiday is still before it"
    HOURS = "a limit in working hours runs through open windows only"
    DISCLOSURE = "20 working days, and at most 20 more (政府信息公开条例 art. 33)"
    ROUND_THE_CLOCK = "hours and calendar days of urgent classes run day and night (domain §3)"
    SEASON = "summer and winter hours change overnight"
    UTILITY = "a unit that works round the clock has no holidays"
    LOCAL = "a local holiday lies over the national calendar"
    EXTENSION = "an extension counts from the day after the old limit"


R = Rule
COUNTY = "demo-county"
SEASONAL = "shandong-5+10"

RECEIVED = [
    # 2024
    (R.SPRING_FESTIVAL, "2024-02-08T15:00", "5 wd", "2024-02-21 17:30", "9, make-up Sunday 18, 19, 20, 21"),
    (R.LAST_MINUTE, "2024-02-09T17:29", "1 wd", "2024-02-18 17:30", "除夕 was worked; day 1 is make-up Sunday"),
    (R.NEXT_OPENING, "2024-02-09T17:30", "1 wd", "2024-02-19 17:30", "received on make-up Sunday the 18th"),
    (R.MAKE_UP, "2024-02-03T10:00", "1 wd", "2024-02-05 17:30", "Saturday; received on make-up Sunday the 4th"),
    (R.TOMB_SWEEPING, "2024-04-03T16:30", "2 wh", "2024-04-07 10:00", "an hour, then make-up Sunday the 7th"),
    (R.MAKE_UP, "2024-04-26T10:00", "1 wd", "2024-04-28 17:30", "Friday; make-up Sunday is day 1"),
    (R.LABOUR_DAY, "2024-04-30T10:00", "5 wd", "2024-05-10 17:30", "6, 7, 8, 9, 10 May"),
    (R.MAKE_UP, "2024-04-30T10:00", "6 wd", "2024-05-11 17:30", "the sixth is make-up Saturday"),
    (R.DRAGON_BOAT, "2024-06-07T17:31", "1 wd", "2024-06-12 17:30", "received on Tuesday the 11th"),
    (R.MID_AUTUMN, "2024-09-13T10:00", "3 wd", "2024-09-19 17:30", "make-up Saturday 14, 18, 19"),
    (R.NATIONAL_DAY, "2024-09-30T17:00", "5 wd", "2024-10-12 17:30", "8, 9, 10, 11, make-up Saturday 12"),
    (R.DISCLOSURE, "2024-09-27T16:00", "20 wd", "2024-10-30 17:30", "make-up 29 September and 12 October count"),
    # 2025
    (R.NEW_YEAR, "2024-12-31T17:45", "1 wd", "2025-01-03 17:30", "received on 2 January"),
    (R.SPRING_FESTIVAL, "2025-01-27T09:00", "1 wd", "2025-02-05 17:30", "eight days off"),
    (R.SPRING_FESTIVAL, "2025-01-27T17:00", "5 wd", "2025-02-10 17:30", "5, 6, 7, make-up Saturday 8, 10"),
    (R.MAKE_UP, "2025-01-25T12:00", "2 wh", "2025-01-26 11:00", "Saturday; make-up Sunday from 09:00"),
    (R.TOMB_SWEEPING, "2025-04-03T10:00", "1 wd", "2025-04-07 17:30", "no make-up day"),
    (R.LABOUR_DAY, "2025-04-25T10:00", "5 wd", "2025-05-06 17:30", "make-up Sunday 27, 28, 29, 30, 6 May"),
    (R.LAST_MINUTE, "2025-05-30T17:29", "1 wd", "2025-06-03 17:30", "端午节 31 May – 2 June"),
    (R.DRAGON_BOAT, "2025-05-30T17:30", "1 wd", "2025-06-04 17:30", "received on 3 June"),
    (R.MAKE_UP, "2025-09-26T17:31", "1 wd", "2025-09-29 17:30", "received on make-up Sunday the 28th"),
    (R.NATIONAL_DAY, "2025-09-30T11:30", "3 wd", "2025-10-11 17:30", "9, 10, make-up Saturday 11"),
    # 2026
    (R.NEW_YEAR, "2025-12-31T23:59", "1 wd", "2026-01-05 17:30", "received on make-up Sunday 4 January"),
    (R.SPRING_FESTIVAL, "2026-02-13T17:29", "1 wd", "2026-02-14 17:30", "make-up Saturday before the holiday"),
    (R.LAST_MINUTE, "2026-02-14T17:29", "1 wd", "2026-02-24 17:30", "nine days off, day 1 is the 24th"),
    (R.CLOSING, "2026-02-14T17:30", "1 wd", "2026-02-25 17:30", "closed: received on the 24th"),
    (R.SPRING_FESTIVAL, "2026-02-14T16:30", "2 wh", "2026-02-24 10:00", "an hour before and one after nine days"),
    (R.SPRING_FESTIVAL, "2026-02-12T10:00", "5 wd", "2026-02-26 17:30", "13, make-up 14, 24, 25, 26"),
    (R.MAKE_UP, "2026-02-12T10:00", "7 wd", "2026-02-28 17:30", "the seventh is make-up Saturday"),
    (R.MAKE_UP, "2026-02-27T17:31", "1 wd", "2026-03-02 17:30", "received on make-up Saturday the 28th"),
    (R.DISCLOSURE, "2026-02-09T10:00", "20 wd", "2026-03-13 17:30", "10–14, 24–28 February, 2–6, 9–13 March"),
    (R.TOMB_SWEEPING, "2026-04-03T16:00", "4 wh", "2026-04-07 11:30", "90 minutes, then 150"),
    (R.LABOUR_DAY, "2026-04-30T17:29", "3 wd", "2026-05-08 17:30", "6, 7, 8 May"),
    (R.MAKE_UP, "2026-04-30T17:29", "4 wd", "2026-05-09 17:30", "the fourth is make-up Saturday"),
    (R.LUNCH, "2026-06-18T12:30", "1 wd", "2026-06-22 17:30", "received the same day, then 端午节"),
    (R.MID_AUTUMN, "2026-09-18T17:31", "5 wd", "2026-09-28 17:30", "received on make-up Sunday 20; 21–24, 28"),
    (R.NATIONAL_DAY, "2026-09-24T17:00", "5 wd", "2026-10-09 17:30", "28, 29, 30, 8, 9 over two holidays"),
    (R.LAST_MINUTE, "2026-09-30T17:29", "5 wd", "2026-10-13 17:30", "8, 9, make-up 10, 12, 13"),
    (R.NATIONAL_DAY, "2026-09-30T17:30", "5 wd", "2026-10-14 17:30", "received on the 8th"),
    (R.HOURS, "2026-09-30T17:29", "1 wh", "2026-10-08 09:59", "a minute before the holiday, 59 after"),
    (R.NEXT_OPENING, "2026-10-10T17:31", "1 wd", "2026-10-13 17:30", "evening of a make-up Saturday: Monday"),
    (R.DISCLOSURE, "2026-09-30T16:30", "20 wd", "2026-11-03 17:30", "18 days of October from the 8th, 2, 3 November"),
    (R.DAY_AFTER, "2026-11-18T09:00", "1 wd", "2026-11-19 17:30", "the first minute of a day buys no day"),
    (R.WORKING_DAYS, "2026-11-20T10:00", "5 wd", "2026-11-27 17:30", "a plain week"),
    (R.ROUND_THE_CLOCK, "2026-10-03T23:10", "2 h", "2026-10-04 01:10", "a holiday night"),
    (R.ROUND_THE_CLOCK, "2026-10-03T23:10", "7 d", "2026-10-10 23:10", "calendar days by the clock"),
]  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def shown(moment: datetime) -> str:
    assert moment.tzinfo is UTC
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(("rule", "came_in", "limit", "due", "counted"), RECEIVED)
def test_an_official_case(rule: Rule, came_in: str, limit: str, due: str, counted: str) -> None:
    calendar = load_profile(COUNTY).calendar
    assert shown(Limit.parse(limit).due(calendar, at(came_in))) == due, f"{rule}: {counted}"


@pytest.mark.parametrize(
    ("rule", "profile", "unit", "came_in", "limit", "due"),
    [
        (R.SEASON, SEASONAL, None, "2026-05-29T17:00", "4 wh", "2026-06-01 12:00"),
        (R.SEASON, SEASONAL, None, "2026-05-29T17:00", "5 wh", "2026-06-01 15:00"),
        (R.SEASON, SEASONAL, None, "2026-09-30T17:00", "2 wh", "2026-10-08 09:30"),
        (R.SEASON, SEASONAL, None, "2026-09-30T17:59", "5 wd", "2026-10-13 17:30"),
        (R.SEASON, SEASONAL, None, "2026-09-30T18:00", "5 wd", "2026-10-14 17:30"),
        (R.UTILITY, COUNTY, "24x7", "2026-10-03T23:10", "4 wh", "2026-10-04 03:10"),
        (R.UTILITY, COUNTY, "24x7", "2026-09-30T16:30", "5 wd", "2026-10-06 00:00"),
        (R.UTILITY, COUNTY, "24x7", "2026-02-16T23:59", "1 wd", "2026-02-18 00:00"),
    ],
)
def test_a_case_of_other_hours(
    rule: Rule, profile: str, unit: str | None, came_in: str, limit: str, due: str
) -> None:
    calendar = load_profile(profile).for_unit(unit).calendar_of()
    assert shown(Limit.parse(limit).due(calendar, at(came_in))) == due, rule


@pytest.mark.parametrize(
    ("unit", "old", "by", "new", "counted"),
    [
        (None, "2024-09-30T17:30", "3 wd", "2024-10-10 17:30", "8, 9, 10 October"),
        (None, "2026-02-13T17:30", "2 wd", "2026-02-24 17:30", "make-up 14, then the 24th"),
        (None, "2026-09-30T17:30", "10 wd", "2026-10-20 17:30", "8, 9, make-up 10, 12–16, 19, 20"),
        (None, "2026-11-03T17:30", "20 wd", "2026-12-01 17:30", "4–6, 9–13, 16–20, 23–27, 30, 1 December"),
        ("24x7", "2026-10-06T00:00", "1 wd", "2026-10-07 00:00", "24:00 of the 5th, then of the 6th"),
    ],
)
def test_an_extended_case(unit: str | None, old: str, by: str, new: str, counted: str) -> None:
    calendar = load_profile(COUNTY).for_unit(unit).calendar_of()
    assert shown(Limit.parse(by).extend(calendar, at(old))) == new, f"{R.EXTENSION}: {counted}"


def test_a_local_holiday_is_left_out_and_named_and_is_no_notice_of_its_year(tmp_path: Path) -> None:
    (tmp_path / "local-guangxi.csv").write_text(
        "date,kind,name,notice\n"
        "2026-04-20,holiday,三月三,测试文号\n2026-10-06,workday,大厅开放,测试\n2027-04-09,holiday,三月三,测试\n",
        encoding="utf-8",
    )
    hours = load_profile(COUNTY).calendar.hours
    calendar = WorkingCalendar.load(hours=hours, extra=tmp_path)
    due_at = calendar.add_working_days(at("2026-04-17T10:00"), 1)
    assert shown(due_at) == "2026-04-21 17:30", R.LOCAL
    assert calendar.explain_days(at("2026-04-17T10:00"), due_at) == "4月20日放假不计"
    assert shown(calendar.add_working_days(at("2026-09-30T10:00"), 1)) == "2026-10-06 17:30", R.LOCAL
    assert 2027 not in calendar.years
    assert {row.notice_year for row in official_days(tmp_path) if not row.local} == {2024, 2025, 2026}


def test_every_rule_has_a_case() -> None:
    elsewhere = {R.SEASON, R.UTILITY, R.LOCAL, R.EXTENSION}
    assert {row[0] for row in RECEIVED} | elsewhere == set(Rule)
