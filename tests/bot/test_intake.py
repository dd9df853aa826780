"""One door for every channel."""

from __future__ import annotations

from typing import Any

import pytest

from bot.intake import MOST_CHARACTERS, TextTooLong, register_citizen_request
from routing.citizen_request import Channel, Citizen, RequestType, Urgency
from routing.errors import ExternalNumberConflict, Incomplete
from routing.ticket import Ticket
from tests.bot.town import Desk
from tests.factories import MONDAY_9_30

TEXT = "请问新生儿落户需要什么材料？"


async def register(desk: Desk, text: str = TEXT, **fields: object) -> Ticket:
    given: dict[str, Any] = {"external_number": "H1", "citizen": Citizen(), **fields}
    return await register_citizen_request(
        desk, channel=Channel.HOTLINE, text=text, received_at=MONDAY_9_30, now=MONDAY_9_30, **given
    )


async def test_a_vague_text_is_no_report_of_wrongdoing() -> None:
    """举报 would hide who asked and take fifteen days; a full bin is neither secret nor slow."""
    assert (await register(Desk(), "城关镇老街垃圾桶满溢")).request_type is RequestType.HELP
    told = "我要举报，老街一家饭馆用地沟油"
    assert (await register(Desk(), told, external_number="H2")).request_type is RequestType.REPORT


async def test_what_the_channel_says_is_never_overruled() -> None:
    ticket = await register(Desk(), "煤气泄漏", request_type=RequestType.PRAISE, urgency=Urgency.ORDINARY)
    assert (ticket.request_type, ticket.urgency) == (RequestType.PRAISE, Urgency.ORDINARY)


async def test_a_missing_type_and_urgency_are_read_from_title_and_text() -> None:
    question = await register(Desk())
    assert (question.request_type, question.urgency) == (RequestType.CONSULTATION, Urgency.ORDINARY)
    danger = await register(Desk(), "请马上派人来。", title="小区煤气泄漏")
    assert danger.urgency is Urgency.URGENT


async def test_the_same_number_again_is_the_same_ticket_and_another_text_a_conflict() -> None:
    desk = Desk()
    first = await register(desk, " " + TEXT + "\n")
    assert (await register(desk)).number == first.number
    with pytest.raises(ExternalNumberConflict):
        await register(desk, "另一件事")


async def test_phone_and_name_are_tidied_and_an_odd_number_is_kept() -> None:
    desk = Desk()
    tidy = await register(desk, citizen=Citizen(name=" 王建国 ", phone="+86 138-1234-5678"))
    odd = await register(desk, external_number="H2", citizen=Citizen(phone="内线 3-12"))
    assert desk.citizens[tidy.number] == Citizen(name="王建国", phone="13812345678")
    assert desk.citizens[odd.number].phone == "内线 3-12"


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"text": "  \n"}, Incomplete),
        ({"external_number": " "}, Incomplete),
        ({"text": "长" * (MOST_CHARACTERS + 1)}, TextTooLong),
    ],
)
async def test_what_cannot_be_a_ticket_is_refused(fields: dict[str, str], refused: type[Exception]) -> None:
    with pytest.raises(refused):
        await register(Desk(), **fields)


async def test_the_longest_text_is_taken_whole() -> None:
    ticket = await register(Desk(), "长" * MOST_CHARACTERS)
    assert len(ticket.text) == MOST_CHARACTERS
