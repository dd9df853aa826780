"""Who is logged in: a signed random id in a cookie, everything else in Redis."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

import orjson
from aiohttp import web
from redis.asyncio import Redis

COOKIE = "huiyin_session"
ABSOLUTE = timedelta(hours=8)
"""A session ends this long after login, whatever is done in it."""
IDLE = timedelta(minutes=60)
"""A session ends when nothing was done in it for this long."""
_NOTE_USE_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """The act that takes another back, filled in and one press away; without ``fields`` a link to where it is done."""

    href: str
    fields: Mapping[str, str] = field(default_factory=dict)
    words: str = "撤销"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """``csrf`` goes into every form; ``flash`` is the sentence the next page shows once, with the way to ``undo`` what it
    says where there is one."""

    key: str
    username: str
    csrf: str
    flash: str | None
    undo: Undo | None
    started_at: datetime


class Sessions:
    """Sessions in Redis, under a hash of the id: whoever reads Redis cannot log in with what stands there."""

    def __init__(self, redis: Redis, secret_key: bytes) -> None:
        self._redis = redis
        self._key = hmac.digest(secret_key, b"huiyin/console-session", "sha256")

    async def start(self, username: str, *, now: datetime) -> str:
        """A new session; returns the cookie's value."""
        session_id = secrets.token_urlsafe(32)
        key = _redis_key(session_id)
        fields = {
            "username": username,
            "csrf": secrets.token_urlsafe(32),
            "started_at": now.isoformat(),
            "used_at": now.isoformat(),
        }
        async with self._redis.pipeline() as pipe:
            for name, value in fields.items():
                pipe.hset(key, name, value)
            pipe.expire(key, IDLE)
            await pipe.execute()
        return f"{session_id}.{self._sign(session_id)}"

    async def find(self, cookie: str, *, now: datetime) -> Session | None:
        """The session of a cookie; None when it is forged, unknown or over, or no cookie of ours. Using it keeps it alive."""
        if not cookie.isascii():
            return None
        session_id, _, signature = cookie.partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(session_id).encode()):
            return None
        key = _redis_key(session_id)
        stored = await cast("Awaitable[dict[bytes, bytes]]", self._redis.hgetall(key))
        fields = {name.decode(): value.decode() for name, value in stored.items()}
        if "username" not in fields:
            return None
        used_at = datetime.fromisoformat(fields["used_at"])
        started_at = datetime.fromisoformat(fields["started_at"])
        if now - started_at >= ABSOLUTE or now - used_at >= IDLE:
            await self._redis.delete(key)
            return None
        if now - used_at >= _NOTE_USE_EVERY:
            await self._write(key, {"used_at": now.isoformat()})
            await self._redis.expire(key, IDLE)
        return Session(
            key=key,
            username=fields["username"],
            csrf=fields["csrf"],
            flash=fields.get("flash") or None,
            undo=_undo(fields.get("undo", "")),
            started_at=started_at,
        )

    async def end(self, cookie: str) -> None:
        """Forget the session at once, for every process."""
        if cookie.isascii():
            await self._redis.delete(_redis_key(cookie.partition(".")[0]))

    async def set_flash(self, session: Session, text: str, undo: Undo | None = None) -> None:
        """The sentence of the next page; the undo of an earlier one goes with it, also one of another tab just now."""
        kept = b""
        if undo is not None:
            kept = orjson.dumps({"href": undo.href, "fields": dict(undo.fields), "words": undo.words})
        await self._write(session.key, {"flash": text, "undo": kept.decode()})

    async def forget_flash(self, session: Session) -> None:
        await self._redis.hdel(session.key, "flash", "undo")

    async def _write(self, key: str, fields: Mapping[str, str]) -> None:
        # Only into a session that is still there: a logout must not be undone by a slower request. All at once: a
        # sentence must never stand beside another's undo.
        if await self._redis.exists(key):
            await self._redis.hset(key, items=[part for field in fields.items() for part in field])

    def _sign(self, session_id: str) -> str:
        return hmac.digest(self._key, session_id.encode(), "sha256").hex()


def _undo(kept: str) -> Undo | None:
    return Undo(**orjson.loads(kept)) if kept else None


def set_cookie(response: web.StreamResponse, value: str, *, secure: bool) -> None:
    """Out of reach of scripts and of other sites' forms; over https only where the service is."""
    response.set_cookie(COOKIE, value, path="/console", httponly=True, samesite="Lax", secure=secure)


def delete_cookie(response: web.StreamResponse) -> None:
    response.del_cookie(COOKIE, path="/console")


def _redis_key(session_id: str) -> str:
    return f"session:{hashlib.sha256(session_id.encode()).hexdigest()}"
