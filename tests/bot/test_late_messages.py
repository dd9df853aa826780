"""One message, several deliveries, several processes: it is answered in place or pushed, whoever comes first."""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime, timedelta
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from bot.conversations.store import LateMessages
from bot.wechat.messages import IncomingMessage, MessageKind
from routing.identity import Vault
from tests.factories import MONDAY_9_30

FIRST = MONDAY_9_30
SECOND = FIRST + timedelta(seconds=5)
THIRD = SECOND + timedelta(seconds=5)
LATER = FIRST + timedelta(minutes=1)


@pytest.fixture
async def late(database: AsyncIOMotorDatabase[dict[str, Any]]) -> LateMessages:
    messages = LateMessages(database, Vault(secrets.token_bytes(32)))
    await messages.prepare()
    return messages


@pytest.fixture
def message() -> IncomingMessage:
    return IncomingMessage("county", "oWang", MessageKind.TEXT, "1", FIRST, content="路灯坏了")


async def owed(late: LateMessages, *, at: datetime = LATER) -> int:
    return len(await late.find_late(at))


async def test_what_was_kept_is_not_answered_in_place(late: LateMessages, message: IncomingMessage) -> None:
    await late.keep(message, now=FIRST)
    assert not await late.answer_now(message.key, now=SECOND)
    assert await owed(late) == 1
    assert await late.done(message.key)
    assert not await late.answer_now(message.key, now=THIRD)


async def test_what_was_answered_in_place_is_not_kept_by_a_slower_process(
    late: LateMessages, message: IncomingMessage
) -> None:
    assert await late.answer_now(message.key, now=SECOND)
    await late.keep(message, now=FIRST)
    assert await owed(late) == 0


async def test_a_promise_overtaken_by_an_answer_nobody_got_is_made_again_by_the_next_delivery(
    late: LateMessages, message: IncomingMessage
) -> None:
    """The first process keeps after its delivery was cut off; the second's answer to its own came too late."""
    assert await late.answer_now(message.key, now=SECOND)
    await late.keep(message, now=FIRST)
    assert await owed(late) == 0
    await late.keep(message, now=THIRD)
    assert await owed(late) == 1


async def test_an_answer_that_got_lost_may_be_given_again_or_promised(
    late: LateMessages, message: IncomingMessage
) -> None:
    assert await late.answer_now(message.key, now=FIRST)
    assert await late.answer_now(message.key, now=SECOND)
    await late.keep(message, now=THIRD)
    assert await owed(late) == 1
    assert not await late.answer_now(message.key, now=THIRD + timedelta(seconds=5))


async def test_after_an_apology_nobody_answers(late: LateMessages, message: IncomingMessage) -> None:
    await late.keep(message, now=FIRST)
    assert await late.take_back(message.key, now=FIRST)
    assert await owed(late) == 0


async def test_an_apology_that_got_lost_does_not_lose_the_message(
    late: LateMessages, message: IncomingMessage
) -> None:
    """The first delivery was apologised for, and cut; the second was promised an answer: before or after."""
    await late.keep(message, now=FIRST)
    await late.keep(message, now=SECOND)
    assert not await late.take_back(message.key, now=FIRST)
    assert await owed(late) == 1


async def test_an_apology_for_a_delivery_once_more_takes_no_promise_back(
    late: LateMessages, message: IncomingMessage
) -> None:
    """The first delivery was promised an answer, and its promise may have arrived."""
    await late.keep(message, now=FIRST)
    await late.keep(message, now=SECOND)
    assert not await late.take_back(message.key, now=SECOND)
    assert await owed(late) == 1


async def test_whoever_leaves_a_message_to_the_push_holds_it_there(
    late: LateMessages, message: IncomingMessage
) -> None:
    await late.keep(message, now=FIRST)
    assert not await late.answer_now(message.key, now=SECOND)
    assert not await late.take_back(message.key, now=FIRST)
    assert await owed(late) == 1


async def test_a_message_taken_back_is_kept_again_for_a_later_delivery(
    late: LateMessages, message: IncomingMessage
) -> None:
    await late.keep(message, now=FIRST)
    assert await late.take_back(message.key, now=FIRST)
    await late.keep(message, now=SECOND)
    assert [kept.content for kept in await late.find_late(LATER)] == ["路灯坏了"]


async def test_what_was_pushed_is_kept_no_more(late: LateMessages, message: IncomingMessage) -> None:
    await late.keep(message, now=FIRST)
    assert await late.done(message.key)
    await late.keep(message, now=SECOND)
    assert await owed(late) == 0
    assert not await late.take_back(message.key, now=THIRD)


async def test_of_an_answer_in_place_and_a_push_at_once_exactly_one_wins(
    late: LateMessages, message: IncomingMessage
) -> None:
    for number in range(40):
        each = IncomingMessage("county", "oWang", MessageKind.TEXT, str(number), FIRST)
        in_place, _ = await asyncio.gather(late.answer_now(each.key, now=SECOND), late.keep(each, now=FIRST))
        pushed = await late.done(each.key)
        assert in_place is not pushed
