"""Reads what the audit counts: one flat row a ticket the reader may know."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

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
_CHUNK = 5000
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
        query = {"received_at": {"$gte": period.since, "$lt": period.until}}
        behind = await is_behind(self._tickets)
        cursor = self._tickets.find(query, None if behind else {"_id": 0, AUDIT: 1}, batch_size=_CHUNK)
        cursor = cursor.hint(BY_RECEIPT).sort([("received_at", DESCENDING), ("_id", DESCENDING)])
        read = _rows_of_tickets if behind else _rows
        rows: list[AuditRow] = []
        async for documents in _chunks(cursor.limit(limit + 1)):
            rows += await asyncio.to_thread(read, documents)
        # Rights are looked at here: a list of units in the query has MongoDB search the index anew for each of them
        # at each moment, which takes longer than to read it from end to end.
        theirs = visible_to(reader).get("unit_id", {}).get("$in")
        found = rows[:limit]
        if theirs is not None:
            units = frozenset(theirs)
            found = [row for row in found if row.unit_id in units]
        if filter_.unit_id is not None or filter_.channel is not None:
            found = [row for row in found if filter_.takes(row)]
        return Found(tuple(found), complete=len(rows) <= limit)


async def _chunks(cursor: Any) -> AsyncIterator[list[Document]]:
    while documents := await cursor.to_list(_CHUNK):
        yield documents


def _rows(documents: list[Document]) -> list[AuditRow]:
    return [row_of_mark(mark) for document in documents if (mark := document.get(AUDIT))]


def _rows_of_tickets(documents: list[Document]) -> list[AuditRow]:
    """Of tickets an earlier version saved, until they are marked."""
    rows = []
    for document in documents:
        with contextlib.suppress(ValidationError):
            rows.append(row_of_mark(mark_of(from_document(document))))
    return rows
