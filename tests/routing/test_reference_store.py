"""Versions of the tables on a real MongoDB: appended, whole, and never mixed up."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from routing.mongo_store import Database
from routing.reference_store import (
    MongoReferenceStore,
    NoReference,
    Origin,
    ReferenceChanged,
    ReferenceDamaged,
    load_reference,
)
from routing.reference_tables import (
    TableKind,
    TableRows,
    checked,
    decode_rows,
    demo_reference,
    demo_rows,
    encode_rows,
    plan_duties,
    plan_places,
)
from routing.tables import InvalidTable

ORIGIN = Origin("王敏", datetime(2026, 11, 20, 1, tzinfo=UTC), ("tables.csv",))


@pytest.fixture
async def store(database: Database) -> MongoReferenceStore:
    store = MongoReferenceStore(database)
    await store.prepare()
    return store


async def test_what_was_stored_is_what_is_loaded(store: MongoReferenceStore) -> None:
    assert await store.append(demo_rows(), {}, base=0, origin=ORIGIN) == 1
    loaded, demo = await store.load(), demo_reference()
    assert loaded is not None
    assert (loaded.version, loaded.imported_at) == (1, ORIGIN.at)
    assert loaded.units.all() == demo.units.all()
    assert loaded.gazetteer.all() == demo.gazetteer.all()
    assert loaded.gazetteer.home == demo.gazetteer.home == "qh"
    assert loaded.duties.all() == demo.duties.all()


async def test_a_set_with_a_table_missing_is_kept_and_not_used(store: MongoReferenceStore) -> None:
    rows = demo_rows()
    await store.append(TableRows(places=rows.places), {}, base=0, origin=ORIGIN)
    assert (await store.newest_version(), await store.current_version()) == (1, 0)
    assert await store.load() is None
    assert (await store.rows(1)).places != ()
    await store.append(rows, {}, base=1, origin=ORIGIN)
    assert await store.current_version() == 2


async def test_an_older_version_can_still_be_loaded(store: MongoReferenceStore) -> None:
    rows = demo_rows()
    await store.append(rows, {}, base=0, origin=ORIGIN)
    fewer = rows.with_table(TableKind.DUTIES, rows.duties[:5])
    await store.append(fewer, {}, base=1, origin=ORIGIN)
    old, new = await store.load_version(1), await store.load_version(2)
    assert old is not None
    assert new is not None
    assert (len(old.duties.all()), len(new.duties.all())) == (len(rows.duties), 5)
    assert await store.load_version(3) is None


async def test_of_two_imports_at_once_one_is_told_to_look_again(store: MongoReferenceStore) -> None:
    both = [store.append(demo_rows(), {}, base=0, origin=ORIGIN) for _ in range(2)]
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(each).__name__ for each in outcomes) == ["ReferenceChanged", "int"]
    with pytest.raises(ReferenceChanged):
        await store.append(demo_rows(), {}, base=0, origin=ORIGIN)


async def test_the_same_table_takes_no_room_twice(store: MongoReferenceStore, database: Database) -> None:
    for base in range(3):
        await store.append(demo_rows(), {}, base=base, origin=ORIGIN)
    assert await database["reference_tables"].count_documents({}) == 3
    assert len(await store.history()) == 3


@pytest.mark.parametrize("damage", [b"no longer packed", None])
async def test_a_damaged_table_is_noticed(
    store: MongoReferenceStore, database: Database, damage: bytes | None
) -> None:
    await store.append(demo_rows(), {}, base=0, origin=ORIGIN)
    digest = (await store.history())[0].digests[TableKind.UNITS]
    if damage is None:
        await database["reference_tables"].delete_one({"digest": digest})
    else:
        await database["reference_tables"].update_one({"digest": digest}, {"$set": {"data": damage}})
    with pytest.raises(ReferenceDamaged) as refused:
        await store.load()
    assert refused.value.kind is TableKind.UNITS


async def test_without_an_import_there_is_only_the_fallback(database: Database) -> None:
    with pytest.raises(NoReference):
        await load_reference(database)
    demo = demo_reference()
    assert await load_reference(database, fallback=demo) is demo


def test_rows_survive_being_stored() -> None:
    rows = demo_rows()
    for kind in TableKind:
        content = encode_rows(kind, rows.of(kind))
        assert encode_rows(kind, decode_rows(content)) == content


def test_a_set_that_does_not_hang_together_is_refused_from_either_side() -> None:
    rows = demo_rows()
    without_place = rows.with_table(TableKind.PLACES, rows.places[:10])
    with pytest.raises(InvalidTable) as refused:
        checked(without_place, table="places.csv", kind=TableKind.PLACES)
    assert {(error.row, error.column, error.problem) for error in refused.value.errors} == {
        (0, "units.place_id", "unknown")
    }
    without_unit = rows.with_table(TableKind.UNITS, [row for row in rows.units if row["id"] != "qh.parks"])
    with pytest.raises(InvalidTable) as refused:
        checked(without_unit, table="units.csv", kind=TableKind.UNITS)
    assert {(error.column, error.value) for error in refused.value.errors} == {("duties.unit_id", "qh.parks")}
    assert checked(rows, table="", kind=TableKind.PLACES) is rows


def test_a_duty_list_imported_twice_changes_nothing_and_a_third_time_only_what_it_changes() -> None:
    rows, day = demo_rows(), date(2027, 1, 1)
    first = plan_duties(rows, rows.duties, effective_from=day)
    assert first.changes_nothing
    assert {row["id"] for row in first.rows} == {row["id"] for row in rows.duties}
    without = [row for row in rows.duties if row["id"] != "manhole"]
    second = plan_duties(rows, without, effective_from=day)
    assert ([each.id for each in second.ended], second.added, second.changed) == (["manhole"], (), ())
    after = rows.with_table(TableKind.DUTIES, second.rows)
    assert plan_duties(after, without, effective_from=date(2027, 6, 1)).changes_nothing
    # It comes back: two periods of one duty, both explained.
    third = plan_duties(after, rows.duties, effective_from=date(2027, 6, 1))
    assert [each.id for each in third.added] == ["manhole"]
    periods = [(row["effective_from"], row["effective_to"]) for row in third.rows if row["id"] == "manhole"]
    assert sorted(periods) == [("2024-01-01", "2026-12-31"), ("2027-06-01", "")]


def test_a_change_that_is_to_come_is_replaced_by_another_before_it_began() -> None:
    rows = demo_rows()
    changed = [
        row if row["id"] != "manhole" else type(row)(row.number, {**row.cells, "legal_basis": "《新条例》"})
        for row in rows.duties
    ]
    planned = rows.with_table(
        TableKind.DUTIES, plan_duties(rows, changed, effective_from=date(2028, 1, 1)).rows
    )
    back = plan_duties(planned, rows.duties, effective_from=date(2027, 1, 1))
    assert [each.id for each in back.changed] == ["manhole"]
    kept = [row for row in back.rows if row["id"] == "manhole"]
    assert {row["legal_basis"] for row in kept} == {"《城市道路管理条例》第二十三条"}
    assert checked(planned.with_table(TableKind.DUTIES, back.rows), table="", kind=TableKind.DUTIES)


def test_places_are_added_to_or_replaced() -> None:
    rows = demo_rows()
    one = rows.places[5]
    kept = plan_places(rows, [one], keep_others=True)
    assert (len(kept.rows), kept.changes_nothing) == (len(rows.places), True)
    alone = plan_places(rows, [one], keep_others=False)
    assert (len(alone.rows), len(alone.ended)) == (1, len(rows.places) - 1)


def test_a_repeated_id_in_a_file_is_not_lost_before_it_is_refused(tmp_path: Path) -> None:
    rows = demo_rows()
    twice = plan_places(TableRows(), [rows.places[0], rows.places[0]], keep_others=True)
    with pytest.raises(InvalidTable) as refused:
        checked(TableRows(places=twice.rows), table="places.csv", kind=TableKind.PLACES)
    assert [error.problem for error in refused.value.errors] == ["duplicate"]
