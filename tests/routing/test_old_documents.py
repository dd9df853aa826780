"""Tickets saved by earlier versions of this program: what they owe is still seen."""

from __future__ import annotations

from datetime import timedelta

from routing.events import EventKind
from routing.mongo_store import Database, MongoTicketStore, from_document, to_document
from routing.store import Sweep
from routing.timing.sla import ClockName
from routing.workflow import SYSTEM
from tests.factories import CITY_MANAGEMENT, MONDAY_9_30, PROFILE, a_dispatcher, a_ticket

NOW = MONDAY_9_30
DAY = timedelta(days=1)


async def test_what_was_overdue_before_the_ladder_climbs_it_once(database: Database) -> None:
    store = MongoTicketStore(database)
    ticket = a_ticket()
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=NOW)
    ticket.check_deadlines(actor=SYSTEM, now=NOW + 9 * DAY)
    document = to_document(ticket)
    document["next_deadline_at"] = None
    for clock in document["clocks"]:
        del clock["rungs"], clock["next_rung_at"]
    assert any(c["alarmed"] for c in document["clocks"])
    await database["tickets"].insert_one({**document, "writes": 1})
    late = NOW + 12 * DAY
    assert await store.numbers_due(Sweep.DEADLINES, late, limit=9) == []
    await store.prepare()
    assert await store.numbers_due(Sweep.DEADLINES, late, limit=9) == [ticket.number]
    read = await store.get(ticket.number)
    assert read.check_deadlines(actor=SYSTEM, now=late, profile=PROFILE)
    raised = [e.clock for e in read.events if e.kind is EventKind.ALARM_RAISED]
    assert ClockName.REPLY in raised
    await store.save(read)
    await store.prepare()
    again = await store.get(ticket.number)
    assert again.next_deadline_at == read.next_deadline_at
    assert not again.check_deadlines(actor=SYSTEM, now=late, profile=PROFILE)


def test_a_clock_of_today_is_read_as_saved() -> None:
    ticket = a_ticket()
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=NOW)
    ticket.check_deadlines(actor=SYSTEM, now=NOW + 9 * DAY, profile=PROFILE)
    assert from_document(to_document(ticket)).clocks == ticket.clocks
