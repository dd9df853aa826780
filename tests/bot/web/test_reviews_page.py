"""待审: what units asked for, decided in place, by whoever may, with nothing lost on the way."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.web.timeline import happened_since
from routing.acts.reviews import ReviewKind
from routing.departments import UnitId
from routing.ticket import Ticket
from tests.bot.web.conftest import Console
from tests.factories import CITY_MANAGEMENT, HOUSING, PROFILE


async def _returning(
    console: Console, unit_id: UnitId = CITY_MANAGEMENT, *, text: str = "路灯坏了"
) -> Ticket:
    ticket = await console.ticket(unit_id, text=text)
    actor = await console.actor("liaison" if unit_id == CITY_MANAGEMENT else "housing")
    return await console.services.desk.request_return(
        ticket.number,
        actor=actor,
        version=None,
        now=console.clock.now,
        reason="路灯归住建部门管",
        basis="权责清单第12项",
    )


async def test_an_empty_queue_says_what_comes_here(console: Console) -> None:
    page = await (await console.as_("dispatcher")).open("/console/reviews")
    assert "没有等审的申请" in page.words
    assert (
        "没有符合条件的申请"
        in (await (await console.as_("dispatcher")).open("/console/reviews?kind=reply")).words
    )


async def test_a_return_is_decided_without_opening_the_ticket(console: Console) -> None:
    ticket = await _returning(console)
    browser = await console.as_("dispatcher")
    page = await browser.open("/console/reviews?kind=return")
    assert "退单申请" in page.words
    assert "路灯归住建部门管" in page.words
    assert "权责清单第12项" in page.words
    assert "市民诉求 路灯坏了" in page.words
    assert "现在的答复期限" not in page.words, "only where more time is asked for"
    assert "还剩" in page.words, "the decision has a limit of its own"
    fields = {"approved": "yes", "reason": "属实，改派住建"}
    page = await browser.send(f"/console/reviews/{ticket.number}/decide-return?kind=return", fields)
    assert page.path == "/console/reviews?kind=return"
    assert f"已同意退单。（{ticket.number}）" in page.words
    stored = await console.stored(ticket.number)
    assert stored.reviews == ()
    assert stored.unit_id is None


async def test_a_decision_without_a_reason_or_on_an_old_version_keeps_what_was_written(
    console: Console,
) -> None:
    ticket = await _returning(console)
    browser = await console.as_("dispatcher")
    await browser.open("/console/reviews")
    page = await browser.send(f"/console/reviews/{ticket.number}/decide-return", {"reason": "写了一半"})
    assert page.status == 422
    assert "写了一半" in page.html
    await console.services.desk.supplement(ticket.number, text="又坏了一盏", now=console.clock.now)
    page = await browser.send(
        f"/console/reviews/{ticket.number}/decide-return",
        {"version": str(ticket.version), "approved": "yes", "reason": "这是我的意见"},
    )
    assert page.status in (200, 409)
    if page.status == 409:
        assert "这是我的意见" in page.html


async def test_the_longest_waiting_comes_first_and_units_and_kinds_narrow(console: Console) -> None:
    first = await _returning(console, text="第一件：路灯坏了")
    console.clock.advance(hours=1)
    second = await _returning(console, HOUSING, text="第二件：电梯坏了")
    browser = await console.as_("supervisor")
    page = await browser.open("/console/reviews")
    assert page.words.index(first.number) < page.words.index(second.number)
    page = await browser.open(f"/console/reviews?unit={HOUSING}")
    assert second.number in page.words
    assert first.number not in page.words
    assert "没有符合条件的申请" in (await browser.open("/console/reviews?kind=extension")).words


async def test_pages_turn_without_losing_or_repeating_a_request(console: Console) -> None:
    numbers = []
    for n in range(5):
        numbers.append((await _returning(console, text=f"第{n}件：路灯坏了{n}盏")).number)
        console.clock.advance(minutes=1)
    reader, seen, cursor = await console.actor("dispatcher"), [], None
    while True:
        page = await console.services.queries.waiting_for_decision(reader=reader, cursor=cursor, limit=2)
        seen += [ticket.number for ticket in page.tickets]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == numbers
    assert page.total == 5


async def test_two_reviews_on_one_ticket_are_two_decisions_and_one_place_in_the_queue(
    console: Console,
) -> None:
    ticket = await console.ticket()
    actor, now = await console.actor("liaison"), console.clock.now
    desk = console.services.desk
    await desk.accept(ticket.number, actor=actor, version=None, now=now)
    await desk.reviews.request_extension(
        ticket.number, actor=actor, version=None, now=now, reason="要等配件", amount=None
    )
    await desk.reviews.request_suspension(
        ticket.number,
        actor=actor,
        version=None,
        now=now + timedelta(minutes=5),
        reason="天气原因",
        until=now + timedelta(days=10),
    )
    reader = await console.actor("dispatcher")
    page = await console.services.queries.waiting_for_decision(reader=reader, limit=1)
    assert page.cursor is None
    (found,) = page.tickets
    assert {review.kind for review in found.reviews} == {ReviewKind.EXTENSION, ReviewKind.SUSPENSION}
    words = (await (await console.as_("dispatcher")).open("/console/reviews")).words
    assert "要等配件" in words
    assert "天气原因" in words


@pytest.mark.parametrize("user", ["liaison", "operator", "auditor", "editor"])
async def test_nobody_else_opens_the_queue(console: Console, user: str) -> None:
    assert (await (await console.as_(user)).open("/console/reviews")).status == 403


async def test_an_act_that_is_no_decision_is_no_address_of_the_queue(console: Console) -> None:
    ticket = await _returning(console)
    browser = await console.as_("dispatcher")
    await browser.open("/console/reviews")
    assert (await browser.send(f"/console/reviews/{ticket.number}/withdraw", {"reason": "x"})).status == 404


async def test_an_opinion_on_what_a_colleague_just_decided_is_not_lost(console: Console) -> None:
    ticket = await _returning(console)
    browser, other = await console.as_("dispatcher"), await console.as_("supervisor")
    for each in (browser, other):
        await each.open("/console/reviews")
    address = f"/console/reviews/{ticket.number}/decide-return"
    version = {"version": str(ticket.version)}
    page = await other.send(address, {**version, "approved": "no", "reason": "属城管职责"})
    assert f"已不同意退单，由原单位继续办理。（{ticket.number}）" in page.words
    assert "审批退单已完成" not in page.words
    page = await browser.send(address, {**version, "approved": "yes", "reason": "想了很久才写下的意见"})
    assert page.status == 409
    assert "没有等审的申请" in page.words, "there is no form left to put it into"
    assert "想了很久才写下的意见" in page.words
    assert f"打开 {ticket.number}" in page.words
    assert re.search(r"不同意退单 新 督办员 \S+ · .*属城管职责", page.words), "who decided what, and why"


async def test_a_second_click_of_ones_own_decision_is_not_a_colleagues(console: Console) -> None:
    ticket = await _returning(console)
    browser = await console.as_("dispatcher")
    await browser.open("/console/reviews")
    address = f"/console/reviews/{ticket.number}/decide-return"
    fields = {"version": str(ticket.version), "approved": "no", "reason": "属城管职责"}
    for _ in range(2):
        page = await browser.send(address, {**fields, "seen": str(len(ticket.events))})
        assert page.status == 200
        assert "已不同意退单" in page.words
    page = await browser.send(
        address, {**fields, "approved": "yes", "seen": str(len(ticket.events)), "reason": "改主意了"}
    )
    assert page.status == 409, "another decision is none that was taken already"
    assert "改主意了" in page.words


async def test_an_answer_let_through_says_who_let_it_through(console: Console) -> None:
    ticket, now = await console.ticket(), console.clock.now
    unit, reviewed = await console.actor("liaison"), replace(PROFILE, review_replies=True)
    ticket.accept(actor=unit, now=now)
    ticket.reply(actor=unit, now=now, text="已经换好。", profile=reviewed)
    seen = len(ticket.events)
    boss = await console.actor("supervisor")
    ticket.decide_reply(approved=True, actor=boss, now=now, reason="属实")
    (line,) = await happened_since(ticket, console.services, boss, seen=seen)
    assert (line.words, line.who) == ("答复审核通过", f"督办员 {boss.name}"), "not the unit's own act"


async def test_who_is_writing_an_opinion_is_seen_in_the_list(console: Console) -> None:
    ticket = await _returning(console)
    browser, other = await console.as_("dispatcher"), await console.as_("supervisor")
    page = await browser.open("/console/reviews")
    assert f'data-writing="/console/tickets/{ticket.number}/presence"' in page.html
    await browser.send(f"/console/tickets/{ticket.number}/presence", {"writing": "yes"})
    assert "正在写" in (await other.open("/console/reviews")).words


async def test_more_time_is_decided_with_the_date_the_citizen_was_told_in_sight(console: Console) -> None:
    ticket = await console.ticket(CITY_MANAGEMENT, text="路灯坏了" * 80)
    liaison = await console.actor("liaison")
    await console.services.desk.accept(ticket.number, actor=liaison, version=None, now=console.clock.now)
    await console.services.desk.reviews.request_extension(
        ticket.number, actor=liaison, version=None, now=console.clock.now, reason="灯具缺货"
    )
    page = await (await console.as_("dispatcher")).open("/console/reviews?kind=extension")
    assert "现在的答复期限 " in page.words
    assert "路灯坏了…" in page.words


async def test_a_dispatcher_reads_who_decides_an_appeal(console: Console) -> None:
    ticket = await console.ticket(CITY_MANAGEMENT)
    liaison = await console.actor("liaison")
    await console.services.desk.accept(ticket.number, actor=liaison, version=None, now=console.clock.now)
    await console.services.desk.reviews.appeal_exclusion(
        ticket.number, actor=liaison, version=None, now=console.clock.now, reason="不可抗力", basis="公告"
    )
    page = await (await console.as_("dispatcher")).open("/console/reviews?kind=exclusion")
    assert "这一件由督办员决定" in page.words
    page = await (await console.as_("supervisor")).open("/console/reviews?kind=exclusion")
    assert "同意剔除" in page.words
