"""The request type of sentences as they are spoken, and whether the stated confidence is kept."""

from __future__ import annotations

import pytest

from classifier.signals import guess_request_type
from classifier.signals.request_type import guess_by_rule
from tests.classifier.signal_cases import cases


@pytest.mark.parametrize("half", ["dev", "test"])
def test_nine_in_ten_spoken_sentences_get_their_type(half: str) -> None:
    written = cases(f"request_types_{half}")
    wrong = [(text, label, guess_request_type(text).label) for label, text in written]
    wrong = [row for row in wrong if row[1] != row[2]]
    assert len(wrong) <= 0.1 * len(written), wrong


def test_a_surer_guess_is_right_more_often() -> None:
    said = [
        (guess_request_type(text), label)
        for half in ("dev", "test")
        for label, text in cases(f"request_types_{half}")
    ]
    sure = [guess.label == label for guess, label in said if guess.confidence >= 0.8]
    assert len(sure) > 20
    assert sum(sure) >= 0.95 * len(sure)


def test_nothing_but_a_greeting_is_no_type_to_rely_on() -> None:
    assert [guess_request_type(text).label for text in ("你好", "嗯", "")] == ["help"] * 3
    assert all(guess_request_type(text).confidence < 0.5 for text in ("你好", "嗯", ""))


def test_what_no_rule_names_gets_its_type_from_the_learned_model() -> None:
    praise = "窗口那个姑娘笑脸相迎，十分钟就给办妥了"
    assert guess_by_rule(praise).label != "praise"
    assert guess_request_type(praise).label == "praise"


def test_in_long_messages_the_rules_speak_alone() -> None:
    text = "我家门前的路修好以后又被大车压坏，下雨天孩子上学要绕远路，村里老人也不敢出门。" * 4
    assert guess_request_type(text) == guess_by_rule(text)
