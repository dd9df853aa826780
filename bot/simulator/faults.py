"""Faults a test or a demonstration can order from the platform."""

from __future__ import annotations

from collections import defaultdict, deque
from enum import StrEnum


class Failure(StrEnum):
    """How a call can fail without an errcode."""

    HTTP_500 = "http_500"
    RESET_AFTER_EFFECT = "reset_after_effect"
    """The platform does what was asked, then drops the connection: the caller cannot know."""


class Faults:
    """What goes wrong next. Nothing does until it is ordered."""

    def __init__(self) -> None:
        self.lose_replies = 0
        """So many of the next replies to pushes get lost on the way; the platform delivers again."""
        self._next: defaultdict[str, deque[int | Failure]] = defaultdict(deque)

    def fail_next(self, endpoint: str, error: int | Failure, *, times: int = 1) -> None:
        """Queue an error for an endpoint such as ``message/custom/send``."""
        self._next[endpoint].extend([error] * times)

    def take(self, endpoint: str) -> int | Failure | None:
        """The error the next call of this endpoint meets."""
        queue = self._next.get(endpoint)
        return queue.popleft() if queue else None

    def take_lost_reply(self) -> bool:
        """Whether this reply gets lost."""
        if self.lose_replies <= 0:
            return False
        self.lose_replies -= 1
        return True
