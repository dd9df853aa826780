"""A console with 100,000 tickets in it: a year of a county, with whatever its pages ask for."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import BaseTestServer, TestServer
from pydantic import SecretStr

from bot.app import create_app
from bot.embedded import EmbeddedStores, StoreAddresses
from bot.people import User
from bot.services import Services
from bot.settings import Settings
from classifier.signals import guess_request_type
from knowledge_base.gaps.proposals import Proposal
from knowledge_base.gaps.tasks import KnowledgeTask, TaskKind
from routing.acts import letters
from routing.departments import UnitId
from routing.derived_marks import AUDIT, GRAMS, PLACE
from routing.errors import Refused
from routing.events import EventKind
from routing.mongo_store import to_document
from routing.search_grams import grams_of
from routing.ticket import Ticket
from routing.triage.deciding import Candidate, Reason, ReasonKind, TriageDecision
from routing.workflow import Actor, Role
from tests.factories import PROFILE
from tests.routing import made_up_year
from tests.routing.made_up_year import DAYS, FIRST
from tests.running import add_user, county, demo_articles, run_services

KEPT = os.environ.get("HUIYIN_BENCH_KEPT", "")
"""A directory for databases that stay: filled the first time, opened at once from then on."""
TICKETS = int(os.environ.get("HUIYIN_BENCH_CONSOLE", "100000"))
LIVED = 8_000
"""Histories lived through the aggregate; further tickets are these again under other numbers and in other words."""
BATCH = 5_000
NOW = FIRST + timedelta(days=DAYS, hours=10)
HOTLINE, UNIT = UnitId("qh.hotline"), UnitId("qh.urban-management")
PASSWORD = "Huiyin-2026-bench"
TOPICS = ("路灯", "噪声扰民", "道路破损", "供水", "社保", "物业", "垃圾清运", "停车", "宅基地", "教育收费")
SENTENCES = (
    "晚上一片漆黑，老人小孩出门都不方便，前几天还有人摔倒。",
    "打了物业电话说不归他们管，让我们自己想办法。",
    "已经反映过两次了，一直没有人来看，希望尽快解决。",
    "请问这个到底归哪个部门管，需要带什么材料？",
    "每天半夜还在施工，根本没法睡觉，要求马上处理。",
    "建议在路口加装一个减速带，孩子上学放学太危险。",
    "商家收了钱不给办，还骂人，我要投诉。",
    "楼下的下水道堵了快一个月，臭得开不了窗。",
)
ACCOUNTS = """
[accounts.county]
title = "清河县12345"
app_id = "wx0123456789abcdef"
secret = "bench"
token = "bench"
mode = "plain"
"""
ROLES = tuple(role for role in Role if role not in (Role.CITIZEN, Role.SYSTEM))


def histories(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ticket]:
    """A year of tickets with the demo county's units, some with letters."""
    units = tuple(unit.id for unit in county().units.all() if unit.id.startswith("qh."))
    boss = Actor("supervisor", "郑克勤", Role.SUPERVISOR, frozenset(units))
    other = Actor("other", "吴督办", Role.SUPERVISOR, frozenset(units))
    monkeypatch.setattr(made_up_year, "UNITS", units)
    monkeypatch.setattr(made_up_year, "SUPERVISOR", boss)
    monkeypatch.setattr(made_up_year, "EDITOR", other)
    rng = random.Random(7)
    for ticket in made_up_year.tickets(LIVED, seed=5, present=NOW):
        if ticket.is_open and rng.random() < 0.3:
            write_to(ticket, boss)
        if rng.random() < 0.95:
            ticket.triage = thought_of(ticket, units, rng)
        yield ticket


def thought_of(ticket: Ticket, units: tuple[UnitId, ...], rng: random.Random) -> TriageDecision:
    """The machine is right about four of five, and sends half of the tickets by itself."""
    had = [e.unit_id for e in ticket.events if e.kind is EventKind.DISPATCHED and e.unit_id]
    first = had[-1] if had and rng.random() < 0.8 else rng.choice(units)
    words = "、".join(rng.sample(TOPICS, 3))
    reasons = (Reason(ReasonKind.DUTY, "市政设施管理"), Reason(ReasonKind.WORDS, words))
    others = rng.sample(units, 2)
    candidates = tuple(
        Candidate(unit, None, 0.6 - n / 5, reasons, None) for n, unit in enumerate([first, *others])
    )
    place = rng.choice([None, "qh", "qh.liuquan", "qh.chengguan.dongmen"])
    return TriageDecision(rng.random() < 0.5, candidates, reasons, place)


def write_to(ticket: Ticket, boss: Actor) -> None:
    try:
        letters.escalate(
            ticket, profile=PROFILE, actor=boss, now=NOW - timedelta(days=1), text="请三天内办结。"
        )
    except Refused:
        return


def documents(lived: list[Ticket]) -> Iterator[list[dict[str, Any]]]:
    """The same histories again and again under numbers of their own, as they came in: a database keeps what is new
    together, and so does this one."""
    made = sorted((to_document(ticket) for ticket in lived), key=lambda document: document["received_at"])
    rng = random.Random(11)
    for start in range(0, TICKETS, BATCH):
        batch = []
        for n in range(start, min(start + BATCH, TICKETS)):
            document = {**made[n * len(made) // TICKETS]}
            number, topic = f"HY{n:010d}", TOPICS[rng.randrange(len(TOPICS))]
            said = f"{topic}的问题第{n}次反映。" + "".join(rng.sample(SENTENCES, rng.randrange(1, 5)))
            document.update(
                _id=number,
                number=number,
                external_number=f"Y{n:08d}",
                version=1,
                writes=1,
                topic=topic,
                text=said,
                search_text=said,
                **{
                    GRAMS: grams_of(f"{said}\n{document.get(PLACE, '')}"),
                    AUDIT: _audited(document[AUDIT], number, topic, said),
                },
                letters=[
                    {**letter, "id": letter["id"].replace(letter["id"].split("-")[0], number)}
                    for letter in document["letters"]
                ],
                clocks=[
                    {**clock, "subject": re.sub(r"^HY\d+", number, clock["subject"])}
                    if isinstance(clock.get("subject"), str)
                    else clock
                    for clock in document["clocks"]
                ],
            )
            batch.append(document)
        yield batch


def _audited(mark: str, number: str, topic: str, said: str) -> str:
    """The string of the lived history, with what the other words change in it."""
    fields, worded = mark.split("\t"), guess_request_type(said)
    fields[0], fields[7], fields[11] = number, topic, str(len(said))
    fields[-2:] = [worded.label, repr(worded.confidence)]
    return "\t".join(fields)


async def load(services: Services, lived: list[Ticket]) -> None:
    """Load, then index, as a restore does: an index kept while loading costs several times as much."""
    tickets = services.database["tickets"]
    kept = [dict(index) async for index in tickets.list_indexes()]
    await tickets.drop_indexes()
    for batch in documents(lived):
        await tickets.insert_many(batch, ordered=False)
    indexes: list[dict[str, Any]] = [index for index in kept if index["name"] != "_id_"]
    await services.database.command("createIndexes", "tickets", indexes=indexes)


async def ask_for_answers(services: Services) -> None:
    """What the editors are asked to write, and what a unit's reply would be worth keeping as."""
    unit, article = str(UNIT), str(demo_articles()[0].id)
    for n in range(60):
        await services.tasks.open(
            KnowledgeTask(
                id=f"gap:{n}",
                kind=TaskKind.GAP,
                title=f"{TOPICS[n % len(TOPICS)]}去哪里办（{n}）",
                unit_id=unit,
                askers=n,
                opened_at=NOW - timedelta(days=n),
                due_at=NOW + timedelta(days=n - 20),
            )
        )
        proposal = Proposal(
            id=f"HY{n:010d}",
            title="路灯不亮找谁",
            question="路灯不亮找谁？",
            reply=SENTENCES[n % len(SENTENCES)],
            unit_id=unit,
            topic="路灯",
            closed_at=NOW - timedelta(days=n),
            near_article_id=article,
        )
        await services.proposals.add(proposal)


def settings_of(stores: StoreAddresses, folder: Path) -> Settings:
    accounts = folder / "accounts.toml"
    accounts.write_text(ACCOUNTS)
    return Settings(
        mongo_url=stores.mongo_url,
        redis_url=stores.redis_url,
        database="bench_console",
        secret_key=SecretStr("k" * 48),
        wechat_accounts=accounts,
    )


async def fill(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tickets, work for the editors, and somebody of every role."""
    start = time.perf_counter()
    await load(services, list(histories(monkeypatch)))
    await ask_for_answers(services)
    for role in ROLES:
        unit_id = UNIT if role is Role.LIAISON else HOTLINE
        user = User(username=str(role), name="郑克勤", role=role, unit_id=unit_id)
        await add_user(services, user, password=PASSWORD)
    print(f"\n{TICKETS:,} tickets loaded in {time.perf_counter() - start:.0f} s")


@asynccontextmanager
async def full_console(
    stores: StoreAddresses, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Services, BaseTestServer]]:
    settings = settings_of(stores, folder)
    async with run_services(settings, clock=lambda: NOW, first_articles=demo_articles()) as services:
        await services.database.client.admin.command("setParameter", 1, ttlMonitorEnabled=False)
        if await services.database["tickets"].estimated_document_count() != TICKETS:
            await fill(services, monkeypatch)
        await catch_up(services)
        async with TestServer(create_app(services)) as server:
            yield services, server
        if not KEPT:
            await services.database.client.drop_database("bench_console")


async def catch_up(services: Services) -> None:
    """A database that was kept may have been filled by an earlier version."""
    while await services.queries.figures.catch_up() or await services.tickets.catch_up():
        pass


@pytest.fixture(scope="session")
def full_stores(request: pytest.FixtureRequest) -> Iterator[StoreAddresses]:
    """Those that are kept where HUIYIN_BENCH_KEPT says so, or the tests' own."""
    if not KEPT:
        yield request.getfixturevalue("stores")
        return
    with EmbeddedStores(Path(KEPT)) as stores:
        yield stores
