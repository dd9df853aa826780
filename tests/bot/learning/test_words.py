"""Every state of the learning loop has its words, and a refusal says which class and by how much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

import pytest

from bot.learning import words
from bot.learning.progress import RunState
from bot.learning.registry import ModelKind, ModelState, SwitchAction
from classifier.drift import DriftState, Level, Measure, Signal
from classifier.gate import Refusal, Rule


@pytest.mark.parametrize(
    ("said", "all_of"),
    [
        (words.KINDS, ModelKind),
        (words.STATES, ModelState),
        (words.RUNS, RunState),
        (words.ACTIONS, SwitchAction),
        (words.LEVELS, Level),
        (words.SIGNALS, Signal),
    ],
)
def test_nothing_is_without_a_word(said: Mapping[StrEnum, str], all_of: Iterable[StrEnum]) -> None:
    assert set(said) == set(all_of)
    assert len(set(said.values())) == len(said)


@pytest.mark.parametrize("rule", Rule)
def test_a_refusal_names_its_class_and_its_size(rule: Rule) -> None:
    said = words.refusal_words(Refusal(rule, "供水", 0.9123, 0.4567, 0.00001, 34))
    assert "34 件" in said
    about_a_label = rule in (Rule.LABEL_LOST, Rule.CLASS_WORSE, Rule.LABELS_CONTRADICT)
    assert ("“供水”" in said) is about_a_label
    if rule not in (Rule.TOO_FEW_ROWS, Rule.LABEL_LOST):
        assert "91.2%" in said
        assert "45.7%" in said


def test_a_tightened_gate_says_by_how_much_and_why() -> None:
    loud = Measure(Signal.CONFIDENCE, 0.08, 0.03, 120, drifting=True, quiet=False)
    calm = Measure(Signal.LABEL_MIX, 0.02, 0.1, 120, drifting=False, quiet=True)
    state = DriftState(level=Level.TIGHTENED, tightened_by=0.05, measures=(loud, calm))
    assert words.drift_words(state) == "自动派单已收紧（所需把握度提高 5%）：模型的平均把握度下降。"
    assert words.drift_words(DriftState()) == "自动派单正常。"
    stopped = DriftState(stopped=("交通运输",))
    assert words.drift_words(stopped) == "部分类别停止自动派单：交通运输错派偏多，由人派单。"
