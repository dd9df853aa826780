"""The nightly training: one worker of all starts it, in a process of its own that dies with its worker's wish."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from datetime import date, datetime

import structlog

from bot.cores import anywhere
from bot.learning.progress import RunState, TrainingProgress
from bot.learning.registry import ModelKind
from bot.services import Services
from bot.settings import PREFIX, Settings
from routing.timing.working_calendar import CHINA

log = structlog.get_logger(__name__)

WHO = "每晚训练"
WITHIN_HOURS = 3
"""A worker that comes up later than this after the hour leaves it to the next night."""
_SECRETS = frozenset({"secret_key", "previous_secret_key", "wechat_accounts"})
_STOP_WITHIN_S = 10.0


class Nightly:
    """Asked every moment, starts something once a night."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._progress = TrainingProgress(services.database)
        self._seen: date | None = None

    async def train_when_due(self, now: datetime) -> int:
        """Train every kind if it is the hour and nobody has tonight; returns how many were started here."""
        local, hour = now.astimezone(CHINA), self._services.settings.model_train_hour
        if hour < 0 or self._seen == local.date() or not hour <= local.hour < hour + WITHIN_HOURS:
            return 0
        started = 0
        for kind in TRAINED_KINDS:
            run_id = f"{kind.value}-{local:%Y-%m-%d}"
            if await self._progress.claim(run_id, kind, now=now):
                started += 1
                await self._train(kind, run_id)
        # Only a whole round is remembered: a run that died is claimed again until the hours are over.
        if not started:
            self._seen = await self._all_ended(local.date())
        return started

    async def _all_ended(self, night: date) -> date | None:
        runs = {run.id: run for run in await self._progress.latest(limit=10)}
        tonight = [runs.get(f"{kind.value}-{night:%Y-%m-%d}") for kind in TRAINED_KINDS]
        return night if all(run and run.state is not RunState.RUNNING for run in tonight) else None

    async def _train(self, kind: ModelKind, run_id: str) -> None:
        command = (
            "-m",
            "bot",
            "model",
            "train",
            "--kind",
            kind.value,
            "--run",
            run_id,
            "--who",
            WHO,
            "--json",
        )
        log.info("training started", kind=kind.value, run=run_id)
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            env=child_environment(self._services.settings),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,  # its outcome is told through the stores, its trouble in our log
        )
        anywhere(child.pid)
        try:
            code = await child.wait()
        except asyncio.CancelledError:
            child.terminate()
            try:
                await asyncio.wait_for(asyncio.shield(child.wait()), _STOP_WITHIN_S)
            except TimeoutError:
                child.kill()
            raise
        # Changes nothing where the child has told its own outcome.
        said = f"训练进程没有完成（{code}）。"
        await self._progress.finish(run_id, RunState.FAILED, said=said, now=self._services.clock())
        log.info("training ended", kind=kind.value, run=run_id, code=code)


TRAINED_KINDS = (ModelKind.TOPICS, ModelKind.UNITS)


def child_environment(settings: Settings, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """What the child needs to reach the same stores, and none of the secrets it does not need."""
    environ = os.environ if environ is None else environ
    kept = {name: value for name, value in environ.items() if not name.startswith(PREFIX)}
    own = {
        PREFIX + name.upper(): str(value)
        for name in Settings.model_fields
        if name not in _SECRETS and (value := getattr(settings, name)) not in (None, "")
    }
    # Training shares its machine with the service: one core, and the last in line for it.
    return {**kept, **own, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
