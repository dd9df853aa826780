"""Rows of the audit off the index: the same as recounted from each ticket, and never beyond one's rights."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from classifier.signals import guess_request_type
from routing.acts import returns
from routing.audit.checks import AuditRow, Kept
from routing.audit.rows import AuditFilter, AuditRows
from routing.citizen_request import Channel, RequestType
from routing.clocks import ClockState
from routing.departments import UnitId
from routing.derived_marks import DERIVED
from routing.events import EventKind
from routing.figures.counting import Period
from routing.mongo_store import MongoTicketStore
from routing.ticket import Ticket
from routing.timing.sla import ClockName
from routing.triage.deciding import Candidate, Reason, ReasonKind, TriageDecision
from routing.workflow import SYSTEM, Actor, Role
from tests.factories import CITY_MANAGEMENT, HOUSING, MONDAY_9_30, PROFILE, a_dispatcher, a_liaison, a_request
from tests.factories import a_ticket as a_new_ticket

AUDITOR = Actor("auditor", "严守正", Role.AUDITOR)
WEEK = Period(MONDAY_9_30 - timedelta(days=1), MONDAY_9_30 + timedelta(days=6), MONDAY_9_30)


def _decision(*units: UnitId, automatic: bool) -> TriageDecision:
    reasons = (Reason(ReasonKind.DUTY, "油烟扰民"), Reason(ReasonKind.WORDS, "油烟、烧烤"))
    candidates = tuple(Candidate(unit_id, None, 0.5, reasons, None) for unit_id in units)
    return TriageDecision(automatic, candidates, reasons, "qh.liuquan")


def _tickets() -> list[Ticket]:
    """Sent right at once; sent wrong and moved; sent back; answered by the centre; never looked at."""
    later = [MONDAY_9_30 + timedelta(hours=h) for h in range(1, 9)]
    right, wrong, back, plain, elsewhere = (
        a_new_ticket(
            a_request(title=title, text="油烟很大", channel=channel, at=MONDAY_9_30 + timedelta(minutes=n))
        )
        for n, (title, channel) in enumerate(
            [
                (None, Channel.WECHAT),
                ("烧烤", Channel.HOTLINE),
                ("𠮷", Channel.WEB),
                (None, Channel.WEB),
                (None, Channel.WEB),
            ]
        )
    )
    right.triage = _decision(CITY_MANAGEMENT, automatic=True)
    right.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=SYSTEM, now=later[0])
    right.accept(actor=a_liaison(), now=later[1])
    right.reply(actor=a_liaison(), now=later[2], text="已处理")
    right.resolve(actor=a_liaison(), now=later[3])
    wrong.triage = _decision(HOUSING, CITY_MANAGEMENT, automatic=True)
    wrong.dispatch(HOUSING, profile=PROFILE, actor=SYSTEM, now=later[0])
    wrong.transfer(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=later[4], reason="改派")
    back.leave_to_a_person(_decision(HOUSING, automatic=False), actor=SYSTEM, now=later[0])
    back.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=later[1])
    returns.request_return(
        back, profile=PROFILE, actor=a_liaison(), now=later[2], reason="不属", basis="清单"
    )
    returns.decide_return(
        back, approved=True, profile=PROFILE, actor=a_dispatcher(), now=later[3], reason="同意"
    )
    back.dispatch(HOUSING, profile=PROFILE, actor=a_dispatcher(), now=later[4])
    elsewhere.leave_to_a_person(TriageDecision(False, (), (), None), actor=SYSTEM, now=later[0])
    return [right, wrong, back, plain, elsewhere]


def _recount(ticket: Ticket) -> AuditRow:
    """What the row must say, read from the ticket itself."""
    first = ticket.triage.candidates[0] if ticket.triage and ticket.triage.candidates else None
    words = [r.detail.split("、") for r in first.reasons if r.kind is ReasonKind.WORDS] if first else []
    handed = [e.at for e in ticket.events if e.kind in (EventKind.DISPATCHED, EventKind.TRANSFERRED)]
    sent = [e.at for e in ticket.events if e.kind is EventKind.DISPATCHED]
    worded = guess_request_type(f"{ticket.title}\n{ticket.text}" if ticket.title else ticket.text)
    return AuditRow(
        number=ticket.number,
        received_ms=round(ticket.received_at.timestamp() * 1000),
        channel=ticket.channel,
        request_type=ticket.request_type,
        urgency=ticket.urgency,
        state=ticket.state,
        unit_id=ticket.unit_id,
        topic=ticket.topic,
        triaged=ticket.triage is not None,
        automatic=ticket.triage is not None and ticket.triage.automatic,
        first=first.unit_id if first else None,
        place_id=ticket.triage.place_id if ticket.triage else None,
        length=len(ticket.title or "") + len(ticket.text),
        words=tuple(word for said in words for word in said),
        registered_by=ticket.events[0].by,
        transfers=sum(e.kind is EventKind.TRANSFERRED for e in ticket.events),
        returns=sum(e.kind is EventKind.RETURN_APPROVED for e in ticket.events),
        lost_ms=round((handed[-1] - handed[0]).total_seconds() * 1000) if handed else 0,
        waited_ms=round((sent[0] - ticket.received_at).total_seconds() * 1000) if sent else None,
        dispatched=_kept(ticket, ClockName.DISPATCH),
        replied=_kept(ticket, ClockName.REPLY),
        worded=RequestType(worded.label),
        confidence=worded.confidence,
    )


def _kept(ticket: Ticket, name: ClockName) -> Kept:
    first = next((clock for clock in ticket.clocks if clock.name is name), None)
    if first is None or first.state is ClockState.CANCELLED:
        return None
    return first.due_at if first.running else first.state is ClockState.MET


@pytest.fixture
async def kept(database: AsyncIOMotorDatabase[dict[str, Any]]) -> list[Ticket]:
    tickets = _tickets()
    await MongoTicketStore(database).prepare()
    await MongoTicketStore(database).add_many(tickets)
    return tickets


async def test_a_row_says_what_the_ticket_says(
    kept: list[Ticket], database: AsyncIOMotorDatabase[dict[str, Any]]
) -> None:
    found = await AuditRows(database).find(AuditFilter(period=WEEK), reader=AUDITOR)
    assert found.complete
    assert list(found.rows) == [_recount(ticket) for ticket in reversed(kept)]


async def test_tickets_an_earlier_version_saved_are_read_themselves_until_they_are_marked(
    kept: list[Ticket], database: AsyncIOMotorDatabase[dict[str, Any]]
) -> None:
    store, rows = MongoTicketStore(database), AuditRows(database)
    marked = await database["tickets"].find().sort("_id").to_list(None)
    whole = await rows.find(AuditFilter(period=WEEK), reader=AUDITOR)
    await database["tickets"].update_many({}, {"$unset": dict.fromkeys(DERIVED, "")})
    assert await rows.find(AuditFilter(period=WEEK), reader=AUDITOR) == whole
    assert await store.catch_up(limit=3) == 3
    assert await rows.find(AuditFilter(period=WEEK), reader=AUDITOR) == whole
    assert [await store.catch_up(limit=3) for _ in range(2)] == [2, 0]
    assert await database["tickets"].find().sort("_id").to_list(None) == marked


async def test_a_ticket_that_cannot_be_read_holds_nothing_up(
    kept: list[Ticket], database: AsyncIOMotorDatabase[dict[str, Any]]
) -> None:
    await database["tickets"].update_one(
        {"_id": kept[0].number}, {"$set": {"state": "?"}, "$unset": dict.fromkeys(DERIVED, "")}
    )
    for _ in range(2):
        found = await AuditRows(database).find(AuditFilter(period=WEEK), reader=AUDITOR)
        assert [row.number for row in found.rows] == [ticket.number for ticket in reversed(kept[1:])]
        await MongoTicketStore(database).catch_up()
    assert await MongoTicketStore(database).catch_up() == 0


async def test_the_index_alone_answers(
    kept: list[Ticket], database: AsyncIOMotorDatabase[dict[str, Any]]
) -> None:
    await database.command("profile", 2)
    supervisor = Actor("s", "林", Role.SUPERVISOR, frozenset({CITY_MANAGEMENT, HOUSING}))
    for reader in (AUDITOR, supervisor):
        await AuditRows(database).find(AuditFilter(period=WEEK), reader=reader)
    await database.command("profile", 0)
    read = await database["system.profile"].find({"command.find": "tickets"}).to_list(None)
    assert [(each["nreturned"], each["docsExamined"]) for each in read] == [(len(kept), 0)] * 2


@pytest.mark.parametrize(
    ("reader", "seen"),
    [
        (AUDITOR, [4, 3, 2, 1, 0]),
        (Actor("s", "林", Role.SUPERVISOR, frozenset({CITY_MANAGEMENT, HOUSING})), [4, 3, 2, 1, 0]),
        (Actor("s", "林", Role.SUPERVISOR, frozenset({CITY_MANAGEMENT})), [4, 3, 1, 0]),
        (Actor("l", "陈", Role.LIAISON, frozenset({CITY_MANAGEMENT})), [1, 0]),
        (Actor("l", "陈", Role.LIAISON, frozenset()), []),
    ],
    ids=["auditor", "supervisor of all", "supervisor of one", "a unit", "nobody"],
)
async def test_a_reader_gets_rows_of_their_own_units_only(
    kept: list[Ticket], database: AsyncIOMotorDatabase[dict[str, Any]], reader: Actor, seen: list[int]
) -> None:
    found = await AuditRows(database).find(AuditFilter(period=WEEK), reader=reader)
    assert [row.number for row in found.rows] == [kept[n].number for n in seen]


@pytest.mark.parametrize(
    ("unit_id", "channel", "since", "seen"),
    [
        (HOUSING, None, WEEK.since, [2, 1]),
        (CITY_MANAGEMENT, None, WEEK.since, [1, 0]),
        (None, Channel.WEB, WEEK.since, [4, 3, 2]),
        (HOUSING, Channel.WEB, WEEK.since, [2]),
        (None, None, MONDAY_9_30 + timedelta(minutes=4), [4]),
        (UnitId("qh.water"), None, WEEK.since, []),
    ],
)
async def test_a_filter_narrows_by_unit_channel_and_period(
    kept: list[Ticket],
    database: AsyncIOMotorDatabase[dict[str, Any]],
    unit_id: UnitId | None,
    channel: Channel | None,
    since: datetime,
    seen: list[int],
) -> None:
    filter_ = AuditFilter(period=Period(since, WEEK.until, WEEK.as_of), unit_id=unit_id, channel=channel)
    found = await AuditRows(database).find(filter_, reader=AUDITOR)
    assert [row.number for row in found.rows] == [kept[n].number for n in seen]


async def test_when_there_are_too_many_the_newest_are_taken_and_it_says_so(
    kept: list[Ticket], database: AsyncIOMotorDatabase[dict[str, Any]]
) -> None:
    found = await AuditRows(database).find(AuditFilter(period=WEEK), reader=AUDITOR, limit=2)
    assert [row.number for row in found.rows] == [kept[4].number, kept[3].number]
    assert not found.complete
    assert (await AuditRows(database).find(AuditFilter(period=WEEK), reader=AUDITOR, limit=5)).complete
