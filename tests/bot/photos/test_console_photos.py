"""Photos on the ticket's page: who sees them, how they are served, what is logged, what an official adds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from aiohttp import FormData

from bot.given_answers import given_answers
from bot.photos.kinds import PhotoId, Source
from bot.photos.shelf import FetchState
from bot.talk.session import Picture
from routing.acts.answers import interim_reply
from routing.acts.replaying import replay, same_history
from routing.citizen_request import Secrecy
from routing.events import EventKind
from routing.ticket import Rating, Ticket
from routing.workflow import CITIZEN
from tests.bot.photos.pictures import office_file, phone_photo
from tests.bot.web.conftest import Browser, Console, Page, clock, console
from tests.factories import HOUSING, PROFILE

__all__ = ["clock", "console"]


async def with_photo(console: Console, **parts: Any) -> tuple[Ticket, PhotoId]:
    ticket = await console.ticket(**parts)
    photo = await console.services.photos.put(
        phone_photo(), number=ticket.number, source=Source.WECHAT, now=console.clock.now
    )
    return ticket, photo


async def upload(browser: Browser, number: str, *files: tuple[str, bytes], **fields: str) -> Page:
    assert browser.page is not None
    form = FormData(quote_fields=False)
    form.add_field("csrf", fields.pop("csrf", None) or browser.page.hidden("csrf"))
    for name, value in fields.items():
        form.add_field(name, value)
    for name, data in files or (("", b""),):  # as a browser sends a file field left empty
        form.add_field("files", data, filename=name, content_type="application/octet-stream")
    return await browser._keep(await browser.client.post(f"/console/tickets/{number}/attachments", data=form))


async def reads_of(console: Console, number: str) -> list[tuple[str, str]]:
    found = console.services.identities.reads(number=number)
    return [(read.actor_id, read.reason) async for read in found if read.role != "system"]


async def test_the_liaison_sees_thumbnails_and_opens_the_photo(console: Console) -> None:
    ticket, photo = await with_photo(console)
    browser = await console.as_("liaison")
    page = await browser.open(f"/console/tickets/{ticket.number}")
    href = f"/console/tickets/{ticket.number}/photos/{photo}"
    assert f'<a href="{href}"' in page.html
    assert f'src="{href}/small" alt="市民发来的第1张照片，11月16日（周一）09:30"' in page.html
    async with browser.client.get(href) as full, browser.client.get(f"{href}/small") as small:
        for answer in (full, small):
            assert answer.status == 200
            assert answer.content_type == "image/jpeg"
            assert answer.headers["Cache-Control"] == "private, no-store"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Content-Disposition"].startswith("inline; filename*=UTF-8''")
            assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert len(await small.read()) < len(await full.read())
    assert await reads_of(console, ticket.number) == [], "the wish was 公开"


async def test_photos_of_another_ticket_or_of_none_do_not_open(console: Console) -> None:
    ticket, photo = await with_photo(console)
    other = await console.ticket()
    browser = await console.as_("liaison")
    for address in (f"{other.number}/photos/{photo}", f"{ticket.number}/photos/{'0' * 32}"):
        assert (await browser.open(f"/console/tickets/{address}")).status == 404
        assert (await browser.open(f"/console/tickets/{address}/small")).status == 404


async def test_another_units_liaison_learns_nothing_of_a_photo(console: Console) -> None:
    ticket, photo = await with_photo(console)
    browser = await console.as_("housing")
    for address in ("", "/small"):
        page = await browser.open(f"/console/tickets/{ticket.number}/photos/{photo}{address}")
        assert page.status == 404


async def test_a_stranger_is_sent_to_log_in(console: Console) -> None:
    ticket, photo = await with_photo(console)
    page = await (await console.stranger()).open(f"/console/tickets/{ticket.number}/photos/{photo}")
    assert page.path.startswith("/console/login")


@pytest.mark.parametrize("secrecy", [Secrecy.SECRET, Secrecy.ANONYMOUS])
async def test_each_full_view_of_a_secret_tickets_photo_is_logged(console: Console, secrecy: Secrecy) -> None:
    ticket, photo = await with_photo(console, secrecy=secrecy)
    browser = await console.as_("liaison")
    await browser.open(f"/console/tickets/{ticket.number}")
    await browser.open(f"/console/tickets/{ticket.number}/photos/{photo}/small")
    assert await reads_of(console, ticket.number) == []
    for _ in range(2):
        assert (await browser.open(f"/console/tickets/{ticket.number}/photos/{photo}")).status == 200
    assert await reads_of(console, ticket.number) == [("liaison", f"查看市民的照片（{photo[:8]}）")] * 2


async def test_a_co_handler_sees_the_photos_of_an_open_ticket_only(console: Console) -> None:
    boss = await console.actor("supervisor")
    for secrecy, status in ((Secrecy.PUBLIC, 200), (Secrecy.SECRET, 404)):
        ticket, photo = await with_photo(console, secrecy=secrecy)
        lead = await console.actor("liaison")
        desk, now = console.services.desk, console.clock.now
        await desk.accept(ticket.number, actor=lead, version=None, now=now)
        await desk.joint.co_handle(
            ticket.number, [HOUSING], actor=boss, version=None, now=now, text="请协助查看"
        )
        browser = await console.as_("housing")
        page = await browser.open(f"/console/tickets/{ticket.number}")
        assert page.status == 200
        assert ("本单位看不到照片" in page.words) is (status == 404)
        assert (photo in page.html) is (status == 200)
        assert "上传附件" not in page.words
        opened = await browser.open(f"/console/tickets/{ticket.number}/photos/{photo}")
        assert opened.status == status


async def test_photos_on_their_way_and_lost_ones_are_said_in_words(console: Console) -> None:
    ticket = await console.ticket()
    await console.services.pictures.put(
        ticket.number, (Picture("a"), Picture("b")), now=console.clock.now, account="none"
    )
    claimed = await console.services.pictures.claim(console.clock.now)
    assert claimed is not None
    await console.services.pictures.lost(claimed.key, FetchState.EXPIRED)
    page = await (await console.as_("liaison")).open(f"/console/tickets/{ticket.number}")
    place = claimed.order + 1
    assert f"市民发来的第{place}张照片已过期，未能取回" in page.words
    assert f"市民发来的第{3 - place}张照片正在取回" in page.words


async def test_an_official_adds_files_and_decides_what_the_citizen_sees(console: Console) -> None:
    ticket = await console.ticket()
    browser = await console.as_("liaison")
    await browser.open(f"/console/tickets/{ticket.number}")
    page = await upload(
        browser,
        ticket.number,
        ("处理情况.docx", office_file("docx")),
        ("现场.jpg", phone_photo()),
        to_citizen="yes",
    )
    assert page.status == 200
    assert "已上传2个文件" in page.words
    document, picture = await console.services.photos.of_ticket(ticket.number)
    assert (document.name, picture.name, document.by) == ("处理情况.docx", "现场.jpg", "陈立新")
    assert document.to_citizen
    assert picture.to_citizen
    assert b"PhoneMaker" not in await console.services.photos.open(picture.id)
    async with browser.client.get(f"/console/tickets/{ticket.number}/photos/{document.id}") as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%E5%A4%84")
        assert await answer.read() == office_file("docx")
    await browser.open(f"/console/tickets/{ticket.number}")
    page = await browser.send(f"/console/tickets/{ticket.number}/photos/{document.id}", {"to_citizen": ""})
    assert "不再给市民看" in page.words
    now_shown = [one.to_citizen for one in await console.services.photos.of_ticket(ticket.number)]
    assert now_shown == [False, True]
    page = await browser.send(f"/console/tickets/{ticket.number}/photos/{document.id}", {"to_citizen": "yes"})
    assert "随下次答复给市民看" in page.words, "there is no answer to see it with"


async def test_a_citizens_photo_cannot_be_hidden_from_the_citizen(console: Console) -> None:
    ticket, photo = await with_photo(console)
    browser = await console.as_("liaison")
    await browser.open(f"/console/tickets/{ticket.number}")
    page = await browser.send(f"/console/tickets/{ticket.number}/photos/{photo}", {"to_citizen": ""})
    assert page.status == 404
    (kept,) = await console.services.photos.of_ticket(ticket.number)
    assert kept.to_citizen


@pytest.mark.parametrize(
    ("files", "status", "words"),
    [
        ([], 422, "还没有选文件"),
        ([("程序.exe", b"MZ\x90\x00")], 422, "只能传PDF"),
        ([("表.docx", office_file("docx", macros=True))], 422, "宏"),
        ([("大.pdf", b"%PDF-" + bytes(10 * 1024 * 1024))], 413, "“大.pdf”超过 10 MB"),
        ([(f"{n}.pdf", b"%%PDF-%d" % n) for n in range(10)], 413, "一次最多 9 个文件"),
    ],
    ids=["none", "program", "macros", "large", "many"],
)
async def test_what_cannot_be_taken_is_said_beside_the_form(
    console: Console, files: list[tuple[str, bytes]], status: int, words: str
) -> None:
    ticket = await console.ticket()
    browser = await console.as_("liaison")
    await browser.open(f"/console/tickets/{ticket.number}")
    page = await upload(browser, ticket.number, *files)
    assert page.status == status
    assert words in page.words
    assert await console.services.photos.of_ticket(ticket.number) == []


async def test_files_are_added_by_who_handles_the_ticket_and_from_its_page_only(console: Console) -> None:
    ticket = await console.ticket()
    pdf = ("a.pdf", b"%PDF-1.7")
    for user, csrf, status in (("housing", None, 404), ("auditor", None, 403), ("liaison", "wrong", 403)):
        browser = await console.as_(user)
        await browser.open("/console/tickets")
        page = await upload(browser, ticket.number, pdf, **({"csrf": csrf} if csrf else {}))
        assert page.status == status, user
    assert await console.services.photos.of_ticket(ticket.number) == []


async def taken_on(browser: Browser, ticket: Ticket) -> None:
    address = f"/console/tickets/{ticket.number}"
    await browser.open(address)
    await browser.send(f"{address}/accept")
    page = await browser.send(f"{address}/contact", {"text": "已电话联系市民，约好今晚上门。"})
    assert f'formaction="{address}/with-files/resolve"' in page.html


async def answers(
    browser: Browser, number: str, action: str, *files: tuple[str, bytes], **fields: str
) -> Page:
    """Sends the form of an answer as a browser does, files and all."""
    page = await browser.open(f"/console/tickets/{number}")
    form = FormData(quote_fields=False)
    fields = {name: page.hidden(name) for name in ("csrf", "version", "seen")} | fields
    for name, value in fields.items():
        form.add_field(name, value)
    for name, data in files or (("", b""),):
        form.add_field("files", data, filename=name, content_type="application/octet-stream")
    address = f"/console/tickets/{number}/with-files/{action}"
    return await browser._keep(await browser.client.post(address, data=form))


ANSWER = "人民路的路灯已经修好，换了三盏灯泡，晚上都亮了。"


async def test_a_photo_goes_up_with_the_answer_and_the_citizen_may_see_it(console: Console) -> None:
    ticket = await console.ticket(text="人民路的路灯坏了三盏，晚上很黑，请派人修。")
    browser = await console.as_("liaison")
    await taken_on(browser, ticket)
    again = {name: browser.page.hidden(name) for name in ("version", "seen") if browser.page}
    for _ in range(2):  # a second click sends all of it once more
        page = await answers(
            browser, ticket.number, "resolve", ("proof.jpg", phone_photo()), text=ANSWER, **again
        )
        assert page.status == 200, page.words
    (photo,) = await console.services.photos.of_ticket(ticket.number)
    assert (photo.source, photo.to_citizen) == (Source.OFFICIAL, True)
    told = given_answers(await console.services.tickets.get(ticket.number), [photo])
    assert told.current is not None
    assert (told.current.text, told.current.files) == (ANSWER, (photo,))


async def test_words_that_cannot_go_yet_stay_and_their_photo_is_kept_for_the_next_try(
    console: Console,
) -> None:
    ticket = await console.ticket(text="人民路的路灯坏了三盏，晚上很黑，请派人修。")
    browser = await console.as_("liaison")
    await taken_on(browser, ticket)
    page = await answers(browser, ticket.number, "reply", ("proof.jpg", phone_photo()), text="路灯已修好")
    assert page.status == 422
    assert "太短" in page.words
    assert ">路灯已修好</textarea>" in page.html
    page = await answers(browser, ticket.number, "reply", text=ANSWER)
    assert page.status == 200
    answered = await console.stored(ticket.number)
    photos = await console.services.photos.of_ticket(ticket.number)
    assert [one.text for one in given_answers(answered, photos).told if one.files] == [ANSWER]


async def told_of_files(console: Console, ticket: Ticket) -> list[str]:
    photos = await console.services.photos.of_ticket(ticket.number)
    told = given_answers(await console.stored(ticket.number), photos).told
    return [one.text for one in told if one.files]


async def tells_how_far(console: Console, ticket: Ticket, text: str) -> None:
    actor, now = await console.actor("liaison"), console.clock.now
    await console.services.desk.interim_reply(ticket.number, actor=actor, version=None, now=now, text=text)


async def test_the_photo_of_an_answer_that_was_not_sent_is_seen_with_none_before_it(console: Console) -> None:
    ticket = await console.ticket(text="人民路的路灯坏了三盏，晚上很黑，请派人修。")
    browser = await console.as_("liaison")
    await taken_on(browser, ticket)
    await tells_how_far(console, ticket, "灯泡已经订了，下周到货。")
    page = await answers(browser, ticket.number, "reply", ("proof.jpg", phone_photo()), text="路灯已修好")
    assert page.status == 422
    assert await told_of_files(console, ticket) == []
    page = await browser.open(f"/console/tickets/{ticket.number}")
    assert "随下次答复公开" in page.words
    await tells_how_far(console, ticket, "灯泡到了，明天来装。")
    assert await told_of_files(console, ticket) == [], "it came with the answer, not with how far it is"
    page = await answers(browser, ticket.number, "resolve", text=ANSWER)
    assert page.status == 200
    assert await told_of_files(console, ticket) == [ANSWER]
    page = await answers(
        browser, ticket.number, "resolve", ("other.jpg", phone_photo(seed=7)), text="另一份答复，没有发出去。"
    )
    assert page.status in (409, 422)
    photos = await console.services.photos.of_ticket(ticket.number)
    told = given_answers(await console.stored(ticket.number), photos)
    assert [told.shows(photo) for photo in photos] == [True, False]


async def test_the_same_photo_sent_with_the_next_answer_goes_with_that_too(console: Console) -> None:
    ticket = await console.ticket(text="人民路的路灯坏了三盏，晚上很黑，请派人修。")
    browser = await console.as_("liaison")
    await taken_on(browser, ticket)
    proof, first = ("proof.jpg", phone_photo()), "人民路路灯的灯泡已经订了，下周一到货，到了马上来装。"
    for action, text in (("interim-reply", first), ("reply", ANSWER)):
        page = await answers(browser, ticket.number, action, proof, text=text)
        assert page.status == 200, page.words
    assert await told_of_files(console, ticket) == [first, ANSWER]
    assert len(await console.services.photos.of_ticket(ticket.number)) == 1


async def test_what_is_made_public_while_an_answer_is_reviewed_waits_for_it(console: Console) -> None:
    ticket, now = await console.ticket(), console.clock.now
    unit, reviewed = await console.actor("liaison"), replace(PROFILE, review_replies=True)
    ticket.accept(actor=unit, now=now)
    interim_reply(ticket, actor=unit, now=now, text="灯泡已经订了。")
    ticket.reply(actor=unit, now=now, text=ANSWER, profile=reviewed)
    await console.services.tickets.save(ticket)
    browser = await console.as_("liaison")
    await browser.open(f"/console/tickets/{ticket.number}")
    page = await upload(browser, ticket.number, ("现场.jpg", phone_photo()), to_citizen="yes")
    assert page.status == 200
    assert await told_of_files(console, ticket) == []
    stored, boss = await console.stored(ticket.number), await console.actor("supervisor")
    stored.decide_reply(approved=True, actor=boss, now=now, reason="属实")
    photos = await console.services.photos.of_ticket(ticket.number)
    assert [one.text for one in given_answers(stored, photos).told if one.files] == [ANSWER]


async def test_a_photo_shown_by_mistake_is_taken_back_when_all_is_over(console: Console) -> None:
    ticket = await console.ticket(text="人民路的路灯坏了三盏，晚上很黑，请派人修。")
    browser = await console.as_("liaison")
    await taken_on(browser, ticket)
    await answers(browser, ticket.number, "resolve", ("proof.jpg", phone_photo()), text=ANSWER)
    stored = await console.stored(ticket.number)
    stored.rate(Rating(5), actor=CITIZEN, now=console.clock.now)
    await console.services.tickets.save(stored)
    (photo,) = await console.services.photos.of_ticket(ticket.number)
    page = await browser.open(f"/console/tickets/{ticket.number}")
    assert "上传附件" not in page.words
    assert "不再公开" in page.words
    address = f"/console/tickets/{ticket.number}/photos/{photo.id}"
    page = await browser.send(address, {"to_citizen": "", "reason": " "})
    assert page.status == 422
    assert "请写明为什么不再公开" in page.words
    assert len(await told_of_files(console, ticket)) == 1
    page = await browser.send(address, {"to_citizen": "", "reason": "拍到了邻居的脸"})
    assert page.status == 200
    assert await told_of_files(console, ticket) == []
    history = page.words.partition("办理经过")[2]
    assert "文件不再给市民看" in history
    assert "拍到了邻居的脸" in history
    done = (await console.stored(ticket.number)).events[-1]
    assert (done.kind, done.by.name) == (EventKind.FILE_HIDDEN, "陈立新")
    page = await browser.send(address, {"to_citizen": "yes"})
    assert "市民现在可以看到这个文件" in page.words
    stored = await console.stored(ticket.number)
    assert [e.kind for e in stored.events][-2:] == [EventKind.FILE_HIDDEN, EventKind.FILE_SHOWN]
    assert same_history(replay(stored, profile=PROFILE), stored)


@pytest.mark.parametrize(
    ("file", "status", "words"),
    [(("proof.exe", b"MZ" + bytes(99)), 422, ""), (("proof.jpg", bytes(10 * 1024 * 1024 + 1)), 413, "10 MB")],
)
async def test_a_file_that_cannot_be_kept_loses_no_word_of_the_answer(
    console: Console, file: tuple[str, bytes], status: int, words: str
) -> None:
    ticket = await console.ticket(text="人民路的路灯坏了三盏，晚上很黑，请派人修。")
    browser = await console.as_("liaison")
    await taken_on(browser, ticket)
    page = await answers(browser, ticket.number, "reply", file, text=ANSWER)
    assert page.status == status
    assert f">{ANSWER}</textarea>" in page.html
    assert words in page.words
    assert given_answers(await console.stored(ticket.number)).told == ()


async def test_only_answers_carry_files_and_only_of_those_who_answer_for_the_ticket(console: Console) -> None:
    ticket = await console.ticket(text="人民路的路灯坏了三盏，晚上很黑，请派人修。")
    browser = await console.as_("liaison")
    await taken_on(browser, ticket)
    page = await answers(browser, ticket.number, "withdraw", ("proof.jpg", phone_photo()), text=ANSWER)
    assert page.status == 404
    other = await console.as_("housing")
    page = await browser.open(f"/console/tickets/{ticket.number}")
    fields = {name: page.hidden(name) for name in ("version", "seen")}
    form = FormData(quote_fields=False)
    for name, value in {
        "csrf": other.page.hidden("csrf") if other.page else "",
        **fields,
        "text": ANSWER,
    }.items():
        form.add_field(name, value)
    form.add_field("files", phone_photo(), filename="proof.jpg", content_type="image/jpeg")
    answer = await other.client.post(f"/console/tickets/{ticket.number}/with-files/reply", data=form)
    assert answer.status == 404
    assert await console.services.photos.of_ticket(ticket.number) == []
