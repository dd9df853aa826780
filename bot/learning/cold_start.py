"""A first model for a city without a past: its duty list and a few examples of each label.

The duty list says in its own words what each label is about. Its terms, thrown together a few at a time, make weak
texts that are learned beside the examples in every fold and never judged: the figures are those of real messages.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from classifier.calibration import Calibration, Scores
from classifier.card import ModelCard
from classifier.counting import CountedTexts, count_texts
from classifier.evaluation import Figures, Prediction, measure
from classifier.labelled import LabelledText
from classifier.model_file import ModelFile
from classifier.near_duplicates import group_near_duplicates
from classifier.thresholds import Flags, fit_threshold
from classifier.training import (
    TARGET_PRECISION,
    NotEnoughData,
    Rows,
    fit_calibration,
    fit_pipeline,
    model_file_of,
)
from routing.triage.catalogue import Duty

TEXTS_PER_DUTY = 12
TERMS_PER_TEXT = 4
FOLDS = 5
_ABSENT = -3.0

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class ColdStart:
    """The model to write and how it did on the examples, each held out once."""

    model: ModelFile
    figures: Figures
    weak_texts: int


def weak_texts(duties: Iterable[Duty], *, seed: int = 1) -> list[LabelledText]:
    """Texts made of a duty's terms, labelled with its topic. A title of one term, a body of a few."""
    rng = random.Random(seed)
    made = []
    for duty in duties:
        terms = [duty.name, *(" ".join(term.split("+")) for term in duty.terms)]
        for _ in range(TEXTS_PER_DUTY if len(terms) > TERMS_PER_TEXT else 1):
            chosen = rng.sample(terms, min(TERMS_PER_TEXT, len(terms)))
            made.append(LabelledText(f"{chosen[0]}\n{'，'.join(chosen)}", duty.topic))
    return made


def start_cold(
    examples: Sequence[LabelledText],
    duties: Iterable[Duty],
    *,
    now: datetime,
    name: str,
    progress: Progress = lambda stage, done, total: None,
) -> ColdStart:
    """Train on both; raises NotEnoughData when the examples could not be measured."""
    labels = sorted({example.label for example in examples})
    weak = [text for text in weak_texts(duties) if text.label in labels]
    texts = [row.text for row in (*examples, *weak)]
    given = np.array([row.label for row in (*examples, *weak)])
    folds = _folds(examples)
    counts = count_texts(texts, progress=lambda done: progress("read", done, len(texts)))
    always = np.arange(len(examples), len(texts))
    scores = np.full((len(examples), len(labels)), _ABSENT)
    for done, held_out in enumerate(folds):
        progress("cross-validate", done, len(folds))
        learned = np.concatenate([np.setdiff1d(np.arange(len(examples)), held_out), always])
        pipeline = fit_pipeline(counts, learned, given[learned])
        at = np.searchsorted(np.array(labels), np.array(pipeline.labels))
        scores[np.ix_(held_out, at)] = pipeline.scores(counts, held_out)
    progress("cross-validate", len(folds), len(folds))
    return _finished(examples, counts, given, labels, scores, now=now, name=name, weak=len(weak))


def _finished(
    examples: Sequence[LabelledText],
    counts: CountedTexts,
    given: np.ndarray[tuple[int], np.dtype[np.str_]],
    labels: list[str],
    scores: Scores,
    *,
    now: datetime,
    name: str,
    weak: int,
) -> ColdStart:
    truth = np.searchsorted(np.array(labels), given[: len(examples)])
    calibration = fit_calibration(scores, truth)
    confidences = _confidences(calibration, scores)
    right = scores.argmax(axis=1) == truth
    predictions = [
        Prediction(tuple(labels[at] for at in order), float(confidence))
        for order, confidence in zip(np.argsort(-scores, axis=1, kind="stable"), confidences, strict=True)
    ]
    figures = measure([example.label for example in examples], predictions)
    pipeline = fit_pipeline(counts, np.arange(len(given)), given)
    card = ModelCard(
        name=name,
        version=f"{now:%Y.%m.%d}",
        trained_at=now.isoformat(timespec="seconds"),
        data=f"{len(examples)} examples of {len(labels)} labels and {weak} texts made of the duty list's terms",
        rows=len(examples),
        metrics={"macro_f1": round(figures.macro_f1, 4), "accuracy": round(figures.accuracy, 4)},
        limits=("A first model: to be replaced by one trained on decided tickets.",),
        threshold=threshold_of(
            confidences, right, groups=group_near_duplicates([example.text for example in examples])
        ),
        target_precision=TARGET_PRECISION,
    )
    return ColdStart(model_file_of(pipeline, counts, calibration, card), figures, weak)


def threshold_of(confidences: Scores, right: Flags, *, groups: Rows) -> float:
    """From which confidence the model decides alone, as a trained one's pooled threshold is found; 1 for never."""
    _, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return fit_threshold(confidences, right, 1 / sizes[inverse], precision=TARGET_PRECISION)


def _confidences(calibration: Calibration, scores: Scores) -> Scores:
    return calibration.confidence(calibration.shares(scores).max(axis=1))


def _folds(examples: Sequence[LabelledText]) -> list[Rows]:
    """Each label's messages dealt out in turn, near-duplicates together."""
    groups = group_near_duplicates([example.text for example in examples]).tolist()
    by_label: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for at, (example, group) in enumerate(zip(examples, groups, strict=True)):
        by_label[example.label][group].append(at)
    if len(by_label) < 2 or min(len(of_label) for of_label in by_label.values()) < 2:
        raise NotEnoughData("every label needs two examples that are not near-duplicates, and two labels")
    dealt: list[list[int]] = [[] for _ in range(FOLDS)]
    turn = 0
    for of_label in by_label.values():
        for members in of_label.values():
            dealt[turn % FOLDS] += members
            turn += 1
    return [np.array(sorted(fold), dtype=np.int64) for fold in dealt if fold]
