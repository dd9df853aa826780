"""Is the model still among the messages it knows? Measures with their noise, and a state that tightens by itself.

Pure; the standard library only. A measure drifts when chance does not explain the difference *and* the difference
matters; the state goes up at once and comes down one step at a time, after several quiet looks in a row.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

CERTAIN = 3.29
"""Standard deviations beyond which chance is one in a thousand, both sides together."""
LEAST_ROWS = 50
LEAST_AUTOMATIC = 20
LEAST_OF_LABEL = 8
QUIET_LOOKS = 3
STEP = 0.05
"""Added to the confidence a machine needs, for each measure that drifts."""
MOST_STEPS = 2
CLOSED = 1.0
"""No confidence suffices: a person dispatches everything."""
_SMALL_MIX, _SMALL_SHIFT, _SMALL_UNKNOWN = 0.1, 0.03, 0.03


class Signal(StrEnum):
    """What is measured."""

    LABEL_MIX = "label_mix"
    """Population stability index of the labels said."""
    CONFIDENCE = "confidence"
    """How far the mean confidence has fallen."""
    UNKNOWN_WORDS = "unknown_words"
    """How far the share of words not met before has risen."""
    AUDIT_PRECISION = "audit_precision"
    """Share right of a random sample of automatic dispatches that a person has looked at."""
    CORRECTIONS = "corrections"
    """Share of automatic dispatches that nobody had to correct."""


class Level(StrEnum):
    """How far the machine is trusted."""

    CALM = "calm"
    TIGHTENED = "tightened"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Measure:
    """One look at one signal. ``value`` is beyond ``limit`` when it is ``drifting``; ``quiet`` asks for more than
    not drifting, so that a state at the edge does not flutter."""

    signal: Signal
    value: float
    limit: float
    rows: int
    drifting: bool
    quiet: bool


@dataclass(frozen=True, slots=True)
class Sums:
    """Mean and spread of a number over messages."""

    rows: int
    mean: float
    variance: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Sums:
        if not values:
            return cls(0, 0.0, 0.0)
        mean = sum(values) / len(values)
        spread = sum((value - mean) ** 2 for value in values) / max(len(values) - 1, 1)
        return cls(len(values), mean, spread)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of a number of dispatches were right."""

    right: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftState:
    """Where the monitor stands. ``stopped`` are labels whose own dispatches are certainly too often wrong."""

    level: Level = Level.CALM
    tightened_by: float = 0.0
    stopped: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()
    quiet_looks: int = 0
    since: datetime | None = None
    """When the level, or what is stopped, last changed."""
    measured_at: datetime | None = None


# ---- measures


def measure_label_mix(reference: Mapping[str, int], recent: Mapping[str, int]) -> Measure | None:
    """The population stability index against what two samples of one population would give by chance."""
    before, now = sum(reference.values()), sum(recent.values())
    if min(before, now) < LEAST_ROWS:
        return None
    labels = sorted({*reference, *recent})
    index = 0.0
    for label in labels:
        # Half a message more keeps a label met on one side only from being infinitely surprising.
        share = (recent.get(label, 0) + 0.5) / (now + 0.5 * len(labels))
        was = (reference.get(label, 0) + 0.5) / (before + 0.5 * len(labels))
        index += (share - was) * math.log(share / was)
    # Without any drift the index is about chi-squared / (1/before + 1/now) with labels − 1 degrees of freedom.
    chance = chi_squared_limit(max(len(labels) - 1, 1)) * (1 / before + 1 / now)
    limit = max(chance, _SMALL_MIX)
    return Measure(
        Signal.LABEL_MIX, round(index, 4), round(limit, 4), now, index > limit, index < 0.8 * limit
    )


def measure_confidence(reference: Sums, recent: Sums) -> Measure | None:
    """How far the mean has fallen; a rise is no reason to trust the model less."""
    return _measure_shift(Signal.CONFIDENCE, reference, recent, fall=True, small=_SMALL_SHIFT)


def measure_unknown_words(reference: Sums, recent: Sums) -> Measure | None:
    """How far the share of words not met before has risen."""
    return _measure_shift(Signal.UNKNOWN_WORDS, reference, recent, fall=False, small=_SMALL_UNKNOWN)


def measure_precision(signal: Signal, tally: Tally, *, target: float) -> Measure | None:
    """Certainly below the target: even the upper end of the interval is."""
    if tally.of < LEAST_AUTOMATIC:
        return None
    share = tally.right / tally.of
    drifting = wilson(tally.right, tally.of, z=1.96)[1] < target
    return Measure(signal, round(share, 4), target, tally.of, drifting, share >= target)


def measure_labels(tallies: Mapping[str, Tally], *, target: float) -> tuple[str, ...]:
    """The labels whose own precision is certainly below the target; stricter, for there are many of them."""
    return tuple(
        sorted(
            label
            for label, tally in tallies.items()
            if tally.of >= LEAST_OF_LABEL and wilson(tally.right, tally.of, z=CERTAIN)[1] < target
        )
    )


def wilson(right: int, of: int, *, z: float) -> tuple[float, float]:
    """The interval of a share (Wilson, 1927)."""
    if not of:
        return 0.0, 1.0
    share, square = right / of, z * z
    middle = share + square / (2 * of)
    reach = z * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return max(0.0, (middle - reach) / (1 + square / of)), min(1.0, (middle + reach) / (1 + square / of))


def chi_squared_limit(freedom: int) -> float:
    """What chance exceeds once in a thousand (Wilson and Hilferty's approximation)."""
    part = 2 / (9 * freedom)
    return float(freedom * (1 - part + 3.09 * math.sqrt(part)) ** 3)


def _measure_shift(
    signal: Signal, reference: Sums, recent: Sums, *, fall: bool, small: float
) -> Measure | None:
    if min(reference.rows, recent.rows) < LEAST_ROWS:
        return None
    shift = reference.mean - recent.mean if fall else recent.mean - reference.mean
    noise = math.sqrt(reference.variance / reference.rows + recent.variance / recent.rows)
    limit = max(CERTAIN * noise, small)
    return Measure(signal, round(shift, 4), round(limit, 4), recent.rows, shift > limit, shift < 0.8 * limit)


# ---- the state


_ABOUT_INPUT = frozenset({Signal.LABEL_MIX, Signal.CONFIDENCE, Signal.UNKNOWN_WORDS})


def next_state(
    before: DriftState,
    measures: Iterable[Measure | None],
    *,
    stopped: tuple[str, ...] = (),
    now: datetime,
) -> DriftState:
    """Up at once, down one step after ``QUIET_LOOKS`` quiet looks. Wrong dispatches stop the machine; messages that
    merely look unfamiliar make it ask for more confidence. What could not be measured proves nothing either way:
    it neither tightens nor counts as quiet where the reason to be tight was of that kind."""
    seen = tuple(measure for measure in measures if measure is not None)
    level, by = _called_for(seen)
    if _rank(level, by) > _rank(before.level, before.tightened_by):
        after = replace(before, level=level, tightened_by=by, quiet_looks=0, since=now)
    elif before.level is Level.CALM:
        after = replace(before, quiet_looks=0)
    elif _is_quiet(before, seen):
        after = _step_down(before, now) if before.quiet_looks + 1 >= QUIET_LOOKS else _quieter(before)
    else:
        after = replace(before, quiet_looks=0)
    since = now if stopped != before.stopped else after.since
    return replace(after, stopped=stopped, measures=seen, measured_at=now, since=since)


def _called_for(measures: tuple[Measure, ...]) -> tuple[Level, float]:
    if any(each.drifting and each.signal not in _ABOUT_INPUT for each in measures):
        return Level.STOPPED, CLOSED
    unfamiliar = sum(each.drifting for each in measures)
    if unfamiliar:
        return Level.TIGHTENED, STEP * min(unfamiliar, MOST_STEPS)
    return Level.CALM, 0.0


def _rank(level: Level, by: float) -> tuple[int, float]:
    return list(Level).index(level), by


def _is_quiet(before: DriftState, seen: tuple[Measure, ...]) -> bool:
    if before.level is Level.STOPPED:
        judged = [each for each in seen if each.signal not in _ABOUT_INPUT]
        return bool(judged) and all(each.quiet for each in judged)
    return bool(seen) and all(each.quiet for each in seen)


def _quieter(before: DriftState) -> DriftState:
    return replace(before, quiet_looks=before.quiet_looks + 1)


def _step_down(before: DriftState, now: datetime) -> DriftState:
    if before.level is Level.STOPPED:
        return replace(
            before, level=Level.TIGHTENED, tightened_by=STEP * MOST_STEPS, quiet_looks=0, since=now
        )
    by = round(before.tightened_by - STEP, 4)
    level = Level.TIGHTENED if by > 0 else Level.CALM
    return replace(before, level=level, tightened_by=max(by, 0.0), quiet_looks=0, since=now)
