"""How much danger is heard and how often the alarm is false, on sentences written for it and on real messages."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.signals import EmergencyKind, find_emergency, second_opinion, second_opinion_training, verdict
from classifier.signals.danger import SURE, hears_by_rule, hears_plainly
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
    loudest = heard.loudest()
    assert math.isfinite(loudest.score)
    assert math.isfinite(verdict.weigh(heard.said, loudest, plainly=False, least=-math.inf))
    assert loudest.passage in text
    assert heard.likeliest_kind in EmergencyKind
    assert len(heard.types) == len(second_opinion.TYPES)
    assert second_opinion.weightiest_words(text) in text


def test_full_width_digits_and_blanks_are_heard_as_plain_ones() -> None:
    wide, plain = second_opinion.hear("３楼　着火了２"), second_opinion.hear("1楼 着火了9")
    assert wide.types == plain.types
    assert wide.loudest().score == plain.loudest().score


def test_the_model_reads_the_grams_it_was_trained_on() -> None:
    text = "隔壁3楼着火了 快来"
    keys = second_opinion.keys_of_grams(second_opinion_training.grams_of(text))
    assert keys.tolist() == second_opinion.keys_of(text).tolist()


def test_what_plain_words_say_is_silent_where_the_model_denies_it_and_unsure_where_it_doubts() -> None:
    ruled = [
        text
        for label, text in second_opinion_training.read_labelled("type_sentences")
        if label != second_opinion.NO_REQUEST and _plain_words(text)
    ]
    found = [(find_emergency(text), _odds(text)) for text in ruled]
    assert [odds for danger, odds in found if danger is None]
    assert [odds for danger, odds in found if danger and not danger.sure]
    assert all(danger.sure == (odds >= SURE) for danger, odds in found if danger)


def test_danger_is_heard_behind_a_long_complaint() -> None:
    complaint = "停车收费的事我反映过三次，每次都让等通知，保安态度也差，"
    danger = "刚才我老婆捂着胸口滑到地上，脸白得像纸，喊她只哼一声"
    assert find_emergency(complaint * 2) is None
    found = find_emergency(complaint * 2 + danger)
    assert found is not None
    assert found.kind is EmergencyKind.MEDICAL
    assert found.word in danger


def test_the_loudest_passage_is_a_run_of_clauses() -> None:
    said = "物业费交了三年，孩子卡在栏杆里了，叫不应，请问怎么开发票，"
    assert second_opinion.hear(said * 2).loudest().passage.strip("，") in said * 2
    assert "栏杆" in second_opinion.hear(said * 2).loudest().passage


@given(st.text(alphabet="着火了，。 救命水电梯请问\U0001f525a", min_size=1, max_size=170))
def test_what_cannot_reach_the_threshold_needs_no_more_signs(text: str) -> None:
    heard = second_opinion.hear(text)
    loudest = heard.loudest()
    in_full = verdict.weigh(heard.said, loudest, plainly=False, least=-math.inf)
    for least in (-2.0, 0.0, 2.0):
        assert (verdict.weigh(heard.said, loudest, plainly=False, least=least) >= least) == (in_full >= least)


def _odds(text: str) -> float:
    heard = second_opinion.hear(text)
    return verdict.weigh(heard.said, heard.loudest(), plainly=hears_plainly(text), least=-math.inf)


def _plain_words(text: str) -> bool:
    """Whether only the rules for brief messages hear danger: in a letter the same words do not alarm."""
    return hears_by_rule(text) is not None and hears_by_rule(text + "。" + "，" * 160) is None
