"""The inbox narrowed further, and lists kept under names of one's own."""

from __future__ import annotations

import pytest

from bot.saved_views import MOST_VIEWS
from routing.citizen_request import RequestType, Secrecy, Urgency
from routing.errors import UsedUp
from tests.bot.web.conftest import Console

LIST = "/console/tickets"


async def _two(console: Console) -> tuple[str, str]:
    plain = await console.ticket(title="甲", request_type=RequestType.COMPLAINT)
    other = await console.ticket(
        title="乙",
        request_type=RequestType.CONSULTATION,
        urgency=Urgency.URGENT,
        secrecy=Secrecy.SECRET,
    )
    return plain.number, other.number


@pytest.mark.parametrize(
    "narrow", ["type=consultation", "urgency=urgent", "mark=not_public", "mark=reminded"]
)
async def test_the_list_is_narrowed_by_type_urgency_and_mark(console: Console, narrow: str) -> None:
    plain, other = await _two(console)
    await console.services.desk.remind(other, now=console.clock.now)
    page = await (await console.as_("liaison")).open(f"{LIST}?{narrow}")
    assert other in page.words
    assert f"/tickets/{plain}" not in page.html
    assert "更多筛选" in page.words


async def test_the_list_is_narrowed_by_topic(console: Console) -> None:
    number, _ = await _two(console)
    topic = (await console.stored(number)).topic
    assert topic
    browser = await console.as_("liaison")
    assert number in (await browser.open(f"{LIST}?topic={topic}")).words
    assert "没有符合这些筛选的工单" in (await browser.open(f"{LIST}?topic=没有这个主题")).words


async def test_what_is_no_filter_narrows_nothing(console: Console) -> None:
    number, _ = await _two(console)
    page = await (await console.as_("liaison")).open(f"{LIST}?type=x&urgency=y&mark=z")
    assert page.status == 200
    assert number in page.words


async def test_a_list_is_kept_opened_and_forgotten(console: Console) -> None:
    browser = await console.as_("liaison")
    await browser.open(f"{LIST}?tab=open&type=complaint")
    page = await browser.send(
        "/console/views/save", {"name": "投诉 在办", "query": "tab=open&type=complaint"}
    )
    assert "视图“投诉 在办”已保存" in page.words
    assert 'href="/console/tickets?tab=open&amp;type=complaint" aria-current="true"' in page.html
    assert "投诉 在办" not in (await (await console.as_("housing")).open(LIST)).words
    page = await browser.send("/console/views/forget", {"name": "投诉 在办"})
    assert 'aria-label="我的视图"' not in page.html


async def test_a_view_without_a_name_or_one_too_many_is_said_and_not_kept(console: Console) -> None:
    views = console.services.saved_views
    browser = await console.as_("liaison")
    await browser.open(f"{LIST}?urgency=urgent")
    page = await browser.send("/console/views/save", {"name": " ", "query": "urgency=urgent"})
    assert "请给视图起个名字" in page.words
    for n in range(MOST_VIEWS):
        await views.save("liaison", f"视图{n}", "tab=all")
    with pytest.raises(UsedUp):
        await views.save("liaison", "再来", "tab=all")
    assert len(await views.of("liaison")) == MOST_VIEWS
    await views.save("liaison", "视图0", "tab=open")
    assert (await views.of("liaison"))[-1].query == "tab=open"


async def test_an_address_that_is_none_is_not_led_to(console: Console) -> None:
    browser = await console.as_("liaison")
    await browser.open(f"{LIST}?urgency=urgent")
    query = "tab=open\r\nSet-Cookie: x=1"
    page = await browser.send("/console/views/save", {"name": "坏", "query": query}, allow_redirects=False)
    assert page.headers["Location"] == LIST
