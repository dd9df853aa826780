"""Work with others from the console: whoever must act finds the form on the page, and nobody else does."""

from __future__ import annotations

from datetime import timedelta

from routing.events import EventKind, VisitOutcome
from routing.ticket import Ticket
from routing.workflow import State
from tests.bot.web.conftest import Browser, Console, Page
from tests.factories import HOUSING


async def _page(console: Console, user: str, ticket: Ticket) -> tuple[Browser, Page]:
    browser = await console.as_(user)
    return browser, await browser.open(f"/console/tickets/{ticket.number}")


async def _do(browser: Browser, ticket: Ticket, action: str, **fields: str) -> Page:
    await browser.open(f"/console/tickets/{ticket.number}")
    return await browser.send(f"/console/tickets/{ticket.number}/{action}", fields)


def _offers(page: Page, action: str) -> bool:
    return f'/{action}"' in page.html


async def _accepted(console: Console) -> Ticket:
    ticket = await console.ticket()
    browser, _ = await _page(console, "liaison", ticket)
    await _do(browser, ticket, "accept")
    return await console.stored(ticket.number)


async def _closed(console: Console) -> Ticket:
    ticket = await _accepted(console)
    browser, _ = await _page(console, "liaison", ticket)
    await _do(browser, ticket, "resolve", text="已责令烧烤店停用炉具，装油烟净化设备。")
    return await console.stored(ticket.number)


async def test_a_letter_is_received_and_answered_where_it_was_sent(console: Console) -> None:
    ticket = await _accepted(console)
    boss, _ = await _page(console, "supervisor", ticket)
    await _do(boss, ticket, "escalate", text="请三日内办结")
    browser, page = await _page(console, "liaison", ticket)
    assert "请三日内办结" in page.words
    letter = (await console.stored(ticket.number)).letters[0].id
    assert _offers(page, "receive-letter")
    page = await _do(browser, ticket, "receive-letter", letter=letter)
    assert page.status == 200
    page = await browser.open(f"/console/tickets/{ticket.number}")
    assert not _offers(page, "receive-letter")
    await _do(browser, ticket, "answer-letter", letter=letter, text="已约谈商户")
    stored = await console.stored(ticket.number)
    assert stored.letters[0].answer == "已约谈商户"
    assert stored.letters[0].receipt_at is not None


async def test_a_co_handler_finds_its_part_and_nothing_of_the_leads(console: Console) -> None:
    ticket = await _accepted(console)
    lead, _ = await _page(console, "liaison", ticket)
    await _do(lead, ticket, "co-handle", unit_id=HOUSING, text="请核实油烟管道归谁管")
    helper, page = await _page(console, "housing", ticket)
    assert page.status == 200
    assert "请核实油烟管道归谁管" in page.words
    for action in ("reply", "resolve", "return", "extend", "suspend", "relay", "waive-co-handling"):
        assert not _offers(page, action), action
    page = await _do(helper, ticket, "answer-co-handling", unit_id=HOUSING, text="归物业管理")
    assert page.status == 200
    assert "回复协办已完成" in page.words
    page = await lead.open(f"/console/tickets/{ticket.number}")
    assert "归物业管理" in page.words
    assert (await console.stored(ticket.number)).co_handlers[0].answer == "归物业管理"


async def test_the_lead_lets_a_co_handler_off_who_then_reads_no_more(console: Console) -> None:
    ticket = await _accepted(console)
    lead, _ = await _page(console, "liaison", ticket)
    await _do(lead, ticket, "co-handle", unit_id=HOUSING, text="请核实")
    await _do(lead, ticket, "waive-co-handling", unit_id=HOUSING, reason="请错了单位")
    assert (await console.stored(ticket.number)).co_handlers[0].waived == "请错了单位"
    _, page = await _page(console, "housing", ticket)
    assert page.status == 404


async def test_a_ticket_is_passed_down_to_a_unit_below_only(console: Console) -> None:
    ticket = await _accepted(console)
    browser, page = await _page(console, "liaison", ticket)
    assert _offers(page, "relay")
    below = console.services.units.subtree(ticket.unit_id) - {ticket.unit_id}  # type: ignore[arg-type]
    chosen = sorted(below)[0]
    page = await _do(browser, ticket, "relay", unit_id=chosen, reason="由镇上现场处理")
    assert page.status == 200
    stored = await console.stored(ticket.number)
    assert stored.unit_id == chosen
    assert stored.relayed_by == (ticket.unit_id,)


async def test_a_duplicate_is_linked_by_the_number_of_its_parent(console: Console) -> None:
    parent = await _accepted(console)
    child = await console.ticket(external_number="dup-2")
    boss, _ = await _page(console, "dispatcher", child)
    page = await _do(boss, child, "link", parent="", reason="同一件事")
    assert page.status == 422
    await _do(boss, child, "link", parent=parent.number.lower(), reason="同一件事")
    assert (await console.stored(child.number)).parent_number == parent.number


async def test_an_operator_records_a_visit_tries_and_all(console: Console) -> None:
    ticket = await _closed(console)
    browser, page = await _page(console, "operator", ticket)
    assert _offers(page, "visit")
    page = await _do(browser, ticket, "visit", outcome="", comment="没人接")
    assert page.status == 422
    assert "没人接" in page.html
    await _do(browser, ticket, "visit", outcome=VisitOutcome.NOT_REACHED)
    page = await _do(browser, ticket, "visit", outcome=VisitOutcome.NOT_REACHED, comment="还是没人接")
    assert page.status == 429
    assert "不到2小时" in page.words
    console.clock.now += timedelta(hours=3)
    again, _ = await _page(console, "operator", ticket)
    await _do(again, ticket, "visit", outcome=VisitOutcome.REACHED, solved="real", stars="5")
    stored = await console.stored(ticket.number)
    assert (stored.state, stored.rating and stored.rating.stars) == (State.ARCHIVED, 5)
    assert [e.kind for e in stored.events].count(EventKind.VISITED) == 2


async def test_a_paused_ticket_says_so_why_and_until_when(console: Console) -> None:
    ticket = await _accepted(console)
    browser, _ = await _page(console, "liaison", ticket)
    await _do(browser, ticket, "suspend", reason="等交警调取监控", until="2026-11-27")
    boss, _ = await _page(console, "dispatcher", ticket)
    await _do(boss, ticket, "decide-suspension", approved="yes", reason="同意")
    page = await browser.open(f"/console/tickets/{ticket.number}")
    assert "挂账，暂停计时" in page.words
    assert "等交警调取监控" in page.words
    assert "11月27日" in page.words
    assert "还剩" not in page.words


async def test_an_extension_in_the_history_is_no_alarm(console: Console) -> None:
    ticket = await _accepted(console)
    browser, _ = await _page(console, "liaison", ticket)
    await _do(browser, ticket, "extend", reason="等配件")
    page = await browser.open(f"/console/tickets/{ticket.number}")
    assert "申请延期" in page.words
    assert "答复时限快到期" not in page.words
