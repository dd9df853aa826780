"""The lists of the models' page: every model, the latest trainings, and all switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.learning import words
from bot.learning.progress import RunState, TrainingRun
from bot.learning.registry import ModelKind, ModelState, RegisteredModel, Switch
from bot.web.model_words import day

_SWITCHES = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One model in the list of all."""

    title: str
    version: str
    state: str
    tone: str
    rows: int
    macro_f1: str
    trained: str
    decided: str


@dataclass(frozen=True, slots=True)
class RunLine:
    """One training: its outcome, or how far it is."""

    title: str
    at: str
    tone: str
    state: str
    said: str
    done: int
    total: int
    running: bool


@dataclass(frozen=True, slots=True)
class SwitchLine:
    """One change of the live model."""

    at: datetime
    title: str
    action: str
    before: str
    after: str
    who: str
    why: str


_TONES = {
    ModelState.CANDIDATE: "soon",
    ModelState.APPROVED: "met",
    ModelState.LIVE: "met",
    ModelState.RETIRED: "off",
    ModelState.REFUSED: "late",
}
_RUN_TONES = {
    RunState.RUNNING: "calm",
    RunState.DONE: "met",
    RunState.SKIPPED: "off",
    RunState.FAILED: "late",
}


def line_of(model: RegisteredModel) -> Line:
    macro = model.figures.get("macro_f1")
    decided = f"{model.decided_by}：{model.why or ''}" if model.decided_by else ""
    return Line(
        words.KINDS[model.kind],
        model.version,
        words.STATES[model.state],
        _TONES[model.state],
        model.rows,
        f"{macro:.3f}" if isinstance(macro, int | float) else "—",
        day(model.trained_at),
        decided,
    )


def run_line(run: TrainingRun, now: datetime) -> RunLine:
    dead = run.died(now)
    running = run.state is RunState.RUNNING and not dead
    return RunLine(
        words.KINDS[run.kind],
        day(run.started_at),
        "late" if dead else _RUN_TONES[run.state],
        "中断" if dead else words.RUNS[run.state],
        run.said or (words.STAGES.get(run.stage, run.stage) if running else ""),
        run.done,
        max(run.total, run.done, 1),
        running,
    )


def switch_lines(history: Mapping[ModelKind, list[Switch]]) -> list[SwitchLine]:
    lines = [
        SwitchLine(
            switch.at,
            words.KINDS[kind],
            words.ACTIONS[switch.action],
            switch.from_version or words.without(kind),
            switch.to_version or words.without(kind),
            switch.who,
            switch.why,
        )
        for kind, switches in history.items()
        for switch in switches
    ]
    return sorted(lines, key=lambda line: line.at, reverse=True)[:_SWITCHES]
