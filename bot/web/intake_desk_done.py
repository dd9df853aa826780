"""After registering: what to read aloud, what the machine decided, and which earlier tickets may be the same matter."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from bot.services import SERVICES, Services
from bot.web.access import Form, set_flash
from bot.web.clock_words import clock_words
from bot.web.intake_desk import PAGE, join, may_link
from bot.web.intake_desk_advice import Similar, similar_to
from bot.web.intake_desk_form import Filled
from bot.web.liaison import heading_of
from bot.web.pages import Viewer, present, show, unit_name
from bot.web.reasons import triage_words
from bot.wording import say_time
from routing.citizen_request import Channel, Secrecy
from routing.ticket import Ticket
from routing.workflow import OPEN_STATES, State

_READ_ALOUD_FOR = timedelta(hours=12)
"""After that the query code is no longer shown: who rings again is found by number and name."""


async def registered(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """For whoever registered it, that day; others, and later, are sent to the ticket."""
    services, now = request.app[SERVICES], present(request)
    ticket = await services.queries.get(request.match_info["number"], reader=viewer.actor)
    first = ticket.events[0]
    if first.by.id != viewer.actor.id or now - first.at > _READ_ALOUD_FOR:
        raise web.HTTPSeeOther(f"/console/tickets/{ticket.number}")
    promise = ticket.promise
    context = {
        "ticket": ticket,
        "heading": heading_of(ticket),
        "code": services.desk.query_code(ticket.number),
        "unit": unit_name(ticket.unit_id, services.units),
        "promise": promise,
        "promised": clock_words(promise, now=now) if promise else None,
        "aloud": _aloud(ticket, services, request),
        "triage": await triage_words(ticket, services, viewer.actor),
        "similar": await _alike(ticket, request, viewer),
        "may_link": may_link(viewer.actor),
    }
    return show(request, "intake_done.html", context)


async def link(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """并入 after the fact, from the same page."""
    services = request.app[SERVICES]
    ticket = await services.queries.get(request.match_info["number"], reader=viewer.actor)
    parent = Filled.of(form, present(request)).parent
    if not parent:
        raise web.HTTPBadRequest
    said = await join(ticket, parent, services=services, actor=viewer.actor, now=present(request))
    await set_flash(request, viewer, said or f"已经并入 {parent}。")
    raise web.HTTPSeeOther(f"{PAGE}/{ticket.number}")


async def _alike(ticket: Ticket, request: web.Request, viewer: Viewer) -> tuple[Similar, ...]:
    """Nothing to join for what is closed or joined already."""
    if ticket.state not in OPEN_STATES or ticket.state is State.LINKED:
        return ()
    now = present(request)
    filled = Filled(key="", title=ticket.title or "", text=ticket.text, place=ticket.place or "")
    return await similar_to(
        filled, services=request.app[SERVICES], reader=viewer.actor, now=now, number=ticket.number
    )


def _aloud(ticket: Ticket, services: Services, request: web.Request) -> str:
    """Word for word what the caller is told."""
    now = present(request)
    code = " ".join(services.desk.query_code(ticket.number))
    number = f"您的诉求已经登记，编号 {ticket.number}，查询码 {code}。"
    if ticket.state is State.LINKED:
        return f"{number}同样的问题已经有人反映，正在一并办理，有了结果会答复您。"
    if ticket.state not in OPEN_STATES:
        return f"{number}刚才的答复已经记下。不满意可以凭编号和查询码来电要求重办。"
    by = (
        f"由{unit_name(ticket.unit_id, services.units)}办理，"
        if ticket.unit_id
        else "我们会尽快交给承办单位，"
    )
    promise = ticket.promise
    secret = "" if ticket.secrecy is Secrecy.PUBLIC else "我们会为您保密，承办单位看不到您是谁。"
    when = f"最晚{say_time(promise.due_at, now=now)}答复您。" if promise else "有了结果会答复您。"
    how = (
        "凭编号和查询码可以来电查询进度。"
        if ticket.channel is Channel.HOTLINE
        else "凭编号和查询码可以查询进度。"
    )
    return f"{number}{by}{when}{secret}{how}"
