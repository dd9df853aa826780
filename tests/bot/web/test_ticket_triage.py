"""The dispatch part of the ticket page: why this unit, who answered such tickets before, what to notice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from routing.citizen_request import Channel
from routing.departments import UnitId
from routing.ticket import Ticket
from routing.triage.automation import Gate
from tests.bot.web.conftest import Console
from tests.factories import CITY_MANAGEMENT, HOUSING

SMOKE = "楼下烧烤店油烟直排，炭火味熏得开不了窗，夜里一点还在营业。"


async def an_accepted_ticket(console: Console, unit_id: UnitId, text: str) -> Ticket:
    """A ticket its unit signed for: from then on it is a precedent."""
    ticket = await console.ticket(unit_id, text=text)
    user = "liaison" if unit_id == CITY_MANAGEMENT else "housing"
    actor = await console.actor(user)
    return await console.services.desk.accept(ticket.number, actor=actor, version=None, now=console.clock.now)


async def a_ticket_with_precedents(console: Console, **parts: Any) -> Ticket:
    """A ticket that waits for a person although six such were answered before, five of them by one unit."""
    for at in range(5):
        await an_accepted_ticket(console, CITY_MANAGEMENT, f"{SMOKE}第{at}家")
    await an_accepted_ticket(console, HOUSING, f"{SMOKE}物业不管")
    await console.services.precedents.refresh(console.clock.now)
    desk = console.services.desk
    tools = desk.triage
    desk.triage = replace(tools, gate=Gate(stopped=tools.topics, why="人工复核周"))
    two_matters = f"第一，{SMOKE}第二，翠竹路的路灯坏了一个月，晚上什么都看不见。"
    ticket = await console.ticket(None, **{"text": two_matters, "place": "翠竹路", **parts})
    desk.triage = tools
    return ticket


async def test_every_reason_says_where_it_comes_from(console: Console) -> None:
    ticket = await a_ticket_with_precedents(console)
    page = await (await console.as_("dispatcher")).open(f"/console/tickets/{ticket.number}")
    assert "规则 属于权责事项“餐饮油烟扰民”" in page.words
    assert "先例 最近6件相似工单，5件由该单位办理" in page.words
    assert "暂停自动派单" in page.words
    assert "人工复核周" in page.words


async def test_similar_tickets_are_linked_for_those_who_may_open_them(console: Console) -> None:
    ticket = await a_ticket_with_precedents(console)
    assert ticket.triage is not None
    named = [number for c in ticket.triage.candidates for number in c.precedents]
    assert len(named) == 6
    page = await (await console.as_("dispatcher")).open(f"/console/tickets/{ticket.number}")
    assert all(f'href="/console/tickets/{number}"' in page.html for number in named)

    actor = await console.actor("dispatcher")
    await console.services.desk.dispatch(
        ticket.number, HOUSING, actor=actor, version=None, now=console.clock.now
    )
    page = await (await console.as_("housing")).open(f"/console/tickets/{ticket.number}")
    mine = [number for number in named if f'href="/console/tickets/{number}"' in page.html]
    theirs = next(c.precedents for c in ticket.triage.candidates if c.unit_id == CITY_MANAGEMENT)
    assert not set(mine) & set(theirs)
    assert len(mine) == 1


async def test_what_would_change_is_worked_out_only_when_asked(console: Console) -> None:
    ticket = await a_ticket_with_precedents(console)
    dispatcher = await console.as_("dispatcher")
    page = await dispatcher.open(f"/console/tickets/{ticket.number}")
    assert "怎样会派给别的单位" in page.words
    assert "重新推演" not in page.words
    page = await dispatcher.open(f"/console/tickets/{ticket.number}?explain=1")
    assert "若不计“" in page.words


async def test_several_requests_and_danger_are_pointed_out_to_the_centre_only(console: Console) -> None:
    ticket = await a_ticket_with_precedents(console)
    page = await (await console.as_("operator")).open(f"/console/tickets/{ticket.number}")
    assert "可能不止一件事" in page.words
    assert "分开看是 2 件" in page.words
    danger = await console.ticket(text="楼道里煤气味很大，有人晕倒了，快来人")
    assert (
        "紧急情况" in (await (await console.as_("operator")).open(f"/console/tickets/{danger.number}")).words
    )
    unit = await (await console.as_("liaison")).open(f"/console/tickets/{danger.number}")
    assert "提请留意" not in unit.words


async def test_an_operator_is_told_what_to_ask_back(console: Console) -> None:
    ticket = await console.ticket(text="喂，那个，就是那个，吵得很", channel=Channel.HOTLINE, place=None)
    page = await (await console.as_("operator")).open(f"/console/tickets/{ticket.number}")
    assert "通话记录" in page.words
    assert "请问具体在哪里？" in page.words
    written = await console.ticket(text="喂，那个，就是那个，吵得很", channel=Channel.WECHAT, place=None)
    assert (
        "通话记录"
        not in (await (await console.as_("operator")).open(f"/console/tickets/{written.number}")).words
    )
