"""Dates and times as people in China read them."""

from __future__ import annotations

from datetime import datetime, timedelta

from routing.timing.working_calendar import CHINA

_WEEKDAYS = "一二三四五六日"


def say_date(at: datetime) -> str:
    """``11月24日（周二）``, in China."""
    local = at.astimezone(CHINA)
    return f"{local.month}月{local.day}日（周{_WEEKDAYS[local.weekday()]}）"


def say_time(at: datetime, *, now: datetime | None = None) -> str:
    """``11月24日（周二）17:30``; with ``now``, 今天 and 明天 instead of a date, and the year if it is another."""
    local = at.astimezone(CHINA)
    clock = f"{local.hour:02d}:{local.minute:02d}"
    if now is not None:
        today = now.astimezone(CHINA).date()
        near = {today: "今天", today + timedelta(days=1): "明天"}.get(local.date())
        if near:
            return f"{near}{clock}"
        if local.year != today.year:
            return f"{local.year}年{say_date(at)}{clock}"
    return f"{say_date(at)}{clock}"
