"""Entries that end, grow old or rest on nothing become tasks in time, and tasks end by themselves once it is done."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from hashlib import sha256

import structlog

from bot.knowledge import notes
from bot.knowledge.answered import ask_again, end_answered, has_newer_text
from bot.services import Services
from knowledge_base.article import Article
from knowledge_base.editing.entries import Entry
from knowledge_base.editing.store import EntryRow
from knowledge_base.gaps.tasks import KnowledgeTask, StaleTask, TaskAct, TaskEvent, TaskKind
from routing.departments import UnitId
from routing.errors import UnknownUnit
from routing.timing.working_calendar import CHINA
from routing.workflow import SYSTEM

log = structlog.get_logger(__name__)

WARN_DAYS = (30, 7)
"""How long before an entry ends its unit is told, the first time with a task."""
SETTLES_EVERY = timedelta(seconds=20)
LOOKS_EVERY = timedelta(minutes=5)
STALE_WORKING_DAYS = 20
"""What a unit has to look at an old entry again: nothing wrong is quoted meanwhile, as far as anybody knows."""
LOOK_AT = 500
"""Old entries read at first; more where all of them have a task."""
_PAGE = 200


@dataclass(slots=True)
class Upkeep:
    """Any number of workers may do this at once: every task and notice has an id of what it is about."""

    services: Services
    look_at: int = LOOK_AT
    _settles_from: datetime | None = None
    _looks_from: datetime | None = None
    _looked_on: date | None = None
    _asks_from: dict[str, datetime] = field(default_factory=dict)
    """When a task's wordings are put to the library again; dropped with the tasks that are over."""

    async def keep(self, now: datetime) -> int:
        """Do what is due; returns how many tasks were opened or ended."""
        done = 0
        if self._settles_from is None or now >= self._settles_from:
            await self.services.knowledge.settle(now)
            done += await self.end_tasks(now)
            self._settles_from = now + SETTLES_EVERY
        today = _local(now)
        if self._looks_from is None or now >= self._looks_from or today != self._looked_on:
            done += await self.look(now)
            self._looks_from, self._looked_on = now + LOOKS_EVERY, today
        return done

    # ---- what needs work

    async def look(self, now: datetime) -> int:
        """Open a task for every entry that ends soon, rests on what lapsed, or was long not looked at."""
        opened = 0
        async for article in self.services.articles.lists.each_expiring(
            on=_local(now), within_days=max(WARN_DAYS)
        ):
            opened += await self._ends_soon(article, now)
        flagged = await self.services.articles.lists.flagged(on=_local(now))
        entries = await self.services.articles.entries(flagged)
        titles = await self.services.articles.lists.titles({one for some in flagged.values() for one in some})
        for article_id, lapsed in flagged.items():
            live = entries[article_id].live if article_id in entries else None
            if live is not None:
                opened += await self._rests_on_lapsed(live, lapsed, titles, now)
        return opened + await self._look_for_old(now)

    async def _ends_soon(self, article: Article, now: datetime) -> int:
        ends = article.expires_on
        assert ends is not None, "the list holds what has a last day"
        days = (ends - _local(now)).days
        step = min(step for step in WARN_DAYS if days <= step)
        said = notes.expiring(article, ends, days)
        name = f"expiring.{article.id}.{ends.isoformat()}"
        due_at = datetime.combine(ends + timedelta(days=1), time(), CHINA)
        task = _task(
            name, TaskKind.EXPIRING, article.id, article.title, article.owner_unit_id, said, now, due_at
        )
        return await self._open(task, note_id=f"{name}.{step}", now=now)

    async def _rests_on_lapsed(
        self, article: Article, lapsed: tuple[str, ...], titles: Mapping[str, str], now: datetime
    ) -> int:
        named = tuple(titles.get(one, one) for one in lapsed)
        name = f"basis.{article.id}.{sha256('|'.join(sorted(lapsed)).encode()).hexdigest()[:12]}"
        due_at = self.services.calendar.add_working_days(now, self.services.settings.gap_days)
        said = notes.resting_on_lapsed(article, named)
        kind = TaskKind.LAPSED_BASIS
        task = _task(name, kind, article.id, article.title, article.owner_unit_id, said, now, due_at)
        return await self._open(task, note_id=name, now=now)

    async def _look_for_old(self, now: datetime) -> int:
        """One notice a unit and day, however many: a library imported at once grows old at once."""
        before = now - timedelta(days=self.services.settings.stale_days)
        fresh = await self._without_task(before, now)
        for unit_id, many in Counter(row.owner_unit_id for row in fresh.values()).items():
            await self.services.console_notices.put_note(
                f"stale-{unit_id}-{_local(now)}",
                unit_id=UnitId(unit_id),
                editors=True,
                text=notes.several_stale(self._unit_name(unit_id), many),
                at=now,
                href=notes.TASKS_PAGE,
            )
        due_at = self.services.calendar.add_working_days(now, STALE_WORKING_DAYS)
        explanation = self.services.calendar.explain_days(now, due_at)
        opened = 0
        for name, row in fresh.items():
            said = notes.stale(row.title, checked=_local(row.checked_at or row.changed_at))
            task = _task(name, TaskKind.STALE, row.id, row.title, row.owner_unit_id, said, now, due_at)
            opened += await self.services.tasks.open(replace(task, explanation=explanation))
        if opened:
            log.info("tasks opened", kind=TaskKind.STALE.value, many=opened)
        return opened

    async def _without_task(self, before: datetime, now: datetime) -> dict[str, EntryRow]:
        """Old entries no task was opened for, by the task's name. Those with one come first and stay, also where it was
        closed and nobody vouched for the entry: so look further until something is new or nothing is left."""
        while True:
            rows = await self.services.articles.lists.unchecked_since(
                before, on=_local(now), limit=self.look_at
            )
            old = {_stale_name(row.id, row.checked_at or row.changed_at): row for row in rows}
            known = await self.services.tasks.known(old)
            fresh = {name: row for name, row in old.items() if name not in known}
            if fresh or len(rows) < self.look_at:
                return fresh
            self.look_at *= 2

    def _unit_name(self, unit_id: str) -> str:
        try:
            return self.services.units.get(UnitId(unit_id)).short_name
        except UnknownUnit:
            return unit_id

    async def _open(self, task: KnowledgeTask, *, note_id: str, now: datetime) -> int:
        """The notice first: after a crash both are tried again, and neither happens twice."""
        explanation = self.services.calendar.explain_days(now, task.due_at)
        await self.services.console_notices.put_note(
            f"task-{note_id}",
            unit_id=UnitId(task.unit_id),
            editors=True,
            text=task.detail,
            at=now,
            href=notes.task_page(task.id),
        )
        opened = await self.services.tasks.open(replace(task, explanation=explanation))
        if opened:
            log.info("task opened", kind=task.kind.value, unit=task.unit_id)
        return int(opened)

    # ---- what is done

    async def end_tasks(self, now: datetime) -> int:
        """End every open task whose work is there; returns how many."""
        ended, last, seen = 0, None, set[str]()
        while True:
            tasks = await self.services.tasks.open_tasks(units=None, after=last, limit=_PAGE)
            ended += await self._end_those_done(tasks, now)
            seen |= {task.id for task in tasks}
            if len(tasks) < _PAGE:
                self._asks_from = {name: at for name, at in self._asks_from.items() if name in seen}
                return ended
            last = tasks[-1]
            await asyncio.sleep(0)

    async def _end_those_done(self, tasks: list[KnowledgeTask], now: datetime) -> int:
        about = {name for task in tasks for name in (task.article_id, task.linked_article_id) if name}
        entries = await self.services.articles.entries(about)
        ended = 0
        for task in tasks:
            try:
                ended += await self._end_if_done(task, entries, now)
            except StaleTask:
                continue  # somebody is at work on it; the next look sees what came of it
        return ended

    async def _end_if_done(self, task: KnowledgeTask, entries: Mapping[str, Entry], now: datetime) -> int:
        linked = entries.get(task.linked_article_id or "")
        if linked and await self._answers(task, linked, now):
            done, note = True, linked.id
        else:
            done, note = self._is_done(task, entries, _local(now))
        if done:
            await end_answered(self.services, task, note=note, now=now)
        elif note:
            await self.services.tasks.save(task.close(note, by=SYSTEM.id, now=now))
        return int(done or bool(note))

    async def _answers(self, task: KnowledgeTask, linked: Entry, now: datetime) -> bool:
        """Whether the linked entry says something new since, or answers the task's own wordings as it is."""
        if linked.live is None or not linked.live.in_force(_local(now)):
            return False
        if await has_newer_text(self.services, task, linked):
            return True
        due = self._asks_from.get(task.id)
        if task.kind is not TaskKind.GAP or (due and now < due):
            return False
        self._asks_from[task.id] = now + LOOKS_EVERY
        return (await ask_again(self.services, task, linked.id, now=now)).enough

    def _is_done(self, task: KnowledgeTask, entries: Mapping[str, Entry], on: date) -> tuple[bool, str]:
        """Whether the work is there, and by which entry; (False, why) where nothing is left to be done."""
        if task.kind is TaskKind.GAP:
            return False, ""
        entry = entries.get(task.article_id or "")
        live = entry.live if entry else None
        if entry is None or live is None:
            return False, "条目已撤下"
        match task.kind:
            case TaskKind.LAPSED_BASIS:
                over = self.services.answerer.basis_holds(entry.id, on=on)
            case TaskKind.EXPIRING:
                ends = live.expires_on.isoformat() if live.expires_on else ""
                over = task.id != f"expiring.{entry.id}.{ends}"
            case _:
                checked = entry.checked_at or entry.published_at
                over = checked is not None and task.id != _stale_name(entry.id, checked)
        if over:
            return True, entry.id
        return False, "" if live.in_force(on) else "条目已经失效，不再引用"


def _task(
    name: str,
    kind: TaskKind,
    article_id: str,
    title: str,
    unit_id: str,
    detail: str,
    now: datetime,
    due_at: datetime,
) -> KnowledgeTask:
    return KnowledgeTask(
        id=name,
        kind=kind,
        title=title,
        unit_id=unit_id,
        article_id=article_id,
        detail=detail,
        opened_at=now,
        due_at=due_at.astimezone(now.tzinfo),
        events=(TaskEvent(at=now, act=TaskAct.OPENED, by=SYSTEM.id),),
    )


def _stale_name(article_id: str, checked_at: datetime) -> str:
    return f"stale.{article_id}.{_local(checked_at).isoformat()}"


def _local(at: datetime) -> date:
    return at.astimezone(CHINA).date()
