"""The board's counts: each equals what the tickets themselves say, and an index alone answers them."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from routing.errors import Refused
from routing.live_counts import LiveCounts, Standing, at_risk_query
from routing.mongo_store import Database, MongoTicketStore
from routing.ticket import Ticket
from routing.timing.working_calendar import CHINA
from tests.routing.lifecycles import PROFILE, a_random_ticket, later, next_act

LIVES = 120


async def _lives(database: Database) -> tuple[list[Ticket], datetime]:
    """Tickets somewhere in their lives, each stored; and the moment they are looked at."""
    rng = random.Random(20261122)
    store = MongoTicketStore(database)
    await store.prepare()
    tickets = []
    looked_at: datetime | None = None
    for n in range(LIVES):
        ticket = a_random_ticket(rng)
        ticket.number = f"HY2611160{n:03d}"
        ticket.external_number = f"live-{n}"
        now = ticket.events[-1].at
        for _ in range(rng.randrange(8)):
            now += later(rng)
            actor, act = next_act(ticket, rng)
            try:
                act(ticket, rng, PROFILE, actor, now)
            except Refused:
                continue
        await store.add(ticket)
        tickets.append(ticket)
        looked_at = max(looked_at or now, ticket.received_at + timedelta(days=2))
    assert looked_at is not None
    return tickets, looked_at


def _plain(ticket: Ticket, now: datetime) -> Standing:
    due = ticket.next_due_at
    midnight = now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    running = due is not None and due >= now
    told = due is not None and ticket.next_deadline_at is not None and ticket.next_deadline_at >= due
    return Standing(
        open=1,
        overdue=int(due is not None and due < now),
        at_risk=int(running and told),
        today=int(running and due is not None and due < midnight),
    )


async def test_every_count_equals_what_the_tickets_say(database: Database) -> None:
    tickets, now = await _lives(database)
    counts = LiveCounts(database)
    await counts.prepare()
    wanted: dict[Any, Standing] = {}
    for ticket in tickets:
        if ticket.is_open:
            wanted[ticket.unit_id] = wanted.get(ticket.unit_id, Standing()) + _plain(ticket, now)
    found = await counts.standing(now)
    assert found == wanted
    total = sum(found.values(), Standing())
    assert total.open > 20
    assert total.overdue > 0
    at_risk = await database["tickets"].count_documents(at_risk_query(now))
    assert at_risk == total.at_risk
    days = await counts.days(now=now, units=None, count=40)
    local = Counter(t.received_at.astimezone(CHINA).date() for t in tickets)
    closed = Counter(t.resolved_at.astimezone(CHINA).date() for t in tickets if t.resolved_at)
    assert {d.day: (d.received, d.closed) for d in days} == {
        d.day: (local[d.day], closed[d.day]) for d in days
    }
    assert sum(d.received for d in days) == LIVES
    heat = await counts.heat(now=now, units=None, days=40)
    assert heat == Counter((t.topic, t.unit_id) for t in tickets)
    one = next(unit for unit in wanted if unit is not None)
    theirs = await counts.heat(now=now, units=frozenset({one}), days=40)
    assert theirs == {key: n for key, n in heat.items() if key[1] == one}


@pytest.mark.parametrize("name", ["standing", "days", "heat"])
async def test_an_index_alone_answers(database: Database, name: str) -> None:
    """No ticket is read: what a count costs does not grow with what stands in a ticket."""
    _, now = await _lives(database)
    counts = LiveCounts(database)
    await counts.prepare()
    seen: list[tuple[list[dict[str, Any]], str]] = []
    tickets = counts._tickets

    class Watched:
        def aggregate(self, pipeline: list[dict[str, Any]], *, hint: str) -> Any:
            seen.append((pipeline, hint))
            return tickets.aggregate(pipeline, hint=hint)

    counts._tickets = Watched()  # type: ignore[assignment]
    asked: dict[str, Any] = {"standing": lambda: counts.standing(now)}
    asked["days"] = lambda: counts.days(now=now, units=None)
    asked["heat"] = lambda: counts.heat(now=now, units=None)
    await asked[name]()
    assert seen
    for pipeline, hint in seen:
        told = await database.command(
            "explain",
            {"aggregate": "tickets", "pipeline": pipeline, "cursor": {}, "hint": hint},
            verbosity="executionStats",
        )
        assert _examined(told) == {0}, told


def _examined(told: Any) -> set[int]:
    if isinstance(told, dict):
        own = {told["totalDocsExamined"]} if "totalDocsExamined" in told else set()
        return own.union(*(_examined(each) for each in told.values()))
    if isinstance(told, list):
        return set().union(*(_examined(each) for each in told))
    return set()
