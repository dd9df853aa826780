"""From a question nobody answers to the entry that answers it, and what happens when an entry ends."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import date

from bot.knowledge.gathering import Gathering
from bot.knowledge.rights import person
from bot.knowledge.upkeep import Upkeep
from knowledge_base.article import Article, ArticleKind, ArticleStatus
from knowledge_base.gaps.tasks import KnowledgeTask, TaskKind, TaskState
from routing.departments import UnitId
from routing.workflow import Actor, Role
from tests.journeys.city import City

ASKED = ("低保户换助听器能补贴吗", "吃低保的换助听器有没有补贴", "低保户配助听器有补贴没有")
EDITOR = Actor("editor", "苏雅", Role.EDITOR, frozenset({UnitId("qh.hotline")}))
OTHER_EDITOR = Actor("editor2", "林舟", Role.EDITOR, frozenset({UnitId("qh.hotline")}))
SUPERVISOR = Actor("supervisor", "郑克勤", Role.SUPERVISOR, frozenset({UnitId("qh.hotline")}))


async def tend(city: City) -> None:
    """What the worker does for the library in the next moment."""
    city.clock.advance(seconds=30)
    now = city.clock()
    gathering = Gathering(city.services)
    while await gathering.gather(now):
        pass
    await Upkeep(city.services).keep(now)


async def gap_tasks(city: City) -> list[KnowledgeTask]:
    return await city.services.gaps.open_tasks(EDITOR, now=city.clock(), kind=TaskKind.GAP)


def an_entry_of(unit_id: str, wordings: tuple[str, ...]) -> Article:
    return Article(
        id="",
        kind=ArticleKind.QUESTION,
        title="低保对象配换助听器有补贴吗？",
        body="低保对象配换助听器，每人每三年补贴一次，最高2000元。带身份证、低保证到户籍地乡镇残联申请。",
        issuer="清和县残疾人联合会",
        document_number="清残联〔2026〕9号",
        published_on=date(2026, 11, 16),
        effective_on=date(2026, 11, 16),
        expires_on=None,
        status=ArticleStatus.DRAFT,
        owner_unit_id=unit_id,
        region="清和县",
        questions=wordings,
    )


async def published(city: City, task: KnowledgeTask) -> str:
    """An editor drafts from the task, another reviews, a supervisor clears it; returns the entry's id."""
    services = city.services
    desk, now = services.knowledge, city.clock()
    wordings = await services.gaps.wordings(task)
    entry = await desk.create(an_entry_of(task.unit_id, wordings), by=person(EDITOR), now=now)
    await services.gaps.link(task.id, entry.id, by=EDITOR, version=task.version, now=now)
    entry = await desk.submit(entry.id, by=person(EDITOR), now=now, version=entry.version)
    entry = await desk.approve(entry.id, by=person(OTHER_EDITOR), now=now, version=entry.version)
    entry = await desk.approve(entry.id, by=person(SUPERVISOR), now=now, version=entry.version)
    assert entry.live is not None
    return entry.id


async def heard_within_a_second(city: City, name: str, question: str, expected: str) -> str:
    """Ask anew until the answer changes; a second by the world's clock is what an edit may take to be seen."""
    limit = time.monotonic() + 1.0
    attempt = 0
    while True:
        attempt += 1
        reply = await city.citizen(f"{name}{attempt}").says(question)
        if expected in reply or time.monotonic() > limit:
            return reply
        await asyncio.sleep(0.02)


async def test_a_question_three_citizens_ask_in_vain_becomes_a_task_and_the_fourth_is_answered(
    city: City,
) -> None:
    for name, question in zip(("王大爷", "李阿姨", "赵师傅"), ASKED, strict=True):
        assert await gap_tasks(city) == []
        reply = await city.citizen(name).says(question)
        assert "来源：" not in reply
        await tend(city)
    (task,) = await gap_tasks(city)
    assert (task.askers, task.state) == (3, TaskState.OPEN)
    assert set(await city.services.gaps.wordings(task)) == set(ASKED)
    (told,) = [n for n in await city.services.console_notices.latest(EDITOR) if task.id in n.href]
    assert "3位群众问" in told.text
    article_id = await published(city, task)
    reply = await heard_within_a_second(city, "孙婆婆", "低保户换助听器能补贴吗？", "最高2000元")
    assert "最高2000元" in reply
    assert (
        "来源：《低保对象配换助听器有补贴吗？》（清和县残疾人联合会，清残联〔2026〕9号，2026年11月16日发布）"
        in reply
    )
    await tend(city)
    assert await gap_tasks(city) == []
    ended = await city.services.gaps.task(task.id, reader=EDITOR)
    assert (ended.state, ended.linked_article_id) == (TaskState.DONE, article_id)


async def test_one_citizen_asking_ten_times_makes_no_task(city: City) -> None:
    wang = city.citizen("王大爷")
    for _ in range(4):
        for question in ASKED:
            await wang.says(question)
    await tend(city)
    assert await gap_tasks(city) == []


async def test_an_answer_that_helps_nobody_becomes_a_task_of_the_entry_s_unit(city: City) -> None:
    for name in ("王大爷", "李阿姨", "赵师傅"):
        citizen = city.citizen(name)
        assert "来源：" in await citizen.says("社保卡丢了怎么补办？")
        await citizen.taps("没解决")
    await tend(city)
    (task,) = await gap_tasks(city)
    assert task.unit_id == "qh.human-resources"
    assert task.article_id == "guide.social-card"
    assert await city.services.articles.helpfulness("guide.social-card") == (0, 3)


async def test_a_rule_that_is_repealed_is_refused_within_a_second_and_what_rests_on_it_becomes_work(
    city: City,
) -> None:
    services, question = city.services, "社保卡丢了怎么补办？"
    assert "来源：" in await city.citizen("王大爷").says(question)
    entry = await services.articles.entry("guide.social-card")
    await services.knowledge.repeal(
        entry.id, reason="省里出了新办法", by=person(SUPERVISOR), now=city.clock(), version=entry.version
    )
    reply = await heard_within_a_second(city, "李阿姨", question, "已经到期或者废止")
    assert "已经到期或者废止" in reply
    assert "来源：" not in reply
    assert entry.live is not None
    for said in (entry.live.title, *entry.live.questions):
        assert "已经到期或者废止" in await city.citizen(f"邻居{said}").says(said), said


async def test_what_is_published_for_a_later_day_is_answered_from_that_day_on(city: City) -> None:
    services, now = city.services, city.clock()
    desk = services.knowledge
    article = replace(
        an_entry_of("qh.disabled", ("助听器补贴怎么领",)), shown_from=date(2026, 11, 20), title="助听器补贴"
    )
    entry = await desk.create(article, by=person(EDITOR), now=now)
    entry = await desk.submit(entry.id, by=person(EDITOR), now=now, version=entry.version)
    entry = await desk.approve(entry.id, by=person(OTHER_EDITOR), now=now, version=entry.version)
    await desk.approve(entry.id, by=person(SUPERVISOR), now=now, version=entry.version)
    city.clock.to("2026-11-19T23:58")
    assert "来源：" not in await city.citizen("王大爷").says("助听器补贴怎么领")
    city.clock.to("2026-11-20T00:00")
    assert "最高2000元" in await heard_within_a_second(city, "李阿姨", "助听器补贴怎么领", "最高2000元")


async def test_no_identity_is_kept_with_an_unanswered_question(city: City) -> None:
    wang = city.citizen("王大爷")
    await wang.says("我叫王建国，电话13812345678，低保户换助听器能补贴吗")
    await tend(city)
    for name in ("asked_questions", "gaps", "knowledge_tasks"):
        stored = str(await city.services.database[name].find({}).to_list(None))
        for secret in (wang.openid, "13812345678", "王建国"):
            assert secret not in stored
