"""What a browser carries to WeChat and back: signed, of this browser, good once and for five minutes.

Without it, anybody could send a citizen a link that logs them in as somebody else.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from redis.asyncio import Redis

COOKIE = "huiyin_my_way"
LASTS = timedelta(minutes=5)
COOKIE_LASTS_S = 600
_STATE = re.compile(r"([0-9a-f]{32})([0-9a-f]{64})")
_MARK = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class States:
    """WeChat takes letters and digits only, 128 at most: a state is 96 hexadecimal digits."""

    redis: Redis
    secret_key: bytes

    async def issue(self, account: str, *, mark: str, back_to: str, now: datetime) -> str:
        """A state for the browser with this mark; ``back_to`` is the page it wanted."""
        nonce = secrets.token_hex(16)
        note = json.dumps({"back_to": back_to, "until": (now + LASTS).isoformat()})
        await self.redis.set(_redis_key(nonce), note, ex=LASTS)
        return nonce + self._sign(account, nonce, mark)

    async def redeem(self, account: str, state: str, *, mark: str, now: datetime) -> str | None:
        """The page that was wanted; None for a state that is forged, another browser's, used or too old."""
        parts = _STATE.fullmatch(state)
        if parts is None or not _MARK.fullmatch(mark):
            return None
        if not hmac.compare_digest(parts[2], self._sign(account, parts[1], mark)):
            return None
        kept = await self.redis.getdel(_redis_key(parts[1]))
        if kept is None:
            return None
        note = json.loads(kept)
        return str(note["back_to"]) if now < datetime.fromisoformat(note["until"]) else None

    def _sign(self, account: str, nonce: str, mark: str) -> str:
        key = hmac.digest(self.secret_key, b"huiyin/citizen-state", "sha256")
        return hmac.digest(key, f"{account}\n{nonce}\n{mark}".encode(), "sha256").hex()


def mark_of(cookie: str | None) -> str:
    """The browser's mark, a new one if it has none: two pages opened at once share it."""
    return cookie if cookie and _MARK.fullmatch(cookie) else secrets.token_hex(16)


def _redis_key(nonce: str) -> str:
    return f"citizen-state:{sha256(nonce.encode()).hexdigest()}"
