"""重复诉求: likely pairs, matters many report, and what was joined; joined and parted from the list itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from routing.resemblance.hotspot_store import Hotspot, HotspotState, Warned
from routing.resemblance.hotspots import Level
from routing.ticket import Ticket
from routing.workflow import State
from tests.bot.web.conftest import Console

PAGE = "/console/duplicates"
NOISE = "华庭小区东侧工地昨晚半夜还在打桩施工，噪音太大睡不着"


async def _twins(console: Console) -> tuple[Ticket, Ticket]:
    """Two reports of one matter, the earlier first."""
    first = await console.ticket(text=NOISE)
    console.clock.advance(minutes=30)
    second = await console.ticket(text="华庭小区东侧工地半夜打桩施工，噪音太大，孩子睡不着觉")
    await console.services.duplicates.refresh(console.clock.now)
    return first, second


async def _hotspot(console: Console, *tickets: Ticket) -> str:
    now, numbers = console.clock.now, tuple(ticket.number for ticket in tickets)
    warned = Warned(level=Level.ALARM, at=now, recent=9, usual=0.5, chance=1e-6, watched=40)
    hotspot = Hotspot(
        id=numbers[0],
        state=HotspotState.OPEN,
        level=Level.ALARM,
        title="工地夜间施工",
        phrases=("半夜打桩",),
        place_id=None,
        place_name="华庭小区",
        topic=None,
        numbers=numbers,
        tickets=len(numbers),
        voices=9,
        recent=9,
        usual=0.5,
        first_at=now - timedelta(days=1),
        last_at=now,
        days=(("2026-11-15", 2), ("2026-11-16", 7)),
        units=((tickets[0].unit_id, len(numbers)),) if tickets[0].unit_id else (),
        warned=(warned,),
    )
    await console.services.hotspots.put(hotspot)
    return hotspot.id


async def test_empty_lists_say_what_comes_here(console: Console) -> None:
    browser = await console.as_("dispatcher")
    assert "没有在办的工单" in (await browser.open(PAGE)).words
    assert "近来没有许多人反映" in (await browser.open(f"{PAGE}?tab=hot")).words
    assert "没有并在一起的工单" in (await browser.open(f"{PAGE}?tab=linked")).words


async def test_a_likely_pair_shows_once_with_its_reasons_and_is_joined_from_the_list(
    console: Console,
) -> None:
    first, second = await _twins(console)
    await console.ticket(text="医保卡丢了怎么补办，要带什么材料")
    browser = await console.as_("dispatcher")
    page = await browser.open(PAGE)
    assert page.words.count("是同一件事") >= 1
    assert page.html.count('class="twins"') == 1
    assert "都说到" in page.words
    fields = {"parent": first.number, "reason": "同一处工地"}
    page = await browser.send(f"{PAGE}/{second.number}/link", fields)
    assert f"{second.number} 已并入 {first.number}" in page.words
    stored = await console.stored(second.number)
    assert (stored.state, stored.parent_number) == (State.LINKED, first.number)
    assert 'class="twins"' not in page.html, "joined already"


async def test_what_was_joined_is_parted_again_with_a_reason(console: Console) -> None:
    first, second = await _twins(console)
    await console.services.desk.links.link(
        second.number,
        first.number,
        actor=await console.actor("dispatcher"),
        version=None,
        now=console.clock.now,
        reason="同一处",
    )
    browser = await console.as_("supervisor")
    page = await browser.open(f"{PAGE}?tab=linked")
    assert second.number in page.words
    page = await browser.send(f"{PAGE}/{second.number}/unlink?tab=linked", {"reason": " "})
    assert page.status == 422
    page = await browser.send(f"{PAGE}/{second.number}/unlink?tab=linked", {"reason": "不是同一处"})
    assert "已恢复单独办理" in page.words
    assert (await console.stored(second.number)).state is State.RECEIVED


async def test_a_refused_join_keeps_its_reason_and_an_unknown_parent_is_said(console: Console) -> None:
    first, second = await _twins(console)
    browser = await console.as_("dispatcher")
    await browser.open(PAGE)
    fields = {"parent": first.number, "reason": "我的理由", "version": "0"}
    page = await browser.send(f"{PAGE}/{second.number}/link", fields)
    assert page.status == 409
    assert "我的理由" in page.html
    fields = {"parent": "HY2611169999", "reason": "我的理由", "version": str(second.version)}
    page = await browser.send(f"{PAGE}/{second.number}/link", fields)
    assert (page.status, "没有这件主工单" in page.words) == (404, True)
    page = await browser.send(f"{PAGE}/HY2611169999/link", {**fields, "parent": first.number})
    assert page.status == 404
    assert (await console.stored(second.number)).state is not State.LINKED


async def test_many_reports_of_one_matter_are_gathered_into_one(console: Console) -> None:
    tickets = [await console.ticket(text=f"{NOISE}，第{n}户") for n in range(3)]
    main, *others = tickets
    spot = await _hotspot(console, *tickets)
    browser = await console.as_("dispatcher")
    page = await browser.open(f"{PAGE}?tab=hot")
    assert "警报" in page.words
    assert "近7天有9人反映同一件事" in page.words
    assert "华庭小区" in page.words
    fields = {"parent": main.number, "reason": "同一处工地"}
    fields |= {f"pick.{ticket.number}": str(ticket.version) for ticket in tickets}
    page = await browser.send(f"{PAGE}/{spot}/gather?tab=hot", fields)
    assert f"2 件已并入 {main.number}" in page.words
    for ticket in others:
        assert (await console.stored(ticket.number)).parent_number == main.number
    page = await browser.send(f"{PAGE}/{spot}/gather?tab=hot", {"parent": main.number, "reason": "再来"})
    assert page.status == 422
    assert "只剩一件在办" in page.words


async def test_a_supervisors_board_names_the_level_of_a_matter(console: Console) -> None:
    await _hotspot(console, await console.ticket(text=NOISE))
    page = await (await console.as_("supervisor")).open("/console/live")
    assert page.status == 200
    assert "警报" in page.words


async def test_a_cursor_that_is_not_ours_leads_to_the_first_page(console: Console) -> None:
    browser = await console.as_("dispatcher")
    assert (await browser.open(f"{PAGE}?cursor=nonsense")).path == PAGE


@pytest.mark.parametrize("user", ["liaison", "operator", "auditor", "editor", "administrator"])
async def test_nobody_else_opens_it(console: Console, user: str) -> None:
    assert (await (await console.as_(user)).open(PAGE)).status == 403
