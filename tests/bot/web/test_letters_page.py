"""督办函: written, received and answered in one list; each unit knows its own and nothing of the others."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from routing.departments import UnitId
from routing.letter_reads import LetterFilter, LetterList, LetterReads
from routing.ticket import Ticket
from tests.bot.web.conftest import Console
from tests.factories import CITY_MANAGEMENT, HOUSING

ASKED = "市民说路灯仍然不亮，请三天内修好。"


async def _sent(console: Console, unit_id: UnitId = CITY_MANAGEMENT, *, text: str = ASKED) -> Ticket:
    ticket = await console.ticket(unit_id)
    return await _again(console, ticket.number, text=text)


async def _again(console: Console, number: str, *, text: str = ASKED) -> Ticket:
    return await console.services.desk.joint.escalate(
        number, actor=await console.actor("supervisor"), version=None, now=console.clock.now, text=text
    )


async def test_an_empty_list_says_what_comes_here(console: Console) -> None:
    page = await (await console.as_("liaison")).open("/console/letters")
    assert "没有等您单位处理的督办函" in page.words
    page = await (await console.as_("supervisor")).open("/console/letters")
    assert "先蓝色，再橙色，最后红色" in page.words


async def test_a_letter_is_written_received_and_answered(console: Console) -> None:
    ticket = await console.ticket(CITY_MANAGEMENT)
    boss = await console.as_("supervisor")
    page = await boss.open(f"/console/letters?number={ticket.number.lower()}")
    assert "发出蓝色督办函" in page.words
    page = await boss.send(f"/console/letters/{ticket.number}/escalate", {"text": ASKED})
    assert page.path == "/console/letters"
    assert f"发督办函已完成。（{ticket.number}）" in page.words
    assert "待签收 1" in page.words

    unit = await console.as_("liaison")
    page = await unit.open("/console/letters?list=receipt")
    assert ASKED in page.words
    letter = f"{ticket.number}-L1"
    page = await unit.send(f"/console/letters/{ticket.number}/receive-letter", {"letter": letter})
    assert "签收督办函已完成" in page.words
    assert "已签收" in page.words
    page = await unit.send(
        f"/console/letters/{ticket.number}/answer-letter?list=answer",
        {"letter": letter, "text": "已更换灯头。"},
    )
    assert page.path == "/console/letters?list=answer"
    assert "没有等您单位处理的督办函" in page.words
    assert "已更换灯头。" in (await boss.open("/console/letters?list=answered")).words
    stored = await console.stored(ticket.number)
    assert stored.letters[0].answer == "已更换灯头。"


async def test_an_answer_that_is_not_taken_keeps_what_was_written(console: Console) -> None:
    ticket = await _sent(console)
    unit = await console.as_("liaison")
    await unit.open("/console/letters")
    letter = f"{ticket.number}-L1"
    fields = {"letter": letter, "text": "  "}
    page = await unit.send(f"/console/letters/{ticket.number}/answer-letter", fields)
    assert page.status == 422
    await console.services.desk.supplement(ticket.number, text="又坏了一盏", now=console.clock.now)
    fields = {"letter": letter, "text": "这是我写的回复", "version": str(ticket.version - 1)}
    page = await unit.send(f"/console/letters/{ticket.number}/answer-letter", fields)
    assert page.status == 409
    assert "这是我写的回复" in page.html


async def test_a_second_letter_before_its_time_is_refused_with_what_was_written(console: Console) -> None:
    ticket = await console.ticket(CITY_MANAGEMENT)
    boss = await console.as_("supervisor")
    page = await boss.open(f"/console/letters?number={ticket.number}")
    assert "发出蓝色督办函" in page.words
    await _again(console, ticket.number)
    page = await boss.send(f"/console/letters/{ticket.number}/escalate", {"text": "再催一次"})
    assert page.status == 409
    assert "再催一次" in page.html
    assert len((await console.stored(ticket.number)).letters) == 1
    page = await boss.open(f"/console/letters?number={ticket.number}")
    assert "回复" in page.words
    assert "发出橙色督办函" not in page.words, "the blue one has time left"
    console.clock.advance(days=20)
    boss = await console.as_("supervisor")
    page = await boss.open(f"/console/letters?number={ticket.number}")
    assert "发出橙色督办函" in page.words


async def test_what_is_late_comes_first_and_colours_and_units_narrow(console: Console) -> None:
    first = await _sent(console)
    console.clock.advance(days=20)
    first = await _again(console, first.number)
    second = await _sent(console, HOUSING)
    console.clock.advance(minutes=5)
    boss = await console.as_("supervisor")
    page = await boss.open("/console/letters")
    assert "待回复 3" in page.words, "the overdue blue one, the orange one, and the other unit's"
    assert page.words.index(first.number) < page.words.index(second.number)
    page = await boss.open("/console/letters?level=orange")
    assert "待回复 1" in page.words
    page = await boss.open(f"/console/letters?unit={HOUSING}")
    assert second.number in page.words
    assert first.number not in page.html
    page = await boss.open("/console/letters?list=overdue")
    assert "逾期未回复 1" in page.words
    assert "没有符合条件" in (await boss.open("/console/letters?list=answered&level=red")).words


async def test_a_unit_knows_nothing_of_another_s_letters(console: Console) -> None:
    ticket = await _sent(console, HOUSING)
    unit = await console.as_("liaison")
    for list_ in ("answer", "receipt", "overdue", "answered", "all"):
        page = await unit.open(f"/console/letters?list={list_}&unit={HOUSING}&number={ticket.number}")
        assert ticket.number not in page.words
        assert ASKED not in page.words
    answers = []
    for number in (ticket.number, "HY2611169999"):
        fields = {"letter": f"{number}-L1", "text": "替别人回复", "version": "1", "seen": "1"}
        page = await unit.send(f"/console/letters/{number}/answer-letter", fields)
        answers.append((page.status, page.words.replace(number, "")))
        await unit.open("/console/letters")
    assert answers[0] == answers[1]
    assert answers[0][0] == 404


async def test_a_letter_whose_unit_lost_the_ticket_is_void(console: Console) -> None:
    ticket = await _sent(console)
    await console.services.desk.transfer(
        ticket.number,
        HOUSING,
        actor=await console.actor("dispatcher"),
        version=None,
        now=console.clock.now,
        reason="改派住建",
    )
    boss = await console.as_("supervisor")
    assert "待回复 0" in (await boss.open("/console/letters")).words
    assert "已解除" in (await boss.open("/console/letters?list=all")).words
    for user in ("liaison", "housing"):
        page = await (await console.as_(user)).open("/console/letters?list=all")
        assert ticket.number not in page.words


async def test_telephone_numbers_are_hidden_from_units_and_auditors(console: Console) -> None:
    await _sent(console, text="请联系市民 13912345678 当面说明。")
    for user, sees in {"supervisor": True, "liaison": False, "auditor": False}.items():
        page = await (await console.as_(user)).open("/console/letters")
        assert "当面说明" in page.words
        assert ("13912345678" in page.words) is sees, user


async def test_only_supervisors_write_and_the_auditor_only_reads(console: Console) -> None:
    ticket = await _sent(console)
    page = await (await console.as_("auditor")).open(f"/console/letters?number={ticket.number}")
    assert "发一封" not in page.words
    assert "<textarea" not in page.html
    assert ASKED in page.words
    unit = await console.as_("liaison")
    assert "发一封" not in (await unit.open("/console/letters")).words
    page = await unit.send(f"/console/letters/{ticket.number}/escalate", {"text": "自己给自己发"})
    assert page.status in (403, 422)
    for user in ("operator", "dispatcher", "editor"):
        assert (await (await console.as_(user)).open("/console/letters")).status == 403


async def test_a_number_nobody_has_is_said_at_its_field(console: Console) -> None:
    boss = await console.as_("supervisor")
    page = await boss.open("/console/letters?number=HY0000")
    assert page.status == 200
    assert "没有这个编号的工单" in page.words
    ticket = await console.ticket(None)
    page = await boss.open(f"/console/letters?number={ticket.number}")
    assert "不能发督办函" in page.words


async def test_the_longest_overdue_are_offered_to_write_about(console: Console) -> None:
    ticket = await console.ticket(CITY_MANAGEMENT)
    console.clock.advance(days=40)
    boss = await console.as_("supervisor")
    page = await boss.open("/console/letters")
    assert f'/console/letters?number={ticket.number}#write"' in page.html
    await _again(console, ticket.number)
    page = await boss.open("/console/letters")
    assert "超期最久" not in page.words


@pytest.mark.parametrize("list_", [LetterList.ANSWER, LetterList.ALL])
async def test_pages_turn_without_losing_or_repeating_a_letter(console: Console, list_: LetterList) -> None:
    numbers = []
    for _ in range(5):
        numbers.append((await _sent(console)).number)
        console.clock.advance(minutes=7)
    reads, reader, seen, cursor = (
        LetterReads(console.services.database),
        await console.actor("supervisor"),
        [],
        None,
    )
    while True:
        page = await reads.page(
            LetterFilter(list_=list_), reader=reader, now=console.clock.now, cursor=cursor, limit=2
        )
        seen += [one.number for one in page.letters]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == (numbers if list_ is LetterList.ANSWER else numbers[::-1])


async def test_a_cursor_that_is_not_ours_leads_back_to_the_first_page(console: Console) -> None:
    page = await (await console.as_("supervisor")).open("/console/letters?list=all&cursor=x")
    assert page.path == "/console/letters?list=all"


async def test_an_act_that_is_no_letter_s_is_no_address_of_the_list(console: Console) -> None:
    ticket = await _sent(console)
    unit = await console.as_("liaison")
    await unit.open("/console/letters")
    assert (await unit.send(f"/console/letters/{ticket.number}/accept")).status == 404


async def test_a_list_takes_little_processor_time(console: Console) -> None:
    for _ in range(20):
        await _sent(console)
        console.clock.now += timedelta(minutes=1)
    boss = await console.as_("supervisor")
    await boss.open("/console/letters")
    started = time.process_time()
    page = await boss.open("/console/letters")
    spent = time.process_time() - started
    assert len(page.html.encode()) <= 100_000
    assert spent <= 0.5, f"{spent:.3f} s"


async def test_an_answer_to_a_letter_a_colleague_just_answered_is_not_lost(console: Console) -> None:
    ticket = await _sent(console)
    unit, boss = await console.as_("liaison"), await console.as_("supervisor")
    for each in (unit, boss):
        await each.open("/console/letters")
    address, letter = f"/console/letters/{ticket.number}/answer-letter", f"{ticket.number}-L1"
    fields = {"letter": letter, "version": str(ticket.version)}
    await boss.send(address, {**fields, "text": "已代为回复。"})
    page = await unit.send(address, {**fields, "text": "现场查了三遍，写了很久。"})
    assert page.status == 409
    assert "现场查了三遍，写了很久。" in page.words
    assert "已代为回复。" not in page.words, "it is in the list no more"


async def test_who_is_writing_an_answer_is_seen_in_the_list(console: Console) -> None:
    ticket = await _sent(console)
    unit, boss = await console.as_("liaison"), await console.as_("supervisor")
    await unit.open("/console/letters")
    await unit.send(f"/console/tickets/{ticket.number}/presence", {"writing": "yes"})
    assert "正在写" in (await boss.open("/console/letters")).words
