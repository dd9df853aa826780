"""回访台: whom to call next, what they said, and where the ticket goes after it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from routing.events import Solved, VisitOutcome
from routing.ticket import Rating, Ticket
from routing.visit_marks import BAD, DERIVED, DUE_AT, FROM
from routing.visit_queue import VisitQueue, VisitTurn
from routing.workflow import CITIZEN, State
from tests.bot.web.conftest import Browser, Console

PAGE = "/console/visits"


async def _closed(console: Console, text: str = "路灯坏了，晚上看不见路") -> Ticket:
    """A ticket a unit has answered; every one of the profile's is visited."""
    ticket = await console.ticket(text=text)
    desk, actor, now = console.services.desk, await console.actor("liaison"), console.clock.now
    await desk.accept(ticket.number, actor=actor, version=None, now=now)
    answer = "已更换灯头，当晚恢复照明，请您查看。"
    return await desk.resolve(ticket.number, actor=actor, version=None, now=now, text=answer)


def _opened(browser: Browser) -> str:
    assert browser.page is not None
    return browser.page.html.split('data-desk="')[1].split('"')[0]


async def test_an_empty_desk_says_what_comes_here(console: Console) -> None:
    browser = await console.as_("operator")
    assert "没有等回访的工单" in (await browser.open(PAGE)).words
    assert "没有评价不好" in (await browser.open(f"{PAGE}?turn=bad")).words


async def test_a_citizen_who_says_it_is_solved_has_the_ticket_put_away_and_the_next_opens(
    console: Console,
) -> None:
    first = await _closed(console)
    console.clock.advance(minutes=5)
    second = await _closed(console, "井盖松动，车一压就响")
    browser = await console.as_("operator")
    page = await browser.open(PAGE)
    assert _opened(browser) == first.number
    assert "已更换灯头" in page.words
    assert "这里是12345热线回访" in page.words
    assert "还剩" in page.words
    fields = {
        "outcome": "reached",
        "solved": "real",
        "stars": "5",
        "comment": "很快",
        "asked.heard": "联系过",
    }
    page = await browser.send(f"{PAGE}/{first.number}/note", fields)
    assert f"{first.number} 回访完成，已归档" in page.words
    assert _opened(browser) == second.number
    stored = await console.stored(first.number)
    assert stored.state is State.ARCHIVED
    assert stored.rating is not None
    assert stored.rating.stars == 5
    assert stored.visits[-1].comment == "很快\n承办单位有没有联系过您，把办理结果告诉您？联系过。"


async def test_a_citizen_who_says_it_is_not_solved_sends_it_back_to_the_unit(console: Console) -> None:
    ticket = await _closed(console)
    browser = await console.as_("operator")
    await browser.open(PAGE)
    fields = {"outcome": "reached", "solved": "no", "comment": "灯还是不亮"}
    page = await browser.send(f"{PAGE}/{ticket.number}/note", fields)
    assert "已退回承办单位重新办理" in page.words
    assert (await console.stored(ticket.number)).state is State.DISPATCHED


async def test_whoever_is_not_reached_waits_two_hours_and_comes_back_three_times_at_most(
    console: Console,
) -> None:
    ticket = await _closed(console)
    most = console.services.desk.profile_of(ticket).visit_tries
    for tried in range(1, most + 1):
        browser = await console.as_("operator")  # a session does not last from one try to the next
        page = await browser.open(PAGE)
        assert _opened(browser) == ticket.number
        assert f"第 {tried} 次，最多 {most} 次" in page.words
        page = await browser.send(f"{PAGE}/{ticket.number}/note", {"outcome": "not_reached"})
        assert "没有等回访的工单" in page.words
        if tried < most:
            assert "以后再打" in (await browser.open(f"{PAGE}?turn=again")).words
            refused = await browser.send(f"{PAGE}/{ticket.number}/note", {"outcome": "not_reached"})
            assert refused.status == 429
            console.clock.advance(hours=2, minutes=1)
    assert (await console.stored(ticket.number)).state is State.ARCHIVED


async def test_a_call_without_its_result_or_on_an_old_version_keeps_what_was_written(
    console: Console,
) -> None:
    ticket = await _closed(console)
    browser = await console.as_("operator")
    await browser.open(PAGE)
    page = await browser.send(f"{PAGE}/{ticket.number}/note", {"outcome": "reached", "comment": "写了一半"})
    assert page.status == 422
    assert "请选择市民说的是否解决" in page.words
    assert "写了一半" in page.html
    fields = {"outcome": "reached", "solved": "real", "comment": "老版本", "version": "1"}
    page = await browser.send(f"{PAGE}/{ticket.number}/note", fields)
    assert page.status == 409
    assert "老版本" in page.html
    assert (await console.stored(ticket.number)).visits == ()


async def test_a_bad_rating_comes_under_its_own_heading(console: Console) -> None:
    good, bad = await _closed(console), await _closed(console, "井盖松动")
    console.clock.advance(minutes=1)
    await console.services.desk.rate(
        bad.number,
        rating=Rating(1, comment="根本没来人"),
        actor=CITIZEN,
        version=None,
        now=console.clock.now,
    )
    page = await (await console.as_("operator")).open(f"{PAGE}?turn=bad")
    assert bad.number in page.words
    assert good.number not in page.words
    assert "非常不满意" in page.words
    assert "根本没来人" in page.words


async def test_two_operators_call_two_citizens(console: Console) -> None:
    first = await _closed(console)
    console.clock.advance(minutes=1)
    second = await _closed(console, "井盖松动")
    one, other = await console.as_("operator"), await console.as_("dispatcher")
    await one.open(PAGE)
    page = await other.open(PAGE)
    assert [_opened(one), _opened(other)] == [first.number, second.number]
    assert "周敏正在打" in page.words
    assert "周敏正在回访这一位" in (await other.open(f"{PAGE}?at={first.number}")).words
    await one.send(f"{PAGE}/{first.number}/leave")
    assert "正在回访这一位" not in (await other.open(f"{PAGE}?at={first.number}")).words


async def test_the_number_is_shown_once_and_the_look_is_on_record(console: Console) -> None:
    ticket = await _closed(console)
    browser = await console.as_("operator")
    page = await browser.open(PAGE)
    citizen = await console.services.desk.reveal(
        ticket.number, actor=await console.actor("operator"), reason="对照", now=console.clock.now
    )
    assert citizen.phone
    assert citizen.phone not in page.html
    page = await browser.send(f"{PAGE}/{ticket.number}/reveal")
    assert citizen.phone in page.html
    assert citizen.phone not in (await browser.open(PAGE)).html
    log = await (await console.as_("auditor")).open("/console/identity-reads")
    assert "电话回访" in log.words
    await console.services.desk.reopen(
        ticket.number, actor=CITIZEN, version=None, now=console.clock.now, reason="又坏了"
    )
    page = await browser.send(f"{PAGE}/{ticket.number}/reveal")
    assert page.status == 409
    assert citizen.phone not in page.html


async def test_pages_of_the_queue_turn_in_the_order_of_their_limits(console: Console) -> None:
    numbers = []
    for n in range(3):
        numbers.append((await _closed(console, f"第{n}盏路灯坏了")).number)
        console.clock.advance(minutes=1)
    queue, reader = VisitQueue(console.services.database), await console.actor("operator")
    first = await queue.waiting(VisitTurn.NOW, reader=reader, now=console.clock.now, limit=2)
    second = await queue.waiting(VisitTurn.NOW, reader=reader, now=console.clock.now, skip=2, limit=2)
    assert [t.number for t in (*first.tickets, *second.tickets)] == numbers
    assert (first.more, second.more) == (True, False)
    liaison = await console.actor("housing")
    assert (await queue.waiting(VisitTurn.NOW, reader=liaison, now=console.clock.now)).tickets == ()


async def test_what_was_closed_before_tickets_said_when_they_are_to_be_called_is_found_too(
    console: Console,
) -> None:
    """MongoDB marks them by itself, with what each save of theirs writes."""
    never, tried, rated = [await _closed(console, text) for text in ("路灯不亮", "井盖松动", "垃圾没人收")]
    queue, reader, now = (
        VisitQueue(console.services.database),
        await console.actor("operator"),
        console.clock.now,
    )
    await console.services.desk.aftercare.visit(
        tried.number, actor=reader, version=None, now=now, outcome=VisitOutcome.NOT_REACHED
    )
    await console.services.desk.rate(rated.number, rating=Rating(3, resolved=False), now=now)
    tickets = console.services.database["tickets"]
    numbers = {"_id": {"$in": [never.number, tried.number, rated.number]}}
    before = await tickets.find(numbers).to_list(None)
    assert [sorted({DUE_AT, FROM, BAD}.intersection(d)) for d in before].count([BAD, DUE_AT, FROM]) == 1
    await tickets.update_many(numbers, {"$unset": dict.fromkeys(DERIVED, "")})
    assert not [turn for turn in VisitTurn if await queue.count(turn, reader=reader, now=now)]
    await queue.prepare()
    assert await tickets.find(numbers).to_list(None) == before
    counts = [await queue.count(turn, reader=reader, now=now) for turn in VisitTurn]
    assert counts == [2, 1, 1], "to be called, of them rated badly, and later"


async def test_what_was_visited_or_never_sampled_is_not_called(console: Console) -> None:
    ticket = await _closed(console)
    queue, reader = VisitQueue(console.services.database), await console.actor("operator")
    assert await queue.count(VisitTurn.NOW, reader=reader, now=console.clock.now) == 1
    before = console.clock.now - timedelta(days=1)
    assert await queue.count(VisitTurn.NOW, reader=reader, now=before) == 0, "its clock has not begun"
    await console.services.desk.aftercare.visit(
        ticket.number,
        actor=reader,
        version=None,
        now=console.clock.now,
        outcome=VisitOutcome.REACHED,
        solved=Solved.REAL,
    )
    for turn in VisitTurn:
        assert await queue.count(turn, reader=reader, now=console.clock.now) == 0


@pytest.mark.parametrize("user", ["liaison", "auditor", "editor", "administrator"])
async def test_nobody_else_calls(console: Console, user: str) -> None:
    assert (await (await console.as_(user)).open(PAGE)).status == 403
