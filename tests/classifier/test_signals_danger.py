"""How much danger is heard and how often the alarm is false, on sentences written for it and on real messages."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.signals import EmergencyKind, find_emergency, second_opinion, second_opinion_training
from classifier.signals.danger import hears_by_rule
from tests.classifier.signal_cases import cases, public_messages


@pytest.mark.parametrize("half", ["dev", "test"])
def test_nearly_every_danger_is_heard(half: str) -> None:
    written = cases(f"emergencies_{half}")
    assert len(written) > 100
    unheard = [text for _, text in written if find_emergency(text) is None]
    assert len(unheard) <= 0.02 * len(written), unheard


@pytest.mark.parametrize("half", ["dev", "test"])
def test_nearly_no_everyday_matter_alarms(half: str) -> None:
    written = cases(f"everyday_{half}")
    alarms = [found for (text,) in written if (found := find_emergency(text))]
    assert len(alarms) <= 0.12 * len(written), alarms
    assert sum(found.sure for found in alarms) <= 0.04 * len(written), alarms


def test_what_alarms_stands_in_the_message() -> None:
    for _, text in cases("emergencies_dev"):
        found = find_emergency(text)
        assert found is None or (found.word and found.word in text)


def test_at_most_two_in_a_hundred_real_messages_alarm(shared_data: Path) -> None:
    messages = list(public_messages(shared_data))
    alarms = sum(find_emergency(text) is not None for text in messages)
    assert 0 < alarms <= 0.02 * len(messages)


def test_what_a_rule_says_outright_is_sure() -> None:
    found = find_emergency("楼道里燃气泄漏了，快来人")
    assert found is not None
    assert found.sure


def test_what_no_rule_names_is_heard_by_the_learned_model() -> None:
    texts = [text for _, text in cases("emergencies_test") if hears_by_rule(text) is None]
    assert len(texts) > 40
    assert sum(find_emergency(text) is not None for text in texts) >= 0.95 * len(texts)


def test_the_learned_model_has_no_say_in_letters_and_questions() -> None:
    danger = "老妈摔在浴缸，胯骨不能碰，一碰就叫"
    assert find_emergency(danger) is not None
    assert find_emergency(f"咨询：{danger}，补贴怎么申请") is None
    assert find_emergency(danger + "。我反映拆迁补偿的问题，材料已交三次。" * 6) is None


def test_no_sentence_of_the_test_half_was_learned() -> None:
    learned = {text for _, text in second_opinion_training.read_labelled("danger_sentences")}
    assert learned.isdisjoint(text for _, text in cases("emergencies_test"))
    assert learned.isdisjoint(text for (text,) in cases("everyday_test"))


@given(st.text(max_size=120))
def test_any_text_has_a_score_a_kind_and_words_that_stand_in_it(text: str) -> None:
    heard = second_opinion.hear(text)
    assert math.isfinite(heard.danger)
    assert heard.likeliest_kind in EmergencyKind
    assert len(heard.types) == len(second_opinion.TYPES)
    assert second_opinion.weightiest_words(text) in text


def test_full_width_digits_and_blanks_are_heard_as_plain_ones() -> None:
    assert second_opinion.hear("３楼　着火了２") == second_opinion.hear("1楼 着火了9")


def test_the_model_reads_the_grams_it_was_trained_on() -> None:
    text = "隔壁3楼着火了 快来"
    keys = second_opinion.keys_of_grams(second_opinion_training.grams_of(text))
    assert keys.tolist() == second_opinion.keys_of(text).tolist()


def test_what_plain_words_say_is_silent_where_the_model_denies_it_and_unsure_where_it_doubts() -> None:
    ruled = [
        text for _, text in second_opinion_training.read_labelled("type_sentences") if _plain_words(text)
    ]
    denied = [text for text in ruled if second_opinion.hear(text).danger < -6.5]
    doubted = [text for text in ruled if -6.5 <= second_opinion.hear(text).danger < -3.0]
    assert denied
    assert doubted
    assert [find_emergency(text) for text in denied] == [None] * len(denied)
    assert [text for text in doubted if (found := find_emergency(text)) is None or found.sure] == []


def _plain_words(text: str) -> bool:
    """Whether only the rules for brief messages hear danger: in a letter the same words do not alarm."""
    return hears_by_rule(text) is not None and hears_by_rule(text + "。" + "，" * 160) is None
