"""What several processes share and may lose: leases, rate limits, and values that only one of them may fetch.

Nothing here is a promise to a citizen; those live in MongoDB. Wiping Redis costs a token fetch and some counts.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

_log = structlog.get_logger(__name__)

_COUNTED_WITHIN_S = 1.0

_DELETE_IF_MINE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""

_RENEW_IF_MINE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
"""

_COUNT_IN_WINDOW = """
local count = redis.call('INCR', KEYS[1])
if count == 1 or redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return count
"""

# Deletes the value only if it is still the failed one, and at most once in the guard's time: with a platform that
# hands the same bad value out again, any number of callers would otherwise fetch it any number of times. The second
# time the same value fails, a note says so, at most once in the time that such notes are apart.
_DELETE_FAILED_ONCE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if not redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[2]) then return -1 end
local before = redis.call('GET', KEYS[3])
redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[3])
if before == ARGV[1] and redis.call('SET', KEYS[4], '1', 'NX', 'PX', ARGV[4]) then
  redis.call('SET', KEYS[5], '1', 'PX', ARGV[3])
end
return redis.call('DEL', KEYS[1])
"""


def make_redis(url: str, *, max_connections: int = 32, socket_timeout_s: float | None = 5.0) -> Redis:
    """A client whose callers wait for a free connection instead of failing at the pool's limit.

    ``url`` is ``redis://``, ``rediss://`` or ``unix:///path``. Values come back as bytes. Give
    ``socket_timeout_s=None`` to a client that listens: a quiet channel is not an error. Close it with ``aclose()``.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=max_connections,
        timeout=5,
        socket_timeout=socket_timeout_s,
        socket_connect_timeout=3,
    )
    return Redis.from_pool(pool)


async def _run(redis: Redis, script: str, keys: list[str], *args: str | int) -> int:
    answer = await cast("Awaitable[object]", redis.eval(script, len(keys), *keys, *args))
    return int(cast("int", answer))


class Lease:
    """The right to do one thing, held by one process at a time and given back by time if its holder dies.

    Not a lock for correctness: a holder that stalls beyond ``ttl_s`` has lost it without noticing. What it guards
    must be harmless when done twice.
    """

    def __init__(self, redis: Redis, name: str, *, ttl_s: float) -> None:
        self._redis = redis
        self._key = f"lease:{name}"
        self._ttl_ms = int(ttl_s * 1000)
        self._mine = secrets.token_hex(16)

    async def acquire(self) -> bool:
        """True when nobody else held it."""
        return bool(await self._redis.set(self._key, self._mine, nx=True, px=self._ttl_ms))

    async def renew(self) -> bool:
        """Start the time anew; False when it was lost meanwhile."""
        return await _run(self._redis, _RENEW_IF_MINE, [self._key], self._mine, self._ttl_ms) == 1

    async def release(self) -> bool:
        """Give it back; never takes it from another holder. False when it was lost meanwhile."""
        return await _run(self._redis, _DELETE_IF_MINE, [self._key], self._mine) == 1


class RateLimit:
    """At most so many in a window that opens with the first one; counted for all processes together."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def allow(self, key: str, limit: int, window_s: float) -> bool:
        """Count one and say whether it is within ``limit``. ``key`` must not hold a readable openid or phone.

        Redis away, or too slow to be waited for: nobody is counted and everybody let in.
        """
        try:
            async with asyncio.timeout(_COUNTED_WITHIN_S):
                count = await _run(self._redis, _COUNT_IN_WINDOW, [f"rate:{key}"], int(window_s * 1000))
        except (RedisError, TimeoutError) as error:
            _log.warning("rate not counted", error=type(error).__name__)
            return True
        return count <= limit


class FetchRefused(Exception):
    """The value cannot be had for ``cool_down_s`` seconds; ``reason`` is a short word or code without secrets."""

    def __init__(self, reason: str, cool_down_s: float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.cool_down_s = cool_down_s


@dataclass(frozen=True, slots=True)
class Fetched:
    """A value, and how long it may be kept."""

    value: str
    keep_s: float


class SingleFlight:
    """One cached value that only one caller of all processes fetches while the others wait for it.

    A refused fetch is remembered too: the callers behind it are refused with the same reason and do not repeat it.
    """

    def __init__(
        self,
        redis: Redis,
        name: str,
        *,
        fetch_within_s: float = 15.0,
        once_in_s: float = 30.0,
        again_within_s: float = 300.0,
        noted_again_in_s: float = 4500.0,
    ) -> None:
        self._redis = redis
        self._value_key = f"value:{name}"
        self._refused_key = f"value-refused:{name}"
        self._forgot_key = f"value-forgot:{name}"
        self._failed_key = f"value-failed:{name}"
        self._noted_key = f"value-noted:{name}"
        self._again_key = f"value-again:{name}"
        self._lease_name = f"value:{name}"
        self._fetch_within_s = fetch_within_s
        self._once_in_s = once_in_s
        self._again_within_s = again_within_s
        self._noted_again_in_s = noted_again_in_s
        self._queue = asyncio.Lock()

    async def get(self, fetch: Callable[[], Awaitable[Fetched]]) -> str:
        """The cached value, or a fetched one. Raises FetchRefused, also when the fetcher takes too long."""
        if (value := await self._cached()) is not None:
            return value
        # The callers of this process queue here, so that only one of them polls Redis.
        try:
            async with asyncio.timeout(self._fetch_within_s), self._queue:
                return await self._fetch_or_wait(fetch)
        except TimeoutError:
            raise FetchRefused("timeout", 1.0) from None

    async def forget(self, failed: str) -> bool:
        """Drop a value that proved wrong, if it is still the cached one, at most once in ``once_in_s``.

        True when the next ``get`` may give another value.
        """
        keys = [self._value_key, self._forgot_key, self._failed_key, self._noted_key, self._again_key]
        times = (self._once_in_s, self._again_within_s, self._noted_again_in_s)
        milliseconds = (int(seconds * 1000) for seconds in times)
        return await _run(self._redis, _DELETE_FAILED_ONCE, keys, failed, *milliseconds) >= 0

    async def handed_out_again(self) -> bool:
        """Whether the value that failed is the very one that was fetched in its place: fetching it the same way will not
        help. True at most once in ``noted_again_in_s``, until a fetch has succeeded."""
        return bool(await self._redis.exists(self._again_key))

    async def refuse(self, reason: str, cool_down_s: float) -> None:
        """Make every ``get`` raise FetchRefused for a while."""
        note = json.dumps({"reason": reason, "cool_down_s": cool_down_s})
        await self._redis.set(self._refused_key, note, px=max(int(cool_down_s * 1000), 1))

    async def refusal(self) -> str | None:
        """Why every ``get`` is refused now; None while none is."""
        refused = await self._redis.get(self._refused_key)
        return str(json.loads(refused)["reason"]) if refused is not None else None

    async def _cached(self) -> str | None:
        value, refused = await self._redis.mget(self._value_key, self._refused_key)
        if refused is not None:
            note = json.loads(refused)
            raise FetchRefused(note["reason"], note["cool_down_s"])
        return value.decode() if isinstance(value, bytes) else value

    async def _fetch_or_wait(self, fetch: Callable[[], Awaitable[Fetched]]) -> str:
        lease = Lease(self._redis, self._lease_name, ttl_s=self._fetch_within_s)
        while (value := await self._cached()) is None:
            if await lease.acquire():
                try:
                    # Another holder may have finished between our look and our lease.
                    return await self._cached() or await self._fetch(fetch)
                finally:
                    await lease.release()
            await asyncio.sleep(random.uniform(0.02, 0.06))
        return value

    async def _fetch(self, fetch: Callable[[], Awaitable[Fetched]]) -> str:
        try:
            fetched = await fetch()
        except FetchRefused as refused:
            await self.refuse(refused.reason, refused.cool_down_s)
            raise
        if fetched.keep_s > 0:
            await self._redis.set(self._value_key, fetched.value, px=max(int(fetched.keep_s * 1000), 1))
        await self._redis.delete(self._again_key)
        return fetched.value
