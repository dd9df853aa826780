"""What the model reads of a message."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from classifier import features
from classifier.features import (
    MOST_CHARACTERS,
    Block,
    are_grams,
    count_readable,
    gram_at,
    grams_of,
    normalise,
    read,
    spans_of,
)

TEXTS = st.one_of(
    st.text(max_size=120),
    st.text(alphabet="我们小区的路灯坏了医保卡学校a1Ｂ２，。！\n A市K3县😀𠮷㎡", max_size=80),
)


def told(text: str) -> dict[Block, Counter[str]]:
    """The n-grams of a text in words, block by block, those with separators left out."""
    reading = read(text)
    whole, start, blocks = are_grams(reading), 0, {}
    for block, end in zip(Block, grams_of(reading).ends, strict=True):
        blocks[block] = Counter(gram_at(reading, at) for at in range(start, end) if whole[at])
        start = end
    return blocks


def test_the_first_line_is_the_title() -> None:
    assert told("路灯坏了\n小区门口的路灯坏了")[Block.TITLE_WORDS] == Counter(["路灯", "坏", "了"])


def test_a_message_of_one_line_lends_its_first_clause() -> None:
    assert read("路灯坏了，已经半个月").title_characters == len("路灯坏了")


def test_a_long_first_clause_lends_thirty_characters() -> None:
    assert read("路" * 100).title_characters == 30


def test_title_words_count_within_the_whole_message_too() -> None:
    blocks = told("路灯坏了\n请修一下")
    assert "路灯" in blocks[Block.TITLE_WORDS]
    assert "路灯" in blocks[Block.WORDS]
    assert "一下" in blocks[Block.WORDS]
    assert "一下" not in blocks[Block.TITLE_WORDS]


def test_an_n_gram_of_the_title_has_another_key_there() -> None:
    grams = grams_of(read("路灯\n路灯"))
    title, everywhere = grams.keys[: grams.ends[0]], grams.keys[grams.ends[0] : grams.ends[1]]
    assert not set(title.tolist()) & set(everywhere.tolist())


def test_numbers_and_widths_make_no_difference() -> None:
    assert normalise("ＷＩＦＩ１２３号") == normalise("wifi０９号") == "wifi0号"


def test_code_names_of_places_are_dropped() -> None:
    assert normalise("A市A3区西湖街道") == "市区西湖街道"
    assert normalise("abc市，wifi") == "abc市,wifi"


def test_a_character_that_stands_for_several_is_read_as_the_first_of_them() -> None:
    assert normalise("3㎡、５℃、㈠、…") == "0m 0c 一  "


def test_each_n_gram_counts_as_often_as_it_stands_there() -> None:
    counted = told("路灯路灯")[Block.CHARACTERS]
    assert counted == Counter({"路": 2, "灯": 2, "路灯": 2, "灯路": 1})


def test_no_n_gram_crosses_punctuation() -> None:
    blocks = told("路灯不亮，请修")
    assert "亮请" not in blocks[Block.CHARACTERS]
    assert "亮 请" not in blocks[Block.WORDS]
    assert "请修" in blocks[Block.CHARACTERS]


def test_what_lies_beyond_the_limit_is_not_read() -> None:
    assert "灯" not in told("路" * MOST_CHARACTERS + "灯")[Block.CHARACTERS]


def test_punctuation_is_not_readable() -> None:
    assert count_readable(read("……！？ \n😀")) == 0


@given(TEXTS)
def test_the_same_n_gram_has_the_same_key_and_another_has_another(text: str) -> None:
    reading = read(text)
    keys, whole = grams_of(reading).keys, are_grams(reading)
    start = 0
    for end in grams_of(reading).ends:
        named = {(gram_at(reading, at), int(keys[at])) for at in range(start, end) if whole[at]}
        # A word and a pair of words are different n-grams even where they read alike; so are two blocks.
        assert len({gram for gram, _ in named}) == len({key for _, key in named}) == len(named)
        start = end


@given(TEXTS)
def test_spans_say_where_each_n_gram_stands(text: str) -> None:
    reading = read(text)
    spans = spans_of(reading)
    assert len(spans) == len(grams_of(reading).keys)
    for at, (start, end) in enumerate(spans.tolist()):
        assert reading.text[start:end] == (
            gram_at(reading, at).replace(" ", "") if are_grams(reading)[at] else reading.text[start:end]
        )


@given(TEXTS)
def test_what_is_read_adds_up(text: str) -> None:
    reading = read(text)
    assert "".join(reading.words) == reading.text == normalise(text)
    assert np.array_equal(reading.codes, np.array([ord(character) for character in reading.text]))
    assert "".join(reading.words[: reading.title_words]) == reading.text[: reading.title_characters]
    assert normalise(reading.text.strip()) == normalise(normalise(reading.text.strip()))


def test_the_table_of_readable_forms_leaves_no_character_out() -> None:
    asked = [ord(features._readable_form(chr(code))) for code in range(0x10000)]
    assert features._FORMS.tolist() == asked
