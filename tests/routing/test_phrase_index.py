"""Phrases found in a text: the same as by looking for every one of them, and folded as before."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.triage.phrase_index import Found, HeadTable, PhraseIndex, fold, normalise

PHRASES = st.lists(st.text(alphabet="东门街口a1", min_size=2, max_size=5), max_size=12)


def by_hand(phrases: list[str], text: str) -> list[Found]:
    """The longest phrase at every offset, unless an earlier match covers it."""
    found, covered_to = [], 0
    for start in range(len(text)):
        here = [phrase for phrase in phrases if text.startswith(phrase, start)]
        longest = max(here, key=len, default="")
        if longest and start + len(longest) > covered_to:
            found.append(Found(longest, start))
            covered_to = start + len(longest)
    return found


@given(PHRASES, st.text(alphabet="东门街口a1，", max_size=30))
def test_the_index_finds_what_looking_for_each_phrase_finds(phrases: list[str], text: str) -> None:
    assert PhraseIndex(phrases).find(text) == by_hand(phrases, normalise(text))


@given(st.text(max_size=40))
def test_folding_is_the_general_one_without_blanks_and_capitals(text: str) -> None:
    assert normalise(text) == unicodedata.normalize("NFKC", text).lower().replace(" ", "")


@given(st.text(max_size=20))
def test_any_text_can_be_searched(text: str) -> None:
    assert PhraseIndex(["东门"]).find(text) == by_hand(["东门"], normalise(text))


def test_a_broken_character_from_a_broken_client_stops_nothing() -> None:
    assert PhraseIndex(["东门"]).find("\ud83d东门") == [Found("东门", 1)]


def test_a_folded_text_is_not_folded_again() -> None:
    folded = fold("东门１号")
    assert fold(folded) is folded
    assert folded.text == "东门1号"


def test_a_head_table_misses_no_head() -> None:
    table = HeadTable(["东门", "西口"])
    assert {1, 4} <= set(table.positions(fold("在东门和西口")))
    assert HeadTable([]).positions(fold("在东门")) == []


def test_a_phrase_of_one_character_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2 characters"):
        PhraseIndex(["东"])
