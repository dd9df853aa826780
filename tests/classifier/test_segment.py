"""Our loop over jieba's dictionary gives jieba's own words."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import jieba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import segment
from tests.classifier.messages import SHARED_DATA, made_up

_READABLE = re.compile(r"[0-9A-Za-z\u4e00-\u9fd5]")


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> jieba.Tokenizer:
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(tmp_path_factory.mktemp("jieba"))
    for word, frequency in segment.user_words():
        tokenizer.add_word(word, frequency)
    return tokenizer


def _readable(words: list[str]) -> list[str]:
    return [word for word in words if _READABLE.search(word)]


ODD = [
    "",
    "...---...",
    "C++和c#、.NET5%",
    "A市A3区K8县，WiFi坏了3.5天",
    "业委会成立不了，加装电梯没人签字",
    "𠮷野家😀后面的路灯",
    "　全角　空格\t和\r\n换行",
    "北京大学生前来应聘",
]


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_are_cut_as_jieba_cuts_them(text: str, reference: jieba.Tokenizer) -> None:
    assert segment.words(text) == _readable(reference.lcut(text))
    assert segment.search_words(text) == _readable(reference.lcut_for_search(text))


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet="的一是了我不在人们有来他这上市区小路灯坏业委会物业费公积金电梯ab1.%-，。 ", max_size=60)
)
def test_any_text_is_cut_as_jieba_cuts_it(reference: jieba.Tokenizer, text: str) -> None:
    assert segment.words(text) == _readable(reference.lcut(text))


def test_made_up_messages_are_cut_as_jieba_cuts_them(reference: jieba.Tokenizer) -> None:
    for row in made_up(100):
        assert segment.words(row.text) == _readable(reference.lcut(row.text))


@pytest.mark.shared_data
@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the public messages are not beside this checkout")
def test_real_messages_are_cut_as_jieba_cuts_them(reference: jieba.Tokenizer) -> None:
    from classifier.labelled import read_labelled

    for row in read_labelled(SHARED_DATA / "topic7.jsonl.gz")[::20]:
        assert segment.words(row.text) == _readable(reference.lcut(row.text))
        assert segment.search_words(row.text) == _readable(reference.lcut_for_search(row.text))


def test_words_of_the_user_dictionary_stay_whole() -> None:
    assert "业委会" in segment.words("我们小区要成立业委会")
    assert "加装电梯" in segment.words("老旧小区加装电梯")


def test_the_user_dictionary_names_no_word_twice() -> None:
    found = [word for word, _ in segment.user_words()]
    assert len(found) == len(set(found)) > 50


def test_no_cache_file_is_left_for_others_to_plant(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    segment._segmenter.cache_clear()
    segment.words("路灯不亮")
    assert list(tmp_path.iterdir()) == []
