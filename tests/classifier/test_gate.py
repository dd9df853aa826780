"""A worse model does not pass, an equal one does, and every refusal names its class and its size."""

from __future__ import annotations

import math
import random
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.gate import (
    Judged,
    Limits,
    Rule,
    Verdict,
    judge,
)
from classifier.significance import drop_test, holm, overconfidence, sign_test

LABELS = ("供水", "供电", "噪声", "道路", "教育", "医疗")


def a_model_says(rng: random.Random, truth: str, *, right: float) -> tuple[str, float]:
    """A calibrated guess: half of the messages are easy, and the model knows which."""
    easy = rng.random() < 0.5
    chance = min(1.0, right + 0.15) if easy else max(0.0, right - 0.15)
    label = truth if rng.random() < chance else rng.choice([x for x in LABELS if x != truth])
    return label, chance


def rows_of(
    rng: random.Random,
    count: int,
    *,
    champion: float = 0.8,
    challenger: float = 0.8,
    week: int | None = None,
    worse: str | None = None,
) -> list[Judged]:
    rows = []
    for n in range(count):
        truth = LABELS[n % len(LABELS)]
        first = a_model_says(rng, truth, right=champion)
        # Two linear models on nearly the same data mostly agree.
        second = first if worse or rng.random() < 0.85 else a_model_says(rng, truth, right=challenger)
        if truth == worse:
            second = a_model_says(rng, truth, right=challenger)
        rows.append(Judged(truth, *first, False, *second, False, week=week))
    return rows


def decide(rows: list[Judged], **limits: object) -> Verdict:
    return judge(rows, champion_labels=LABELS, challenger_labels=LABELS, limits=Limits(**limits))  # type: ignore[arg-type]


def rules(verdict: Verdict) -> set[tuple[Rule, str | None]]:
    return {(each.rule, each.label) for each in verdict.refusals}


def test_an_equally_good_challenger_is_hardly_ever_refused() -> None:
    rng = random.Random(5)
    verdicts = [decide(rows_of(rng, 400), bootstraps=100) for _ in range(60)]
    assert sum(not verdict.passed for verdict in verdicts) <= 4


def test_a_better_challenger_passes() -> None:
    verdict = decide(rows_of(random.Random(6), 600, champion=0.7, challenger=0.95))
    assert verdict.passed
    assert verdict.overall["challenger"] > verdict.overall["champion"]


def test_one_class_that_got_worse_refuses_the_whole_model_and_is_named() -> None:
    rows = rows_of(random.Random(7), 600, challenger=0.5, worse="噪声")
    found = [r for r in decide(rows).refusals if r.rule is Rule.CLASS_WORSE]
    # Whatever 噪声 is now mistaken for is claimed falsely, and may be named beside it.
    worst = min(found, key=lambda r: r.p or 0)
    assert (worst.label, worst.rows) == ("噪声", 100)
    assert worst.after < worst.before - 0.15
    assert worst.p is not None
    assert worst.p < 0.0001


def test_a_label_the_challenger_no_longer_knows_refuses_it() -> None:
    rows = rows_of(random.Random(8), 120)
    verdict = judge(rows, champion_labels=(*LABELS, "没人用"), challenger_labels=LABELS[1:])
    assert (Rule.LABEL_LOST, "供水") in rules(verdict)
    assert (Rule.LABEL_LOST, "没人用") not in rules(verdict)


def test_claiming_more_certainty_than_there_is_refuses() -> None:
    rows = [
        Judged(r.truth, r.champion, r.champion_confidence, False, r.champion, 0.99, False, None)
        for r in rows_of(random.Random(9), 500)
    ]
    assert (Rule.CALIBRATION_WORSE, None) in rules(decide(rows))


def test_modesty_is_no_miscalibration_but_deciding_less_is_a_loss() -> None:
    rng = random.Random(10)
    rows = [
        # As often right and as well calibrated, yet unable to tell the easy messages from the hard ones.
        Judged(r.truth, r.champion, r.champion_confidence, False, r.champion, 0.84, False, None)
        for r in rows_of(rng, 800, champion=0.84)
    ]
    assert rules(decide(rows)) == {(Rule.COVERAGE_LOWER, None)}


@pytest.mark.parametrize(("champion_right", "refused"), [(0.99, True), (0.7, False)])
def test_what_is_rightly_decided_is_not_given_up_but_wrong_deciding_is(
    champion_right: float, refused: bool
) -> None:
    rng = random.Random(16)
    rows = []
    for n in range(300):
        truth = LABELS[n % len(LABELS)]
        said = truth if rng.random() < champion_right else LABELS[(n + 1) % len(LABELS)]
        # The same words with the same confidence; only the challenger leaves nearly everything to people.
        rows.append(Judged(truth, said, champion_right, n % 2 == 0, said, champion_right, n % 20 == 0, None))
    assert ((Rule.DECIDES_LESS, None) in rules(decide(rows))) is refused


def test_too_few_messages_let_nothing_through() -> None:
    verdict = decide(rows_of(random.Random(11), 20, challenger=1.0))
    assert [each.rule for each in verdict.refusals] == [Rule.TOO_FEW_ROWS]


def test_the_first_model_of_an_installation_has_nobody_to_beat() -> None:
    rows = [Judged(label, "", 0.0, False, label, 0.7, False, 0) for label in LABELS * 10]
    assert judge(rows, champion_labels=(), challenger_labels=LABELS).passed


# ---- labels that contradict


def with_week(rng: random.Random, *, wrong: dict[str, str], weeks_after: int = 0) -> list[Judged]:
    """Six good weeks, then one whose labels are changed, then good ones again; the challenger believes them."""
    rows = rows_of(rng, 360)
    for week in range(weeks_after + 1):
        for row in rows_of(rng, 60, week=week):
            truth = wrong.get(row.truth, row.truth) if week == 0 else row.truth
            rows.append(Judged(truth, row.champion, row.champion_confidence, False, truth, 0.9, False, week))
    return rows


@pytest.mark.parametrize("weeks_after", [0, 1, 4])
def test_a_week_that_calls_one_class_another_is_refused_by_name_however_long_ago(weeks_after: int) -> None:
    verdict = decide(with_week(random.Random(12), wrong={"教育": "医疗"}, weeks_after=weeks_after))
    named = {label for rule, label in rules(verdict) if rule is Rule.LABELS_CONTRADICT}
    assert named
    assert named <= {"教育", "医疗"}


def test_a_scattered_class_is_noticed_though_no_single_other_class_gains_much() -> None:
    rng = random.Random(13)
    rows = []
    for row in with_week(rng, wrong={}):
        truth = (
            rng.choice([x for x in LABELS if x != "教育"])
            if row.week == 0 and row.truth == "教育"
            else row.truth
        )
        rows.append(Judged(truth, row.champion, row.champion_confidence, False, truth, 0.9, False, row.week))
    assert (Rule.LABELS_CONTRADICT, "教育") in rules(decide(rows))


def test_honest_weeks_are_hardly_ever_called_contradictory() -> None:
    rng = random.Random(14)
    verdicts = [decide(with_week(rng, wrong={}, weeks_after=1), bootstraps=20) for _ in range(80)]
    wrongly = [v for v in verdicts if any(rule is Rule.LABELS_CONTRADICT for rule, _ in rules(v))]
    assert len(wrongly) <= 2


def test_a_verdict_is_plain_json() -> None:
    shape = decide(rows_of(random.Random(15), 120, challenger=0.2, worse="供水")).to_json()
    assert {"passed", "rows", "refusals", "overall", "coverage", "overconfidence", "per_label"} == set(shape)
    assert all(type(each["rule"]) is str for each in shape["refusals"])


# ---- the tests behind the rules, against counting


@given(st.integers(0, 9), st.integers(0, 9))
def test_the_sign_test_counts_coin_tosses(lost: int, gained: int) -> None:
    total = lost + gained
    tosses = sum(bin(n).count("1") >= lost for n in range(2**total))
    assert sign_test(lost, gained) == pytest.approx(tosses / 2**total)


@given(st.integers(1, 5), st.integers(1, 5), st.data())
def test_the_drop_test_counts_ways_to_draw(of: int, of_before: int, data: st.DataObject) -> None:
    hits, before = data.draw(st.integers(0, of)), data.draw(st.integers(0, of_before))
    balls = [1] * (hits + before) + [0] * (of + of_before - hits - before)
    draws = [sum(balls[n] for n in drawn) <= hits for drawn in combinations(range(len(balls)), of)]
    assert drop_test(hits, of, before, of_before) == pytest.approx(sum(draws) / len(draws))
    assert len(draws) == math.comb(of + of_before, of)


@pytest.mark.parametrize(
    ("tests", "significant"),
    [
        ([0.01, 0.04, 0.03], [True, False, False]),  # 0.03 > 0.05 / 2
        ([0.01, 0.02, 0.03], [True, True, True]),
        ([0.02, 0.02, 0.02], [False, False, False]),  # none below 0.05 / 3
        ([], []),
    ],
)
def test_holm_is_strict_with_many_tests(tests: list[float], significant: list[bool]) -> None:
    assert holm(tests, 0.05) == significant


def test_overconfidence_counts_what_is_claimed_beyond_what_is_found() -> None:
    right = np.array([True, False, True, True])
    assert overconfidence(np.array([0.95] * 4), right) == pytest.approx(0.2)
    assert overconfidence(np.array([0.5] * 4), right) == 0.0
