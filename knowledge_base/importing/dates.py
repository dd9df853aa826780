"""Dates as official texts write them: 2024年5月1日, 二〇二四年五月一日, 2024-05-01, 2024.5.1, 2020年底."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from knowledge_base.importing.numerals import folded, number_of

_CHINESE_DIGIT = "〇零○ОOoＯΟ0一二三四五六七八九"
_YEAR = rf"(?:(?:19|20)\s?\d\s?\d|[一二][{_CHINESE_DIGIT}]{{3}})"
_MONTH = r"(?:\d\s?\d|\d|[元正一二三四五六七八九十]{1,2})"
_DAY = r"(?:\d\s?\d|\d|[一二三四五六七八九十廿]{1,3})"
WRITTEN_DAY = (
    rf"(?:{_YEAR}\s*年\s*{_MONTH}\s*月\s*{_DAY}\s*日"
    r"|(?:19|20)\d\d\s*[-./]\s*\d{1,2}\s*[-./]\s*\d{1,2}(?!\d)|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?!\d))"
)
"""A day in any of these shapes, without groups; wants ``folded`` text."""
WRITTEN_END = (
    rf"(?:{WRITTEN_DAY}|{_YEAR}\s*年\s*(?:底|末|年底|年末)|{_YEAR}\s*年\s*{_MONTH}\s*月\s*(?:底|末))"
)
"""The same, or the end of a year or month."""
_FULL = re.compile(rf"({_YEAR})\s*年\s*({_MONTH})\s*月\s*({_DAY})\s*日")
_DASHED = re.compile(r"(?<!\d)((?:19|20)\d\d)\s*([-./])\s*(\d{1,2})\s*\2\s*(\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)((?:19|20)\d\d)(0[1-9]|1[0-2])([0-2]\d|3[01])(?!\d)")
_YEAR_END = re.compile(rf"({_YEAR})\s*年\s*(?:年)?(?:底|末)")
_MONTH_END = re.compile(rf"({_YEAR})\s*年\s*({_MONTH})\s*月\s*(?:底|末)")


@dataclass(frozen=True, slots=True)
class FoundDay:
    """A day and where it stood in the text."""

    day: date
    start: int
    end: int


def days_in(text: str) -> tuple[FoundDay, ...]:
    """Every possible day of a text in its order; 2月30日 is none."""
    flat = folded(text)
    found = []
    for match in _FULL.finditer(flat):
        found.append((match, _day(match[1], match[2], match[3])))
    for match in _DASHED.finditer(flat):
        found.append((match, _day(match[1], match[3], match[4])))
    days = [FoundDay(day, match.start(), match.end()) for match, day in found if day]
    return tuple(sorted(days, key=lambda each: each.start))


def day_of(text: str) -> date | None:
    """The day a cell or field holds, alone or with a time behind it; 20240501 and 年底 count, None for anything else."""
    flat = folded(text).strip()
    if found := days_in(flat):
        return found[0].day if found[0].start == 0 else None
    if match := _COMPACT.match(flat):
        return _day(*match.groups())
    return end_of(flat)


def end_of(text: str) -> date | None:
    """The last day named by a day, 2020年底 or 2020年6月底."""
    flat = folded(text)
    if found := days_in(flat):
        return found[0].day
    if match := _MONTH_END.search(flat):
        year, month = number_of(re.sub(r"\s", "", match[1])), number_of(match[2])
        return _last_of_month(year, month) if year and month else None
    if match := _YEAR_END.search(flat):
        year = number_of(re.sub(r"\s", "", match[1]))
        return date(year, 12, 31) if year else None
    return None


def after(day: date, *, years: int = 0, months: int = 0, days: int = 0) -> date | None:
    """The day that much later; the 31st becomes a shorter month's last day. None beyond the calendar."""
    month = day.year * 12 + day.month - 1 + years * 12 + months
    year, month = month // 12, month % 12 + 1
    if not 1900 <= year <= 2200 or days > 40_000:
        return None
    last = calendar.monthrange(year, month)[1]
    return date(year, month, min(day.day, last)) + timedelta(days=days)


def _day(year: str, month: str, day: str) -> date | None:
    values = [number_of(re.sub(r"\s", "", part)) for part in (year, month, day)]
    if any(value is None for value in values):
        return None
    try:
        return date(*(value or 0 for value in values))
    except ValueError:
        return None


def _last_of_month(year: int, month: int) -> date | None:
    return date(year, month, calendar.monthrange(year, month)[1]) if 1 <= month <= 12 else None
