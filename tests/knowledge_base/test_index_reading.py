"""What the index reads from a text is what ``features`` reads, only faster."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.retrieval.corpus import Corpus
from knowledge_base.retrieval.features import features, grams, normalize
from knowledge_base.retrieval.index import ArticleIndex
from knowledge_base.retrieval.keys import counted, pack
from knowledge_base.retrieval.reading import Entry, Field, Lexicon, codes, pair_keys, triple_buckets

ALPHABET = "的了社保卡医疗老年人养狗怎么办ABc12 ，。+#&._%-㐀ひカナ😀é\t〔〕⾸①½０Ａ龥鿕鿖\u3000\n"
TEXTS = st.text(st.sampled_from(ALPHABET), max_size=40)


def words_of(field: Field, lexicon: Lexicon) -> list[str]:
    spelled = {lexicon.number(word): word for word in lexicon._numbers}
    return sorted(spelled[int(number)] for number in field.words)


def expected_words_by_line(text: str) -> list[str]:
    return sorted(word for line in text.split("\n") for word in features(line, ()).elements())


@given(TEXTS)
def test_words_and_concepts_are_those_of_features(text: str) -> None:
    lexicon = Lexicon()
    assert words_of(lexicon.read(Entry("e", "", text)).body, lexicon) == expected_words_by_line(text)


def test_words_of_public_letters_are_those_of_features(shared_data: Path) -> None:
    with gzip.open(shared_data / "letters.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for _, line in zip(range(300), lines, strict=False)]
    lexicon = Lexicon()
    for text in texts:
        assert words_of(lexicon.read(Entry("e", "", text)).body, lexicon) == expected_words_by_line(text)


@given(TEXTS)
def test_pairs_and_triples_begin_where_those_of_features_do(text: str) -> None:
    text = normalize(text).replace("😀", "").replace("_", "")
    found = codes(text)
    assert np.count_nonzero(pair_keys(found)) == len(grams(text, 2))
    assert len(triple_buckets(found)[0]) == len(grams(text, 3))
    assert [chr(code) for code in found if code] == grams(text, 1)


def test_a_character_beyond_the_first_plane_is_one_code() -> None:
    assert codes("a😀b").tolist() == [ord("a"), 1, ord("b"), 0]


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
def test_what_is_kept_of_an_entry_is_what_was_read(texts: list[tuple[str, str]]) -> None:
    corpus = Corpus()
    read = [
        corpus.lexicon.read(Entry(str(at), title, body, ("问",))) for at, (title, body) in enumerate(texts)
    ]
    first = corpus.append(read, counted(pack(read)))
    for row, entry in enumerate(read, start=first):
        kept = corpus.entry(row)
        for field, had in ((kept.head, entry.head), (kept.body, entry.body)):
            assert field.codes.tolist() == had.codes.tolist()
            assert field.words.tolist() == had.words.tolist()
        assert kept.head.labels.tolist() == [*entry.head.labels.tolist(), *entry.body.labels.tolist()]
    gathered = corpus.gather(list(range(len(read))), np.ones(len(read), np.float32))
    for part, had in enumerate(field for entry in read for field in (entry.head, entry.body)):
        begin, end = gathered.starts[part], gathered.starts[part + 1]
        assert gathered.codes[begin:end].tolist() == had.codes.tolist()
        begin, end = gathered.word_starts[part], gathered.word_starts[part + 1]
        assert gathered.words[begin:end].tolist() == had.words.tolist()


def test_words_that_came_late_are_kept_whole() -> None:
    """Their numbers take more than two bytes."""
    corpus = Corpus()
    corpus.lexicon._numbers.update({f"/filler{number}": number for number in range(70_000)})
    read = [corpus.lexicon.read(Entry("e", "养犬登记", "老年人免费乘车，老年人免费"))]
    corpus.append(read, counted(pack(read)))
    assert max(read[0].body.words) >= 70_000
    assert corpus.entry(0).body.words.tolist() == read[0].body.words.tolist()
    gathered = corpus.gather([0, 0], np.ones(2, np.float32))
    head, body = (field.words.tolist() for field in (read[0].head, read[0].body))
    assert gathered.words.tolist() == [*head, *body] * 2
    ends = np.cumsum([0, len(head), len(body), len(head), len(body)])
    assert gathered.word_starts.tolist() == ends.tolist()


@pytest.mark.parametrize("asked", ["清政发〔2024〕12号", "清政发[2024]12号说什么", "2024年第12号"])
def test_a_document_is_found_by_its_number_however_it_is_written(asked: str) -> None:
    index = ArticleIndex()
    for number in range(1, 250):
        title = f"关于第{number}批事项的通知"
        index.add(f"d{number}", title=title, body=f"清政发〔2024〕{number}号\n各乡镇：现予印发。")
    assert index.search(asked)[0].article_id == "d12"


def test_a_year_or_a_hotline_number_is_found_whole() -> None:
    index = ArticleIndex()
    index.add("hotline", title="", body="拨打12345热线")
    index.add("parts", title="", body="编号1234与2345")
    assert index.search("12345")[0].article_id == "hotline"
