"""``huiyin export figures``: a workbook that re-computes itself, ends at the reader's rights and names no citizen."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import MongoClient
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from bot.cli import application
from bot.figure_wording import MEANINGS
from bot.reports.bulletin import percent_words
from routing.departments import load_units
from routing.duty.alarm_ladder import Recipient
from routing.duty.roster import Duty, Roster
from routing.duty.roster_store import MongoRosterStore
from routing.figures.counting import Figure, FigureName
from routing.mongo_store import to_document
from routing.timing.working_calendar import CHINA
from tests.routing.made_up_year import tickets

NAMES = list(FigureName)


@pytest.fixture
def runner(
    mongo_url: str, services_database: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[CliRunner, Any]]:
    monkeypatch.setenv("HUIYIN_MONGO_URL", mongo_url)
    monkeypatch.setenv("HUIYIN_DATABASE", services_database)
    with MongoClient[dict[str, Any]](mongo_url) as client:
        stored = client[services_database]["tickets"]
        stored.delete_many({})
        stored.insert_many([to_document(ticket) for ticket in tickets(300, seed=11)])
        for name in ("fm0", "fm1", "fm2", "fm3"):
            stored.create_index(name, sparse=True)
        stored.create_index([("f_open_unit", 1), ("f_due_at", 1)], sparse=True)
        yield CliRunner(), client[services_database]


def export(runner: CliRunner, out: Path, *more: str) -> Any:
    return runner.invoke(
        application("export"),
        ["export", "figures", "--from", "2026-08-01", "--to", "2026-08-31", "--out", str(out), *more],
    )


def sheet(out: Path, name: str) -> list[list[Any]]:
    return CalamineWorkbook.from_path(str(out)).get_sheet_by_name(name).to_python(skip_empty_area=False)


def test_every_rate_stands_beside_its_terms_and_the_drill_down_makes_them(
    runner: tuple[CliRunner, Any], tmp_path: Path
) -> None:
    out = tmp_path / "八月.xlsx"
    done = export(runner[0], out, "--by", "林督办", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)["figures"]
    lines = sheet(out, "指标")
    assert lines[2][0] == "合计"
    drill = sheet(out, "明细")
    assert drill[1][2:] == [MEANINGS[name].title for name in NAMES]
    for place, name in enumerate(NAMES):
        rate, above, below = lines[2][1 + 3 * place : 4 + 3 * place]
        assert (above, below) == (told[name]["numerator"], told[name]["denominator"]), name
        if name is not FigureName.OVERDUE_OPEN:
            assert rate == (pytest.approx(above / below) if below else ""), name
        words: Counter[str] = Counter()
        for line in drill[2:]:
            words.update(str(line[2 + place]).split())
        counted = sum(float(word) * many for word, many in words.items() if word.replace(".", "").isdigit())
        judged = sum(many for word, many in words.items() if word.replace(".", "").isdigit())
        assert (pytest.approx(counted), judged) == (above, below), name
        units = [line[2 + 3 * place] for line in lines[3:]]
        assert sum(value or 0 for value in units) == pytest.approx(above), name


def test_the_balance_adds_up_and_the_sheets_carry_the_readers_name(
    runner: tuple[CliRunner, Any], tmp_path: Path
) -> None:
    out = tmp_path / "f.xlsx"
    done = export(runner[0], out, "--by", "林督办")
    assert done.exit_code == 0, done.output
    assert "期初在办" in done.output
    parts = [line[1] for line in sheet(out, "结转")[2:9]]
    assert parts[0] + parts[1] + parts[2] - parts[3] - parts[4] - parts[5] == parts[6]
    book = CalamineWorkbook.from_path(str(out))
    assert book.sheet_names == ["指标", "排名", "结转", "值守", "通报", "指标定义", "明细"]
    for name in book.sheet_names:
        assert "导出人 林督办" in sheet(out, name)[0][0], name
    definitions = {line[0]: line[1] for line in sheet(out, "指标定义")[2:]}
    assert definitions == {MEANINGS[name].title: MEANINGS[name].terms for name in NAMES}


def test_attendance_is_blank_until_somebody_has_checked_in(
    runner: tuple[CliRunner, Any], tmp_path: Path
) -> None:
    """A roster without a way to check in must not print 0/N for everybody."""
    cli, database = runner
    start = datetime(2026, 8, 3, 9, tzinfo=CHINA)
    unit = load_units().all()[0]
    shifts = [
        Duty(
            unit.id, Recipient.LIAISON, "chen", start + timedelta(days=n), start + timedelta(days=n, hours=8)
        )
        for n in range(2)
    ]

    async def with_store(act: Callable[[MongoRosterStore], Awaitable[object]]) -> None:
        client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(os.environ["HUIYIN_MONGO_URL"])
        await act(MongoRosterStore(client[database.name]))
        client.close()

    asyncio.run(with_store(lambda store: store.replace(Roster(tuple(shifts), ()), by="t", now=start)))
    out = tmp_path / "f.xlsx"
    assert "在线值守率：未启用签到。" in export(cli, out).output
    assert [line[0] for line in sheet(out, "值守")[2:]] == ["未启用签到"]
    asyncio.run(with_store(lambda store: store.check_in(unit.id, "chen", now=start)))
    assert "在线值守率50.00%（1/2）。" in export(cli, out).output
    assert sheet(out, "值守")[2] == [unit.name, 0.5, 1, 2]


def test_the_workbook_tells_how_much_stood_still_beside_the_rates(
    runner: tuple[CliRunner, Any], tmp_path: Path
) -> None:
    out = tmp_path / "f.xlsx"
    told = export(runner[0], out).output
    lines = sheet(out, "指标")
    assert lines[1][-2:] == ["挂账件数", "挂账天数"]
    tickets_, days = lines[2][-2:]
    assert tickets_ > 0
    assert f"本期挂账{tickets_:g}件，共{days:g}天" in told
    assert sum(line[-2] for line in lines[3:]) == tickets_
    assert sum(line[-1] for line in lines[3:]) == pytest.approx(days)


def test_nothing_of_a_ticket_but_its_number_is_in_the_file(
    runner: tuple[CliRunner, Any], tmp_path: Path
) -> None:
    out = tmp_path / "f.xlsx"
    assert export(runner[0], out).exit_code == 0
    book = CalamineWorkbook.from_path(str(out))
    everything = str([book.get_sheet_by_name(name).to_python() for name in book.sheet_names])
    for secret in ("路灯", "王建国", "13800005678", "录音", "恶意"):
        assert secret not in everything


def test_a_frozen_month_is_shown_with_what_changed_since(
    runner: tuple[CliRunner, Any], tmp_path: Path
) -> None:
    cli, database = runner
    frozen = cli.invoke(application("freeze"), ["freeze", "figures", "--month", "2026-08", "--by", "林督办"])
    assert frozen.exit_code == 0, frozen.output
    assert cli.invoke(application("freeze"), ["freeze", "figures", "--month", "2099-01"]).exit_code == 2
    assert cli.invoke(application("freeze"), ["freeze", "figures", "--month", "nonsense"]).exit_code == 2
    kept = database["figure_months"].find_one({"_id": "2026-08"})
    out = tmp_path / "f.xlsx"
    assert "此后无变化" in export(cli, out).output
    august = datetime(2026, 8, 3, tzinfo=CHINA)
    gone = database["tickets"].delete_one(
        {"received_at": {"$gte": august, "$lt": august + timedelta(days=20)}, "state": "archived"}
    )
    assert gone.deleted_count == 1
    assert "封存数不改" in export(cli, out).output
    assert len(sheet(out, "封存后的变化")) > 2
    assert database["figure_months"].find_one({"_id": "2026-08"}) == kept


def test_only_a_whole_month_is_compared_with_the_frozen_one(
    runner: tuple[CliRunner, Any], tmp_path: Path
) -> None:
    cli, _ = runner
    assert cli.invoke(application("freeze"), ["freeze", "figures", "--month", "2026-08"]).exit_code == 0
    out = tmp_path / "f.xlsx"
    half = ["export", "figures", "--from", "2026-08-15", "--to", "2026-08-31", "--out", str(out)]
    told = cli.invoke(application("export"), half)
    assert told.exit_code == 0, told.output
    assert "封存" not in told.output
    assert "封存后的变化" not in CalamineWorkbook.from_path(str(out)).sheet_names


def test_the_bulletin_dates_the_freezing_by_the_clock_in_china(
    runner: tuple[CliRunner, Any], tmp_path: Path
) -> None:
    """The worker freezes at midnight in China, which is still the month before in UTC."""
    cli, database = runner
    assert cli.invoke(application("freeze"), ["freeze", "figures", "--month", "2026-08"]).exit_code == 0
    midnight = datetime(2026, 9, 1, tzinfo=CHINA)
    database["figure_months"].update_one({"_id": "2026-08"}, {"$set": {"taken_at": midnight}})
    assert "本月数据已于2026-09-01封存" in export(cli, tmp_path / "f.xlsx").output


@pytest.mark.parametrize(
    "wrong",
    [
        ["--from", "2026-08-01", "--to", "2026-07-01", "--out", "f.xlsx"],
        ["--from", "nonsense", "--to", "2026-07-01", "--out", "f.xlsx"],
        ["--from", "2026-08-01", "--to", "2026-08-31", "--out", "f.csv"],
        ["--from", "2026-08-01", "--to", "2026-08-31", "--out", "f.xlsx", "--profile", "nothing"],
        ["--from", "2026-08-01", "--to", "2026-08-31", "--out", "/nowhere/f.xlsx"],
    ],
)
def test_bad_input_is_refused_before_anything_is_written(
    runner: tuple[CliRunner, Any], wrong: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert runner[0].invoke(application("export"), ["export", "figures", *wrong]).exit_code == 2
    assert not list(tmp_path.iterdir())


def test_office_software_opens_it_and_its_formulas_give_the_same(
    runner: tuple[CliRunner, Any], tmp_path: Path
) -> None:
    if shutil.which("soffice") is None:
        pytest.skip("needs: apt-get install libreoffice-calc")
    out = tmp_path / "f.xlsx"
    assert export(runner[0], out).exit_code == 0
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{tmp_path}/office",
            "--headless",
            "--convert-to",
            "csv",
            out,
        ],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        timeout=120,
    )
    first = (tmp_path / "f.csv").read_text(encoding="latin-1").splitlines()[2].split(",")
    for place, name in enumerate(NAMES):
        if name is not FigureName.OVERDUE_OPEN and float(first[3 + 3 * place]):
            shown = float(first[1 + 3 * place].rstrip("%")) / 100
            assert shown == pytest.approx(
                float(first[2 + 3 * place]) / float(first[3 + 3 * place]), abs=1e-4
            ), name


def test_percentages_are_told_with_their_terms_and_never_rounded_up_to_all() -> None:
    def told(numerator: int, denominator: int) -> str:
        return percent_words(Figure(FigureName.CLOSED, numerator, denominator))

    assert told(271, 291) == "93.13%（271/291）"
    assert told(57_644, 57_657) == "99.98%（57644/57657）"
    assert told(99_999, 100_000) == "99.99%（99999/100000）"
    assert told(0, 0) == "—（无）"
