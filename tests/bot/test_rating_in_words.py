"""How a ticket was handled, said under the notice that asks it: digits, stars in words, how it turned out."""

from __future__ import annotations

import re
from datetime import timedelta

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


@pytest.mark.parametrize(
    "said", ["社保卡丢了怎么补", "路上井盖没了", "我要反映", "催办", "催一下", "答复是什么意思"]
)
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


@pytest.mark.parametrize("said", ["没人管", "怎么还没人来", "没解决"])
async def test_neglect_typed_where_a_reason_is_asked_is_the_reason(said: str) -> None:
    chat, ticket = await closed()
    await chat.says("2")
    await chat.says(said)
    assert ticket.rating is not None
    assert said in (*ticket.rating.reasons, ticket.rating.comment)


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


# ---- a filing in whose middle the notice came


async def interrupted(*said: str) -> tuple[Chat, Ticket]:
    """A filing under way, up to what was said, when the notice of another ticket comes."""
    chat, _ = await closed(draft="楼下烧烤店半夜还很吵")
    number = next(iter(chat.town.desk.tickets))
    chat.asked = None
    for words in said:
        await chat.says(words)
    chat.now += timedelta(seconds=1)
    chat.asked = Asked(number, chat.now, listed=True)
    chat.now += timedelta(seconds=1)
    return chat, chat.town.desk.tickets[number]


UNTIL_THE_NUMBER = ("对，投诉", "人民路12号")


@pytest.mark.parametrize("said", [("5", "不说了"), ("还行吧", "不说了"), ("很好，灯都亮了",)])
async def test_after_the_rating_the_question_of_the_filing_is_put_again(said: tuple[str, ...]) -> None:
    chat, ticket = await interrupted(*UNTIL_THE_NUMBER)
    for words in said:
        reply = await chat.says(words)
    assert ticket.rating is not None
    assert phrases.BACK_TO_FILING_BEFORE in reply
    await chat.says("不留电话")
    assert chat.session.step is Step.SECRECY


async def test_and_so_after_a_rating_taken_back_and_after_rework() -> None:
    chat, ticket = await interrupted(*UNTIL_THE_NUMBER)
    await chat.says("2")
    reply = await chat.says("取消")
    assert phrases.NOT_RATED in reply
    assert phrases.BACK_TO_FILING_BEFORE in reply
    assert chat.session.step is Step.CONTACT
    assert ticket.rating is None
    chat, ticket = await interrupted(*UNTIL_THE_NUMBER)
    for words in ("不满意 还是黑的", "要"):
        reply = await chat.says(words)
    assert phrases.BACK_TO_FILING_BEFORE in reply
    chat, ticket = await interrupted(*UNTIL_THE_NUMBER)
    for words in ("不满意 还是黑的", "不用了"):
        reply = await chat.says(words)
    assert phrases.BACK_TO_FILING_BEFORE in reply


async def test_the_way_home_leads_home_all_the_same() -> None:
    chat, _ = await interrupted(*UNTIL_THE_NUMBER)
    await chat.says("2")
    await chat.says("#")
    assert chat.session.step is Step.HOME
    assert chat.session.draft is not None


async def test_a_filing_that_rested_is_offered_first() -> None:
    chat, _ = await interrupted(*UNTIL_THE_NUMBER)
    chat.waits(hours=1)
    await chat.says("5")
    assert phrases.RESUME in await chat.says("不说了")
    await chat.says("接着填")
    assert chat.session.step is Step.CONTACT


async def test_a_digit_that_was_meant_for_the_filing_can_be_taken_back() -> None:
    chat, ticket = await interrupted(*UNTIL_THE_NUMBER, "不留电话", "公开")
    assert chat.session.step is Step.SUMMARY
    assert "不是说这件事" in await chat.says("1")
    await chat.says("不是说这件事")
    assert chat.session.step is Step.SUMMARY
    assert "登记好了" in await chat.says("1")
    assert ticket.rating is None


async def test_what_was_written_before_the_notice_is_no_answer_to_it() -> None:
    chat, ticket = await interrupted(*UNTIL_THE_NUMBER, "不留电话", "公开")
    assert chat.asked is not None
    chat.asked = Asked(ticket.number, chat.now + timedelta(seconds=1, milliseconds=400), listed=True)
    assert "登记好了" in await chat.says("1")
    assert ticket.rating is None


@pytest.mark.parametrize("said", ["评价", "不满意，根本没整改，晚上照样烤"])
async def test_a_second_word_on_the_handling_in_a_filing_is_asked_of_which(said: str) -> None:
    chat, ticket = await interrupted(*UNTIL_THE_NUMBER)
    for words in ("2", "问题没解决", "不用了"):
        await chat.says(words)
    before = words_of(chat)
    assert phrases.WHICH_TO_RATE in await chat.says(said)
    assert phrases.REWORK in await chat.says("办完的那件")
    assert phrases.BACK_TO_FILING_BEFORE in await chat.says("要")
    assert any(event.kind.value == "reopened" for event in ticket.events)
    assert words_of(chat) == before


async def test_and_who_was_content_is_told_what_can_still_be_done() -> None:
    chat, _ = await interrupted(*UNTIL_THE_NUMBER)
    for words in ("5", "不说了", "不满意，根本没整改，晚上照样烤"):
        await chat.says(words)
    reply = await chat.says("办完的那件")
    assert phrases.RATED_BEFORE in reply
    assert phrases.BACK_TO_FILING_BEFORE in reply


async def test_and_goes_to_the_filing_only_where_the_citizen_says_so() -> None:
    chat, _ = await interrupted(*UNTIL_THE_NUMBER)
    for words in ("5", "不说了", "不满意，根本没整改，晚上照样烤", "正在登记的这件"):
        await chat.says(words)
    assert words_of(chat) == "楼下烧烤店半夜还很吵\n不满意，根本没整改，晚上照样烤"
    assert chat.session.step is Step.CONTACT


async def test_still_there_is_the_verdict_and_no_cry() -> None:
    chat, ticket = await interrupted(*UNTIL_THE_NUMBER)
    before = words_of(chat)
    reply = await chat.says("没解决，摊子还在")
    assert "120" not in reply
    assert phrases.SAID_OF_RATING in reply
    await chat.says("1")
    assert ticket.rating is not None
    assert ticket.rating.comment == "没解决，摊子还在"
    assert words_of(chat) == before
