"""``huiyin import tickets``: requests another system took, checked as a whole and then registered."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from pymongo.errors import PyMongoError
from redis.exceptions import RedisError

from bot.commands.reference_words import errors_record, readable_errors
from bot.logs import configure_logs
from bot.services import utc_now
from bot.settings import Settings, SettingsInvalid
from bot.ticket_import import HEADINGS, Imported, Line, check_lines, read_lines, register_lines
from bot.wiring import build_services
from routing.tables import InvalidTable


def register(imports: typer.Typer) -> None:
    """Add the command to the group ``huiyin import``."""
    imports.command("tickets", help="导入其他系统受理的工单：先查全表，有错的行逐行列出，一条也不写。")(
        import_tickets
    )


def import_tickets(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV 或 Excel 文件。")],
    column: Annotated[list[str] | None, typer.Option(help="列名对应，如 诉求描述=text，可重复。")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不写入。")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出一行 JSON。")] = False,
) -> None:
    """Exit 1 with every bad cell and nothing written, 2 when the settings or the stores are not to be used."""
    now = utc_now()
    try:
        lines = read_lines(file, now=now, columns=dict(map(_pair, column or ())))
        settings = _settings()
        imported = asyncio.run(_import(settings, lines, file.name, now, dry_run=dry_run))
    except InvalidTable as invalid:
        said = json.dumps(errors_record(invalid), ensure_ascii=False) if as_json else readable_errors(invalid)
        typer.echo(said, err=not as_json)
        raise typer.Exit(1) from None
    except (PyMongoError, RedisError) as error:
        typer.echo(f"数据库不可用（{type(error).__name__}）；已写入的再导一次不会重复。", err=True)
        raise typer.Exit(2) from None
    if as_json:
        written = {"rows": len(lines), "new": imported.new, "known": imported.known, "dry_run": dry_run}
        typer.echo(json.dumps(written))
    elif dry_run:
        typer.echo(
            f"共 {len(lines)} 条，可导入 {imported.new} 条，{imported.known} 条早已登记。这是预览，没有写入。"
        )
    else:
        typer.echo(f"共 {len(lines)} 条，新登记 {imported.new} 条，{imported.known} 条早已登记。")


async def _import(
    settings: Settings, lines: list[Line], table: str, now: datetime, *, dry_run: bool
) -> Imported:
    configure_logs()
    async with build_services(settings) as services:
        checked = await check_lines(lines, services.desk, table=table, now=now)
        if dry_run:
            return checked
        with typer.progressbar(length=len(lines), label="登记", file=sys.stderr) as bar:
            return await register_lines(lines, services.desk, now=now, done=lambda: bar.update(1))


def _pair(given: str) -> tuple[str, str]:
    heading, equals, field = given.partition("=")
    if not equals or field.strip() not in HEADINGS.values():
        known = "、".join(sorted(HEADINGS.values()))
        raise typer.BadParameter(f"请写成 列名=字段，字段是 {known} 之一：{given}", param_hint="--column")
    return heading.strip(), field.strip()


def _settings() -> Settings:
    try:
        settings = Settings.from_environment()
    except SettingsInvalid as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    if not settings.mongo_url or not settings.redis_url:
        typer.echo("请用 HUIYIN_MONGO_URL 和 HUIYIN_REDIS_URL 指明数据库。", err=True)
        raise typer.Exit(2)
    return settings
