"""Writes of many conversations as one command: while one is on its way, all that come meanwhile gather for the next.

A write of its own costs each line of a filing a third of its processor time, here and in the database, and the disk
a flush; nobody waits longer for it, as the database flushes one after the other anyway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bson.binary import Binary
from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import InsertOne, UpdateOne
from pymongo.errors import BulkWriteError

Document = dict[str, Any]

MOST = 100
"""Writes of one command; a few kilobytes each."""
_DUPLICATE = 11000


@dataclass(frozen=True, slots=True)
class VersionedWrite:
    """One conversation's new form, to be written unless somebody else wrote since it was read."""

    index: str
    version: int
    """The one it was read with; 0 was never saved."""
    fields: Document
    """``sealed`` among them."""
    turns: Sequence[Binary]
    """Sealed replies."""
    whole: bool
    """These are all the replies; else they join those that are there."""
    most_turns: int
    written: asyncio.Future[bool] = field(compare=False)

    def operation(self) -> InsertOne[Document] | UpdateOne:
        if self.version == 0:
            return InsertOne({"_id": self.index, **self.fields, "turns": list(self.turns)})
        if self.whole:
            change: Document = {"$set": {**self.fields, "turns": list(self.turns)}}
        else:
            joined = {"$each": list(self.turns), "$slice": -self.most_turns}
            change = {"$set": self.fields, "$push": {"turns": joined}}
        return UpdateOne({"_id": self.index, "version": self.version}, change)


class GroupedWrites:
    """One command at a time; whoever waits is told of their own write alone."""

    def __init__(self, conversations: AsyncIOMotorCollection[Document]) -> None:
        self._conversations = conversations
        self._gathered: list[VersionedWrite] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(
        self,
        index: str,
        version: int,
        fields: Document,
        turns: Sequence[Binary],
        *,
        whole: bool,
        most_turns: int,
    ) -> bool:
        """False when somebody else wrote since ``version``. Raises what the database raises; then it is unknown."""
        written: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._gathered.append(VersionedWrite(index, version, fields, turns, whole, most_turns, written))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all(), name="conversations")
        return await written

    async def _write_all(self) -> None:
        """Until nothing is gathered. Not one failure is ours: each is told to those who wait for that command."""
        try:
            while self._gathered:
                now, self._gathered = self._gathered[:MOST], self._gathered[MOST:]
                try:
                    told = await self._written(now)
                except BaseException as error:
                    _fail(now, error)
                    if not isinstance(error, Exception):
                        _fail(self._gathered, error)
                        self._gathered = []
                        raise
                else:
                    for write, done in zip(now, told, strict=True):
                        if not write.written.done():
                            write.written.set_result(done)
        finally:
            self._writing = None

    async def _written(self, writes: Sequence[VersionedWrite]) -> list[bool]:
        refused = set[int]()
        try:
            result = await self._conversations.bulk_write([w.operation() for w in writes], ordered=False)
            matched = result.matched_count
        except BulkWriteError as error:
            details = error.details or {}
            failed = details.get("writeErrors", [])
            if details.get("writeConcernErrors") or any(f["code"] != _DUPLICATE for f in failed):
                raise
            refused, matched = {f["index"] for f in failed}, details["nMatched"]
        told = [place not in refused for place in range(len(writes))]
        updates = [place for place, write in enumerate(writes) if write.version > 0]
        if matched < len(updates):
            there = await self._there([writes[place].index for place in updates])
            for place in updates:
                told[place] = bytes(writes[place].fields["sealed"]) == there.get(writes[place].index)
        return told

    async def _there(self, indexes: list[str]) -> dict[str, bytes]:
        """Somebody's write was refused; whose, only the documents tell: nothing is sealed alike twice. Who is overtaken
        in this very moment is told no, looks, and finds the turn taken."""
        found = self._conversations.find({"_id": {"$in": indexes}}, {"sealed": True})
        return {document["_id"]: bytes(document["sealed"]) async for document in found}


def _fail(writes: Sequence[VersionedWrite], error: BaseException) -> None:
    for write in writes:
        if write.written.done():
            continue
        if isinstance(error, asyncio.CancelledError):
            write.written.cancel()
        else:
            write.written.set_exception(error)
            write.written.exception()  # seen: a caller that was cancelled asks no more
