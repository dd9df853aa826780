"""Tickets in MongoDB through motor: one document and one atomic write per save.

Only calls whose move to ``pymongo.AsyncMongoClient`` is mechanical are used (docs/adr/0002).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorCollection, AsyncIOMotorDatabase
from pydantic import TypeAdapter
from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument, UpdateOne
from pymongo.errors import DuplicateKeyError

from routing.citizen_request import Channel
from routing.errors import StaleTicket, UnknownTicket
from routing.redaction import redact
from routing.store import Sweep
from routing.ticket import Ticket
from routing.working_calendar import CHINA

Document = dict[str, Any]
Database = AsyncIOMotorDatabase[Document]
Collection = AsyncIOMotorCollection[Document]

AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Sorts tickets without a running limit behind all others."""

_TICKET = TypeAdapter(Ticket)
_DERIVED = ("_id", "next_deadline_at", "next_outbox_at", "sort_due_at", "open", "search_text")


_NUMBER_PREFIX = len("HY261121")


def format_number(now: datetime, count: int) -> str:
    """``HY2611210012``: China's date, then which ticket of that day it is."""
    return f"HY{now.astimezone(CHINA):%y%m%d}{count:04d}"


def _counter_of(number: str) -> str:
    return f"tickets-{number[2:_NUMBER_PREFIX]}"


def to_document(ticket: Ticket) -> Document:
    """The ticket and the fields queries need, derived here and nowhere else."""
    document: Document = _TICKET.dump_python(ticket)
    document["_id"] = ticket.number
    document["next_deadline_at"] = ticket.next_deadline_at
    document["next_outbox_at"] = ticket.next_outbox_at
    document["sort_due_at"] = ticket.next_due_at or NEVER
    document["open"] = ticket.is_open
    # Redacted, or whoever may only read the redacted text could guess a phone number digit by digit.
    document["search_text"] = redact(f"{ticket.title or ''}\n{ticket.text}")
    return document


def from_document(document: Mapping[str, Any]) -> Ticket:
    return _TICKET.validate_python({k: v for k, v in document.items() if k not in _DERIVED})


class MongoTicketStore:
    """Implements ``routing.store.TicketStore``."""

    def __init__(self, database: Database) -> None:
        self._tickets: Collection = database.get_collection("tickets", codec_options=AWARE)
        self._counters: Collection = database.get_collection("counters")

    async def prepare(self) -> None:
        """Create the indexes; safe to repeat."""
        await self._tickets.create_indexes(
            [
                IndexModel([("channel", ASCENDING), ("external_number", ASCENDING)], unique=True),
                IndexModel([("next_deadline_at", ASCENDING)]),
                IndexModel([("next_outbox_at", ASCENDING)]),
                IndexModel([("unit_id", ASCENDING), ("state", ASCENDING), ("sort_due_at", ASCENDING)]),
                IndexModel([("state", ASCENDING), ("sort_due_at", ASCENDING)]),
                IndexModel([("sort_due_at", ASCENDING), ("_id", ASCENDING)]),
                IndexModel([("received_at", DESCENDING), ("_id", DESCENDING)]),
                IndexModel([("clocks.due_at", ASCENDING)]),
                IndexModel([("rated_at", ASCENDING)]),
            ]
        )

    async def next_number(self, now: datetime) -> str:
        counter = await self._counters.find_one_and_update(
            {"_id": _counter_of(format_number(now, 0))},
            {"$inc": {"last": 1}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        assert counter is not None
        return format_number(now, counter["last"])

    async def reserve_numbers(self, numbers: Iterable[str]) -> None:
        """Never give these again: they came from elsewhere (demo data, restore)."""
        last: dict[str, int] = {}
        for number in numbers:
            counter = _counter_of(number)
            last[counter] = max(last.get(counter, 0), int(number[_NUMBER_PREFIX:]))
        if last:
            await self._counters.bulk_write(
                [
                    UpdateOne({"_id": _id}, {"$max": {"last": count}}, upsert=True)
                    for _id, count in last.items()
                ]
            )

    async def add(self, ticket: Ticket) -> bool:
        ticket.version = ticket.writes = 1
        try:
            await self._tickets.insert_one(to_document(ticket))
        except DuplicateKeyError:
            return False
        return True

    async def add_many(self, tickets: list[Ticket]) -> None:
        """Bulk load of finished histories (demo data, restore)."""
        for ticket in tickets:
            ticket.version = ticket.version or 1
            ticket.writes = ticket.writes or 1
        await self._tickets.insert_many([to_document(t) for t in tickets])

    async def get(self, number: str) -> Ticket:
        document = await self._tickets.find_one({"_id": number})
        if document is None:
            raise UnknownTicket(number)
        return from_document(document)

    async def save(self, ticket: Ticket) -> None:
        read = ticket.writes
        ticket.writes = read + 1
        result = await self._tickets.replace_one({"_id": ticket.number, "writes": read}, to_document(ticket))
        if result.modified_count == 0:
            ticket.writes = read
            raise StaleTicket(ticket.number, ticket.version)

    async def find_by_external_number(self, channel: Channel, external_number: str) -> Ticket | None:
        document = await self._tickets.find_one({"channel": channel, "external_number": external_number})
        return from_document(document) if document else None

    async def numbers_due(self, sweep: Sweep, now: datetime, *, limit: int) -> list[str]:
        # A clock exactly at its due time is not yet overdue; a notice due now is.
        due = {"$lt": now} if sweep is Sweep.DEADLINES else {"$lte": now}
        cursor = self._tickets.find({sweep.value: due}, {"_id": 1}).sort(sweep.value, ASCENDING).limit(limit)
        return [d["_id"] async for d in cursor]

    async def put_off(self, number: str, sweep: Sweep, until: datetime) -> None:
        # The field is derived: the next save of the ticket sets it right again.
        await self._tickets.update_one({"_id": number}, {"$set": {sweep.value: until}})
