"""How long somebody at a screen would need: the keystroke-level model of Card, Moran and Newell over a real page.

It is a model and no person: it knows no doubt and no mistake, and counts neither the telephone call nor the visit to the
place that the words are about. What it shows is how much the pages themselves ask for.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Locator, Page

KEY_S = 0.28
"""One key of an average typist who does not touch-type."""
CHINESE_S = 1.0
"""One character by pinyin, with choosing among candidates."""
POINT_S = 1.1
CLICK_S = 0.2
HOME_S = 0.4
"""The hand between mouse and keyboard."""
DECIDE_S = 1.35
READ_PER_S = 5.0
"""Characters; half to two thirds of the pace at which people read prose they know."""

_NUMBER = re.compile(r"[0-9A-Za-z:.]{3,}")
"""A ticket's number, a time, a date: compared or taken in as a whole, like a word of two characters."""


@dataclass
class Human:
    """Somebody who works on one page of a browser and has never seen it; ``spent`` says on what, in seconds."""

    page: Page
    spent: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    clicks: int = 0
    keys: int = 0
    loads: int = 0
    _read: set[str] = field(default_factory=set)
    _at_keyboard: bool = False

    @property
    def seconds(self) -> float:
        return sum(self.spent.values())

    async def reads(self, *parts: Locator) -> None:
        """Every line of what must be understood, once: what was read before is only recognised."""
        for part in parts:
            for said in await part.all_inner_texts():
                self.reads_words(said)

    def reads_words(self, said: str) -> None:
        """The same of words that are in no element."""
        for line in said.split("\n"):
            words = _NUMBER.sub("##", "".join(line.split()))
            if words and not any(known.startswith(words.rstrip("…")) for known in self._read):
                self.spent["reading"] += len(words) / READ_PER_S
                self._read.add(words)

    async def clicks_on(self, what: Locator, *, loads: bool = False) -> None:
        """Decide, point, press; ``loads`` waits for the page it leads to."""
        self.spent["deciding"] += DECIDE_S
        self._hand_at(keyboard=False)
        self.spent["pointing"] += POINT_S + CLICK_S
        self.clicks += 1
        if not loads:
            await what.click()
            return
        async with self._waits():
            await what.click()

    async def types(self, where: Locator, words: str) -> None:
        """Point into the field and type: Latin by keys, Chinese by pinyin."""
        await self.clicks_on(where)
        self._hand_at(keyboard=True)
        latin = sum(one.isascii() for one in words)
        self.keys += len(words)
        self.spent["typing"] += latin * KEY_S + (len(words) - latin) * CHINESE_S
        await where.press_sequentially(words)

    async def presses_enter(self) -> None:
        """And waits for the page it leads to."""
        self._hand_at(keyboard=True)
        self.keys += 1
        self.spent["typing"] += KEY_S
        async with self._waits():
            await self.page.keyboard.press("Enter")

    def _hand_at(self, *, keyboard: bool) -> None:
        if keyboard is not self._at_keyboard:
            self.spent["pointing"] += HOME_S
        self._at_keyboard = keyboard

    @asynccontextmanager
    async def _waits(self) -> AsyncIterator[None]:
        self.loads += 1
        begun = time.monotonic()
        async with self.page.expect_navigation():
            yield
        self.spent["waiting"] += time.monotonic() - begun

    def said(self) -> str:
        parts = "，".join(
            f"{name} {seconds:.1f}" for name, seconds in sorted(self.spent.items(), key=lambda one: -one[1])
        )
        return (
            f"{self.seconds:.1f} s = {parts}; {self.clicks} clicks, {self.keys} keys, {self.loads} page loads"
        )
