"""What was read from texts lately, within a bound of characters: a thousand short texts, or a few of the longest."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_Text = TypeVar("_Text", bound=Hashable)
_Read = TypeVar("_Read")


class Remembered(Generic[_Text, _Read]):
    """``read`` with a memory: what was not asked for while half of ``most`` characters were read is forgotten.

    ``size`` says how many characters a reading takes; one that takes more than half of all is not kept. Threads may
    share it: at worst a text is read twice.
    """

    def __init__(self, read: Callable[[_Text], _Read], *, size: Callable[[_Read], int], most: int) -> None:
        self._read, self._size, self._half = read, size, most // 2
        self._lately: dict[_Text, tuple[_Read, int]] = {}
        self._before: dict[_Text, tuple[_Read, int]] = {}
        self._taken = self._taken_before = 0

    @property
    def taken(self) -> int:
        """Characters kept, ``most`` at the most."""
        return self._taken + self._taken_before

    def __call__(self, text: _Text) -> _Read:
        kept = self._lately.get(text)
        if kept is None:
            kept = self._before.get(text) or self._reading(text)
            self._keep(text, kept)
        return kept[0]

    def _reading(self, text: _Text) -> tuple[_Read, int]:
        reading = self._read(text)
        return reading, self._size(reading)

    def _keep(self, text: _Text, kept: tuple[_Read, int]) -> None:
        size = kept[1]
        if size > self._half:
            return
        if self._taken + size > self._half:
            self._before, self._taken_before = self._lately, self._taken
            self._lately, self._taken = {}, 0
        self._lately[text] = kept
        self._taken += size
