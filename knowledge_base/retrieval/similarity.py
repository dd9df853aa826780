"""How alike a question and each of its candidates are, told by a score of plain measures, each between 0 and about 1.

Everything is read from the numbers an index keeps of its entries: characters one by one, in pairs and in threes, and
words. A column means the same for a question of five characters and for a letter of a thousand. Few calls on long
arrays instead of many on short ones: a question has a few milliseconds.
"""

from __future__ import annotations

import numpy as np

from knowledge_base.retrieval.commonness import Commonness, shipped_commonness
from knowledge_base.retrieval.corpus import Candidates, Statistics
from knowledge_base.retrieval.features import normalize
from knowledge_base.retrieval.similarity_asked import Asked, Floats, read_question
from knowledge_base.retrieval.similarity_found import Found, Layout, find, find_words, tell, tell_words

_SATURATION, _LENGTH_SHARE = 1.2, 0.75  # BM25's k1 and b
_LEAD = 80  # codes of a body without a title: where such a text says what it is about
_WINDOW_BITS, _WORD_WINDOW_BITS = 6, 5  # a window is twice 64 characters or 32 words: a paragraph
_SHARP = 3.0
_LONGEST = np.float32(14.0)  # e**14 characters
_LEAST = np.float32(1e-6)

FEATURES = (
    "cosine_characters",
    "cosine_words",
    "cosine_unusual",
    "bm25_singles",
    "bm25_pairs",
    "bm25_triples",
    "bm25_words",
    "share_singles",
    "share_pairs",
    "share_words",
    "rare_pairs",
    "unusual_pairs",
    "unusual_words",
    "title_pairs",
    "title_lead_pairs",
    "lead_pairs",
    "window_pairs",
    "window_words",
    "numbers",
    "said_singles",
    "said_pairs",
    "usual",
    "length",
)
"""The columns of ``measure``, in this order; docs/retrieval.md says what each is."""


def measure(question: str, candidates: Candidates, statistics: Statistics) -> Floats:
    """One row a candidate, one column for each of ``FEATURES``."""
    lines = [line for line in map(normalize, question.split("\n")) if line] or [""]
    commonness = shipped_commonness()
    asked = read_question(lines, statistics, commonness)
    return _Comparing(asked, candidates, statistics, commonness).columns()


class _Comparing:
    """One question beside its candidates."""

    def __init__(
        self, asked: Asked, candidates: Candidates, statistics: Statistics, commonness: Commonness
    ) -> None:
        self._asked, self._count = asked, len(candidates)
        self._layout, self._word_layout = Layout(candidates.starts), Layout(candidates.word_starts)
        self._found = find(asked, candidates.codes, self._layout)
        self._found_words = find_words(asked, candidates.words, self._word_layout)
        self._told = tell(candidates, statistics, commonness)
        self._word_square = tell_words(candidates, statistics)
        self._lengths = (self._layout.lengths[::2] + self._layout.lengths[1::2] - 2).astype(np.float32)
        self._usual_length = statistics.mean_head + statistics.mean_body

    def columns(self) -> Floats:
        """All the measures."""
        counts = self._counts()
        columns = np.empty((self._count, len(FEATURES)), np.float32)
        columns[:, 0:3] = self._cosines(counts)
        columns[:, [3, 4, 5, 6, 13]] = self._bm25(counts)
        columns[:, [7, 8, 9, 10, 11, 12, 18]] = self._shares(counts)
        columns[:, 14:16] = self._lead()
        columns[:, 16] = self._window(self._found[1], self._asked.of.pairs, self._layout, _WINDOW_BITS)
        words = self._asked.of.words
        columns[:, 17] = self._window(self._found_words, words, self._word_layout, _WORD_WINDOW_BITS)
        columns[:, 19:21] = self._said(counts)
        columns[:, 21] = self._told.usual / np.sqrt(np.maximum(self._told.square, _LEAST))
        columns[:, 22] = np.log1p(self._lengths) / _LONGEST
        return columns

    def _counts(self) -> Floats:
        """How often each candidate says each feature of the question."""
        size = len(self._asked.keys)
        places = [
            (found.parts >> 1) * size + (family.start + found.slots)
            for found, family in zip((*self._found, self._found_words), self._asked.of, strict=True)
        ]
        counts = np.bincount(np.concatenate(places), minlength=self._count * size)
        return counts.reshape(self._count, size).astype(np.float32)

    def _cosines(self, counts: Floats) -> Floats:
        """Of TF-IDF vectors with the square roots of the counts, so that a length is a sum over positions: of
        characters, of words, and of singles and pairs that count by what they tell here times what they tell among
        messages."""
        asked, of = self._asked, self._asked.of
        columns = np.zeros((len(asked.keys), 3), np.float32)
        columns[: of.triples.stop, 0] = (asked.weights * asked.rarity)[: of.triples.stop]
        columns[of.words, 1] = (asked.weights * asked.rarity)[of.words]
        few = slice(0, of.pairs.stop)
        unusual = (asked.weights * asked.unusual)[few]
        columns[few, 2] = unusual
        squared = asked.weights * asked.weights
        asked_squares = np.array(
            (
                squared[: of.triples.stop].sum(),
                squared[of.words].sum(),
                unusual @ (asked.weights[few] / np.maximum(asked.rarity[few], _LEAST)),
            ),
            np.float32,
        )
        squares = np.stack((self._told.square, self._word_square, self._told.unusual), axis=1)
        cosines: Floats = (np.sqrt(counts) @ columns) / np.sqrt(np.maximum(squares * asked_squares, _LEAST))
        return cosines

    def _bm25(self, counts: Floats) -> Floats:
        """As a share of what an endless repetition of the whole question would have: of each family, and of the pairs
        of the first line."""
        asked = self._asked
        long = self._lengths / np.float32(self._usual_length)
        penalty = (_SATURATION * (1 - _LENGTH_SHARE + _LENGTH_SHARE * long)).astype(np.float32)
        saturated = counts / (counts + penalty[:, None])
        columns = np.zeros((len(asked.keys), 5), np.float32)
        for at, family in enumerate(asked.of):
            columns[family, at] = asked.weights[family]
        columns[asked.of.pairs, 4] = (asked.weights * asked.in_title)[asked.of.pairs]
        return _mean(saturated, columns)

    def _shares(self, counts: Floats) -> Floats:
        """How much of the question is said at all, one thing or another weighed in."""
        asked, of = self._asked, self._asked.of
        unusual = asked.weights * asked.unusual
        columns = np.zeros((len(asked.keys), 7), np.float32)
        for at, (family, weights) in enumerate(
            (
                (of.singles, asked.rarity),
                (of.pairs, asked.rarity),
                (of.words, asked.rarity),
                (of.pairs, asked.rarity**_SHARP),
                (of.pairs, unusual),
                (of.words, unusual),
                (of.words, asked.rarity * asked.is_number),
            )
        ):
            columns[family, at] = weights[family]
        return _mean((counts > 0).astype(np.float32), columns)

    def _said(self, counts: Floats) -> Floats:
        """How much of the candidate's singles and pairs the question says."""
        asked, of = self._asked, self._asked.of
        singles = counts[:, of.singles] @ asked.rarity[of.singles]
        pairs = counts[:, of.pairs] @ asked.rarity[of.pairs]
        said = np.stack((singles, pairs), axis=1) / np.maximum(self._told.told, _LEAST)
        # The same rarities are summed in another order.
        return np.minimum(said, 1.0, dtype=np.float32)

    def _lead(self) -> Floats:
        """Pairs said in title and known questions; in a text without those, in its first line or so: those of the
        question's first line, and all."""
        layout, pairs, family = self._layout, self._found[1], self._asked.of.pairs
        reach = np.full(2 * self._count, np.iinfo(np.int64).max)
        reach[1::2] = np.where(layout.lengths[::2] <= 1, _LEAD, 0)
        lead = pairs.at - layout.starts[pairs.parts] < reach[pairs.parts]
        rarity = self._asked.rarity[family]
        said = np.zeros(self._count * len(rarity), np.float32)
        said[((pairs.parts >> 1) * len(rarity) + pairs.slots)[lead]] = 1
        columns = np.stack((rarity * self._asked.in_title[family], rarity), axis=1)
        return _mean(said.reshape(self._count, len(rarity)), columns)

    def _window(self, found: Found, family: slice, layout: Layout, bits: int) -> Floats:
        """The most of the question that stands within one paragraph."""
        rarity = self._asked.rarity[family]
        if not len(found.at):
            return np.zeros(self._count, np.float32)
        # A window is a block and the one before it; no window reaches from one text into the next.
        windows = (np.maximum(layout.lengths - 1, 0) >> bits) + 2
        first = np.zeros(len(windows) + 1, np.int64)
        np.cumsum(windows, out=first[1:])
        window = first[found.parts] + ((found.at - layout.starts[found.parts]) >> bits)
        places = window * len(rarity) + found.slots
        said = np.zeros(int(first[-1]) * len(rarity), np.float32)
        said[places] = 1
        said[places + len(rarity)] = 1
        best = np.maximum.reduceat(said.reshape(-1, len(rarity)) @ rarity, first[:-1])
        top: Floats = best.reshape(-1, 2).max(axis=1) / np.maximum(rarity.sum(), _LEAST)
        return top


def _mean(said: Floats, weights: Floats) -> Floats:
    """Weighed by each column."""
    mean: Floats = (said @ weights) / np.maximum(weights.sum(axis=0), _LEAST)
    return mean


__all__ = ["FEATURES", "Floats", "measure"]
