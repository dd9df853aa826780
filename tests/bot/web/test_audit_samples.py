"""The sample page: random automatic dispatches, judged once each, by somebody who may see them."""

from __future__ import annotations

import re

from bot.learning.audits import AuditSamples
from bot.people import User
from bot.web.audit_samples import JUDGED_SINCE, LOOKS_BACK, PAGE
from classifier.drift import Tally
from routing.departments import UnitId
from routing.ticket import Ticket
from routing.triage.deciding import Candidate, Reason, ReasonKind, TriageDecision
from routing.workflow import Role
from tests.bot.web.conftest import PASSWORD, Console
from tests.factories import CITY_MANAGEMENT
from tests.running import add_user

LIUQUAN = UnitId("qh.liuquan.government")


async def _ticket(
    console: Console, unit_id: UnitId = CITY_MANAGEMENT, *, automatic: bool = True, text: str = "路灯不亮"
) -> Ticket:
    ticket = await console.ticket(unit_id, text=text)
    why = (Reason(ReasonKind.WORDS, "路灯"),)
    ticket.triage = TriageDecision(automatic, (Candidate(unit_id, None, 1.0, why, None),), why, None)
    await console.services.tickets.save(ticket)
    return ticket


async def _tally(console: Console) -> Tally:
    return await AuditSamples(console.services.database).tally(since=console.clock.now - JUDGED_SINCE)


async def test_only_what_the_machine_dispatched_by_itself_is_drawn(console: Console) -> None:
    mine, by_hand = await _ticket(console), await _ticket(console, automatic=False)
    browser = await console.as_("supervisor")
    page = await browser.open(PAGE)
    assert "没有等着判断的" in page.words
    assert "— 0 / 0" in page.words
    page = await browser.send(f"{PAGE}/draw")
    assert "抽出 1 件" in page.words
    assert mine.number in page.html
    assert by_hand.number not in page.html
    assert "机器派给 县城管执法局" in page.words
    page = await browser.send(f"{PAGE}/draw")
    assert "没有更多" in page.words


async def test_each_case_is_judged_once_and_counted(console: Console) -> None:
    for _ in range(3):
        await _ticket(console)
    browser = await console.as_("auditor")
    await browser.open(PAGE)
    page = await browser.send(f"{PAGE}/draw")
    numbers = re.findall(r'name="number" value="(\w+)"', page.html)
    assert len(numbers) == 3
    page = await browser.send(f"{PAGE}/right", {"number": numbers[0]})
    assert f"{numbers[0]} 已记下：派对了。" in page.words
    page = await browser.send(f"{PAGE}/wrong", {"number": numbers[1]})
    assert "50.0% 1 / 2" in page.words
    page = await browser.send(f"{PAGE}/right", {"number": numbers[1]})
    assert "已经有人判断过了" in page.words
    assert await _tally(console) == Tally(1, 2)


async def test_a_supervisor_of_one_township_reads_their_part_and_judges_nothing(console: Console) -> None:
    """Verdicts can stop the machine for everybody."""
    mine, other = await _ticket(console, LIUQUAN), await _ticket(console)
    now = console.clock.now
    assert len(await AuditSamples(console.services.database).draw(2, since=now - LOOKS_BACK, now=now)) == 2
    committee = next(unit.id for unit in console.services.units.children(LIUQUAN))
    user = User(username="cun", name="柳村", role=Role.SUPERVISOR, unit_id=committee)
    await add_user(console.services, user, password=PASSWORD)
    browser = await console.as_("cun")
    page = await browser.open(PAGE)
    assert mine.number in page.html
    assert other.number not in page.html
    assert "等您判断 1 件" in page.words
    assert "派对了" not in page.words
    assert (await browser.send(f"{PAGE}/draw")).status == 403
    assert (await browser.send(f"{PAGE}/wrong", {"number": mine.number})).status == 403
    assert await _tally(console) == Tally(0, 0)


async def test_an_auditor_reads_the_sample_without_phone_numbers(console: Console) -> None:
    await _ticket(console, text="路灯不亮，我的电话13812345678。")
    browser = await console.as_("auditor")
    await browser.open(PAGE)
    page = await browser.send(f"{PAGE}/draw")
    assert "路灯不亮" in page.words
    assert "13812345678" not in page.html


async def test_a_verdict_on_nothing_is_refused(console: Console) -> None:
    browser = await console.as_("supervisor")
    await browser.open(PAGE)
    assert (await browser.send(f"{PAGE}/right", {"number": "HY2611169999"})).status == 404
    assert (await browser.send(f"{PAGE}/nothing", {"number": "x"})).status == 404
    ticket = await _ticket(console)
    page = await browser.open(PAGE)
    page = await browser.send(f"{PAGE}/right", {"number": ticket.number})
    assert "没有抽到过，或者已经有人判断过了" in page.words
