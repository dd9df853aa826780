"""Whom the centre has still to call: closed tickets with a visit's limit running, the nearest limit first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.errors import OperationFailure

from routing.acts.visits import HOURS_BETWEEN_TRIES, SATISFIED_FROM
from routing.clocks import ClockState
from routing.mongo_store import AWARE, Collection, Database, Document, from_document
from routing.queries import COUNTED_UP_TO, visible_to
from routing.ticket import Ticket
from routing.timing.sla import ClockName
from routing.visit_marks import BAD, DUE_AT, FROM
from routing.workflow import Actor, State

PAGE_SIZE = 20
_BETWEEN_TRIES_MS = HOURS_BETWEEN_TRIES * 3_600_000


class VisitTurn(StrEnum):
    """``now``: to be called. ``bad``: those of them who rated badly. ``again``: tried within the last hours, or not to
    be called yet."""

    NOW = "now"
    BAD = "bad"
    AGAIN = "again"


_FORMER_INDEX = "visit_due_at_1__id_1"
_NO_SUCH_INDEX = 27
_BY_LIMIT, _BAD, _LATER = "visits_by_limit", "visits_bad", "visits_later"
_INDEXES = {VisitTurn.NOW: _BY_LIMIT, VisitTurn.BAD: _BAD, VisitTurn.AGAIN: _LATER}
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_RUNNING: dict[str, Any] = {"name": ClockName.FOLLOW_UP_VISIT, "state": ClockState.RUNNING}
_VISITING = {
    "$filter": {
        "input": "$clocks",
        "cond": {"$and": [{"$eq": [f"$$this.{name}", value]} for name, value in _RUNNING.items()]},
    }
}
_TRIED = {"$map": {"input": {"$ifNull": ["$visits", []]}, "in": {"$add": ["$$this.at", _BETWEEN_TRIES_MS]}}}
_RATED_BADLY = {
    "$or": [
        {"$lt": [{"$ifNull": ["$rating.stars", SATISFIED_FROM]}, SATISFIED_FROM]},
        {"$eq": ["$rating.resolved", False]},
    ]
}
_MARKING: list[Document] = [
    {
        "$set": {
            DUE_AT: {"$max": {"$map": {"input": _VISITING, "in": "$$this.due_at"}}},
            FROM: {
                "$max": {"$concatArrays": [{"$map": {"input": _VISITING, "in": "$$this.started_at"}}, _TRIED]}
            },
            BAD: {"$cond": [_RATED_BADLY, True, "$$REMOVE"]},
        }
    }
]
"""``routing.visit_marks`` once more, for tickets saved before it: by MongoDB itself, for there may be many."""


@dataclass(frozen=True, slots=True)
class VisitPage:
    """One page of the queue. ``more``: there is another after the last of these."""

    tickets: tuple[Ticket, ...]
    more: bool


class VisitQueue:
    """Reads by the reader's rights; nothing is kept beside the tickets."""

    def __init__(self, database: Database) -> None:
        self._tickets: Collection = database.get_collection("tickets", codec_options=AWARE)

    async def prepare(self) -> None:
        """Create the indexes, and mark what was closed before tickets said all of it; safe to repeat."""
        if _FORMER_INDEX in await self._tickets.index_information():
            try:
                await self._tickets.drop_index(_FORMER_INDEX)
            except OperationFailure as gone:
                if gone.code != _NO_SUCH_INDEX:
                    raise  # else another process that starts now has dropped it
        covered = [(name, ASCENDING) for name in (DUE_AT, "_id", FROM, "unit_id")]
        await self._tickets.create_indexes(
            [
                IndexModel(covered, name=_BY_LIMIT, partialFilterExpression={DUE_AT: {"$exists": True}}),
                IndexModel([(BAD, ASCENDING), *covered], name=_BAD, partialFilterExpression={BAD: True}),
                IndexModel(
                    [(name, ASCENDING) for name in (FROM, DUE_AT, "_id", "unit_id")],
                    name=_LATER,
                    partialFilterExpression={DUE_AT: {"$exists": True}},
                ),
            ]
        )
        unmarked = {
            "state": State.RESOLVED,
            FROM: {"$exists": False},
            "clocks": {"$elemMatch": _RUNNING},
        }
        await self._tickets.update_many(unmarked, _MARKING)

    async def waiting(
        self, turn: VisitTurn, *, reader: Actor, now: datetime, skip: int = 0, limit: int = PAGE_SIZE
    ) -> VisitPage:
        """A page; by count and not by cursor, since the queue moves under whoever works it anyway."""
        found = self._tickets.find(_query(turn, reader, now)).hint(_INDEXES[turn])
        found = found.sort([(DUE_AT, ASCENDING), ("_id", ASCENDING)]).skip(skip).limit(limit + 1)
        documents = [document async for document in found]
        return VisitPage(tuple(from_document(d) for d in documents[:limit]), len(documents) > limit)

    async def count(self, turn: VisitTurn, *, reader: Actor, now: datetime) -> int:
        """How many wait, counted up to ``COUNTED_UP_TO``; no document is read."""
        query = _query(turn, reader, now)
        return await self._tickets.count_documents(query, limit=COUNTED_UP_TO, hint=_INDEXES[turn])


def _query(turn: VisitTurn, reader: Actor, now: datetime) -> Document:
    # By a range, not by $exists: that one reads the document.
    waits: Document = {DUE_AT: {"$gt": _EVER}} | ({BAD: True} if turn is VisitTurn.BAD else {})
    when = "$gt" if turn is VisitTurn.AGAIN else "$lte"
    return {"$and": [waits, {FROM: {when: now}}, visible_to(reader)]}
