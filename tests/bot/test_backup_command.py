"""``huiyin backup`` and ``huiyin restore``: everything comes back, and nothing is overwritten or half restored."""

from __future__ import annotations

import asyncio
import base64
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bson
import gridfs
import pytest
import typer
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import MongoClient
from pymongo.database import Database
from typer.testing import CliRunner

from bot import backup as backups
from bot.commands import backup

AT = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)


def run(*arguments: str, exit_code: int = 0) -> str:
    app = typer.Typer()
    backup.register(app)
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == exit_code, result.output
    return result.output


@pytest.fixture
def client(mongo_url: str) -> Iterator[MongoClient[Any]]:
    opened: MongoClient[Any] = MongoClient(mongo_url, tz_aware=True)
    yield opened
    opened.close()


@pytest.fixture
def full(client: MongoClient[Any], database_name: str) -> Database[Any]:
    """2,500 tickets, an index of each sort that matters, and a photo of two chunks."""
    database = client[database_name]
    database["tickets"].insert_many(
        {"_id": f"HY{n:010}", "external_number": f"E{n}", "received_at": AT, "sealed": bson.Binary(b"\0\1")}
        for n in range(2500)
    )
    database["tickets"].create_index([("external_number", 1)], unique=True)
    database["tickets"].create_index([("due", 1)], partialFilterExpression={"open": True}, name="due_open")
    database["codes"].create_index("at", expireAfterSeconds=0)
    gridfs.GridFS(database, "photos").put(b"x" * 300_000, filename="p")
    return database


@pytest.fixture
def empty(
    client: MongoClient[Any], full: Database[Any], mongo_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database[Any]]:
    name = f"{full.name}_restored"
    monkeypatch.setenv("HUIYIN_MONGO_URL", mongo_url)
    monkeypatch.setenv("HUIYIN_DATABASE", full.name)
    monkeypatch.setenv("HUIYIN_SECRET_KEY", base64.b64encode(b"k" * 32).decode())
    yield client[name]
    client.drop_database(name)


def contents(database: Database[Any]) -> dict[str, Any]:
    return {
        name: (
            list(database[name].find().sort("_id", 1)),
            sorted((dict(index) for index in database[name].list_indexes()), key=lambda i: i["name"]),
        )
        for name in database.list_collection_names()
    }


def test_everything_comes_back_into_an_empty_database(
    full: Database[Any], empty: Database[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "huiyin.zip"
    run("backup", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    assert "文件完好" in run("restore", str(file), "--dry-run")
    monkeypatch.setenv("HUIYIN_DATABASE", empty.name)
    run("restore", str(file))
    assert contents(empty) == contents(full)
    assert "已有数据" in run("restore", str(file), exit_code=1)


def test_a_file_that_exists_is_left_alone(full: Database[Any], empty: Database[Any], tmp_path: Path) -> None:
    file = tmp_path / "huiyin.zip"
    file.write_bytes(b"mine")
    assert "--force" in run("backup", str(file), exit_code=1)
    assert file.read_bytes() == b"mine"
    run("backup", str(file), "--force")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["huiyin.zip"]


def test_a_damaged_file_writes_nothing(
    full: Database[Any], empty: Database[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "huiyin.zip"
    run("backup", str(file))
    monkeypatch.setenv("HUIYIN_DATABASE", empty.name)
    whole = file.read_bytes()
    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(file) as read, zipfile.ZipFile(forged, "w") as written:
        for entry in read.namelist():
            content = read.read(entry)
            written.writestr(entry, content.replace(b"HY0000000007", b"HY0000000O07"))
    for damaged in (
        whole[: len(whole) // 2],
        whole.replace(b"manifest", b"manifesT"),
        b"",
        forged.read_bytes(),
    ):
        file.write_bytes(damaged)
        assert run("restore", str(file), exit_code=1)
        assert empty.list_collection_names() == []


async def _start_on(mongo_url: str, name: str) -> None:
    client: AsyncIOMotorClient[Any] = AsyncIOMotorClient(mongo_url)
    try:
        await backups.refuse_half_a_database(client[name])
    finally:
        client.close()


def test_a_restore_that_broke_off_is_begun_again(
    full: Database[Any], empty: Database[Any], mongo_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "huiyin.zip"
    manifest = backups.back_up(full, file, now=AT)

    def power_cut(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backups.restore(empty, file, manifest, done=power_cut)
    assert 0 < empty["tickets"].count_documents({}) < 2500
    with pytest.raises(backups.RestoreUnfinished):
        asyncio.run(_start_on(mongo_url, empty.name))
    backups.restore(empty, file, manifest)
    asyncio.run(_start_on(mongo_url, empty.name))
    assert contents(empty) == contents(full)
