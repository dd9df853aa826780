"""Precedents: what was answered before speaks for who should answer now, and nothing else does."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.departments import UnitId
from routing.mongo_store import Database, MongoTicketStore
from routing.ticket import Ticket
from routing.triage.precedent_store import PrecedentFeed
from routing.triage.precedents import MOST_SIMILAR, PastTicket, Precedents
from routing.workflow import State
from tests.factories import (
    CITY_MANAGEMENT,
    HOUSING,
    MONDAY_9_30,
    PROFILE,
    a_liaison,
    a_request,
    a_supervisor,
    a_ticket,
)

PARKS, WATER = UnitId("qh.parks"), UnitId("qh.water-company")
TODAY = date(2026, 11, 16)
SMOKE, LEAK = "楼下烧烤店油烟直排，熏得开不了窗", "自来水管爆裂，整条街都没有水用"


def past(number: str, text: str, unit_id: UnitId, *, received_on: date = TODAY) -> PastTicket:
    return PastTicket(number=number, text=text, unit_id=unit_id, received_on=received_on)


def test_the_units_of_similar_tickets_are_counted_the_most_frequent_first() -> None:
    tickets = [past(f"A{at}", f"{SMOKE}，第{at}次反映", CITY_MANAGEMENT) for at in range(4)]
    tickets += [past("B0", f"{SMOKE}，物业不管", HOUSING), past("C0", LEAK, WATER)]
    summary = Precedents(tickets).find(f"请管管{SMOKE}", on=TODAY)
    assert summary is not None
    assert summary.total == 5
    assert [(share.unit_id, share.count) for share in summary.shares] == [(CITY_MANAGEMENT, 4), (HOUSING, 1)]
    assert set(summary.shares[0].numbers) == {"A0", "A1", "A2", "A3"}


def test_nothing_is_said_where_nothing_is_alike() -> None:
    precedents = Precedents([past("A", SMOKE, CITY_MANAGEMENT)])
    assert precedents.find("孩子上小学要什么材料", on=TODAY) is None
    assert precedents.find("", on=TODAY) is None
    assert Precedents().find(SMOKE, on=TODAY) is None


def test_a_ticket_counts_for_the_unit_that_has_it_now() -> None:
    precedents = Precedents([past("A", SMOKE, HOUSING)])
    precedents.put_all([past("A", SMOKE, CITY_MANAGEMENT)])
    summary = precedents.find(SMOKE, on=TODAY)
    assert summary is not None
    assert [share.unit_id for share in summary.shares] == [CITY_MANAGEMENT]
    assert len(precedents) == 1


def test_a_forgotten_ticket_is_named_no_more_even_after_folding() -> None:
    precedents = Precedents(past(f"A{at}", SMOKE, CITY_MANAGEMENT) for at in range(3))
    precedents.forget("A1")
    precedents.forget("never there")
    for _ in range(2):
        summary = precedents.find(SMOKE, on=TODAY)
        assert summary is not None
        assert set(summary.shares[0].numbers) == {"A0", "A2"}
        precedents.fold()


def test_only_the_window_up_to_the_day_counts() -> None:
    days = {
        "old": TODAY - timedelta(days=731),
        "in": TODAY - timedelta(days=700),
        "later": TODAY + timedelta(days=1),
    }
    precedents = Precedents(
        past(number, SMOKE, CITY_MANAGEMENT, received_on=on) for number, on in days.items()
    )
    summary = precedents.find(SMOKE, on=TODAY)
    assert summary is not None
    assert summary.shares[0].numbers == ("in",)


def test_folding_changes_how_fast_an_answer_comes_and_not_who_is_most_alike() -> None:
    tickets = [past(f"S{at}", f"{SMOKE}{at}", CITY_MANAGEMENT) for at in range(40)]
    tickets += [past(f"L{at}", f"{LEAK}{at}", WATER) for at in range(20)]
    waiting, folded = Precedents(tickets), Precedents(tickets)
    folded.fold()
    for text, unit_id, count in ((SMOKE, CITY_MANAGEMENT, MOST_SIMILAR), (LEAK, WATER, 20)):
        for precedents in (waiting, folded):
            summary = precedents.find(text, on=TODAY)
            assert summary is not None
            assert [(share.unit_id, share.count) for share in summary.shares] == [(unit_id, count)]


WORDS = st.lists(
    st.sampled_from(["油烟", "熏人", "停水", "漏水", "路灯", "不亮", "烧烤", "爆管", "\ud800", "A"]),
    max_size=6,
)


@given(
    texts=st.lists(WORDS.map("".join), max_size=12),
    asked=WORDS.map("".join),
    gone=st.sets(st.integers(0, 11)),
    folds=st.booleans(),
)
def test_a_summary_adds_up_and_names_only_what_is_there(
    texts: list[str], asked: str, gone: set[int], folds: bool
) -> None:
    precedents = Precedents(past(str(at), text, (PARKS, WATER)[at % 2]) for at, text in enumerate(texts))
    if folds:
        precedents.fold()
    for at in gone:
        precedents.forget(str(at))
    there = {str(at) for at in range(len(texts)) if at not in gone}
    assert len(precedents) == len(there)
    summary = precedents.find(asked, on=TODAY)
    if summary is not None:
        named = [number for share in summary.shares for number in share.numbers]
        assert sum(share.count for share in summary.shares) == summary.total <= len(there)
        assert set(named) <= there
        assert len(set(named)) == len(named)


def in_state(state: State, unit_id: UnitId | None, number: str) -> Ticket:
    ticket = a_ticket(a_request(SMOKE, external_number=number))
    ticket.number = number
    if unit_id is None:
        return ticket
    boss, unit, now = a_supervisor(), a_liaison(unit_id), MONDAY_9_30
    ticket.dispatch(unit_id, profile=PROFILE, actor=boss, now=now)
    if state is State.DISPATCHED:
        return ticket
    ticket.accept(actor=unit, now=now)
    if state is State.RESOLVED:
        ticket.reply(actor=unit, now=now, text="已处理")
        ticket.resolve(actor=unit, now=now)
    return ticket


@pytest.fixture
async def feed(database: Database) -> PrecedentFeed:
    feed = PrecedentFeed(database)
    await feed.prepare()
    return feed


async def test_only_what_a_unit_signed_for_becomes_a_precedent(
    database: Database, feed: PrecedentFeed
) -> None:
    await MongoTicketStore(database).add_many(
        [
            in_state(State.RECEIVED, None, "HY2611160001"),
            in_state(State.DISPATCHED, CITY_MANAGEMENT, "HY2611160002"),
            in_state(State.ACCEPTED, CITY_MANAGEMENT, "HY2611160003"),
            in_state(State.RESOLVED, HOUSING, "HY2611160004"),
        ]
    )
    assert await feed.refresh(MONDAY_9_30) == 2
    summary = feed.find(SMOKE, on=TODAY)
    assert summary is not None
    assert {share.unit_id: share.numbers for share in summary.shares} == {
        CITY_MANAGEMENT: ("HY2611160003",),
        HOUSING: ("HY2611160004",),
    }


async def test_a_ticket_signed_for_given_back_or_handed_on_is_seen_at_the_next_refresh(
    database: Database, feed: PrecedentFeed
) -> None:
    store, now = MongoTicketStore(database), MONDAY_9_30
    ticket = in_state(State.DISPATCHED, CITY_MANAGEMENT, "HY2611160001")
    await store.add(ticket)
    await feed.refresh(now)
    assert len(feed) == 0

    async def later(minutes: int) -> datetime:
        at = now + timedelta(minutes=minutes)
        await store.save(ticket)
        await feed.refresh(at)
        return at

    ticket.accept(actor=a_liaison(CITY_MANAGEMENT), now=now + timedelta(minutes=5))
    await later(5)
    assert len(feed) == 1
    ticket.transfer(
        HOUSING, profile=PROFILE, actor=a_supervisor(), now=now + timedelta(minutes=9), reason="改派"
    )
    await later(9)
    assert len(feed) == 0
    ticket.accept(actor=a_liaison(HOUSING), now=now + timedelta(minutes=12))
    await later(12)
    summary = feed.find(SMOKE, on=TODAY)
    assert summary is not None
    assert [share.unit_id for share in summary.shares] == [HOUSING]


async def test_tickets_loaded_with_their_past_or_erased_are_noticed_by_their_number(
    database: Database, feed: PrecedentFeed
) -> None:
    await feed.refresh(MONDAY_9_30)
    later = MONDAY_9_30 + timedelta(days=1) - timedelta(minutes=10)
    tickets = [in_state(State.RESOLVED, HOUSING, f"HY26111600{at:02}") for at in range(12)]
    await feed.refresh(later)
    await MongoTicketStore(database).add_many(tickets)
    await feed.refresh(later + timedelta(minutes=1))
    assert len(feed) == 12
    await database["tickets"].delete_one({"_id": tickets[0].number})
    await feed.refresh(later + timedelta(minutes=2))
    assert len(feed) == 11


async def test_a_restart_finds_everything_up_to_the_most_it_may_hold(database: Database) -> None:
    tickets = [in_state(State.RESOLVED, HOUSING, f"HY26111600{at:02}") for at in range(12)]
    await MongoTicketStore(database).add_many(tickets)
    for most in (50, 5):
        feed = PrecedentFeed(database, most=most)
        await feed.refresh(MONDAY_9_30)
        assert len(feed) == min(most, 12)
