"""The identity vault in MongoDB, and the tamper-evident log of who opened it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime

import orjson
import structlog
from pydantic import TypeAdapter
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from routing.citizen_request import Citizen
from routing.errors import UnknownTicket
from routing.identity import MaskedCitizen, Vault, mask_name, mask_phone, normalise_phone
from routing.mongo_store import AWARE, Collection, Database, Document
from routing.workflow import Actor

log = structlog.get_logger(__name__)

_CITIZEN = TypeAdapter(Citizen)


@dataclass(frozen=True, slots=True)
class IdentityRead:
    """One line of the log: who opened whose identity, when and why."""

    seq: int
    at: datetime
    actor_id: str
    actor_name: str
    role: str
    number: str
    reason: str


class MongoIdentityStore:
    """Implements ``routing.store.IdentityStore``. Masked forms are written once, so that showing them opens nothing."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._identities: Collection = database.get_collection("identities", codec_options=AWARE)
        self._reads: Collection = database.get_collection("identity_reads", codec_options=AWARE)
        self._vault = vault

    async def prepare(self) -> None:
        await self._identities.create_indexes(
            [
                IndexModel([("openid_index", ASCENDING), ("_id", DESCENDING)], sparse=True),
                IndexModel([("phone_index", ASCENDING)], sparse=True),
                IndexModel([("waiting", ASCENDING)], sparse=True),
            ]
        )
        await self._reads.create_indexes([IndexModel([("number", ASCENDING)])])

    def document(self, number: str, citizen: Citizen) -> Document:
        """What is stored for one ticket's citizen."""
        document: Document = {
            "_id": number,
            "sealed": self._vault.seal(_CITIZEN.dump_json(citizen), about=_about(number)),
            "masked_name": mask_name(citizen.name),
            "masked_phone": mask_phone(citizen.phone),
            "on_wechat": citizen.openid is not None,
        }
        if citizen.openid:
            document["openid_index"] = self._openid_index(citizen.account or "", citizen.openid)
        if citizen.phone:
            document["phone_index"] = self._vault.blind_index(normalise_phone(citizen.phone), field="phone")
        return document

    async def put(self, number: str, citizen: Citizen) -> None:
        await self._identities.replace_one({"_id": number}, self.document(number, citizen), upsert=True)

    async def put_many(self, citizens: dict[str, Citizen]) -> None:
        """Bulk load beside ``MongoTicketStore.add_many``."""
        await self._identities.insert_many([self.document(n, c) for n, c in citizens.items()])

    async def note_waiting(self, number: str) -> None:
        await self._identities.update_one({"_id": number}, {"$set": {"waiting": True}})

    async def take_waiting(self, *, account: str, openid: str) -> list[str]:
        indexes = self._vault.blind_indexes(f"{account}\x00{openid}", field="openid")
        query: Document = {"openid_index": {"$in": indexes}, "waiting": True}
        numbers = [d["_id"] async for d in self._identities.find(query, {"_id": 1})]
        if numbers:
            await self._identities.update_many({"_id": {"$in": numbers}}, {"$unset": {"waiting": ""}})
        return numbers

    async def waiting_indexes(self) -> AsyncIterator[str]:
        """The blind index of every citizen for whose next message something waits."""
        query: Document = {"waiting": True, "openid_index": {"$type": "string"}}
        async for document in self._identities.find(query, {"openid_index": 1}):
            yield document["openid_index"]

    async def discard(self, number: str) -> None:
        """Forget an identity whose ticket never came to be."""
        await self._identities.delete_one({"_id": number})

    async def read(self, number: str, *, reader: Actor, reason: str, now: datetime) -> Citizen:
        document = await self._identities.find_one({"_id": number})
        if document is None:
            raise UnknownTicket(number)
        await self._log_read(number, reader=reader, reason=reason, now=now)
        return _CITIZEN.validate_json(self._vault.open(document["sealed"], about=_about(number)))

    async def masked(self, number: str) -> MaskedCitizen:
        document = await self._identities.find_one({"_id": number}, {"sealed": 0}) or {}
        return MaskedCitizen(
            document.get("masked_name"), document.get("masked_phone"), document.get("on_wechat", False)
        )

    async def to_conceal(self, numbers: Iterable[str]) -> dict[str, Citizen]:
        found = self._identities.find({"_id": {"$in": sorted(numbers)}}, {"sealed": 1})
        return {
            d["_id"]: _CITIZEN.validate_json(self._vault.open(d["sealed"], about=_about(d["_id"])))
            async for d in found
        }

    async def numbers_of(self, *, account: str, openid: str, limit: int) -> list[str]:
        indexes = self._vault.blind_indexes(f"{account}\x00{openid}", field="openid")
        cursor = self._identities.find({"openid_index": {"$in": indexes}}, {"_id": 1})
        cursor = cursor.sort("_id", DESCENDING)
        return [d["_id"] async for d in cursor.limit(limit)]

    async def numbers_of_phone(self, phone: str, *, limit: int) -> list[str]:
        """Ticket numbers filed with one telephone number, newest first; no identity is opened."""
        indexes = self._vault.blind_indexes(normalise_phone(phone), field="phone")
        cursor = self._identities.find({"phone_index": {"$in": indexes}}, {"_id": 1})
        cursor = cursor.sort("_id", DESCENDING)
        return [d["_id"] async for d in cursor.limit(limit)]

    async def reads(
        self, *, number: str | None = None, before: int | None = None, limit: int = 200
    ) -> AsyncIterator[IdentityRead]:
        """The log for the auditor, newest first, from the line before seq ``before``."""
        query: Document = {"number": number} if number else {}
        if before is not None:
            query["_id"] = {"$lt": before}
        async for d in self._reads.find(query).sort("_id", DESCENDING).limit(limit):
            yield IdentityRead(
                d["_id"], d["at"], d["actor_id"], d["actor_name"], d["role"], d["number"], d["reason"]
            )

    async def first_broken_read(self) -> int | None:
        """The seq of the first log line that was altered, or follows one that was removed; None when intact."""
        before, expected = "", 1
        async for document in self._reads.find().sort("_id", ASCENDING):
            if document["_id"] != expected or document["chain"] not in self._chains(document, before):
                return expected
            before, expected = document["chain"], expected + 1
        return None

    async def _log_read(self, number: str, *, reader: Actor, reason: str, now: datetime) -> None:
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        while True:
            last = await self._reads.find_one(sort=[("_id", DESCENDING)])
            document: Document = {
                "_id": last["_id"] + 1 if last else 1,
                "at": now,
                "actor_id": reader.id,
                "actor_name": reader.name,
                "role": str(reader.role),
                "number": number,
                "reason": reason,
            }
            document["chain"] = self._chains(document, last["chain"] if last else "")[0]
            try:
                await self._reads.insert_one(document)
            except DuplicateKeyError:
                continue  # another read took this seq: chain behind it
            # Lines cut off the end of the log can only be missed by comparing with what was written elsewhere.
            log.info("identity read", seq=document["_id"], chain=document["chain"][:16])
            return

    def _chains(self, document: Document, before: str) -> list[str]:
        """A keyed hash over the line and its predecessor, under each key: whoever alters a line must hold one."""
        line = {k: v for k, v in document.items() if k != "chain"}
        return self._vault.blind_indexes(
            before + orjson.dumps(line, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z).decode(),
            field="identity_reads",
        )

    def _openid_index(self, account: str, openid: str) -> str:
        return self._vault.blind_index(f"{account}\x00{openid}", field="openid")


def _about(number: str) -> str:
    return f"identities/citizen/{number}"
