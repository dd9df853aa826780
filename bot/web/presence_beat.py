"""The beat of an open ticket page, answered with who else is there."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web

from bot.presence import Presences
from bot.services import SERVICES, Services
from bot.web.access import Form
from bot.web.pages import Viewer, present


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
    others = (await Presences(services.redis).others(number, username, now=now))[:4]
    if not others:
        return ""
    names = await services.staff.names(one.username for one in others)
    said = [
        (names.get(one.username, one.username), "正在写答复" if one.writing else "也开着这张工单")
        for one in others
    ]
    return "，".join(f"{name}{what}" for name, what in said)
