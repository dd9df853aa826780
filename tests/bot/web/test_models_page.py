"""The models' page: what is at work, what waits, and that nobody puts a worse model to work from here."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.learning.drift_store import DriftStore
from bot.learning.progress import RunState, TrainingProgress
from bot.learning.registry import ModelKind, ModelState, NewModel, RegisteredModel
from bot.people import User
from classifier.drift import DriftState, Measure, Signal, next_state
from classifier.gate import Judged, judge
from classifier.model import starter_model_path
from routing.departments import UnitId
from routing.events import Audience, NoticeChannel, OutboxEntry
from routing.workflow import Role
from tests.bot.web.conftest import LOGINS, PASSWORD, Console
from tests.running import add_user

TOPICS = ModelKind.TOPICS


def _verdict(*, worse: bool) -> dict[str, Any]:
    """The real gate's: the challenger better on 环境保护, or much worse on 交通运输."""
    rows = []
    for n in range(60):
        truth = "交通运输" if n % 2 else "环境保护"
        right = truth == "交通运输" and not worse
        challenger = truth if right or truth == "环境保护" else "环境保护"
        champion = truth if truth == "交通运输" or n % 4 else "城乡建设"
        rows.append(Judged(truth, champion, 0.9, True, challenger, 0.9, True, None))
    labels = ("交通运输", "环境保护", "城乡建设")
    return judge(rows, champion_labels=labels, challenger_labels=labels).to_json()


async def _candidate(console: Console, *, worse: bool = False, **changes: Any) -> RegisteredModel:
    now = console.clock.now
    given: dict[str, Any] = {
        "kind": TOPICS,
        "artefact": starter_model_path().read_bytes(),
        "rows": 1234,
        "labels": ("交通运输", "环境保护"),
        "trained_at": now,
        "data_since": now - timedelta(days=90),
        "data_until": now,
        "card": {},
        "figures": {"macro_f1": 0.912, "coverage_at": {"0.95": 0.88}, "calibration_error": 0.012},
        "comparison": _verdict(worse=worse),
        "created_by": "夜间训练",
    }
    return await console.services.registry.add(NewModel(**{**given, **changes}))


async def test_before_any_training_the_page_shows_the_model_that_ships(console: Console) -> None:
    page = await (await console.as_("administrator")).open("/console/models")
    card = console.services.model.card
    assert "在用：主题模型 随附模型" in page.words
    assert card.version in page.words
    assert f"各类平均 F1 {card.metrics['macro_f1']:.3f}" in page.words
    assert "还没有训练过" in page.words
    assert "还没有切换过" in page.words
    assert "回退到" not in page.words


async def test_a_candidate_is_compared_class_by_class_and_goes_live_with_a_reason(console: Console) -> None:
    model = await _candidate(console)
    browser = await console.as_("supervisor")
    page = await browser.open("/console/models")
    assert f"待批准：主题模型 {model.version} ✓ 通过对比" in page.words
    assert "最近 60 件经人确认的工单" in page.words
    assert model.comparison is not None
    for line in model.comparison["per_label"]:
        before, after = line["champion"] * 100, line["challenger"] * 100
        shares = f"{before:.1f}% {after:.1f}% {after - before:+.1f}"
        changes = f"{line['gained']} / {line['lost']}"
        assert f"{line['label']} {line['rows']} {shares} {changes}" in page.words
    assert "1234 件 2026-08-18 至 2026-11-16" in page.words
    fields = {"kind": "topics", "version": model.version, "why": "各类都不差"}
    page = await browser.send("/console/models/approve", fields)
    assert "已启用" in page.words
    assert f"在用：主题模型 {model.version}" in page.words
    assert f"启用 主题模型 ：随附模型 → {model.version}" in page.words
    assert "郑克勤（supervisor）" in page.words
    assert "各类都不差" in page.words
    (switch,) = await console.services.registry.history(TOPICS)
    assert (switch.to_version, switch.why) == (model.version, "各类都不差")


async def test_a_model_that_failed_the_comparison_cannot_be_put_to_work(console: Console) -> None:
    model = await _candidate(console, worse=True)
    browser = await console.as_("supervisor")
    page = await browser.open("/console/models")
    assert "■ 没有通过对比" in page.words
    assert "“交通运输”变差" in page.words
    assert "批准并启用" not in page.words
    fields = {"kind": "topics", "version": model.version, "why": "试试看"}
    page = await browser.send("/console/models/approve", fields)
    assert page.status == 409
    assert "没有通过和在用模型的对比，不能启用" in page.words
    assert await console.services.registry.live_version(TOPICS) is None
    assert await console.services.registry.history(TOPICS) == []


async def test_a_candidate_can_be_refused_and_stays_in_the_list(console: Console) -> None:
    model = await _candidate(console)
    browser = await console.as_("administrator")
    await browser.open("/console/models")
    fields = {"kind": "topics", "version": model.version, "why": "数据不全"}
    page = await browser.send("/console/models/refuse", fields)
    assert "不采用，已记入历史" in page.words
    assert "待批准" not in page.words
    assert "高志远（administrator）：数据不全" in page.words
    stored = await console.services.registry.get(TOPICS, model.version)
    assert stored.state is ModelState.REFUSED
    again = await browser.send("/console/models/approve", fields)
    assert again.status == 409
    assert "已经有人决定过了" in again.words


async def test_going_back_asks_for_a_reason_and_names_what_comes_back(console: Console) -> None:
    first = await _candidate(console)
    registry, now = console.services.registry, console.clock.now
    await registry.approve(TOPICS, first.version, who="林", why="好", now=now)
    browser = await console.as_("supervisor")
    page = await browser.open("/console/models")
    assert "回退到 随附模型" in page.words
    fields = {"kind": "topics", "version": first.version}
    page = await browser.send("/console/models/roll-back", {**fields, "why": "  "})
    assert page.status == 422
    assert "请写明理由" in page.words
    page = await browser.send("/console/models/roll-back", {**fields, "why": "误派增多"})
    assert "主题模型已回退到 随附模型" in page.words
    assert await registry.live_version(TOPICS) is None
    assert f"回退 主题模型 ：{first.version} → 随附模型" in page.words
    page = await browser.send("/console/models/roll-back", {**fields, "version": "", "why": "再退"})
    assert page.status == 409
    assert "前面没有可以回退的模型" in page.words


async def test_a_second_click_on_going_back_does_not_go_back_twice(console: Console) -> None:
    registry, now = console.services.registry, console.clock.now
    first, second = [await _candidate(console, rows=rows) for rows in (1, 2)]
    for model in (first, second):
        await registry.approve(TOPICS, model.version, who="林", why="好", now=now)
    browser = await console.as_("supervisor")
    page = await browser.open("/console/models")
    assert f"回退到 {first.version}" in page.words
    fields = {"kind": "topics", "version": second.version, "why": "误派增多"}
    assert (await browser.send("/console/models/roll-back", fields)).status == 200
    page = await browser.send("/console/models/roll-back", fields)
    assert page.status == 409
    assert await registry.live_version(TOPICS) == first.version


async def test_a_training_under_way_shows_how_far_it_is(console: Console) -> None:
    progress, now = TrainingProgress(console.services.database), console.clock.now
    await progress.claim("topics-1", TOPICS, now=now)
    await progress.note("topics-1", stage="fit", done=3, total=5, now=now)
    browser = await console.as_("supervisor")
    page = await browser.open("/console/models")
    assert '<progress value="3" max="5">' in page.html
    assert "进行中" in page.words
    await progress.finish("topics-1", RunState.SKIPPED, said="新工单只有 4 件，先不训练。", now=now)
    page = await browser.open("/console/models")
    assert "新工单只有 4 件，先不训练。" in page.words
    assert "<progress" not in page.html


async def test_a_training_that_died_is_not_shown_as_going_on(console: Console) -> None:
    await TrainingProgress(console.services.database).claim("topics-1", TOPICS, now=console.clock.now)
    browser = await console.as_("supervisor")
    console.clock.advance(minutes=11)
    page = await browser.open("/console/models")
    assert "中断" in page.words
    assert "<progress" not in page.html


@pytest.mark.parametrize("user", sorted(set(LOGINS) - {"supervisor", "administrator"}))
async def test_models_are_closed_to_everybody_else(console: Console, user: str) -> None:
    model = await _candidate(console)
    browser = await console.as_(user)
    assert (await browser.open("/console/models")).status == 403
    await browser.open("/console/")
    fields = {"kind": "topics", "version": model.version, "why": "x"}
    for action in ("approve", "refuse", "roll-back"):
        page = await browser.send(f"/console/models/{action}", fields, allow_redirects=False)
        assert page.status == 403
    assert await console.services.registry.history(TOPICS) == []


async def test_a_supervisor_of_one_township_reads_the_models_and_decides_nothing(console: Console) -> None:
    model = await _candidate(console)
    committee = next(u.id for u in console.services.units.children(UnitId("qh.liuquan.government")))
    user = User(username="cun", name="柳村", role=Role.SUPERVISOR, unit_id=committee)
    await add_user(console.services, user, password=PASSWORD)
    browser = await console.as_("cun")
    page = await browser.open("/console/models")
    assert f"待批准：主题模型 {model.version}" in page.words
    assert "批准并启用" not in page.words
    fields = {"kind": "topics", "version": model.version, "why": "x"}
    for action in ("approve", "refuse", "roll-back"):
        assert (await browser.send(f"/console/models/{action}", fields)).status == 403
    assert await console.services.registry.history(TOPICS) == []


async def test_a_decision_without_its_token_is_not_taken(console: Console) -> None:
    model = await _candidate(console)
    browser = await console.as_("supervisor")
    fields = {"csrf": "wrong", "kind": "topics", "version": model.version, "why": "x"}
    response = await browser.client.post("/console/models/approve", data=fields)
    assert response.status == 403
    assert await console.services.registry.live_version(TOPICS) is None


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("nothing", {"kind": "topics", "version": "x", "why": "x"}, 404),
        ("approve", {"kind": "nothing", "version": "x", "why": "x"}, 400),
        ("approve", {"kind": "topics", "version": "nothing", "why": "x"}, 404),
        ("refuse", {"kind": "units", "version": "", "why": "x"}, 404),
        ("roll-back", {"kind": "units", "version": "", "why": "x"}, 409),
        ("approve", {}, 400),
    ],
)
async def test_a_decision_about_nothing_is_refused_in_words(
    console: Console, path: str, fields: dict[str, str], status: int
) -> None:
    browser = await console.as_("supervisor")
    await browser.open("/console/models")
    page = await browser.send(f"/console/models/{path}", fields)
    assert page.status == status


async def test_a_units_model_is_compared_by_the_names_of_units(console: Console) -> None:
    verdict = _verdict(worse=True)
    for line in (*verdict["per_label"], *verdict["refusals"]):
        line["label"] = line["label"] and {"交通运输": "qh.housing"}.get(line["label"], "qh.gone")
    await _candidate(console, kind=ModelKind.UNITS, comparison=verdict, labels=("qh.housing", "qh.gone"))
    page = await (await console.as_("supervisor")).open("/console/models")
    assert "待批准：单位模型" in page.words
    assert "“县住建局”变差" in page.words
    assert "qh.housing" not in page.html


async def test_the_gate_says_how_far_the_machine_is_trusted_and_why(console: Console) -> None:
    browser = await console.as_("supervisor")
    page = await browser.open("/console/models")
    assert "正常 拿得准的，机器直接派单。" in page.words
    assert "还没有测过" in page.words
    now = console.clock.now
    measures = (
        Measure(Signal.LABEL_MIX, 0.31, 0.1, 240, True, False),
        Measure(Signal.CORRECTIONS, 0.98, 0.95, 60, False, True),
    )
    tight = next_state(DriftState(), measures, stopped=("qh.housing",), now=now)
    await DriftStore(console.services.database).put(TOPICS, tight, before=DriftState())
    page = await browser.open("/console/models")
    assert "已收紧 机器直接派单要多 5 个百分点的把握" in page.words
    assert "总由人派单的：县住建局" in page.words
    assert "类别分布和以往的差别 0.310 不超过 0.100 240 ■ 超出" in page.words
    assert "自动派单没有被改派、退回的占 98.0% 不低于 95.0% 60 ● 正常" in page.words
    assert "2026-11-16 09:30 起是现在这样" in page.words


async def test_a_notice_about_the_gate_leads_to_the_models_for_those_who_may_open_them(
    console: Console,
) -> None:
    entry = OutboxEntry(id="gate-1", event_seq=0, audience=Audience.CENTRE, channel=NoticeChannel.CONSOLE)
    await console.services.console_notices.put(
        entry, number="", unit_id=None, text="自动派单已收紧。", at=console.clock.now
    )
    page = await (await console.as_("supervisor")).open("/console/tickets")
    assert '<a href="/console/models">自动派单已收紧。</a>' in page.html
    page = await (await console.as_("dispatcher")).open("/console/tickets")
    assert "自动派单已收紧。" in page.words
    assert "/console/models" not in page.html
