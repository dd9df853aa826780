"""Readers outside the centre get nothing that names a person, whoever wrote it and wherever it stands (domain §5)."""

from __future__ import annotations

from typing import Any

import pytest

from routing.ticket import Rating, Ticket
from tests.bot.web.conftest import Console

PHONE, DOOR = "13812345678", "3号楼2单元501室"


async def _written_all_over(console: Console) -> tuple[Ticket, Ticket]:
    """Two tickets in which every free text names somebody: one waits for a return, one is closed and rated."""
    desk, now = console.services.desk, console.clock.now
    liaison, operator = await console.actor("liaison"), await console.actor("operator")
    told: dict[str, Any] = {
        "title": f"油烟扰民{PHONE}",
        "text": f"电话{PHONE}，住{DOOR}，油烟很大。",
        "place": f"东门社区{DOOR}{PHONE}",
    }
    returned, closed = await console.ticket(**told), await console.ticket(**told)
    await desk.request_return(
        returned.number,
        actor=liaison,
        version=None,
        now=now,
        reason=f"已问过住{DOOR}的市民",
        basis=f"市民{PHONE}的原话",
    )
    await desk.remind(returned.number, actor=operator, text=f"让人打{PHONE}", now=now)
    await desk.accept(closed.number, actor=liaison, version=None, now=now)
    await desk.contact(closed.number, actor=liaison, version=None, now=now, text=f"已打{PHONE}")
    await desk.resolve(closed.number, actor=liaison, version=None, now=now, text=f"已到{DOOR}，电话{PHONE}。")
    rating = Rating(1, reasons=("没解决", f"没打{PHONE}"), comment=f"请来{DOOR}，打{PHONE}")
    await desk.rate(closed.number, rating=rating, actor=operator, now=now)
    return returned, closed


@pytest.mark.parametrize("user", ["liaison", "auditor"])
async def test_nothing_a_person_wrote_names_anybody_on_a_page_or_in_a_list(
    console: Console, user: str
) -> None:
    tickets = await _written_all_over(console)
    await console.deliver()
    browser = await console.as_(user)
    for path in ("/console/tickets?tab=all", *(f"/console/tickets/{t.number}" for t in tickets)):
        page = await browser.open(path)
        assert page.status == 200
        for hidden in (PHONE, DOOR, "501室"):
            assert hidden not in page.html, (path, hidden)
    assert "没打[手机号]" in page.words
    assert "请来[门牌]" in page.words
    page = await browser.open(f"/console/tickets/{tickets[0].number}")
    assert "已问过住[门牌]的市民" in page.words
    assert "市民[手机号]的原话" in page.words


async def test_the_centre_reads_all_of_it_as_it_was_written(console: Console) -> None:
    returned, closed = await _written_all_over(console)
    browser = await console.as_("dispatcher")
    page = await browser.open(f"/console/tickets/{returned.number}")
    for words in (f"东门社区{DOOR}{PHONE}", f"已问过住{DOOR}的市民", f"市民{PHONE}的原话"):
        assert words in page.words
    page = await browser.open(f"/console/tickets/{closed.number}")
    for words in (f"请来{DOOR}，打{PHONE}", f"没打{PHONE}", f"已到{DOOR}，电话{PHONE}。"):
        assert words in page.words


async def test_a_place_alone_says_that_something_was_taken_out(console: Console) -> None:
    ticket = await console.ticket(place=f"东门社区{DOOR}")
    page = await (await console.as_("liaison")).open(f"/console/tickets/{ticket.number}")
    assert "个人信息已隐去" in page.words


async def test_the_reason_of_a_reading_names_nobody_to_the_auditor(console: Console) -> None:
    ticket = await console.ticket()
    actor = await console.actor("operator")
    await console.services.desk.reveal(
        ticket.number, actor=actor, reason=f"回拨{PHONE}核实", now=console.clock.now
    )
    page = await (await console.as_("auditor")).open("/console/identity-reads")
    assert "回拨[手机号]核实" in page.words
    assert PHONE not in page.html
