"""Who sees what of the citizens' pages, and every way in that must stay shut."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.simulator.faults import Failure
from bot.simulator.oauth import EXCHANGE
from routing.citizen_request import Channel
from tests.bot.photos.pictures import phone_photo
from tests.bot.web.citizen_browser import HOME, CitizenBrowser, Opened, filed, phone_of, stranger
from tests.journeys.city import City, open_city


@pytest.fixture
async def city(mongo_url: str, redis_url: str, services_database: str, tmp_path: Path) -> AsyncIterator[City]:
    async with open_city(
        mongo_url=mongo_url, redis_url=redis_url, database=services_database, directory=tmp_path
    ) as opened:
        yield opened


async def _files(city: City, key: str = "wang") -> str:
    return (await filed(city, key)).number


async def _sent_away(browser: CitizenBrowser, path: str = HOME) -> str:
    """The address at WeChat a stranger is sent to."""
    page = await browser.open(path, follow=False)
    assert page.status == 303
    return str(page.headers["Location"])


async def _come_back(browser: CitizenBrowser, away: str) -> str:
    """The address WeChat sends the browser back to."""
    page = await browser.open(away.partition("#")[0], follow=False)
    assert page.status == 302
    return str(page.headers["Location"])


# ---- another citizen's ticket


async def test_anothers_ticket_and_one_that_never_was_are_the_same_page(city: City) -> None:
    number = await _files(city, "li")
    browser = await phone_of(city, "wang")
    await browser.open(HOME)
    foreign = await browser.open(f"{HOME}/tickets/{number}")
    unknown = await browser.open(f"{HOME}/tickets/HY2611169999")
    assert (foreign.status, unknown.status) == (200, 200)
    assert urlsplit(foreign.path).path == urlsplit(unknown.path).path == f"{HOME}/find"
    assert "请输入查询码" in foreign.words
    assert foreign.html.replace(number, "") == unknown.html.replace("HY2611169999", "")
    assert (await browser.open(f"{HOME}/tickets/{number}/photos/0")).status == 404


async def test_who_looked_it_up_in_the_chat_opens_it_with_its_code(city: City) -> None:
    number = await _files(city, "li")
    browser = await phone_of(city, "wang")
    await browser.open(f"{HOME}/tickets/{number}")
    assert browser.page is not None
    assert f'value="{number}"' in browser.page.html
    code = city.services.desk.query_code(number)
    page = await browser.post(f"{HOME}/find", {"number": number, "code": code})
    assert (page.status, page.path) == (200, f"{HOME}/tickets/{number}")
    assert (await browser.open(f"{HOME}/tickets/<b>")).status == 404


async def test_nothing_can_be_done_to_anothers_ticket(city: City) -> None:
    number, own = await _files(city, "li"), await _files(city, "wang")
    before = await city.services.tickets.get(number)
    browser = await phone_of(city, "wang")
    page = await browser.open(f"{HOME}/tickets/{own}")
    fields = {**page.hidden("/remind"), "stars": "5", "text": "别人的事", "version": str(before.version)}
    for action in ("remind", "withdraw", "rate", "reopen"):
        refused = await browser.post(f"{HOME}/tickets/{number}/{action}", fields)
        assert refused.status == 404, action
    browser.page = page
    refused = await browser.send(
        f"{HOME}/tickets/{number}/supplement", "/supplement", {"text": "别人的事"}, files=()
    )
    assert refused.status == 404
    after = await city.services.tickets.get(number)
    assert (after.version, after.events, after.rating) == (before.version, before.events, None)


async def test_the_same_person_is_somebody_else_at_an_account_that_does_not_exist(city: City) -> None:
    browser = await phone_of(city)
    await browser.open(HOME)
    assert (await browser.open("/my/elsewhere")).status == 404


async def test_a_session_of_one_account_opens_nothing_at_another(city: City) -> None:
    from bot.web.citizen_sessions import CitizenSessions

    services = city.services
    sessions = CitizenSessions(services.redis, services.vault, services.settings.key_bytes())
    cookie = await sessions.start("county", openid="o1", now=city.clock())
    assert await sessions.find(cookie, account="county", now=city.clock()) is not None
    assert await sessions.find(cookie, account="market", now=city.clock()) is None
    city.clock.advance(hours=2)
    assert await sessions.find(cookie, account="county", now=city.clock()) is None


async def test_redis_shows_neither_who_it_is_nor_a_way_in(city: City) -> None:
    browser = await phone_of(city)
    await browser.open(HOME)
    wang = city.platform.citizens.find("wang")
    assert wang is not None
    cookies = [cookie.value for cookie in browser.http.cookie_jar]
    async for key in city.services.redis.scan_iter(match="citizen-*"):
        kept = key + (await city.services.redis.get(key) or b"")
        assert wang.openid.encode() not in kept
        assert all(value.partition(".")[0].encode() not in kept for value in cookies)


async def test_the_cookie_is_of_this_account_and_out_of_reach_of_scripts(city: City) -> None:
    browser = await phone_of(city)
    back = await _come_back(browser, await _sent_away(browser))
    page = await browser.open(back, follow=False)
    cookie = next(one for one in page.headers.getall("Set-Cookie") if one.startswith("huiyin_my="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert f"Path={HOME}" in cookie
    assert page.headers["Cache-Control"] == "no-store"


# ---- back from WeChat


async def test_the_address_at_wechat_is_as_the_platform_wants_it(city: City) -> None:
    away = await _sent_away(await phone_of(city), f"{HOME}/tickets/HY2611160001")
    assert away.endswith("#wechat_redirect")
    fields = parse_qs(urlsplit(away).query)
    assert fields["redirect_uri"] == [f"{city.base}{HOME}/enter"]
    assert fields["scope"] == ["snsapi_base"]
    assert fields["state"][0].isalnum()
    assert len(fields["state"][0]) <= 128


async def test_a_link_from_somebody_elses_browser_logs_nobody_in(city: City) -> None:
    attacker, victim = await phone_of(city, "li"), await phone_of(city, "wang")
    back = await _come_back(attacker, await _sent_away(attacker))
    await _sent_away(victim)
    page = await victim.open(back)
    assert page.status == 400
    assert "过期" in page.words
    page = await (await stranger(city)).open(back)
    assert page.status == 400


async def test_the_way_back_works_once_and_for_five_minutes(city: City) -> None:
    browser = await phone_of(city)
    late = await _come_back(browser, await _sent_away(browser))
    city.clock.advance(minutes=5)
    assert (await browser.open(late)).status == 400
    back = await _come_back(browser, await _sent_away(browser))
    assert (await browser.open(back)).status == 200
    again = await browser.open(back)
    assert (again.status, again.path) == (200, HOME), "who is in already is shown the list"
    await browser.send(f"{HOME}/leave", "/leave")
    assert (await browser.open(back)).status == 400


async def test_a_forged_state_is_refused_before_anybody_is_asked(city: City) -> None:
    browser = await phone_of(city)
    back = urlsplit(await _come_back(browser, await _sent_away(browser)))
    fields = {name: value[0] for name, value in parse_qs(back.query).items()}
    forged = fields["state"][:-1] + ("0" if fields["state"][-1] != "0" else "1")
    for state in (forged, "", "x" * 96, fields["state"][:32]):
        page = await browser.open(f"{HOME}/enter?code={fields['code']}&state={state}")
        assert page.status == 400, state
    page = await browser.open(f"{HOME}/enter?code={fields['code']}&state={fields['state']}")
    assert page.status == 200, "the code is still unspent"


_ANSWERS: tuple[tuple[int | Failure, int, str], ...] = (
    (40029, 400, "重新进入"),
    (40163, 400, "已经用过一次"),
    (-1, 503, "过一会儿"),
    (40125, 503, "正在处理"),
    (48001, 503, "正在处理"),
    (Failure.HTTP_500, 503, "过一会儿"),
    (Failure.GARBAGE, 503, "过一会儿"),
    (Failure.RESET_AFTER_EFFECT, 400, "已经用过一次"),  # aiohttp repeats a GET that was cut off
)


async def test_whatever_wechat_answers_there_is_a_way_on(city: City) -> None:
    for fault, status, words in _ANSWERS:
        city.platform.faults.fail_next(EXCHANGE, fault)
        browser = await phone_of(city)
        page = await browser.open(HOME)
        assert page.status == status, fault
        assert words in page.words, fault
        assert "按工单号查" in page.words, fault
        assert (await browser.open(HOME)).status == 200, "the next try gets in"


async def test_a_snapshot_page_shows_nobodys_tickets(city: City) -> None:
    city.platform.oauth.snapshot = True
    page = await (await phone_of(city)).open(HOME)
    assert page.status == 403
    assert "使用完整服务" in page.words


async def test_a_browser_that_keeps_no_cookie_is_told_and_not_sent_round_for_ever(city: City) -> None:
    page = await (await stranger(city)).open(f"{HOME}?entered=1")
    assert page.status == 403
    assert "重新进入" in page.words


async def test_a_script_that_enters_again_and_again_is_told_to_wait(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.citizen_access._ENTRIES", 2)
    browser = await stranger(city)
    statuses = [(await browser.open(HOME, follow=False)).status for _ in range(3)]
    assert statuses == [303, 303, 429]
    assert browser.page is not None
    assert browser.page.headers["Retry-After"] == "60"
    assert "按工单号查" in browser.page.words


async def test_no_secret_code_or_openid_reaches_the_log(
    city: City, capsys: pytest.CaptureFixture[str]
) -> None:
    number = await _files(city)
    city.platform.faults.fail_next(EXCHANGE, 40125)
    browser = await phone_of(city)
    await browser.open(HOME)
    away = await _sent_away(browser)
    back = await _come_back(browser, away)
    await browser.open(back)
    await browser.open(f"{HOME}/tickets/{number}")
    logged = capsys.readouterr()
    said = logged.out + logged.err
    code = parse_qs(urlsplit(back).query)["code"][0]
    wang = city.platform.citizens.find("wang")
    assert wang is not None
    for secret in (code, wang.openid, city.platform.account.secret):
        assert secret not in said


# ---- with number and query code


async def _find(browser: CitizenBrowser, number: str, code: str) -> Opened:
    await browser.open(f"{HOME}/find")
    return await browser.send(f"{HOME}/find", "/find", {"number": number, "code": code})


async def test_number_and_code_open_one_ticket_and_what_the_chat_would_tell(city: City) -> None:
    number = await _files(city)
    browser = await stranger(city)
    page = await _find(browser, f" {number.lower()} ", city.services.desk.query_code(number))
    assert (page.status, page.path) == (200, f"{HOME}/tickets/{number}")
    assert "您说的" not in page.words, "the whole text is for whoever filed it"
    assert "催一催" in page.words
    page = await browser.open(HOME)
    assert number in page.html
    assert "用查询码打开过的" in page.words


async def test_a_code_opens_the_callers_own_photos_and_no_followers(city: City) -> None:
    def photos(page: Opened) -> list[str]:
        return re.findall(rf'src="({HOME}/tickets/\w+/photos/\w+)', page.html)

    number = await _files(city)
    browser = await phone_of(city)
    await browser.open(f"{HOME}/tickets/{number}")
    where = f"{HOME}/tickets/{number}/supplement"
    page = await browser.send(where, "/supplement", {"text": "这是我家门口"}, files=(phone_photo(),))
    (photo,) = photos(page)
    reader = await stranger(city)
    page = await _find(reader, number, city.services.desk.query_code(number))
    assert page.status == 200
    assert photos(page) == []
    assert (await reader.open(photo)).status == 404
    rang = (await filed(city, channel=Channel.HOTLINE)).number
    await _find(reader, rang, city.services.desk.query_code(rang))
    where = f"{HOME}/tickets/{rang}/supplement"
    page = await reader.send(where, "/supplement", {"text": "补一张"}, files=(phone_photo(),))
    (photo,) = photos(page)
    assert (await reader.open(photo)).status == 200


async def test_who_came_by_code_may_come_in_by_wechat_too_and_keeps_what_the_code_opened(city: City) -> None:
    others, own = await _files(city, "li"), await _files(city, "wang")
    browser = await phone_of(city, "wang")
    page = await _find(browser, others, city.services.desk.query_code(others))
    assert own not in (await browser.open(HOME)).html
    page = await browser.open(f"{HOME}?wechat=1")
    assert own in page.html
    assert others in page.html
    assert "您说的" not in (await browser.open(f"{HOME}/tickets/{others}")).words
    assert "您说的" in (await browser.open(f"{HOME}/tickets/{own}")).words


async def test_full_width_digits_are_digits(city: City) -> None:
    number = await _files(city)
    code = "".join(chr(ord(c) + 0xFEE0) for c in city.services.desk.query_code(number))
    assert (await _find(await stranger(city), number, code)).status == 200


async def test_a_wrong_number_and_a_wrong_code_get_the_same_answer(city: City) -> None:
    number = await _files(city)
    right = city.services.desk.query_code(number)
    wrong = "000000" if right != "000000" else "000001"
    browser = await stranger(city)
    pages = [await _find(browser, number, wrong), await _find(browser, "HY2611169999", right)]
    assert [page.status for page in pages] == [422, 422]
    assert pages[0].html.replace(number, "") == pages[1].html.replace("HY2611169999", "")


async def test_guessing_ends_and_then_the_right_code_opens_nothing_either(city: City) -> None:
    number = await _files(city)
    right = city.services.desk.query_code(number)
    browser = await stranger(city)
    for _ in range(12):
        assert (await _find(browser, number, right)).status == 200, "right codes do not count"
    wrong = [f"{n:06d}" for n in range(30) if f"{n:06d}" != right]
    statuses = [(await _find(browser, number, code)).status for code in wrong[:11]]
    assert statuses == [422] * 10 + [429]
    assert (await _find(browser, number, right)).status == 429
    assert "先停一小时" in (browser.page.words if browser.page else "")


# ---- forms


async def test_a_form_without_its_token_does_nothing(city: City) -> None:
    number = await _files(city)
    browser = await phone_of(city)
    page = await browser.open(f"{HOME}/tickets/{number}")
    fields = page.hidden("/remind")
    for wrong in ({**fields, "csrf": "x"}, {k: v for k, v in fields.items() if k != "csrf"}):
        assert (await browser.post(f"{HOME}/tickets/{number}/remind", wrong)).status == 403
    assert (await browser.post(f"{HOME}/tickets/{number}/remind", {**fields, "key": "短"})).status == 400
    assert (await browser.post(f"{HOME}/tickets/{number}/reveal", fields)).status == 404
    await browser.open(f"{HOME}/tickets/{number}")
    multipart = await browser.send(
        f"{HOME}/tickets/{number}/supplement", "/supplement", {"csrf": "x", "text": "哈"}, files=()
    )
    assert multipart.status == 403
    ticket = await city.services.tickets.get(number)
    assert all(str(event.kind) not in ("reminded", "supplemented") for event in ticket.events)


async def test_a_form_sent_twice_at_the_same_moment_counts_once(city: City) -> None:
    number = await _files(city)
    browser = await phone_of(city)
    fields = (await browser.open(f"{HOME}/tickets/{number}")).hidden("/remind")
    address = f"{HOME}/tickets/{number}/remind"
    pages = await asyncio.gather(*(browser.post(address, fields) for _ in range(5)))
    assert {page.status for page in pages} == {200}, "a second click is no mistake of theirs"
    events = (await city.services.tickets.get(number)).events
    assert [str(event.kind) for event in events].count("reminded") == 1


async def test_leaving_forgets_at_once_who_it_was(city: City) -> None:
    number = await _files(city)
    browser = await stranger(city)
    await _find(browser, number, city.services.desk.query_code(number))
    before = {cookie.key: cookie.value for cookie in browser.http.cookie_jar}
    await browser.open(HOME)
    page = await browser.send(f"{HOME}/leave", "/leave")
    assert page.path.startswith(f"{HOME}/find")
    other = await stranger(city)
    other.http.headers.update({"Cookie": f"huiyin_my={before['huiyin_my']}"})
    page = await other.open(f"{HOME}/tickets/{number}")
    assert "路灯" not in page.words


async def test_whoever_takes_the_authorisation_back_is_out_on_every_telephone(city: City) -> None:
    wang = city.platform.citizens.find("wang")
    assert wang is not None
    browser, others = await phone_of(city, "wang"), await phone_of(city, "li")
    for one in (browser, others):
        assert (await one.open(HOME)).status == 200
    await city.platform.revoke_authorization(wang.openid)
    assert (await browser.open(HOME, follow=False)).status == 303
    assert (await others.open(HOME, follow=False)).status == 200
    city.clock.advance(seconds=1)
    assert (await browser.open(HOME)).status == 200, "they may come in anew"


async def test_outside_wechat_the_page_asks_for_number_and_code(city: City) -> None:
    from dataclasses import replace

    from bot.wechat.oauth import OPEN_BASE

    real = {name: replace(one, open_base=OPEN_BASE) for name, one in city.services.oauth.items()}
    assert not next(iter(real.values())).simulated
    browser = await stranger(city)
    city.services.oauth.update(real)  # type: ignore[attr-defined]
    page = await browser.open(f"{HOME}/tickets/HY2611160001")
    assert page.path == f"{HOME}/find?number=HY2611160001"
    assert 'value="HY2611160001"' in page.html
    browser.http.headers.update({"User-Agent": "Mozilla/5.0 MicroMessenger/8.0.49"})
    page = await browser.open(HOME, follow=False)
    assert page.headers["Location"].startswith(f"{OPEN_BASE}/connect/oauth2/authorize?appid=")
