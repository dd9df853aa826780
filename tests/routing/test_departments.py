"""The unit tree: who stands below whom, who takes what nobody else does, and tables that must be refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from routing.departments import UnitId, UnitLevel, load_units
from routing.errors import UnknownUnit
from routing.places import load_gazetteer
from routing.tables import InvalidTable

UNITS = load_units()
HEADER = "id,name,short_name,level,parent_id,place_id,is_fallback,duties_phone\n"


def write_units(folder: Path, *lines: str) -> Path:
    (folder / "units.csv").write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return folder


def test_the_demo_county_has_all_five_levels() -> None:
    count = {level: sum(unit.level is level for unit in UNITS.all()) for level in UnitLevel}
    assert count[UnitLevel.PROVINCE] == count[UnitLevel.CITY] == 1
    assert count[UnitLevel.COUNTY] >= 40
    assert 8 <= count[UnitLevel.TOWNSHIP] <= 12
    assert count[UnitLevel.VILLAGE] >= 30


def test_every_unit_but_the_province_stands_under_a_unit_no_lower_than_itself() -> None:
    order = list(UnitLevel)
    for unit in UNITS.all():
        if unit.parent_id is None:
            assert unit.level is UnitLevel.PROVINCE
        else:
            assert order.index(UNITS.get(unit.parent_id).level) <= order.index(unit.level), unit.id


def test_the_hotline_centre_takes_what_nobody_else_does() -> None:
    assert UNITS.fallback.id == "qh.hotline"


def test_an_unknown_unit_is_refused_by_its_id() -> None:
    with pytest.raises(UnknownUnit) as refused:
        UNITS.get(UnitId("qh.moon"))
    assert refused.value.unit_id == "qh.moon"


def test_a_supervisor_sees_everything_below_and_nothing_beside() -> None:
    below = UNITS.subtree(UnitId("qh.liuquan.government"))
    assert "qh.liuquan.government" in below
    assert "qh.liuquan.lijia.committee" in below
    assert "qh.shiqiao.government" not in below
    assert UNITS.subtree(UnitId("jy.government")) == {unit.id for unit in UNITS.all()}


def test_children_are_the_units_directly_below() -> None:
    names = {unit.short_name for unit in UNITS.children(UnitId("qh.human-resources"))}
    assert names == {"县社保中心", "县就业中心", "县劳动监察大队"}


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("县住建局", "qh.housing"),  # the whole short name
        ("城管", "qh.urban-management"),  # what people say
        ("12345", "qh.hotline"),
        ("柳泉镇", "qh.liuquan.government"),  # a town before its villages
        ("１２３４５", "qh.hotline"),  # full-width digits of a phone keyboard
    ],
)
def test_a_few_typed_characters_find_the_unit(typed: str, first: str) -> None:
    assert UNITS.search(typed)[0].id == first


def test_searching_for_nothing_finds_nothing() -> None:
    assert UNITS.search("  ") == ()
    assert UNITS.search("气垫船公司") == ()


def test_a_place_is_governed_by_one_unit_at_its_own_level_only() -> None:
    unit = UNITS.of_place("qh.liuquan", UnitLevel.TOWNSHIP)
    assert unit is not None
    assert unit.id == "qh.liuquan.government"
    assert UNITS.of_place("qh.liuquan", UnitLevel.VILLAGE) is None


def test_every_township_and_village_of_the_county_has_its_unit() -> None:
    gazetteer = load_gazetteer()
    for place in gazetteer.all():
        if gazetteer.is_within(place, "qh") and place.level in ("township", "village"):
            assert UNITS.of_place(place.id, UnitLevel(place.level.value)), place.name
    for unit in UNITS.all():
        if unit.place_id:
            assert gazetteer.get(unit.place_id).level == unit.level


def test_units_named_in_a_text_are_found_once_each() -> None:
    named = UNITS.named_in("县民政局说归县医保局，县医保局又推给县民政局")
    assert [unit.id for unit in named] == ["qh.civil-affairs", "qh.medical-insurance"]


def test_a_bad_table_names_every_bad_row(tmp_path: Path) -> None:
    write_units(
        tmp_path,
        "a,甲局,甲,county,,,yes,",
        "a,乙局,乙,county,,,,",
        "b,,丙,county,nowhere,,,",
        "c,丁局,丁,galaxy,,,maybe,",
    )
    with pytest.raises(InvalidTable) as refused:
        load_units(tmp_path)
    assert [(error.row, error.column, error.problem) for error in refused.value.errors] == [
        (3, "id", "duplicate"),
        (4, "name", "missing"),
        (4, "parent_id", "unknown"),
        (5, "is_fallback", "not_yes_or_no"),
        (5, "level", "unknown"),
    ]


@pytest.mark.parametrize(
    ("lines", "column", "problem"),
    [
        (("a,甲局,甲,county,,,,",), "is_fallback", "missing"),
        (("a,甲局,甲,county,,,yes,", "b,乙局,乙,county,,,yes,"), "is_fallback", "duplicate"),
        (("a,甲局,甲,county,b,,yes,", "b,乙局,乙,county,a,,,"), "parent_id", "circular"),
    ],
)
def test_a_tree_that_is_none_is_refused(
    tmp_path: Path, lines: tuple[str, ...], column: str, problem: str
) -> None:
    with pytest.raises(InvalidTable) as refused:
        load_units(write_units(tmp_path, *lines))
    assert (refused.value.errors[0].column, refused.value.errors[0].problem) == (column, problem)


def test_a_table_without_a_needed_column_is_refused(tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text("id,name\na,甲\n", encoding="utf-8")
    with pytest.raises(InvalidTable) as refused:
        load_units(tmp_path)
    assert {error.column for error in refused.value.errors} >= {"level", "parent_id"}


def test_a_table_saved_by_a_spreadsheet_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text(HEADER + "a,甲局,甲,county,,,yes,12345\n", encoding="utf-8-sig")
    assert load_units(tmp_path).fallback.duties_phone == "12345"
