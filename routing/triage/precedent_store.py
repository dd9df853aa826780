"""The precedents of one process, filled from the tickets in MongoDB and kept near them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING

from routing.acts.reviews import ReviewKind
from routing.departments import UnitId
from routing.mongo_store import AWARE, Collection, Database, Document
from routing.timing.working_calendar import CHINA
from routing.triage.precedents import (
    MOST_TICKETS,
    MOST_WAITING,
    WINDOW,
    PastTicket,
    Precedents,
    PrecedentSummary,
)
from routing.workflow import State

TAKEN_ON = frozenset({State.ACCEPTED, State.REPLIED, State.RESOLVED, State.ARCHIVED})
"""A unit signed for it: what the machine dispatched and nobody has looked at yet is no precedent."""

_CHUNK, _BULK = 200, 5000
_ANEW_AFTER = timedelta(days=1)
"""How often everything is read again: tickets leave the window."""
_OVERLAP = timedelta(minutes=2)
"""Writers' clocks differ, and a write shows up a moment after the time it carries."""
_FIELDS = dict.fromkeys(
    ("search_text", "unit_id", "state", "received_at", "pending_return.unit_id", "reviews.kind"), 1
)


class PrecedentFeed:
    """Implements ``routing.service_desk.FindsPrecedents``. Every process that triages has one and refreshes it."""

    def __init__(self, database: Database, *, most: int = MOST_TICKETS, window: timedelta = WINDOW) -> None:
        self._tickets: Collection = database.get_collection("tickets", codec_options=AWARE)
        self._most = most
        self._window = window
        self._precedents = Precedents(window=window)
        self._read_up_to: datetime | None = None
        self._anew_at = datetime.min.replace(tzinfo=UTC)
        self._count = 0

    def __len__(self) -> int:
        return len(self._precedents)

    def find(self, text: str, *, on: date) -> PrecedentSummary | None:
        """See ``Precedents.find``; None until the first ``refresh`` is through."""
        return self._precedents.find(text, on=on)

    async def prepare(self) -> None:
        """Create the index refreshing reads by; safe to repeat."""
        await self._tickets.create_index([("events.at", ASCENDING)])

    async def refresh(self, now: datetime) -> int:
        """Take in what changed since the last time; the first time, and once a day, everything.

        Returns how many tickets were read. The work is done in threads, a few hundred tickets at a time.
        """
        # Counted before reading: a ticket that comes in between is read now and counted the next time.
        count = await self._tickets.estimated_document_count()
        if self._read_up_to is None or now >= self._anew_at:
            return await self._read_all(now, count)
        changed = await self._tickets.find(
            {"events.at": {"$gte": self._read_up_to - _OVERLAP}}, _FIELDS
        ).to_list(None)
        if not 0 <= count - self._count <= len(changed):
            # More tickets than news of them (loaded with their past), or fewer than there were (erased).
            return await self._read_all(now, count)
        await asyncio.to_thread(_take_in, self._precedents, changed)
        self._read_up_to, self._count = now, count
        return len(changed)

    async def _read_all(self, now: datetime, count: int) -> int:
        fresh = Precedents(window=self._window)
        query: Document = {
            "state": {"$in": sorted(TAKEN_ON)},
            "received_at": {"$gte": now - self._window, "$lte": now},
        }
        cursor = self._tickets.find(query, _FIELDS).sort("received_at", DESCENDING).limit(self._most)
        read = 0
        while chunk := await cursor.to_list(_CHUNK):
            await asyncio.to_thread(_take_in, fresh, chunk, fold_at=_BULK)
            read += len(chunk)
        await asyncio.to_thread(fresh.fold)
        self._precedents, self._read_up_to, self._anew_at = fresh, now, now + _ANEW_AFTER
        self._count = count
        return read


def _take_in(precedents: Precedents, documents: list[Document], *, fold_at: int = MOST_WAITING) -> None:
    for document in documents:
        if not _counts(document):
            precedents.forget(document["_id"])
    precedents.put_all((_past(each) for each in documents if _counts(each)), fold_at=fold_at)


def _counts(document: Mapping[str, Any]) -> bool:
    """A unit has signed for the ticket and does not ask to give it back."""
    return (
        document["state"] in TAKEN_ON
        and document.get("unit_id") is not None
        and not document.get("pending_return")
        and not any(review["kind"] == ReviewKind.RETURN for review in document.get("reviews", ()))
    )


def _past(document: Mapping[str, Any]) -> PastTicket:
    return PastTicket(
        number=document["_id"],
        text=document.get("search_text") or "",
        unit_id=UnitId(document["unit_id"]),
        received_on=document["received_at"].astimezone(CHINA).date(),
    )
