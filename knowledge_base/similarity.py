"""How alike a question and each of its candidates are, told by a score of plain measures, each between 0 and about 1.

Everything is read from the numbers an index keeps of its entries: characters one by one, in pairs and in threes, and
words. A column means the same for a question of five characters and for a letter of a thousand.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier import segment
from knowledge_base.commonness import Commonness, shipped_commonness
from knowledge_base.corpus import Candidates, Statistics
from knowledge_base.features import concepts, normalize
from knowledge_base.reading import PAIR_BITS, Codes, codes, pair_buckets, pair_keys, triple_buckets

Floats = NDArray[np.float32]
_Whole = NDArray[np.int32]
_Flags = NDArray[np.bool_]

_SATURATION, _LENGTH_SHARE = 1.2, 0.75  # BM25's k1 and b
_LEAD = 80  # codes of a body without a title: where such a text says what it is about
_WINDOW_BITS, _WORD_WINDOW_BITS = 6, 5  # a window is twice 64 characters or 32 words: a paragraph
_SHARP = 3.0
_LONGEST = 14.0  # e**14 characters
_SINGLES, _PAIRS, _TRIPLES, _WORDS = "singles", "pairs", "triples", "words"

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


class _Slots(threading.local):
    """Which feature of the question a number is, -1 for none. Kept between questions, for filling it is dear."""

    def __init__(self) -> None:
        self.table = np.full(1 << PAIR_BITS, -1, np.int16)


_slots = _Slots()


@dataclass(frozen=True, slots=True)
class _Asked:
    """One family of the question's features, each once: how much it tells, how much it is meant, and whether the
    first line says it. What no candidate can have is a key below 0."""

    keys: NDArray[np.int64]
    rarity: Floats
    weights: Floats
    in_title: _Flags


@dataclass(frozen=True, slots=True)
class _Found:
    """Where the candidates say what the question says: position in the layout, which feature, whose."""

    at: NDArray[np.intp]
    slots: NDArray[np.int64]
    rows: NDArray[np.int64]


class _Laid:
    """Heads of all candidates, then bodies of all, in one row of positions."""

    def __init__(self, heads: NDArray[np.int64], bodies: NDArray[np.int64]) -> None:
        self.count = len(heads) - 1
        self.heads = int(heads[-1])
        self.starts = np.concatenate((heads, bodies[1:] + self.heads))
        lengths = np.diff(self.starts)
        self.parts = np.repeat(np.arange(2 * self.count), lengths)
        self.head_lengths, self.body_lengths = lengths[: self.count], lengths[self.count :]

    def rows(self, at: NDArray[np.intp]) -> NDArray[np.int64]:
        """Which candidate a position belongs to."""
        parts = self.parts[at]
        return np.where(parts < self.count, parts, parts - self.count)

    def offsets(self, at: NDArray[np.intp]) -> NDArray[np.int64]:
        """How far a position is from the beginning of its head or body."""
        return at - self.starts[self.parts[at]]

    def sums(self, values: Floats) -> Floats:
        """Of each candidate's positions together."""
        each = np.zeros(2 * self.count, np.float32)
        filled = np.flatnonzero(np.diff(self.starts))
        each[filled] = np.add.reduceat(values, self.starts[filled]) if len(filled) else 0
        return each[: self.count] + each[self.count :]


def measure(question: str, candidates: Candidates, statistics: Statistics) -> Floats:
    """One row a candidate, one column for each of ``FEATURES``."""
    lines = [line for line in map(normalize, question.split("\n")) if line] or [""]
    return _Comparing(lines, candidates, statistics, shipped_commonness()).columns()


class _Comparing:
    """One question beside its candidates."""

    def __init__(
        self, lines: list[str], candidates: Candidates, statistics: Statistics, commonness: Commonness
    ) -> None:
        self._count = len(candidates)
        self._statistics, self._commonness = statistics, commonness
        self._rarities = _rarities(statistics.articles)
        self._laid = _Laid(candidates.head.starts, candidates.body.starts)
        self._laid_words = _Laid(candidates.head.word_starts, candidates.body.word_starts)
        self._lengths = (self._laid.head_lengths + self._laid.body_lengths - 2).astype(np.float32)
        self._words = [_marked(line) for line in lines]
        self._asked = self._ask_characters(lines) | {_WORDS: self._ask_words()}
        self._read_characters(np.concatenate((candidates.head.codes, candidates.body.codes)))
        self._read_words(np.concatenate((candidates.head.words, candidates.body.words)))

    def columns(self) -> Floats:
        """All the measures."""
        counts = {name: self._counts(name) for name in self._found}
        said = {name: found > 0 for name, found in counts.items()}
        pairs, words = self._asked[_PAIRS], self._asked[_WORDS]
        lead = self._in_lead()
        columns: tuple[NDArray[Any], ...] = (
            self._cosine((_SINGLES, _PAIRS, _TRIPLES), counts, self._square),
            self._cosine((_WORDS,), counts, self._word_square),
            self._cosine_unusual(counts),
            *(
                self._bm25(name, counts[name], pairs.in_title, False)
                for name in (_SINGLES, _PAIRS, _TRIPLES, _WORDS)
            ),
            *(_share(said[name], self._asked[name].rarity) for name in (_SINGLES, _PAIRS, _WORDS)),
            _share(said[_PAIRS], pairs.rarity**_SHARP),
            _share(said[_PAIRS], pairs.weights * self._commonness.of_pairs(pairs.keys)),
            _share(said[_WORDS], words.weights * self._unusual_words),
            self._bm25(_PAIRS, counts[_PAIRS], pairs.in_title, True),
            _share(lead, pairs.rarity * pairs.in_title),
            _share(lead, pairs.rarity),
            self._window(_PAIRS, self._laid, _WINDOW_BITS),
            self._window(_WORDS, self._laid_words, _WORD_WINDOW_BITS),
            _share(said[_WORDS], words.rarity * self._is_number),
            self._said_singles,
            self._said_pairs,
            self._usual,
            np.log1p(self._lengths) / _LONGEST,
        )
        return np.stack(columns, axis=1).astype(np.float32)

    def _ask_characters(self, lines: list[str]) -> dict[str, _Asked]:
        text, title = codes("\n".join(lines)), codes(lines[0])
        frequency = {
            _SINGLES: self._statistics.char_frequency,
            _PAIRS: self._statistics.pair_frequency,
            _TRIPLES: self._statistics.triple_frequency,
        }
        return {
            name: self._ask(read(text), read(title), frequency[name])
            for name, read in ((_SINGLES, _singles), (_PAIRS, _pairs), (_TRIPLES, _triples))
        }

    def _ask_words(self) -> _Asked:
        strange: dict[str, int] = {}

        def number(word: str) -> int:
            known = self._statistics.word_id(word)
            return known if known >= 0 else strange.setdefault(word, -1 - len(strange))

        numbers = {word: number(word) for line in self._words for word in line}
        said = [numbers[word] for line in self._words for word in line]
        title = [numbers[word] for word in self._words[0]]
        asked = self._ask(
            np.array(said, np.int64), np.array(title, np.int64), self._statistics.word_frequency
        )
        spelled = {at: word for word, at in numbers.items()}
        words = [spelled[int(key)] for key in asked.keys]
        self._is_number = np.array([word[1:].isascii() for word in words], np.bool_)
        self._unusual_words = self._commonness.of_words(words)
        return asked

    def _ask(self, said: NDArray[np.int64], title: NDArray[np.int64], frequency: _Whole) -> _Asked:
        keys, counts = np.unique(said, return_counts=True)
        known = np.where(keys >= 0, frequency[keys], 0)
        rarity = self._rarities[np.minimum(known, len(self._rarities) - 1)]
        weights = ((1 + np.log(counts)) * rarity).astype(np.float32)
        return _Asked(keys, rarity, weights, np.isin(keys, title))

    def _told(self, frequency: _Whole) -> Floats:
        return self._rarities.take(frequency, mode="clip")

    def _read_characters(self, text: Codes) -> None:
        """Find the question's characters, and pairs and triples only where those stand side by side."""
        statistics, laid = self._statistics, self._laid
        slots = self._slots_of(_SINGLES, text)
        marked = slots >= 0
        at = np.flatnonzero(marked)
        self._found = {_SINGLES: _Found(at, slots[at].astype(np.int64), laid.rows(at))}
        keys = pair_keys(text)
        buckets = pair_buckets(keys)
        beside = marked[:-1] & marked[1:] & (keys != 0)
        self._find(_PAIRS, np.flatnonzero(beside), buckets)
        in_threes = np.flatnonzero(beside[:-1] & beside[1:])
        threes = np.stack(
            (text[in_threes], text[in_threes + 1], text[in_threes + 2], np.zeros_like(text[in_threes]))
        )
        self._find(_TRIPLES, in_threes, None, triple_buckets(threes.T.ravel())[1])
        told = self._told(statistics.char_frequency[text]) * (text != 0)
        told_pairs = np.zeros(len(text), np.float32)  # the last character begins no pair
        told_pairs[:-1] = self._told(statistics.pair_frequency[buckets]) * (keys != 0)
        self._said_singles = laid.sums(told * marked) / np.maximum(laid.sums(told), 1e-6)
        in_both = np.zeros(len(text), np.float32)
        in_both[self._found[_PAIRS].at] = 1
        self._said_pairs = laid.sums(told_pairs * in_both) / np.maximum(laid.sums(told_pairs), 1e-6)
        # Triples are left out of the length: theirs goes with that of the pairs, and costs as much again to read.
        square, square_pairs = told * told, told_pairs * told_pairs
        self._square = laid.sums(square + square_pairs)
        singles, share = self._commonness.read_singles(text)
        pairs, pair_share = self._commonness.read_pairs(buckets)
        told *= singles
        told[:-1] += told_pairs[:-1] * pairs
        self._unusual_square = laid.sums(told)
        square *= share
        square[:-1] += square_pairs[:-1] * pair_share
        self._usual = laid.sums(square) / np.sqrt(np.maximum(self._square, 1e-6))

    def _read_words(self, words: _Whole) -> None:
        slots = self._slots_of(_WORDS, words)
        at = np.flatnonzero(slots >= 0)
        self._found[_WORDS] = _Found(at, slots[at].astype(np.int64), self._laid_words.rows(at))
        told = self._told(self._statistics.word_frequency[words])
        self._word_square = self._laid_words.sums(told * told)

    def _find(
        self,
        name: str,
        at: NDArray[np.intp],
        buckets: NDArray[np.uint32] | None,
        found: NDArray[np.uint32] | None = None,
    ) -> None:
        chosen = buckets[at] if buckets is not None else found
        assert chosen is not None
        slots = self._slots_of(name, chosen)
        hit = slots >= 0
        at = at[hit]
        self._found[name] = _Found(at, slots[hit].astype(np.int64), self._laid.rows(at))

    def _slots_of(self, name: str, numbers: NDArray[np.integer]) -> NDArray[np.int16]:
        keys = self._asked[name].keys
        known = np.flatnonzero(keys >= 0)
        if len(self._statistics.word_frequency) > len(_slots.table):
            _slots.table = np.full(2 * len(self._statistics.word_frequency), -1, np.int16)
        table = _slots.table
        table[keys[known]] = known
        slots: NDArray[np.int16] = table[numbers]
        table[keys[known]] = -1
        return slots

    def _counts(self, name: str) -> Floats:
        """How often each candidate says each feature of the question."""
        found, size = self._found[name], len(self._asked[name].keys)
        counts = np.bincount(found.rows * size + found.slots, minlength=self._count * size)
        return counts.reshape(self._count, size).astype(np.float32)

    def _bm25(self, name: str, counts: Floats, in_title: _Flags, title_only: bool) -> Floats:
        """As a share of what an endless repetition of the whole question would have."""
        usual = self._statistics.mean_head + self._statistics.mean_body
        long = self._lengths / np.float32(usual)
        penalty = (_SATURATION * (1 - _LENGTH_SHARE + _LENGTH_SHARE * long)).astype(np.float32)
        weights = self._asked[name].weights * in_title if title_only else self._asked[name].weights
        saturated = counts / (counts + penalty[:, None])
        scores: Floats = saturated @ weights / max(float(weights.sum()), 1e-6)
        return scores

    def _cosine(self, names: tuple[str, ...], counts: dict[str, Floats], square: Floats) -> Floats:
        """Of TF-IDF vectors with the square roots of the counts, so that a length is a sum over positions."""
        product, asked_square = np.zeros(self._count, np.float32), 0.0
        for name in names:
            asked = self._asked[name]
            product += np.sqrt(counts[name]) @ (asked.weights * asked.rarity)
            asked_square += float(asked.weights @ asked.weights)
        cosine: Floats = product / np.sqrt(np.maximum(square * np.float32(asked_square), 1e-6))
        return cosine

    def _cosine_unusual(self, counts: dict[str, Floats]) -> Floats:
        """Of singles and pairs, each counting by what it tells here times what it tells among messages."""
        product, asked_square = np.zeros(self._count, np.float32), 0.0
        for name in (_SINGLES, _PAIRS):
            asked = self._asked[name]
            of = self._commonness.of_singles if name == _SINGLES else self._commonness.of_pairs
            weights = asked.weights * of(asked.keys)
            product += np.sqrt(counts[name]) @ weights
            asked_square += float(weights @ (asked.weights / np.maximum(asked.rarity, 1e-6)))
        cosine: Floats = product / np.sqrt(np.maximum(self._unusual_square * np.float32(asked_square), 1e-6))
        return cosine

    def _in_lead(self) -> _Flags:
        """Pairs said in title and known questions; in a text without those, in its first line or so."""
        found, size = self._found[_PAIRS], len(self._asked[_PAIRS].keys)
        untitled = self._laid.head_lengths[found.rows] <= 1
        lead = (found.at < self._laid.heads) | (untitled & (self._laid.offsets(found.at) < _LEAD))
        said = np.zeros(self._count * size, np.bool_)
        said[(found.rows * size + found.slots)[lead]] = True
        return said.reshape(self._count, size)

    def _window(self, name: str, laid: _Laid, bits: int) -> Floats:
        """The most of the question that stands within one paragraph."""
        found, asked = self._found[name], self._asked[name]
        if not len(found.at):
            return np.zeros(self._count, np.float32)
        # A window is a block and the one before it; no window reaches from one text into the next.
        lengths = np.concatenate((laid.head_lengths, laid.body_lengths))
        windows = (np.maximum(lengths - 1, 0) >> bits) + 2
        first = np.concatenate(([0], np.cumsum(windows)))
        window = first[laid.parts[found.at]] + (laid.offsets(found.at) >> bits)
        size = len(asked.keys)
        said = np.zeros(int(first[-1]) * size, np.bool_)
        said[window * size + found.slots] = True
        said[(window + 1) * size + found.slots] = True
        scores = said.reshape(-1, size) @ asked.rarity
        best = np.maximum.reduceat(scores, first[:-1])
        top: Floats = np.maximum(best[: self._count], best[self._count :])
        return top / np.float32(max(float(asked.rarity.sum()), 1e-6))


def _share(said: _Flags, weights: NDArray[Any]) -> Floats:
    share: Floats = said @ weights / max(float(weights.sum()), 1e-6)
    return share


@lru_cache(maxsize=4)
def _rarities(articles: int) -> Floats:
    """BM25's idf by document frequency."""
    frequency = np.arange(articles + 1, dtype=np.float64)
    return np.log1p((articles - frequency + 0.5) / (frequency + 0.5)).astype(np.float32)


def _singles(text: Codes) -> NDArray[np.int64]:
    singles: NDArray[np.int64] = text[text != 0].astype(np.int64)
    return singles


def _pairs(text: Codes) -> NDArray[np.int64]:
    keys = pair_keys(text)
    return pair_buckets(keys[keys != 0]).astype(np.int64)


def _triples(text: Codes) -> NDArray[np.int64]:
    return triple_buckets(text)[1].astype(np.int64)


def _marked(normalized: str) -> list[str]:
    """Words and concepts as the lexicon spells them."""
    return [f"/{word}" for word in segment.search_words(normalized)] + concepts(normalized)
