"""撤销: what can be taken back is one press away on the next page, and stands there once."""

from __future__ import annotations

import re
from html import unescape

from bot.web.sessions import COOKIE, Sessions, Undo
from tests.bot.web.conftest import Browser, Console, Page
from tests.factories import CITY_MANAGEMENT


async def _undo(browser: Browser) -> Page:
    """Press 撤销 as a browser without script does."""
    assert browser.page is not None
    toast = re.search(r'<div class="flash">.*?</div>', browser.page.html, flags=re.S)
    assert toast, "nothing was said"
    form = re.search(r'action="([^"]+)"', toast[0])
    assert form, "nothing to take back"
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', toast[0]))
    return await browser.send(unescape(form[1]), {name: unescape(value) for name, value in fields.items()})


async def test_a_view_that_was_deleted_comes_back_as_it_was(console: Console) -> None:
    browser, views = await console.as_("liaison"), console.services.saved_views
    await views.save("liaison", "投诉 & 在办", "tab=open&type=complaint")
    await browser.open("/console/tickets")
    await browser.send("/console/views/forget", {"name": "投诉 & 在办"})
    assert await views.of("liaison") == []
    await _undo(browser)
    assert [(v.name, v.query) for v in await views.of("liaison")] == [
        ("投诉 & 在办", "tab=open&type=complaint")
    ]


async def test_a_view_saved_over_another_gives_it_back_and_a_new_one_goes(console: Console) -> None:
    browser, views = await console.as_("liaison"), console.services.saved_views
    await views.save("liaison", "我的", "tab=open")
    await browser.open("/console/tickets")
    await browser.send("/console/views/save", {"name": "我的", "query": "tab=all"})
    await _undo(browser)
    assert [v.query for v in await views.of("liaison")] == ["tab=open"]
    await browser.open("/console/tickets")
    await browser.send("/console/views/save", {"name": "新的", "query": "tab=all"})
    await _undo(browser)
    assert [v.name for v in await views.of("liaison")] == ["我的"]


async def test_a_login_that_was_closed_is_open_again_and_the_log_says_both(console: Console) -> None:
    admin = await console.as_("administrator")
    await admin.open("/console/staff/liaison")
    await admin.send("/console/staff/liaison/close", {"why": "已调离"})
    assert (await console.services.staff.get("liaison")).closed_at is not None
    page = await _undo(admin)
    assert "账号已启用" in page.words
    assert (await console.services.staff.get("liaison")).closed_at is None
    log = await admin.open("/console/staff/log")
    assert "已调离" in log.words
    assert "撤销停用" in log.words


async def test_the_way_back_stands_once_and_not_beside_the_next_sentence(console: Console) -> None:
    admin = await console.as_("administrator")
    await admin.open("/console/staff/liaison")
    page = await admin.send("/console/staff/liaison/close", {"why": "已调离"})
    assert "撤销" in page.words
    page = await admin.open("/console/staff/liaison")
    assert "撤销" not in page.words
    csrf = page.hidden("csrf")
    await admin.send("/console/staff/liaison/open", {"why": ""}, allow_redirects=False)
    page = await admin.send(
        "/console/staff/liaison/change",
        {"csrf": csrf, "name": "王联络", "role": "liaison", "unit_id": str(CITY_MANAGEMENT)},
    )
    assert "马上生效" in page.words
    assert "撤销" not in page.words, "it would take back something else than it says"


async def test_what_was_sent_to_the_wrong_unit_is_two_presses_from_the_right_one(console: Console) -> None:
    ticket = await console.ticket(unit_id=None)
    browser = await console.as_("dispatcher")
    page = await browser.open("/console/triage")
    fields = {"unit_id": str(CITY_MANAGEMENT), "version": str(ticket.version)}
    page = await browser.send(f"/console/triage/{ticket.number}", fields)
    link = re.search(r'<a href="([^"]+)">派错了，改派</a>', page.html)
    assert link
    page = await browser.open(unescape(link[1]))
    assert re.search(r"<details open><summary>改派</summary>", page.html), "the form is open"


async def test_the_undo_of_another_tab_never_stands_beside_a_later_sentence(console: Console) -> None:
    browser, services = await console.as_("liaison"), console.services
    sessions = Sessions(services.redis, services.settings.key_bytes())
    await browser.open("/console/tickets")
    cookie = next(each.value for each in browser.client.session.cookie_jar if each.key == COOKIE)
    read_by_both = await sessions.find(cookie, now=console.clock.now)
    assert read_by_both is not None
    await sessions.set_flash(read_by_both, "已停用", Undo(href="/console/views/save", fields={"name": "旧"}))
    await sessions.set_flash(read_by_both, "派单已完成")
    found = await sessions.find(cookie, now=console.clock.now)
    assert found is not None
    assert (found.flash, found.undo) == ("派单已完成", None)
