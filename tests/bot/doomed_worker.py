"""A worker process of its own, for a test that kills it: ``python -m tests.bot.doomed_worker MONGO DATABASE NOW``."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient

from tests.bot.errand_office import Office
from tests.bot.test_killed_worker import Clock, StopsAfter


async def main(mongo_url: str, name: str, now: str) -> None:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url, tz_aware=True)
    database = client[name]
    clock = Clock(datetime.fromisoformat(now))
    office = Office(database, clock=clock, wechat=StopsAfter(database))
    while True:
        await office.sweep()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
