"""Answers pushed late: what is passed on no more is said, and a bad token loses none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.conversations.late_sending import LateSending
from bot.simulator.faults import Failure
from bot.wechat.messages import IncomingMessage, MessageKind
from bot.wording import NOT_HANDED_ON
from tests.journeys.city import ACCOUNT, City, open_city


@pytest.fixture
async def city(mongo_url: str, redis_url: str, services_database: str, tmp_path: Path) -> AsyncIterator[City]:
    async with open_city(
        mongo_url=mongo_url, redis_url=redis_url, database=services_database, directory=tmp_path
    ) as opened:
        yield opened


async def test_a_message_for_a_person_that_was_kept_late_is_not_dropped_in_silence(city: City) -> None:
    services, now = city.services, city.clock()
    wang = city.platform.citizens.find("wang")
    assert wang is not None
    accounts = dict(services.wechat_accounts)
    accounts[ACCOUNT.name] = replace(accounts[ACCOUNT.name], person=True)
    services.wechat_accounts.update(accounts)  # type: ignore[attr-defined]

    def message(n: int, text: str) -> IncomingMessage:
        at = now + timedelta(seconds=n)
        return IncomingMessage(ACCOUNT.name, wang.openid, MessageKind.TEXT, f"z{n}", at, content=text)

    city.platform.phones.of(wang.openid).open_window("message", now=now)
    called = await services.dialogue(message(1, "人工"), now=now)
    late = message(2, "我家水管爆了，地址在人民路12号3楼")
    await services.late_messages.keep(late, now=now)
    await LateSending(services).answer(now)
    said = [entry.text for entry in city.platform.conversation(wang.openid) if not entry.from_citizen]
    assert getattr(called, "hand_over", False), "somebody is at the desk"
    assert NOT_HANDED_ON in said


async def kept_late(city: City, text: str) -> tuple[str, datetime]:
    """A message on the list, whose sender has a session and whose token has gone bad since."""
    services, now = city.services, city.clock()
    wang = city.platform.citizens.find("wang")
    assert wang is not None
    client = services.wechat_clients[ACCOUNT.name]
    city.platform.phones.of(wang.openid).open_window("message", now=now)
    await client.ready()
    city.platform.tokens.expire()
    await services.late_messages.keep(
        IncomingMessage(ACCOUNT.name, wang.openid, MessageKind.TEXT, "z1", now, content=text), now=now
    )
    return wang.openid, now


async def test_a_token_gone_bad_delays_a_late_answer_by_nothing(city: City) -> None:
    openid, now = await kept_late(city, "社保卡丢了怎么补办？")
    await LateSending(city.services).answer(now)
    said = [entry.text for entry in city.platform.conversation(openid) if not entry.from_citizen]
    assert len(said) == 1
    assert await city.services.late_messages.find_late(now + timedelta(hours=3)) == []


async def test_a_worker_killed_as_it_renews_the_token_loses_no_answer(city: City) -> None:
    """The refusal is noted down before anything else is asked of the platform."""
    openid, now = await kept_late(city, "社保卡丢了怎么补办？")
    faults = city.platform.faults
    faults.slow_s = 2.0
    faults.fail_next("stable_token", Failure.SLOW_BEFORE_EFFECT, times=9)
    worker = asyncio.create_task(LateSending(city.services).answer(now))
    async with asyncio.timeout(10):
        while not any(endpoint == "stable_token" for endpoint, _ in faults.met):  # noqa: ASYNC110 - another's counter
            await asyncio.sleep(0.01)
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    faults.stop()
    later = now + timedelta(minutes=1)
    assert [one.content for one in await city.services.late_messages.find_late(later)] == [
        "社保卡丢了怎么补办？"
    ]
    await LateSending(city.services).answer(later)
    said = [entry.text for entry in city.platform.conversation(openid) if not entry.from_citizen]
    assert len(said) == 1
