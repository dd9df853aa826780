"""What two versions differ in, as an editor reads it."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.article import Article, ArticleKind, IssuerLevel
from knowledge_base.editing import diff
from knowledge_base.editing.diff import Piece, PieceKind, compare, differences

LABELS = {"title": "标题", "body": "正文", "guide.fees": "收费标准", "effective_on": "施行日期"}
TEXTS = st.text(alphabet="高龄津贴每人月60元80周岁。，\n（一）ab 第条", max_size=40)


def marked(pieces: tuple[Piece, ...]) -> str:
    signs = {PieceKind.SAME: "{}", PieceKind.REMOVED: "[-{}]", PieceKind.ADDED: "[+{}]"}
    return "".join(signs[piece.kind].format(piece.text) for piece in pieces)


@pytest.mark.parametrize(
    ("before", "after", "read", "reason"),
    [
        ("每人每月60元。", "每人每月80元。", "每人每月[-60][+80]元。", "a number is one word"),
        ("免费办理。", "免费办理。", "免费办理。", "nothing changed"),
        ("", "新增一句。", "[+新增一句。]", "all new"),
        ("删去一句。", "", "[-删去一句。]", "all gone"),
        ("第一句。第三句。", "第一句。第二句。第三句。", "第一句。[+第二句。]第三句。", "a sentence between"),
        ("甲。乙。", "乙。", "[-甲。]乙。", "the first sentence went"),
        ("甲。", "甲。乙。", "甲。[+乙。]", "a sentence after"),
        ("可以申请", "可以免费申请", "可以[+免费]申请", "a word within"),
    ],
)
def test_a_change_is_shown_at_its_words(before: str, after: str, read: str, reason: str) -> None:
    assert marked(compare(before, after)) == read, reason


@given(before=TEXTS, after=TEXTS)
def test_pieces_give_both_texts_back(before: str, after: str) -> None:
    pieces = compare(before, after)
    assert "".join(one.text for one in pieces if one.kind is not PieceKind.ADDED) == before
    assert "".join(one.text for one in pieces if one.kind is not PieceKind.REMOVED) == after
    assert all(one.text for one in pieces)
    assert all(one.kind is not other.kind for one, other in pairwise(pieces))


def test_only_changed_fields_are_shown_with_their_labels(articles: tuple[Article, ...]) -> None:
    before = next(one for one in articles if one.kind is ArticleKind.GUIDE)
    assert before.guide is not None
    guide = replace(before.guide, fees="每证10元")
    after = replace(before, title="新标题", guide=guide, effective_on=date(2027, 1, 1), shown_until=date.max)
    found = differences(before, after, labels=LABELS, words={})
    assert [one.label for one in found] == ["标题", "施行日期", "收费标准"]
    assert found[1].field == "effective_on"
    assert marked(found[1].pieces).endswith("01]") or "2027" in marked(found[1].pieces)


def test_stored_words_are_said_in_the_readers(articles: tuple[Article, ...]) -> None:
    before = replace(articles[0], level=IssuerLevel.COUNTY, basis=("policy.a",))
    after = replace(before, level=IssuerLevel.CITY, basis=("policy.a", "policy.b"))
    said = {"county": "县", "city": "市", "policy.a": "《甲办法》", "policy.b": "《乙办法》"}
    found = differences(before, after, labels={}, words=said)
    assert [(one.field, marked(one.pieces)) for one in found] == [
        ("basis", "《甲办法》[+\n《乙办法》]"),
        ("level", "[-县][+市]"),
    ]


def test_a_first_version_is_all_added(articles: tuple[Article, ...]) -> None:
    found = differences(None, articles[0], labels=LABELS, words={})
    assert {one.field for one in found} >= {"title", "body", "published_on"}
    assert all([piece.kind for piece in one.pieces] == [PieceKind.ADDED] for one in found)
    gone = differences(articles[0], None, labels=LABELS, words={})
    assert [one.field for one in gone] == [one.field for one in found]


def test_a_long_text_with_every_word_changed_is_compared_by_sentences() -> None:
    before = "".join(f"第{number}条规定甲事项。" for number in range(2000))
    after = "".join(f"第{number}条规定乙事项。" for number in range(2000))
    pieces = compare(before, after)
    assert [one.kind for one in pieces] == [PieceKind.REMOVED, PieceKind.ADDED]


@pytest.mark.parametrize(
    ("between", "many"), [("同意。", 440), ("{number}。", 8_000)], ids=["equal rows", "every second row"]
)
def test_a_long_table_with_a_change_in_every_row_is_compared_in_no_time(between: str, many: int) -> None:
    """Few equal sentences, yet each is looked for anew in all that is left."""

    def table(cell: str) -> str:
        return "".join(f"{cell}{number}。{between.format(number=number)}" for number in range(many))

    before, after = table("甲"), table("乙")
    began = time.process_time()
    pieces = compare(before, after)
    assert time.process_time() - began < 2
    assert "".join(one.text for one in pieces if one.kind is not PieceKind.ADDED) == before
    assert "".join(one.text for one in pieces if one.kind is not PieceKind.REMOVED) == after


def test_what_is_left_when_the_steps_are_spent_is_shown_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = "甲一。同。乙一。同。丙一。", "甲二。同。乙二。同。丙二。"
    assert sum(one.kind is PieceKind.SAME for one in compare(before, after)) > 1
    monkeypatch.setattr(diff, "_MOST_STEPS", 1)
    assert marked(compare(before, after)) == f"[-{before}][+{after}]"


@pytest.mark.parametrize("line", ["无\n", "同意。", "— — "])
def test_a_table_of_equal_cells_is_compared_in_no_time_and_loses_nothing(line: str) -> None:
    before, after = f"甲{line}" + line * 6_000 + "乙", f"丙{line}" + line * 7_000 + "丁"
    began = time.process_time()
    pieces = compare(before, after)
    assert time.process_time() - began < 3
    assert "".join(one.text for one in pieces if one.kind is not PieceKind.ADDED) == before
    assert "".join(one.text for one in pieces if one.kind is not PieceKind.REMOVED) == after
