"""What the model reads of a message."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from classifier.features import MOST_CHARACTERS, count_readable, grams_of, normalise, split_title


def test_the_first_line_is_the_title() -> None:
    assert split_title("路灯坏了\n小区门口的路灯坏了") == ("路灯坏了", "小区门口的路灯坏了")


def test_a_message_of_one_line_lends_its_first_clause() -> None:
    assert split_title("路灯坏了，已经半个月") == ("路灯坏了", "，已经半个月")


def test_a_long_first_clause_lends_thirty_characters() -> None:
    title, rest = split_title("路" * 100)
    assert (len(title), len(rest)) == (30, 70)


def test_title_words_count_within_the_whole_message_too() -> None:
    grams = grams_of("路灯坏了\n请修一下")
    assert "路灯" in grams.title_words
    assert "路灯" in grams.words
    assert "一下" in grams.words
    assert "一下" not in grams.title_words


def test_numbers_and_widths_make_no_difference() -> None:
    assert normalise("ＷＩＦＩ１２３号") == normalise("wifi０９号") == "wifi0号"


def test_code_names_of_places_are_dropped() -> None:
    assert normalise("A市A3区西湖街道") == "市区西湖街道"


def test_character_grams_do_not_cross_punctuation() -> None:
    assert "亮请" not in grams_of("路灯不亮，请修").characters


def test_what_lies_beyond_the_limit_is_not_read() -> None:
    assert grams_of(normalise("路" * MOST_CHARACTERS + "灯")).characters.count("灯") == 0


def test_punctuation_is_not_readable() -> None:
    assert count_readable("……！？ \n") == 0


@given(st.text(max_size=300))
def test_any_text_has_the_same_grams_each_time(text: str) -> None:
    assert grams_of(normalise(text)) == grams_of(normalise(text))
