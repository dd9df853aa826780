"""Photos and attachments at rest: sealed by the vault in GridFS, one of each per ticket.

Collection ``photos`` says what there is, the bucket of the same name holds the sealed bytes. Nothing here can be
looked at without the key, and a file moved to another photo does not open.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

import structlog
from bson.binary import Binary
from bson.objectid import ObjectId
from gridfs.errors import NoFile
from motor.motor_asyncio import AsyncIOMotorGridFSBucket
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.cores import anywhere
from bot.photos.cleaning import clean_picture, sniff_picture
from bot.photos.documents import file_name, judge_document, judge_sound, kind_of
from bot.photos.kinds import (
    MOST_LOOSE,
    MOST_PER_TICKET,
    Photo,
    PhotoId,
    PhotoRefused,
    PhotosBusy,
    SentUp,
    Source,
)
from routing.identity import Vault
from routing.mongo_store import AWARE, Collection, Database, Document

log = structlog.get_logger(__name__)

_Made = TypeVar("_Made")

LOOSE_FOR: Final = timedelta(hours=48)
"""How long a photo waits for the ticket it was meant for; a draft lives half as long."""
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_AT_WORK: Final = timedelta(days=1)
"""After this long an upload that never ended was cut off by a crash."""
_POOL: Final = ThreadPoolExecutor(2, thread_name_prefix="photos", initializer=anywhere)
"""Decoding takes seconds of processor time at worst: never on the loop, never more than two at once."""
_MOST_WAITING: Final = 64
_CHUNK: Final = 1024 * 1024
_TOO_MANY: Final = f"一张工单最多{MOST_PER_TICKET}个文件，这一个没有加进去。"
_TOO_MANY_LOOSE: Final = "您发来、还没登记的照片太多了，这一张没有收下。请先把前面的登记完，再发新的。"
_BUSY: Final = "现在传照片的人很多。请过一会儿再传。"


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What is to be kept of one file: cleaned or judged, nothing of it sealed yet."""

    data: bytes
    media_type: str
    width: int | None = None
    height: int | None = None
    thumbnail: bytes | None = None


class PhotoStore:
    """Keeps photos and hands them out again. Rights are the callers' matter: whoever asks gets the bytes."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._photos: Collection = database.get_collection("photos", codec_options=AWARE)
        self._files = AsyncIOMotorGridFSBucket(database, bucket_name="photos", chunk_size_bytes=_CHUNK)
        self._vault = vault
        self._waiting = 0

    async def prepare(self) -> None:
        await self._photos.create_indexes(
            [
                IndexModel([("number", ASCENDING), ("at", ASCENDING)]),
                IndexModel([("owner", ASCENDING)], sparse=True),
                IndexModel([("drop_at", ASCENDING)], sparse=True),
            ]
        )

    async def put(
        self,
        data: bytes,
        *,
        number: str | None,
        source: Source,
        now: datetime,
        name: str = "",
        owner: tuple[str, str] | None = None,
        to_citizen: bool = True,
        by: str = "",
        at: datetime | None = None,
        order: int = 0,
    ) -> PhotoId:
        """Keep one file; the same picture once more on the same ticket is the one that is there.

        ``number`` None: the ticket does not exist yet; then ``owner`` (account, openid) says whose the photo is until
        ``attach``. ``at`` and ``order`` are its place in the row where it did not come just now. Raises ``PhotoRefused``.
        """
        if number is None and owner is None:
            raise ValueError("a photo without a ticket needs an owner")
        prepared = await self._prepared(data, source)
        digest = hashlib.sha256(prepared.data).hexdigest()
        same = self._vault.blind_indexes(digest, field="photos")
        twin: Document = {"number": number, "same": {"$in": same}, "ready": True}
        if number is None and owner is not None:
            twin["owner"] = {"$in": self._owner(owner)}
        known = await self._photos.find_one(twin, {"_id": 1})
        if known is not None:
            return PhotoId(known["_id"])
        here: Document = (
            {"number": number} if number is not None else {"owner": twin["owner"], "number": None}
        )
        most = MOST_PER_TICKET if number is not None else MOST_LOOSE
        if await self._photos.count_documents(here, limit=most) >= most:
            raise PhotoRefused(_TOO_MANY if number is not None else _TOO_MANY_LOOSE)
        # Known beforehand for a ticket, so that two processes keeping one picture meet.
        index = self._vault.blind_index(f"{number}\x00{digest}", field="photos")
        photo_id = PhotoId(index[:32] if number else secrets.token_hex(16))
        document: Document = {
            "number": number,
            "same": same[0],
            "source": str(source),
            "media_type": prepared.media_type,
            "size": len(prepared.data),
            "width": prepared.width,
            "height": prepared.height,
            "at": at or now,
            "order": order,
            "to_citizen": to_citizen,
            "by": by,
            "name": self._sealed(name.encode()[:400], photo_id, "name") if name else None,
            "thumbnail": self._sealed(prepared.thumbnail, photo_id, "thumbnail")
            if prepared.thumbnail
            else None,
        }
        if number is None and owner is not None:
            document["owner"] = self._owner(owner)[0]
        await self._write(photo_id, document, prepared.data, now=now)
        return photo_id

    async def attach(
        self, photo_ids: Sequence[PhotoId], *, number: str, owner: tuple[str, str], now: datetime
    ) -> int:
        """Give an owner's loose photos to the ticket that was made of the draft; returns how many it did not have yet.
        Safe to repeat."""
        attached = 0
        for photo_id in photo_ids:
            loose = {"_id": photo_id, "owner": {"$in": self._owner(owner)}, "number": None, "ready": True}
            found = await self._photos.find_one(loose, {"same": 1})
            if found is None:
                continue
            if await self._photos.find_one(
                {"number": number, "same": found["same"], "ready": True}, {"_id": 1}
            ):
                await self._drop(loose)
                continue
            change = {"$set": {"number": number, "at": now}, "$unset": {"owner": "", "drop_at": ""}}
            attached += (await self._photos.update_one(loose, change)).modified_count
        return attached

    async def of_ticket(self, number: str) -> list[Photo]:
        """All there is on a ticket, in the order it came."""
        cursor = self._photos.find({"number": number, "ready": True}, {"thumbnail": 0})
        return [
            self._photo(d)
            async for d in cursor.sort([("at", ASCENDING), ("order", ASCENDING), ("_id", ASCENDING)])
        ]

    async def find(self, number: str, photo_id: str) -> Photo | None:
        """The photo if it is this ticket's: rights are given by the ticket."""
        found = await self._photos.find_one(
            {"_id": photo_id, "number": number, "ready": True}, {"thumbnail": 0}
        )
        return self._photo(found) if found else None

    async def open(self, photo_id: PhotoId) -> bytes:
        """The bytes; raises ``KeyError`` where there is no such photo and ``SealBroken`` without its key."""
        found = await self._photos.find_one({"_id": photo_id, "ready": True}, {"file": 1})
        if found is None:
            raise KeyError(photo_id)
        try:
            stream = await self._files.open_download_stream(found["file"])
            sealed: bytes = await stream.read()
        except NoFile:
            raise KeyError(photo_id) from None
        return await self._in_pool(partial(self._opened, sealed, photo_id, "file"))

    async def thumbnail(self, photo_id: PhotoId) -> bytes | None:
        """A small JPEG; None for what has none."""
        found = await self._photos.find_one({"_id": photo_id, "ready": True}, {"thumbnail": 1})
        if found is None or not found.get("thumbnail"):
            return None
        return self._opened(bytes(found["thumbnail"]), photo_id, "thumbnail")

    async def show_to_citizen(self, number: str, photo_id: str, *, shown: bool) -> bool:
        """Let the citizen see an official's file, or no longer; False where there is no such file."""
        which = {"_id": photo_id, "number": number, "source": str(Source.OFFICIAL)}
        return (await self._photos.update_one(which, {"$set": {"to_citizen": shown}})).matched_count == 1

    async def send_up(self, number: str, photo_ids: Sequence[PhotoId], how: SentUp) -> None:
        """Let the citizen see an official's files once the answer they came with is given. What they see already they
        go on seeing where they do."""
        which: Document = {"_id": {"$in": [*photo_ids]}, "number": number, "source": str(Source.OFFICIAL)}
        mark = {"after": how.after, "final": how.final}
        anew = {"$set": {"to_citizen": True, "on_its_own": False, "sent_up": [mark]}}
        await self._photos.update_many({**which, "to_citizen": False}, anew)
        await self._photos.update_many({**which, "to_citizen": True}, {"$addToSet": {"sent_up": mark}})

    async def erase_loose(self, account: str, openid: str) -> int:
        """Forget what a citizen gave for a draft; photos of tickets stay with their ticket."""
        return await self._drop({"owner": {"$in": self._owner((account, openid))}, "number": None})

    async def let_go(self, photo_ids: Iterable[PhotoId], *, owner: tuple[str, str]) -> int:
        """Forget loose photos whose form was refused; those a ticket has stay."""
        ids = sorted(set(photo_ids))
        return await self._drop({"_id": {"$in": ids}, "owner": {"$in": self._owner(owner)}, "number": None})

    async def erase_of_ticket(self, number: str) -> int:
        """Forget all photos of a ticket that is itself erased."""
        return await self._drop({"number": number})

    async def tidy(self, now: datetime) -> int:
        """Drop what never found its ticket, and what a crash cut off; returns how many."""
        return await self._drop({"drop_at": {"$lte": now}})

    # ---- writing

    async def _prepared(self, data: bytes, source: Source) -> _Prepared:
        if self._waiting >= _MOST_WAITING:
            raise PhotosBusy(_BUSY)
        return await self._in_pool(partial(_prepare, data, source))

    async def _write(self, photo_id: PhotoId, document: Document, data: bytes, *, now: datetime) -> None:
        """Announce, upload, declare ready: whatever a crash leaves half done is found again by the announcement."""
        sealed = await self._in_pool(partial(self._sealed, data, photo_id, "file"))
        file = ObjectId()
        first = {**document, "ready": False, "uploads": [file], "drop_at": now + _AT_WORK}
        try:
            await self._photos.insert_one({"_id": photo_id, **first})
        except DuplicateKeyError:
            await self._photos.update_one({"_id": photo_id, "ready": False}, {"$push": {"uploads": file}})
        await self._files.upload_from_stream_with_id(file, photo_id, bytes(sealed))
        ready: dict[str, Any] = {"$set": {"ready": True, "file": file}, "$unset": {"uploads": ""}}
        if document["number"] is None:
            ready["$set"]["drop_at"] = now + LOOSE_FOR
        else:
            ready["$unset"]["drop_at"] = ""
        begun = {"_id": photo_id, "ready": False, "going": None}
        before = await self._photos.find_one_and_update(begun, ready)
        # Of several uploads of one picture the first to end is kept.
        needless = [file] if before is None else [one for one in before["uploads"] if one != file]
        await self._delete_files(needless)

    async def _drop(self, which: Document) -> int:
        """Each is marked as going in the moment it still is what is to go: a photo that found its ticket meanwhile stays.
        A mark that a crash left behind is found by the next ``tidy``."""
        dropped = 0
        going = {"$set": {"ready": False, "going": True, "drop_at": _LONG_AGO}}
        for photo_id in [d["_id"] async for d in self._photos.find(which, {"_id": 1})]:
            found = await self._photos.find_one_and_update(
                {"$and": [which, {"_id": photo_id}]}, going, projection={"file": 1, "uploads": 1}
            )
            if found is None:
                continue
            files = [found["file"]] if "file" in found else []
            await self._delete_files([*files, *found.get("uploads", [])])
            dropped += (await self._photos.delete_one({"_id": photo_id, "going": True})).deleted_count
        return dropped

    async def _delete_files(self, files: Sequence[ObjectId]) -> None:
        for file in files:
            try:
                await self._files.delete(file)
            except NoFile:
                continue  # never begun, or deleted by whoever came first

    async def _in_pool(self, work: Callable[[], _Made]) -> _Made:
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(_POOL, work)
        finally:
            self._waiting -= 1

    # ---- sealing

    def _sealed(self, plain: bytes, photo_id: PhotoId, part: str) -> Binary:
        return Binary(self._vault.seal(plain, about=f"photos/{part}/{photo_id}"))

    def _opened(self, sealed: bytes, photo_id: PhotoId, part: str) -> bytes:
        return self._vault.open(sealed, about=f"photos/{part}/{photo_id}")

    def _owner(self, owner: tuple[str, str]) -> list[str]:
        return self._vault.blind_indexes("\x00".join(owner), field="photo_owner")

    def _photo(self, document: Document) -> Photo:
        photo_id, media_type = PhotoId(document["_id"]), document["media_type"]
        name = self._opened(bytes(document["name"]), photo_id, "name") if document.get("name") else b""
        return Photo(
            id=photo_id,
            number=document["number"],
            kind=kind_of(media_type),
            source=Source(document["source"]),
            media_type=media_type,
            size=document["size"],
            width=document["width"],
            height=document["height"],
            at=document["at"],
            name=file_name(name.decode(errors="ignore"), media_type, otherwise="附件") if name else "",
            by=document.get("by", ""),
            to_citizen=document["to_citizen"],
            on_its_own=document.get("on_its_own", True),
            sent_up=tuple(SentUp(one["after"], one["final"]) for one in document.get("sent_up", ())),
        )


def _prepare(data: bytes, source: Source) -> _Prepared:
    """Pictures from anybody, documents from officials, sounds from the platform."""
    if source is Source.WECHAT and (sound := judge_sound(data)):
        return _Prepared(data, sound)
    if source is Source.OFFICIAL and sniff_picture(data) is None:
        return _Prepared(data, judge_document(data))
    clean = clean_picture(data)
    return _Prepared(clean.data, clean.media_type, clean.width, clean.height, clean.thumbnail)
