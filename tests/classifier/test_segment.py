"""The fast tokenizer gives jieba's own words, in each of the three ways it is used."""

from __future__ import annotations

import gzip
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jieba
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import segment
from classifier.features import normalise
from tests.classifier.messages import made_up

_READABLE = re.compile(r"[0-9A-Za-z\u4e00-\u9fd5]")


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> jieba.Tokenizer:
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(tmp_path_factory.mktemp("jieba"))
    for word, frequency in segment.user_words():
        tokenizer.add_word(word, frequency)
    return tokenizer


def _readable(words: Iterator[str] | list[str]) -> list[str]:
    return [word for word in words if _READABLE.search(word)]


def _is_cut_alike(text: str, reference: jieba.Tokenizer) -> bool:
    """As the model reads it (by the dictionary alone) and as it stands (with the hidden Markov model)."""
    read = normalise(text)
    return segment.dictionary_words(read) == list(reference.cut(read, HMM=False)) and segment.words(
        text
    ) == _readable(reference.cut(text))


def _is_indexed_alike(text: str, reference: jieba.Tokenizer) -> bool:
    return segment.search_words(text) == _readable(reference.cut_for_search(text))


ODD = [
    "",
    "...---...",
    "C++和c#、.NET5%、AT&T",
    "A市A3区K8县，WiFi坏了3.5天",
    "电话0731-8888-6666，2019.6.5日，3.A9市，www.a-b.com",
    "业委会成立不了，加装电梯没人签字",
    "𠮷野家😀后面的路灯",
    "　全角　空格\t和\r\n换行",
    "北京大学生前来应聘",
    "常在浮邱观打醮",  # two paths of the hidden Markov model 1.5e-7 apart: single precision decides otherwise
]


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_are_cut_as_jieba_cuts_them(text: str, reference: jieba.Tokenizer) -> None:
    assert segment.words(text) == _readable(reference.cut(text))
    assert _is_cut_alike(text, reference)
    assert _is_indexed_alike(text, reference)


@settings(max_examples=300, deadline=None)
@given(
    st.text(
        alphabet="的一是了我不在人们有来他这上市区小路灯坏业委会物业费公积金电梯ab1.%-，。 \n", max_size=60
    )
)
def test_any_text_is_cut_as_jieba_cuts_it(reference: jieba.Tokenizer, text: str) -> None:
    assert _is_cut_alike(text, reference)
    assert _is_indexed_alike(text, reference)


@given(st.text(max_size=100))
def test_the_words_of_the_dictionary_joined_are_the_text(text: str) -> None:
    read = normalise(text)
    assert "".join(segment.dictionary_words(read)) == read


def test_made_up_messages_are_cut_as_jieba_cuts_them(reference: jieba.Tokenizer) -> None:
    assert all(_is_cut_alike(row.text, reference) for row in made_up(100))


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("file", "fields", "every"),
    [
        ("topic7", ("text",), 8),
        ("letters", ("text",), 4),
        ("letters_other_city", ("text",), 4),
        ("replies", ("topic", "detail"), 8),
        ("recent_messages", ("topic", "detail"), 8),
        ("policy_questions", ("question",), 4),
        ("pairs_lcqmc", ("q1", "q2"), 4),
        ("pairs_bq", ("q1", "q2"), 4),
    ],
)
def test_real_messages_are_cut_as_jieba_cuts_them(
    shared_data: Path, reference: jieba.Tokenizer, file: str, fields: tuple[str, ...], every: int
) -> None:
    """One in so many, or all of them with ``HUIYIN_ALL_TEXTS=1``: jieba itself takes minutes over all."""
    lines = gzip.decompress((shared_data / f"{file}.jsonl.gz").read_bytes()).splitlines()
    rows = map(orjson.loads, lines[:: 1 if os.environ.get("HUIYIN_ALL_TEXTS") else every])
    texts = {row[field] for row in rows for field in fields if row.get(field)}
    assert len(texts) > 100
    assert [text for text in texts if not _is_cut_alike(text, reference)] == []
    sample = sorted(texts)[::20]  # the search mode only splits the words further
    assert [text for text in sample if not _is_indexed_alike(text, reference)] == []


def test_words_of_the_user_dictionary_stay_whole() -> None:
    assert "业委会" in segment.words("我们小区要成立业委会")
    assert "加装电梯" in segment.words("老旧小区加装电梯")


def test_the_user_dictionary_names_no_word_twice() -> None:
    found = [word for word, _ in segment.user_words()]
    assert len(found) == len(set(found)) > 50


def test_no_cache_file_is_left_for_others_to_plant(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    segment.words("路灯不亮，邱观打醮")
    assert list(tmp_path.iterdir()) == []
