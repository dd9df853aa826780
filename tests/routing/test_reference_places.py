"""Lists of places in the forms governments publish and keep them, brought into the one form of our table."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from routing.places.gazetteer import Gazetteer
from routing.places.place import Place, PlaceLevel, place_errors, place_of
from routing.places.reference_places import merged, narrowed_to, read_place_list, settle_parents
from routing.tables import InvalidTable, Row, read_table

KNOWN = [
    Place("37", "东原省", PlaceLevel.PROVINCE, None, ()),
    Place("3701", "泉城市", PlaceLevel.CITY, "37", ()),
    Place("370101", "历山区", PlaceLevel.COUNTY, "3701", ()),
    Place("370102", "章水区", PlaceLevel.COUNTY, "3701", ()),
    Place("370101001", "城关镇", PlaceLevel.TOWNSHIP, "370101", ()),
    Place("370102001", "城关镇", PlaceLevel.TOWNSHIP, "370102", ()),
    Place("370101002", "清河街道", PlaceLevel.TOWNSHIP, "370101", ()),
]


def a_list(folder: Path, *lines: str, name: str = "list.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_text("\n".join(lines), encoding=encoding)
    return path


def brief(rows: tuple[Row, ...] | list[Row]) -> list[tuple[str, str, str, str]]:
    return [(row["id"], row["name"], row["level"], row["parent_id"]) for row in rows]


def test_the_official_tables_are_taken_as_they_are_published(tmp_path: Path) -> None:
    files = [
        a_list(tmp_path, "code,name", '11,"京都市"', '37,"东原省"', name="p.csv"),
        a_list(tmp_path, "code,name,provinceCode", '1101,"市辖区",11', '3701,"泉城市",37', name="c.csv"),
        a_list(
            tmp_path,
            "code,name,cityCode,provinceCode",
            '110101,"东区",1101,11',
            '370101,"历山区",3701,37',
            name="a.csv",
        ),
        a_list(
            tmp_path,
            "code,name,areaCode,provinceCode,cityCode",
            '110101001,"东华街道",110101,11,1101',
            name="s.csv",
        ),
    ]
    rows: list[Row] = []
    for file in files:
        rows = merged(rows, read_place_list(file))
    rows = settle_parents(rows)
    assert brief(rows) == [
        ("11", "京都市", "province", ""),
        ("37", "东原省", "province", ""),
        ("3701", "泉城市", "city", "37"),
        ("110101", "东区", "county", "11"),  # no prefecture of the name 市辖区 stands between
        ("370101", "历山区", "county", "3701"),
        ("110101001", "东华街道", "township", "110101"),
    ]
    assert place_errors(rows) == []


def test_the_other_published_form_with_depths_is_taken_too(tmp_path: Path) -> None:
    path = a_list(
        tmp_path,
        "id,pid,deep,name,pinyin_prefix,pinyin,ext_id,ext_name",
        "11,0,0,东原,d,dongyuan,110000000000,东原省",
        "1101,11,1,泉城,q,quancheng,110100000000,泉城市",
        "110101,1101,2,历山,l,lishan,110101000000,历山区",
        "110101001,110101,3,清河,q,qinghe,110101001000,清河街道",
    )
    assert brief(read_place_list(path)) == [
        ("11", "东原省", "province", ""),
        ("1101", "泉城市", "city", "11"),
        ("110101", "历山区", "county", "1101"),
        ("110101001", "清河街道", "township", "110101"),
    ]


def test_a_list_of_one_s_own_names_parents_in_words(tmp_path: Path) -> None:
    path = a_list(
        tmp_path,
        "名称,类型,上级,别名",
        "翠湖社区居委会,社区,清河街道,",
        "翠湖花园,小区,翠湖社区居委会,翠湖、老翠湖",  # a parent of the same list
        "人民路,道路,历山区 / 城关镇,",
    )
    rows = read_place_list(path, known=KNOWN, home="3701")
    assert brief(rows) == [
        ("370101002.v-翠湖社区居委会", "翠湖社区居委会", "village", "370101002"),
        ("370101002.v-翠湖社区居委会.e-翠湖花园", "翠湖花园", "estate", "370101002.v-翠湖社区居委会"),
        ("370101001.r-人民路", "人民路", "road", "370101001"),
    ]
    assert place_of(rows[1]).aliases == ("翠湖", "老翠湖")


def test_a_parent_that_is_unknown_or_could_be_two_is_refused_with_its_row(tmp_path: Path) -> None:
    path = a_list(
        tmp_path, "名称,类型,上级", "人民路,道路,城关镇", "东门路,道路,月亮镇", "西门路,道路,清河街道月亮社区"
    )
    with pytest.raises(InvalidTable) as refused:
        read_place_list(path, known=KNOWN, home="3701")
    assert [(error.row, error.problem) for error in refused.value.errors] == [
        (2, "ambiguous"),
        (3, "unknown"),
        (4, "unknown"),
    ]


def test_columns_of_any_name_can_be_mapped(tmp_path: Path) -> None:
    path = a_list(tmp_path, "楼盘,种类,在哪", "翠湖花园,estate,清河街道")
    rows = read_place_list(
        path, known=KNOWN, home="3701", columns={"楼盘": "name", "种类": "level", "在哪": "parent_id"}
    )
    assert brief(rows) == [("370101002.e-翠湖花园", "翠湖花园", "estate", "370101002")]
    with pytest.raises(InvalidTable) as refused:
        read_place_list(path, known=KNOWN, home="3701")
    assert [(error.column, error.problem) for error in refused.value.errors] == [
        ("level", "missing"),
        ("name", "missing"),
    ]


def test_one_s_own_city_in_full_and_of_the_rest_the_counties(tmp_path: Path) -> None:
    rows = [
        Row(0, {"id": p.id, "name": p.name, "level": p.level, "parent_id": p.parent_id or ""}) for p in KNOWN
    ]
    kept = {row["id"] for row in narrowed_to(rows, "370102")}
    assert kept == {"37", "3701", "370101", "370102", "370102001"}


def test_a_file_saved_by_a_chinese_spreadsheet_is_read(tmp_path: Path) -> None:
    path = a_list(tmp_path, "名称,类型", "翠湖花园,小区", encoding="gb18030")
    assert [row["name"] for row in read_place_list(path)] == ["翠湖花园"]


def test_a_workbook_s_numbers_and_days_read_as_they_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["code", "name", "since", "share"])
    sheet.write_number(2, 0, 370101)  # an empty line in between
    sheet.write_string(2, 1, " 历山区 ")
    sheet.write_datetime(2, 2, date(2026, 12, 1))
    sheet.write_number(2, 3, 0.5)
    book.close()
    header, (row,) = read_table(path)
    assert header == ("code", "name", "since", "share")
    assert (row.number, row.cells) == (
        3,
        {"code": "370101", "name": "历山区", "since": "2026-12-01", "share": "0.5"},
    )


@pytest.mark.parametrize("name", ["broken.xlsx", "broken.csv"])
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\xff\xfe\x00\x81\x00\xff" * 20)
    with pytest.raises(InvalidTable) as refused:
        read_table(path)
    assert refused.value.errors[0].problem == "unreadable"


def test_a_cell_may_hold_a_line_break(tmp_path: Path) -> None:
    path = a_list(tmp_path, "name,level", '"翠湖\n花园",estate', "东门,landmark")
    assert [row.number for row in read_table(path)[1]] == [2, 3]


@pytest.mark.shared_data
def test_every_row_of_the_published_divisions_is_sound(shared_data: Path) -> None:
    rows: list[Row] = []
    for level in ("provinces", "cities", "areas", "streets"):
        rows = merged(rows, read_place_list(shared_data / "divisions" / f"division_{level}.csv"))
    rows = settle_parents(rows)
    assert place_errors(rows) == []
    gazetteer = Gazetteer([place_of(row) for row in rows])
    district = gazetteer.find("北京市朝阳区").place
    assert district is not None
    assert district.parent_id == "11"
