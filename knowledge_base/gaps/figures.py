"""The library's figures, each made of verdicts on questions, tasks or entries so that it can be re-computed.

A figure judges one row: in the numerator, in the denominator only, excluded for a named reason, or not concerned.
Where nothing was to be counted the figure is blank, never 0 %.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from knowledge_base.gaps.asked import AskedOutcome, AskedTally
from knowledge_base.gaps.tasks import KnowledgeTask, TaskKind, TaskState


class KnowledgeFigure(StrEnum):
    """命中率, 自助解决率, 有用率, 久未复核, 缺口补充用时 (days), 逾期任务 and 任务按期率."""

    ANSWERED = "answered"
    SELF_SERVED = "self_served"
    HELPFUL = "helpful"
    STALE = "stale"
    DAYS_TO_UPDATE = "days_to_update"
    OVERDUE_TASKS = "overdue_tasks"
    TASKS_ON_TIME = "tasks_on_time"


class Excluded(StrEnum):
    """Why a question or task is in neither term."""

    TO_A_PERSON = "to_a_person"
    ELSEWHERE = "elsewhere"
    CLOSED = "closed"
    NOT_YET_DUE = "not_yet_due"


@dataclass(frozen=True, slots=True)
class Span:
    """``since`` ≤ t < ``until``, aware; ``as_of`` is when the figures are taken."""

    since: datetime
    until: datetime
    as_of: datetime

    def holds(self, at: datetime | None) -> bool:
        return at is not None and self.since <= at < self.until


@dataclass(frozen=True, slots=True)
class EntryAges:
    """How many entries a unit has in force, and how many of them nobody has vouched for in time."""

    unit_id: str
    in_force: int
    stale: int


@dataclass(frozen=True, slots=True)
class Judged:
    """What ``many`` questions, tasks or entries are to one figure. ``weight`` is their part of the numerator; ``about``
    is the task's id, empty for what has no page."""

    unit_id: str | None
    weight: float = 0.0
    many: int = 1
    excluded: Excluded | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class KnowledgeCount:
    """``value`` is numerator / denominator, None when nothing was to be counted. For ``DAYS_TO_UPDATE`` the numerator
    is the sum of days, so the value is their mean."""

    name: KnowledgeFigure
    numerator: float
    denominator: int
    excluded: dict[str, int] = field(default_factory=dict)
    as_of: datetime | None = None

    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True, slots=True)
class Rows:
    """All that the figures of one period are made of."""

    asked: tuple[AskedTally, ...]
    tasks: tuple[KnowledgeTask, ...]
    entries: tuple[EntryAges, ...]


_ON_PURPOSE = {
    AskedOutcome.TO_A_PERSON: Excluded.TO_A_PERSON,
    AskedOutcome.ELSEWHERE: Excluded.ELSEWHERE,
}


def _questions(counts: Callable[[AskedTally], bool]) -> Callable[[Rows, Span], Iterator[Judged]]:
    """Of the questions of the period; what is kept from answering on purpose is in neither term."""

    def judge(rows: Rows, span: Span) -> Iterator[Judged]:
        for asked in rows.asked:
            if asked.outcome is not AskedOutcome.READ:
                excluded = _ON_PURPOSE.get(asked.outcome)
                counted = excluded is None and counts(asked)
                yield Judged(asked.unit_id, float(counted * asked.many), asked.many, excluded)

    return judge


def _helpful(rows: Rows, span: Span) -> Iterator[Judged]:
    """Of the answers (in the chat or on the public page) somebody said a word on, those found helpful. Silence is no word."""
    for asked in rows.asked:
        if asked.helpful is not None:
            yield Judged(asked.unit_id, float(asked.helpful * asked.many), asked.many)


def _stale(rows: Rows, span: Span) -> Iterator[Judged]:
    """Of the entries in force now, those nobody has vouched for in time. Not bound to the period."""
    for entry in rows.entries:
        yield Judged(entry.unit_id, float(entry.stale), entry.in_force)


def _days_to_update(rows: Rows, span: Span) -> Iterator[Judged]:
    """From the day a gap became a task to the day its answer went live, over those answered in the period."""
    for task in rows.tasks:
        if task.kind is not TaskKind.GAP or not span.holds(task.ended_at) or task.ended_at is None:
            continue
        if task.state is TaskState.CLOSED:
            yield Judged(task.unit_id, excluded=Excluded.CLOSED, about=task.id)
        else:
            days = (task.ended_at - task.opened_at).total_seconds() / 86400
            yield Judged(task.unit_id, round(days, 2), about=task.id)


def _overdue_tasks(rows: Rows, span: Span) -> Iterator[Judged]:
    """Of the tasks open now, those past their limit. Not bound to the period."""
    for task in rows.tasks:
        if task.is_open:
            yield Judged(task.unit_id, float(task.overdue(span.as_of)), about=task.id)


def _tasks_on_time(rows: Rows, span: Span) -> Iterator[Judged]:
    """Of the tasks whose limit fell in the period, those done by then; open and overdue ones count against."""
    for task in rows.tasks:
        if not span.holds(task.due_at):
            continue
        if task.state is TaskState.CLOSED:
            yield Judged(task.unit_id, excluded=Excluded.CLOSED, about=task.id)
        elif task.is_open and task.due_at >= span.as_of:
            yield Judged(task.unit_id, excluded=Excluded.NOT_YET_DUE, about=task.id)
        else:
            kept = not task.is_open and not task.overdue(span.as_of)
            yield Judged(task.unit_id, float(kept), about=task.id)


JUDGES: dict[KnowledgeFigure, Callable[[Rows, Span], Iterator[Judged]]] = {
    KnowledgeFigure.ANSWERED: _questions(lambda asked: asked.outcome is AskedOutcome.ANSWERED),
    KnowledgeFigure.SELF_SERVED: _questions(
        lambda asked: asked.outcome is AskedOutcome.ANSWERED and asked.helpful is not False
    ),
    KnowledgeFigure.HELPFUL: _helpful,
    KnowledgeFigure.STALE: _stale,
    KnowledgeFigure.DAYS_TO_UPDATE: _days_to_update,
    KnowledgeFigure.OVERDUE_TASKS: _overdue_tasks,
    KnowledgeFigure.TASKS_ON_TIME: _tasks_on_time,
}


def judged(name: KnowledgeFigure, rows: Rows, span: Span) -> Iterator[Judged]:
    """Every part of a figure: the drill-down."""
    return JUDGES[name](rows, span)


def count(name: KnowledgeFigure, parts: Iterable[Judged], span: Span) -> KnowledgeCount:
    """The figure those parts make."""
    numerator, denominator = 0.0, 0
    excluded: Counter[str] = Counter()
    for part in parts:
        if part.excluded is not None:
            excluded[part.excluded.value] += part.many
        else:
            denominator += part.many
            numerator += part.weight
    return KnowledgeCount(name, round(numerator, 2), denominator, dict(excluded), span.as_of)


def totals(rows: Rows, span: Span) -> dict[KnowledgeFigure, KnowledgeCount]:
    """All figures."""
    return {name: count(name, judged(name, rows, span), span) for name in KnowledgeFigure}


def by_unit(rows: Rows, span: Span) -> dict[str | None, dict[KnowledgeFigure, KnowledgeCount]]:
    """All figures by the unit that owns the entry, task or question; None collects what seemed nobody's."""
    groups: defaultdict[str | None, dict[KnowledgeFigure, KnowledgeCount]] = defaultdict(dict)
    for name in KnowledgeFigure:
        parts: defaultdict[str | None, list[Judged]] = defaultdict(list)
        for part in judged(name, rows, span):
            parts[part.unit_id].append(part)
        for unit_id, own in parts.items():
            groups[unit_id][name] = count(name, own, span)
    return dict(groups)
