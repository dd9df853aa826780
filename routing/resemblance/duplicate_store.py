"""The duplicates of one process: its index kept near the tickets in MongoDB, candidates read with the reader's rights."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING

from routing.citizen_request import Citizen
from routing.departments import UnitId
from routing.errors import UnknownTicket
from routing.identity import Vault, normalise_phone
from routing.mongo_store import AWARE, Collection, Database, Document
from routing.places.gazetteer import Gazetteer
from routing.queries import visible_to
from routing.redaction import redact
from routing.resemblance.duplicate_index import DuplicateIndex, Near, Reported
from routing.resemblance.duplicates import (
    Candidate,
    PlaceRelation,
    place_id_of,
    place_relation,
    shared_phrases,
    verdict_of,
)
from routing.resemblance.likeness import sketch
from routing.workflow import CENTRE_ROLES, Actor, Role, State

WINDOW = timedelta(days=90)
"""How long a closed ticket is a candidate; an open one is one however old."""
MOST_TICKETS = 200_000
MOST_CANDIDATES = 20

_CHUNK, _BULK = 200, 4000
_FRESH = timedelta(seconds=1)
_OVERLAP = timedelta(seconds=30)
"""Writers' clocks differ, and a write shows up a moment after the time it carries."""
_RECONCILE = timedelta(hours=6)
_GONE = frozenset({State.WITHDRAWN, State.REJECTED})
_EXCERPT = 200
_FIELDS: dict[str, int] = dict.fromkeys(("search_text", "place", "state", "open", "received_at"), 1)
_SHOWN: dict[str, int] = dict.fromkeys(
    ("search_text", "place", "state", "received_at", "unit_id", "title", "reply_text", "parent_number"), 1
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request to find the duplicates of. ``text`` is title and text, with a newline between."""

    text: str
    at: datetime
    place: str | None = None
    citizen: Citizen | None = None
    """Who asks; nothing of it is kept."""
    number: str | None = None
    """Its own number, where it is a ticket already."""


class DuplicateFeed:
    """Finds candidates. Every process that is asked for them has one and refreshes it."""

    def __init__(
        self,
        database: Database,
        *,
        vault: Vault,
        gazetteer: Callable[[], Gazetteer],
        window: timedelta = WINDOW,
        most: int = MOST_TICKETS,
    ) -> None:
        self._tickets: Collection = database.get_collection("tickets", codec_options=AWARE)
        self._identities: Collection = database.get_collection("identities", codec_options=AWARE)
        self._vault = vault
        self._gazetteer = gazetteer
        self._window = window
        self._most = most
        self.index = DuplicateIndex()
        self._read_up_to: datetime | None = None
        self._reconcile_at = datetime.min.replace(tzinfo=UTC)
        self._count = 0
        self._filling = asyncio.Lock()

    def __len__(self) -> int:
        return len(self.index)

    # ---- asking

    async def find(
        self, asked: Asked, *, reader: Actor, now: datetime, limit: int = 5
    ) -> tuple[Candidate, ...]:
        """The tickets this reader may see that are most likely the same matter, the likeliest first."""
        await self._freshen(now)
        gazetteer = self._gazetteer()
        text = redact(asked.text)
        place_id = place_id_of(gazetteer, asked.place, text)
        near = self.index.find(
            sketch(text),
            at=asked.at,
            place_id=place_id,
            callers=self._callers(asked.citizen)
            if asked.citizen
            else await self._stored_callers(asked.number),
            gazetteer=gazetteer,
            limit=MOST_CANDIDATES,
            without=asked.number,
        )
        worth = {each.number: each for each in near if verdict_of(each) is not None}
        if not worth:
            return ()
        query: Document = {"$and": [{"_id": {"$in": list(worth)}}, visible_to(reader)]}
        documents = {d["_id"]: d async for d in self._tickets.find(query, _SHOWN)}
        seen = [(worth[number], documents[number]) for number in worth if number in documents][:limit]
        return tuple(self._candidate(one, document, text, place_id, reader) for one, document in seen)

    async def of_ticket(
        self, number: str, *, reader: Actor, now: datetime, limit: int = 5
    ) -> tuple[Candidate, ...]:
        """Those of a ticket; raises ``UnknownTicket`` for what this reader must not know exists."""
        query: Document = {"$and": [{"_id": number}, visible_to(reader)]}
        document = await self._tickets.find_one(query, {"search_text": 1, "place": 1, "received_at": 1})
        if document is None:
            raise UnknownTicket(number)
        asked = Asked(
            text=document.get("search_text") or "",
            at=document["received_at"],
            place=document.get("place"),
            number=number,
        )
        return await self.find(asked, reader=reader, now=now, limit=limit)

    def _candidate(
        self, near: Near, document: Mapping[str, Any], text: str, place_id: str | None, reader: Actor
    ) -> Candidate:
        verdict = verdict_of(near)
        assert verdict is not None, "only those worth a look are read"
        gazetteer, said = self._gazetteer(), document.get("search_text") or ""
        other = place_id_of(gazetteer, document.get("place"), said)
        relation = PlaceRelation.APART if near.apart else place_relation(gazetteer, place_id, other)
        title, _, body = said.partition("\n")
        reply = document.get("reply_text")
        return Candidate(
            number=near.number,
            verdict=verdict,
            chance=near.chance,
            likeness=near.likeness,
            phrases=shared_phrases(text, said, self.index.commonness),
            place=relation,
            place_words=redact(document["place"], home=True) if document.get("place") else None,
            same_caller=near.same_caller if _may_know_callers(reader) else None,
            days=near.days,
            received_at=document["received_at"],
            state=State(document["state"]),
            unit_id=UnitId(document["unit_id"]) if document.get("unit_id") else None,
            parent_number=document.get("parent_number"),
            title=title or None,
            text=body[:_EXCERPT],
            reply=redact(reply)[:_EXCERPT] if reply else None,
        )

    def _callers(self, citizen: Citizen) -> tuple[str, ...]:
        """Every blind index this citizen may be stored under, under the present and earlier keys."""
        found: list[str] = []
        if citizen.phone:
            found += self._vault.blind_indexes(normalise_phone(citizen.phone), field="phone")
        if citizen.openid:
            account = citizen.account or ""
            found += self._vault.blind_indexes(f"{account}\x00{citizen.openid}", field="openid")
        return tuple(found)

    async def _stored_callers(self, number: str | None) -> tuple[str, ...]:
        if number is None:
            return ()
        return (await self.callers_of([number])).get(number, ())

    # ---- filling

    async def prepare(self) -> None:
        """Create the index refreshing reads by; safe to repeat."""
        await self._tickets.create_index([("events.at", ASCENDING)])

    async def refresh(self, now: datetime) -> int:
        """Take in what changed since the last time; the first time everything. Returns how many tickets were read."""
        async with self._filling:
            return await self._refresh(now)

    async def _freshen(self, now: datetime) -> None:
        """Before an answer: a burst of calls about one burst pipe comes within the minute. What others are just
        reading is not waited for."""
        stale = self._read_up_to is not None and now - self._read_up_to >= _FRESH
        if stale and not self._filling.locked():
            await self.refresh(now)

    async def _refresh(self, now: datetime) -> int:
        # Counted before reading: a ticket that comes in between is read now and counted the next time.
        count = await self._tickets.estimated_document_count()
        if self._read_up_to is None or now >= self._reconcile_at:
            return await self._reconcile(now, count)
        changed = await self._tickets.find(
            {"events.at": {"$gte": self._read_up_to - _OVERLAP}}, _FIELDS
        ).to_list(None)
        if not 0 <= count - self._count <= len(changed):
            return await self._reconcile(now, count)  # loaded with their past, or erased
        await self._take_in(changed, now)
        self._read_up_to, self._count = now, count
        return len(changed)

    async def _reconcile(self, now: datetime, count: int) -> int:
        """Bring the index to what the store has: read what is missing, forget what left the window."""
        query: Document = {
            "$or": [{"open": True}, {"received_at": {"$gte": now - self._window}}],
            "state": {"$nin": sorted(_GONE)},
        }
        cursor = self._tickets.find(query, {"_id": 1}).sort("received_at", DESCENDING).limit(self._most)
        wanted = {d["_id"] async for d in cursor}
        for number in self.index.numbers() - wanted:
            self.index.forget(number)
        if self.index.wasteful:
            self.index = DuplicateIndex()
        # The newest first: they are asked for while the rest is still being read.
        missing = sorted(wanted - self.index.numbers(), reverse=True)
        for first in range(0, len(missing), _CHUNK):
            numbers = missing[first : first + _CHUNK]
            documents = await self._tickets.find({"_id": {"$in": numbers}}, _FIELDS).to_list(None)
            await self._take_in(documents, now, fold_at=_BULK)
        self._read_up_to, self._count, self._reconcile_at = now, count, now + _RECONCILE
        return len(missing)

    async def _take_in(self, documents: list[Document], now: datetime, *, fold_at: int | None = None) -> None:
        """Reading texts is work for a thread; messages are answered meanwhile."""
        counting = [each for each in documents if self._counts(each, now)]
        for gone in {each["_id"] for each in documents} - {each["_id"] for each in counting}:
            self.index.forget(gone)
        new = [each for each in counting if each["_id"] not in self.index]
        if not new:
            return
        callers = await self.callers_of([each["_id"] for each in new])
        gazetteer = self._gazetteer()
        await asyncio.to_thread(_put, self.index, new, callers, gazetteer, fold_at)

    def _counts(self, document: Mapping[str, Any], now: datetime) -> bool:
        if document["state"] in _GONE:
            return False
        return bool(document.get("open")) or document["received_at"] >= now - self._window

    async def callers_of(self, numbers: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Number → blind indexes; of an identity nothing else is read."""
        fields = {"phone_index": 1, "openid_index": 1}
        found: dict[str, tuple[str, ...]] = {}
        async for d in self._identities.find({"_id": {"$in": list(numbers)}}, fields):
            found[d["_id"]] = tuple(filter(None, (d.get("phone_index"), d.get("openid_index"))))
        return found


def _put(
    index: DuplicateIndex,
    documents: list[Document],
    callers: Mapping[str, tuple[str, ...]],
    gazetteer: Gazetteer,
    fold_at: int | None,
) -> None:
    reported = (
        Reported(
            number=each["_id"],
            text=each.get("search_text") or "",
            received_at=each["received_at"],
            place_id=place_id_of(gazetteer, each.get("place"), each.get("search_text") or ""),
            callers=callers.get(each["_id"], ()),
        )
        for each in documents
    )
    if fold_at is None:
        index.put_all(reported)
    else:
        index.put_all(reported, fold_at=fold_at)


def _may_know_callers(reader: Actor) -> bool:
    """That two tickets are one person's is half an identity: the centre's to know, no handling unit's."""
    return reader.role is Role.SYSTEM or reader.role in CENTRE_ROLES
