"""The served model: equal to the training pipeline, honest about what it does not know."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from classifier.calibration import Calibration
from classifier.counting import count_texts
from classifier.labelled import read_labelled
from classifier.model import Classification, TextModel, starter_model_path
from classifier.training import Training, fit_pipeline, model_file_of
from tests.classifier.messages import made_up

NONSENSE = [
    ("", "nothing"),
    ("   \n ", "blanks"),
    ("。。。！？", "punctuation"),
    ("你好", "a greeting"),
    ("在吗", "a greeting"),
    ("谢谢", "thanks"),
    ("人工", "a menu word"),
    ("1", "a menu digit"),
    ("12345", "a number"),
    ("asdf", "keys struck at random"),
    ("asdfghjkl qwerty", "more of them"),
    ("😀😀😀", "pictures"),
    ("The quick brown fox jumps over the lazy dog", "another language"),
    ("床前明月光，疑是地上霜。举头望明月，低头思故乡。", "a poem"),
    ("春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。", "another poem"),
    ("给我讲个笑话", "small talk"),
    ("今天天气真好，适合出去玩", "small talk"),
    ("红楼梦是谁写的", "a quiz"),
    ("我爱你", "small talk"),
]

PLAIN = [
    ("我们小区门口路灯坏了半个月没人修", "城乡建设"),
    ("老板拖欠我三个月工资，不给工资怎么办", "劳动和社会保障"),
    ("孩子上小学怎么报名，学区怎么划分", "教育文体"),
    ("工厂半夜排废气，味道刺鼻，污染严重", "环境保护"),
    ("医院乱收费，医生态度不好", "卫生计生"),
    ("出租车拒载，司机绕路还乱收车费", "交通运输"),
    ("小区电梯坏了两个月，一直没有年检", "商贸旅游"),
]


@pytest.fixture(scope="session")
def starter() -> TextModel:
    return TextModel.load(starter_model_path())


def test_serving_equals_the_training_pipeline(small_training: Training, small_model: TextModel) -> None:
    texts = [row.text for row in made_up(240)]
    expected = small_training.pipeline.scores(count_texts(texts), np.arange(len(texts)))
    served = np.array([small_model.scores(text) for text in texts])
    assert np.abs(served - expected).max() < 1e-6
    assert [small_model.classify(text).label for text in texts[:50]] == [
        small_training.pipeline.labels[at] for at in expected[:50].argmax(axis=1)
    ]


@pytest.mark.shared_data
def test_serving_equals_the_training_pipeline_on_real_messages(
    small_training: Training, shared_data: Path
) -> None:
    rows = read_labelled(shared_data / "topic7.jsonl.gz")
    assert len(rows) >= 5_000
    counts = count_texts([row.text for row in rows])
    learned = np.arange(0, len(rows), 4)
    pipeline = fit_pipeline(counts, learned, np.array([rows[at].label for at in learned]))
    model = TextModel(
        model_file_of(pipeline, counts, small_training.model.calibration, small_training.model.card)
    )
    assert sum(map(len, pipeline.columns)) < sum(block.shape[1] for block in counts.blocks)  # it was pruned
    served = np.array([model.scores(row.text) for row in rows])
    assert np.abs(served - pipeline.scores(counts, np.arange(len(rows)))).max() < 1e-6


@given(
    st.lists(st.floats(-30, 30), min_size=2, max_size=12),
    st.floats(0.1, 12),
    st.floats(-5, 5),
    st.floats(0.1, 3),
    st.floats(-3, 3),
)
@example([-30.0, -30.0], 12.0, 5.0, 1.0, 0.0)  # far below "none"
def test_one_text_is_calibrated_as_many_are(
    scores: list[float], sharpness: float, none_score: float, slope: float, shift: float
) -> None:
    calibration = Calibration(sharpness=sharpness, none_score=none_score, slope=slope, shift=shift)
    many = calibration.shares(np.array([scores]))[0]
    one = calibration.shares_of_one(scores)
    assert np.abs(many - one).max() < 1e-12
    for share in one:
        assert calibration.confidence_of_one(share) == pytest.approx(
            float(calibration.confidence(np.array(share))), abs=1e-12
        )


def test_messages_like_those_it_learned_are_told_apart(small_model: TextModel) -> None:
    fresh = made_up(90, seed=99)
    right = sum(small_model.classify(row.text).label == row.label for row in fresh)
    assert right >= 85


@pytest.mark.parametrize(("text", "reason"), NONSENSE, ids=[row[1] + row[0][:4] for row in NONSENSE])
def test_the_starter_abstains_where_nothing_is_asked(starter: TextModel, text: str, reason: str) -> None:
    assert starter.classify(text).abstained, reason


@pytest.mark.parametrize(("text", "label"), PLAIN)
def test_the_starter_knows_plain_matters_of_its_seven_topics(
    starter: TextModel, text: str, label: str
) -> None:
    found = starter.classify(text)
    assert (found.label, found.abstained) == (label, False)


def test_the_starter_says_what_it_is(starter: TextModel) -> None:
    assert len(starter.labels) == 7
    assert starter.card.rows > 6_000
    assert starter.card.metrics["macro_f1"] >= 0.92
    assert starter.card.limits
    assert starter_model_path().stat().st_size < 6_000_000
    page = starter_model_path().with_suffix(".card.md").read_text(encoding="utf-8")
    assert starter.card.trained_at in page
    assert all(label in page for label in starter.labels)


def test_the_reasons_are_words_of_the_text(starter: TextModel) -> None:
    text = "我们小区门口路灯坏了半个月没人修"
    because = starter.classify(text).because
    assert "路灯" in because
    assert 1 <= len(because) <= 5
    assert all(word in text for word in because)


def _is_sound(said: Classification, model: TextModel) -> bool:
    named = [said.label, *(other.label for other in said.alternatives)]
    confidences = [other.confidence for other in said.alternatives]
    return (
        len(set(named)) == len(named)
        and set(named) <= set(model.labels)
        and 0 <= said.confidence <= 1
        and confidences == sorted(confidences, reverse=True)
        and (not confidences or confidences[0] <= said.confidence)
        and said.confidence + sum(confidences) <= 1 + 1e-9
        and (said.abstained or said.confidence >= model.card.threshold)
    )


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=200), st.text(alphabet="路灯医保卡学校小区污染，。\n ab1", max_size=80)))
def test_any_text_gets_a_sound_answer(starter: TextModel, text: str) -> None:
    assert _is_sound(starter.classify(text), starter)
