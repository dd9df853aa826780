"""The entries of an index kept as numbers, and how often each feature stands in them: exact at any moment."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from knowledge_base.retrieval.reading import (
    PAIR_BITS,
    TRIPLE_BITS,
    Codes,
    Field,
    Ids,
    Keys,
    Lexicon,
    ReadEntry,
    codes,
    pair_bucket,
    pair_buckets,
    triple_buckets,
)

_CHUNK = 1 << 20  # numbers kept in one array
_WIDE, _LOW_BITS = 0xF000, 15  # a word's number above 0xF000 takes two places, the first one marked
_GROW = 1024
_FEW_CHUNKS = 8
AT_ONCE = 256
_VALUE_BITS, _VALUES = np.uint32(24), np.uint32((1 << 24) - 1)
_Number = TypeVar("_Number", np.uint16, np.uint32, np.int32)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The entries worth a closer look, one behind the other, each its head (title and questions) and then its body:
    entry ``i`` has the head ``codes[starts[2 * i]:starts[2 * i + 1]]`` and the body that follows.

    Codes are as ``reading.codes`` makes them, the end of head and body each with a 0; words are numbers of the lexicon
    in reading order with repeats, concepts after them. ``first`` is the score they were chosen by.
    """

    codes: Codes
    starts: NDArray[np.int64]
    words: Ids
    word_starts: NDArray[np.int64]
    first: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.first)


class Statistics:
    """In how many entries (title, questions and body together) a feature stands. To be read only."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.articles = 0
        self.char_frequency = np.zeros(1 << 16, np.int32)
        self.pair_frequency = np.zeros(1 << PAIR_BITS, np.int32)
        self.triple_frequency = np.zeros(1 << TRIPLE_BITS, np.int32)
        self._words = np.zeros(_GROW, np.int32)
        self._logarithms = np.zeros(0, np.float32)
        self._head_codes = self._body_codes = 0

    @property
    def mean_head(self) -> float:
        """Length of title and questions, in codes; never below 1."""
        return max(self._head_codes / max(self.articles, 1), 1.0)

    @property
    def mean_body(self) -> float:
        return max(self._body_codes / max(self.articles, 1), 1.0)

    @property
    def word_frequency(self) -> Ids:
        """By the number of the word; at least as long as the lexicon."""
        if len(self._words) < len(self.lexicon):
            self._words = _longer(self._words, len(self.lexicon) + len(self.lexicon) // 4)
        return self._words

    def word_id(self, word: str) -> int:
        return self.lexicon.number(word)

    def frequency(self, feature: str) -> int:
        """Of a feature spelled as ``features`` spells it: “/社保”, “≈费用”, or one to three characters."""
        if not feature:
            return 0
        if feature[0] in "/≈":
            number = self.lexicon.number(feature)
            return self.word_frequency.item(number) if number >= 0 else 0
        if len(feature) == 2:
            return self.pair_frequency.item(pair_bucket(feature))
        found = codes(feature)
        if len(feature) == 1:
            return int(self.char_frequency[found[0]])
        if len(feature) == 3 and found[:3].all():
            return int(self.triple_frequency[triple_buckets(found)[1][0]])
        return 0

    def rarity(self, feature: str) -> float:
        """BM25's idf; a feature of no entry has the most."""
        return idf(self.articles, self.frequency(feature))

    def rarities(self, frequencies: Ids) -> NDArray[np.float32]:
        """The same of many features by their frequencies, never below 0."""
        if len(self._logarithms) <= self.articles:
            self._logarithms = np.log(np.arange(2 * self.articles + _GROW) + 0.5).astype(np.float32)
        # log1p((n - f + 0.5) / (f + 0.5)) in other words: a table that stays when an entry comes or goes.
        found = self._logarithms[: self.articles + 1].take(frequencies, mode="clip")
        rarities: NDArray[np.float32] = np.subtract(np.float32(math.log(self.articles + 1)), found, out=found)
        return rarities

    def count(self, entries: Sequence[ReadEntry], keys: Keys, sign: int) -> None:
        """Take (1) at most ``AT_ONCE`` entries in, or out (-1); ``keys`` are their pairs and labels, each once an
        entry."""
        self.articles += sign * len(entries)
        self._head_codes += sign * sum(len(entry.head.codes) - 1 for entry in entries)
        self._body_codes += sign * sum(len(entry.body.codes) - 1 for entry in entries)
        joined, entry_of = _numbered([part.codes for one in entries for part in (one.head, one.body)])
        at_triples, triples = triple_buckets(joined)
        words, word_entry = _numbered([part.words for one in entries for part in (one.head, one.body)])
        _count(self.word_frequency, word_entry, words, sign)
        _count(self.char_frequency, entry_of, joined, sign)
        _count(self.triple_frequency, entry_of[at_triples], triples, sign)
        np.add.at(self.pair_frequency, pair_buckets(keys).astype(np.intp), np.int32(sign))


def idf(articles: int, frequency: int) -> float:
    """How much a feature of that many articles tells."""
    return math.log1p((articles - frequency + 0.5) / (frequency + 0.5))


def _numbered(parts: Sequence[NDArray[_Number]]) -> tuple[NDArray[_Number], Keys]:
    """Heads and bodies in turn, joined, with the number of the entry each value is of."""
    entry = np.repeat(np.arange(len(parts), dtype=np.uint32) // np.uint32(2), [len(one) for one in parts])
    return np.concatenate(parts), entry


def _count(table: Ids, entry: Keys, found: NDArray[_Number], sign: int) -> None:
    """Once an entry, however often it stands there. 24 bits are enough for what is counted."""
    keys = (entry << _VALUE_BITS) | found.astype(np.uint32)
    keys.sort()
    first = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=first[1:])
    np.add.at(table, (keys[first] & _VALUES).astype(np.intp), np.int32(sign))


class Corpus:
    """Entries by row; a row is never used again, and its room is regained only by making a new corpus."""

    def __init__(self) -> None:
        self.lexicon = Lexicon()
        self.statistics = Statistics(self.lexicon)
        self._chunks: list[Codes] = []
        self._free = _CHUNK
        # Of each row: its chunk, where it begins, and how long its parts are, see ``_Kept``.
        self._places = np.zeros((_GROW, 7), np.int32)
        self._rows = 0

    def append(self, entries: Sequence[ReadEntry], keys: Keys) -> int:
        """Keep and count them (see ``Statistics.count``), and return the row of the first."""
        first = self._rows
        if first + len(entries) > len(self._places):
            self._places = _longer(self._places, max(2 * first, first + len(entries)))
        for row, entry in enumerate(entries, start=first):
            parts = _kept(entry)
            chunk, start = self._keep(np.concatenate(parts))
            self._places[row] = (chunk, start, *map(len, parts))
        self._rows += len(entries)
        self.statistics.count(entries, keys, 1)
        return first

    def entry(self, row: int) -> ReadEntry:
        """What is kept of an entry, its id left out; all its labels are with the head."""
        kept = self._parts(row)
        labels = kept.labels.copy().view(np.uint32)
        head = Field(kept.head, _spread(kept.head_words), labels)
        return ReadEntry("", head, Field(kept.body, _spread(kept.body_words), labels[:0]))

    def fitting(self, rows: NDArray[np.intp], codes: int, least: int) -> int:
        """How many of the first rows have no more than that many codes together; at least ``least``."""
        lengths = self._places[rows, 2] + self._places[rows, 3]
        fitting = int(np.searchsorted(np.cumsum(lengths), codes, side="right"))
        return min(max(fitting, least), len(rows))

    def gather(self, rows: Sequence[int] | NDArray[np.intp], first: NDArray[np.float32]) -> Candidates:
        """The numbers of these entries, in this order."""
        places = self._places[np.asarray(rows, np.intp)]
        texts, words = [], []
        for chunk, begin, head, body, head_words, body_words, _ in places.tolist():
            numbers = self._chunks[chunk]
            middle = begin + head + body
            texts.append(numbers[begin:middle])
            words.append(numbers[middle : middle + head_words + body_words])
        starts, word_starts = _starts(places[:, 2:4]), _starts(places[:, 4:6])
        squeezed = _joined(words)
        word_starts -= np.searchsorted(np.flatnonzero(squeezed >= _WIDE), word_starts)
        return Candidates(_joined(texts), starts, _spread(squeezed), word_starts, first)

    def let_go(self) -> Iterator[None]:
        """Empty it, a little at a time."""
        while self._chunks:
            del self._chunks[-_FEW_CHUNKS:]
            yield
        yield from self.lexicon.let_go()

    def _keep(self, numbers: Codes) -> tuple[int, int]:
        if self._free + len(numbers) > _CHUNK:
            self._chunks.append(np.empty(max(_CHUNK, len(numbers)), np.uint16))
            self._free = 0
        start = self._free
        self._chunks[-1][start : start + len(numbers)] = numbers
        self._free += len(numbers)
        return len(self._chunks) - 1, start

    def _parts(self, row: int) -> _Kept:
        chunk, end, *lengths = self._places[row].tolist()
        numbers = self._chunks[chunk]
        return _Kept(*(numbers[end : (end := end + length)] for length in lengths))


class _Kept(NamedTuple):
    """An entry as it lies in a chunk; of words and labels see ``_squeeze`` and ``_kept``."""

    head: Codes
    body: Codes
    head_words: Codes
    body_words: Codes
    labels: Codes


def _kept(entry: ReadEntry) -> _Kept:
    labels = np.concatenate((entry.head.labels, entry.body.labels))
    words = (_squeeze(entry.head.words), _squeeze(entry.body.words))
    return _Kept(entry.head.codes, entry.body.codes, *words, labels.view(np.uint16))


def _starts(lengths: NDArray[np.int32]) -> NDArray[np.int64]:
    """Where heads and bodies in turn begin, and where the last one ends."""
    starts = np.zeros(lengths.size + 1, np.int64)
    np.cumsum(lengths.ravel(), out=starts[1:])
    return starts


def _joined(arrays: Sequence[Codes]) -> Codes:
    return np.concatenate(arrays) if arrays else np.zeros(0, np.uint16)


def _squeeze(words: Ids) -> Codes:
    """Two bytes a word; four for the words that came late, which are the rare ones."""
    if not len(words) or words.max() < _WIDE:
        return words.astype(np.uint16)
    wide = words >= _WIDE
    places = np.arange(len(words)) + np.concatenate(([0], np.cumsum(wide)[:-1]))
    found = np.zeros(len(words) + int(wide.sum()), np.uint16)
    found[places] = np.where(wide, _WIDE + (words >> _LOW_BITS), words)
    found[places[wide] + 1] = words[wide] & ((1 << _LOW_BITS) - 1)
    return found


def _spread(squeezed: Codes) -> Ids:
    words = squeezed.astype(np.int32)
    at = np.flatnonzero(words >= _WIDE)
    if not len(at):
        return words
    words[at] = ((words[at] - _WIDE) << _LOW_BITS) | words[at + 1]
    return np.delete(words, at + 1)


def _longer(array: NDArray[np.int32], length: int) -> NDArray[np.int32]:
    longer = np.zeros((length, *array.shape[1:]), np.int32)
    longer[: len(array)] = array
    return longer
