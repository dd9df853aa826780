"""The API as it runs: the whole application on real stores, with a key for each role and a clock of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr
from redis.asyncio import Redis

from bot.app import create_app
from bot.services import Services
from bot.settings import Settings
from knowledge_base.article import Article
from routing.departments import UnitId
from routing.triage.automation import Gate
from routing.workflow import Role
from tests.factories import CITY_MANAGEMENT, HOUSING, MONDAY_9_30
from tests.running import run_services

HOTLINE = UnitId("qh.hotline")
CALL: dict[str, Any] = {
    "external_number": "QH-1",
    "channel": "hotline",
    "request_type": "投诉",
    "title": "夜间施工噪音",
    "text": "华庭小区东侧工地连续三晚施工到凌晨两点，我住3幢2单元501室，电话13800005678。",
    "citizen": {"name": "王建国", "phone": "13800005678", "secrecy": "公开"},
    "place": "华庭小区",
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
class Api:
    """A caller of the API; ``role`` chooses the key."""

    client: TestClient[web.Request, web.Application]
    services: Services
    clock: Clock
    keys: dict[str, str]
    numbers: int = field(default=0)

    async def request(
        self, method: str, path: str, *, role: str = "supervisor", **kwargs: Any
    ) -> ClientResponse:
        headers = {"Authorization": f"Bearer {self.keys[role]}"} | kwargs.pop("headers", {})
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **kwargs)

    async def get(self, path: str, *, role: str = "supervisor", expect: int = 200, **params: Any) -> Any:
        response = await self.request("GET", path, role=role, params=params)
        body = await response.json(content_type=None)
        assert response.status == expect, body
        return body

    async def post(self, path: str, body: Any = None, *, role: str = "supervisor", expect: int = 200) -> Any:
        response = await self.request("POST", path, role=role, json=body)
        answer = await response.json(content_type=None)
        assert response.status == expect, answer
        return answer

    async def act(
        self, ticket: dict[str, Any], action: str, *, role: str = "supervisor", expect: int = 200, **body: Any
    ) -> Any:
        """The action with the version of the ticket in hand; the ticket as it then is."""
        path = f"/tickets/{ticket['number']}/{action}"
        return await self.post(path, {"version": ticket["version"], **body}, role=role, expect=expect)

    async def registered(self, **changes: Any) -> Any:
        """A ticket waiting for a dispatcher, whatever triage thought of it."""
        self.numbers += 1
        desk = self.services.desk
        tools = desk.triage
        desk.triage = replace(tools, gate=Gate(stopped=tools.topics))
        ticket = await self.post(
            "/tickets", {**CALL, "external_number": f"N{self.numbers}", **changes}, expect=201
        )
        desk.triage = tools
        return ticket

    async def dispatched(self, **changes: Any) -> Any:
        """A ticket with 城管执法局."""
        ticket = await self.registered(**changes)
        return await self.act(ticket, "dispatch", department=CITY_MANAGEMENT)

    async def resolved(self, **changes: Any) -> Any:
        ticket = await self.act(await self.dispatched(**changes), "accept", role="liaison")
        return await self.act(ticket, "resolve", role="liaison", text="已责令停工整改。")


@pytest.fixture
async def clock() -> Clock:
    return Clock()


@pytest.fixture
def articles() -> tuple[Article, ...]:
    """The knowledge base: empty but where a module says otherwise, for reading one takes half a second."""
    return ()


@pytest.fixture
def callback_settings() -> dict[str, Any]:
    """Of the platform above: none, but where a module says otherwise."""
    return {}


@pytest.fixture
async def api(
    services_database: str,
    redis: Redis,
    mongo_url: str,
    redis_url: str,
    clock: Clock,
    articles: tuple[Article, ...],
    callback_settings: dict[str, Any],
) -> AsyncIterator[Api]:
    settings = Settings.model_validate(
        {
            "mongo_url": mongo_url,
            "redis_url": redis_url,
            "database": services_database,
            "secret_key": SecretStr("k" * 48),
            **callback_settings,
        }
    )
    async with run_services(settings, clock=clock, first_articles=articles) as services:
        keys = {
            name: await services.people.add_api_key(name=name, role=role, unit_id=unit_id)
            for name, role, unit_id in (
                ("operator", Role.OPERATOR, HOTLINE),
                ("dispatcher", Role.DISPATCHER, HOTLINE),
                ("supervisor", Role.SUPERVISOR, HOTLINE),
                ("liaison", Role.LIAISON, CITY_MANAGEMENT),
                ("stranger", Role.LIAISON, HOUSING),
                ("editor", Role.EDITOR, HOTLINE),
                ("auditor", Role.AUDITOR, HOTLINE),
            )
        }
        async with TestClient(TestServer(create_app(services))) as client:
            yield Api(client, services, clock, keys)
