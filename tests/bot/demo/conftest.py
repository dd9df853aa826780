"""A running `huiyin demo`, and a past made in memory."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from bot import notices
from bot.demo.history import Historian, History
from classifier.model import TextModel, starter_model_path
from routing.departments import load_units
from routing.identity import Vault
from routing.places.gazetteer import load_gazetteer
from routing.service_desk import ServiceDesk, TriageTools
from routing.store import IdentityStore, TicketStore
from routing.triage.catalogue import load_duty_list
from tests.bot.demo.running import RunningDemo, Start, spawn_demo, wait_until_ready
from tests.factories import PROFILE

PRESENT = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
"""Where the past of ``history`` ends: a Wednesday noon."""


@pytest.fixture
def start_demo(tmp_path: Path) -> Iterator[Start]:
    """Starts demos on a free port, waits for each to be ready, and ends those still running afterwards."""
    running: list[RunningDemo] = []

    def start(data_dir: Path = tmp_path / "data") -> RunningDemo:
        demo = RunningDemo(spawn_demo("--port", "0", "--data-dir", str(data_dir)))
        running.append(demo)
        demo.card = wait_until_ready(demo.process)
        return demo

    yield start
    for demo in running:
        if demo.process.poll() is None:
            demo.end(signal.SIGKILL)
        assert demo.process.stdout is not None
        demo.process.stdout.close()


@pytest.fixture(scope="session")
def historian() -> Historian:
    """Everything real but the stores: a past is lived in memory."""
    model, units, gazetteer = TextModel.load(starter_model_path()), load_units(), load_gazetteer()
    desk = ServiceDesk(
        tickets=cast("TicketStore", None),  # a draft touches no store
        identities=cast("IdentityStore", None),
        profile=PROFILE,
        triage=TriageTools(
            classify=model.classify,
            duties=load_duty_list(),
            units=units,
            gazetteer=gazetteer,
            topics=frozenset(model.labels),
        ),
        vault=Vault(b"a secret for tests, 32 bytes long"),
        planner=notices.plan,
    )
    return Historian(desk, PROFILE, units, gazetteer, app_id="wx0123456789abcdef")


@pytest.fixture(scope="session")
def history(historian: Historian) -> History:
    return historian.write(now=PRESENT)


@pytest.fixture(scope="session")
def present() -> datetime:
    return PRESENT
