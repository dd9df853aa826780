"""The State Council's yearly notices as data: which days are off and which weekend days are worked."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TypeVar

from routing.tables import InvalidTable, read_table

_Cell = TypeVar("_Cell")
SHIPPED = Path(__file__).parent.parent / "data" / "calendar"


class DayKind(StrEnum):
    """What a notice says of a day."""

    HOLIDAY = "holiday"
    WORKDAY = "workday"


@dataclass(frozen=True, slots=True)
class OfficialDay:
    """One day named by a yearly notice; ``notice_year`` is the year the notice arranges.

    ``local`` is a day a province, prefecture or county adds (三月三, 开斋节) or works: it lies over the national one.
    """

    notice_year: int
    day: date
    kind: DayKind
    name: str
    notice: str
    local: bool = False


class CalendarFileInvalid(ValueError):
    """A calendar file has rows that cannot be used; ``errors`` names each by its line."""

    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__("；".join(errors))
        self.errors = tuple(errors)


def read_official_days(text: str, *, local: bool = False) -> tuple[OfficialDay, ...]:
    """Parse a calendar CSV (``notice_year,date,kind,name,notice``); all row errors at once, or all rows.

    A ``local`` file needs no ``notice_year``, and may make any day worked or free.
    """
    lines = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    return _checked(((line, row) for line, row in enumerate(lines, start=2)), local=local)


def official_days_in(file: Path) -> tuple[OfficialDay, ...]:
    """The rows of a CSV file or a workbook. One without a column ``notice_year`` is a local calendar."""
    try:
        header, rows = read_table(file)
    except InvalidTable:
        raise CalendarFileInvalid([f"{file.name}：不是表格"]) from None
    return _checked(((row.number, row.cells) for row in rows), local="notice_year" not in header)


def _checked(lines: Iterable[tuple[int, Mapping[str, str]]], *, local: bool) -> tuple[OfficialDay, ...]:
    days: dict[date, OfficialDay] = {}
    errors: list[str] = []
    for line, row in lines:
        try:
            official = _official_day(row, local=local)
        except KeyError as missing:
            raise CalendarFileInvalid([f"缺少列：{missing.args[0]}"]) from None
        except _Unreadable as cell:
            errors.append(f"第{line}行：{cell}")
            continue
        if not official.notice:
            errors.append(f"第{line}行：缺少通知文号")
        elif abs(official.day.year - official.notice_year) > 1:
            errors.append(f"第{line}行：日期不属于{official.notice_year}年的安排")
        elif not local and official.kind is DayKind.WORKDAY and official.day.weekday() < 5:
            errors.append(f"第{line}行：补班日应为周六或周日")
        elif official.day in days:
            errors.append(f"第{line}行：日期重复")
        days[official.day] = official
    if errors or not days:
        raise CalendarFileInvalid(errors or ["没有任何日期"])
    return tuple(days.values())


class _Unreadable(ValueError):
    """A cell that is not what its column holds; the message names both."""


_COLUMNS = {"notice_year": "通知年份", "date": "日期", "kind": "类型"}
_EXPECTED = {"notice_year": "应为四位年份", "date": "应如 2026-12-01", "kind": "应为 holiday 或 workday"}


def _official_day(row: Mapping[str, str], *, local: bool) -> OfficialDay:
    day = _read(row, "date", date.fromisoformat)
    return OfficialDay(
        day.year if local else _read(row, "notice_year", int),
        day,
        _read(row, "kind", DayKind),
        (row["name"] or "").strip(),
        (row["notice"] or "").strip(),
        local,
    )


def _read(row: Mapping[str, str], column: str, parse: Callable[[str], _Cell]) -> _Cell:
    cell = row[column]
    try:
        return parse(cell)
    except (ValueError, TypeError):
        said = f"无法识别“{cell}”" if cell else "没有填写"
        raise _Unreadable(f"{_COLUMNS[column]}（{column}）{said}，{_EXPECTED[column]}") from None


def official_days(extra: Path | None = None) -> tuple[OfficialDay, ...]:
    """The shipped days, then those of the folder ``extra``: ``cn-*.csv`` replace the national row of their date,
    ``local-*.csv`` lie over it."""
    folders = [SHIPPED, *([extra] if extra else [])]
    national = [
        row
        for folder in folders
        for file in sorted(folder.glob("cn-*.csv"))
        for row in read_official_days(file.read_text(encoding="utf-8"))
    ]
    local = [
        row
        for file in (sorted(extra.glob("local-*.csv")) if extra else ())
        for row in read_official_days(file.read_text(encoding="utf-8"), local=True)
    ]
    return joined(national, local)


_FESTIVALS = ("元旦", "春节", "清明", "劳动", "端午", "中秋", "国庆")


def missing_from_notice(days: Iterable[OfficialDay]) -> tuple[str, ...]:
    """What a year's notice always says and these rows do not, by year: a copying mistake before it becomes a
    thousand wrong dates. Empty for sound notices; local rows are not asked."""
    national = [row for row in days if not row.local]
    missing = []
    for year in sorted({row.notice_year for row in national}):
        rows = [row for row in national if row.notice_year == year]
        free = {row.day for row in rows if row.kind is DayKind.HOLIDAY}
        names = "".join(row.name for row in rows if row.kind is DayKind.HOLIDAY)
        missing += [f"{year}年：没有{name}" for name in _FESTIVALS if name not in names]
        missing += [
            f"{year}年：{day.month}月{day.day}日（{name}）是法定假日，应放假"
            for day, name in statutory_days().items()
            if day.year == year and day not in free
        ]
    return tuple(missing)


def joined(*parts: Iterable[OfficialDay]) -> tuple[OfficialDay, ...]:
    """One row a date among the national rows and one among the local ones, the later part winning."""
    return tuple({(row.local, row.day): row for part in parts for row in part}.values())


@cache
def statutory_days() -> dict[date, str]:
    """Days off fixed by law, with their names, for years whose notice may not be out yet."""
    with (SHIPPED / "statutory.csv").open(encoding="utf-8", newline="") as lines:
        return {date.fromisoformat(row["date"]): row["name"] for row in csv.DictReader(lines)}
