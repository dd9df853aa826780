"""A message that comes back hours later: it never answers a question it was not said to, and is never lost in silence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.conversations.store import LateMessages
from tests.bot.house import FILING, OPENID, VAULT, Database, House
from tests.bot.test_shared_conversations import Process
from tests.bot.test_shared_conversations import house as house  # the fixtures of the shared conversations
from tests.bot.test_shared_conversations import processes as processes
from tests.bot.town import ACCOUNT


@pytest.mark.parametrize("said", ["2", "3", "确认提交", "是的"])
async def test_a_word_of_the_morning_files_nothing_of_the_evening(
    house: House, processes: list[Process], said: str
) -> None:
    one, _ = processes
    await one.answers(house.message("社保卡丢了怎么补"), now=house.now)
    old = house.message(said)
    await one.answers(old, now=house.now)
    for words in FILING:
        await one.answers(house.message(words), now=house.now)
    filed = len(await house.queries.of_citizen(ACCOUNT, OPENID))
    await house.redis.delete(f"talk-reply:{old.key}")  # forgotten after six hours
    again = await one.answers(old, now=house.now + timedelta(hours=7))
    recorded = (await house.dialogue.conversations.load(ACCOUNT, OPENID)).recorded(old.key)
    assert again is not None
    assert recorded is not None or "请再说一遍" in again.text
    assert len(await house.queries.of_citizen(ACCOUNT, OPENID)) == filed


async def test_a_message_nobody_answered_is_answered_however_late_while_nothing_else_was_said(
    house: House, processes: list[Process]
) -> None:
    one, _ = processes
    again = await one.answers(house.message("社保卡丢了怎么补"), now=house.now + timedelta(hours=7))
    assert again is not None
    assert "请再说一遍" not in again.text


async def test_who_takes_the_authorisation_back_leaves_no_message_to_be_answered(
    house: House, database: Database
) -> None:
    late = LateMessages(database, VAULT)
    await late.prepare()
    await late.keep(house.message("我家的事"), now=house.now)
    await late.keep(house.message("别人的事", openid="o-other"), now=house.now)
    assert await late.erase(ACCOUNT, OPENID) == 1
    (left,) = await late.find_late(house.now)
    assert left.openid == "o-other"
