"""The tasks and proposals of the knowledge base as people work on them: what they see, and every act of theirs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.knowledge.rights import require_writer, units_read_by
from knowledge_base.editing.mongo_store import MongoArticleStore
from knowledge_base.gaps.gap_store import MongoGapStore
from knowledge_base.gaps.gathering import GapState, commonest
from knowledge_base.gaps.proposals import Proposal, ProposalOver, ProposalState, UnknownProposal
from knowledge_base.gaps.task_store import MongoProposalStore, MongoTaskStore, batched
from knowledge_base.gaps.tasks import (
    KnowledgeTask,
    ReasonMissing,
    StaleTask,
    TaskKind,
    TaskState,
    UnknownTask,
)
from routing.citizen_request import RequestType, Secrecy
from routing.departments import UnitId
from routing.mongo_store import Collection
from routing.workflow import SYSTEM, Actor

PAGE = 50


@dataclass(frozen=True, slots=True)
class GapDesk:
    """``version`` is the one the page showed; ``StaleTask`` where it has changed since. Who may not see a task is told
    there is none."""

    gaps: MongoGapStore
    tasks: MongoTaskStore
    proposed: MongoProposalStore
    articles: MongoArticleStore
    tickets: Collection
    """Read for one thing: whether what a proposal was made from is still open to the public."""

    # ---- tasks

    async def open_tasks(
        self,
        reader: Actor,
        *,
        now: datetime,
        kind: TaskKind | None = None,
        unit_id: str | None = None,
        state: TaskState | None = None,
        overdue: bool = False,
        limit: int = PAGE,
        after: str | None = None,
    ) -> list[KnowledgeTask]:
        """The most urgent first, done ones only where ``state`` asks for them. ``after`` is the last id of the page
        before."""
        own = units_read_by(reader)
        units = own if unit_id is None else frozenset({unit_id}) & (own if own is not None else {unit_id})
        return await self.tasks.open_tasks(
            units=units,
            kind=kind,
            state=state,
            due_before=now if overdue else None,
            after=await self.tasks.get(after) if after else None,
            limit=limit,
        )

    async def task(self, task_id: str, *, reader: Actor) -> KnowledgeTask:
        own = units_read_by(reader)
        task = await self.tasks.get(task_id)
        if own is not None and task.unit_id not in own:
            raise UnknownTask(task_id)
        return task

    async def wordings(self, task: KnowledgeTask, *, limit: int = 20) -> tuple[str, ...]:
        """How citizens put it, redacted, the commonest first."""
        return commonest(await self.gaps.wordings(task.gap_id))[:limit] if task.gap_id else ()

    async def assign(
        self, task_id: str, unit_id: UnitId, *, by: Actor, version: int, now: datetime
    ) -> KnowledgeTask:
        """To another unit, which an editor or supervisor decides; the caller checks that the unit exists."""
        require_writer(by, "assign-task", editors_only=True)
        task = await self._read(task_id, by, version)
        return await self._save(task.assign(unit_id, by=by.id, now=now))

    async def link(
        self, task_id: str, article_id: str, *, by: Actor, version: int, now: datetime
    ) -> KnowledgeTask:
        """This entry will answer it: the task ends when a version of it newer than today's is live. Raises
        ``UnknownArticle``."""
        require_writer(by, "link-task")
        task = await self._read(task_id, by, version)
        entry = await self.articles.entry(article_id)
        return await self._save(
            task.link(article_id, live_version=entry.live_version if entry.live else 0, by=by.id, now=now)
        )

    async def close(
        self, task_id: str, reason: str, *, by: Actor, version: int, now: datetime
    ) -> KnowledgeTask:
        """Nothing will be written, and why; the same question makes no new task."""
        require_writer(by, "close-task")
        task = await self._save((await self._read(task_id, by, version)).close(reason, by=by.id, now=now))
        if task.gap_id:
            await self.gaps.set_state(task.gap_id, GapState.DISMISSED)
        return task

    # ---- proposals

    async def proposals(self, reader: Actor, *, limit: int = PAGE) -> list[Proposal]:
        """Those nobody has judged, the newest first."""
        found = await self.proposed.waiting(units=units_read_by(reader), limit=limit)
        public = await self._public([proposal.id for proposal in found])
        return [proposal for proposal in found if proposal.id in public]

    async def proposal(self, proposal_id: str, *, reader: Actor) -> Proposal:
        own = units_read_by(reader)
        proposal = await self.proposed.get(proposal_id)
        if own is not None and proposal.unit_id not in own:
            raise UnknownProposal(proposal_id)
        if not await self._public([proposal_id]):
            raise UnknownProposal(proposal_id)
        return proposal

    async def take_proposal(self, proposal_id: str, article_id: str, *, by: Actor, now: datetime) -> Proposal:
        """An entry was drafted from it, or it went into one that is there."""
        require_writer(by, "take-proposal", editors_only=True)
        proposal = await self._waiting(proposal_id, by)
        return await self._decide(proposal, ProposalState.TAKEN, by, now, article_id=article_id)

    async def dismiss_proposal(self, proposal_id: str, reason: str, *, by: Actor, now: datetime) -> Proposal:
        require_writer(by, "dismiss-proposal")
        if not reason.strip():
            raise ReasonMissing
        proposal = await self._waiting(proposal_id, by)
        return await self._decide(proposal, ProposalState.DISMISSED, by, now, reason=reason.strip())

    async def take_back_secret_ones(self, *, now: datetime) -> int:
        """End every proposal whose ticket became secret since; nothing of it may reach an entry. Returns how many."""
        ended = 0
        for numbers in batched(await self.proposed.all_waiting(), 1_000):
            for number in sorted(set(numbers) - await self._public(numbers)):
                proposal = await self.proposed.get(number)
                try:
                    await self.proposed.decide(proposal.take_back("工单已转为不公开", by=SYSTEM.id, now=now))
                except ProposalOver:
                    continue
                ended += 1
        return ended

    # ---- inside

    async def _public(self, numbers: list[str]) -> set[str]:
        """Those of the tickets that may be told to all as they are now."""
        wanted = {"_id": {"$in": numbers}, "secrecy": Secrecy.PUBLIC.value}
        found = self.tickets.find(wanted | {"request_type": RequestType.CONSULTATION.value}, {"_id": 1})
        return {document["_id"] async for document in found}

    async def _read(self, task_id: str, by: Actor, version: int) -> KnowledgeTask:
        task = await self.task(task_id, reader=by)
        if task.version != version:
            raise StaleTask(task_id, version)
        return task

    async def _save(self, task: KnowledgeTask) -> KnowledgeTask:
        await self.tasks.save(task)
        return task

    async def _waiting(self, proposal_id: str, by: Actor) -> Proposal:
        proposal = await self.proposed.get(proposal_id)
        if not await self._public([proposal_id]):
            raise ProposalOver(proposal_id)
        proposal = await self.proposal(proposal_id, reader=by)
        if proposal.state is not ProposalState.OPEN:
            raise ProposalOver(proposal_id)
        return proposal

    async def _decide(
        self,
        proposal: Proposal,
        state: ProposalState,
        by: Actor,
        now: datetime,
        *,
        article_id: str | None = None,
        reason: str = "",
    ) -> Proposal:
        decided = replace(
            proposal, state=state, article_id=article_id, reason=reason, decided_by=by.id, decided_at=now
        )
        await self.proposed.decide(decided)
        return decided
