"""Every process follows the registry: told through Redis at once, or by its own look a few seconds later."""

from __future__ import annotations

import asyncio
import math
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog
from pymongo.errors import PyMongoError
from redis.exceptions import RedisError

from bot.ending import still_wanted
from bot.learning.drift_store import DriftStore
from bot.learning.live import LiveModels, LiveSet, gate_of, versions_of
from bot.learning.registry import (
    CHANNEL,
    ArtefactDamaged,
    ModelKind,
    ModelRegistry,
    UnknownModel,
)
from bot.learning.unit_models import read_units_model
from bot.learning.words import KINDS, without
from bot.redis_state import make_redis
from classifier.model import ModelDamaged, TextModel
from routing.reference_store import ReferenceDamaged, ReferenceStore

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 5.0
TRY_AGAIN_AFTER_S = 60.0


@dataclass(slots=True)
class Reloader:
    """Keeps ``live`` at what registry, tables and drift monitor say. ``shipped`` is the model of an installation
    without any other."""

    registry: ModelRegistry
    tables: ReferenceStore
    drift: DriftStore
    live: LiveModels
    shipped: TextModel
    redis_url: str
    look_every_s: float = LOOK_EVERY_S
    failed: dict[str, float] = field(default_factory=dict)
    """Versions that could not be loaded, and when by the process's clock."""

    async def run(self) -> None:
        """Forever: look, then wait for the next announcement or the next look. Returns only when cancelled."""
        redis = make_redis(self.redis_url, max_connections=2, socket_timeout_s=None)
        listening = redis.pubsub(ignore_subscribe_messages=True)
        try:
            while still_wanted():
                await self._look()
                try:
                    if not listening.subscribed:
                        await listening.subscribe(CHANNEL)
                        continue  # what was announced before we listened is seen by one more look
                    await listening.get_message(timeout=self.look_every_s)
                except (RedisError, OSError, RuntimeError):
                    await asyncio.sleep(self.look_every_s)
        finally:
            await listening.aclose()  # type: ignore[no-untyped-call]
            await redis.aclose()

    async def _look(self) -> None:
        try:
            await self.refresh()
        except Exception as error:
            # A database that is away comes back; the models at work need it for nothing.
            log.warning("models not looked up", error=type(error).__name__)

    async def refresh(self) -> bool:
        """Load what changed and swap; True when something did. What cannot be loaded changes nothing but the
        alarms."""
        before = self.live.current
        alarms: list[str] = []
        after = await self._with_tables(await self._with_models(before, alarms), alarms)
        gate = gate_of(await self.drift.current(ModelKind.TOPICS), after)
        after = replace(after, gate=gate, alarms=tuple(alarms))
        if after == before:
            return False
        if alarms and after.alarms != before.alarms:
            log.error("something live cannot be loaded; what was before stays", alarms=alarms)
        self.live.swap(after)
        if self.live.versions() != versions_of(before):
            log.info("models swapped", **self.live.versions())
        return True

    async def _with_models(self, before: LiveSet, alarms: list[str]) -> LiveSet:
        wanted = await self.registry.live_versions()
        after = before
        for kind in ModelKind:
            version, at_work = wanted[kind], before.versions[kind]
            if version == at_work:
                continue
            try:
                after = await self._with_model(after, kind, version)
            except (PyMongoError, OSError):
                raise  # the database is away: nothing is known of the model
            except Exception as error:
                # Whatever is wrong with one model, the others and the tables must still follow.
                if not isinstance(error, UnknownModel | ArtefactDamaged | ModelDamaged):
                    log.error(
                        "model cannot be read", kind=kind.value, version=version, error=type(error).__name__
                    )
                    self.failed[f"{kind.value} {version}"] = time.monotonic()
                alarms.append(f"{KINDS[kind]} {version} 无法载入，仍在使用 {at_work or without(kind)}")
        return after

    async def _with_model(self, before: LiveSet, kind: ModelKind, version: str | None) -> LiveSet:
        """Raises what loading raises. Reading takes half a second: messages must not wait for it."""
        versions = {**before.versions, kind: version}
        if version is None and kind is ModelKind.TOPICS:
            return replace(before, topics=self.shipped, versions=versions)
        if version is None:
            return replace(before, unit_model=None, versions=versions)
        artefact = await self._artefact(kind, version)
        try:
            if kind is ModelKind.TOPICS:
                topics = await asyncio.to_thread(read_text_model, artefact)
                return replace(before, topics=topics, versions=versions)
            unit_model = await asyncio.to_thread(read_units_model, artefact)
            return replace(before, unit_model=unit_model, versions=versions)
        except ModelDamaged:
            self.failed[f"{kind.value} {version}"] = time.monotonic()
            raise

    async def _artefact(self, kind: ModelKind, version: str) -> bytes:
        """One that failed a moment ago is not fetched again: it is megabytes."""
        name = f"{kind.value} {version}"
        if time.monotonic() - self.failed.get(name, -math.inf) < TRY_AGAIN_AFTER_S:
            raise ArtefactDamaged(name)
        try:
            return await self.registry.load(kind, version)
        except ArtefactDamaged:
            self.failed[name] = time.monotonic()
            raise

    async def _with_tables(self, before: LiveSet, alarms: list[str]) -> LiveSet:
        wanted = await self.tables.current_version()
        if wanted == before.reference.version:
            return before
        try:
            tables = await self.tables.load()
        except ReferenceDamaged as damaged:
            at_work = before.reference.version
            alarms.append(
                f"地点、单位、事项表第 {wanted} 版无法载入（{damaged.kind}），仍在使用第 {at_work} 版"
            )
            return before
        return replace(before, reference=tables) if tables is not None else before


def read_text_model(artefact: bytes) -> TextModel:
    """A model from its bytes; raises ModelDamaged."""
    with tempfile.TemporaryDirectory(prefix="huiyin-model-") as folder:
        path = Path(folder) / "model"
        path.write_bytes(artefact)
        return TextModel.load(path)
