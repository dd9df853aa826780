"""What would change a decision: every answer is true when one does as it says."""

from __future__ import annotations

import re
from datetime import date

import pytest

from classifier.model import Classification
from routing.departments import load_units
from routing.places.gazetteer import load_gazetteer
from routing.triage.catalogue import load_duty_list
from routing.triage.counterfactual import MOST_CHANGES, Change, ChangeKind, what_would_change
from routing.triage.deciding import STARTER_TOPICS, TriageDecision
from routing.triage.triage_tools import TriageTools

TODAY = date(2026, 11, 16)


def classify(text: str) -> Classification:
    """A model of one rule: whoever smells something writes about the environment."""
    smells = any(word in text for word in ("油烟", "秸秆", "臭"))
    return Classification("环境保护" if smells else "城乡建设", 0.9, False, (), ())


TOOLS = TriageTools(classify, load_duty_list(), load_units(), load_gazetteer(), STARTER_TOPICS)


def asked(text: str, place: str | None = None) -> tuple[TriageDecision, tuple[Change, ...]]:
    decision, _ = TOOLS.decide_on(text, place=place, on=TODAY)
    return decision, what_would_change(text, place=place, on=TODAY, tools=TOOLS, decision=decision)


def done(change: Change, text: str, place: str | None) -> TriageDecision:
    """The decision when one does what the change says."""
    match change.kind:
        case ChangeKind.WITHOUT_WORDS:
            for word in change.detail.split("、"):
                text = re.sub(re.escape(word), "", text, flags=re.IGNORECASE)
        case ChangeKind.OTHER_PLACE:
            place = change.detail
        case ChangeKind.WITHOUT_PLACE:
            place = None
    return TOOLS.decide_on(text, place=place, on=TODAY)[0]


CASES = [
    ("楼下烧烤店油烟很大，半夜放喇叭声扰民", None),
    ("又有人烧秸秆，满村是烟", "小王庄村"),
    ("有人烧秸秆", "李家庄村"),
    ("有人烧秸秆", None),
    ("路灯不亮，井盖丢了，还停水停电", None),
    ("KTV吵得睡不着", "万家广场"),
    ("路灯不亮", "望川区"),
    ("县民政局几点上班", None),
    ("你们好，想问点事", None),
    ("路灯", None),
]


@pytest.mark.parametrize(("text", "place"), CASES)
def test_every_change_is_true(text: str, place: str | None) -> None:
    decision, changes = asked(text, place)
    assert len(changes) <= MOST_CHANGES
    for change in changes:
        then = done(change, text, place)
        assert then.candidates[0].unit_id == change.unit_id
        assert then.automatic == change.automatic
        assert change.stays == (change.unit_id == decision.candidates[0].unit_id)
        assert not change.stays or change.automatic != decision.automatic


def test_the_word_that_decides_is_named() -> None:
    decision, changes = asked("楼下烧烤店油烟很大，半夜放喇叭声扰民")
    assert decision.candidates[0].unit_id == "qh.urban-management"
    first = changes[0]
    assert (first.kind, first.detail, first.stays) == (ChangeKind.WITHOUT_WORDS, "油烟", False)


def test_a_local_duty_names_the_unit_of_another_township() -> None:
    _, changes = asked("又有人烧秸秆，满村是烟", "小王庄村")
    elsewhere = {change.detail: change.unit_id for change in changes if change.kind is ChangeKind.OTHER_PLACE}
    assert elsewhere["城关街道"] == "qh.chengguan.government"
    assert "白杨镇" not in elsewhere


def test_an_ambiguous_place_is_settled_by_each_of_its_meanings() -> None:
    _, changes = asked("有人烧秸秆", "李家庄村")
    places = {change.detail: change for change in changes if change.kind is ChangeKind.OTHER_PLACE}
    assert places["石桥镇李家庄村"].unit_id == "qh.shiqiao.government"
    assert places["石桥镇李家庄村"].automatic


def test_where_nothing_small_matters_nothing_is_claimed() -> None:
    assert asked("你们好，想问点事")[1] == ()
