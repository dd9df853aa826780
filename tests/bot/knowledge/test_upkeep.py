"""Entries that end, age or rest on nothing become tasks once, and the tasks end with the work."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from bot.knowledge.rights import person
from bot.knowledge.upkeep import LOOKS_EVERY, Upkeep
from bot.services import Services
from knowledge_base.article import Article
from knowledge_base.gaps.tasks import KnowledgeTask, TaskKind, TaskState
from tests.bot.knowledge.conftest import EDITOR, OTHER_EDITOR, SUPERVISOR, Clock, an_article


async def tasks(services: Services, kind: TaskKind) -> list[KnowledgeTask]:
    return await services.gaps.open_tasks(EDITOR, now=services.clock(), kind=kind, limit=500)


async def about(services: Services, article_id: str, kind: TaskKind) -> list[KnowledgeTask]:
    return [task for task in await tasks(services, kind) if task.article_id == article_id]


async def notices_about(services: Services, words: str) -> list[str]:
    found = await services.console_notices.latest(EDITOR, limit=200)
    return [notice.text for notice in found if words in notice.text]


async def revised(services: Services, article_id: str, **fields: object) -> None:
    """A new version through both reviews."""
    desk, now = services.knowledge, services.clock()
    entry = await services.articles.entry(article_id)
    entry = await desk.start(article_id, by=person(EDITOR), now=now, version=entry.version)
    assert entry.draft is not None
    article: Article = replace(entry.draft.article, **fields)  # type: ignore[arg-type]
    entry = await desk.save(article_id, article, by=person(EDITOR), now=now, version=entry.version)
    entry = await desk.submit(article_id, by=person(EDITOR), now=now, version=entry.version)
    entry = await desk.approve(article_id, by=person(OTHER_EDITOR), now=now, version=entry.version)
    await desk.approve(article_id, by=person(SUPERVISOR), now=now, version=entry.version)


async def test_an_entry_that_ends_is_a_task_thirty_days_before_and_a_second_word_comes_seven_days_before(
    services: Services, clock: Clock
) -> None:
    await services.articles.add_first(
        [an_article("高龄津贴试行办法", expires_on=date(2026, 12, 20))], now=clock()
    )
    upkeep = Upkeep(services)
    await upkeep.keep(clock())
    assert await about(services, "policy.高龄津贴试行办法", TaskKind.EXPIRING) == []  # 34 days
    for _ in range(3):
        await upkeep.keep(clock.advance(days=5))  # 29, 24, 19 days
    (task,) = await about(services, "policy.高龄津贴试行办法", TaskKind.EXPIRING)
    assert task.unit_id == "qh.civil-affairs"
    assert "2026年12月20日到期，还有29天" in task.detail
    assert len(await notices_about(services, "高龄津贴试行办法")) == 1
    await upkeep.keep(clock.advance(days=12))  # 7 days
    assert len(await notices_about(services, "高龄津贴试行办法")) == 2
    assert len(await about(services, "policy.高龄津贴试行办法", TaskKind.EXPIRING)) == 1


async def test_a_task_about_an_end_is_done_by_a_new_last_day(services: Services, clock: Clock) -> None:
    name = "policy.高龄津贴试行办法"
    await services.articles.add_first(
        [an_article("高龄津贴试行办法", expires_on=date(2026, 12, 1))], now=clock()
    )
    await Upkeep(services).keep(clock())
    (task,) = await about(services, name, TaskKind.EXPIRING)
    await revised(services, name, expires_on=date(2029, 12, 1))
    await Upkeep(services).keep(clock.advance(minutes=1))
    assert await about(services, name, TaskKind.EXPIRING) == []
    assert (await services.gaps.task(task.id, reader=EDITOR)).state is TaskState.DONE


async def test_a_task_about_an_end_that_came_is_closed_with_the_reason(
    services: Services, clock: Clock
) -> None:
    name = "policy.高龄津贴试行办法"
    await services.articles.add_first(
        [an_article("高龄津贴试行办法", expires_on=date(2026, 12, 1))], now=clock()
    )
    await Upkeep(services).keep(clock())
    (task,) = await about(services, name, TaskKind.EXPIRING)
    clock.advance(days=16)
    await Upkeep(services).keep(clock())
    ended = await services.gaps.task(task.id, reader=EDITOR)
    assert (ended.state, ended.events[-1].note) == (TaskState.CLOSED, "条目已经失效，不再引用")


async def test_repealing_a_document_makes_a_task_of_every_answer_resting_on_it(
    services: Services, clock: Clock
) -> None:
    base = an_article("临时救助办法")
    leaf = replace(an_article("临时救助问答"), basis=(base.id,))
    await services.articles.add_first([base, leaf], now=clock())
    upkeep = Upkeep(services)
    await upkeep.keep(clock())
    assert await about(services, leaf.id, TaskKind.LAPSED_BASIS) == []
    entry = await services.articles.entry(base.id)
    await services.knowledge.repeal(
        base.id, reason="上级文件已废止", by=person(EDITOR), now=clock(), version=entry.version
    )
    for _ in range(3):
        clock.advance(seconds=LOOKS_EVERY.total_seconds())
        await upkeep.keep(clock())
    (task,) = await about(services, leaf.id, TaskKind.LAPSED_BASIS)
    assert "依据《关于临时救助办法的通知》已经失效" in task.detail
    assert len(await notices_about(services, "关于临时救助问答的通知")) == 1
    await revised(services, leaf.id, basis=())
    await services.live_answers.rebuild()
    await upkeep.keep(clock.advance(minutes=1))
    assert (await services.gaps.task(task.id, reader=EDITOR)).state is TaskState.DONE


async def test_what_nobody_looked_at_for_a_year_is_a_task_until_somebody_vouches_for_it(
    services: Services, clock: Clock
) -> None:
    name = "policy.养犬管理规定"
    await services.articles.add_first([an_article("养犬管理规定")], now=clock())
    clock.advance(days=366)
    upkeep = Upkeep(services)
    await upkeep.keep(clock())
    (task,) = await about(services, name, TaskKind.STALE)
    assert "从2026年11月16日起没有复核过" in task.detail
    (told,) = await notices_about(services, "民政局有")
    assert "条知识很久没有复核" in told
    entry = await services.articles.entry(name)
    await services.knowledge.confirm(name, by=person(OTHER_EDITOR), now=clock(), version=entry.version)
    await upkeep.keep(clock.advance(minutes=1))
    assert (await services.gaps.task(task.id, reader=EDITOR)).state is TaskState.DONE
    assert await about(services, name, TaskKind.STALE) == []


async def test_two_workers_open_every_task_once(services: Services, clock: Clock) -> None:
    await services.articles.add_first(
        [an_article("高龄津贴试行办法", expires_on=date(2026, 12, 1))], now=clock()
    )
    opened = [await Upkeep(services).look(clock()) for _ in range(2)]
    assert opened[0] >= 1
    assert opened[1] == 0


async def test_old_entries_with_a_task_never_keep_a_later_one_from_its_own(
    services: Services, clock: Clock
) -> None:
    long_ago = clock() - timedelta(days=100)  # before the demo library, which is not old yet
    await services.articles.add_first([an_article(f"旧{place}") for place in range(5)], now=long_ago)
    await services.articles.add_first([an_article("最后")], now=long_ago + timedelta(hours=1))
    clock.advance(days=267)
    upkeep = Upkeep(services, look_at=5)
    for _ in range(2):
        await upkeep.look(clock())
    stored = services.database["knowledge_tasks"]
    assert await stored.count_documents({"kind": "stale", "article_id": "policy.最后"}) == 1
