"""``huiyin model``: the trained models, what became of them, and every decision about them."""

from __future__ import annotations

import ctypes
import os
from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from uuid import uuid4

import typer

from bot.commands.model_cold_start import cold_start
from bot.commands.model_output import (
    jsonable,
    model_as_json,
    print_json,
    print_table,
    run_words,
    say_switch,
    shown_progress,
    switch_words,
)
from bot.commands.model_stores import Stores, with_stores
from bot.learning import words
from bot.learning.audits import AuditSamples
from bot.learning.drift_store import DriftStore
from bot.learning.progress import TrainingProgress
from bot.learning.registry import ModelKind
from bot.learning.samples import Quarantine, Quarantines
from bot.learning.training_run import TrainingRunner
from bot.learning.watch import OUTCOMES
from bot.services import utc_now
from classifier.model import TextModel, starter_model_path
from routing.reference_store import load_reference
from routing.reference_tables import demo_reference
from routing.timing.working_calendar import CHINA

KindOption = Annotated[ModelKind, typer.Option("--kind", help="topics 主题模型，units 单位模型。")]
WhyOption = Annotated[str, typer.Option("--why", help="理由，记入历史。")]
WhoOption = Annotated[str, typer.Option("--who", help="由谁决定，记入历史。")]
JsonOption = Annotated[bool, typer.Option("--json", help="输出一行 JSON。")]


def register(app: typer.Typer) -> None:
    """Add the group ``model`` to ``app``."""
    models = typer.Typer(help="模型：训练、对比、批准、回退、抽查。", no_args_is_help=True)
    for name, command in (
        ("list", list_models),
        ("status", status),
        ("train", train),
        ("approve", approve),
        ("refuse", refuse),
        ("rollback", roll_back),
        ("quarantine", quarantine),
        ("audit-sample", audit_sample),
        ("cold-start", cold_start),
    ):
        models.command(name)(command)
    app.add_typer(models, name="model")


def list_models(
    kind: Annotated[ModelKind | None, typer.Option("--kind", help="只列这一类。")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="最多几个。")] = 20,
    as_json: JsonOption = False,
) -> None:
    """列出训练过的模型，新的在前。"""

    async def show(opened: Stores) -> None:
        models = await opened.registry.all(kind, limit=limit)
        if as_json:
            print_json({"models": [model_as_json(model) for model in models]})
        elif not models:
            typer.echo("还没有训练过模型，正在使用随附模型。")
        else:
            print_table(models)

    with_stores(show)


def status(as_json: JsonOption = False) -> None:
    """在用的模型、最近的训练和切换历史。"""

    async def show(opened: Stores) -> None:
        live = await opened.registry.live_versions()
        runs = await TrainingProgress(opened.database).latest(limit=5)
        history = {kind: await opened.registry.history(kind) for kind in ModelKind}
        drift = await DriftStore(opened.database).current(ModelKind.TOPICS)
        if as_json:
            print_json(
                {
                    "live": {kind.value: version for kind, version in live.items()},
                    "drift": jsonable(asdict(drift)) if drift else None,
                    "runs": [jsonable(asdict(run)) for run in runs],
                    "history": {
                        kind.value: [jsonable(asdict(switch)) for switch in switches]
                        for kind, switches in history.items()
                    },
                }
            )
            return
        for kind, version in live.items():
            typer.echo(f"{words.KINDS[kind]}：{version or words.without(kind)}")
        typer.echo(words.drift_words(drift) if drift else "还没有做过漂移检查。")
        for run in runs:
            typer.echo(run_words(run))
        for kind, switches in history.items():
            for switch in switches[-5:]:
                typer.echo(f"{words.KINDS[kind]} {switch_words(kind, switch)}")

    with_stores(show)


def train(
    kind: KindOption = ModelKind.TOPICS,
    who: WhoOption = "命令行",
    force: Annotated[bool, typer.Option("--force", help="新工单不多也训练。")] = False,
    run: Annotated[str, typer.Option(hidden=True)] = "",
    as_json: JsonOption = False,
) -> None:
    """用已办工单训练新模型，与在用模型对比，过不了门禁的不能启用。未通过时退出码为 1。"""
    if run:
        _yield_to_the_service()

    async def do(opened: Stores) -> None:
        runner = TrainingRunner(
            database=opened.database,
            registry=opened.registry,
            settings=opened.settings,
            reference=await load_reference(opened.database, fallback=demo_reference()),
            shipped=TextModel.load(opened.settings.model or starter_model_path()),
            clock=utc_now,
        )
        # Claimed last: what cannot even begin leaves no run behind that seems to go on.
        progress = TrainingProgress(opened.database)
        await progress.prepare()
        run_id = run or f"{kind.value}-{uuid4().hex[:8]}"
        if not run:
            await progress.claim(run_id, kind, now=utc_now())
        with shown_progress() as bars:
            outcome = await runner.run(kind, run_id=run_id, who=who, force=force or False, watch=bars)
        if as_json:
            print_json(
                {
                    "state": outcome.state.value,
                    "said": outcome.said,
                    "model": model_as_json(outcome.model) if outcome.model else None,
                    "went_live": outcome.went_live,
                }
            )
        else:
            typer.echo(outcome.said)
        passed = outcome.verdict is not None and outcome.verdict.passed
        if not passed:
            raise typer.Exit(1)

    with_stores(do)


def approve(
    version: Annotated[str, typer.Argument(help="版本，如 2026.11.22-1。")],
    why: WhyOption,
    kind: KindOption = ModelKind.TOPICS,
    who: WhoOption = "命令行",
    labels_are_right: Annotated[
        bool, typer.Option("--labels-are-right", help="已核实：与以往矛盾的新标注是对的（如机构调整）。")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """批准并立即启用一个通过门禁的模型；所有进程几秒内换用，不中断服务。"""

    async def do(opened: Stores) -> None:
        switch = await opened.registry.approve(
            kind, version, who=who, why=why, now=utc_now(), labels_are_right=labels_are_right
        )
        say_switch(kind, switch, as_json)

    with_stores(do)


def refuse(
    version: Annotated[str, typer.Argument(help="版本，如 2026.11.22-1。")],
    why: WhyOption,
    kind: KindOption = ModelKind.TOPICS,
    who: WhoOption = "命令行",
    as_json: JsonOption = False,
) -> None:
    """不采用一个候选模型。"""

    async def do(opened: Stores) -> None:
        model = await opened.registry.refuse(kind, version, who=who, why=why, now=utc_now())
        if as_json:
            print_json(model_as_json(model))
        else:
            typer.echo(f"已不采用 {words.KINDS[kind]} {version}。")

    with_stores(do)


def quarantine(
    since: Annotated[datetime, typer.Option("--since", formats=["%Y-%m-%d"], help="从这一天起（含）。")],
    until: Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="到这一天止（不含）。")],
    why: WhyOption,
    label: Annotated[str, typer.Option("--label", help="只隔离这个类别；不给则全部。")] = "",
    kind: KindOption = ModelKind.TOPICS,
    who: WhoOption = "命令行",
    as_json: JsonOption = False,
) -> None:
    """把一段时间的标注隔离，不再用于训练；门禁指出标注有误时用。"""

    if until <= since:
        raise typer.BadParameter("要晚于 --since，这一天不含在内", param_hint="--until")

    async def do(opened: Stores) -> None:
        span = Quarantine(
            since=since.replace(tzinfo=CHINA),
            until=until.replace(tzinfo=CHINA),
            label=await _known_label(opened, kind, label) if label else None,
            who=who,
            why=why,
            at=utc_now(),
        )
        await Quarantines(opened.database).add(span, kind=kind)
        spans = await Quarantines(opened.database).all(kind)
        if as_json:
            print_json({"quarantines": [jsonable(asdict(each)) for each in spans]})
        else:
            typer.echo(f"已隔离；{words.KINDS[kind]}现有 {len(spans)} 段标注不参加训练。")

    with_stores(do)


def audit_sample(
    draw: Annotated[int, typer.Option("--draw", min=0, help="随机抽取几件近四周自动派出的工单。")] = 0,
    right: Annotated[list[str] | None, typer.Option("--right", help="工单派得对，可多次给出。")] = None,
    wrong: Annotated[list[str] | None, typer.Option("--wrong", help="工单派错了，可多次给出。")] = None,
    who: WhoOption = "命令行",
    as_json: JsonOption = False,
) -> None:
    """抽查自动派单：抽取、登记结论、列出待查的。结论计入自动派单的正确率。"""

    async def do(opened: Stores) -> None:
        audits, now = AuditSamples(opened.database), utc_now()
        if draw:
            await audits.draw(draw, since=now - OUTCOMES, now=now)
        for numbers, verdict in ((right, True), (wrong, False)):
            for number in numbers or ():
                await audits.judge(number, right=verdict, who=who, now=now)
        waiting, tally = await audits.waiting(), await audits.tally(since=now - OUTCOMES)
        if as_json:
            cases = [jsonable(asdict(case)) for case in waiting]
            print_json({"waiting": cases, "right": tally.right, "judged": tally.of})
            return
        for case in waiting:
            typer.echo(f"{case.number}  {case.unit_id}  {case.topic or ''}")
        share = f"，正确 {tally.right / tally.of:.1%}" if tally.of else ""
        typer.echo(f"待查 {len(waiting)} 件；近四周已查 {tally.of} 件{share}。")

    with_stores(do)


def roll_back(
    why: WhyOption,
    kind: KindOption = ModelKind.TOPICS,
    who: WhoOption = "命令行",
    as_json: JsonOption = False,
) -> None:
    """回退到上一个在用的模型；此后的新模型须由人批准。"""

    async def do(opened: Stores) -> None:
        switch = await opened.registry.roll_back(kind, who=who, why=why, now=utc_now())
        say_switch(kind, switch, as_json)

    with_stores(do)


async def _known_label(opened: Stores, kind: ModelKind, label: str) -> str:
    """The label as examples bear it; units may be called by their names, as the gate does. Quarantining a label
    that is none would leave the wrong examples where they are."""
    tables = await load_reference(opened.database, fallback=demo_reference())
    if kind is ModelKind.UNITS:
        found = {
            str(unit.id) for unit in tables.units.all() if label in (unit.id, unit.name, unit.short_name)
        }
    else:
        found = {label} & {duty.topic for duty in tables.duties.all()}
    if len(found) != 1:
        few = "有几个叫这个名字的单位，请用单位代码" if found else "没有这个类别"
        typer.echo(f"{few}：{label}", err=True)
        raise typer.Exit(1)
    return found.pop()


def _yield_to_the_service() -> None:
    """The nightly child: last in line for the processor, and gone when its worker is."""
    os.nice(10)
    libc = ctypes.CDLL(None)
    if hasattr(libc, "prctl"):
        libc.prctl(1, 15)  # PR_SET_PDEATHSIG, SIGTERM
