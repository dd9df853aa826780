"""Who calls: the tickets filed under the same number, found by its blind index, with nobody's name in full."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.services import Services
from bot.web.clock_words import ClockWords, clock_words
from bot.web.intake_desk_form import Filled, whole_number
from bot.web.liaison import Row, row_of
from routing.queries import Order, TicketFilter
from routing.ticket import Ticket
from routing.workflow import Actor

_MOST_SHOWN = 6
_MOST_COUNTED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """What is known of a number: the tickets this reader may see, nobody's name in full."""

    rows: tuple[tuple[Row, ClockWords | None], ...]
    """Each with how its promised answer stands, which is what callers ask; None for what is closed."""
    total: int
    open: int
    name: str | None


async def caller_of(filled: Filled, *, services: Services, reader: Actor, now: datetime) -> Caller | None:
    """None while the number is not whole."""
    digits = whole_number(filled.phone)
    if digits is None:
        return None
    numbers = await services.identities.numbers_of_phone(digits, limit=_MOST_COUNTED)
    if not numbers:
        return Caller(rows=(), total=0, open=0, name=None)
    asked = TicketFilter(numbers=tuple(numbers), order=Order.NEWEST)
    page = await services.queries.search(asked, reader=reader, limit=_MOST_COUNTED)
    shown = page.tickets[:_MOST_SHOWN]
    masked = await services.queries.masked_citizen(shown[0], reader=reader) if shown else None
    return Caller(
        rows=tuple(
            (row_of(ticket, services=services, reader=reader, now=now), _promised(ticket, now))
            for ticket in shown
        ),
        total=page.total,
        open=sum(ticket.is_open for ticket in page.tickets),
        name=masked.name if masked else None,
    )


def _promised(ticket: Ticket, now: datetime) -> ClockWords | None:
    return clock_words(ticket.promise, now=now) if ticket.is_open and ticket.promise else None
