"""Reads what the audit counts: one flat row a ticket, made by MongoDB, with the reader's rights in the query."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from pymongo import DESCENDING

from routing.audit.checks import AuditRow, Limit, Step
from routing.citizen_request import Channel, RequestType, Urgency
from routing.clocks import ClockState
from routing.departments import UnitId
from routing.events import ActorRef, EventKind
from routing.figures.counting import Period
from routing.mongo_store import AWARE, Collection, Database, Document
from routing.queries import visible_to
from routing.timing.sla import ClockName
from routing.triage.deciding import ReasonKind
from routing.workflow import Actor, Role, State

MOST_ROWS = 100_000
"""More than a city's month; the newest are taken when there are more."""
MOST_TEXTS = 20_000
"""Rows that carry their text."""

_STEPS = (EventKind.DISPATCHED, EventKind.TRANSFERRED, EventKind.RETURN_APPROVED)
_CLOCKS = (ClockName.DISPATCH, ClockName.REPLY)
_CHUNK = 1000
"""Rows read at a time: decoding them keeps the event loop waiting for some milliseconds, not for seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Tickets received in the period; every further field narrows."""

    period: Period
    unit_id: UnitId | None = None
    """The unit that has the ticket, or that the machine thought of first."""
    channel: Channel | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """``complete`` False: there were more than one look takes, and these are the newest."""

    rows: tuple[AuditRow, ...]
    complete: bool


class AuditRows:
    """Reads of the ``tickets`` collection for the audit; a ticket outside the reader's units is as good as absent."""

    def __init__(self, database: Database) -> None:
        self._tickets: Collection = database.get_collection("tickets", codec_options=AWARE)

    async def find(
        self, filter_: AuditFilter, *, reader: Actor, with_text: bool = False, limit: int | None = None
    ) -> Found:
        """Newest first. With ``with_text`` the rows carry the text and who registered it, and fewer are taken."""
        limit = limit or (MOST_TEXTS if with_text else MOST_ROWS)
        fields = {**_FIELDS, **_TEXT_FIELDS} if with_text else _FIELDS
        cursor = self._tickets.find(_query(filter_, reader), fields, batch_size=_CHUNK)
        cursor = cursor.sort([("received_at", DESCENDING), ("_id", DESCENDING)]).limit(limit + 1)
        rows: list[AuditRow] = []
        while documents := await cursor.to_list(_CHUNK):
            rows += await asyncio.to_thread(_rows, documents)
        return Found(tuple(rows[:limit]), complete=len(rows) <= limit)


def _query(filter_: AuditFilter, reader: Actor) -> Document:
    period = filter_.period
    parts: list[Document] = [
        visible_to(reader),
        {"received_at": {"$gte": period.since, "$lt": period.until}},
    ]
    if filter_.channel is not None:
        parts.append({"channel": filter_.channel})
    if filter_.unit_id is not None:
        first = {"triage.candidates.0.unit_id": filter_.unit_id}
        parts.append({"$or": [{"unit_id": filter_.unit_id}, first]})
    return {"$and": parts}


_FIRST = {"$arrayElemAt": ["$triage.candidates", 0]}
_FIELDS: Document = {
    "received_at": 1,
    "channel": 1,
    "request_type": 1,
    "urgency": 1,
    "state": 1,
    "unit_id": 1,
    "topic": 1,
    "automatic": "$triage.automatic",
    "place_id": "$triage.place_id",
    "first": {
        "$let": {
            "vars": {"first": _FIRST},
            "in": {
                "unit_id": "$$first.unit_id",
                "reasons": {
                    "$filter": {
                        "input": {"$ifNull": ["$$first.reasons", []]},
                        "cond": {"$eq": ["$$this.kind", ReasonKind.WORDS]},
                    }
                },
            },
        }
    },
    "length": {
        "$add": [{"$strLenCP": {"$ifNull": ["$title", ""]}}, {"$strLenCP": {"$ifNull": ["$text", ""]}}]
    },
    "steps": {
        "$map": {
            "input": {"$filter": {"input": "$events", "cond": {"$in": ["$$this.kind", list(_STEPS)]}}},
            "in": {
                "kind": "$$this.kind",
                "at": "$$this.at",
            },
        }
    },
    "limits": {
        "$map": {
            "input": {"$filter": {"input": "$clocks", "cond": {"$in": ["$$this.name", list(_CLOCKS)]}}},
            "in": {"name": "$$this.name", "state": "$$this.state", "due_at": "$$this.due_at"},
        }
    },
}


_TEXT_FIELDS: Document = {"title": 1, "text": 1, "by": {"$arrayElemAt": ["$events.by", 0]}}
"""The first event of every ticket is its registration."""

# Looking a member up in a dict takes a tenth of calling its class.
_CHANNELS = {each.value: each for each in Channel}
_TYPES = {each.value: each for each in RequestType}
_URGENCIES = {each.value: each for each in Urgency}
_STATES = {each.value: each for each in State}
_KINDS = {each.value: each for each in EventKind}
_NAMES = {each.value: each for each in ClockName}
_CLOCK_STATES = {each.value: each for each in ClockState}


def _rows(documents: list[Document]) -> list[AuditRow]:
    return [_row(document) for document in documents]


def _row(document: Document) -> AuditRow:
    first: dict[str, Any] = document.get("first") or {}
    text, title, by = document.get("text"), document.get("title"), document.get("by")
    return AuditRow(
        number=document["_id"],
        received_at=document["received_at"],
        channel=_CHANNELS[document["channel"]],
        request_type=_TYPES[document["request_type"]],
        urgency=_URGENCIES[document["urgency"]],
        state=_STATES[document["state"]],
        unit_id=document.get("unit_id"),
        topic=document.get("topic"),
        triaged=document.get("automatic") is not None,
        automatic=bool(document.get("automatic")),
        first=first.get("unit_id"),
        place_id=document.get("place_id"),
        length=document["length"],
        words=tuple(word for r in first.get("reasons", ()) for word in r["detail"].split("、") if word),
        registered_by=ActorRef(by["id"], by["name"], Role(by["role"])) if by else None,
        steps=tuple(Step(_KINDS[s["kind"]], s["at"]) for s in document["steps"]),
        limits=tuple(
            Limit(_NAMES[c["name"]], _CLOCK_STATES[c["state"]], c["due_at"]) for c in document["limits"]
        ),
        text=f"{title}\n{text}" if title else text,
    )
