"""A message → the keys of the n-grams the model weighs, the same at training and at serving.

A message is ``"title\\nbody"``. Titles carry much of the signal, so they are counted twice: within the whole
message and in blocks of their own. A message without a title lends its first clause.

An n-gram is a number, never a string: a message becomes one array of code points, and its n-grams come out of a
few vector operations. The numbers are hashes of 64 bits: among a million n-grams two meet once in 40 million models.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.segment import dictionary_words

FEATURES_VERSION = 4
"""Raised whenever the same text would give other n-grams: a model made under another version is refused."""

MOST_CHARACTERS = 2000
"""What lies beyond is not read: it bounds the time of one message, and costs no accuracy that can be measured."""

Keys = npt.NDArray[np.uint64]
Codes = npt.NDArray[np.uint16]

_LONGEST_LENT_TITLE = 30
_FIRST_HAN, _LAST_HAN = 0x4E00, 0x9FD5  # what the segmenter takes for Chinese
_BLANK, _CLAUSE_END, _NEWLINE = " ", ",", "\n"
_SEPARATORS = _BLANK + _CLAUSE_END + _NEWLINE
_CLAUSE_ENDS = frozenset("，。！？；,!?;")
_FIRST_READABLE = ord("0")  # blanks and the other separators that are left lie below it
# Public data hides places as "A市", "K3县"; a model must not learn a contest's code names.
# The letter comes first in the pattern, for the engine skips to it; a letter after a letter belongs to a word.
_CODE_NAME = re.compile(r"[a-z](?<![a-z]{2})(?:0|(?=[市区县镇乡]))")


class Block(StrEnum):
    """The kinds of n-grams; each is weighed and brought to length 1 on its own. The words come first: the rows
    of a model below the first character block are what it can explain itself with."""

    TITLE_WORDS = "title_words"
    WORDS = "words"
    TITLE_CHARACTERS = "title_characters"
    CHARACTERS = "characters"


BLOCK_WEIGHTS: dict[Block, float] = {
    Block.TITLE_WORDS: 0.6,
    Block.WORDS: 1.0,
    Block.TITLE_CHARACTERS: 0.6,
    Block.CHARACTERS: 1.0,
}
"""Chosen on five grouped folds; the order is the order of the model's rows."""


def _readable_form(character: str) -> str:
    """The one character a character is read as: half-width, lower case, ``0`` for a digit, a separator for what
    is neither a letter, a digit nor Chinese. What stands for several ("㎡", "℃") is read as the first of them."""
    if character == _NEWLINE:
        return _NEWLINE
    plain = unicodedata.normalize("NFKC", character).lower()
    if not _CLAUSE_ENDS.isdisjoint((character, plain)):
        return _CLAUSE_END
    for found in plain:
        if found.isdecimal():
            return "0"
        if "a" <= found <= "z" or _FIRST_HAN <= ord(found) <= _LAST_HAN:
            return found
    return _BLANK


def _readable_forms() -> Codes:
    """Those of all UTF-16 units; the halves of characters beyond the first plane (emoji, rare Chinese) read as blanks."""
    forms = np.full(0x10000, ord(_BLANK), np.uint16)
    forms[_FIRST_HAN : _LAST_HAN + 1] = np.arange(_FIRST_HAN, _LAST_HAN + 1)
    # Most are Chinese, which reads as it stands, or Korean and halves, which nobody here reads: no need to ask.
    for code in (*range(0x3400), *range(_LAST_HAN + 1, 0xAC00), *range(0xF900, 0x10000)):
        forms[code] = ord(_readable_form(chr(code)))
    return forms


_FORMS = _readable_forms()


def _unit_keys() -> Keys:
    """A well-mixed number per UTF-16 unit (the SplitMix64 sequence)."""
    mixed = (np.arange(1, 0x10001, dtype=np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


_UNIT_KEYS = _unit_keys()
_NEXT_FACTOR = np.uint64(0xC2B2AE3D27D4EB4F)
_TITLE_MASK = np.uint64(0xD6E8FEB86659FD93)


class _WordKeys(dict[str, bytes]):
    """Word → the eight bytes of its key, remembered. Emptied when full: names never stop coming."""

    _MOST = 100_000

    def __missing__(self, word: str) -> bytes:
        if len(self) >= self._MOST:
            self.clear()
        key = self[word] = hashlib.blake2b(word.encode(), digest_size=8).digest()
        return key


_key_of_word = _WordKeys().__getitem__


class Reading(NamedTuple):
    """A message as the model reads it."""

    text: str
    """Normalised: Chinese, ``a``–``z``, ``0`` and separators."""
    codes: Codes
    """``text`` as code points."""
    words: list[str]
    """In reading order, separators among them: joined they are ``text``."""
    title_words: int
    title_characters: int


class Grams(NamedTuple):
    """The keys of one message's n-grams, block after block in the order of ``Block``, and where each block ends.

    An n-gram that holds a separator has a key too; it is in no model, for ``are_grams`` tells training."""

    keys: Keys
    ends: tuple[int, int, int, int]


def _codes_of(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype=np.uint16)


def _normalised(text: str) -> tuple[str, Codes]:
    codes = _FORMS.take(_codes_of(text.strip()[:MOST_CHARACTERS]))
    formed = codes.tobytes().decode("utf-16-le")
    readable = formed
    while "00" in readable:
        readable = readable.replace("00", "0")
    readable = _CODE_NAME.sub("", readable)
    return readable, codes if len(readable) == len(formed) else _codes_of(readable)


def normalise(text: str) -> str:
    """Full-width to half-width, lower case, numbers to ``0``, code names of places dropped; every other character
    becomes a blank, a comma where a clause ends, or stays a newline."""
    return _normalised(text)[0]


def _title_length(readable: str) -> int:
    """The first line, where there are two; a message of one line lends its first clause."""
    end = readable.find(_NEWLINE)
    if end < 0:
        end = readable.find(_CLAUSE_END, 0, _LONGEST_LENT_TITLE)
    return end if end >= 0 else min(_LONGEST_LENT_TITLE, len(readable))


def read(text: str) -> Reading:
    """Normalise a message, find its title, cut it into words."""
    readable, codes = _normalised(text)
    title = _title_length(readable)
    words = dictionary_words(readable[:title])
    title_words = len(words)
    words += dictionary_words(readable[title:])
    return Reading(readable, codes, words, title_words, title)


def count_readable(reading: Reading) -> int:
    """How many letters, digits and Chinese characters there are."""
    return len(reading.text) - sum(map(reading.text.count, _SEPARATORS))


def grams_of(reading: Reading) -> Grams:
    """All n-grams of a message: words and characters 1–3 of its title, words 1–2 and characters 1–2 of the whole. None
    crosses punctuation. More of them (pairs of words in the title, threes of characters everywhere) cost a fifth of
    the time and told nothing more."""
    found, in_title, title = len(reading.words), reading.title_words, reading.title_characters
    word: Keys = np.frombuffer(b"".join(map(_key_of_word, reading.words)), dtype="<u8")
    pair = word[:-1] * _NEXT_FACTOR + word[1:]
    one = _UNIT_KEYS.take(reading.codes)
    two = one[:-1] * _NEXT_FACTOR + one[1:]
    in_threes = max(title - 2, 0)
    three = two[:in_threes] * _NEXT_FACTOR + one[2 : in_threes + 2]
    keys = np.concatenate(
        (
            word[:in_title],
            *(word, pair),
            *(one[:title], two[: max(title - 1, 0)], three),
            *(one, two),
        )
    )
    first = in_title
    second = first + found + len(pair)
    third = second + title + max(title - 1, 0) + in_threes
    keys[:first] ^= _TITLE_MASK
    keys[second:third] ^= _TITLE_MASK
    return Grams(keys, (first, second, third, len(keys)))


def spans_of(reading: Reading) -> npt.NDArray[np.int64]:
    """Where each of ``grams_of`` stands in ``reading.text``: rows of start and end, in the same order."""
    lengths = np.fromiter(map(len, reading.words), dtype=np.int64, count=len(reading.words))
    ends = np.cumsum(lengths)
    word = np.stack((ends - lengths, ends), axis=1)
    pair = np.stack((word[:-1, 0], word[1:, 1]), axis=1)
    in_title, title, everywhere = reading.title_words, reading.title_characters, len(reading.codes)

    def characters(within: int, most: int) -> list[npt.NDArray[np.int64]]:
        starts = [np.arange(max(within - size + 1, 0)) for size in range(1, most + 1)]
        return [np.stack((start, start + size), axis=1) for size, start in enumerate(starts, start=1)]

    return np.concatenate(
        (
            word[:in_title],
            *(word, pair),
            *characters(title, 3),
            *characters(everywhere, 2),
        )
    )


def gram_at(reading: Reading, position: int) -> str:
    """One of ``grams_of`` as text; words are joined by a blank."""
    in_title, found = reading.title_words, len(reading.words)
    for size, within in ((1, in_title), (1, found), (2, found)):
        count = max(within - size + 1, 0)
        if position < count:
            return " ".join(reading.words[position : position + size])
        position -= count
    for most, within in ((3, reading.title_characters), (2, len(reading.text))):
        for size in range(1, most + 1):
            count = max(within - size + 1, 0)
            if position < count:
                return reading.text[position : position + size]
            position -= count
    raise IndexError(position)


def are_grams(reading: Reading) -> npt.NDArray[np.bool_]:
    """Which of ``grams_of`` hold no separator, in the same order."""
    readable = np.concatenate(((0,), np.cumsum(reading.codes >= _FIRST_READABLE)))
    spans = spans_of(reading)
    whole: npt.NDArray[np.bool_] = readable[spans[:, 1]] - readable[spans[:, 0]] == spans[:, 1] - spans[:, 0]
    return whole
