"""Find the phrases of a fixed list in a text: place names, unit names, the words that point to a duty."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

HEAD = 2
"""Characters a phrase is looked up by; no phrase may be shorter."""


def normalise(text: str) -> str:
    """The form phrases and texts are compared in: full-width forms folded, lower case, no blanks."""
    return unicodedata.normalize("NFKC", text).lower().replace(" ", "")


@dataclass(frozen=True, slots=True)
class Folded:
    """A text ready to be searched by several indexes; made by ``fold``."""

    text: str
    heads: frozenset[str]
    """Every two neighbouring characters of the text."""


def fold(text: str | Folded) -> Folded:
    """Normalise a text once for all indexes; what is folded already passes through."""
    if isinstance(text, Folded):
        return text
    folded = normalise(text)
    return Folded(folded, frozenset(map(str.__add__, folded, folded[1:])))


@dataclass(frozen=True, slots=True)
class Found:
    """One phrase at its offset in the normalised text."""

    phrase: str
    start: int


class PhraseIndex:
    """Longest matches over many phrases, at a cost that hardly depends on how many there are.

    A phrase lying wholly inside a longer match is dropped: 东门 in 东门小学 says nothing of its own.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        buckets: dict[str, set[str]] = {}
        for phrase in phrases:
            folded = normalise(phrase)
            if len(folded) < HEAD:
                raise ValueError(f"a phrase needs at least {HEAD} characters: {phrase!r}")
            buckets.setdefault(folded[:HEAD], set()).add(folded)
        self._buckets = {head: tuple(sorted(found, key=len, reverse=True)) for head, found in buckets.items()}
        self._heads = frozenset(self._buckets)

    def find(self, text: str | Folded) -> list[Found]:
        """All matches in the order of the text."""
        folded = fold(text)
        matches = []
        for head in self._heads & folded.heads:
            start = folded.text.find(head)
            while start >= 0:
                for phrase in self._buckets[head]:
                    if folded.text.startswith(phrase, start):
                        matches.append((start, phrase))
                        break
                start = folded.text.find(head, start + 1)
        found = []
        covered_to = 0
        for start, phrase in sorted(matches):
            if start + len(phrase) > covered_to:
                found.append(Found(phrase, start))
                covered_to = start + len(phrase)
        return found
