"""What a citizen does with a ticket of their own: look, add, remind, withdraw, rate."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.talk.phrases import CODE_BLOCKED
from routing.workflow import State
from tests.bot.town import Chat
from tests.bot.transcripts import filed


async def test_ones_own_ticket_opens_by_number_alone_a_strangers_needs_the_code() -> None:
    owner = Chat()
    ticket = await filed(owner)
    code = owner.town.desk.query_code(ticket.number)
    assert "已转给承办单位" in await owner.says(f"查{ticket.number}")
    stranger = Chat(town=owner.town, openid="o-stranger")
    reply = await stranger.says(f"查 {ticket.number}")
    assert "查询码" in reply
    assert "烧烤" not in reply
    assert "烧烤" in await stranger.says(code)
    assert "烧烤" in await Chat(town=owner.town, openid="o-third").says(f"查{ticket.number} {code}")


async def test_guessing_codes_is_stopped_for_an_hour() -> None:
    owner = Chat()
    ticket = await filed(owner)
    code = owner.town.desk.query_code(ticket.number)
    stranger = Chat(town=owner.town, openid="o-stranger")
    for wrong in range(5):
        reply = await stranger.says(f"查{ticket.number} 00000{wrong}")
    assert CODE_BLOCKED in reply
    assert CODE_BLOCKED in await stranger.says(f"查{ticket.number} {code}")
    stranger.waits(hours=1, minutes=1)
    assert "烧烤" in await stranger.says(f"查{ticket.number} {code}")


async def test_mine_lists_only_ones_own() -> None:
    owner = Chat()
    first, second = await filed(owner), await filed(owner, text="路灯坏了三天没人修", kind="求助")
    reply = await owner.says("我的诉求")
    assert reply.index(second.number) < reply.index(first.number)
    assert "路灯" in await owner.says("1")
    stranger = Chat(town=owner.town, openid="o-stranger")
    assert "没有反映过" in await stranger.says("我的诉求")


async def test_supplement_and_remind_reach_the_ticket_and_a_second_reminder_is_refused_in_words() -> None:
    chat = Chat()
    ticket = await filed(chat)
    await chat.says("补充")
    assert ticket.number in await chat.says("昨晚又吵到两点")
    assert ticket.events[-1].text == "昨晚又吵到两点"
    assert "已经帮您催了" in await chat.says("催办")
    assert "今天已经催过了" in await chat.says("催办")


async def test_a_withdrawal_is_asked_about_before_it_is_done() -> None:
    chat = Chat()
    ticket = await filed(chat)
    await chat.says("首页")
    assert "确定要撤回吗" in await chat.says("撤回")
    await chat.says("不撤了")
    assert ticket.is_open
    for said in ("撤回", "1"):
        await chat.says(said)
    assert ticket.state is State.WITHDRAWN


async def test_a_good_rating_takes_two_taps_and_archives() -> None:
    chat = Chat()
    ticket = await filed(chat)
    chat.town.desk.resolve(ticket.number, text="已责令整改。", now=chat.now)
    await chat.says("满意", tapped=True)
    assert "谢谢" in await chat.says("问题解决了", tapped=True)
    assert ticket.rating is not None
    assert (ticket.rating.stars, ticket.rating.resolved, ticket.state) == (4, True, State.ARCHIVED)


async def test_a_bad_rating_offers_rework_and_carries_its_reason() -> None:
    chat = Chat()
    ticket = await filed(chat)
    chat.town.desk.resolve(ticket.number, text="已责令整改。", now=chat.now)
    for said in ("我的诉求", "评价", "1"):
        await chat.says(said)
    assert "重新办理" in await chat.says("根本没人来看过")
    assert "退回重新办理" in await chat.says("要")
    assert ticket.state is State.DISPATCHED
    assert ticket.events[-1].text == "根本没人来看过"


async def test_a_rating_tapped_in_the_middle_of_a_filing_rates_and_keeps_the_draft() -> None:
    chat = Chat()
    ticket = await filed(chat)
    chat.town.desk.resolve(ticket.number, text="已责令整改。", now=chat.now)
    for said in ("我要投诉", "对面工地太吵了", "非常满意", "办得快"):
        await chat.says(said)
    assert ticket.rating is not None
    assert ticket.rating.stars == 5
    assert chat.session.draft is not None
    assert chat.session.draft.text == "对面工地太吵了"


async def test_of_several_tickets_the_citizen_says_which_is_rated() -> None:
    chat = Chat()
    first, second = await filed(chat), await filed(chat, text="路灯坏了三天没人修")
    for ticket in (first, second):
        chat.town.desk.resolve(ticket.number, text="办好了。", now=chat.now)
    await chat.says("首页")
    assert "请选一件" in await chat.says("满意")
    for said in ("2", "1"):
        await chat.says(said)
    assert first.rating is not None
    assert second.rating is None


async def test_stars_tapped_under_a_notice_are_for_the_ticket_just_closed() -> None:
    chat = Chat()
    first, second = await filed(chat), await filed(chat, text="路灯坏了三天没人修")
    chat.town.desk.resolve(first.number, text="办好了。", now=chat.now)
    chat.now += timedelta(days=2)
    chat.town.desk.resolve(second.number, text="修好了。", now=chat.now)
    await chat.says("首页")
    assert second.number in await chat.says("非常满意")
    await chat.says("办得快")
    assert first.rating is None
    assert second.rating is not None


@pytest.mark.parametrize(("said", "stars"), [("很差", 1), ("差评", 1), ("很好", 5)])
async def test_a_rating_in_everyday_words_counts(said: str, stars: int) -> None:
    chat = Chat()
    ticket = await filed(chat)
    chat.town.desk.resolve(ticket.number, text="已责令整改。", now=chat.now)
    await chat.says(said)
    await chat.says("不说了")
    assert ticket.rating is not None
    assert ticket.rating.stars == stars
