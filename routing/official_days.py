"""The State Council's yearly notices as data: which days are off and which weekend days are worked."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

SHIPPED = Path(__file__).parent / "data" / "calendar"


class DayKind(StrEnum):
    """What a notice says of a day."""

    HOLIDAY = "holiday"
    WORKDAY = "workday"


@dataclass(frozen=True, slots=True)
class OfficialDay:
    """One day named by a yearly notice; ``notice_year`` is the year the notice arranges."""

    notice_year: int
    day: date
    kind: DayKind
    name: str
    notice: str


class CalendarFileInvalid(ValueError):
    """A calendar file has rows that cannot be used; ``errors`` names each by its line."""

    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__("；".join(errors))
        self.errors = tuple(errors)


def read_official_days(text: str) -> tuple[OfficialDay, ...]:
    """Parse a calendar CSV (``notice_year,date,kind,name,notice``); all row errors at once, or all rows."""
    days: dict[date, OfficialDay] = {}
    errors: list[str] = []
    for line, row in enumerate(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))), start=2):
        try:
            official = OfficialDay(
                int(row["notice_year"]),
                date.fromisoformat(row["date"]),
                DayKind(row["kind"]),
                row["name"].strip(),
                row["notice"].strip(),
            )
        except KeyError as missing:
            raise CalendarFileInvalid([f"缺少列：{missing.args[0]}"]) from None
        except (ValueError, TypeError, AttributeError):
            errors.append(f"第{line}行：无法识别")
            continue
        if not official.notice:
            errors.append(f"第{line}行：缺少通知文号")
        elif abs(official.day.year - official.notice_year) > 1:
            errors.append(f"第{line}行：日期不属于{official.notice_year}年的安排")
        elif official.kind is DayKind.WORKDAY and official.day.weekday() < 5:
            errors.append(f"第{line}行：补班日应为周六或周日")
        elif official.day in days:
            errors.append(f"第{line}行：日期重复")
        days[official.day] = official
    if errors or not days:
        raise CalendarFileInvalid(errors or ["没有任何日期"])
    return tuple(days.values())


def official_days(extra: Path | None = None) -> tuple[OfficialDay, ...]:
    """The shipped days, then those of the folder ``extra`` (``cn-*.csv``); a later row replaces its date."""
    folders = [SHIPPED, *([extra] if extra else [])]
    files = [file for folder in folders for file in sorted(folder.glob("cn-*.csv"))]
    rows = [row for file in files for row in read_official_days(file.read_text(encoding="utf-8"))]
    return tuple({row.day: row for row in rows}.values())


def statutory_days() -> dict[date, str]:
    """Days off fixed by law, with their names, for years whose notice may not be out yet."""
    with (SHIPPED / "statutory.csv").open(encoding="utf-8", newline="") as lines:
        return {date.fromisoformat(row["date"]): row["name"] for row in csv.DictReader(lines)}
