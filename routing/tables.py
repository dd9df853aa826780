"""Read the CSV tables a government keeps (units, places, duties), naming every bad row, not just the first."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

DEMO_COUNTY = Path(__file__).parent / "data" / "demo_county"
"""The invented county every new installation starts with."""


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong in one cell. ``row`` counts as a spreadsheet does: the header is row 1."""

    row: int
    column: str
    problem: str
    """A code: missing, duplicate, unknown, too_short, circular, not_a_date, not_yes_or_no,
    unit_or_place_level, ends_before_start."""
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


def read_rows(path: Path, *, columns: Iterable[str]) -> list[Row]:
    """The rows of a UTF-8 CSV file, byte order mark or not; raises InvalidTable without ``columns``."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        header = reader.fieldnames or ()
        absent = [RowError(1, column, "missing") for column in columns if column not in header]
        if absent:
            raise InvalidTable(path.name, absent)
        return [
            Row(number, {key: (value or "").strip() for key, value in cells.items() if key})
            for number, cells in enumerate(reader, start=2)
        ]


def repeated(rows: Iterable[Row], column: str) -> list[RowError]:
    """A finding for every row whose ``column`` an earlier row already has."""
    seen: set[str] = set()
    errors = []
    for row in rows:
        if row[column] in seen:
            errors.append(row.error(column, "duplicate"))
        seen.add(row[column])
    return errors


def circular(rows: Sequence[Row]) -> list[RowError]:
    """A finding for every row whose chain of ``parent_id`` comes back to it."""
    parents = {row["id"]: row["parent_id"] for row in rows}
    errors = []
    for row in rows:
        above, steps = row["parent_id"], 0
        while above and above != row["id"] and steps < len(parents):
            above, steps = parents.get(above, ""), steps + 1
        if above == row["id"]:
            errors.append(row.error("parent_id", "circular"))
    return errors


def refuse_if_any(table: str, errors: Iterable[RowError]) -> None:
    """Raise InvalidTable with the findings in row order, if there are any."""
    found = sorted(errors, key=lambda error: (error.row, error.column))
    if found:
        raise InvalidTable(table, found)
