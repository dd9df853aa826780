"""Why a date is what it is: one line for the citizen, and day by day for whoever wants to check it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from routing.timing.limits import Limit, Unit
from routing.timing.official_days import DayKind
from routing.timing.working_calendar import CHINA, WorkingCalendar, last_day
from routing.timing.working_hours import windows_told

_DAY = timedelta(days=1)
_WEEK = "一二三四五六日"


def explained(
    limit: Limit,
    calendar: WorkingCalendar,
    *,
    at: datetime,
    started_at: datetime,
    due_at: datetime,
    extends: bool = False,
) -> str:
    """The limit, then why; ``at`` is before ``started_at`` for what came in out of hours.

    ``extends`` is a limit that goes on from an old due date, which ``at`` then is.
    """
    if not limit.unit.working:
        since = "自原期限起，" if extends else ""
        how = "按自然日连续计算，节假日不顺延" if limit.unit is Unit.DAY else "全天24小时连续计时，节假日不停"
        return f"{limit}：{since}{how}"
    parts = []
    if extends:
        parts.append("原期限次日起算")
    elif started_at > at:
        parts.append(f"非工作时间收到，视同{told(started_at)}收到")
    if calendar.hours.every_day:
        parts.append("承办单位全年值守，节假日照常计算")
    if limit.unit is Unit.WORKING_HOUR:
        parts.append(_hours_told(calendar, started_at, due_at))
    days = calendar.explain_days(started_at, due_at)
    if days:
        parts.append(days)
    return f"{limit}：{'，'.join(parts) or '收到次日起算'}"


def _hours_told(calendar: WorkingCalendar, started_at: datetime, due_at: datetime) -> str:
    windows = calendar.hours.windows_on(started_at.astimezone(CHINA).date())
    same = windows == calendar.hours.windows_on(last_day(due_at))
    return f"只计{windows_told(windows)}" if same else "只计工作时间"


def told(at: datetime) -> str:
    """``10月8日10:30``, in China's time."""
    local = at.astimezone(CHINA)
    return f"{local.month}月{local.day}日{local.hour:02}:{local.minute:02}"


def _ends(due_at: datetime) -> str:
    """``told``, with midnight as the end of its day."""
    day = last_day(due_at)
    midnight = due_at.astimezone(CHINA).date() != day
    return f"{day.month}月{day.day}日24:00" if midnight else told(due_at)


@dataclass(frozen=True, slots=True)
class DayLine:
    """One day between receipt and due date."""

    day: date
    what: str
    """What the day is: 工作日, 周六, 国庆节放假, 补班 …, with the notice that says so."""
    counted: str
    """What it counts for: 第3个工作日, 计240分钟, 不计 …; the last one says when the limit ends."""

    def __str__(self) -> str:
        return f"{self.day.isoformat()} 周{_WEEK[self.day.weekday()]}  {self.what}  {self.counted}"


def day_by_day(
    limit: Limit,
    calendar: WorkingCalendar,
    *,
    at: datetime,
    started_at: datetime,
    due_at: datetime,
    extends: bool = False,
) -> tuple[DayLine, ...]:
    """Every day from receipt to due date with what it counted for; the arguments are ``explained``'s.

    Recounted from the calendar's days, not read off the due date, so that the two can be compared.
    """
    if not limit.unit.working:
        days = tuple(_days(at, due_at))
        return tuple(
            DayLine(day, _what(calendar, day), "照常计时" if day != days[-1] else f"{_ends(due_at)}到期")
            for day in days
        )
    if limit.unit is Unit.WORKING_HOUR:
        return tuple(_minute_lines(calendar, at, started_at, due_at))
    return tuple(_day_lines(calendar, at, started_at, due_at, extends=extends))


def _days(first: datetime, last: datetime) -> Iterator[date]:
    day, end = first.astimezone(CHINA).date(), last_day(last)
    while day <= end:
        yield day
        day += _DAY


def _day_lines(
    calendar: WorkingCalendar, at: datetime, started_at: datetime, due_at: datetime, *, extends: bool
) -> Iterator[DayLine]:
    start = last_day(started_at) if extends else started_at.astimezone(CHINA).date()
    last = last_day(due_at)
    number = 0
    for day in _days(at - timedelta(seconds=1) if extends else at, due_at):
        if day < start:
            said = "收到，非工作时间，不计" if day == at.astimezone(CHINA).date() else "不计"
        elif day == start:
            said = "原期限" if extends else _received(at, started_at)
        elif not calendar.is_counted(day):
            said = "不计"
        else:
            number += 1
            said = f"第{number}个工作日"
        yield DayLine(day, _what(calendar, day), f"{said}，{_ends(due_at)}到期" if day == last else said)


def _received(at: datetime, started_at: datetime) -> str:
    if started_at > at:
        return f"视同{told(started_at)}收到，次日起算"
    return f"{told(at)}收到，次日起算"


def _minute_lines(
    calendar: WorkingCalendar, at: datetime, started_at: datetime, due_at: datetime
) -> Iterator[DayLine]:
    total = 0
    for day in _days(at, due_at):
        midnight = datetime(day.year, day.month, day.day, tzinfo=CHINA)
        begin, end = max(midnight, started_at), min(midnight + _DAY, due_at)
        minutes = calendar.working_minutes_between(begin, end) if begin < end else 0
        total += minutes
        said = f"计{minutes}分钟，累计{total}分钟" if minutes else "不计"
        if end == due_at:
            said += f"，{_ends(due_at)}到期"
        yield DayLine(day, _what(calendar, day), said)


def _what(calendar: WorkingCalendar, day: date) -> str:
    official = calendar.official_day(day)
    if official is None:
        if day.weekday() > 4:
            return f"周{_WEEK[day.weekday()]}"
        return "工作日" if calendar.is_counted(day) or calendar.hours.every_day else "法定节日（暂计）"
    what = "放假" if official.kind is DayKind.HOLIDAY else "补班" if day.weekday() > 4 else "上班"
    return f"{official.name}{what}（{official.notice}）"
