"""A process of its own that sends: ``python -m tests.bot.wechat.token_process API REDIS SENDS APP_ID SECRET``.

Waits for a line on its input, so that all processes begin in the same moment, and prints what became of the sends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter

import aiohttp

from bot.redis_state import make_redis
from bot.wechat.accounts import Account
from bot.wechat.client import WeChatClient
from bot.wechat.delivery import DeliveryRefused


async def main(api: str, redis_url: str, sends: int, app_id: str, secret: str) -> None:
    account = Account(
        name="county", title="t", app_id=app_id, secret=secret, token="AAAAA", encoding_aes_key="k" * 43
    )
    redis = make_redis(redis_url)
    async with aiohttp.ClientSession() as http:
        client = WeChatClient(account, http, redis, api)
        print("ready", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        done = await asyncio.gather(
            *(client.send_text("oCitizen_One", str(n)) for n in range(sends)), return_exceptions=True
        )
    await redis.aclose()
    outcomes = Counter(str(e.code) if isinstance(e, DeliveryRefused) else type(e).__name__ for e in done)
    print(json.dumps(outcomes), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5]))
