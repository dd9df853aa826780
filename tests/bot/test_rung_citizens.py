"""The worker and the telephone: the call stands on the right console, once, and nothing is forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.wechat.delivery import DeliveryClass, DeliveryRefused
from routing.citizen_request import Channel
from routing.events import NoticeChannel, NoticeState
from routing.mongo_store import Database
from routing.workflow import Actor, Role
from tests.bot.errand_office import ACCOUNT, UNITS, CountingWeChat, Office
from tests.factories import CITY_MANAGEMENT, MONDAY_9_30, a_liaison, a_request

NOW = MONDAY_9_30
BOSS = Actor("boss", "林督办", Role.SUPERVISOR, frozenset(unit.id for unit in UNITS.all()))
LEAD = Actor("lead", "主办", Role.LIAISON, frozenset({CITY_MANAGEMENT}))


class RefusingWeChat(CountingWeChat):
    """The platform takes nothing of ours, and says so."""

    async def send_text(self, openid: str, text: str) -> None:
        raise DeliveryRefused(45002, DeliveryClass.CONTENT)


async def asked_for_material(office: Office, channel: Channel, **who: Any) -> str:
    number = (await office.desk.register(a_request(channel=channel, **who), now=NOW)).number
    await office.desk.dispatch(number, CITY_MANAGEMENT, actor=BOSS, version=None, now=NOW)
    await office.desk.accept(number, actor=a_liaison(), version=None, now=NOW)
    await office.desk.reviews.ask_material(
        number, actor=a_liaison(), version=None, now=NOW, text="路灯杆上的编号"
    )
    return number


async def calls(office: Office, reader: Actor) -> list[str]:
    return [
        n.text for n in await office.console.latest(reader, limit=50) if n.text.startswith("请电话告知市民：")
    ]


async def test_the_centre_is_asked_to_ring_who_has_no_wechat(database: Database) -> None:
    office = Office(database, clock=lambda: NOW, wechat=CountingWeChat())
    await office.prepare()
    number = await asked_for_material(office, Channel.HOTLINE)
    for _ in range(3):
        await office.sweep()
    (call,) = await calls(office, BOSS)
    assert "路灯杆上的编号" in call
    assert await calls(office, LEAD) == []
    ticket = await office.tickets.get(number)
    assert {e.state for e in ticket.outbox if e.channel is NoticeChannel.TELEPHONE} == {NoticeState.SENT}
    await office.desk.check_deadlines(NOW + timedelta(days=20))
    await office.desk.resolve(number, actor=LEAD, version=None, now=NOW + timedelta(days=20), text="已经修好")
    await office.worker.deliver_notices(NOW + timedelta(days=21))
    assert any("已经修好" in call for call in await calls(office, LEAD)), "the unit rings with its own answer"


async def test_what_wechat_refused_for_good_is_rung(database: Database) -> None:
    office = Office(database, clock=lambda: NOW, wechat=RefusingWeChat())
    await office.prepare()
    number = await asked_for_material(office, Channel.WECHAT, openid="o1", account=ACCOUNT)
    while await office.sweep():
        pass
    ticket = await office.tickets.get(number)
    assert NoticeState.FAILED in {e.state for e in ticket.outbox if e.channel is NoticeChannel.WECHAT}
    assert len(await calls(office, BOSS)) == 1
