"""``huiyin backup`` and ``huiyin restore``: the whole database as one file, and back into an empty one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.backup import BackupUnusable, Manifest, back_up, check, estimate, restore
from bot.commands.stores import with_database
from bot.services import utc_now
from bot.settings import Settings
from routing.mongo_store import Database


def register(app: typer.Typer) -> None:
    """Add the two commands."""
    app.command("backup", help="把整个数据库备份成一个文件；身份信息仍是密文，密钥请另行保管。")(_backup)
    app.command("restore", help="把备份恢复到一个空的数据库。")(_restore)


def _backup(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="写到哪个文件。")],
    force: Annotated[bool, typer.Option("--force", help="覆盖已有的文件。")] = False,
) -> None:
    """Exit 1 when the file is there already or cannot be written, 2 when the database is not to be used."""
    if file.exists() and not force:
        typer.echo(f"{file} 已经存在；要覆盖请加 --force。", err=True)
        raise typer.Exit(1)

    async def run(database: Database, settings: Settings) -> Manifest:
        stored = database.delegate
        with typer.progressbar(length=estimate(stored), label="备份", file=sys.stderr) as bar:
            return back_up(stored, file, now=utc_now(), done=bar.update)

    try:
        manifest = with_database(run)
    except OSError as error:
        typer.echo(f"写不了 {file}：{error.strerror}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"已备份 {len(manifest.collections)} 个集合、{manifest.documents} 条记录到 {file}。")
    typer.echo("恢复时还需要同一个 HUIYIN_SECRET_KEY，它不在备份里。")


def _restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="备份文件。")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只核对文件是否完好。")] = False,
) -> None:
    """Exit 1 when the file is damaged or the database holds something, 2 when the database is not to be used."""

    async def run(database: Database, settings: Settings) -> None:
        with typer.progressbar(length=manifest.documents, label="恢复", file=sys.stderr) as bar:
            restore(database.delegate, file, manifest, done=bar.update)

    try:
        manifest = check(file)
        if dry_run:
            typer.echo(f"文件完好：{manifest.taken_at} 的备份，{manifest.documents} 条记录。没有写入。")
            return
        with_database(run)
    except BackupUnusable as unusable:
        typer.echo(f"{unusable}。", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"已恢复 {len(manifest.collections)} 个集合、{manifest.documents} 条记录。现在可以启动服务。")
