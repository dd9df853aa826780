"""Back to an earlier set of tables: what it was holds again, and what came since is still known."""

from __future__ import annotations

from datetime import date, timedelta

from routing.departments import Units, unit_of
from routing.reference_back import compared, plan_back
from routing.reference_tables import TableKind, TableRows, demo_rows, plan_duties, plan_places, plan_units
from routing.tables import Row
from routing.triage.catalogue import duty_list_of

TODAY = date(2026, 11, 16)
DEMO = demo_rows()


def changed(row: Row, **cells: str) -> Row:
    return Row(row.number, {**row.cells, **cells})


def renamed(tables: TableRows, *, day: date) -> TableRows:
    rows = [changed(r, name="清和县住房局") if r["id"] == "qh.housing" else r for r in tables.units]
    return tables.with_table(TableKind.UNITS, plan_units(tables, rows, effective_from=day).rows)


def names(tables: TableRows, unit_id: str) -> tuple[str, str]:
    unit = next(row for row in tables.units if row["id"] == unit_id)
    return unit["name"], unit["former_names"]


def test_the_demo_county_has_the_unit_these_tests_rename() -> None:
    assert any(row["id"] == "qh.housing" for row in DEMO.units)


def test_a_name_given_back_on_the_day_it_was_taken_was_nobodys() -> None:
    now = renamed(DEMO, day=TODAY)
    back, _ = plan_back(now, DEMO, day=TODAY)
    assert names(back, "qh.housing") == names(DEMO, "qh.housing")


def test_a_name_given_back_later_stays_the_tickets_of_its_time() -> None:
    now = renamed(DEMO, day=TODAY - timedelta(days=7))
    back, _ = plan_back(now, DEMO, day=TODAY)
    unit = next(u for u in map(unit_of, back.units) if u.id == "qh.housing")
    old = names(DEMO, "qh.housing")[0]
    assert unit.name_on(TODAY) == unit.name_on(TODAY - timedelta(days=8)) == old
    assert unit.name_on(TODAY - timedelta(days=1)) == "清和县住房局"


def test_the_same_set_again_is_nothing_to_go_back_to() -> None:
    back, plans = plan_back(DEMO, DEMO, day=TODAY)
    assert plans == {}
    assert Units(map(unit_of, back.units)).all() == Units(map(unit_of, DEMO.units)).all()


def test_a_list_of_duties_that_was_cut_short_is_whole_again_from_the_day_on() -> None:
    week_ago = TODAY - timedelta(days=7)
    cut = plan_duties(DEMO, DEMO.duties[:5], effective_from=week_ago)
    now = DEMO.with_table(TableKind.DUTIES, cut.rows)
    back, plans = plan_back(now, DEMO, day=TODAY)
    assert len(plans[TableKind.DUTIES].added) + len(plans[TableKind.DUTIES].changed) > 0
    then, since = TODAY - timedelta(days=3), duty_list_of(back.duties, digest="")
    before = duty_list_of(DEMO.duties, digest="")
    short = {row["id"] for row in DEMO.duties[:5]}
    assert {d.id for d in since.in_force(TODAY)} == {d.id for d in before.in_force(TODAY)}
    assert {d.id for d in since.in_force(then)} == {d.id for d in before.in_force(then) if d.id in short}


def test_places_imported_by_mistake_go_and_those_a_unit_names_stay() -> None:
    first = DEMO.places[0]
    extra = [
        changed(first, id="x1", name="误导入的街道", parent_id=first["id"], aliases=""),
        changed(first, id="x2", name="新设街道", parent_id=first["id"], aliases=""),
    ]
    rows = [*DEMO.places, *extra]
    now = DEMO.with_table(TableKind.PLACES, plan_places(DEMO, rows, keep_others=False).rows)
    named = [
        *now.units,
        changed(now.units[-1], id="qh.x2", name="新设街道办", short_name="新设街道", place_id="x2"),
    ]
    now = now.with_table(TableKind.UNITS, plan_units(now, named, effective_from=TODAY).rows)
    back, plans = plan_back(now, DEMO, day=TODAY)
    known = {row["id"] for row in back.places}
    assert "x1" not in known
    assert "x2" in known, "the unit that ended is still somewhere"
    assert [each.id for each in plans[TableKind.PLACES].ended] == ["x1"]


def test_a_comparison_names_what_came_went_and_changed() -> None:
    fewer = DEMO.with_table(TableKind.PLACES, DEMO.places[:-1])
    found = compared(fewer, renamed(DEMO, day=TODAY))
    assert [each.id for each in found[TableKind.PLACES].added] == [DEMO.places[-1]["id"]]
    assert [each.id for each in found[TableKind.UNITS].changed] == ["qh.housing"]
    assert TableKind.DUTIES not in found
