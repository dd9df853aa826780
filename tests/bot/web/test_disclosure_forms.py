"""依申请公开 on the console: filed at the desk, decided by the unit, put on record, and read by nobody it does not concern."""

from __future__ import annotations

import re

from routing.citizen_request import Applicant, RequestType
from routing.departments import UnitId
from routing.disclosure.applications import application_of
from routing.events import EventKind
from routing.ticket import Ticket
from routing.timing.sla import DISCLOSURE
from routing.workflow import State
from tests.bot.web.conftest import Browser, Console, Page
from tests.bot.web.test_intake_desk import _number, _opened, _send
from tests.factories import CITY_MANAGEMENT

TEXT = "申请公开2025年城区路灯养护合同，要纸质复印件。"
ASKED = {"text": TEXT, "applicant": "business", "name": "云川照明有限公司", "phone": "13811112222"}


async def _filed(console: Console, **changes: str) -> Page:
    return await _send(await _opened(console), "register", **{**ASKED, **changes})


async def _at_work(console: Console) -> tuple[Browser, Ticket]:
    number = _number(await _filed(console))
    ticket = await console.stored(number)
    dispatcher, now = await console.actor("dispatcher"), console.clock.now
    move = {"actor": dispatcher, "version": None, "now": now}
    if ticket.state is State.RECEIVED:
        await console.services.desk.dispatch(number, CITY_MANAGEMENT, **move)
    elif ticket.unit_id != CITY_MANAGEMENT:
        await console.services.desk.transfer(number, CITY_MANAGEMENT, **move, reason="路灯归城管")
    browser = await console.as_("liaison")
    await browser.open(f"/console/tickets/{number}")
    await _do(browser, number, "accept")
    return browser, await console.stored(number)


async def _do(browser: Browser, number: str, action: str, **fields: str) -> Page:
    await browser.open(f"/console/tickets/{number}")
    return await browser.send(f"/console/tickets/{number}/{action}", fields)


async def test_an_application_told_at_the_desk_is_numbered_at_once(console: Console) -> None:
    page = await _filed(console)
    ticket = await console.stored(_number(page))
    assert (ticket.tier, ticket.applicant) == (DISCLOSURE, Applicant.BUSINESS)
    assert ticket.request_type is RequestType.CONSULTATION
    assert application_of(ticket).entry_number == "登记〔2026〕1号"
    assert ticket.promise is not None
    assert "20个工作日" in ticket.promise.explanation


async def test_who_applies_says_who_they_are(console: Console) -> None:
    page = await _filed(console, name="", phone="")
    assert page.status == 422
    assert "要写明申请人的姓名或者名称" in page.words
    assert "要写明联系方式" in page.words
    assert re.search(r'value="business" selected', page.html), "what was filled in stays"


async def test_nobody_answers_an_application_at_the_desk(console: Console) -> None:
    browser = await _opened(console)
    page = await _send(browser, "answer", **ASKED, answer="可以公开。")
    assert page.status == 422
    assert "不能直接答复办结" in page.words
    assert await console.services.database["tickets"].count_documents({}) == 0


async def test_the_unit_decides_with_its_ground_and_puts_it_on_record(console: Console) -> None:
    browser, ticket = await _at_work(console)
    number = ticket.number
    page = await browser.open(f"/console/tickets/{number}")
    assert "登记〔2026〕1号" in page.words
    assert "商业企业" in page.words
    assert f"/console/tickets/{number}/reply" not in page.html, "an application is decided, not just answered"
    page = await _do(browser, number, "decide-disclosure", ground="", text="见附件。")
    assert "还缺决定和依据" in page.words
    page = await _do(browser, number, "decide-disclosure", ground="state_secret", text="不予公开。")
    assert page.status == 409, "a refusal gives its reason"
    assert "不予公开。" in page.html
    page = await _do(browser, number, "decide-disclosure", ground="provided", text="复印件见附件。")
    assert "决定已作出" in page.words
    assert "可以公开，提供信息" in page.words
    stored = await console.stored(number)
    assert stored.reply_text is not None
    assert "第三十六条第二项" in stored.reply_text
    await _do(browser, number, "enter-register", register="record")
    page = await _do(browser, number, "enter-register", register="archive")
    assert "备案〔2026〕1号" in page.words
    assert "归档〔2026〕1号" in page.words
    assert "取得编号" not in page.words, "there is nothing left to enter"


async def test_the_clocks_wait_for_a_correction_and_for_a_third_party(console: Console) -> None:
    browser, ticket = await _at_work(console)
    await _do(browser, ticket.number, "ask-correction", text="请写明是哪一份合同。")
    assert (await console.stored(ticket.number)).pause is not None
    await _do(browser, ticket.number, "resume", reason="申请人书面补正")
    page = await _do(browser, ticket.number, "consult", text="某照明公司")
    assert "征求第三方意见" in page.words
    page = await _do(browser, ticket.number, "hear-third-party", text="涉及报价")
    assert page.status in (409, 422), "they agree or they do not"
    page = await _do(browser, ticket.number, "hear-third-party", text="涉及报价", consents="no")
    stored = await console.stored(ticket.number)
    heard = next(e for e in stored.events if e.kind is EventKind.THIRD_PARTY_HEARD)
    assert heard.consents is False
    assert stored.pause is None


async def test_the_forms_stand_on_no_other_ticket_and_for_no_other_unit(console: Console) -> None:
    plain = await console.ticket()
    browser = await console.as_("liaison")
    await browser.open(f"/console/tickets/{plain.number}")
    page = await _do(browser, plain.number, "accept")
    assert "依申请公开" not in page.words
    page = await _do(browser, plain.number, "decide-disclosure", ground="provided", text="见附件。")
    assert page.status == 409
    _, ticket = await _at_work(console)
    other = await console.services.desk.transfer(
        ticket.number,
        UnitId("qh.housing"),
        actor=await console.actor("dispatcher"),
        version=None,
        now=console.clock.now,
        reason="属住建",
    )
    await browser.open("/console/tickets")
    fields = {"ground": "provided", "text": "见附件。", "version": str(other.version), "seen": "1"}
    page = await browser.send(f"/console/tickets/{ticket.number}/decide-disclosure", fields)
    assert page.status == 404


async def test_the_desk_still_files_what_is_no_application(console: Console) -> None:
    ticket = await console.stored(_number(await _filed(console, applicant="", name="", phone="")))
    assert ticket.tier is None


async def test_the_registers_are_read_by_the_centre_and_auditors_alone(console: Console) -> None:
    browser, ticket = await _at_work(console)
    assert (await browser.open("/console/disclosure")).status == 403
    auditor = await console.as_("auditor")
    page = await auditor.open("/console/disclosure")
    assert "登记〔2026〕1号" in page.words
    assert "还没有作出决定" in page.words
    assert f"/console/tickets/{ticket.number}" in page.html
    assert "13811112222" not in page.html
    assert "备案台账里还没有" in (await auditor.open("/console/disclosure?register=record")).words
    for address in ("?register=x", "?year=x", "?year=99999", "?page=x"):
        assert (await auditor.open(f"/console/disclosure{address}")).status == 200
    assert "2025 年的登记台账里还没有" in (await auditor.open("/console/disclosure?year=2025")).words
