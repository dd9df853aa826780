"""“没解决，摊子还在”: what is still there, or there again, is no cry; who is still in danger is one."""

from __future__ import annotations

import pytest

from classifier.signals import find_emergency
from tests.classifier.signal_cases import cases

STALL = (
    "没解决，摊子还在",
    "摊子还在",
    "门口摊子还在",
    "车还在那停着",
    "摊子又摆出来了",
    "狗还在叫",
    "老板还在",
    "摊贩还在",
    "孩子还没学上",
    "东西还在",
)


@pytest.mark.parametrize("said", STALL)
def test_what_is_still_there_is_no_cry(said: str) -> None:
    assert find_emergency(said) is None


def test_hardly_anything_that_is_still_there_or_there_again_alarms() -> None:
    written = [text for (text,) in cases("still_there_test")]
    alarms = [danger for text in written if (danger := find_emergency(text))]
    assert len(alarms) <= 0.05 * len(written)
    assert sum(danger.sure for danger in alarms) <= 1


def test_who_is_still_in_danger_is_heard() -> None:
    assert [text for (text,) in cases("still_in_danger_test") if find_emergency(text) is None] == []


def test_a_wage_dispute_is_no_violence() -> None:
    said = "我在厂里干了五年，上周厂里口头把我辞退，不给经济补偿，也不给开离职证明，劳动合同也没给我一份。"
    assert find_emergency(said) is None


def test_the_words_shown_for_a_danger_are_whole_words_of_the_message() -> None:
    tables = ("blind_emergencies", "blind_dev_emergencies", "still_in_danger_test")
    shown = [danger.word for name in tables for row in cases(name) if (danger := find_emergency(row[-1]))]
    assert len(shown) > 300
    assert [word for word in shown if word[0] in "，。、；：,;:！？!?"] == []
