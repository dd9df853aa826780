"""Working time: the official calendar, hours with a lunch break, make-up workdays, and years without a notice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.errors import UnknownYear
from routing.timing.official_days import CalendarFileInvalid, official_days, read_official_days
from routing.timing.working_calendar import CHINA, WorkingCalendar, calendar_alarm
from routing.timing.working_hours import WorkingHours

COUNTY = WorkingHours.parse("county", {"01-01..12-31": ["09:00-12:00", "13:30-17:30"]})
SEASONAL = WorkingHours.parse(
    "seasonal",
    {"06-01..09-30": ["08:30-12:00", "14:00-18:00"], "10-01..05-31": ["08:30-12:00", "13:30-17:30"]},
)
CALENDAR = WorkingCalendar.load(hours=COUNTY)
CALENDARS = {"county": CALENDAR, "seasonal": WorkingCalendar.load(hours=SEASONAL)}
DAY = timedelta(days=1)
EPOCH = datetime(2024, 1, 1, tzinfo=CHINA)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def shown(moment: datetime) -> str:
    assert moment.utcoffset() == timedelta(0), "results are UTC"
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


def every_day(first: date, last: date) -> list[date]:
    return [first + DAY * offset for offset in range((last - first).days + 1)]


# The official days


def test_every_day_of_2024_to_2026_agrees_with_an_independent_calendar() -> None:
    days = every_day(date(2024, 1, 1), date(2026, 12, 31))
    assert [day for day in days if CALENDAR.is_workday(day) != chinese_calendar.is_workday(day)] == []
    assert len(days) == 1096


def test_every_official_day_names_the_notice_of_its_year() -> None:
    notices = {2024: "国办发明电〔2023〕7号", 2025: "国办发明电〔2024〕12号", 2026: "国办发明电〔2025〕7号"}
    rows = official_days()
    assert {(row.notice_year, row.notice) for row in rows} == set(notices.items())
    assert len(rows) == 108


@pytest.mark.parametrize("day", [date(2023, 12, 29), date(2027, 1, 1), date(2027, 3, 1)])
def test_a_year_without_a_notice_is_unknown_to_the_strict_question(day: date) -> None:
    with pytest.raises(UnknownYear) as refusal:
        CALENDAR.is_workday(day)
    assert refusal.value.year == day.year


@pytest.mark.parametrize(
    ("days", "naive", "without_make_up"), [(5, "22.1 %", "15.8 %"), (20, "54.5 %", "40.7 %")]
)
def test_the_published_share_of_wrong_due_dates_is_reproduced(
    days: int, naive: str, without_make_up: str
) -> None:
    """All 1,036 start days of 2024-01-01…2026-11-01, due on the n-th working day after the start day."""
    holidays = {row.day for row in official_days() if row.kind == "holiday"}

    def due(start: date, *, leaving_out: set[date]) -> date:
        left = days
        while left:
            start += DAY
            left -= start.weekday() < 5 and start not in leaving_out
        return start

    starts = every_day(date(2024, 1, 1), date(2026, 11, 1))
    right = [
        CALENDAR.extend_working_days(at(f"{day}T12:00"), days).astimezone(CHINA).date() for day in starts
    ]

    def wrong(leaving_out: set[date]) -> str:
        wrongs = sum(
            due(day, leaving_out=leaving_out) != day_due for day, day_due in zip(starts, right, strict=True)
        )
        return f"{100 * wrongs / len(starts):.1f} %"

    assert len(starts) == 1036
    assert (wrong(set()), wrong(holidays)) == (naive, without_make_up)


# Receipt


@pytest.mark.parametrize(
    ("came_in", "received", "why"),
    [
        ("2026-11-20T10:00", "2026-11-20 10:00", "open: received at once"),
        ("2026-11-20T08:59", "2026-11-20 09:00", "before opening: the same day's opening"),
        ("2026-11-20T12:00", "2026-11-20 13:30", "closing time is closed, and lunch has begun"),
        ("2026-11-20T12:59", "2026-11-20 13:30", "lunch: the afternoon's opening, still today"),
        ("2026-11-20T17:29", "2026-11-20 17:29", "the last open minute"),
        ("2026-11-20T17:30", "2026-11-23 09:00", "closing time of a Friday is Monday"),
        ("2026-11-20T17:31", "2026-11-23 09:00", "Friday evening is Monday"),
        ("2026-10-10T10:00", "2026-10-10 10:00", "a make-up Saturday is open"),
        ("2026-10-11T10:00", "2026-10-12 09:00", "an ordinary Sunday is not"),
        ("2026-09-30T23:59", "2026-10-08 09:00", "a minute before National Day: after the holiday"),
        ("2026-02-13T18:00", "2026-02-14 09:00", "Friday evening before a make-up Saturday"),
    ],
)
def test_what_comes_in_outside_hours_is_received_at_the_next_opening(
    came_in: str, received: str, why: str
) -> None:
    assert shown(CALENDAR.received_at(at(came_in))) == received, why
    assert CALENDAR.is_open(at(came_in)) == (shown(at(came_in).astimezone(UTC)) == received), why


def test_the_next_opening_is_never_the_present_one() -> None:
    assert shown(CALENDAR.next_opening(at("2026-11-20T09:00"))) == "2026-11-20 13:30"
    assert shown(CALENDAR.next_opening(at("2026-11-20T14:00"))) == "2026-11-23 09:00"
    assert shown(CALENDAR.next_opening(at("2026-11-21T02:00"))) == "2026-11-23 09:00"


# Limits in working days


@pytest.mark.parametrize(
    ("came_in", "days", "due", "why"),
    [
        ("2026-11-18T10:00", 1, "2026-11-19 17:30", "day 1 is the day after receipt"),
        ("2026-11-20T17:29", 1, "2026-11-23 17:30", "Friday in time: Monday is day 1"),
        ("2026-11-20T17:31", 1, "2026-11-24 17:30", "Friday 17:31 is received on Monday: Tuesday is day 1"),
        ("2026-11-20T12:30", 1, "2026-11-23 17:30", "lunch is still the day of receipt"),
        ("2026-11-21T10:00", 1, "2026-11-24 17:30", "Saturday is received on Monday"),
        ("2026-09-30T16:30", 5, "2026-10-13 17:30", "National Day: 8, 9, make-up 10, 12, 13 October"),
        ("2026-09-30T23:59", 5, "2026-10-14 17:30", "received on the 8th: 9, make-up 10, 12, 13, 14"),
        ("2026-10-10T10:00", 1, "2026-10-12 17:30", "received inside a make-up day"),
        ("2026-10-09T10:00", 1, "2026-10-10 17:30", "a make-up Saturday is day 1"),
        ("2026-02-13T10:00", 2, "2026-02-24 17:30", "make-up Saturday 14, then nine days of Spring Festival"),
        ("2026-02-11T10:00", 20, "2026-03-17 17:30", "n=20 over Spring Festival and two make-up Saturdays"),
        ("2025-01-24T17:00", 3, "2025-02-05 17:30", "make-up Sunday 26 is day 1, 27 day 2, 5 February day 3"),
        ("2025-12-31T17:31", 1, "2026-01-05 17:30", "received on make-up Sunday 4 January 2026"),
        ("2024-02-29T10:00", 1, "2024-03-01 17:30", "leap day"),
    ],
)
def test_a_limit_in_working_days_falls_due_at_close_of_business(
    came_in: str, days: int, due: str, why: str
) -> None:
    assert shown(CALENDAR.add_working_days(at(came_in), days)) == due, why


def test_an_extension_counts_from_the_day_after_the_old_due_date() -> None:
    due_at = CALENDAR.add_working_days(at("2026-11-18T10:00"), 5)
    assert shown(due_at) == "2026-11-25 17:30"
    assert shown(CALENDAR.extend_working_days(due_at, 1)) == "2026-11-26 17:30"
    assert shown(CALENDAR.extend_working_days(due_at, 10)) == "2026-12-09 17:30"


@pytest.mark.parametrize("days", [0, -1])
def test_a_limit_of_no_days_is_a_mistake(days: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        CALENDAR.add_working_days(at("2026-11-18T10:00"), days)
    with pytest.raises(ValueError, match="at least 1"):
        CALENDAR.extend_working_days(at("2026-11-18T10:00"), days)


# Limits in working hours


@pytest.mark.parametrize(
    ("came_in", "minutes", "due", "why"),
    [
        (
            "2026-11-18T10:00",
            120,
            "2026-11-18 12:00",
            "ends with the morning: due at its closing, not at 13:30",
        ),
        ("2026-11-18T10:00", 121, "2026-11-18 13:31", "one minute more crosses lunch"),
        ("2026-11-18T11:30", 120, "2026-11-18 15:00", "half an hour, lunch, an hour and a half"),
        ("2026-11-18T12:30", 120, "2026-11-18 15:30", "lunch counts from 13:30"),
        ("2026-11-20T16:30", 120, "2026-11-23 10:00", "over a weekend"),
        ("2026-11-20T17:31", 120, "2026-11-23 11:00", "Friday 17:31"),
        ("2026-09-30T11:00", 420, "2026-10-08 11:00", "a whole day: lunch and National Day"),
        ("2026-09-30T23:59", 30, "2026-10-08 09:30", "23:59 before a holiday"),
        ("2026-10-10T17:00", 60, "2026-10-12 09:30", "start inside a make-up day"),
        ("2026-10-09T17:00", 60, "2026-10-10 09:30", "into a make-up day"),
        ("2026-11-18T10:00", 0, "2026-11-18 10:00", "no time at all is the receipt"),
    ],
)
def test_a_limit_in_working_hours_runs_through_the_open_windows(
    came_in: str, minutes: int, due: str, why: str
) -> None:
    assert shown(CALENDAR.add_working_minutes(at(came_in), minutes)) == due, why


def test_a_pause_over_a_holiday_takes_off_its_working_time_only() -> None:
    assert CALENDAR.working_minutes_between(at("2026-09-30T16:30"), at("2026-10-08T10:00")) == 120
    assert CALENDAR.working_minutes_between(at("2026-10-01T00:00"), at("2026-10-07T23:59")) == 0
    assert CALENDAR.working_minutes_between(at("2026-10-08T10:00"), at("2026-10-08T09:00")) == 0


def test_seasonal_hours_change_overnight() -> None:
    seasonal = CALENDARS["seasonal"]
    assert shown(seasonal.received_at(at("2026-05-29T13:45"))) == "2026-05-29 13:45"
    assert shown(seasonal.received_at(at("2026-06-01T13:45"))) == "2026-06-01 14:00"
    assert shown(seasonal.add_working_days(at("2026-05-29T10:00"), 1)) == "2026-06-01 18:00"


# Against a walk through every minute of three years


def _open_minutes(windows_by_month: dict[int, list[tuple[int, int]]]) -> bytearray:
    """One byte a minute from 2024 on, from the independent calendar and the hours written out again."""
    minutes = bytearray()
    for day in every_day(date(2024, 1, 1), date(2026, 12, 31)):
        windows = windows_by_month[day.month] if chinese_calendar.is_workday(day) else []
        minutes += bytes(any(a <= minute < b for a, b in windows) for minute in range(1440))
    return minutes


SUMMER = [(510, 720), (840, 1080)]
WINTER = [(510, 720), (810, 1050)]
OPEN = {
    "county": _open_minutes({month: [(540, 720), (810, 1050)] for month in range(1, 13)}),
    "seasonal": _open_minutes({month: SUMMER if 6 <= month <= 9 else WINTER for month in range(1, 13)}),
}
LAST_START = 1096 * 1440 - 60 * 1440
names = st.sampled_from(["county", "seasonal"])
starts = st.integers(0, LAST_START)


def minute(index: int) -> datetime:
    return EPOCH + timedelta(minutes=index)


@settings(max_examples=300, deadline=None)
@given(name=names, start=starts, minutes=st.integers(1, 4000))
def test_adding_minutes_agrees_with_the_walk(name: str, start: int, minutes: int) -> None:
    index, left = start, minutes
    while left:
        left -= OPEN[name][index]
        index += 1
    assert CALENDARS[name].add_working_minutes(minute(start), minutes) == minute(index)


@settings(max_examples=300, deadline=None)
@given(name=names, start=starts, span=st.integers(0, 50000))
def test_minutes_between_agree_with_the_walk(name: str, start: int, span: int) -> None:
    walked = sum(OPEN[name][start : start + span])
    assert CALENDARS[name].working_minutes_between(minute(start), minute(start + span)) == walked


@settings(max_examples=300, deadline=None)
@given(name=names, start=starts, days=st.integers(1, 25))
def test_adding_days_agrees_with_the_walk(name: str, start: int, days: int) -> None:
    index = start
    while not OPEN[name][index]:
        index += 1
    assert CALENDARS[name].received_at(minute(start)) == minute(index)
    day, left = index // 1440, days
    while left:
        day += 1
        left -= any(OPEN[name][day * 1440 : day * 1440 + 1440])
    close = max(each for each in range(day * 1440, day * 1440 + 1440) if OPEN[name][each]) + 1
    assert CALENDARS[name].add_working_days(minute(start), days) == minute(close)


@settings(max_examples=200, deadline=None)
@given(start=st.datetimes(datetime(2024, 1, 1), datetime(2028, 6, 1)), minutes=st.integers(0, 20000))
def test_added_time_is_the_time_between_even_in_provisional_years(start: datetime, minutes: int) -> None:
    begin = start.replace(microsecond=0, tzinfo=CHINA)
    due_at = CALENDAR.add_working_minutes(begin, minutes)
    assert due_at >= begin
    assert CALENDAR.working_minutes_between(begin, due_at) == minutes


@settings(max_examples=200, deadline=None)
@given(
    first=st.datetimes(datetime(2024, 1, 1), datetime(2028, 6, 1)),
    later=st.timedeltas(timedelta(0), timedelta(days=40)),
    days=st.integers(1, 25),
)
def test_who_asks_later_is_never_promised_an_earlier_date(
    first: datetime, later: timedelta, days: int
) -> None:
    begin = first.replace(tzinfo=CHINA)
    assert CALENDAR.add_working_days(begin, days) <= CALENDAR.add_working_days(begin + later, days)


@settings(max_examples=100, deadline=None)
@given(start=st.datetimes(datetime(2024, 1, 1), datetime(2026, 10, 1)), offset=st.integers(-12, 12))
def test_the_offset_a_time_is_written_in_does_not_matter(start: datetime, offset: int) -> None:
    begin = start.replace(tzinfo=UTC)
    elsewhere = (begin + timedelta(hours=offset)).isoformat()[:-6]
    written = datetime.fromisoformat(f"{elsewhere}{offset:+03d}:00")
    assert CALENDAR.add_working_days(begin, 3) == CALENDAR.add_working_days(written, 3)


# Years without a notice


def test_a_deadline_in_a_year_without_a_notice_is_provisional_and_says_so() -> None:
    start = at("2026-12-30T10:00")
    due_at = CALENDAR.add_working_days(start, 5)
    assert shown(due_at) == "2027-01-07 17:30", "1 January is off by law"
    assert CALENDAR.version_for(start, due_at) == f"{CALENDAR.version}+2027-provisional"
    assert CALENDAR.explain_days(start, due_at) == (
        "1月1日放假不计，2027年放假安排尚未公布，按周一至周五及元旦暂计，公布后将复核"
    )


def test_a_deadline_inside_the_known_years_is_not_provisional() -> None:
    start = at("2026-12-23T10:00")
    due_at = CALENDAR.add_working_days(start, 5)
    assert shown(due_at) == "2026-12-30 17:30"
    assert CALENDAR.version_for(start, due_at) == CALENDAR.version
    assert "暂计" not in CALENDAR.explain_days(start, due_at)


def test_the_spring_festival_fixed_by_law_is_kept_before_its_notice_is_out() -> None:
    start = at("2027-02-04T10:00")
    due_at = CALENDAR.add_working_days(start, 1)
    assert shown(due_at) == "2027-02-09 17:30"
    assert "2月5–8日放假不计" in CALENDAR.explain_days(start, due_at)


@pytest.mark.parametrize(
    ("moment", "year"),
    [("2023-12-31T10:00", 2023), ("2028-12-29T17:31", 2029), ("2031-05-06T10:00", 2031)],
)
def test_a_time_off_the_table_is_refused(moment: str, year: int) -> None:
    with pytest.raises(UnknownYear) as refusal:
        CALENDAR.received_at(at(moment))
    assert refusal.value.year == year
    with pytest.raises(UnknownYear):
        CALENDAR.next_opening(at(moment))


def test_a_limit_that_leaves_the_table_is_refused() -> None:
    for ask in (CALENDAR.add_working_days, CALENDAR.extend_working_days, CALENDAR.add_working_minutes):
        with pytest.raises(UnknownYear):
            ask(at("2028-12-20T10:00"), 10_000)


def test_importing_the_notice_ends_the_provisional_state(tmp_path: Path) -> None:
    (tmp_path / "cn-2027.csv").write_text(
        "notice_year,date,kind,name,notice\n"
        "2027,2027-01-01,holiday,元旦,测试文号\n2027,2027-01-02,workday,元旦,测试文号\n",
        encoding="utf-8",
    )
    calendar = WorkingCalendar.load(hours=COUNTY, extra=tmp_path)
    due_at = calendar.add_working_days(at("2026-12-31T10:00"), 1)
    assert shown(due_at) == "2027-01-02 17:30"
    assert calendar.version_for(at("2026-12-31T10:00"), due_at) == calendar.version
    assert calendar.version.startswith("cn-2024-2027.")
    assert calendar.is_workday(date(2027, 1, 2))
    assert calendar_alarm(at("2026-11-21T12:00"), extra=tmp_path) is None


@pytest.mark.parametrize(
    ("now", "missing"),
    [
        ("2025-11-21T12:00", None),
        ("2026-10-31T23:59", None),
        ("2026-11-01T00:00", "2027年"),
        ("2026-11-21T12:00", "2027年"),
        ("2027-03-01T12:00", "2027年"),
        ("2027-11-01T12:00", "2027年、2028年"),
    ],
)
def test_the_alarm_rings_from_november_until_the_notice_is_there(now: str, missing: str | None) -> None:
    alarm = calendar_alarm(at(now))
    assert (
        (alarm is None) if missing is None else (alarm is not None and f"尚未导入{missing}放假安排" in alarm)
    )


# Explanations and versions


@pytest.mark.parametrize(
    ("start", "due", "told"),
    [
        ("2026-09-30T16:30", "2026-10-13T17:30", "10月1–7日放假不计，10月10日(周六)补班计入"),
        (
            "2026-09-18T10:00",
            "2026-10-12T17:30",
            "9月25–27日、10月1–7日放假不计，9月20日(周日)、10月10日(周六)补班计入",
        ),
        ("2025-01-24T10:00", "2025-02-06T17:30", "1月28日–2月4日放假不计，1月26日(周日)补班计入"),
        ("2025-12-31T10:00", "2026-01-05T17:30", "1月1–3日放假不计，1月4日(周日)补班计入"),
        ("2026-11-20T10:00", "2026-11-23T17:30", "周六、周日不计"),
        ("2026-11-18T10:00", "2026-11-19T17:30", ""),
        ("2026-10-10T10:00", "2026-10-12T17:30", "周六、周日不计"),
    ],
)
def test_the_explanation_names_the_days_that_made_the_date(start: str, due: str, told: str) -> None:
    assert CALENDAR.explain_days(at(start), at(due)) == told


def test_the_version_changes_with_the_days_and_with_the_hours() -> None:
    longer = WorkingHours.parse("county", {"01-01..12-31": ["09:00-12:00", "13:30-18:00"]})
    rows = official_days()
    assert WorkingCalendar(rows, hours=COUNTY).version == CALENDAR.version
    assert WorkingCalendar(rows[1:], hours=COUNTY).version != CALENDAR.version
    assert WorkingCalendar(rows, hours=longer).version != CALENDAR.version
    assert CALENDAR.version.startswith("cn-2024-2026.")
    assert CALENDAR.version.endswith("/county")


# Mistakes in data


@pytest.mark.parametrize(
    ("seasons", "why"),
    [
        ({"01-01..06-30": ["09:00-12:00"]}, "half a year without hours"),
        ({"01-01..12-31": ["09:00-12:00"], "06-01..06-30": ["09:00-12:00"]}, "June twice"),
        ({"01-01..12-31": []}, "no window"),
        ({"01-01..12-31": ["09:00-12:00", "11:00-17:00"]}, "overlapping windows"),
        ({"01-01..12-31": ["12:00-09:00"]}, "closes before it opens"),
    ],
)
def test_hours_that_cannot_be_kept_are_refused(seasons: dict[str, list[str]], why: str) -> None:
    with pytest.raises(ValueError, match="工作时间"):
        WorkingHours.parse("wrong", seasons)


def test_every_wrong_row_of_a_calendar_file_is_named_at_once() -> None:
    rows = [
        "2027,2027-01-01,holiday,元旦,某号",
        "2027,2027-13-01,holiday,元旦,某号",
        "2027,2027-01-04,workday,元旦,某号",
        "2027,2027-01-05,holiday,元旦,",
        "2027,2027-01-01,holiday,元旦,某号",
        "2027,2021-01-01,holiday,元旦,某号",
        "2027,2027-01-06,day off,元旦,某号",
    ]
    with pytest.raises(CalendarFileInvalid) as refusal:
        read_official_days("\n".join(["notice_year,date,kind,name,notice", *rows]))
    assert [error.split("：")[0] for error in refusal.value.errors] == [
        f"第{line}行" for line in (3, 4, 5, 6, 7, 8)
    ]


@pytest.mark.parametrize(
    "text", ["", "notice_year,date,kind,name,notice\n", "date,kind\n2027-01-01,holiday\n"]
)
def test_a_file_that_is_no_calendar_is_refused(text: str) -> None:
    with pytest.raises(CalendarFileInvalid):
        read_official_days(text)


def test_a_time_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="without offset"):
        CALENDAR.received_at(datetime(2026, 11, 20, 10))
