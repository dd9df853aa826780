"""The one pass over a text must lose nothing: what it leaves out could not have matched."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.signals import abuse, danger, matters, request_type
from classifier.signals.triggers import Triggers, alternatives_of, words_needed
from tests.classifier.signal_cases import cases, public_messages

ALL = {
    "danger": danger.DANGER_TRIGGERS,
    "danger in brief": danger.BRIEF_TRIGGERS,
    "type": request_type.TYPE_TRIGGERS,
    "abuse": abuse.ABUSE_TRIGGERS,
    "matters": matters.MATTER_TRIGGERS,
}
TABLES = (
    "emergencies_dev",
    "emergencies_test",
    "request_types_dev",
    "request_types_test",
    "abuse",
    "requests",
)
EVERYDAY = ("everyday_dev", "everyday_test")
WRITTEN = [row[1] for table in TABLES for row in cases(table)] + [
    row[0] for t in EVERYDAY for row in cases(t)
]


def loses_nothing(triggers: Triggers, text: str) -> None:
    """Every pattern is tried without the automaton and must give what the automaton gave."""
    found = [(number, m.start()) for number, p in enumerate(triggers.patterns) if (m := p.search(text))]
    assert triggers.found(text) == found
    assert {number for number, _ in found} <= set(triggers.possible(text))


@pytest.mark.parametrize("name", ALL)
def test_one_pass_finds_what_all_patterns_find_on_every_written_sentence(name: str) -> None:
    for text in WRITTEN:
        loses_nothing(ALL[name], text)


def test_one_pass_finds_what_all_patterns_find_on_the_public_messages(shared_data: Path) -> None:
    for number, text in enumerate(public_messages(shared_data)):
        if number % 9 == 0:
            for triggers in ALL.values():
                loses_nothing(triggers, text[:600])


@given(
    st.lists(
        st.sampled_from(["煤气", "漏", "火", "了", "打", "人", "，", "。", "怎么", "办", "救命", "不"]),
        max_size=30,
    )
)
def test_one_pass_finds_what_all_patterns_find_on_any_mixture_of_words(words: list[str]) -> None:
    for triggers in ALL.values():
        loses_nothing(triggers, "".join(words))


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("煤气.{0,8}(?:漏|泄)", {"煤气"}),
        ("(?:在|又)打(?!电)", {"在打", "又打"}),
        ("x?yz", {"yz"}),
        ("ab*cd", {"cd"}),
        ("[没煤]气味", {"没气味", "煤气味"}),
        ("(?<!打不)着火(?=$|了)", {"着火"}),
        (r"\d+栋(?:楼|房)?", {"栋"}),
        ("a|bc", {"a", "bc"}),
    ],
)
def test_the_words_a_pattern_needs_are_read_from_it(pattern: str, words: set[str]) -> None:
    assert words_needed(pattern) == words


@pytest.mark.parametrize("pattern", [".{0,3}", "a?b*", r"\d+", "a|.", "(?=a)"])
def test_a_pattern_that_needs_no_word_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="nothing must stand"):
        words_needed(pattern)


def test_only_the_outermost_alternatives_are_taken_apart() -> None:
    assert alternatives_of("a(?:b|c)|[|]d|e\\|f") == ("a(?:b|c)", "[|]d", "e\\|f")


def test_half_a_character_that_cannot_be_encoded_hides_nothing() -> None:
    assert Triggers(["着火"]).found("\ud83d着火") == [(0, 1)]
