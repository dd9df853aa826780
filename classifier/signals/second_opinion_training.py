"""Makes the weights of ``second_opinion`` again: ``python -m classifier.signals.second_opinion_training PUBLIC…``.

``PUBLIC`` are JSON Lines (gzip): public messages with a ``text`` field, or ``topic`` and ``detail``, and pairs of
public questions, ``q1`` and ``q2``. Everyday passages to tell danger from. Prints what cross-validation found;
``danger`` and ``request_type`` hold the thresholds in use. Two runs agree to the bit with OPENBLAS_NUM_THREADS=1, to
0.01 of a weight otherwise.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from classifier.signals.public_text import read_public
from classifier.signals.request_type import BESIDE, rule_scores
from classifier.signals.second_opinion import (
    DAMPING,
    KINDS,
    MOST_CHARACTERS,
    NO_REQUEST,
    TYPES,
    Loudest,
    codes_of,
    loudest_passage,
    model_path,
)
from classifier.signals.verdict_training import learn_verdicts

DATA = Path(__file__).parent / "data"
EVERYDAY, PLAIN = "none", "plain"
"""Labels of sentences without danger: those near it, and those of every type of request."""
_HEARD = (*TYPES, NO_REQUEST)
_SELDOM = 4.5
"""What is taken from the score of no request: more of those sentences were written than of any type."""
_SEED, _FOLDS = 3, 5
_MOST_GRAMS = 30_000
_WRITTEN_WEIGHT = 8.0
"""What a written sentence weighs against a public one."""

Numbers = npt.NDArray[np.float64]
Grams = npt.NDArray[np.uint32]
Labelled = list[tuple[str, str]]


def read_labelled(name: str) -> Labelled:
    """The label and the text of each row of a table of ``data``."""
    lines = (DATA / f"{name}.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return [(label, text) for label, _, text in (line.partition("\t") for line in lines)]


def grams_of(text: str) -> Grams:
    """The single characters and the pairs of neighbours, as ``second_opinion.keys_of_grams`` reads them."""
    codes = codes_of(text[:MOST_CHARACTERS].strip()).astype(np.uint32)
    return np.concatenate([codes, codes[:-1] << np.uint32(16) | codes[1:]])


class Counts:
    """Texts as rows of gram counts, each divided by a power of how many grams the text has."""

    def __init__(self, texts: Sequence[str], *, fewest: int, damping: float = 0.5) -> None:
        rows = [grams_of(text) for text in texts]
        every = np.concatenate(rows)
        grams, places = np.unique(every, return_inverse=True)
        lengths = np.array([float(len(row)) for row in rows])
        values = np.repeat(lengths**-damping, lengths.astype(int))
        of_text = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        counts = csr_matrix((values, (of_text, places)), shape=(len(rows), len(grams)))
        texts_with = np.asarray((counts > 0).sum(axis=0)).ravel()
        kept = texts_with >= fewest
        self.grams: Grams = grams[kept]
        self.rarity: Numbers = np.log((1 + len(rows)) / (1 + texts_with[kept])) + 1
        self.matrix = counts[:, kept].multiply(self.rarity).tocsr()


def _fit_danger(rows: csr_matrix, labels: Numbers, weights: Numbers) -> LogisticRegression:
    model = LogisticRegression(C=3.0, solver="liblinear", max_iter=300, random_state=_SEED)
    return model.fit(rows, labels, sample_weight=weights)


def _fit_labels(rows: csr_matrix, labels: npt.NDArray[np.str_], strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, max_iter=600).fit(rows, labels)


Stored = tuple[Grams, Numbers, Numbers]
"""Grams, a column of weights per label, and the biases."""


class DangerModel:
    """The weights that tell danger by the grams of a passage."""

    def __init__(self, grams: Grams, weights: Numbers, bias: float) -> None:
        self.grams, self.weights, self.bias = grams, weights, bias

    def loudest(self, text: str) -> Loudest:
        """The loudest passage of a text, as ``second_opinion`` hears it."""
        said = text[:MOST_CHARACTERS].strip()
        grams = grams_of(said)
        at = np.minimum(np.searchsorted(self.grams, grams), len(self.grams) - 1)
        own = np.where(self.grams[at] == grams, self.weights[at], 0.0)
        return loudest_passage(said, own.astype(np.float32), self.bias)


def learn_danger(
    written: Labelled, wordings: Labelled, everyday: Sequence[str]
) -> tuple[DangerModel, list[DangerModel], npt.NDArray[np.int_]]:
    """The model, one model per fold that has not seen the written sentences of it, and the fold of each of them.
    Wordings and public passages are always learned from."""
    labelled = [*written, *wordings]
    counts = Counts([*(text for _, text in labelled), *everyday], fewest=2, damping=DAMPING)
    labels = np.r_[[float(_is_danger(label)) for label, _ in labelled], np.zeros(len(everyday))]
    weights = np.r_[np.full(len(labelled), _WRITTEN_WEIGHT), np.ones(len(everyday))]
    fold = np.random.default_rng(_SEED).permutation(len(written)) % _FOLDS

    def fitted(seen: npt.NDArray[np.bool_]) -> DangerModel:
        model = _fit_danger(counts.matrix[seen], labels[seen], weights[seen])
        return DangerModel(counts.grams, model.coef_[0] * counts.rarity, float(model.intercept_[0]))

    always = np.ones(len(labels) - len(written), bool)
    folds = [fitted(np.r_[fold != one, always]) for one in range(_FOLDS)]
    return fitted(np.ones(len(labels), bool)), folds, fold


def _is_danger(label: str) -> bool:
    return label not in (EVERYDAY, PLAIN)


def learn_labels(
    sentences: Labelled, wordings: Labelled, order: Sequence[str], strength: float
) -> tuple[Stored, Numbers]:
    """Weights for each label of ``order``, and every sentence's scores by a model that has not seen it."""
    counts = Counts([text for _, text in [*sentences, *wordings]], fewest=1)
    labels = np.array([label for label, _ in [*sentences, *wordings]])
    fold = np.random.default_rng(_SEED).permutation(len(sentences)) % _FOLDS
    fold = np.r_[fold, np.full(len(wordings), -1)]
    scores = np.zeros((len(sentences), len(order)))
    for one in range(_FOLDS):
        model = _fit_labels(counts.matrix[fold != one], labels[fold != one], strength)
        columns = [list(model.classes_).index(label) for label in order]
        scores[fold[: len(sentences)] == one] = model.decision_function(counts.matrix[fold == one])[
            :, columns
        ]
    model = _fit_labels(counts.matrix, labels, strength)
    return (counts.grams, (model.coef_[columns] * counts.rarity).T, model.intercept_[columns]), scores


def _blend(scores: Numbers, sentences: Labelled) -> float:
    """How much the model must say beside the rules for stated confidence to be kept; prints what came out. Told from
    requests only: what is none is to be doubted, not to make the rest doubtful."""
    kept = [at for at, (label, _) in enumerate(sentences) if label != NO_REQUEST]
    sentences, scores = [sentences[at] for at in kept], scores[kept, : len(TYPES)]
    rules = np.array([rule_scores(text) for _, text in sentences])
    truth = np.array([TYPES.index(label) for label, _ in sentences])
    best = (np.inf, 1.0)
    for share in np.arange(0.6, 2.6, 0.1):
        chances = _softmax(share * scores + BESIDE * rules)
        best = min(best, (float(-np.log(chances[np.arange(len(truth)), truth]).mean()), float(share)))
    chances = _softmax(best[1] * scores + BESIDE * rules)
    right, sure = chances.argmax(axis=1) == truth, chances.max(axis=1)
    bins = np.minimum((sure * 10).astype(int), 9)
    error = sum(
        abs(float(right[bins == at].mean() - sure[bins == at].mean())) * float((bins == at).mean())
        for at in np.unique(bins)
    )
    sys.stdout.write(
        f"types: {right.mean():.3f} of {len(truth)} sentences, model {best[1]:.2f}, "
        f"calibration error {error:.3f}; from 0.5 on {right[sure >= 0.5].mean():.3f} of {(sure >= 0.5).mean():.3f}\n"
    )
    for at, label in enumerate(TYPES):
        sys.stdout.write(f"  {label}: {right[truth == at].mean():.3f}\n")
    return best[1]


def _softmax(scores: Numbers) -> Numbers:
    chances: Numbers = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    return chances


def _store(danger: Stored, types: Stored, kinds: Stored, verdicts: Numbers) -> None:
    """All weights by gram, the strongest ones only and first, as whole numbers with a scale per column."""
    every = np.unique(np.concatenate([danger[0], types[0], kinds[0]]))
    blocks = []
    for grams, weights, _ in (danger, types, kinds):
        block = np.zeros((len(every), weights.shape[1]))
        block[np.searchsorted(every, grams)] = weights
        blocks.append(block)
    weights = np.hstack(blocks)
    scales = np.abs(weights).max(axis=0) / 32_000
    strength = np.abs(weights / np.abs(weights).std(axis=0)).max(axis=1)
    kept = np.argsort(-strength, kind="stable")[:_MOST_GRAMS]
    np.savez_compressed(
        model_path(),
        grams=every[kept],
        weights=np.round(weights[kept] / scales).astype(np.int16),
        scales=scales.astype(np.float32),
        bias=np.concatenate([danger[2], types[2], kinds[2]]).astype(np.float32),
        verdicts=verdicts.astype(np.float32),
    )
    sys.stdout.write(f"{len(kept)} of {len(every)} grams, {model_path().stat().st_size / 1e6:.2f} MB\n")


def main(paths: Sequence[str]) -> None:
    """Train, print what cross-validation found, and write the file that ships."""
    sentences, wordings = read_labelled("type_sentences"), read_labelled("type_wordings")
    types, scores = learn_labels(sentences, wordings, _HEARD, 10.0)
    share = _blend(scores, sentences)
    types = (types[0], share * types[1], share * types[2] - _SELDOM * np.eye(len(_HEARD))[-1])

    written, wordings = read_labelled("danger_sentences"), read_labelled("danger_wordings")
    of_danger = [row for row in written if _is_danger(row[0])]
    kinds, scores = learn_labels(of_danger, [row for row in wordings if _is_danger(row[0])], KINDS, 30.0)
    right = [label == KINDS[at] for (label, _), at in zip(of_danger, scores.argmax(axis=1), strict=True)]
    sys.stdout.write(f"kinds: {np.mean(right):.3f} of {len(right)} dangers\n")

    written += [(PLAIN, text) for label, text in sentences if label != NO_REQUEST]
    public = read_public([Path(path) for path in paths])
    model, folds, fold = learn_danger(written, wordings, [*public.passages, *public.questions])
    told = [(_is_danger(label), label == PLAIN, text) for label, text in written]
    stories = [text for _, text in read_labelled("danger_stories")]
    verdicts = learn_verdicts(told, fold.tolist(), stories, public.messages, [one.loudest for one in folds])
    _store((model.grams, model.weights[:, None], np.array([model.bias])), types, kinds, verdicts)


if __name__ == "__main__":
    main(sys.argv[1:])
