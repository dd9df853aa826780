"""A city's own tables on their way in: read, checked against one another, and what they would move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from routing.departments import UNIT_COLUMNS, UnitId, Units, unit_errors, unit_of
from routing.reference_store import Database
from routing.reference_tables import Plan, TableKind, TableRows, checked, known_ids
from routing.tables import Row, read_rows, refuse_if_any
from routing.triage.catalogue import COLUMNS, duty_errors


def unit_rows(file: Path, places: Iterable[Row]) -> list[Row]:
    """The file's rows, sound in themselves: dates are compared before the whole set is checked."""
    rows = read_rows(file, columns=UNIT_COLUMNS)
    refuse_if_any(file.name, unit_errors(rows, known_places=known_ids(places)))
    return rows


def duty_rows(file: Path, units: Iterable[Row]) -> list[Row]:
    """The file's rows, each for a unit there is; raises ``InvalidTable``."""
    rows = read_rows(file, columns=COLUMNS)
    refuse_if_any(file.name, duty_errors(rows, known_units=known_ids(units)))
    return rows


def checked_plans(
    current: TableRows, plans: dict[TableKind, Plan], table: str
) -> tuple[TableRows, dict[TableKind, Plan]]:
    """The whole set with these plans in it; raises ``InvalidTable`` where the tables no longer fit together."""
    tables = current
    for kind, plan in plans.items():
        tables = tables.with_table(kind, plan.rows)
    return checked(tables, table=table, kind=next(iter(plans))), plans


async def tickets_moving(
    database: Database, tables: TableRows, plans: Mapping[TableKind, Plan]
) -> dict[str, tuple[str, int]]:
    """How many open tickets lie with units that end, and who will act for them."""
    plan = plans.get(TableKind.UNITS)
    if plan is None or plan.effective_from is None:
        return {}
    units = Units(map(unit_of, tables.units))
    moving = {}
    counted = database["tickets"].aggregate(
        [{"$match": {"open": True}}, {"$group": {"_id": "$unit_id", "count": {"$sum": 1}}}]
    )
    async for group in counted:
        if group["_id"] and any(unit.id == group["_id"] for unit in units.all()):
            unit = units.get(UnitId(group["_id"]))
            acting = units.acting(unit.id, plan.effective_from)
            if acting.id != unit.id:
                moving[unit.name] = (acting.name, int(group["count"]))
    return moving


async def left_out(database: Database, tables: TableRows) -> tuple[int, int]:
    """How many people and keys belong to units the new table does not know: they can do nothing any more."""
    known = [row["id"] for row in tables.units]
    if not known:
        return 0, 0
    nowhere = {"unit_id": {"$nin": known}}
    people = await database["users"].count_documents(nowhere)
    return people, await database["api_keys"].count_documents({**nowhere, "revoked_at": None})
