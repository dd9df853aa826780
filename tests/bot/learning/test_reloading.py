"""A model that goes live is at work in every process seconds later, and nothing is lost meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from bot.app import create_app
from bot.learning.drift_store import DriftStore
from bot.learning.live import LiveSet, gate_of
from bot.learning.registry import ModelKind, ModelRegistry
from bot.learning.reloading import Reloader
from bot.services import Services
from bot.settings import Settings
from classifier.drift import DriftState, Level, Measure, Signal
from classifier.model import TextModel, starter_model_path
from routing.reference_store import MongoReferenceStore, Origin
from routing.reference_tables import TABLE_COLUMNS, TableKind, TableRows, demo_reference
from routing.tables import DEMO_COUNTY, Row, read_rows
from routing.triage.automation import OPEN_GATE
from tests.bot.learning.small_models import artefact, new_model, sentences
from tests.bot.learning.waiting import until
from tests.factories import CITY_MANAGEMENT, MONDAY_9_30, a_request
from tests.running import run_services

WHO = {"who": "林督办", "why": "试用", "now": MONDAY_9_30}


@pytest.fixture
def settings(mongo_url: str, redis_url: str, services_database: str, tmp_path: Path) -> Settings:
    return Settings.from_environment(
        {},
        mongo_url=mongo_url,
        redis_url=redis_url,
        database=services_database,
        data_dir=tmp_path,
        secret_key="a secret key of the learning tests, long enough",
    )


@pytest.fixture
async def two_processes(settings: Settings) -> AsyncIterator[tuple[Services, Services]]:
    """Two sets of services over the same stores, as two web processes have them."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(run_services(settings))
        second = await stack.enter_async_context(run_services(settings))
        yield first, second


async def test_both_processes_take_up_an_approved_model_and_go_back_with_one_roll_back(
    two_processes: tuple[Services, Services],
) -> None:
    first, second = two_processes
    shipped = first.model.labels
    model = await first.registry.add(new_model(artefact()))
    await first.registry.approve(ModelKind.TOPICS, model.version, **WHO)
    await until(lambda: first.model.labels == second.model.labels == ("供水", "噪声", "道路"))
    assert second.live.versions() == {
        "topics": model.version,
        "units": "shipped",
        "reference": "shipped",
    }
    # The desk decides with the new model and knows its topics.
    assert second.desk.triage.topics == {"供水", "噪声", "道路"}
    assert second.desk.triage.classify(sentences("噪声")[0]).label == "噪声"
    await second.registry.roll_back(ModelKind.TOPICS, **WHO)
    await until(lambda: first.model.labels == second.model.labels == shipped)


async def test_a_process_started_later_begins_with_the_live_model(settings: Settings) -> None:
    async with run_services(settings) as services:
        model = await services.registry.add(new_model(artefact()))
        await services.registry.approve(ModelKind.TOPICS, model.version, **WHO)
    async with run_services(settings) as services:
        assert services.model.labels == ("供水", "噪声", "道路")


async def test_a_damaged_artefact_changes_nothing_but_the_alarm_which_readyz_tells(
    two_processes: tuple[Services, Services],
) -> None:
    services, _ = two_processes
    shipped = services.model
    broken = await services.registry.add(new_model(artefact()[:-200]))
    await services.registry.approve(ModelKind.TOPICS, broken.version, **WHO)
    await until(lambda: services.live.current.alarms)
    assert services.model is shipped
    async with (
        TestServer(create_app(services)) as server,
        aiohttp.ClientSession() as http,
        http.get(server.make_url("/readyz")) as response,
    ):
        assert response.status == 200
        body = await response.json()
    assert broken.version in body["alarms"][0]
    assert body["models"]["topics"] == "shipped"
    # The next good one clears it.
    good = await services.registry.add(new_model(artefact()))
    await services.registry.approve(ModelKind.TOPICS, good.version, **WHO)
    await until(lambda: not services.live.current.alarms)
    assert services.live.versions()["topics"] == good.version


async def test_a_process_started_while_the_live_model_is_broken_starts_with_the_one_that_ships(
    settings: Settings,
) -> None:
    async with run_services(settings) as services:
        broken = await services.registry.add(new_model(b"not a model"))
        await services.registry.approve(ModelKind.TOPICS, broken.version, **WHO)
    async with run_services(settings) as services:
        assert services.live.current.alarms
        assert len(services.model.labels) == 7


async def test_requests_registered_while_models_change_are_all_kept_and_each_saw_one_model(
    two_processes: tuple[Services, Services],
) -> None:
    services, _ = two_processes
    versions = []
    for labels in (("噪声", "供水"), ("道路", "噪声")):
        versions.append((await services.registry.add(new_model(artefact(*labels)))).version)
    texts = [text for label in ("噪声", "供水", "道路") for text in sentences(label)]
    kept: list[str | None] = []

    async def citizens() -> None:
        for text in texts * 8:
            ticket = await services.desk.register(a_request(text), now=MONDAY_9_30)
            kept.append(ticket.topic)

    await asyncio.gather(citizens(), citizens(), _switch_often(services, versions))
    assert len(kept) == 2 * 8 * len(texts)
    assert None not in kept


async def _switch_often(services: Services, versions: list[str]) -> None:
    await services.registry.approve(ModelKind.TOPICS, versions[0], **WHO)
    for _ in range(8):
        await services.registry.approve(ModelKind.TOPICS, versions[1], **WHO)
        await until(lambda: services.live.versions()["topics"] == versions[1])
        await services.registry.roll_back(ModelKind.TOPICS, **WHO)
        await until(lambda: services.live.versions()["topics"] == versions[0])


async def test_imported_tables_take_effect_in_running_processes(
    two_processes: tuple[Services, Services],
) -> None:
    first, second = two_processes
    tables = {
        kind: tuple(read_rows(DEMO_COUNTY / f"{kind.value}.csv", columns=TABLE_COLUMNS[kind][:2]))
        for kind in TableKind
    }
    renamed = tuple(
        Row(row.number, {**row.cells, "name": "清和县城市治理局"}) if row["id"] == CITY_MANAGEMENT else row
        for row in tables[TableKind.UNITS]
    )
    rows = TableRows(places=tables[TableKind.PLACES], units=renamed, duties=tables[TableKind.DUTIES])
    store = MongoReferenceStore(first.database)
    await store.append(rows, {}, base=0, origin=Origin("李管理", MONDAY_9_30, ("units.csv",)))
    await first.registry.announce()
    for services in (first, second):
        await until(lambda services=services: services.live.versions()["reference"] == "1")
        assert services.units.get(CITY_MANAGEMENT).name == "清和县城市治理局"
        assert services.desk.triage.units is services.units
    # A damaged version stays outside, and is told.
    await store.append(rows, {}, base=1, origin=Origin("李管理", MONDAY_9_30, ()))
    await first.database["reference_tables"].update_many({}, {"$set": {"data": b"damaged"}})
    await first.registry.announce()
    await until(lambda: first.live.current.alarms)
    assert first.units.get(CITY_MANAGEMENT).name == "清和县城市治理局"


def test_the_gate_follows_the_monitor() -> None:
    model, tables = TextModel.load(starter_model_path()), demo_reference()
    live = LiveSet(topics=model, reference=tables, versions=dict.fromkeys(ModelKind))
    assert gate_of(None, live) == gate_of(DriftState(), live) == OPEN_GATE
    measure = Measure(Signal.LABEL_MIX, 0.4, 0.1, 200, drifting=True, quiet=False)
    tight = gate_of(DriftState(level=Level.TIGHTENED, tightened_by=0.05, measures=(measure,)), live)
    assert (tight.tightened_by, tight.stopped) == (0.05, frozenset())
    assert tight.why == "近七天诉求类别的分布与以往不同"
    partly = gate_of(DriftState(stopped=("交通运输",)), live)
    assert partly.stops("交通运输")
    assert not partly.stops("教育文体")
    closed = gate_of(DriftState(level=Level.STOPPED, tightened_by=1.0), live)
    assert all(closed.stops(name) for name in (*model.labels, *(unit.id for unit in tables.units.all())))


async def test_whoever_misses_the_announcement_finds_the_model_by_looking(settings: Settings) -> None:
    async with run_services(settings) as services:
        silent = ModelRegistry(services.database)  # as if Redis had lost the word
        reloader = Reloader(
            registry=silent,
            tables=MongoReferenceStore(services.database),
            drift=DriftStore(services.database),
            live=services.live,
            shipped=services.model,
            redis_url="redis://127.0.0.1:1/0",  # nobody there
            look_every_s=0.05,
        )
        following = asyncio.create_task(reloader.run())
        model = await silent.add(new_model(artefact()))
        await silent.approve(ModelKind.TOPICS, model.version, **WHO)
        await until(lambda: services.live.versions()["topics"] == model.version, within_s=4)
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following
