"""Tickets in MongoDB through motor: one document and one atomic write per save.

Only calls whose move to ``pymongo.AsyncMongoClient`` is mechanical are used (docs/adr/0002).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorCollection, AsyncIOMotorDatabase
from pydantic import TypeAdapter, ValidationError
from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument, UpdateOne
from pymongo.errors import DuplicateKeyError

from routing.acts.deadlines import OVERDUE_RUNG
from routing.acts.reviews import ReviewKind
from routing.citizen_request import Channel
from routing.clocks import ClockState
from routing.derived_marks import DERIVED as MARKS
from routing.derived_marks import INDEXES as MARK_INDEXES
from routing.derived_marks import MARKED, VERSION, marks_of
from routing.errors import StaleTicket, UnknownTicket
from routing.events import EventKind
from routing.figures.marks import DERIVED as FIGURE_MARKS
from routing.figures.marks import marks_of as figure_marks_of
from routing.figures.queries import FORMER_INDEXES
from routing.figures.queries import INDEXES as FIGURE_INDEXES
from routing.figures.rows import row_of
from routing.redaction import redact
from routing.store import Sweep
from routing.ticket import Ticket
from routing.timing.working_calendar import CHINA
from routing.visit_marks import DERIVED as VISIT_MARKS
from routing.visit_marks import marks_of as visit_marks_of
from routing.workflow import OPEN_STATES

Document = dict[str, Any]
Database = AsyncIOMotorDatabase[Document]
Collection = AsyncIOMotorCollection[Document]

AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Sorts tickets without a running limit behind all others."""

_TICKET = TypeAdapter(Ticket)
_DERIVED = (
    "_id",
    "next_deadline_at",
    "next_outbox_at",
    "next_link_at",
    "next_entry_at",
    "next_callback_at",
    "sort_due_at",
    "open",
    "search_text",
    "concerned",
    *VISIT_MARKS,
    *MARKS,
    *FIGURE_MARKS,
)
_ALWAYS = frozenset({"seq", "kind", "at", "by", "unit_id", "from_unit_id", "text", "clock", "stars"})
"""What every stored event has, empty or not; the fields that few kinds use are left out where they are empty."""

_ALWAYS_OF_NOTICES = frozenset(
    {
        "id",
        "event_seq",
        "audience",
        "channel",
        "state",
        "attempts",
        "next_attempt_at",
        "settled_at",
        "failure",
    }
)
"""Likewise of every stored notice; the ladder's fields are left out until an attempt fills them."""


_BY_UNIT = ("unit_id", "state", "sort_due_at")
BY_UNIT = [*((name, ASCENDING) for name in _BY_UNIT), ("_id", ASCENDING)]
"""The index of what a unit has; counts of the centre are told to use it."""
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
    document["next_link_at"] = ticket.next_link_at
    if ticket.next_entry_at is not None:
        document["next_entry_at"] = ticket.next_entry_at
    if ticket.next_callback_at is not None:
        document["next_callback_at"] = ticket.next_callback_at
    document["sort_due_at"] = ticket.next_due_at or NEVER
    document["open"] = ticket.is_open
    document["concerned"] = sorted(ticket.concerned)
    document["events"] = [
        {name: value for name, value in event.items() if name in _ALWAYS or not _empty(name, value)}
        for event in document["events"]
    ]
    document["outbox"] = [
        {name: value for name, value in entry.items() if name in _ALWAYS_OF_NOTICES or value}
        for entry in document["outbox"]
    ]
    # Redacted, or whoever may only read the redacted text could guess a phone number digit by digit.
    document["search_text"] = redact(f"{ticket.title or ''}\n{ticket.text}")
    document.update(figure_marks_of(row_of(ticket)))
    document.update(visit_marks_of(ticket))
    document.update(marks_of(ticket, document["search_text"]))
    return document


def _marked(document: Document) -> UpdateOne:
    try:
        fields = marks_of(from_document(document), document.get("search_text") or "")
    except ValidationError:
        fields = {MARKED: VERSION}
    return UpdateOne({"_id": document["_id"], "writes": document.get("writes")}, {"$set": fields})


def _empty(name: str, value: Any) -> bool:
    return value is None or value == () or (name == "arbitration" and not value)


def from_document(document: Mapping[str, Any]) -> Ticket:
    """The ticket as saved, today or by an earlier version of this program; ``ValidationError`` for what is no ticket."""
    fields = {name: value for name, value in document.items() if name not in _DERIVED}
    waiting = fields.pop("pending_return", None)
    if waiting:
        fields["reviews"] = [_return_of_old(waiting, fields["events"])]
    clocks = fields.get("clocks")
    if isinstance(clocks, list):
        fields["clocks"] = [_on_the_ladder(clock) for clock in clocks]
    return _TICKET.validate_python(fields)


def _return_of_old(waiting: Document, events: Iterable[Document]) -> Document:
    """A return that waits, from before reviews had a list; who asked stands in the history."""
    asked = next(e for e in reversed(list(events)) if e["kind"] == EventKind.RETURN_REQUESTED)
    return {**waiting, "kind": ReviewKind.RETURN, "by": asked["by"]}


def _on_the_ladder(clock: Document) -> Document:
    """A limit already told as overdue before alarms climbed a ladder: it stands on the rung it was told on."""
    told = clock.get("state") == ClockState.RUNNING and clock.get("alarmed") and not clock.get("rungs")
    return {**clock, "rungs": OVERDUE_RUNG, "next_rung_at": clock["due_at"]} if told else clock


class MongoTicketStore:
    """Implements ``routing.store.TicketStore``."""

    def __init__(self, database: Database) -> None:
        self._tickets: Collection = database.get_collection("tickets", codec_options=AWARE)
        self._counters: Collection = database.get_collection("counters")

    async def prepare(self) -> None:
        """Create the indexes, and drop those they stand for; safe to repeat."""
        standing = set(await self._tickets.index_information())
        for former in standing.intersection(FORMER_INDEXES):
            await self._tickets.drop_index(former)
        await self._tickets.create_indexes(
            [
                IndexModel([("channel", ASCENDING), ("external_number", ASCENDING)], unique=True),
                IndexModel([("next_deadline_at", ASCENDING)]),
                IndexModel([("next_outbox_at", ASCENDING)]),
                IndexModel([("next_link_at", ASCENDING)]),
                IndexModel([("next_entry_at", ASCENDING)], sparse=True),
                IndexModel([("next_callback_at", ASCENDING)], sparse=True),
                # With the number at the end, or every page of a list would sort all it matches.
                *(
                    IndexModel([*((name, ASCENDING) for name in names), ("_id", ASCENDING)])
                    for names in (
                        ("concerned", "state", "sort_due_at"),
                        _BY_UNIT,
                        ("state", "sort_due_at"),
                    )
                ),
                IndexModel([("sort_due_at", ASCENDING), ("_id", ASCENDING)]),
                *(
                    IndexModel([*whose, ("received_at", DESCENDING), ("_id", DESCENDING)])
                    for whose in ((), (("unit_id", ASCENDING),), (("concerned", ASCENDING),))
                ),
                # A ticket without a review has none of these fields: the index holds what waits and nothing else.
                IndexModel(
                    [("reviews.asked_at", ASCENDING), ("_id", ASCENDING)],
                    partialFilterExpression={"reviews.asked_at": {"$exists": True}},
                ),
                # Which profiles open tickets go by is asked without reading them.
                IndexModel(
                    [("open", ASCENDING), ("profile", ASCENDING)], partialFilterExpression={"open": True}
                ),
                IndexModel([("outbox.message_id", ASCENDING)], sparse=True),
                IndexModel([("outbox.planned_at", DESCENDING)], sparse=True),
                *FIGURE_INDEXES,
                *MARK_INDEXES,
            ]
        )
        await self._put_on_the_ladder()

    async def _put_on_the_ladder(self) -> None:
        """Have the worker look again at what was overdue before alarms climbed; each save then derives it anew."""
        await self._tickets.update_many(
            {
                "state": {"$in": sorted(OPEN_STATES)},
                "clocks": {
                    "$elemMatch": {"state": ClockState.RUNNING, "alarmed": True, "rungs": {"$in": [None, 0]}}
                },
            },
            [{"$set": {"next_deadline_at": {"$min": ["$next_deadline_at", "$sort_due_at"]}}}],
        )

    async def catch_up(self, *, limit: int = 500) -> int:
        """Write the marks of up to ``limit`` tickets an earlier version saved; how many were looked at. One that cannot
        be read is passed over, and one saved meanwhile has its own."""
        found = await self._tickets.find({MARKED: {"$ne": VERSION}}).limit(limit).to_list(limit)
        if found:
            updates = await asyncio.to_thread(lambda: [_marked(document) for document in found])
            await self._tickets.bulk_write(updates, ordered=False)
        return len(found)

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

    async def find_by_message(self, message_id: str) -> str | None:
        document = await self._tickets.find_one({"outbox.message_id": message_id}, {"_id": 1})
        return document["_id"] if document else None

    async def numbers_due(self, sweep: Sweep, now: datetime, *, limit: int) -> list[str]:
        # A clock exactly at its due time is not yet overdue; a notice due now is.
        due = {"$lt": now} if sweep is Sweep.DEADLINES else {"$lte": now}
        cursor = self._tickets.find({sweep.value: due}, {"_id": 1}).sort(sweep.value, ASCENDING).limit(limit)
        return [d["_id"] async for d in cursor]

    async def put_off(self, number: str, sweep: Sweep, until: datetime) -> None:
        # The field is derived: the next save of the ticket sets it right again.
        await self._tickets.update_one({"_id": number}, {"$set": {sweep.value: until}})
