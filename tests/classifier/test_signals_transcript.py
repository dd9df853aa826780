"""What an operator should still ask, read from the transcript of a call."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.signals import Gap, TranscriptLevel, judge_transcript
from tests.classifier.signal_cases import cases


@pytest.mark.parametrize(("level", "gap", "text"), cases("transcripts"))
def test_a_transcript_is_judged_by_what_a_ticket_needs(level: str, gap: str, text: str) -> None:
    found = judge_transcript(text)
    assert found.level.value == level
    if gap:
        assert Gap(gap) in found.gaps
    else:
        assert found.gaps == ()


def test_the_turns_of_both_are_counted_and_only_the_citizens_words_are_judged() -> None:
    found = judge_transcript(
        "话务员：嗯，嗯，那个，请讲。市民：阳光小区昨天停水了。话务员：好的。市民：请尽快修。"
    )
    assert (found.citizen_turns, found.operator_turns) == (2, 2)
    assert found.filler_share == 0
    assert found.level is TranscriptLevel.GOOD


def test_words_that_are_doubled_in_good_chinese_are_no_repetition() -> None:
    assert judge_transcript("市民：天天坑坑洼洼，看看能不能修修，谢谢。").repeated_share == 0


@given(st.text(max_size=300))
def test_every_share_is_a_share(text: str) -> None:
    found = judge_transcript(text)
    for share in (found.filler_share, found.repeated_share, found.unfinished_share):
        assert 0 <= share <= 1
