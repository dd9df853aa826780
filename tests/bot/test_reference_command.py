"""``huiyin import``: a city's own places, units and duties, on a real MongoDB; nothing is ever half-done."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import MongoClient

from bot.commands import reference
from routing.departments import UnitId
from routing.reference_store import load_reference
from routing.reference_tables import ReferenceTables
from tests.bot.command_line import CommandLine

PLACES = """id,name,level,parent_id,aliases
37,东原省,province,,
3701,泉城市,city,37,
370101,历山区,county,3701,历山
370101001,大明湖街道,township,370101,
"""
UNITS = """id,name,short_name,level,parent_id,place_id,is_fallback,duties_phone
city,泉城市人民政府,市政府,city,,3701,,
hotline,泉城市12345热线中心,热线中心,city,city,,yes,12345
roads,泉城市公路局,市公路局,city,city,,,
lake,大明湖街道办事处,大明湖街办,township,city,370101001,,
"""
DUTIES = """id,name,topic,terms,unit_id,place_level,legal_basis,effective_from,effective_to,urgent
road,路面养护,城乡建设,路面坑洼!,roads,,《公路法》第三十五条,2024-01-01,,
stalls,占道经营,城乡建设,占道经营!,,township,《城市市容和环境卫生管理条例》第十四条,2024-01-01,,
"""


class City(CommandLine):
    """The command line of one installation."""

    def __init__(self, mongo_url: str, database: str, folder: Path) -> None:
        super().__init__(folder, reference)
        self.mongo_url, self.database = mongo_url, database

    def begin(self) -> None:
        """Import the three tables, each by itself."""
        self.run("places", self.file("places.csv", PLACES))
        self.run("units", self.file("units.csv", UNITS))
        self.run("duties", self.file("duties.csv", DUTIES))

    def tables(self) -> ReferenceTables:
        async def load() -> ReferenceTables:
            client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(self.mongo_url, tz_aware=True)
            try:
                return await load_reference(client[self.database])
            finally:
                client.close()

        return asyncio.run(load())


@pytest.fixture
def city(mongo_url: str, database_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> City:
    monkeypatch.setenv("HUIYIN_MONGO_URL", mongo_url)
    monkeypatch.setenv("HUIYIN_DATABASE", database_name)
    monkeypatch.setenv("HUIYIN_SECRET_KEY", base64.b64encode(b"k" * 32).decode())
    return City(mongo_url, database_name, tmp_path)


def test_three_tables_make_a_service_and_until_then_it_is_said_that_some_are_missing(city: City) -> None:
    assert "齐全后才会启用" in city.run("places", city.file("places.csv", PLACES))
    assert "齐全后才会启用" in city.run("units", city.file("units.csv", UNITS))
    assert "第 3 版" in city.run("duties", city.file("duties.csv", DUTIES))
    tables = city.tables()
    assert tables.version == 3
    assert tables.gazetteer.home == "3701"
    assert [unit.id for unit in tables.units.all()] == ["city", "hotline", "roads", "lake"]
    assert tables.duties.get("road").legal_basis == "《公路法》第三十五条"


def test_the_three_tables_can_come_as_one_version(city: City) -> None:
    for name, content in (("places", PLACES), ("units", UNITS), ("duties", DUTIES)):
        city.file(f"{name}.csv", content)
    assert city.told("tables", str(city.folder))["version"] == 1
    assert city.tables().version == 1


def test_every_bad_cell_is_named_and_nothing_is_written(city: City) -> None:
    city.begin()
    bad = DUTIES + "lamp,路灯,城乡建设,灯!,moon,,《某法》,2024-13-01,,\n"
    told = city.told("duties", city.file("bad.csv", bad), exit_code=1)
    found = {(each["row"], each["column"], each["problem"]) for each in told["errors"]}
    assert found == {
        (4, "effective_from", "not_a_date"),
        (4, "terms", "too_short"),
        (4, "unit_id", "unknown"),
    }
    assert "第 4 行 unit_id：未知 moon" in city.run("duties", city.file("bad.csv", bad), exit_code=1)
    assert city.tables().version == 3


def test_three_bad_tables_are_named_together_and_nothing_is_written(city: City) -> None:
    city.file("places.csv", PLACES + "370199,,country,nowhere,\n")
    city.file("units.csv", UNITS + "moon,月球局,月球局,county,sun,,,\n")
    city.file("duties.csv", DUTIES + "lamp,路灯,城乡建设,路灯!,mars,,《某法》,2024-01-01,,\n")
    said = city.run("tables", str(city.folder), exit_code=1)
    for wrong in ("level：未知 country", "name：缺少内容", "parent_id：未知 nowhere"):
        assert wrong in said
    assert "parent_id：未知 sun" in said
    assert "unit_id：未知 mars" in said
    assert "还没有导入过" in city.run("history")


def test_people_and_keys_of_units_the_new_table_does_not_know_are_counted(city: City) -> None:
    client: MongoClient[dict[str, Any]]
    with MongoClient(city.mongo_url) as client:
        database: Any = client[city.database]
        database["users"].insert_many(
            [{"_id": "li", "unit_id": "qh.hotline"}, {"_id": "wu", "unit_id": "roads"}]
        )
        database["api_keys"].insert_one({"_id": "k", "unit_id": "qh.hotline", "revoked_at": None})
    city.begin()
    same = city.folder / "units.csv"
    assert city.told("units", str(same))["without_unit"] == {"users": 1, "api_keys": 1}
    assert "1 个登录名、1 把密钥所属的单位不在这张单位表里" in city.run("units", str(same))


def test_a_preview_writes_nothing(city: City) -> None:
    city.begin()
    told = city.told(
        "duties",
        city.file("new.csv", DUTIES.replace("roads", "lake")),
        "--dry-run",
        "--effective-from",
        "2030-01-01",
    )
    assert told["version"] is None
    assert told["tables"]["duties"]["changed"] == [{"id": "road", "columns": {"unit_id": ["roads", "lake"]}}]
    assert city.tables().version == 3


def test_the_same_table_again_is_no_new_version(city: City) -> None:
    city.begin()
    assert "没有写入" in city.run("duties", city.file("duties.csv", DUTIES))
    assert "没有写入" in city.run("units", city.file("units.csv", UNITS))
    assert "没有写入" in city.run("places", city.file("places.csv", PLACES))
    assert city.tables().version == 3


def test_a_new_duty_list_holds_from_its_day_and_the_old_one_for_tickets_of_its_time(city: City) -> None:
    city.begin()
    new = DUTIES.replace("《公路法》第三十五条", "《公路法》（新）").replace("stalls,", "stands,")
    told = city.told("duties", city.file("new.csv", new), "--effective-from", "2030-01-01")
    assert told["tables"]["duties"]["added"] == ["stands"]
    assert told["tables"]["duties"]["ended"] == ["stalls"]
    duties = city.tables().duties
    before, since = date.fromisoformat("2029-12-31"), date.fromisoformat("2030-01-01")
    assert {duty.id for duty in duties.in_force(before)} == {"road", "stalls"}
    assert {duty.id for duty in duties.in_force(since)} == {"road", "stands"}
    assert duties.get("road", on=before).legal_basis == "《公路法》第三十五条"
    assert duties.get("road", on=since).legal_basis == "《公路法》（新）"


def test_a_merger_tells_how_many_open_tickets_go_to_the_successor(city: City) -> None:
    city.begin()
    with MongoClient(city.mongo_url) as client:
        tickets = [{"unit_id": "roads", "open": True}] * 2 + [{"unit_id": "roads", "open": False}]
        client[city.database]["tickets"].insert_many([dict(each) for each in tickets])
    header, *lines = UNITS.splitlines()
    merged = [f"{header},valid_until,successor_id", *(f"{line},," for line in lines)]
    merged[3] = f"{lines[2]},2029-12-31,transport"
    merged.append("transport,泉城市交通运输局,市交通局,city,city,,,,,")
    path = city.file("merged.csv", "\n".join(merged))
    said = city.run("units", path, "--effective-from", "2030-01-01")
    assert "未办结工单 2 件由“泉城市公路局”转由“泉城市交通运输局”承接。" in said
    units = city.tables().units
    assert units.acting(UnitId("roads"), date.fromisoformat("2030-01-01")).id == "transport"
    assert units.acting(UnitId("roads"), date.fromisoformat("2029-12-31")).id == "roads"


def test_a_unit_left_out_ends_but_old_tickets_still_know_it(city: City) -> None:
    city.begin()
    without = "".join(line for line in UNITS.splitlines(keepends=True) if not line.startswith("roads"))
    told = city.told("units", city.file("units.csv", without), "--effective-from", "2030-01-01")
    assert told["tables"]["units"]["ended"] == ["roads"]
    units = city.tables().units
    assert units.get(UnitId("roads")).name == "泉城市公路局"
    assert units.acting(UnitId("roads"), date.fromisoformat("2030-01-01")).is_fallback


def test_a_renamed_unit_keeps_the_name_it_had_for_tickets_of_that_time(city: City) -> None:
    city.begin()
    renamed = UNITS.replace("泉城市公路局", "泉城市公路事业中心")
    city.run("units", city.file("units.csv", renamed), "--effective-from", "2030-01-01")
    unit = city.tables().units.get(UnitId("roads"))
    assert unit.name_on(date.fromisoformat("2029-12-31")) == "泉城市公路局"
    assert unit.name_on(date.fromisoformat("2030-01-01")) == "泉城市公路事业中心"


def test_a_place_a_unit_governs_cannot_be_taken_away(city: City) -> None:
    city.begin()
    without = PLACES.replace("370101001,大明湖街道,township,370101,\n", "")
    told = city.told("places", city.file("places.csv", without), "--replace", exit_code=1)
    assert told["errors"] == [
        {"row": 0, "column": "units.place_id", "problem": "unknown", "value": "370101001"}
    ]


def test_a_workbook_of_estates_with_chinese_headers_and_parents_by_name_is_taken(city: City) -> None:
    city.begin()
    path = city.folder / "小区.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for at, line in enumerate(
        [
            ("小区名称", "类型", "所属街道", "别名"),
            ("湖畔雅居", "小区", "大明湖街道", "湖畔、雅居小区"),
            ("湖滨路", "道路", "历山区大明湖街道", ""),
        ]
    ):
        sheet.write_row(at, 0, line)
    book.close()
    told = city.told("places", str(path))
    assert told["tables"]["places"]["added"] == ["370101001.e-湖畔雅居", "370101001.r-湖滨路"]
    match = city.tables().gazetteer.find("雅居小区门口的路灯不亮")
    assert match.place is not None
    assert match.place.name == "湖畔雅居"


def test_the_history_says_who_imported_what_and_when(city: City) -> None:
    city.begin()
    city.run("duties", city.file("new.csv", DUTIES.replace("路面坑洼!", "路面坑洼!|路烂")), "--by", "王敏")
    newest, *older = json.loads(city.run("history", "--json"))
    assert (newest["version"], newest["by"], newest["files"]) == (4, "王敏", ["new.csv"])
    assert newest["counts"] == {"duties": [0, 0, 1]}
    assert newest["sha256"]["units"] == older[0]["sha256"]["units"]
    assert "王敏" in city.run("history")


def test_without_a_database_the_command_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUIYIN_MONGO_URL", "")
    said = City("", "", tmp_path).run("history", exit_code=2)
    assert "HUIYIN_MONGO_URL" in said


def test_the_tables_may_come_in_any_order_and_must_fit_when_the_last_one_comes(city: City) -> None:
    city.run("duties", city.file("duties.csv", DUTIES))
    city.run("places", city.file("places.csv", PLACES))
    without = UNITS.replace("roads,", "streets,")
    told = city.told("units", city.file("bad.csv", without), exit_code=1)
    assert told["errors"] == [{"row": 0, "column": "duties.unit_id", "problem": "unknown", "value": "roads"}]
    assert city.told("units", city.file("units.csv", UNITS))["complete"] is True


def test_the_demo_county_can_be_given_another_duty_list(city: City) -> None:
    line = "lamp,路灯维护,城乡建设,路灯!,qh.parks,,《城市道路管理条例》,2024-01-01,,\n"
    header = DUTIES.splitlines(keepends=True)[0]
    told = city.told(
        "duties", city.file("duties.csv", header + line), "--demo", "--effective-from", "2030-01-01"
    )
    assert (told["version"], told["complete"]) == (1, True)
    duties = city.tables().duties
    assert [duty.id for duty in duties.in_force(date.fromisoformat("2030-01-01"))] == ["lamp"]
    assert duties.get("manhole").effective_to == date.fromisoformat("2029-12-31")
