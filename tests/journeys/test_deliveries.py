"""Notices against a platform that misbehaves: told once, never twice, and never silently lost."""

from __future__ import annotations

import pytest

from bot.delivery.delivering import CLAIM
from bot.simulator.faults import Failure
from bot.worker import Worker
from routing.events import Audience, NoticeChannel, NoticeState, OutboxEntry, Rung, TryOutcome
from tests.journeys.city import City, Phone

ANSWER = "已经修好，感谢您的监督。"
SEND = "message/custom/send"


async def an_answered_ticket(city: City) -> tuple[str, Phone]:
    citizen = city.citizen()
    number = await citizen.files()
    await city.sweep()
    api = await city.api("supervisor")
    ticket = await api.ticket(number)
    if ticket["state"] == "received":
        ticket = await api.post(
            f"/tickets/{number}/dispatch",
            {"department": "qh.urban-management", "version": ticket["version"]},
        )
    for action, body in (("accept", {}), ("reply", {"text": ANSWER})):
        ticket = (await api.ticket(number)) | body
        await api.post(f"/tickets/{number}/{action}", {"version": ticket["version"], **body})
    return number, citizen


async def ledger(city: City, number: str) -> list[OutboxEntry]:
    ticket = await city.services.tickets.get(number)
    return [e for e in ticket.outbox if e.audience is Audience.CITIZEN]


def heard(citizen: Phone) -> int:
    return sum(ANSWER in said for said in citizen.hears())


async def test_an_answer_is_told_once_and_the_ledger_says_so(city: City) -> None:
    number, citizen = await an_answered_ticket(city)
    await city.sweep()
    await city.sweep()
    assert heard(citizen) == 1
    assert (await ledger(city, number))[-1].state is NoticeState.SENT


async def test_two_workers_at_once_send_one_message(city: City) -> None:
    number, citizen = await an_answered_ticket(city)
    city.clock.advance(seconds=1)
    one, other = Worker(city.services), Worker(city.services)
    for _ in range(3):
        await one.deliver_notices(city.clock())
        await other.deliver_notices(city.clock())
    assert heard(citizen) == 1
    assert number


async def test_after_an_unknown_outcome_nothing_is_sent_again(city: City) -> None:
    number, citizen = await an_answered_ticket(city)
    city.platform.faults.fail_next(SEND, Failure.RESET_AFTER_EFFECT)
    await city.sweep()
    city.clock.advance(hours=3)
    await city.sweep()
    assert heard(citizen) == 1
    assert (await ledger(city, number))[-1].state is NoticeState.UNKNOWN


async def test_a_worker_that_died_while_sending_leaves_an_unknown_outcome(city: City) -> None:
    number, citizen = await an_answered_ticket(city)
    entry = (await ledger(city, number))[-1]
    await city.services.desk.notices.settle_notice(
        number,
        entry.id,
        NoticeState.SENDING,
        was=NoticeState.QUEUED,
        now=city.clock(),
        try_again_at=city.clock() + CLAIM,
    )
    await city.sweep()
    assert (await ledger(city, number))[-1].state is NoticeState.SENDING
    city.clock.advance(seconds=CLAIM.total_seconds() + 1)
    await city.sweep()
    assert (await ledger(city, number))[-1].state is NoticeState.UNKNOWN
    assert heard(citizen) == 0


@pytest.mark.parametrize("code", [45015, 45047, 43004, 40003])
async def test_what_cannot_be_delivered_now_is_kept_for_the_citizens_next_message(
    city: City, code: int
) -> None:
    number, citizen = await an_answered_ticket(city)
    city.platform.faults.fail_next(SEND, code)
    await city.sweep()
    entry = (await ledger(city, number))[-1]
    assert (entry.state, entry.failure, heard(citizen)) == (NoticeState.WAITING, str(code), 0)
    await city.sweep()
    assert heard(citizen) == 0
    await citizen.says("你好")
    await city.sweep()
    assert heard(citizen) == 1
    assert (await ledger(city, number))[-1].state is NoticeState.SENT
    await citizen.says("谢谢")
    await city.sweep()
    assert heard(citizen) == 1


async def test_words_the_platform_refuses_are_followed_by_short_ones(city: City) -> None:
    number, citizen = await an_answered_ticket(city)
    city.platform.faults.fail_next(SEND, 45002)
    await city.sweep()
    assert heard(citizen) == 0
    assert f"您的工单{number}有新进展" in citizen.hears()[-1]
    entry = (await ledger(city, number))[-1]
    assert [(t.rung, t.outcome, t.code) for t in entry.tries] == [
        (Rung.CHAT, TryOutcome.REFUSED, "45002"),
        (Rung.CHAT_SHORT, TryOutcome.ACCEPTED, None),
    ]


async def test_what_we_sent_wrong_is_written_down_as_failed_and_somebody_is_asked_to_ring(city: City) -> None:
    number, _ = await an_answered_ticket(city)
    city.platform.faults.fail_next(SEND, 45002, times=2)
    await city.sweep()
    *_, pushed, call = await ledger(city, number)
    assert (pushed.channel, pushed.state) == (NoticeChannel.WECHAT, NoticeState.FAILED)
    assert (call.channel, call.state) == (NoticeChannel.TELEPHONE, NoticeState.SENT)


async def test_progress_still_shows_the_answer_that_could_not_be_pushed(city: City) -> None:
    number, citizen = await an_answered_ticket(city)
    city.platform.faults.fail_next(SEND, 45015)
    await city.sweep()
    assert ANSWER in await citizen.says(number)
