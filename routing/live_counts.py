"""How the work stands this minute, by unit: counts that an index alone answers, so that a wall screen may ask each second."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from routing.departments import UnitId
from routing.mongo_store import AWARE, NEVER, Collection, Database, Document
from routing.timing.working_calendar import CHINA

_OPEN_BY_DUE = "open_by_due"
_BY_ARRIVAL = "by_arrival"
_BY_CLOSING = "by_closing"
_DAY_MS = 86_400_000
"""China has no summer time: each of its days is as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Open tickets of one unit. A ticket is in one of ``overdue``, ``at_risk`` or neither; ``today`` counts those whose
    nearest limit ends later today."""

    open: int = 0
    today: int = 0
    at_risk: int = 0
    overdue: int = 0

    def __add__(self, other: Standing) -> Standing:
        return Standing(
            open=self.open + other.open,
            today=self.today + other.today,
            at_risk=self.at_risk + other.at_risk,
            overdue=self.overdue + other.overdue,
        )


@dataclass(frozen=True, slots=True)
class DayCount:
    """What came in and what was closed on a day in China."""

    day: date
    received: int
    closed: int


def at_risk_query(now: datetime) -> Document:
    """The open tickets whose nearest limit was told as at risk and is not over: nothing is to be said before its end."""
    return {
        "open": True,
        "sort_due_at": {"$gte": now, "$lt": NEVER},
        "$expr": {"$gte": ["$next_deadline_at", "$sort_due_at"]},
    }


class LiveCounts:
    """Reads for the supervisors' board. ``units`` None counts every unit's; with units, theirs and what has none yet
    where the set holds None."""

    def __init__(self, database: Database) -> None:
        self._tickets: Collection = database.get_collection("tickets", codec_options=AWARE)

    async def prepare(self) -> None:
        """Create the indexes; safe to repeat."""
        await self._tickets.create_indexes(
            [
                IndexModel(
                    [
                        ("open", ASCENDING),
                        ("unit_id", ASCENDING),
                        ("sort_due_at", ASCENDING),
                        ("next_deadline_at", ASCENDING),
                    ],
                    name=_OPEN_BY_DUE,
                    partialFilterExpression={"open": True},
                ),
                IndexModel(
                    [("received_at", DESCENDING), ("topic", ASCENDING), ("unit_id", ASCENDING)],
                    name=_BY_ARRIVAL,
                ),
                IndexModel([("resolved_at", DESCENDING), ("unit_id", ASCENDING)], name=_BY_CLOSING),
            ]
        )

    async def standing(self, now: datetime) -> dict[UnitId | None, Standing]:
        """Every unit with open tickets; None are those no unit has yet."""
        midnight = _midnight(now) + timedelta(days=1)
        running = {"$gte": ["$sort_due_at", now]}
        told = {"$gte": ["$next_deadline_at", "$sort_due_at"]}
        group = {
            "_id": "$unit_id",
            "open": {"$sum": 1},
            "overdue": _how_many({"$lt": ["$sort_due_at", now]}),
            "at_risk": _how_many({"$and": [running, told, {"$lt": ["$sort_due_at", NEVER]}]}),
            "today": _how_many({"$and": [running, {"$lt": ["$sort_due_at", midnight]}]}),
        }
        pipeline: list[Document] = [{"$match": {"open": True}}, {"$group": group}]
        found = self._tickets.aggregate(pipeline, hint=_OPEN_BY_DUE)
        return {
            d["_id"]: Standing(open=d["open"], today=d["today"], at_risk=d["at_risk"], overdue=d["overdue"])
            async for d in found
        }

    async def days(
        self, *, now: datetime, units: frozenset[UnitId | None] | None, count: int = 14
    ) -> list[DayCount]:
        """The last days, today last."""
        first = _midnight(now) - timedelta(days=count - 1)
        received = await self._by_day("received_at", first, units, hint=_BY_ARRIVAL)
        closed = await self._by_day("resolved_at", first, units, hint=_BY_CLOSING)
        days = [(first + timedelta(days=n)).date() for n in range(count)]
        return [DayCount(day, received.get(day, 0), closed.get(day, 0)) for day in days]

    async def heat(
        self, *, now: datetime, units: frozenset[UnitId | None] | None, days: int = 7
    ) -> dict[tuple[str | None, UnitId | None], int]:
        """(topic, unit) → how many came in over the last days."""
        match = {"received_at": {"$gte": _midnight(now) - timedelta(days=days - 1)}}
        group = {"_id": {"topic": "$topic", "unit": "$unit_id"}, "count": {"$sum": 1}}
        found = self._tickets.aggregate([{"$match": match}, {"$group": group}], hint=_BY_ARRIVAL)
        cells = [(d["_id"].get("topic"), d["_id"].get("unit"), d["count"]) async for d in found]
        return {(topic, unit): count for topic, unit, count in cells if units is None or unit in units}

    async def _by_day(
        self, field: str, first: datetime, units: frozenset[UnitId | None] | None, *, hint: str
    ) -> dict[date, int]:
        # All units' are counted and those asked for are picked: a set of units in the match would have the index
        # searched anew for each of them at each moment.
        day = {"$floor": {"$divide": [{"$subtract": [f"${field}", first]}, _DAY_MS]}}
        pipeline: list[Document] = [
            {"$match": {field: {"$gte": first}}},
            {"$group": {"_id": {"day": day, "unit": "$unit_id"}, "count": {"$sum": 1}}},
        ]
        counts: Counter[date] = Counter()
        async for d in self._tickets.aggregate(pipeline, hint=hint):
            if units is None or d["_id"].get("unit") in units:
                counts[(first + timedelta(days=int(d["_id"]["day"]))).date()] += d["count"]
        return counts


def _how_many(condition: dict[str, Any]) -> dict[str, Any]:
    return {"$sum": {"$cond": [condition, 1, 0]}}


def _midnight(now: datetime) -> datetime:
    return now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
