"""When an office is open on a working day: windows, by season, or round the clock."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

Window = tuple[int, int]
"""Opening and closing in minutes of the day; closing time itself is closed, 1440 is midnight (24:00)."""

_DAY = timedelta(days=1)
_EDGE = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Season:
    """Opening windows between two (month, day) pairs, both included; a season may wrap the year's end."""

    first: tuple[int, int]
    last: tuple[int, int]
    windows: tuple[Window, ...]

    def holds(self, month_day: tuple[int, int]) -> bool:
        """Whether the season is in force on that (month, day)."""
        if self.first <= self.last:
            return self.first <= month_day <= self.last
        return month_day >= self.first or month_day <= self.last


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """The windows of an office. With ``every_day`` weekends and holidays are worked like any other day."""

    name: str
    seasons: tuple[Season, ...]
    every_day: bool = False

    @classmethod
    def parse(
        cls, name: str, seasons: Mapping[str, Sequence[str]], *, every_day: bool = False
    ) -> WorkingHours:
        """From ``{"06-01..09-30": ["09:00-12:00", …], …}``; the seasons must cover every day exactly once."""
        hours = cls(name, tuple(_season(span, windows) for span, windows in seasons.items()), every_day)
        leap_year = (date(2024, 1, 1) + _DAY * offset for offset in range(366))
        for day in leap_year:
            matches = sum(season.holds((day.month, day.day)) for season in hours.seasons)
            if matches != 1:
                raise ValueError(f"{name}：{day.month}月{day.day}日有{matches}套工作时间，应恰有一套")
        return hours

    def windows_on(self, day: date) -> tuple[Window, ...]:
        """The windows of a working day, whatever that day is officially."""
        return next(season.windows for season in self.seasons if season.holds((day.month, day.day)))


def _season(span: str, windows: Sequence[str]) -> Season:
    """Parse one season; windows must be non-empty, ascending and apart."""
    pairs = [tuple(_minutes(edge) for edge in window.split("-")) for window in windows]
    edges = [edge for pair in pairs for edge in pair]
    if not pairs or any(len(pair) != 2 for pair in pairs) or edges != sorted(set(edges)):
        raise ValueError(f"工作时间应依次排列且不重叠：{', '.join(windows)}")
    first, last = (date.fromisoformat(f"2024-{edge}") for edge in span.split(".."))
    return Season((first.month, first.day), (last.month, last.day), tuple((p[0], p[1]) for p in pairs))


def _minutes(edge: str) -> int:
    match = _EDGE.fullmatch(edge)
    minutes = int(match[1]) * 60 + int(match[2]) if match else 1441
    if minutes > 1440:
        raise ValueError(f"不能识别时间“{edge}”")
    return minutes


def windows_told(windows: Sequence[Window]) -> str:
    """``09:00–12:00、13:30–17:30``."""
    return "、".join(f"{_face(opens)}–{_face(closes)}" for opens, closes in windows)


def _face(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


ROUND_THE_CLOCK = WorkingHours.parse("24x7", {"01-01..12-31": ["00:00-24:00"]}, every_day=True)
"""A gas company's emergency desk: always open."""
