"""Which photos belong to which ticket, and which of them are still to be fetched from the platform.

One collection for both: the row that makes a photo part of a ticket is the order to fetch it, so that no crash
between the two can lose one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import structlog
from bson.binary import Binary
from pydantic import TypeAdapter, ValidationError
from pymongo import ASCENDING, IndexModel, ReturnDocument

from bot.photos.kinds import PhotoId
from bot.talk.session import Picture
from routing.identity import SealBroken, Vault
from routing.mongo_store import AWARE, Collection, Database, Document

log = structlog.get_logger(__name__)

CLAIM: Final = timedelta(minutes=2)
"""Whoever fetches has this long; then another worker takes over."""
GIVE_UP_AFTER: Final = timedelta(days=4)
"""The platform keeps a file for three days from the message on, and says itself when it is over."""
_UNREADABLE_FOR: Final = timedelta(hours=6)

_PICTURE = TypeAdapter(Picture)


class FetchState(StrEnum):
    """What became of the file behind a photo's name."""

    WAITING = "waiting"
    KEPT = "kept"
    EXPIRED = "expired"
    """The platform no longer has it, or never gave it."""
    REFUSED = "refused"
    """It came, and is no picture we can keep."""


@dataclass(frozen=True, slots=True)
class ShelfRow:
    """One photo of a ticket, or one voice message nobody could read: the ``place``-th of its kind that the citizen
    sent, counted from 1."""

    place: int
    state: FetchState
    photo: PhotoId | None
    at: datetime
    voice: bool = False


@dataclass(frozen=True, slots=True)
class ToFetch:
    """One photo that is claimed for fetching."""

    key: str
    number: str
    account: str
    picture: Picture
    at: datetime
    order: int
    attempts: int
    """Counted with this one."""


class PictureShelf:
    """Collection ``ticket_pictures``: what the platform calls each photo is sealed; rows keep the order they came in."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._pictures: Collection = database.get_collection("ticket_pictures", codec_options=AWARE)
        self._vault = vault

    async def prepare(self) -> None:
        await self._pictures.create_indexes(
            [
                IndexModel([("number", ASCENDING), ("at", ASCENDING)]),
                IndexModel([("due_at", ASCENDING)], sparse=True),
                IndexModel([("to_tell", ASCENDING)], sparse=True),
            ]
        )

    async def put(
        self,
        number: str,
        pictures: tuple[Picture, ...],
        *,
        now: datetime,
        account: str = "",
        voices: tuple[Picture, ...] = (),
    ) -> None:
        """Idempotent by ticket and photo; each is to be fetched through ``account`` from now on. ``voices`` are voice
        messages the platform did not recognise: somebody may listen to them."""
        for place, picture in enumerate((*pictures, *voices)):
            keys = self._vault.blind_indexes(f"{number}\x00{picture.media_id}", field="ticket_pictures")
            if len(keys) > 1 and await self._pictures.find_one({"_id": {"$in": keys[1:]}}, {"_id": 1}):
                continue  # put before the key was rotated
            sealed = self._vault.seal(_PICTURE.dump_json(picture), about=f"ticket_pictures.{number}")
            fields = {
                "number": number,
                "account": account,
                "sealed": Binary(sealed),
                "at": now,
                "place": place,
                "state": str(FetchState.WAITING),
                "due_at": now,
                "attempts": 0,
                "voice": place >= len(pictures),
            }
            await self._pictures.update_one({"_id": keys[0]}, {"$setOnInsert": fields}, upsert=True)

    async def of_ticket(self, number: str) -> list[Picture]:
        """What the platform calls the photos of a ticket."""
        cursor = self._pictures.find({"number": number}).sort(_ORDER)
        return [self._open(document) async for document in cursor]

    async def rows(self, number: str) -> list[ShelfRow]:
        """How far each photo of a ticket has come, in order."""
        found = await self._pictures.find({"number": number}, {"sealed": 0}).sort(_ORDER).to_list(length=None)
        counted: Counter[bool] = Counter()
        rows = []
        for document in found:
            voice = document.get("voice", False)
            counted[voice] += 1
            # Rows from before photos were fetched have no state: their files are long gone.
            state = FetchState(document.get("state", FetchState.EXPIRED))
            rows.append(ShelfRow(counted[voice], state, document.get("photo"), document["at"], voice))
        return rows

    # ---- the fetching

    async def claim(self, now: datetime) -> ToFetch | None:
        """The photo longest due, for the caller alone while ``CLAIM`` lasts; None when none is due."""
        while True:
            document = await self._pictures.find_one_and_update(
                {"due_at": {"$lte": now}},
                {"$set": {"due_at": now + CLAIM}, "$inc": {"attempts": 1}},
                sort=[("due_at", ASCENDING)],
                return_document=ReturnDocument.AFTER,
            )
            if document is None:
                return None
            try:
                picture = self._open(document)
            except (SealBroken, ValidationError) as error:
                # The key it was sealed with may come back with the next start.
                log.error("photo's name unreadable", error=type(error).__name__)
                if now - document["at"] < GIVE_UP_AFTER:
                    await self.postpone(document["_id"], until=now + _UNREADABLE_FOR)
                else:
                    await self.lost(document["_id"], FetchState.EXPIRED)
                continue
            return ToFetch(
                key=document["_id"],
                number=document["number"],
                account=document.get("account", ""),
                picture=picture,
                at=document["at"],
                order=document["place"],
                attempts=document["attempts"],
            )

    async def postpone(self, key: str, *, until: datetime) -> None:
        """Not this time; ``claim`` gives it out again from ``until`` on."""
        await self._pictures.update_one(
            {"_id": key, "due_at": {"$exists": True}}, {"$set": {"due_at": until}}
        )

    async def kept(self, key: str, photo: PhotoId) -> None:
        await self._settle(key, {"state": str(FetchState.KEPT), "photo": photo})

    async def lost(self, key: str, state: FetchState) -> None:
        """The file will never come; whoever handles the ticket is to be told."""
        await self._settle(key, {"state": str(state), "to_tell": True})

    async def to_tell(self, *, limit: int = 100) -> list[str]:
        """Tickets whose people do not yet know that a photo is missing."""
        found = await self._pictures.find({"to_tell": True}, {"number": 1}).limit(limit).to_list(length=limit)
        return sorted({document["number"] for document in found})

    async def told(self, number: str) -> None:
        await self._pictures.update_many({"number": number, "to_tell": True}, {"$unset": {"to_tell": ""}})

    async def _settle(self, key: str, fields: Document) -> None:
        await self._pictures.update_one({"_id": key}, {"$set": fields, "$unset": {"due_at": ""}})

    def _open(self, document: Document) -> Picture:
        about = f"ticket_pictures.{document['number']}"
        return _PICTURE.validate_json(self._vault.open(bytes(document["sealed"]), about=about))


_ORDER: Final = [("at", ASCENDING), ("place", ASCENDING)]
