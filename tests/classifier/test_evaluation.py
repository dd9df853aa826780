"""The figures, against scikit-learn's and against tables worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from classifier.calibration import Calibration
from classifier.evaluation import Prediction, calibration_error, coverage, measure

LABELS = ["路", "水", "电"]
pairs = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=60)


@given(pairs)
def test_f1_and_accuracy_are_those_of_scikit_learn(rows: list[tuple[str, str]]) -> None:
    truth, said = [row[0] for row in rows], [row[1] for row in rows]
    figures = measure(truth, [Prediction((label,), 0.5) for label in said])
    assert figures.macro_f1 == pytest.approx(f1_score(truth, said, average="macro"))
    assert figures.weighted_f1 == pytest.approx(f1_score(truth, said, average="weighted"))
    assert figures.accuracy == pytest.approx(accuracy_score(truth, said))


def test_coverage_is_the_largest_share_that_keeps_the_precision() -> None:
    confidences = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    right = np.array([True, True, False, True, False])
    assert coverage(confidences, right, precision=1.0) == (0.4, 0.8)
    assert coverage(confidences, right, precision=0.75) == (0.8, 0.6)


def test_a_threshold_takes_equals_together() -> None:
    right = np.array([True, False, False])
    assert coverage(np.array([0.9, 0.9, 0.1]), right, precision=1.0) == (0.0, float("inf"))


def test_certainty_that_comes_true_has_no_calibration_error() -> None:
    right = np.array([True] * 8 + [False] * 2)
    assert calibration_error(np.full(10, 0.8), right) == pytest.approx(0)
    assert calibration_error(np.full(10, 1.0), right) == pytest.approx(0.2)


def test_the_second_and_third_guess_count_towards_top3() -> None:
    figures = measure(["水", "电"], [Prediction(("路", "电", "水"), 0.6), Prediction(("路", "水"), 0.6)])
    assert (figures.accuracy, figures.top3) == (0, 0.5)


def test_figures_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        measure([], [])


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=6), st.floats(-3, 3))
def test_a_better_best_score_never_lowers_the_confidence(scores: list[float], none_score: float) -> None:
    calibration = Calibration(sharpness=3.0, none_score=none_score, slope=0.7, shift=0.8)
    row = np.array(scores)
    best = int(row.argmax())
    higher = row.copy()
    higher[best] += 0.5
    before = calibration.confidence(calibration.shares(row)[best])
    after = calibration.confidence(calibration.shares(higher)[best])
    assert before <= after <= 1
    assert calibration.shares(row).sum() <= 1 + 1e-9


def test_no_label_scoring_well_means_little_confidence_however_clear_the_order() -> None:
    calibration = Calibration(sharpness=3.6, none_score=-0.5, slope=1.0, shift=0.0)
    clear, dim = np.array([1.0, -1.0]), np.array([-1.0, -3.0])
    assert calibration.shares(clear)[0] > 0.98
    assert calibration.shares(dim)[0] < 0.2
