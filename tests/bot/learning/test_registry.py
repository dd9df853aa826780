"""The registry of models: one live per kind, a history nobody can rewrite, bytes that are checked."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.learning.registry import (
    ArtefactDamaged,
    ArtefactTooLarge,
    ComparedWithAnother,
    GateRefused,
    ModelKind,
    ModelRegistry,
    ModelState,
    NewModel,
    NotACandidate,
    NothingToRollBack,
    Switch,
    SwitchAction,
    UnknownModel,
)
from routing.mongo_store import Database
from tests.factories import MONDAY_9_30

WHO = {"who": "林督办", "why": "对比结果良好", "now": MONDAY_9_30}


def a_model(content: bytes = b"artefact", *, kind: ModelKind = ModelKind.TOPICS) -> NewModel:
    return NewModel(
        kind=kind,
        artefact=content,
        rows=120,
        labels=("噪声", "供水"),
        trained_at=MONDAY_9_30,
        data_since=MONDAY_9_30 - timedelta(weeks=20),
        data_until=MONDAY_9_30 - timedelta(days=1),
        card={"name": "topics", "threshold": 0.8},
        figures={"macro_f1": 0.9, "coverage_at": {"0.95": 0.6}, "per_label": {"a.b": {}}},
        comparison={"passed": True},
        created_by="nightly",
        said=b"said",
    )


@pytest.fixture
async def registry(database: Database) -> ModelRegistry:
    registry = ModelRegistry(database)
    await registry.prepare()
    return registry


async def test_a_candidate_goes_live_and_the_one_before_retires(registry: ModelRegistry) -> None:
    first, second = await registry.add(a_model(b"one")), await registry.add(a_model(b"two"))
    assert (first.state, first.version, second.version) == (
        ModelState.CANDIDATE,
        "2026.11.16-1",
        "2026.11.16-2",
    )
    assert await registry.live_version(ModelKind.TOPICS) is None
    await registry.approve(ModelKind.TOPICS, first.version, **WHO)
    await registry.approve(ModelKind.TOPICS, second.version, **WHO)
    assert await registry.live_versions() == {ModelKind.TOPICS: second.version, ModelKind.UNITS: None}
    states = {model.version: model.state for model in await registry.all()}
    assert states == {first.version: ModelState.RETIRED, second.version: ModelState.LIVE}
    assert await registry.load(ModelKind.TOPICS, second.version) == b"two"
    assert await registry.said(ModelKind.TOPICS, second.version) == b"said"
    assert (await registry.get(ModelKind.TOPICS, second.version)).decided_by == "林督办"


async def test_rolling_back_steps_back_one_model_at_a_time_down_to_the_one_that_ships(
    registry: ModelRegistry,
) -> None:
    for content in (b"one", b"two", b"three"):
        model = await registry.add(a_model(content))
        await registry.approve(ModelKind.TOPICS, model.version, **WHO)
    backs = [await registry.roll_back(ModelKind.TOPICS, **WHO) for _ in range(3)]
    assert [back.to_version for back in backs] == ["2026.11.16-2", "2026.11.16-1", None]
    with pytest.raises(NothingToRollBack):
        await registry.roll_back(ModelKind.TOPICS, **WHO)
    history = await registry.history(ModelKind.TOPICS)
    assert [each.seq for each in history] == [1, 2, 3, 4, 5, 6]
    assert [each.action for each in history] == [SwitchAction.PROMOTED] * 3 + [SwitchAction.ROLLED_BACK] * 3
    assert (await registry.get(ModelKind.TOPICS, "2026.11.16-3")).state is ModelState.RETIRED


async def test_after_a_roll_back_the_next_promotion_can_be_rolled_back_to_what_was_live(
    registry: ModelRegistry,
) -> None:
    one, two, three = [await registry.add(a_model(content)) for content in (b"1", b"2", b"3")]
    await registry.approve(ModelKind.TOPICS, one.version, **WHO)
    await registry.approve(ModelKind.TOPICS, two.version, **WHO)
    await registry.roll_back(ModelKind.TOPICS, **WHO)
    await registry.approve(ModelKind.TOPICS, three.version, **WHO)
    assert (await registry.roll_back(ModelKind.TOPICS, **WHO)).to_version == one.version


async def test_kinds_do_not_touch_each_other(registry: ModelRegistry) -> None:
    units = await registry.add(a_model(kind=ModelKind.UNITS))
    await registry.approve(ModelKind.UNITS, units.version, **WHO)
    assert await registry.live_version(ModelKind.TOPICS) is None
    assert [model.kind for model in await registry.all(ModelKind.UNITS)] == [ModelKind.UNITS]


async def test_people_who_switch_at_the_same_moment_leave_one_line_of_history(
    registry: ModelRegistry,
) -> None:
    models = [await registry.add(a_model(bytes([n]))) for n in range(6)]
    await asyncio.gather(*(registry.approve(ModelKind.TOPICS, m.version, **WHO) for m in models))
    history = await registry.history(ModelKind.TOPICS)
    assert [each.seq for each in history] == list(range(1, 7))
    assert [each.from_version for each in history[1:]] == [each.to_version for each in history[:-1]]
    assert [m.state for m in await registry.all()].count(ModelState.LIVE) == 1


async def test_two_who_roll_back_at_once_go_back_one_model_each_or_are_told(registry: ModelRegistry) -> None:
    for content in (b"one", b"two"):
        await registry.approve(ModelKind.TOPICS, (await registry.add(a_model(content))).version, **WHO)
    results = await asyncio.gather(
        *(registry.roll_back(ModelKind.TOPICS, **WHO) for _ in range(4)), return_exceptions=True
    )
    done = [r for r in results if not isinstance(r, BaseException)]
    assert all(isinstance(r, NothingToRollBack) for r in results if isinstance(r, BaseException))
    assert 1 <= len(done) <= 2
    stack = [(each.from_version, each.to_version) for each in await registry.history(ModelKind.TOPICS)]
    assert len(stack) == 2 + len(done)


async def test_a_refused_candidate_stays_listed_and_is_decided_once(registry: ModelRegistry) -> None:
    model = await registry.add(a_model())
    refused = await registry.refuse(ModelKind.TOPICS, model.version, **WHO)
    assert (refused.state, refused.why) == (ModelState.REFUSED, "对比结果良好")
    with pytest.raises(NotACandidate):
        await registry.refuse(ModelKind.TOPICS, model.version, **WHO)
    await registry.approve(ModelKind.TOPICS, model.version, **WHO)  # a person may think again
    with pytest.raises(NotACandidate):
        await registry.approve(ModelKind.TOPICS, model.version, **WHO)


async def test_altered_or_missing_bytes_are_never_handed_out(
    registry: ModelRegistry, database: Database
) -> None:
    model = await registry.add(a_model(b"x" * 1000))
    chunk = await database["model_files.chunks"].find_one({"data": {"$exists": True}})
    assert chunk is not None
    await database["model_files.chunks"].update_many({}, {"$set": {"data": b"y" * 1000}})
    with pytest.raises(ArtefactDamaged):
        await registry.load(ModelKind.TOPICS, model.version)
    await database["model_files.files"].delete_many({})
    with pytest.raises(ArtefactDamaged):
        await registry.load(ModelKind.TOPICS, model.version)
    with pytest.raises(UnknownModel):
        await registry.load(ModelKind.TOPICS, "2020.01.01-1")


async def test_a_model_too_large_for_quick_reloading_is_not_taken(registry: ModelRegistry) -> None:
    with pytest.raises(ArtefactTooLarge):
        await registry.add(a_model(b"x" * (20 * 1024 * 1024 + 1)))
    assert await registry.all() == []


@pytest.mark.parametrize(
    ("rules", "vouched", "goes_live"),
    [
        (("class_worse",), False, False),
        (("class_worse",), True, False),  # nobody can vouch a loss away
        (("labels_contradict",), False, False),
        (("labels_contradict",), True, True),  # the duties moved, and the new labels are right
        (("labels_contradict", "class_worse"), True, False),
    ],
)
async def test_what_the_gate_refused_goes_live_by_nobodys_word(
    registry: ModelRegistry, rules: tuple[str, ...], vouched: bool, goes_live: bool
) -> None:
    refusals = [{"rule": rule, "label": "供水"} for rule in rules]
    comparison = {"passed": False, "refusals": refusals}
    model = await registry.add(replace(a_model(), comparison=comparison))
    try:
        await registry.approve(ModelKind.TOPICS, model.version, **WHO, labels_are_right=vouched)
    except GateRefused:
        assert not goes_live
        assert await registry.live_version(ModelKind.TOPICS) is None
    else:
        assert goes_live
        assert await registry.live_version(ModelKind.TOPICS) == model.version


async def test_two_who_approve_one_model_at_once_promote_it_once(registry: ModelRegistry) -> None:
    first, second = await registry.add(a_model(b"one")), await registry.add(a_model(b"two"))
    await registry.approve(ModelKind.TOPICS, first.version, **WHO)
    results = await asyncio.gather(
        *(registry.approve(ModelKind.TOPICS, second.version, **WHO) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(result, Switch) for result in results) == 1
    assert sum(isinstance(result, NotACandidate) for result in results) == 3
    # One step back leads to another model, not to the same one again.
    assert (await registry.roll_back(ModelKind.TOPICS, **WHO)).to_version == first.version


async def test_a_candidate_compared_with_another_model_than_the_live_one_has_to_be_trained_anew(
    registry: ModelRegistry,
) -> None:
    comparison = {"passed": True, "refusals": [], "live": None}
    early, late = [await registry.add(replace(a_model(each), comparison=comparison)) for each in (b"1", b"2")]
    await registry.approve(ModelKind.TOPICS, late.version, **WHO)
    with pytest.raises(ComparedWithAnother):
        await registry.approve(ModelKind.TOPICS, early.version, **WHO)
    assert await registry.live_version(ModelKind.TOPICS) == late.version
    assert (await registry.get(ModelKind.TOPICS, early.version)).state is ModelState.CANDIDATE
    # One that was at work before has been measured by its work: a person may bring it back.
    again = {"passed": True, "refusals": [], "live": late.version}
    third = await registry.add(replace(a_model(b"3"), comparison=again))
    await registry.approve(ModelKind.TOPICS, third.version, **WHO)
    await registry.approve(ModelKind.TOPICS, late.version, **WHO)
    assert await registry.live_version(ModelKind.TOPICS) == late.version


async def test_models_nobody_will_go_back_to_lose_their_files_but_not_their_record(
    registry: ModelRegistry, database: Database
) -> None:
    live = []
    for day in range(9):
        model = replace(a_model(b"%d" % day), trained_at=MONDAY_9_30 + timedelta(days=day))
        added = await registry.add(model)
        if day < 4:
            await registry.approve(ModelKind.TOPICS, added.version, **WHO)
            live.append(added.version)
    other_kind = await registry.add(a_model(b"units", kind=ModelKind.UNITS))
    later = datetime.now(UTC)
    assert await registry.forget_files(ModelKind.TOPICS, now=later, kept=2) == 5
    assert await registry.forget_files(ModelKind.TOPICS, now=later, kept=2) == 0
    assert len(await registry.all(ModelKind.TOPICS)) == 9
    assert len(await registry.history(ModelKind.TOPICS)) == 4
    assert await registry.load(ModelKind.UNITS, other_kind.version) == b"units"
    assert await registry.load(ModelKind.TOPICS, live[3]) == b"3"
    assert (await registry.roll_back(ModelKind.TOPICS, **WHO)).to_version == live[2]
    with pytest.raises(NothingToRollBack):
        await registry.roll_back(ModelKind.TOPICS, **WHO)
    with pytest.raises(ArtefactDamaged):
        await registry.load(ModelKind.TOPICS, live[0])
    with pytest.raises(ArtefactDamaged):
        await registry.approve(ModelKind.TOPICS, live[0], **WHO)
    assert await registry.live_version(ModelKind.TOPICS) == live[2]


async def test_files_that_no_model_names_are_cleared_away_a_day_later(
    registry: ModelRegistry, database: Database
) -> None:
    await registry.add(a_model())
    await registry._put_file("topics-artefact", b"a crash came before the record")
    files = database["model_files.files"]
    await registry.forget_files(ModelKind.TOPICS, now=datetime.now(UTC))
    assert await files.count_documents({}) == 3
    await registry.forget_files(ModelKind.TOPICS, now=datetime.now(UTC) + timedelta(days=2))
    assert await files.count_documents({}) == 2
