"""A queue several people work at once: each is given a ticket nobody else is at."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from bot.desk_claims import DeskClaims
from bot.services import Services
from bot.web.pages import Viewer
from routing.errors import UnknownTicket
from routing.ticket import Ticket


@dataclass(frozen=True, slots=True)
class SharedDesk:
    """One desk as one person sees it. ``waits`` says whether a ticket still belongs in this queue."""

    services: Services
    viewer: Viewer
    claims: DeskClaims
    waits: Callable[[Ticket], bool]
    page: str = field(default_factory=lambda: secrets.token_hex(8))
    """What the page shown now says when it is left, so that it frees its own claim and none of the next page."""

    async def choose(self, tickets: Iterable[Ticket], asked: str) -> tuple[Ticket | None, str]:
        """The one asked for by number, else the first nobody else is at; and the name of who else is at it."""
        tickets, me = tuple(tickets), self.viewer.user.username
        if asked:
            found = next((t for t in tickets if t.number == asked), None) or await self._still_waiting(asked)
            if found is not None:
                held = await self.claims.take(found.number, me, page=self.page)
                return found, "" if held == me else (await self._names([held])).get(held, held)
        for ticket in tickets:
            if await self.claims.take(ticket.number, me, page=self.page) == me:
                return ticket, ""
        return None, ""

    async def others(self, tickets: Iterable[Ticket]) -> dict[str, str]:
        """Number → the name of a colleague who is at it."""
        holders = await self.claims.holders(ticket.number for ticket in tickets)
        others = {n: held for n, held in holders.items() if held != self.viewer.user.username}
        names = await self._names(others.values())
        return {number: names.get(held, "") for number, held in others.items()}

    async def _still_waiting(self, number: str) -> Ticket | None:
        """A ticket of another page of the queue; None when it waits no more, or is none of this reader's."""
        try:
            ticket = await self.services.queries.get(number, reader=self.viewer.actor)
        except UnknownTicket:
            return None
        return ticket if self.waits(ticket) else None

    async def _names(self, usernames: Iterable[str]) -> dict[str, str]:
        return await self.services.staff.names(usernames)


async def said_by_page(claims: DeskClaims, viewer: Viewer, number: str, form: Mapping[str, str]) -> None:
    """What an open page says by itself: that it is still read (``stay``), or that it was left."""
    number, page = number[:32], form.get("page", "")[:32]
    if form.get("stay"):
        await claims.keep(number, viewer.user.username, page=page)
    else:
        await claims.release(number, viewer.user.username, page=page)
