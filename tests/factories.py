"""Domain objects for tests, with everything a test does not care about filled in."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

from routing.citizen_request import Channel, Citizen, CitizenRequest, RequestType, Secrecy, Urgency
from routing.departments import UnitId
from routing.ticket import Ticket
from routing.timing.profile_files import load_profile
from routing.workflow import CITIZEN, Actor, Role

MONDAY_9_30 = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)
"""Monday 16 November 2026, 09:30 in China: an ordinary working morning."""
PROFILE = load_profile("demo-county")
CITY_MANAGEMENT = UnitId("qh.urban-management")
HOUSING = UnitId("qh.housing")

_numbers = count(1)


def a_request(
    text: str = "楼下烧烤店半夜还在营业，油烟和噪音很大，影响休息。",
    *,
    request_type: RequestType = RequestType.COMPLAINT,
    channel: Channel = Channel.HOTLINE,
    external_number: str | None = None,
    title: str | None = None,
    place: str | None = None,
    secrecy: Secrecy = Secrecy.PUBLIC,
    openid: str | None = None,
    account: str | None = None,
    urgency: Urgency = Urgency.ORDINARY,
    at: datetime = MONDAY_9_30,
) -> CitizenRequest:
    return CitizenRequest(
        channel=channel,
        external_number=external_number or f"X{next(_numbers):06d}",
        request_type=request_type,
        text=text,
        citizen=Citizen(name="王建国", phone="13800005678", account=account, openid=openid, secrecy=secrecy),
        received_at=at,
        title=title,
        place=place,
        urgency=urgency,
    )


def a_ticket(request: CitizenRequest | None = None, *, at: datetime = MONDAY_9_30) -> Ticket:
    return Ticket.register(
        request or a_request(at=at),
        number=f"HY261116{next(_numbers):04d}",
        profile=PROFILE,
        actor=CITIZEN,
        now=at,
    )


def a_liaison(unit_id: UnitId = CITY_MANAGEMENT) -> Actor:
    return Actor("liaison", "陈联络", Role.LIAISON, frozenset({unit_id}))


def a_dispatcher() -> Actor:
    return Actor("dispatcher", "周派单", Role.DISPATCHER, frozenset({CITY_MANAGEMENT, HOUSING}))


def a_supervisor() -> Actor:
    return Actor("supervisor", "林督办", Role.SUPERVISOR, frozenset({CITY_MANAGEMENT, HOUSING}))
