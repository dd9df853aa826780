"""What is read from long texts is remembered within bounds, and costs the other askers next to nothing."""

from __future__ import annotations

import gc
import random
import re
import time
import tracemalloc
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.answering.composing import compose
from knowledge_base.answering.remembered import Remembered
from knowledge_base.article import Article, ArticleKind, ArticleStatus
from knowledge_base.retrieval.features import concept_phrases, concepts

QUESTION = "补贴多少钱"
WORDS = "补贴 申请 材料 窗口 办理 低保 条件 户籍 社保 医保 每月 元 提交 审核 单位 街道 证明 复印件 标准 发放"
POLICY = Article(
    "policy.long",
    ArticleKind.POLICY,
    "关于困难家庭的办法",
    "",
    "民政局",
    None,
    date(2026, 1, 1),
    date(2026, 1, 1),
    None,
    ArticleStatus.PUBLISHED,
    "unit",
    "全国",
)


def long_text(characters: int, seed: int) -> str:
    chance = random.Random(seed)
    words = WORDS.split()
    found = (
        chance.choice(words) + ("。\n" if chance.random() < 0.08 else "") for _ in range(characters * 2 // 3)
    )
    return "".join(found)[:characters]


def policy(characters: int, seed: int, *, numbered: bool) -> Article:
    body = long_text(characters, seed)
    if numbered:
        lines = (body[at : at + 200].replace("\n", "") for at in range(0, characters, 200))
        body = "".join(f"第{number}条 {line}\n" for number, line in enumerate(lines, start=1))
    return replace(POLICY, id=f"policy.{seed}", body=body)


def seconds_to_answer(article: Article) -> float:
    began = time.process_time()
    compose(article, QUESTION, 1.0)
    return time.process_time() - began


@pytest.mark.parametrize("numbered", [True, False])
def test_a_text_of_two_hundred_thousand_characters_holds_nobody_up(numbered: bool) -> None:
    seconds_to_answer(policy(400, 0, numbered=numbered))  # the dictionaries are loaded once
    articles = [policy(200_000, seed, numbered=numbered) for seed in (1, 2, 3)]
    first = min(map(seconds_to_answer, articles))
    again = min(seconds_to_answer(article) for article in articles[-1:] * 3)
    assert first < 0.15
    assert again < 0.08


def test_however_many_long_texts_are_answered_from_little_is_kept() -> None:
    compose(policy(400, 0, numbered=False), QUESTION, 1.0)
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(60):
            # Few passages, each long: a bound on their number would be none on what they take.
            lines = (f"{number}{half}" + "甲乙丙丁" * 25_000 for half in "上下")
            compose(replace(POLICY, id=f"policy.{number}", body="\n".join(lines)), QUESTION, 1.0)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 24_000_000


@given(st.lists(st.text(st.sampled_from("甲乙丙"), max_size=6), max_size=60), st.integers(4, 30))
def test_what_is_remembered_is_what_was_read_and_never_more_than_the_bound(
    texts: list[str], most: int
) -> None:
    remembered = Remembered(str.upper, size=len, most=most)
    for text in texts:
        assert remembered(f"{text}a") == f"{text}A"
        assert remembered.taken <= most


def test_what_is_asked_for_all_the_time_is_read_once() -> None:
    read: list[str] = []

    def reading(text: str) -> str:
        read.append(text)
        return text

    remembered = Remembered(reading, size=len, most=40)
    for number in range(100):
        remembered("often")
        remembered(f"{number:05}")
    assert read.count("often") == 1
    assert remembered("00000") == "00000"
    assert read.count("00000") == 2, "what nobody asked for was forgotten"


@given(st.lists(st.sampled_from([*concept_phrases(), "的", "。", "x"]), max_size=12), st.integers(0, 3))
def test_concepts_are_of_the_leftmost_phrases_and_of_several_the_longest(parts: list[str], cut: int) -> None:
    phrases = concept_phrases()
    pattern = re.compile("|".join(map(re.escape, sorted(phrases, key=len, reverse=True))))
    text = "".join(parts)[cut:]
    assert concepts(text) == [f"≈{phrases[found]}" for found in pattern.findall(text)]
