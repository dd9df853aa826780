"""How often somebody may be wrong about a query code. Each try counts before it is looked at: many at once gain nothing."""

from __future__ import annotations

from dataclasses import dataclass

from redis.asyncio import Redis

WINDOW_S = 3600
FROM_ONE_PLACE = 20
"""Behind one address of a telephone company stands a whole town."""
FOR_ONE_TICKET = 10
"""Wherever they come from: a code of six digits then stands for ten years on average."""


@dataclass(frozen=True, slots=True)
class CodeTries:
    """Tries of the last hour; ``place`` and ``ticket`` are keyed hashes, never an address or a number."""

    redis: Redis
    place: str
    ticket: str

    async def take(self) -> bool:
        """Count one more; False once either limit is passed, for right codes too: the answer tells nothing then."""
        async with self.redis.pipeline() as pipe:
            for key in self._keys:
                pipe.incr(key)
                pipe.expire(key, WINDOW_S, nx=True)
            counted = await pipe.execute()
        return bool(counted[0] <= FROM_ONE_PLACE and counted[2] <= FOR_ONE_TICKET)

    async def give_back(self) -> None:
        """It was right: somebody who reads off a slip does not use up their neighbours' tries."""
        async with self.redis.pipeline() as pipe:
            for key in self._keys:
                pipe.decr(key)
            await pipe.execute()

    @property
    def _keys(self) -> tuple[str, str]:
        return f"code-tries:{self.place}", f"code-tries:{self.ticket}"
