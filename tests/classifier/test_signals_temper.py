"""Anger is no cry, a remark is no request, and who is in danger is told the right number first."""

from __future__ import annotations

import pytest

from bot.talk.phrases import emergency_card
from classifier.signals import EmergencyKind, find_emergency, guess_request_type, second_opinion_training
from classifier.signals.danger_scene import DangerScene
from tests.classifier.signal_cases import cases


def test_who_is_angry_with_an_office_is_not_taken_for_one_in_danger() -> None:
    alarmed = [(text, found) for (text,) in cases("angry_test") if (found := find_emergency(text))]
    assert not [row for row in alarmed if row[1].sure]
    assert {text for text, _ in alarmed} <= {"我不活了也要告你们"}


@pytest.mark.parametrize(
    "text", ["我要找你们领导", "把电话给我 我要告你们", "都不是", "你看着办", "没人打电话给我"]
)
def test_what_testers_said_in_anger_or_passing_brings_no_danger_line(text: str) -> None:
    assert find_emergency(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "我不活了",
        "我死也要讨个说法 把农药都买好了",
        "再不管我跟你们领导同归于尽",
        "叫你们领导来 我老婆晕倒了",
    ],
)
def test_anger_hides_no_cry(text: str) -> None:
    found = find_emergency(text)
    assert found is not None
    assert found.sure


def test_what_asks_for_nothing_is_seldom_asserted_to_be_a_request() -> None:
    written = [text for (text,) in cases("no_request_test")]
    asserted = [text for text in written if guess_request_type(text).confidence >= 0.5]
    assert len(asserted) <= 0.27 * len(written), asserted


@pytest.mark.parametrize(
    "text",
    [
        "喂你好，我想反应个事",
        "你看着办",
        "how to get residence permit",
        "我要退订",
        "已经打了120",
        "电话12345678",
    ],
)
def test_a_remark_is_not_guessed_to_be_a_kind(text: str) -> None:
    assert guess_request_type(text).confidence < 0.5


@pytest.mark.parametrize(
    "text", ["老板跑了欠我们十几个人工资八万多 快过年了 求求你们帮帮忙", "求求你们帮帮忙", "老板跑了欠工资"]
)
def test_a_plain_plea_is_help_or_a_complaint(text: str) -> None:
    guess = guess_request_type(text)
    assert guess.label in ("help", "complaint")
    assert guess.confidence >= 0.5


CARDS = [
    ("有人跳河", "110", DangerScene.WATER),
    ("有人要跳桥", "110", DangerScene.JUMPER),
    ("有人跳楼", "110", DangerScene.JUMPER),
    ("高压线断了掉在路上", "119", DangerScene.POWER),
    ("电梯困人了 我们三个人", "119", DangerScene.LIFT),
    ("摔了站不起来", "120", None),
    ("楼下有人打架 流血了", "110", None),
    ("老鼠药吃下去了", "120", DangerScene.POISON),
    ("我妈喝农药了", "120", DangerScene.POISON),
    ("楼道里燃气泄漏了，快来人", "119", None),
    ("隔壁着火了", "119", None),
]


@pytest.mark.parametrize(("text", "number", "scene"), CARDS, ids=[row[0] for row in CARDS])
def test_the_card_says_which_number_first_and_fits_in_four_lines(
    text: str, number: str, scene: DangerScene | None
) -> None:
    found = find_emergency(text)
    assert found is not None
    assert found.sure
    assert found.scene is scene
    card = emergency_card(found)
    assert card.startswith(f"有危险，请马上打{number}")
    assert all(other in card for other in ("110", "119", "120"))
    assert len(card.splitlines()) <= 4


def test_who_wants_to_die_is_still_first_offered_somebody_who_listens() -> None:
    for text in ("我不想活了", "我要跳河", "我想喝农药", "我想从桥上跳河", "我准备跳楼了"):
        found = find_emergency(text)
        assert found is not None
        assert found.kind is EmergencyKind.SELF_HARM
        assert emergency_card(found).startswith("您别一个人扛。"), text


def test_none_of_these_sentences_was_learned() -> None:
    learned = {
        text
        for table in ("danger_sentences", "type_sentences", "type_wordings", "danger_wordings")
        for _, text in second_opinion_training.read_labelled(table)
    }
    assert learned.isdisjoint(text for (text,) in cases("angry_test"))
