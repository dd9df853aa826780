"""The period a supervisor asks figures for, from the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from routing.figures.counting import Period
from routing.timing.working_calendar import CHINA

_WITHOUT_END = datetime(9999, 1, 1, tzinfo=CHINA)
"""Until open: a limit still ahead that is decided already counts in the period that asks about now."""
_DEFAULT_DAYS = 30
_DAY = timedelta(days=1)

PRESETS = {"30d": "近30天", "month": "本月", "last-month": "上月", "custom": "自选"}


@dataclass(frozen=True, slots=True)
class ChosenPeriod:
    """``first`` and ``last`` are the days shown in the form, both included; ``last`` None means until now."""

    preset: str
    first: date
    last: date | None
    period: Period
    problem: str = ""

    @property
    def words(self) -> str:
        return f"{self.first} 至 {self.last or '今天（含之后到期、已经办结的）'}"

    @property
    def query(self) -> dict[str, str]:
        """The same period as fields of an address."""
        if self.preset != "custom" or self.last is None:
            return {"period": self.preset}
        return {"period": "custom", "from": self.first.isoformat(), "to": self.last.isoformat()}


def chosen_period(query: Mapping[str, str], *, now: datetime) -> ChosenPeriod:
    """The period asked for; what cannot be read falls back to the default, with a word about it."""
    today = now.astimezone(CHINA).date()
    preset = query.get("period", "custom" if query.get("from") or query.get("to") else "30d")
    this_month = today.replace(day=1)
    if preset == "custom":
        first, last = _date(query.get("from")), _date(query.get("to"))
        if first is None or last is None or last < first:
            return _from_days_ago(today, now, problem="请填写起止日期，截止日期不能早于开始日期。")
        return _of_days(preset, first, last, now)
    if preset == "month":
        return _of_days(preset, this_month, _month_end(this_month), now)
    if preset == "last-month":
        last = this_month - _DAY
        return _of_days(preset, last.replace(day=1), last, now)
    return _from_days_ago(today, now)


def _from_days_ago(today: date, now: datetime, *, problem: str = "") -> ChosenPeriod:
    first = today - _DEFAULT_DAYS * _DAY
    return ChosenPeriod("30d", first, None, Period(_midnight(first), _WITHOUT_END, now), problem)


def _of_days(preset: str, first: date, last: date, now: datetime) -> ChosenPeriod:
    return ChosenPeriod(preset, first, last, Period(_midnight(first), _midnight(last + _DAY), now))


def _month_end(first: date) -> date:
    return (first + 31 * _DAY).replace(day=1) - _DAY


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=CHINA)


def _date(value: str | None) -> date | None:
    """A day between 2000 and 2100, or None."""
    try:
        day = date.fromisoformat(value or "")
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None
