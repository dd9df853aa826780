"""Who is about to miss what: the limits that end next, for the live board."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from bot.services import Services
from bot.web.clock_words import ClockWords, nearest_clock
from bot.web.inbox_asked import NONE
from bot.web.liaison import heading_of
from bot.web.pages import unit_name
from routing.departments import UnitId
from routing.queries import TicketFilter
from routing.ticket import Ticket
from routing.workflow import OPEN_STATES, Actor

_MOST, _LOOKED_AT = 5, 40
WITHOUT_UNIT = "待派（热线中心）"
"""Who has a ticket that no unit has yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """A unit, and the limit of its that ends next."""

    unit: str
    unit_href: str
    """All the unit has open, the soonest first."""
    number: str
    heading: str
    clock: ClockWords


async def nearest_limits(services: Services, *, reader: Actor, now: datetime) -> list[Nearest]:
    """The next limit of each of the units that come to one first: those warned of (临期) before the others. What is
    over already has a number and a list of its own."""
    ahead = TicketFilter(states=OPEN_STATES, due_from=now)
    page = await services.queries.search(ahead, reader=reader, limit=_LOOKED_AT, count_up_to=1)
    warned: list[tuple[Ticket, ClockWords]] = []
    calm: list[tuple[Ticket, ClockWords]] = []
    for ticket in page.tickets:
        clock = nearest_clock(ticket, now=now)
        if clock is not None and clock.tone in ("soon", "calm"):
            (warned if clock.tone == "soon" else calm).append((ticket, clock))
    first: dict[UnitId | None, Nearest] = {}
    for ticket, clock in [*warned, *calm]:
        if ticket.unit_id not in first:
            first[ticket.unit_id] = _line(ticket, clock, services)
    return list(first.values())[:_MOST]


def _line(ticket: Ticket, clock: ClockWords, services: Services) -> Nearest:
    return Nearest(
        unit=unit_name(ticket.unit_id, services.units, short=True) or WITHOUT_UNIT,
        unit_href=f"/console/tickets?{urlencode({'unit': ticket.unit_id or NONE})}",
        number=ticket.number,
        heading=heading_of(ticket),
        clock=clock,
    )
