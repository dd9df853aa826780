"""Places, units and duties as one consistent set, and what a new table would change in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from routing.departments import (
    OPTIONAL_UNIT_COLUMNS,
    UNIT_COLUMNS,
    Units,
    home_of,
    load_units,
    unit_errors,
    unit_of,
)
from routing.places.gazetteer import Gazetteer, load_gazetteer
from routing.places.place import PLACE_COLUMNS, Place, place_errors, place_from, place_of
from routing.tables import DEMO_COUNTY, Row, RowError, read_rows, refuse_if_any
from routing.triage.catalogue import COLUMNS, DutyList, duty_errors, duty_list_of, load_duty_list

_DAY = timedelta(days=1)


class TableKind(StrEnum):
    """The three tables a set consists of, in the order they rest on one another."""

    PLACES = "places"
    UNITS = "units"
    DUTIES = "duties"


TABLE_COLUMNS: Mapping[TableKind, tuple[str, ...]] = {
    TableKind.PLACES: PLACE_COLUMNS,
    TableKind.UNITS: (*UNIT_COLUMNS, *OPTIONAL_UNIT_COLUMNS),
    TableKind.DUTIES: COLUMNS,
}


@dataclass(frozen=True, slots=True)
class ReferenceTables:
    """The set a service works with. ``version`` 0 is the demo county; imports count from 1."""

    units: Units
    gazetteer: Gazetteer
    duties: DutyList
    version: int
    imported_at: datetime | None = None


def demo_reference() -> ReferenceTables:
    """The invented county of the demo."""
    units = load_units()
    return ReferenceTables(units, load_gazetteer(home=home_of(units)), load_duty_list(), version=0)


def demo_rows() -> TableRows:
    """The tables of the demo county as rows, to import one's own beside."""
    tables = {kind: read_rows(DEMO_COUNTY / f"{kind.value}.csv", columns=()) for kind in TableKind}
    return TableRows(**{kind.value: tuple(rows) for kind, rows in tables.items()})


@dataclass(frozen=True, slots=True)
class TableRows:
    """The rows of the three tables as they are stored; a table nobody imported yet is empty."""

    places: tuple[Row, ...] = ()
    units: tuple[Row, ...] = ()
    duties: tuple[Row, ...] = ()

    def of(self, kind: TableKind) -> tuple[Row, ...]:
        """One of the tables."""
        rows: tuple[Row, ...] = getattr(self, kind.value)
        return rows

    def with_table(self, kind: TableKind, rows: Iterable[Row]) -> TableRows:
        """The same set with one table exchanged."""
        tables = {each.value: self.of(each) for each in TableKind}
        return TableRows(**{**tables, kind.value: tuple(rows)})

    @property
    def is_complete(self) -> bool:
        """Whether a service can work with it."""
        return all(self.of(kind) for kind in TableKind)


def build(
    contents: Mapping[TableKind, bytes], *, version: int, imported_at: datetime | None
) -> ReferenceTables:
    """The working set from the stored bytes of a complete version; its rows were checked when they came in."""
    units = Units(map(unit_of, decode_rows(contents[TableKind.UNITS])))
    gazetteer = Gazetteer(places_in(contents[TableKind.PLACES]), home=home_of(units))
    duties = contents[TableKind.DUTIES]
    digest = hashlib.sha256(duties).hexdigest()
    return ReferenceTables(
        units, gazetteer, duty_list_of(decode_rows(duties), digest=digest), version, imported_at
    )


def places_in(content: bytes) -> list[Place]:
    """As ``decode_rows`` and ``place_of`` would make them, in a fifth of the time: there are tens of thousands."""
    table = json.loads(content)
    if tuple(table["columns"]) != PLACE_COLUMNS:
        return [place_of(row) for row in decode_rows(content)]
    return [place_from(*cells) for cells in table["rows"]]


def encode_rows(kind: TableKind, rows: Iterable[Row]) -> bytes:
    """The canonical bytes of a table: what its SHA-256 is taken of."""
    columns = TABLE_COLUMNS[kind]
    cells = [[row[column] for column in columns] for row in rows]
    return json.dumps({"columns": columns, "rows": cells}, ensure_ascii=False, separators=(",", ":")).encode()


def decode_rows(content: bytes) -> tuple[Row, ...]:
    """The rows of ``encode_rows``. They count as lines of no file: row 0."""
    table = json.loads(content)
    columns = table["columns"]
    return tuple([Row(0, dict(zip(columns, cells, strict=True))) for cells in table["rows"]])


@dataclass(frozen=True, slots=True)
class Change:
    """One row that would change: for each column what it was and what it will be."""

    id: str
    name: str
    columns: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What importing one table would do. Nothing is done until the store takes it."""

    kind: TableKind
    rows: tuple[Row, ...]
    """The whole new table."""
    added: tuple[Change, ...] = ()
    ended: tuple[Change, ...] = ()
    """Rows the new list leaves out: duties and units end the day before, places go."""
    changed: tuple[Change, ...] = ()
    effective_from: date | None = None

    @property
    def changes_nothing(self) -> bool:
        """Whether the table is what is in force already."""
        return not (self.added or self.ended or self.changed)


def plan_places(current: TableRows, rows: Sequence[Row], *, keep_others: bool) -> Plan:
    """``rows`` beside what is known (``keep_others``) or instead of it."""
    old = {row["id"]: row for row in current.places}
    new = {row["id"]: row for row in rows}
    table = {**old, **new} if keep_others else new
    ended = () if keep_others else tuple(_change(row) for each, row in old.items() if each not in new)
    return Plan(
        TableKind.PLACES,
        tuple(table.values()) if len(new) == len(rows) else tuple(rows),
        added=tuple(_change(row) for each, row in new.items() if each not in old),
        ended=ended,
        changed=_differences(old, new, PLACE_COLUMNS),
    )


def plan_units(current: TableRows, rows: Sequence[Row], *, effective_from: date) -> Plan:
    """The new list from a day on. A unit left out ends the day before; a renamed one keeps its former name."""
    old = {row["id"]: row for row in current.units}
    new = {row["id"]: row for row in rows}
    last_day = (effective_from - _DAY).isoformat()
    listed = [_with_former_name(row, old.get(row["id"]), last_day) for row in rows]
    left_out = [row for each, row in old.items() if each not in new]
    ending = [row for row in left_out if not row["valid_until"] or row["valid_until"] > last_day]
    ended = [_with(row, valid_until=last_day, is_fallback="", number=0) for row in ending]
    kept = [_with(row, number=0) for row in left_out if row not in ending]
    return Plan(
        TableKind.UNITS,
        (*listed, *ended, *kept),
        added=tuple(_change(row) for row in listed if row["id"] not in old),
        ended=tuple(map(_change, ending)),
        changed=_differences(old, {row["id"]: row for row in listed}, TABLE_COLUMNS[TableKind.UNITS]),
        effective_from=effective_from,
    )


def _with_former_name(row: Row, before: Row | None, last_day: str) -> Row:
    if before is None:
        return row
    former = [each for each in f"{before['former_names']}|{row['former_names']}".split("|") if each]
    if before["name"] != row["name"]:
        former.append(f"{before['name']}@{last_day}")
    return _with(row, former_names="|".join(dict.fromkeys(former)))


_CONTENT = tuple(column for column in COLUMNS if column != "effective_from")


def plan_duties(current: TableRows, rows: Sequence[Row], *, effective_from: date | None) -> Plan:
    """The new list from a day on; what it changes or leaves out remains, ended, for the tickets of its time.

    Without ``effective_from``, or when nothing was imported before, every row holds from its own first day. The
    rows must have passed ``duty_errors``.
    """
    if effective_from is None or not current.duties:
        return _whole_list(current, rows)
    day = effective_from.isoformat()
    history = [row for row in current.duties if _is_over(row, day)]
    old = _by_id(row for row in current.duties if not _is_over(row, day))
    new = _by_id(row for row in rows if not _is_over(row, day))
    added, changed, table = [], [], list(history)
    for duty_id, listed in new.items():
        before = old.get(duty_id, [])
        columns = _changed_columns(before[-1], listed[-1], _CONTENT) if before else ()
        if before and not columns and len(before) == len(listed):
            table += [_with(row, number=listed[-1].number) for row in before]
            continue
        table += [*_closed(before, effective_from), *_begun(listed, effective_from)]
        if before:
            changed.append(Change(duty_id, listed[-1]["name"], columns))
        else:
            added.append(_change(listed[-1]))
    left_out = [listed for duty_id, listed in old.items() if duty_id not in new]
    for listed in left_out:
        table += _closed(listed, effective_from)
    return Plan(
        TableKind.DUTIES,
        tuple(table),
        added=tuple(added),
        ended=tuple(_change(listed[-1]) for listed in left_out),
        changed=tuple(changed),
        effective_from=effective_from,
    )


def _is_over(row: Row, day: str) -> bool:
    return bool(row["effective_to"]) and row["effective_to"] < day


def _by_id(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The periods of each duty, in order."""
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda each: each["effective_from"]):
        found.setdefault(row["id"], []).append(row)
    return found


def _closed(rows: Iterable[Row], first_day: date) -> list[Row]:
    """The periods as they were until the day before; one that would begin only later never comes to be."""
    last_day = (first_day - _DAY).isoformat()
    begun = [row for row in rows if row["effective_from"] <= last_day]
    return [_with(row, effective_to=last_day, number=0) for row in begun]


def _begun(rows: Iterable[Row], first_day: date) -> list[Row]:
    """The periods from the day on, or from their own first day when that is later."""
    day = first_day.isoformat()
    return [_with(row, effective_from=max(day, row["effective_from"])) for row in rows]


def _whole_list(current: TableRows, rows: Sequence[Row]) -> Plan:
    old = {row["id"]: row for row in current.duties}
    new = {row["id"]: row for row in rows}
    return Plan(
        TableKind.DUTIES,
        tuple(rows),
        added=tuple(_change(row) for each, row in new.items() if each not in old),
        ended=tuple(_change(row) for each, row in old.items() if each not in new),
        changed=_differences(old, new, COLUMNS),
    )


def checked(tables: TableRows, *, table: str, kind: TableKind) -> TableRows:
    """The set, if it hangs together; raises InvalidTable with every finding.

    A finding in another table than the imported one has row 0 and names what it is about in ``value``. What rests
    on a table that nobody imported yet is looked at when that one comes: the three may come in any order.
    """
    errors: list[RowError] = []
    if tables.places:
        errors += _seen_from(kind, TableKind.PLACES, place_errors(tables.places))
    if tables.units:
        found = unit_errors(tables.units, known_places=known_ids(tables.places))
        errors += _seen_from(kind, TableKind.UNITS, found)
    if tables.duties:
        found = duty_errors(tables.duties, known_units=known_ids(tables.units))
        errors += _seen_from(kind, TableKind.DUTIES, found)
    refuse_if_any(table, errors)
    return tables


def known_ids(rows: Iterable[Row]) -> frozenset[str] | None:
    """The ids of a table; None, for anything goes, while there is no table."""
    return frozenset(row["id"] for row in rows) or None


def _seen_from(imported: TableKind, checked_table: TableKind, errors: Iterable[RowError]) -> list[RowError]:
    if imported is checked_table:
        return list(errors)
    return [replace(error, row=0, column=f"{checked_table.value}.{error.column}") for error in errors]


def _change(row: Row) -> Change:
    return Change(row["id"], row["name"])


def _differences(
    old: Mapping[str, Row], new: Mapping[str, Row], columns: Sequence[str]
) -> tuple[Change, ...]:
    both = [(old[each], row) for each, row in new.items() if each in old]
    found = [(after, _changed_columns(before, after, columns)) for before, after in both]
    return tuple(Change(row["id"], row["name"], changed) for row, changed in found if changed)


def _changed_columns(before: Row, after: Row, columns: Sequence[str]) -> tuple[tuple[str, str, str], ...]:
    return tuple((each, before[each], after[each]) for each in columns if before[each] != after[each])


def _with(row: Row, *, number: int | None = None, **cells: str) -> Row:
    return Row(row.number if number is None else number, {**row.cells, **cells})
