"""A sheet of places for QR codes: CSV or Excel, one line a hall window or a street; every bad cell is named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.followers.scenes import SceneInvalid, ScenePlace, check_scene
from bot.wechat.qr import MOST_DAYS
from routing.departments import UnitId
from routing.tables import Row, RowError, read_table, refuse_if_any, repeated

_HEADERS = {
    "场景": "scene",
    "名称": "label",
    "地点": "place",
    "单位": "unit",
    "有效天数": "days",
}
COLUMN_TITLES = {column: title for title, column in _HEADERS.items()}


@dataclass(frozen=True, slots=True)
class WantedCode:
    """One line of the sheet; ``days`` None is a permanent code."""

    place: ScenePlace
    days: int | None


def read_scene_sheet(file: Path, *, units: Iterable[tuple[UnitId, str, str]]) -> list[WantedCode]:
    """Raises ``InvalidTable``. ``units`` are ids with name and short name; 单位 and 有效天数 may be empty."""
    header, rows = read_table(file, renamed=_HEADERS)
    absent = [
        RowError(1, column, "missing") for column in ("scene", "label", "place") if column not in header
    ]
    refuse_if_any(file.name, absent)
    known = {name: unit_id for unit_id, *names in units for name in (str(unit_id), *names)}
    errors: list[RowError] = [*repeated(rows, "scene")]
    wanted = []
    for row in rows:
        wrong = _wrong(row, known)
        errors += wrong
        if not wrong:
            days = int(row["days"]) if row["days"] else None
            wanted.append(WantedCode(_place(row, known), days))
    refuse_if_any(file.name, errors)
    return wanted


def _wrong(row: Row, known: dict[str, UnitId]) -> list[RowError]:
    errors = row.missing("scene", "label", "place")
    if row["unit"] and row["unit"] not in known:
        errors.append(row.error("unit", "unknown"))
    if row["days"] and not (row["days"].isdecimal() and 1 <= int(row["days"]) <= MOST_DAYS):
        errors.append(row.error("days", f"要填 1 到 {MOST_DAYS} 的整数，空着是永久"))
    if not errors:
        try:
            check_scene(_place(row, known))
        except SceneInvalid as invalid:
            errors.append(row.error(invalid.field, invalid.reason))
    return errors


def _place(row: Row, known: dict[str, UnitId]) -> ScenePlace:
    unit = known[row["unit"]] if row["unit"] else None
    return ScenePlace(row["scene"], row["label"], row["place"], unit)
