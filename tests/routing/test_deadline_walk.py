"""Every deadline against a walk through the minutes of 2024–2026, written without the engine's tables.

The walk knows a day from another library's calendar and the opening hours written out again, and steps from one
open minute to the next. 24,000 promises with extension and pauses, in five kinds of opening hours.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import pytest

from routing.citizen_request import RequestType
from routing.timing.official_days import DayKind, OfficialDay, official_days
from routing.timing.profile_files import profile_from_text
from routing.timing.sla import ClockName, PauseReason, Profile
from routing.timing.working_calendar import CHINA

BLOCKS, CASES_A_BLOCK = 12, 2_000
FIRST = date(2024, 1, 1)
DAYS = 1096
EPOCH = datetime(2024, 1, 1, tzinfo=CHINA)
DAY = 1440
KIND = RequestType.COMPLAINT

THIRD_OF_MARCH = {
    date(2024, 4, 11),
    date(2024, 4, 12),
    date(2025, 3, 31),
    date(2025, 4, 1),
    date(2026, 4, 20),
}
OPEN_ON_NATIONAL_DAY = {date(2024, 10, 5), date(2025, 10, 6), date(2026, 10, 6)}
"""A made-up local calendar: days off of its own, and service halls that open within the national holiday."""

Windows = list[tuple[int, int]]
COUNTY: Windows = [(540, 720), (810, 1050)]
LATE: Windows = [(480, 700), (790, 905), (1080, 1440)]
SUMMER: Windows = [(510, 720), (840, 1080)]
WINTER: Windows = [(510, 720), (810, 1050)]


def minutes_open(windows_in: Callable[[int], Windows], is_worked: Callable[[date], bool]) -> bytes:
    """One byte for each minute of the three years: whether the office is open."""
    minutes = bytearray()
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        written = bytearray(DAY)
        for opens, closes in windows_in(day.month) if is_worked(day) else []:
            written[opens:closes] = b"\x01" * (closes - opens)
        minutes += written
    return bytes(minutes)


def is_worked_locally(day: date) -> bool:
    return day in OPEN_ON_NATIONAL_DAY or (chinese_calendar.is_workday(day) and day not in THIRD_OF_MARCH)


OPEN = {
    "county": minutes_open(lambda _month: COUNTY, chinese_calendar.is_workday),
    "late": minutes_open(lambda _month: LATE, chinese_calendar.is_workday),
    "seasonal": minutes_open(
        lambda month: SUMMER if 6 <= month <= 9 else WINTER, chinese_calendar.is_workday
    ),
    "local": minutes_open(lambda _month: COUNTY, is_worked_locally),
    "utility": b"\x01" * (DAYS * DAY),
}
HOURS = {
    "county": '"01-01..12-31" = ["09:00-12:00", "13:30-17:30"]',
    "late": '"01-01..12-31" = ["08:00-11:40", "13:10-15:05", "18:00-24:00"]',
    "seasonal": '"06-01..09-30" = ["08:30-12:00", "14:00-18:00"]\n"10-01..05-31" = ["08:30-12:00", "13:30-17:30"]',
    "local": '"01-01..12-31" = ["09:00-12:00", "13:30-17:30"]',
    "utility": '"01-01..12-31" = ["09:00-12:00", "13:30-17:30"]',
}
LIMITS = (
    "1 wd",
    "2 wd",
    "3 wd",
    "5 wd",
    "7 wd",
    "15 wd",
    "20 wd",
    "1 wh",
    "2 wh",
    "4 wh",
    "7 wh",
    "30 min",
    "2 h",
    "7 d",
)
PAUSES = {PauseReason.SUSPENSION: None, PauseReason.MATERIAL: "10 wd", PauseReason.THIRD_PARTY: "9 wh"}


def local_days() -> tuple[OfficialDay, ...]:
    off = [OfficialDay(d.year, d, DayKind.HOLIDAY, "三月三", "测试", True) for d in THIRD_OF_MARCH]
    return (
        *off,
        *(OfficialDay(d.year, d, DayKind.WORKDAY, "大厅开放", "测试", True) for d in OPEN_ON_NATIONAL_DAY),
    )


EXTENSIONS = ("1 wd", "3 wd", "10 wd", "6 wh", "5 d")


def tier_of(limit: str, extension: str) -> str:
    return f"{limit}-{extension}".replace(" ", "")


def profile(name: str) -> Profile:
    """One profile for each kind of hours, with a tier for each limit and extension."""
    pairs = [(tier_of(limit, extension), limit, extension) for limit in LIMITS for extension in EXTENSIONS]
    text = (
        'title = "试"\nfirst_answer_seconds = 5\nwarn_left = 0.25\nextensions = 1\nreturns_per_unit = 1\n'
        f'visit_tries = 3\nvisit_starts = "closed"\n[hours]\n{HOURS[name]}\n'
        + "[tiers]\n"
        + "".join(f'{tier} = "试"\n' for tier, _, _ in pairs)
        + '[clocks.sign_in]\nowner = "unit"\nlimit = "4 wh"\n[clocks.dispatch]\nowner = "unit"\nlimit = "2 wh"\n'
        + '[clocks.reply]\nowner = "unit"\n[clocks.reply.tiers]\n'
        + "".join(f'{tier} = "{limit}"\n' for tier, limit, _ in pairs)
        + '[clocks.extension]\nowner = "unit"\n[clocks.extension.tiers]\n'
        + "".join(f'{tier} = "{extension}"\n' for tier, _, extension in pairs)
        + '[pauses]\nsuspension = true\nmaterial = "10 wd"\nthird_party = "9 wh"\n'
    )
    days = official_days() + (local_days() if name == "local" else ())
    made = profile_from_text(text, name="walked", days=days)
    return made.for_unit("24x7") if name == "utility" else made


PROFILES = {name: profile(name) for name in OPEN}


# The walk: a minute's index counts from the first midnight of 2024; a due time is the index after the last minute.


def next_open(minutes: bytes, index: int) -> int:
    while not minutes[index]:
        index += 1
    return index


def after_minutes(minutes: bytes, index: int, left: int) -> int:
    """Step over ``left`` open minutes; closed stretches are passed in one step."""
    while left:
        index = minutes.find(1, index) + 1
        assert index, "the walk left the three years"
        left -= 1
    return index


def after_closings(minutes: bytes, index: int, left: int) -> int:
    """Walk out of the day that holds the minute ``index``, then to the closing of the ``left``-th day with one."""
    index = (index // DAY + 1) * DAY
    while True:
        day = minutes[index : index + DAY]
        assert day, "the walk left the three years"
        if any(day):
            left -= 1
            if not left:
                return index + day.rindex(1) + 1
        index += DAY


def walked(minutes: bytes, limit: str, index: int) -> int:
    amount, unit = int(limit.split()[0]), limit.split()[1]
    if unit == "wd":
        return after_closings(minutes, next_open(minutes, index), amount)
    if unit == "wh":
        return after_minutes(minutes, index, amount * 60)
    return index + amount * {"min": 1, "h": 60, "d": DAY}[unit]


def extended(minutes: bytes, limit: str, due: int) -> int:
    if limit.endswith("wd"):
        return after_closings(minutes, due - 1, int(limit.split()[0]))
    return walked(minutes, limit, due)


def paused(
    minutes: bytes, limit: str, reason: PauseReason, due: int, *, start: int, at: int, until: int
) -> int:
    """``limit`` is the clock's own: working time is taken off a limit in working time, wall time off the others."""
    at = max(at, start)
    if not at < min(until, due):
        return due
    cap = PAUSES[reason]
    if cap is not None:
        until = min(until, walked(minutes, cap, at))
    if not limit.endswith(("wd", "wh")):
        return due + until - at
    return after_minutes(minutes, due, sum(minutes[at:until]))


@dataclass(frozen=True, slots=True)
class Case:
    hours: str
    limit: str
    start: int
    extension: str | None
    pauses: tuple[tuple[PauseReason, int, int], ...]


def edges(minutes: bytes) -> list[int]:
    """Where mistakes live: midnights, and the minutes around every opening and closing next to a long closure."""
    closures = []
    index = 0
    while (closing := minutes.find(0, index)) >= 0:
        opening = minutes.find(1, closing)
        if opening < 0:
            break
        if opening - closing > 2 * DAY:
            closures += [closing - 1, closing, closing + 1, opening - 1, opening, opening + 1]
        index = opening
    return [each for each in closures if each >= 0] + [day * DAY for day in range(0, DAYS, 7)]


EDGES = {name: edges(minutes) for name, minutes in OPEN.items()}
LAST = (DAYS - 100) * DAY


def case(chance: random.Random) -> Case:
    name = chance.choice(list(OPEN))
    start = chance.randrange(LAST)
    if chance.random() < 0.3:
        start = min(chance.choice(EDGES[name]) + chance.choice((0, 0, -1, 1)), LAST)
    pauses = []
    at = max(start, 0)
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        at += chance.randrange(3 * DAY)
        until = at + chance.choice(
            (chance.randrange(1, 600), chance.randrange(1, 3 * DAY), chance.randrange(1, 9 * DAY))
        )
        pauses.append((chance.choice(list(PAUSES)), at, until))
        at = until
    extension = chance.choice((None, *EXTENSIONS))
    return Case(name, chance.choice(LIMITS), max(start, 0), extension, tuple(pauses))


def moment(index: int) -> datetime:
    return EPOCH + timedelta(minutes=index)


def index_of(at: datetime) -> int:
    return int((at - EPOCH).total_seconds()) // 60


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_deadline_agrees_with_the_walk_through_the_minutes(block: int) -> None:
    chance = random.Random(20261122 + block)
    for _ in range(CASES_A_BLOCK):
        each = case(chance)
        minutes = OPEN[each.hours]
        rules, tier = PROFILES[each.hours], tier_of(each.limit, each.extension or "1 wd")
        promise = rules.promise(ClockName.REPLY, at=moment(each.start), request_type=KIND, tier=tier)
        assert promise is not None
        due = walked(minutes, each.limit, each.start)
        assert promise.due_at == moment(due), each
        start = next_open(minutes, each.start) if each.limit.endswith(("wd", "wh")) else each.start
        assert promise.started_at == moment(start), each
        assert start <= index_of(promise.warn_at) < due, each
        for reason, at, until in each.pauses:
            promise = rules.after_pause(
                promise,
                reason=reason,
                paused_at=moment(at),
                resumed_at=moment(until),
                request_type=KIND,
                tier=tier,
            )
            due = paused(minutes, each.limit, reason, due, start=start, at=at, until=until)
            assert promise.due_at == moment(due), each
        if each.extension:
            longer = rules.extended(promise, request_type=KIND, tier=tier)
            assert longer is not None
            assert longer.due_at == moment(extended(minutes, each.extension, due)), each


@pytest.mark.parametrize("block", range(4))
def test_the_explanation_day_by_day_counts_to_the_very_limit(block: int) -> None:
    """The days are recounted for the explanation: their number must come out as the limit says."""
    chance = random.Random(7 + block)
    for _ in range(150):
        each = case(chance)
        rules, tier = PROFILES[each.hours], tier_of(each.limit, "1 wd")
        at = moment(each.start)
        promise = rules.promise(ClockName.REPLY, at=at, request_type=KIND, tier=tier)
        assert promise is not None
        lines = rules.days(promise, at=at, request_type=KIND, tier=tier)
        assert [line.day for line in lines] == sorted({line.day for line in lines})
        assert lines[0].day == at.date()
        last, amount = lines[-1].counted, int(each.limit.split()[0])
        assert last.endswith("到期"), each
        if each.limit.endswith("wd"):
            assert last.startswith(f"第{amount}个工作日，"), each
        elif each.limit.endswith("wh"):
            assert f"累计{amount * 60}分钟，" in last, each


def test_the_walk_itself_knows_the_days_of_the_notices() -> None:
    """The walk must not share a mistake: a few days by hand."""
    county = OPEN["county"]
    assert sum(county[:DAY]) == 0, "1 January 2024"
    assert sum(county) == 420 * sum(
        chinese_calendar.is_workday(FIRST + timedelta(days=n)) for n in range(DAYS)
    )
    make_up = (date(2026, 10, 10) - FIRST).days * DAY
    assert sum(county[make_up : make_up + DAY]) == 420
    before = index_of(datetime(2026, 9, 30, 17, 29, tzinfo=CHINA))
    assert moment(walked(county, "5 wd", before)) == datetime(2026, 10, 13, 9, 30, tzinfo=UTC)
    assert moment(walked(county, "5 wd", before + 1)) == datetime(2026, 10, 14, 9, 30, tzinfo=UTC)
