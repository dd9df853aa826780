"""A question as the measures of likeness see it: its characters, pairs, triples and words, each once, in one row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier import segment
from knowledge_base.retrieval.commonness import Commonness
from knowledge_base.retrieval.corpus import Statistics
from knowledge_base.retrieval.features import concepts
from knowledge_base.retrieval.reading import Codes, codes, pair_buckets, pair_keys, triple_buckets

Floats = NDArray[np.float32]
_Numbers = NDArray[np.int64]

_FAMILY_BITS = 33  # of a number in one row with those of other families; a word never read has the 33rd
_STRANGE = 1 << 32
# Where each family ends, and within the words those the library has.
_ENDS = np.array(
    [
        1 << _FAMILY_BITS,
        2 << _FAMILY_BITS,
        3 << _FAMILY_BITS,
        (3 << _FAMILY_BITS) + _STRANGE,
        4 << _FAMILY_BITS,
    ]
)


class Families(NamedTuple):
    """One value each for characters, pairs, triples and words."""

    singles: slice
    pairs: slice
    triples: slice
    words: slice


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question says, each feature once: how much it tells, how much it is meant (told often), how much it tells
    among messages (0 for triples), whether the first line says it. ``keys`` are characters, buckets or numbers of
    words; ``known`` how many of the words the library has, which come first."""

    of: Families
    keys: _Numbers
    known: int
    rarity: Floats
    weights: Floats
    unusual: Floats
    in_title: NDArray[np.bool_]
    is_number: NDArray[np.bool_]


def read_question(lines: list[str], statistics: Statistics, commonness: Commonness) -> Asked:
    """``lines`` are normalised; the first one is the title."""
    numbers: dict[str, int] = {}
    said_words = [_numbered(line, statistics, numbers) for line in lines]
    said = _in_one_row(codes("\n".join(lines)), [number for line in said_words for number in line])
    keys, counts = np.unique(said, return_counts=True)
    in_title = np.ones(len(keys), np.bool_)
    if len(lines) > 1:
        in_title[:] = False
        in_title[np.searchsorted(keys, _in_one_row(codes(lines[0]), said_words[0]))] = True
    ends = np.searchsorted(keys, _ENDS).tolist()
    of = Families(
        slice(0, ends[0]), slice(ends[0], ends[1]), slice(ends[1], ends[2]), slice(ends[2], ends[4])
    )
    known = ends[3] - ends[2]
    keys &= (1 << _FAMILY_BITS) - 1
    rarity = statistics.rarities(_frequencies(keys, of, known, statistics))
    spelled = {number: word for word, number in numbers.items()}
    words = [spelled[key] for key in keys[of.words].tolist()]
    unusual = np.zeros(len(keys), np.float32)
    unusual[of.singles] = commonness.of_singles(keys[of.singles])
    unusual[of.pairs] = commonness.of_pairs(keys[of.pairs])
    unusual[of.words] = commonness.of_words(words)
    is_number = np.zeros(len(keys), np.bool_)
    is_number[of.words] = [word[1:].isascii() for word in words]
    weights = ((1 + np.log(counts)) * rarity).astype(np.float32)
    return Asked(of, keys, known, rarity, weights, unusual, in_title, is_number)


def _in_one_row(text: Codes, words: list[int]) -> _Numbers:
    pairs = pair_keys(text)
    families = (text[text != 0], pair_buckets(pairs[pairs != 0]), triple_buckets(text)[1], words)
    rows = (np.array(one, np.int64) + (at << _FAMILY_BITS) for at, one in enumerate(families))
    return np.concatenate(tuple(rows))


def _numbered(line: str, statistics: Statistics, numbers: dict[str, int]) -> list[int]:
    """Words and concepts of a line as the lexicon numbers them; those never read get numbers of their own."""
    words = [f"/{word}" for word in segment.search_words(line)]
    words += concepts(line)
    for word in words:
        if word not in numbers:
            known = statistics.word_id(word)
            numbers[word] = known if known >= 0 else _STRANGE + len(numbers)
    return [numbers[word] for word in words]


def _frequencies(keys: _Numbers, of: Families, known: int, statistics: Statistics) -> NDArray[np.int32]:
    frequency = np.zeros(len(keys), np.int32)
    frequency[of.singles] = statistics.char_frequency[keys[of.singles]]
    frequency[of.pairs] = statistics.pair_frequency[keys[of.pairs]]
    frequency[of.triples] = statistics.triple_frequency[keys[of.triples]]
    words = keys[of.words][:known]
    frequency[of.words.start : of.words.start + known] = statistics.word_frequency[words]
    return frequency
