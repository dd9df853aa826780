"""``huiyin import places|units|duties|tables`` and ``history``: a city's own tables, checked, previewed, versioned."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.reference_words import (
    KINDS,
    Outcome,
    errors_record,
    readable,
    readable_errors,
    record,
    version_line,
    version_record,
)
from bot.commands.stores import with_database
from bot.services import utc_now
from bot.table_imports import checked_plans, duty_rows, left_out, tickets_moving, unit_rows
from routing.departments import Units, home_of, unit_of
from routing.places.place import PlaceLevel, place_of
from routing.places.reference_places import merged, narrowed_to, read_place_list, settle_parents
from routing.reference_store import (
    Database,
    MongoReferenceStore,
    Origin,
    ReferenceChanged,
    ReferenceDamaged,
)
from routing.reference_tables import (
    Plan,
    TableKind,
    TableRows,
    demo_rows,
    plan_duties,
    plan_places,
    plan_units,
)
from routing.tables import InvalidTable, Row, read_rows
from routing.timing.working_calendar import CHINA

Files = Annotated[
    list[Path], typer.Argument(exists=True, dir_okay=False, help="CSV 或 Excel 文件，可以几个。")
]
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV 或 Excel 文件。")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="只检查并预览，不写入。")]
Effective = Annotated[str, typer.Option("--effective-from", help="从哪天起生效，如 2026-12-01。默认今天。")]
By = Annotated[str, typer.Option("--by", help="谁导入的，记入版本历史。")]
Demo = Annotated[bool, typer.Option("--demo", help="还没导入过时，另外两张表用演示县的。")]
AsJson = Annotated[bool, typer.Option("--json", help="输出一行 JSON。")]


def register(app: typer.Typer) -> None:
    """Add the commands to the group ``huiyin import``."""
    app.command("places", help="导入地名：官方区划表或本市自有名单。")(import_places)
    app.command("units", help="导入单位表。")(import_units)
    app.command("duties", help="导入权责清单：新清单从某日起代替旧清单，旧的留给当时的工单。")(import_duties)
    app.command("tables", help="一次导入地名、单位、权责清单三张表，作为一个版本。")(import_tables)
    app.command("history", help="列出已导入的版本：何时、何人、哪些文件。")(show_history)


class InvalidTables(Exception):
    """Several tables read together, at least one of them unusable."""

    def __init__(self, tables: Sequence[InvalidTable]) -> None:
        super().__init__("; ".join(map(str, tables)))
        self.tables = tuple(tables)


Planner = Callable[[TableRows], tuple[TableRows, dict[TableKind, Plan]]]


def import_places(
    files: Files,
    replace: Annotated[bool, typer.Option("--replace", help="代替现有地名；默认与现有的合并。")] = False,
    within: Annotated[str, typer.Option(help="只要这个编号之内的乡镇街道；别处只留到区县。")] = "",
    column: Annotated[list[str] | None, typer.Option(help="列名对应，如 楼盘名=name，可重复。")] = None,
    dry_run: DryRun = False,
    demo: Demo = False,
    by: By = "命令行",
    as_json: AsJson = False,
) -> None:
    """Exit 1 with every bad cell, 2 when the database or an option is wrong."""
    columns = dict(_pair(each) for each in column or ())

    def plan(current: TableRows) -> tuple[TableRows, dict[TableKind, Plan]]:
        rows = _place_rows(files, current, columns=columns, replace=replace)
        if within:
            rows = narrowed_to(rows, within)
        made = plan_places(current, rows, keep_others=not replace)
        return checked_plans(current, {TableKind.PLACES: made}, files[-1].name)

    _import(plan, files=files, dry_run=dry_run, demo=demo, by=by, as_json=as_json)


def import_units(
    file: File,
    effective_from: Effective = "",
    dry_run: DryRun = False,
    demo: Demo = False,
    by: By = "命令行",
    as_json: AsJson = False,
) -> None:
    """Exit 1 with every bad cell, 2 when the database or an option is wrong."""
    day = _day(effective_from) or _today()

    def plan(current: TableRows) -> tuple[TableRows, dict[TableKind, Plan]]:
        made = plan_units(current, unit_rows(file, current.places), effective_from=day)
        return checked_plans(current, {TableKind.UNITS: made}, file.name)

    _import(plan, files=[file], dry_run=dry_run, demo=demo, by=by, as_json=as_json)


def import_duties(
    file: File,
    effective_from: Effective = "",
    dry_run: DryRun = False,
    demo: Demo = False,
    by: By = "命令行",
    as_json: AsJson = False,
) -> None:
    """Exit 1 with every bad cell, 2 when the database or an option is wrong."""
    day = _day(effective_from) or _today()

    def plan(current: TableRows) -> tuple[TableRows, dict[TableKind, Plan]]:
        made = plan_duties(current, duty_rows(file, current.units), effective_from=day)
        return checked_plans(current, {TableKind.DUTIES: made}, file.name)

    _import(plan, files=[file], dry_run=dry_run, demo=demo, by=by, as_json=as_json)


def import_tables(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="内有 places、units、duties 三张表。")
    ],
    effective_from: Effective = "",
    dry_run: DryRun = False,
    by: By = "命令行",
    as_json: AsJson = False,
) -> None:
    """For tables that need one another: a new unit together with its duties. Exit codes as above."""
    day = _day(effective_from) or _today()
    files = {kind: _file_of(folder, kind) for kind in TableKind}

    def plan(current: TableRows) -> tuple[TableRows, dict[TableKind, Plan]]:
        places, units, duties = _three(files, current)
        plans = {
            TableKind.PLACES: plan_places(current, places, keep_others=False),
            TableKind.UNITS: plan_units(current, units, effective_from=day),
            TableKind.DUTIES: plan_duties(current, duties, effective_from=day),
        }
        return checked_plans(current, plans, folder.name)

    _import(plan, files=list(files.values()), dry_run=dry_run, demo=False, by=by, as_json=as_json)


def show_history(
    limit: Annotated[int, typer.Option(min=1, help="最多列几个版本。")] = 20, as_json: AsJson = False
) -> None:
    """The newest version first."""

    async def show(database: Database) -> None:
        versions = await MongoReferenceStore(database).history(limit=limit)
        if as_json:
            typer.echo(json.dumps([version_record(each) for each in versions], ensure_ascii=False))
        else:
            typer.echo("\n".join(map(version_line, versions)) or "还没有导入过。")

    with_database(lambda database, _: show(database))


def _place_rows(
    files: Sequence[Path], current: TableRows, *, columns: Mapping[str, str], replace: bool
) -> list[Row]:
    """All files together; a list may name parents from the files before it and from the current table."""
    known = [] if replace else list(current.places)
    home = _home(current)
    rows: list[Row] = []
    for file in files:
        levels = set(PlaceLevel)
        places = [place_of(row) for row in merged(known, rows) if row["level"] in levels]
        rows = merged(rows, read_place_list(file, known=places, home=home, columns=columns))
    return settle_parents(rows, known=[row["id"] for row in known])


def _three(files: Mapping[TableKind, Path], current: TableRows) -> tuple[list[Row], list[Row], list[Row]]:
    """All three tables; raises what is wrong with any of them together, that nobody corrects three times."""
    wrong: list[InvalidTable] = []

    def tried(read: Callable[[], Sequence[Row]], kind: TableKind) -> list[Row]:
        try:
            return list(read())
        except InvalidTable as error:
            wrong.append(error)
        try:  # its ids all the same: the next table's references are not wrong for that
            return [row for row in read_rows(files[kind], columns=("id",)) if row["id"]]
        except InvalidTable:
            return []

    places = tried(lambda: settle_parents(read_place_list(files[TableKind.PLACES])), TableKind.PLACES)
    units = tried(lambda: unit_rows(files[TableKind.UNITS], places), TableKind.UNITS)
    known = (*current.units, *units) if units else ()
    duties = tried(lambda: duty_rows(files[TableKind.DUTIES], known), TableKind.DUTIES)
    if wrong:
        raise InvalidTables(wrong)
    return places, units, duties


def _home(current: TableRows) -> str | None:
    return home_of(Units(map(unit_of, current.units))) if current.units else None


def _import(
    plan: Planner, *, files: Sequence[Path], dry_run: bool, demo: bool, by: str, as_json: bool
) -> None:
    async def run(database: Database) -> Outcome:
        store = MongoReferenceStore(database)
        await store.prepare()
        base = await store.newest_version()
        tables, plans = plan(demo_rows() if demo and base == 0 else await store.rows(base))
        moving = await tickets_moving(database, tables, plans)
        if dry_run or all(each.changes_nothing for each in plans.values()):
            return Outcome(None, tables.is_complete, plans, moving, await left_out(database, tables))
        origin = Origin(by=by, at=utc_now(), files=tuple(file.name for file in files))
        number = await store.append(tables, plans, base=base, origin=origin)
        return Outcome(number, tables.is_complete, plans, moving, await left_out(database, tables))

    try:
        outcome = with_database(lambda database, _: run(database))
    except (InvalidTable, InvalidTables) as error:
        for each in error.tables if isinstance(error, InvalidTables) else (error,):
            said = json.dumps(errors_record(each), ensure_ascii=False) if as_json else readable_errors(each)
            typer.echo(said, err=not as_json)
        raise typer.Exit(1) from None
    except ReferenceChanged:
        typer.echo("另有一次导入刚刚完成，请重新预览后再导入。", err=True)
        raise typer.Exit(1) from None
    except ReferenceDamaged as error:
        typer.echo(f"库中的{KINDS[error.kind]}表已损坏，请从备份恢复。", err=True)
        raise typer.Exit(2) from None
    typer.echo(
        json.dumps(record(outcome), ensure_ascii=False) if as_json else readable(outcome, dry_run=dry_run)
    )


def _file_of(folder: Path, kind: TableKind) -> Path:
    for suffix in (".csv", ".xlsx", ".xls"):
        if (folder / f"{kind.value}{suffix}").is_file():
            return folder / f"{kind.value}{suffix}"
    raise typer.BadParameter(f"没有 {kind.value}.csv 或 {kind.value}.xlsx", param_hint="FOLDER")


def _pair(written: str) -> tuple[str, str]:
    theirs, _, ours = written.partition("=")
    if not theirs or ours not in ("id", "name", "level", "parent_id", "aliases"):
        raise typer.BadParameter(f"应如 楼盘名=name：{written}", param_hint="--column")
    return theirs, ours


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"不是日期：{text}", param_hint="--effective-from") from None


def _today() -> date:
    return utc_now().astimezone(CHINA).date()
