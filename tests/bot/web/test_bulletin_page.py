"""月度通报: the month in words, the ranking behind it, and nothing that the workbook would say otherwise."""

from __future__ import annotations

import pytest

from bot.web.bulletin_page import _group
from routing.departments import UnitId
from routing.figures.counting import Figure, FigureName
from routing.figures.scores import PeerGroup, load_score_profile, rank
from tests.bot.web.conftest import Console
from tests.factories import CITY_MANAGEMENT, HOUSING


async def _closed(console: Console, count: int) -> None:
    desk = console.services.desk
    for _ in range(count):
        ticket = await console.ticket(CITY_MANAGEMENT)
        actor = await console.actor("liaison")
        await desk.accept(ticket.number, actor=actor, version=None, now=console.clock.now)
        await desk.contact(ticket.number, actor=actor, version=None, now=console.clock.now, text="已联系")
        await desk.resolve(ticket.number, actor=actor, version=None, now=console.clock.now, text="已处理")


async def test_the_month_is_told_in_words_with_its_numbers(console: Console) -> None:
    await _closed(console, 2)
    await console.ticket(HOUSING)
    boss = await console.as_("supervisor")
    page = await boss.open("/console/bulletin?month=2026-11")
    assert "关于2026-11-01至2026-11-30诉求办理情况的通报" in page.words
    assert "本期受理3件" in page.words
    assert "办结2件" in page.words
    assert "县级单位" in page.words
    assert "这个月还没有过完" in page.words
    assert "还没有封存" in page.words
    assert "/console/figures/export?period=custom&amp;from=2026-11-01&amp;to=2026-11-30" in page.html


async def test_without_a_month_it_is_the_last_whole_one(console: Console) -> None:
    page = await (await console.as_("supervisor")).open("/console/bulletin")
    assert "关于2026-10-01至2026-10-31诉求办理情况的通报" in page.words
    assert "这个月还没有过完" not in page.words


@pytest.mark.parametrize("month", ["2026-13", "nonsense", "2027-01", "0001-01", "2026-10-05"])
async def test_a_month_that_cannot_be_shown_is_said_so(console: Console, month: str) -> None:
    page = await (await console.as_("supervisor")).open(f"/console/bulletin?month={month}")
    assert page.status == 200
    assert 'role="alert"' in page.html
    assert "2026-10-01至2026-10-31" in page.words


async def test_the_workbook_it_links_to_opens(console: Console) -> None:
    await _closed(console, 1)
    boss = await console.as_("supervisor")
    page = await boss.open("/console/figures/export?period=custom&from=2026-11-01&to=2026-11-30")
    assert page.status == 200
    assert page.html.startswith("PK")


@pytest.mark.parametrize("user", ["liaison", "operator", "dispatcher", "editor", "auditor", "administrator"])
async def test_nobody_but_supervisors_opens_it(console: Console, user: str) -> None:
    assert (await (await console.as_(user)).open("/console/bulletin")).status == 403


async def test_a_group_shows_places_marks_and_what_is_too_few(console: Console) -> None:
    units = [unit.id for unit in console.services.units.all()][:6]
    good = {
        name: Figure(name, count, 20)
        for name, count in (
            (FigureName.CLOSED, 20),
            (FigureName.FIRST_CONTACT_ON_TIME, 20),
            (FigureName.SOLVED, 20),
            (FigureName.SATISFIED, 20),
        )
    }
    bad = {name: Figure(name, 2, 20) for name in good}
    few = {name: Figure(name, 1, 1) for name in good}
    counted: dict[UnitId | None, dict[FigureName, Figure]] = dict(
        zip(units, (good, good, good, bad, few, {}), strict=True)
    )
    (ranking,) = rank(load_score_profile("county"), counted, (PeerGroup("部门", tuple(units)),))
    group = _group(ranking, console.services.units)
    assert [place.rank for place in group.places] == ["1", "1", "1", "4", "样本不足", "—"]
    assert [place.mark for place in group.places] == ["red", "red", "red", "black", "", ""]
    assert len(group.red) == 3
    assert len(group.black) == 1
