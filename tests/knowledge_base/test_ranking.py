"""The learned order of the candidates."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from knowledge_base.retrieval import ranking
from knowledge_base.retrieval.evaluation import AskedQuestion, measure
from knowledge_base.retrieval.index import ArticleIndex, Entry
from knowledge_base.retrieval.ranking import (
    WEIGHTS_FILE,
    Ranking,
    extent,
    gates,
    rerank,
    shipped_ranking,
    standardized,
)
from knowledge_base.retrieval.similarity import FEATURES

LIBRARY = (
    Entry("dog", "养犬管理办法", "清政发〔2021〕12号\n携犬外出应当拴绳，及时清理粪便。"),
    Entry(
        "dog-notice",
        "关于进一步加强养犬管理的通知",
        "清政办〔2026〕5号\n根据清政发〔2021〕12号文件要求，加强养犬管理。",
    ),
    Entry("subsidy", "农机购置补贴实施方案", "清农发〔2021〕2号\n购买农机可申请补贴，最高三成。"),
    Entry("subsidy-new", "农机购置补贴实施方案", "清农发〔2026〕12号\n购买农机可申请补贴，最高两成。"),
    Entry("card", "社会保障卡补领", "社会保障卡遗失后应当先挂失再补领。", ("社保卡丢了怎么办",)),
    Entry("licence", "生育登记", "夫妻生育子女应当办理生育登记。", ("怎么办准生证",)),
)


def index_of(entries: tuple[Entry, ...]) -> ArticleIndex:
    index = ArticleIndex()
    index.add_many(entries)
    return index


@pytest.fixture(scope="module")
def index() -> ArticleIndex:
    return index_of(LIBRARY)


@pytest.mark.parametrize(
    ("question", "article_id"),
    [
        ("清政发〔2021〕12号", "dog"),
        ("清政发[2021]12号说了什么", "dog"),
        ("请问清政发（2021）12号还有效吗", "dog"),
        ("清政发【2021】第12号", "dog"),
        ("清政办〔2026〕5号文件", "dog-notice"),
        ("清农发2026年12号", "subsidy-new"),
        ("农机补贴方案 清农发〔2021〕2号", "subsidy"),
    ],
)
def test_a_question_with_a_document_number_finds_its_document_first(
    index: ArticleIndex, question: str, article_id: str
) -> None:
    assert index.search(question)[0].article_id == article_id


@pytest.mark.parametrize(
    ("question", "article_id"),
    [
        ("社保卡掉了咋整", "card"),
        ("医保卡丢了去哪补", "card"),
        ("社宝卡丢了", "card"),
        ("准生证咋办", "licence"),
        ("生娃要登记不", "licence"),
        ("溜狗不栓绳", "dog"),
    ],
)
def test_common_names_spoken_words_and_typing_errors_find_the_matter(
    index: ArticleIndex, question: str, article_id: str
) -> None:
    assert index.search(question)[0].article_id == article_id


def test_the_best_candidate_has_one_and_none_has_nothing(index: ArticleIndex) -> None:
    ids, candidates, statistics = index.close_candidates("农机补贴有多少")
    scores = rerank("农机补贴有多少", candidates, statistics)
    assert len(scores) == len(ids) > 1
    assert scores.max() == 1.0
    assert scores.min() > 0


def test_a_question_said_twice_is_no_longer_than_said_once() -> None:
    assert extent("社保卡丢了\n社保卡丢了") == extent("社保卡丢了") == 4
    assert extent("") == extent("的") == 0


def test_the_weights_move_smoothly_from_short_to_long() -> None:
    short, long = gates(4, 7.0), gates(400, 2000.0)
    assert short.tolist() == [1.0, -0.5, -0.5]
    assert long.tolist() == [1.0, 0.5, 0.5]
    for at in range(5, 400):
        assert gates(at - 1, 100.0)[1] <= gates(at, 100.0)[1]


def test_a_measure_that_is_the_same_for_all_tells_none_apart() -> None:
    values = np.full((3, len(FEATURES)), 0.5, np.float32)
    assert np.ptp(standardized(values), axis=0).max() == 0
    assert not standardized(np.zeros((3, len(FEATURES)), np.float32)).any()


def test_weights_of_other_measures_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))
    other = tmp_path / "weights.json"
    other.write_text(json.dumps(record | {"features": ["length"]}), encoding="utf-8")
    monkeypatch.setattr(ranking, "WEIGHTS_FILE", other)
    with pytest.raises(ValueError, match=r"scripts/train_ranking\.py"):
        shipped_ranking.__wrapped__()


def test_saved_weights_come_back_with_their_provenance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = np.round(np.random.default_rng(1).normal(size=(3, len(FEATURES))), 4)
    monkeypatch.setattr(ranking, "WEIGHTS_FILE", tmp_path / "weights.json")
    Ranking(weights).save(tmp_path / "weights.json", provenance="made up")
    assert shipped_ranking.__wrapped__().weights.tolist() == weights.tolist()
    assert json.loads((tmp_path / "weights.json").read_text(encoding="utf-8"))["provenance"] == "made up"


def test_the_shipped_weights_say_where_they_come_from() -> None:
    record = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))
    assert "letters" in record["provenance"]
    assert set(record["cross_validated_mrr_at_10"]) >= {"letters", "replies", "policy", "pairs"}


@pytest.mark.shared_data
def test_letters_of_a_city_never_learned_from_find_their_replies(shared_data: Path) -> None:
    with gzip.open(shared_data / "letters_other_city.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    index = index_of(tuple(Entry(str(at), "", row["reply"]) for at, row in enumerate(rows)))
    asked = [AskedQuestion(row["text"], str(at)) for at, row in enumerate(rows)]
    figures = measure(index, asked)
    assert figures.mrr_at_10 > 0.62  # BM25 over words: 0.59


@pytest.mark.shared_data
def test_a_question_is_found_whether_it_stands_in_the_title_or_in_the_body(shared_data: Path) -> None:
    with gzip.open(shared_data / "pairs_lcqmc.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if int(row["same"]) == 1 and row["q1"] != row["q2"]][
            :600
        ]
    asked = [AskedQuestion(row["q1"], str(at)) for at, row in enumerate(rows)]
    titles = measure(index_of(tuple(Entry(str(at), row["q2"], "") for at, row in enumerate(rows))), asked)
    bodies = measure(index_of(tuple(Entry(str(at), "", row["q2"]) for at, row in enumerate(rows))), asked)
    assert titles.mrr_at_10 > 0.9
    assert bodies.mrr_at_10 == pytest.approx(titles.mrr_at_10, abs=0.01)
