"""``huiyin roster``: files checked and taken, and the shifts nobody was at."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import datetime
from pathlib import Path

import pytest
import typer
from motor.motor_asyncio import AsyncIOMotorClient
from typer.testing import CliRunner

from bot.commands import roster
from routing.departments import load_units
from routing.duty.roster_store import MongoRosterStore
from routing.timing.working_calendar import CHINA
from tests.factories import CITY_MANAGEMENT

SHIFTS = (
    "单位,岗位,人员,日期,开始,结束\n"
    "县城管执法局,联络员,zhou,2025-11-15,09:00,17:00\n"
    "县城管执法局,联络员,wu,2025-11-16,09:00,17:00\n"
    "县城管执法局,备岗,bei,,,\n"
)


def run(*arguments: str, exit_code: int = 0) -> str:
    app = typer.Typer()
    roster.register(app)
    result = CliRunner().invoke(app, ["roster", *arguments])
    assert result.exit_code == exit_code, result.output
    return result.output


@pytest.fixture
def folder(mongo_url: str, database_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HUIYIN_MONGO_URL", mongo_url)
    monkeypatch.setenv("HUIYIN_DATABASE", database_name)
    monkeypatch.setenv("HUIYIN_SECRET_KEY", base64.b64encode(b"k" * 32).decode())
    return tmp_path


def test_a_roster_is_checked_then_taken_and_its_attendance_told(
    folder: Path, mongo_url: str, database_name: str
) -> None:
    file = folder / "roster.csv"
    file.write_text(SHIFTS, encoding="utf-8")
    assert "班次 2 个，常设岗位 1 个" in run("import", str(file), "--dry-run")
    span = ("--from", "2025-11-01", "--to", "2025-11-30")
    assert "在线值守率 —（0/0）" in run("attendance", *span)
    assert json.loads(run("import", str(file), "--json"))["written"] is True

    async def check_in() -> None:
        client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(mongo_url, tz_aware=True)
        now = datetime(2025, 11, 15, 9, 5, tzinfo=CHINA)
        await MongoRosterStore(client[database_name]).check_in(CITY_MANAGEMENT, "zhou", now=now)
        client.close()

    asyncio.run(check_in())
    told = json.loads(run("attendance", *span, "--unit", "县城管执法局", "--json"))
    assert (told["numerator"], told["denominator"], told["value"]) == (1, 2, 0.5)
    assert [missed["person"] for missed in told["missed"]] == ["wu"]
    words = run("attendance", *span)
    assert "在线值守率 50.0%（1/2）" in words
    assert f"缺岗 {load_units().get(CITY_MANAGEMENT).name} 联络员 wu" in words
    assert "在线值守率 100.0%（1/1）" in run("attendance", "--from", "2025-11-15", "--to", "2025-11-15")


def test_a_bad_cell_is_named_and_nothing_is_taken(folder: Path) -> None:
    file = folder / "roster.csv"
    file.write_text(SHIFTS.replace("09:00,17:00\n县", "9点,17:00\n县", 1), encoding="utf-8")
    assert "第 2 行 开始：不是时间" in run("import", str(file), exit_code=1)
    assert "（0/0）" in run("attendance", "--from", "2025-11-01", "--to", "2025-11-30")
    assert "--from" in run("attendance", "--from", "昨天", "--to", "2025-11-30", exit_code=2)
    assert "最后一天早于第一天" in run(
        "attendance", "--from", "2025-11-30", "--to", "2025-11-01", exit_code=2
    )
    assert "没有单位" in run(
        "attendance", "--from", "2025-11-01", "--to", "2025-11-30", "--unit", "无此局", exit_code=2
    )
