"""Work the knowledge base asks of a unit: answer what citizens ask, renew what ends, look at what rests on nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from knowledge_base.article import KnowledgeRefused


class TaskKind(StrEnum):
    """群众常问未答, 依据已失效, 即将到期 or 久未复核."""

    GAP = "gap"
    LAPSED_BASIS = "lapsed_basis"
    EXPIRING = "expiring"
    STALE = "stale"


class TaskState(StrEnum):
    """待办 → 已关联条目 (waits until it goes live) → 已答复, or 已关闭 with a reason."""

    OPEN = "open"
    LINKED = "linked"
    DONE = "done"
    CLOSED = "closed"


LIVING = frozenset({TaskState.OPEN, TaskState.LINKED})


class TaskAct(StrEnum):
    """What happened to a task, in past participles."""

    OPENED = "opened"
    ASSIGNED = "assigned"
    LINKED = "linked"
    DONE = "done"
    CLOSED = "closed"


class UnknownTask(KnowledgeRefused, LookupError):
    """No task of that id, or none this reader may see."""

    def __init__(self, task_id: str) -> None:
        super().__init__(task_id)
        self.task_id = task_id


class StaleTask(KnowledgeRefused):
    """Somebody else changed the task since this reader read it."""

    def __init__(self, task_id: str, version: int) -> None:
        super().__init__(task_id, version)
        self.task_id = task_id
        self.version = version


class TaskOver(KnowledgeRefused):
    """The task is done or closed."""

    def __init__(self, task_id: str, state: TaskState) -> None:
        super().__init__(task_id, state)
        self.task_id = task_id
        self.state = state


class ReasonMissing(KnowledgeRefused):
    """A task is never closed, nor a proposal dismissed, without a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEvent:
    """Who did what, when. ``note`` is the reason, the unit or the entry's id."""

    at: datetime
    act: TaskAct
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeTask:
    """One piece of work with a clock. ``id`` follows from what it is about, so that nothing is asked for twice.

    ``linked_article_id`` is the entry that will answer; ``linked_version`` the version of it that was live at the
    linking (0 for none), so that only a newer one counts as the answer. ``explanation`` tells how ``due_at`` was counted.
    """

    id: str
    kind: TaskKind
    title: str
    unit_id: str
    topic: str = ""
    article_id: str | None = None
    gap_id: str | None = None
    askers: int = 0
    detail: str = ""
    opened_at: datetime
    due_at: datetime
    explanation: str = ""
    state: TaskState = TaskState.OPEN
    linked_article_id: str | None = None
    linked_version: int = 0
    ended_at: datetime | None = None
    version: int = 1
    events: tuple[TaskEvent, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.state in LIVING

    def overdue(self, now: datetime) -> bool:
        """Past its limit: still open then, or ended after it."""
        return (self.ended_at or now) > self.due_at

    def assign(self, unit_id: str, *, by: str, now: datetime) -> KnowledgeTask:
        """To another unit; the clock goes on, as citizens are waiting."""
        self._still_open()
        return self._after(TaskAct.ASSIGNED, by, now, unit_id, unit_id=unit_id)

    def link(self, article_id: str, *, live_version: int, by: str, now: datetime) -> KnowledgeTask:
        """This entry will answer it, once a version newer than ``live_version`` is live."""
        self._still_open()
        return self._after(
            TaskAct.LINKED,
            by,
            now,
            article_id,
            state=TaskState.LINKED,
            linked_article_id=article_id,
            linked_version=live_version,
        )

    def done(self, *, by: str, now: datetime, note: str = "") -> KnowledgeTask:
        """What was asked for is there."""
        self._still_open()
        return self._after(TaskAct.DONE, by, now, note, state=TaskState.DONE, ended_at=now)

    def close(self, reason: str, *, by: str, now: datetime) -> KnowledgeTask:
        """Nothing will be written, and why."""
        self._still_open()
        if not reason.strip():
            raise ReasonMissing
        return self._after(TaskAct.CLOSED, by, now, reason.strip(), state=TaskState.CLOSED, ended_at=now)

    def _still_open(self) -> None:
        if not self.is_open:
            raise TaskOver(self.id, self.state)

    def _after(self, act: TaskAct, by: str, now: datetime, note: str, **changes: object) -> KnowledgeTask:
        event = TaskEvent(at=now, act=act, by=by, note=note)
        return replace(self, events=(*self.events, event), version=self.version + 1, **changes)  # type: ignore[arg-type]
