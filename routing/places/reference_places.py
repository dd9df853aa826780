"""Places from other people's lists: the official division tables and whatever a city keeps of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from routing.places.gazetteer import Gazetteer
from routing.places.place import PLACE_COLUMNS, Place, PlaceLevel
from routing.tables import Row, RowError, read_table, refuse_if_any, repeated
from routing.triage.phrase_index import normalise

_HEADERS = {
    **dict.fromkeys(("编号", "代码", "地点编号", "区划代码", "code"), "id"),
    **dict.fromkeys(("名称", "地名", "地点名称", "小区名称", "道路名称", "社区名称"), "name"),
    **dict.fromkeys(("级别", "层级", "类型", "类别", "kind"), "level"),
    **dict.fromkeys(
        ("上级", "所属", "所属街镇", "所属街道", "所属街乡镇", "所属社区", "上级编号", "parent"), "parent_id"
    ),
    **dict.fromkeys(("别名", "俗称", "曾用名", "简称"), "aliases"),
}
_LEVELS = {
    **dict.fromkeys(("省", "自治区", "直辖市", "省级"), PlaceLevel.PROVINCE),
    **dict.fromkeys(("市", "地级市", "自治州", "地市", "市级"), PlaceLevel.CITY),
    **dict.fromkeys(("区", "县", "县级市", "区县", "区县级", "县级"), PlaceLevel.COUNTY),
    **dict.fromkeys(("街道", "镇", "乡", "乡镇", "街镇", "街乡镇", "乡级", "乡镇级"), PlaceLevel.TOWNSHIP),
    **dict.fromkeys(("社区", "村", "居委会", "村委会", "村居", "村社区", "村级"), PlaceLevel.VILLAGE),
    **dict.fromkeys(("路", "道路", "街巷", "街路"), PlaceLevel.ROAD),
    **dict.fromkeys(("小区", "住宅区", "住宅小区", "楼盘"), PlaceLevel.ESTATE),
    **dict.fromkeys(("学校", "幼儿园"), PlaceLevel.SCHOOL),
    **dict.fromkeys(
        ("地标", "公园", "景点", "医院", "市场", "商场", "车站", "广场", "园区"), PlaceLevel.LANDMARK
    ),
}
_CODE_LEVELS = {
    2: PlaceLevel.PROVINCE,
    4: PlaceLevel.CITY,
    6: PlaceLevel.COUNTY,
    9: PlaceLevel.TOWNSHIP,
    12: PlaceLevel.VILLAGE,
}
# What stands in the official tables where a municipality or a province has no prefecture: nobody says it.
_NO_CITY = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})
_BETWEEN = re.compile(r"[\s/>、·\-]+")
_LARGE = frozenset({"province", "city", "county"})


def read_place_list(
    path: Path,
    *,
    known: Sequence[Place] = (),
    home: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> tuple[Row, ...]:
    """The rows of any supported list, in the columns of our own table; raises InvalidTable.

    Understood are our own table, the official division tables (``code,name,…``: the length of the code is the
    level) and (``id,pid,deep,name,…``), and lists with Chinese headers; ``columns`` maps further headers. A
    parent may be given by name (颛桥镇, 闵行区颛桥镇); it is looked for in the list, then in ``known``. A row
    without an id gets one made of its parent's id and its name, so that the next import finds it again.
    """
    renamed = {**_HEADERS, **(columns or {})}
    header, rows = read_table(path, renamed=renamed)
    errors: list[RowError] = []
    if {"pid", "deep"} <= set(header):
        found = tuple(_without_pseudo_cities(map(_from_deep, rows)))
    elif "level" not in header and "id" in header and "parent_id" not in header:
        found = tuple(_without_pseudo_cities(map(_from_code, rows)))
    else:
        absent = [RowError(1, column, "missing") for column in ("name", "level") if column not in header]
        refuse_if_any(path.name, absent)
        found, errors = _own_list(rows, known=known, home=home)
    refuse_if_any(path.name, [*errors, *repeated(found, "id")])
    return found


def _from_code(row: Row) -> Row:
    code = row["id"]
    level = _CODE_LEVELS.get(len(code), "")
    parent = next((code[:size] for size in (9, 6, 4, 2) if size < len(code)), "")
    return _row(row, id=code, level=level, parent_id=parent, aliases=row["aliases"])


def _from_deep(row: Row) -> Row:
    levels = tuple(PlaceLevel)
    deep = int(row["deep"]) if row["deep"].isdecimal() else len(levels)
    level = levels[deep] if deep < len(levels) else ""
    parent = row["pid"] if row["pid"] not in ("0", row["id"]) else ""
    return _row(row, id=row["id"], name=row["ext_name"] or row["name"], level=level, parent_id=parent)


def _row(row: Row, **cells: str) -> Row:
    merged = {**row.cells, **cells}
    return Row(row.number, {column: merged.get(column, "") for column in PLACE_COLUMNS})


def _without_pseudo_cities(rows: Iterable[Row]) -> Iterable[Row]:
    """Leave out 市辖区 and its like; districts of a municipality stand directly under it."""
    listed = list(rows)
    skipped = {row["id"] for row in listed if row["level"] == "city" and row["name"] in _NO_CITY}
    for row in listed:
        if row["id"] not in skipped:
            yield row


def settle_parents(rows: Sequence[Row], *, known: Iterable[str] = ()) -> list[Row]:
    """Official codes name a parent that no table may hold (a left-out 市辖区): take the one above it."""
    ids = {row["id"] for row in rows} | set(known)
    settled = []
    for row in rows:
        parent = row["parent_id"]
        while parent and parent not in ids and len(parent) > 2 and row["id"].startswith(parent):
            parent = next((parent[:size] for size in (9, 6, 4, 2) if size < len(parent)), "")
        settled.append(_row(row, parent_id=parent) if parent != row["parent_id"] else row)
    return settled


def _own_list(
    rows: Sequence[Row], *, known: Sequence[Place], home: str | None
) -> tuple[tuple[Row, ...], list[RowError]]:
    gazetteer = Gazetteer(known, home=home)
    ids = {place.id for place in known} | {row["id"] for row in rows}
    by_name: dict[str, set[str]] = {}
    found: list[Row] = []
    errors: list[RowError] = []
    for row in rows:
        errors += row.missing("name", "level")
        if row["level"] and _LEVELS.get(row["level"], row["level"]) not in set(PlaceLevel):
            errors.append(row.error("level", "unknown"))
        parent = row["parent_id"]
        if parent and parent not in ids:
            inside = by_name.get(normalise(parent), set()) or _named(parent, gazetteer)
            if len(inside) != 1:
                errors.append(row.error("parent_id", "ambiguous" if inside else "unknown"))
                continue
            (parent,) = inside
        level = _LEVELS.get(row["level"], row["level"])
        place_id = row["id"] or f"{parent}.{level[:1]}-{row['name']}".lstrip(".")
        by_name.setdefault(normalise(row["name"]), set()).add(place_id)
        ids.add(place_id)
        aliases = re.sub(r"[、，,;；]", "|", row["aliases"])
        found.append(_row(row, id=place_id, level=level, parent_id=parent, aliases=aliases))
    return tuple(found), errors


def _named(text: str, gazetteer: Gazetteer) -> set[str]:
    """The ids of the places a parent's name can mean; nothing when part of the name is unknown."""
    spoken = _BETWEEN.sub("", text)
    match = gazetteer.find(spoken)
    if "".join(match.words) != normalise(spoken):
        return set()
    return {place.id for place in ((match.place,) if match.place else match.candidates)}


def narrowed_to(rows: Sequence[Row], within: str) -> list[Row]:
    """The rows an installation for one area needs: all of that area, elsewhere counties and larger."""
    parents = {row["id"]: row["parent_id"] for row in rows}
    return [row for row in rows if row["level"] in _LARGE or _is_inside(row["id"], within, parents)]


def _is_inside(place_id: str, outer: str, parents: Mapping[str, str]) -> bool:
    steps = 0
    while place_id and place_id != outer and steps < len(PlaceLevel):
        place_id, steps = parents.get(place_id, ""), steps + 1
    return place_id == outer


def merged(old: Iterable[Row], new: Iterable[Row]) -> list[Row]:
    """``old`` with ``new`` added; a row of a known id takes the old one's place. Numbers are those of ``new``."""
    rows = {row["id"]: row for row in old}
    rows.update({row["id"]: row for row in new})
    return list(rows.values())
