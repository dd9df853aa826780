"""Long texts are cut where a sentence ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.answering.passages import clauses, shorten


def test_a_text_that_fits_is_left_alone() -> None:
    assert shorten("不收费。") == "不收费。"


def test_a_cut_comes_after_a_whole_sentence_and_is_shown() -> None:
    assert shorten("第一句话。第二句话比较长。", most=24) == "第一句话。……"


@given(st.text(max_size=400), st.integers(min_value=12, max_value=200))
def test_no_cut_exceeds_its_bytes(text: str, most: int) -> None:
    assert len(shorten(text, most=most).encode()) <= most


def test_clauses_begin_at_their_numbers_and_keep_their_paragraphs() -> None:
    assert clauses("总则\n第一条 甲。\n补充。\n第二条 乙。") == ("总则", "第一条 甲。\n补充。", "第二条 乙。")


def test_a_number_inside_a_sentence_begins_no_clause() -> None:
    assert clauses("第一条 依照第三条处罚。") == ("第一条 依照第三条处罚。",)
