"""Messages that cross each other, and answers that come late: nothing is lost, nothing is said twice."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from bot.conversations.store import MOST_ATTEMPTS
from bot.simulator.faults import Failure
from bot.simulator.records import Delivery, Outcome
from bot.wechat.messages import IncomingMessage, MessageKind
from bot.worker import Worker
from routing.citizen_request import CitizenRequest
from routing.ticket import Ticket
from tests.journeys.city import ACCOUNT, COMPLAINT, PHONE, City, Phone
from tests.journeys.pages import number_in

SEND = "message/custom/send"
FILING = ("我要投诉", COMPLAINT, "城关镇人民路12号", f"我叫王建国，电话{PHONE}", "公开")


# ---- crossing


async def test_a_photo_that_crosses_the_confirmation_reaches_the_ticket_and_the_number_the_citizen(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    wang, register = city.citizen(), city.services.desk.register
    for said in FILING:
        await wang.says(said)
    crossed: list[asyncio.Task[Delivery]] = []

    async def register_while_a_photo_arrives(request: CitizenRequest, *, now: datetime) -> Ticket:
        # It waits for the confirmation that is being answered.
        crossed.append(asyncio.create_task(city.platform.send_image(wang.openid)))
        return await register(request, now=now)

    monkeypatch.setattr(city.services.desk, "register", register_while_a_photo_arrives)
    reply = await wang.says("确认提交")
    number = number_in(reply)
    (photo,) = crossed
    assert f"已经加到工单{number}" in (await photo).text
    assert "查询码：" in reply
    assert await city.services.database["ticket_pictures"].count_documents({"number": number}) == 1
    ticket = await (await city.api("supervisor")).ticket(number)
    assert any("照片" in (event["text"] or "") for event in ticket["events"])
    assert await city.services.database["tickets"].count_documents({}) == 1


async def test_confirmation_and_photos_sent_in_one_moment_make_one_ticket_with_every_photo(
    city: City,
) -> None:
    wang = city.citizen()
    for said in FILING:
        await wang.says(said)
    confirmed, *photos = await asyncio.gather(
        city.platform.send_text(wang.openid, "确认提交"),
        *(city.platform.send_image(wang.openid) for _ in range(5)),
    )
    assert all(delivery.outcome is Outcome.ANSWERED for delivery in photos)
    number = number_in(confirmed.text)
    assert await city.services.database["ticket_pictures"].count_documents({"number": number}) == 5
    assert await city.services.database["tickets"].count_documents({}) == 1


# ---- late


async def kept(city: City, citizen: Phone, text: str, *, message_id: str = "late-1") -> IncomingMessage:
    """A message that took longer than five seconds."""
    message = IncomingMessage(
        ACCOUNT.name, citizen.openid, MessageKind.TEXT, message_id, city.clock(), content=text
    )
    await city.services.late_messages.keep(message, now=city.clock())
    return message


async def a_citizen_in_touch(city: City) -> Phone:
    """The platform lets us write only to somebody who wrote to us."""
    citizen = city.citizen()
    await citizen.says("你好")
    return citizen


def answers(citizen: Phone) -> int:
    return sum("来源：" in said for said in citizen.hears())


async def test_one_unreadable_late_message_does_not_silence_all_others(city: City) -> None:
    wang = await a_citizen_in_touch(city)
    broken = await kept(city, wang, "社保卡丢了怎么补办？", message_id="late-0")
    await city.services.database["late_messages"].update_one(
        {"_id": broken.key}, {"$set": {"sealed": b"x" * 40}}
    )
    await kept(city, wang, "社保卡丢了怎么补办？")
    await city.sweep()
    assert answers(wang) == 1


async def test_a_busy_platform_gets_the_late_answer_later_and_once(city: City) -> None:
    wang = await a_citizen_in_touch(city)
    await kept(city, wang, "社保卡丢了怎么补办？")
    city.platform.faults.fail_next(SEND, -1, times=3)
    await city.sweep()
    assert answers(wang) == 0
    for _ in range(4):  # the pauses grow with the wait
        city.clock.advance(hours=1)
        await city.sweep()
    assert answers(wang) == 1


async def test_a_late_answer_nobody_takes_is_given_up_in_the_end(city: City) -> None:
    wang = await a_citizen_in_touch(city)
    await kept(city, wang, "社保卡丢了怎么补办？")
    city.platform.faults.fail_next(SEND, 45009, times=MOST_ATTEMPTS)
    for _ in range(MOST_ATTEMPTS + 1):
        await city.sweep()
        city.clock.advance(hours=3)
    assert await city.services.late_messages.find_late(city.clock()) == []


@pytest.mark.parametrize("failure", [Failure.RESET_AFTER_EFFECT, 40003])
async def test_a_late_answer_is_not_sent_again_after_an_unknown_outcome_or_to_nobody(
    city: City, failure: int | Failure
) -> None:
    wang = await a_citizen_in_touch(city)
    message = await kept(city, wang, "社保卡丢了怎么补办？")
    city.platform.faults.fail_next(SEND, failure)
    await city.sweep()
    told = answers(wang)
    await city.services.late_messages.keep(message, now=city.clock())
    city.clock.advance(minutes=5)
    await city.sweep()
    assert answers(wang) == told


async def test_a_late_answer_over_the_count_goes_out_soon_after_or_not_at_all(city: City) -> None:
    wang = await a_citizen_in_touch(city)
    await kept(city, wang, "社保卡丢了怎么补办？")
    city.platform.faults.fail_next(SEND, 45047)
    await city.sweep()
    assert answers(wang) == 0
    city.clock.advance(minutes=2)
    await city.sweep()
    assert answers(wang) == 1


async def test_a_closed_window_is_not_waited_for_all_day(city: City) -> None:
    wang = await a_citizen_in_touch(city)
    await kept(city, wang, "社保卡丢了怎么补办？")
    city.clock.advance(minutes=40)
    city.platform.faults.fail_next(SEND, 45015)
    for _ in range(3):
        await city.sweep()
        city.clock.advance(hours=3)
    assert answers(wang) == 0
    assert await city.services.late_messages.find_late(city.clock()) == []


async def test_a_message_kept_again_after_its_answer_is_not_answered_twice(city: City) -> None:
    wang = await a_citizen_in_touch(city)
    message = await kept(city, wang, "社保卡丢了怎么补办？")
    await city.sweep()
    await city.services.late_messages.keep(message, now=city.clock())
    await city.sweep()
    assert answers(wang) == 1


async def test_two_workers_at_once_send_a_late_answer_once(city: City) -> None:
    wang = await a_citizen_in_touch(city)
    await kept(city, wang, "社保卡丢了怎么补办？")
    city.clock.advance(seconds=1)
    workers = (Worker(city.services), Worker(city.services))
    await asyncio.gather(*(worker.answer_late_messages(city.clock()) for worker in workers))
    assert answers(wang) == 1
