"""Drift is told from noise, tightens at once, and is forgiven slowly."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.drift import (
    CLOSED,
    QUIET_LOOKS,
    STEP,
    DriftState,
    Level,
    Measure,
    Signal,
    Sums,
    Tally,
    chi_squared_limit,
    measure_confidence,
    measure_label_mix,
    measure_labels,
    measure_precision,
    measure_unknown_words,
    next_state,
    wilson,
)
from tests.factories import MONDAY_9_30

LABELS = ("供水", "供电", "噪声", "道路", "教育")


def a_mix(rng: random.Random, rows: int, weights: tuple[int, ...] = (5, 4, 3, 2, 1)) -> dict[str, int]:
    said = rng.choices(LABELS, weights, k=rows)
    return {label: said.count(label) for label in LABELS}


def test_two_samples_of_one_population_are_hardly_ever_called_drift() -> None:
    rng = random.Random(3)
    looks = [measure_label_mix(a_mix(rng, 800), a_mix(rng, 120)) for _ in range(400)]
    assert sum(look is not None and look.drifting for look in looks) <= 2


def test_a_mix_that_turned_around_is_drift() -> None:
    rng = random.Random(4)
    found = measure_label_mix(a_mix(rng, 800), a_mix(rng, 120, (1, 2, 3, 4, 5)))
    assert found is not None
    assert found.drifting
    assert found.value > found.limit


def test_a_large_sample_does_not_make_a_trifle_matter() -> None:
    found = measure_label_mix({"供水": 500_000, "供电": 500_000}, {"供水": 510_000, "供电": 490_000})
    assert found is not None
    assert not found.drifting


def test_too_few_messages_measure_nothing() -> None:
    assert measure_label_mix({"供水": 1000}, {"供电": 30}) is None
    assert measure_confidence(Sums.of([0.9] * 1000), Sums.of([0.1] * 20)) is None
    assert measure_precision(Signal.CORRECTIONS, Tally(0, 10), target=0.95) is None


def test_a_fall_of_confidence_is_drift_and_a_rise_is_none() -> None:
    usual, low = Sums.of([0.7, 0.9] * 200), Sums.of([0.5, 0.7] * 60)
    fallen, risen = measure_confidence(usual, low), measure_confidence(low, usual)
    assert fallen is not None
    assert fallen.drifting
    assert risen is not None
    assert not risen.drifting
    assert risen.quiet


def test_more_unknown_words_are_drift() -> None:
    usual, new = Sums.of([0.04, 0.08] * 100), Sums.of([0.14, 0.2] * 50)
    found = measure_unknown_words(usual, new)
    assert found is not None
    assert found.drifting


@pytest.mark.parametrize(
    ("right", "of", "drifting", "quiet"),
    [
        (95, 100, False, True),  # exactly at the target
        (91, 100, False, False),  # below, yet chance explains it
        (85, 100, True, False),  # certainly below
        (18, 20, False, False),  # few tell little
        (12, 20, True, False),  # but enough when they are that bad
    ],
)
def test_precision_is_below_the_target_only_when_it_is_certain(
    right: int, of: int, drifting: bool, quiet: bool
) -> None:
    found = measure_precision(Signal.AUDIT_PRECISION, Tally(right, of), target=0.95)
    assert found is not None
    assert (found.drifting, found.quiet) == (drifting, quiet)


def test_single_labels_are_stopped_when_they_are_certainly_wrong_too_often() -> None:
    tallies = {"供水": Tally(50, 50), "噪声": Tally(4, 10), "道路": Tally(8, 10), "教育": Tally(0, 3)}
    assert measure_labels(tallies, target=0.95) == ("噪声",)


@given(st.integers(1, 400).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_the_interval_holds_the_share_and_stays_between_none_and_all(counts: tuple[int, int]) -> None:
    right, of = counts
    low, high = wilson(right, of, z=1.96)
    assert 0 <= low <= right / of + 1e-12
    assert right / of - 1e-12 <= high <= 1


@pytest.mark.parametrize(("freedom", "exact"), [(1, 10.83), (6, 22.46), (22, 48.27)])
def test_the_limit_of_chance_is_the_tables(freedom: int, exact: float) -> None:
    assert chi_squared_limit(freedom) == pytest.approx(exact, rel=0.035)


# ---- the state


def a_measure(signal: Signal, *, drifting: bool = False, quiet: bool | None = None) -> Measure:
    return Measure(signal, 0.5, 0.4, 100, drifting, not drifting if quiet is None else quiet)


def after(state: DriftState, *measures: Measure | None, days: int = 1) -> DriftState:
    return next_state(state, measures, now=(state.measured_at or MONDAY_9_30) + timedelta(days=days))


def test_unfamiliar_messages_ask_for_more_confidence_and_more_of_it_the_more_is_unfamiliar() -> None:
    one = after(DriftState(), a_measure(Signal.LABEL_MIX, drifting=True), a_measure(Signal.CONFIDENCE))
    assert (one.level, one.tightened_by) == (Level.TIGHTENED, STEP)
    two = after(
        one, a_measure(Signal.LABEL_MIX, drifting=True), a_measure(Signal.UNKNOWN_WORDS, drifting=True)
    )
    assert two.tightened_by == 2 * STEP


def test_wrong_dispatches_stop_the_machine_at_once() -> None:
    stopped = after(DriftState(), a_measure(Signal.CORRECTIONS, drifting=True))
    assert (stopped.level, stopped.tightened_by) == (Level.STOPPED, CLOSED)


def test_trust_returns_one_step_at_a_time_after_quiet_looks_in_a_row() -> None:
    state = after(DriftState(), a_measure(Signal.CORRECTIONS, drifting=True))
    levels = []
    for _ in range(3 * QUIET_LOOKS):
        state = after(state, a_measure(Signal.CORRECTIONS), a_measure(Signal.LABEL_MIX))
        levels.append((state.level, state.tightened_by))
    assert levels == [
        *[(Level.STOPPED, CLOSED)] * (QUIET_LOOKS - 1),
        *[(Level.TIGHTENED, 2 * STEP)] * QUIET_LOOKS,
        *[(Level.TIGHTENED, STEP)] * QUIET_LOOKS,
        (Level.CALM, 0.0),
    ]


def test_one_loud_look_begins_the_quiet_ones_anew() -> None:
    state = after(DriftState(), a_measure(Signal.LABEL_MIX, drifting=True))
    for _ in range(QUIET_LOOKS - 1):
        state = after(state, a_measure(Signal.LABEL_MIX))
    state = after(state, a_measure(Signal.LABEL_MIX, drifting=False, quiet=False))
    assert state.quiet_looks == 0
    assert state.level is Level.TIGHTENED


def test_a_stopped_machine_is_not_forgiven_for_want_of_evidence() -> None:
    state = after(DriftState(), a_measure(Signal.CORRECTIONS, drifting=True))
    for _ in range(20):
        state = after(state, None, a_measure(Signal.LABEL_MIX))
    assert state.level is Level.STOPPED


def test_the_moment_of_the_last_change_is_kept() -> None:
    first = after(DriftState(), a_measure(Signal.LABEL_MIX, drifting=True))
    second = after(first, a_measure(Signal.LABEL_MIX, drifting=True))
    assert first.since == second.since == MONDAY_9_30 + timedelta(days=1)
    third = next_state(second, [], stopped=("噪声",), now=later(second))
    assert third.since == third.measured_at


def later(state: DriftState) -> datetime:
    assert state.measured_at is not None
    return state.measured_at + timedelta(days=1)
