"""APIs the platform has closed to an account for a while: the first process that hears of it spares all the others."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

_log = structlog.get_logger(__name__)


class ApiCircuits:
    """Keys ``wechat-closed:{app id}:{path}``, each with the code and its own end. Redis away: what this process heard."""

    def __init__(self, redis: Redis, app_id: str, *, account: str, monotonic: Callable[[], float]) -> None:
        self._redis = redis
        self._app_id = app_id
        self._account = account
        self._monotonic = monotonic
        self._heard_here: dict[str, tuple[int, float]] = {}

    async def closed_with(self, path: str) -> int | None:
        """The code for which ``path`` is closed now; None while it is open."""
        code, until = self._heard_here.get(path, (0, 0.0))
        if self._monotonic() < until:
            return code
        try:
            found = await self._redis.get(self._key(path))
        except RedisError:
            return None
        return int(found) if found is not None else None

    async def close(self, path: str, code: int, for_s: float) -> None:
        """Nobody calls ``path`` for ``for_s`` seconds."""
        try:
            await self._redis.set(self._key(path), code, px=max(int(for_s * 1000), 1))
        except RedisError as error:
            _log.warning(
                "wechat circuit kept in this process", account=self._account, error=type(error).__name__
            )
            self._heard_here[path] = (code, self._monotonic() + for_s)

    def _key(self, path: str) -> str:
        return f"wechat-closed:{self._app_id}:{path}"
