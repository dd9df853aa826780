"""Thresholds hold their precision on messages they never saw, and say "never" where nothing was shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from classifier.calibration import Calibration
from classifier.labelled import LabelledText
from classifier.model import TextModel
from classifier.model_file import ModelFile
from classifier.taxonomy import families, parents_of
from classifier.thresholds import (
    NEVER,
    fit_parent_threshold,
    fit_threshold,
    fit_thresholds,
    lower_bound,
    upper_bound,
)
from classifier.training import train
from tests.classifier.conftest import NOW
from tests.classifier.messages import made_up


@given(st.integers(1, 400), st.data())
def test_bounds_are_those_of_clopper_and_pearson(tries: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, tries))
    low = float(lower_bound(np.array([float(hits)]), np.array([float(tries)]))[0])
    assert low == pytest.approx(beta.ppf(0.1, hits, tries - hits + 1) if hits else 0.0)
    high = upper_bound(float(hits), float(tries))
    assert high == pytest.approx(beta.ppf(0.9, hits + 1, tries - hits) if hits < tries else 1.0)
    assert low <= hits / tries <= high


def test_few_messages_show_nothing_however_right_they_are() -> None:
    confidences = np.linspace(0.9, 0.99, 44)
    alone, enough = np.ones(44, dtype=bool), np.ones(45, dtype=bool)
    assert fit_threshold(confidences, alone, np.ones(44), precision=0.95) == NEVER
    assert fit_threshold(np.linspace(0.9, 0.99, 45), enough, np.ones(45), precision=0.95) == 0.9


def test_copies_of_one_letter_are_one_piece_of_evidence() -> None:
    confidences, right = np.linspace(0.9, 0.99, 100), np.ones(100, dtype=bool)
    said = np.zeros(100, dtype=np.int64)
    apart = fit_thresholds(said, confidences, right, np.arange(100), labels=1, precision=0.95)
    copies = fit_thresholds(said, confidences, right, np.arange(100) // 10, labels=1, precision=0.95)
    assert apart.by_label[0] == pytest.approx(0.9)
    assert copies.by_label[0] == copies.pooled == NEVER


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000))
def test_thresholds_keep_their_promise_on_new_messages(seed: int) -> None:
    draw = np.random.default_rng(seed)
    confidences, fresh = draw.uniform(0.5, 1, 3000), draw.uniform(0.5, 1, 30_000)
    threshold = fit_threshold(
        confidences, draw.uniform(size=3000) < confidences, np.ones(3000), precision=0.9
    )
    # Confidences here are true probabilities: right at 0.8 or more is right 90 % of the time on average.
    decided = fresh[fresh >= threshold]
    assert threshold > 0.77
    assert decided.mean() > 0.885


def test_a_rare_label_takes_the_pooled_threshold_unless_its_messages_speak_against_it() -> None:
    draw = np.random.default_rng(5)
    common, rare = 600, 12
    said = np.repeat([0, 1, 2], [common, rare, rare])
    confidences = np.r_[draw.uniform(0.6, 1, common), np.full(rare, 0.97), np.full(rare, 0.97)]
    right = np.r_[confidences[:common] > 0.7, np.ones(rare, bool), np.zeros(rare, bool)]
    found = fit_thresholds(said, confidences, right, np.arange(len(said)), labels=4, precision=0.9)
    assert found.by_label[0] < 0.75
    assert (found.by_label >= found.pooled).all()
    assert found.by_label[1] == found.pooled < NEVER
    assert found.by_label[2] == NEVER
    assert found.by_label[3] == found.pooled


def test_a_common_label_that_is_never_sure_abstains() -> None:
    draw = np.random.default_rng(6)
    said = np.repeat([0, 1], [500, 200])
    confidences = draw.uniform(0.9, 1, 700)
    right = np.r_[np.ones(500, bool), np.arange(200) % 4 > 0]
    found = fit_thresholds(said, confidences, right, np.arange(700), labels=2, precision=0.9)
    assert found.by_label[0] < NEVER
    assert found.by_label[1] == NEVER


# ---- a taxonomy


def test_a_parent_is_the_common_beginning_of_two_labels() -> None:
    assert parents_of("城乡建设->市政设施->路灯") == ("城乡建设->市政设施", "城乡建设")
    assert families(("城乡建设->路灯", "城乡建设->井盖", "教育->学费", "其他")) == (
        (("城乡建设", (0, 1)),),
        (("城乡建设", (0, 1)),),
        (),
        (),
    )


def test_a_parent_decides_from_where_its_messages_show_it() -> None:
    labels = ("甲->一", "甲->二", "乙")
    calibration = Calibration(sharpness=1.0, none_score=-9.0, slope=1.0, shift=0.0)
    shares = np.tile([0.5, 0.45, 0.05], (200, 1))
    truth = np.arange(200) % 2  # always one of the two leaves, and no telling which
    found = fit_parent_threshold(
        shares, truth, np.arange(200), labels=labels, calibration=calibration, precision=0.95
    )
    assert found == pytest.approx(0.95)
    wrong = np.full(200, 2)
    for believed, names in ((wrong, labels), (truth, ("甲", "丙", "乙"))):
        assert (
            fit_parent_threshold(
                shares, believed, np.arange(200), labels=names, calibration=calibration, precision=0.95
            )
            == NEVER
        )


@pytest.fixture(scope="module")
def taxonomy_model() -> TextModel:
    """Two leaves of one parent that nothing tells apart, and one label of its own."""
    rows = []
    for at, row in enumerate(made_up(600, seed=11)):
        if row.label == "教育":
            rows.append(row)
        else:
            rows.append(LabelledText(row.text, f"民生->{'甲' if at % 2 else '乙'}"))
    return TextModel(train(rows, now=NOW, name="paths", data="made up").model)


def test_an_unsure_leaf_backs_off_to_its_sure_parent(taxonomy_model: TextModel) -> None:
    said = taxonomy_model.classify("老街路灯不亮\n老街已经一个月路灯不亮，12号这边井盖破损，请尽快处理。")
    assert (said.label, said.abstained) == ("民生", False)
    assert {other.label for other in said.alternatives} == {"民生->甲", "民生->乙"}
    assert sum(other.confidence for other in said.alternatives) <= said.confidence + 1e-9
    assert said.because


def test_a_label_of_its_own_is_never_widened(taxonomy_model: TextModel) -> None:
    said = taxonomy_model.classify("三中门口学校乱收补课费\n三中门口从上周开始学校乱收补课费，请尽快处理。")
    assert said.label == "教育"
    assert "教育" not in {other.label for other in said.alternatives}


def test_a_label_without_family_never_backs_off(small_training_file: ModelFile) -> None:
    assert small_training_file.calibration.parent_threshold == NEVER
    assert len(small_training_file.thresholds) == len(small_training_file.labels)


@pytest.fixture
def small_training_file() -> ModelFile:
    return train(made_up(150), now=NOW, name="plain", data="made up").model
