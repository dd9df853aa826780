"""The inbox: what waits for this reader, the nearest limit first."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from routing.citizen_request import Secrecy
from tests.bot.web.conftest import Console
from tests.factories import CITY_MANAGEMENT, HOUSING


def _numbers(html: str) -> list[str]:
    return re.findall(r'class="row-link" href="/console/tickets/(\w+)"', html)


def _tabs(words: str) -> dict[str, int]:
    return {
        name: int(n) for name, n in re.findall(r"(待派|待签收|办理中|已答复|已办结|在办|全部) (\d+)", words)
    }


async def test_a_liaison_sees_the_own_units_tickets_and_no_others(console: Console) -> None:
    mine, theirs = await console.ticket(), await console.ticket(HOUSING)
    page = await (await console.as_("liaison")).open("/console/tickets?tab=all")
    assert _numbers(page.html) == [mine.number]
    page = await (await console.as_("housing")).open("/console/tickets?tab=all")
    assert _numbers(page.html) == [theirs.number]
    page = await (await console.as_("operator")).open("/console/tickets?tab=all")
    assert set(_numbers(page.html)) == {mine.number, theirs.number}


async def test_what_falls_due_first_stands_first(console: Console) -> None:
    early = await console.ticket()
    console.clock.advance(hours=1)
    late = await console.ticket()
    console.clock.advance(minutes=5)
    actor = await console.actor("liaison")
    await console.services.desk.accept(early.number, actor=actor, version=None, now=console.clock.now)
    page = await (await console.as_("liaison")).open("/console/tickets")
    assert _numbers(page.html) == [late.number, early.number]


async def test_tabs_count_each_state_and_show_only_theirs(console: Console) -> None:
    first, second = await console.ticket(), await console.ticket()
    actor = await console.actor("liaison")
    await console.services.desk.accept(second.number, actor=actor, version=None, now=console.clock.now)
    browser = await console.as_("liaison")
    page = await browser.open("/console/tickets")
    assert _tabs(page.words) == {"在办": 2, "待签收": 1, "办理中": 1, "已答复": 0, "已办结": 0, "全部": 2}
    assert _numbers((await browser.open("/console/tickets?tab=dispatched")).html) == [first.number]
    assert _numbers((await browser.open("/console/tickets?tab=accepted")).html) == [second.number]


async def test_dispatchers_find_what_nobody_was_sent(console: Console) -> None:
    waiting = await console.ticket(None)
    await console.ticket()
    page = await (await console.as_("dispatcher")).open("/console/tickets?tab=received")
    assert _numbers(page.html) == [waiting.number]
    assert "待派" not in _tabs((await (await console.as_("liaison")).open("/console/tickets")).words)


async def test_overdue_and_due_today_are_one_click_away(console: Console) -> None:
    late = await console.ticket()
    console.clock.advance(days=1)
    today = await console.ticket()
    browser = await console.as_("liaison")
    page = await browser.open("/console/tickets")
    assert re.search(r"1 已超期 1 今天以内到期", page.words)
    assert "tone-late" in page.html
    assert _numbers((await browser.open("/console/tickets?due=overdue")).html) == [late.number]
    assert _numbers((await browser.open("/console/tickets?due=today")).html) == [today.number]


async def test_search_finds_words_and_numbers_and_narrows_the_counts(console: Console) -> None:
    lamp = await console.ticket(text="路灯坏了，晚上看不见路。")
    await console.ticket(text="占道摆摊，车子过不去。")
    browser = await console.as_("liaison")
    page = await browser.open("/console/tickets", params={"q": "路灯"})
    assert _numbers(page.html) == [lamp.number]
    assert _tabs(page.words)["在办"] == 1
    assert _numbers((await browser.open("/console/tickets", params={"q": lamp.number})).html) == [lamp.number]
    page = await browser.open("/console/tickets", params={"q": "没有的词"})
    assert "没有找到含有“没有的词”的工单" in page.words


@pytest.mark.parametrize(
    "query",
    [
        "q=%00%01",
        "q=(((&tab=nothing",
        "unit=qh.nowhere&due=never",
        "cursor=nonsense",
        "cursor=MjAyNg",
        "q=%3Cscript%3Ealert(1)%3C/script%3E",
        "tab[]=x&tab=&q=" + "长" * 300,
    ],
)
async def test_strange_queries_are_answered_with_a_page(console: Console, query: str) -> None:
    await console.ticket()
    page = await (await console.as_("liaison")).open(f"/console/tickets?{query}")
    assert page.status == 200
    assert "<script>alert" not in page.html


async def test_pages_follow_each_other_without_gap_or_repeat(console: Console) -> None:
    numbers = set()
    for n in range(23):
        numbers.add((await console.ticket(text=f"第{n}件：路灯坏了。")).number)
    browser = await console.as_("liaison")
    page = await browser.open("/console/tickets")
    first = _numbers(page.html)
    following = re.search(r'href="([^"]+)" rel="next"', page.html)
    assert following
    page = await browser.open(following[1].replace("&amp;", "&"))
    second = _numbers(page.html)
    assert (len(first), len(second)) == (20, 3)
    assert set(first) | set(second) == numbers
    assert 'rel="next"' not in page.html
    assert "共 23 件" in page.words


async def test_nobody_reads_a_phone_number_in_a_heading(console: Console) -> None:
    await console.ticket(text="请打电话13812345678找我，路灯坏了。")
    page = await (await console.as_("liaison")).open("/console/tickets")
    assert "13812345678" not in page.html
    assert "[手机号]" in page.words
    page = await (await console.as_("dispatcher")).open("/console/tickets")
    assert "13812345678" not in page.html


async def test_rows_say_what_is_special(console: Console) -> None:
    ticket = await console.ticket(secrecy=Secrecy.ANONYMOUS)
    desk, now = console.services.desk, console.clock.now
    await desk.remind(ticket.number, text="快点", now=now)
    actor = await console.actor("liaison")
    await desk.request_return(
        ticket.number, actor=actor, version=None, now=now, reason="不归我们管", basis="清单"
    )
    words = (await (await console.as_("liaison")).open("/console/tickets")).words
    for flag in ("已催办", "退单待审", "匿名"):
        assert flag in words


async def test_what_waits_for_a_decision_is_said_in_the_list_and_at_the_head_of_the_ticket(
    console: Console,
) -> None:
    ticket = await console.ticket()
    browser = await console.as_("liaison")
    page = f"/console/tickets/{ticket.number}"
    await browser.open(page)
    await browser.send(f"{page}/accept", {})
    said = await browser.send(f"{page}/extend", {"reason": "灯具缺货"})
    assert "延期申请已提交，等热线中心审批。同意以前，答复期限不变。" in said.words
    assert "延期待审" in said.words
    said = await browser.send(f"{page}/appeal-exclusion", {"reason": "不可抗力", "basis": "县里的公告"})
    assert "剔除申诉已提交，等督办员审批" in said.words
    words = (await browser.open("/console/tickets")).words
    assert "延期待审" in words
    assert "剔除待审" in words


async def test_notices_delivered_to_the_unit_are_shown_once_per_ticket(console: Console) -> None:
    ticket = await console.ticket()
    await console.services.desk.remind(ticket.number, text="快点", now=console.clock.now)
    await console.deliver()
    page = await (await console.as_("liaison")).open("/console/tickets")
    assert "催办" in page.words
    assert page.html.count(f'<li><a href="/console/tickets/{ticket.number}">') == 1
    assert "这张工单还有 1 条" in page.words
    other = await (await console.as_("housing")).open("/console/tickets")
    assert ticket.number not in other.html


async def test_an_empty_inbox_says_what_will_come(console: Console) -> None:
    page = await (await console.as_("liaison")).open("/console/tickets")
    assert "先签收，再联系市民，然后答复办结" in page.words
    page = await (await console.as_("dispatcher")).open("/console/tickets?tab=received")
    assert "没有等人派的工单" in page.words


async def test_the_unit_filter_narrows_the_list(console: Console) -> None:
    await console.ticket(CITY_MANAGEMENT)
    theirs = await console.ticket(HOUSING)
    browser = await console.as_("dispatcher")
    page = await browser.open(f"/console/tickets?unit={HOUSING}")
    assert _numbers(page.html) == [theirs.number]
    assert "县级单位" in page.html


async def test_a_thousand_and_more_are_counted_no_further(console: Console) -> None:
    ticket = await console.stored((await console.ticket()).number)
    await console.services.tickets.add_many(
        [replace(ticket, number=f"HY26111700{n:04d}", external_number=f"B{n}") for n in range(999)]
    )
    browser = await console.as_("liaison")
    page = await browser.open("/console/tickets")
    assert "待签收 999+" in page.words
    assert "全部 999+" in page.words
    assert "办理中 0" in page.words
    assert "999+ 今天以内到期" in page.words
    await console.services.database["tickets"].delete_one({"_id": ticket.number})
    page = await browser.open("/console/tickets")
    assert "待签收 999 " in page.words


async def test_a_notice_names_the_unit_shortly(console: Console) -> None:
    ticket = await console.ticket()
    console.clock.advance(days=1)
    await console.services.desk.check_deadlines(console.clock.now)
    await console.deliver()
    page = await (await console.as_("liaison")).open("/console/tickets")
    unit = console.services.units.get(CITY_MANAGEMENT)
    notice = re.search(rf'<li><a href="/console/tickets/{ticket.number}">([^<]+)</a>', page.html)
    assert notice
    assert unit.short_name in notice[1]
    assert unit.name not in notice[1]
