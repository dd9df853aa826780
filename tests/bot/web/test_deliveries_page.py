"""送达记录: what became of each notice, found again by state, way, day and number, and sent once more on purpose."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from bot import notices
from bot.delivery import ladder
from bot.delivery.ladder import Verdict
from bot.web import deliveries
from routing.acts.outbox import Step
from routing.citizen_request import Channel
from routing.events import Audience, EventKind, NoticeChannel, NoticeState, OutboxEntry, Rung
from routing.workflow import Actor, Role
from tests.bot.web.conftest import Console
from tests.factories import CITY_MANAGEMENT, HOUSING, a_request

BOSS = Actor("zheng", "郑克勤", Role.SUPERVISOR, frozenset({CITY_MANAGEMENT, HOUSING}))
PAGE = "/console/deliveries"


async def a_notice(console: Console, name: str) -> tuple[str, OutboxEntry]:
    """A ticket whose citizen is to be told where it went."""
    desk, now = console.services.desk, console.clock()
    request = a_request(channel=Channel.WECHAT, external_number=name, openid=f"o-{name}", account="county")
    number = (await desk.register(request, now=now)).number
    ticket = await console.services.tickets.get(number)
    act = desk.transfer if ticket.unit_id else desk.dispatch
    unit = HOUSING if ticket.unit_id == CITY_MANAGEMENT else CITY_MANAGEMENT
    await act(number, unit, actor=BOSS, version=None, now=now, reason="按职责")
    return number, await notice(console, number)


async def notice(console: Console, number: str) -> OutboxEntry:
    ticket = await console.services.tickets.get(number)
    return [e for e in ticket.outbox if e.audience is Audience.CITIZEN and e.channel is NoticeChannel.WECHAT][
        -1
    ]


async def settle(console: Console, number: str, entry: OutboxEntry, rung: Rung, *verdicts: Verdict) -> None:
    now = console.clock()
    claim = Verdict(state=NoticeState.SENDING, again_at=now + timedelta(minutes=2), step=Step(rung=rung))
    for verdict in (claim, *verdicts):
        before = await notice(console, number)
        await console.services.desk.notices.settle_notice(
            number,
            entry.id,
            verdict.state,
            was=before.state,
            now=now,
            failure=verdict.failure,
            try_again_at=verdict.again_at,
            step=verdict.step,
        )


SENT = Verdict(state=NoticeState.SENT, step=Step(message_id="county:1"))
FAILED = Verdict(state=NoticeState.FAILED, failure="45002")
UNKNOWN = Verdict(state=NoticeState.UNKNOWN, failure=ladder.NO_ANSWER)


async def test_every_notice_has_a_line_with_its_attempts_in_words(console: Console) -> None:
    sent, entry = await a_notice(console, "a")
    await settle(console, sent, entry, Rung.TEMPLATE, SENT)
    failed, entry = await a_notice(console, "b")
    await settle(console, failed, entry, Rung.CHAT, FAILED)
    browser = await console.as_("operator")
    page = await browser.open(PAGE)
    assert page.status == 200
    assert sent in page.words
    assert "模板消息 已发出" in page.words
    assert "客服消息 被拒收（内容过长，45002）" in page.words
    only = await browser.open(f"{PAGE}?state=failed")
    assert failed in only.words
    assert sent not in only.words
    assert sent in (await browser.open(f"{PAGE}?rung=template")).words
    assert failed not in (await browser.open(f"{PAGE}?number={sent}")).words
    yesterday = (console.clock() - timedelta(days=1)).date().isoformat()
    assert "这段时间没有要告诉市民的事" in (await browser.open(f"{PAGE}?day={yesterday}")).words


async def test_pages_follow_each_other_without_gap_or_repetition(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "PAGE_SIZE", 2)
    numbers = {(await a_notice(console, f"p{n}"))[0] for n in range(5)}
    browser = await console.as_("dispatcher")
    seen: list[str] = []
    page = await browser.open(PAGE)
    while True:
        seen += [n for n in sorted(numbers) if f'tickets/{n}"' in page.html]
        if 'rel="next"' not in page.html:
            break
        following = page.html.split('rel="next"')[0].rpartition('href="')[2].rstrip('" ')
        page = await browser.open(following.replace("&amp;", "&"))
    assert sorted(seen) == sorted(numbers)


async def test_what_failed_is_sent_again_and_the_history_says_who_asked(console: Console) -> None:
    number, entry = await a_notice(console, "again")
    await settle(console, number, entry, Rung.CHAT, FAILED)
    browser = await console.as_("operator")
    await browser.open(PAGE)
    page = await browser.send(f"{PAGE}/{number}/{entry.id}/repeat", {"back": f"{PAGE}?days=7"})
    assert page.path == f"{PAGE}?days=7"
    assert "已重新排队" in page.words
    ticket = await console.services.tickets.get(number)
    assert ticket.events[-1].kind is EventKind.NOTICE_REPEATED
    assert ticket.events[-1].by.name == "周敏"
    again = await notice(console, number)
    assert (again.state, again.replays, again.spent) == (NoticeState.QUEUED, 1, ())


async def test_what_may_have_arrived_is_only_sent_again_for_a_reason(console: Console) -> None:
    number, entry = await a_notice(console, "twice")
    await settle(console, number, entry, Rung.CHAT, UNKNOWN)
    browser = await console.as_("supervisor")
    await browser.open(PAGE)
    page = await browser.send(f"{PAGE}/{number}/{entry.id}/repeat", {"reason": " "})
    assert "没有重新发送" in page.words
    assert (await notice(console, number)).state is NoticeState.UNKNOWN
    await browser.send(f"{PAGE}/{number}/{entry.id}/repeat", {"reason": "市民来电说没有收到"})
    assert (await notice(console, number)).state is NoticeState.QUEUED
    page = await browser.send(f"{PAGE}/{number}/{entry.id}/repeat", {"reason": "再来一次"})
    assert "没有重新发送" in page.words, "it is on its way"


async def test_an_administrator_sees_and_repeats_and_reads_no_ticket(console: Console) -> None:
    number, entry = await a_notice(console, "admin")
    await settle(console, number, entry, Rung.CHAT, FAILED)
    browser = await console.as_("administrator")
    page = await browser.open(PAGE)
    assert number in page.words
    assert f"/console/tickets/{number}" not in page.html
    await browser.send(f"{PAGE}/{number}/{entry.id}/repeat", {})
    assert (await notice(console, number)).state is NoticeState.QUEUED


async def test_a_liaison_and_a_stranger_do_not_get_in(console: Console) -> None:
    liaison = await console.as_("liaison")
    assert (await liaison.open(PAGE)).status == 403
    assert (await (await console.stranger()).open(PAGE)).path.startswith("/console/login")


@pytest.mark.parametrize(
    "query", ["day=2026-13-45", "days=9999", "state=lost", "rung=pigeon", "after=x~y", "number=%00"]
)
async def test_nonsense_in_the_address_asks_for_the_day(console: Console, query: str) -> None:
    browser = await console.as_("operator")
    assert (await browser.open(f"{PAGE}?{query}")).status == 200


async def test_what_the_platform_above_was_told_is_listed_apart_and_sent_again_without_a_reason(
    console: Console,
) -> None:
    ticket = await console.ticket(external_number="QH-1")
    seq = next(e.seq for e in ticket.events if e.kind is EventKind.DISPATCHED)
    ticket.outbox = ()
    ticket.plan_notices(partial(notices.plan, by_callback=True), since=seq - 1)
    await console.services.tickets.save(ticket)
    (entry,) = [e for e in ticket.outbox if e.audience is Audience.PLATFORM]
    refused = Verdict(state=NoticeState.FAILED, failure="platform-422")
    claim = Verdict(state=NoticeState.SENDING, step=Step(rung=Rung.CALLBACK))
    was = NoticeState.QUEUED
    for verdict in (claim, refused):
        await console.services.desk.notices.settle_notice(
            ticket.number,
            entry.id,
            verdict.state,
            was=was,
            now=console.clock(),
            failure=verdict.failure,
            step=verdict.step,
        )
        was = verdict.state
    browser = await console.as_("operator")
    assert "回传" not in (await browser.open(PAGE)).words, "citizens' list has none of it"
    page = await browser.open(f"{PAGE}?to=platform")
    assert "派单" in page.words
    assert "回传 被拒收（上级平台不接受内容（422）" in page.words
    assert "可以放心重发" in page.words
    page = await browser.send(f"{PAGE}/{ticket.number}/{entry.id}/repeat", {"back": f"{PAGE}?to=platform"})
    assert page.path == f"{PAGE}?to=platform"
    stored = await console.stored(ticket.number)
    assert next(e for e in stored.outbox if e.id == entry.id).state is NoticeState.QUEUED
    assert "派单 → 上级平台（回传）" in (await browser.open(f"/console/tickets/{ticket.number}")).words


async def test_only_who_has_a_platform_above_is_asked_whom_to_list(console: Console) -> None:
    browser = await console.as_("operator")
    assert "发给上级平台" not in (await browser.open(PAGE)).words
    assert "发给上级平台" in (await browser.open(f"{PAGE}?to=platform")).words
    assert "发给上级平台" not in (await browser.open(f"{PAGE}?to=unit")).words
