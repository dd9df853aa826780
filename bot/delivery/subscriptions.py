"""Which subscription messages a citizen agreed to, and how many are left of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import orjson
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.delivery.windows import citizen_indexes
from routing.identity import Vault
from routing.mongo_store import AWARE, Collection, Database, Document

ENDLESS: Final = 1_000_000
"""What is left of a consent given for good."""
_SEEN = 20
"""Events remembered for each consent: the platform delivers one up to three times, within seconds."""
_MOST_LEFT = 50
"""Nobody agrees to more at once; a fault of the platform's must not fill the count."""


class ConsentEvent(StrEnum):
    """What the citizen did, or what sending showed."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SENT = "sent"
    NONE_LEFT = "none_left"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True)
class Consent:
    """What one citizen allows for one template. ``left`` counts one-time consents; ``lasting`` needs no count."""

    left: int = 0
    lasting: bool = False
    rejected: bool = False
    """They said no, the last time they were asked."""
    changed_at: datetime | None = None

    @property
    def allows(self) -> bool:
        return self.lasting or self.left > 0


class SubscriptionStore:
    """Collection ``subscription_consents``: one document per citizen and template, found by a blind index."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._consents: Collection = database.get_collection("subscription_consents", codec_options=AWARE)
        self._vault = vault

    async def prepare(self) -> None:
        await self._consents.create_indexes([IndexModel([("citizen", ASCENDING)])])

    async def left(self, account: str, openid: str, template_id: str) -> int:
        """How many messages may still be sent; ``ENDLESS`` for a consent given for good."""
        found = await self.consent(account, openid, template_id)
        return ENDLESS if found.lasting else found.left

    async def consent(self, account: str, openid: str, template_id: str) -> Consent:
        return (await self.consents(account, openid)).get(template_id, Consent())

    async def consents(self, account: str, openid: str) -> dict[str, Consent]:
        """Everything this citizen agreed to or refused, by template id."""
        indexes = citizen_indexes(self._vault, account, openid)
        cursor = self._consents.find({"citizen": {"$in": indexes}})
        return {document["template_id"]: _consent(document) async for document in cursor}

    async def note(
        self,
        account: str,
        openid: str,
        template_id: str,
        event: ConsentEvent,
        *,
        key: str,
        lasting: bool,
        now: datetime,
    ) -> bool:
        """Write what happened; the same ``key`` again changes nothing and gives False."""
        found = await self._find(account, openid, template_id)
        index = citizen_indexes(self._vault, account, openid)[0]
        _id = found["_id"] if found else _consent_id(index, template_id)
        change = _change(event, lasting=lasting, now=now)
        change["$push"] = {"seen": {"$each": [key], "$slice": -_SEEN}}
        change["$setOnInsert"] = {"citizen": index, "template_id": template_id}
        query: Document = {"_id": _id, "seen": {"$ne": key}, "left": {"$not": {"$gte": _MOST_LEFT}}}
        if event is not ConsentEvent.ACCEPTED:
            del query["left"]
        try:
            result = await self._consents.update_one(query, change, upsert=True)
        except DuplicateKeyError:
            return False  # it is there and has this key already, or is full
        return result.modified_count == 1 or result.upserted_id is not None

    async def take(self, account: str, openid: str, template_id: str) -> bool:
        """Spend one consent before sending; False when none is left."""
        found = await self._find(account, openid, template_id)
        if found is None:
            return False
        if found.get("lasting"):
            return True
        spent = await self._consents.update_one(
            {"_id": found["_id"], "left": {"$gt": 0}}, {"$inc": {"left": -1}}
        )
        return spent.modified_count == 1

    async def give_back(self, account: str, openid: str, template_id: str) -> None:
        """The platform took nothing, so nothing was spent."""
        found = await self._find(account, openid, template_id)
        if found is not None and not found.get("lasting"):
            await self._consents.update_one({"_id": found["_id"]}, {"$inc": {"left": 1}})

    async def none_left(self, account: str, openid: str, template_id: str, *, now: datetime) -> None:
        """43101: whatever was counted, the platform knows of no consent."""
        found = await self._find(account, openid, template_id)
        if found is not None:
            change = {"$set": {"left": 0, "lasting": False, "changed_at": now}}
            await self._consents.update_one({"_id": found["_id"]}, change)

    async def erase(self, account: str, openid: str) -> None:
        """Forget the citizen's choices, as the law asks when they take the authorisation back."""
        indexes = citizen_indexes(self._vault, account, openid)
        await self._consents.delete_many({"citizen": {"$in": indexes}})

    async def _find(self, account: str, openid: str, template_id: str) -> Document | None:
        ids = [_consent_id(index, template_id) for index in citizen_indexes(self._vault, account, openid)]
        return await self._consents.find_one({"_id": {"$in": ids}})


def event_key(fields: Mapping[str, object], item: Mapping[str, object]) -> str:
    """Names one line of one event, however often the platform delivers it."""
    said = {"event": {k: str(v) for k, v in fields.items() if k != "List"}, "item": dict(item)}
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:24]


def _change(event: ConsentEvent, *, lasting: bool, now: datetime) -> dict[str, Any]:
    match event:
        case ConsentEvent.ACCEPTED if lasting:
            return {"$set": {"lasting": True, "rejected": False, "changed_at": now}}
        case ConsentEvent.ACCEPTED:
            return {"$inc": {"left": 1}, "$set": {"rejected": False, "changed_at": now}}
        case ConsentEvent.REJECTED:
            # Refusing one question takes nothing back that was agreed to before, except a consent for good.
            return {"$set": {"lasting": False, "rejected": True, "changed_at": now}}
        case ConsentEvent.NONE_LEFT:
            # They ran out, which is no refusal: they may be asked again.
            return {"$set": {"left": 0, "lasting": False, "changed_at": now}}
        case ConsentEvent.TAKEN_BACK:
            return {"$set": {"left": 0, "lasting": False, "rejected": True, "changed_at": now}}
        case ConsentEvent.SENT:
            return {"$set": {"sent_at": now}}


def _consent(document: Document) -> Consent:
    return Consent(
        left=document.get("left", 0),
        lasting=document.get("lasting", False),
        rejected=document.get("rejected", False),
        changed_at=document.get("changed_at"),
    )


def _consent_id(index: str, template_id: str) -> str:
    return f"{index}:{template_id}"
