"""Working time in China: official days off, make-up workdays and opening hours, as a table of day segments.

A year whose yearly notice is not loaded still gets deadlines, for two years after the last notice: Monday to
Friday without the days off fixed by law. Refusing would stop every filing of late December until the notice
is entered. Such results are *provisional*: ``version_for`` and ``explain_days`` say so, while ``is_workday``
and ``calendar_alarm`` stay strict.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from routing.errors import UnknownYear
from routing.timing.official_days import DayKind, OfficialDay, official_days, statutory_days
from routing.timing.working_hours import WorkingHours

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has kept +08:00 without summer time since 1992, so no time-zone database is needed."""

PROVISIONAL_YEARS = 2
"""How many years past the last notice a deadline may run into."""

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_WEEK = "一二三四五六日"


def _seconds(at: datetime) -> int:
    """Whole seconds since 1970; the fraction is dropped, no deadline is finer."""
    if at.tzinfo is None:
        raise ValueError("a datetime without offset has no place in the calendar")
    return int(at.timestamp())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def last_day(due_at: datetime) -> date:
    """The day a limit ends on: midnight is the end (24:00) of the day before."""
    return (due_at - _SECOND).astimezone(CHINA).date()


class WorkingCalendar:
    """Answers every question of working time for one set of opening hours.

    All datetimes are aware, results are UTC. Every method raises ``UnknownYear`` outside the table: before
    the first notice, or more than ``PROVISIONAL_YEARS`` after the last.
    """

    __slots__ = (
        "_before",
        "_closes",
        "_days",
        "_ends",
        "_explained",
        "_first_year",
        "_last_year",
        "_official",
        "_segment_day",
        "_starts",
        "_statutory",
        "hours",
        "version",
        "years",
    )

    def __init__(self, official: Iterable[OfficialDay], *, hours: WorkingHours) -> None:
        rows = tuple(official)
        self._official = {row.day: row for row in rows if not row.local}
        self.years = frozenset(row.notice_year for row in self._official.values())
        """Years whose notice is loaded; a local holiday is no notice."""
        self._official.update({row.day: row for row in rows if row.local})
        self._statutory = statutory_days()
        self.hours = hours
        self._first_year, last_notice = min(self.years), max(self.years)
        self._last_year = last_notice + PROVISIONAL_YEARS
        content = repr(
            (sorted(self._official.items()), sorted(self._statutory.items()), hours.seasons, hours.every_day)
        )
        digest = hashlib.sha256(content.encode()).hexdigest()[:8]
        self.version = f"cn-{self._first_year}-{last_notice}.{digest}/{hours.name}"
        self._build()
        self._explained = lru_cache(maxsize=4096)(self._explain_days)

    @classmethod
    def load(cls, *, hours: WorkingHours, extra: Path | None = None) -> WorkingCalendar:
        """The shipped official days, then those of ``extra`` (``cn-*.csv``, ``local-*.csv``), whose rows win by date."""
        return cls(official_days(extra), hours=hours)

    def _build(self) -> None:
        """Lay out open segments: start, end, working seconds before it, and which working day it is in."""
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._before: list[int] = []
        self._segment_day: list[int] = []
        self._days: list[date] = []
        self._closes: list[datetime] = []
        passed, day = 0, date(self._first_year, 1, 1)
        while day.year <= self._last_year:
            if self._counts(day):
                midnight = _seconds(datetime.combine(day, time(), CHINA))
                for opens, closes in self.hours.windows_on(day):
                    start, end = midnight + opens * 60, midnight + closes * 60
                    self._starts.append(start)
                    self._ends.append(end)
                    self._before.append(passed)
                    self._segment_day.append(len(self._days))
                    passed += end - start
                self._days.append(day)
                self._closes.append(_moment(self._ends[-1]))
            day += _DAY

    def _counts(self, day: date) -> bool:
        """Whether the day is worked, provisionally where no notice speaks."""
        if self.hours.every_day:
            return True
        official = self._official.get(day)
        if official is not None:
            return official.kind is DayKind.WORKDAY
        if day.year not in self.years and day in self._statutory:
            return False
        return day.weekday() < 5

    def official_day(self, day: date) -> OfficialDay | None:
        """What a notice, national or local, says of the day; None when it follows the week."""
        return self._official.get(day)

    def is_counted(self, day: date) -> bool:
        """Whether limits count the day, provisionally in a year without a notice."""
        return self._counts(day)

    def is_workday(self, day: date) -> bool:
        """Whether the official notice makes it a working day; raises ``UnknownYear`` without a notice."""
        if not self.hours.every_day and day.year not in self.years:
            raise UnknownYear(day.year)
        return self._counts(day)

    def _segment_at(self, seconds: int) -> int:
        """The first segment that ends after the instant: the one it lies in, or the next to open."""
        index = bisect_right(self._ends, seconds)
        if index == len(self._ends):
            raise UnknownYear(max(_moment(seconds).astimezone(CHINA).year, self._last_year + 1))
        if index == 0:
            year = _moment(seconds).astimezone(CHINA).year
            if year < self._first_year:
                raise UnknownYear(year)
        return index

    def is_open(self, at: datetime) -> bool:
        """Whether the office is open at that instant."""
        seconds = _seconds(at)
        return self._starts[self._segment_at(seconds)] <= seconds

    def received_at(self, at: datetime) -> datetime:
        """When something that came in at ``at`` counts as received: now, or at the next opening."""
        seconds = _seconds(at)
        start = self._starts[self._segment_at(seconds)]
        return at.astimezone(UTC) if start <= seconds else _moment(start)

    def next_opening(self, at: datetime) -> datetime:
        """The next time a window opens strictly after ``at``, the end of a lunch break included."""
        index = bisect_right(self._starts, _seconds(at))
        if index == len(self._starts):
            raise UnknownYear(self._last_year + 1)
        self._segment_at(_seconds(at))
        return _moment(self._starts[index])

    def _close_of(self, day_index: int) -> datetime:
        if day_index >= len(self._closes):
            raise UnknownYear(self._last_year + 1)
        return self._closes[day_index]

    def add_working_days(self, at: datetime, days: int) -> datetime:
        """Close of business of working day ``days``; day 1 is the working day after the day of receipt."""
        if days < 1:
            raise ValueError("a limit in working days is at least 1")
        return self._close_of(self._segment_day[self._segment_at(_seconds(at))] + days)

    def extend_working_days(self, due_at: datetime, days: int) -> datetime:
        """Close of business ``days`` working days after the calendar day of ``due_at``.

        Unlike ``add_working_days`` it does not move a due time at closing to the next opening first. A due time
        of midnight ends the day before it (24:00).
        """
        if days < 1:
            raise ValueError("an extension in working days is at least 1")
        self._segment_at(_seconds(due_at))
        return self._close_of(bisect_right(self._days, last_day(due_at)) + days - 1)

    def add_working_minutes(self, at: datetime, minutes: int) -> datetime:
        """When ``minutes`` of open time have run; a limit that ends with a window is due at its closing."""
        if minutes < 0:
            raise ValueError("a limit in working minutes is not negative")
        if minutes == 0:
            return self.received_at(at)
        return self._at_elapsed(self._elapsed(at) + minutes * 60)

    def working_minutes_between(self, start: datetime, end: datetime) -> int:
        """Whole open minutes in the span; 0 when ``end`` is not after ``start``."""
        return max(0, self._elapsed(end) - self._elapsed(start)) // 60

    def after_share(self, start: datetime, due_at: datetime, share: float) -> datetime:
        """The full minute by which ``share`` of the open time from ``start`` to ``due_at`` has run."""
        first = self._elapsed(start)
        run = int((self._elapsed(due_at) - first) * share) // 60 * 60
        return self._at_elapsed(first + run) if run > 0 else self.received_at(start)

    def _elapsed(self, at: datetime) -> int:
        """Working seconds from the table's beginning to ``at``."""
        seconds = _seconds(at)
        index = bisect_right(self._ends, seconds)
        if index == 0 or index == len(self._ends):
            self._segment_at(seconds)  # tells which year is missing
        start = self._starts[index]
        return self._before[index] + (seconds - start if seconds > start else 0)

    def _at_elapsed(self, target: int) -> datetime:
        """The earliest instant with ``target`` working seconds behind it; ``target`` is positive."""
        index = bisect_left(self._before, target) - 1
        due = self._starts[index] + target - self._before[index]
        if due > self._ends[index]:
            raise UnknownYear(self._last_year + 1)
        return _moment(due)

    def provisional_years(self, start: datetime, due_at: datetime) -> tuple[int, ...]:
        """The years of the span whose notice is not loaded, so that the deadline may still move."""
        if self.hours.every_day:
            return ()
        first, last = start.astimezone(CHINA).year, last_day(due_at).year
        return tuple(year for year in range(first, last + 1) if year not in self.years)

    def version_for(self, start: datetime, due_at: datetime) -> str:
        """``version``, marked when the deadline rests on years without a notice."""
        years = self.provisional_years(start, due_at)
        return f"{self.version}+{'-'.join(map(str, years))}-provisional" if years else self.version

    def explain_days(self, received_at: datetime, due_at: datetime) -> str:
        """Which days after receipt did not count or count as make-up days, for a citizen to read.

        For example ``10月1–7日放假不计，10月10日(周六)补班计入``; empty when only plain weekdays lie between.
        """
        return self._explained(received_at.astimezone(CHINA).date(), last_day(due_at))

    def _explain_days(self, received_on: date, last: date) -> str:
        if self.hours.every_day:
            return ""
        day = received_on + _DAY
        span = [day + _DAY * offset for offset in range((last - day).days + 1)]
        off = [each for each in span if not self._counts(each) and self._named(each)]
        made_up = [each for each in span if self._counts(each) and each.weekday() > 4]
        parts = []
        if off:
            parts.append(f"{_spans(off)}放假不计")
        if made_up:
            parts.append(
                "、".join(f"{_label(each)}(周{_WEEK[each.weekday()]})" for each in made_up) + "补班计入"
            )
        if not parts and any(not self._counts(each) for each in span):
            parts.append("周六、周日不计")
        years = [year for year in range(received_on.year, last.year + 1) if year not in self.years]
        if years:
            fixed = dict.fromkeys(self._statutory[each] for each in off if each in self._statutory)
            rule = "周一至周五" + (f"及{'、'.join(fixed)}" if fixed else "")
            told = "、".join(f"{year}年" for year in years)
            parts.append(f"{told}放假安排尚未公布，按{rule}暂计，公布后将复核")
        return "，".join(parts)

    def _named(self, day: date) -> bool:
        return day in self._official or (day.year not in self.years and day in self._statutory)


def _label(day: date) -> str:
    return f"{day.month}月{day.day}日"


def _spans(days: Sequence[date]) -> str:
    """Join runs of days: ``10月1–7日``, ``1月28日–2月4日``."""
    spans = []
    for _, run in groupby(enumerate(days), key=lambda pair: pair[1] - _DAY * pair[0]):
        members = [day for _, day in run]
        first, last = members[0], members[-1]
        if first == last:
            spans.append(_label(first))
        elif first.month == last.month:
            spans.append(f"{first.month}月{first.day}–{last.day}日")
        else:
            spans.append(f"{_label(first)}–{_label(last)}")
    return "、".join(spans)


def calendar_alarm(now: datetime, *, extra: Path | None = None) -> str | None:
    """What an operator must do about a missing yearly notice, or None.

    The coming year is asked for from 1 November on (notices of 2023–2025 came out 25 October to 12 November),
    the running year always.
    """
    return missing_notice_alarm(now, years={row.notice_year for row in official_days(extra) if not row.local})


def missing_notice_alarm(now: datetime, *, years: Collection[int]) -> str | None:
    """The same for the years an installation has imported."""
    today = now.astimezone(CHINA).date()
    wanted = [today.year, today.year + 1] if today >= date(today.year, 11, 1) else [today.year]
    missing = "、".join(f"{year}年" for year in wanted if year not in years)
    if not missing:
        return None
    return f"尚未导入{missing}放假安排：相关期限按周一至周五及法定节日暂计。通知公布后请导入并复核在办工单。"
