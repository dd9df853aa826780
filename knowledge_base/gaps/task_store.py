"""Tasks and proposals in MongoDB: ``knowledge_tasks`` and ``entry_proposals``, each written under its version or state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from bson.codec_options import CodecOptions
from pydantic import TypeAdapter
from pymongo import ASCENDING, DESCENDING, IndexModel

from knowledge_base.gaps.proposals import Proposal, ProposalOver, ProposalState, UnknownProposal
from knowledge_base.gaps.tasks import LIVING, KnowledgeTask, StaleTask, TaskKind, TaskState, UnknownTask

if TYPE_CHECKING:
    from motor.motor_asyncio import AsyncIOMotorDatabase

_AWARE: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)
_TASK = TypeAdapter(KnowledgeTask)
_PROPOSAL = TypeAdapter(Proposal)
_NAMED_AT_ONCE = 5_000
_LIVING = [state.value for state in LIVING]


class MongoTaskStore:
    """Collection ``knowledge_tasks``."""

    def __init__(self, database: AsyncIOMotorDatabase[dict[str, Any]]) -> None:
        self._tasks = database.get_collection("knowledge_tasks", codec_options=_AWARE)

    async def prepare(self) -> None:
        await self._tasks.create_indexes(
            [
                IndexModel([("state", ASCENDING), ("unit_id", ASCENDING), ("due_at", ASCENDING)]),
                IndexModel([("opened_at", ASCENDING)]),
                IndexModel([("gap_id", ASCENDING)], sparse=True),
            ]
        )

    async def open(self, task: KnowledgeTask) -> bool:
        """Keep a new task; False where it was opened before, which then stays as it is."""
        outcome = await self._tasks.update_one({"_id": task.id}, {"$setOnInsert": _dump(task)}, upsert=True)
        return outcome.upserted_id is not None

    async def get(self, task_id: str) -> KnowledgeTask:
        """Raises ``UnknownTask``."""
        document = await self._tasks.find_one({"_id": task_id})
        if document is None:
            raise UnknownTask(task_id)
        return _TASK.validate_python(document)

    async def known(self, task_ids: Iterable[str]) -> set[str]:
        """Those of the ids a task was opened under, over or not."""
        known: set[str] = set()
        for some in batched(task_ids, _NAMED_AT_ONCE):
            found = self._tasks.find({"_id": {"$in": some}}, {"_id": 1})
            known |= {document["_id"] async for document in found}
        return known

    async def save(self, task: KnowledgeTask) -> None:
        """Replace the version before; raises ``StaleTask`` when it is no longer there."""
        was = {"_id": task.id, "version": task.version - 1}
        if not (await self._tasks.replace_one(was, _dump(task))).matched_count:
            raise StaleTask(task.id, task.version - 1)

    async def recount(self, task_id: str, askers: int) -> None:
        """How many have asked by now; no act of a person, so the version stays."""
        await self._tasks.update_one(
            {"_id": task_id, "state": {"$in": _LIVING}}, {"$set": {"askers": askers}}
        )

    async def retitle(self, task_id: str, title: str) -> None:
        """Call it by another citizen's words, as those it was called by were erased; no act of a person."""
        await self._tasks.update_one({"_id": task_id}, {"$set": {"title": title}})

    async def open_tasks(
        self,
        *,
        units: Iterable[str] | None,
        kind: TaskKind | None = None,
        state: TaskState | None = None,
        due_before: datetime | None = None,
        after: KnowledgeTask | None = None,
        limit: int,
    ) -> list[KnowledgeTask]:
        """The most urgent first. ``units`` None: of any unit. ``after`` is the last one of the page before."""
        wanted: dict[str, Any] = {"state": state.value if state else {"$in": _LIVING}}
        if units is not None:
            wanted["unit_id"] = {"$in": sorted(units)}
        if kind is not None:
            wanted["kind"] = kind.value
        if due_before is not None:
            wanted["due_at"] = {"$lt": due_before}
        if after is not None:
            wanted["$or"] = [
                {"due_at": {"$gt": after.due_at}},
                {"due_at": after.due_at, "_id": {"$gt": after.id}},
            ]
        found = self._tasks.find(wanted).sort([("due_at", ASCENDING), ("_id", ASCENDING)]).limit(limit)
        return [_TASK.validate_python(document) async for document in found]

    async def of_period(self, since: datetime, until: datetime) -> list[KnowledgeTask]:
        """Tasks opened or ended in a period, and all that are open: what figures are made of."""
        span = {"$gte": since, "$lt": until}
        wanted = {"$or": [{"opened_at": span}, {"ended_at": span}, {"state": {"$in": _LIVING}}]}
        return [_TASK.validate_python(document) async for document in self._tasks.find(wanted).sort("_id", 1)]


class MongoProposalStore:
    """Collection ``entry_proposals``."""

    def __init__(self, database: AsyncIOMotorDatabase[dict[str, Any]]) -> None:
        self._proposals = database.get_collection("entry_proposals", codec_options=_AWARE)

    async def prepare(self) -> None:
        await self._proposals.create_indexes(
            [IndexModel([("state", ASCENDING), ("unit_id", ASCENDING), ("closed_at", DESCENDING)])]
        )

    async def add(self, proposal: Proposal) -> bool:
        """Keep a new proposal; False where the ticket proposed before."""
        document = _dump_proposal(proposal)
        outcome = await self._proposals.update_one(
            {"_id": proposal.id}, {"$setOnInsert": document}, upsert=True
        )
        return outcome.upserted_id is not None

    async def get(self, proposal_id: str) -> Proposal:
        """Raises ``UnknownProposal``."""
        document = await self._proposals.find_one({"_id": proposal_id})
        if document is None:
            raise UnknownProposal(proposal_id)
        return _PROPOSAL.validate_python(document)

    async def all_waiting(self) -> list[str]:
        """The ids of all that nobody has judged."""
        found = self._proposals.find({"state": ProposalState.OPEN.value}, {"_id": 1})
        return [document["_id"] async for document in found]

    async def known(self, proposal_ids: Iterable[str]) -> set[str]:
        """Those of the ids that proposed before, judged or not."""
        found = self._proposals.find({"_id": {"$in": list(proposal_ids)}}, {"_id": 1})
        return {document["_id"] async for document in found}

    async def waiting(self, *, units: Iterable[str] | None, limit: int) -> list[Proposal]:
        """Those nobody has judged, the newest first."""
        wanted: dict[str, Any] = {"state": ProposalState.OPEN.value}
        if units is not None:
            wanted["unit_id"] = {"$in": sorted(units)}
        found = self._proposals.find(wanted).sort("closed_at", DESCENDING).limit(limit)
        return [_PROPOSAL.validate_python(document) async for document in found]

    async def decide(self, proposal: Proposal) -> None:
        """Write what was decided; raises ``ProposalOver`` when somebody was faster."""
        was = {"_id": proposal.id, "state": ProposalState.OPEN.value}
        if not (await self._proposals.replace_one(was, _dump_proposal(proposal))).matched_count:
            raise ProposalOver(proposal.id)


def batched(names: Iterable[str], size: int) -> Iterator[list[str]]:
    """Lists of at most so many: a query that names too many is larger than the store takes."""
    rest = iter(names)
    while some := list(islice(rest, size)):
        yield some


def _dump(task: KnowledgeTask) -> dict[str, Any]:
    document: dict[str, Any] = _TASK.dump_python(task)
    return {**_plain(document), "events": [_plain(event) for event in document["events"]], "_id": task.id}


def _dump_proposal(proposal: Proposal) -> dict[str, Any]:
    return {**_plain(_PROPOSAL.dump_python(proposal)), "_id": proposal.id}


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    """Vocabulary as the words it is stored by."""
    return {name: getattr(value, "value", value) for name, value in document.items()}
