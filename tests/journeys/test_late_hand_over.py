"""What was meant for the person at the desk and came too late to be passed on is said to have come too late."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.conversations.late_sending import LateSending
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
