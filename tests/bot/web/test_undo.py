"""撤销: what can be taken back is one press away on the next page, and stands there once."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from bot.web.sessions import COOKIE, Sessions, Undo
from routing.acts.links import UNDO_WITHIN
from routing.acts.replaying import replay, same_history
from routing.errors import ActionNotAllowed, NotYourRole, WindowClosed
from routing.workflow import State
from tests.bot.web.conftest import Browser, Console, Page
from tests.factories import CITY_MANAGEMENT, HOUSING


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


async def test_a_link_made_by_a_slip_is_taken_back_and_its_unit_has_it_again(console: Console) -> None:
    parent = await console.ticket(external_number="p")
    child = await console.ticket(unit_id=HOUSING, external_number="c")
    promised = child.promise
    browser = await console.as_("dispatcher")
    page = await browser.open(f"/console/tickets/{child.number}")
    fields = {"parent": parent.number, "reason": "同一件事"}
    page = await browser.send(f"/console/tickets/{child.number}/link", fields)
    assert "并案已完成" in page.words
    assert (await console.stored(child.number)).state is State.LINKED
    page = await _undo(browser)
    assert page.path == f"/console/tickets/{child.number}"
    assert "已撤销并案" in page.words
    assert "撤销并案" in page.words.partition("办理经过")[2], "the history says both"
    back = await console.stored(child.number)
    assert (back.state, back.unit_id, back.parent_number) == (State.DISPATCHED, HOUSING, None)
    assert promised is not None
    assert back.promise is not None
    assert (back.promise.due_at, back.promise.running) == (promised.due_at, True)
    assert same_history(replay(back, profile=console.services.desk.profile_of(back)), back)


async def test_all_that_was_gathered_at_once_is_parted_at_once_and_what_went_on_is_told(
    console: Console,
) -> None:
    parent, first, second = [await console.ticket(external_number=f"g{n}") for n in range(3)]
    browser = await console.as_("supervisor")
    page = await browser.open("/console/duplicates")
    fields = {"parent": parent.number, "reason": "同一件事", "csrf": page.hidden("csrf")}
    fields |= {f"pick.{t.number}": str(t.version) for t in (parent, first, second)}
    page = await browser.send(f"/console/duplicates/{parent.number}/gather?tab=hot", fields)
    assert "2 件已并入" in page.words
    desk, now = console.services.desk, console.clock.now
    await desk.remind(second.number, now=now, actor=await console.actor("operator"))
    page = await _undo(browser)
    assert page.path == "/console/duplicates?tab=hot"
    assert f"已撤销并案：{first.number}，" in page.words
    assert f"1 件没有撤销： {second.number}" in page.words.replace("：", "： ")
    assert (await console.stored(first.number)).unit_id == CITY_MANAGEMENT
    assert (await console.stored(second.number)).state is State.LINKED


async def test_a_link_is_taken_back_by_who_made_it_and_while_it_is_fresh(console: Console) -> None:
    parent, child = [await console.ticket(external_number=f"f{n}") for n in range(2)]
    links, boss, other = (
        console.services.desk.links,
        await console.actor("supervisor"),
        await console.actor("dispatcher"),
    )
    now = console.clock.now
    await links.link(child.number, parent.number, actor=boss, version=None, now=now, reason="同一件事")
    with pytest.raises(NotYourRole):
        await links.undo_link(child.number, actor=other, version=None, now=now)
    late = now + UNDO_WITHIN + timedelta(seconds=1)
    with pytest.raises(WindowClosed):
        await links.undo_link(child.number, actor=boss, version=None, now=late)
    undone = await links.undo_link(child.number, actor=boss, version=None, now=now + UNDO_WITHIN)
    assert undone.state is State.DISPATCHED
    with pytest.raises(ActionNotAllowed):
        await links.undo_link(child.number, actor=boss, version=None, now=now)
