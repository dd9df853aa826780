"""The platform's access tokens: stable, overlapping in their last five minutes, and revocable."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LIFETIME: Final = timedelta(seconds=7200)
OVERLAP: Final = timedelta(minutes=5)
FORCED_APART: Final = timedelta(seconds=30)
FORCED_A_DAY: Final = 20


@dataclass(frozen=True, slots=True)
class Token:
    """One access token."""

    value: str
    expires_at: datetime


class TokenRefused(Exception):
    """``code`` is the platform's errcode."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Tokens:
    """Issues tokens as ``stable_token`` does and judges those that come with a call."""

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._valid: list[Token] = []
        self._expired: set[str] = set()
        self._forced: list[datetime] = []
        self.fetches = 0
        """How often the service asked; a token storm shows here."""
        self.issued = 0

    def stable(self, *, force: bool = False) -> tuple[str, int]:
        """The token and the seconds it still lives; repeated calls give the same one."""
        now = self._clock()
        self.fetches += 1
        self._drop_expired(now)
        if force and self._may_force(now):
            self._forced.append(now)
            self.revoke()
        current = self._valid[-1] if self._valid else None
        if current is None or current.expires_at - now <= OVERLAP:
            current = Token(f"{secrets.token_urlsafe(90)}", now + LIFETIME)
            self._valid.append(current)
            self.issued += 1
        return current.value, int((current.expires_at - now).total_seconds())

    def _may_force(self, now: datetime) -> bool:
        self._forced = [at for at in self._forced if now - at < timedelta(days=1)]
        if len(self._forced) >= FORCED_A_DAY:
            raise TokenRefused(45009)
        return not self._forced or now - self._forced[-1] >= FORCED_APART

    def judge(self, value: str | None) -> None:
        """Raise for a missing (41001), lapsed (42001) or unknown (40001) token."""
        self._drop_expired(self._clock())
        if not value:
            raise TokenRefused(41001)
        if value in self._expired:
            raise TokenRefused(42001)
        if all(value != token.value for token in self._valid):
            raise TokenRefused(40001)

    def knows(self, value: str) -> bool:
        """Whether it was issued here and not revoked since; it may have lapsed."""
        return value in self._expired or any(value == token.value for token in self._valid)

    def expire(self) -> None:
        """Let every token lapse at once, as if two hours had gone by: calls get 42001."""
        self._expired |= {token.value for token in self._valid}
        self._valid.clear()

    def revoke(self) -> None:
        """Make every token unknown, as a forced refresh elsewhere does: calls get 40001."""
        self._valid.clear()

    def _drop_expired(self, now: datetime) -> None:
        lapsed = {token.value for token in self._valid if token.expires_at <= now}
        self._valid = [token for token in self._valid if token.value not in lapsed]
        self._expired = lapsed if len(self._expired) > 50 else self._expired | lapsed
