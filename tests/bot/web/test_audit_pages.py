"""The audit pages: figures that equal a recount, cells that open onto their tickets, and nobody else's tickets."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import date
from html import unescape
from typing import Any

import pytest

from bot.people import User
from bot.web.audit_scope import decode_cursor, encode_cursor, topics_of
from bot.web.audit_tickets import PAGE
from bot.web.console import ROUTES
from routing.citizen_request import Channel, RequestType
from routing.departments import UnitId, UnitLevel
from routing.ticket import Ticket
from routing.triage.catalogue import Duty, DutyList
from routing.triage.deciding import Candidate, Reason, ReasonKind, TriageDecision
from routing.workflow import Role, State
from tests.bot.web.conftest import LOGINS, PASSWORD, Browser, Console
from tests.factories import CITY_MANAGEMENT, HOUSING
from tests.running import add_user

GREASE = "我要投诉楼下烧烤店，油烟扰民，半夜噪音太吵，没人管。"
LIUQUAN = UnitId("qh.liuquan.government")
PAGES = ("confusion", "types", "bias")


async def _close(console: Console, ticket: Ticket) -> Ticket:
    """The unit that has it answers and closes."""
    boss, desk = await console.actor("supervisor"), console.services.desk
    now = console.clock.now
    await desk.accept(ticket.number, actor=boss, version=None, now=now)
    return await desk.resolve(ticket.number, actor=boss, version=None, now=now, text="已处理")


async def _judged(
    console: Console, first: UnitId = CITY_MANAGEMENT, *, automatic: bool = True, **parts: Any
) -> Ticket:
    """A ticket with that unit, the machine's first whatever triage really thought of it."""
    ticket = await console.ticket(first, text=GREASE, **parts)
    why = (Reason(ReasonKind.WORDS, "油烟、烧烤"),)
    ticket.triage = TriageDecision(automatic, (Candidate(first, None, 1.0, why, None),), why, None)
    await console.services.tickets.save(ticket)
    return ticket


async def _lived(console: Console) -> list[Ticket]:
    """Closed by the machine's first, closed by others, still open; from all doors."""
    tickets = [
        await _close(console, await _judged(console, channel=channel))
        for channel in (Channel.HOTLINE, Channel.HOTLINE, Channel.WEB)
    ]
    moved = await _judged(console)
    console.clock.advance(days=1)
    boss = await console.actor("supervisor")
    moved = await console.services.desk.transfer(
        moved.number, HOUSING, actor=boss, version=None, now=console.clock.now, reason="物业的事"
    )
    tickets.append(await _close(console, moved))
    tickets.append(await _judged(console, automatic=False))
    return [await console.stored(ticket.number) for ticket in tickets]


def _links(browser: Browser, pattern: str) -> list[str]:
    assert browser.page is not None
    return [unescape(found) for found in re.findall(rf'href="({pattern}[^"]*)"', browser.page.html)]


async def test_the_confusion_equals_a_recount_and_opens_onto_its_tickets(console: Console) -> None:
    tickets = await _lived(console)
    closed = [t for t in tickets if t.state is State.RESOLVED]
    right = [t for t in closed if t.triage and t.unit_id == t.triage.candidates[0].unit_id]
    browser = await console.as_("supervisor")
    page = await browser.open("/console/audit/confusion")
    assert f"{len(right) / len(closed):.1%} {len(right)} / {len(closed)}" in page.words
    assert "还没有答复 1 件" in page.words
    assert "县城管执法局 → 县住建局 1 1 0 1 1.0 油烟×1、烧烤×1" in page.words
    opened = await browser.open(_links(browser, "/console/audit/confusion/tickets")[0])
    assert tickets[3].number in opened.html
    assert "改派1次，耽误1.0天" in opened.words
    assert "县城管执法局" in opened.words
    assert all(ticket.number not in opened.html for ticket in right)


async def test_the_confusion_of_topics_names_the_topic_of_the_unit(console: Console) -> None:
    tickets = await _lived(console)
    page = await (await console.as_("supervisor")).open("/console/audit/confusion?axis=topic")
    assert tickets[0].topic is not None
    assert re.search(r"\d+\.\d% \d+ / 4", page.words)


@pytest.mark.parametrize("name", PAGES)
async def test_every_link_of_a_page_opens(console: Console, name: str) -> None:
    await _lived(console)
    browser = await console.as_("auditor")
    await browser.open(f"/console/audit/{name}")
    links = set(_links(browser, "/console/audit/"))
    assert len(links) >= 5
    for link in links:
        opened = await browser.open(link)
        assert opened.status == 200, link
        if "/tickets" in link:
            assert re.search(r"共 \d+ 件", opened.words), link


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_without_tickets_says_what_it_will_show(console: Console, name: str) -> None:
    page = await (await console.as_("supervisor")).open(f"/console/audit/{name}?channel=web")
    assert page.status == 200
    assert "这段时间里" in page.words
    assert "%" not in page.words.split("怎么算的")[0].replace("95%", "")


async def test_bias_counts_each_door_and_points_nobody_out_for_a_few_tickets(console: Console) -> None:
    await _lived(console)
    browser = await console.as_("supervisor")
    page = await browser.open("/console/audit/bias?by=channel")
    assert "自动派单未改派率 75.0% 3 / 4" in page.words
    assert "热线电话 4" in page.words
    assert "网站 1" in page.words
    assert "低于总体" not in page.words.split("怎么算的")[0]
    assert "每组都不到 30 件" in page.words
    link = next(link for link in _links(browser, "/console/audit/bias/tickets") if "not_corrected" in link)
    opened = await browser.open(link)
    assert opened.words.index("改由别的单位办") < opened.words.index("机器派的单位办的")


async def test_a_door_served_worse_is_pointed_out_once_there_are_enough(console: Console) -> None:
    for _ in range(30):
        await _judged(console, automatic=False, channel=Channel.WEB)
        await _judged(console, channel=Channel.HOTLINE)
    page = await (await console.as_("supervisor")).open("/console/audit/bias?by=channel")
    web, hotline = (page.words.split(f"{door} 30 ")[1][:40] for door in ("网站", "热线电话"))
    assert "0.0% 0/30" in web
    assert "▼ 低于总体" in web
    assert "▲ 高于总体" in hotline


async def test_a_milder_type_is_shown_as_a_question_with_who_chose_it(console: Console) -> None:
    mild = await console.ticket(CITY_MANAGEMENT, text=GREASE, request_type=RequestType.CONSULTATION)
    right = await console.ticket(CITY_MANAGEMENT, text=GREASE, request_type=RequestType.COMPLAINT)
    browser = await console.as_("supervisor")
    page = await browser.open("/console/audit/types")
    assert "50.0% 1 / 2" in page.words
    assert "疑似，需人工核对" in page.words
    assert "措辞像 投诉 ，登记为 咨询 1 件" in page.words
    assert "市民自己选的 1 2 50.0%" in page.words
    assert "县城管执法局 1 2 50.0%" in page.words
    links = _links(browser, "/console/audit/types/tickets")
    assert len(links) == 4
    for link in links:
        opened = await browser.open(link)
        assert mild.number in opened.html
        assert right.number not in opened.html
    assert not any(word in page.words for word in ("篡改", "造假", "违规"))


async def test_the_list_goes_on_by_cursor_and_shows_every_ticket_once(console: Console) -> None:
    numbers = {(await console.ticket(CITY_MANAGEMENT, text=GREASE)).number for _ in range(PAGE + 3)}
    browser = await console.as_("supervisor")
    await browser.open("/console/audit/bias/tickets?by=channel&key=hotline&measure=automatic")
    seen: list[str] = []
    for _ in range(2):
        assert browser.page is not None
        seen += re.findall(r'class="row-link" href="/console/tickets/(\w+)"', browser.page.html)
        following = [link for link in _links(browser, "/console/audit/") if "cursor=" in link]
        if following:
            await browser.open(following[0])
    assert len(seen) == len(numbers)
    assert set(seen) == numbers
    assert not following


@pytest.mark.parametrize("cursor", ["", "x", "//", "bnVsbA", "fA", "MXw", "é"])
def test_a_cursor_that_is_none_of_ours_begins_anew(cursor: str) -> None:
    assert decode_cursor(cursor) in (None, (1.0, ""))


@pytest.mark.parametrize("place", [(0.0, "HY2611160001"), (-2.5, "HY2611160002"), (1e12 - 1.7e9, "HY1")])
def test_a_cursor_keeps_its_place_exactly(place: tuple[float, str]) -> None:
    assert decode_cursor(encode_cursor(place)) == place


async def test_a_supervisor_of_a_township_sees_its_own_tickets_only(console: Console) -> None:
    mine = await _close(console, await console.ticket(LIUQUAN, text="村里路灯坏了。", place="柳泉镇"))
    other = await _close(console, await console.ticket(CITY_MANAGEMENT, text=GREASE))
    committee = next(u.id for u in console.services.units.children(LIUQUAN))
    user = User(username="cun", name="柳村", role=Role.SUPERVISOR, unit_id=committee)
    await add_user(console.services, user, password=PASSWORD)
    browser = await console.as_("cun")
    page = await browser.open("/console/audit/bias?by=channel")
    assert "受理的工单 1 件" in page.words
    assert "县城管执法局" not in page.words
    for measure in ("automatic", "replied_in_time"):
        page = await browser.open(f"/console/audit/bias/tickets?by=channel&key=hotline&measure={measure}")
        assert mine.number in page.html
        assert other.number not in page.html
    page = await browser.open(f"/console/audit/confusion?unit={CITY_MANAGEMENT}")
    assert "受理的工单 0 件" in page.words


AUDIT = [route for route in ROUTES if route.path.startswith("/console/audit")]


@pytest.mark.parametrize("user", sorted(set(LOGINS) - {"supervisor", "auditor"}))
async def test_the_audit_is_closed_to_everybody_else(console: Console, user: str) -> None:
    browser = await console.as_(user)
    assert len(AUDIT) == 8
    for route in AUDIT:
        path = route.path.format(name="confusion", action="draw")
        if route.method == "POST":
            page = await browser.send(path, allow_redirects=False)
        else:
            page = await browser.open(path, allow_redirects=False)
        assert page.status == 403, path
    assert browser.page is not None
    assert 'href="/console/audit"' not in browser.page.html


async def test_an_auditor_reads_no_phone_number_among_the_words(console: Console) -> None:
    await console.ticket(
        CITY_MANAGEMENT, text=f"{GREASE}电话13812345678", request_type=RequestType.CONSULTATION
    )
    browser = await console.as_("auditor")
    for path in ("types/tickets", "types", "confusion/tickets?guessed=qh.urban-management"):
        page = await browser.open(f"/console/audit/{path}")
        assert "13812345678" not in page.html


@pytest.mark.parametrize("name", PAGES)
async def test_an_export_opens_in_excel_and_says_what_it_covers(console: Console, name: str) -> None:
    await _lived(console)
    browser = await console.as_("supervisor")
    response = await browser.client.get(f"/console/audit/{name}/export?channel=hotline")
    body = await response.read()
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert response.headers["Cache-Control"] == "no-store"
    text = body.decode("utf-8-sig")
    assert body.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(text)))
    assert ["范围", "全部单位，热线电话"] in lines
    assert ["导出人", "郑克勤（supervisor）"] in lines
    assert len(lines) > 9
    assert not any(cell.startswith(("=", "+", "@")) for line in lines for cell in line)


async def test_what_is_exported_equals_what_is_shown(console: Console) -> None:
    await _lived(console)
    browser = await console.as_("supervisor")
    response = await browser.client.get("/console/audit/confusion/export")
    lines = list(csv.reader(io.StringIO((await response.read()).decode("utf-8-sig"))))
    assert ["县城管执法局", "县城管执法局", "是", "3"] in [line[:4] for line in lines]
    wrong = next(line for line in lines if line[:2] == ["县城管执法局", "县住建局"])
    assert wrong[2:8] == ["否", "1", "1", "0", "1", "1.00"]
    assert ["还没有答复", "1"] in lines


@pytest.mark.parametrize(
    "path",
    [
        "nothing/tickets",
        "nothing/export",
        "bias/tickets",
        "bias/tickets?measure=x",
    ],
)
async def test_an_address_that_names_nothing_is_not_found(console: Console, path: str) -> None:
    assert (await (await console.as_("supervisor")).open(f"/console/audit/{path}")).status == 404


@pytest.mark.parametrize(
    "query",
    [
        "axis=x&unit=qh.nothing&channel=x&period=x",
        "by=x&doubt=x&from=x&to=y",
        "unit=%00&cursor=%00&guessed=%00&handled=%00",
        "worded=x&recorded=praise&side=x&key=x",
    ],
)
async def test_an_odd_address_shows_a_page_all_the_same(console: Console, query: str) -> None:
    await _lived(console)
    browser = await console.as_("supervisor")
    for path in (*PAGES, "confusion/tickets", "types/tickets", "confusion/export", "types/export"):
        page = await browser.open(f"/console/audit/{path}?{query}")
        assert page.status == 200, path


def _duty(id_: str, topic: str, unit_id: UnitId | None, level: UnitLevel | None) -> Duty:
    return Duty(
        id=id_,
        name=id_,
        topic=topic,
        terms=(),
        unit_id=unit_id,
        place_level=level,
        legal_basis="",
        effective_from=date(2024, 1, 1),
        effective_to=None,
        urgent=False,
    )


async def test_units_stand_for_their_own_duties_and_places_for_the_local_ones(console: Console) -> None:
    duties = (
        _duty("a", "环境保护", CITY_MANAGEMENT, None),
        _duty("b", "城乡建设", CITY_MANAGEMENT, None),
        _duty("c", "城乡建设", CITY_MANAGEMENT, None),
        _duty("d", "农村农业", None, UnitLevel.TOWNSHIP),
    )
    desk = console.services.desk
    desk.triage = replace(desk.triage, duties=DutyList(duties, version="test"))
    topics = topics_of(console.services, at=console.clock.now)
    assert topics[CITY_MANAGEMENT] == ("城乡建设", "环境保护")
    assert topics[LIUQUAN] == ("农村农业",)
    assert topics[HOUSING] == ()
    assert set(topics) == {unit.id for unit in console.services.units.all()}
