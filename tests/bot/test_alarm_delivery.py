"""An alarm from the limit to the person: planned in the ticket's own write, told in duty hours, once."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from bot.services import Services
from bot.settings import Settings
from bot.worker import Worker
from routing.citizen_request import RequestType, Urgency
from routing.duty.alarm_ladder import Recipient
from routing.duty.roster import Duty, Leave, Roster
from routing.duty.roster_store import MongoRosterStore
from routing.events import EventKind
from routing.timing.working_calendar import CHINA
from routing.workflow import Actor, Role
from tests.factories import CITY_MANAGEMENT, HOUSING, a_dispatcher, a_request
from tests.running import run_services


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).astimezone(UTC)


FILED = at("2026-11-16T09:30")


@dataclass
class Town:
    """The service with a clock to set, and its worker."""

    services: Services
    now: list[datetime]

    async def work(self, when: str) -> None:
        self.now[0] = at(when)
        worker = Worker(self.services)
        await worker.check_deadlines(self.now[0])
        await worker.deliver_notices(self.now[0])

    async def overdue(self, *, urgency: Urgency = Urgency.ORDINARY) -> str:
        request = a_request(
            "请帮忙看看。", at=FILED, request_type=RequestType.HELP, urgency=urgency, external_number="A-1"
        )
        ticket = await self.services.desk.register(request, now=FILED)
        if ticket.unit_id != CITY_MANAGEMENT:
            act = self.services.desk.transfer if ticket.unit_id else self.services.desk.dispatch
            await act(
                ticket.number,
                CITY_MANAGEMENT,
                actor=Actor("d", "周派单", Role.DISPATCHER, frozenset({CITY_MANAGEMENT, HOUSING})),
                version=None,
                now=FILED,
                reason="按职责",
            )
        return ticket.number

    async def read_by(self, person: str, *, role: Role = Role.LIAISON, unit: bool = False) -> list[str]:
        units = frozenset({CITY_MANAGEMENT}) if unit else frozenset()
        found = await self.services.console_notices.latest(Actor(person, person, role, units), limit=50)
        return [note.text for note in found if "期" in note.text]

    async def roster(self, *duties: Duty, leaves: tuple[Leave, ...] = ()) -> None:
        store = MongoRosterStore(self.services.database)
        await store.replace(Roster(duties, leaves), by="某人", now=FILED)


@pytest.fixture
async def town(mongo_url: str, redis_url: str, services_database: str) -> AsyncIterator[Town]:
    settings = Settings(
        mongo_url=mongo_url,
        redis_url=redis_url,
        database=services_database,
        secret_key=base64.b64encode(b"k" * 32).decode(),
    )
    now = [FILED]
    async with run_services(settings, clock=lambda: now[0]) as services:
        yield Town(services, now)


def standing(post: Recipient, person: str) -> Duty:
    return Duty(CITY_MANAGEMENT, post, person)


async def test_the_liaison_is_told_in_duty_hours_and_only_once(town: Town) -> None:
    await town.roster(standing(Recipient.LIAISON, "chen"), standing(Recipient.BACKUP, "bei"))
    await town.overdue()
    await town.work("2026-11-16T18:00")
    assert await town.read_by("chen") == [], "after hours nobody is disturbed"
    await town.work("2026-11-17T09:00")
    chen = await town.read_by("chen")
    assert len(chen) == 1
    assert "已超期" in chen[0], "the sign-in limit passed at 14:00"
    assert len(await town.read_by("bei")) == 1
    for _ in range(3):
        await town.work("2026-11-17T09:05")
    assert await town.read_by("chen") == chen


async def test_an_urgent_alarm_is_told_at_night_and_to_the_stand_in_of_somebody_away(town: Town) -> None:
    away = Leave(CITY_MANAGEMENT, "chen", at("2026-11-16T00:00"), at("2026-11-18T00:00"))
    await town.roster(standing(Recipient.LIAISON, "chen"), standing(Recipient.BACKUP, "bei"), leaves=(away,))
    await town.overdue(urgency=Urgency.URGENT)
    await town.work("2026-11-16T20:00")
    assert await town.read_by("chen") == []
    told = await town.read_by("bei")
    assert told
    assert len(told) == len(set(told)), "as liaison's stand-in and as back-up: still one line an alarm"


async def test_without_a_roster_the_unit_as_a_whole_is_told_once(town: Town) -> None:
    number = await town.overdue()
    await town.work("2026-11-16T18:00")
    await town.work("2026-11-17T09:00")
    ticket = await town.services.tickets.get(number)
    alarms = [e for e in ticket.events if e.kind in (EventKind.OVERDUE, EventKind.AT_RISK)]
    assert len(await town.read_by("anybody", unit=True)) == len(alarms)


async def test_the_last_step_goes_over_the_heads_to_the_centre(town: Town) -> None:
    await town.roster(standing(Recipient.LIAISON, "chen"), standing(Recipient.HEAD, "boss"))
    number = await town.overdue()
    for day in ("16T18:00", "17T10:00", "18T10:00", "19T10:00", "20T10:00"):
        await town.work(f"2026-11-{day}")
    ticket = await town.services.tickets.get(number)
    steps = [e.rung for e in ticket.events if e.kind is EventKind.ALARM_RAISED]
    assert set(steps) == {3, 4}
    assert await town.read_by("boss")
    centre = await town.read_by(a_dispatcher().id, role=Role.SUPERVISOR)
    told_of = [e for e in ticket.events if e.kind in (EventKind.OVERDUE, EventKind.ALARM_RAISED)]
    assert len(centre) == len(told_of), "each once"
