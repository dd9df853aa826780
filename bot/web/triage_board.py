"""派单台: what waits for a person to say whose it is, one ticket at a time, the next at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from bot.desk_claims import DeskClaims
from bot.services import SERVICES, Services
from bot.web.access import Form, set_flash
from bot.web.clock_words import ClockWords, nearest_clock, span
from bot.web.errors import status_of
from bot.web.liaison import Row, for_reader, heading_of, row_of, units_of
from bot.web.pages import Viewer, present, show, unit_name
from bot.web.reasons import TriageWords, triage_words
from bot.web.sessions import Undo
from bot.web.shared_desk import SharedDesk, said_by_page
from bot.web.ticket_hints import Hints, hints_of
from bot.web.unit_search import units_like
from bot.wording import explain
from routing.departments import Unit, UnitId
from routing.errors import Incomplete, Refused, UnknownTicket
from routing.queries import TicketFilter
from routing.ticket import Ticket
from routing.workflow import State

PAGE = "/console/triage"
_WAITING = TicketFilter(states=frozenset({State.RECEIVED}))
_MOST_AT_ONCE = 20
_PICK = "pick."


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A ticket in the queue, and who else is at it."""

    row: Row
    version: int
    waits: str
    likely: str
    """The unit the machine thinks likeliest, to tick those of one unit together; empty for none."""
    held_by: str
    current: bool
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """The ticket being decided."""

    ticket: Ticket
    heading: str
    text: str
    place: str
    held_by: str
    triage: TriageWords | None
    hints: Hints | None
    clock: ClockWords | None


async def board(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    return await _show(request, viewer)


async def dispatch(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Send one ticket to a unit; the next one opens by itself."""
    services, number = request.app[SERVICES], request.match_info["number"]
    try:
        unit_id = _unit_asked(form, viewer, services)
        await services.desk.dispatch(
            number,
            unit_id,
            actor=viewer.actor,
            version=_version(form.get("version", "")),
            now=present(request),
            reason=form.get("reason", "").strip()[:500] or None,
        )
    except UnknownTicket:
        raise
    except Refused as refused:
        problem = _no_such_unit(refused, form, viewer, services) or explain(refused)
        return await _show(request, viewer, problem=problem, kept=form, status=status_of(refused))
    await _claims(services).release(number, viewer.user.username)
    said = f"{number} 已派给{unit_name(unit_id, services.units, short=True)}。"
    # Unit and citizen are told at once: what was sent wrongly is passed on, and both hear of that too.
    undo = Undo(href=f"/console/tickets/{number}?open=transfer#attempt", words="派错了，改派")
    await set_flash(request, viewer, said, undo=undo)
    raise web.HTTPSeeOther(PAGE)


async def dispatch_several(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """The ticked ones to one unit; each is told as done or why not."""
    services = request.app[SERVICES]
    picked = [(name.removeprefix(_PICK), version) for name, version in form.items() if name.startswith(_PICK)]
    try:
        if not picked:
            raise Incomplete("pick")
        unit_id = _unit_asked(form, viewer, services)
    except Incomplete as missing:
        words = "请先勾选要派的工单。" if missing.field == "pick" else explain(missing)
        words = _no_such_unit(missing, form, viewer, services) or words
        return await _show(request, viewer, problem=words, kept=form, status=422)
    done, left = 0, []
    for number, version in picked[:_MOST_AT_ONCE]:
        try:
            await services.desk.dispatch(
                number, unit_id, actor=viewer.actor, version=_version(version), now=present(request)
            )
            done += 1
        except Refused as refused:
            left.append(f"{number}：{explain(refused)}")
    said = f"{done} 件已派给{unit_name(unit_id, services.units, short=True)}。" if done else ""
    if left:
        return await _show(
            request, viewer, problem=f"{said}{len(left)} 件没有派：{' '.join(left)}", status=409
        )
    await set_flash(request, viewer, said)
    raise web.HTTPSeeOther(PAGE)


async def leave(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Put the open ticket back for a colleague, or hold it while it is read."""
    await said_by_page(_claims(request.app[SERVICES]), viewer, form.get("number", ""), form)
    return web.Response(status=204)


async def _show(
    request: web.Request,
    viewer: Viewer,
    *,
    problem: str = "",
    kept: Mapping[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    services, now = request.app[SERVICES], present(request)
    cursor = request.query.get("cursor") or None
    try:
        page = await services.queries.search(_WAITING, reader=viewer.actor, cursor=cursor)
    except Incomplete:
        raise web.HTTPSeeOther(PAGE) from None
    asked = request.match_info.get("number") or request.query.get("at", "")
    desk = SharedDesk(
        services, viewer, _claims(services), waits=lambda ticket: ticket.state is State.RECEIVED
    )
    current, held_by = await desk.choose(page.tickets, asked[:32])
    others = await desk.others(page.tickets)
    context = {
        "lines": [
            Line(
                row=row_of(ticket, services=services, reader=viewer.actor, now=now),
                version=ticket.version,
                waits=span(now - ticket.received_at),
                likely=_likely(ticket, services),
                held_by=others.get(ticket.number, ""),
                current=current is not None and ticket.number == current.number,
                href=_href(at=ticket.number, cursor=cursor or ""),
            )
            for ticket in page.tickets
        ],
        "open": await _open(current, held_by, viewer, services, request) if current else None,
        "desk_page": desk.page,
        "total": page.total,
        "oldest": span(now - min(t.received_at for t in page.tickets)) if page.tickets else "",
        "units": units_of(viewer.actor, services),
        "problem": problem,
        "asked_number": request.match_info.get("number", ""),
        "meant": units_like(kept["unit"], _choices(viewer, services)) if kept and kept.get("unit") else (),
        "kept": kept or {},
        "first_href": PAGE if cursor else None,
        "next_href": _href(cursor=page.cursor) if page.cursor else None,
    }
    return show(request, "triage.html", context, status=status)


async def _open(
    ticket: Ticket, held_by: str, viewer: Viewer, services: Services, request: web.Request
) -> Open:
    actor = viewer.actor
    return Open(
        ticket=ticket,
        heading=heading_of(ticket),
        text=for_reader(ticket.text, actor),
        place=for_reader(ticket.place or "", actor),
        held_by=held_by,
        triage=await triage_words(ticket, services, actor),
        hints=hints_of(ticket, services),
        clock=nearest_clock(ticket, now=present(request)),
    )


def _likely(ticket: Ticket, services: Services) -> str:
    candidates = ticket.triage.candidates if ticket.triage else ()
    return unit_name(candidates[0].unit_id, services.units, short=True) if candidates else ""


def _unit_asked(form: Form, viewer: Viewer, services: Services) -> UnitId:
    """A candidate's id, or a unit's name as typed; raises ``Incomplete``."""
    chosen, typed = form.get("unit_id", ""), form.get("unit", "").strip()
    for unit in _choices(viewer, services):
        if (chosen and unit.id == chosen) or (typed and typed in (unit.name, unit.short_name, unit.id)):
            return unit.id
    raise Incomplete("unit_id")


def _choices(viewer: Viewer, services: Services) -> list[Unit]:
    return [unit for _, group in units_of(viewer.actor, services) for unit in group]


def _no_such_unit(refused: Refused, form: Form, viewer: Viewer, services: Services) -> str:
    """What to say of words that name no unit exactly; empty when something else is wrong."""
    typed = form.get("unit", "").strip()
    if not typed or not (isinstance(refused, Incomplete) and refused.field == "unit_id"):
        return ""
    near = "、".join(unit.name for unit in units_like(typed, _choices(viewer, services)))
    return f"没有叫“{typed[:40]}”的单位。" + (f"相近的有：{near}。" if near else "请换几个字再找。")


def _version(text: str) -> int:
    """The state of the ticket the person looked at; a form without one is none of ours."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise web.HTTPBadRequest
    return int(text)


def _href(**fields: str) -> str:
    return f"{PAGE}?{urlencode({name: value for name, value in fields.items() if value})}"


def _claims(services: Services) -> DeskClaims:
    return DeskClaims(services.redis, "triage")
