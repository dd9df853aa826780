"""Finding words in Chinese, which has no spaces: every pair of neighbouring characters of a text, as small numbers.

A ticket that contains a word contains all of the word's pairs, so an index of pairs narrows a search to a few tickets;
whether they really contain it is for their text to say. Of figures there are so few that every pair is frequent: numbers,
and Latin letters with them, are found by three neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

_LOW = 0xFFFF
_HALF = 1 << 31
_THREES = 1 << 16
"""Where threes are kept: the pairs that begin with U+0001, which no text does."""
_RUNS = re.compile("[0-9A-Za-z]{3,}")


def grams_of(text: str) -> list[int]:
    """The pairs, each once and in order; the last character stands with nothing, to be found alone too.

    They fit 32 bits with a sign, which is what BSON keeps in four bytes.
    """
    codes = [ord(character) & _LOW for character in text]
    pairs = {(one << 16 | other) - _HALF for one, other in zip(codes, [*codes[1:], 0], strict=True)}
    return sorted(pairs.union(_threes(text)))


def pairs_of(word: str) -> list[int]:
    """The pairs a text with this word has for certain; none for a single character."""
    codes = [ord(character) & _LOW for character in word]
    return sorted({(one << 16 | other) - _HALF for one, other in pairwise(codes)}.union(_threes(word)))


def _threes(text: str) -> Iterator[int]:
    for run in _RUNS.findall(text):
        for at in range(len(run) - 2):
            yield (_THREES | int(run[at : at + 3], 36)) - _HALF


def span_of(character: str) -> tuple[int, int]:
    """Every pair that begins with the character: from (included) to (excluded)."""
    first = ((ord(character) & _LOW) << 16) - _HALF
    return first, first + (1 << 16)
