"""What changed between two versions of an article: field by field, word by word where it is text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from difflib import Match, SequenceMatcher
from enum import StrEnum
from itertools import accumulate, groupby

from classifier.segment import dictionary_words
from knowledge_base.article import UNDATED, Article, CatalogueEntry, Guide

_NOT_COMPARED = frozenset({"id", "status", "shown_until"})
_ENDS = "。\n"
_SENTENCE = re.compile(r"[^。\n]*[。\n]|[^。\n]+")
_MOST_WORDS = 3_000
"""Of the differing middle of a text; beyond, whole sentences are compared."""
_MOST_STEPS = 1_000_000
"""What comparing may cost, some tenths of a second. A table full of “无”, or thousands of sentences of which every
second one changed, cost more: what is left then is shown as one text in place of the other."""


class PieceKind(StrEnum):
    """What became of a stretch of text."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one kind; removed comes before added."""

    kind: PieceKind
    text: str


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One changed field by its name (``guide.fees``) and label; its pieces read in order."""

    field: str
    label: str
    pieces: tuple[Piece, ...]


def differences(
    before: Article | None, after: Article | None, *, labels: Mapping[str, str], words: Mapping[str, str]
) -> tuple[FieldDiff, ...]:
    """The changed fields in the order of the article; None stands for no version at all.

    ``labels`` names the fields in the reader's words, a field without one goes by its name; ``words`` says stored values
    (``county``) and ids of articles in the reader's words, others stay as they are.
    """
    old, new = dict(_texts(before, words)), dict(_texts(after, words))
    names = [*new, *(name for name in old if name not in new)]
    return tuple(
        FieldDiff(name, labels.get(name, name), compare(old.get(name, ""), new.get(name, "")))
        for name in names
        if old.get(name, "") != new.get(name, "")
    )


def compare(before: str, after: str) -> tuple[Piece, ...]:
    """The two texts as one sequence of pieces, cut at words; sentences both begin or end with are not looked into."""
    head = _sentence_end(before, _common(before, after))
    shorter = min(len(before), len(after)) - head
    tail = min(_common(before[::-1], after[::-1]), shorter)
    tail = len(before) - _sentence_begin(before, len(before) - tail)
    pieces = [
        Piece(PieceKind.SAME, before[:head]),
        *_middle(before[head : len(before) - tail], after[head : len(after) - tail]),
        Piece(PieceKind.SAME, before[len(before) - tail :]),
    ]
    return tuple(_joined(pieces))


def _common(before: str, after: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(before, after, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(before), len(after)))


def _sentence_end(text: str, at: int) -> int:
    if at == len(text):
        return at
    return max((text.rfind(mark, 0, at) + 1 for mark in _ENDS), default=0)


def _sentence_begin(text: str, at: int) -> int:
    found = (text.find(mark, at - 1 if at else 0) for mark in _ENDS)
    return min((place + 1 for place in found if place >= 0), default=len(text)) if at else 0


def _middle(before: str, after: str) -> Iterator[Piece]:
    old, new = dictionary_words(before), dictionary_words(after)
    matcher = _Matcher(old, new)
    if max(len(old), len(new)) > _MOST_WORDS or not matcher.came_to_an_end():
        old, new = _SENTENCE.findall(before), _SENTENCE.findall(after)
        matcher = _Matcher(old, new)
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        if kind == "equal":
            yield Piece(PieceKind.SAME, "".join(old[start:end]))
        else:
            yield Piece(PieceKind.REMOVED, "".join(old[start:end]))
            yield Piece(PieceKind.ADDED, "".join(new[other_start:other_end]))


class _Matcher(SequenceMatcher[str]):
    """Finds nothing more once its steps are spent; what it costs does not depend on the machine or its load."""

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        super().__init__(None, old, new, autojunk=False)
        counted = Counter(new)
        self._cost = [0, *accumulate(1 + counted[token] for token in old)]
        self._left = _MOST_STEPS

    def came_to_an_end(self) -> bool:
        self.get_opcodes()
        return self._left >= 0

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        end = len(self._cost) - 1 if ahi is None else ahi
        self._left -= self._cost[end] - self._cost[alo]
        if self._left < 0:
            return Match(alo, blo, 0)
        return super().find_longest_match(alo, ahi, blo, bhi)


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Neighbours of one kind as one piece, none empty."""
    for kind, group in groupby((piece for piece in pieces if piece.text), key=lambda piece: piece.kind):
        yield Piece(kind, "".join(piece.text for piece in group))


def _texts(article: Article | None, words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Every field by name, as text."""
    for field in fields(article) if article else ():
        value = getattr(article, field.name)
        if isinstance(value, Guide | CatalogueEntry):
            for part in fields(value):
                yield f"{field.name}.{part.name}", _text(getattr(value, part.name), words)
        elif field.name not in _NOT_COMPARED:
            yield field.name, _text(value, words)


def _text(value: object, words: Mapping[str, str]) -> str:
    if isinstance(value, tuple):
        return "\n".join(_text(one, words) for one in value)
    if isinstance(value, date):
        return "" if value == UNDATED else value.isoformat()
    return words.get(value, value) if isinstance(value, str) else ""
