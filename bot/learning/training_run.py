"""One training from tickets to the registry: what ``huiyin model train`` and the nightly job run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from bot.learning.progress import RunState, TrainingProgress
from bot.learning.registry import (
    ArtefactDamaged,
    ComparedWithAnother,
    ModelKind,
    ModelRegistry,
    RegisteredModel,
    SwitchAction,
    UnknownModel,
)
from bot.learning.reloading import read_text_model
from bot.learning.samples import Quarantines, Sample, read_examples, samples_of, without
from bot.learning.trainer import (
    LEAST_PER_LABEL,
    Champion,
    Learn,
    Plan,
    Said,
    Saying,
    TooFewSamples,
    learn_topics,
    make_candidate,
    unpack_said,
)
from bot.learning.unit_models import learn_units, names_of, read_units_model, region_of_id, units_champion
from bot.learning.words import refusal_words
from bot.settings import ModelApproval, Settings
from classifier.gate import Verdict
from classifier.model import ModelDamaged, TextModel
from routing.departments import UnitId
from routing.errors import UnknownUnit
from routing.mongo_store import Database
from routing.reference_tables import ReferenceTables

_NOTE_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a training ended; ``said`` in Chinese."""

    state: RunState
    said: str
    model: RegisteredModel | None = None
    verdict: Verdict | None = None
    went_live: bool = False


@dataclass(slots=True)
class TrainingRunner:
    """Does one training and keeps its document up to date. ``shipped`` is the model without any other."""

    database: Database
    registry: ModelRegistry
    settings: Settings
    reference: ReferenceTables
    shipped: TextModel
    clock: Callable[[], datetime]

    async def run(
        self,
        kind: ModelKind,
        *,
        run_id: str,
        who: str,
        force: bool = False,
        watch: Callable[[str, int, int], None] = lambda stage, done, total: None,
    ) -> Outcome:
        """Train, compare, register, and let it go live if the gate and the setting say so. ``force`` trains
        however little is new. The caller has claimed ``run_id``."""
        progress = TrainingProgress(self.database)
        latest = ("read", 0, 0)

        def note(stage: str, done: int, total: int) -> None:
            nonlocal latest
            latest = stage, done, total
            watch(stage, done, total)

        async def keep_noting() -> None:
            while True:
                await asyncio.sleep(_NOTE_EVERY_S)
                stage, done, total = latest
                await progress.note(run_id, stage=stage, done=done, total=total, now=self.clock())

        noting = asyncio.create_task(keep_noting())
        try:
            outcome = await self._train(kind, who=who, force=force, note=note)
        except Exception as error:
            await progress.finish(
                run_id, RunState.FAILED, said=f"训练失败：{type(error).__name__}", now=self.clock()
            )
            raise
        finally:
            noting.cancel()
        version = outcome.model.version if outcome.model else None
        await progress.finish(run_id, outcome.state, said=outcome.said, version=version, now=self.clock())
        return outcome

    async def _train(
        self, kind: ModelKind, *, who: str, force: bool, note: Callable[[str, int, int], None]
    ) -> Outcome:
        now = self.clock()
        samples = await self._samples(kind, now)
        live = await self.registry.live_version(kind)
        champion = await champion_of(
            self.registry, kind, shipped=self.shipped if kind is ModelKind.TOPICS else None
        )
        known = champion.data_until if champion else None
        fresh = sum(sample.confirmed and (known is None or sample.at > known) for sample in samples)
        least = self.settings.model_least_new
        if fresh < least and not force:
            return Outcome(
                RunState.SKIPPED, f"自上次训练以来经人确认的新工单只有 {fresh} 件，不足 {least} 件，未训练。"
            )
        plan = Plan(
            kind=kind,
            now=now,
            created_by=who,
            test_weeks=self.settings.model_test_weeks,
            # A unit seen once is still a unit of its place; a topic seen once is nothing yet.
            least_per_label=1 if kind is ModelKind.UNITS else LEAST_PER_LABEL,
        )
        try:
            made, verdict = await asyncio.to_thread(
                make_candidate,
                samples,
                learn=self._learner(kind, samples, now),
                champion=champion,
                plan=plan,
                progress=note,
            )
        except TooFewSamples as few:
            return Outcome(RunState.SKIPPED, f"可学习的工单太少，未训练（{few}）。")
        made = replace(made, comparison={**(made.comparison or {}), "live": live})
        model = await self.registry.add(made)
        await self.registry.forget_files(kind, now=self.clock())
        return await settle(
            self.registry,
            model,
            verdict,
            approval=self.settings.model_approval,
            now=self.clock(),
            name=self._unit_name if kind is ModelKind.UNITS else str,
        )

    def _unit_name(self, unit_id: str) -> str:
        """What people call the unit: they do not read ids."""
        try:
            return self.reference.units.get(UnitId(unit_id)).short_name
        except UnknownUnit:
            return unit_id

    def _learner(self, kind: ModelKind, samples: list[Sample], now: datetime) -> Learn:
        if kind is ModelKind.TOPICS:
            return partial(learn_topics, now=now, name="topics")
        return partial(learn_units, now=now, names=names_of(samples, self.reference))

    async def _samples(self, kind: ModelKind, now: datetime) -> list[Sample]:
        since = now - timedelta(weeks=self.settings.model_data_weeks)
        units, duties, gazetteer = self.reference.units, self.reference.duties, self.reference.gazetteer
        examples, _ = await read_examples(self.database, since=since, units=units, duties=duties)
        samples = samples_of(examples, kind, region_of=partial(region_of_id, gazetteer=gazetteer))
        return without(samples, await Quarantines(self.database).all(kind))


async def settle(
    registry: ModelRegistry,
    model: RegisteredModel,
    verdict: Verdict,
    *,
    approval: ModelApproval,
    now: datetime,
    name: Callable[[str], str] = str,
) -> Outcome:
    """Refused by the gate, live, or waiting for a person. ``name`` says what a label is called."""
    if not verdict.passed:
        why = "；".join(
            refusal_words(replace(each, label=name(each.label) if each.label else None))
            for each in verdict.refusals
        )
        model = await registry.refuse(model.kind, model.version, who="门禁", why=why, now=now)
        return Outcome(RunState.DONE, f"{model.version} 未通过门禁：{why}", model, verdict)
    if approval is not ModelApproval.AUTOMATIC:
        return Outcome(RunState.DONE, f"{model.version} 已通过门禁，等待批准。", model, verdict)
    history = await registry.history(model.kind)
    if history and history[-1].action is SwitchAction.ROLLED_BACK:
        said = f"{model.version} 已通过门禁；上次回退之后须由人批准。"
        return Outcome(RunState.DONE, said, model, verdict)
    try:
        await registry.approve(model.kind, model.version, who="自动", why="通过门禁", now=now)
    except ComparedWithAnother:
        said = f"{model.version} 已通过门禁；训练期间换用了别的模型，未启用，下次训练再比。"
        return Outcome(RunState.DONE, said, model, verdict)
    model = await registry.get(model.kind, model.version)
    return Outcome(RunState.DONE, f"{model.version} 已通过门禁并启用。", model, verdict, went_live=True)


async def champion_of(
    registry: ModelRegistry, kind: ModelKind, *, shipped: TextModel | None
) -> Champion | None:
    """The model at work: the live one, or the one that ships where none is live or it cannot be read (made by an
    older version, damaged); None where none ships."""
    otherwise = text_champion(shipped) if shipped is not None else None
    version = await registry.live_version(kind)
    if version is None:
        return otherwise
    model = await registry.get(kind, version)
    said = unpack_said(await registry.said(kind, version))
    until = model.data_until
    try:
        artefact = await registry.load(kind, version)
        if kind is ModelKind.UNITS:
            composition = read_units_model(artefact)
            return units_champion(composition, version=version, data_until=until, said=said)
        return text_champion(read_text_model(artefact), version=version, data_until=until, said=said)
    except (ArtefactDamaged, ModelDamaged, UnknownModel):
        return otherwise


def text_champion(
    model: TextModel,
    *,
    version: str | None = None,
    data_until: datetime | None = None,
    said: Said | None = None,
) -> Champion:
    """A topic model as the comparison asks it."""

    def classify(sample: Sample) -> Saying:
        found = model.classify(sample.text)
        return found.label, found.confidence, not found.abstained

    return Champion(
        version=version, labels=model.labels, classify=classify, data_until=data_until, said=said or {}
    )
