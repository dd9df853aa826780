"""A worker that dies anywhere while it calls the platform: every event is heard, in its order, and known by its id."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

from redis.asyncio import Redis

from bot import notices
from bot.hotline.callbacks import CLAIM, PlatformCallbacks
from bot.hotline.platform import Answer, Heard, Platform
from bot.services import Services
from routing.events import Audience, NoticeState
from routing.mongo_store import Database
from routing.ticket import Ticket
from routing.workflow import Actor, Role
from tests.bot.errand_office import UNITS, CountingWeChat, Fate, Killed, Office
from tests.factories import CITY_MANAGEMENT, MONDAY_9_30, a_liaison, a_request

BOSS = Actor("boss", "林督办", Role.SUPERVISOR, frozenset(unit.id for unit in UNITS.all()))


@dataclass
class Clock:
    now: datetime = MONDAY_9_30

    def __call__(self) -> datetime:
        return self.now


@dataclass
class TakesAll:
    """A platform that keeps what it heard."""

    heard: list[tuple[str, int]] = field(default_factory=list)

    async def call(self, event_id: str, body: bytes, *, now: datetime) -> Answer:
        self.heard.append((event_id, json.loads(body)["sequence"]))
        return Answer(Heard.TAKEN)


def callbacks(office: Office, redis: Redis, platform: Platform) -> PlatformCallbacks:
    services: Any = office.worker._services
    services.redis = redis
    services.delivery = replace(services.delivery, platform=platform)
    return PlatformCallbacks(cast(Services, services))


async def test_every_event_is_heard_whoever_died_and_none_twice_under_another_id(
    database: Database, redis: Redis
) -> None:
    clock = Clock()
    office = Office(database, clock=clock, wechat=CountingWeChat())
    await office.prepare()
    office.desk._writer.planner = partial(notices.plan, by_callback=True)
    number = (await office.desk.register(a_request(external_number="QH-1"), now=clock())).number
    await office.desk.dispatch(number, CITY_MANAGEMENT, actor=BOSS, version=None, now=clock())
    await office.desk.accept(number, actor=a_liaison(), version=None, now=clock())
    await office.desk.resolve(number, actor=a_liaison(), version=None, now=clock(), text="路灯已更换。")
    snapshot = await database["tickets"].find().to_list(None)

    async def run(fate: Fate) -> TakesAll:
        platform = TakesAll()
        dying = Office(database, clock=clock, wechat=CountingWeChat(), fate=fate)
        with contextlib.suppress(Killed):
            await callbacks(dying, redis, cast(Platform, fate.around(platform))).send(clock())
        clock.now += CLAIM + timedelta(seconds=1)
        await callbacks(office, redis, platform).send(clock())
        return platform

    whole = Fate()
    expected = (await run(whole)).heard
    assert [sequence for _, sequence in expected] == sorted(sequence for _, sequence in expected)
    assert len(expected) == 4
    assert whole.calls > 10
    for n in range(1, whole.calls + 1):
        for after in (False, True):
            await database["tickets"].replace_one({"_id": number}, snapshot[0])
            heard = (await run(Fate(n, after=after))).heard
            where = f"killed at call {n}, {after=}"
            assert list(dict.fromkeys(heard)) == expected, where
            assert len(heard) <= len(expected) + 1, where
            ticket: Ticket = await office.tickets.get(number)
            told = {e.state for e in ticket.outbox if e.audience is Audience.PLATFORM}
            assert told == {NoticeState.DELIVERED}, where
