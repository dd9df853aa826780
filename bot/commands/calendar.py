"""``huiyin import calendar``: the yearly notice or a local calendar, with what it would change on open tickets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.calendar_import import CalendarOutcome, import_days
from bot.commands.stores import with_database
from bot.commands.what_if_words import applied_line, preview_lines, preview_record
from bot.services import utc_now
from bot.settings import Settings
from routing.mongo_store import Database
from routing.timing.calendar_store import CalendarChanged
from routing.timing.official_days import (
    CalendarFileInvalid,
    missing_from_notice,
    official_days_in,
)

_WEEK = "一二三四五六日"


def register(imports: typer.Typer) -> None:
    """Add the command to the group ``huiyin import``."""
    imports.command(
        "calendar", help="导入国务院办公厅年度放假通知，或本地节假日（没有 notice_year 列的表）。"
    )(import_calendar)


def import_calendar(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV 或 Excel 文件。")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查并预览，不写入。")] = False,
    apply: Annotated[
        bool, typer.Option("--apply-to-open", help="同时改动在办工单的期限；默认已承诺的日期不变。")
    ] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="允许一年的通知缺少节日（仅在确有此事时使用）。")
    ] = False,
    by: Annotated[str, typer.Option("--by", help="谁导入的，记入版本历史。")] = "命令行",
    as_json: Annotated[bool, typer.Option("--json", help="输出一行 JSON。")] = False,
) -> None:
    """Exit 1 with every bad row; promises already made stay unless ``--apply-to-open`` is given."""
    try:
        rows = official_days_in(file)
        missing = missing_from_notice(rows)
        if missing and not partial:
            raise CalendarFileInvalid([*missing, "如确无误，请加 --partial"])
    except CalendarFileInvalid as wrong:
        said = json.dumps({"errors": list(wrong.errors)}, ensure_ascii=False)
        typer.echo(said if as_json else "\n".join(wrong.errors), err=not as_json)
        raise typer.Exit(1) from None

    async def run(database: Database, settings: Settings) -> CalendarOutcome:
        return await import_days(database, settings, rows, file.name, dry_run=dry_run, apply=apply, by=by)

    try:
        outcome = with_database(run)
    except CalendarChanged:
        typer.echo("另有一次导入刚刚完成，请重新预览后再导入。", err=True)
        raise typer.Exit(1) from None
    said = (
        json.dumps(_record(outcome), ensure_ascii=False) if as_json else _readable(outcome, dry_run=dry_run)
    )
    typer.echo(said)


def _record(outcome: CalendarOutcome) -> dict[str, Any]:
    applied = outcome.applied
    return {
        "version": outcome.version,
        "days": {day.isoformat(): meaning for day, meaning in outcome.days},
        **preview_record(outcome.found.preview),
        "applied": list(applied.done) if applied else [],
        "passed_over": list(applied.passed_over) if applied else [],
    }


def _readable(outcome: CalendarOutcome, *, dry_run: bool) -> str:
    lines = [f"{day.isoformat()} 周{_WEEK[day.weekday()]}  {meaning}" for day, meaning in outcome.days]
    lines.append(f"共 {len(outcome.days)} 天有变动。")
    lines += preview_lines(outcome.found.preview, now=utc_now())
    if dry_run:
        return "\n".join([*lines, "这是预览，没有写入。"])
    if outcome.version is None:
        lines.append("与现行日历相同，没有新的版本。")
    else:
        lines.append(f"已导入，为日历第 {outcome.version} 版；运行中的服务随即采用，不必重启。")
    lines.append(applied_line(outcome.applied))
    return "\n".join(lines)
