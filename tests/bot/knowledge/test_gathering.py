"""Questions become gaps and gaps become tasks: at most one each, whatever dies in between."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.knowledge.gathering import Gathering
from bot.services import Services
from bot.worker import Worker
from knowledge_base.gaps.gap_store import KEPT, LEASE
from knowledge_base.gaps.gathering import FADES, GapState
from knowledge_base.gaps.tasks import KnowledgeTask
from routing.departments import UnitId
from routing.workflow import Actor, Role
from tests.bot.knowledge.conftest import EDITOR, Clock, asks_in_vain

HEARING_AID = ("低保户换助听器能补贴吗", "吃低保的换助听器有没有补贴", "低保户配助听器有补贴没有")


async def gather(services: Services, by: Gathering | None = None) -> None:
    gathering = by or Gathering(services)
    while await gathering.gather(services.clock()):
        pass


async def tasks(services: Services) -> list[KnowledgeTask]:
    return await services.gaps.open_tasks(EDITOR, now=services.clock())


async def three_ask(services: Services, questions: tuple[str, ...] = HEARING_AID, *, first: int = 0) -> None:
    for place, question in enumerate(questions):
        await asks_in_vain(services, first + place, question, openid=f"o-{place}")


async def test_a_task_has_a_clock_in_working_days_and_says_how_it_was_counted(services: Services) -> None:
    await three_ask(services)
    await gather(services)
    (task,) = await tasks(services)
    # Monday 16 November 2026: five working days after, at closing time.
    assert (task.due_at - services.clock()) == timedelta(days=7, hours=8)
    assert task.explanation == "周六、周日不计"
    assert not task.overdue(task.due_at)
    assert task.overdue(task.due_at + timedelta(seconds=1))


async def test_below_the_limit_there_is_a_gap_and_no_task(services: Services) -> None:
    await three_ask(services, HEARING_AID[:2])
    await gather(services)
    assert await tasks(services) == []
    assert await services.database["gaps"].count_documents({}) == 1


async def test_whoever_asks_after_the_task_is_counted_to_it(services: Services) -> None:
    await three_ask(services)
    gathering = Gathering(services)
    await gather(services, gathering)
    await asks_in_vain(services, 9, HEARING_AID[0], openid="o-9")
    await gather(services, gathering)
    (task,) = await tasks(services)
    assert task.askers == 4
    assert await services.database["console_notices"].count_documents({"href": {"$exists": True}}) == 1


async def test_two_workers_at_once_make_one_gap(services: Services) -> None:
    await three_ask(services)
    one, other = Gathering(services), Gathering(services)
    await asyncio.gather(one.gather(services.clock()), other.gather(services.clock()))
    await gather(services, one)
    assert len(await tasks(services)) == 1
    assert await services.database["gaps"].count_documents({}) == 1


async def test_another_worker_takes_over_once_the_first_is_gone(services: Services, clock: Clock) -> None:
    await three_ask(services, HEARING_AID[:2])
    await gather(services)
    await asks_in_vain(services, 9, HEARING_AID[2], openid="o-9")
    successor = Gathering(services)
    assert await successor.gather(clock()) == 0, "the first may still be at work"
    clock.advance(seconds=LEASE.total_seconds() + 1)
    await gather(services, successor)
    assert len(await tasks(services)) == 1


CUTS = ("add_gap", "join", "count", "set_state", "gathered")


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("late", [False, True])
async def test_a_worker_that_dies_anywhere_leaves_one_gap_one_task_and_one_notice(
    services: Services, clock: Clock, cut: str, late: bool
) -> None:
    """It dies just before or just after each write; another one then does the rest."""
    await three_ask(services)
    store = services.questions
    written = getattr(type(store), cut)

    async def dies(*args: Any, **kwargs: Any) -> None:
        if late:
            await written(store, *args, **kwargs)
        raise ConnectionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(store), cut, lambda self, *args, **kwargs: dies(*args, **kwargs))
        with pytest.raises(ConnectionError):
            await gather(services)
    clock.advance(seconds=LEASE.total_seconds() + 1)
    await gather(services)
    assert len(await tasks(services)) == 1
    assert await services.database["gaps"].count_documents({}) == 1
    assert await services.database["console_notices"].count_documents({"href": {"$exists": True}}) == 1
    assert await services.database["asked_questions"].count_documents({"waiting": True}) == 0


async def test_a_question_no_rule_can_read_holds_up_no_other(services: Services) -> None:
    def fails(text: str) -> None:
        raise ValueError

    services.desk.triage = replace(services.desk.triage, classify=fails)  # type: ignore[arg-type]
    await three_ask(services)
    await gather(services)
    (task,) = await tasks(services)
    assert task.unit_id == services.units.fallback.id


async def test_the_worker_does_it_by_itself(services: Services) -> None:
    await three_ask(services)
    worker = asyncio.create_task(Worker(services).run())
    try:
        async with asyncio.timeout(20):
            while not any(task.gap_id for task in await tasks(services)):  # noqa: ASYNC110 - the store tells nobody
                await asyncio.sleep(0.05)
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)


async def test_the_same_message_delivered_again_counts_once(services: Services) -> None:
    for _ in range(3):
        await asks_in_vain(services, 1, HEARING_AID[0], openid="o-1")
        await gather(services)
    assert await services.database["asked_questions"].count_documents({}) == 1


async def test_what_was_closed_with_a_reason_makes_no_second_task(services: Services) -> None:
    await three_ask(services)
    gathering = Gathering(services)
    await gather(services, gathering)
    (task,) = await tasks(services)
    await services.gaps.close(
        task.id, "属于省级事项，已转告省残联", by=EDITOR, version=task.version, now=services.clock()
    )
    await three_ask(services, first=20)
    await gather(services, gathering)
    assert await tasks(services) == []


async def test_what_was_answered_and_is_asked_in_vain_again_becomes_a_new_task(services: Services) -> None:
    await three_ask(services)
    gathering = Gathering(services)
    await gather(services, gathering)
    (task,) = await tasks(services)
    await services.questions.set_state(task.id, GapState.ANSWERED)
    await services.tasks.save(task.done(by="system", now=services.clock()))
    await three_ask(services, first=20)
    await gather(services, gathering)
    (again,) = await tasks(services)
    assert again.id != task.id


async def test_a_gap_nobody_asks_about_any_more_fades(services: Services, clock: Clock) -> None:
    await three_ask(services, HEARING_AID[:2])
    await gather(services)
    clock.advance(days=FADES.days + 1)
    await asks_in_vain(services, 9, HEARING_AID[2], openid="o-9")
    await gather(services)
    assert await tasks(services) == []
    assert await services.database["gaps"].count_documents({}) == 2


async def test_a_liaison_sees_the_own_unit_s_tasks_only(services: Services) -> None:
    await three_ask(services)
    await gather(services)
    (task,) = await tasks(services)
    own = Actor("canlian", "某", Role.LIAISON, frozenset({UnitId(task.unit_id)}))
    other = Actor("zhujian", "某", Role.LIAISON, frozenset({UnitId("qh.housing")}))
    assert await services.gaps.open_tasks(own, now=services.clock()) == [task]
    assert await services.gaps.open_tasks(other, now=services.clock()) == []
    notices = await services.console_notices.latest(own)
    assert any("3位群众问" in notice.text for notice in notices)


async def test_askers_of_two_gaps_cannot_be_told_to_be_one_citizen(services: Services) -> None:
    await asks_in_vain(services, 1, HEARING_AID[0], openid="o-1")
    await asks_in_vain(services, 2, "共享单车押金怎么退", openid="o-1")
    await gather(services)
    askers = [d["asker"] async for d in services.database["asked_questions"].find({})]
    assert len(set(askers)) == 2


async def test_the_words_of_a_gap_go_when_the_last_question_in_it_does(
    services: Services, clock: Clock
) -> None:
    await three_ask(services)
    await gather(services)
    indexes = await services.database["gaps"].index_information()
    assert indexes["last_at_1"]["expireAfterSeconds"] == KEPT.total_seconds()
    assert len(await services.questions.gaps(since=clock.advance(days=400) - FADES)) == 1, "it has a task"
    assert await services.questions.gaps(since=clock.advance(days=400) - FADES) == []
