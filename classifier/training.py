"""Training: labelled messages → a model file, with figures from grouped cross-validation.

One linear support-vector machine per label over TF-IDF values scaled by how much more often an n-gram occurs under
the label than elsewhere (naive-Bayes ratios; Wang and Manning, 2012). scikit-learn is imported here and nowhere else.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.svm import LinearSVC

from classifier.calibration import Calibration, Scores
from classifier.card import ModelCard
from classifier.counting import CountedTexts, count_texts
from classifier.evaluation import Figures, Prediction, coverage, measure
from classifier.features import BLOCK_WEIGHTS, Block
from classifier.labelled import LabelledText
from classifier.model_file import ModelFile
from classifier.near_duplicates import group_near_duplicates
from classifier.taxonomy import count_labels

TARGET_PRECISION = 0.95
MOST_FOLDS = 5
MOST_FEATURES = 50_000
MOST_WEIGHTS = 1_500_000
"""Features × labels: with 7 labels all 50,000 features are kept, with 100 labels 15,000 (a file of 6 MB)."""

_PENALTY = 0.15
_SMOOTHING = 0.2
_FEW_ROWS = 500
_ABSENT_SCORE = -3.0
_NONE_QUANTILE = 0.01

Rows = npt.NDArray[np.int64]
Labels = npt.NDArray[np.str_]
Progress = Callable[[str, int, int], None]
"""Called with a stage, the steps done and the steps in all."""


class NotEnoughData(Exception):
    """The messages cannot make a model that could be measured."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A fitted pipeline of scikit-learn parts: the reference that serving is held to."""

    labels: tuple[str, ...]
    columns: tuple[Rows, ...]
    """Per block, the columns of the counts that were kept."""
    weighers: tuple[Any, ...]
    ratios: tuple[Scores, ...]
    machines: tuple[Any, ...]

    def values(self, counts: CountedTexts, rows: Rows) -> sparse.csr_matrix:
        """The TF-IDF values of some messages over the kept columns."""
        return _stack(
            weigher.transform(block[rows][:, kept])
            for weigher, block, kept in zip(self.weighers, counts.blocks, self.columns, strict=True)
        )

    def scores(self, counts: CountedTexts, rows: Rows) -> Scores:
        """The decision scores, a column per label."""
        values = self.values(counts, rows)
        return np.stack(
            [
                machine.decision_function(values.multiply(ratio).tocsr())
                for machine, ratio in zip(self.machines, self.ratios, strict=True)
            ],
            axis=1,
        )


@dataclass(frozen=True, slots=True)
class Training:
    """A finished training: the model to write, its figures, and the pipeline it was taken from."""

    model: ModelFile
    figures: Figures
    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """Scores of every message by a pipeline that saw neither it nor a near-duplicate of it."""

    labels: tuple[str, ...]
    folds: tuple[tuple[Rows, Rows], ...]
    scores: Scores
    truth: Rows
    figures: Figures


def _silent(stage: str, done: int, total: int) -> None:
    """Progress for those who do not watch."""


def train(
    rows: Sequence[LabelledText],
    *,
    now: datetime,
    name: str,
    data: str,
    limits: tuple[str, ...] = (),
    progress: Progress = _silent,
) -> Training:
    """Cross-validate, then fit on all rows. ``data`` says in a sentence where the messages come from."""
    counts, cross = _cross_validated(rows, progress)
    calibration = fit_calibration(cross.scores, cross.truth)
    accepted, threshold = _threshold(calibration, cross)
    if not accepted:
        limits = (*limits, f"Never reached a precision of {TARGET_PRECISION:.0%}: it always abstains.")
    progress("fit", 0, 1)
    pipeline = fit_pipeline(counts, np.arange(len(rows)), np.array([row.label for row in rows]))
    progress("fit", 1, 1)
    card = ModelCard(
        name=name,
        version=f"{now:%Y.%m.%d}",
        trained_at=now.isoformat(timespec="seconds"),
        data=data,
        rows=len(rows),
        metrics=_card_metrics(cross.figures, accepted),
        limits=(f"Knows only its {len(cross.labels)} labels; of other matters it must abstain.", *limits),
        threshold=threshold,
        target_precision=TARGET_PRECISION,
    )
    return Training(model_file_of(pipeline, counts, calibration, card), cross.figures, pipeline)


def cross_validate(rows: Sequence[LabelledText], *, progress: Progress = _silent) -> CrossValidation:
    """Grouped, stratified cross-validation; confidences are calibrated on the other folds too."""
    return _cross_validated(rows, progress)[1]


def _cross_validated(
    rows: Sequence[LabelledText], progress: Progress
) -> tuple[CountedTexts, CrossValidation]:
    texts, given = [row.text for row in rows], np.array([row.label for row in rows])
    if len(count_labels(given.tolist())) < 2:
        raise NotEnoughData("a model needs messages of at least two labels")
    counts = count_texts(texts, progress=lambda done: progress("read", done, len(texts)))
    labels, truth = np.unique(given, return_inverse=True)
    folds = _folds(given, group_near_duplicates(texts))
    scores = np.full((len(texts), len(labels)), _ABSENT_SCORE)
    for done, (learned, held_out) in enumerate(folds):
        progress("cross-validate", done, len(folds))
        pipeline = fit_pipeline(counts, learned, given[learned])
        at = np.searchsorted(labels, np.array(pipeline.labels))
        scores[np.ix_(held_out, at)] = pipeline.scores(counts, held_out)
    progress("cross-validate", len(folds), len(folds))
    confidences = np.empty(len(texts))
    for learned, held_out in folds:
        calibration = fit_calibration(scores[learned], truth[learned])
        confidences[held_out] = _confidences(calibration, scores[held_out])
    names = tuple(str(label) for label in labels)
    predictions = [
        Prediction(tuple(names[at] for at in order), float(confidence))
        for order, confidence in zip(np.argsort(-scores, axis=1, kind="stable"), confidences, strict=True)
    ]
    figures = measure(given.tolist(), predictions)
    return counts, CrossValidation(names, folds, scores, truth, figures)


def _folds(given: Labels, groups: Rows) -> tuple[tuple[Rows, Rows], ...]:
    per_label = [len(set(groups[given == label].tolist())) for label in np.unique(given)]
    folds = min(MOST_FOLDS, sorted(per_label)[-2])
    if folds < 2:
        raise NotEnoughData("at least two labels need two messages each that are not near-duplicates")
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=1)
    with warnings.catch_warnings():
        # A label rarer than the folds is learned in fewer of them; its score elsewhere is _ABSENT_SCORE.
        warnings.simplefilter("ignore", UserWarning)
        pairs = tuple(splitter.split(given, given, groups))
    if any(len(set(given[learned].tolist())) < 2 or not len(held_out) for learned, held_out in pairs):
        raise NotEnoughData("too few messages that are not near-duplicates of each other")
    return pairs


def fit_pipeline(counts: CountedTexts, rows: Rows, given: Labels) -> Pipeline:
    """Fit on some messages: weigh, keep the n-grams that tell labels apart, weigh again, fit a machine per label."""
    least = 1 if len(rows) < _FEW_ROWS else 2
    columns = tuple(
        np.flatnonzero(np.bincount(block[rows].indices, minlength=block.shape[1]) >= least)
        for block in counts.blocks
    )
    names = np.unique(given)
    belongs = [given == name for name in names]
    _, values = _weighed(counts, rows, columns)
    columns = _most_telling(values, belongs, columns)
    weighers, values = _weighed(counts, rows, columns)
    ratios = tuple(_ratios(values, mine) for mine in belongs)
    machines = tuple(
        LinearSVC(C=_PENALTY, random_state=0).fit(values.multiply(ratio).tocsr(), mine)
        for ratio, mine in zip(ratios, belongs, strict=True)
    )
    return Pipeline(tuple(str(name) for name in names), columns, weighers, ratios, machines)


def _weighed(
    counts: CountedTexts, rows: Rows, columns: tuple[Rows, ...]
) -> tuple[tuple[Any, ...], sparse.csr_matrix]:
    kept = [block[rows][:, column] for block, column in zip(counts.blocks, columns, strict=True)]
    weighers = tuple(TfidfTransformer(sublinear_tf=True).fit(block) for block in kept)
    return weighers, _stack(weigher.transform(block) for weigher, block in zip(weighers, kept, strict=True))


def _stack(blocks: Iterable[sparse.csr_matrix]) -> sparse.csr_matrix:
    weighed = [block * BLOCK_WEIGHTS[kind] for kind, block in zip(Block, blocks, strict=True)]
    return sparse.hstack(weighed).tocsr()


def _ratios(values: sparse.csr_matrix, mine: npt.NDArray[np.bool_]) -> Scores:
    """Log-odds of each n-gram under the label against elsewhere, scaled to a mean size of 1."""
    inside = np.asarray(values[mine].sum(axis=0)).ravel() + _SMOOTHING
    outside = np.asarray(values[~mine].sum(axis=0)).ravel() + _SMOOTHING
    ratios: Scores = np.log((inside / inside.sum()) / (outside / outside.sum()))
    return ratios / max(float(np.abs(ratios).mean()), 1e-12)


def _most_telling(
    values: sparse.csr_matrix, belongs: list[npt.NDArray[np.bool_]], columns: tuple[Rows, ...]
) -> tuple[Rows, ...]:
    """Keep the n-grams with the largest ratio × mean value under any label: smaller, and no less accurate."""
    most = min(MOST_FEATURES, MOST_WEIGHTS // len(belongs))
    if values.shape[1] <= most:
        return columns
    telling = np.max([np.abs(_ratios(values, mine)) for mine in belongs], axis=0)
    telling *= np.asarray(values.mean(axis=0)).ravel()
    kept = np.zeros(values.shape[1], dtype=bool)
    kept[np.argsort(-telling, kind="stable")[:most]] = True
    parts = np.split(kept, np.cumsum([len(column) for column in columns])[:-1])
    return tuple(column[part] for column, part in zip(columns, parts, strict=True))


def fit_calibration(scores: Scores, truth: Rows) -> Calibration:
    """Fit on out-of-fold scores: the sharpness by likelihood, "none of these" at the scores' lowest hundredth."""
    rows = np.arange(len(truth))

    def surprise(sharpness: float) -> float:
        raised = sharpness * (scores - scores.max(axis=1, keepdims=True))
        return float(np.mean(np.log(np.exp(raised).sum(axis=1)) - raised[rows, truth]))

    sharpness = min(np.arange(0.5, 12.0, 0.1).tolist(), key=surprise)
    best = scores.max(axis=1)
    uncurved = Calibration(sharpness, float(np.quantile(best, _NONE_QUANTILE)), 1.0, 0.0)
    right = scores.argmax(axis=1) == truth
    if right.all() or not right.any():
        return uncurved  # nothing to tell right from wrong by
    shares = np.clip(uncurved.shares(scores).max(axis=1), 1e-9, 1 - 1e-9)
    odds = np.log(shares / (1 - shares)).reshape(-1, 1)
    curve = LogisticRegression(C=1e6).fit(odds, right)
    return replace(uncurved, slope=float(curve.coef_[0, 0]), shift=float(curve.intercept_[0]))


def _confidences(calibration: Calibration, scores: Scores) -> Scores:
    return calibration.confidence(calibration.shares(scores).max(axis=1))


def _threshold(calibration: Calibration, cross: CrossValidation) -> tuple[float, float]:
    """``(share decided, threshold)`` for the target precision; ``(0, 1)`` when it is never reached."""
    right = cross.scores.argmax(axis=1) == cross.truth
    accepted, threshold = coverage(_confidences(calibration, cross.scores), right, precision=TARGET_PRECISION)
    return (accepted, threshold) if accepted else (0.0, 1.0)


def _card_metrics(figures: Figures, accepted: float) -> dict[str, float]:
    metrics = {
        "macro_f1": figures.macro_f1,
        "weighted_f1": figures.weighted_f1,
        "accuracy": figures.accuracy,
        "top3": figures.top3,
        **{f"coverage_at_{at:.2f}": share for at, share in figures.coverage_at.items()},
        "calibration_error": figures.calibration_error,
        "accepted": accepted,
    }
    return {name: round(value, 4) for name, value in metrics.items()}


def model_file_of(
    pipeline: Pipeline, counts: CountedTexts, calibration: Calibration, card: ModelCard
) -> ModelFile:
    """The pipeline folded into one matrix: ratio × coefficient per n-gram and label."""
    weights = np.stack(
        [machine.coef_[0] * ratio for machine, ratio in zip(pipeline.machines, pipeline.ratios, strict=True)],
        axis=1,
    )
    return ModelFile(
        labels=pipeline.labels,
        vocabulary=tuple(
            tuple(grams[at] for at in kept.tolist())
            for grams, kept in zip(counts.vocabulary, pipeline.columns, strict=True)
        ),
        idf=np.concatenate([weigher.idf_ for weigher in pipeline.weighers]),
        weights=weights.astype(np.float32),
        bias=np.array([machine.intercept_[0] for machine in pipeline.machines]),
        calibration=calibration,
        card=card,
    )
