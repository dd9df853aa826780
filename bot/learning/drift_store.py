"""Where the drift monitor stands, for all processes: one document per kind, and a line for every change."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta

from pymongo import DESCENDING
from pymongo.errors import DuplicateKeyError

from bot.learning.registry import ModelKind
from classifier.drift import DriftState, Level, Measure, Signal
from routing.mongo_store import AWARE, Collection, Database, Document

LOOK_EVERY = timedelta(hours=6)


class DriftStore:
    """State and history of the monitor."""

    def __init__(self, database: Database) -> None:
        self._states: Collection = database.get_collection("drift", codec_options=AWARE)
        self._changes: Collection = database.get_collection("drift_changes", codec_options=AWARE)

    async def claim(self, kind: ModelKind, *, now: datetime) -> bool:
        """True for the one worker who shall look now."""
        try:
            claimed = await self._states.update_one(
                {"_id": kind.value, "looked_at": {"$not": {"$gt": now - LOOK_EVERY}}},
                {"$set": {"looked_at": now}},
                upsert=True,
            )
        except DuplicateKeyError:
            return False  # there is one, and it was looked at a moment ago
        return claimed.modified_count == 1 or claimed.upserted_id is not None

    async def current(self, kind: ModelKind) -> DriftState | None:
        """None before the first look."""
        document = await self._states.find_one({"_id": kind.value})
        return _state(document["state"]) if document and "state" in document else None

    async def put(self, kind: ModelKind, after: DriftState, *, before: DriftState) -> bool:
        """Keep the state; True when the gate is another than before."""
        changed = (after.level, after.tightened_by, after.stopped) != (
            before.level,
            before.tightened_by,
            before.stopped,
        )
        await self._states.update_one({"_id": kind.value}, {"$set": {"state": _document(after)}}, upsert=True)
        if changed:
            await self._changes.insert_one({"kind": kind.value, **_document(after)})
        return changed

    async def history(self, kind: ModelKind, *, limit: int = 20) -> list[DriftState]:
        """The newest change first."""
        found = self._changes.find({"kind": kind.value}).sort("_id", DESCENDING).limit(limit)
        return [_state(document) async for document in found]


def _document(state: DriftState) -> Document:
    document: Document = asdict(state)
    return {**document, "level": state.level.value, "measures": [_measure(each) for each in state.measures]}


def _measure(measure: Measure) -> Document:
    return {**asdict(measure), "signal": measure.signal.value}


def _state(document: Document) -> DriftState:
    return DriftState(
        level=Level(document["level"]),
        tightened_by=document["tightened_by"],
        stopped=tuple(document["stopped"]),
        measures=tuple(
            Measure(**{**each, "signal": Signal(each["signal"])}) for each in document["measures"]
        ),
        quiet_looks=document["quiet_looks"],
        since=document["since"],
        measured_at=document["measured_at"],
    )
