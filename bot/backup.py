"""One file that holds a whole database, and the way back: every document as the store has it, and every index.

What is sealed stays sealed: without HUIYIN_SECRET_KEY nobody reads who asked, so keep the key elsewhere. Redis is not
in it: what it holds can be lost (see docs/adr/0007). A backup of a running service has every ticket whole that was
registered before it began; what arrives meanwhile may be missing.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any

import bson
from bson.json_util import dumps, loads
from bson.raw_bson import DEFAULT_RAW_BSON_OPTIONS, RawBSONDocument
from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo.database import Database
from pymongo.errors import CollectionInvalid

FORMAT = 1
_MANIFEST = "manifest.json"
_BATCH = 1000
_PIECE = 1 << 20
_MARK = "unfinished_restore"
"""A collection that exists while a restore runs: what is there may be thrown away by the next."""

Done = Callable[[int], object]
Raw = Database[RawBSONDocument]


class BackupUnusable(Exception):
    """The file is no backup, is damaged, or there is already something where it should go."""


class RestoreUnfinished(RuntimeError):
    """A restore into this database broke off: no service may run on half of it."""


@dataclass(frozen=True, slots=True)
class Held:
    """One collection in a backup. ``indexes`` are the store's own definitions, without the one on ``_id``."""

    name: str
    documents: int
    sha256: str
    options: dict[str, Any]
    indexes: list[dict[str, Any]]

    @property
    def entry(self) -> str:
        return f"collections/{self.name}.bson"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds, and when it was taken."""

    taken_at: str
    database: str
    collections: tuple[Held, ...]

    @property
    def documents(self) -> int:
        return sum(held.documents for held in self.collections)


def estimate(database: Database[Any]) -> int:
    """About how many documents a backup will hold."""
    return sum(database[name].estimated_document_count() for name in _names(database))


def back_up(database: Database[Any], file: Path, *, now: datetime, done: Done = lambda n: None) -> Manifest:
    """Write ``file``, readable by its owner alone and whole or not at all. ``done`` hears of documents written."""
    raw = database.with_options(codec_options=DEFAULT_RAW_BSON_OPTIONS)
    unfinished = file.with_name(f".{file.name}.partial")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as written:
            with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                held = tuple(_write(raw, database, name, archive, done) for name in _names(database))
                manifest = Manifest(now.isoformat(timespec="seconds"), database.name, held)
                archive.writestr(_MANIFEST, _as_text(manifest))
            written.flush()
            os.fsync(written.fileno())
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


def check(file: Path) -> Manifest:
    """Read the whole file and compare its sums; raises ``BackupUnusable``."""
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = _from_text(archive.read(_MANIFEST).decode())
            for held in manifest.collections:
                with archive.open(held.entry) as stream:
                    digest = hashlib.sha256()
                    for piece in iter(partial(stream.read, _PIECE), b""):
                        digest.update(piece)
                    if digest.hexdigest() != held.sha256:
                        raise BackupUnusable(f"{held.name} 与校验值不符")
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, EOFError) as damaged:
        raise BackupUnusable(f"不是完好的备份文件（{type(damaged).__name__}）") from None
    return manifest


def restore(database: Database[Any], file: Path, manifest: Manifest, *, done: Done = lambda n: None) -> None:
    """Fill an empty database from a file that was checked. One that broke off before is begun again."""
    present = database.list_collection_names()
    if _MARK in present:
        for name in present:
            if name != _MARK:
                database.drop_collection(name)
    elif present:
        raise BackupUnusable(f"数据库 {database.name} 里已有数据；请恢复到一个空的数据库（HUIYIN_DATABASE）")
    with suppress(CollectionInvalid):
        database.create_collection(_MARK)
    raw = database.with_options(codec_options=DEFAULT_RAW_BSON_OPTIONS)
    with zipfile.ZipFile(file) as archive:
        for held in manifest.collections:
            collection = database.create_collection(held.name, **held.options)
            with archive.open(held.entry) as stream:
                for batch in _batches(stream):
                    raw[held.name].insert_many(batch)
                    done(len(batch))
            if held.indexes:
                database.command("createIndexes", collection.name, indexes=held.indexes)
    database.drop_collection(_MARK)


async def refuse_half_a_database(database: AsyncIOMotorDatabase[Any]) -> None:
    """Raises ``RestoreUnfinished``; what a service wrote meanwhile would be thrown away by the next restore."""
    if await database.list_collection_names(filter={"name": _MARK}):
        raise RestoreUnfinished(f"{database.name}：恢复没有做完，请重新运行 huiyin restore，再启动服务")


def _names(database: Database[Any]) -> list[str]:
    """Tickets first, for what belongs to a ticket is stored before it; parts of files after their lists."""
    found = [name for name in database.list_collection_names() if not name.startswith("system.")]
    return sorted(found, key=lambda name: (name != "tickets", name.endswith(".chunks"), name))


def _write(raw: Raw, database: Database[Any], name: str, archive: zipfile.ZipFile, done: Done) -> Held:
    digest, documents = hashlib.sha256(), 0
    held = f"collections/{name}.bson"
    with archive.open(held, "w", force_zip64=True) as stream:
        for document in raw[name].find(batch_size=_BATCH).sort("_id", 1):
            stream.write(document.raw)
            digest.update(document.raw)
            documents += 1
            if documents % _BATCH == 0:
                done(_BATCH)
    done(documents % _BATCH)
    (described,) = database.list_collections(filter={"name": name})
    indexes = [
        {key: value for key, value in index.items() if key not in ("v", "ns")}
        for index in database[name].list_indexes()
        if index["name"] != "_id_"
    ]
    return Held(name, documents, digest.hexdigest(), dict(described.get("options", {})), indexes)


def _batches(stream: IO[bytes]) -> Iterator[list[RawBSONDocument]]:
    documents = bson.decode_file_iter(stream, DEFAULT_RAW_BSON_OPTIONS)
    while batch := list(islice(documents, _BATCH)):
        yield batch


def _as_text(manifest: Manifest) -> str:
    return dumps(
        {
            "format": FORMAT,
            "taken_at": manifest.taken_at,
            "database": manifest.database,
            "collections": [
                {
                    "name": held.name,
                    "documents": held.documents,
                    "sha256": held.sha256,
                    "options": held.options,
                    "indexes": held.indexes,
                }
                for held in manifest.collections
            ],
        },
        indent=1,
    )


def _from_text(text: str) -> Manifest:
    read = loads(text)
    if read["format"] != FORMAT:
        raise BackupUnusable(f"备份格式 {json.dumps(read['format'])} 不是本版本能读的")
    held = tuple(Held(**each) for each in read["collections"])
    return Manifest(read["taken_at"], read["database"], held)
