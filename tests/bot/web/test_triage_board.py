"""派单台: what waits for a dispatcher, one at a time, never two people at one, nothing lost on a late click."""

from __future__ import annotations

from routing.departments import UnitId
from routing.workflow import State
from tests.bot.web.conftest import Browser, Console, Page
from tests.factories import CITY_MANAGEMENT, HOUSING

VAGUE = "有件事想请你们管一管，我说不清楚是哪家的，第{}件"


async def _waiting(console: Console, count: int) -> list[str]:
    numbers = []
    for n in range(count):
        ticket = await console.ticket(None, text=VAGUE.format(n))
        assert ticket.state is State.RECEIVED, ticket.state
        numbers.append(ticket.number)
        console.clock.advance(minutes=1)
    return numbers


def _opened(browser: Browser) -> str:
    assert browser.page is not None
    return _opened_at(browser.page)


def _opened_at(page: Page) -> str:
    return page.html.split('data-desk="')[1].split('"')[0]


def _page(page: Page) -> str:
    return page.html.split('data-page="')[1].split('"')[0]


async def test_an_empty_desk_says_what_comes_here(console: Console) -> None:
    assert "没有等人派的工单" in (await (await console.as_("dispatcher")).open("/console/triage")).words


async def test_one_is_dispatched_and_the_next_opens_by_itself(console: Console) -> None:
    first, second = await _waiting(console, 2)
    browser = await console.as_("dispatcher")
    page = await browser.open("/console/triage")
    assert "2 件待派" in page.words
    assert _opened(browser) == first
    unit = console.services.units.get(HOUSING).name
    page = await browser.send(f"/console/triage/{first}", {"unit": unit, "reason": "属物业管理"})
    assert page.path == "/console/triage"
    assert f"{first} 已派给" in page.words
    assert _opened(browser) == second
    stored = await console.stored(first)
    assert (stored.state, stored.unit_id) == (State.DISPATCHED, HOUSING)


async def test_two_dispatchers_are_given_different_tickets(console: Console) -> None:
    numbers = await _waiting(console, 2)
    one, other = await console.as_("dispatcher"), await console.as_("supervisor")
    await one.open("/console/triage")
    page = await other.open("/console/triage")
    assert [_opened(one), _opened(other)] == numbers
    assert "何文静正在处理" in page.words
    page = await other.open(f"/console/triage?at={numbers[0]}")
    assert "何文静正在处理这一件" in page.words
    await one.send("/console/triage/leave", {"number": numbers[0]})
    page = await other.open(f"/console/triage?at={numbers[0]}")
    assert "正在处理这一件" not in page.words


async def test_a_page_that_is_left_late_frees_nothing_the_next_page_has_taken_again(console: Console) -> None:
    first, second = await _waiting(console, 2)
    one, other = await console.as_("dispatcher"), await console.as_("supervisor")
    left = _page(await one.open("/console/triage"))
    now = _page(await one.open("/console/triage"))
    await one.send("/console/triage/leave", {"number": first, "page": left})
    await other.open("/console/triage")
    assert _opened(other) == second
    await one.open("/console/tickets")
    await one.send("/console/triage/leave", {"number": first, "page": now})
    assert "正在处理这一件" not in (await other.open(f"/console/triage?at={first}")).words


async def test_a_page_that_is_still_read_holds_its_ticket_and_takes_none_from_a_colleague(
    console: Console,
) -> None:
    first, _ = await _waiting(console, 2)
    redis = console.services.redis
    one, other = await console.as_("dispatcher"), await console.as_("supervisor")
    read = _page(await one.open("/console/triage"))
    (key,) = [key async for key in redis.scan_iter("*desk:triage:*")]
    await redis.pexpire(key, 1_000)
    await one.send("/console/triage/leave", {"number": first, "page": read, "stay": "yes"})
    assert await redis.pttl(key) > 60_000
    await redis.delete(key)
    assert _opened_at(await other.open(f"/console/triage?at={first}")) == first
    await one.open("/console/tickets")
    await one.send("/console/triage/leave", {"number": first, "page": read, "stay": "yes"})
    assert "正在处理这一件" not in (await other.open(f"/console/triage?at={first}")).words


async def test_a_unit_as_people_call_it_is_offered_with_the_reason_kept(console: Console) -> None:
    (number,) = await _waiting(console, 1)
    browser = await console.as_("dispatcher")
    await browser.open("/console/triage")
    page = await browser.send(f"/console/triage/{number}", {"unit": "城管局", "reason": "占道的事"})
    name = console.services.units.get(CITY_MANAGEMENT).name
    assert page.status == 422
    assert f"没有叫“城管局”的单位。相近的有：{name}" in page.words
    assert f'name="unit_id" value="{CITY_MANAGEMENT}"' in page.html
    await browser.send(f"/console/triage/{number}", {"unit_id": str(CITY_MANAGEMENT), "reason": "占道的事"})
    assert (await console.stored(number)).unit_id == CITY_MANAGEMENT


async def test_what_was_typed_for_a_ticket_gone_meanwhile_is_offered_for_no_other(console: Console) -> None:
    first, second = await _waiting(console, 2)
    browser = await console.as_("dispatcher")
    await browser.open("/console/triage")
    await console.services.desk.dispatch(
        first, HOUSING, actor=await console.actor("supervisor"), version=None, now=console.clock.now
    )
    page = await browser.send(f"/console/triage/{first}", {"unit": "城管局", "reason": "占道的事"})
    assert _opened(browser) == second
    assert "名称相近的单位" not in page.html
    assert 'value="占道的事"' not in page.html
    assert 'value="城管局"' not in page.html


async def test_the_queue_says_which_unit_is_likeliest_and_a_refused_lot_stays_ticked(
    console: Console,
) -> None:
    (number,) = await _waiting(console, 1)
    decision = (await console.stored(number)).triage
    assert decision is not None
    browser = await console.as_("dispatcher")
    page = await browser.open("/console/triage")
    likely = console.services.units.get(decision.candidates[0].unit_id).short_name
    assert f"{likely}？" in page.words
    version = page.html.split(f'name="pick.{number}" value="')[1].split('"')[0]
    page = await browser.send("/console/triage/several", {"unit": "城管局", f"pick.{number}": version})
    assert page.status == 422
    assert "没有叫“城管局”的单位" in page.words
    assert f'name="pick.{number}" value="{version}" checked' in page.html
    assert page.html.count('value="城管局"') == 1, "in the form it was typed into"


async def test_a_late_click_on_a_ticket_somebody_dispatched_keeps_what_was_written(console: Console) -> None:
    (number,) = await _waiting(console, 1)
    browser = await console.as_("dispatcher")
    await browser.open("/console/triage")
    await console.services.desk.dispatch(
        number, CITY_MANAGEMENT, actor=await console.actor("supervisor"), version=None, now=console.clock.now
    )
    page = await browser.send(f"/console/triage/{number}", {"unit_id": HOUSING})
    assert page.status == 409
    assert 'role="alert"' in page.html
    assert (await console.stored(number)).unit_id == CITY_MANAGEMENT


async def test_a_unit_nobody_knows_is_asked_for_again_with_the_words_kept(console: Console) -> None:
    (number,) = await _waiting(console, 1)
    browser = await console.as_("dispatcher")
    await browser.open("/console/triage")
    page = await browser.send(f"/console/triage/{number}", {"unit": "不存在的单位", "reason": "写好的说明"})
    assert page.status == 422
    assert "不存在的单位" in page.html
    assert "写好的说明" in page.html


async def test_several_go_to_one_unit_and_each_that_does_not_is_named(console: Console) -> None:
    numbers = await _waiting(console, 3)
    browser = await console.as_("dispatcher")
    page = await browser.open("/console/triage")
    versions = {n: page.html.split(f'name="pick.{n}" value="')[1].split('"')[0] for n in numbers}
    page = await browser.send("/console/triage/several", {"unit": "县住建局"})
    assert "请先勾选" in page.words
    actor = await console.actor("supervisor")
    await console.services.desk.dispatch(
        numbers[1], CITY_MANAGEMENT, actor=actor, version=None, now=console.clock.now
    )
    unit = console.services.units.get(HOUSING).name
    fields = {"unit": unit, **{f"pick.{n}": version for n, version in versions.items()}}
    page = await browser.send("/console/triage/several", fields)
    assert page.status == 409
    assert "2 件已派给" in page.words
    assert f"1 件没有派：{numbers[1]}" in page.words
    assert [(await console.stored(n)).unit_id for n in numbers] == [HOUSING, CITY_MANAGEMENT, HOUSING]


async def test_a_ticket_of_another_government_is_no_candidate(console: Console) -> None:
    (number,) = await _waiting(console, 1)
    browser = await console.as_("dispatcher")
    await browser.open("/console/triage")
    page = await browser.send(f"/console/triage/{number}", {"unit_id": str(UnitId("nowhere"))})
    assert page.status == 422
    assert (await console.stored(number)).state is State.RECEIVED


async def test_only_those_who_dispatch_open_the_board(console: Console) -> None:
    for user in ("liaison", "operator", "auditor", "editor", "administrator"):
        assert (await (await console.as_(user)).open("/console/triage")).status == 403
