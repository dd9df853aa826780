"""Two people at the same thing: whoever saves second, on what somebody else has changed meanwhile, loses no word.

The forms are found on the pages as they are; the tables below are held against the route table and the desk's acts, so
that a form that takes words is either tried here or says why not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import FormData

from bot.web.console import ROUTES
from bot.web.performing import PERFORM
from routing.acts.acting import Acting
from routing.departments import UnitId
from tests.bot.web.conftest import Browser, Console, Page
from tests.bot.web.page_forms import PageForm, forms_of, typed_words_on
from tests.factories import HOUSING

BELOW = UnitId("qh.parks")
ON_THE_TICKET = "/console/tickets/{number}"

Prepare = Callable[[Console], Awaitable[str]]


async def _acting(console: Console, user: str) -> Acting:
    return Acting(actor=await console.actor(user), version=None, now=console.clock.now)


async def _received(console: Console) -> str:
    return (await console.ticket(None, text="有件事想请你们管一管，我说不清楚是哪家的")).number


async def _dispatched(console: Console) -> str:
    return (await console.ticket()).number


async def _accepted(console: Console) -> str:
    number = await _dispatched(console)
    await console.services.desk.accept(number, **await _acting(console, "liaison"))
    return number


async def _with_letter_and_helper(console: Console) -> str:
    number, joint = await _accepted(console), console.services.desk.joint
    await joint.escalate(number, text="请三天内办结。", **await _acting(console, "supervisor"))
    await joint.co_handle(number, [HOUSING], text="请查产权。", **await _acting(console, "liaison"))
    return number


async def _return_asked(console: Console) -> str:
    number = await _dispatched(console)
    await console.services.desk.request_return(
        number, reason="归住建部门管", basis="权责清单第12项", **await _acting(console, "liaison")
    )
    return number


async def _return_refused(console: Console) -> str:
    number = await _return_asked(console)
    await console.services.desk.decide_return(
        number, approved=False, reason="归你们管", **await _acting(console, "dispatcher")
    )
    return number


async def _linked(console: Console) -> str:
    number, parent = await _dispatched(console), await _dispatched(console)
    await console.services.desk.links.link(
        number, parent, reason="同一件事", **await _acting(console, "dispatcher")
    )
    return number


async def _extension_asked(console: Console) -> str:
    number = await _accepted(console)
    reviews = console.services.desk.reviews
    await reviews.request_extension(number, reason="设备在途", amount=3, **await _acting(console, "liaison"))
    return number


async def _suspension_asked(console: Console) -> str:
    number = await _accepted(console)
    until = console.clock.now + timedelta(days=20)
    await console.services.desk.reviews.request_suspension(
        number, reason="等法院判决", until=until, **await _acting(console, "liaison")
    )
    return number


async def _suspended(console: Console) -> str:
    number = await _suspension_asked(console)
    await console.services.desk.reviews.decide_suspension(
        number, approved=True, reason="属实", **await _acting(console, "supervisor")
    )
    return number


async def _appealed(console: Console) -> str:
    number = await _accepted(console)
    await console.services.desk.reviews.appeal_exclusion(
        number, reason="不是本单位职责", basis="三定方案", **await _acting(console, "liaison")
    )
    return number


async def _relayed(console: Console) -> str:
    number = await _accepted(console)
    await console.services.desk.joint.relay(
        number, BELOW, reason="请办理", **await _acting(console, "liaison")
    )
    return number


async def _resolved(console: Console) -> str:
    number = await _accepted(console)
    await console.services.desk.resolve(
        number, text="已责令停用炉具，装净化设备。", **await _acting(console, "liaison")
    )
    return number


TICKETS: dict[str, tuple[Prepare, tuple[str, ...]]] = {
    "received": (_received, ("dispatcher",)),
    "dispatched": (_dispatched, ("liaison", "supervisor")),
    "accepted": (_accepted, ("liaison",)),
    "letter-and-helper": (_with_letter_and_helper, ("liaison", "housing")),
    "return-asked": (_return_asked, ("dispatcher",)),
    "return-refused": (_return_refused, ("liaison",)),
    "linked": (_linked, ("dispatcher",)),
    "extension-asked": (_extension_asked, ("supervisor",)),
    "suspension-asked": (_suspension_asked, ("supervisor",)),
    "suspended": (_suspended, ("liaison",)),
    "appealed": (_appealed, ("supervisor",)),
    "relayed": (_relayed, ("liaison",)),
    "resolved": (_resolved, ("supervisor",)),
}
"""Where a ticket may stand, and who writes on its page then."""

LISTS: dict[str, tuple[Prepare, str, str]] = {
    "triage": (_received, "dispatcher", "/console/triage?number={number}"),
    "reviews-return": (_return_asked, "dispatcher", "/console/reviews"),
    "reviews-extension": (_extension_asked, "supervisor", "/console/reviews"),
    "letters-write": (_accepted, "supervisor", "/console/letters?number={number}"),
    "letters-answer": (_with_letter_and_helper, "liaison", "/console/letters"),
}
"""Forms of tickets on pages of their own."""

SEEN_ON: dict[str, str] = {
    "received": "answer-directly dispatch link mark-emergency reject remind supplement withdraw",
    "dispatched": "appeal-exclusion co-handle escalate return transfer",
    "accepted": "ask-material contact extend interim-reply relay resolve suspend",
    "letter-and-helper": "answer-letter answer-co-handling waive-co-handling",
    "return-asked": "decide-return",
    "return-refused": "arbitrate",
    "extension-asked": "decide-extension",
    "suspension-asked": "decide-suspension",
    "suspended": "resume",
    "appealed": "decide-exclusion",
    "relayed": "recall urge-below",
    "resolved": "archive rate reopen visit",
    "linked": "unlink",
}
"""The acts whose words are tried there."""

WITHOUT_WORDS = {"accept", "receive-letter", "enter-register"}
LIKE_ANOTHER: dict[str, str] = {
    "reply": "the second button of the form of resolve",
    "decide-reply": "the form of decide-extension; test_reviews_page.py",
    "ask-correction": "a form of the ticket's page, as ask-material; of applications alone",
    "consult": "the same",
    "hear-third-party": "the same",
    "decide-disclosure": "the same",
}

TRIED_HERE = {
    "/console/tickets/{number}/{action}",
    "/console/tickets/{number}/with-files/{action}",
    "/console/triage/{number}",
    "/console/reviews/{number}/{action}",
    "/console/letters/{number}/{action}",
}
TRIED_ELSEWHERE: dict[str, str] = {
    "/console/visits/{number}/{action}": "test_visits_page.py: on an old version keeps what was written",
    "/console/tickets/{number}/compose": "test_reply_desk.py: a template put in meanwhile shows the change too",
    "/console/knowledge/{name}/{action}": "test_knowledge_pages.py: of two who edit at once the second loses nothing",
    "/console/knowledge/new": "test_knowledge_pages.py: a new entry posted twice is one",
    "/console/profiles/{name}/{action}": "test_profiles_page.py: a text somebody else replaced meanwhile",
    "/console/intake": "test_intake_desk.py: a registered form that was changed is not filed over what was",
    "/console/duplicates/{number}/{action}": "test_duplicates_page.py; a line of reason, which the tab keeps",
}
NOTHING_OF_OTHERS: dict[str, str] = {
    "/console/login": "one's own",
    "/console/logout": "one's own",
    "/console/password": "one's own",
    "/console/views/{action}": "one's own",
    "/console/intake/suggest": "saves nothing",
    "/console/intake/drafts/{name}/drop": "one's own",
    "/console/tickets/{number}/reveal": "reads; the reason is for the log",
    "/console/tickets/{number}/photos/{photo}": "a switch",
    "/console/tickets/{number}/attachments": "adds",
    "/console/tickets/{number}/presence": "says who is there",
    "/console/triage/several": "no words; each ticket's version is asked for",
    "/console/triage/leave": "says who is there",
    "/console/intake/{number}/link": "no words",
    "/console/reply-templates": "adds",
    "/console/reply-templates/{name}/{action}": "takes away",
    "/console/deliveries/{number}/{name}/repeat": "adds a try; the reason is for the log",
    "/console/audit/samples/{action}": "each judgement is its auditor's own",
    "/console/models/{action}": "a switch with a reason for the log",
    "/console/knowledge/tasks/{name}/{action}": "hands a task on, with a word for the log",
    "/console/knowledge/proposals/{name}/{action}": "hands a proposal on, with a word for the log",
    "/console/knowledge/import": "a file",
    "/console/knowledge/import/{name}/{action}": "a switch",
    "/console/staff": "adds",
    "/console/staff/keys/{action}": "adds or closes",
    "/console/staff/import": "a file",
    "/console/staff/import/confirm": "a switch",
    "/console/staff/{name}/{action}": "a switch, or a name of few characters",
    "/console/duty/import": "a file",
    "/console/duty/import/confirm": "a switch",
    "/console/duty/{action}": "one's own leave",
    "/console/tables": "a file",
    "/console/tables/confirm": "a switch",
    "/console/tables/versions/{number}/back": "a switch",
    "/console/tables/days/{number}/back": "a switch",
    "/console/wechat/{name}/{action}": "a switch with a word for the log",
}
"""What takes no words, or only adds some that are nobody else's: there is nothing to save over."""


def test_no_form_that_takes_words_is_forgotten() -> None:
    posted = {route.path for route in ROUTES if route.method == "POST"}
    assert posted == TRIED_HERE | set(TRIED_ELSEWHERE) | set(NOTHING_OF_OTHERS), (
        "say how a stale save of it ends"
    )
    assert set(SEEN_ON) == set(TICKETS)
    tried = {act for acts in SEEN_ON.values() for act in acts.split()}
    assert set(PERFORM) == tried | WITHOUT_WORDS | set(LIKE_ANOTHER)


@pytest.mark.parametrize("name", TICKETS)
async def test_on_a_ticket_the_second_to_save_loses_no_word(console: Console, name: str) -> None:
    prepare, users = TICKETS[name]
    tried: set[str] = set()
    for user in users:
        number = await prepare(console)
        page = ON_THE_TICKET.format(number=number)
        tried |= await _nothing_is_lost(console, user, page, number, acts=SEEN_ON[name].split())
    assert tried == set(SEEN_ON[name].split())


@pytest.mark.parametrize("name", LISTS)
async def test_on_a_list_the_second_to_save_loses_no_word(console: Console, name: str) -> None:
    prepare, user, path = LISTS[name]
    number = await prepare(console)
    await _nothing_is_lost(console, user, path.format(number=number), number)


async def test_a_unit_that_lost_the_ticket_meanwhile_keeps_its_words_and_learns_nothing(
    console: Console,
) -> None:
    number = await _accepted(console)
    browser = await console.as_("liaison")
    page = await browser.open(ON_THE_TICKET.format(number=number))
    (form,) = [one for one in forms_of(page.html) if one.href.endswith("/contact")]
    await console.services.desk.transfer(
        number, HOUSING, reason="派错了", **await _acting(console, "dispatcher")
    )
    for href in (form.href, form.href.replace(number, "HY2026010100001")):
        form.href = href
        page = await _sent(browser, form, {"text": "已电话联系市民。"})
        assert page.status == 404
        assert "已电话联系市民。" in typed_words_on(page.html)
        assert "烧烤店" not in page.words, "nothing of the ticket"
        assert "没有查到这张工单" in page.words


async def _nothing_is_lost(
    console: Console, user: str, path: str, number: str, *, acts: Collection[str] = ()
) -> set[str]:
    """Every form of the page with words in it, sent after somebody else did something, and after it is all over; what
    they were for."""
    browser = await console.as_(user)
    page = await browser.open(path)
    forms = [
        one
        for one in forms_of(page.html)
        if one.typed and "version" in one.fields and number in one.href and (not acts or one.act in acts)
    ]
    assert forms, f"{user} finds no form with words on {path}"
    desk, clerk = console.services.desk, "operator" if user != "operator" else "dispatcher"
    if (await console.stored(number)).is_open:
        await desk.supplement(number, text="市民又来电，补充了楼号。", **await _acting(console, clerk))
        for form in forms:
            await _is_kept(browser, form, "changed")
        await desk.withdraw(number, reason="市民说不用办了", **await _acting(console, clerk))
    else:
        await desk.reopen(number, reason="油烟又有了", **await _acting(console, clerk))
    for form in forms:
        await _is_kept(browser, form, "over")
    return {form.act for form in forms}


async def _is_kept(browser: Browser, form: PageForm, when: str) -> None:
    words = {name: f"写了一半的话，{name}，{when}。" for name in form.typed}
    page = await _sent(browser, form, words)
    kept = typed_words_on(page.html) + page.words
    lost = {name for name, said in words.items() if name != "look_for" and said not in kept}
    assert page.status in (404, 409, 422), (form.href, when, page.status, page.path, page.words[:300])
    assert not lost, (form.href, when, lost, page.words[:300])


async def _sent(browser: Browser, form: PageForm, words: dict[str, str]) -> Page:
    fields: Any = {**form.fields, **words}
    if form.encoding:
        given, fields = fields, FormData(default_to_multipart=True)
        for name, value in given.items():
            fields.add_field(name, value)
    return await browser._keep(await browser.client.post(form.href, data=fields))
