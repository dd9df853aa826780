"""Going back to an earlier set of tables: from a day on it holds again, and what came since stays known as ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from routing.reference_tables import (
    TABLE_COLUMNS,
    Change,
    Plan,
    TableKind,
    TableRows,
    checked,
    plan_duties,
    plan_places,
    plan_units,
)
from routing.tables import Row


def compared(before: TableRows, after: TableRows) -> dict[TableKind, Plan]:
    """What one version made of the one before, table by table; a table that is the same is left out."""
    found = {}
    for kind in TableKind:
        old, new = _latest(before.of(kind)), _latest(after.of(kind))
        plan = Plan(
            kind,
            after.of(kind),
            added=tuple(_named(row) for each, row in new.items() if each not in old),
            ended=tuple(_named(row) for each, row in old.items() if each not in new),
            changed=tuple(_differences(kind, old, new)),
        )
        if not plan.changes_nothing:
            found[kind] = plan
    return found


def plan_back(
    current: TableRows, earlier: TableRows, *, day: date
) -> tuple[TableRows, dict[TableKind, Plan]]:
    """The earlier set from ``day`` on, as if it were imported again; a table it had not is left as it is. Tickets lie
    with units and duties that came since: these end the day before, and stay. Raises ``InvalidTable``."""
    plans: dict[TableKind, Plan] = {}
    tables = current
    if earlier.units:
        plans[TableKind.UNITS] = _units_back(current, earlier, day)
        tables = tables.with_table(TableKind.UNITS, plans[TableKind.UNITS].rows)
    if earlier.duties:
        plans[TableKind.DUTIES] = plan_duties(current, earlier.duties, effective_from=day)
        tables = tables.with_table(TableKind.DUTIES, plans[TableKind.DUTIES].rows)
    if earlier.places:
        rows = [*earlier.places, *_still_needed(tables, earlier)]
        plans[TableKind.PLACES] = plan_places(current, rows, keep_others=False)
        tables = tables.with_table(TableKind.PLACES, plans[TableKind.PLACES].rows)
    plans = {kind: plans[kind] for kind in TableKind if kind in plans and not plans[kind].changes_nothing}
    return checked(tables, table="", kind=next(iter(plans), TableKind.UNITS)), plans


def _units_back(current: TableRows, earlier: TableRows, day: date) -> Plan:
    plan = plan_units(current, earlier.units, effective_from=day)
    last_day = (day - timedelta(days=1)).isoformat()
    before = {row["id"]: row for row in current.units}
    names = {row["id"]: row["former_names"] for row in earlier.units}

    def of_their_time(row: Row) -> Row:
        """A name taken today and given back today was nobody's for a day."""
        now = before.get(row["id"])
        if now is None or row["id"] not in names:
            return row
        taken_today = f"{row['name']}@{last_day}" in now["former_names"].split("|")
        return replace(row, cells={**row.cells, "former_names": names[row["id"]]}) if taken_today else row

    rows = tuple(map(of_their_time, plan.rows))
    listed = {row["id"]: row for row in rows if row["id"] in names}
    return replace(plan, rows=rows, changed=tuple(_differences(TableKind.UNITS, before, listed)))


def _still_needed(tables: TableRows, earlier: TableRows) -> list[Row]:
    """Places that came since and units still name, with those around them."""
    known = {row["id"] for row in earlier.places}
    here = {row["id"]: row for row in tables.places}
    wanted = [row["place_id"] for row in tables.units]
    needed: dict[str, Row] = {}
    while wanted:
        each = wanted.pop()
        if each and each in here and each not in known and each not in needed:
            needed[each] = here[each]
            wanted.append(here[each]["parent_id"])
    return list(needed.values())


def _latest(rows: Iterable[Row]) -> dict[str, Row]:
    """Of a duty its last period."""
    return {row["id"]: row for row in rows}


def _named(row: Row) -> Change:
    return Change(row["id"], row["name"])


def _differences(kind: TableKind, old: Mapping[str, Row], new: Mapping[str, Row]) -> Iterable[Change]:
    for each, row in new.items():
        before = old.get(each)
        if before is None:
            continue
        columns = tuple((c, before[c], row[c]) for c in TABLE_COLUMNS[kind] if before[c] != row[c])
        if columns:
            yield Change(row["id"], row["name"], columns)
