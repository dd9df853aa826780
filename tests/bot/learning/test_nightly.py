"""The night's training: by one worker, at its hour, in a process of its own that knows no secrets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.learning.nightly import Nightly, child_environment
from bot.learning.progress import RunState, TrainingProgress
from bot.learning.registry import ModelKind, ModelState
from bot.services import Services, utc_now
from bot.settings import Settings
from routing.timing.working_calendar import CHINA
from tests.bot.learning.small_city import decided_tickets
from tests.running import run_services

THREE_AT_NIGHT = datetime(2026, 11, 16, 3, 5, tzinfo=CHINA).astimezone(UTC)


@pytest.fixture
async def services(
    mongo_url: str, redis_url: str, services_database: str, tmp_path: Path
) -> AsyncIterator[Services]:
    settings = Settings.from_environment(
        {},
        mongo_url=mongo_url,
        redis_url=redis_url,
        database=services_database,
        data_dir=tmp_path,
        secret_key="a secret key of the learning tests, long enough",
        model_least_new=40,
    )
    async with run_services(settings) as services:
        yield services


async def test_the_night_makes_a_candidate_in_a_process_of_its_own(services: Services) -> None:
    await services.tickets.add_many(decided_tickets(240, newest=utc_now() - timedelta(hours=1), weeks=8))
    first, second = Nightly(services), Nightly(services)  # two workers
    assert await first.train_when_due(THREE_AT_NIGHT) >= 1
    assert await second.train_when_due(THREE_AT_NIGHT) == 0
    runs = {run.kind: run for run in await TrainingProgress(services.database).latest()}
    assert runs[ModelKind.TOPICS].state is RunState.DONE
    assert runs[ModelKind.TOPICS].id == "topics-2026-11-16"
    (model,) = await services.registry.all(ModelKind.TOPICS)
    assert model.state is ModelState.CANDIDATE
    assert (model.created_by, model.rows) == ("每晚训练", 240)


@pytest.mark.parametrize(("hour", "minute"), [(2, 59), (6, 0), (14, 0)])
async def test_at_other_hours_nothing_is_trained(services: Services, hour: int, minute: int) -> None:
    at = datetime(2026, 11, 16, hour, minute, tzinfo=CHINA)
    assert await Nightly(services).train_when_due(at.astimezone(UTC)) == 0
    assert await TrainingProgress(services.database).latest() == []


def test_the_child_gets_the_stores_and_none_of_the_secrets() -> None:
    settings = Settings.from_environment(
        {}, mongo_url="mongodb://db", secret_key="s" * 40, model_train_hour=0, wechat_accounts="/etc/w.toml"
    )
    environ = {"PATH": "/bin", "HUIYIN_SECRET_KEY": "other", "HUIYIN_MONGO_URL": "mongodb://other"}
    child = child_environment(settings, environ)
    assert child["PATH"] == "/bin"
    assert child["HUIYIN_MONGO_URL"] == "mongodb://db"
    assert child["HUIYIN_MODEL_TRAIN_HOUR"] == "0"
    assert not {"HUIYIN_SECRET_KEY", "HUIYIN_PREVIOUS_SECRET_KEY", "HUIYIN_WECHAT_ACCOUNTS"} & set(child)
    # What the child reads is what the worker has.
    again = Settings.from_environment(child)
    assert (
        again.model_copy(
            update={"secret_key": settings.secret_key, "wechat_accounts": settings.wechat_accounts}
        )
        == settings
    )
