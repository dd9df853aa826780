"""What a million tickets cost to list, to count and to watch. ``make bench`` prints it.

HUIYIN_BENCH_TICKETS sets how many (default 1,000,000: about four minutes to build on two cores).
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient

from bot.embedded import StoreAddresses
from classifier.model import Classification
from routing.departments import load_units
from routing.figures.counting import FigureName, Period, add_up
from routing.identity import Vault
from routing.identity_store import MongoIdentityStore
from routing.mongo_store import AWARE, MongoTicketStore, to_document
from routing.places.gazetteer import load_gazetteer
from routing.queries import Order, Queries, TicketFilter
from routing.service_desk import ServiceDesk
from routing.store import Sweep
from routing.triage.catalogue import load_duty_list
from routing.triage.triage_tools import TriageTools
from routing.workflow import OPEN_STATES, Actor, Role, State
from tests.factories import PROFILE
from tests.routing.made_up_year import DAYS, FIRST, UNITS, tickets

TICKETS = int(os.environ.get("HUIYIN_BENCH_TICKETS", "1000000"))
FEW = 10_000
LIVED = 20_000
"""Histories lived through the aggregate; further tickets are these again under other numbers."""
BATCH = 5_000
NOW = FIRST + timedelta(days=DAYS)
DUE = 100
"""Tickets with a deadline to note at one sweep, at either size."""
LATER = datetime(2030, 1, 1, tzinfo=UTC)
OCTOBER = Period(datetime(2026, 9, 30, 16, tzinfo=UTC), datetime(2026, 10, 31, 16, tzinfo=UTC), NOW)
PAGES_P95_MS, MONTH_MS, SWEEP_RATIO = 50, 500, 2

LIAISON = Actor("liaison", "陈联络", Role.LIAISON, frozenset({UNITS[7]}))
SUPERVISOR = Actor("supervisor", "林督办", Role.SUPERVISOR, frozenset(UNITS))
DISPATCHER = Actor("dispatcher", "周派单", Role.DISPATCHER, frozenset(UNITS))


@dataclass(frozen=True, slots=True)
class Hall:
    """One database with its readers and its desk."""

    queries: Queries
    store: MongoTicketStore
    desk: ServiceDesk
    tickets: Any


def hall(database: Any) -> Hall:
    vault = Vault(b"k" * 32)
    identities = MongoIdentityStore(database, vault)
    store = MongoTicketStore(database)
    unsure = Classification("别处的主题", 0.4, True, (), ())
    desk = ServiceDesk(
        tickets=store,
        identities=identities,
        profile=PROFILE,
        triage=TriageTools(
            lambda text: unsure, load_duty_list(), load_units(), load_gazetteer(), frozenset({"别处的主题"})
        ),
        vault=vault,
        planner=lambda ticket, event: (),
    )
    return Hall(
        Queries(database, identities=identities, vault=vault),
        store,
        desk,
        database.get_collection("tickets", codec_options=AWARE),
    )


def documents(count: int, histories: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The same histories again and again under numbers of their own; the first ``DUE`` open ones have a limit
    to note now, no other has."""
    due_left = DUE
    for start in range(0, count, BATCH):
        batch = []
        for n in range(start, min(start + BATCH, count)):
            document = {**histories[n % len(histories)]}
            number = f"HY{n:010d}"
            document.update(_id=number, number=number, external_number=f"Y{n:08d}")
            watched = document["next_deadline_at"] is not None and document["next_deadline_at"] < NOW
            if document["next_deadline_at"] is not None and not (watched and due_left):
                document["next_deadline_at"] = LATER
            elif watched:
                due_left -= 1
            batch.append(document)
        yield batch
    assert not due_left


async def build(place: Hall, count: int, histories: list[dict[str, Any]]) -> float:
    """Load, then index: what a restore does. Seconds taken."""
    start = time.perf_counter()
    for batch in documents(count, histories):
        await place.tickets.insert_many(batch, ordered=False)
    await place.store.prepare()
    return time.perf_counter() - start


@dataclass(frozen=True, slots=True)
class Spent:
    """What an act took, each list sorted. ``cpu`` is processor time of this process and of the server together: what
    one waits for on a machine that has nothing else to do, and what is held to the limits."""

    wall: list[float]
    cpu: list[float]

    @classmethod
    def of(cls, pairs: list[tuple[float, float]]) -> Spent:
        return cls(sorted(wall for wall, _ in pairs), sorted(cpu for _, cpu in pairs))

    def words(self) -> str:
        return (
            f"processor p50 {statistics.median(self.cpu):6.1f} p95 {p95(self.cpu):6.1f} ms, "
            f"waited p50 {statistics.median(self.wall):6.1f} p95 {p95(self.wall):6.1f} ms"
        )


async def time_it(
    place: Hall, act: Callable[[], Awaitable[object]], *, rounds: int, warm_up: int = 3
) -> Spent:
    pairs = []
    for n in range(warm_up + rounds):
        server, own, start = await server_ms(place), time.process_time(), time.perf_counter()
        await act()
        wall, own = (time.perf_counter() - start) * 1000, (time.process_time() - own) * 1000
        if n >= warm_up:
            pairs.append((wall, own + await server_ms(place) - server))
    return Spent.of(pairs)


async def server_ms(place: Hall) -> float:
    """Processor time the database server has used so far."""
    used = (await place.tickets.database.client.admin.command("serverStatus"))["extra_info"]
    return float(used["user_time_us"] + used["system_time_us"]) / 1000


def p95(spent: list[float]) -> float:
    return spent[min(len(spent) - 1, round(len(spent) * 0.95))]


LISTS: tuple[tuple[str, Actor, TicketFilter], ...] = (
    ("a unit's open tickets", LIAISON, TicketFilter(states=OPEN_STATES)),
    ("a unit's whole history", LIAISON, TicketFilter(order=Order.NEWEST)),
    ("what waits for a dispatcher", DISPATCHER, TicketFilter(states=frozenset({State.RECEIVED}))),
    ("everything open", SUPERVISOR, TicketFilter(states=OPEN_STATES)),
    ("everything, newest first", SUPERVISOR, TicketFilter(order=Order.NEWEST)),
    ("overdue now", SUPERVISOR, TicketFilter(states=OPEN_STATES, due_before=NOW)),
)


async def sweeps(place: Hall) -> Spent:
    """One sweep that notes ``DUE`` deadlines; everything is put back in between."""
    numbers = await place.store.numbers_due(Sweep.DEADLINES, NOW, limit=10 * DUE)
    assert len(numbers) == DUE
    before = await place.tickets.find({"_id": {"$in": numbers}}).to_list(None)
    pairs = []
    for _ in range(9):
        spent = await time_it(
            place, lambda: place.desk.check_deadlines(NOW, limit=10 * DUE), rounds=1, warm_up=0
        )
        pairs.append((spent.wall[0], spent.cpu[0]))
        for document in before:
            await place.tickets.replace_one({"_id": document["_id"]}, document)
    return Spent.of(pairs)


@asynccontextmanager
async def scratch(mongo_url: str, name: str) -> Any:
    client: Any = AsyncIOMotorClient(mongo_url, tz_aware=True)
    await client.drop_database(name)
    try:
        yield client[name]
    finally:
        await client.drop_database(name)
        client.close()


async def test_a_million_tickets(stores: StoreAddresses) -> None:
    histories = [to_document(t) for t in tickets(LIVED, seed=5)]
    for document in histories:
        document["version"] = document["writes"] = 1
    async with (
        scratch(stores.mongo_url, "bench_few") as small,
        scratch(stores.mongo_url, "bench_many") as big,
    ):
        few, many = hall(small), hall(big)
        await build(few, FEW, histories)
        took = await build(many, TICKETS, histories)
        print(f"\n{TICKETS:,} tickets loaded and indexed in {took:.0f} s")
        slowest = 0.0
        for title, reader, wanted in LISTS:
            spent = await time_it(many, partial(many.queries.search, wanted, reader=reader), rounds=40)
            slowest = max(slowest, p95(spent.cpu))
            print(f"  {title:28} {spent.words()}")
        month = await time_it(
            many, partial(many.queries.figures.groups, OCTOBER, reader=SUPERVISOR), rounds=15
        )
        groups = await many.queries.figures.groups(OCTOBER, reader=SUPERVISOR)
        received = add_up(groups, OCTOBER)[FigureName.REPLIED]
        size = received.denominator + sum(received.excluded.values())
        print(f"  a month by department, {size:,} received, {len(groups)} units: {month.words()}")
        stock = await time_it(many, partial(many.queries.figures.balance, OCTOBER), rounds=5, warm_up=1)
        print(f"  the month's balance: {stock.words()}")
        # Few, many, few again: a machine that warms up or grows busy favours neither.
        at_few, at_many, again = await sweeps(few), await sweeps(many), await sweeps(few)
        ratio = statistics.median(at_many.cpu) / statistics.median((*at_few.cpu, *again.cpu))
        print(f"  a sweep that notes {DUE} deadlines of {FEW:,}: {at_few.words()}")
        print(f"  the same of {TICKETS:,}: {at_many.words()}")
        print(f"  ratio {ratio:.2f} (at most {SWEEP_RATIO})")
    assert slowest <= PAGES_P95_MS
    assert statistics.median(month.cpu) <= MONTH_MS
    assert ratio <= SWEEP_RATIO
