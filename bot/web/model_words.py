"""A model's card, figures and comparison in Chinese words, from the JSON the registry keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.learning.registry import RegisteredModel
from bot.learning.words import refusal_words
from classifier.card import ModelCard
from classifier.gate import Refusal, Rule
from routing.timing.working_calendar import CHINA


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: a name and what it is; ``hint`` says how it is meant."""

    name: str
    value: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class LabelLine:
    """One label of a comparison, in percent; ``change`` is in points."""

    label: str
    rows: int
    champion: float
    challenger: float
    change: str
    tone: str
    gained: int
    lost: int
    chance: str
    said: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the gate found, the labels that lost most first."""

    passed: bool
    rows: int
    refusals: tuple[str, ...]
    totals: tuple[tuple[str, str, str], ...]
    """(name, the model at work, the candidate)."""
    labels: tuple[LabelLine, ...]


_FIGURES = (
    ("macro_f1", "各类平均 F1", "每一类同样重，少见的类也算数"),
    ("accuracy", "判对的占", "每件只算最可能的一类"),
    ("top3", "前三里有对的占", ""),
    ("coverage_at_0.95", "准确率 95% 时能自动决定的占", "其余交给人"),
    ("coverage_at_0.97", "准确率 97% 时能自动决定的占", "其余交给人"),
    ("calibration_error", "把握度误差", "说有八成把握的，平均差多少；越小越好"),
)
_SHARES = frozenset({"accuracy", "top3", "coverage_at_0.95", "coverage_at_0.97"})


def day(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"


def figures_of(figures: Mapping[str, Any]) -> tuple[Fact, ...]:
    """The known figures in their order; both shapes of coverage are read."""
    flat = dict(figures)
    # As measured a mapping, as the registry keeps it a list of pairs.
    flat |= {f"coverage_at_{at}": share for at, share in dict(flat.get("coverage_at") or ()).items()}
    found = []
    for key, name, hint in _FIGURES:
        value = flat.get(key)
        if isinstance(value, int | float):
            found.append(Fact(name, f"{value:.1%}" if key in _SHARES else f"{value:.3f}", hint))
    return tuple(found)


def facts_of(model: RegisteredModel) -> tuple[Fact, ...]:
    """Where a trained model comes from."""
    span = ""
    if model.data_since and model.data_until:
        span = f"{day(model.data_since)[:10]} 至 {day(model.data_until)[:10]}"
    decided = f"{model.decided_by}：{model.why or ''}" if model.decided_by else ""
    facts = (
        Fact("训练时间", day(model.trained_at)),
        Fact("训练工单", f"{model.rows} 件", span),
        Fact("谁训练的", model.created_by),
        Fact("谁决定的", decided),
        Fact("校验码", model.sha256[:12], "文件的 SHA-256，前 12 位"),
    )
    return tuple(fact for fact in facts if fact.value)


def shipped_facts(card: ModelCard) -> tuple[Fact, ...]:
    """Where the model that ships comes from."""
    try:
        trained = day(datetime.fromisoformat(card.trained_at))
    except ValueError:
        trained = card.trained_at
    return (
        Fact("版本", card.version),
        Fact("训练时间", trained),
        Fact("训练数据", f"公开的市民来信 {card.rows} 件", "还没有用本地工单训练过"),
    )


def comparison_of(stored: Mapping[str, Any] | None, *, name: Callable[[str], str] = str) -> Comparison | None:
    """None for a model that was compared with nothing; ``name`` says what a label is called."""
    if not stored:
        return None
    labels = [_label_line(each, name) for each in stored.get("per_label", ())]
    labels.sort(key=lambda line: (line.challenger - line.champion, -line.rows))
    return Comparison(
        passed=bool(stored.get("passed")),
        rows=int(stored.get("rows", 0)),
        refusals=tuple(refusal_words(_refusal(each, name)) for each in stored.get("refusals", ())),
        totals=tuple(_totals(stored)),
        labels=tuple(labels),
    )


def _totals(stored: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    names = (
        ("overall", "判对的占", True),
        ("coverage", "目标准确率下能自动决定的占", True),
        ("overconfidence", "把握度虚高（越小越好）", False),
    )
    found = []
    for key, name, share in names:
        both = stored.get(key) or {}
        before, after = both.get("champion"), both.get("challenger")
        if before is not None and after is not None:
            say = "{:.1%}" if share else "{:.3f}"
            found.append((name, say.format(before), say.format(after)))
    return found


def _refusal(each: Mapping[str, Any], name: Callable[[str], str]) -> Refusal:
    label = each["label"]
    return Refusal(**{**each, "rule": Rule(each["rule"]), "label": name(label) if label else label})


def _label_line(each: Mapping[str, Any], name: Callable[[str], str]) -> LabelLine:
    before, after = float(each["champion"]) * 100, float(each["challenger"]) * 100
    change = after - before
    tone = "met" if change > 0 else "late" if change < 0 else "off"
    p = each.get("p")
    return LabelLine(
        label=name(each["label"]),
        rows=int(each["rows"]),
        champion=before,
        challenger=after,
        change=f"{change:+.1f}",
        tone=tone,
        gained=int(each["gained"]),
        lost=int(each["lost"]),
        chance=f"{p:.3f}" if p is not None else "—",
        said=f"在用{before:.0f}%，候选{after:.0f}%",
    )
