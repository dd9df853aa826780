"""A list narrowed by what is special about its tickets: read off an index, and the same as reading the tickets."""

from __future__ import annotations

from datetime import timedelta

import pytest

from routing.acts import letters
from routing.derived_marks import MARKED
from routing.errors import Refused
from routing.identity import Vault
from routing.identity_store import MongoIdentityStore
from routing.list_marks import BY_MARK_AND_DUE, SPECIAL, Mark, condition
from routing.mongo_store import Database, MongoTicketStore, to_document
from routing.queries import Order, Queries, TicketFilter
from routing.ticket import Ticket
from routing.workflow import SYSTEM, Actor, Role, State
from tests.factories import PROFILE
from tests.routing.made_up_year import DAYS, FIRST, SUPERVISOR, UNITS, tickets

MANY = 200
PRESENT = FIRST + timedelta(days=DAYS)
LIAISON = Actor("liaison", "孟联络", Role.LIAISON, frozenset(UNITS[:12]))
READERS = (SYSTEM, SUPERVISOR, LIAISON)
FILTERS = tuple(
    TicketFilter(mark=mark, states=states, words=words, order=order)
    for mark in Mark
    for states in (None, frozenset({State.RECEIVED, State.ACCEPTED, State.DISPATCHED}))
    for words, order in ((None, Order.DUE), (None, Order.NEWEST), ("路灯", Order.DUE))
)


@pytest.fixture(scope="module")
def year() -> list[Ticket]:
    lived = list(tickets(MANY, seed=8))
    for n, ticket in enumerate(lived):
        if ticket.is_open or n % 3 == 0:
            _write_to(ticket)
    return lived


def _write_to(ticket: Ticket) -> None:
    try:
        letters.escalate(ticket, profile=PROFILE, actor=SUPERVISOR, now=PRESENT, text="请三天内办结。")
    except Refused:
        return


async def loaded(database: Database, year: list[Ticket]) -> Queries:
    await MongoTicketStore(database).prepare()
    await database["tickets"].insert_many([to_document(ticket) for ticket in year])
    vault = Vault(b"k" * 32)
    return Queries(database, identities=MongoIdentityStore(database, vault), vault=vault, search_ms=60_000)


async def listed(queries: Queries, filter_: TicketFilter, reader: Actor) -> tuple[list[str], int, int]:
    """The numbers over all pages, what the first page says they are, and what counting says."""
    page = await queries.search(filter_, reader=reader, limit=60)
    total, numbers = page.total, [ticket.number for ticket in page.tickets]
    while page.cursor:
        page = await queries.search(filter_, reader=reader, cursor=page.cursor, limit=60)
        numbers += [ticket.number for ticket in page.tickets]
    return numbers, total, await queries.count(filter_, reader=reader)


async def test_a_list_by_mark_is_the_same_off_the_index_as_off_the_tickets(
    database: Database, year: list[Ticket]
) -> None:
    queries = await loaded(database, year)
    asked = [(filter_, reader) for filter_ in FILTERS for reader in READERS]
    by_index = [await listed(queries, *each) for each in asked]
    found = {filter_.mark for (filter_, _), (numbers, *_) in zip(asked, by_index, strict=True) if numbers}
    assert {Mark.REOPENED, Mark.LETTER, Mark.NOT_PUBLIC, Mark.PAUSED} <= found
    # As an earlier version saved them.
    await database["tickets"].update_many({}, {"$unset": {SPECIAL: "", MARKED: ""}})
    assert [await listed(queries, *each) for each in asked] == by_index
    assert all(len(numbers) == total == counted for numbers, total, counted in by_index)


async def test_an_office_that_only_helps_finds_the_marked_ticket_and_another_does_not(
    database: Database, year: list[Ticket]
) -> None:
    queries = await loaded(database, year)
    helped = next(t for t in year if t.concerned - {t.unit_id} and "reopened" in _marks(t))
    helper = sorted(helped.concerned - {helped.unit_id})[0]
    stranger = next(unit for unit in UNITS if unit not in helped.concerned | {helped.unit_id})
    for unit, knows in ((helper, True), (stranger, False)):
        reader = Actor("liaison", "孟联络", Role.LIAISON, frozenset({unit}))
        numbers, *_ = await listed(queries, TicketFilter(mark=Mark.REOPENED), reader)
        assert (helped.number in numbers) is knows


def _marks(ticket: Ticket) -> set[str]:
    return {str(event.kind) for event in ticket.events}


async def test_counting_the_marked_reads_only_those_it_counts(database: Database, year: list[Ticket]) -> None:
    await loaded(database, year)
    units = {"unit_id": {"$in": [*UNITS, None]}}
    asked = {"$and": [units, {"state": {"$in": [State.RESOLVED]}}, condition(Mark.REOPENED, None)]}
    stages = [{"$match": asked}, {"$group": {"_id": 1, "n": {"$sum": 1}}}]
    plan = await database.command(
        "explain",
        {"aggregate": "tickets", "pipeline": stages, "cursor": {}, "hint": BY_MARK_AND_DUE},
        verbosity="executionStats",
    )
    stats = plan.get("executionStats") or plan["stages"][0]["$cursor"]["executionStats"]
    counted = await database["tickets"].count_documents(asked)
    assert 0 < stats["totalDocsExamined"] <= counted < stats["totalKeysExamined"]
