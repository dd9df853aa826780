"""The console as it runs: the whole application on real stores, with a login for each role and a clock of ours."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from html import unescape
from typing import Any

import pytest
from aiohttp import ClientResponse, CookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr
from redis.asyncio import Redis

from bot.app import create_app
from bot.people import User
from bot.services import Services
from bot.settings import Settings
from bot.worker import Worker
from knowledge_base.answering.answer import Answerer
from knowledge_base.article import Article
from routing.citizen_request import CitizenRequest
from routing.departments import UnitId
from routing.ticket import Ticket
from routing.timing.working_calendar import CHINA
from routing.workflow import Role, State
from tests.factories import CITY_MANAGEMENT, HOUSING, MONDAY_9_30, a_request
from tests.running import add_user, demo_articles, run_services

HOTLINE = UnitId("qh.hotline")
PASSWORD = "Huiyin-2026-test"
LOGINS: dict[str, tuple[str, Role, UnitId]] = {
    "liaison": ("陈立新", Role.LIAISON, CITY_MANAGEMENT),
    "housing": ("梁国栋", Role.LIAISON, HOUSING),
    "operator": ("周敏", Role.OPERATOR, HOTLINE),
    "dispatcher": ("何文静", Role.DISPATCHER, HOTLINE),
    "supervisor": ("郑克勤", Role.SUPERVISOR, HOTLINE),
    "editor": ("苏雅", Role.EDITOR, HOTLINE),
    "editor2": ("林舟", Role.EDITOR, HOTLINE),
    "administrator": ("高志远", Role.ADMINISTRATOR, HOTLINE),
    "auditor": ("严守正", Role.AUDITOR, HOTLINE),
}


@dataclass
class Clock:
    """The present, as the test says."""

    now: datetime = MONDAY_9_30

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **parts: float) -> None:
        self.now += timedelta(**parts)


@dataclass
class Page:
    """One answer of the console."""

    status: int
    html: str
    headers: Any
    path: str

    @property
    def words(self) -> str:
        """What a person reads, without the markup."""
        bare = re.sub(r"<(style|script)\b.*?</\1>|<[^>]+>", " ", self.html, flags=re.S)
        return re.sub(r"\s+", " ", unescape(bare))

    def hidden(self, name: str) -> str:
        found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', self.html)
        assert found, f"no hidden field {name}"
        return unescape(found[1])


@dataclass
class Browser:
    """One person's browser: cookies, and the forms of the page last opened."""

    client: TestClient[web.Request, web.Application]
    page: Page | None = field(default=None)

    async def open(self, path: str, **kwargs: Any) -> Page:
        return await self._keep(await self.client.get(path, **kwargs))

    async def send(self, path: str, fields: dict[str, str] | None = None, **kwargs: Any) -> Page:
        """A form of the page last opened: its hidden fields go with it."""
        assert self.page is not None
        hidden = {
            name: self.page.hidden(name)
            for name in ("csrf", "version", "seen")
            if f'name="{name}"' in self.page.html
        }
        return await self._keep(await self.client.post(path, data={**hidden, **(fields or {})}, **kwargs))

    async def log_in(self, user: str, password: str = PASSWORD, **kwargs: Any) -> Page:
        data = {"user": user, "password": password, "next": kwargs.pop("next_", "")}
        return await self._keep(await self.client.post("/console/login", data=data, **kwargs))

    async def _keep(self, response: ClientResponse) -> Page:
        if response.content_type == "text/event-stream":
            response.close()  # it has no end to wait for
            return Page(response.status, "", response.headers, response.url.raw_path_qs)
        text = (await response.read()).decode("utf-8", errors="replace")  # a workbook is no text
        self.page = Page(response.status, text, response.headers, response.url.raw_path_qs)
        return self.page


@dataclass
class Console:
    """The running console and what stands behind it."""

    server: TestServer[web.Request]
    services: Services
    clock: Clock
    browsers: list[TestClient[web.Request, web.Application]] = field(default_factory=list)

    async def stranger(self) -> Browser:
        client: TestClient[Any, Any] = TestClient(self.server, cookie_jar=CookieJar(unsafe=True))
        self.browsers.append(client)
        return Browser(client)

    async def as_(self, user: str) -> Browser:
        """Somebody logged in."""
        browser = await self.stranger()
        page = await browser.log_in(user)
        assert page.status == 200, page.words
        return browser

    async def ticket(
        self, unit_id: UnitId | None = CITY_MANAGEMENT, request: CitizenRequest | None = None, **parts: Any
    ) -> Ticket:
        """A ticket with that unit, whatever triage thought of it; None leaves it to the dispatcher."""
        asked = request or a_request(at=self.clock.now, **parts)
        ticket = await self.services.desk.register(asked, now=self.clock.now)
        actor = await self.actor("dispatcher")
        boss = await self.actor("supervisor")
        desk, number, now = self.services.desk, ticket.number, self.clock.now
        if ticket.state is State.DISPATCHED and ticket.unit_id != unit_id:
            if unit_id is not None:
                return await desk.transfer(
                    number, unit_id, actor=actor, version=None, now=now, reason="测试改派"
                )
            await desk.request_return(
                number, actor=boss, version=None, now=now, reason="不属本单位", basis="清单"
            )
            return await desk.decide_return(
                number, actor=actor, version=None, now=now, approved=True, reason="同意"
            )
        if ticket.state is State.RECEIVED and unit_id is not None:
            return await desk.dispatch(number, unit_id, actor=actor, version=None, now=now)
        return ticket

    async def actor(self, user: str) -> Any:
        found = await self.services.people.find_user(user)
        assert found is not None
        return found.actor(self.services.units, on=self.services.clock().astimezone(CHINA).date())

    async def stored(self, number: str) -> Ticket:
        return await self.services.tickets.get(number)

    async def deliver(self) -> None:
        """The worker's part: notices go out, which counts the version up."""
        await Worker(self.services).deliver_notices(self.clock.now + timedelta(seconds=1))


@cache
def _answerer() -> tuple[Answerer, tuple[Article | None, ...]]:
    """With what it knew of the demo's articles; some it keeps out, for they are not published."""
    answerer = Answerer(demo_articles())
    return answerer, _known_to(answerer)


def _known_to(answerer: Answerer) -> tuple[Article | None, ...]:
    return tuple(answerer.get(article.id) for article in demo_articles())


def _whole_answerer() -> Answerer:
    """The shared one, made anew where a test that published or repealed has changed it."""
    answerer, known = _answerer()
    if _known_to(answerer) == known and len(answerer) == len(known) - known.count(None):
        return answerer
    _answerer.cache_clear()
    return _answerer()[0]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def console(
    services_database: str,
    redis: Redis,
    mongo_url: str,
    redis_url: str,
    clock: Clock,
) -> AsyncIterator[Console]:
    settings = Settings(
        mongo_url=mongo_url,
        redis_url=redis_url,
        database=services_database,
        secret_key=SecretStr("k" * 48),
    )
    # The same real index for every test: building it takes longer than a test.
    demo_library = run_services(settings, clock=clock, answerer=lambda articles, **rest: _whole_answerer())
    async with demo_library as services:
        for username, (name, role, unit_id) in LOGINS.items():
            user = User(username=username, name=name, role=role, unit_id=unit_id)
            await add_user(services, user, password=PASSWORD)
        async with TestServer(create_app(services)) as server:
            console = Console(server, services, clock)
            yield console
            for client in console.browsers:
                await client.session.close()
