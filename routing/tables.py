"""Read the tables a government keeps (units, places, duties; CSV or Excel), naming every bad row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

DEMO_COUNTY = Path(__file__).parent / "data" / "demo_county"
"""The invented county every new installation starts with."""


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong in one cell. ``row`` counts as a spreadsheet does: the header is row 1."""

    row: int
    column: str
    problem: str
    """A code: missing, duplicate, unknown, ambiguous, too_short, circular, not_a_date, not_a_time, not_yes_or_no,
    unit_or_place_level, ends_before_start, overlaps, outlives, in_use, unreadable; a table of tickets has some of its own."""
    value: str = ""


class InvalidTable(ValueError):
    """A table cannot be used; ``errors`` lists every bad cell and nothing was taken from it."""

    def __init__(self, table: str, errors: Sequence[RowError]) -> None:
        first = errors[0]
        super().__init__(f"{table}: row {first.row}, {first.column}: {first.problem} {first.value}".rstrip())
        self.table = table
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; cells are stripped, a missing cell is empty."""

    number: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def error(self, column: str, problem: str) -> RowError:
        """A finding about one of this row's cells."""
        return RowError(self.number, column, problem, self[column])

    def missing(self, *columns: str) -> list[RowError]:
        """One finding for each of ``columns`` that is empty."""
        return [self.error(column, "missing") for column in columns if not self[column]]

    def period_errors(self, first: str, last: str) -> list[RowError]:
        """What is wrong with two optional columns that hold the first and the last day of a period."""
        days = {column: day_of(self[column]) for column in (first, last)}
        errors = [self.error(column, "not_a_date") for column in days if self[column] and not days[column]]
        begins, ends = days[first], days[last]
        if begins and ends and ends < begins:
            errors.append(self.error(last, "ends_before_start"))
        return errors


def read_rows(path: Path, *, columns: Iterable[str]) -> list[Row]:
    """The rows of a table; raises InvalidTable when one of ``columns`` is not in its header."""
    header, rows = read_table(path)
    absent = [RowError(1, column, "missing") for column in columns if column not in header]
    if absent:
        raise InvalidTable(path.name, absent)
    return rows


def read_table(path: Path, *, renamed: Mapping[str, str] | None = None) -> tuple[tuple[str, ...], list[Row]]:
    """Header and rows of a CSV file or of the first sheet of a workbook; empty lines are left out.

    CSV may be UTF-8, byte order mark or not, or what a Chinese Windows saves (GB 18030). ``renamed`` gives
    headers of the file other names. Raises InvalidTable for a file that is no table.
    """
    lines = _sheet(path) if path.suffix.lower() in (".xlsx", ".xls", ".xlsb", ".ods") else _csv(path)
    names = dict(renamed or {})
    header = tuple(names.get(cell, cell) for cell in next(lines, (0, []))[1])
    rows = [
        Row(number, {name: cell for name, cell in zip(header, cells, strict=False) if name})
        for number, cells in lines
        if any(cells)
    ]
    return header, rows


def _csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise InvalidTable(path.name, [RowError(1, "", "unreadable")]) from None
    for number, cells in enumerate(csv.reader(io.StringIO(text, newline="")), start=1):
        yield number, [cell.strip() for cell in cells]


def _sheet(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        lines = sheet.to_python(skip_empty_area=False)
    except (CalamineError, OSError, IndexError):
        raise InvalidTable(path.name, [RowError(1, "", "unreadable")]) from None
    for number, cells in enumerate(lines, start=1):
        yield number, [_cell(cell) for cell in cells]


def _cell(value: Any) -> str:
    """A cell as it would stand in a CSV file: whole numbers without .0, midnight as the day alone."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ") if value.time() != time.min else value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()


def repeated(rows: Iterable[Row], column: str) -> list[RowError]:
    """A finding for every row whose ``column`` an earlier row already has."""
    seen: set[str] = set()
    errors = []
    for row in rows:
        if row[column] in seen:
            errors.append(row.error(column, "duplicate"))
        seen.add(row[column])
    return errors


def circular(rows: Sequence[Row], *, column: str = "parent_id") -> list[RowError]:
    """A finding for every row whose chain of ``column`` comes back to it."""
    parents = {row["id"]: row[column] for row in rows}
    errors = []
    for row in rows:
        above, steps = row[column], 0
        while above and above != row["id"] and steps < len(parents):
            above, steps = parents.get(above, ""), steps + 1
        if above and above == row["id"]:
            errors.append(row.error(column, "circular"))
    return errors


def day_of(text: str) -> date | None:
    """The day written as 2026-01-31; None for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def refuse_if_any(table: str, errors: Iterable[RowError]) -> None:
    """Raise InvalidTable with the findings in row order, if there are any."""
    found = sorted(errors, key=lambda error: (error.row, error.column))
    if found:
        raise InvalidTable(table, found)
