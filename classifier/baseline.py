"""The plain way of doing it, to be printed beside ours in the same run, on the same folds.

jieba words 1–2 and characters 1–3 in one TF-IDF matrix each, a linear support-vector machine per label, a logistic
curve over each machine's score (Platt) to make confidences: what a practised person writes in half an hour.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from classifier.evaluation import Figures, Prediction, measure
from classifier.segment import words
from classifier.training import CrossValidation

_NOT_TEXT = re.compile(r"\s+")
_INNER_FOLDS = 3


def measure_baseline(texts: Sequence[str], cross: CrossValidation) -> Figures:
    """The plain baseline's figures on the folds of ``cross``."""
    names = np.array(cross.labels)
    cut = [" ".join(words(text)) for text in texts]
    plain = [_NOT_TEXT.sub(" ", text) for text in texts]
    predictions: list[Prediction] = [Prediction((), 0.0)] * len(texts)
    for learned, held_out in cross.folds:
        values, tried = _values(cut, plain, learned, held_out)
        shares, labels = _shares(values, names[cross.truth[learned]], tried)
        for at, row in zip(held_out.tolist(), shares, strict=True):
            order = np.argsort(-row, kind="stable")
            predictions[at] = Prediction(tuple(labels[order].tolist()), float(row[order[0]]))
    return measure(names[cross.truth].tolist(), predictions)


def _values(
    cut: list[str], plain: list[str], learned: npt.NDArray[np.int64], held_out: npt.NDArray[np.int64]
) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    by_words = TfidfVectorizer(
        tokenizer=str.split, token_pattern=None, ngram_range=(1, 2), min_df=2, sublinear_tf=True
    )
    by_characters = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True)
    parts = [
        (
            vectorizer.fit_transform([texts[at] for at in learned]),
            vectorizer.transform([texts[at] for at in held_out]),
        )
        for vectorizer, texts in ((by_words, cut), (by_characters, plain))
    ]
    return tuple(sparse.hstack(side).tocsr() for side in zip(*parts, strict=True))


def _shares(
    values: sparse.csr_matrix, given: npt.NDArray[np.str_], tried: sparse.csr_matrix
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.str_]]:
    machine = CalibratedClassifierCV(LinearSVC(random_state=0), cv=_INNER_FOLDS)
    # Labels too rare for the inner folds cannot be calibrated: the plain way leaves them out.
    _, numbers, sizes = np.unique(given, return_inverse=True, return_counts=True)
    enough = sizes[numbers] >= _INNER_FOLDS
    values, given = values[np.flatnonzero(enough)], given[enough]
    with warnings.catch_warnings():
        # Labels rarer than the inner folds are learned in fewer of them.
        warnings.simplefilter("ignore", UserWarning)
        machine.fit(values, given)
    return machine.predict_proba(tried), machine.classes_
