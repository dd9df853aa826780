"""Unanswered and badly rated questions gather in gaps, and a gap asked often enough becomes a task of its unit."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import uuid4

import structlog

from bot.knowledge.notes import new_gap_task, task_page
from bot.services import Services
from knowledge_base.gaps.asked import AskedQuestion
from knowledge_base.gaps.gap_store import LEASE
from knowledge_base.gaps.gathering import FADES, Gap, GapIndex, GapState
from knowledge_base.gaps.tasks import KnowledgeTask, TaskAct, TaskEvent, TaskKind
from routing.departments import UnitId
from routing.timing.working_calendar import CHINA
from routing.workflow import SYSTEM

log = structlog.get_logger(__name__)

BATCH = 50
_IN_ONE_GO = 100
_READ_ANEW = timedelta(hours=1)
"""How often the index is made again from the store: what faded is forgotten."""


@dataclass(slots=True)
class Gathering:
    """One worker of all gathers at a time; any other stands by. Nothing is lost when it dies: questions wait."""

    services: Services
    _holder: str = field(default_factory=lambda: uuid4().hex)
    _index: GapIndex = field(default_factory=GapIndex)
    _read_at: datetime | None = None
    _claimed_at: datetime | None = None

    async def gather(self, now: datetime) -> int:
        """Put the waiting questions into gaps; returns how many."""
        store = self.services.questions
        waiting = await store.waiting(limit=BATCH)
        if not waiting and not self._holds_and_should_renew(now):
            return 0
        if not await store.claim(self._holder, now=now):
            return 0
        await self._keep_index(now)
        for asked in waiting:
            gap_id = await self._join(asked)
            await self._make_task(gap_id, now)
            await store.gathered(asked.key)
        return len(waiting)

    def _holds_and_should_renew(self, now: datetime) -> bool:
        """Whoever gathers keeps the lease in quiet times too, or every question would have the index read anew."""
        return self._claimed_at is not None and LEASE / 3 <= now - self._claimed_at < LEASE

    async def _keep_index(self, now: datetime) -> None:
        """Read all gaps where another worker may have been at them meanwhile, and now and then."""
        ours = self._claimed_at is not None and timedelta(0) <= now - self._claimed_at < LEASE
        fresh = self._read_at is not None and now - self._read_at < _READ_ANEW
        self._claimed_at = now
        if ours and fresh:
            return
        self._index, self._read_at = GapIndex(), now
        for place, gap in enumerate(await self.services.questions.gaps(since=now - FADES)):
            self._index.put(gap.id, gap.wordings)
            if place % _IN_ONE_GO == 0:
                await asyncio.sleep(0)  # the same process delivers notices

    async def _join(self, asked: AskedQuestion) -> str:
        if asked.gap_id is not None:
            return asked.gap_id  # a crash came after the joining
        store = self.services.questions
        gap_id = await self._find(asked.question)
        if gap_id is None:
            gap_id = f"gap.{sha256(asked.key.encode()).hexdigest()[:20]}"
            gap = Gap(id=gap_id, wordings=(asked.question,), first_at=asked.at, last_at=asked.at)
            await store.add_gap(gap)
        unit_id, topic = self._seems_for(asked)
        # Within this gap only: the same citizen's questions about two matters cannot be told to be one person's.
        asker = self.services.vault.blind_index(f"{gap_id}\0{asked.asker}", field="askers of a gap")
        wordings = await store.join(asked, gap_id, asker=asker, unit_id=unit_id, topic=topic)
        self._index.put(gap_id, wordings)
        return gap_id

    async def _find(self, question: str) -> str | None:
        """The gap it belongs to; one that was answered since takes in nothing more."""
        while (gap_id := self._index.find(question)) is not None:
            gap = await self.services.questions.gap(gap_id)
            if gap is not None and gap.state is not GapState.ANSWERED:
                return gap_id
            self._index.remove(gap_id)
        return None

    def _seems_for(self, asked: AskedQuestion) -> tuple[str | None, str]:
        """The unit whose answer did not help; else the one the question would go to as a ticket."""
        on = asked.at.astimezone(CHINA).date()
        try:
            decision, topic = self.services.desk.triage.decide_on(asked.question, place=None, on=on)
        except Exception as error:
            # A question no rule can read must not hold up all others.
            log.error("question without a unit", error=type(error).__name__)
            return asked.unit_id, ""
        guessed = str(decision.candidates[0].unit_id) if decision.candidates else None
        return asked.unit_id or guessed, topic.label

    async def _make_task(self, gap_id: str, now: datetime) -> None:
        services = self.services
        gap = await services.questions.gap(gap_id)
        if gap is None or gap.state not in (GapState.OPEN, GapState.TASK):
            return
        count = await services.questions.count(gap_id)
        if gap.state is GapState.TASK:
            await services.tasks.recount(gap_id, count.askers)
        if count.askers < services.settings.gap_askers:
            return
        due_at = services.calendar.add_working_days(now, services.settings.gap_days)
        task = KnowledgeTask(
            id=gap_id,
            kind=TaskKind.GAP,
            title=gap.question,
            unit_id=self._owner(count.units),
            topic=count.topics[0] if count.topics else "",
            article_id=count.articles[0] if count.articles else None,
            gap_id=gap_id,
            askers=count.askers,
            opened_at=now,
            due_at=due_at,
            explanation=services.calendar.explain_days(now, due_at),
            events=(TaskEvent(at=now, act=TaskAct.OPENED, by=SYSTEM.id),),
        )
        if gap.state is GapState.OPEN:
            await self._tell(task, now)
            await services.tasks.open(task)
            await services.questions.set_state(gap_id, GapState.TASK)
            log.info("task opened", kind=task.kind.value, unit=task.unit_id, askers=task.askers)

    async def _tell(self, task: KnowledgeTask, now: datetime) -> None:
        """Before the task itself: after a crash both are made again under the same id, and neither twice."""
        await self.services.console_notices.put_note(
            f"task-{task.id}",
            unit_id=UnitId(task.unit_id),
            editors=True,
            text=new_gap_task(task, now=now),
            at=now,
            href=task_page(task.id),
        )

    def _owner(self, units: tuple[str, ...]) -> str:
        known = {unit.id for unit in self.services.units.all()}
        return next((unit for unit in units if unit in known), self.services.units.fallback.id)
