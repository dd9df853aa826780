"""Real stores and a real worker around a WeChat that only counts: for tests that kill the worker anywhere."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot import notices
from bot.console_notices import ConsoleNotices
from bot.delivery.delivering import NoticeDelivery
from bot.delivery.parts import DeliveryParts
from bot.delivery.reports import DeliveryReports
from bot.delivery.sms import SmsGateway
from bot.delivery.subscriptions import SubscriptionStore
from bot.delivery.waiting import WaitingCitizens
from bot.delivery.windows import Windows
from bot.photos.store import PhotoStore
from bot.services import Services
from bot.wechat.accounts import Account
from bot.wechat.notice_templates import NoticeTemplates
from bot.worker import Worker
from classifier.model import Classification
from routing.departments import load_units
from routing.identity import Vault
from routing.identity_store import MongoIdentityStore
from routing.mongo_store import Database, MongoTicketStore
from routing.places.gazetteer import load_gazetteer
from routing.queries import Queries
from routing.service_desk import ServiceDesk, TriageTools
from routing.triage.catalogue import load_duty_list
from tests.factories import PROFILE

ACCOUNT = "hotline"
UNITS = load_units()
_UNSURE = Classification("别处的主题", 0.4, True, (), ())
_TRIAGE = TriageTools(
    lambda text: _UNSURE, load_duty_list(), UNITS, load_gazetteer(), frozenset({"别处的主题"})
)


class Killed(BaseException):
    """The process is gone: nothing it holds goes on, and no ``except Exception`` hears of it."""


class Fate:
    """Kills at the n-th call to the world outside, before it takes effect or after."""

    def __init__(self, at: int | None = None, *, after: bool = False) -> None:
        self.calls = 0
        self.dead = False
        self._at = at
        self._after = after

    def around(self, target: Any) -> Any:
        """``target`` with every coroutine of its counted."""
        return _Watched(target, self)

    async def call(self, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        if self.dead:
            raise Killed
        self.calls += 1
        due = self.calls == self._at
        if due and not self._after:
            self._die()
        answer = await method(*args, **named)
        if due:
            self._die()
        if self.dead:
            raise Killed
        return answer

    def _die(self) -> None:
        self.dead = True
        raise Killed


def kill_points(calls: int, *, least: int) -> list[tuple[int, bool]]:
    """Where to kill a worker that makes so many calls: the number of a call, and whether after it or before.

    Every call is among them, in turn before it and after it, for after one is before the next but for what goes on
    at the same time; then as many of the others as make ``least``. ``HUIYIN_KILL_POINTS=all`` takes every point.
    """
    every = [(n, after) for n in range(1, calls + 1) for after in (False, True)]
    if os.environ.get("HUIYIN_KILL_POINTS") == "all":
        return every
    chosen = {(n, n % 2 == 0) for n in range(1, calls + 1)}
    others = [point for point in every if point not in chosen]
    chosen.update(random.Random(calls).sample(others, min(max(0, least - len(chosen)), len(others))))
    return sorted(chosen)


class _Watched:
    def __init__(self, target: Any, fate: Fate) -> None:
        self._target, self._fate = target, fate

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if not callable(found):
            return found
        return lambda *args, **named: self._fate.call(found, *args, **named)


class CountingWeChat:
    """What reached the citizens."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    async def send_text(self, openid: str, text: str) -> None:
        self.sent.append((openid, text))


class RedisAway:
    """A Redis that cannot be reached: nothing the worker promises rests on it."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def refuse(*args: Any, **named: Any) -> None:
            raise RedisError("away")

        return refuse


class Office:
    """One process: its desk, its stores and its worker. Several may share a database, as processes do."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], datetime],
        wechat: Any,
        fate: Fate | None = None,
        templates: NoticeTemplates | None = None,
        sms: SmsGateway | None = None,
        redis: Redis | None = None,
    ) -> None:
        fate = fate or Fate()
        account = Account(
            ACCOUNT, "热线", "wx1", "s" * 8, "t" * 8, "", notices=templates or NoticeTemplates()
        )
        vault = Vault(b"k" * 32)
        self.tickets = MongoTicketStore(database)
        self.identities = MongoIdentityStore(database, vault)
        self.console = ConsoleNotices(database)
        self.clock = clock
        tickets = cast(MongoTicketStore, fate.around(self.tickets))
        identities = cast(MongoIdentityStore, fate.around(self.identities))
        self.desk = ServiceDesk(
            tickets=tickets,
            identities=identities,
            profile=PROFILE,
            triage=_TRIAGE,
            vault=vault,
            planner=notices.plan,
        )
        self.subscriptions = SubscriptionStore(database, vault)
        subscriptions = cast(SubscriptionStore, fate.around(self.subscriptions))
        accounts = {ACCOUNT: account}
        self.reports = DeliveryReports(
            database, ledger=self.desk.notices, subscriptions=subscriptions, accounts=accounts
        )
        cache = redis or cast(Redis, RedisAway())
        self.waiting = WaitingCitizens(cache, vault, self.identities)
        self.windows = Windows(cache, vault)
        services = SimpleNamespace(
            clock=clock,
            queries=Queries(database, identities=self.identities, vault=vault),
            settings=SimpleNamespace(public_url="https://12345.example.gov.cn", notice_days=7, sms_hours=""),
            delivery=DeliveryParts(
                sms=cast(SmsGateway, fate.around(sms)) if sms else None,
                subscriptions=subscriptions,
                reports=cast(DeliveryReports, fate.around(self.reports)),
                waiting=cast(WaitingCitizens, fate.around(self.waiting)),
                windows=cast(Windows, fate.around(self.windows)),
            ),
            photos=PhotoStore(database, vault),
            wechat_accounts=accounts,
            database=database,
            units=UNITS,
            tickets=tickets,
            identities=identities,
            desk=self.desk,
            console_notices=fate.around(self.console),
            wechat_clients={ACCOUNT: fate.around(wechat)},
        )
        # The worker's other sweeps are not asked here, and need more services than these tests start.
        self.worker = Worker.__new__(Worker)
        self.worker._services = cast(Services, services)
        self.worker._delivery = NoticeDelivery(self.worker._services)

    async def prepare(self) -> None:
        await self.tickets.prepare()
        await self.identities.prepare()
        await self.console.prepare()
        await self.subscriptions.prepare()
        await self.reports.prepare()

    async def sweep(self) -> int:
        """One round of what concerns tickets; returns how much there was to do."""
        now = self.clock()
        done = await self.worker.settle_links(now)
        done += await self.worker.check_deadlines(now)
        return done + await self.worker.deliver_notices(now)
