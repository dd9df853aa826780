"""Find the phrases of a fixed list in a text: place names, unit names, the words that point to a duty."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

HEAD = 2
"""Characters a phrase is looked up by; no phrase may be shorter."""

_SLOTS = 1 << 17
_SLOT_MASK = np.uint32(_SLOTS - 1)
# Three characters need a larger table than two: tens of thousands of names begin differently by then.
_TRIPLES = 1 << 19
_TRIPLE_MASK = np.uint32(_TRIPLES - 1)
_SPREAD = np.uint32(0x9E3779B1)
"""Odd and far from any pattern: neighbouring code points land far apart. Products wrap around on purpose."""

# What nearly every message holds and NFKC folds; replaced first, the slow general folding is seldom needed.
_USUAL = tuple(zip("，！？：；（）　", ",!?:;() ", strict=True))

Slots = npt.NDArray[np.uint32]


def normalise(text: str) -> str:
    """The form phrases and texts are compared in: full-width forms folded, lower case, no blanks."""
    for wide, narrow in _USUAL:
        text = text.replace(wide, narrow)
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return text.lower().replace(" ", "")


@dataclass(frozen=True, slots=True, eq=False)
class Folded:
    """A text ready to be searched by several indexes; made by ``fold``."""

    text: str
    heads: Slots
    """One slot for every two neighbouring characters of the text; two pairs may share a slot."""


def fold(text: str | Folded) -> Folded:
    """Normalise a text once for all indexes; what is folded already passes through."""
    if isinstance(text, Folded):
        return text
    folded = normalise(text)
    return Folded(folded, slots_of(folded))


def slots_of(text: str) -> Slots:
    """The slot of every two neighbouring characters, in order; one fewer than there are characters."""
    # Lone surrogates come from broken clients; they must not stop a message.
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return (codes[:-1] * _SPREAD + codes[1:]) & _SLOT_MASK


class Found(NamedTuple):
    """One phrase at its offset in the normalised text."""

    phrase: str
    start: int


class HeadTable:
    """Where in a text any of many two-character heads stands, at a cost that does not depend on how many."""

    __slots__ = ("taken",)

    def __init__(self, heads: Iterable[str]) -> None:
        self.taken = np.zeros(_SLOTS, dtype=np.bool_)
        joined = "".join(heads)
        if joined:
            self.taken[slots_of(joined)[::HEAD]] = True

    def positions(self, text: Folded) -> list[int]:
        """Offsets at which a head may stand, in order: every true one and a few false ones."""
        hits: list[int] = self.taken.take(text.heads).nonzero()[0].tolist()
        return hits


class PhraseIndex:
    """Longest matches over many phrases, at a cost that hardly depends on how many there are.

    A phrase lying wholly inside a longer match is dropped: 东门 in 东门小学 says nothing of its own.
    """

    def __init__(self, phrases: Iterable[str], *, folded: bool = False) -> None:
        """``folded`` says that the phrases went through ``normalise`` already."""
        # By their first three characters: of two, common ones lead to dozens of names each.
        buckets: dict[str, str | list[str]] = {}
        for phrase in phrases if folded else map(normalise, phrases):
            if len(phrase) < HEAD:
                raise ValueError(f"a phrase needs at least {HEAD} characters: {phrase!r}")
            known = buckets.setdefault(phrase[: HEAD + 1], phrase)
            # Most have one phrase: a list for each would cost more memory than the phrases.
            if isinstance(known, list):
                known.append(phrase)
            elif known is not phrase:
                buckets[phrase[: HEAD + 1]] = [known, phrase]
        self._buckets = {head: _longest_first(found) for head, found in buckets.items()}
        self._heads = HeadTable(head[:HEAD] for head in self._buckets)
        self._two = frozenset(head for head in self._buckets if len(head) == HEAD)
        self._pairs = HeadTable(self._two)
        self._triples = np.zeros(_TRIPLES, dtype=np.bool_)
        triples = "".join(head for head in self._buckets if len(head) > HEAD)
        if triples:
            slots = slots_of(triples)
            self._triples[_triple_slots(slots[:: HEAD + 1], slots[1 :: HEAD + 1])] = True

    def find(self, text: str | Folded) -> list[Found]:
        """All matches in the order of the text."""
        searched = fold(text)
        whole, buckets, two = searched.text, self._buckets, self._two
        found: list[Found] = []
        covered_to = 0
        for start in self._starts(searched.heads):
            head = whole[start : start + HEAD + 1]
            # One of two characters, if no longer one fits.
            match = head[:HEAD] if head[:HEAD] in two else ""
            for phrase in buckets.get(head, ()):
                if whole.startswith(phrase, start):
                    match = phrase
                    break
            if match and start + len(match) > covered_to:
                found.append(Found(match, start))
                covered_to = start + len(match)
        return found

    def _starts(self, heads: Slots) -> list[int]:
        """Where a phrase may start: its first two and its first three characters are known.

        The larger table is asked only where the smaller one says yes: between messages both fall out of the
        processor's cache, and fetching it back is what costs.
        """
        at = self._heads.taken.take(heads).nonzero()[0]
        if not len(at):
            return []
        here = heads.take(at)
        hits = self._triples.take(_triple_slots(here, heads.take(at + 1, mode="clip")))
        hits |= self._pairs.taken.take(here)
        starts: list[int] = at[hits].tolist()
        return starts


def _triple_slots(first: Slots, second: Slots) -> Slots:
    """The slot of three characters from those of their first two and their last two."""
    return (first * _SPREAD + second) & _TRIPLE_MASK


def _longest_first(phrases: str | list[str]) -> tuple[str, ...]:
    if isinstance(phrases, str):
        return (phrases,)
    return tuple(sorted(set(phrases), key=len, reverse=True))
