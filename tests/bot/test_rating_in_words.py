"""How a ticket was handled, said under the notice that asks it: digits, stars in words, how it turned out."""

from __future__ import annotations

import re

import pytest

from bot.talk import phrases
from bot.talk.asked import Asked, unpacked
from bot.talk.rating_words import verdict_in
from bot.talk.session import Step
from routing.ticket import Ticket
from tests.bot.town import Chat
from tests.factories import MONDAY_9_30

LAMPS = ("我要投诉", "人民路的路灯坏了三盏", "人民路12号", "不留", "公开")


async def closed(*, listed: bool = True, draft: str | None = None) -> tuple[Chat, Ticket]:
    """A ticket that was just closed, and perhaps another filing begun meanwhile."""
    chat = Chat()
    for said in LAMPS:
        await chat.says(said)
    number = re.search(r"HY\d+", await chat.says("确认提交"))
    assert number
    await chat.says("#")
    if draft is not None:
        await chat.says(draft)
    chat.hears_of_the_end(number[0], listed=listed)
    return chat, chat.town.desk.tickets[number[0]]


def words_of(chat: Chat) -> str | None:
    return chat.session.draft.text if chat.session.draft is not None else None


@pytest.mark.parametrize("draft", [None, "楼下烧烤店半夜还很吵"])
@pytest.mark.parametrize(("said", "stars"), [("1", 1), ("2", 2), ("5", 5), ("５", 5), ("三", 3)])
async def test_a_digit_under_the_notice_is_the_stars(said: str, stars: int, draft: str | None) -> None:
    chat, ticket = await closed(draft=draft)
    before = words_of(chat)
    assert "哪里" in await chat.says(said)
    await chat.says("不说了")
    assert ticket.rating is not None
    assert ticket.rating.stars == stars
    assert words_of(chat) == before


@pytest.mark.parametrize(
    ("said", "stars", "comment"),
    [
        ("不满意 还是黑的", 2, "不满意 还是黑的"),
        ("一星", 1, None),
        ("1星", 1, None),
        ("给五颗星", 5, None),
        ("我给3分", 3, None),
        ("还行吧", 3, None),
        ("马马虎虎", 3, None),
        ("很好，灯都亮了", 5, "很好，灯都亮了"),
        ("不行 太慢了", 2, "不行 太慢了"),
        ("太差劲了，根本没人来看", 1, "太差劲了，根本没人来看"),
        ("满意", 4, None),
        ("差评！", 1, None),
    ],
)
@pytest.mark.parametrize("draft", [None, "楼下烧烤店半夜还很吵"])
async def test_words_of_the_handling_are_the_rating(
    said: str, stars: int, comment: str | None, draft: str | None
) -> None:
    chat, ticket = await closed(draft=draft)
    before = words_of(chat)
    await chat.says(said)
    if comment is None:
        await chat.says("不说了")
    assert ticket.rating is not None
    assert (ticket.rating.stars, ticket.rating.comment) == (stars, comment)
    assert words_of(chat) == before
    assert len(chat.town.desk.tickets) == 1


@pytest.mark.parametrize(
    "said",
    [
        "没修好",
        "还是黑的",
        "灯是修好了 但是拖了一个月 态度也不好",
        "没人来",
        "怎么还没修好？",
        "骗人的吧",
        "没解决",
    ],
)
@pytest.mark.parametrize("draft", [None, "楼下烧烤店半夜还很吵"])
async def test_how_it_turned_out_is_kept_and_the_stars_are_asked(said: str, draft: str | None) -> None:
    chat, ticket = await closed(draft=draft)
    before = words_of(chat)
    asked = await chat.says(said)
    assert phrases.SAID_OF_RATING in asked
    assert phrases.RATE in asked
    assert ticket.rating is None
    await chat.says("2")
    assert ticket.rating is not None
    assert (ticket.rating.stars, ticket.rating.comment) == (2, said)
    assert words_of(chat) == before
    assert chat.session.step is Step.BAD_RATING


async def test_what_was_about_something_else_after_all_goes_where_it_belongs() -> None:
    chat, ticket = await closed()
    await chat.says("小区门口又停电了")
    await chat.says("不是说这件事")
    assert ticket.rating is None
    assert chat.session.step is Step.HOME or (
        chat.session.draft is not None and chat.session.draft.text == "小区门口又停电了"
    )


async def test_and_with_a_filing_open_it_is_added_to_that() -> None:
    chat, ticket = await closed(draft="楼下烧烤店半夜还很吵")
    await chat.says("昨天城管来过了")
    await chat.says("6")
    assert chat.session.draft is not None
    assert chat.session.draft.text == "楼下烧烤店半夜还很吵\n昨天城管来过了"
    assert ticket.rating is None


@pytest.mark.parametrize("said", ["社保卡丢了怎么补", "路上井盖没了", "我要反映", "催办", "答复是什么意思"])
async def test_what_is_no_word_on_the_handling_is_heard_as_ever(said: str) -> None:
    chat, ticket = await closed()
    reply = await chat.says(said)
    assert phrases.RATE not in reply
    assert phrases.SAID_OF_RATING not in reply
    assert ticket.rating is None


async def test_ways_out_lead_out_under_a_notice_too() -> None:
    chat, _ = await closed(draft="楼下烧烤店半夜还很吵")
    assert phrases.CANCELLED in await chat.says("#")
    chat, _ = await closed()
    assert "工作人员" in await chat.says("0")


async def test_the_notice_is_the_question_for_one_message_only() -> None:
    chat, ticket = await closed()
    await chat.says("社保卡丢了怎么补")
    await chat.says("1")
    assert ticket.rating is None


async def test_digits_mean_nothing_under_a_card_that_listed_none() -> None:
    chat, ticket = await closed(listed=False)
    await chat.says("2")
    assert chat.session.step is not Step.RATE_REASON
    chat, ticket = await closed(listed=False)
    await chat.says("不满意 还是黑的")
    assert ticket.rating is not None


async def test_a_digit_that_stands_for_no_stars_asks_again() -> None:
    chat, _ = await closed()
    reply = await chat.says("7")
    assert phrases.NO_SUCH_CHOICE in reply
    assert chat.session.step is Step.RATE


async def test_thanks_are_taken_and_the_question_is_put_once() -> None:
    chat, ticket = await closed()
    reply = await chat.says("好的谢谢")
    assert phrases.YOU_ARE_WELCOME in reply
    assert phrases.RATE in reply
    await chat.says("5")
    assert chat.session.step is Step.RATE_REASON
    assert ticket.rating is None


async def test_danger_comes_before_any_rating() -> None:
    chat, _ = await closed()
    assert "119" in await chat.says("没人来，我家煤气泄漏了")
    assert chat.session.step is not Step.RATE


async def test_a_ticket_rated_elsewhere_is_not_asked_about_again() -> None:
    chat, ticket = await closed()
    await chat.says("5")
    await chat.says("不说了")
    chat.asked = Asked(ticket.number, chat.now.replace(year=2027), listed=True)
    reply = await chat.says("5")
    assert phrases.RATE not in reply


@pytest.mark.parametrize("said", ["要，赶紧重新修", "要", "当然要", "重新修"])
async def test_a_yes_to_rework_in_any_words_reopens(said: str) -> None:
    chat, ticket = await closed()
    await chat.says("1")
    await chat.says("问题没解决")
    assert chat.session.step is Step.BAD_RATING
    assert "重新办理" in await chat.says(said)
    assert any(event.kind.value == "reopened" for event in ticket.events)


async def test_a_reason_given_where_rework_is_offered_goes_with_it() -> None:
    chat, ticket = await closed()
    await chat.says("1")
    await chat.says("问题没解决")
    assert phrases.REWORK in await chat.says("没人管")
    await chat.says("要")
    assert any("没人管" in (event.text or "") for event in ticket.events)


def test_a_question_of_a_notice_survives_its_keeping() -> None:
    asked = Asked("HY2611160001", MONDAY_9_30, listed=True)
    assert unpacked(asked.packed().encode()) == asked


@pytest.mark.parametrize("kept", [None, b"", b"1 2", b"x 1 HY1", b"\xff\xfe 1 HY1"])
def test_what_is_no_question_is_none(kept: bytes | None) -> None:
    assert unpacked(kept) is None


@pytest.mark.parametrize(
    "said", ["我家门口有个坑", "有人跳河", "城南工业园宏达厂", "还有一件事", "老板拖欠工资", "我被人打了"]
)
def test_what_tells_of_something_else_is_no_verdict(said: str) -> None:
    assert verdict_in(said) is None
