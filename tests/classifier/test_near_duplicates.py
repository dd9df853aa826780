"""Copies of a message are found; different messages stay apart."""

from __future__ import annotations

import random

from classifier.near_duplicates import group_near_duplicates
from tests.classifier.messages import made_up

LETTER = (
    "尊敬的领导，我们是新村二期的居民，小区东门外的路灯从国庆节前就不亮了，老人和放学的孩子每天摸黑走路，"
    "物业说归市政管，市政说没有移交，请您协调有关部门尽快修复，让大家平安回家。"
)


def _grouped(*texts: str) -> list[bool]:
    groups = group_near_duplicates(texts)
    return [bool(group == groups[0]) for group in groups[1:]]


def test_the_same_letter_to_another_office_is_one_message() -> None:
    assert _grouped(LETTER, "转市长：" + LETTER) == [True]


def test_punctuation_and_blanks_make_no_difference() -> None:
    assert _grouped(LETTER, LETTER.replace("，", " ")) == [True]


def test_a_lightly_edited_letter_is_one_message() -> None:
    assert _grouped(LETTER, LETTER.replace("国庆节前", "九月底").replace("尊敬的领导", "书记您好")) == [True]


def test_chains_join() -> None:
    half = len(LETTER) // 2
    longer = LETTER + "另外停车场的灯也坏了，车辆进出很危险，已经有两辆车刮擦，业主群里意见很大。"
    assert _grouped(LETTER, longer, longer[half:]) == [True, True]


def test_other_matters_stay_apart() -> None:
    assert _grouped(LETTER, "请问社保卡丢了去哪里补办，需要带什么材料，多久能拿到新卡？") == [False]


def test_empty_and_tiny_texts_are_no_trouble() -> None:
    assert len(group_near_duplicates(["", "。", "好", ""])) == 4


def test_every_planted_copy_is_found() -> None:
    draw = random.Random(3)
    originals = [f"{row.text}{draw.random()}{draw.random()}" * 2 for row in made_up(60)]
    groups = group_near_duplicates([*originals, *(f"再次反映：{text}" for text in originals)])
    assert [bool(groups[at] == groups[at + 60]) for at in range(60)].count(True) == 60
