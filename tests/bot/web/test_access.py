"""Logging in, staying in, and who may open which address."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.app import create_app
from bot.web.access import LOGIN, safe_next
from bot.web.console import ROUTES, ConsoleRoute
from bot.web.sessions import ABSOLUTE, COOKIE, IDLE
from routing.workflow import Role
from tests.bot.web.conftest import LOGINS, PASSWORD, Console

GUARDED = [route for route in ROUTES if route.roles is not None]
ONE_OF_EACH = [user for user in LOGINS if user not in ("housing", "editor2")]


def _address(route: ConsoleRoute, number: str) -> str:
    return route.path.format(number=number, action="remind", name="closed_on_time", photo="0" * 24)


@pytest.mark.parametrize("user", ONE_OF_EACH)
async def test_each_address_opens_for_its_roles_and_for_nobody_else(console: Console, user: str) -> None:
    role = LOGINS[user][1]
    ticket = await console.ticket()
    browser = await console.as_(user)
    for route in sorted(GUARDED, key=lambda route: route.path == "/console/logout"):
        path = _address(route, ticket.number)
        if route.method == "POST":
            await browser.open("/console/")
            page = await browser.send(path, {"version": "0"}, allow_redirects=False)
        else:
            page = await browser.open(path, allow_redirects=False)
        may = route.roles is not None and role in route.roles
        assert (page.status != 403) == may, f"{user} {route.method} {route.path}: {page.status}"
        if not may:
            assert "不能打开这一页" in page.words


async def test_a_stranger_is_sent_to_log_in_from_every_address(console: Console) -> None:
    ticket = await console.ticket()
    browser = await console.stranger()
    wrong = {}
    for route in GUARDED:
        address = _address(route, ticket.number)
        response = await browser.client.request(route.method, address, allow_redirects=False)
        led = response.headers.get("Location", "")
        if response.status != 303 or not led.startswith("/console/login?next=/console/"):
            wrong[f"{route.method} {route.path}"] = (response.status, led)
    assert len(GUARDED) > 100
    assert wrong == {}


def test_only_login_and_static_files_are_open_to_strangers() -> None:
    assert {route.path for route in ROUTES if route.roles is None} == {
        "/console/login",
        "/console/static/{name}",
    }


async def test_each_role_comes_home_to_its_own_first_page(console: Console) -> None:
    homes = {
        "liaison": "/console/tickets",
        "dispatcher": "/console/tickets",
        "operator": "/console/tickets",
        "auditor": "/console/tickets",
        "supervisor": "/console/live",
        "editor": "/console/knowledge",
        "administrator": "/console/",
    }
    for user, path in homes.items():
        browser = await console.as_(user)
        assert browser.page is not None
        assert browser.page.path == path


async def test_after_login_the_address_asked_for_opens(console: Console) -> None:
    ticket = await console.ticket()
    browser = await console.stranger()
    page = await browser.open(f"/console/tickets/{ticket.number}")
    assert page.path.startswith("/console/login")
    page = await browser.log_in("liaison", next_=page.hidden("next"))
    assert page.path == f"/console/tickets/{ticket.number}"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        "/console/..\\../evil",
        "/console/\\evil.example",
        "/console/login",
        "/console/logout",
        "/console/a\r\nSet-Cookie: x=y",
        "javascript:alert(1)",
        "/elsewhere",
        "",
        None,
    ],
)
def test_login_never_leads_away_from_the_console(address: str | None) -> None:
    assert safe_next(address) == "/console/"


def test_login_leads_back_with_the_query() -> None:
    assert safe_next("/console/tickets?tab=closed&q=路灯") == "/console/tickets?tab=closed&q=路灯"


async def test_a_wrong_password_says_so_and_keeps_the_name(console: Console) -> None:
    browser = await console.stranger()
    page = await browser.log_in("liaison", "wrong-Password-1")
    assert page.status == 401
    assert "用户名或密码不对" in page.words
    assert 'value="liaison"' in page.html
    assert "wrong-Password-1" not in page.html
    unknown = await browser.log_in("nobody", "wrong-Password-1")
    assert (unknown.status, "用户名或密码不对" in unknown.words) == (401, True)


async def test_five_wrong_passwords_lock_the_account_and_say_until_when(console: Console) -> None:
    browser = await console.stranger()
    for _ in range(5):
        await browser.log_in("liaison", "wrong-Password-1")
    page = await browser.log_in("liaison")
    assert page.status == 423
    assert "今天" in page.words or "自动解锁" in page.words
    console.clock.advance(minutes=16)
    assert (await browser.log_in("liaison")).status == 200


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(console: Console) -> None:
    browser = await console.stranger()
    page = await browser.log_in("liaison", allow_redirects=False)
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/console" in cookie
    assert "Secure" not in cookie


async def test_behind_https_the_cookie_never_travels_in_the_clear(console: Console) -> None:
    settings = console.services.settings.model_copy(update={"public_url": "https://12345.example"})
    services = replace(console.services, settings=settings)
    async with TestServer(create_app(services)) as server, TestClient(server) as client:
        form = {"user": "liaison", "password": PASSWORD}
        headers = {"Origin": "https://12345.example"}
        response = await client.post("/console/login", data=form, headers=headers, allow_redirects=False)
        assert response.status == 303
        assert "Secure" in response.headers["Set-Cookie"]


async def test_logging_in_anew_changes_the_cookie_and_ends_the_old_session(console: Console) -> None:
    browser = await console.as_("liaison")
    old = _cookie(browser)
    await browser.log_in("dispatcher")
    assert _cookie(browser) != old
    thief = await console.stranger()
    page = await thief.open("/console/tickets", headers={"Cookie": f"{COOKIE}={old}"}, allow_redirects=False)
    assert page.status == 303


async def test_logging_out_ends_the_session_on_the_server(console: Console) -> None:
    browser = await console.as_("liaison")
    cookie = _cookie(browser)
    page = await browser.send("/console/logout")
    assert page.path == "/console/login"
    thief = await console.stranger()
    page = await thief.open(
        "/console/tickets", headers={"Cookie": f"{COOKIE}={cookie}"}, allow_redirects=False
    )
    assert page.status == 303


@pytest.mark.parametrize("change", ["sign", "id", "cut"])
async def test_a_forged_cookie_is_nobody(console: Console, change: str) -> None:
    session_id, signature = _cookie(await console.as_("liaison")).split(".")
    forged = {
        "sign": f"{session_id}.{'0' * 64}",
        "id": f"{'y' if session_id[0] == 'x' else 'x'}{session_id[1:]}.{signature}",
        "cut": session_id,
    }[change]
    thief = await console.stranger()
    page = await thief.open(
        "/console/tickets", headers={"Cookie": f"{COOKIE}={forged}"}, allow_redirects=False
    )
    assert page.status == 303


@pytest.mark.parametrize("value", ["é", "é.é", "会话.签名", "a.\udcff", "\udcff.a"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", LOGIN), ("POST", LOGIN), ("GET", "/console/tickets"), ("POST", "/console/logout")],
)
async def test_a_cookie_that_is_not_ascii_is_nobody_s(
    console: Console, method: str, path: str, value: str
) -> None:
    # Written by hand: no client would send such a header.
    cookie = f"{COOKIE}={value}".encode("utf-8", "surrogateescape")
    form = f"user=liaison&password={PASSWORD}" if path == LOGIN else "csrf=x"
    reader, writer = await asyncio.open_connection(console.server.host, console.server.port)
    writer.write(
        f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(form)}\r\nCookie: ".encode()
        + cookie
        + f"\r\n\r\n{form}".encode()
    )
    status = int((await reader.readline()).split()[1])
    writer.close()
    await writer.wait_closed()
    assert status == (200 if (method, path) == ("GET", LOGIN) else 303)


async def test_an_hour_without_use_ends_the_session(console: Console) -> None:
    browser = await console.as_("liaison")
    console.clock.now += IDLE - timedelta(seconds=1)
    assert (await browser.open("/console/tickets", allow_redirects=False)).status == 200
    console.clock.now += IDLE
    assert (await browser.open("/console/tickets", allow_redirects=False)).status == 303


async def test_eight_hours_end_the_session_however_busy_it_is(console: Console) -> None:
    browser = await console.as_("liaison")
    started = console.clock.now
    while console.clock.now - started < ABSOLUTE - timedelta(minutes=30):
        console.clock.advance(minutes=30)
        assert (await browser.open("/console/tickets", allow_redirects=False)).status == 200
    console.clock.now = started + ABSOLUTE
    assert (await browser.open("/console/tickets", allow_redirects=False)).status == 303


async def test_a_role_that_was_taken_away_is_gone_with_the_next_click(console: Console) -> None:
    browser = await console.as_("supervisor")
    await console.services.database["users"].update_one(
        {"_id": "supervisor"}, {"$set": {"role": str(Role.EDITOR)}}
    )
    assert (await browser.open("/console/figures")).status == 403


@pytest.mark.parametrize("token", ["", "wrong", "ü"])
async def test_a_form_without_its_token_changes_nothing(console: Console, token: str) -> None:
    ticket = await console.ticket()
    browser = await console.as_("liaison")
    fields = {"csrf": token, "version": str(ticket.version), "seen": str(len(ticket.events))}
    response = await browser.client.post(f"/console/tickets/{ticket.number}/accept", data=fields)
    assert response.status == 403
    assert "刷新后再试" in await response.text()
    assert (await console.stored(ticket.number)).version == ticket.version


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": "http://a]b"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({}, 303),
    ],
)
async def test_another_site_cannot_log_somebody_in(
    console: Console, headers: dict[str, str], status: int
) -> None:
    browser = await console.stranger()
    page = await browser.log_in("liaison", headers=headers, allow_redirects=False)
    assert page.status == status


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"user=%ff%fe&password=%00", "application/x-www-form-urlencoded; charset=utf-8"),
        (b"user=a", "application/x-www-form-urlencoded; charset=nonsense"),
        (b"--x\r\nnot multipart", "multipart/form-data; boundary=x"),
        (b"no boundary", "multipart/form-data"),
        (b"{}", "application/json"),
    ],
)
async def test_what_is_not_a_form_is_refused_without_a_failure(
    console: Console, body: bytes, content_type: str
) -> None:
    browser = await console.stranger()
    response = await browser.client.post("/console/login", data=body, headers={"Content-Type": content_type})
    assert response.status in (400, 401, 415)


@pytest.mark.parametrize("charset", ["utf-7", "unicode_escape", "utf-16", "gbk", "latin-1", "nonsense"])
async def test_a_form_in_another_encoding_than_ours_is_not_read(console: Console, charset: str) -> None:
    ticket = await console.ticket()
    browser = await console.as_("liaison")
    headers = {"Content-Type": f"application/x-www-form-urlencoded; charset={charset}"}
    page = await browser.open(f"/console/tickets/{ticket.number}")
    body = f"csrf={page.hidden('csrf')}&version=2&seen=2&reason=\\ud800&user=\\ud800&password=+2AA-"
    for path in (LOGIN, f"/console/tickets/{ticket.number}/reveal"):
        response = await browser.client.post(path, data=body.encode(), headers=headers)
        assert response.status == 415, path


@pytest.mark.parametrize("charset", ["utf-8", "UTF8"])
async def test_a_form_may_say_that_it_is_utf_8(console: Console, charset: str) -> None:
    browser = await console.stranger()
    response = await browser.client.post(
        LOGIN,
        data=f"user=liaison&password={PASSWORD}".encode(),
        headers={"Content-Type": f"application/x-www-form-urlencoded; charset={charset}"},
        allow_redirects=False,
    )
    assert response.status == 303


@pytest.mark.parametrize("user", ["liaison", "supervisor", "auditor", "administrator"])
async def test_who_works_in_a_dissolved_unit_is_told_so_and_can_log_out(console: Console, user: str) -> None:
    ticket = await console.ticket()
    browser = await console.as_(user)
    await console.services.database["users"].update_one({"_id": user}, {"$set": {"unit_id": "qh.dissolved"}})
    for path in ("/console/", "/console/tickets", f"/console/tickets/{ticket.number}", "/console/figures"):
        page = await browser.open(path)
        assert page.status == 403, path
        assert "您的单位已撤并，请联系管理员" in page.words
    page = await browser.send(f"/console/tickets/{ticket.number}/accept", {"version": "1", "seen": "1"})
    assert (page.status, "您的单位已撤并" in page.words) == (403, True)
    page = await browser.send("/console/logout")
    assert page.path == LOGIN
    assert (await browser.open("/console/tickets", allow_redirects=False)).status == 303
    page = await browser.log_in(user)
    assert "您的单位已撤并，请联系管理员" in page.words


async def test_a_name_nobody_has_locks_like_any_other(console: Console) -> None:
    browser = await console.stranger()
    answers = []
    for user in ("liaison", "nobody"):
        for _ in range(7):
            page = await browser.log_in(user, "wrong-Password-1")
            answers.append((user, page.status, page.words.replace(user, "")))
    known, unknown = ([rest for u, *rest in answers if u == user] for user in ("liaison", "nobody"))
    assert unknown == known
    assert unknown[-1][0] == 423


async def test_a_page_is_never_cached_and_names_its_reader(console: Console) -> None:
    browser = await console.as_("liaison")
    page = await browser.open("/console/tickets")
    assert page.headers["Cache-Control"] == "no-store"
    assert "查看人：陈立新（liaison）" in page.words
    mark = await browser.open("/console/watermark.svg")
    assert "陈立新 liaison 2026-11-16" in mark.html


async def test_static_files_are_kept_for_a_year_under_an_address_that_changes_with_them(
    console: Console,
) -> None:
    browser = await console.stranger()
    page = await browser.open("/console/login")
    found = re.search(r'href="(/console/static/console\.css\?v=\w+)"', page.html)
    assert found
    assert "immutable" in (await browser.open(found[1])).headers["Cache-Control"]
    assert (await browser.open("/console/static/console.css?v=old")).headers["Cache-Control"] == "no-cache"


def _cookie(browser: object) -> str:
    cookies = browser.client.session.cookie_jar  # type: ignore[attr-defined]
    return next(cookie.value for cookie in cookies if cookie.key == COOKIE)
