"""A worker that dies anywhere on the ladder: every citizen is told once, by some way, or the ledger says unknown."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.delivery.delivering import CLAIM
from bot.delivery.ladder import Accepted, Result
from bot.delivery.subscriptions import ConsentEvent
from bot.wechat.delivery import DeliveryRefused, DeliveryUnknown, classify
from bot.wechat.notice_templates import NoticeKind, NoticeTemplate, NoticeTemplates
from routing.citizen_request import Channel
from routing.departments import UnitId
from routing.events import Audience, NoticeState, OutboxEntry, Rung
from routing.mongo_store import Database
from routing.workflow import Actor, Role
from tests.bot.errand_office import ACCOUNT, UNITS, Fate, Killed, Office, kill_points
from tests.factories import CITY_MANAGEMENT, MONDAY_9_30, a_request

CARD = NoticeTemplate("T1", {"character_string1": "{number}", "phrase2": "{state}"})
TEMPLATES = NoticeTemplates(
    templates={NoticeKind.OTHER: CARD}, subscriptions={NoticeKind.OTHER: NoticeTemplate("S1", CARD.fields)}
)
SUPERVISOR = Actor("supervisor", "林督办", Role.SUPERVISOR, UNITS.subtree(UnitId("qh.government")))
TOO_LONG = timedelta(hours=1)


@dataclass
class Clock:
    now: datetime = MONDAY_9_30

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Platform:
    """WeChat and the gateway, with a habit for each citizen. ``told`` is what their phones show."""

    clock: Clock
    told: list[tuple[str, Rung]] = field(default_factory=list)
    reports: list[tuple[str, str, str]] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)

    async def call(
        self, path: str, payload: Mapping[str, Any], *, idempotent: bool = False, tries: int = 3
    ) -> dict[str, object]:
        openid = payload["touser"]
        number = payload["data"]["character_string1"]["value"]
        self.calls[f"{openid}{path}"] += 1
        if path.endswith("bizsend"):
            return self._bizsend(openid, number)
        known = self.known.get(payload["client_msg_id"])
        if openid in NO_TEMPLATES:
            self._refuse(43004)
        if openid == "busy" and self.calls[f"{openid}{path}"] == 1:
            self._refuse(-1)
        if known is None:
            known = self.known[payload["client_msg_id"]] = str(1000 + len(self.known))
            if openid != "user-block":
                self.told.append((number, Rung.TEMPLATE))
            self.reports.append((openid, known, "failed:user block" if openid == "user-block" else "success"))
        if openid == "no-answer" and self.calls[f"{openid}{path}"] == 1:
            raise DeliveryUnknown
        return {"msgid": int(known)}

    def _bizsend(self, openid: str, number: str) -> dict[str, object]:
        if openid != "subscribed":
            self._refuse(43101)
        self.told.append((number, Rung.SUBSCRIPTION))
        return {}

    async def send_text(self, openid: str, text: str) -> None:
        if openid == "blocked-window":
            self._refuse(45015)
        self.told.append((text[len("您的工单") :].partition("（")[0], Rung.CHAT))

    async def send(self, phone: str, text: str, *, key: str, now: datetime) -> Result:
        self.told.append((key.rpartition("-")[0].rpartition("-")[0], Rung.SMS))
        return Accepted()

    @staticmethod
    def _refuse(code: int) -> None:
        raise DeliveryRefused(code, classify(code))


HABITS = ("open", "closed", "subscribed", "blocked-window", "no-answer", "busy", "user-block")
NO_TEMPLATES = ("closed", "subscribed", "blocked-window")
LEAST_POINTS = 30
"""Over all habits that makes more than 200."""


@dataclass
class Town:
    """One dispatched ticket, its citizen still to be told."""

    database: Database
    redis: Redis
    habit: str
    clock: Clock = field(default_factory=Clock)
    number: str = ""
    snapshot: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def office(self, platform: Platform, fate: Fate | None = None) -> Office:
        return Office(
            self.database,
            clock=self.clock,
            wechat=platform,
            fate=fate,
            templates=TEMPLATES,
            sms=platform,
            redis=self.redis,
        )

    async def build(self) -> None:
        office = self.office(Platform(self.clock))
        await office.prepare()
        request = a_request(
            channel=Channel.WECHAT, external_number=self.habit, openid=self.habit, account=ACCOUNT
        )
        self.number = (await office.desk.register(request, now=self.clock())).number
        await office.desk.dispatch(
            self.number, CITY_MANAGEMENT, actor=SUPERVISOR, version=None, now=self.clock()
        )
        await office.subscriptions.note(
            ACCOUNT, "subscribed", "S1", ConsentEvent.ACCEPTED, key="k", lasting=False, now=self.clock()
        )
        for name in ("tickets", "identities", "subscription_consents"):
            self.snapshot[name] = await self.database[name].find().to_list(None)

    async def restore(self) -> None:
        self.clock.now = MONDAY_9_30
        await self.redis.flushdb()
        for name in ("console_notices", "delivery_reports", "identity_reads"):
            await self.database[name].delete_many({})
        for name, documents in self.snapshot.items():
            await self.database[name].delete_many({})
            if documents:
                await self.database[name].insert_many(documents)

    async def report(self, office: Office, platform: Platform, *, twice: bool = False) -> None:
        """The platform tells what became of templates, until it is heard, and more than once where it pleases."""
        for openid, msgid, status in list(platform.reports):
            fields: dict[str, object] = {"FromUserName": openid, "MsgID": msgid, "Status": status}
            for _ in range(2 if twice else 1):
                await office.reports(ACCOUNT, "templatesendjobfinish", fields, self.clock())
        platform.reports.clear()

    async def run(self, platform: Platform, fate: Fate | None = None) -> None:
        """Sweep until nothing is due within the hour; reports come before and after our own notes."""
        office = self.office(platform, fate)
        for _ in range(12):
            await office.sweep()
            await self.report(office, platform, twice=True)
            self.clock.now += CLAIM / 2
            if not await self._due(self.clock.now + TOO_LONG):
                return
        raise AssertionError("the worker never comes to rest")

    async def _due(self, until: datetime) -> int:
        return await self.database["tickets"].count_documents({"next_outbox_at": {"$lte": until}})

    async def notice(self) -> OutboxEntry:
        ticket = await self.office(Platform(self.clock)).tickets.get(self.number)
        (found,) = [e for e in ticket.outbox if e.audience is Audience.CITIZEN]
        return found


EXPECTED = {
    "open": (NoticeState.DELIVERED, Rung.TEMPLATE),
    "closed": (NoticeState.SENT, Rung.CHAT),
    "subscribed": (NoticeState.SENT, Rung.SUBSCRIPTION),
    "blocked-window": (NoticeState.SENT, Rung.SMS),
    "no-answer": (NoticeState.DELIVERED, Rung.TEMPLATE),
    "busy": (NoticeState.DELIVERED, Rung.TEMPLATE),
    "user-block": (NoticeState.SENT, Rung.CHAT),
}


@pytest.mark.parametrize("habit", HABITS)
async def test_a_worker_killed_anywhere_on_the_ladder_tells_its_citizen_once(
    habit: str, database: Database, redis: Redis
) -> None:
    town = Town(database, redis, habit)
    await town.build()
    fate, platform = Fate(), Platform(town.clock)
    await town.run(platform, fate)
    whole = await town.notice()
    assert (whole.state, whole.rung) == EXPECTED[habit]
    assert platform.told == [(town.number, whole.rung)]
    points = kill_points(fate.calls, least=LEAST_POINTS)
    assert len(points) >= LEAST_POINTS
    for n, after in points:
        where = f"killed {'after' if after else 'before'} call {n} of {fate.calls}"
        await town.restore()
        platform, dying = Platform(town.clock), Fate(n, after=after)
        with contextlib.suppress(Killed):
            await town.run(platform, dying)
        await others_die()
        await town.run(platform)
        found = await town.notice()
        if found.state is NoticeState.UNKNOWN:
            # Only where the platform would not name the first sending again; the ledger says so.
            assert found.rung is not Rung.TEMPLATE or habit in NO_TEMPLATES, where
            assert len(platform.told) <= 1, f"told twice, {where}"
        else:
            assert found.state in (NoticeState.SENT, NoticeState.DELIVERED), where
            assert len(platform.told) == 1, f"told {len(platform.told)} times, {where}"


async def others_die() -> None:
    """Let what the dead worker had begun at the same time die too."""
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        with contextlib.suppress(Killed):
            await task
