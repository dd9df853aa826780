"""Reading figures out of the database: whole days off the indexes alone, anything else by judging the tickets.

Both ways give the same numbers. What a ticket says to figures is written with the ticket itself (``figure_marks``),
so nothing can lag behind; documents of an older version are marked anew by ``catch_up``, and until they all are,
figures are judged from the tickets.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from pymongo import ASCENDING, IndexModel, UpdateOne

from routing.departments import UnitId
from routing.figures.counting import (
    Figure,
    FigureName,
    FigureRow,
    Flow,
    Period,
    Verdict,
    add_up,
    by_unit,
    verdicts,
)
from routing.figures.exclusions import OF_SUSPENSIONS, Suspension, suspensions
from routing.figures.marks import (
    DERIVED,
    DUE_AT,
    MARKED,
    MORE,
    OPEN_UNIT,
    SLOTS,
    STOOD_STILL,
    VERSION,
    Tally,
    is_of_whole_days,
    marks_of,
    month_span,
    stood_still_after,
    strings_of,
    suspensions_in,
    verdicts_in,
)
from routing.figures.rows import FIELDS, row_of_document
from routing.workflow import CENTRE_ROLES, OPEN_STATES, Actor, Role

Document = dict[str, Any]
_SUSPENDED_FIELDS: Document = {
    **dict.fromkeys(("unit_id", "state", "received_at", "secrecy"), 1),
    "clocks": {"$literal": []},
    "events": {"$filter": {"input": "$events", "cond": {"$in": ["$$this.kind", sorted(OF_SUSPENSIONS)]}}},
}
"""A row with nothing but what tells when it stood still: a tenth of a ticket's history."""
_STOCK = [(OPEN_UNIT, ASCENDING), (DUE_AT, ASCENDING), ("_id", ASCENDING)]
_OF_SUSPENSIONS = [(STOOD_STILL, ASCENDING), ("_id", ASCENDING)]
_AT_ONCE = 100_000
"""So many index keys to an answer: asked for by the hundred, as is usual, most of the time goes into asking."""
FOREVER = datetime(9998, 12, 31, 16, tzinfo=UTC)
"""Midnight in China before 1 January 9999: the open end of a period."""

INDEXES = [
    # With the number: a month is counted, and its tickets are listed, without reading one document.
    *(
        IndexModel([(slot, ASCENDING), ("_id", ASCENDING)], partialFilterExpression={slot: {"$exists": True}})
        for slot in SLOTS
    ),
    IndexModel([(MORE, ASCENDING)], sparse=True),
    IndexModel(_STOCK, sparse=True),
    IndexModel(_OF_SUSPENSIONS, sparse=True),
    IndexModel([(MARKED, ASCENDING)]),
]
"""What ``MongoTicketStore.prepare`` creates for figures."""
FORMER_INDEXES = (*(f"{slot}_1" for slot in SLOTS), f"{OPEN_UNIT}_1_{DUE_AT}_1", "f_suspended_until_1")
"""What earlier versions created in their place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """结转: ``opening + received + reopened = resolved + withdrawn + rejected + closing``, always."""

    opening: int
    received: int
    reopened: int
    resolved: int
    withdrawn: int
    rejected: int
    closing: int

    @property
    def adds_up(self) -> bool:
        return self.opening + self.received + self.reopened == (
            self.resolved + self.withdrawn + self.rejected + self.closing
        )


@dataclass(frozen=True, slots=True)
class Suspended:
    """挂账 in a period: how many tickets stood still, and for how many days of it altogether."""

    tickets: int = 0
    days: float = 0.0


class FigureReads:
    """Figures by unit, rows for a drill-down, and the balance; every answer is cut to what the reader may know."""

    def __init__(self, tickets: Any) -> None:
        self._tickets = tickets

    async def groups(self, period: Period, *, reader: Actor) -> dict[UnitId | None, dict[FigureName, Figure]]:
        """All figures by the unit that had to keep them."""
        if is_of_whole_days(period) and not await self.is_behind():
            judged = await self._off_the_index(period)
        else:
            rows = await self.rows(period)
            judged = await asyncio.to_thread(by_unit, rows, period)
        return _readable(judged, reader)

    async def groups_and_balance(
        self, period: Period, *, reader: Actor
    ) -> tuple[dict[UnitId | None, dict[FigureName, Figure]], Balance]:
        """``groups`` and ``balance``, the month read once for both."""
        if not is_of_whole_days(period) or await self.is_behind():
            return await self.groups(period, reader=reader), await self.balance(period)
        bounds = month_span(Period(period.since, FOREVER, period.as_of))
        strings, stock, open_now = await asyncio.gather(
            self._strings(bounds), self._stock(period), self._open_now()
        )

        def count() -> tuple[dict[UnitId | None, dict[FigureName, Figure]], Balance]:
            tally = Tally(period)
            tally.add(strings)
            _add_stock(tally, stock)
            return tally.by_unit(), _balance_of(tally, period, open_now)

        judged, balance = await asyncio.to_thread(count)
        return _readable(judged, reader), balance

    async def totals(self, period: Period, *, reader: Actor) -> dict[FigureName, Figure]:
        return add_up(await self.groups(period, reader=reader), period)

    async def rows(
        self, period: Period, *, unit_id: UnitId | None = None, units: frozenset[UnitId] | None = None
    ) -> list[FigureRow]:
        """Every ticket any figure of the period can concern; of one unit, or of ``units``, those it has or had.

        Rows carry no text, but they may carry limits of other units: callers show a unit its own verdicts only.
        """
        first, last = month_span(period)
        span = {"$gte": first, "$lt": last}
        concerns: list[Document] = [
            *({slot: span} for slot in SLOTS),
            {MORE: {"$elemMatch": span}},
            {"state": {"$in": sorted(OPEN_STATES)}},
            {MARKED: {"$ne": VERSION}},
        ]
        query: Document = {"$and": [{"$or": concerns}]}
        for wanted in ([unit_id] if unit_id else None), (sorted(units) if units is not None else None):
            if wanted is not None:
                ours = {"$in": wanted}
                query["$and"].append(
                    {"$or": [{"unit_id": ours}, {"clocks.unit_id": ours}, {"events.unit_id": ours}]}
                )
        documents = await self._tickets.find(query, FIELDS).to_list(None)
        # A city's month is 60,000 tickets: read off the event loop, WeChat does not wait for it.
        return await asyncio.to_thread(lambda: [row_of_document(d) for d in documents])

    async def balance(self, period: Period) -> Balance:
        """What was open before, came, went, and is open at the end. ``period`` of whole days."""
        if await self.is_behind():
            documents = await self._tickets.find({}, FIELDS).to_list(None)
            strings = [s for d in documents for s in strings_of(marks_of(row_of_document(d)))]
        else:
            strings = await self._strings(month_span(Period(period.since, FOREVER, period.as_of)))
        open_now = await self._open_now()

        def count() -> Balance:
            tally = Tally(period)
            tally.add(strings)
            return _balance_of(tally, period, open_now)

        return await asyncio.to_thread(count)

    async def _open_now(self) -> int:
        return int(await self._tickets.count_documents({"state": {"$in": sorted(OPEN_STATES)}}))

    async def suspended(self, period: Period, *, reader: Actor) -> dict[UnitId | None, Suspended]:
        """What is kept out of 按时办结率 by 挂账, by the unit that asked for it: printed beside the rate."""
        counted = await asyncio.to_thread(_count, await self._stood_still(period.since), period)
        return {unit_id: each for unit_id, each in counted.items() if may_read(reader, unit_id)}

    async def _stood_still(self, since: datetime) -> list[tuple[str, list[Suspension]]]:
        if await self.is_behind():
            concerns = [{STOOD_STILL: {"$gt": stood_still_after(since)}}, {MARKED: {"$ne": VERSION}}]
            documents = await self._tickets.find({"$or": concerns}, _SUSPENDED_FIELDS).to_list(None)
            return await asyncio.to_thread(
                lambda: [(d["_id"], list(suspensions(row_of_document(d)))) for d in documents]
            )
        after = {STOOD_STILL: {"$gt": stood_still_after(since)}}
        found = self._tickets.find(after, {STOOD_STILL: 1}).hint(_OF_SUSPENSIONS).batch_size(_AT_ONCE)
        return [(d["_id"], list(suspensions_in(d[STOOD_STILL]))) for d in await found.to_list(None)]

    async def is_any_with(self, unit_ids: Sequence[UnitId]) -> bool:
        """Whether one of these units has, or had a part in, any ticket at all."""
        query = {"$or": [{"unit_id": {"$in": unit_ids}}, {"concerned": {"$in": unit_ids}}]}
        return bool(unit_ids) and bool(await self._tickets.count_documents(query, limit=1))

    async def is_behind(self) -> bool:
        """Whether some ticket's strings are of another version."""
        return bool(await self._tickets.count_documents({MARKED: {"$ne": VERSION}}, limit=1))

    async def catch_up(self, *, limit: int = 500) -> int:
        """Mark up to ``limit`` tickets anew; how many were looked at. A ticket saved meanwhile marked itself."""
        found = self._tickets.find({MARKED: {"$ne": VERSION}}, {**FIELDS, "writes": 1}).limit(limit)
        documents = await found.to_list(limit)
        if documents:
            updates = await asyncio.to_thread(lambda: [_remark(d) for d in documents])
            await self._tickets.bulk_write(updates, ordered=False)
        return len(documents)

    async def _strings(self, bounds: tuple[str, str]) -> list[str]:
        """What all tickets say about those months, read off the indexes."""
        span = {"$gte": bounds[0], "$lt": bounds[1]}
        parts = await asyncio.gather(*(self._slot(slot, span) for slot in SLOTS))
        more = await self._tickets.find({MORE: {"$elemMatch": span}}, {"_id": 0, MORE: 1}).to_list(None)
        further = (s for d in more for s in d[MORE] if bounds[0] <= s < bounds[1])
        return [*chain.from_iterable(parts), *further]

    async def _slot(self, slot: str, span: Document) -> list[str]:
        found = (
            self._tickets.find({slot: span}, {"_id": 0, slot: 1}).hint(_of_slot(slot)).batch_size(_AT_ONCE)
        )
        return [d[slot] for d in await found.to_list(None)]

    async def verdicts(
        self, name: FigureName, period: Period, *, reader: Actor, unit_id: UnitId | None = None
    ) -> list[Verdict]:
        """Every ticket's part in one figure, by number: the drill-down. A month of whole days is read off the
        indexes; ``unit_id`` reads no more than that unit's where tickets must be judged."""
        if is_of_whole_days(period) and not await self.is_behind():
            judged = await self._said(name, period)
        else:
            rows = await self.rows(period, unit_id=unit_id)
            judged = await asyncio.to_thread(lambda: list(verdicts(name, rows, period)))
        found = [v for v in judged if may_read(reader, v.unit_id)]
        return sorted(found, key=lambda verdict: verdict.number)

    async def _said(self, name: FigureName, period: Period) -> list[Verdict]:
        if name is FigureName.OVERDUE_OPEN:
            fields = {OPEN_UNIT: 1, DUE_AT: 1}
            stock = (
                await self._tickets.find({OPEN_UNIT: {"$gte": ""}}, fields)
                .hint(_STOCK)
                .batch_size(_AT_ONCE)
                .to_list(None)
            )
            return [_of_stock(d, period) for d in stock]
        first, last = month_span(period)
        span = {"$gte": first, "$lt": last}
        found: list[tuple[str, list[str]]] = []
        for slot in SLOTS:
            listed = self._tickets.find({slot: span}, {slot: 1}).hint(_of_slot(slot)).batch_size(_AT_ONCE)
            found += [(d["_id"], [d[slot]]) for d in await listed.to_list(None)]
        async for d in self._tickets.find({MORE: {"$elemMatch": span}}, {MORE: 1}):
            found.append((d["_id"], d[MORE]))

        # A city's month is 60,000 strings: read off the event loop, WeChat does not wait for it.
        return await asyncio.to_thread(lambda: list(verdicts_in(found, name, period)))

    async def _off_the_index(self, period: Period) -> dict[UnitId | None, dict[FigureName, Figure]]:
        strings, stock = await asyncio.gather(self._strings(month_span(period)), self._stock(period))

        def count() -> dict[UnitId | None, dict[FigureName, Figure]]:
            tally = Tally(period)
            tally.add(strings)
            _add_stock(tally, stock)
            return tally.by_unit()

        return await asyncio.to_thread(count)

    async def _stock(self, period: Period) -> list[Document]:
        """What is open now, by unit, and how much of it is overdue."""
        late = {"$and": [{"$gt": [f"${DUE_AT}", None]}, {"$lt": [f"${DUE_AT}", period.as_of]}]}
        stages: list[Document] = [
            {"$match": {OPEN_UNIT: {"$gte": ""}}},
            {"$project": {"_id": 0, OPEN_UNIT: 1, DUE_AT: 1}},
            {
                "$group": {
                    "_id": f"${OPEN_UNIT}",
                    "open": {"$sum": 1},
                    "overdue": {"$sum": {"$cond": [late, 1, 0]}},
                }
            },
        ]
        found: list[Document] = await self._tickets.aggregate(stages, hint=dict(_STOCK)).to_list(None)
        return found


def _add_stock(tally: Tally, stock: Iterable[Document]) -> None:
    for unit in stock:
        tally.add_open(UnitId(unit["_id"]) or None, open_now=unit["open"], overdue=unit["overdue"])


def _readable(
    judged: Mapping[UnitId | None, dict[FigureName, Figure]], reader: Actor
) -> dict[UnitId | None, dict[FigureName, Figure]]:
    return {unit_id: figures for unit_id, figures in judged.items() if may_read(reader, unit_id)}


def _of_slot(slot: str) -> list[tuple[str, int]]:
    return [(slot, ASCENDING), ("_id", ASCENDING)]


def _of_stock(document: Document, period: Period) -> Verdict:
    due_at = document.get(DUE_AT)
    late = due_at is not None and due_at < period.as_of
    return Verdict(document["_id"], UnitId(document[OPEN_UNIT]) or None, counted=late)


def count_suspended(rows: Iterable[FigureRow], period: Period) -> dict[UnitId | None, Suspended]:
    """挂账 by unit, over rows."""
    return _count(((row.number, suspensions(row)) for row in rows), period)


def _count(
    stood_still: Iterable[tuple[str, Iterable[Suspension]]], period: Period
) -> dict[UnitId | None, Suspended]:
    tickets: defaultdict[UnitId | None, set[str]] = defaultdict(set)
    length: defaultdict[UnitId | None, timedelta] = defaultdict(timedelta)
    end = min(period.until, period.as_of)
    for number, suspended in stood_still:
        for each in suspended:
            inside = min(each.until or end, end) - max(each.since, period.since)
            if inside > timedelta():
                tickets[each.unit_id].add(number)
                length[each.unit_id] += inside
    return {
        unit_id: Suspended(len(numbers), round(length[unit_id] / timedelta(days=1), 1))
        for unit_id, numbers in tickets.items()
    }


def all_suspended(by_unit: Mapping[UnitId | None, Suspended]) -> Suspended:
    """All units together; a ticket stands still for one unit at a time."""
    return Suspended(
        sum(each.tickets for each in by_unit.values()),
        round(sum(each.days for each in by_unit.values()), 1),
    )


def may_read(reader: Actor, unit_id: UnitId | None) -> bool:
    """Whose figures somebody may see: their units', and for the centre what no unit had."""
    if reader.role in (Role.SYSTEM, Role.AUDITOR):
        return True
    return reader.role in CENTRE_ROLES if unit_id is None else unit_id in reader.unit_ids


def _balance_of(tally: Tally, period: Period, open_now: int) -> Balance:
    after = Period(period.until, FOREVER, period.as_of)
    return _balance(open_now, tally.flows(period), tally.flows(after))


def _balance(open_now: int, inside: dict[Flow, int], later: dict[Flow, int]) -> Balance:
    closing = open_now - _net(later)
    return Balance(
        opening=closing - _net(inside),
        received=inside[Flow.RECEIVED],
        reopened=inside[Flow.REOPENED],
        resolved=inside[Flow.RESOLVED],
        withdrawn=inside[Flow.WITHDRAWN],
        rejected=inside[Flow.REJECTED],
        closing=closing,
    )


def _net(flows: dict[Flow, int]) -> int:
    came = flows[Flow.RECEIVED] + flows[Flow.REOPENED]
    return came - flows[Flow.RESOLVED] - flows[Flow.WITHDRAWN] - flows[Flow.REJECTED]


def _remark(document: Document) -> UpdateOne:
    fields = marks_of(row_of_document(document))
    gone = dict.fromkeys((name for name in DERIVED if name not in fields), "")
    change: Document = {"$set": fields, **({"$unset": gone} if gone else {})}
    return UpdateOne({"_id": document["_id"], "writes": document.get("writes")}, change)
