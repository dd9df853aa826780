"""In danger the unit that is there for it stands first, whatever the topic model hears."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest

from bot.triage_wording import say_reason
from classifier.model import TextModel, starter_model_path
from routing.departments import load_units
from routing.places.gazetteer import load_gazetteer
from routing.triage.catalogue import load_duty_list
from routing.triage.decision import ReasonKind, TriageDecision
from routing.triage.triage_tools import TriageTools


@cache
def tools() -> TriageTools:
    model = TextModel.load(starter_model_path())
    return TriageTools(
        model.classify, load_duty_list(), load_units(), load_gazetteer(), frozenset(model.labels)
    )


def decided(text: str) -> TriageDecision:
    return tools().decide_on(text, place=None, on=date(2026, 11, 16))[0]


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("家里煤气漏了 味道很大", "qh.gas-company"),
        ("小区里煤气味很重，有人头晕", "qh.gas-company"),
        ("楼道里燃气漏了，呛人", "qh.gas-company"),
        ("天然气泄露，闻着臭鸡蛋味", "qh.gas-company"),
        ("煤气罐漏气，屋里都是味", "qh.gas-company"),
        ("高压线断了掉在路上", "qh.power-company"),
        ("电线掉下来了，有人触电", "qh.power-company"),
        ("变压器着火了，冒黑烟", "qh.power-company"),
    ],
)
def test_danger_goes_to_the_utility_first(text: str, unit: str) -> None:
    first = decided(text).candidates[0]
    assert first.unit_id == unit
    assert ReasonKind.DANGER in {reason.kind for reason in first.reasons}


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("自来水管爆了，马路上全是水", "qh.water-company"),
        ("化工厂半夜排放，臭味很大", "qh.ecology"),
        ("燃气费怎么越来越高", "qh.gas-company"),
    ],
)
def test_without_danger_nothing_is_put_first_for_it(text: str, unit: str) -> None:
    decision = decided(text)
    assert decision.candidates[0].unit_id == unit
    assert all(r.kind is not ReasonKind.DANGER for c in decision.candidates for r in c.reasons)


def test_the_reason_is_said_in_words() -> None:
    said = [say_reason(reason) for reason in decided("家里煤气漏了").candidates[0].reasons]
    assert any("有危险" in reason for reason in said)
