"""The life of a task: open, linked, done or closed, every step remembered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from knowledge_base.gaps.proposals import Proposal, ProposalOver, ProposalState
from knowledge_base.gaps.task_store import MongoProposalStore, MongoTaskStore
from knowledge_base.gaps.tasks import (
    KnowledgeTask,
    ReasonMissing,
    StaleTask,
    TaskAct,
    TaskKind,
    TaskOver,
    TaskState,
    UnknownTask,
)
from tests.factories import MONDAY_9_30 as NOW

Database = AsyncIOMotorDatabase[dict[str, Any]]


def a_task(name: str = "gap.1", *, due: timedelta = timedelta(days=7), **fields: Any) -> KnowledgeTask:
    return KnowledgeTask(
        id=name,
        kind=fields.pop("kind", TaskKind.GAP),
        title="低保户换助听器能补贴吗",
        unit_id=fields.pop("unit_id", "qh.disabled"),
        opened_at=NOW,
        due_at=NOW + due,
        **fields,
    )


def test_a_task_remembers_who_did_what() -> None:
    task = a_task().assign("qh.civil-affairs", by="editor", now=NOW)
    task = task.link("question.9", live_version=0, by="editor", now=NOW + timedelta(hours=1))
    task = task.done(by="system", now=NOW + timedelta(days=1))
    assert [event.act for event in task.events] == [TaskAct.ASSIGNED, TaskAct.LINKED, TaskAct.DONE]
    assert (task.state, task.unit_id, task.version) == (TaskState.DONE, "qh.civil-affairs", 4)


def test_a_task_that_is_over_stays_as_it_is() -> None:
    closed = a_task().close("已由省里统一答复", by="editor", now=NOW)
    acts: tuple[Callable[[], KnowledgeTask], ...] = (
        lambda: closed.assign("qh.health", by="editor", now=NOW),
        lambda: closed.link("question.9", live_version=0, by="editor", now=NOW),
        lambda: closed.close("再关一次", by="editor", now=NOW),
        lambda: closed.done(by="system", now=NOW),
    )
    for act in acts:
        with pytest.raises(TaskOver):
            act()


def test_a_task_is_not_closed_without_a_reason() -> None:
    with pytest.raises(ReasonMissing):
        a_task().close("  ", by="editor", now=NOW)


@pytest.mark.parametrize(
    ("ended_after", "looked_after", "overdue", "why"),
    [
        (None, 6, False, "open and in time"),
        (None, 8, True, "open and late"),
        (6, 30, False, "was done in time, however late one looks"),
        (8, 30, True, "was done late"),
    ],
)
def test_overdue_is_past_the_limit_when_it_ended_or_now(
    ended_after: int | None, looked_after: int, overdue: bool, why: str
) -> None:
    task = a_task()
    if ended_after is not None:
        task = task.done(by="system", now=NOW + timedelta(days=ended_after))
    assert task.overdue(NOW + timedelta(days=looked_after)) is overdue, why


@pytest.fixture
async def tasks(database: Database) -> MongoTaskStore:
    store = MongoTaskStore(database)
    await store.prepare()
    return store


async def test_the_same_task_is_opened_once(tasks: MongoTaskStore) -> None:
    assert await tasks.open(a_task())
    linked = (await tasks.get("gap.1")).link("question.9", live_version=2, by="editor", now=NOW)
    await tasks.save(linked)
    assert not await tasks.open(a_task())
    assert await tasks.get("gap.1") == linked


async def test_of_two_who_read_the_same_version_one_is_told(tasks: MongoTaskStore) -> None:
    await tasks.open(a_task())
    one = await tasks.get("gap.1")
    await tasks.save(one.assign("qh.health", by="editor", now=NOW))
    with pytest.raises(StaleTask):
        await tasks.save(one.close("不归我们", by="liaison", now=NOW))


async def test_a_list_is_in_order_of_urgency_and_goes_on_where_the_last_page_ended(
    tasks: MongoTaskStore,
) -> None:
    for place in range(5):
        await tasks.open(a_task(f"gap.{place}", due=timedelta(days=9 - place)))
    await tasks.open(a_task("gap.other", unit_id="qh.health"))
    first = await tasks.open_tasks(units={"qh.disabled"}, limit=3)
    rest = await tasks.open_tasks(units={"qh.disabled"}, limit=3, after=first[-1])
    assert [task.id for task in (*first, *rest)] == ["gap.4", "gap.3", "gap.2", "gap.1", "gap.0"]
    late = await tasks.open_tasks(units=None, due_before=NOW + timedelta(days=6), limit=9)
    assert [task.id for task in late] == ["gap.4"]


async def test_an_unknown_task_is_refused(tasks: MongoTaskStore) -> None:
    with pytest.raises(UnknownTask):
        await tasks.get("gap.none")


async def test_a_proposal_is_made_once_and_decided_once(database: Database) -> None:
    store = MongoProposalStore(database)
    await store.prepare()
    proposal = Proposal(
        id="HY2611160001",
        title="助听器补贴",
        question="低保户换助听器能补贴吗",
        reply="每三年一次。",
        unit_id="qh.disabled",
        topic="",
        closed_at=NOW,
    )
    assert await store.add(proposal)
    assert not await store.add(proposal)
    assert await store.waiting(units={"qh.disabled"}, limit=9) == [proposal]
    assert await store.waiting(units={"qh.health"}, limit=9) == []
    await store.decide(replace(proposal, state=ProposalState.DISMISSED, reason="已有条目"))
    with pytest.raises(ProposalOver):
        await store.decide(replace(proposal, state=ProposalState.TAKEN))
    assert await store.waiting(units=None, limit=9) == []
