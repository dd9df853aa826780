"""Who may do what with a task, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.knowledge.rights import person
from bot.knowledge.upkeep import SETTLES_EVERY, Upkeep
from bot.services import Services
from knowledge_base.article import UnknownArticle
from knowledge_base.editing.entries import Right
from knowledge_base.gaps.gathering import Gap, GapState
from knowledge_base.gaps.tasks import (
    KnowledgeTask,
    ReasonMissing,
    StaleTask,
    TaskKind,
    TaskOver,
    TaskState,
    UnknownTask,
)
from routing.departments import UnitId
from routing.errors import NotYourRole
from routing.workflow import Actor, Role
from tests.bot.knowledge.conftest import EDITOR, OTHER_EDITOR, SUPERVISOR, Clock, an_article
from tests.factories import a_liaison

UNIT = UnitId("qh.civil-affairs")
LIAISON = a_liaison(UNIT)
OPERATOR = Actor("operator", "周敏", Role.OPERATOR, frozenset({UnitId("qh.hotline")}))


@pytest.fixture
async def task(services: Services, clock: Clock) -> KnowledgeTask:
    """A gap's task of 民政局."""
    now = clock()
    await services.questions.add_gap(Gap(id="gap.1", wordings=("助听器补贴",), first_at=now, last_at=now))
    await services.questions.set_state("gap.1", GapState.TASK)
    opened = KnowledgeTask(
        id="gap.1",
        kind=TaskKind.GAP,
        title="助听器补贴",
        unit_id=UNIT,
        gap_id="gap.1",
        askers=3,
        opened_at=now,
        due_at=now + timedelta(days=7),
    )
    await services.tasks.open(opened)
    return opened


async def test_an_editor_gives_a_task_to_the_right_unit_and_its_clock_goes_on(
    services: Services, task: KnowledgeTask, clock: Clock
) -> None:
    moved = await services.gaps.assign(task.id, UnitId("qh.disabled"), by=EDITOR, version=1, now=clock())
    assert (moved.unit_id, moved.due_at) == ("qh.disabled", task.due_at)
    with pytest.raises(UnknownTask):
        await services.gaps.task(task.id, reader=LIAISON)
    with pytest.raises(StaleTask):
        await services.gaps.assign(task.id, UNIT, by=EDITOR, version=1, now=clock())


async def test_a_liaison_gives_no_task_away_and_an_operator_sees_none(
    services: Services, task: KnowledgeTask, clock: Clock
) -> None:
    with pytest.raises(NotYourRole):
        await services.gaps.assign(task.id, UNIT, by=LIAISON, version=1, now=clock())
    with pytest.raises(NotYourRole):
        await services.gaps.task(task.id, reader=OPERATOR)
    with pytest.raises(NotYourRole):
        await services.gaps.close(task.id, "不办", by=OPERATOR, version=1, now=clock())


async def test_a_task_is_closed_with_a_reason_and_its_gap_takes_no_new_task(
    services: Services, task: KnowledgeTask, clock: Clock
) -> None:
    with pytest.raises(ReasonMissing):
        await services.gaps.close(task.id, " ", by=LIAISON, version=1, now=clock())
    closed = await services.gaps.close(task.id, "由省残联统一答复", by=LIAISON, version=1, now=clock())
    assert closed.state is TaskState.CLOSED
    gap = await services.questions.gap("gap.1")
    assert gap is not None
    assert gap.state is GapState.DISMISSED
    with pytest.raises(TaskOver):
        await services.gaps.close(task.id, "再关", by=EDITOR, version=2, now=clock())
    assert await services.gaps.open_tasks(LIAISON, now=clock()) == []
    assert await services.gaps.open_tasks(LIAISON, now=clock(), state=TaskState.CLOSED) == [closed]


async def test_linking_an_entry_that_is_live_waits_for_a_newer_version_of_it(
    services: Services, task: KnowledgeTask, clock: Clock
) -> None:
    name = "policy.助听器补贴办法"
    await services.articles.add_first([an_article("助听器补贴办法")], now=clock())
    await services.gaps.link(task.id, name, by=LIAISON, version=1, now=clock())
    upkeep, desk = Upkeep(services), services.knowledge
    await upkeep.keep(clock.advance(minutes=1))
    assert (await services.gaps.task(task.id, reader=EDITOR)).state is TaskState.LINKED
    entry = await services.articles.entry(name)
    entry = await desk.start(name, by=person(EDITOR), now=clock(), version=entry.version)
    assert entry.draft is not None
    better = replace(entry.draft.article, questions=("助听器补贴怎么领",))
    entry = await desk.save(name, better, by=person(EDITOR), now=clock(), version=entry.version)
    entry = await desk.submit(name, by=person(EDITOR), now=clock(), version=entry.version)
    entry = await desk.approve(name, by=person(OTHER_EDITOR), now=clock(), version=entry.version)
    await upkeep.keep(clock.advance(seconds=SETTLES_EVERY.total_seconds()))
    assert (await services.gaps.task(task.id, reader=EDITOR)).state is TaskState.LINKED, (
        "one review is missing"
    )
    await desk.approve(name, by=person(SUPERVISOR), now=clock(), version=entry.version)
    await upkeep.keep(clock.advance(seconds=SETTLES_EVERY.total_seconds()))
    done = await services.gaps.task(task.id, reader=EDITOR)
    assert (done.state, done.ended_at) == (TaskState.DONE, clock())
    gap = await services.questions.gap("gap.1")
    assert gap is not None
    assert gap.state is GapState.ANSWERED


async def test_a_last_day_set_on_the_linked_entry_answers_nobody(
    services: Services, task: KnowledgeTask, clock: Clock
) -> None:
    name = "policy.殡葬管理办法"
    await services.articles.add_first([an_article("殡葬管理办法")], now=clock())
    await services.gaps.link(task.id, name, by=LIAISON, version=1, now=clock())
    entry = await services.articles.entry(name)
    ended = await services.knowledge.expire(
        name,
        reason="明年到期",
        day=clock().date() + timedelta(days=90),
        by=person(EDITOR),
        now=clock(),
        version=entry.version,
    )
    assert ended.live_version > entry.live_version
    await Upkeep(services).keep(clock.advance(minutes=1))
    assert (await services.gaps.task(task.id, reader=EDITOR)).state is TaskState.LINKED


async def test_a_linked_entry_that_comes_to_answer_the_wordings_ends_the_task_without_a_new_version(
    services: Services, task: KnowledgeTask, clock: Clock
) -> None:
    name = "policy.辅助器具办法"
    await services.articles.add_first([an_article("辅助器具办法", questions=("助听器补贴",))], now=clock())
    await services.gaps.link(task.id, name, by=LIAISON, version=1, now=clock())
    await services.live_answers.rebuild()
    await Upkeep(services).keep(clock.advance(minutes=1))
    done = await services.gaps.task(task.id, reader=EDITOR)
    assert (done.state, done.events[-1].note) == (TaskState.DONE, name)


async def test_what_is_linked_must_exist(services: Services, task: KnowledgeTask, clock: Clock) -> None:
    with pytest.raises(UnknownArticle):
        await services.gaps.link(task.id, "question.none", by=EDITOR, version=1, now=clock())


async def test_only_overdue_tasks_are_listed_where_only_they_are_asked_for(
    services: Services, task: KnowledgeTask, clock: Clock
) -> None:
    assert await services.gaps.open_tasks(EDITOR, now=clock(), overdue=True) == []
    clock.advance(days=8)
    (late,) = await services.gaps.open_tasks(EDITOR, now=clock(), overdue=True, unit_id=UNIT)
    assert late.overdue(clock())
    assert await services.gaps.open_tasks(LIAISON, now=clock(), unit_id="qh.housing") == []


@pytest.mark.parametrize(
    ("role", "rights", "everywhere"),
    [
        (Role.EDITOR, {Right.WRITE, Right.BUSINESS_REVIEW, Right.REPEAL}, True),
        (Role.LIAISON, {Right.BUSINESS_REVIEW}, False),
        (Role.SUPERVISOR, {Right.SECRECY_REVIEW, Right.REPEAL}, True),
        (Role.OPERATOR, set[Right](), True),
        (Role.AUDITOR, set[Right](), True),
    ],
)
def test_each_role_is_taken_for_what_it_may_do_to_entries(
    role: Role, rights: set[Right], everywhere: bool
) -> None:
    found = person(Actor("x", "某", role, frozenset({UNIT})))
    assert found.rights == rights
    assert found.units == (None if everywhere else {UNIT})
