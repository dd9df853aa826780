"""我的诉求: everything this follower filed with this account, the newest first."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.services import SERVICES, Services
from bot.ticket_view import view_of
from bot.web.citizen_access import Visitor, in_wechat, own_numbers, sessions_of
from bot.web.citizen_links import citizen_path
from bot.web.citizen_pages import show_citizen
from bot.web.citizen_words import line_of
from bot.web.public_pages import href
from routing.errors import UnknownTicket
from routing.ticket import Ticket

PER_PAGE = 10


async def show_list(request: web.Request, visitor: Visitor) -> web.StreamResponse:
    services, now = request.app[SERVICES], request.app[SERVICES].clock()
    numbers = await own_numbers(request, visitor)
    pages = max(1, -(-len(numbers) // PER_PAGE))
    page = min(_page_number(request.query.get("page", "")), pages)
    found = await _tickets(services, numbers[(page - 1) * PER_PAGE : page * PER_PAGE])
    home, account = citizen_path(visitor.account.name), visitor.account.name
    context = {
        "lines": [
            line_of(ticket, view_of(ticket, services.units), account=account, now=now) for ticket in found
        ],
        "total": len(numbers),
        "page": page,
        "pages": pages,
        "before_href": href(home, {"page": str(page - 1)}) if page > 1 else "",
        "next_href": href(home, {"page": str(page + 1)}) if page < pages else "",
        "by_code_only": visitor.session.openid is None,
        "by_wechat": visitor.session.openid is None and in_wechat(request, visitor.account),
        "may_subscribe": bool(visitor.session.openid and visitor.account.notices.subscriptions),
    }
    said = await sessions_of(request).take_said(visitor.session)
    return show_citizen(request, "citizen_list.html", context, session=visitor.session, said=said)


async def _tickets(services: Services, numbers: list[str]) -> list[Ticket]:
    """In that order. An identity whose ticket never came to be is passed over."""
    found = await asyncio.gather(*(services.tickets.get(one) for one in numbers), return_exceptions=True)
    tickets = []
    for one in found:
        if isinstance(one, Ticket):
            tickets.append(one)
        elif not isinstance(one, UnknownTicket):
            raise one
    return tickets


def _page_number(said: str) -> int:
    return max(1, int(said)) if said.isascii() and said.isdigit() and len(said) < 5 else 1
