"""The forms of a ticket: done once, refused in words, and never a word lost."""

from __future__ import annotations

import pytest

from routing.citizen_request import Secrecy
from routing.events import EventKind, RejectReason
from routing.ticket import Ticket
from routing.workflow import State
from tests.bot.web.conftest import Browser, Console, Page
from tests.factories import CITY_MANAGEMENT, HOUSING

ANSWER = "烧烤店油烟问题已到现场核实，责令商户七日内装净化设备。"


async def _at(console: Console, user: str, ticket: Ticket) -> Browser:
    browser = await console.as_(user)
    await browser.open(f"/console/tickets/{ticket.number}")
    return browser


async def _do(browser: Browser, ticket: Ticket, action: str, **fields: str) -> Page:
    return await browser.send(f"/console/tickets/{ticket.number}/{action}", fields)


def _kinds(ticket: Ticket) -> list[EventKind]:
    return [event.kind for event in ticket.events]


async def test_whom_a_unit_may_not_know_it_is_not_told_to_ring(console: Console) -> None:
    ticket = await console.ticket(secrecy=Secrecy.SECRET)
    page = await _do(await _at(console, "liaison", ticket), ticket, "accept")
    assert "已签收。市民不公开身份，需要联系的，请热线中心转达。" in page.words
    assert "9:40 请热线中心转达" in page.html


async def test_a_liaison_signs_in_contacts_answers_and_closes(console: Console) -> None:
    ticket = await console.ticket()
    browser = await _at(console, "liaison", ticket)
    page = await _do(browser, ticket, "accept")
    assert "已签收。接下来请先联系市民。" in page.words
    page = await _do(browser, ticket, "contact", text="9:40 电话联系。")
    assert "已记下联系情况" in page.words
    page = await _do(browser, ticket, "resolve", text=ANSWER)
    assert "已办结，会请市民评价" in page.words
    assert page.status == 200
    stored = await console.stored(ticket.number)
    assert stored.state is State.RESOLVED
    assert stored.reply_text == ANSWER
    assert _kinds(stored)[-4:] == [
        EventKind.ACCEPTED,
        EventKind.CONTACTED,
        EventKind.REPLIED,
        EventKind.RESOLVED,
    ]


async def test_what_was_done_is_said_once(console: Console) -> None:
    ticket = await console.ticket()
    browser = await _at(console, "liaison", ticket)
    assert "已签收。" in (await _do(browser, ticket, "accept")).words
    assert "已签收。" not in (await browser.open(f"/console/tickets/{ticket.number}")).words


async def test_an_answer_can_be_given_first_and_closed_later(console: Console) -> None:
    ticket = await console.ticket()
    browser = await _at(console, "liaison", ticket)
    await _do(browser, ticket, "accept")
    await _do(browser, ticket, "reply", text=ANSWER)
    assert (await console.stored(ticket.number)).state is State.REPLIED
    await _do(browser, ticket, "resolve")
    assert (await console.stored(ticket.number)).state is State.RESOLVED


async def test_an_empty_answer_is_refused_and_closes_nothing(console: Console) -> None:
    ticket = await console.ticket()
    browser = await _at(console, "liaison", ticket)
    await _do(browser, ticket, "accept")
    page = await _do(browser, ticket, "resolve", text="   ")
    assert page.status == 422
    assert "还缺内容" in page.words
    assert (await console.stored(ticket.number)).state is State.ACCEPTED


async def test_a_text_too_long_is_refused_and_kept(console: Console) -> None:
    ticket = await console.ticket()
    browser = await _at(console, "liaison", ticket)
    await _do(browser, ticket, "accept")
    page = await _do(browser, ticket, "reply", text="长" * 5001)
    assert page.status == 422
    assert "最多5000个字" in page.words
    assert "长" * 5001 in page.html


async def test_a_second_click_changes_nothing_and_looks_like_the_first(console: Console) -> None:
    ticket = await console.ticket()
    first, second = await _at(console, "liaison", ticket), await _at(console, "liaison", ticket)
    await _do(first, ticket, "accept")
    page = await _do(second, ticket, "accept")
    assert page.status == 200
    assert "已签收" in page.words
    assert _kinds(await console.stored(ticket.number)).count(EventKind.ACCEPTED) == 1


async def test_the_same_answer_sent_twice_is_taken_once(console: Console) -> None:
    ticket = await console.ticket()
    browser = await _at(console, "liaison", ticket)
    await _do(browser, ticket, "accept")
    other = await _at(console, "liaison", ticket)
    await _do(browser, ticket, "resolve", text=ANSWER)
    page = await _do(other, ticket, "resolve", text=ANSWER)
    assert page.status == 200
    assert _kinds(await console.stored(ticket.number)).count(EventKind.REPLIED) == 1


async def test_a_stale_form_keeps_the_text_and_shows_what_changed(console: Console) -> None:
    ticket = await console.ticket()
    browser = await _at(console, "liaison", ticket)
    await _do(browser, ticket, "accept")
    await console.services.desk.supplement(ticket.number, text="还有一家也这样", now=console.clock.now)
    page = await _do(browser, ticket, "resolve", text=ANSWER)
    assert page.status == 409
    assert ANSWER in page.html
    assert "您写的内容还在" in page.words
    assert "补充材料 新" in page.words
    assert (await console.stored(ticket.number)).state is State.ACCEPTED
    page = await _do(browser, ticket, "resolve", text=ANSWER)
    assert page.status == 200
    assert (await console.stored(ticket.number)).state is State.RESOLVED


async def test_text_is_kept_even_when_its_form_is_gone(console: Console) -> None:
    ticket = await console.ticket()
    browser = await _at(console, "liaison", ticket)
    await _do(browser, ticket, "accept")
    await console.services.desk.withdraw(ticket.number, reason="已解决", now=console.clock.now)
    page = await _do(browser, ticket, "resolve", text=ANSWER)
    assert page.status == 409
    assert "您刚才写的内容" in page.words
    assert ANSWER in page.words


async def test_a_notice_delivered_meanwhile_does_not_make_the_form_stale(console: Console) -> None:
    ticket = await console.ticket()
    browser = await _at(console, "liaison", ticket)
    await console.deliver()
    assert (await console.stored(ticket.number)).writes > ticket.writes
    page = await _do(browser, ticket, "accept")
    assert page.status == 200
    assert (await console.stored(ticket.number)).state is State.ACCEPTED


@pytest.mark.parametrize("version", ["", "x", "-1", "1.5", "९", "9" * 20])
async def test_a_form_without_a_readable_version_is_refused(console: Console, version: str) -> None:
    ticket = await console.ticket()
    browser = await _at(console, "liaison", ticket)
    assert browser.page is not None
    fields = {"csrf": browser.page.hidden("csrf"), "version": version}
    response = await browser.client.post(f"/console/tickets/{ticket.number}/accept", data=fields)
    assert response.status == 400
    assert (await console.stored(ticket.number)).state is State.DISPATCHED


async def test_a_liaison_cannot_dispatch_by_a_form_of_their_own_making(console: Console) -> None:
    ticket = await console.ticket()
    browser = await _at(console, "liaison", ticket)
    page = await _do(browser, ticket, "transfer", unit_id=HOUSING, reason="给他们")
    assert page.status == 403
    assert "单位联络员不能改派" in page.words
    assert (await console.stored(ticket.number)).unit_id == CITY_MANAGEMENT


async def test_another_units_ticket_cannot_be_handled(console: Console) -> None:
    mine, theirs = await console.ticket(), await console.ticket(HOUSING)
    browser = await _at(console, "liaison", mine)
    page = await _do(browser, theirs, "accept")
    assert page.status == 404
    assert (await console.stored(theirs.number)).state is State.DISPATCHED


async def test_an_action_nobody_knows_is_not_found(console: Console) -> None:
    ticket = await console.ticket()
    browser = await _at(console, "liaison", ticket)
    assert (await _do(browser, ticket, "explode")).status == 404


async def test_a_dispatcher_sends_a_waiting_ticket_with_one_click(console: Console) -> None:
    ticket = await console.ticket(None)
    browser = await _at(console, "dispatcher", ticket)
    page = await _do(browser, ticket, "dispatch", unit_id=HOUSING)
    assert "派单已完成" in page.words
    assert (await console.stored(ticket.number)).unit_id == HOUSING


@pytest.mark.parametrize(("unit_id", "status"), [("", 422), ("qh.nowhere", 404)])
async def test_dispatching_to_no_unit_is_refused_in_words(
    console: Console, unit_id: str, status: int
) -> None:
    ticket = await console.ticket(None)
    browser = await _at(console, "dispatcher", ticket)
    page = await _do(browser, ticket, "dispatch", unit_id=unit_id, reason="请尽快")
    assert page.status == status
    assert "承办单位" in page.words
    assert 'value="请尽快"' in page.html


async def test_a_return_is_asked_for_and_decided(console: Console) -> None:
    ticket = await console.ticket()
    liaison = await _at(console, "liaison", ticket)
    page = await _do(liaison, ticket, "return", reason="不归我们管", basis="")
    assert page.status == 422
    assert "不归我们管" in page.html
    await _do(liaison, ticket, "return", reason="不归我们管", basis="权责清单第3条")
    dispatcher = await _at(console, "dispatcher", ticket)
    assert dispatcher.page is not None
    assert "权责清单第3条" in dispatcher.page.words
    page = await _do(dispatcher, ticket, "decide-return", reason="同意")
    assert page.status == 422
    page = await _do(dispatcher, ticket, "decide-return", reason="同意", approved="yes")
    assert page.status == 200
    stored = await console.stored(ticket.number)
    assert (stored.state, stored.unit_id, stored.returned_by) == (State.RECEIVED, None, (CITY_MANAGEMENT,))
    assert (await liaison.open(f"/console/tickets/{ticket.number}")).status == 404


async def test_whoever_loses_the_ticket_by_their_act_comes_back_to_the_list(console: Console) -> None:
    ticket = await console.ticket()
    supervisor = await _at(console, "supervisor", ticket)
    page = await _do(supervisor, ticket, "transfer", unit_id=HOUSING, reason="属住建")
    assert page.path == f"/console/tickets/{ticket.number}"
    assert (await console.stored(ticket.number)).unit_id == HOUSING


async def test_the_centre_answers_directly_or_does_not_accept(console: Console) -> None:
    direct, refused = await console.ticket(None), await console.ticket(None)
    browser = await _at(console, "dispatcher", direct)
    await _do(browser, direct, "answer-directly", text="烧烤店油烟归城管执法局管，投诉已转去核实处理。")
    assert (
        await console.stored(direct.number)
    ).reply_text == "烧烤店油烟归城管执法局管，投诉已转去核实处理。"
    await browser.open(f"/console/tickets/{refused.number}")
    page = await _do(browser, refused, "reject", ground="litigation", reason="")
    assert page.status == 422
    await _do(browser, refused, "reject", ground="litigation", reason="请向县法院起诉。")
    stored = await console.stored(refused.number)
    assert stored.state is State.REJECTED
    assert stored.events[-1].text == "请向县法院起诉。"
    assert stored.events[-1].reject_reason is RejectReason.LITIGATION


async def test_an_operator_writes_down_what_the_citizen_says_on_the_telephone(console: Console) -> None:
    ticket = await console.ticket()
    browser = await _at(console, "operator", ticket)
    await _do(browser, ticket, "supplement", text="还有一家店")
    await _do(browser, ticket, "remind", text="还没人来")
    page = await _do(browser, ticket, "remind", text="再催一次")
    assert page.status == 429
    assert "催办最多1次" in page.words
    await _do(browser, ticket, "withdraw", reason="自己解决了")
    assert (await console.stored(ticket.number)).state is State.WITHDRAWN


async def test_a_follow_up_visit_is_rated_and_a_bad_one_reopened(console: Console) -> None:
    ticket = await console.ticket()
    liaison = await _at(console, "liaison", ticket)
    await _do(liaison, ticket, "accept")
    await _do(liaison, ticket, "resolve", text=ANSWER)
    operator = await _at(console, "operator", ticket)
    page = await _do(operator, ticket, "rate", stars="9")
    assert page.status == 422
    await _do(operator, ticket, "rate", stars="1", comment="还是有味道")
    page = await _do(operator, ticket, "reopen", reason="油烟还在")
    assert page.status == 200
    stored = await console.stored(ticket.number)
    assert stored.state is State.DISPATCHED
    assert [e.stars for e in stored.events if e.kind is EventKind.RATED] == [1]
