"""An entry as the index reads it: characters and words in numbers, twice two bytes a character in all."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import rjieba
from numpy.typing import NDArray

from classifier import segment
from knowledge_base.retrieval.features import concepts, normalize

PAIR_BITS = TRIPLE_BITS = 22
"""Pairs and triples of characters are counted in this many buckets; a bucket shared by two is accepted."""

Codes = NDArray[np.uint16]
Ids = NDArray[np.int32]
Keys = NDArray[np.uint32]

_BEYOND = 1  # stands for every character above U+FFFF
_PAIR_FACTOR = 0x9E3779B1
_PAIR_MIX = np.uint32(_PAIR_FACTOR)
_TRIPLE_MIX = np.uint64(0x9E3779B97F4A7C15)
_RUN = re.compile(r"[a-z0-9]{2,}")
_IN_RUN = re.compile(r"[\u4e00-\u9fd5a-zA-Z0-9+#&._%\-]+")
_READABLE = re.compile(r"[0-9A-Za-z\u4e00-\u9fd5]")
_NUMBER = re.compile(r"(\d{4})[^\w\s]{0,2}第?0*(\d{1,5})号")
_MOST_TOKENS = 1 << 16
_AT_A_TIME = 5_000
_LABELS, _LABEL_MASK = 0xE0000000, 0x07FFFFFF  # private characters: no pair of a text begins with one


@dataclass(frozen=True, slots=True)
class Entry:
    """What is found: ``questions`` are the ways people ask for it."""

    id: str
    title: str
    body: str
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """Title and questions, or the body. ``labels`` are keys of what must be found whole: concepts, numbers, 文号."""

    codes: Codes
    words: Ids
    labels: Keys


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """One entry, read."""

    id: str
    head: Field
    body: Field


class _Tokens(dict[str, tuple[int, ...] | None]):
    """What is in each token looked into lately: its words by their numbers; None for one that is joined with its
    neighbours first."""

    def __init__(self, numbers: dict[str, int]) -> None:
        super().__init__()
        self._numbers = numbers

    def __missing__(self, token: str) -> tuple[int, ...] | None:
        if len(self) >= _MOST_TOKENS:
            self.clear()
        if not _IN_RUN.fullmatch(token):
            found: tuple[int, ...] | None = ()
        elif len(token) == 1 or (token.isascii() and token.isalnum()):
            found = None
        else:
            found = _numbered(_with_inner(token), self._numbers)
        self[token] = found
        return found


class Lexicon:
    """Numbers for words and concepts, spelled as ``features`` spells them: “/社保”, “≈费用”."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        # What was looked into lately; a run of single characters apart, for it is no token.
        self._tokens = _Tokens(self._numbers)
        self._singles: dict[str, tuple[int, ...]] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, word: str) -> int:
        """Its number; -1 for one never read."""
        return self._numbers.get(word, -1)

    def let_go(self) -> Iterator[None]:
        """Forget all words, a little at a time."""
        for words in (self._tokens, self._singles, self._numbers):
            while words:
                for _ in range(min(len(words), _AT_A_TIME)):
                    words.popitem()
                yield

    def read(self, entry: Entry) -> ReadEntry:
        head = "\n".join(dict.fromkeys((entry.title, *entry.questions)))
        return ReadEntry(entry.id, self._field(head), self._field(entry.body))

    def _field(self, text: str) -> Field:
        lines = [normalize(line) for line in text.split("\n")]
        normalized = "\n".join(filter(None, lines))
        meanings = concepts(normalized)
        words = self._words(normalized)
        words += [self._numbers.setdefault(meaning, len(self._numbers)) for meaning in meanings]
        return Field(codes(normalized), np.array(words, np.int32), labels(normalized, meanings))

    def _words(self, normalized: str) -> list[int]:
        """The words of ``segment.search_words``: the text is cut in one go and every token looked into once, which
        takes a third of the time."""
        found: list[int] = []
        singles = ""
        cut = segment.dictionary_words(normalized)
        for token, numbers in zip(cut, map(self._tokens.__getitem__, cut), strict=True):
            if numbers is None:
                singles += token
            elif singles:
                found += self._joined(singles)
                found += numbers
                singles = ""
            else:
                found += numbers
        if singles:
            found += self._joined(singles)
        return found

    def _joined(self, singles: str) -> tuple[int, ...]:
        numbers = self._singles.get(singles)
        if numbers is None:
            cut = segment.cut_singles(singles)
            numbers = _numbered([part for word in cut for part in _with_inner(word)], self._numbers)
            if len(self._singles) >= _MOST_TOKENS:
                self._singles.clear()
            self._singles[singles] = numbers
        return numbers


def _numbered(words: Iterable[str], numbers: dict[str, int]) -> tuple[int, ...]:
    return tuple([numbers.setdefault(word, len(numbers)) for word in words])


def codes(normalized: str) -> Codes:
    """One number a character, 0 for every one that is no letter, digit or Chinese character; a 0 ends it."""
    raw = normalized.encode("utf-16-le", "surrogatepass")
    if len(raw) == 2 * len(normalized):
        points = np.frombuffer(raw, np.uint16)
    else:
        wide = np.frombuffer(normalized.encode("utf-32-le", "surrogatepass"), np.uint32)
        points = np.where(wide > 0xFFFF, _BEYOND, wide).astype(np.uint16)
    found = np.zeros(len(points) + 1, np.uint16)
    np.take(_told_apart(), points, out=found[:-1])
    return found


def pair_keys(one: Codes) -> Keys:
    """The pair that begins at each character but the last, 0 where none does."""
    first, second = one[:-1], one[1:]
    keys = (first.astype(np.uint32) << np.uint32(16)) | second
    keys[(first == 0) | (second == 0)] = 0
    return keys


def pair_buckets(keys: Keys) -> Keys:
    """Where each pair is counted."""
    buckets: Keys = (keys * _PAIR_MIX) >> np.uint32(32 - PAIR_BITS)
    return buckets


def pair_bucket(pair: str) -> int:
    """The same of two characters alone, without an array; a pair that is none, as ``pair_keys`` has it, is in the
    first."""
    first, second = _code(pair[0]), _code(pair[1])
    return (
        ((((first << 16) | second) * _PAIR_FACTOR) & 0xFFFFFFFF) >> (32 - PAIR_BITS)
        if first and second
        else 0
    )


@lru_cache(maxsize=16_384)
def _code(character: str) -> int:
    return int(codes(character)[0])


def triple_buckets(one: Codes) -> tuple[NDArray[np.intp], Keys]:
    """Where triples of characters begin, and where each is counted."""
    at = np.flatnonzero((one[:-2] != 0) & (one[1:-1] != 0) & (one[2:] != 0))
    wide = one.astype(np.uint64)
    keys = (wide[at] << np.uint64(32)) | (wide[at + 1] << np.uint64(16)) | wide[at + 2]
    return at, ((keys * _TRIPLE_MIX) >> np.uint64(64 - TRIPLE_BITS)).astype(np.uint32)


def labels(normalized: str, meanings: list[str]) -> Keys:
    """Keys of the concepts, of whole runs of Latin letters and digits (a year, 12345) and of 文号 (year and number)."""
    found = [_label(meaning) for meaning in meanings]
    found += [_label(f"_{run}") for run in _RUN.findall(normalized)]
    found += [_label(f"#{year}-{number}") for year, number in _NUMBER.findall(normalized)]
    return np.array(found, np.uint32)


@lru_cache(maxsize=8192)
def _label(name: str) -> int:
    return _LABELS | (zlib.crc32(name.encode()) & _LABEL_MASK)


def _with_inner(word: str) -> tuple[str, ...]:
    if not _READABLE.search(word):
        return ()
    parts = (
        word[at : at + size] for size in (2, 3) if len(word) > size for at in range(len(word) - size + 1)
    )
    return (*("/" + part for part in parts if rjieba.has_word(part)), "/" + word)


@lru_cache(maxsize=1)
def _told_apart() -> Codes:
    """Itself for what an n-gram may hold, 0 for punctuation and blanks."""
    word = re.compile(r"\w")
    kept = (code if word.match(chr(code)) else 0 for code in range(0x10000))
    table = np.fromiter(kept, np.uint16, 0x10000)
    table[_BEYOND] = _BEYOND
    return table
