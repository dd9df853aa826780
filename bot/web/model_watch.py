"""How far the machine is trusted right now: the drift monitor's level, its measures, and its changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.learning.drift_store import DriftStore
from bot.learning.registry import ModelKind
from bot.learning.words import LEVELS, drift_words
from bot.services import Services
from bot.web.pages import unit_name
from classifier.drift import DriftState, Level, Measure, Signal
from routing.departments import UnitId

_NAMES = {
    Signal.LABEL_MIX: ("类别分布和以往的差别", "群体稳定性指数，越小越像以往"),
    Signal.CONFIDENCE: ("平均把握度下降了", "负数是升高"),
    Signal.UNKNOWN_WORDS: ("没见过的词增加了", "负数是减少"),
    Signal.AUDIT_PRECISION: ("抽查正确率", "人随机抽看的自动派单"),
    Signal.CORRECTIONS: ("自动派单没有被改派、退回的占", ""),
}
_MORE_IS_BETTER = frozenset({Signal.AUDIT_PRECISION, Signal.CORRECTIONS})
_TONES = {Level.CALM: "met", Level.TIGHTENED: "soon", Level.STOPPED: "late"}
_SIGNS = {Level.CALM: "●", Level.TIGHTENED: "▲", Level.STOPPED: "■"}
_CHANGES = 10


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """One measure beside its limit."""

    name: str
    hint: str
    value: str
    limit: str
    rows: int
    tone: str
    stands: str


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the gate."""

    at: datetime | None
    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class Watch:
    """What the page says of the monitor; ``measured_at`` None before its first look."""

    level: str
    tone: str
    sign: str
    needs: str
    stopped: tuple[str, ...]
    measures: tuple[MeasureLine, ...]
    since: datetime | None
    measured_at: datetime | None
    changes: tuple[Change, ...]


async def watch_of(services: Services) -> Watch:
    """The monitor looks at the topics' model: it is the one that dispatches."""
    store = DriftStore(services.database)
    state = await store.current(ModelKind.TOPICS) or DriftState()
    changes = await store.history(ModelKind.TOPICS, limit=_CHANGES)
    return Watch(
        level=LEVELS[state.level],
        tone=_TONES[state.level],
        sign=_SIGNS[state.level],
        needs=_needs(state),
        stopped=tuple(unit_name(UnitId(name), services.units, short=True) for name in state.stopped),
        measures=tuple(_measure(each) for each in state.measures),
        since=state.since,
        measured_at=state.measured_at,
        changes=tuple(Change(each.measured_at, drift_words(each), _TONES[each.level]) for each in changes),
    )


def _needs(state: DriftState) -> str:
    match state.level:
        case Level.CALM:
            return "拿得准的，机器直接派单。"
        case Level.TIGHTENED:
            return f"机器直接派单要多 {state.tightened_by * 100:.0f} 个百分点的把握，其余交给人。"
        case Level.STOPPED:
            return "全部由人派单，机器只提建议。"


def _measure(measure: Measure) -> MeasureLine:
    name, hint = _NAMES[measure.signal]
    share = measure.signal is not Signal.LABEL_MIX
    say = "{:.1%}" if share else "{:.3f}"
    bound = "不低于" if measure.signal in _MORE_IS_BETTER else "不超过"
    stands = "■ 超出" if measure.drifting else "● 正常" if measure.quiet else "▲ 接近"
    return MeasureLine(
        name,
        hint,
        say.format(measure.value),
        f"{bound} {say.format(measure.limit)}",
        measure.rows,
        "late" if measure.drifting else "met" if measure.quiet else "soon",
        stands,
    )
