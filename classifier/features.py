"""A message → the n-grams the model weighs, the same at training and at serving.

A message is ``"title\\nbody"``. Titles carry much of the signal, so they are counted twice: within the whole
message and in blocks of their own. A message without a title lends its first clause.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from enum import StrEnum
from typing import NamedTuple

from classifier.segment import words

FEATURES_VERSION = 1
"""Raised whenever the same text would give other n-grams: a model made under another version is refused."""

MOST_CHARACTERS = 2000
"""What lies beyond is not read: it bounds the time of one message, and costs no accuracy that can be measured."""

_LONGEST_LENT_TITLE = 30
# Public data hides places as "A市", "K3县"; a model must not learn a contest's code names.
_CODE_NAME = re.compile(r"(?<![a-z])(?:[a-z]\d*(?=[市区县镇乡])|[a-z]\d+)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_CLAUSE_END = re.compile(r"[，。！？；,!?;]")
_RUN = re.compile(r"[a-z0-9\u4e00-\u9fff]+")


class Block(StrEnum):
    """The kinds of n-grams; each is weighed and brought to length 1 on its own. The words come first: the rows
    of a model below the first character block are what it can explain itself with."""

    TITLE_WORDS = "title_words"
    WORDS = "words"
    TITLE_CHARACTERS = "title_characters"
    CHARACTERS = "characters"


BLOCK_WEIGHTS: dict[Block, float] = {
    Block.TITLE_WORDS: 0.7,
    Block.WORDS: 1.0,
    Block.TITLE_CHARACTERS: 0.7,
    Block.CHARACTERS: 1.0,
}
"""Chosen on five grouped folds; the order is the order of the model's rows."""


class Grams(NamedTuple):
    """The n-grams of one message, block by block, in the order of ``Block``."""

    title_words: list[str]
    words: list[str]
    title_characters: list[str]
    characters: list[str]


def normalise(text: str) -> str:
    """Full-width to half-width, lower case, numbers to ``0``, code names of places dropped."""
    text = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS]).lower()
    return _NUMBER.sub("0", _CODE_NAME.sub("", text))


def split_title(text: str) -> tuple[str, str]:
    """``(title, rest)``: the first line and what follows; a message of one line lends its first clause."""
    title, newline, rest = text.strip().partition("\n")
    if newline:
        return title, rest
    end = _CLAUSE_END.search(title, 0, _LONGEST_LENT_TITLE)
    at = end.start() if end else _LONGEST_LENT_TITLE
    return title[:at], title[at:]


def _word_grams(found: list[str]) -> list[str]:
    return found + [f"{left} {right}" for left, right in itertools.pairwise(found)]


def _character_grams(text: str) -> list[str]:
    grams: list[str] = []
    for run in _RUN.findall(text):
        grams += run
        grams += [run[at : at + 2] for at in range(len(run) - 1)]
        grams += [run[at : at + 3] for at in range(len(run) - 2)]
    return grams


def count_readable(readable: str) -> int:
    """How many letters, digits and Chinese characters there are."""
    return sum(map(len, _RUN.findall(readable)))


def grams_of(readable: str) -> Grams:
    """All n-grams of a ``normalise``d message: words 1–2 and characters 1–3, of its title and of the whole."""
    title, rest = split_title(readable)
    title_words, title_characters = words(title), _character_grams(title)
    return Grams(
        _word_grams(title_words),
        _word_grams(title_words + words(rest)),
        title_characters,
        title_characters + _character_grams(rest),
    )
