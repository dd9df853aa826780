"""A file somebody uploaded, held between its preview and their yes; in Redis, as it may be lost."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

import orjson
from redis.asyncio import Redis

HELD_S = 30 * 60
"""Long enough to read a preview; then the file is uploaded again."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldUpload:
    """What was uploaded, and on top of which version its preview was made."""

    kind: str
    name: str
    data: bytes
    base: int = 0
    day: str = ""

    def as_file(self, read: Callable[[Path], _T]) -> _T:
        """What a reader of files makes of it; blocks."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / (Path(self.name).name or "upload.csv")
            file.write_bytes(self.data)
            return read(file)


class HeldUploads:
    """Held by user name and a token nobody guesses: who uploaded it says yes to it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def hold(self, upload: HeldUpload, *, username: str) -> str:
        """The token to find it by."""
        token = secrets.token_urlsafe(16)
        about = {"kind": upload.kind, "name": upload.name, "base": upload.base, "day": upload.day}
        packed = orjson.dumps(about) + b"\n" + upload.data
        await self._redis.set(_key(username, token), packed, ex=HELD_S)
        return token

    async def find(self, token: str, *, username: str) -> HeldUpload | None:
        """None when it was let go, or is somebody else's."""
        packed = cast("bytes | None", await self._redis.get(_key(username, token[:64])))
        if packed is None:
            return None
        about, _, data = packed.partition(b"\n")
        return HeldUpload(data=data, **orjson.loads(about))

    async def let_go(self, token: str, *, username: str) -> None:
        await self._redis.delete(_key(username, token[:64]))


def _key(username: str, token: str) -> str:
    return f"upload:{username}:{token}"
