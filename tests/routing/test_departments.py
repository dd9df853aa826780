"""The unit tree: who stands below whom, who takes what nobody else does, and tables that must be refused."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.departments import FormerName, Unit, UnitId, UnitLevel, Units, home_of, load_units
from routing.errors import UnknownUnit
from routing.places.gazetteer import load_gazetteer
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


# A reform: roads and transport become one authority on 1 January 2027, the town next door is merged into ours.
REFORM = date(2027, 1, 1)
BEFORE, SINCE = REFORM - timedelta(days=1), REFORM
REFORM_HEADER = (
    "id,name,short_name,level,parent_id,place_id,is_fallback,duties_phone,"
    "valid_from,valid_until,successor_id,calendar,former_names\n"
)
REFORMED = (
    "hotline,热线中心,热线,county,,,yes,,,,,,",
    "roads,公路管理局,公路局,county,,,,,,2026-12-31,transport,,",
    "buses,客运管理局,客运局,county,,,,,,2026-12-31,transport,,",
    "transport,交通运输局,交通局,county,,,,,2027-01-01,,,,",
    "canals,水运管理局,水运局,county,,,,,,2026-12-31,,,",
    "gas,燃气公司,燃气公司,county,,,,,,,,24x7,煤气公司@2020-06-30|石油气站@2010-12-31",
    "east,东镇人民政府,东镇政府,township,,e,,,,2026-12-31,west,,",
    "west,西镇人民政府,西镇政府,township,,w,,,,,,,",
)


@pytest.fixture
def reformed(tmp_path: Path) -> Units:
    lines = "".join(f"{line}\n" for line in REFORMED)
    (tmp_path / "units.csv").write_text(REFORM_HEADER + lines, encoding="utf-8")
    return load_units(tmp_path)


@pytest.mark.parametrize(
    ("unit_id", "on", "acting"),
    [
        ("roads", BEFORE, "roads"),
        ("roads", SINCE, "transport"),
        ("buses", SINCE, "transport"),
        ("transport", SINCE, "transport"),
        ("transport", BEFORE, "roads"),  # not there yet: the first of those it replaces
        ("canals", SINCE, "hotline"),  # nobody took over
        ("gas", SINCE, "gas"),
    ],
)
def test_who_acts_for_a_unit_on_a_day(reformed: Units, unit_id: str, on: date, acting: str) -> None:
    assert reformed.acting(UnitId(unit_id), on).id == acting


def test_whoever_took_over_a_unit_takes_over_its_tickets_from_the_day_on(reformed: Units) -> None:
    assert reformed.subtree(UnitId("transport"), on=SINCE) == {"transport", "roads", "buses"}
    assert reformed.subtree(UnitId("transport"), on=BEFORE) == {"transport"}
    assert reformed.subtree(UnitId("transport")) == {"transport"}
    assert "canals" in reformed.subtree(UnitId("hotline"), on=SINCE)


def test_nobody_acts_for_a_unit_that_never_was(reformed: Units) -> None:
    with pytest.raises(UnknownUnit):
        reformed.acting(UnitId("moon"), SINCE)


def test_a_merged_town_is_governed_by_the_one_that_took_it_over(reformed: Units) -> None:
    for on, unit_id in ((BEFORE, "east"), (SINCE, "west")):
        unit = reformed.of_place("e", UnitLevel.TOWNSHIP, on)
        assert unit is not None
        assert unit.id == unit_id
    assert reformed.of_place("nowhere", UnitLevel.TOWNSHIP, SINCE) is None


def test_citizens_may_use_the_name_of_a_unit_that_is_no_more(reformed: Units) -> None:
    assert [unit.id for unit in reformed.named_in("公路局和客运局互相推诿", SINCE)] == ["transport"]
    assert [unit.id for unit in reformed.named_in("公路局和客运局互相推诿", BEFORE)] == ["roads", "buses"]
    assert [unit.id for unit in reformed.named_in("煤气公司的人没来")] == ["gas"]


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2005, 1, 1), "石油气站"),
        (date(2010, 12, 31), "石油气站"),
        (date(2011, 1, 1), "煤气公司"),
        (date(2020, 7, 1), "燃气公司"),
    ],
)
def test_a_unit_was_called_what_it_was_called(reformed: Units, day: date, name: str) -> None:
    assert reformed.get(UnitId("gas")).name_on(day) == name


def test_a_unit_may_have_a_calendar_of_its_own(reformed: Units) -> None:
    assert reformed.get(UnitId("gas")).calendar == "24x7"
    assert reformed.get(UnitId("roads")).calendar is None
    assert reformed.get(UnitId("gas")).former_names[1] == FormerName("石油气站", date(2010, 12, 31))


def test_a_bad_reform_is_refused_with_every_reason(tmp_path: Path) -> None:
    lines = (
        "hotline,热线中心,热线,county,,,yes,,,2027-01-01,,,",  # the fallback cannot end
        "a,甲局,甲局,county,,,,,2027-01-01,2026-01-01,b,,",
        "b,乙局,乙局,county,,,,,,2027-13-01,a,,",
        "c,丙局,丙局,county,,,,,,,nobody,周末,旧名",
    )
    (tmp_path / "units.csv").write_text(
        REFORM_HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8"
    )
    with pytest.raises(InvalidTable) as refused:
        load_units(tmp_path)
    assert [(error.row, error.column, error.problem) for error in refused.value.errors] == [
        (2, "valid_until", "in_use"),
        (3, "successor_id", "circular"),
        (3, "valid_until", "ends_before_start"),
        (4, "successor_id", "circular"),
        (4, "valid_until", "not_a_date"),
        (5, "calendar", "unknown"),
        (5, "former_names", "not_a_date"),
        (5, "successor_id", "unknown"),
        (5, "valid_until", "missing"),
    ]


def test_home_is_what_the_unit_above_the_fallback_governs() -> None:
    assert home_of(UNITS) == "qh"


@st.composite
def histories(draw: st.DrawFn) -> Units:
    """Units with arbitrary periods and successors, circles among them."""
    count = draw(st.integers(1, 6))
    day = st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1))
    units = [Unit(UnitId("f"), "兜底", "兜底", UnitLevel.COUNTY, None, None, True, None)]
    for at in range(count):
        successor = draw(st.none() | st.integers(0, count - 1))
        units.append(
            Unit(
                UnitId(f"u{at}"),
                f"{at}号局",
                f"{at}号",
                UnitLevel.COUNTY,
                None,
                None,
                False,
                None,
                valid_from=draw(day),
                valid_until=draw(day),
                successor_id=None if successor is None else UnitId(f"u{successor}"),
            )
        )
    return Units(units)


@given(histories(), st.dates(date(2019, 1, 1), date(2031, 1, 1)))
def test_whoever_acts_is_in_force_that_day(units: Units, on: date) -> None:
    for unit in units.all():
        assert units.acting(unit.id, on).is_in_force(on)
