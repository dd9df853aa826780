"""Past texts as vectors, and the linear models that read kinds of units and regions off them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from classifier.counting import count_texts
from classifier.features import Block, Keys
from routing.triage.composition_evidence import Floats, Ints
from routing.triage.composition_history import Head, Vocabulary, shares_of

Progress = Callable[[str, int, int], None]
"""Called with a stage, the steps done and the steps in all."""

OTHER_KIND = "其他"
"""The label of all kinds too rare to be learned."""

FEWEST_TEXTS = 5
MOST_WEIGHTS = 3_000_000
"""N-grams × labels of the linear models: a file of 5 MB."""

_SHRINKAGE = 0.5


def silent(stage: str, done: int, total: int) -> None:
    """Progress for those who do not watch."""


def merge_rare(labels: Sequence[str]) -> list[str]:
    """Labels with fewer than ``FEWEST_TEXTS`` texts become ``OTHER_KIND``."""
    counts = Counter(labels)
    return [label if counts[label] >= FEWEST_TEXTS else OTHER_KIND for label in labels]


@dataclass(frozen=True, slots=True)
class PastTexts:
    """All texts as TF-IDF values of their n-grams, of characters and of words. Each of the two is of length 1 over
    the n-grams that a text shares with others: an n-gram of one text alone can only be met by a new text."""

    keys: Keys
    idf: Floats
    values: sparse.csr_matrix
    is_word: npt.NDArray[np.bool_]
    shared: npt.NDArray[np.bool_]

    def characters(self, texts: Ints) -> sparse.csr_matrix:
        """The character n-grams of some texts, the columns of words empty."""
        return self.values[texts] @ sparse.diags((~self.is_word).astype(np.float64))

    def shared_characters(self, texts: Ints) -> sparse.csr_matrix:
        """Only the character n-grams that are shared with other texts."""
        return self.values[texts][:, ~self.is_word & self.shared]

    def reordered(self, order: Ints) -> PastTexts:
        """The same with the columns in another order."""
        return PastTexts(
            self.keys[order],
            self.idf[order],
            self.values[:, order].tocsr(),
            self.is_word[order],
            self.shared[order],
        )


def weigh_texts(texts: Sequence[str], *, progress: Progress = silent) -> PastTexts:
    """Count and weigh the n-grams of all texts. Words of one text alone are dropped; characters are kept, for a road
    named twice is worth knowing."""
    counts = count_texts(texts, progress=lambda done: progress("read", done, len(texts)))
    blocks = list(Block)
    parts = []
    for block in (Block.CHARACTERS, Block.WORDS):
        at = blocks.index(block)
        parts.append(
            _weighed(counts.blocks[at].tocsr(), counts.keys[at], keep_single=block is Block.CHARACTERS)
        )
    return PastTexts(
        keys=np.concatenate([keys for _, keys, _, _ in parts]),
        idf=np.concatenate([idf for _, _, idf, _ in parts]),
        values=sparse.hstack([values for values, *_ in parts]).tocsr(),
        is_word=np.repeat([False, True], [len(keys) for _, keys, _, _ in parts]),
        shared=np.concatenate([shared for *_, shared in parts]),
    )


def _weighed(
    counts: sparse.csr_matrix, keys: Keys, *, keep_single: bool
) -> tuple[sparse.csr_matrix, Keys, Floats, npt.NDArray[np.bool_]]:
    documents = np.bincount(counts.indices, minlength=len(keys))
    if not keep_single:
        counts, keys, documents = counts[:, documents > 1], keys[documents > 1], documents[documents > 1]
    idf = np.log((1 + counts.shape[0]) / (1 + documents)) + 1
    values = counts.astype(np.float64)
    values.data = (1 + np.log(values.data)) * idf[values.indices]
    shared = documents > 1
    lengths = np.sqrt(np.asarray(values[:, shared].power(2).sum(axis=1)).ravel())
    # A text that shares nothing with any other has no length to be brought to 1, and nothing to say.
    scaled = sparse.diags(np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0)) @ values
    return scaled.tocsr(), keys, idf, shared


@dataclass(frozen=True, slots=True)
class Heads:
    """The linear models, the vocabulary they stand on, and what each says of every text without having seen it."""

    past: PastTexts
    vocabulary: Vocabulary
    kinds: Head
    where: Head
    kind_shares: Floats
    where_shares: Floats


def learn_heads(past: PastTexts, groups: Ints, *, kinds: Sequence[str], regions: Sequence[str]) -> Heads:
    """Least squares on the labels of all texts at once; the columns the models need most come to the front."""
    kind_labels, kind_of = np.unique(np.array(kinds), return_inverse=True)
    region_labels, region_of = np.unique(np.array(regions), return_inverse=True)
    targets = np.concatenate(
        [np.eye(len(kind_labels))[kind_of], np.eye(len(region_labels))[region_of]], axis=1
    )
    values = past.values[:, past.shared] * np.sqrt(0.5)
    multipliers, scores = ridge((values @ values.T).toarray(), targets, groups, shrinkage=_SHRINKAGE)
    weights = np.zeros((len(past.keys), targets.shape[1]))
    weights[past.shared] = (values.T @ multipliers) * np.sqrt(0.5)
    telling = np.linalg.norm(weights, axis=1) * np.asarray(past.values.sum(axis=0)).ravel()
    order = np.argsort(-telling, kind="stable")
    kept = min(int(past.shared.sum()), max(1, MOST_WEIGHTS // targets.shape[1]))
    front = np.sort(order[:kept])
    rest = np.sort(order[kept:])
    past = past.reordered(np.concatenate([front, rest]))
    folded = weights[front].astype(np.float16).astype(np.float32)
    split = len(kind_labels)
    return Heads(
        past=past,
        vocabulary=Vocabulary(past.keys, past.idf, past.is_word),
        kinds=Head(tuple(map(str, kind_labels)), np.ascontiguousarray(folded[:, :split])),
        where=Head(tuple(map(str, region_labels)), np.ascontiguousarray(folded[:, split:])),
        kind_shares=shares_of(scores[:, :split]),
        where_shares=shares_of(scores[:, split:]),
    )


def ridge(kernel: Floats, targets: Floats, groups: Ints, *, shrinkage: float) -> tuple[Floats, Floats]:
    """``(multipliers, scores)`` of kernel ridge regression; each text's scores are those of a regression without its
    group, which the inverse gives in closed form. ``kernel`` is overwritten."""
    kernel[np.diag_indices_from(kernel)] += shrinkage
    inverse = np.linalg.inv(kernel)
    multipliers = inverse @ targets
    scores = np.empty_like(multipliers)
    for members in members_of(groups):
        within = inverse[np.ix_(members, members)]
        scores[members] = targets[members] - np.linalg.solve(within, multipliers[members])
    return multipliers, scores


def members_of(groups: Ints) -> list[Ints]:
    """The texts of each group."""
    order = np.argsort(groups, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
