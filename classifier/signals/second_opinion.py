"""A small learned model beside the rules: it hears danger and the type of request in words nobody wrote a rule for.

It weighs the single characters and pairs of characters of a brief message, one pass for all it is asked. Trained on
sentences as citizens would say them (``data/danger_sentences.tsv``, ``data/type_sentences.tsv``) against sentences
of public messages; its file holds nothing but the weights. See ``second_opinion_training`` for how it is made again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.signals.danger_words import EmergencyKind

MOST_CHARACTERS = 100
"""In longer messages a few words of danger drown, and outright ones are found by rules."""

TYPES = ("consultation", "help", "complaint", "report", "suggestion", "praise")
KINDS = tuple(EmergencyKind)
_FIRST_KIND = 1 + len(TYPES)

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


class Heard(NamedTuple):
    """What the model makes of one message."""

    danger: float
    """How much it sounds like danger: the higher the more, 0 where training drew the line."""
    types: list[float]
    """How much it sounds like each of ``TYPES``, before the softmax."""
    kinds: list[float]
    """How much it sounds like each of ``KINDS``, supposing that it is danger."""

    @property
    def likeliest_kind(self) -> EmergencyKind:
        """Which danger it sounds like most."""
        return KINDS[max(range(len(KINDS)), key=self.kinds.__getitem__)]


@dataclass(frozen=True, slots=True)
class _Weights:
    """``row_of_slot`` leads from a key's upper bits to its row; ``keys`` tells whether the row is really its own."""

    row_of_slot: npt.NDArray[np.int16]
    keys: Keys
    rows: Numbers
    bias: Numbers

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
    keys = keys_of(text[:MOST_CHARACTERS].strip())
    if not len(keys):
        sums = weights.bias.tolist()
    else:
        rows, known = weights.find(keys)
        total = known.astype(np.float32) @ weights.rows.take(rows, 0)
        total /= math.sqrt(len(keys))
        total += weights.bias
        sums = total.tolist()
    return Heard(sums[0], sums[1:_FIRST_KIND], sums[_FIRST_KIND:])


def weightiest_words(text: str) -> str:
    """The pair of characters that weighs most for danger, with the neighbours that weigh towards it too."""
    if len(text) < 2:
        return text
    said = text[:MOST_CHARACTERS]
    keys = keys_of(said)
    if len(keys) != 2 * len(said) - 1:  # characters of two units: which pair is whose is lost
        return text
    weights = _weights()
    rows, known = weights.find(keys[len(said) :])
    pairs: list[float] = (weights.rows.take(rows, 0)[:, 0] * known).tolist()
    first = last = max(range(len(pairs)), key=pairs.__getitem__)
    while first > 0 and pairs[first - 1] > 0:
        first -= 1
    while last < len(pairs) - 1 and pairs[last + 1] > 0:
        last += 1
    return text[first : last + 2].strip() or text


@cache
def _weights() -> _Weights:
    with np.load(model_path(), allow_pickle=False) as stored:
        grams = stored["grams"]
        rows = stored["weights"].astype(np.float32) * stored["scales"].astype(np.float32)
        bias = stored["bias"].astype(np.float32)
    keys = keys_of_grams(grams)
    row_of_slot = np.zeros(1 << 20, dtype=np.int16)
    slots = (keys >> _SLOT_SHIFT).view(np.int64)
    row_of_slot[slots[::-1]] = np.arange(len(keys), dtype=np.int16)[
        ::-1
    ]  # the first, the strongest, comes last
    return _Weights(row_of_slot, keys, rows, bias)


def keys_of_grams(grams: npt.NDArray[np.uint32]) -> Keys:
    """The keys of stored grams: a pair as its two units, a single character with nothing in the upper half."""
    first, second = grams >> np.uint32(16), grams & np.uint32(0xFFFF)
    pair = _SPREAD.take(first.astype(np.int64)) * _PAIR + _SPREAD.take(second.astype(np.int64))
    keys: Keys = np.where(first > 0, pair, _SPREAD.take(second.astype(np.int64)))
    return keys
