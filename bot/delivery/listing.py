"""The delivery ledger as a list, read from the tickets' own outboxes: there is no second copy that could differ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from pymongo.errors import ExecutionTimeout

from bot.delivery.ladder import NO_WAY
from routing.errors import SearchTooWide
from routing.events import Audience, EventKind, NoticeState, OutboxEntry, Rung
from routing.mongo_store import AWARE, Collection, Database, Document
from routing.queries import visible_to
from routing.workflow import Actor, Role

PAGE_SIZE = 50
_ENTRY = TypeAdapter(OutboxEntry)
_BOUND_MS = 5000
_FIRST_REACH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a page ends: the next one begins behind it."""

    planned_at: datetime
    entry_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody wants to see: notices planned from ``since`` until before ``until``, to citizens or the platform."""

    since: datetime
    until: datetime
    state: NoticeState | None = None
    rung: Rung | None = None
    number: str | None = None
    audience: Audience = Audience.CITIZEN


@dataclass(frozen=True, slots=True)
class Row:
    """One notice. It carries no text and no citizen."""

    number: str
    about: EventKind
    entry: OutboxEntry


class DeliveryLedger:
    """Reads of the ``tickets`` collection."""

    def __init__(self, database: Database) -> None:
        self._tickets: Collection = database.get_collection("tickets", codec_options=AWARE)

    async def page(
        self, wanted: Wanted, *, reader: Actor, after: Mark | None = None, limit: int = PAGE_SIZE
    ) -> tuple[list[Row], Mark | None]:
        """The newest first, and where the next page begins; None at the end."""
        until = min(wanted.until, after.planned_at + timedelta(milliseconds=1)) if after else wanted.until
        found: list[Document] = []
        reach = _FIRST_REACH
        while True:
            # The newest are wanted: most often they are found without a look at the whole period.
            since = max(wanted.since, until - reach)
            found = await self._aggregate(_newest(replace(wanted, since=since), reader, until, after, limit))
            if len(found) > limit or since <= wanted.since:
                break
            reach *= 6
        rows = [Row(d["_id"], EventKind(d["about"]), _ENTRY.validate_python(d["entry"])) for d in found]
        if len(rows) <= limit:
            return rows, None
        last = rows[limit - 1].entry
        assert last.planned_at is not None, "it was asked for by that time"
        return rows[:limit], Mark(last.planned_at, last.id)

    async def counts(self, wanted: Wanted, *, reader: Actor) -> dict[NoticeState, int]:
        """How many notices stand where, whatever state was asked for."""
        every = replace(wanted, state=None)
        steps = [
            *_entries(every, reader, every.until),
            {"$group": {"_id": "$entry.state", "count": {"$sum": 1}}},
        ]
        found = await self._aggregate(steps)
        return {NoticeState(d["_id"]): d["count"] for d in found}

    async def _aggregate(self, steps: list[dict[str, Any]]) -> list[Document]:
        try:
            return await self._tickets.aggregate(steps, maxTimeMS=_BOUND_MS).to_list(length=None)
        except ExecutionTimeout:
            raise SearchTooWide from None


def _newest(
    wanted: Wanted, reader: Actor, until: datetime, after: Mark | None, limit: int
) -> list[dict[str, Any]]:
    steps = _entries(wanted, reader, until)
    if after is not None:
        behind = [
            {"entry.planned_at": {"$lt": after.planned_at}},
            {"entry.planned_at": after.planned_at, "entry.id": {"$lt": after.entry_id}},
        ]
        steps.append({"$match": {"$or": behind}})
    return [*steps, {"$sort": {"entry.planned_at": -1, "entry.id": -1}}, {"$limit": limit + 1}]


def _entries(wanted: Wanted, reader: Actor, until: datetime) -> list[dict[str, Any]]:
    """One document for each notice wanted: the ticket's number, the event's kind, the notice."""
    entry: Document = {
        "planned_at": {"$gte": wanted.since, "$lt": until},
        "audience": wanted.audience,
    }
    if wanted.state is not None:
        entry["state"] = wanted.state
    if wanted.rung is not None:
        entry["rung"] = wanted.rung
    query: Document = {"outbox": {"$elemMatch": entry}}
    if wanted.number:
        query["_id"] = wanted.number
    else:
        # Who left no number, or wants no texts, missed nothing that could have been sent: on the ticket's own list alone.
        entry["failure"] = {"$nin": [*NO_WAY]}
    if reader.role is not Role.ADMINISTRATOR:
        # An administrator sees that notices fail, of every ticket, and nothing of any.
        query = {"$and": [query, visible_to(reader)]}
    return [
        {"$match": query},
        {"$project": {"entry": "$outbox", "kinds": "$events.kind"}},
        {"$unwind": "$entry"},
        {"$match": {f"entry.{name}": value for name, value in entry.items()}},
        {
            "$project": {
                "entry": 1,
                "about": {"$arrayElemAt": ["$kinds", {"$subtract": ["$entry.event_seq", 1]}]},
            }
        },
    ]
