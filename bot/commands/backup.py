"""``huiyin backup`` and ``huiyin restore``: the whole database as one file, and back into an empty one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import PyMongoError

from bot.backup import BackupUnusable, back_up, check, estimate, restore
from bot.services import utc_now
from bot.settings import Settings, SettingsInvalid


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
    with _database() as database:
        try:
            with typer.progressbar(length=estimate(database), label="备份", file=sys.stderr) as bar:
                manifest = back_up(database, file, now=utc_now(), done=bar.update)
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
    try:
        if dry_run:
            manifest = check(file)
            typer.echo(f"文件完好：{manifest.taken_at} 的备份，{manifest.documents} 条记录。没有写入。")
            return
        manifest = check(file)
        with (
            _database() as database,
            typer.progressbar(length=manifest.documents, label="恢复", file=sys.stderr) as bar,
        ):
            restore(database, file, done=bar.update)
    except BackupUnusable as unusable:
        typer.echo(f"{unusable}。", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"已恢复 {len(manifest.collections)} 个集合、{manifest.documents} 条记录。现在可以启动服务。")


@contextmanager
def _database() -> Iterator[Database[Any]]:
    try:
        settings = Settings.from_environment()
    except SettingsInvalid as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    if not settings.mongo_url:
        typer.echo("请用 HUIYIN_MONGO_URL 指明数据库。", err=True)
        raise typer.Exit(2)
    client: MongoClient[Any] = MongoClient(settings.mongo_url, tz_aware=True, serverSelectionTimeoutMS=5000)
    try:
        yield client[settings.database]
    except PyMongoError as error:
        typer.echo(f"数据库不可用（{type(error).__name__}）。", err=True)
        raise typer.Exit(2) from None
    finally:
        client.close()
