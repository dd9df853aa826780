"""Every read of tickets, with the reader's rights built into the query itself."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import ExecutionTimeout

from routing.acts.reviews import ReviewKind
from routing.citizen_request import RequestType, Urgency
from routing.concealment import concealed, concealing
from routing.departments import UnitId
from routing.derived_marks import is_behind
from routing.errors import Incomplete, SearchTooWide, UnknownTicket
from routing.figures.counting import FigureRow, Period
from routing.figures.queries import FigureReads
from routing.identity import MaskedCitizen, Vault
from routing.list_marks import BY_MARK_AND_DUE, BY_MARK_AND_RECEIPT, CONDITIONS
from routing.list_marks import Mark as Mark
from routing.list_marks import condition as special
from routing.live_counts import at_risk_query
from routing.mongo_store import AWARE, BY_UNIT, Collection, Database, Document, from_document
from routing.service_desk import may_reveal
from routing.store import IdentityStore
from routing.ticket import Ticket
from routing.word_search import ENOUGH, NEWEST, Found, Way, look_for, way_to
from routing.workflow import CENTRE_ROLES, Actor, Role, State

PAGE_SIZE = 20
MAX_PAGE_SIZE = 100
SEARCH_MS = 2_000
"""How long a search may take: words that are frequent in all tickets and in none of the list asked for read the list."""
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
    unit_ids: frozenset[UnitId] | None = None
    """Only these units' (those of a level of government)."""
    without_unit: bool = False
    """Only what nobody was made responsible for, or has been answered without a unit."""
    received_from: datetime | None = None
    due_from: datetime | None = None
    due_before: datetime | None = None
    at_risk_on: datetime | None = None
    """Only what at that moment is at risk (临期): told so, and its nearest limit still ahead."""
    words: str | None = None
    """Searched in the number and in title and text as redacted."""
    numbers: tuple[str, ...] | None = None
    request_type: RequestType | None = None
    topic: str | None = None
    without_topic: bool = False
    urgency: Urgency | None = None
    mark: Mark | None = None
    order: Order = Order.DUE

    @property
    def reads_much(self) -> bool:
        """Narrowed by what no index holds, or holds for many tickets: such a read is given a limited time."""
        kinds = (self.request_type, self.topic, self.without_topic, self.urgency, self.mark)
        return bool(self.words) or any(kinds)


@dataclass(frozen=True, slots=True)
class Page:
    """One page; ``cursor`` asks for the next, None at the end. ``total`` counts what matches, up to ``COUNTED_UP_TO``."""

    tickets: tuple[Ticket, ...]
    cursor: str | None
    total: int
    searched_since: datetime | None = None
    """What was received before was not searched for the words; None where all was."""


class Queries:
    """Reads for people and programs. A ticket outside the reader's units is as good as absent."""

    def __init__(
        self, database: Database, *, identities: IdentityStore, vault: Vault, search_ms: int = SEARCH_MS
    ) -> None:
        self._search_ms = search_ms
        self._tickets: Collection = database.get_collection("tickets", codec_options=AWARE)
        self._identities = identities
        self._vault = vault
        self.figures = FigureReads(self._tickets)

    async def get(self, number: str, *, reader: Actor) -> Ticket:
        """Raises ``UnknownTicket`` for what is absent and for what this reader must not know exists."""
        document = await self._tickets.find_one({"_id": number, **_may_read(reader)})
        if document is None:
            raise UnknownTicket(number)
        return (await self.as_known_to(reader, from_document(document)))[0]

    async def as_known_to(self, reader: Actor, *tickets: Ticket) -> list[Ticket]:
        """The tickets for showing them: where this reader must not learn who asked, the citizen's own name and
        telephone are taken out of whatever anybody wrote. Not for saving."""
        hidden = [t.number for t in tickets if not _may_know(t, reader)]
        if not hidden:
            return list(tickets)
        citizens = await self._identities.to_conceal(hidden)
        words = {number: concealing(citizen) for number, citizen in citizens.items()}
        return [concealed(t, conceal) if (conceal := words.get(t.number)) else t for t in tickets]

    async def masked_citizen(self, ticket: Ticket, *, reader: Actor) -> MaskedCitizen | None:
        """The citizen, masked; None for readers a 保密 or 匿名 citizen is hidden from entirely."""
        if not may_reveal(ticket, reader) and reader.role is not Role.AUDITOR:
            return None
        return await self._identities.masked(ticket.number)

    async def search(
        self,
        filter_: TicketFilter,
        *,
        reader: Actor,
        cursor: str | None = None,
        limit: int = PAGE_SIZE,
        count_up_to: int = COUNTED_UP_TO,
    ) -> Page:
        """A page of tickets; raises ``Incomplete('cursor')`` when the cursor is not one of ours, and
        ``SearchTooWide`` for words that would have too much to read."""
        way = await self.way_to(filter_.words) if filter_.words else None
        found_in = await self._look_for(way, filter_, reader) if way and way.is_blind else None
        if found_in:
            way = Way({"_id": {"$in": list(found_in.numbers)}})
        query, hint = await self._asked(filter_, reader, way)
        bound = self._counting(filter_, reader, hint)
        if way and way.is_blind and not found_in and count_up_to <= ENOUGH:
            total = count_up_to
        else:
            with _bounded():
                total = await self._tickets.count_documents(query, limit=count_up_to, **bound)
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
        if hint:
            found = found.hint(hint)
        if filter_.reads_much:
            found = found.max_time_ms(self._search_ms)
        with _bounded():
            documents = [d async for d in found]
        more = len(documents) > limit
        documents = documents[:limit]
        next_cursor = _encode_cursor(documents[-1][field], documents[-1]["_id"]) if more else None
        shown = await self.as_known_to(reader, *(from_document(d) for d in documents))
        return Page(tuple(shown), next_cursor, total, found_in.since if found_in else None)

    async def waiting_for_decision(
        self,
        *,
        reader: Actor,
        kind: ReviewKind | None = None,
        unit_id: UnitId | None = None,
        cursor: str | None = None,
        limit: int = PAGE_SIZE,
    ) -> Page:
        """Tickets with a review that waits, the longest waiting first, ``kind`` and ``unit_id`` (who asked) narrowing;
        raises ``Incomplete('cursor')``."""
        asked = {"kind": str(kind)} if kind else {}
        asked |= {"unit_id": unit_id} if unit_id else {}
        parts: list[Document] = [visible_to(reader), {"reviews.asked_at": {"$exists": True}}]
        if asked:
            parts.append({"reviews": {"$elemMatch": asked}})
        total = await self._tickets.count_documents({"$and": parts}, limit=COUNTED_UP_TO)
        if cursor is not None:
            at, number = _decode_cursor(cursor)
            later = [{_ASKED: {"$gt": at}}, {_ASKED: at, "_id": {"$gt": number}}]
            parts.append({"$or": later})
        # Two reviews on one ticket are rare; such a ticket stands where its older one belongs.
        found = self._tickets.find({"$and": parts}).sort([(_ASKED, ASCENDING), ("_id", ASCENDING)])
        documents = [d async for d in found.limit(limit + 1)]
        more, documents = len(documents) > limit, documents[:limit]
        tickets = tuple(from_document(d) for d in documents)
        oldest = min(r.asked_at for r in tickets[-1].reviews) if tickets else None
        next_cursor = _encode_cursor(oldest, tickets[-1].number) if more and oldest else None
        return Page(tickets, next_cursor, total)

    async def count(
        self, filter_: TicketFilter, *, reader: Actor, limit: int | None = None, way: Way | None = None
    ) -> int:
        """How many match; counting stops at ``limit``. ``way`` is that to the filter's words, if it is known."""
        query, hint = await self._asked(filter_, reader, way)
        bound = self._counting(filter_, reader, hint)
        if limit is not None:
            bound["limit"] = limit
        with _bounded():
            return await self._tickets.count_documents(query, **bound)

    async def way_to(self, words: str) -> Way:
        """How these words are searched for, for several counts of the same words."""
        return await way_to(words, self._tickets)

    async def _look_for(self, way: Way, filter_: TicketFilter, reader: Actor) -> Found | None:
        """Where words are of which no index tells; the rest of the filter narrows where to look."""
        base, _ = await self._asked(replace(filter_, words=None), reader)
        # How long the list is at most: what no index holds would have to be read to be counted.
        indexed = replace(
            filter_, words=None, request_type=None, topic=None, without_topic=False, urgency=None, mark=None
        )
        longest, hint = await self._asked(indexed, reader)
        counting = self._counting(indexed, reader, hint)
        sees_all = reader.role in CENTRE_ROLES or not visible_to(reader)
        named = [filter_.unit_id] if filter_.unit_id else sorted(filter_.unit_ids or ())
        units = named or (None if sees_all else sorted(reader.unit_ids))
        with _bounded():
            size = await self._tickets.count_documents(longest, limit=NEWEST + 1, **counting)
            return await look_for(
                way,
                base,
                self._tickets,
                size=size,
                units=units,
                alone=bool(named) or sees_all,
                most_ms=self._search_ms,
            )

    async def _asked(
        self, filter_: TicketFilter, reader: Actor, way: Way | None = None
    ) -> tuple[Document, str | None]:
        """The query, and the index to read it by where the database is not to choose."""
        parts, hint = [_query(filter_, reader)], None
        if filter_.mark is not None and await is_behind(self._tickets):
            parts.append(CONDITIONS[filter_.mark])
        elif filter_.mark is not None:
            sees_all = reader.role in CENTRE_ROLES or not visible_to(reader)
            parts.append(special(filter_.mark, None if sees_all else reader.unit_ids))
            hint = None if filter_.numbers is not None else _BY_MARK[filter_.order]
        if filter_.words:
            way = way or await self.way_to(filter_.words)
            parts.append(way.query)
            hint = way.hint or hint
        return {"$and": parts}, hint

    def _counting(self, filter_: TicketFilter, reader: Actor, hint: str | None) -> dict[str, Any]:
        """How a count is bounded. One of the centre's reads one index and no document: left to itself, MongoDB takes the
        index of states, which does not know the unit, and fetches all it counts."""
        if filter_.reads_much:
            return {"maxTimeMS": self._search_ms, **({"hint": hint} if hint else {})}
        of_index = filter_.numbers is None and filter_.at_risk_on is None
        return {"hint": BY_UNIT} if of_index and reader.role in CENTRE_ROLES else {}

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


@contextmanager
def _bounded() -> Iterator[None]:
    try:
        yield
    except ExecutionTimeout:
        raise SearchTooWide from None


_ASKED = "reviews.asked_at"
_ORDERS: dict[Order, tuple[str, int]] = {
    Order.DUE: ("sort_due_at", ASCENDING),
    Order.NEWEST: ("received_at", DESCENDING),
}
_BY_MARK = {Order.DUE: BY_MARK_AND_DUE, Order.NEWEST: BY_MARK_AND_RECEIPT}


def _may_know(ticket: Ticket, reader: Actor) -> bool:
    """Whether this reader might have the identity shown; a unit that only helps may not."""
    return may_reveal(ticket, reader) and reader.answers_for(ticket.unit_id)


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
    if filter_.unit_ids is not None:
        parts.append({"unit_id": {"$in": sorted(filter_.unit_ids)}})
    if filter_.without_unit:
        parts.append({"unit_id": None})
    if filter_.without_topic:
        parts.append({"topic": None})
    if filter_.received_from is not None:
        parts.append({"received_at": {"$gte": filter_.received_from}})
    if filter_.due_from is not None:
        parts.append({"sort_due_at": {"$gte": filter_.due_from}})
    if filter_.due_before is not None:
        parts.append({"sort_due_at": {"$lt": filter_.due_before}})
    if filter_.at_risk_on is not None:
        parts.append(at_risk_query(filter_.at_risk_on))
    if filter_.numbers is not None:
        parts.append({"_id": {"$in": list(filter_.numbers)}})
    for name in ("request_type", "topic", "urgency"):
        if (wanted := getattr(filter_, name)) is not None:
            parts.append({name: str(wanted)})
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
