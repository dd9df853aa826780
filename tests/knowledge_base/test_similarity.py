"""The measures of likeness, each against what it promises."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base.retrieval.corpus import Candidates, Statistics
from knowledge_base.retrieval.features import features, grams, normalize
from knowledge_base.retrieval.index import ArticleIndex, Entry
from knowledge_base.retrieval.similarity import FEATURES, Floats, measure

LIBRARY = (
    Entry(
        "bus",
        "老年人乘车卡",
        "年满65周岁的老年人凭乘车卡免费乘坐公交车。\n办卡地点在客运中心。",
        ("老人坐公交要钱吗",),
    ),
    Entry("dog", "养犬登记", "携犬外出应当拴绳，及时清理粪便。"),
    Entry("gas", "", "闻到燃气味请关阀、开窗，到室外拨打抢险电话12345。"),
    Entry("card", "社会保障卡补领", ""),
)


def looked_at(
    question: str, entries: tuple[Entry, ...] = LIBRARY
) -> tuple[list[str], Candidates, Statistics]:
    index = ArticleIndex()
    index.add_many(entries)
    return index.close_candidates(question)


def measured(question: str, name: str, entries: tuple[Entry, ...] = LIBRARY) -> dict[str, float]:
    ids, candidates, statistics = looked_at(question, entries)
    column = measure(question, candidates, statistics)[:, FEATURES.index(name)]
    return {article_id: float(value) for article_id, value in zip(ids, column, strict=True)}


TEXTS = st.text(
    alphabet="老年人乘车卡免费公交养犬登记燃气电话社保补办的吗，。？ 0123ab\n", min_size=1, max_size=60
)


@given(question=TEXTS, bodies=st.lists(TEXTS, min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_every_measure_lies_between_nothing_and_about_one(question: str, bodies: list[str]) -> None:
    entries = tuple(Entry(str(at), body[:9], body) for at, body in enumerate(bodies))
    ids, candidates, statistics = looked_at(question, entries)
    if not ids:
        return
    values = measure(question, candidates, statistics)
    assert values.shape == (len(ids), len(FEATURES))
    assert np.isfinite(values).all()
    assert values.min() >= 0
    # A cosine of a text with itself may be above 1: triples count on one side only. What is usual has no bound.
    bounded = [at for at, name in enumerate(FEATURES) if not name.startswith("cosine") and name != "usual"]
    assert values[:, bounded].max() <= 1.0001


def test_a_title_word_for_word_is_all_there() -> None:
    question = "社会保障卡补领"
    for name in ("share_singles", "share_pairs", "share_words", "lead_pairs", "window_pairs", "said_pairs"):
        assert measured(question, name)["card"] == pytest.approx(1.0), name


def test_what_no_article_says_counts_against_every_article() -> None:
    for name in ("share_words", "share_pairs"):
        assert measured("养犬登记直升机", name)["dog"] < measured("养犬登记", name)["dog"], name


def test_the_words_of_a_question_count_for_more_within_one_paragraph() -> None:
    apart = "燃气" + "，春夏秋冬东南西北" * 40 + "，抢险"
    beside = "燃气，抢险" + "，春夏秋冬东南西北" * 40
    entries = (Entry("apart", "", apart), Entry("beside", "", beside), *LIBRARY[:2])
    shares = measured("燃气，抢险", "share_pairs", entries)
    windows = measured("燃气，抢险", "window_pairs", entries)
    assert shares["apart"] == pytest.approx(shares["beside"])
    assert windows["beside"] > windows["apart"] > 0


def test_numbers_and_latin_letters_are_measured_by_themselves() -> None:
    numbers = measured("燃气抢险打12345吗", "numbers")
    assert numbers["gas"] == pytest.approx(1.0)
    assert all(value == 0 for article_id, value in numbers.items() if article_id != "gas")


def test_the_first_line_of_a_question_is_its_title() -> None:
    with_title = measured("养犬登记\n老年人乘车卡办卡地点", "title_pairs")
    assert with_title["dog"] > with_title["bus"]
    without = measured("养犬登记，老年人乘车卡办卡地点", "title_pairs")
    assert without["bus"] > without["dog"]


def test_what_all_citizens_write_about_is_usual() -> None:
    entries = (
        Entry("everyday", "", "小区业主希望领导解决问题，谢谢。"),
        Entry("strange", "", "鳄鱼饲养需林业许可，希望知悉。"),
    )
    usual = measured("希望", "usual", entries)
    assert usual["everyday"] > usual["strange"]


def test_the_cosine_of_words_is_the_textbook_s() -> None:
    question = "老年人坐公交车，老年人免费吗"
    asked = features(question, ())
    texts = {
        one.id: features("\n".join((one.title, *one.questions)), ()) + features(one.body, ())
        for one in LIBRARY
    }
    articles = len(LIBRARY)

    def rarity(word: str) -> float:
        known = sum(word in text for text in texts.values())
        return math.log1p((articles - known + 0.5) / (known + 0.5))

    expected = {}
    query = {word: (1 + math.log(count)) * rarity(word) for word, count in asked.items()}
    for article_id, text in texts.items():
        entry = {word: math.sqrt(count) * rarity(word) for word, count in text.items()}
        product = sum(weight * entry.get(word, 0.0) for word, weight in query.items())
        lengths = math.sqrt(sum(w * w for w in query.values()) * sum(w * w for w in entry.values()))
        expected[article_id] = product / lengths
    found = measured(question, "cosine_words")
    assert found
    for article_id, value in found.items():
        assert value == pytest.approx(expected[article_id], rel=1e-4), article_id


def test_the_share_of_pairs_is_the_textbook_s() -> None:
    question = "养犬外出要拴绳吗，犬要登记"
    texts = {one.id: normalize(f"{one.title} {' '.join(one.questions)} {one.body}") for one in LIBRARY}
    pairs = set(grams(normalize(question), 2))

    def rarity(pair: str) -> float:
        known = sum(pair in grams(text, 2) for text in texts.values())
        return math.log1p((len(LIBRARY) - known + 0.5) / (known + 0.5))

    whole = sum(map(rarity, pairs))
    for article_id, value in measured(question, "share_pairs").items():
        there = sum(rarity(pair) for pair in pairs if pair in grams(texts[article_id], 2))
        assert value == pytest.approx(there / whole, rel=1e-4)


def test_the_order_of_the_candidates_changes_no_measure() -> None:
    question = "老人坐公交要带什么卡"
    forth, back = (of(question, LIBRARY), of(question, LIBRARY[::-1]))
    assert forth.keys() == back.keys()
    for article_id, values in forth.items():
        np.testing.assert_allclose(values, back[article_id], rtol=1e-5, atol=1e-6)


def of(question: str, entries: tuple[Entry, ...]) -> dict[str, Floats]:
    ids, candidates, statistics = looked_at(question, entries)
    return dict(zip(ids, measure(question, candidates, statistics), strict=True))
