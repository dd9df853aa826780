"""Who rang 12345 reads it in a text message: the receipt, the answer, and never at night; who has no number is rung."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.delivery.listing import DeliveryLedger, Wanted
from bot.demo.notices import library, notice_lines
from routing.events import Audience, EventKind, NoticeChannel, NoticeState, OutboxEntry, Rung
from routing.workflow import SYSTEM
from tests.journeys.city import CITY_MANAGEMENT, COMPLAINT, PHONE, City, open_city

LANDLINE = "0371-65123456"
ANSWER = "路灯已经修好，感谢您的监督。"


@pytest.fixture
async def city(mongo_url: str, redis_url: str, services_database: str, tmp_path: Path) -> AsyncIterator[City]:
    async with open_city(
        mongo_url=mongo_url,
        redis_url=redis_url,
        database=services_database,
        directory=tmp_path,
        notices=notice_lines("county"),
        library=library("county"),
    ) as opened:
        yield opened


async def a_call(city: City, *, phone: str = PHONE, text: str = COMPLAINT, **more: Any) -> str:
    """Registered at the hotline; returns the ticket's number."""
    citizen = {"phone": phone, **more.pop("citizen", {})}
    api = await city.api()
    ticket = await api.post(
        "/tickets", {"external_number": f"H-{len(city.texts())}-{phone}", "text": text, "citizen": citizen} | more,
        expect=201,
    )  # fmt: skip
    await city.sweep()
    return str(ticket["number"])


async def acts(city: City, number: str, *steps: tuple[str, dict[str, Any]]) -> None:
    api = await city.api("supervisor")
    for action, body in steps:
        version = (await api.ticket(number))["version"]
        await api.post(f"/tickets/{number}/{action}", {"version": version, **body})


async def to_citizen(city: City, number: str, kind: EventKind) -> list[OutboxEntry]:
    ticket = await city.services.tickets.get(number)
    return [
        e for e in ticket.outbox if e.audience is Audience.CITIZEN and ticket.event(e.event_seq).kind is kind
    ]


async def closed(city: City, number: str) -> None:
    ticket = await (await city.api("supervisor")).ticket(number)
    first = [("dispatch", {"department": CITY_MANAGEMENT})] if ticket["state"] == "received" else []
    await acts(city, number, *first, ("accept", {}), ("resolve", {"text": ANSWER}))
    await city.sweep()


async def test_who_rang_reads_number_and_code_that_open_the_ticket_and_hears_of_its_end(city: City) -> None:
    number = await a_call(city)
    (receipt,) = city.texts()
    code = re.search(r"查询码(\d{6})", receipt)
    assert code is not None
    assert f"{number}已受理" in receipt
    assert await city.services.queries.find_with_code(number, code[1]) is not None
    await closed(city, number)
    *_, end = city.texts()
    assert f"{number}已办结" in end
    assert code[0] in end
    (told,) = await to_citizen(city, number, EventKind.RESOLVED)
    assert (told.channel, told.rung, told.state) == (NoticeChannel.WECHAT, Rung.SMS, NoticeState.SENT)
    await city.sweep()
    assert sum(number in text for text in city.texts()) == len(set(city.texts())), "nothing came twice"


@pytest.mark.parametrize(
    ("phone", "citizen", "why"), [(LANDLINE, {}, "no-number"), (PHONE, {"texts": False}, "no-texts")]
)
async def test_who_takes_no_text_messages_is_rung_about_the_end_alone(
    city: City, phone: str, citizen: dict[str, Any], why: str
) -> None:
    number = await a_call(city, phone=phone, citizen=citizen)
    await closed(city, number)
    assert city.texts() == []
    tried, call = await to_citizen(city, number, EventKind.RESOLVED)
    assert (tried.state, tried.failure) == (NoticeState.FAILED, why)
    assert (call.channel, call.state) == (NoticeChannel.TELEPHONE, NoticeState.SENT)
    (receipt,) = await to_citizen(city, number, EventKind.REGISTERED)
    assert (receipt.state, receipt.failure) == (NoticeState.FAILED, why)
    assert receipt.planned_at is not None
    wanted = Wanted(since=receipt.planned_at, until=city.clock() + timedelta(seconds=1))
    ledger = DeliveryLedger(city.services.database)
    rows, _ = await ledger.page(wanted, reader=SYSTEM)
    assert [row.entry.channel for row in rows] == [NoticeChannel.TELEPHONE], (
        "nobody missed what there was no way for"
    )
    assert sum((await ledger.counts(wanted, reader=SYSTEM)).values()) == 1
    rows, _ = await ledger.page(replace(wanted, number=number), reader=SYSTEM)
    assert len(rows) > 1, "its own list has them all"


@pytest.mark.parametrize("secrecy", ["secret", "anonymous"])
async def test_of_a_secret_matter_no_text_message_carries_the_code(city: City, secrecy: str) -> None:
    number = await a_call(city, citizen={"secrecy": secrecy})
    assert city.texts() == [], "a receipt without its code is news of nothing"
    await closed(city, number)
    assert city.texts()
    for text in city.texts():
        assert number in text
        assert "查询码" not in text or "凭查询码" in text
        assert "路灯" not in text
        assert city.services.desk.query_code(number) not in text


async def test_at_night_the_receipt_goes_and_the_rest_waits_for_the_morning(city: City) -> None:
    city.clock.to("2026-11-16T22:10")
    number = await a_call(city)
    assert len(city.texts()) == 1, "who has just put down the telephone is awake"
    await closed(city, number)
    assert len(city.texts()) == 1
    (waits,) = await to_citizen(city, number, EventKind.RESOLVED)
    assert waits.state is NoticeState.QUEUED
    city.clock.to("2026-11-17T08:00")
    await city.sweep()
    assert f"{number}已办结" in city.texts()[-1]


async def test_a_call_written_down_hours_later_wakes_nobody_with_its_receipt(city: City) -> None:
    city.clock.to("2026-11-16T23:10")
    received = (city.clock() - timedelta(hours=2)).isoformat()
    number = await a_call(city, received_at=received)
    assert city.texts() == []
    city.clock.to("2026-11-17T08:00")
    await city.sweep()
    assert any(f"{number}已受理" in text for text in city.texts())


async def test_what_a_list_brings_in_late_gets_no_receipt(city: City) -> None:
    received = city.clock().replace(day=city.clock().day - 3).isoformat()
    number = await a_call(city, received_at=received)
    assert city.texts() == []
    assert await to_citizen(city, number, EventKind.REGISTERED) == []


async def test_what_is_asked_of_a_caller_is_asked_by_a_person(city: City) -> None:
    number = await a_call(city)
    await acts(
        city,
        number,
        *([("dispatch", {"department": CITY_MANAGEMENT})] if await waits(city, number) else []),
        ("accept", {}),
        ("ask-material", {"text": "路灯杆上的编号"}),
    )
    await city.sweep()
    (call,) = await to_citizen(city, number, EventKind.MATERIAL_REQUESTED)
    assert (call.channel, call.state) == (NoticeChannel.TELEPHONE, NoticeState.SENT)


async def waits(city: City, number: str) -> bool:
    return bool((await (await city.api("supervisor")).ticket(number))["state"] == "received")
