"""Training on small data: what it learns, what it refuses, what it keeps apart."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import sparse

from classifier.baseline import measure_baseline
from classifier.explain import deciding_words
from classifier.labelled import LabelledText
from classifier.least_squares import PENALTY, fit_least_squares
from classifier.near_duplicates import group_near_duplicates
from classifier.taxonomy import count_labels, label_at_level
from classifier.training import NotEnoughData, Training, cross_validate, train
from tests.classifier.conftest import NOW
from tests.classifier.messages import made_up


def test_made_up_topics_are_learned(small_training: Training) -> None:
    assert small_training.figures.macro_f1 > 0.95
    assert small_training.model.labels == ("城市管理", "教育", "社会保障")
    assert small_training.model.card.rows == 240
    assert small_training.model.card.trained_at == "2026-11-16T01:30:00+00:00"


def test_near_duplicates_never_stand_on_both_sides_of_a_split() -> None:
    rows = made_up(80)
    copies = [LabelledText("再次反映，" + row.text, row.label) for row in rows]
    everything = [*rows, *copies]
    groups = group_near_duplicates([row.text for row in everything])
    for learned, held_out in cross_validate(everything).folds:
        assert not set(groups[learned].tolist()) & set(groups[held_out].tolist())


def test_labels_without_meaning_are_measured_as_such_and_the_model_abstains() -> None:
    rows = [LabelledText(row.text, "单双"[at % 2]) for at, row in enumerate(made_up(120))]
    trained = train(rows, now=NOW, name="noise", data="labels drawn by position")
    assert trained.figures.accuracy < 0.75
    assert trained.figures.coverage_at[0.95] < 0.5


def test_a_label_rarer_than_the_folds_is_still_learned() -> None:
    rows = [*made_up(60), LabelledText("民政婚姻登记\n领结婚证要预约吗", "民政")]
    assert "民政" in train(rows, now=NOW, name="rare", data="made up").model.labels


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "nothing"),
        ([LabelledText("路灯坏了", "路灯")] * 10, "one label"),
        ([LabelledText("路灯坏了", "路灯"), LabelledText("停水了", "供水")], "one message each"),
        (
            [LabelledText("路灯坏了请修一下", "路灯")] * 9 + [LabelledText("停水三天了没人管", "供水")] * 9,
            "copies only",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_too_little_data_is_refused(rows: list[LabelledText], reason: str) -> None:
    with pytest.raises(NotEnoughData):
        train(rows, now=NOW, name="little", data=reason)


def test_progress_only_moves_forward() -> None:
    seen: list[tuple[str, int, int]] = []
    train(made_up(60), now=NOW, name="x", data="x", progress=lambda *step: seen.append(step))
    assert list(dict.fromkeys(step[0] for step in seen)) == ["read", "cross-validate", "fit"]
    for before, after in pairwise(seen):
        assert before[0] != after[0] or before[1] <= after[1]
    assert all(0 <= done <= total for _, done, total in seen)


def test_a_path_label_is_cut_at_a_level() -> None:
    assert label_at_level("城乡建设->市政设施->路灯", 2) == "城乡建设->市政设施"
    assert label_at_level("城乡建设", 2) == "城乡建设"
    assert list(count_labels(["水", "电", "水"]).items()) == [("水", 2), ("电", 1)]


def test_scraps_and_numbers_are_no_reason() -> None:
    weighed = [
        ("三个", 0.9),
        ("是 违规", 0.8),
        ("违规 收费", 0.7),
        ("收费", 0.6),
        ("物业", 0.5),
        ("态度", -0.1),
    ]
    assert deciding_words(weighed, "物业三个月来都是违规收费") == ("违规收费", "物业")


def test_least_squares_are_the_closed_form() -> None:
    draw = np.random.default_rng(3)
    values, members = draw.normal(size=(40, 12)), np.arange(40) % 3
    relevance, row_weights = draw.uniform(0.5, 1.5, (12, 3)), draw.uniform(0.5, 1.5, 40)
    weights, bias = fit_least_squares(
        sparse.csr_matrix(values), members, relevance=relevance, row_weights=row_weights
    )
    for label in range(3):
        # Ridge with a penalty of PENALTY / relevance on each column, and of PENALTY on the constant column.
        columns = np.hstack([values, np.ones((40, 1))])
        penalty = PENALTY / np.append(relevance[:, label], 1.0)
        weighed = columns.T * row_weights
        exact = np.linalg.solve(
            weighed @ columns + np.diag(penalty), weighed @ np.where(members == label, 1.0, -1.0)
        )
        assert np.append(weights[:, label], bias[label]) == pytest.approx(exact, abs=5e-3)


def test_a_rare_label_is_not_drowned_by_a_common_one() -> None:
    rows = made_up(300)
    few = [row for row in rows if row.label == "教育"][:12]
    many = [row for row in rows if row.label != "教育"]
    found = cross_validate([*many, *few]).figures.per_label["教育"]
    assert found.recall > 0.6


def test_what_thresholds_decide_is_measured_on_folds_that_did_not_set_them(
    small_training: Training,
) -> None:
    cross, figures = small_training.cross, small_training.figures
    assert set(figures.bounded) == {0.95, 0.97}
    assert figures.to_json()["bounded_at"]["0.95"]["decided"] == round(figures.bounded[0.95].share, 4)
    assert len(cross.predictions) == len(cross.truth) == len(cross.groups) == 240
    assert small_training.model.thresholds == tuple(cross.thresholds(precision=0.95).by_label.tolist())


def test_the_same_data_give_the_same_model() -> None:
    one, other = (train(made_up(90), now=NOW, name="x", data="x").model for _ in range(2))
    assert np.array_equal(one.weights, other.weights)
    assert one.calibration == other.calibration


def test_the_plain_baseline_is_measured_on_the_same_folds(small_training: Training) -> None:
    figures = measure_baseline([row.text for row in made_up(240)], small_training.cross)
    assert figures.rows == 240
    assert 0.9 < figures.accuracy <= 1
    assert set(figures.coverage_at) == {0.95, 0.97}
