"""From tickets to a model that is live, waits, or is refused, each for a reason that is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from bot.learning.live import LiveSet, triage_tools
from bot.learning.progress import RunState, TrainingProgress
from bot.learning.registry import ModelKind, ModelRegistry, ModelState
from bot.learning.reloading import read_text_model
from bot.learning.samples import Quarantine, Quarantines
from bot.learning.training_run import Outcome, TrainingRunner, champion_of
from bot.learning.unit_models import read_units_model
from bot.settings import Settings
from classifier.gate import Rule
from classifier.model import TextModel, starter_model_path
from routing.departments import UnitId
from routing.mongo_store import Database, MongoTicketStore
from routing.reference_tables import demo_reference
from routing.ticket import Ticket
from tests.bot.learning.small_city import MATTERS, decided_tickets
from tests.bot.learning.small_models import new_model
from tests.factories import MONDAY_9_30, a_request

TOPICS = ModelKind.TOPICS
EDUCATION, HEALTH = UnitId("qh.education"), UnitId("qh.health")


@dataclass
class City:
    """A registry and a runner over one database, a week at a time."""

    database: Database
    approval: str = "person"
    now: datetime = MONDAY_9_30
    runs: int = 0
    seeds: int = 0

    def __post_init__(self) -> None:
        self.registry = ModelRegistry(self.database)
        self.tickets = MongoTicketStore(self.database)

    async def receives(
        self, count: int, *, weeks: int = 1, wrong: tuple[UnitId, UnitId] | None = None
    ) -> None:
        """Tickets of the weeks up to now; ``wrong`` are a unit whose tickets all went to another."""
        self.seeds += 1
        tickets = decided_tickets(count, newest=self.now, weeks=weeks, seed=self.seeds)
        for ticket in tickets:
            if wrong and ticket.unit_id == wrong[0]:
                _as_if_sent_to(ticket, wrong[1])
        await self.tickets.add_many(tickets)

    async def trains(self, *, kind: ModelKind = TOPICS, force: bool = False) -> Outcome:
        self.runs += 1
        progress = TrainingProgress(self.database)
        run_id = f"run-{self.runs}"
        assert await progress.claim(run_id, kind, now=self.now)
        runner = TrainingRunner(
            database=self.database,
            registry=self.registry,
            settings=Settings.from_environment({}, model_approval=self.approval, model_least_new=40),
            reference=demo_reference(),
            shipped=TextModel.load(starter_model_path()),
            clock=lambda: self.now,
        )
        outcome = await runner.run(kind, run_id=run_id, who="测试", force=force)
        (run,) = [run for run in await progress.latest(limit=50) if run.id == run_id]
        assert (run.state, run.said) == (outcome.state, outcome.said)
        return outcome

    def waits(self, **time: float) -> None:
        self.now += timedelta(**time)


def _as_if_sent_to(ticket: Ticket, unit_id: UnitId) -> None:
    """A dispatcher's mistake nobody noticed: the same history at another unit."""
    ticket.unit_id = unit_id
    ticket.events = tuple(
        replace(event, unit_id=unit_id) if event.unit_id else event for event in ticket.events
    )


@pytest.fixture
async def city(database: Database) -> City:
    city = City(database)
    await city.registry.prepare()
    await city.tickets.prepare()
    return city


async def test_a_model_that_passes_waits_for_a_person_and_then_answers(city: City) -> None:
    await city.receives(240, weeks=8)
    outcome = await city.trains()
    assert outcome.state is RunState.DONE
    assert outcome.model is not None
    assert outcome.verdict is not None
    assert outcome.verdict.refusals == ()
    assert outcome.model.state is ModelState.CANDIDATE
    assert outcome.said == f"{outcome.model.version} 已通过门禁，等待批准。"
    assert await city.registry.live_version(TOPICS) is None
    await city.registry.approve(TOPICS, outcome.model.version, who="林督办", why="好", now=city.now)
    model = read_text_model(await city.registry.load(TOPICS, outcome.model.version))
    assert set(model.labels) == {topic for topic, _ in MATTERS.values()}
    assert model.classify("新城小区旁工厂夜里排放黑烟，请尽快处理").label == "环境保护"


async def test_a_wrong_week_is_refused_by_class_until_a_person_sets_it_aside(city: City) -> None:
    city.approval = "automatic"
    await city.receives(240, weeks=8)
    first = await city.trains()
    assert first.went_live
    city.waits(weeks=1)
    await city.receives(60, wrong=(EDUCATION, HEALTH))
    refused = await city.trains()
    assert refused.model is not None
    assert refused.model.state is ModelState.REFUSED
    assert refused.verdict is not None
    contradicted = {r.label for r in refused.verdict.refusals if r.rule is Rule.LABELS_CONTRADICT}
    assert contradicted & {"教育文体", "卫生计生"}
    assert "的新标注与以往矛盾" in refused.said
    assert await city.registry.live_version(TOPICS) == first.model.version  # type: ignore[union-attr]
    # Time alone does not make the week good: a clean week later it is still found.
    city.waits(weeks=1)
    await city.receives(60)
    again = await city.trains()
    assert not again.went_live
    span = Quarantine(
        since=city.now - timedelta(weeks=2),
        until=city.now - timedelta(weeks=1),
        label="卫生计生",
        who="林督办",
        why="误标",
        at=city.now,
    )
    await Quarantines(city.database).add(span, kind=TOPICS)
    city.waits(hours=1)
    assert (await city.trains()).went_live


async def test_too_little_that_is_new_is_a_reason_not_to_train(city: City) -> None:
    assert (await city.trains()).state is RunState.SKIPPED
    city.approval = "automatic"
    await city.receives(240, weeks=8)
    assert (await city.trains()).went_live
    city.waits(days=1)
    await city.receives(10, weeks=1)
    skipped = await city.trains()
    assert skipped.state is RunState.SKIPPED
    assert "不足 40 件" in skipped.said
    assert len(await city.registry.all()) == 1


async def test_after_a_roll_back_a_person_decides_even_where_the_machine_may(city: City) -> None:
    city.approval = "automatic"
    await city.receives(240, weeks=8)
    assert (await city.trains()).went_live
    await city.registry.roll_back(TOPICS, who="林督办", why="投诉增多", now=city.now)
    city.waits(weeks=1)
    await city.receives(60)
    outcome = await city.trains()
    assert not outcome.went_live
    assert outcome.said.endswith("上次回退之后须由人批准。")
    assert outcome.model is not None
    assert outcome.model.state is ModelState.CANDIDATE


async def test_an_erased_ticket_is_not_in_the_next_training(city: City) -> None:
    await city.receives(240, weeks=8)
    before = await city.trains()
    await city.database["tickets"].delete_many({"unit_id": "qh.ecology"})
    city.waits(hours=1)
    after = await city.trains()
    assert before.model is not None
    assert after.model is not None
    assert "环境保护" in before.model.labels
    assert "环境保护" not in after.model.labels
    assert after.model.rows == before.model.rows - 60


async def test_one_night_has_one_training_and_a_second_only_when_the_first_died(database: Database) -> None:
    progress = TrainingProgress(database)
    assert await progress.claim("topics-2026-11-16", TOPICS, now=MONDAY_9_30)
    assert not await progress.claim("topics-2026-11-16", TOPICS, now=MONDAY_9_30 + timedelta(minutes=5))
    later = MONDAY_9_30 + timedelta(minutes=11)
    (run,) = await progress.latest()
    assert run.died(later)
    assert await progress.claim("topics-2026-11-16", TOPICS, now=later)
    assert not await progress.claim("topics-2026-11-16", TOPICS, now=later + timedelta(hours=1))
    await progress.note("topics-2026-11-16", stage="fit", done=1, total=2, now=later)
    await progress.finish("topics-2026-11-16", RunState.DONE, said="完成", version="v", now=later)
    (run,) = await progress.latest(TOPICS)
    assert (run.state, run.stage, run.done, run.attempts) == (RunState.DONE, "fit", 1, 2)


async def test_the_units_model_learns_who_answers_and_takes_part_in_the_next_dispatch(city: City) -> None:
    city.approval = "automatic"
    await city.receives(160, weeks=8)
    outcome = await city.trains(kind=ModelKind.UNITS)
    assert outcome.model is not None
    assert outcome.went_live, outcome.said
    composition = read_units_model(await city.registry.load(ModelKind.UNITS, outcome.model.version))
    assert set(composition.departments) == set(MATTERS)
    tools = triage_tools(
        LiveSet(
            topics=TextModel.load(starter_model_path()),
            unit_model=composition,
            reference=demo_reference(),
            versions={ModelKind.TOPICS: None, ModelKind.UNITS: outcome.model.version},
        )
    )
    assert tools.rank is not None
    assert tools.rank("新城工厂夜里排放黑烟，请尽快处理", None)[0].department == "qh.ecology"
    decision, _ = tools.decide(a_request("新城附近单位拖欠工资半年，请调查核实"))
    assert UnitId("qh.labour-inspection") in {candidate.unit_id for candidate in decision.candidates}
    # The next one is compared with it, by what each said of tickets it had not learned.
    city.waits(weeks=1)
    await city.receives(60)
    again = await city.trains(kind=ModelKind.UNITS)
    assert again.verdict is not None
    assert again.verdict.overall["champion"] > 0.9


async def test_a_live_model_that_cannot_be_read_is_not_the_one_to_beat_but_the_one_that_ships_is(
    city: City,
) -> None:
    broken = await city.registry.add(new_model(b"made by an older version"))
    await city.registry.approve(TOPICS, broken.version, who="林督办", why="试", now=city.now)
    shipped = TextModel.load(starter_model_path())
    champion = await champion_of(city.registry, TOPICS, shipped=shipped)
    assert champion is not None
    assert (champion.version, champion.labels) == (None, shipped.labels)
    assert await champion_of(city.registry, ModelKind.UNITS, shipped=None) is None


async def test_one_ticket_that_cannot_be_read_does_not_stop_the_training_of_all_others(city: City) -> None:
    await city.receives(240, weeks=8)
    await city.database["tickets"].update_one({}, {"$set": {"state": "of another version"}})
    outcome = await city.trains()
    assert outcome.model is not None
    assert outcome.model.rows == 239


async def test_a_candidate_says_which_model_was_live_when_it_was_compared(city: City) -> None:
    city.approval = "automatic"
    await city.receives(240, weeks=8)
    first = await city.trains()
    city.waits(weeks=1)
    await city.receives(60)
    second = await city.trains()
    assert first.model is not None
    assert second.model is not None
    assert (first.model.comparison or {})["live"] is None
    assert (second.model.comparison or {})["live"] == first.model.version
