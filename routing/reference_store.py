"""Every version of places, units and duties in MongoDB: appended, never changed, told apart by number and SHA-256."""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo import DESCENDING
from pymongo.errors import DuplicateKeyError

from routing.reference_tables import (
    Plan,
    ReferenceTables,
    TableKind,
    TableRows,
    build,
    decode_rows,
    encode_rows,
)

Document = dict[str, Any]
Database = AsyncIOMotorDatabase[Document]

_AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)
_PART = 8 * 1024 * 1024
"""A document holds at most 16 MB; the villages of a province exceed that even compressed."""


class NoReference(Exception):
    """No complete set of places, units and duties has been imported."""


class ReferenceChanged(Exception):
    """Somebody imported another version meanwhile: look at the preview again."""


class ReferenceDamaged(Exception):
    """A stored table is not what was stored."""

    def __init__(self, kind: TableKind) -> None:
        super().__init__(kind.value)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a version comes from."""

    by: str
    at: datetime
    files: tuple[str, ...]
    why: str = ""
    """The reason somebody gave for going back to an earlier version."""


@dataclass(frozen=True, slots=True)
class ReferenceVersion:
    """One entry of the history."""

    number: int
    origin: Origin
    is_complete: bool
    digests: Mapping[TableKind, str]
    counts: Mapping[TableKind, tuple[int, int, int]]
    """For each imported table how many rows were added, ended and changed."""


class ReferenceStore(Protocol):
    """Where the versions are kept; ``MongoReferenceStore`` is the one there is."""

    async def prepare(self) -> None:
        """Make ready for use; safe to repeat."""

    async def current_version(self) -> int:
        """The number of the newest complete set, cheap enough to ask every few seconds; 0 for none."""

    async def load(self) -> ReferenceTables | None:
        """The newest complete set, built outside the event loop; None for none."""


class MongoReferenceStore:
    """Implements ``ReferenceStore``, and takes new versions."""

    def __init__(self, database: Database) -> None:
        self._versions: AsyncIOMotorCollection[Document] = database.get_collection(
            "reference_versions", codec_options=_AWARE
        )
        self._parts: AsyncIOMotorCollection[Document] = database.get_collection("reference_tables")

    async def prepare(self) -> None:
        """Create the index; safe to repeat."""
        await self._versions.create_index([("complete", DESCENDING), ("_id", DESCENDING)])

    async def current_version(self) -> int:
        newest = await self._versions.find_one({"complete": True}, {"_id": 1}, sort=[("_id", DESCENDING)])
        return int(newest["_id"]) if newest else 0

    async def newest_version(self) -> int:
        """The number of the last import, complete or not; what ``append`` wants as ``base``."""
        newest = await self._versions.find_one({}, {"_id": 1}, sort=[("_id", DESCENDING)])
        return int(newest["_id"]) if newest else 0

    async def load(self) -> ReferenceTables | None:
        """Raises ReferenceDamaged."""
        return await self.load_version(await self.current_version())

    async def load_version(self, number: int) -> ReferenceTables | None:
        """One complete set of the past or present; None when there is none of that number."""
        document = await self._versions.find_one({"_id": number, "complete": True})
        if document is None:
            return None
        contents = await self._contents(document)
        return await asyncio.to_thread(build, contents, version=number, imported_at=document["at"])

    async def rows(self, number: int) -> TableRows:
        """The rows of a version, complete or not; empty tables for version 0."""
        document = await self._versions.find_one({"_id": number})
        if document is None:
            return TableRows()
        return await asyncio.to_thread(_rows, await self._contents(document))

    async def append(
        self, tables: TableRows, plans: Mapping[TableKind, Plan], *, base: int, origin: Origin
    ) -> int:
        """Store a whole new version on top of ``base``; raises ReferenceChanged when that is not the newest."""
        if await self.newest_version() != base:
            raise ReferenceChanged
        digests = {}
        for kind in TableKind:
            content = await asyncio.to_thread(encode_rows, kind, tables.of(kind))
            digests[kind.value] = await self._store(content) if tables.of(kind) else ""
        document = {
            "_id": base + 1,
            "at": origin.at,
            "by": origin.by,
            "files": list(origin.files),
            "why": origin.why,
            "complete": tables.is_complete,
            "tables": digests,
            "counts": {
                kind.value: [len(plan.added), len(plan.ended), len(plan.changed)]
                for kind, plan in plans.items()
            },
        }
        try:
            await self._versions.insert_one(document)
        except DuplicateKeyError:
            raise ReferenceChanged from None
        return base + 1

    async def history(self, *, limit: int = 20) -> tuple[ReferenceVersion, ...]:
        """The last versions, the newest first."""
        cursor = self._versions.find({}).sort("_id", DESCENDING).limit(limit)
        return tuple([_version(document) async for document in cursor])

    async def version(self, number: int) -> ReferenceVersion | None:
        """One entry of the history; None for a number that was never given."""
        document = await self._versions.find_one({"_id": number})
        return _version(document) if document else None

    async def _store(self, content: bytes) -> str:
        """Keep a table under its digest; the same table again takes no further room."""
        digest = hashlib.sha256(content).hexdigest()
        packed = await asyncio.to_thread(zlib.compress, content)
        for part, start in enumerate(range(0, len(packed), _PART)):
            data = packed[start : start + _PART]
            # Written in full before the version that names it: a crash in between leaves an unused table.
            await self._parts.replace_one(
                {"_id": f"{digest}-{part}"}, {"digest": digest, "part": part, "data": data}, upsert=True
            )
        return digest

    async def _contents(self, version: Document) -> dict[TableKind, bytes]:
        contents = {}
        for kind in TableKind:
            digest = version["tables"][kind.value]
            if not digest:
                continue
            ids = [f"{digest}-{part}" for part in range(100)]
            cursor = self._parts.find({"_id": {"$in": ids}})
            parts = sorted([(each["part"], each["data"]) async for each in cursor])
            packed = b"".join(data for _, data in parts)
            contents[kind] = await asyncio.to_thread(_unpacked, kind, digest, packed)
        return contents


def _unpacked(kind: TableKind, digest: str, packed: bytes) -> bytes:
    try:
        content = zlib.decompress(packed)
    except zlib.error:
        raise ReferenceDamaged(kind) from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise ReferenceDamaged(kind)
    return content


def _rows(contents: Mapping[TableKind, bytes]) -> TableRows:
    return TableRows(**{kind.value: decode_rows(content) for kind, content in contents.items()})


def _version(document: Document) -> ReferenceVersion:
    return ReferenceVersion(
        number=document["_id"],
        origin=Origin(document["by"], document["at"], tuple(document["files"]), document.get("why", "")),
        is_complete=document["complete"],
        digests={kind: document["tables"][kind.value] for kind in TableKind},
        counts={
            TableKind(kind): (counts[0], counts[1], counts[2]) for kind, counts in document["counts"].items()
        },
    )


async def load_reference(database: Database, *, fallback: ReferenceTables | None = None) -> ReferenceTables:
    """The newest complete set, else ``fallback`` (the demo's); raises NoReference without either."""
    tables = await MongoReferenceStore(database).load()
    if tables is None and fallback is None:
        raise NoReference
    return tables or fallback  # type: ignore[return-value]
