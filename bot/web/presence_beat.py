"""The beat of an open ticket page, answered with who else is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from aiohttp import web

from bot.presence import Presence, Presences
from bot.services import SERVICES, Services
from bot.web.access import Form
from bot.web.pages import Viewer, present

_MOST = 4
"""So many are named."""


async def beat(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """``writing`` is yes while an answer is half written; ``leaving`` says the page is closed. A ticket that is not the
    reader's is as good as absent."""
    services, now = request.app[SERVICES], present(request)
    ticket = await services.queries.get(request.match_info["number"], reader=viewer.actor)
    me, presences = viewer.user.username, Presences(services.redis)
    if form.get("leaving") == "yes":
        await presences.leave(ticket.number, me)
        return web.Response(status=204)
    await presences.beat(ticket.number, me, writing=form.get("writing") == "yes", now=now)
    words = await presence_words(services, ticket.number, me, now=now)
    stale = form.get("version", "") not in ("", str(ticket.version))
    return web.json_response({"words": words, "stale": stale}, headers={"Cache-Control": "no-store"})


async def presence_words(services: Services, number: str, username: str, *, now: datetime) -> str:
    """Who else is at this ticket, those who write first; empty when nobody is."""
    return (await presence_words_at(services, (number,), username, now=now)).get(number, "")


async def presence_words_at(
    services: Services, numbers: Sequence[str], username: str, *, now: datetime
) -> dict[str, str]:
    """The same for a list of tickets; those nobody else is at are left out."""
    found = await Presences(services.redis).others_at(numbers, username, now=now)
    if not found:
        return {}
    names = await services.staff.names({one.username for others in found.values() for one in others[:_MOST]})
    return {number: _said(others[:_MOST], names) for number, others in found.items()}


def _said(others: Sequence[Presence], names: Mapping[str, str]) -> str:
    return "，".join(
        f"{names.get(one.username, one.username)}{'正在写' if one.writing else '也开着这张工单'}"
        for one in others
    )
