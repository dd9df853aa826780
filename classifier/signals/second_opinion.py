"""A small learned model beside the rules: it hears danger and the type of request in words nobody wrote a rule for.

It weighs the single characters and pairs of characters of a brief message, one pass for all it is asked. Who is in
danger often begins with something else ("about the lift I rang you ten times…"), so danger is listened for in every
run of clauses, not in the whole alone. Trained on sentences as citizens would say them (``data/danger_sentences.tsv``,
``data/type_sentences.tsv``) against passages of public messages and questions; its file holds nothing but weights.
See ``second_opinion_training`` for how it is made again.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifier.signals.danger_words import EmergencyKind

MOST_CHARACTERS = 160
"""A longer message is a letter: danger is mostly told of there, and outright words are found by rules."""
TYPE_CHARACTERS = 100
"""In longer messages the type is what the rules say it is."""
PASSAGE = 45
"""A run of clauses of at most so many characters is listened to by itself."""
FEWEST_CHARACTERS = 8
"""So many has a passage at least, unless the message has fewer."""

TYPES = ("consultation", "help", "complaint", "report", "suggestion", "praise")
NO_REQUEST = "none"
"""What the sentences are labelled that ask for nothing: remarks, answers, places, numbers, anger at nobody named."""
KINDS = tuple(EmergencyKind)
_NO_REQUEST = 1 + len(TYPES)
_FIRST_KIND = 2 + len(TYPES)

Codes = npt.NDArray[np.uint16]
Keys = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.float32]

_DIGITS = range(ord("0"), ord("9") + 1)
_WIDE = range(0xFF01, 0xFF5F)
_FORMS: Codes = np.arange(0x10000, dtype=np.uint16)
_FORMS[_WIDE.start : _WIDE.stop] -= 0xFEE0
_FORMS[_DIGITS.start : _DIGITS.stop] = ord("0")
_FORMS[0xFF10:0xFF1A] = ord("0")
_FORMS[[0x09, 0x0A, 0x0D, 0x3000]] = ord(" ")
_CLAUSE = re.compile(r"[^，。！？!?,;；：:、\s]+[，。！？!?,;；：:、\s]*")
_WORDS = re.compile(r"[^，。！？!?,;；：:、\s]+")
_MOST_SHOWN = 16
_TWO_UNITS = re.compile("[\U00010000-\U0010ffff]")
DAMPING = 0.7
_DAMPED = [1.0, *((2 * length - 1) ** -DAMPING for length in range(1, MOST_CHARACTERS + 1))]
"""By the length of a passage: with the square root, the longer of two equal ones would be heard louder."""
_PAIR = np.uint64(0x9E3779B97F4A7C15)


def _spread() -> Keys:
    """A well-mixed number per UTF-16 unit (the SplitMix64 sequence)."""
    mixed = np.arange(1, 0x10001, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


_SPREAD = _spread()
_UNIT_KEYS: Keys = _SPREAD.take(_FORMS)
_SLOT_SHIFT = np.uint64(64 - 20)
"""A million slots: hardly two of the grams that ship want the same one, and then the stronger has it."""


@dataclass(frozen=True, slots=True)
class Loudest:
    """Where a message sounds most like danger: the higher the scores the more, 0 where training drew the line."""

    score: float
    whole: float
    """The score of all that was read."""
    passage: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What the model makes of one message."""

    said: str
    """What was read of it."""
    types: list[float]
    """How much it sounds like each of ``TYPES``, before the softmax."""
    no_request: float
    """How much it sounds like no request at all, likewise."""
    kinds: list[float]
    """How much it sounds like each of ``KINDS``, supposing that it is danger."""
    dangers: Numbers
    """What each character, then each pair of neighbours, weighs for danger."""

    @property
    def likeliest_kind(self) -> EmergencyKind:
        """Which danger it sounds like most."""
        return KINDS[max(range(len(KINDS)), key=self.kinds.__getitem__)]

    def loudest(self) -> Loudest:
        """The run of clauses that sounds most like danger."""
        return loudest_passage(self.said, self.dangers, float(_weights().bias[0]))


@dataclass(frozen=True, slots=True)
class _Weights:
    """``row_of_slot`` leads from a key's upper bits to its row; ``keys`` tells whether the row is really its own."""

    row_of_slot: npt.NDArray[np.int16]
    keys: Keys
    rows: Numbers
    bias: Numbers
    verdicts: npt.NDArray[np.float64]

    def find(self, keys: Keys) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.bool_]]:
        """The row of each key, and whether it is in the model at all."""
        rows = self.row_of_slot.take((keys >> _SLOT_SHIFT).view(np.int64))
        return rows, self.keys.take(rows) == keys


def model_path() -> Path:
    """The weights that ship with the package."""
    return Path(__file__).parent / "data" / "second_opinion.npz"


def codes_of(text: str) -> Codes:
    """The UTF-16 units of a text as the model reads them: half-width, every digit ``0``."""
    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype=np.uint16)
    codes: Codes = _FORMS.take(units)
    return codes


def keys_of(text: str) -> Keys:
    """The keys of the single characters, then of the pairs of neighbours."""
    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype=np.uint16)
    if len(units) != len(text):
        return keys_of(_TWO_UNITS.sub("?", text))
    count = len(units)
    keys: Keys = np.empty(max(0, 2 * count - 1), dtype=np.uint64)
    single = keys[:count]
    _UNIT_KEYS.take(units, out=single, mode="clip")  # in place: other modes go by way of a copy
    if count > 1:
        pairs = keys[count:]
        np.multiply(single[:-1], _PAIR, out=pairs)
        pairs += single[1:]
    return keys


def hear(text: str) -> Heard:
    """What a brief message sounds like. What lies beyond ``MOST_CHARACTERS`` is not read."""
    weights = _weights()
    said = text[:MOST_CHARACTERS].strip()
    keys = keys_of(said)
    rows, known = weights.find(keys)
    own = weights.rows.take(rows, 0)
    present = known.astype(np.float32)
    total = present @ own
    total /= math.sqrt(max(1, len(keys)))
    total += weights.bias
    sums: list[float] = total.tolist()
    types, kinds = sums[1:_NO_REQUEST], sums[_FIRST_KIND:]
    return Heard(said, types, sums[_NO_REQUEST], kinds, own[:, 0] * present)


def loudest_passage(said: str, dangers: Numbers, bias: float) -> Loudest:
    """The passage of the highest score: what its grams weigh, divided by a power of how many they are."""
    count = len(said)
    if not count:
        return Loudest(bias, bias, said)
    bounds = [0, *(mark.end() for mark in _CLAUSE.finditer(said))]
    if bounds[-1] < count:
        bounds.append(count)
    at = np.array(bounds)
    single, pairs = np.zeros(count + 1), np.zeros(count + 1)
    dangers[:count].cumsum(out=single[1:])
    dangers[count:].cumsum(out=pairs[1:-1])  # the pair that begins at the last character is none
    before: list[float] = (single.take(at) + pairs.take(at)).tolist()
    after: list[float] = (single.take(at) + pairs.take(np.maximum(at - 1, 0))).tolist()
    whole = (after[-1] - before[0]) * _DAMPED[count] + bias
    best, start, end = -math.inf, 0, count
    for first, begin in enumerate(bounds[:-1]):
        for last in range(first + 1, len(bounds)):
            length = bounds[last] - begin
            if length > PASSAGE and last > first + 1:
                break
            if length < FEWEST_CHARACTERS:
                continue
            score = (after[last] - before[first]) * _DAMPED[length]
            if score > best:
                best, start, end = score, begin, bounds[last]
    return Loudest(whole if best == -math.inf else best + bias, whole, said[start:end])


def weightiest_words(text: str) -> str:
    """The clause that weighs most for danger; of a long one the stretch around its weightiest pair of characters."""
    said = text[:MOST_CHARACTERS]
    if len(said) < 2:
        return text
    weights = _weights()
    keys = keys_of(said)
    rows, known = weights.find(keys)
    own: list[float] = (weights.rows.take(rows, 0)[:, 0] * known).tolist()
    pairs = own[len(said) :]
    clauses = [mark.span() for mark in _WORDS.finditer(said)]
    # A pair across a comma is half a word: nobody could read it as a reason.
    within = [(pair, span) for span in clauses for pair in range(span[0], span[1] - 1)]
    if not within:
        return text
    at, (start, end) = max(within, key=lambda found: pairs[found[0]])
    if end - start > _MOST_SHOWN:
        start = max(start, min(at - _MOST_SHOWN // 2, end - _MOST_SHOWN))
        end = start + _MOST_SHOWN
    return said[start:end].strip() or text


def verdict_weights() -> npt.NDArray[np.float64]:
    """What each sign weighs in the last word on danger, a row for brief messages and one for longer ones."""
    return _weights().verdicts


@cache
def _weights() -> _Weights:
    with np.load(model_path(), allow_pickle=False) as stored:
        grams = stored["grams"]
        rows = stored["weights"].astype(np.float32) * stored["scales"].astype(np.float32)
        bias = stored["bias"].astype(np.float32)
        verdicts = stored["verdicts"].astype(np.float64)
    keys = keys_of_grams(grams)
    row_of_slot = np.zeros(1 << 20, dtype=np.int16)
    slots = (keys >> _SLOT_SHIFT).view(np.int64)
    row_of_slot[slots[::-1]] = np.arange(len(keys), dtype=np.int16)[
        ::-1
    ]  # the first, the strongest, comes last
    return _Weights(row_of_slot, keys, rows, bias, verdicts)


def keys_of_grams(grams: npt.NDArray[np.uint32]) -> Keys:
    """The keys of stored grams: a pair as its two units, a single character with nothing in the upper half."""
    first, second = grams >> np.uint32(16), grams & np.uint32(0xFFFF)
    pair = _SPREAD.take(first.astype(np.int64)) * _PAIR + _SPREAD.take(second.astype(np.int64))
    keys: Keys = np.where(first > 0, pair, _SPREAD.take(second.astype(np.int64)))
    return keys
