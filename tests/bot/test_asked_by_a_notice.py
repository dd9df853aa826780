"""A notice asks, and the next message of its citizen answers it, whichever process that reaches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.conversations.claims import Claims, greeting
from bot.conversations.outage import Outage
from bot.conversations.redis_pipe import RedisPipe
from bot.delivery.asked import AskedCitizens
from bot.wechat.messages import MessageKind
from bot.wechat.notice_templates import NoticeKind
from routing.events import Rung
from tests.bot.house import FILING, OPENID, VAULT, Database, House, build_house
from tests.bot.town import ACCOUNT
from tests.factories import CITY_MANAGEMENT, a_dispatcher, a_liaison


@pytest.fixture
async def house(database: Database, redis: Redis, redis_url: str) -> AsyncIterator[House]:
    house = await build_house(database, redis)
    pipe = RedisPipe(redis_url, greet=greeting)
    outage = Outage(house.dialogue.conversations)
    house.dialogue = replace(house.dialogue, claims=Claims(pipe), outage=outage)
    yield house
    pipe.close()


async def closed(house: House, *, rung: Rung = Rung.CHAT, kind: NoticeKind = NoticeKind.RATE) -> str:
    """A ticket of this citizen's is closed while another filing of theirs is open, and the notice arrived."""
    for said in (*FILING, "确认提交", "#", "路灯坏了三天没人修"):
        await house.hears(said)
    house.now += timedelta(minutes=5)
    (ticket,) = await house.queries.of_citizen(ACCOUNT, OPENID)
    number, now, lead = ticket.number, house.now, a_liaison()
    await house.desk.dispatch(number, CITY_MANAGEMENT, actor=a_dispatcher(), version=None, now=now)
    await house.desk.accept(number, actor=lead, version=None, now=now)
    await house.desk.resolve(number, actor=lead, version=None, now=now, text="已责令该店停止夜间经营。")
    asked = AskedCitizens(house.redis, VAULT)
    await asked.note(kind, rung, account=ACCOUNT, openid=OPENID, number=number, now=now)
    return number


async def test_a_digit_under_the_notice_rates_the_ticket_it_spoke_of(house: House) -> None:
    number = await closed(house)
    asked = await house.hears("1")
    assert asked is not None
    assert number in asked
    await house.hears("态度不好")
    (ticket,) = await house.queries.of_citizen(ACCOUNT, OPENID)
    assert ticket.rating is not None
    assert (ticket.rating.stars, ticket.rating.reasons) == (1, ("态度不好",))


async def test_the_message_after_the_next_is_no_answer_to_it_any_more(house: House) -> None:
    await closed(house)
    await house.hears("社保卡丢了怎么补")
    await house.hears("5")
    (ticket,) = await house.queries.of_citizen(ACCOUNT, OPENID)
    assert ticket.rating is None
    assert (await house.dialogue.conversations.load(ACCOUNT, OPENID)).session.stars is None


@pytest.mark.parametrize(
    ("rung", "kind"),
    [
        (Rung.CHAT, NoticeKind.ANSWERED),
        (Rung.SMS, NoticeKind.RATE),
        (Rung.CHAT_SHORT, NoticeKind.RATE),
        (Rung.TEMPLATE, NoticeKind.RATE),
    ],
)
async def test_a_digit_is_no_rating_where_no_digits_were_shown(
    house: House, rung: Rung, kind: NoticeKind
) -> None:
    await closed(house, rung=rung, kind=kind)
    await house.hears("2")
    assert (await house.dialogue.conversations.load(ACCOUNT, OPENID)).session.stars is None


async def test_what_was_asked_is_erased_with_what_was_said(house: House) -> None:
    await closed(house)
    assert len(await house.redis.keys("asked:*")) == 1
    await house.hears("", kind=MessageKind.EVENT, event="user_authorization_revoke")
    assert await house.redis.keys("asked:*") == []


async def test_without_redis_the_words_still_rate(house: House) -> None:
    await closed(house)
    house.dialogue = replace(house.dialogue, claims=None, outage=None)
    await house.hears("非常满意")
    await house.hears("办得快")
    (ticket,) = await house.queries.of_citizen(ACCOUNT, OPENID)
    assert ticket.rating is not None
    assert ticket.rating.stars == 5
