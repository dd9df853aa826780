"""Chinese text → words: jieba's dictionary and algorithm, our own loop.

Why not ``jieba.lcut``: it caches its dictionary as a marshal file in the shared temporary directory, where any
local account could plant one, and takes twice as long as everything else in a classification. Here the table is
built in memory once per process (about 0.6 s) with the logarithms in it; a test holds the words to jieba's own.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from functools import lru_cache
from math import inf, log
from pathlib import Path

import jieba
from jieba import finalseg

USER_DICTIONARY = Path(__file__).parent / "data" / "user_dict.txt"

# The runs jieba cuts within; what lies between them is punctuation and blanks.
_RUN = re.compile(r"[\u4e00-\u9fd5a-zA-Z0-9+#&._%\-]+")
_READABLE = re.compile(r"[0-9A-Za-z\u4e00-\u9fd5]")

# jieba installs its own handler on stderr and logs at DEBUG; a service's log is not its notebook.
jieba.setLogLevel(logging.WARNING)


def user_words() -> tuple[tuple[str, int], ...]:
    """The user dictionary: a word and its frequency a line. The frequency is explicit, so that adding a word
    never changes how others are cut."""
    rows = (line.split() for line in USER_DICTIONARY.read_text(encoding="utf-8").splitlines())
    return tuple((row[0], int(row[1])) for row in rows if row)


class Segmenter:
    """The most probable path through the dictionary; jieba's hidden Markov model for runs of unknown characters."""

    __slots__ = ("_scores", "_unknown")

    def __init__(self, entries: Iterator[tuple[str, int]]) -> None:
        frequencies: dict[str, int] = {}
        total = 0
        for word, frequency in entries:
            frequencies[word] = frequency
            total += frequency
        log_total = log(total)
        # Equal frequencies share one float object: 350,000 words, few distinct frequencies.
        shared = {frequency: log(frequency or 1) - log_total for frequency in set(frequencies.values())}
        scores = {word: shared[frequency] if frequency else -inf for word, frequency in frequencies.items()}
        for word in frequencies:
            for length in range(1, len(word)):
                scores.setdefault(word[:length], -inf)  # a prefix of words, no word itself
        self._scores = scores
        self._unknown = -log_total

    def is_word(self, text: str) -> bool:
        return self._scores.get(text, -inf) > -inf

    def _best_ends(self, run: str) -> list[int]:
        """For each position, where the word of the best path starting there ends."""
        length = len(run)
        best_from = [0.0] * (length + 1)
        ends = [0] * length
        find = self._scores.get
        for start in range(length - 1, -1, -1):
            best, end = -1e300, 0
            stop = start + 1
            score = find(run[start])
            while score is not None:
                candidate = score + best_from[stop]
                if candidate >= best:
                    best, end = candidate, stop
                stop += 1
                if stop > length:
                    break
                score = find(run[start:stop])
            if not end:
                best, end = self._unknown + best_from[start + 1], start + 1
            best_from[start], ends[start] = best, end
        return ends

    def _cut_run(self, run: str, found: list[str]) -> None:
        ends = self._best_ends(run)
        position, length, singles = 0, len(run), -1
        while position < length:
            end = ends[position]
            if end - position == 1:
                if singles < 0:
                    singles = position
            else:
                if singles >= 0:
                    found += self._cut_singles(run[singles:position])
                    singles = -1
                found.append(run[position:end])
            position = end
        if singles >= 0:
            found += self._cut_singles(run[singles:])

    def _cut_singles(self, run: str) -> tuple[str, ...]:
        if len(run) == 1:
            return (run,)
        # A run that is a word was cut apart on purpose: its characters are more probable.
        return tuple(run) if self.is_word(run) else _cut_unknown(run)

    def words(self, text: str) -> list[str]:
        found: list[str] = []
        for run in _RUN.findall(text):
            self._cut_run(run, found)
        # A Chinese first character decides at once; "..." and "--" are runs too.
        return [word for word in found if word[0] > "~" or _READABLE.search(word)]

    def search_words(self, text: str) -> list[str]:
        found: list[str] = []
        for word in self.words(text):
            for size in (2, 3):
                if len(word) > size:
                    parts = (word[at : at + size] for at in range(len(word) - size + 1))
                    found.extend(part for part in parts if self.is_word(part))
            found.append(word)
        return found


@lru_cache(maxsize=16_384)
def _cut_unknown(run: str) -> tuple[str, ...]:
    return tuple(finalseg.cut(run))


def _dictionary() -> Iterator[tuple[str, int]]:
    with jieba.get_module_res("dict.txt") as lines:
        for line in lines:
            word, frequency, _ = line.decode("utf-8").split(" ", 2)
            yield word, int(frequency)
    yield from user_words()


@lru_cache(maxsize=1)
def _segmenter() -> Segmenter:
    return Segmenter(_dictionary())


def warm_up() -> None:
    """Build the dictionary now (about 0.6 s, once per process) rather than under the first message."""
    _segmenter()


def words(text: str) -> list[str]:
    """The words of a text in reading order; blanks and punctuation are dropped."""
    return _segmenter().words(text)


def search_words(text: str) -> list[str]:
    """As ``words``, with the shorter words inside a long one before it (jieba's search mode), for an index."""
    return _segmenter().search_words(text)
