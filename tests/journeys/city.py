"""A whole city for a test: the service on a real port, its stores, a simulated WeChat, people and a clock."""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from aiohttp import web
from redis.asyncio import Redis

from bot.app import create_app
from bot.people import User
from bot.services import Services
from bot.settings import Settings
from bot.simulator import sms_gateway
from bot.simulator.pages import mount_simulator
from bot.simulator.platform import SimulatedPlatform
from bot.simulator.records import ChatEntry, Delivery, Outcome, SimulatedAccount
from bot.simulator.template_library import Library
from bot.worker import Worker
from routing.departments import UnitId
from routing.timing.working_calendar import CHINA
from routing.workflow import Role
from tests.factories import MONDAY_9_30
from tests.journeys.pages import Browser, number_in
from tests.running import add_user, demo_articles, run_services

ACCOUNT = SimulatedAccount(
    name="county",
    title="清和县12345",
    app_id="wxj0urney000000001",
    secret="app-secret-of-the-journeys",
    token="TokenOfTheJourneys",
    encoding_aes_key="JourneysKeyJourneysKeyJourneysKeyJourneysKe",
)
PASSWORD = "Journey-2026-pass"
_GATEWAY = {"sms_secret": "secret of the gateway", "sms_sign": "清和县12345"}
PHONE = "13812345678"
CITY_MANAGEMENT = "qh.urban-management"
COMPLAINT = "人民路的路灯坏了三天，路灯不亮，晚上老人不敢出门"

LOGINS = {
    "operator": (Role.OPERATOR, "qh.hotline"),
    "dispatcher": (Role.DISPATCHER, "qh.hotline"),
    "supervisor": (Role.SUPERVISOR, "qh.hotline"),
    "liaison": (Role.LIAISON, CITY_MANAGEMENT),
    "housing": (Role.LIAISON, "qh.housing"),
    "auditor": (Role.AUDITOR, "qh.hotline"),
}


@dataclass
class Clock:
    """The present, moved only by the test."""

    now: datetime = MONDAY_9_30

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)

    def to(self, local: str) -> None:
        """A time in China, never backwards: ``2026-11-20T16:30``."""
        at = datetime.fromisoformat(local).replace(tzinfo=CHINA)
        assert at >= self.now, "time does not run backwards"
        self.now = at.astimezone(MONDAY_9_30.tzinfo)


@dataclass
class Phone:
    """One citizen's WeChat. Each message comes three seconds after the last."""

    city: City
    name: str
    openid: str = field(repr=False)

    async def says(self, text: str) -> str:
        return self._read(await self.sends(text))

    async def sends(self, text: str) -> Delivery:
        self.city.clock.advance(seconds=3)
        return await self.city.platform.send_text(self.openid, text)

    async def taps(self, words: str) -> str:
        """Tap a line of the last thing the account said; it must be there."""
        links = re.findall(
            r'<a href="weixin://bizmsgmenu\?msgmenucontent=([^"&]*)&msgmenuid=([^"]*)">([^<]*)</a>',
            self.hears()[-1],
        )
        content, choice_id = next(((c, i) for c, i, shown in links if words in (shown, c)), (None, None))
        assert content is not None, f"no tap {words!r} among {[shown for _, _, shown in links]}"
        assert choice_id is not None
        self.city.clock.advance(seconds=3)
        return self._read(await self.city.platform.tap_menu_choice(self.openid, content, choice_id))

    def hears(self) -> list[str]:
        """Everything the account said to this citizen, oldest first."""
        return [entry.text for entry in self.lines() if not entry.from_citizen]

    def lines(self) -> list[ChatEntry]:
        return self.city.platform.conversation(self.openid)

    async def files(
        self,
        text: str = COMPLAINT,
        *,
        kind: str = "投诉",
        place: str = "城关镇人民路12号",
        contact: str = f"我叫王建国，电话{PHONE}",
        secrecy: str = "公开",
    ) -> str:
        """File by chatting; returns the ticket's number."""
        for said in (f"我要{kind}", text, place, contact):
            await self.says(said)
        if kind != "举报":
            await self.says(secrecy)
        return number_in(await self.says("确认提交"))

    @staticmethod
    def _read(delivery: Delivery) -> str:
        assert delivery.outcome is Outcome.ANSWERED, (delivery.outcome, delivery.error, delivery.tries)
        return delivery.text


@dataclass
class Api:
    """A program with a key."""

    city: City
    key: str = field(repr=False)

    async def get(self, path: str, *, expect: int = 200, **query: str) -> Any:
        return await self._call("GET", path, expect, params=query)

    async def post(self, path: str, body: object, *, expect: int = 200) -> Any:
        return await self._call("POST", path, expect, json=body)

    async def _call(self, method: str, path: str, expect: int, **kwargs: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"}
        async with self.city.http.request(
            method, f"{self.city.base}/api/v1{path}", headers=headers, **kwargs
        ) as response:
            raw = await response.read()
            assert response.status == expect, (response.status, raw[:600])
            return orjson.loads(raw)

    async def ticket(self, number: str) -> Any:
        return await self.get(f"/tickets/{number}")


@dataclass
class City:
    clock: Clock
    services: Services
    platform: SimulatedPlatform
    http: aiohttp.ClientSession
    base: str
    stack: AsyncExitStack
    gateway: sms_gateway.SimulatedSms = field(repr=False)
    keys: dict[str, str] = field(default_factory=dict, repr=False)

    def citizen(self, name: str = "王大爷") -> Phone:
        return Phone(self, name, "oJ" + sha256(name.encode()).hexdigest()[:26])

    async def api(self, user: str = "operator") -> Api:
        """A key with the role and unit of that login."""
        if user not in self.keys:
            role, unit = LOGINS[user]
            self.keys[user] = await self.services.people.add_api_key(
                name=f"程序{user}", role=role, unit_id=UnitId(unit)
            )
        return Api(self, self.keys[user])

    async def login(self, user: str) -> Browser:
        """Somebody at the console, with a browser of their own."""
        jar = aiohttp.CookieJar(unsafe=True)
        http = await self.stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        browser = Browser(http, self.base)
        await browser.log_in(user, PASSWORD)
        return browser

    async def sweep(self) -> None:
        """What the worker does in the next moment."""
        self.clock.advance(seconds=1)
        worker = Worker(self.services)
        for _ in range(20):
            noted = await worker.check_deadlines(self.clock())
            delivered = await worker.deliver_notices(self.clock())
            answered = await worker.answer_late_messages(self.clock())
            if not noted + delivered + answered:
                return
        raise AssertionError("the worker never comes to rest")

    def texts(self) -> list[str]:
        """Every text message the gateway took, oldest first."""
        return [sent.text for sent in self.gateway.sent]

    async def counts(self) -> dict[str, int]:
        """How many documents each collection holds."""
        names = await self.services.database.list_collection_names()
        return {name: await self.services.database[name].count_documents({}) for name in sorted(names)}


Slow = Callable[[Any], Any]
"""Wraps the dialogue, to make it slow or to watch it."""


@asynccontextmanager
async def open_city(
    *,
    mongo_url: str,
    redis_url: str,
    database: str,
    directory: Path,
    start: datetime = MONDAY_9_30,
    answer_within_s: float = 4.2,
    wrap_dialogue: Slow | None = None,
    clock: Callable[[], datetime] | None = None,
    cut_after_s: float = 5.0,
    notices: Sequence[str] = (),
    library: Library | None = None,
) -> AsyncIterator[City]:
    """A city with the usual people; ``database`` is empty. ``notices`` are the account's template tables, and
    ``library`` the same as the platform has them; with them comes a gateway for text messages."""
    moved = Clock(start)
    now = clock or moved
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = Settings.from_environment(
        {},
        mongo_url=mongo_url,
        redis_url=redis_url,
        database=database,
        data_dir=directory,
        secret_key="a secret key of the journeys, long enough",
        wechat_accounts=accounts_file(directory, *notices),
        wechat_api_base=f"{base}/simulator/platform",
        **(_GATEWAY | {"sms_url": f"{base}{sms_gateway.PATH}"} if notices else {}),
    )
    await _empty_redis(redis_url)
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(
            run_services(settings, clock=now, first_articles=demo_articles())
        )
        if wrap_dialogue is not None:
            services = replace(services, dialogue=wrap_dialogue(services.dialogue))
        http = await stack.enter_async_context(
            aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(), connector=aiohttp.TCPConnector(limit=0)
            )
        )
        platform = SimulatedPlatform(
            account=ACCOUNT,
            deliver_to=f"{base}/wechat/{ACCOUNT.name}",
            http=http,
            clock=now,
            cut_after_s=cut_after_s,
        )
        platform.library = library or {}
        app = create_app(services, answer_within_s=answer_within_s)
        gateway = sms_gateway.SimulatedSms(
            [platform], secret=_GATEWAY["sms_secret"], sign=_GATEWAY["sms_sign"], clock=now
        )
        app.add_routes(gateway.routes())
        mount_simulator(app, platform, clock=now, api_prefix="/simulator/platform")
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, listening).start()
        await _add_people(services)
        yield City(moved, services, platform, http, base, stack, gateway)


async def _add_people(services: Services) -> None:
    for username, (role, unit) in LOGINS.items():
        user = User(username=username, name=f"{username}同志", role=role, unit_id=UnitId(unit))
        await add_user(services, user, password=PASSWORD)


async def _empty_redis(url: str) -> None:
    redis = Redis.from_url(url)
    await redis.flushdb()
    await redis.aclose()


def accounts_file(directory: Path, *notices: str) -> Path:
    path = directory / "accounts.toml"
    path.write_text(
        f"[accounts.{ACCOUNT.name}]\n"
        f'title = "{ACCOUNT.title}"\napp_id = "{ACCOUNT.app_id}"\nsecret = "{ACCOUNT.secret}"\n'
        f'token = "{ACCOUNT.token}"\nencoding_aes_key = "{ACCOUNT.encoding_aes_key}"\nmode = "safe"\n'
        + "\n".join(notices),
        encoding="utf-8",
    )
    return path
