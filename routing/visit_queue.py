"""Whom the centre has still to call: closed tickets with a visit's limit running, the nearest limit first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pymongo import ASCENDING, IndexModel

from routing.acts.visits import HOURS_BETWEEN_TRIES, SATISFIED_FROM
from routing.clocks import ClockState
from routing.mongo_store import AWARE, Collection, Database, Document, from_document
from routing.queries import COUNTED_UP_TO, visible_to
from routing.ticket import Ticket
from routing.timing.sla import ClockName
from routing.workflow import Actor, State

PAGE_SIZE = 20


class VisitTurn(StrEnum):
    """``now``: to be called. ``bad``: those of them who rated badly. ``again``: tried within the last hours, or not to
    be called yet."""

    NOW = "now"
    BAD = "bad"
    AGAIN = "again"


_RUNNING: dict[str, Any] = {"name": ClockName.FOLLOW_UP_VISIT, "state": ClockState.RUNNING}


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
        """Create the index, and mark what was closed before tickets said until when they wait; safe to repeat."""
        keys = [("visit_due_at", ASCENDING), ("_id", ASCENDING)]
        waits: Document = {"visit_due_at": {"$exists": True}}
        await self._tickets.create_indexes([IndexModel(keys, partialFilterExpression=waits)])
        unmarked = {
            "state": State.RESOLVED,
            "visit_due_at": {"$exists": False},
            "clocks": {"$elemMatch": _RUNNING},
        }
        visiting = {
            "$filter": {
                "input": "$clocks",
                "cond": {"$and": [{"$eq": [f"$$this.{name}", value]} for name, value in _RUNNING.items()]},
            }
        }
        await self._tickets.update_many(
            unmarked,
            [{"$set": {"visit_due_at": {"$max": {"$map": {"input": visiting, "in": "$$this.due_at"}}}}}],
        )

    async def waiting(
        self, turn: VisitTurn, *, reader: Actor, now: datetime, skip: int = 0, limit: int = PAGE_SIZE
    ) -> VisitPage:
        """A page; by count and not by cursor, since the queue moves under whoever works it anyway."""
        found = self._tickets.find(_query(turn, reader, now))
        found = found.sort([("visit_due_at", ASCENDING), ("_id", ASCENDING)]).skip(skip).limit(limit + 1)
        documents = [document async for document in found]
        return VisitPage(tuple(from_document(d) for d in documents[:limit]), len(documents) > limit)

    async def count(self, turn: VisitTurn, *, reader: Actor, now: datetime) -> int:
        """How many wait, counted up to ``COUNTED_UP_TO``."""
        return await self._tickets.count_documents(_query(turn, reader, now), limit=COUNTED_UP_TO)


def _query(turn: VisitTurn, reader: Actor, now: datetime) -> Document:
    begun = {**_RUNNING, "started_at": {"$lte": now}}
    parts: list[Document] = [{"visit_due_at": {"$exists": True}}, visible_to(reader)]
    just_tried = {"visits.at": {"$gt": now - timedelta(hours=HOURS_BETWEEN_TRIES)}}
    if turn is VisitTurn.AGAIN:
        parts.append({"$or": [just_tried, {"clocks": {"$not": {"$elemMatch": begun}}}]})
    else:
        parts += [{"clocks": {"$elemMatch": begun}}, {"$nor": [just_tried]}]
    if turn is VisitTurn.BAD:
        parts.append({"$or": [{"rating.stars": {"$lt": SATISFIED_FROM}}, {"rating.resolved": False}]})
    return {"$and": parts}
