"""回访台: whom to call next about a closed ticket, what to ask, and what they said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from aiohttp import web

from bot.desk_claims import DeskClaims
from bot.services import SERVICES, Services
from bot.web.access import Form, set_flash
from bot.web.clock_words import ClockWords, clock_words
from bot.web.errors import status_of
from bot.web.liaison import for_reader, heading_of
from bot.web.pages import Viewer, present, show, unit_name
from bot.web.shared_desk import SharedDesk, said_by_page
from bot.wording import STARS, explain, label, say_time
from routing.acts.visit_script import VisitScript, shipped_script
from routing.acts.visits import HOURS_BETWEEN_TRIES, Visit, tries_of
from routing.citizen_request import Citizen, Secrecy
from routing.errors import Incomplete, NotYourRole, Refused, UnknownTicket
from routing.events import Solved, VisitOutcome
from routing.identity import MaskedCitizen
from routing.queries import COUNTED_UP_TO
from routing.ticket import Ticket
from routing.timing.sla import ClockName
from routing.visit_queue import PAGE_SIZE, VisitQueue, VisitTurn
from routing.workflow import State

PAGE = "/console/visits"
WHY_REVEALED = "电话回访"
_TURNS = {VisitTurn.NOW: "该打的", VisitTurn.BAD: "评价不好的", VisitTurn.AGAIN: "等一会儿再打"}
_MOST_COMMENT = 500
_MOST_PAGES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A ticket in the queue, and who else is at it."""

    number: str
    heading: str
    unit: str
    limit: ClockWords | None
    tries: int
    next_try: str
    bad: bool
    held_by: str
    current: bool
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """The ticket whose citizen is being called."""

    ticket: Ticket
    heading: str
    text: str
    reply: str
    unit: str
    limit: ClockWords | None
    held_by: str
    citizen: MaskedCitizen | None
    secrecy: str
    script: VisitScript
    visits: tuple[Visit, ...]
    try_words: str
    waits: str


async def visits(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    return await _show(request, viewer)


async def act(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Note a call, show whom to call, or put the ticket back for a colleague."""
    match request.match_info["action"]:
        case "note":
            return await _note(request, viewer, form)
        case "reveal":
            return await _reveal(request, viewer)
        case "leave":
            claims = _claims(request.app[SERVICES])
            await said_by_page(claims, viewer, request.match_info["number"], form)
            return web.Response(status=204)
    raise web.HTTPNotFound


async def _note(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """One call as it went; a call that is refused keeps what was written."""
    services, number = request.app[SERVICES], request.match_info["number"]
    solved, stars = form.get("solved", ""), form.get("stars", "")
    try:
        if form.get("outcome", "") not in set(VisitOutcome):
            raise Incomplete("outcome")
        outcome = VisitOutcome(form["outcome"])
        reached = outcome is VisitOutcome.REACHED
        if reached and solved not in set(Solved):
            raise Incomplete("solved")
        ticket = await services.desk.aftercare.visit(
            number,
            actor=viewer.actor,
            version=_version(form.get("version", "")),
            now=present(request),
            outcome=outcome,
            solved=Solved(solved) if reached else None,
            stars=int(stars) if reached and stars in map(str, STARS) else None,
            comment=_said(form) or None,
        )
    except (UnknownTicket, NotYourRole):
        raise
    except Refused as refused:
        words = "请选择市民说的是否解决。" if _lacks(refused, "solved") else explain(refused)
        return await _show(request, viewer, problem=words, kept=form, status=status_of(refused))
    await _claims(services).release(number, viewer.user.username)
    await set_flash(request, viewer, _became(ticket))
    raise web.HTTPSeeOther(_href(turn=_turn(request.query.get("turn", ""))))


async def _reveal(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """The number to dial, in this one answer; who looked is on record with the visit as the reason."""
    services, number = request.app[SERVICES], request.match_info["number"]
    ticket = await services.queries.get(number, reader=viewer.actor)
    if not _awaits_call(ticket):
        # Only whoever is to be called is shown for calling; for all else the ticket's page asks why.
        return await _show(request, viewer, problem="这一件不用回访了，没有显示号码。", status=409)
    citizen = await services.desk.reveal(
        number, actor=viewer.actor, reason=WHY_REVEALED, now=present(request)
    )
    return await _show(request, viewer, revealed=citizen)


async def _show(
    request: web.Request,
    viewer: Viewer,
    *,
    problem: str = "",
    kept: Mapping[str, str] | None = None,
    revealed: Citizen | None = None,
    status: int = 200,
) -> web.Response:
    services, now, actor = request.app[SERVICES], present(request), viewer.actor
    queue = VisitQueue(services.database)
    turn = _turn(request.query.get("turn", ""))
    page_number = _page(request.query.get("page", ""))
    page = await queue.waiting(turn, reader=actor, now=now, skip=page_number * PAGE_SIZE)
    tickets = tuple(await services.queries.as_known_to(actor, *page.tickets))
    counts = {each: await queue.count(each, reader=actor, now=now) for each in VisitTurn}
    asked = request.match_info.get("number") or request.query.get("at", "")[:32]
    desk = SharedDesk(services, viewer, _claims(services), waits=_awaits_call)
    current, held_by = await desk.choose(tickets, asked)
    others = await desk.others(tickets)
    context = {
        "tabs": [(words, counts[each], _href(turn=each), each is turn) for each, words in _TURNS.items()],
        "counted_up_to": COUNTED_UP_TO,
        "lines": [
            _line(
                t,
                request,
                held_by=others.get(t.number, ""),
                current=current is not None and t.number == current.number,
                href=_href(turn=turn, page=page_number, at=t.number),
            )
            for t in tickets
        ],
        "open": await _open(current, held_by, request, viewer) if current else None,
        "desk_page": desk.page,
        "around": _href(turn=turn, page=page_number).partition("?")[2],
        "turn": turn,
        "stars": STARS,
        "answers": _answers(),
        "solved": list(Solved),
        "revealed": revealed,
        "problem": problem,
        "kept": kept or {},
        "most_comment": _MOST_COMMENT,
        "first_href": _href(turn=turn) if page_number else None,
        "next_href": _href(turn=turn, page=page_number + 1) if page.more else None,
    }
    return show(request, "visits.html", context, status=status)


def _line(ticket: Ticket, request: web.Request, *, held_by: str, current: bool, href: str) -> Line:
    services = request.app[SERVICES]
    tries = tries_of(ticket)
    return Line(
        number=ticket.number,
        heading=heading_of(ticket),
        unit=unit_name(ticket.unit_id, services.units, short=True),
        limit=_limit(ticket, request),
        tries=tries,
        next_try=_not_before(ticket, request) if tries else "",
        bad=ticket.rating is not None and not ticket.rating.good,
        held_by=held_by,
        current=current,
        href=href,
    )


async def _open(ticket: Ticket, held_by: str, request: web.Request, viewer: Viewer) -> Open:
    services, actor = request.app[SERVICES], viewer.actor
    tries = tries_of(ticket)
    most = services.desk.profile_of(ticket).visit_tries
    unit = unit_name(ticket.unit_id, services.units) or "热线中心"
    heading = heading_of(ticket)
    return Open(
        ticket=ticket,
        heading=heading,
        text=for_reader(ticket.text, actor),
        reply=for_reader(ticket.reply_text or "", actor),
        unit=unit,
        limit=_limit(ticket, request),
        held_by=held_by,
        citizen=await services.queries.masked_citizen(ticket, reader=actor),
        secrecy="" if ticket.secrecy is Secrecy.PUBLIC else f"市民要求{label(ticket.secrecy)}：只对本人说。",
        script=shipped_script().about(ticket, unit=unit, title=heading),
        visits=ticket.visits[-tries:] if tries else (),
        try_words=f"第 {tries + 1} 次，最多 {most} 次",
        waits=_not_before(ticket, request),
    )


def _awaits_call(ticket: Ticket) -> bool:
    clock = ticket.clock(ClockName.FOLLOW_UP_VISIT)
    return ticket.state is State.RESOLVED and clock is not None and clock.running


def _limit(ticket: Ticket, request: web.Request) -> ClockWords | None:
    clock = ticket.clock(ClockName.FOLLOW_UP_VISIT)
    return clock_words(clock, now=present(request)) if clock else None


def _not_before(ticket: Ticket, request: web.Request) -> str:
    """From when on it is worth calling, in words; empty when that is now."""
    now, clock = present(request), ticket.clock(ClockName.FOLLOW_UP_VISIT)
    froms = [clock.started_at] if clock else []
    if tries_of(ticket):
        froms.append(ticket.visits[-1].at + timedelta(hours=HOURS_BETWEEN_TRIES))
    latest = max(froms, default=now)
    return say_time(latest, now=now) if latest > now else ""


def _answers() -> dict[str, list[tuple[str, str]]]:
    """Field → (what is stored, what is read out) of the questions a visit has a field for."""
    return {
        "solved": [(each.value, label(each)) for each in Solved],
        "stars": [(str(number), words) for number, words in reversed(STARS.items())],
    }


def _said(form: Form) -> str:
    """The citizen's words, and what was answered to the questions that have no field of their own."""
    said = form.get("comment", "").replace("\r\n", "\n").strip()[:_MOST_COMMENT]
    noted = [
        f"{question.text.replace('{unit}', '承办单位')}{answer}。"
        for question in shipped_script().questions
        if question.field is None and (answer := form.get(f"asked.{question.id}", "")) in question.answers
    ]
    return "\n".join(part for part in (said, *noted) if part)


def _became(ticket: Ticket) -> str:
    """What the call led to."""
    if ticket.state is State.ARCHIVED:
        return f"{ticket.number} 回访完成，已归档。"
    if ticket.state is State.RESOLVED:
        return f"{ticket.number} 已记下没有联系上，{HOURS_BETWEEN_TRIES} 小时后再打。"
    return f"{ticket.number} 已退回承办单位重新办理。"


def _lacks(refused: Refused, field: str) -> bool:
    return isinstance(refused, Incomplete) and refused.field == field


def _turn(asked: str) -> VisitTurn:
    return VisitTurn(asked) if asked in set(VisitTurn) else VisitTurn.NOW


def _page(asked: str) -> int:
    return min(int(asked), _MOST_PAGES) if asked.isascii() and asked.isdigit() and len(asked) < 4 else 0


def _version(text: str) -> int:
    """The state of the ticket the person looked at; a form without one is none of ours."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise web.HTTPBadRequest
    return int(text)


def _href(*, turn: VisitTurn = VisitTurn.NOW, page: int = 0, at: str = "") -> str:
    given = {"turn": "" if turn is VisitTurn.NOW else turn, "page": page or "", "at": at}
    query = urlencode({name: value for name, value in given.items() if value})
    return f"{PAGE}?{query}" if query else PAGE


def _claims(services: Services) -> DeskClaims:
    return DeskClaims(services.redis, "visits")
