"""提醒 → 催办 → 督办 → 通报: when each rung is reached, that each is announced once, and when people may be told."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from routing.citizen_request import RequestType, Urgency
from routing.duty.alarm_ladder import AlarmStep, Climb, Ladder, Recipient, may_be_told_at
from routing.duty.alarm_notices import alarm_notices
from routing.duty.known_rosters import KnownRosters
from routing.duty.roster import Duty, Leave, Roster
from routing.duty.roster_store import MongoRosterStore
from routing.events import Audience, EventKind
from routing.mongo_store import Database
from routing.ticket import Ticket
from routing.timing.profile_files import load_profile
from routing.timing.sla import ClockName
from routing.timing.working_calendar import CHINA
from routing.workflow import SYSTEM
from tests.factories import CITY_MANAGEMENT, a_dispatcher, a_request, a_ticket

PROFILE = load_profile("demo-county")
LADDER, CALENDAR = PROFILE.ladder, PROFILE.calendar
STEPS = list(AlarmStep)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).astimezone(UTC)


def told(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%m-%d %H:%M")


def climb(rungs: int, now: datetime, *, urgent: bool = False) -> Climb:
    return LADDER.climb(
        warn_at=at("2026-09-30T10:00"),
        due_at=at("2026-09-30T17:30"),
        rungs=rungs,
        calendar=CALENDAR,
        now=now,
        urgent=urgent,
    )


@pytest.mark.parametrize(
    ("due", "urgent", "expected"),
    [
        ("2026-11-23T17:30", False, ["11-20 10:00", "11-23 17:30", "11-24 17:30", "11-26 17:30"]),
        ("2026-09-30T17:30", False, ["09-29 10:00", "09-30 17:30", "10-08 17:30", "10-10 17:30"]),
        ("2026-10-04T01:10", True, ["10-03 01:10", "10-04 01:10", "10-04 03:10", "10-05 01:10"]),
        ("2026-10-04T01:10", False, ["10-03 01:10", "10-04 01:10", "10-08 17:30", "10-10 17:30"]),
    ],
)
def test_the_rungs_come_at_the_warning_the_due_time_and_one_and_three_working_days_after(
    due: str, urgent: bool, expected: list[str]
) -> None:
    warn_at = at("2026-11-20T10:00") if due.startswith("2026-11") else at(due) - timedelta(days=1)
    if due == "2026-09-30T17:30":
        warn_at = at("2026-09-29T10:00")
    times = LADDER.times(warn_at=warn_at, due_at=at(due), calendar=CALENDAR, urgent=urgent)
    assert [told(each) for each in times] == expected


def test_a_rung_reached_exactly_is_not_passed_and_a_moment_later_it_is() -> None:
    assert climb(0, at("2026-09-30T17:30")) == Climb(1, AlarmStep.REMINDER, at("2026-09-30T17:30"))
    assert climb(1, at("2026-09-30T17:30")).step is None
    late = climb(1, at("2026-09-30T17:30") + timedelta(seconds=1))
    assert late == Climb(2, AlarmStep.URGE, at("2026-10-08T17:30"))


def test_after_an_outage_only_the_highest_rung_is_announced_and_the_top_has_no_next() -> None:
    assert climb(0, at("2026-10-20T10:00")) == Climb(4, AlarmStep.BULLETIN, None)
    assert climb(4, at("2026-12-20T10:00")) == Climb(4, None, None)


@pytest.mark.parametrize("seed", range(20))
def test_however_often_the_worker_looks_every_step_is_announced_at_most_once_and_in_order(seed: int) -> None:
    chance = random.Random(seed)
    now, rungs, announced = at("2026-09-29T09:00"), 0, []
    while now < at("2026-10-20T09:00"):
        found = climb(rungs, now)
        if found.step is not None:
            announced.append(found.step)
        assert found.rungs >= rungs
        assert found.next_at is None or found.next_at >= now
        rungs = found.rungs
        now += timedelta(minutes=chance.randrange(1, 6000))
    assert announced == sorted(announced, key=STEPS.index)
    assert len(set(announced)) == len(announced)
    assert announced[-1] is AlarmStep.BULLETIN


def test_a_worker_that_sleeps_until_the_next_rung_misses_none() -> None:
    rungs, announced, next_at = 0, [], at("2026-09-30T10:00")
    for _ in STEPS:
        found = climb(rungs, next_at + timedelta(seconds=1))
        announced.append(found.step)
        rungs, next_at = found.rungs, found.next_at or next_at
    assert announced == STEPS


@pytest.mark.parametrize(
    ("tables", "why"),
    [
        ({"reminder": {"to": ["liaison"]}}, "reminder 与 urge"),
        ({"reminder": {"to": []}, "urge": {"to": ["liaison"]}}, "to"),
        ({"reminder": {"to": ["liaison"]}, "urge": {"to": ["liaison"], "overdue": "1 wd"}}, "overdue"),
        (
            {"reminder": {"to": ["liaison"]}, "urge": {"to": ["liaison"]}, "bulletin": {"to": ["head"]}},
            "overdue",
        ),
        ({"reminder": {"to": ["mayor"]}, "urge": {"to": ["liaison"]}}, "mayor"),
        ({"shouting": {"to": ["liaison"]}}, "shouting"),
    ],
)
def test_a_ladder_that_would_alarm_nobody_is_refused(tables: dict[str, dict[str, object]], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Ladder.parse(tables)


@pytest.mark.parametrize(
    ("now", "urgent", "expected"),
    [
        ("2026-11-18T10:00", False, "11-18 10:00"),
        ("2026-11-18T20:00", False, "11-19 09:00"),
        ("2026-09-30T17:31", False, "10-08 09:00"),
        ("2026-09-30T17:31", True, "09-30 17:31"),
    ],
)
def test_people_are_told_in_duty_hours_unless_it_is_urgent(now: str, urgent: bool, expected: str) -> None:
    assert told(may_be_told_at(at(now), hours=CALENDAR, urgent=urgent)) == expected


# On a ticket


def overdue_ticket(urgency: Urgency = Urgency.ORDINARY) -> Ticket:
    came_in = at("2026-11-16T09:30")
    ticket = a_ticket(a_request(at=came_in, urgency=urgency, request_type=RequestType.HELP), at=came_in)
    ticket.dispatch(
        CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=came_in + timedelta(minutes=5)
    )
    return ticket


def test_each_step_of_a_reply_goes_to_its_people_once() -> None:
    ticket = overdue_ticket()
    now, end = at("2026-11-16T10:00"), at("2026-11-30T10:00")
    while now < end:
        ticket.check_deadlines(actor=SYSTEM, now=now, profile=PROFILE)
        now += timedelta(minutes=30)
    reply = [e for e in ticket.events if e.clock is ClockName.REPLY]
    assert [(e.kind, e.rung) for e in reply] == [
        (EventKind.AT_RISK, None),
        (EventKind.OVERDUE, None),
        (EventKind.ALARM_RAISED, 3),
        (EventKind.ALARM_RAISED, 4),
    ]
    # First looked at on the half hour after the moment itself: an instant reached is not yet passed.
    assert [told(e.at) for e in reply[1:]] == ["11-23 18:00", "11-24 18:00", "11-26 18:00"]
    notices = [alarm_notices(ticket, event, profile=PROFILE) for event in reply]
    assert [[n.recipient for n in each] for each in notices] == [
        [Recipient.LIAISON],
        [Recipient.LIAISON, Recipient.BACKUP],
        [Recipient.LIAISON, Recipient.BACKUP, Recipient.HEAD],
        [Recipient.HEAD, Recipient.SUPERVISOR],
    ]
    assert [n.audience for n in notices[3]] == [Audience.UNIT, Audience.CENTRE]
    assert [told(n.not_before) for n in notices[1] if n.not_before] == ["11-24 09:00", "11-24 09:00"]


def test_an_urgent_alarm_waits_for_no_opening_and_no_event_but_an_alarm_has_one() -> None:
    ticket = overdue_ticket(Urgency.URGENT)
    night = at("2026-11-16T23:30")
    ticket.check_deadlines(actor=SYSTEM, now=night, profile=PROFILE)
    contact = next(e for e in ticket.events if e.clock is ClockName.FIRST_CONTACT)
    assert {n.not_before for n in alarm_notices(ticket, contact, profile=PROFILE)} == {night}
    assert alarm_notices(ticket, ticket.events[0], profile=PROFILE) == ()


def test_an_alarm_planned_for_a_saturday_goes_to_who_is_on_duty_on_saturday() -> None:
    """Outside the unit's hours a notice waits for the next shift of the post, not for Monday."""
    ticket = a_ticket(a_request(at=at("2026-11-13T09:30")))
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=at("2026-11-13T09:30"))
    friday_night = at("2026-11-13T20:00")
    ticket.check_deadlines(actor=SYSTEM, now=friday_night, profile=PROFILE)
    event = next(e for e in ticket.events if e.kind is EventKind.OVERDUE)
    saturday, monday = at("2026-11-14T08:00"), at("2026-11-16T09:00")
    roster = Roster(
        (
            Duty(CITY_MANAGEMENT, Recipient.LIAISON, "chen"),
            Duty(CITY_MANAGEMENT, Recipient.LIAISON, "zhou", saturday, saturday + timedelta(hours=9)),
        )
    )
    planned = {
        n.recipient: n.not_before for n in alarm_notices(ticket, event, profile=PROFILE, roster=roster)
    }
    assert planned == {Recipient.LIAISON: saturday, Recipient.BACKUP: monday}
    assert roster.told(CITY_MANAGEMENT, [Recipient.LIAISON], saturday) == ("zhou",)
    away = Roster(roster.duties, (Leave(CITY_MANAGEMENT, "zhou", friday_night, monday),))
    without = alarm_notices(ticket, event, profile=PROFILE, roster=away)
    assert {n.not_before for n in without} == {monday}
    assert {n.not_before for n in alarm_notices(ticket, event, profile=PROFILE)} == {monday}


async def test_rosters_are_read_once_a_minute_and_kept_in_between(database: Database) -> None:
    store, now = MongoRosterStore(database), at("2026-11-13T09:30")
    known = KnownRosters(store, units=lambda: [CITY_MANAGEMENT])
    assert await known.refresh(now)
    assert known.roster == Roster()
    duty = Duty(CITY_MANAGEMENT, Recipient.HEAD, "li")
    await store.replace(Roster((duty,)), by="test", now=now)
    assert not await known.refresh(now + timedelta(seconds=59))
    assert known.roster == Roster()
    assert await known.refresh(now + timedelta(seconds=60))
    assert known.roster.duties == (duty,)
