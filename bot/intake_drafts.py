"""What an operator wrote down and has not registered yet: sealed, the operator's own, gone after a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from pymongo import DESCENDING, IndexModel

from routing.identity import SealBroken, Vault
from routing.mongo_store import AWARE, Collection, Database, Document

KEPT = timedelta(hours=24)
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class IntakeDraft:
    """``key`` is the form's own: registering it twice, from a draft or not, gives one ticket."""

    key: str
    saved_at: datetime
    fields: Mapping[str, str]


class IntakeDrafts:
    """Collection ``intake_drafts``. It holds who called, so nothing of it stands there in the clear."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._drafts: Collection = database.get_collection("intake_drafts", codec_options=AWARE)
        self._vault = vault

    async def prepare(self) -> None:
        """Create the indexes; safe to repeat."""
        expiry = IndexModel([("saved_at", DESCENDING)], expireAfterSeconds=int(KEPT.total_seconds()))
        await self._drafts.create_indexes(
            [expiry, IndexModel([("by", DESCENDING), ("saved_at", DESCENDING)])]
        )

    async def save(self, draft: IntakeDraft, *, by: str) -> None:
        """Under its key, over what was saved there before."""
        name = _name(by, draft.key)
        document = {
            "_id": name,
            "by": by,
            "key": draft.key,
            "saved_at": draft.saved_at,
            "sealed": self._vault.seal(orjson.dumps(dict(draft.fields)), about=_about(name)),
        }
        await self._drafts.replace_one({"_id": name}, document, upsert=True)

    async def of(self, by: str, *, now: datetime) -> list[IntakeDraft]:
        """Those of an operator, the newest first. The database takes its time to forget what is over."""
        found = self._drafts.find({"by": by, "saved_at": {"$gt": now - KEPT}})
        opened = [
            self._open(document) async for document in found.sort("saved_at", DESCENDING).limit(MOST_SHOWN)
        ]
        return [draft for draft in opened if draft is not None]

    async def find(self, key: str, *, by: str, now: datetime) -> IntakeDraft | None:
        """None for what is over, and for another operator's."""
        document = await self._drafts.find_one({"_id": _name(by, key), "saved_at": {"$gt": now - KEPT}})
        return self._open(document) if document else None

    def _open(self, document: Document) -> IntakeDraft | None:
        """None for what was sealed under a key that is loaded no more; it is gone within the day."""
        try:
            plain = self._vault.open(bytes(document["sealed"]), about=_about(document["_id"]))
        except SealBroken:
            return None
        return IntakeDraft(document["key"], document["saved_at"], orjson.loads(plain))

    async def drop(self, key: str, *, by: str) -> None:
        await self._drafts.delete_one({"_id": _name(by, key)})


def _name(by: str, key: str) -> str:
    return f"{by}/{key}"


def _about(name: str) -> str:
    return f"intake_drafts/{name}"
