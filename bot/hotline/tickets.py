"""Intake and reads: one citizen request in, tickets out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from pydantic import BaseModel

from bot.hotline import problems
from bot.hotline.models import CitizenIn, NewTicket, NoBody, NoQuery, TicketsQuery
from bot.hotline.operation import Call, Endpoint, Result, operation
from bot.hotline.similar import CandidateJson, RegisteredJson, show_candidates
from bot.hotline.ticket_json import TicketJson, show_ticket
from bot.intake import enter_application, register_citizen_request
from routing.citizen_request import Citizen, CitizenRequest
from routing.errors import ExternalNumberConflict, Incomplete, UnknownYear
from routing.queries import TicketFilter
from routing.resemblance.duplicate_store import Asked
from routing.service_desk import ServiceDesk
from routing.ticket import Ticket
from routing.timing.sla import Profile
from routing.workflow import CENTRE_ROLES, Actor, Role

log = structlog.get_logger(__name__)

INTAKE_ROLES = CENTRE_ROLES | {Role.SYSTEM}
READERS = INTAKE_ROLES | {Role.LIAISON, Role.AUDITOR}
CLOCKS_MAY_DIFFER = timedelta(minutes=1)
"""How far ahead of ours a caller's clock may be before ``received_at`` counts as the future."""


class TicketPage(BaseModel):
    """One page; ``cursor`` asks for the next and is null at the end; ``total`` counts what matches, 1000 at the most.
    ``searched_since``, where it is not null, says that words were looked for in what was received from then on only."""

    tickets: list[TicketJson]
    cursor: str | None
    total: int
    searched_since: datetime | None = None


@operation(
    "POST",
    "/api/v1/tickets",
    name="register",
    summary="Register a citizen request; the same external number again answers 200 with the same ticket.",
    roles=INTAKE_ROLES,
    body=NewTicket,
    returns={201: RegisteredJson, 200: RegisteredJson},
    refuses=(409,),
)
async def register(call: Call[NewTicket, NoQuery]) -> Result:
    body, citizen = call.body, call.body.citizen or CitizenIn()
    _require_tier(body.tier, call.services.profile)
    registrar = _Registrar(call.services.desk, call.actor)
    try:
        ticket = await register_citizen_request(
            registrar,
            channel=body.channel,
            external_number=body.external_number,
            text=body.text,
            citizen=Citizen(
                name=citizen.name, phone=citizen.phone, secrecy=citizen.secrecy, texts=citizen.texts
            ),
            received_at=_received_at(body.received_at, call.now),
            now=call.now,
            title=body.title,
            request_type=body.request_type,
            place=body.place,
            urgency=body.urgency,
            tier=body.tier,
            applicant=body.applicant,
        )
    except UnknownYear as missing:
        if body.received_at is None or missing.year >= call.now.year:
            raise
        raise problems.invalid(
            {"received_at": f"too long ago: no calendar of {missing.year} is loaded"}
        ) from None
    if not registrar.is_new and not call.actor.answers_for(ticket.unit_id):
        raise ExternalNumberConflict(body.external_number)
    ticket = await enter_application(call.services.desk.disclosure, ticket, now=call.now)
    shown = await show_ticket(ticket, services=call.services, reader=call.actor, now=call.now)
    answer = RegisteredJson.model_construct(**dict(shown), similar=await _similar(call, ticket))
    return (201 if registrar.is_new else 200), answer


def _require_tier(tier: str | None, profile: Profile) -> None:
    if tier is not None and tier not in profile.tiers:
        raise problems.invalid({"tier": f"must be one of {', '.join(profile.tiers)}"})


async def _similar(call: Call[NewTicket, NoQuery], ticket: Ticket) -> list[CandidateJson] | None:
    """Where a person files, what may be the same matter: theirs to judge, now."""
    if call.actor.role not in CENTRE_ROLES:
        return None
    asked = Asked(
        text=f"{ticket.title or ''}\n{ticket.text}",
        at=ticket.received_at,
        place=ticket.place,
        citizen=Citizen(phone=call.body.citizen.phone if call.body.citizen else None),
        number=ticket.number,
    )
    try:
        found = await call.services.duplicates.find(asked, reader=call.actor, now=call.now)
    except Exception as error:
        # The ticket is registered: nothing beside it may make the caller think it is not.
        log.error("duplicates not found", error=type(error).__name__)
        return None
    return show_candidates(found, call.services.units)


def _received_at(given: datetime | None, now: datetime) -> datetime:
    if given is not None and given > now + CLOCKS_MAY_DIFFER:
        raise problems.invalid({"received_at": "lies in the future"})
    # A copy: ``_Registrar`` recognises its own request by this very object.
    return min(given, now) + timedelta(0) if given is not None else now + timedelta(0)


@dataclass(slots=True)
class _Registrar:
    """The desk as ``bot.intake`` needs it, acting for the caller and noting whether the ticket was made now."""

    desk: ServiceDesk
    actor: Actor
    is_new: bool = False

    async def register(self, request: CitizenRequest, *, now: datetime) -> Ticket:
        ticket = await self.desk.register(request, now=now, actor=self.actor)
        # A ticket read back from the store holds times of its own; only the one just made shares ours. Comparing
        # values instead would call every one of several simultaneous deliveries new.
        self.is_new = ticket.received_at is request.received_at
        return ticket


@operation(
    "GET",
    "/api/v1/tickets",
    name="list_tickets",
    summary="List tickets, the nearest limit first, page by page.",
    roles=READERS,
    query=TicketsQuery,
    returns={200: TicketPage},
    refuses=(404,),
)
async def list_tickets(call: Call[NoBody, TicketsQuery]) -> Result:
    query, services = call.query, call.services
    filter_ = TicketFilter(
        states=frozenset(query.state) or None,
        unit_id=services.units.named(query.department).id if query.department else None,
        due_before=query.due_before,
        words=query.q or None,
        order=query.order,
    )
    try:
        page = await services.queries.search(
            filter_, reader=call.actor, cursor=query.cursor, limit=query.limit
        )
    except Incomplete as refused:
        raise problems.invalid({refused.field: "is not one this API gave out"}) from None
    shown = await asyncio.gather(
        *(show_ticket(t, services=services, reader=call.actor, now=call.now) for t in page.tickets)
    )
    return 200, TicketPage(
        tickets=list(shown), cursor=page.cursor, total=page.total, searched_since=page.searched_since
    )


@operation(
    "GET",
    "/api/v1/tickets/{number}",
    name="get_ticket",
    summary="One ticket as the caller may see it.",
    roles=READERS,
    returns={200: TicketJson},
)
async def get_ticket(call: Call[NoBody, NoQuery]) -> Result:
    ticket = await call.services.queries.get(call.number, reader=call.actor)
    return 200, await show_ticket(ticket, services=call.services, reader=call.actor, now=call.now)


ENDPOINTS: tuple[Endpoint, ...] = (register, list_tickets, get_ticket)
