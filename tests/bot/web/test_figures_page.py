"""The supervisors' figures: percent and numbers, worst first, each cell open onto its tickets."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from python_calamine import CalamineWorkbook

from bot.web.periods import chosen_period
from bot.web.supervision import percent
from routing.figures.counting import Figure, FigureName, FigureRow, Period, add_up, by_unit, totals
from tests.bot.web.conftest import Console
from tests.bot.web.judges import watch_the_judges
from tests.factories import CITY_MANAGEMENT, HOUSING, MONDAY_9_30
from tests.routing.made_up_rows import figure_rows


@pytest.mark.parametrize(
    ("numerator", "denominator", "words"),
    [
        (0, 0, "—"),
        (0, 5, "0.0%"),
        (5, 5, "100.0%"),
        (271, 291, "93.1%"),
        (57644, 57657, "99.98%"),
        (99999, 100000, "99.99%"),
        (999999, 1000000, "99.99%"),
        (2, 3, "66.7%"),
    ],
)
def test_a_percentage_never_claims_all_when_it_is_not(numerator: int, denominator: int, words: str) -> None:
    assert percent(Figure(FigureName.CLOSED, numerator, denominator)) == words


@pytest.mark.parametrize(
    ("query", "preset", "since", "until"),
    [
        ({}, "30d", "2026-10-17", "9999-01-01"),
        ({"period": "month"}, "month", "2026-11-01", "2026-12-01"),
        ({"period": "last-month"}, "last-month", "2026-10-01", "2026-11-01"),
        ({"period": "nonsense"}, "30d", "2026-10-17", "9999-01-01"),
        ({"from": "2026-09-01", "to": "2026-09-30"}, "custom", "2026-09-01", "2026-10-01"),
        ({"from": "2026-09-30", "to": "2026-09-01"}, "30d", "2026-10-17", "9999-01-01"),
        ({"from": "x", "to": "2026-09-01"}, "30d", "2026-10-17", "9999-01-01"),
        ({"from": "0001-01-01", "to": "9999-12-31"}, "30d", "2026-10-17", "9999-01-01"),
    ],
)
def test_a_period_is_whole_days_in_china(query: dict[str, str], preset: str, since: str, until: str) -> None:
    chosen = chosen_period(query, now=MONDAY_9_30)
    assert chosen.preset == preset
    assert chosen.period.since.isoformat() == f"{since}T00:00:00+08:00"
    assert chosen.period.until.isoformat() == f"{until}T00:00:00+08:00"
    assert bool(chosen.problem) == (preset == "30d" and "from" in query)


def test_the_month_of_december_ends_with_the_year() -> None:
    chosen = chosen_period({"period": "month"}, now=datetime(2026, 12, 31, 17, tzinfo=UTC))
    assert (str(chosen.first), str(chosen.last)) == ("2027-01-01", "2027-01-31")


async def _lived(console: Console) -> tuple[str, str]:
    """One ticket closed in time by 城管, one of 住建 long overdue."""
    good, bad = await console.ticket(CITY_MANAGEMENT), await console.ticket(HOUSING)
    actor = await console.actor("liaison")
    desk = console.services.desk
    await desk.accept(good.number, actor=actor, version=None, now=console.clock.now)
    await desk.contact(good.number, actor=actor, version=None, now=console.clock.now, text="已联系")
    await desk.resolve(good.number, actor=actor, version=None, now=console.clock.now, text="已处理")
    console.clock.advance(days=10)
    return good.number, bad.number


async def test_the_figures_count_what_fell_due_and_name_the_numbers(console: Console) -> None:
    await _lived(console)
    page = await (await console.as_("supervisor")).open("/console/figures")
    assert "按时办结率 50.0% 1 / 2" in page.words
    assert "逾期在办 1 件 在办 1 件" in page.words
    assert "满意率 — 0 / 0" in page.words
    assert "数据截至 2026-11-26 09:30" in page.words


async def test_neither_the_page_nor_a_drill_down_judges_a_ticket_again(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are read off the marks each ticket was saved with."""
    numbers = await _lived(console)
    browser = await console.as_("supervisor")
    judged = watch_the_judges(monkeypatch)
    await browser.open("/console/figures")
    page = await browser.open("/console/figures/closed")
    assert not judged
    assert all(number in page.words for number in numbers)


@given(rows=figure_rows())
def test_the_units_figures_add_up_to_the_totals(rows: list[FigureRow]) -> None:
    period = Period(MONDAY_9_30, MONDAY_9_30 + timedelta(days=5), MONDAY_9_30 + timedelta(days=3))
    assert add_up(by_unit(rows, period), period) == totals(rows, period)


async def test_departments_stand_worst_first(console: Console) -> None:
    await _lived(console)
    page = await (await console.as_("supervisor")).open("/console/figures")
    rows = re.findall(r'<th scope="row">([^<]+)</th>', page.html)
    assert rows.index("县住建局") < rows.index("县城管执法局")


async def test_a_cell_opens_onto_the_tickets_it_is_made_of(console: Console) -> None:
    good, bad = await _lived(console)
    browser = await console.as_("supervisor")
    page = await browser.open(f"/console/figures/closed_on_time?unit={HOUSING}&period=30d")
    assert "按时办结率 · 县住建局" in page.words
    assert "0 / 1" in page.words
    assert bad in page.html
    assert "未按时" in page.words
    assert good not in page.html
    page = await browser.open("/console/figures/closed_on_time?period=30d")
    assert page.html.index(bad) < page.html.index(good)


async def test_every_link_of_the_figures_page_opens(console: Console) -> None:
    await _lived(console)
    await console.ticket(None)
    browser = await console.as_("supervisor")
    page = await browser.open("/console/figures")
    links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/console/figures/[^"]+)"', page.html)}
    links = {link for link in links if "/export?" not in link}
    assert len(links) > 10
    for link in links:
        opened = await browser.open(link)
        assert opened.status == 200, link


async def test_the_page_exports_its_numbers_with_the_readers_name_on_every_sheet(
    console: Console, tmp_path: Path
) -> None:
    await _lived(console)
    browser = await console.as_("supervisor")
    page = await browser.open("/console/figures")
    href = re.search(r'href="(/console/figures/export[^"]*)"', page.html)
    assert href
    with structlog.testing.capture_logs() as logged:
        response = await browser.client.get(href[1].replace("&amp;", "&"))
        body = await response.read()
    assert response.status == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert [line["by"] for line in logged if line["event"] == "figures exported"] == ["supervisor"]
    out = tmp_path / "f.xlsx"
    out.write_bytes(body)
    book = CalamineWorkbook.from_path(str(out))
    assert len(book.sheet_names) == 7
    for name in book.sheet_names:
        head = str(book.get_sheet_by_name(name).to_python()[0][0])
        assert "导出人 郑克勤" in head
        assert "9998" not in head
    figures = book.get_sheet_by_name("指标").to_python()
    place = figures[1].index("按时办结率")
    assert figures[2][place : place + 3] == [0.5, 1, 2]


@pytest.mark.parametrize("user", ["liaison", "operator", "dispatcher", "editor", "administrator"])
async def test_only_who_may_open_the_figures_may_export_them(console: Console, user: str) -> None:
    assert (await (await console.as_(user)).open("/console/figures/export")).status == 403
    stranger = await console.stranger()
    assert "/console/login" in (await stranger.open("/console/figures/export")).path


async def test_what_is_excluded_is_named_with_its_reason(console: Console) -> None:
    ticket = await console.ticket()
    await console.services.desk.withdraw(ticket.number, reason="已解决", now=console.clock.now)
    await console.ticket()
    page = await (await console.as_("supervisor")).open("/console/figures")
    assert re.search(r"按时办结率 — 0 / 0 不计：尚未到期 1 · 已撤单 1", page.words)
    page = await (await console.as_("supervisor")).open("/console/figures/closed_on_time")
    assert "不计：已撤单" in page.words


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/console/figures?from=2026-99-99&to=x", 200),
        ("/console/figures/nothing", 404),
        ("/console/figures/closed?unit=qh.nowhere&page=-1", 200),
        ("/console/figures/closed?unit=none&page=99999", 200),
        ("/console/figures/closed?page=%00", 200),
    ],
)
async def test_strange_addresses_are_answered_with_a_page(console: Console, path: str, status: int) -> None:
    await console.ticket()
    assert (await (await console.as_("supervisor")).open(path)).status == status
