"""Tasks and proposals as people work on them, the operators' panel and the figures."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from knowledge_base.gaps.asked import AskedOutcome, AskedQuestion
from knowledge_base.gaps.gathering import Gap, GapState, Lack
from knowledge_base.gaps.proposals import Proposal, ProposalState
from knowledge_base.gaps.tasks import KnowledgeTask, TaskKind, TaskState
from routing.citizen_request import RequestType
from tests.bot.web.knowledge_library import QUESTION, Library, fields_of
from tests.bot.web.knowledge_library import library as library

ASKED = ("公交卡丢了里面的钱还能要回来吗", "公交卡丢了钱怎么办")


async def _task(library: Library, unit: str = "qh.transport", **changes: object) -> KnowledgeTask:
    services, now = library.console.services, library.console.clock.now
    await services.questions.add_gap(Gap(id="gap-1", wordings=ASKED, first_at=now, last_at=now))
    for n, words in enumerate(ASKED):
        asked = AskedQuestion(
            key=f"m{n}",
            at=now,
            outcome=AskedOutcome.REFUSED,
            question=words,
            lack=Lack.UNANSWERED,
        )
        await services.questions.note(asked)
        await services.questions.join(asked, "gap-1", asker=f"a{n}", unit_id=unit, topic="")
    task = KnowledgeTask(
        id="gap-1",
        kind=TaskKind.GAP,
        title=ASKED[0],
        unit_id=unit,
        gap_id="gap-1",
        askers=3,
        opened_at=now,
        due_at=now + timedelta(days=5),
        explanation="5个工作日",
    )
    task = replace(task, **changes)  # type: ignore[arg-type]
    assert await services.tasks.open(task)
    return task


async def test_a_task_shows_how_citizens_put_it_and_by_when_it_is_due(library: Library) -> None:
    await _task(library)
    browser = await library.as_("editor")
    page = await browser.open("/console/knowledge/tasks")
    assert ASKED[0] in page.words
    assert "3 人问过" in page.words
    page = await browser.open("/console/knowledge/tasks/gap-1")
    for words in (*ASKED, "5个工作日", "3 位市民问过"):
        assert words in page.words


async def test_an_entry_begun_from_a_task_holds_its_questions_and_links_it(library: Library) -> None:
    await _task(library)
    browser = await library.as_("editor")
    page = await browser.open("/console/knowledge/new?kind=question&task=gap-1")
    fields = fields_of(page)
    assert set(fields["questions"].split("\n")) == set(ASKED)
    assert fields["owner_unit_id"] == "qh.transport"
    page = await browser.send(
        "/console/knowledge/new",
        {**fields, "act": "save", "title": "公交卡丢了怎么退余额", "body": "记名卡可以，不记名的不能。"},
    )
    assert "已保存" in page.words
    task = await library.console.services.tasks.get("gap-1")
    assert (task.state, task.linked_article_id) == (TaskState.LINKED, page.path.rsplit("/", 1)[-1])
    page = await browser.open("/console/knowledge/tasks/gap-1")
    assert "由这个条目回答" in page.words


async def test_a_task_is_linked_to_an_entry_that_is_there_or_closed_with_a_reason(library: Library) -> None:
    await _task(library)
    browser = await library.as_("editor")
    page = await browser.open("/console/knowledge/tasks/gap-1?find=末班公交")
    assert "末班公交几点" in page.words
    page = await browser.send("/console/knowledge/tasks/gap-1/close", {"reason": " "})
    assert page.status == 422
    assert "请写明理由" in page.words
    page = await browser.send("/console/knowledge/tasks/gap-1/link", {"article_id": "question.bus-night"})
    assert "已关联，任务还没有完成：它已经公开，但市民的2种问法只答得上0种" in page.words
    assert "还答不上的" in page.words
    assert (await library.console.services.tasks.get("gap-1")).state is TaskState.LINKED
    page = await browser.send("/console/knowledge/tasks/gap-1/close", {"reason": "公交公司的事"})
    assert "已关闭，理由记在任务里" in page.words
    assert "公交公司的事" in page.words
    again = {"reason": "再关一次", "version": "3"}
    page = await browser.send("/console/knowledge/tasks/gap-1/close", again)
    assert page.status == 409
    assert "已经结束" in page.words


async def test_a_task_ends_at_once_where_the_entry_linked_answers_it_already(library: Library) -> None:
    await _task(library)
    entry = replace(QUESTION, id="question.lost", title="公交卡丢了怎么退余额", questions=ASKED)
    await library.put(entry)
    browser = await library.as_("editor")
    await browser.open("/console/knowledge/tasks/gap-1")
    page = await browser.send("/console/knowledge/tasks/gap-1/link", {"article_id": entry.id})
    assert "它已经答得上，任务完成" in page.words
    services = library.console.services
    assert (await services.tasks.get("gap-1")).state is TaskState.DONE
    gap = await services.questions.gap("gap-1")
    assert gap is not None
    assert gap.state is GapState.ANSWERED


async def test_two_who_work_on_one_task_are_told(library: Library) -> None:
    await _task(library)
    browser = await library.as_("editor")
    page = await browser.open("/console/knowledge/tasks/gap-1")
    stale = page.hidden("version")
    await browser.send("/console/knowledge/tasks/gap-1/assign", {"unit_id": "qh.housing"})
    page = await browser.send(
        "/console/knowledge/tasks/gap-1/close", {"reason": "不归我们", "version": stale}
    )
    assert page.status == 409
    assert "刚刚有了变化" in page.words
    assert "不归我们" in page.html
    task = await library.console.services.tasks.get("gap-1")
    assert (task.unit_id, task.state) == ("qh.housing", TaskState.OPEN)


async def test_a_liaison_sees_the_own_unit_s_tasks_only_and_assigns_none(library: Library) -> None:
    await _task(library, unit="qh.housing")
    mine, other = await library.as_("housing"), await library.as_("liaison")
    assert ASKED[0] in (await mine.open("/console/knowledge/tasks")).words
    page = await mine.open("/console/knowledge/tasks/gap-1")
    assert "改派给别的单位" not in page.words
    assert (
        await mine.send("/console/knowledge/tasks/gap-1/assign", {"unit_id": "qh.transport"})
    ).status == 403
    assert ASKED[0] not in (await other.open("/console/knowledge/tasks")).words
    assert (await other.open("/console/knowledge/tasks/gap-1")).status == 404
    assert (
        await other.send("/console/knowledge/tasks/gap-1/close", {"reason": "x", "version": "1"})
    ).status == 404


async def test_an_overdue_task_says_by_how_many_days(library: Library) -> None:
    await _task(library)
    library.console.clock.advance(days=7)
    browser = await library.as_("supervisor")
    page = await browser.open("/console/knowledge/tasks?tab=overdue")
    assert "■ 已超期 2天" in page.words


async def test_tasks_turn_their_pages(library: Library) -> None:
    for n in range(33):
        await _task(library, id=f"t{n:02d}", title=f"第{n}件")
    browser = await library.as_("editor")
    page = await browser.open("/console/knowledge/tasks")
    first = re.findall(r'class="row-link" href="/console/knowledge/tasks/(t\d+)"', page.html)
    href = re.search(r'href="([^"]+)" rel="next"', page.html)
    assert href
    page = await browser.open(href[1].replace("&amp;", "&"))
    second = re.findall(r'class="row-link" href="/console/knowledge/tasks/(t\d+)"', page.html)
    assert (len(first), len(second), len({*first, *second})) == (30, 3, 33)
    assert (await browser.open("/console/knowledge/tasks?after=nothing")).status == 200


async def _proposal(library: Library) -> Proposal:
    ticket = await library.console.ticket(request_type=RequestType.CONSULTATION)
    proposal = Proposal(
        id=ticket.number,
        title="公交卡余额",
        question="公交卡不用了余额退不退？",
        reply="记名卡带身份证到窗口，当场退余额。",
        unit_id="qh.transport",
        topic="交通运输",
        closed_at=library.console.clock.now,
        near_article_id="question.bus-night",
    )
    assert await library.console.services.proposals.add(proposal)
    return proposal


async def test_a_closed_consultation_becomes_an_entry(library: Library) -> None:
    proposal = await _proposal(library)
    browser = await library.as_("editor")
    page = await browser.open("/console/knowledge/tasks?tab=proposals")
    assert proposal.reply in page.words
    page = await browser.open(f"/console/knowledge/new?kind=question&proposal={proposal.id}")
    fields = fields_of(page)
    assert fields["body"] == proposal.reply
    assert fields["questions"] == proposal.question
    page = await browser.send("/console/knowledge/new", {**fields, "act": "save"})
    assert "已保存" in page.words
    taken = await library.console.services.proposals.get(proposal.id)
    assert (taken.state, taken.article_id) == (ProposalState.TAKEN, page.path.rsplit("/", 1)[-1])
    page = await browser.open(f"/console/knowledge/proposals/{proposal.id}")
    assert "已采用" in page.words
    assert "写成条目" not in page.words


async def test_a_proposal_is_dismissed_with_a_reason(library: Library) -> None:
    proposal = await _proposal(library)
    browser = await library.as_("editor")
    await browser.open(f"/console/knowledge/proposals/{proposal.id}")
    page = await browser.send(f"/console/knowledge/proposals/{proposal.id}/dismiss", {"reason": ""})
    assert "请写明理由" in page.words
    page = await browser.send(
        f"/console/knowledge/proposals/{proposal.id}/dismiss", {"reason": "只适用于这一户"}
    )
    assert "已标为不采用" in page.words
    page = await browser.send(f"/console/knowledge/proposals/{proposal.id}/dismiss", {"reason": "再来"})
    assert "已经有人处理过了" in page.words


async def test_an_operator_gets_words_to_read_out_and_goes_on_asking(library: Library) -> None:
    browser = await library.as_("operator")
    page = await browser.open("/console/answers?q=爱心乘车证怎么办")
    assert "到公交公司窗口申请" in page.words
    assert "出处：清和县交通运输局2026年3月2日发布的《爱心乘车证办事指南》" in page.words
    href = re.search(r'href="(/console/answers\?[^"]+)">收费标准<', page.html)
    assert href
    page = await browser.open(href[1].replace("&amp;", "&"))
    assert "补办收工本费8元" in page.words


async def test_an_operator_is_not_given_what_is_not_known_to_hold(library: Library) -> None:
    browser = await library.as_("operator")
    page = await browser.open("/console/answers?q=老年人乘车暂行规定")
    assert "policy.bus-old" not in page.html
    page = await browser.open("/console/answers?q=火星移民怎么办手续")
    assert "我给您登记，请单位答复您" in page.words
    page = await browser.open("/console/answers?q=x&from=policy.bus-old")
    assert "已经失效" in page.words
    assert "第二条" not in page.words


async def test_the_figures_have_their_terms(library: Library) -> None:
    services, now = library.console.services, library.console.clock.now
    for n, (outcome, helpful) in enumerate(
        [(AskedOutcome.ANSWERED, True), (AskedOutcome.ANSWERED, False), (AskedOutcome.REFUSED, None)]
    ):
        await services.questions.note(
            AskedQuestion(
                key=f"k{n}",
                at=now - timedelta(hours=1),
                outcome=outcome,
                unit_id="qh.transport",
                helpful=helpful,
            )
        )
    browser = await library.as_("supervisor")
    page = await browser.open("/console/knowledge/figures")
    assert re.search(r"命中率 66\.7% 2 / 3", page.words)
    assert re.search(r"自助解决率 33\.3% 1 / 3", page.words)
    assert re.search(r"有用率 50\.0% 1 / 2", page.words)
    assert (await (await library.as_("liaison")).open("/console/knowledge/figures")).status == 403
