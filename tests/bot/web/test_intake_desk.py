"""登记台: nothing filed twice, nothing lost, and beside the form what the machine makes of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from bot.intake_drafts import KEPT, IntakeDrafts
from routing.acts.replaying import replay, same_history
from routing.citizen_request import Channel, RequestType, Secrecy
from routing.events import Audience, EventKind
from routing.workflow import State
from tests.bot.web.conftest import Browser, Console, Page
from tests.running import demo_articles

PAGE = "/console/intake"
LIGHT = "东门社区中山路路灯坏了三天，晚上黑得看不见路，请派人修一下。"
PHONE = "13811112222"


async def _opened(console: Console, user: str = "operator") -> Browser:
    browser = await console.as_(user)
    await browser.open(PAGE)
    return browser


async def _send(browser: Browser, do: str, **fields: str) -> Page:
    assert browser.page is not None
    key = browser.page.hidden("key")
    return await browser.send(PAGE, {"key": key, "do": do, "text": LIGHT, **fields})


def _number(page: Page) -> str:
    found = re.search(r"HY\d{10}", page.path)
    assert found, page.path
    return found[0]


async def _asked(browser: Browser, part: str, **fields: str) -> Page:
    assert browser.page is not None
    form = {"csrf": browser.page.hidden("csrf"), "part": part, **fields}
    response = await browser.client.post(f"{PAGE}/suggest", data=form)
    return Page(response.status, await response.text(), response.headers, "")


async def test_a_call_becomes_a_ticket_and_the_words_to_read_aloud(console: Console) -> None:
    browser = await _opened(console)
    page = await _send(
        browser, "register", phone=PHONE, name="赵小芳", place="城关街道东门社区", secrecy="secret"
    )
    number = _number(page)
    ticket = await console.stored(number)
    assert (ticket.channel, ticket.secrecy, ticket.place) == (
        Channel.HOTLINE,
        Secrecy.SECRET,
        "城关街道东门社区",
    )
    assert ticket.events[0].by.id == "operator"
    code = console.services.desk.query_code(number)
    assert number in page.words
    assert " ".join(code) in page.words
    assert ticket.promise is not None
    assert "17:30" in page.words
    assert "赵小芳" not in page.html
    assert PHONE not in page.html
    citizen = await console.services.desk.reveal(
        number, actor=await console.actor("operator"), reason="核对", now=console.clock.now
    )
    assert (citizen.name, citizen.phone) == ("赵小芳", PHONE)


@pytest.mark.parametrize(("fields", "texts"), [({}, True), ({"no_texts": "yes"}, False)])
async def test_who_wants_no_text_messages_gets_none(
    console: Console, fields: dict[str, str], texts: bool
) -> None:
    browser = await _opened(console)
    number = _number(await _send(browser, "register", phone=PHONE, **fields))
    citizen = await console.services.desk.reveal(
        number, actor=await console.actor("operator"), reason="核对", now=console.clock.now
    )
    assert citizen.texts is texts


async def test_the_same_form_sent_twice_is_one_ticket(console: Console) -> None:
    browser = await _opened(console)
    form_page = browser.page
    first = _number(await _send(browser, "register"))
    browser.page = form_page
    assert _number(await _send(browser, "register")) == first
    assert await console.services.database["tickets"].count_documents({}) == 1


async def test_a_registered_form_that_was_changed_is_not_filed_over_what_was(console: Console) -> None:
    browser = await _opened(console)
    form_page = browser.page
    first = _number(await _send(browser, "register"))
    browser.page = form_page
    page = await _send(browser, "register", text=LIGHT + "还有井盖。")
    assert page.status == 409
    assert first in page.words
    assert "还有井盖。" in page.html
    again = await _send(browser, "register", text=LIGHT + "还有井盖。")
    assert _number(again) != first
    assert (await console.stored(first)).text == LIGHT


async def test_the_same_form_through_another_door_is_not_a_second_ticket(console: Console) -> None:
    browser = await _opened(console)
    form_page = browser.page
    first = _number(await _send(browser, "register"))
    browser.page = form_page
    page = await _send(browser, "register", channel="letter")
    assert (page.status, first in page.words) == (409, True)
    assert await console.services.database["tickets"].count_documents({}) == 1


async def test_enter_alone_files_nothing_and_keeps_every_word(console: Console) -> None:
    browser = await _opened(console)
    page = await _send(
        browser,
        "check",
        phone="1381111",
        name="赵小芳",
        title="路灯",
        place="东门",
        answer="已经派人",
        secrecy="anonymous",
    )
    assert page.status == 200
    for words in (LIGHT, "1381111", "赵小芳", "路灯", "东门", "已经派人"):
        assert words in page.html, words
    assert re.search(r'value="anonymous" checked', page.html)
    assert await console.services.database["tickets"].count_documents({}) == 0


@pytest.mark.parametrize(
    ("fields", "name", "words"),
    [
        ({"text": " "}, "text", "请写下诉求内容"),
        ({"phone": "1381"}, "phone", "号码不完整"),
        ({"received_at": "2026-11-17T09:30"}, "received_at", "还没有到"),
        ({"received_at": "2025-11-16T09:30"}, "received_at", "核对日期"),
        ({"received_at": "昨天"}, "received_at", "请按"),
        ({"text": "路" * 5001}, "text", "最多 5000 个字"),
        ({"title": "路" * 201}, "title", "最多 200 个字"),
    ],
)
async def test_each_wrong_field_is_named_and_nothing_is_cut_off(
    console: Console, fields: dict[str, str], name: str, words: str
) -> None:
    browser = await _opened(console)
    page = await _send(browser, "register", **fields)
    assert page.status == 422
    found = re.search(rf'id="wrong-{name}">([^<]*)<', page.html)
    assert found
    assert words in found[1]
    assert page.html.count('aria-invalid="true"') == 1
    assert fields[name].strip() in page.html
    assert await console.services.database["tickets"].count_documents({}) == 0


async def test_what_was_taken_down_earlier_counts_from_then(console: Console) -> None:
    console.clock.advance(hours=3)
    browser = await _opened(console)
    page = await _send(browser, "register", received_at="2026-11-16T10:05")
    ticket = await console.stored(_number(page))
    assert ticket.received_at == console.clock.now - timedelta(hours=2, minutes=25)


async def test_a_direct_answer_closes_at_once_and_troubles_no_unit(console: Console) -> None:
    browser = await _opened(console)
    answer = "路灯由城管局管，今天下午会有人来修。"
    page = await _send(browser, "answer", answer=answer)
    ticket = await console.stored(_number(page))
    assert (ticket.state, ticket.reply_text, ticket.unit_id) == (State.RESOLVED, answer, None)
    kinds = [event.kind for event in ticket.events]
    assert kinds == [EventKind.REGISTERED, EventKind.REPLIED, EventKind.RESOLVED]
    assert ticket.outbox == ()
    assert "刚才的答复已经记下" in page.words
    profile = console.services.desk.profile_of(ticket)
    assert same_history(replay(ticket, profile=profile), ticket)


async def test_a_letter_answered_at_once_is_still_told(console: Console) -> None:
    browser = await _opened(console)
    page = await _send(browser, "answer", answer="今天下午会有人来修。", channel="letter")
    ticket = await console.stored(_number(page))
    assert [entry.audience for entry in ticket.outbox] == [Audience.CITIZEN]


async def test_a_direct_answer_needs_its_words(console: Console) -> None:
    browser = await _opened(console)
    page = await _send(browser, "answer")
    assert page.status == 422
    assert "请写下答复市民的内容" in page.words
    assert await console.services.database["tickets"].count_documents({}) == 0


async def test_a_draft_is_sealed_and_the_operators_own_and_goes_when_it_is_registered(
    console: Console,
) -> None:
    browser = await _opened(console)
    page = await _send(browser, "draft", phone=PHONE, name="赵小芳")
    assert "草稿已存" in page.words
    assert "赵**" in page.words
    assert "138****2222" in page.words
    assert PHONE not in page.html
    stored = await console.services.database["intake_drafts"].find_one({})
    assert stored is not None
    assert "赵小芳".encode() not in bytes(stored["sealed"])
    assert PHONE not in str(stored)
    key = re.search(r"draft=([0-9a-f]{32})", page.html)
    assert key
    stranger = await console.as_("dispatcher")
    assert (await stranger.open(f"{PAGE}?draft={key[1]}")).status == 404
    assert "赵**" not in (await stranger.open(PAGE)).words
    page = await browser.open(f"{PAGE}?draft={key[1]}")
    assert PHONE in page.html
    assert LIGHT in page.html
    await _send(browser, "register", phone=PHONE)
    assert await console.services.database["intake_drafts"].count_documents({}) == 0


async def test_a_draft_is_gone_after_a_day_and_when_it_is_deleted(console: Console) -> None:
    browser = await _opened(console)
    page = await _send(browser, "draft")
    assert "没登记完的" in page.words
    key = page.html.split("draft=")[1][:32]
    await browser.send(f"{PAGE}/drafts/{key}/drop")
    assert browser.page is not None
    assert "没登记完的" not in browser.page.words
    await _send(browser, "draft")
    drafts = IntakeDrafts(console.services.database, console.services.vault)
    assert len(await drafts.of("operator", now=console.clock.now)) == 1
    assert await drafts.of("operator", now=console.clock.now + KEPT) == []


async def test_what_is_typed_is_kept_by_itself_and_gone_once_it_is_registered(console: Console) -> None:
    browser = await _opened(console)
    assert browser.page is not None
    page, key = browser.page, browser.page.hidden("key")
    part = await _asked(browser, "kept", key=key, phone=PHONE)
    assert "已自动存成草稿" in part.words
    drafts = IntakeDrafts(console.services.database, console.services.vault)
    [draft] = await drafts.of("operator", now=console.clock.now)
    assert (draft.key, draft.fields["phone"]) == (key, PHONE)
    await _send(browser, "register", phone=PHONE)
    browser.page = page
    await _asked(browser, "kept", key=key, phone=PHONE)
    assert await drafts.of("operator", now=console.clock.now) == []
    assert (await _asked(browser, "kept", key="f" * 32)).words.strip() == ""
    assert await drafts.of("operator", now=console.clock.now) == []


async def test_the_callers_history_is_found_by_the_number_and_names_nobody_in_full(console: Console) -> None:
    browser = await _opened(console)
    number = _number(await _send(browser, "register", phone=PHONE, name="赵小芳", title="路灯三天不亮"))
    await browser.open(PAGE)
    for typed in (PHONE, "138 1111 2222", "+86 13811112222"):
        part = await _asked(browser, "caller", phone=typed)
        assert part.status == 200
        assert "登记过 1 件" in part.words, typed
        assert number in part.words
        assert "赵**" in part.words
        assert "赵小芳" not in part.html
    assert (await _asked(browser, "caller", phone="138")).words.strip() == ""
    assert "以前没有登记过" in (await _asked(browser, "caller", phone="13900000000")).words


async def test_the_history_says_when_the_answer_is_due_and_nothing_of_the_sort_once_it_is_closed(
    console: Console,
) -> None:
    browser = await _opened(console)
    await _send(browser, "register", phone=PHONE)
    await browser.open(PAGE)
    assert re.search(r"答复 还剩 \S+ 天", (await _asked(browser, "caller", phone=PHONE)).words)
    other = "13811113333"
    page = await _send(browser, "answer", phone=other, answer="已经当场告知办理地点和要带的材料。")
    assert "已登记并答复办结" in page.words
    assert "答复期限" not in page.words
    assert "当场答复，没有派单" in page.words
    await browser.open(PAGE)
    closed = await _asked(browser, "caller", phone=other)
    assert "登记过 1 件" in closed.words
    assert "还剩" not in closed.words


async def test_an_operator_sees_no_history_of_units_outside_their_own(console: Console) -> None:
    browser = await _opened(console)
    number = _number(await _send(browser, "register", phone=PHONE))
    await console.services.database["tickets"].update_one({"_id": number}, {"$set": {"unit_id": "elsewhere"}})
    await browser.open(PAGE)
    part = await _asked(browser, "caller", phone=PHONE)
    assert number not in part.words
    assert "以前没有登记过" in part.words


async def test_while_typing_the_machine_says_type_unit_reasons_and_what_to_ask(console: Console) -> None:
    browser = await _opened(console)
    part = await _asked(browser, "advice", text=LIGHT)
    assert part.status == 200
    assert "求助" in part.words
    decision, topic = console.services.desk.triage.decide_on(LIGHT, place=None, on=console.clock.now.date())
    assert console.services.units.get(decision.candidates[0].unit_id).name in part.words
    assert topic.label in part.words
    assert "<html" not in part.html
    assert "写几个字" in (await _asked(browser, "advice", text="路")).words


async def test_danger_stands_before_everything_else(console: Console) -> None:
    browser = await _opened(console)
    part = await _asked(browser, "advice", text="楼下着火了，还有人在里面，快来救人！")
    assert "119" in part.words
    assert part.html.index("peril") < part.html.index("派给谁")


async def test_a_known_question_is_answered_with_its_source_to_read_out(console: Console) -> None:
    browser = await _opened(console)
    article = next(a for a in demo_articles() if a.guide is not None)
    question = f"{article.title}需要什么材料"
    part = await _asked(browser, "advice", text=question)
    assert "出处" in part.words or "请问您问的是" in part.words
    chosen = await _asked(browser, "advice", text=question, entry=article.id)
    assert article.title in chosen.words
    assert "data-fill" in chosen.html


async def test_who_asks_is_answered_before_it_is_said_whose_the_ticket_would_be(console: Console) -> None:
    browser = await _opened(console)
    article = next(a for a in demo_articles() if a.guide is not None)
    fields = {"text": f"{article.title}需要什么材料", "entry": article.id}
    part = await _asked(browser, "advice", **fields, request_type="consultation")
    assert part.html.index("知识库") < part.html.index('aria-label="派给谁"')
    part = await _asked(browser, "advice", **fields, request_type="complaint")
    assert part.html.index('aria-label="派给谁"') < part.html.index('aria-label="知识库"')


async def test_what_others_asked_and_were_told_is_not_a_callers_matter(console: Console) -> None:
    question = "我奶奶今年八十了，高龄津贴怎么申请，一个月多少钱，要不要本人去？"
    browser = await _opened(console)
    told = _number(await _send(browser, "answer", text=question, answer="带身份证和户口本到村里办。"))
    await console.services.duplicates.refresh(console.clock.now)
    await browser.open(PAGE)
    asked = await _asked(browser, "advice", text=question, request_type="consultation")
    assert told not in asked.words
    assert told in (await _asked(browser, "advice", text=question, request_type="help")).words


async def test_what_is_reported_is_said_to_be_kept_secret_and_read_to_the_caller(console: Console) -> None:
    browser = await _opened(console)
    report = "我要举报步行街那家饭店用地沟油炸油条"
    assert "举报一律按保密登记" in (await _asked(browser, "advice", text=report, request_type="report")).words
    assert "一律按保密" not in (await _asked(browser, "advice", text=LIGHT, request_type="help")).words
    page = await _send(browser, "register", text=report, request_type="report")
    assert (await console.stored(_number(page))).secrecy is Secrecy.SECRET
    assert "我们会为您保密，承办单位看不到您是谁" in page.words


async def test_a_repeat_is_joined_with_its_reporter_kept(console: Console) -> None:
    parent = await console.ticket(text=LIGHT)
    await console.services.duplicates.refresh(console.clock.now)
    browser = await _opened(console, "dispatcher")
    part = await _asked(browser, "advice", text=LIGHT)
    assert parent.number in part.words
    assert f'name="parent" value="{parent.number}"' in part.html
    page = await _send(browser, "register", parent=parent.number, phone=PHONE, name="赵小芳")
    child = await console.stored(_number(page))
    assert (child.state, child.parent_number) == (State.LINKED, parent.number)
    assert "已并入" in page.words
    assert child.number in (await console.stored(parent.number)).children
    citizen = await console.services.desk.reveal(
        child.number, actor=await console.actor("dispatcher"), reason="核对", now=console.clock.now
    )
    assert citizen.name == "赵小芳"


async def test_what_was_chosen_stays_chosen_when_the_words_change(console: Console) -> None:
    await console.ticket(text=LIGHT)
    await console.services.duplicates.refresh(console.clock.now)
    browser = await _opened(console)
    for text in (LIGHT, "身份证丢了怎么补办"):
        part = await _asked(browser, "advice", text=text, parent="HY2611150007")
        assert re.search(r'value="HY2611150007"( checked)?', part.html), text


async def test_an_operator_marks_a_repeat_and_the_dispatcher_joins_it(console: Console) -> None:
    parent = await console.ticket(text=LIGHT)
    browser = await _opened(console)
    page = await _send(browser, "register", parent=parent.number)
    child = await console.stored(_number(page))
    assert child.parent_number is None
    assert [e.ticket for e in child.events if e.kind is EventKind.REPEAT_NOTED] == [parent.number]
    assert "由派单员并案" in page.words


async def test_a_parent_that_will_not_do_leaves_the_ticket_registered_and_says_so(console: Console) -> None:
    browser = await _opened(console, "dispatcher")
    page = await _send(browser, "register", parent="HY2611160999")
    ticket = await console.stored(_number(page))
    assert ticket.parent_number is None
    assert "工单已登记，但没有并入" in page.words


async def test_after_registering_a_repeat_can_still_be_joined(console: Console) -> None:
    parent = await console.ticket(text=LIGHT)
    await console.services.duplicates.refresh(console.clock.now)
    browser = await _opened(console, "dispatcher")
    page = await _send(browser, "register")
    number = _number(page)
    assert parent.number in page.words
    page = await browser.send(f"{PAGE}/{number}/link", {"parent": parent.number})
    assert "已并入" in page.words
    assert (await console.stored(number)).state is State.LINKED


async def test_the_query_code_is_for_whoever_registered_it_that_day(console: Console) -> None:
    browser = await _opened(console)
    number = _number(await _send(browser, "register"))
    other = await console.as_("supervisor")
    page = await other.open(f"{PAGE}/{number}")
    assert page.path == f"/console/tickets/{number}"
    console.clock.advance(hours=13)
    browser = await console.as_("operator")
    assert (await browser.open(f"{PAGE}/{number}")).path == f"/console/tickets/{number}"
    assert (await browser.open(f"{PAGE}/HY2611160999")).status == 404


async def test_a_place_is_picked_by_a_few_characters_or_level_by_level(console: Console) -> None:
    browser = await _opened(console)
    gazetteer = console.services.gazetteer
    part = await _asked(browser, "places", place="东门")
    east = next(p for p in gazetteer.all() if p.name == "东门社区")
    assert gazetteer.full_name(east) in part.words
    page = await browser.send(PAGE, {"key": "0" * 32, "text": LIGHT, "pick": east.id})
    assert f'name="place" value="{gazetteer.full_name(east)}"' in page.html
    assert LIGHT in page.html
    top = await _asked(browser, "places", place="")
    assert "城关街道" in top.words
    assert "地名表里没有" in (await _asked(browser, "places", place="火星基地")).words


async def test_the_types_and_the_door_are_the_operators_to_say(console: Console) -> None:
    browser = await _opened(console)
    page = await _send(browser, "register", request_type="report", channel="walk_in")
    ticket = await console.stored(_number(page))
    assert (ticket.request_type, ticket.channel) == (RequestType.REPORT, Channel.WALK_IN)
    assert ticket.secrecy is Secrecy.SECRET


@pytest.mark.parametrize(
    "fields",
    [
        {"key": "../../x", "channel": "wechat", "secrecy": "?", "request_type": "?", "parent": "$ne"},
        {"pick": "no-such-place", "entry": "no-such-entry", "do": "nonsense"},
        {"text": "\x00\ud7ff路灯\x07坏了", "phone": "\x00", "received_at": "9999-99-99T99:99"},
        {"place": "((((", "title": ".*" * 50},
    ],
)
async def test_a_form_nobody_could_fill_in_breaks_nothing(console: Console, fields: dict[str, Any]) -> None:
    browser = await _opened(console)
    page = await browser.send(PAGE, {"text": LIGHT, "do": "check", **fields})
    assert page.status == 200
    for part in ("advice", "caller", "places"):
        assert (await _asked(browser, part, **{"text": LIGHT, **fields})).status == 200
    assert (await _asked(browser, "nonsense")).status == 400


async def test_suggestions_need_the_token_of_the_page(console: Console) -> None:
    browser = await _opened(console)
    response = await browser.client.post(
        f"{PAGE}/suggest", data={"part": "caller", "phone": PHONE, "csrf": "x"}
    )
    assert response.status == 403


async def test_the_dispatchers_see_what_an_operator_left_to_them(console: Console) -> None:
    browser = await _opened(console)
    page = await _send(browser, "register", text="有件事想请你们管一管，我说不清楚是哪家的")
    ticket = await console.stored(_number(page))
    assert ticket.state is State.RECEIVED
    assert "留给派单员" in page.words
    board = await (await console.as_("dispatcher")).open("/console/triage")
    assert ticket.number in board.words
