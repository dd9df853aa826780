"""A process that answers from what is published, told on standard input what to look out for.

Run as ``python -m tests.bot.knowledge.answering_process MONGO_URL DATABASE``. It says ``ready``, then for each line
``ARTICLE_ID TITLE`` the time at which that article had that title (no title: at which it was gone), or ``never``. It
ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from datetime import UTC, datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient

from bot.knowledge.live import LiveAnswers
from bot.logs import configure_logs
from knowledge_base.answering.answer import Answerer
from knowledge_base.editing.mongo_store import MongoArticleStore

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
PATIENCE_S = 20.0


def clock() -> datetime:
    return NOW


async def seen_at(live: LiveAnswers, article_id: str, title: str) -> float | None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        article = live.current.get(article_id)
        if (article.title if article else "") == title:
            return time.time()
        await asyncio.sleep(0.002)
    return None


async def main(mongo_url: str, database: str) -> None:
    configure_logs(level=logging.WARNING)
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url, tz_aware=True)
    live = LiveAnswers(MongoArticleStore(client[database]), Answerer, clock=clock)
    await live.start()
    following = asyncio.create_task(live.run())
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        article_id, _, title = line.strip().partition(" ")
        print(await seen_at(live, article_id, title) or "never", flush=True)
    following.cancel()
    client.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
