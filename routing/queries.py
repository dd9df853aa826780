"""Every read of tickets, with the reader's rights built into the query itself."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from pymongo import ASCENDING, DESCENDING

from routing.departments import UnitId
from routing.errors import Incomplete, UnknownTicket
from routing.figures.counting import FigureRow, Period
from routing.figures.queries import FigureReads
from routing.identity import MaskedCitizen, Vault
from routing.mongo_store import AWARE, Collection, Database, Document, from_document
from routing.service_desk import may_reveal
from routing.store import IdentityStore
from routing.ticket import Ticket
from routing.workflow import CENTRE_ROLES, Actor, Role, State

PAGE_SIZE = 20
MAX_PAGE_SIZE = 100
COUNTED_UP_TO = 1_000
"""Where counting what a list matches stops: of a million tickets nobody needs to know the exact number to turn a page."""


class Order(StrEnum):
    """``due``: the nearest running limit first, closed tickets last. ``newest``: as received, latest first."""

    DUE = "due"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFilter:
    """What to list; every field narrows."""

    states: frozenset[State] | None = None
    unit_id: UnitId | None = None
    due_from: datetime | None = None
    due_before: datetime | None = None
    words: str | None = None
    """Searched in the number and in title and text as redacted."""
    numbers: tuple[str, ...] | None = None
    order: Order = Order.DUE


@dataclass(frozen=True, slots=True)
class Page:
    """One page; ``cursor`` asks for the next, None at the end. ``total`` counts what matches, up to ``COUNTED_UP_TO``."""

    tickets: tuple[Ticket, ...]
    cursor: str | None
    total: int


class Queries:
    """Reads for people and programs. A ticket outside the reader's units is as good as absent."""

    def __init__(self, database: Database, *, identities: IdentityStore, vault: Vault) -> None:
        self._tickets: Collection = database.get_collection("tickets", codec_options=AWARE)
        self._identities = identities
        self._vault = vault
        self.figures = FigureReads(self._tickets)

    async def get(self, number: str, *, reader: Actor) -> Ticket:
        """Raises ``UnknownTicket`` for what is absent and for what this reader must not know exists."""
        document = await self._tickets.find_one({"_id": number, **_may_read(reader)})
        if document is None:
            raise UnknownTicket(number)
        return from_document(document)

    async def masked_citizen(self, ticket: Ticket, *, reader: Actor) -> MaskedCitizen | None:
        """The citizen, masked; None for readers a 保密 or 匿名 citizen is hidden from entirely."""
        if not may_reveal(ticket, reader) and reader.role is not Role.AUDITOR:
            return None
        return await self._identities.masked(ticket.number)

    async def search(
        self, filter_: TicketFilter, *, reader: Actor, cursor: str | None = None, limit: int = PAGE_SIZE
    ) -> Page:
        """A page of tickets; raises ``Incomplete('cursor')`` when the cursor is not one of ours."""
        query = _query(filter_, reader)
        total = await self._tickets.count_documents(query, limit=COUNTED_UP_TO)
        field, direction = _ORDERS[filter_.order]
        if cursor is not None:
            at, number = _decode_cursor(cursor)
            beyond = "$gt" if direction == ASCENDING else "$lt"
            after: Document = {
                "$or": [{field: {beyond: at}}, {field: at, "_id": {beyond: number}}],
            }
            query = {"$and": [query, after]}
        limit = max(1, min(limit, MAX_PAGE_SIZE))
        found = self._tickets.find(query).sort([(field, direction), ("_id", direction)]).limit(limit + 1)
        documents = [d async for d in found]
        more = len(documents) > limit
        documents = documents[:limit]
        next_cursor = _encode_cursor(documents[-1][field], documents[-1]["_id"]) if more else None
        return Page(tuple(from_document(d) for d in documents), next_cursor, total)

    async def count(self, filter_: TicketFilter, *, reader: Actor, limit: int | None = None) -> int:
        """How many match; counting stops at ``limit``."""
        query = _query(filter_, reader)
        if limit is None:
            return await self._tickets.count_documents(query)
        return await self._tickets.count_documents(query, limit=limit)

    # ---- the citizen's own

    async def find_with_code(self, number: str, code: str) -> Ticket | None:
        """The ticket whose number and query code both match."""
        document = await self._tickets.find_one({"_id": number.strip().upper()})
        if document is None or not self._vault.is_query_code(document["_id"], code.strip()):
            return None
        return from_document(document)

    async def of_citizen(self, account: str, openid: str, *, limit: int = 10) -> list[Ticket]:
        """What this WeChat citizen filed, newest first."""
        numbers = await self._identities.numbers_of(account=account, openid=openid, limit=limit)
        cursor = self._tickets.find({"_id": {"$in": numbers}}).sort("received_at", DESCENDING)
        return [from_document(d) async for d in cursor]

    # ---- figures

    async def figure_rows(
        self, period: Period, *, reader: Actor, unit_id: UnitId | None = None
    ) -> list[FigureRow]:
        """Every ticket any figure of the period can concern, by the reader's rights.

        Rows carry no text, but they may carry limits of other units: callers show a unit its own verdicts only.
        """
        sees_all = reader.role in (Role.SYSTEM, Role.AUDITOR) or reader.role in CENTRE_ROLES
        units = None if sees_all else reader.unit_ids
        return await self.figures.rows(period, unit_id=unit_id, units=units)


_ORDERS: dict[Order, tuple[str, int]] = {
    Order.DUE: ("sort_due_at", ASCENDING),
    Order.NEWEST: ("received_at", DESCENDING),
}


def visible_to(reader: Actor) -> Document:
    """The part of every query that holds the reader's rights: their units, and for the centre what has none yet."""
    if reader.role in (Role.SYSTEM, Role.AUDITOR):
        return {}
    units: list[UnitId | None] = [*sorted(reader.unit_ids)]
    if reader.role in CENTRE_ROLES:
        units.append(None)
    return {"unit_id": {"$in": units}}


def _may_read(reader: Actor) -> Document:
    """Beside their own tickets, those in which one of their units has a part (``routing.acts.writing.may_read``)."""
    own = visible_to(reader)
    return {"$or": [own, {"concerned": {"$in": sorted(reader.unit_ids)}}]} if own else {}


def _query(filter_: TicketFilter, reader: Actor) -> Document:
    # The centre's people have the whole tree: whatever concerns one of their units is in it already.
    parts: list[Document] = [visible_to(reader) if reader.role in CENTRE_ROLES else _may_read(reader)]
    if filter_.states is not None:
        parts.append({"state": {"$in": sorted(filter_.states)}})
    if filter_.unit_id is not None:
        parts.append({"unit_id": filter_.unit_id})
    if filter_.due_from is not None:
        parts.append({"sort_due_at": {"$gte": filter_.due_from}})
    if filter_.due_before is not None:
        parts.append({"sort_due_at": {"$lt": filter_.due_before}})
    if filter_.numbers is not None:
        parts.append({"_id": {"$in": list(filter_.numbers)}})
    if filter_.words:
        for word in filter_.words.split()[:5]:
            pattern = re.escape(word[:50])
            parts.append(
                {
                    "$or": [
                        {"_id": word.upper()},
                        {"external_number": word},
                        {"search_text": {"$regex": pattern}},
                    ]
                }
            )
    return {"$and": parts}


def _encode_cursor(at: datetime, number: str) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{number}".encode()).decode().rstrip("=")


def _decode_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, number = text.split("|", 1)
        moment = datetime.fromisoformat(at)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC), number
    except (ValueError, OverflowError, binascii.Error):
        raise Incomplete("cursor") from None
