"""What the pages on a city's own tables show before a file is taken, and how they name tables and faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.calendar_import import CalendarOutcome
from bot.commands.reference_words import PROBLEMS
from bot.table_imports import left_out, tickets_moving
from bot.wording import label
from routing.departments import UnitLevel
from routing.duty.roster_file import COLUMN_TITLES
from routing.reference_store import Database
from routing.reference_tables import Change, Plan, TableKind, TableRows
from routing.tables import RowError
from routing.timing.what_if import Preview

_MOST_SHOWN = 40

KINDS: dict[str, str] = {
    TableKind.PLACES: "地名",
    TableKind.UNITS: "单位表",
    TableKind.DUTIES: "权责清单",
    "calendar": "放假安排",
    "roster": "值班表",
}

COLUMN_WORDS: dict[str, str] = {
    "id": "编号",
    "name": "名称",
    "short_name": "简称",
    "level": "级别",
    "parent_id": "上级",
    "place_id": "所辖地方",
    "is_fallback": "兜底单位",
    "duties_phone": "值守电话",
    "valid_from": "设立日",
    "valid_until": "终止日",
    "successor_id": "承接单位",
    "calendar": "工作日历",
    "former_names": "曾用名",
    "aliases": "别名",
    "topic": "分类",
    "terms": "用词",
    "unit_id": "承办单位",
    "place_level": "属地级别",
    "legal_basis": "依据",
    "effective_from": "起始日",
    "effective_to": "截止日",
    "urgent": "紧急",
}
"""What a change is read as, of every table. A wrong cell is named by the file's own heading too, to be found there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A kind of change and its first lines; ``more`` are not shown."""

    heading: str
    lines: tuple[str, ...]
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a file would do, in words. With ``errors`` it does nothing."""

    title: str
    file: str
    sections: tuple[Section, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    changes: bool = False
    may_apply: bool = False
    """Promises on open tickets could be put on it too, if somebody says so."""


def error_words(error: RowError, *, titles: bool = False) -> str:
    """One cell in one sentence; ``titles``: the file's headings are Chinese."""
    if titles:
        where = f"第 {error.row} 行 {COLUMN_TITLES.get(error.column, error.column)}"
    elif error.row:
        where = f"第 {error.row} 行 {heading_words(error.column)}"
    else:
        # Of another table than the file's: its name stands before the column's.
        table, _, column = error.column.rpartition(".")
        where = f"现有数据 {KINDS.get(table, table)}{COLUMN_WORDS.get(column, column)}"
    value = f"“{error.value}”" if error.value else ""
    return f"{where}：{value}{PROBLEMS.get(error.problem, error.problem)}"


def heading_words(column: str) -> str:
    """A heading as it must stand in the file, with what it means."""
    return f"{column}（{COLUMN_WORDS[column]}）" if column in COLUMN_WORDS else column


def cell_words(column: str, cell: str) -> str:
    """What stands in a cell, as one reads it: no codes and no separators."""
    if column in ("level", "place_level") and cell in set(UnitLevel):
        return label(UnitLevel(cell))
    if column == "former_names":
        named = (each.rpartition("@") for each in cell.split("|") if each)
        return (
            "、".join(f"{name}（到{last_day}）" if name else last_day for name, _, last_day in named) or "空"
        )
    if column in ("is_fallback", "urgent") and cell:
        return "是"
    return cell.replace("|", "、") or "空"


def change_words(counts: tuple[int, int, int]) -> str:
    """Added, ended, changed."""
    added, ended, changed = counts
    return f"新增 {added}、终止 {ended}、修改 {changed}"


def sections_of(plan: Plan, *, before: str = "") -> tuple[Section, ...]:
    """What one table gains, loses and changes."""
    return (
        _section(f"{before}新增", plan.added),
        _section(f"{before}终止", plan.ended),
        _section(f"{before}修改", plan.changed),
    )


def _section(heading: str, changes: Sequence[Change]) -> Section:
    lines = []
    for change in changes[:_MOST_SHOWN]:
        said = "；".join(
            f"{COLUMN_WORDS.get(column, column)}：{cell_words(column, old)} → {cell_words(column, new)}"
            for column, old, new in change.columns
        )
        lines.append(f"{change.id} {change.name}" + (f"（{said}）" if said else ""))
    return Section(
        heading=f"{heading}（{len(changes)}）", lines=tuple(lines), more=len(changes) - _MOST_SHOWN
    )


async def warnings_of(
    database: Database, tables: TableRows, plans: Mapping[TableKind, Plan]
) -> tuple[str, ...]:
    """Tickets that get another unit, and people left without one."""
    moving = await tickets_moving(database, tables, plans)
    people, keys = await left_out(database, tables)
    warnings = [
        f"未办结工单 {count} 件由“{unit}”转由“{acting}”承接。" for unit, (acting, count) in moving.items()
    ]
    if people or keys:
        warnings.append(f"{people} 个登录名、{keys} 把密钥所属的单位不在这张表里，启用后不能再用。")
    return tuple(warnings)


def days_section(days: Sequence[tuple[date, str]]) -> Section:
    """The dates that mean something else, and what."""
    lines = tuple(f"{day.isoformat()}：{meaning}" for day, meaning in days)
    return Section(
        heading=f"有变动的日子（{len(lines)} 天）", lines=lines[:_MOST_SHOWN], more=len(lines) - _MOST_SHOWN
    )


def promise_words(found: Preview) -> str:
    """What another calendar would do to the limits of open tickets."""
    later = sum(change.later for change in found.changes)
    return (
        f"在办工单 {found.tickets} 件、计时中的期限 {found.limits} 个：按新日历会推后 {later} 个，"
        f"提前 {len(found.changes) - later} 个，须人工核对 {len(found.unclear)} 个。"
    )


def taken_words(done: str, outcome: CalendarOutcome) -> str:
    """What became of a calendar somebody said yes to."""
    if outcome.version is None:
        return "与现行日历相同，没有新的版本。"
    said = f"{done}，为日历第 {outcome.version} 版，运行中的服务随即采用。"
    if outcome.applied is None:
        return f"{said}已经承诺的日期不变。"
    left = len(outcome.applied.passed_over)
    return f"{said}已改动 {len(outcome.applied.done)} 件工单的期限。" + (
        f"{left} 件刚被别人办过，没有改。" if left else ""
    )
