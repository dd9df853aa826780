"""Champion and challenger: may a newly trained model replace the one at work? Pure; numpy only.

Both are compared on the same messages, each by what it says of a message it was not trained on. A difference
counts as a loss only when chance does not explain it: exact McNemar tests per label with Holm's correction,
paired bootstrap for calibration and coverage. The newest labels are judged too: where they contradict what the
labels said before, far beyond noise, somebody has mislabelled them or the world has changed, and in both cases
a person must look before a machine learns it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.drift import wilson
from classifier.evaluation import coverage
from classifier.significance import Flags, Floats, drop_test, holm, overconfidence, sign_test

_ONE_SIDED = 1.645

Names = npt.NDArray[np.str_]


class Rule(StrEnum):
    """What a refused model failed."""

    TOO_FEW_ROWS = "too_few_rows"
    LABEL_LOST = "label_lost"
    CLASS_WORSE = "class_worse"
    OVERALL_WORSE = "overall_worse"
    CALIBRATION_WORSE = "calibration_worse"
    COVERAGE_LOWER = "coverage_lower"
    DECIDES_LESS = "decides_less"
    LABELS_CONTRADICT = "labels_contradict"


@dataclass(frozen=True, slots=True)
class Limits:
    """What counts as noise. The defaults hold for any installation; tests and drills may narrow them."""

    least_rows: int = 30
    """Fewer messages confirmed by people judge nothing."""
    least_label_rows: int = 8
    """A rarer label is judged with all others only."""
    least_new_rows: int = 4
    """Fewer new examples of a label in a week contradict nothing."""
    alpha: float = 0.05
    """The chance, over all labels together, that an equally good challenger is refused."""
    contradiction_alpha: float = 0.01
    """The same for honest newest labels being called contradictory."""
    least_drop: float = 0.02
    """A smaller loss is no loss, however many messages prove it."""
    least_contradiction: float = 0.25
    target_precision: float = 0.95
    bootstraps: int = 400


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Judged:
    """One message with a label people stand behind and what each model says of it when it was not trained on it:
    label, confidence, and whether it would decide alone.
    ``week`` numbers the seven days in which the label came in, for labels the champion has not learned; None for
    those it has."""

    truth: str
    champion: str
    champion_confidence: float
    champion_decides: bool
    challenger: str
    challenger_confidence: float
    challenger_decides: bool
    week: int | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """One rule failed: by how much, on how many messages, and how likely chance alone would do that."""

    rule: Rule
    label: str | None
    before: float
    after: float
    p: float | None
    rows: int


@dataclass(frozen=True, slots=True)
class LabelComparison:
    """One label: the F1 of each model, and on how many messages only one of them rightly says or does not say it."""

    label: str
    rows: int
    champion: float
    challenger: float
    gained: int
    lost: int
    p: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything a person needs to decide, and the machine's own answer ``passed``."""

    passed: bool
    rows: int
    refusals: tuple[Refusal, ...]
    overall: dict[str, float] = field(default_factory=dict)
    coverage: dict[str, float] = field(default_factory=dict)
    overconfidence: dict[str, float] = field(default_factory=dict)
    per_label: tuple[LabelComparison, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "passed": self.passed,
            "rows": self.rows,
            "refusals": [{**asdict(each), "rule": each.rule.value} for each in self.refusals],
            "overall": self.overall,
            "coverage": self.coverage,
            "overconfidence": self.overconfidence,
            "per_label": [asdict(each) for each in self.per_label],
        }


def judge(
    rows: Sequence[Judged],
    *,
    champion_labels: Sequence[str],
    challenger_labels: Sequence[str],
    limits: Limits = DEFAULT_LIMITS,
) -> Verdict:
    """Compare; ``passed`` when nothing was lost beyond noise and the newest labels make sense. A champion without
    labels is none at all: the first model of an installation is held to the number of rows only."""
    if len(rows) < limits.least_rows:
        few = Refusal(Rule.TOO_FEW_ROWS, None, float(limits.least_rows), float(len(rows)), None, len(rows))
        return Verdict(False, len(rows), (few,))
    truth = np.array([row.truth for row in rows])
    said = {
        "champion": np.array([row.champion for row in rows]),
        "challenger": np.array([row.challenger for row in rows]),
    }
    sure = {
        "champion": np.array([row.champion_confidence for row in rows]),
        "challenger": np.array([row.challenger_confidence for row in rows]),
    }
    right = {name: said[name] == truth for name in said}
    per_label = _compare_labels(truth, said, limits)
    refusals = [
        *_lost_labels(truth, set(champion_labels) - set(challenger_labels), limits),
        *_contradictions(truth, said["champion"], [row.week for row in rows], limits),
        *_worse_labels(per_label, limits),
        *_worse_overall(right, limits),
    ]
    calibrations, worse = _compare_calibration(sure, right, limits)
    coverages, lower = _compare_coverage(sure, right, limits)
    if champion_labels:
        refusals += [*worse, *lower, *_decides_less(rows, right, limits)]
    return Verdict(
        passed=not refusals,
        rows=len(rows),
        refusals=tuple(refusals),
        overall={name: round(float(flags.mean()), 4) for name, flags in right.items()},
        coverage=coverages,
        overconfidence=calibrations,
        per_label=tuple(per_label),
    )


# ---- the rules


def _lost_labels(truth: Names, lost: set[str], limits: Limits) -> list[Refusal]:
    counts = {label: int((truth == label).sum()) for label in lost}
    return [
        Refusal(Rule.LABEL_LOST, label, 1.0, 0.0, None, count)
        for label, count in sorted(counts.items())
        if count >= limits.least_label_rows
    ]


def _compare_labels(truth: Names, said: dict[str, Names], limits: Limits) -> list[LabelComparison]:
    """Per label: whether "this label or not" is decided rightly, so that misses and false claims both count."""
    compared = []
    for label in np.unique(truth):
        bears = truth == label
        fair = {name: (each == label) == bears for name, each in said.items()}
        gained = int((fair["challenger"] & ~fair["champion"]).sum())
        lost = int((fair["champion"] & ~fair["challenger"]).sum())
        compared.append(
            LabelComparison(
                label=str(label),
                rows=int(bears.sum()),
                champion=_f1(said["champion"] == label, bears),
                challenger=_f1(said["challenger"] == label, bears),
                gained=gained,
                lost=lost,
                p=round(sign_test(lost, gained), 6),
            )
        )
    return compared


def _f1(claimed: Flags, bears: Flags) -> float:
    return round(float(2 * (claimed & bears).sum() / (claimed.sum() + bears.sum())), 4)


def _worse_labels(compared: list[LabelComparison], limits: Limits) -> list[Refusal]:
    tested = [each for each in compared if each.rows >= limits.least_label_rows]
    significant = holm([each.p for each in tested], limits.alpha)
    return [
        Refusal(Rule.CLASS_WORSE, each.label, each.champion, each.challenger, each.p, each.rows)
        for each, worse in zip(tested, significant, strict=True)
        if worse and (each.lost - each.gained) / each.rows > limits.least_drop
    ]


def _worse_overall(right: dict[str, Flags], limits: Limits) -> list[Refusal]:
    champion, challenger = right["champion"], right["challenger"]
    p = sign_test(int((champion & ~challenger).sum()), int((challenger & ~champion).sum()))
    before, after = float(champion.mean()), float(challenger.mean())
    if p > limits.alpha or before - after <= limits.least_drop / 2:
        return []
    return [Refusal(Rule.OVERALL_WORSE, None, round(before, 4), round(after, 4), p, len(champion))]


def _contradictions(
    truth: Names, champion: Names, weeks: Sequence[int | None], limits: Limits
) -> list[Refusal]:
    """Labels whose new examples of some week the champion reads otherwise far more often than it misread earlier
    ones. Every week it has not learned is looked at, so that time alone does not make a bad week good."""
    block = np.array([-1 if week is None else week for week in weeks])
    found = [
        each
        for week in sorted(set(block[block >= 0].tolist()))
        for label in sorted({*truth.tolist(), *champion.tolist()})
        if (each := _contradiction(label, truth, champion, block == week, block < week, limits))
    ]
    significant = holm([p for p, _ in found], limits.contradiction_alpha)
    certain: dict[str | None, Refusal] = {}
    for (_, refusal), sure in zip(found, significant, strict=True):
        if sure and refusal.before - refusal.after >= limits.least_contradiction:
            known = certain.get(refusal.label)
            if known is None or (refusal.p or 0) < (known.p or 0):
                certain[refusal.label] = refusal
    return list(certain.values())


def _contradiction(
    label: str, truth: Names, champion: Names, new: Flags, old: Flags, limits: Limits
) -> tuple[float, Refusal] | None:
    """The clearer of two looks: messages bearing the label that are read as another, and messages read as the
    label that bear another (the trace of a label that was renamed, swapped or scattered)."""
    looks = []
    for concerned, agrees in ((truth == label, champion == label), (champion == label, truth == label)):
        of, of_before = int((concerned & new).sum()), int((concerned & old).sum())
        if of < limits.least_new_rows or of_before < limits.least_label_rows:
            continue
        hits, before = int((concerned & new & agrees).sum()), int((concerned & old & agrees).sum())
        p = min(1.0, 2 * drop_test(hits, of, before, of_before))
        share = round(hits / of, 4)
        looks.append(
            (p, Refusal(Rule.LABELS_CONTRADICT, label, round(before / of_before, 4), share, round(p, 6), of))
        )
    return min(looks, key=lambda look: look[0], default=None)


def _compare_calibration(
    sure: dict[str, Floats], right: dict[str, Flags], limits: Limits
) -> tuple[dict[str, float], list[Refusal]]:
    """Only claiming too much counts: too modest a model decides less, and that has a rule of its own."""
    errors = {name: round(overconfidence(sure[name], right[name]), 4) for name in sure}

    def added(rows: npt.NDArray[np.int64]) -> float:
        after = overconfidence(sure["challenger"][rows], right["challenger"][rows])
        return after - overconfidence(sure["champion"][rows], right["champion"][rows])

    low = float(np.quantile(_resampled(len(right["champion"]), added, limits), limits.alpha / 2))
    if low <= limits.least_drop:
        return errors, []
    rows = len(right["champion"])
    return errors, [
        Refusal(Rule.CALIBRATION_WORSE, None, errors["champion"], errors["challenger"], None, rows)
    ]


def _compare_coverage(
    sure: dict[str, Floats], right: dict[str, Flags], limits: Limits
) -> tuple[dict[str, float], list[Refusal]]:
    at = limits.target_precision
    shares = {name: round(coverage(sure[name], right[name], precision=at)[0], 4) for name in sure}

    def gained(rows: npt.NDArray[np.int64]) -> float:
        after = coverage(sure["challenger"][rows], right["challenger"][rows], precision=at)[0]
        return after - coverage(sure["champion"][rows], right["champion"][rows], precision=at)[0]

    high = float(np.quantile(_resampled(len(right["champion"]), gained, limits), 1 - limits.alpha / 2))
    if high >= -limits.least_drop:
        return shares, []
    rows = len(right["champion"])
    return shares, [Refusal(Rule.COVERAGE_LOWER, None, shares["champion"], shares["challenger"], None, rows)]


def _decides_less(rows: Sequence[Judged], right: dict[str, Flags], limits: Limits) -> list[Refusal]:
    """Rightly decided messages are not given up without need: only a champion that is certainly wrong too often
    may be followed by one that leaves more to people."""
    decided = np.array([row.champion_decides for row in rows])
    hits, claims = int((decided & right["champion"]).sum()), int(decided.sum())
    if wilson(hits, claims, z=_ONE_SIDED)[1] < limits.target_precision:
        return []
    before = decided & right["champion"]
    after = np.array([row.challenger_decides for row in rows]) & right["challenger"]
    lost, gained = int((before & ~after).sum()), int((after & ~before).sum())
    p = sign_test(lost, gained)
    if p > limits.alpha or (lost - gained) / len(rows) <= limits.least_drop:
        return []
    shares = round(float(before.mean()), 4), round(float(after.mean()), 4)
    return [Refusal(Rule.DECIDES_LESS, None, *shares, p, len(rows))]


def _resampled(rows: int, measure: Any, limits: Limits) -> Floats:
    generator = np.random.default_rng(1)
    return np.array([measure(generator.integers(0, rows, rows)) for _ in range(limits.bootstraps)])
