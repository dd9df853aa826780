"""What the pages on a city's own tables show before a file is taken, and how they name tables and faults."""

from __future__ import annotations

from dataclasses import dataclass

from bot.commands.reference_words import PROBLEMS
from routing.duty.roster_file import COLUMN_TITLES
from routing.reference_tables import TableKind
from routing.tables import RowError

KINDS: dict[str, str] = {
    TableKind.PLACES: "地名",
    TableKind.UNITS: "单位表",
    TableKind.DUTIES: "权责清单",
    "calendar": "放假安排",
    "roster": "值班表",
}


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
    column = COLUMN_TITLES.get(error.column, error.column) if titles else error.column
    where = f"第 {error.row} 行 {column}" if error.row else f"现有数据 {column}"
    value = f"“{error.value}”" if error.value else ""
    return f"{where}：{value}{PROBLEMS.get(error.problem, error.problem)}"


def change_words(counts: tuple[int, int, int]) -> str:
    """Added, ended, changed."""
    added, ended, changed = counts
    return f"新增 {added}、终止 {ended}、修改 {changed}"
