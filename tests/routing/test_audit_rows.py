"""Rows of the audit as MongoDB makes them: the same as recounted from each ticket, and never beyond one's rights."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from routing.audit.checks import AuditRow, Limit, Step
from routing.audit.rows import AuditFilter, AuditRows
from routing.citizen_request import Channel
from routing.departments import UnitId
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
    back.request_return(profile=PROFILE, actor=a_liaison(), now=later[2], reason="不属", basis="清单")
    back.decide_return(approved=True, profile=PROFILE, actor=a_dispatcher(), now=later[3], reason="同意")
    back.dispatch(HOUSING, profile=PROFILE, actor=a_dispatcher(), now=later[4])
    elsewhere.leave_to_a_person(TriageDecision(False, (), (), None), actor=SYSTEM, now=later[0])
    return [right, wrong, back, plain, elsewhere]


def _recount(ticket: Ticket) -> AuditRow:
    """What the row must say, read from the ticket itself."""
    first = ticket.triage.candidates[0] if ticket.triage and ticket.triage.candidates else None
    kinds = (EventKind.DISPATCHED, EventKind.TRANSFERRED, EventKind.RETURN_APPROVED)
    words = [r.detail.split("、") for r in first.reasons if r.kind is ReasonKind.WORDS] if first else []
    return AuditRow(
        number=ticket.number,
        received_at=ticket.received_at,
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
        steps=tuple(Step(e.kind, e.at) for e in ticket.events if e.kind in kinds),
        limits=tuple(
            Limit(c.name, c.state, c.due_at)
            for c in ticket.clocks
            if c.name in (ClockName.DISPATCH, ClockName.REPLY)
        ),
    )


@pytest.fixture
async def kept(database: AsyncIOMotorDatabase[dict[str, Any]]) -> list[Ticket]:
    tickets = _tickets()
    await MongoTicketStore(database).add_many(tickets)
    return tickets


async def test_a_row_says_what_the_ticket_says(
    kept: list[Ticket], database: AsyncIOMotorDatabase[dict[str, Any]]
) -> None:
    found = await AuditRows(database).find(AuditFilter(period=WEEK), reader=AUDITOR)
    assert found.complete
    assert list(found.rows) == [_recount(ticket) for ticket in reversed(kept)]


async def test_a_row_carries_text_and_registrar_only_when_asked(
    kept: list[Ticket], database: AsyncIOMotorDatabase[dict[str, Any]]
) -> None:
    rows = AuditRows(database)
    found = await rows.find(AuditFilter(period=WEEK), reader=AUDITOR, with_text=True)
    assert [row.registered_by for row in found.rows] == [ticket.events[0].by for ticket in reversed(kept)]
    assert [row.text for row in found.rows] == [
        "油烟很大",
        "油烟很大",
        "𠮷\n油烟很大",
        "烧烤\n油烟很大",
        "油烟很大",
    ]


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
