"""What ``huiyin model`` prints, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from bot.learning import words
from bot.learning.progress import RunState, TrainingRun
from bot.learning.registry import ModelKind, RegisteredModel, Switch
from bot.services import utc_now
from routing.timing.working_calendar import CHINA


def model_as_json(model: RegisteredModel) -> dict[str, Any]:
    """The shape of a model for programs."""
    shape: dict[str, Any] = jsonable(
        {name: getattr(model, name) for name in RegisteredModel.__dataclass_fields__}
    )
    return shape


def jsonable(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(CHINA).isoformat(timespec="seconds")
    if isinstance(value, dict):
        return {str(key): jsonable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(each) for each in value]
    return value


def print_json(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))


def print_table(models: list[RegisteredModel]) -> None:
    table = Table("类别", Column("版本", no_wrap=True), "状态", "工单数", "macro-F1", "训练时间", "说明")
    for model in models:
        macro = model.figures.get("macro_f1")
        table.add_row(
            words.KINDS[model.kind],
            model.version,
            words.STATES[model.state],
            f"{model.rows}",
            f"{macro:.3f}" if macro is not None else "",
            f"{model.trained_at.astimezone(CHINA):%Y-%m-%d %H:%M}",
            _shortened(model.why or ""),
        )
    Console().print(table)


def _shortened(why: str) -> str:
    """The first of several reasons; all of them stand in --json."""
    first, *more = why.split("；")
    return f"{first}（另 {len(more)} 条）" if more else first


def run_words(run: TrainingRun) -> str:
    begun = f"{run.started_at.astimezone(CHINA):%m月%d日 %H:%M}"
    if run.state is RunState.RUNNING:
        state = (
            "中断"
            if run.died(utc_now())
            else f"{words.STAGES.get(run.stage, run.stage)} {run.done}/{run.total}"
        )
    else:
        state = run.said or words.RUNS[run.state]
    return f"训练 {words.KINDS[run.kind]}（{begun}）：{state}"


def switch_words(kind: ModelKind, switch: Switch) -> str:
    at = f"{switch.at.astimezone(CHINA):%Y-%m-%d %H:%M}"
    before, after = switch.from_version or words.without(kind), switch.to_version or words.without(kind)
    return f"{at} {words.ACTIONS[switch.action]}：{before} → {after}（{switch.who}：{switch.why}）"


def say_switch(kind: ModelKind, switch: Switch, as_json: bool) -> None:
    if as_json:
        print_json({"kind": kind.value, **jsonable(asdict(switch))})
    else:
        typer.echo(f"{words.KINDS[kind]} {switch_words(kind, switch)}")


class _Bars:
    """The stages of a training, one bar each, on stderr."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(words.STAGES.get(stage, stage), total=total)
        self._bars.update(self._tasks[stage], completed=done)


@contextmanager
def shown_progress() -> Iterator[_Bars]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        yield _Bars(bars)
