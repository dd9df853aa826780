"""An import from its upload to its drafts: the files, how far it has come, and what an editor is shown before agreeing.

Reading goes on while the editor waits or goes away, so it is work of the application, not of a request. The files stay
in the database until they are taken or a day has passed; what was being done when a process ended is shown as broken
off and can be begun again.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import structlog
from aiohttp import web
from bson.binary import Binary
from pymongo.errors import PyMongoError

from bot.commands.policies import with_names
from bot.ending import still_wanted
from bot.knowledge.regions import own_paths, region_paths
from bot.services import SERVICES, Services
from knowledge_base.editing.desk import Regions
from knowledge_base.editing.entries import Person
from knowledge_base.importing.desk import prepare_import, run_import
from knowledge_base.importing.document import Reading
from knowledge_base.importing.isolation import Reader
from knowledge_base.importing.plan import ImportPlan
from knowledge_base.importing.planning import Defaults
from routing.mongo_store import AWARE, Database
from routing.timing.working_calendar import CHINA

log = structlog.get_logger(__name__)

KEPT = timedelta(days=1)
BROKEN_OFF_AFTER = timedelta(seconds=12)
"""Whoever works on an import, or waits for its turn, says so every second."""
_BEAT_S = 1.0
_MISSED_AT_START = timedelta(seconds=3)
"""A process that starts knows of a kill: what nobody has spoken for meanwhile is nobody's."""
MOST_SHOWN = 300
_AT_ONCE = asyncio.Semaphore(1)
"""Reading is work for a processor; one import at a time leaves the others for answering."""


class RunState(StrEnum):
    """读取中 → 预览 → 写入中 → 完成; or it failed."""

    READING = "reading"
    PREVIEW = "preview"
    WRITING = "writing"
    DONE = "done"
    FAILED = "failed"


class UnknownRun(LookupError):
    """No import of that id by this person, or no longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One import. ``record`` is the plan as data once there is one; ``done`` of ``total`` counts files, then entries."""

    id: str
    by: str
    at: datetime
    beat_at: datetime
    state: RunState
    files: tuple[str, ...]
    defaults: Mapping[str, str]
    attempt: int = 0
    """Counts how often it was begun: an earlier beginning that is still at work has nothing more to say."""
    done: int = 0
    total: int = 0
    record: Mapping[str, Any] = field(default_factory=dict)

    def broken_off(self, now: datetime) -> bool:
        working = self.state in (RunState.READING, RunState.WRITING)
        return working and now - self.beat_at > BROKEN_OFF_AFTER


class ImportRuns:
    """Collections ``knowledge_imports`` and ``knowledge_uploads``; both forget by themselves."""

    def __init__(self, database: Database) -> None:
        self._runs = database.get_collection("knowledge_imports", codec_options=AWARE)
        self._uploads = database.get_collection("knowledge_uploads", codec_options=AWARE)

    async def prepare(self) -> None:
        """Build the indexes; harmless to repeat."""
        await self._runs.create_index("at", expireAfterSeconds=int(KEPT.total_seconds()))
        await self._uploads.create_index("at", expireAfterSeconds=int(KEPT.total_seconds()))
        await self._uploads.create_index("run")

    async def open(
        self, files: list[tuple[str, bytes]], *, by: str, defaults: Mapping[str, str], now: datetime
    ) -> str:
        await self.prepare()
        run_id = secrets.token_hex(12)
        for n, (name, data) in enumerate(files):
            await self._uploads.insert_one(
                {"run": run_id, "n": n, "name": name, "data": Binary(data), "at": now}
            )
        await self._runs.insert_one(
            {
                "_id": run_id,
                "by": by,
                "at": now,
                "beat_at": now,
                "state": RunState.READING.value,
                "files": [name for name, _ in files],
                "defaults": dict(defaults),
                "attempt": 0,
                "done": 0,
                "total": len(files),
                "record": {},
            }
        )
        return run_id

    async def get(self, run_id: str, *, by: str) -> Run:
        """Raises ``UnknownRun``: an import is its editor's own business until it is drafts."""
        found = await self._runs.find_one({"_id": run_id, "by": by})
        if found is None:
            raise UnknownRun(run_id)
        return Run(
            id=found["_id"],
            by=found["by"],
            at=found["at"],
            beat_at=found["beat_at"],
            state=RunState(found["state"]),
            files=tuple(found["files"]),
            defaults=found["defaults"],
            attempt=found["attempt"],
            done=found["done"],
            total=found["total"],
            record=found["record"],
        )

    async def latest(self, *, by: str, limit: int = 5) -> list[Run]:
        cursor = self._runs.find({"by": by}, {"_id": 1}).sort("at", -1).limit(limit)
        return [await self.get(found["_id"], by=by) async for found in cursor]

    async def move(self, run: Run, *, to: RunState, now: datetime) -> Run | None:
        """The run as begun anew; None where it stands no longer as it was seen: two clicks make one act."""
        outcome = await self._runs.update_one(
            {"_id": run.id, "state": run.state.value, "attempt": run.attempt},
            {"$set": {"state": to.value, "done": 0, "beat_at": now}, "$inc": {"attempt": 1}},
        )
        return await self.get(run.id, by=run.by) if outcome.modified_count else None

    async def note(self, run: Run, *, now: datetime, **changes: object) -> bool:
        """False, and nothing is written, where this attempt was given up and another begun, or all forgotten."""
        outcome = await self._runs.update_one(
            {"_id": run.id, "attempt": run.attempt}, {"$set": {"beat_at": now, **changes}}
        )
        return bool(outcome.matched_count)

    async def give_up_lost(self, *, now: datetime) -> int:
        """Show as broken off what nobody holds; whoever does hold one says so again within a second. Returns how many."""
        working = {"$in": [RunState.READING.value, RunState.WRITING.value]}
        lost = {"state": working, "beat_at": {"$lt": now - _MISSED_AT_START}}
        outcome = await self._runs.update_many(lost, {"$set": {"beat_at": now - 2 * BROKEN_OFF_AFTER}})
        return outcome.modified_count

    async def each_file(self, run_id: str) -> AsyncIterator[tuple[str, bytes]]:
        async for found in self._uploads.find({"run": run_id}).sort("n", 1):
            yield found["name"], bytes(found["data"])

    async def forget(self, run_id: str) -> None:
        """The files and the run: the editor thought better of it, or the drafts are there."""
        await self._uploads.delete_many({"run": run_id})
        await self._runs.delete_one({"_id": run_id})

    async def forget_files(self, run_id: str) -> None:
        await self._uploads.delete_many({"run": run_id})


TASKS: web.AppKey[set[asyncio.Task[None]]] = web.AppKey("knowledge_import_tasks", set)


async def own_imports(app: web.Application) -> AsyncIterator[None]:
    """The application ends the imports it began, at once; a broken-off one is begun again by its editor, also one that
    a process before it died over."""
    tasks, services = app[TASKS], app[SERVICES]
    await ImportRuns(services.database).give_up_lost(now=services.clock())
    yield
    for task in tasks:
        task.cancel()
    for task in list(tasks):
        with suppress(asyncio.CancelledError):
            await task


def begin(app: web.Application, services: Services, run: Run, person: Person, *, write: bool) -> None:
    """Read the files for a preview, or, with ``write``, make drafts of them."""
    task = asyncio.create_task(_work(services, run, person, write=write), name="knowledge import")
    app[TASKS].add(task)
    task.add_done_callback(app[TASKS].discard)


async def _work(services: Services, run: Run, person: Person, *, write: bool) -> None:
    runs = ImportRuns(services.database)
    done = _Done()
    beating = asyncio.create_task(
        _beat(services, runs, run, done, asyncio.current_task()), name="knowledge import beats"
    )
    try:
        async with _AT_ONCE:
            plan = await _plan(services, runs, run, done)
            done.count, count = 0, len(plan.articles)
            await runs.note(run, now=services.clock(), done=0, total=count)
            imported = await run_import(
                plan,
                desk=services.knowledge,
                by=person,
                now=services.clock(),
                dry_run=not write,
                progress=done.add,
            )
        await _end(beating)  # what it writes last must not come after the result
        told = await asyncio.to_thread(imported.plan.record)
        record = {**told, "ids": [*imported.outcome.new, *imported.outcome.updated]}
        record["entries"], record["left"] = (
            record["entries"][:MOST_SHOWN],
            len(record["entries"][MOST_SHOWN:]),
        )
        record["problems"] = record["problems"][:MOST_SHOWN]
        state = RunState.DONE if write else RunState.PREVIEW
        held = await runs.note(run, now=services.clock(), state=state.value, record=record, done=count)
        if write and held:
            await runs.forget_files(run.id)
    except asyncio.CancelledError:
        await _end(beating)
        with suppress(PyMongoError):  # broken off from now on: its editor need not wait to begin again
            await runs.note(run, now=services.clock() - 2 * BROKEN_OFF_AFTER)
        raise
    except Exception as error:
        # The files are the editor's; a log says what kind of failure, not what they hold.
        log.error("knowledge import failed", error=type(error).__name__)
        await _end(beating)
        await runs.note(run, now=services.clock(), state=RunState.FAILED.value)
    finally:
        beating.cancel()


@dataclass(slots=True)
class _Done:
    """How much is done so far."""

    count: int = 0

    def add(self, more: int) -> None:
        self.count += more


async def _beat(
    services: Services, runs: ImportRuns, run: Run, done: _Done, worker: asyncio.Task[None] | None
) -> None:
    """Say again and again that somebody is at work, and how far they are, until cancelled; end the work of an attempt
    that is no longer the run's own, so that two never write the same import."""
    while still_wanted():
        try:
            if not await runs.note(run, now=services.clock(), done=done.count) and worker is not None:
                worker.cancel()
                return
        except PyMongoError as error:
            log.warning("knowledge import could not say it goes on", error=type(error).__name__)
        await asyncio.sleep(_BEAT_S)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _plan(services: Services, runs: ImportRuns, run: Run, done: _Done) -> ImportPlan:
    readings: list[Reading] = []
    async for name, data in runs.each_file(run.id):
        readings.append(await _read(name, data))
        done.add(1)
    return await prepare_import(readings, store=services.articles, defaults=_defaults(services, run))


async def _read(name: str, data: bytes) -> Reading:
    """In a thread, which is not left behind when the work is cancelled: the process could not end before it."""
    reader = Reader()

    def read() -> Reading:
        with reader:
            return reader.read(name, data)

    try:
        return await asyncio.to_thread(read)
    finally:
        reader.stop()


def _defaults(services: Services, run: Run) -> Defaults:
    """What the files do not say, and the names of units and places they may say it by."""
    tables = services.live.current.reference
    defaults = Defaults(
        owner_unit_id=run.defaults.get("unit", ""),
        region=run.defaults.get("region", ""),
        today=services.clock().astimezone(CHINA).date(),
    )
    return with_names(defaults, tables, places_of(services))


def places_of(services: Services) -> Regions:
    """Every way an entry may write where it holds, by the installation's present table."""
    return region_paths(services.gazetteer, *own_paths(services.settings.region, services.wechat_accounts))
