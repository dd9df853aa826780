"""The services on real stores, with the demo county's library and a clock of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.services import Services
from bot.settings import Settings
from bot.wechat.messages import IncomingMessage, MessageKind
from knowledge_base.answering.outcome import Refusal, RefusalReason
from knowledge_base.article import Article, ArticleKind, ArticleStatus
from knowledge_base.gaps.gathering import Lack
from routing.departments import UnitId
from routing.workflow import Actor, Role
from tests.factories import MONDAY_9_30
from tests.running import demo_articles, run_services

EDITOR = Actor("editor", "苏雅", Role.EDITOR, frozenset({UnitId("qh.hotline")}))
OTHER_EDITOR = Actor("editor2", "林舟", Role.EDITOR, frozenset({UnitId("qh.hotline")}))
SUPERVISOR = Actor("supervisor", "郑克勤", Role.SUPERVISOR, frozenset({UnitId("qh.hotline")}))


@dataclass
class Clock:
    """The present, moved only by the test."""

    now: datetime = MONDAY_9_30

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def services(
    mongo_url: str, redis: Redis, redis_url: str, services_database: str, tmp_path: Path, clock: Clock
) -> AsyncIterator[Services]:
    settings = Settings.from_environment(
        {},
        mongo_url=mongo_url,
        redis_url=redis_url,
        database=services_database,
        data_dir=tmp_path,
        secret_key="a secret key of the knowledge tests, long enough",
        public_url="https://12345.example.cn",
    )
    async with run_services(settings, clock=clock, first_articles=demo_articles()) as services:
        yield services


def a_message(number: int, *, openid: str = "o-wang", text: str = "问一件事") -> IncomingMessage:
    return IncomingMessage(
        account="county",
        openid=openid,
        kind=MessageKind.TEXT,
        message_id=f"m{number}",
        created_at=MONDAY_9_30 + timedelta(seconds=number),
        content=text,
    )


async def asks_in_vain(services: Services, number: int, question: str, *, openid: str) -> str:
    """A citizen's question that got no answer; returns its key."""
    message, now = a_message(number, openid=openid), services.clock()
    await services.hearing.asked(message, Refusal((), RefusalReason.UNSURE), now=now)
    await services.hearing.lacking(
        message, message.key, Lack.UNANSWERED, question=question, article_id=None, now=now
    )
    return message.key


def an_article(name: str, **fields: Any) -> Article:
    values: dict[str, Any] = {
        "kind": ArticleKind.POLICY,
        "title": f"关于{name}的通知",
        "body": "第一条 本通知自发布之日起施行。",
        "issuer": "清和县民政局",
        "document_number": None,
        "published_on": date(2026, 1, 5),
        "effective_on": date(2026, 1, 5),
        "expires_on": None,
        "status": ArticleStatus.PUBLISHED,
        "owner_unit_id": "qh.civil-affairs",
        "region": "清和县",
    }
    return Article(id=f"policy.{name}", **{**values, **fields})
