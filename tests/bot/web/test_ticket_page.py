"""One ticket's page: what each reader sees and is offered."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.web import read_log
from bot.web.performing import PERFORM
from routing.acts.offers import offered_to
from routing.citizen_request import RequestType, Secrecy
from routing.ticket import Rating, Ticket
from routing.workflow import SYSTEM, Action, Actor, Role, State, actions_for
from tests.bot.web.conftest import LOGINS, Browser, Console, Page
from tests.factories import HOUSING


async def _open(console: Console, user: str, number: str) -> tuple[Browser, Page]:
    browser = await console.as_(user)
    return browser, await browser.open(f"/console/tickets/{number}")


def _offered(html: str) -> set[str]:
    return set(re.findall(r'action="/console/tickets/\w+/(?:with-files/)?([\w-]+)"', html))


async def test_the_page_shows_promise_limits_and_history(console: Console) -> None:
    ticket = await console.ticket(title="油烟扰民", place="东门社区")
    _, page = await _open(console, "liaison", ticket.number)
    for words in (
        "油烟扰民",
        "东门社区",
        "投诉",
        "热线电话",
        "待签收",
        "11月23日（周一）17:30",
        "5个工作日：周六、周日不计",
        "签收时限",
        "还剩 5 小时（今天15:00）",
        "派单给清和县城市管理综合行政执法局",
        "王** 电话 138****5678",
    ):
        assert words in page.words, words


async def test_another_units_ticket_is_as_good_as_absent(console: Console) -> None:
    ticket = await console.ticket(HOUSING)
    _, page = await _open(console, "liaison", ticket.number)
    assert page.status == 404
    _, absent = await _open(console, "liaison", "HY9999999999")
    assert absent.words == page.words


@pytest.mark.parametrize("user", ["liaison", "operator", "dispatcher", "supervisor", "auditor"])
@pytest.mark.parametrize(
    "state", [State.RECEIVED, State.DISPATCHED, State.ACCEPTED, State.REPLIED, State.RESOLVED]
)
async def test_every_form_offered_is_one_the_workflow_admits(
    console: Console, user: str, state: State
) -> None:
    role = LOGINS[user][1]
    ticket = await _in_state(console, state)
    if state is State.RECEIVED and role is Role.LIAISON:
        return
    _, page = await _open(console, user, ticket.number)
    allowed: set[str] = set(actions_for(state, role)) | {"reveal", "attachments", "compose"}
    if Action.REPLY in allowed:
        allowed.add(Action.RESOLVE)  # 答复并办结 is one button
    assert _offered(page.html) <= allowed
    services, now = console.services, console.clock.now
    reader: Actor = await console.actor(user)
    offered = offered_to(ticket, reader, profile=services.desk.profile, now=now, units=services.units)
    expected = {action for action in offered if action in HAS_A_FORM}
    assert expected <= _offered(page.html)


HAS_A_FORM = frozenset(PERFORM)


async def _in_state(console: Console, state: State) -> Any:
    desk, now = console.services.desk, console.clock.now
    actor: Actor = await console.actor("liaison")
    ticket = await console.ticket(None if state is State.RECEIVED else LOGINS["liaison"][2])
    if state in (State.ACCEPTED, State.REPLIED, State.RESOLVED):
        ticket = await desk.accept(ticket.number, actor=actor, version=None, now=now)
    if state is State.REPLIED:
        return await desk.reply(ticket.number, actor=actor, version=None, now=now, text="已处理")
    if state is State.RESOLVED:
        return await desk.resolve(ticket.number, actor=actor, version=None, now=now, text="已处理")
    return ticket


async def test_a_liaison_reads_the_text_without_phone_and_door_number(console: Console) -> None:
    ticket = await console.ticket(text="我叫王建国，电话13812345678，住3号楼2单元501室，油烟很大。")
    _, page = await _open(console, "liaison", ticket.number)
    for hidden in ("13812345678", "501室", "王建国"):
        assert hidden not in page.html
    assert "个人信息已隐去" in page.words
    _, page = await _open(console, "dispatcher", ticket.number)
    assert "13812345678" in page.html


@pytest.mark.parametrize("secrecy", [Secrecy.SECRET, Secrecy.ANONYMOUS])
async def test_a_hidden_citizen_is_hidden_from_the_unit_entirely(console: Console, secrecy: Secrecy) -> None:
    ticket = await console.ticket(secrecy=secrecy)
    browser, page = await _open(console, "liaison", ticket.number)
    assert "138****5678" not in page.html
    assert "本单位看不到是谁提的" in page.words
    assert "reveal" not in _offered(page.html)
    page = await browser.send(f"/console/tickets/{ticket.number}/reveal", {"reason": "想知道"})
    assert page.status == 403
    assert "13800005678" not in page.html
    assert [read async for read in console.services.identities.reads(number=ticket.number)] == []


async def test_a_report_is_secret_whatever_was_chosen(console: Console) -> None:
    ticket = await console.ticket(request_type=RequestType.REPORT, secrecy=Secrecy.PUBLIC)
    _, page = await _open(console, "liaison", ticket.number)
    assert "本单位看不到是谁提的" in page.words


async def test_a_reveal_needs_a_reason_is_shown_once_and_logged(console: Console) -> None:
    ticket = await console.ticket()
    browser, _ = await _open(console, "liaison", ticket.number)
    path = f"/console/tickets/{ticket.number}/reveal"
    page = await browser.send(path, {"reason": "  "})
    assert page.status == 422
    assert "还缺理由" in page.words
    page = await browser.send(path, {"reason": "核实具体位置"})
    assert page.status == 200
    assert "13800005678" in page.words
    assert "王建国" in page.words
    assert page.headers["Cache-Control"] == "no-store"
    again = await browser.open(f"/console/tickets/{ticket.number}")
    assert "13800005678" not in again.html
    reads = [read async for read in console.services.identities.reads(number=ticket.number)]
    assert [(r.actor_id, r.reason) for r in reads] == [("liaison", "核实具体位置")]


async def test_the_auditor_reads_who_looked_and_whether_the_log_is_whole(console: Console) -> None:
    ticket = await console.ticket()
    browser, _ = await _open(console, "liaison", ticket.number)
    await browser.send(f"/console/tickets/{ticket.number}/reveal", {"reason": "核实具体位置"})
    auditor = await console.as_("auditor")
    page = await auditor.open("/console/identity-reads")
    assert "陈立新 liaison" in page.words
    assert "核实具体位置" in page.words
    assert "记录完整" not in page.words
    page = await auditor.open("/console/identity-reads?check=1")
    assert "记录完整" in page.words
    await console.services.database["identity_reads"].update_one({"_id": 1}, {"$set": {"actor_id": "x"}})
    page = await auditor.open(f"/console/identity-reads?number={ticket.number.lower()}")
    assert "第 1 条记录被改动过" not in page.words
    page = await auditor.open(f"/console/identity-reads?number={ticket.number.lower()}&check=1")
    assert "第 1 条记录被改动过" in page.words


async def test_the_auditor_pages_back_through_the_log_without_gap_or_repeat(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_log, "PAGE_SIZE", 3)
    ticket, other = await console.ticket(), await console.ticket()
    actor, desk, now = await console.actor("operator"), console.services.desk, console.clock.now
    for n in range(8):
        # Every other line is the service's own, and every fourth is of the other ticket.
        number = other.number if n == 3 else ticket.number
        reader = SYSTEM if n % 2 else actor
        await console.services.identities.read(number, reader=reader, reason=f"理由{n}", now=now)
    await desk.reveal(other.number, actor=actor, reason="理由8", now=now)
    auditor = await console.as_("auditor")
    for query, expected in (
        ("", [8, 6, 4, 2, 0]),
        ("?system=yes", [8, 7, 6, 5, 4, 3, 2, 1, 0]),
        (f"?number={other.number}&system=yes", [8, 3]),
        (f"?number={other.number}", [8]),
    ):
        seen: list[int] = []
        path = f"/console/identity-reads{query}"
        for _ in range(9):
            page = await auditor.open(path)
            lines = [int(n) for n in re.findall(r"<td>理由(\d)</td>", page.html)]
            assert len(lines) <= 3
            seen += lines
            following = re.search(r'href="([^"]+)" rel="next"', page.html)
            if not following:
                break
            path = following[1].replace("&amp;", "&")
        assert seen == expected, query


def test_a_page_of_the_log_holds_two_hundred() -> None:
    assert read_log.PAGE_SIZE == 200


@pytest.mark.parametrize("query", ["before=x", "before=-1", "before=0", "before=" + "9" * 40, "check=x"])
async def test_strange_pages_of_the_log_are_answered_with_a_page(console: Console, query: str) -> None:
    assert (await (await console.as_("auditor")).open(f"/console/identity-reads?{query}")).status == 200


async def test_a_dispatcher_sees_candidates_with_reasons_and_legal_basis(console: Console) -> None:
    ticket = await console.ticket(None, text="楼下烧烤店油烟很大，半夜还很吵。")
    if ticket.triage is None or not ticket.triage.candidates:
        pytest.fail("triage named no candidate")
    _, page = await _open(console, "dispatcher", ticket.number)
    assert page.html.count(f'action="/console/tickets/{ticket.number}/dispatch"') == 1 + len(
        ticket.triage.candidates
    )
    assert "属于权责事项" in page.words
    assert "依据：" in page.words


async def test_the_page_says_who_was_told_and_whether_it_arrived(console: Console) -> None:
    ticket = await console.ticket()
    _, page = await _open(console, "liaison", ticket.number)
    assert re.search(r"派单 → 承办单位（工作台） 待发送", page.words)
    await console.deliver()
    _, page = await _open(console, "liaison", ticket.number)
    assert re.search(r"派单 → 承办单位（工作台） 已送达 2026-11-16 09:30", page.words)


async def test_what_a_citizen_wrote_is_never_markup(console: Console) -> None:
    ticket = await console.ticket(
        title="<b>x</b>", text="<script>alert(1)</script>", place='"><img src=x onerror=1>'
    )
    for user in ("liaison", "dispatcher"):
        browser, page = await _open(console, user, ticket.number)
        for html in (page.html, (await browser.open("/console/tickets?tab=all")).html):
            assert "<script>alert" not in html
            assert "<img src=x" not in html
            assert "<b>x</b>" not in html


async def _answered_and_taken_up_again(console: Console, *, why: str) -> Ticket:
    ticket, now, desk = await console.ticket(), console.clock.now, console.services.desk
    unit, common = await console.actor("liaison"), dict[str, Any](version=None, now=now)
    await desk.accept(ticket.number, actor=unit, **common)
    await desk.resolve(ticket.number, actor=unit, text="油烟机已经装好，请放心。", **common)
    operator = await console.actor("operator")
    rating = Rating(1, comment="只答复了一半，电话13800138000")
    await desk.rate(ticket.number, rating=rating, actor=operator, **common)
    return await desk.reopen(ticket.number, actor=operator, reason=why, **common)


async def test_a_ticket_taken_up_again_says_why_first_and_the_answer_counts_as_the_last_one(
    console: Console,
) -> None:
    ticket = await _answered_and_taken_up_again(console, why="晚上照样有油烟，打13900139000")
    _, page = await _open(console, "liaison", ticket.number)
    said = page.words
    assert "重办（第1次） 晚上照样有油烟" in said
    assert "当时的评价： 非常不满意「只答复了一半" in said
    assert "13900139000" not in said, "the unit reads the citizen's words as everywhere"
    assert "13800138000" not in said
    assert (
        said.index("重办（第1次）") < said.index("诉求内容") < said.index("上次的答复（市民要求重办） 油烟机")
    )
    assert "给市民的答复" not in said.replace("上传", "")
    _, page = await _open(console, "operator", ticket.number)
    assert "晚上照样有油烟，打13900139000" in page.words, "who speaks with the citizen reads all"


async def test_once_answered_anew_the_answer_is_the_one_that_stands(console: Console) -> None:
    ticket = await _answered_and_taken_up_again(console, why="见评价")
    unit, desk = await console.actor("liaison"), console.services.desk
    common = dict[str, Any](version=None, now=console.clock.now)
    await desk.accept(ticket.number, actor=unit, **common)
    await desk.resolve(ticket.number, actor=unit, text="风机已经换过，晚上复查达标。", **common)
    _, page = await _open(console, "supervisor", ticket.number)
    assert "重办（第1次） 见评价" in page.words
    assert "之后已重新答复" in page.words
    assert "给市民的答复 风机已经换过" in page.words
    assert "上次的答复" not in page.words


async def test_a_ticket_never_taken_up_again_says_nothing_of_it(console: Console) -> None:
    _, page = await _open(console, "liaison", (await console.ticket()).number)
    assert "重办（第" not in page.words
