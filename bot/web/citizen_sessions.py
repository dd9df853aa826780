"""Which citizen looks at their own pages: a signed random id in a cookie, everything else sealed in Redis."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from aiohttp import web
from pydantic import TypeAdapter, ValidationError
from redis.asyncio import Redis

from routing.identity import SealBroken, Vault

log = structlog.get_logger(__name__)

COOKIE = "huiyin_my"
LASTS = timedelta(hours=2)
"""From the entry on, whatever is done meanwhile: entering again costs a follower one tap."""
MOST_NUMBERS = 20
"""So many tickets one session opens by query code; the first of them are dropped for more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenSession:
    """``openid`` None is somebody outside WeChat, to whom the tickets in ``numbers`` were opened by query code."""

    key: str
    account: str
    openid: str | None = field(repr=False)
    numbers: tuple[str, ...] = ()
    csrf: str = field(repr=False)
    started_at: datetime


_SESSION = TypeAdapter(CitizenSession)


class CitizenSessions:
    """Under a hash of the id, and sealed: whoever reads Redis neither learns who it was nor enters in their place."""

    def __init__(self, redis: Redis, vault: Vault, secret_key: bytes) -> None:
        self._redis = redis
        self._vault = vault
        self._key = hmac.digest(secret_key, b"huiyin/citizen-session", "sha256")

    async def start(
        self, account: str, *, openid: str | None, numbers: Iterable[str] = (), now: datetime
    ) -> str:
        """A new session; returns the cookie's value."""
        session_id = secrets.token_urlsafe(32)
        session = CitizenSession(
            key=_redis_key(session_id),
            account=account,
            openid=openid,
            numbers=tuple(numbers)[-MOST_NUMBERS:],
            csrf=secrets.token_urlsafe(32),
            started_at=now,
        )
        await self._redis.set(session.key, self._seal(session), ex=LASTS)
        return f"{session_id}.{self._sign(session_id)}"

    async def find(self, cookie: str, *, account: str, now: datetime) -> CitizenSession | None:
        """The session of a cookie; None when it is forged, unknown, over, or of another account."""
        if not cookie.isascii():
            return None
        session_id, _, signature = cookie.partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(session_id).encode()):
            return None
        key = _redis_key(session_id)
        sealed = await self._redis.get(key)
        if not isinstance(sealed, bytes):
            return None
        try:
            session = _SESSION.validate_json(self._vault.open(sealed, about=key))
        except (SealBroken, ValidationError) as error:
            log.warning("citizen session unreadable", error=type(error).__name__)
            return None
        if session.account != account or now - session.started_at >= LASTS or await self._ended(session):
            return None
        return session

    async def open_also(self, session: CitizenSession, number: str) -> None:
        """Let this session see one more ticket, whose query code was given."""
        numbers = (*(n for n in session.numbers if n != number), number)[-MOST_NUMBERS:]
        # Only where it still is, and only for the rest of its time: a leave must not be undone.
        opened = replace(session, numbers=numbers)
        await self._redis.set(session.key, self._seal(opened), xx=True, keepttl=True)

    async def end_all_of(self, account: str, openid: str, *, now: datetime) -> None:
        """Let nobody in any more as this follower, on any telephone, until they enter anew."""
        for index in self._indexes(account, openid):
            await self._redis.set(f"citizen-left:{index}", now.isoformat(), ex=LASTS)

    async def end(self, session: CitizenSession) -> None:
        await self._redis.delete(session.key, f"{session.key}:flash")

    async def say_next(self, session: CitizenSession, words: str) -> None:
        """Say it once, on the next page this person opens."""
        await self._redis.set(f"{session.key}:flash", words, ex=300)

    async def take_said(self, session: CitizenSession) -> str | None:
        said = await self._redis.getdel(f"{session.key}:flash")
        return said.decode() if isinstance(said, bytes) else said

    async def _ended(self, session: CitizenSession) -> bool:
        if session.openid is None:
            return False
        index = self._indexes(session.account, session.openid)[0]
        left = await self._redis.get(f"citizen-left:{index}")
        if left is None:
            return False
        at = left.decode() if isinstance(left, bytes) else left
        return session.started_at <= datetime.fromisoformat(at)

    def _indexes(self, account: str, openid: str) -> list[str]:
        return self._vault.blind_indexes(f"{account}\x00{openid}", field="citizen-session")

    def _seal(self, session: CitizenSession) -> bytes:
        return self._vault.seal(_SESSION.dump_json(session), about=session.key)

    def _sign(self, session_id: str) -> str:
        return hmac.digest(self._key, session_id.encode(), "sha256").hex()


def set_cookie(response: web.StreamResponse, value: str, *, path: str, secure: bool) -> None:
    """Of one account's pages alone, out of reach of scripts and other sites' forms."""
    response.set_cookie(
        COOKIE,
        value,
        path=path,
        max_age=int(LASTS.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=secure,
    )


def delete_cookie(response: web.StreamResponse, *, path: str) -> None:
    response.del_cookie(COOKIE, path=path)


def _redis_key(session_id: str) -> str:
    return f"citizen-session:{hashlib.sha256(session_id.encode()).hexdigest()}"
