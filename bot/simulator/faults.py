"""Faults a test or a demonstration can order from the platform, one by one or at random."""

from __future__ import annotations

import random
from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from enum import StrEnum


class Failure(StrEnum):
    """How a call can fail without an errcode, or be answered in an unusual way."""

    HTTP_500 = "http_500"
    HTTP_502 = "http_502"
    """A gateway's page instead of the platform's JSON."""
    RESET_BEFORE_EFFECT = "reset_before_effect"
    SLOW_BEFORE_EFFECT = "slow_before_effect"
    """The platform thinks beyond every patience and then does nothing."""
    RESET_AFTER_EFFECT = "reset_after_effect"
    """The platform does what was asked, then drops the connection: the caller cannot know."""
    SLOW_AFTER_EFFECT = "slow_after_effect"
    GARBAGE = "garbage"
    """Done, and answered with half of a JSON document."""
    EMPTY = "empty"
    """Done, and answered with nothing at all."""
    NO_OBJECT = "no_object"
    """Done, and answered with JSON that is no object."""
    LATE = "late"
    """A good answer after ``Faults.late_s``."""
    TEXT_PLAIN = "text_plain"
    """A good answer under the wrong content type, as some endpoints of the real platform give."""


BEFORE_EFFECT = frozenset(
    {Failure.HTTP_500, Failure.HTTP_502, Failure.RESET_BEFORE_EFFECT, Failure.SLOW_BEFORE_EFFECT}
)
"""Nothing was done, whatever the caller may think."""
OUTCOME_UNKNOWN = frozenset(
    set(Failure) - {Failure.HTTP_500, Failure.HTTP_502, Failure.LATE, Failure.TEXT_PLAIN}
)
"""The caller cannot know whether it was done."""

Fault = int | Failure


class Faults:
    """What goes wrong next. Nothing does until it is ordered."""

    def __init__(self, *, dice: random.Random | None = None) -> None:
        self.lose_replies = 0
        """So many of the next replies to pushes get lost on the way; the platform delivers again."""
        self.lose_share = 0.0
        """The share of replies that get lost at random; never that of the last delivery, which no service survives."""
        self.repeat_share = 0.0
        """The share of settled pushes that are delivered once more all the same."""
        self.repeat_reports = 1
        """How often each report of a template message is pushed."""
        self.slow_s = 10.0
        self.late_s = 0.2
        self.met: Counter[tuple[str, str]] = Counter()
        """How often which endpoint met which fault."""
        self._dice = dice or random.Random()
        self._next: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._shares: dict[str, Mapping[Fault, float]] = {}

    def fail_next(self, endpoint: str, error: Fault, *, times: int = 1) -> None:
        """Queue an error for an endpoint such as ``message/custom/send``."""
        self._next[endpoint].extend([error] * times)

    def fail_at_random(self, endpoint: str, shares: Mapping[Fault, float]) -> None:
        """From now on each call of ``endpoint`` meets each fault with its probability; together at most 1."""
        self._shares[endpoint] = dict(shares)

    def stop(self) -> None:
        """Nothing goes wrong any more."""
        self._next.clear()
        self._shares.clear()
        self.lose_replies, self.lose_share, self.repeat_share = 0, 0.0, 0.0

    def take(self, endpoint: str) -> Fault | None:
        """The error the next call of this endpoint meets."""
        queue = self._next.get(endpoint)
        fault = queue.popleft() if queue else self._at_random(endpoint)
        if fault is not None:
            self.met[endpoint, str(fault)] += 1
        return fault

    def _at_random(self, endpoint: str) -> Fault | None:
        drawn = self._dice.random()
        for fault, share in self._shares.get(endpoint, {}).items():
            if drawn < share:
                return fault
            drawn -= share
        return None

    def take_lost_reply(self, *, last: bool = False) -> bool:
        """Whether this reply gets lost."""
        if self.lose_replies > 0:
            self.lose_replies -= 1
        elif last or self._dice.random() >= self.lose_share:
            return False
        self.met["push", "lost"] += 1
        return True

    def take_repeat(self) -> bool:
        """Whether a settled push is delivered once more."""
        if self._dice.random() >= self.repeat_share:
            return False
        self.met["push", "repeated"] += 1
        return True
