"""A citizen is told by template, by subscription, in the chat or by text message: always once, by the first that works."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.notices import library, notice_lines
from bot.simulator.faults import Failure
from bot.simulator.records import EntryKind
from bot.wechat.notice_templates import NoticeTemplate
from routing.events import Audience, NoticeChannel, NoticeState, OutboxEntry, Rung
from tests.journeys.city import CITY_MANAGEMENT, City, Phone, open_city

ANSWER = "路灯已经修好，感谢您的监督。"
TEMPLATE, CHAT = "message/template/send", "message/custom/send"
OTHER_UNIT = "qh.housing"


@pytest.fixture(params=["template", "subscription"])
def by_subscription(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "subscription")


@pytest.fixture
async def city(
    mongo_url: str, redis_url: str, services_database: str, tmp_path: Path, by_subscription: bool
) -> AsyncIterator[City]:
    async with open_city(
        mongo_url=mongo_url,
        redis_url=redis_url,
        database=services_database,
        directory=tmp_path,
        notices=notice_lines("county", by_subscription=by_subscription),
        library=library("county", by_subscription=by_subscription),
    ) as opened:
        yield opened


templates = pytest.mark.parametrize("by_subscription", [False])
subscriptions = pytest.mark.parametrize("by_subscription", [True])


async def a_moved_ticket(city: City, **filing: str) -> tuple[str, Phone]:
    """One whose citizen is to be told that another office has it."""
    citizen = city.citizen()
    number = await citizen.files(**filing)
    await city.sweep()
    await move(city, number)
    return number, citizen


async def move(city: City, number: str) -> None:
    api = await city.api("supervisor")
    ticket = await api.ticket(number)
    if ticket["state"] == "received":
        body = {"department": CITY_MANAGEMENT, "version": ticket["version"]}
        await api.post(f"/tickets/{number}/dispatch", body)
        return
    present = (await city.services.tickets.get(number)).unit_id
    unit = OTHER_UNIT if present == CITY_MANAGEMENT else CITY_MANAGEMENT
    body = {"department": unit, "reason": "按职责", "version": ticket["version"]}
    await api.post(f"/tickets/{number}/transfer", body)


async def notice(city: City, number: str) -> OutboxEntry:
    ticket = await city.services.tickets.get(number)
    return [e for e in ticket.outbox if e.audience is Audience.CITIZEN and e.channel is NoticeChannel.WECHAT][
        -1
    ]


def arrived(citizen: Phone, *, since: int = 0) -> list[EntryKind]:
    return [entry.kind for entry in citizen.lines()[since:] if not entry.from_citizen]


@templates
async def test_a_template_arrives_and_its_report_is_written_down(city: City) -> None:
    number, citizen = await a_moved_ticket(city)
    before = len(citizen.lines())
    await city.sweep()
    await city.platform.settle()
    assert arrived(citizen, since=before) == [EntryKind.TEMPLATE]
    assert f"工单编号：{number}" in citizen.hears()[-1]
    entry = await notice(city, number)
    assert (entry.state, entry.rung) == (NoticeState.DELIVERED, Rung.TEMPLATE)


@templates
async def test_who_refuses_templates_is_told_in_the_chat_once_the_report_says_so(city: City) -> None:
    number, citizen = await a_moved_ticket(city)
    city.platform.phones.of(citizen.openid).blocks_templates = True
    city.platform.faults.repeat_reports = 3
    before = len(citizen.lines())
    await city.sweep()
    await city.platform.settle()
    await city.sweep()
    assert arrived(citizen, since=before) == [EntryKind.TEXT]
    entry = await notice(city, number)
    assert (entry.state, entry.rung) == (NoticeState.SENT, Rung.CHAT)
    assert [(t.rung, t.code) for t in entry.tries] == [(Rung.TEMPLATE, "user-block"), (Rung.CHAT, None)]


@templates
@pytest.mark.parametrize("failure", [Failure.RESET_AFTER_EFFECT, Failure.GARBAGE])
async def test_a_template_whose_answer_was_lost_is_told_once(city: City, failure: Failure) -> None:
    number, citizen = await a_moved_ticket(city)
    city.platform.faults.fail_next(TEMPLATE, failure, times=3)
    before = len(citizen.lines())
    await city.sweep()
    city.clock.advance(minutes=2)
    await city.sweep()
    await city.platform.settle()
    await city.sweep()
    assert arrived(citizen, since=before) == [EntryKind.TEMPLATE]
    assert (await notice(city, number)).state is NoticeState.DELIVERED


@templates
async def test_with_every_wechat_way_closed_the_text_message_arrives(city: City) -> None:
    number, citizen = await a_moved_ticket(city)
    city.platform.faults.fail_next(TEMPLATE, 43004)
    city.platform.faults.fail_next(CHAT, 45015)
    before = len(citizen.lines())
    await city.sweep()
    assert arrived(citizen, since=before) == [EntryKind.SMS]
    text = citizen.hears()[-1]
    assert text.startswith("【清和县12345】")
    assert number in text
    assert (await notice(city, number)).rung is Rung.SMS


@templates
async def test_of_a_secret_matter_the_text_message_says_the_number_alone(city: City) -> None:
    number, citizen = await a_moved_ticket(city, secrecy="保密")
    city.platform.faults.fail_next(TEMPLATE, 43004)
    city.platform.faults.fail_next(CHAT, 45015)
    await city.sweep()
    text = citizen.hears()[-1]
    assert number in text
    assert "路灯" not in text
    assert "改派" not in text


@templates
async def test_who_cannot_be_reached_at_all_hears_it_at_the_next_message(city: City) -> None:
    number, citizen = await a_moved_ticket(city, contact="不留电话")
    city.platform.faults.fail_next(TEMPLATE, 43004)
    city.platform.faults.fail_next(CHAT, 45015)
    await city.sweep()
    assert (await notice(city, number)).state is NoticeState.WAITING
    assert await city.services.delivery.waiting.refill() == 1
    before = len(citizen.lines())
    await citizen.says("你好")
    await city.sweep()
    await city.sweep()
    assert arrived(citizen, since=before)[-1] is EntryKind.TEXT
    assert number in citizen.hears()[-1]
    assert (await notice(city, number)).rung is Rung.CHAT


@templates
async def test_what_waited_in_vain_expires_and_stays_untold(city: City) -> None:
    number, _ = await a_moved_ticket(city, contact="不留电话")
    city.platform.faults.fail_next(TEMPLATE, 43004)
    city.platform.faults.fail_next(CHAT, 45015)
    await city.sweep()
    city.clock.advance(minutes=11)
    await city.sweep()
    assert (await notice(city, number)).state is NoticeState.WAITING
    city.clock.advance(days=city.services.settings.notice_days)
    await city.sweep()
    entry = await notice(city, number)
    assert (entry.state, entry.next_attempt_at) == (NoticeState.EXPIRED, None)


@templates
async def test_an_answer_comes_whole_into_an_open_chat_and_as_a_card_into_a_closed_one(city: City) -> None:
    number, citizen = await a_moved_ticket(city)
    await city.sweep()
    api = await city.api("supervisor")
    for action, body in (("accept", {}), ("reply", {"text": ANSWER})):
        version = (await api.ticket(number))["version"]
        await api.post(f"/tickets/{number}/{action}", {"version": version, **body})
    await city.sweep()
    assert ANSWER in citizen.hears()[-1]
    assert (await notice(city, number)).rung is Rung.CHAT
    city.clock.advance(days=3)
    await api.post(f"/tickets/{number}/resolve", {"version": (await api.ticket(number))["version"]})
    before = len(citizen.lines())
    await city.sweep()
    assert arrived(citizen, since=before) == [EntryKind.TEMPLATE]
    assert "请评价" in citizen.hears()[-1]


@subscriptions
async def test_one_consent_is_one_notice_and_then_the_chat_again(city: City) -> None:
    number, citizen = await a_moved_ticket(city)
    (template,) = [t.id for k, t in _subscriptions(city).items() if k == "other"]
    await city.platform.answer_popup(citizen.openid, {template: True})
    consents = city.services.delivery.subscriptions
    assert await consents.left("county", citizen.openid, template) == 1
    before = len(citizen.lines())
    await city.sweep()
    await city.platform.settle()
    assert arrived(citizen, since=before) == [EntryKind.TEMPLATE]
    assert (await notice(city, number)).state is NoticeState.DELIVERED
    assert await consents.left("county", citizen.openid, template) == 0
    await move(city, number)
    before = len(citizen.lines())
    await city.sweep()
    assert arrived(citizen, since=before) == [EntryKind.TEXT]


@subscriptions
async def test_a_consent_the_platform_does_not_know_is_corrected_and_the_chat_tells(city: City) -> None:
    number, citizen = await a_moved_ticket(city)
    (template,) = [t.id for k, t in _subscriptions(city).items() if k == "other"]
    await city.platform.answer_popup(citizen.openid, {template: True})
    city.platform.phones.of(citizen.openid).consents.clear()
    before = len(citizen.lines())
    await city.sweep()
    assert arrived(citizen, since=before) == [EntryKind.TEXT]
    assert await city.services.delivery.subscriptions.left("county", citizen.openid, template) == 0
    assert [t.code for t in (await notice(city, number)).tries] == ["43101", None]


def _subscriptions(city: City) -> dict[str, NoticeTemplate]:
    return {k.value: t for k, t in city.services.wechat_accounts["county"].notices.subscriptions.items()}
