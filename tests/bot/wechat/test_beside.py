"""The words of a hand-over reach the citizen once, whichever process is asked to say them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from redis.asyncio import Redis

from bot.redis_state import make_redis
from bot.services import utc_now
from bot.simulator.platform import SimulatedPlatform
from bot.wechat.accounts import Account
from bot.wechat.beside import WordsBeside
from bot.wechat.client import WeChatClient
from bot.wechat.messages import IncomingMessage, MessageKind
from tests.journeys.city import ACCOUNT
from tests.journeys.faulty_city import SEND, connections, serve_platform

OPENID = "oCitizen_One"
WORDS = "正在为您转接人工。"


def message(number: str, now: datetime) -> IncomingMessage:
    return IncomingMessage(ACCOUNT.name, OPENID, MessageKind.TEXT, number, now)


@pytest.fixture
async def beside(redis: Redis) -> AsyncIterator[tuple[SimulatedPlatform, WordsBeside]]:
    async with connections() as http:
        platform = SimulatedPlatform(
            account=ACCOUNT, deliver_to="", http=http, clock=utc_now, admit_strangers=True
        )
        runner, base = await serve_platform(platform)
        account = Account(
            name=ACCOUNT.name,
            title=ACCOUNT.title,
            app_id=ACCOUNT.app_id,
            secret=ACCOUNT.secret,
            token=ACCOUNT.token,
            encoding_aes_key=ACCOUNT.encoding_aes_key,
        )
        yield platform, WordsBeside({ACCOUNT.name: WeChatClient(account, http, redis, base)}, redis)
        await platform.close()
        await runner.cleanup()


def heard(platform: SimulatedPlatform) -> list[str]:
    return [entry.text for entry in platform.conversation(OPENID)]


async def test_the_words_are_said_once_for_each_message(
    beside: tuple[SimulatedPlatform, WordsBeside], now: datetime
) -> None:
    platform, say = beside
    await say(message("1", now), WORDS)
    await say(message("1", now), WORDS)
    assert heard(platform) == [WORDS]
    await say(message("2", now), WORDS)
    assert heard(platform) == [WORDS, WORDS]


async def test_nothing_is_said_without_words_or_without_an_account(
    beside: tuple[SimulatedPlatform, WordsBeside], now: datetime
) -> None:
    platform, say = beside
    await say(message("1", now), " ")
    await WordsBeside({}, say.redis)(message("2", now), WORDS)
    assert heard(platform) == []


async def test_a_refusal_disturbs_nobody(
    beside: tuple[SimulatedPlatform, WordsBeside], now: datetime
) -> None:
    platform, say = beside
    platform.faults.fail_next(SEND, 45015)
    await say(message("1", now), WORDS)
    assert heard(platform) == []


async def test_without_redis_the_words_are_tried_rather_than_kept_back(
    beside: tuple[SimulatedPlatform, WordsBeside], now: datetime
) -> None:
    platform, say = beside
    nowhere = make_redis("unix:///nonexistent/valkey.sock")
    await WordsBeside(say.clients, nowhere)(message("1", now), WORDS)
    assert heard(platform) == [WORDS]
    await nowhere.aclose()
