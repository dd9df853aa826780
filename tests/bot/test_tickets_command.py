"""``huiyin import tickets``: a whole file or nothing, and the same file twice is the same tickets."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import typer
import xlsxwriter  # type: ignore[import-untyped]
from motor.motor_asyncio import AsyncIOMotorClient
from typer.testing import CliRunner

from bot.commands import tickets

GOOD = (
    "工单编号,主要内容,来电人电话/账号,公开方式,被反映街乡镇,小区点位,来电时间,工单状态\n"
    "OLD-1,人民路的路灯坏了三盏,13800001234,公开,城关街道,人民路,2026-11-16 09:30,待派单\n"
    "OLD-2,楼下烧烤店油烟很大，晚上睡不着,,保密,,,2026-11-17T20:15,\n"
    "OLD-3,早就修好了,,,,,2026-11-01 08:00,已办结\n"
)


def run(*arguments: str, exit_code: int = 0) -> str:
    app = typer.Typer()
    tickets.register(app)
    app.command("other")(lambda: None)
    result = CliRunner().invoke(app, ["tickets", *arguments])
    assert result.exit_code == exit_code, result.output
    return result.output


@pytest.fixture
def folder(
    mongo_url: str, redis_url: str, services_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    # Loggers would keep the runner's standard error, which ends with the command.
    monkeypatch.setattr("bot.commands.tickets.configure_logs", lambda: None)
    monkeypatch.setenv("HUIYIN_MONGO_URL", mongo_url)
    monkeypatch.setenv("HUIYIN_REDIS_URL", redis_url)
    monkeypatch.setenv("HUIYIN_DATABASE", services_database)
    monkeypatch.setenv("HUIYIN_SECRET_KEY", base64.b64encode(b"k" * 32).decode())
    return tmp_path


@pytest.fixture
def stored(mongo_url: str, services_database: str) -> Any:
    def read() -> list[dict[str, Any]]:
        async def all_of_them() -> list[dict[str, Any]]:
            client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url, tz_aware=True)
            try:
                return await client[services_database]["tickets"].find().sort("external_number").to_list(99)
            finally:
                client.close()

        return asyncio.run(all_of_them())

    return read


def test_a_file_is_previewed_taken_and_not_taken_twice(folder: Path, stored: Any) -> None:
    file = folder / "old.csv"
    file.write_text(GOOD, encoding="gb18030")
    assert "可导入 2 条" in run(str(file), "--dry-run")
    assert stored() == []
    assert json.loads(run(str(file), "--json").splitlines()[-1]) == {
        "rows": 2,
        "new": 2,
        "known": 0,
        "dry_run": False,
    }
    first, second = stored()
    assert (first["external_number"], first["place"]) == ("OLD-1", "城关街道人民路")
    assert first["received_at"] == datetime.fromisoformat("2026-11-16T09:30+08:00")
    assert second["secrecy"] == "secret"
    assert "13800001234" not in json.dumps(first, default=str), "who asked is sealed apart"
    assert "2 条早已登记" in run(str(file))
    assert len(stored()) == 2


def test_a_workbook_keeps_the_time_of_day(folder: Path, stored: Any) -> None:
    file = folder / "old.xlsx"
    with xlsxwriter.Workbook(str(file)) as book:
        sheet = book.add_worksheet()
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row(0, 0, ("external_number", "text", "received_at"))
        sheet.write_row(1, 0, (20261116, "人民路的路灯坏了三盏"))
        sheet.write_datetime(1, 2, datetime(2026, 11, 16, 9, 30), moment)
    run(str(file))
    assert stored()[0]["external_number"] == "20261116"
    assert stored()[0]["received_at"] == datetime.fromisoformat("2026-11-16T09:30+08:00")


def test_every_bad_cell_is_named_and_nothing_is_half_done(folder: Path, stored: Any) -> None:
    file = folder / "bad.csv"
    file.write_text(
        "工单编号,主要内容,工单类型,来电时间\n"
        "A,路灯坏了三盏,投诉,2026-11-16 09:30\n"
        "A,井盖破了一个,投诉,2026-11-16 09:30\n"
        "B,,投诉,2026-11-16 09:30\n"
        "C,路灯坏了三盏,抱怨,昨天\n"
        "D,路灯坏了三盏,投诉,2099-01-01 09:30\n",
        encoding="utf-8-sig",
    )
    said = json.loads(run(str(file), "--json", exit_code=1).splitlines()[-1])
    assert [(each["row"], each["column"], each["problem"]) for each in said["errors"]] == [
        (3, "external_number", "duplicate"),
        (4, "text", "missing"),
        (5, "received_at", "not_a_moment"),
        (5, "request_type", "not_a_choice"),
        (6, "received_at", "in_the_future"),
    ]
    assert stored() == []
    assert "第 4 行 text：缺少内容" in run(str(file), exit_code=1)


def test_a_number_already_used_for_something_else_stops_the_whole_file(folder: Path, stored: Any) -> None:
    file = folder / "old.csv"
    file.write_text(GOOD, encoding="utf-8")
    run(str(file))
    file.write_text("单号,描述\nNEW-1,小区门口的井盖破了\nOLD-1,完全是另一件事情\n", encoding="utf-8")
    own = ("--column", "单号=external_number", "--column", "描述=text")
    assert "这个编号已登记过，内容不同" in run(str(file), *own, exit_code=1)
    assert len(stored()) == 2
