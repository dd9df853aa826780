"""``huiyin roster``: take units' duty rosters from a file, and tell how the shifts were attended."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.reference_words import errors_record, readable_errors
from bot.commands.stores import with_database
from bot.services import utc_now
from bot.settings import Settings
from routing.departments import Units
from routing.duty.roster import Attendance, Duty, Roster, attendance
from routing.duty.roster_file import COLUMN_TITLES, POSTS, read_roster
from routing.duty.roster_store import MongoRosterStore, RosterChanged
from routing.errors import UnknownUnit
from routing.mongo_store import Database
from routing.reference_store import load_reference
from routing.reference_tables import demo_reference
from routing.tables import InvalidTable
from routing.timing.working_calendar import CHINA

AsJson = Annotated[bool, typer.Option("--json", help="输出一行 JSON。")]


def register(app: typer.Typer) -> None:
    """Add the group ``huiyin roster``."""
    rosters = typer.Typer(help="值守：排班、请假、在线值守率。", no_args_is_help=True)
    rosters.command("import", help="导入值班表（CSV 或 Excel）：文件里出现的日期整日替换，请假追加。")(
        import_roster
    )
    rosters.command("attendance", help="在线值守率：签到的班次与应签到的班次，列出缺岗。")(show_attendance)
    app.add_typer(rosters, name="roster")


def import_roster(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV 或 Excel 文件。")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不写入。")] = False,
    by: Annotated[str, typer.Option("--by", help="谁导入的。")] = "命令行",
    as_json: AsJson = False,
) -> None:
    """Exit 1 with every bad cell, or when somebody changed a roster meanwhile: then run it again."""

    async def run(database: Database, _settings: Settings) -> Roster:
        units = await _units(database)
        roster = read_roster(file, units=((unit.id, unit.name, unit.short_name) for unit in units.all()))
        if not dry_run:
            await MongoRosterStore(database).replace(roster, by=by, now=utc_now())
        return roster

    try:
        roster = with_database(run)
    except InvalidTable as error:
        said = json.dumps(errors_record(error), ensure_ascii=False) if as_json else _readable(error)
        typer.echo(said, err=not as_json)
        raise typer.Exit(1) from None
    except RosterChanged:
        typer.echo("值班表刚被他人改动，请重新导入（重复导入不会出错）。", err=True)
        raise typer.Exit(1) from None
    shifts = sum(duty.starts_at is not None for duty in roster.duties)
    counted = {
        "units": len({duty.unit_id for duty in roster.duties} | {leave.unit_id for leave in roster.leaves}),
        "shifts": shifts,
        "standing": len(roster.duties) - shifts,
        "leaves": len(roster.leaves),
        "written": not dry_run,
    }
    if as_json:
        typer.echo(json.dumps(counted))
        return
    typer.echo(
        f"{counted['units']} 个单位，班次 {shifts} 个，常设岗位 {counted['standing']} 个，"
        f"请假 {counted['leaves']} 条。{'未写入。' if dry_run else '已写入。'}"
    )


def show_attendance(
    since: Annotated[str, typer.Option("--from", help="第一天，如 2026-11-01。")],
    until: Annotated[str, typer.Option("--to", help="最后一天，含当天。")],
    unit: Annotated[str, typer.Option(help="单位代码或名称；默认全部单位。")] = "",
    as_json: AsJson = False,
) -> None:
    """Shifts whose time for checking in is not over are not counted yet."""
    first, last = _day(since, "--from"), _day(until, "--to") + timedelta(days=1)
    if last <= first:
        raise typer.BadParameter("最后一天早于第一天", param_hint="--to")

    async def run(database: Database, _settings: Settings) -> tuple[Attendance, Units]:
        units, store = await _units(database), MongoRosterStore(database)
        ids = [units.named(unit).id] if unit else [each.id for each in units.all()]
        begins, ends = _midnight(first), _midnight(last)
        checked = await store.check_ins(ids, since=begins - timedelta(days=1), until=ends + timedelta(days=1))
        counted = attendance(await store.of(ids), checked, since=begins, until=ends, as_of=utc_now())
        return counted, units

    try:
        found, units = with_database(run)
    except UnknownUnit:
        raise typer.BadParameter(f"没有单位“{unit}”", param_hint="--unit") from None
    if as_json:
        told = {
            "numerator": found.attended,
            "denominator": found.scheduled,
            "value": found.rate,
            "missed": [_told(duty) for duty in found.missed],
        }
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    rate = "—" if found.rate is None else f"{found.rate:.1%}"
    typer.echo(f"在线值守率 {rate}（{found.attended}/{found.scheduled}）")
    for duty in found.missed:
        said = {**_told(duty), "unit": units.get(duty.unit_id).name, "post": POSTS[duty.post]}
        typer.echo("  缺岗 " + " ".join(said.values()))


def _readable(error: InvalidTable) -> str:
    """The findings by the columns as officials write them."""
    named = (replace(each, column=COLUMN_TITLES.get(each.column, each.column)) for each in error.errors)
    return readable_errors(InvalidTable(error.table, tuple(named)))


def _told(duty: Duty) -> dict[str, str]:
    assert duty.starts_at is not None
    starts_at = duty.starts_at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
    return {"unit": duty.unit_id, "post": duty.post.value, "person": duty.person, "starts_at": starts_at}


async def _units(database: Database) -> Units:
    return (await load_reference(database, fallback=demo_reference())).units


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"不是日期：{text}", param_hint=option) from None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA).astimezone(UTC)
