"""Writing an answer: checked before it is sent, helped by templates and the library, and never lost to a colleague."""

from __future__ import annotations

import pytest

from bot.people import User
from bot.reply_check import Doubt
from routing.acts.replaying import replay, same_history
from routing.departments import UnitId
from routing.events import EventKind
from routing.ticket import Ticket
from routing.workflow import Role, State
from tests.bot.web.conftest import PASSWORD, Browser, Console, Page
from tests.factories import CITY_MANAGEMENT, HOUSING
from tests.running import add_user

ANSWER = "烧烤店油烟问题已到现场核实，责令商户七日内装净化设备。"
PROMISE = "烧烤店油烟问题，我局将于12月5日前完成整改。"


async def _accepted(console: Console) -> tuple[Browser, Ticket]:
    ticket = await console.ticket(place="东门街")
    browser = await console.as_("liaison")
    await browser.open(f"/console/tickets/{ticket.number}")
    await _do(browser, ticket, "accept")
    return browser, ticket


async def _do(browser: Browser, ticket: Ticket, action: str, **fields: str) -> Page:
    return await browser.send(f"/console/tickets/{ticket.number}/{action}", fields)


async def _colleague(console: Console, unit_id: UnitId = CITY_MANAGEMENT) -> Browser:
    user = User(username="colleague", name="李四海", role=Role.LIAISON, unit_id=unit_id)
    await add_user(console.services, user, password=PASSWORD)
    return await console.as_("colleague")


# ---- the check


async def test_a_doubtful_answer_is_not_sent_and_kept_with_the_doubts_named(console: Console) -> None:
    browser, ticket = await _accepted(console)
    page = await _do(browser, ticket, "resolve", text=PROMISE)
    assert page.status == 422
    assert "还没有发出去" in page.words
    assert "承诺了具体日期" in page.words
    assert "我局将于12月5日前完成" in page.words
    assert PROMISE in page.html
    assert (await console.stored(ticket.number)).state is State.ACCEPTED


async def test_with_a_reason_it_is_sent_and_the_reason_stays_with_it(console: Console) -> None:
    browser, ticket = await _accepted(console)
    page = await _do(browser, ticket, "resolve", text=PROMISE)
    shown = page.hidden("shown")
    page = await _do(browser, ticket, "resolve", text=PROMISE, shown=shown, despite="合同写明了工期")
    assert "已办结" in page.words
    stored = await console.stored(ticket.number)
    reply = next(event for event in stored.events if event.kind is EventKind.REPLIED)
    assert (reply.reasons, reply.comment) == (("promises_a_date",), "合同写明了工期")
    again = replay(stored, profile=console.services.desk.profile_of(stored))
    assert same_history(again, stored)
    assert "发送前提示过：承诺了具体日期。仍然发送的理由：合同写明了工期" in page.words


async def test_a_reason_does_not_excuse_a_doubt_nobody_saw(console: Console) -> None:
    browser, ticket = await _accepted(console)
    page = await _do(browser, ticket, "reply", text=PROMISE)
    worse = PROMISE + "详询经办人手机13912345678。"
    page = await _do(browser, ticket, "reply", text=worse, shown=page.hidden("shown"), despite="合同写明")
    assert page.status == 422
    assert "有个人信息" in page.words
    assert (await console.stored(ticket.number)).state is State.ACCEPTED


async def test_an_answer_without_fault_is_sent_at_once(console: Console) -> None:
    browser, ticket = await _accepted(console)
    assert "答复已保存" in (await _do(browser, ticket, "reply", text=ANSWER)).words
    stored = await console.stored(ticket.number)
    assert stored.events[-1].reasons == ()


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("养老金资格认证可以用电子社保卡刷脸办理，不用跑窗口。", Doubt.OFF_THE_POINT),
        ("根据《清和县从来没有的油烟条例》，已责令烧烤店整改。", Doubt.UNKNOWN_CITATION),
    ],
)
async def test_what_the_ticket_and_the_library_know_is_asked(
    console: Console, text: str, doubt: Doubt
) -> None:
    browser, ticket = await _accepted(console)
    page = await _do(browser, ticket, "reply", text=text)
    assert page.hidden("shown") == doubt


async def test_how_far_it_is_is_told_and_the_answer_stays_owed(console: Console) -> None:
    browser, ticket = await _accepted(console)
    page = await _do(browser, ticket, "interim-reply", text="烧烤店油烟的净化设备已经订了，到货就装。")
    assert "已告知市民办理进展" in page.words
    assert "阶段答复" in page.words
    stored = await console.stored(ticket.number)
    assert (stored.state, stored.reply_text) == (State.ACCEPTED, None)


async def test_a_doubtful_word_of_progress_is_held_back_beside_its_own_form(console: Console) -> None:
    browser, ticket = await _accepted(console)
    page = await _do(browser, ticket, "interim-reply", text=PROMISE)
    assert page.status == 422
    assert page.html.count(PROMISE) == 1, "in the form it was written in, and in no other"
    shown = page.hidden("shown")
    await _do(browser, ticket, "interim-reply", text=PROMISE, shown=shown, despite="合同写明了工期")
    event = (await console.stored(ticket.number)).events[-1]
    assert (event.kind, event.reasons) == (EventKind.INTERIM_REPLIED, ("promises_a_date",))
    assert "仍然发送的理由：合同写明了工期" in (await browser.open(f"/console/tickets/{ticket.number}")).words


async def test_a_second_word_of_progress_after_a_colleagues_is_merged(console: Console) -> None:
    browser, ticket = await _accepted(console)
    other = await _colleague(console)
    for each in (browser, other):
        await each.open(f"/console/tickets/{ticket.number}")
    first, second = "烧烤店油烟净化设备已经订了。", "烧烤店油烟净化设备下周到货安装。"
    await _do(other, ticket, "interim-reply", text=first)
    page = await _do(browser, ticket, "interim-reply", text=second)
    assert page.status == 409
    assert "您打开之后发生的变化" in page.words
    assert "data-presence" in page.html, "who merges is seen to write, too"
    assert first in page.words
    assert second in page.html
    await _do(browser, ticket, "interim-reply", text=second)
    told = [
        e.text for e in (await console.stored(ticket.number)).events if e.kind is EventKind.INTERIM_REPLIED
    ]
    assert told == [first, second]


# ---- templates and the library


async def test_a_template_is_written_filled_in_changed_and_taken_back(console: Console) -> None:
    browser, ticket = await _accepted(console)
    await browser.open("/console/reply-templates")
    text = "您反映的{地点}油烟问题（{编号}）已于{日期}核实。"
    page = await browser.send("/console/reply-templates", {"title": "油烟已核实", "text": text})
    assert "油烟已核实" in page.words
    template = (await console.services.reply_templates.of({CITY_MANAGEMENT}))[0]
    await browser.open(f"/console/tickets/{ticket.number}")
    page = await _do(browser, ticket, "compose", text="您好！", template=template.id, **{"for": "resolve"})
    assert page.status == 200
    assert f"您好！\n您反映的东门街油烟问题（{ticket.number}）已于2026年11月16日核实。" in page.html
    address = f"/console/reply-templates/{template.id}"
    assert "模板已保存" in (await browser.send(f"{address}/save", {"title": "油烟", "text": "改过"})).words
    page = await browser.send(f"{address}/delete")
    assert "还没有模板" in page.words
    assert "恢复刚才删除的模板" in page.words
    assert "改过" in (await browser.send(f"{address}/restore")).words


async def test_a_template_of_another_unit_is_as_good_as_absent(console: Console) -> None:
    store = console.services.reply_templates
    theirs = await store.add(HOUSING, title="房", text="房的", by="梁国栋", now=console.clock.now)
    browser = await console.as_("liaison")
    assert "房的" not in (await browser.open("/console/reply-templates")).words
    for action in ("save", "delete", "restore"):
        page = await browser.send(f"/console/reply-templates/{theirs}/{action}", {"title": "x", "text": "y"})
        assert page.status == 404
    assert [one.text for one in await store.of({HOUSING})] == ["房的"]


async def test_a_template_without_a_name_is_refused_and_kept(console: Console) -> None:
    browser = await console.as_("liaison")
    await browser.open("/console/reply-templates")
    page = await browser.send("/console/reply-templates", {"title": " ", "text": "写了很多"})
    assert page.status == 422
    assert "请写模板名称" in page.words
    assert "写了很多" in page.html


async def test_the_library_is_searched_and_cited_beside_the_answer(console: Console) -> None:
    browser, ticket = await _accepted(console)
    page = await _do(
        browser, ticket, "compose", text="写了一半", act="look", look_for="油烟", **{"for": "resolve"}
    )
    assert page.status == 200
    assert "写了一半" in page.html
    hits = page.html.split('class="hits"')[-1]
    assert 'name="cite"' in hits
    cited = hits.split('name="cite" value="')[1].split('"')[0]
    page = await _do(
        browser, ticket, "compose", text="写了一半", cite=cited, look_for="油烟", **{"for": "resolve"}
    )
    assert "写了一半\n根据《" in page.html
    assert (await console.stored(ticket.number)).state is State.ACCEPTED


async def test_enter_in_the_search_line_never_sends_the_answer(console: Console) -> None:
    browser, ticket = await _accepted(console)
    page = await browser.open(f"/console/tickets/{ticket.number}")
    form = page.html.split('class="act answer"')[1].split("</form>")[0]
    first = form.split("<button")[1]
    assert "/compose" in first.split(">")[0]


# ---- two people


async def test_a_stale_answer_is_merged_with_what_a_colleague_did(console: Console) -> None:
    browser, ticket = await _accepted(console)
    other = await _colleague(console)
    await other.open(f"/console/tickets/{ticket.number}")
    await _do(other, ticket, "reply", text=ANSWER)
    mine = "烧烤店已停业整改，油烟净化设备装好了才能再开。"
    page = await _do(browser, ticket, "resolve", text=mine)
    assert page.status == 409
    assert "您打开之后发生的变化" in page.words
    assert "李四海" in page.words
    assert ANSWER in page.words
    assert mine in page.html
    assert page.hidden("version") == str((await console.stored(ticket.number)).version)
    page = await _do(browser, ticket, "resolve", text=mine)
    assert "已办结" in page.words
    assert (await console.stored(ticket.number)).reply_text == mine


async def test_a_template_put_in_meanwhile_shows_the_change_too(console: Console) -> None:
    browser, ticket = await _accepted(console)
    await console.services.desk.supplement(ticket.number, text="还有一家也这样", now=console.clock.now)
    page = await _do(browser, ticket, "compose", text="写了一半", act="look", **{"for": "resolve"})
    assert "还有一家也这样" in page.words
    assert "写了一半" in page.html


async def test_the_second_sees_that_somebody_is_writing(console: Console) -> None:
    browser, ticket = await _accepted(console)
    await _do(browser, ticket, "presence", writing="yes")
    other = await _colleague(console)
    page = await other.open(f"/console/tickets/{ticket.number}")
    assert "陈立新正在写" in page.words
    page = await browser.open(f"/console/tickets/{ticket.number}")
    assert "李四海也开着这张工单" in page.words
    await _do(browser, ticket, "presence", leaving="yes")
    assert "陈立新" not in (await _do(other, ticket, "presence")).html
    console.clock.advance(seconds=31)
    assert "也开着" not in (await browser.open(f"/console/tickets/{ticket.number}")).words


async def test_another_units_ticket_has_no_presence_and_no_composing(console: Console) -> None:
    ticket = await console.ticket()
    browser = await _colleague(console, HOUSING)
    await browser.open("/console/tickets")
    for number in (ticket.number, "HY0000000000"):
        for action in ("presence", "compose"):
            page = await browser.send(
                f"/console/tickets/{number}/{action}",
                {"csrf": await _csrf(browser), "version": "1", "seen": "1", "text": "x"},
            )
            assert page.status == 404


async def _csrf(browser: Browser) -> str:
    return (await browser.open("/console/reply-templates")).hidden("csrf")


async def test_the_timeline_says_who_of_the_unit_saw_it_first(console: Console) -> None:
    ticket = await console.ticket()
    browser = await console.as_("liaison")
    await browser.open(f"/console/tickets/{ticket.number}")
    console.clock.advance(minutes=5)
    page = await browser.open(f"/console/tickets/{ticket.number}")
    assert page.words.count("首次查看") == 1
    await (await console.as_("auditor")).open(f"/console/tickets/{ticket.number}")
    views = await console.services.first_views.of(ticket.number)
    assert [view.username for view in views] == ["liaison"]


async def test_a_request_alone_finds_only_what_has_to_do_with_it(console: Console) -> None:
    ticket = await console.ticket(title="路灯坏了好几天", text="路灯坏了好几天")
    browser = await console.as_("liaison")
    await browser.open(f"/console/tickets/{ticket.number}")
    await _do(browser, ticket, "accept")
    page = await _do(browser, ticket, "compose", act="look", look_for="", **{"for": "resolve"})
    assert "没有查到相近的条目" in page.words
    page = await _do(browser, ticket, "compose", act="look", look_for="养老金认证", **{"for": "resolve"})
    assert 'name="cite"' in page.html


async def test_a_form_of_nobodys_making_is_no_fault_of_ours(console: Console) -> None:
    browser, ticket = await _accepted(console)
    page = await _do(browser, ticket, "compose", version="x", seen="²", text="写了", **{"for": "nothing"})
    assert page.status == 200
    for action in ("save", "nothing"):
        assert (await browser.send(f"/console/views/{action}", {"name": "", "query": "q=1"})).status in (
            200,
            404,
        )
    assert (await browser.send("/console/reply-templates/x/nothing")).status == 404
