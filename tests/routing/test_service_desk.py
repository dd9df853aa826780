"""The service desk on a real MongoDB: saved once, by whom it may be, and never twice."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from bot.wording import explain
from classifier.model import Classification
from routing.acts.notice_desk import INTERRUPTED
from routing.citizen_request import Channel, Secrecy
from routing.departments import load_units
from routing.errors import (
    ExternalNumberConflict,
    Incomplete,
    NotYourRole,
    NotYourUnit,
    StaleTicket,
    UnknownTicket,
)
from routing.events import Audience, EventKind, NoticeChannel, NoticeState, PlannedNotice
from routing.figures.counting import FigureName, Period, totals
from routing.identity import Vault
from routing.identity_store import MongoIdentityStore
from routing.mongo_store import Database, MongoTicketStore
from routing.places.gazetteer import load_gazetteer
from routing.queries import Order, Queries, TicketFilter
from routing.service_desk import ServiceDesk, TriageTools
from routing.store import Sweep
from routing.ticket import Rating
from routing.triage.catalogue import load_duty_list
from routing.triage.deciding import ReasonKind
from routing.workflow import SYSTEM, Actor, Role, State
from tests.factories import (
    CITY_MANAGEMENT,
    HOUSING,
    MONDAY_9_30,
    PROFILE,
    a_dispatcher,
    a_liaison,
    a_request,
    a_supervisor,
)

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Office:
    desk: ServiceDesk
    queries: Queries
    tickets: MongoTicketStore
    identities: MongoIdentityStore
    database: Database


@pytest.fixture
async def office(database: Database) -> Office:
    vault = Vault(b"k" * 32)
    tickets, identities = MongoTicketStore(database), MongoIdentityStore(database, vault)
    await tickets.prepare()
    await identities.prepare()
    # A model that knows none of our topics: whatever is written waits for a person.
    unsure = Classification("别处的主题", 0.4, True, (), ())
    desk = ServiceDesk(
        tickets=tickets,
        identities=identities,
        profile=PROFILE,
        triage=TriageTools(
            lambda text: unsure, load_duty_list(), load_units(), load_gazetteer(), frozenset({"别处的主题"})
        ),
        vault=vault,
        planner=lambda ticket, event: (
            (PlannedNotice(Audience.CITIZEN, NoticeChannel.WECHAT),)
            if event.kind is EventKind.REPLIED
            else ()
        ),
    )
    return Office(desk, Queries(database, identities=identities, vault=vault), tickets, identities, database)


async def dispatched(office: Office, **request: object) -> str:
    ticket = await office.desk.register(a_request(**request), now=MONDAY_9_30)  # type: ignore[arg-type]
    await office.desk.dispatch(
        ticket.number, CITY_MANAGEMENT, actor=a_supervisor(), version=ticket.version, now=MONDAY_9_30
    )
    return ticket.number


async def test_twenty_deliveries_at_once_become_one_ticket(office: Office) -> None:
    request = a_request(external_number="12345-1")
    tickets = await asyncio.gather(*(office.desk.register(request, now=MONDAY_9_30) for _ in range(20)))
    assert len({t.number for t in tickets}) == 1
    assert await office.database["tickets"].count_documents({}) == 1


async def test_the_same_number_with_another_text_is_a_conflict(office: Office) -> None:
    request = a_request(external_number="12345-1")
    await office.desk.register(request, now=MONDAY_9_30)
    with pytest.raises(ExternalNumberConflict):
        await office.desk.register(replace(request, text="另一件事"), now=MONDAY_9_30)


async def test_a_ticket_keeps_no_trace_of_who_asked(office: Office) -> None:
    number = await dispatched(office)
    raw = str(await office.database["tickets"].find_one({"_id": number}))
    assert "王建国" not in raw
    assert "13800005678" not in raw


async def test_two_people_on_the_same_version_one_wins_and_the_other_is_told(office: Office) -> None:
    number = await dispatched(office)
    results = await asyncio.gather(
        *(office.desk.accept(number, actor=a_liaison(), version=2, now=MONDAY_9_30) for _ in range(5)),
        return_exceptions=True,
    )
    assert [type(r) for r in results].count(StaleTicket) == 4
    ticket = await office.tickets.get(number)
    assert [e.kind for e in ticket.events].count(EventKind.ACCEPTED) == 1


async def test_another_units_ticket_does_not_exist_for_a_liaison(office: Office) -> None:
    number = await dispatched(office)
    stranger = a_liaison(HOUSING)
    with pytest.raises(UnknownTicket):
        await office.desk.accept(number, actor=stranger, version=2, now=MONDAY_9_30)
    with pytest.raises(UnknownTicket):
        await office.queries.get(number, reader=stranger)
    with pytest.raises(UnknownTicket):
        await office.desk.reveal(number, actor=stranger, reason="看看", now=MONDAY_9_30)
    assert (await office.queries.search(TicketFilter(), reader=stranger)).total == 0


async def test_a_secret_citizen_stays_hidden_from_the_unit_and_open_to_the_centre(office: Office) -> None:
    number = await dispatched(office, secrecy=Secrecy.SECRET)
    ticket = await office.tickets.get(number)
    assert await office.queries.masked_citizen(ticket, reader=a_liaison()) is None
    with pytest.raises(NotYourRole):
        await office.desk.reveal(number, actor=a_liaison(), reason="联系", now=MONDAY_9_30)
    await office.desk.joint.co_handle(
        number, [HOUSING], actor=a_dispatcher(), version=None, now=MONDAY_9_30, text="请核实"
    )
    with pytest.raises(NotYourUnit) as refused:
        await office.desk.reveal(number, actor=a_liaison(HOUSING), reason="联系", now=MONDAY_9_30)
    assert "查看联系方式" in explain(refused.value)
    citizen = await office.desk.reveal(number, actor=a_supervisor(), reason="核实", now=MONDAY_9_30)
    assert citizen.phone == "13800005678"
    assert [r.reason async for r in office.identities.reads(number=number)] == ["核实"]


async def test_a_citizens_act_delivered_twice_counts_once(office: Office) -> None:
    number = await dispatched(office)
    for _ in range(2):
        ticket = await office.desk.supplement(number, text="现在还在响", now=MONDAY_9_30, key="m1")
    assert [e.kind for e in ticket.events].count(EventKind.SUPPLEMENTED) == 1


async def test_concurrent_acts_of_citizens_are_all_kept(office: Office) -> None:
    number = await dispatched(office)
    await asyncio.gather(
        *(office.desk.supplement(number, text=f"第{n}条", now=MONDAY_9_30, key=f"m{n}") for n in range(4))
    )
    ticket = await office.tickets.get(number)
    assert {e.text for e in ticket.events if e.kind is EventKind.SUPPLEMENTED} == {
        f"第{n}条" for n in range(4)
    }


async def test_a_notice_is_claimed_by_one_worker_only(office: Office) -> None:
    number = await dispatched(office)
    await office.desk.accept(number, actor=a_liaison(), version=2, now=MONDAY_9_30)
    ticket = await office.desk.reply(number, actor=a_liaison(), version=3, now=MONDAY_9_30, text="已处理")
    (entry,) = ticket.outbox
    claims = await asyncio.gather(
        *(
            office.desk.notices.settle_notice(
                number, entry.id, NoticeState.SENDING, was=NoticeState.QUEUED, now=MONDAY_9_30
            )
            for _ in range(5)
        ),
        return_exceptions=True,
    )
    assert sum(not isinstance(c, StaleTicket) for c in claims) == 1


async def test_what_only_the_worker_did_makes_nobodys_page_stale(office: Office) -> None:
    number = await dispatched(office)
    await office.desk.accept(number, actor=a_liaison(), version=2, now=MONDAY_9_30)
    replied = await office.desk.reply(number, actor=a_liaison(), version=3, now=MONDAY_9_30, text="已处理")
    (entry,) = replied.outbox
    for was, state in pairwise((NoticeState.QUEUED, NoticeState.SENDING, NoticeState.SENT)):
        await office.desk.notices.settle_notice(number, entry.id, state, was=was, now=MONDAY_9_30)
    await office.desk.check_deadlines(MONDAY_9_30 + timedelta(days=2))
    closed = await office.desk.resolve(number, actor=a_liaison(), version=replied.version, now=MONDAY_9_30)
    assert closed.state is State.RESOLVED


async def test_deadlines_are_noted_once_and_the_overdue_unit_pays_in_the_figures(office: Office) -> None:
    number = await dispatched(office)
    later = MONDAY_9_30 + timedelta(days=1)
    assert await office.desk.check_deadlines(later) == 1
    assert await office.desk.check_deadlines(later) == 0
    period = Period(MONDAY_9_30, later, as_of=later)
    figure = totals(await office.queries.figure_rows(period, reader=SYSTEM), period)[
        FigureName.SIGN_IN_ON_TIME
    ]
    assert (figure.numerator, figure.denominator) == (0, 1)
    ticket = await office.tickets.get(number)
    assert EventKind.OVERDUE in [e.kind for e in ticket.events]


async def test_a_claim_is_taken_over_only_after_it_expired(office: Office) -> None:
    number = await dispatched(office)
    await office.desk.accept(number, actor=a_liaison(), version=2, now=MONDAY_9_30)
    replied = await office.desk.reply(number, actor=a_liaison(), version=3, now=MONDAY_9_30, text="已处理")
    (entry,) = replied.outbox
    until = MONDAY_9_30 + timedelta(minutes=2)
    await office.desk.notices.settle_notice(
        number,
        entry.id,
        NoticeState.SENDING,
        was=NoticeState.QUEUED,
        now=MONDAY_9_30,
        try_again_at=until,
    )

    async def take_over(now: datetime) -> None:
        await office.desk.notices.settle_notice(
            number,
            entry.id,
            NoticeState.UNKNOWN,
            was=NoticeState.SENDING,
            now=now,
            failure=INTERRUPTED,
        )

    with pytest.raises(StaleTicket):
        await take_over(MONDAY_9_30 + timedelta(minutes=1))
    await take_over(until)
    assert (await office.tickets.get(number)).outbox[0].state is NoticeState.UNKNOWN


async def test_one_broken_ticket_does_not_stop_the_watch_over_the_others(office: Office) -> None:
    broken, sound = await dispatched(office), await dispatched(office)
    await office.database["tickets"].update_one(
        {"_id": broken}, {"$set": {"clocks.0.name": "no such clock", "next_deadline_at": MONDAY_9_30}}
    )
    await office.desk.check_deadlines(MONDAY_9_30 + timedelta(days=1))
    assert EventKind.OVERDUE in [e.kind for e in (await office.tickets.get(sound)).events]
    assert broken not in await office.tickets.numbers_due(
        Sweep.DEADLINES, MONDAY_9_30 + timedelta(days=1), limit=10
    )


async def test_a_lost_race_leaves_no_identity_behind(office: Office) -> None:
    request = a_request(external_number="12345-9")
    await asyncio.gather(*(office.desk.register(request, now=MONDAY_9_30) for _ in range(6)))
    assert await office.database["identities"].count_documents({}) == 1


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00", "x"])
async def test_a_forged_cursor_is_refused_in_words(office: Office, at: str) -> None:
    forged = base64.urlsafe_b64encode(f"{at}|HY1".encode()).decode()
    with pytest.raises(Incomplete):
        await office.queries.search(TicketFilter(), reader=a_supervisor(), cursor=forged)


async def test_pages_follow_one_another_without_gap_or_repetition(office: Office) -> None:
    numbers = [await dispatched(office) for _ in range(7)]
    for order in Order:
        seen: list[str] = []
        cursor: str | None = None
        while True:
            page = await office.queries.search(
                TicketFilter(order=order), reader=a_supervisor(), cursor=cursor, limit=3
            )
            seen += [t.number for t in page.tickets]
            cursor = page.cursor
            if cursor is None:
                break
        assert sorted(seen) == sorted(numbers)
        assert page.total == 7


async def test_search_finds_words_and_numbers_literally(office: Office) -> None:
    number = await dispatched(office, text="路灯(三盏)不亮")
    reader = a_supervisor()
    await dispatched(office, text="请打13800005678联系我")
    for words, found in (
        ("1380000", 0),
        ("联系我", 1),
        ("路灯(三", 1),
        (number.lower(), 1),
        (".*", 0),
        ("不存在", 0),
    ):
        assert (await office.queries.search(TicketFilter(words=words), reader=reader)).total == found, words


async def test_progress_needs_both_number_and_code(office: Office) -> None:
    number = await dispatched(office)
    code = office.desk.query_code(number)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert await office.queries.find_with_code(number, code) is not None
    assert await office.queries.find_with_code(number, wrong) is None
    assert await office.queries.find_with_code("HY0000000000", code) is None


async def test_a_citizen_finds_only_what_came_from_the_same_account_and_openid(office: Office) -> None:
    mine = await dispatched(office, channel=Channel.WECHAT, account="demo", openid="oMine")
    await dispatched(office, channel=Channel.WECHAT, account="demo", openid="oOther")
    found = await office.queries.of_citizen("demo", "oMine")
    assert [t.number for t in found] == [mine]


async def test_ratings_move_the_satisfaction_figure(office: Office) -> None:
    number = await dispatched(office)
    await office.desk.accept(number, actor=a_liaison(), version=2, now=MONDAY_9_30)
    await office.desk.resolve(number, actor=a_liaison(), version=3, now=MONDAY_9_30, text="已处理")
    ticket = await office.desk.rate(number, rating=Rating(5), now=MONDAY_9_30 + HOUR)
    assert ticket.state is State.ARCHIVED
    period = Period(MONDAY_9_30, MONDAY_9_30 + timedelta(days=30), as_of=MONDAY_9_30 + HOUR)
    figures = totals(await office.queries.figure_rows(period, reader=SYSTEM), period)
    assert figures[FigureName.SATISFIED].value == 1
    assert figures[FigureName.CLOSED_ON_TIME].value == 1
    assert figures[FigureName.SIGN_IN_ON_TIME].value == 1


async def test_an_editor_sees_no_tickets_at_all(office: Office) -> None:
    await dispatched(office)
    editor = Actor("editor", "编辑", Role.EDITOR, frozenset())
    assert (await office.queries.search(TicketFilter(), reader=editor)).total == 0


def test_one_request_after_another_for_different_units_waits_for_a_person() -> None:
    def classify(text: str) -> Classification:
        return Classification("城乡建设" if "水管" in text else "环境保护", 0.95, False, (), ())

    tools = TriageTools(
        classify, load_duty_list(), load_units(), load_gazetteer(), frozenset({"城乡建设", "环境保护"})
    )
    smoke = "楼下烧烤店油烟直排，炭火味熏得开不了窗，夜里一点还在营业。"
    water = "自来水管爆裂停水，水管爆了两天没人修，一滴水都没有。"
    day = MONDAY_9_30.date()
    for text, automatic in ((water, True), (f"第一，{water}第二，{smoke}", False)):
        decision, _ = tools.decide_on(text, place=None, on=day)
        assert decision.automatic is automatic, decision.why
    assert decision.why[0].kind in {ReasonKind.SEVERAL_REQUESTS, ReasonKind.SEVERAL_TOPICS}
