"""A notice asks for what is missing: the citizen's next photo or words go to that ticket, with a way out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.talk import phrases
from bot.talk.asked import Asked, AskedFor, unpacked
from bot.talk.session import Step
from bot.wechat.messages import MessageKind
from routing.events import EventKind
from tests.bot.town import Chat
from tests.bot.transcripts import filed


async def asked_for_more(*, hours: int = 2) -> tuple[Chat, str]:
    """A ticket of some hours ago, and the notice that something is missing."""
    chat = Chat()
    ticket = await filed(chat)
    await chat.says("#")
    chat.waits(hours=hours)
    chat.asked = Asked(ticket.number, chat.now, listed=True, what=AskedFor.MATERIAL)
    return chat, ticket.number


def supplements(chat: Chat, number: str) -> list[str | None]:
    return [e.text for e in chat.town.desk.tickets[number].events if e.kind is EventKind.SUPPLEMENTED]


async def photo(chat: Chat) -> str:
    return await chat.sends(MessageKind.IMAGE, media_id=f"m{chat.count}")


@pytest.mark.parametrize("what", list(AskedFor))
def test_what_was_asked_for_survives_being_kept(what: AskedFor) -> None:
    asked = Asked("HY2611160001", Chat().now, listed=True, what=what)
    assert unpacked(asked.packed().encode()) == asked
    assert unpacked(b"1 1 HY2611160001 tea") is None


async def test_the_photo_asked_for_goes_to_its_ticket() -> None:
    chat, number = await asked_for_more()
    reply = await photo(chat)
    assert number in reply
    assert len(chat.town.pictures.kept[number]) == 1
    assert chat.session.draft is None


async def test_so_do_all_photos_of_one_sending_each_once() -> None:
    chat, number = await asked_for_more()
    for _ in range(3):
        await photo(chat)
    assert len(chat.town.pictures.kept[number]) == 3


async def test_the_words_asked_for_go_to_their_ticket() -> None:
    chat, number = await asked_for_more()
    reply = await chat.says("店名叫老王烧烤，每天十点以后")
    assert number in reply
    assert supplements(chat, number) == ["店名叫老王烧烤，每天十点以后"]


async def test_who_thanks_first_and_sends_the_photo_a_day_later_is_understood() -> None:
    chat, number = await asked_for_more()
    assert phrases.SEND_WHEN_READY in await chat.says("好的，我明天拍了发过来")
    chat.waits(hours=20)
    await photo(chat)
    assert len(chat.town.pictures.kept[number]) == 1


async def test_who_only_said_yes_first_may_say_it_afterwards() -> None:
    chat, number = await asked_for_more()
    await chat.says("好的")
    chat.waits(hours=3)
    await chat.says("老王饭店")
    assert supplements(chat, number) == ["老王饭店"]


async def test_what_came_once_is_not_waited_for_any_more() -> None:
    chat, number = await asked_for_more()
    await chat.says("店名叫老王烧烤")
    chat.waits(hours=3)
    await chat.says("#")
    assert phrases.pictures_received(1) in await photo(chat)
    assert chat.session.step is Step.DESCRIBE
    assert not chat.town.pictures.kept.get(number)


@pytest.mark.parametrize(
    "said", ["查进度", "社保卡丢了怎么补", "家里煤气泄漏了", "你好", "0", "我要投诉", "我要反映个事", "3"]
)
async def test_commands_questions_and_danger_are_no_material(said: str) -> None:
    chat, number = await asked_for_more()
    await chat.says(said)
    assert supplements(chat, number) == []


@pytest.mark.parametrize("said", ["要发什么照片", "怎么发啊"])
async def test_who_asks_how_to_send_it_is_told_and_may_send_it_then(said: str) -> None:
    chat, number = await asked_for_more()
    assert phrases.HOW_PHOTOS in await chat.says(said)
    await chat.says("老王烧烤")
    assert supplements(chat, number) == ["老王烧烤"]


async def test_words_meant_for_something_else_have_a_way_out() -> None:
    chat, _ = await asked_for_more()
    await chat.says("楼上装修太吵了")
    reply = await chat.says("不是给这件事的")
    assert phrases.STAYS_THERE in reply
    assert chat.session.draft is not None
    assert chat.session.draft.text == "楼上装修太吵了"


async def test_photos_meant_for_something_else_begin_it() -> None:
    chat, _ = await asked_for_more()
    await photo(chat)
    await photo(chat)
    reply = await chat.says("不是给这件事的")
    assert phrases.pictures_received(2) in reply
    assert chat.session.step is Step.DESCRIBE


async def in_a_filing() -> tuple[Chat, str]:
    chat, number = await asked_for_more()
    for said in ("我要求助", "路灯坏了三天没人修"):
        await chat.says(said)
    chat.now += timedelta(minutes=1)
    chat.asked = Asked(number, chat.now, listed=True, what=AskedFor.MATERIAL)
    return chat, number


async def test_in_the_middle_of_another_filing_a_photo_is_asked_about_and_the_filing_goes_on() -> None:
    chat, number = await in_a_filing()
    assert phrases.PHOTO_FOR_WHICH in await photo(chat)
    await photo(chat)
    reply = await chat.says("1")
    assert phrases.BACK_TO_FILING_BEFORE in reply
    assert len(chat.town.pictures.kept[number]) == 2
    assert chat.session.step is Step.PLACE
    assert chat.session.draft is not None
    assert chat.session.draft.pictures == ()


@pytest.mark.parametrize("said", ["2", "正在登记的这件"])
async def test_or_it_joins_the_filing(said: str) -> None:
    chat, number = await in_a_filing()
    await photo(chat)
    await chat.says(said)
    assert not chat.town.pictures.kept.get(number)
    assert chat.session.step is Step.PLACE
    assert chat.session.draft is not None
    assert len(chat.session.draft.pictures) == 1


async def test_who_goes_on_with_the_filing_meant_the_filing_and_loses_nothing() -> None:
    chat, _ = await in_a_filing()
    await photo(chat)
    await chat.says("人民路12号")
    assert chat.session.step is Step.CONTACT
    assert chat.session.draft is not None
    assert (chat.session.draft.place, len(chat.session.draft.pictures)) == ("人民路12号", 1)


async def test_words_in_the_middle_of_a_filing_answer_the_filing() -> None:
    chat, number = await in_a_filing()
    await chat.says("人民路12号")
    assert supplements(chat, number) == []
    assert chat.session.step is Step.CONTACT


async def test_what_was_sent_before_the_notice_is_no_answer_to_it() -> None:
    chat, number = await asked_for_more()
    chat.asked = Asked(number, chat.now + timedelta(seconds=5), listed=True, what=AskedFor.MATERIAL)
    await photo(chat)
    assert not chat.town.pictures.kept.get(number)


async def test_words_after_the_photo_go_the_same_way() -> None:
    chat, number = await asked_for_more()
    await photo(chat)
    assert number in await chat.says("就是老王烧烤")
    assert supplements(chat, number)[-1] == "就是老王烧烤"
