"""Trainings under way and behind us, as documents: who asks sees the stage, and one night has one training."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pymongo import DESCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from bot.learning.registry import ModelKind
from routing.mongo_store import AWARE, Collection, Database, Document

SILENT_FOR = timedelta(minutes=10)
"""A training that said nothing for so long has died."""
MOST_ATTEMPTS = 2


class RunState(StrEnum):
    """How a training stands."""

    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRun:
    """One training. ``said`` is its outcome in Chinese; ``version`` the model it made."""

    id: str
    kind: ModelKind
    state: RunState
    stage: str
    done: int
    total: int
    attempts: int
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None = None
    said: str | None = None
    version: str | None = None

    def died(self, now: datetime) -> bool:
        return self.state is RunState.RUNNING and now - self.updated_at > SILENT_FOR


class TrainingProgress:
    """The collection of runs."""

    def __init__(self, database: Database) -> None:
        self._runs: Collection = database.get_collection("training_runs", codec_options=AWARE)

    async def prepare(self) -> None:
        await self._runs.create_indexes([IndexModel([("kind", 1), ("started_at", DESCENDING)])])

    async def claim(self, run_id: str, kind: ModelKind, *, now: datetime) -> bool:
        """True for the one caller who may do this training; again once, when the first one died."""
        document: Document = {
            "_id": run_id,
            "kind": kind.value,
            "state": RunState.RUNNING.value,
            "stage": "read",
            "done": 0,
            "total": 0,
            "attempts": 1,
            "started_at": now,
            "updated_at": now,
        }
        try:
            await self._runs.insert_one(document)
        except DuplicateKeyError:
            dead = {
                "_id": run_id,
                "state": RunState.RUNNING.value,
                "updated_at": {"$lt": now - SILENT_FOR},
                "attempts": {"$lt": MOST_ATTEMPTS},
            }
            again = {"$set": {"updated_at": now, "started_at": now, "done": 0}, "$inc": {"attempts": 1}}
            taken = await self._runs.find_one_and_update(dead, again, return_document=ReturnDocument.AFTER)
            return taken is not None
        return True

    async def note(self, run_id: str, *, stage: str, done: int, total: int, now: datetime) -> None:
        """Also the sign of life."""
        await self._runs.update_one(
            {"_id": run_id}, {"$set": {"stage": stage, "done": done, "total": total, "updated_at": now}}
        )

    async def finish(
        self, run_id: str, state: RunState, *, said: str, version: str | None = None, now: datetime
    ) -> None:
        end = {
            "state": state.value,
            "said": said,
            "version": version,
            "updated_at": now,
            "finished_at": now,
        }
        await self._runs.update_one({"_id": run_id, "state": RunState.RUNNING.value}, {"$set": end})

    async def latest(self, kind: ModelKind | None = None, *, limit: int = 5) -> list[TrainingRun]:
        """The newest first."""
        query = {"kind": kind.value} if kind else {}
        found = self._runs.find(query).sort("started_at", DESCENDING).limit(limit)
        return [_run(document) async for document in found]


def _run(document: Document) -> TrainingRun:
    return TrainingRun(
        id=document["_id"],
        kind=ModelKind(document["kind"]),
        state=RunState(document["state"]),
        stage=document["stage"],
        done=document["done"],
        total=document["total"],
        attempts=document["attempts"],
        started_at=document["started_at"],
        updated_at=document["updated_at"],
        finished_at=document.get("finished_at"),
        said=document.get("said"),
        version=document.get("version"),
    )
