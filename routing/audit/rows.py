"""Reads what the audit counts: one flat row a ticket, with the reader's rights in the query."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from pydantic import ValidationError
from pymongo import DESCENDING

from routing.audit.checks import AuditRow
from routing.audit.marks import mark_of, row_of_mark
from routing.citizen_request import Channel
from routing.departments import UnitId
from routing.derived_marks import AUDIT, BY_RECEIPT, is_behind
from routing.figures.counting import Period
from routing.mongo_store import AWARE, Collection, Database, Document, from_document
from routing.queries import visible_to
from routing.workflow import Actor

MOST_ROWS = 100_000
"""More than a city's month; the newest are taken when there are more."""
_CHUNK = 2000
"""Rows read at a time: decoding them keeps the event loop waiting for some milliseconds, not for seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Tickets received in the period; every further field narrows."""

    period: Period
    unit_id: UnitId | None = None
    """The unit that has the ticket, or that the machine thought of first."""
    channel: Channel | None = None

    def takes(self, row: AuditRow) -> bool:
        """Whether unit and channel are those asked for; the period is the database's to look at."""
        by_unit = self.unit_id is None or self.unit_id in (row.unit_id, row.first)
        return by_unit and self.channel in (None, row.channel)


@dataclass(frozen=True, slots=True)
class Found:
    """``complete`` False: there were more than one look takes, and these are the newest."""

    rows: tuple[AuditRow, ...]
    complete: bool


class AuditRows:
    """Reads of the ``tickets`` collection for the audit; a ticket outside the reader's units is as good as absent."""

    def __init__(self, database: Database) -> None:
        self._tickets: Collection = database.get_collection("tickets", codec_options=AWARE)

    async def find(self, filter_: AuditFilter, *, reader: Actor, limit: int = MOST_ROWS) -> Found:
        """Newest first, of the newest ``limit`` of the period; off the index, without one ticket being read."""
        period = filter_.period
        query = {"received_at": {"$gte": period.since, "$lt": period.until}, **visible_to(reader)}
        behind = await is_behind(self._tickets)
        wanted = None if behind else {"received_at": 1, "unit_id": 1, AUDIT: 1}
        cursor = self._tickets.find(query, wanted, batch_size=_CHUNK).hint(BY_RECEIPT)
        cursor = cursor.sort([("received_at", DESCENDING), ("_id", DESCENDING)]).limit(limit + 1)
        read = _rows_of_tickets if behind else _rows
        rows: list[AuditRow] = []
        while documents := await cursor.to_list(_CHUNK):
            rows += await asyncio.to_thread(read, documents)
        narrowed = filter_.unit_id is not None or filter_.channel is not None
        found = [row for row in rows[:limit] if filter_.takes(row)] if narrowed else rows[:limit]
        return Found(tuple(found), complete=len(rows) <= limit)


def _rows(documents: list[Document]) -> list[AuditRow]:
    return [
        row_of_mark(d["_id"], d["received_at"], d.get("unit_id"), d[AUDIT]) for d in documents if d.get(AUDIT)
    ]


def _rows_of_tickets(documents: list[Document]) -> list[AuditRow]:
    """Of tickets an earlier version saved, until they are marked."""
    rows = []
    for document in documents:
        with contextlib.suppress(ValidationError):
            ticket = from_document(document)
            rows.append(row_of_mark(ticket.number, ticket.received_at, ticket.unit_id, mark_of(ticket)))
    return rows
