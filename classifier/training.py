"""Training: labelled messages → a model file, with figures from grouped cross-validation.

Ridge regression over TF-IDF values. The rows of rare labels count more, and an n-gram may weigh the more for a label
the more its frequency there differs from elsewhere (naive-Bayes ratios, interpolated; after Wang and Manning, 2012).
scikit-learn is imported here and in the baseline, and nowhere else.
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

from classifier.calibration import Calibration, Scores
from classifier.card import ModelCard
from classifier.counting import CountedTexts, count_texts
from classifier.evaluation import COVERAGE_PRECISIONS, Decided, Figures, Prediction, measure
from classifier.features import BLOCK_WEIGHTS, Block
from classifier.labelled import LabelledText
from classifier.least_squares import fit_least_squares
from classifier.model_file import ModelFile
from classifier.near_duplicates import group_near_duplicates
from classifier.taxonomy import count_labels
from classifier.thresholds import NEVER, Thresholds, fit_parent_threshold, fit_thresholds

TARGET_PRECISION = 0.95
MOST_FOLDS = 5
MOST_FEATURES = 100_000
MOST_WEIGHTS = 4_000_000
"""Features × labels: with 7 labels all 100,000 features are kept, with 100 labels 40,000 (a file of 16 MB)."""

_SMOOTHING = 0.2
_RELEVANCE = 0.3
"""How far an n-gram's own ratio, rather than nothing, says how much it may weigh."""
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
    weights: Scores
    bias: Scores

    def values(self, counts: CountedTexts, rows: Rows) -> sparse.csr_matrix:
        """The TF-IDF values of some messages over the kept columns."""
        return _stack(
            weigher.transform(block[rows][:, kept])
            for weigher, block, kept in zip(self.weighers, counts.blocks, self.columns, strict=True)
        )

    def scores(self, counts: CountedTexts, rows: Rows) -> Scores:
        """The decision scores, a column per label."""
        scores: Scores = self.values(counts, rows) @ self.weights + self.bias
        return scores


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """Scores of every message by a pipeline that saw neither it nor a near-duplicate of it."""

    labels: tuple[str, ...]
    folds: tuple[tuple[Rows, Rows], ...]
    scores: Scores
    truth: Rows
    groups: Rows
    """The group of near-duplicates of each message."""
    confidences: Scores
    """In the best label, by a calibration fitted on the other folds."""
    predictions: tuple[Prediction, ...]
    figures: Figures

    @property
    def said(self) -> Rows:
        """The number of the best label of each message."""
        best: Rows = self.scores.argmax(axis=1)
        return best

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        right: npt.NDArray[np.bool_] = self.said == self.truth
        return right

    def thresholds(self, rows: Rows | slice = slice(None), *, precision: float) -> Thresholds:
        """Per label, shown on some of the messages (all of them if not said)."""
        return fit_thresholds(
            self.said[rows],
            self.confidences[rows],
            self.right[rows],
            self.groups[rows],
            labels=len(self.labels),
            precision=precision,
        )


@dataclass(frozen=True, slots=True)
class Training:
    """A finished training: the model to write, its figures, and the pipeline it was taken from."""

    model: ModelFile
    figures: Figures
    pipeline: Pipeline
    cross: CrossValidation


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
    thresholds = cross.thresholds(precision=TARGET_PRECISION)
    calibration = replace(
        calibration,
        parent_threshold=fit_parent_threshold(
            calibration.shares(cross.scores),
            cross.truth,
            cross.groups,
            labels=cross.labels,
            calibration=calibration,
            precision=TARGET_PRECISION,
        ),
    )
    if thresholds.by_label.min() >= NEVER:
        limits = (*limits, f"Could not show a precision of {TARGET_PRECISION:.0%}: it always abstains.")
    progress("fit", 0, 1)
    pipeline = fit_pipeline(counts, np.arange(len(rows)), np.array([row.label for row in rows]))
    progress("fit", 1, 1)
    card = ModelCard(
        name=name,
        version=f"{now:%Y.%m.%d}",
        trained_at=now.isoformat(timespec="seconds"),
        data=data,
        rows=len(rows),
        metrics=_card_metrics(cross.figures),
        limits=(f"Knows only its {len(cross.labels)} labels; of other matters it must abstain.", *limits),
        threshold=thresholds.pooled,
        target_precision=TARGET_PRECISION,
    )
    model = model_file_of(pipeline, counts, calibration, card)
    by_label = tuple(thresholds.by_label.tolist())
    return Training(replace(model, thresholds=by_label), cross.figures, pipeline, cross)


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
    groups = group_near_duplicates(texts)
    folds = _folds(given, groups)
    scores = np.full((len(texts), len(labels)), _ABSENT_SCORE)
    for done, (learned, held_out) in enumerate(folds):
        progress("cross-validate", done, len(folds))
        pipeline = fit_pipeline(counts, learned, given[learned])
        at = np.searchsorted(labels, np.array(pipeline.labels))
        scores[np.ix_(held_out, at)] = pipeline.scores(counts, held_out)
    progress("cross-validate", len(folds), len(folds))
    names = tuple(str(label) for label in labels)
    return counts, _judged(names, folds, scores, truth, groups)


def _judged(
    names: tuple[str, ...], folds: tuple[tuple[Rows, Rows], ...], scores: Scores, truth: Rows, groups: Rows
) -> CrossValidation:
    """Confidences and thresholds are fitted on the other folds than they are measured on, as the scores are."""
    confidences = np.empty(len(truth))
    for learned, held_out in folds:
        calibration = fit_calibration(scores[learned], truth[learned])
        confidences[held_out] = _confidences(calibration, scores[held_out])
    predictions = tuple(
        Prediction(tuple(names[at] for at in order), float(confidence))
        for order, confidence in zip(np.argsort(-scores, axis=1, kind="stable"), confidences, strict=True)
    )
    figures = measure([names[at] for at in truth.tolist()], predictions)
    cross = CrossValidation(names, folds, scores, truth, groups, confidences, predictions, figures)
    bounded = {at: _bounded(cross, precision=at) for at in COVERAGE_PRECISIONS}
    return replace(cross, figures=replace(figures, bounded=bounded))


def _bounded(cross: CrossValidation, *, precision: float) -> Decided:
    """What per-label thresholds shown on the other folds decide."""
    decided = np.zeros(len(cross.truth), dtype=np.bool_)
    for learned, held_out in cross.folds:
        thresholds = cross.thresholds(learned, precision=precision)
        decided[held_out] = cross.confidences[held_out] >= thresholds.by_label[cross.said[held_out]]
    return Decided(
        share=float(decided.mean()),
        precision=float(cross.right[decided].mean()) if decided.any() else 0.0,
    )


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
    """Fit on some messages: weigh, keep the n-grams that tell labels apart, weigh again, fit."""
    least = 1 if len(rows) < _FEW_ROWS else 2
    columns = tuple(
        np.flatnonzero(np.bincount(block[rows].indices, minlength=block.shape[1]) >= least)
        for block in counts.blocks
    )
    names, members = np.unique(given, return_inverse=True)
    _, values = _weighed(counts, rows, columns)
    columns = _most_telling(values, members, columns)
    weighers, values = _weighed(counts, rows, columns)
    squares = _ratios(values, members) ** 2
    relevance = 1 - _RELEVANCE + _RELEVANCE * squares / np.maximum(squares.mean(axis=0), 1e-12)
    weights, bias = fit_least_squares(values, members, relevance=relevance, row_weights=_row_weights(members))
    # Served weights are of 32 bits: round before the reference is declared, not after.
    weights = weights.astype(np.float32).astype(np.float64)
    return Pipeline(tuple(str(name) for name in names), columns, weighers, weights, bias)


def _row_weights(members: Rows) -> Scores:
    """A row of a label with four times the messages counts half; the mean is 1."""
    weights: Scores = 1 / np.sqrt(np.bincount(members)[members])
    weights /= weights.mean()
    return weights


def _weighed(
    counts: CountedTexts, rows: Rows, columns: tuple[Rows, ...]
) -> tuple[tuple[Any, ...], sparse.csr_matrix]:
    kept = [block[rows][:, column] for block, column in zip(counts.blocks, columns, strict=True)]
    weighers = tuple(TfidfTransformer(sublinear_tf=True).fit(block) for block in kept)
    return weighers, _stack(weigher.transform(block) for weigher, block in zip(weighers, kept, strict=True))


def _stack(blocks: Iterable[sparse.csr_matrix]) -> sparse.csr_matrix:
    weighed = [block * BLOCK_WEIGHTS[kind] for kind, block in zip(Block, blocks, strict=True)]
    return sparse.hstack(weighed).tocsr()


def _ratios(values: sparse.csr_matrix, members: Rows) -> Scores:
    """Log-odds of each n-gram under each label against elsewhere (columns × labels)."""
    belongs = np.eye(int(members.max()) + 1)[members]
    inside = values.T @ belongs
    outside = inside.sum(axis=1, keepdims=True) - inside
    inside += _SMOOTHING
    outside += _SMOOTHING
    ratios: Scores = np.log((inside / inside.sum(axis=0)) / (outside / outside.sum(axis=0)))
    return ratios


def _most_telling(values: sparse.csr_matrix, members: Rows, columns: tuple[Rows, ...]) -> tuple[Rows, ...]:
    """Keep the n-grams with the largest ratio × mean value under any label: smaller, and no less accurate."""
    ratios = np.abs(_ratios(values, members))
    most = min(MOST_FEATURES, MOST_WEIGHTS // ratios.shape[1])
    if values.shape[1] <= most:
        return columns
    telling = np.max(ratios / np.maximum(ratios.mean(axis=0), 1e-12), axis=1)
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


def _card_metrics(figures: Figures) -> dict[str, float]:
    metrics = {
        "macro_f1": figures.macro_f1,
        "weighted_f1": figures.weighted_f1,
        "accuracy": figures.accuracy,
        "top3": figures.top3,
        **{f"coverage_at_{at:.2f}": share for at, share in figures.coverage_at.items()},
        "calibration_error": figures.calibration_error,
        "accepted": figures.bounded[TARGET_PRECISION].share,
        "accepted_precision": figures.bounded[TARGET_PRECISION].precision,
    }
    return {name: round(value, 4) for name, value in metrics.items()}


def model_file_of(
    pipeline: Pipeline, counts: CountedTexts, calibration: Calibration, card: ModelCard
) -> ModelFile:
    """The pipeline folded into one matrix: ratio × coefficient per n-gram and label."""
    return ModelFile(
        labels=pipeline.labels,
        keys=np.concatenate([keys[kept] for keys, kept in zip(counts.keys, pipeline.columns, strict=True)]),
        sizes=tuple(len(kept) for kept in pipeline.columns),
        idf=np.concatenate([weigher.idf_ for weigher in pipeline.weighers]),
        weights=pipeline.weights.astype(np.float32),
        bias=pipeline.bias,
        calibration=calibration,
        card=card,
    )
