"""A generated year: every figure, by unit and month, equals what a plain loop over the raw events counts.

Here a year of 10,000 tickets; ``make bench`` does the same with 100,000 (tests/benchmarks/bench_year.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from routing.departments import UnitId
from routing.figures.counting import Figure, FigureName, FigureRow, Period, Verdict, by_unit, verdicts
from routing.figures.marks import (
    DUE_AT,
    MARKED,
    OPEN_UNIT,
    STOOD_STILL,
    Tally,
    marks_of,
    stood_still_after,
    strings_of,
)
from routing.figures.queries import FOREVER, count_suspended
from routing.figures.rows import KINDS, row_of, row_of_document
from routing.identity import Vault
from routing.identity_store import MongoIdentityStore
from routing.mongo_store import Database, MongoTicketStore, to_document
from routing.queries import Queries
from routing.ticket import Ticket
from routing.timing.working_calendar import CHINA
from routing.workflow import OPEN_STATES, SYSTEM, Actor, Role
from tests.databases import Databases
from tests.routing.made_up_year import DAYS, FIRST, tickets
from tests.routing.plain_count import Terms, count_again

MANY, IN_MONGO = 10_000, 1_500
PRESENT = FIRST + timedelta(days=DAYS)


def months() -> Iterator[Period]:
    """The year's calendar months and the one after it, where the last limits lie."""
    first = FIRST.astimezone(CHINA)
    while first < PRESENT + timedelta(days=31):
        following = (first + timedelta(days=31)).replace(day=1)
        yield Period(first, following, PRESENT)
        first = following


def plain(figures: dict[UnitId | None, dict[FigureName, Figure]], figure_month: str) -> dict[Any, Terms]:
    """The product's figures in the plain loop's form; 逾期在办 is of the moment, whatever the month."""
    return {
        (name.value, "now" if name is FigureName.OVERDUE_OPEN else figure_month, unit_id): (
            round(f.numerator * 10),
            f.denominator,
            f.excluded,
        )
        for unit_id, by_name in figures.items()
        for name, f in by_name.items()
    }


def month_name(period: Period) -> str:
    return f"{period.since.astimezone(CHINA):%Y-%m}"


@pytest.fixture(scope="module")
def year() -> list[Ticket]:
    return list(tickets(MANY, seed=42))


@pytest.fixture(scope="module")
def documents(year: list[Ticket]) -> list[dict[str, Any]]:
    return [to_document(ticket) for ticket in year]


@pytest.fixture(scope="module")
def rows(documents: list[dict[str, Any]]) -> list[FigureRow]:
    return [row_of_document(document) for document in documents]


def test_the_year_holds_every_kind_of_fact_figures_are_made_of(rows: list[FigureRow]) -> None:
    whole = Period(FIRST, FOREVER, PRESENT)
    excluded: set[str] = set()
    for by_name in by_unit(rows, whole).values():
        for figure in by_name.values():
            excluded |= figure.excluded.keys()
    happened = {event.kind for row in rows for event in row.events}
    assert happened == KINDS
    assert excluded == {
        "not_yet_due",
        "withdrawn",
        "rejected",
        "no_longer_applies",
        "linked",
        "suspended",
        "exclusion_upheld",
        "unsolved",
        "not_public",
    }


def counted_by_month(rows: list[FigureRow]) -> dict[Any, Terms]:
    """The product's figures of every month, each over the tickets it can concern."""
    judged: dict[Any, Terms] = {}
    for period in months():
        concerned = [row for row in rows if row.state in OPEN_STATES or touches(row, period)]
        judged |= plain(by_unit(concerned, period), month_name(period))
    return judged


def touches(row: FigureRow, period: Period) -> bool:
    moments = (row.received_at, *(e.at for e in row.events), *(c.due_at for c in row.clocks))
    return any(period.holds(at) for at in moments)


def test_every_figure_by_unit_and_month_is_what_a_plain_loop_counts(
    documents: list[dict[str, Any]], rows: list[FigureRow]
) -> None:
    again = count_again(documents, now=PRESENT)
    assert len(again) > 5_000
    assert counted_by_month(rows) == again


def test_a_row_is_the_same_before_and_after_storage(year: list[Ticket], rows: list[FigureRow]) -> None:
    assert [row_of(ticket) for ticket in year] == rows


def test_the_strings_of_the_year_say_what_the_judges_say(
    documents: list[dict[str, Any]], rows: list[FigureRow]
) -> None:
    period = Period(datetime(2026, 2, 10, tzinfo=CHINA), datetime(2026, 5, 3, tzinfo=CHINA), PRESENT)
    tally = Tally(period)
    tally.add(s for document in documents for s in strings_of(document) if "2026-02" <= s < "2026-05~")
    stock: dict[UnitId | None, list[bool]] = {}
    for document in documents:
        if OPEN_UNIT in document:
            late = DUE_AT in document and document[DUE_AT] < PRESENT
            stock.setdefault(UnitId(document[OPEN_UNIT]) or None, []).append(late)
    for unit_id, lates in stock.items():
        tally.add_open(unit_id, open_now=len(lates), overdue=sum(lates))
    assert tally.by_unit() == by_unit(rows, period)


async def loaded(database: Database, documents: list[dict[str, Any]]) -> Queries:
    store = MongoTicketStore(database)
    await store.prepare()
    await database["tickets"].insert_many([dict(document) for document in documents[:IN_MONGO]])
    return queries_of(database)


def queries_of(database: Database) -> Queries:
    vault = Vault(b"k" * 32)
    return Queries(database, identities=MongoIdentityStore(database, vault), vault=vault)


@pytest.fixture(scope="module")
def name_of_the_read(databases: Databases, mongo_url: str, documents: list[dict[str, Any]]) -> Iterator[str]:
    async def load(name: str) -> None:
        client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url, tz_aware=True)
        await loaded(client[name], documents)
        client.close()

    with databases.lend("a year that is only read") as name, asyncio.Runner() as runner:
        runner.run(load(name))
        yield name


@pytest.fixture
async def only_read(mongo_url: str, name_of_the_read: str) -> AsyncIterator[Database]:
    """What ``loaded`` makes, made once for all tests that write nothing."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url, tz_aware=True)
    yield client[name_of_the_read]
    client.close()


async def test_the_database_gives_the_same_figures_off_its_indexes_and_from_the_tickets(
    database: Database, documents: list[dict[str, Any]], rows: list[FigureRow]
) -> None:
    queries, tickets_ = await loaded(database, documents), database["tickets"]
    period = Period(datetime(2026, 3, 1, tzinfo=CHINA), datetime(2026, 4, 1, tzinfo=CHINA), PRESENT)
    right = by_unit(rows[:IN_MONGO], period)
    assert await queries.figures.groups(period, reader=SYSTEM) == right
    judged = by_unit(await queries.figure_rows(period, reader=SYSTEM), period)
    assert judged == right
    # What an older version wrote: judged from the tickets until all are marked anew.
    await tickets_.update_many(
        {"_id": {"$regex": "[13579]$"}}, {"$set": {MARKED: "old", "fm0": "2026-03|junk"}}
    )
    assert await queries.figures.is_behind()
    assert await queries.figures.groups(period, reader=SYSTEM) == right
    while await queries.figures.catch_up(limit=400):
        pass
    assert not await queries.figures.is_behind()
    assert await queries.figures.groups(period, reader=SYSTEM) == right


async def test_what_stood_still_is_found_by_its_own_index_and_counted_as_over_all_tickets(
    database: Database, documents: list[dict[str, Any]], rows: list[FigureRow]
) -> None:
    queries, tickets_ = await loaded(database, documents), database["tickets"]
    period = Period(datetime(2026, 3, 1, tzinfo=CHINA), datetime(2026, 6, 1, tzinfo=CHINA), PRESENT)
    right = count_suspended(rows[:IN_MONGO], period)
    assert len(right) > 5
    assert await queries.figures.suspended(period, reader=SYSTEM) == right
    beyond = {STOOD_STILL: {"$gt": stood_still_after(period.since)}}
    plan = await tickets_.find(beyond, {STOOD_STILL: 1}).explain()
    assert 5 < plan["executionStats"]["totalKeysExamined"] < 60
    assert plan["executionStats"]["totalDocsExamined"] == 0
    await tickets_.update_many({}, {"$set": {MARKED: "old"}, "$unset": {STOOD_STILL: ""}})
    assert await queries.figures.suspended(period, reader=SYSTEM) == right


@pytest.mark.parametrize("name", list(FigureName))
async def test_the_drill_down_off_the_indexes_lists_what_judging_the_tickets_lists(
    only_read: Database, rows: list[FigureRow], name: FigureName
) -> None:
    queries = queries_of(only_read)
    period = Period(datetime(2026, 3, 1, tzinfo=CHINA), datetime(2026, 4, 1, tzinfo=CHINA), PRESENT)

    def in_order(found: Iterable[Verdict]) -> list[Verdict]:
        return sorted(found, key=lambda v: (v.number, repr(v)))

    right = in_order(verdicts(name, rows[:IN_MONGO], period))
    assert right
    listed = await queries.figures.verdicts(name, period, reader=SYSTEM)
    assert [v.number for v in listed] == [v.number for v in right]
    assert in_order(listed) == right
    part = await queries.figures.verdicts(name, replace(period, until=PRESENT), reader=SYSTEM)
    assert len(part) >= len(right)


async def test_a_reader_lists_the_part_of_their_own_units_only(only_read: Database) -> None:
    queries = queries_of(only_read)
    period = Period(datetime(2026, 3, 1, tzinfo=CHINA), datetime(2026, 4, 1, tzinfo=CHINA), PRESENT)
    every = await queries.figures.verdicts(FigureName.CLOSED_ON_TIME, period, reader=SYSTEM)
    unit = next(v.unit_id for v in every if v.unit_id)
    reader = Actor("one", "某人", Role.LIAISON, frozenset({unit}))
    own = await queries.figures.verdicts(FigureName.CLOSED_ON_TIME, period, reader=reader)
    assert own == [v for v in every if v.unit_id == unit]


async def test_a_months_figures_read_no_ticket(only_read: Database) -> None:
    span = {"$gte": "2026-03", "$lt": "2026-03~"}
    found = only_read["tickets"].find({"fm0": span}, {"_id": 0, "fm0": 1}).hint([("fm0", 1), ("_id", 1)])
    plan = await found.explain()
    assert plan["executionStats"]["nReturned"] > 50
    assert plan["executionStats"]["totalDocsExamined"] == 0
    listed = only_read["tickets"].find({"fm0": span}, {"fm0": 1}).hint([("fm0", 1), ("_id", 1)])
    plan = await listed.explain()
    assert plan["executionStats"]["totalDocsExamined"] == 0, "nor does its drill-down"


async def test_indexes_of_earlier_versions_are_replaced_once(database: Database) -> None:
    await database["tickets"].create_index([("fm0", 1)], sparse=True)
    store = MongoTicketStore(database)
    for _ in range(2):
        await store.prepare()
        names = set(await database["tickets"].index_information())
        assert "fm0_1" not in names
        assert {"fm0_1__id_1", "fm3_1__id_1"} <= names


async def test_the_stock_of_every_month_follows_from_the_month_before(
    only_read: Database, documents: list[dict[str, Any]]
) -> None:
    queries = queries_of(only_read)
    balances = [await queries.figures.balance(period) for period in months()]
    assert balances[0].opening == 0
    for balance, following in pairwise(balances):
        assert balance.adds_up
        assert following.opening == balance.closing
    still_open = {"received", "dispatched", "accepted", "replied", "linked"}
    assert balances[-1].closing == sum(d["state"] in still_open for d in documents[:IN_MONGO])
    assert sum(b.received for b in balances) == IN_MONGO


@pytest.mark.parametrize("is_behind", [False, True], ids=["off the indexes", "while some are not marked"])
async def test_figures_and_balance_read_together_are_those_read_apart(
    database: Database, documents: list[dict[str, Any]], is_behind: bool
) -> None:
    reads = (await loaded(database, documents)).figures
    if is_behind:
        await database["tickets"].update_one({}, {"$set": {"f_version": "earlier"}})
    for period in (*months(),)[4::7]:
        groups, balance = await reads.groups_and_balance(period, reader=SYSTEM)
        assert groups == await reads.groups(period, reader=SYSTEM)
        assert balance == await reads.balance(period)
        assert balance.received


def test_every_ticket_says_where_it_is_open(documents: list[dict[str, Any]], rows: list[FigureRow]) -> None:
    for document, row in zip(documents, rows, strict=True):
        assert {k: v for k, v in document.items() if k.startswith(("fm", "f_"))} == marks_of(row)
