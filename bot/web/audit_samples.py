"""The sample: automatic dispatches drawn at random, for a person to say whether each went to the right unit."""

from __future__ import annotations

from datetime import datetime, timedelta

from aiohttp import web

from bot.learning.audits import AuditCase, AuditSamples, UnknownCase
from bot.services import SERVICES, Services
from bot.triage_wording import say_reason
from bot.web.access import Form, set_flash
from bot.web.audit_scope import AUDITS, name_of, scope_of
from bot.web.liaison import for_reader, heading_of
from bot.web.models import may_decide
from bot.web.pages import Viewer, present, show
from bot.web.supervision import percent
from bot.wording import label
from routing.audit.checks import Rate
from routing.errors import NotYourRole
from routing.queries import TicketFilter
from routing.ticket import Ticket
from routing.workflow import Actor

PAGE = "/console/audit/samples"
DRAWN_AT_ONCE = 20
LOOKS_BACK = timedelta(days=14)
JUDGED_SINCE = timedelta(days=28)
_SHOWN = 10
_TEXT_CHARACTERS = 400


async def samples_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """The oldest cases first; those of units this reader has no part in are not shown."""
    services, scope = request.app[SERVICES], scope_of(request)
    samples = AuditSamples(services.database)
    waiting = await samples.waiting()
    tickets = await _visible(services, waiting, viewer.actor)
    mine = [case for case in waiting if case.number in tickets]
    tally = await samples.tally(since=present(request) - JUDGED_SINCE)
    rate = Rate(tally.right, tally.of)
    context = {
        "audits": [(scope.href(path), words, path == "samples") for path, words in AUDITS.items()],
        "cases": [_case(case, tickets[case.number], services, viewer.actor) for case in mine[:_SHOWN]],
        "waiting": len(mine),
        "rate": rate,
        "percent": percent(rate),
        "judged_days": JUDGED_SINCE.days,
        "may_judge": may_decide(viewer, services),
        "drawn_at_once": DRAWN_AT_ONCE,
        "looks_back_days": LOOKS_BACK.days,
    }
    return show(request, "audit_samples.html", context)


async def act(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Draw a sample, or say of one case whether it was right: verdicts can stop the machine for everybody, so they
    are for those who answer for the whole government."""
    if not may_decide(viewer, request.app[SERVICES]):
        raise NotYourRole("open", viewer.actor.role)
    action, services, now = request.match_info["action"], request.app[SERVICES], present(request)
    if action == "draw":
        said = await _draw(services, now)
    elif action in _VERDICTS:
        said = await _judge(services, viewer, form.get("number", "")[:32], right=_VERDICTS[action], now=now)
    else:
        raise web.HTTPNotFound
    await set_flash(request, viewer, said)
    raise web.HTTPSeeOther(PAGE)


_VERDICTS = {"right": True, "wrong": False}


async def _draw(services: Services, now: datetime) -> str:
    drawn = await AuditSamples(services.database).draw(DRAWN_AT_ONCE, since=now - LOOKS_BACK, now=now)
    return f"抽出 {len(drawn)} 件。" if drawn else "近两周没有更多机器直接派出的工单可抽。"


async def _judge(services: Services, viewer: Viewer, number: str, *, right: bool, now: datetime) -> str:
    await services.queries.get(number, reader=viewer.actor)  # raises UnknownTicket for what is not theirs
    try:
        await AuditSamples(services.database).judge(number, right=right, who=viewer.user.username, now=now)
    except UnknownCase:
        return f"{number} 没有抽到过，或者已经有人判断过了。"
    return f"{number} 已记下：{'派对了' if right else '派错了'}。"


async def _visible(services: Services, cases: list[AuditCase], reader: Actor) -> dict[str, Ticket]:
    """The first of the cases' tickets that this reader may see, by number."""
    found: dict[str, Ticket] = {}
    for start in range(0, len(cases), 100):
        numbers = tuple(case.number for case in cases[start : start + 100])
        page = await services.queries.search(TicketFilter(numbers=numbers), reader=reader, limit=100)
        found |= {ticket.number: ticket for ticket in page.tickets}
    return found


def _case(case: AuditCase, ticket: Ticket, services: Services, reader: Actor) -> dict[str, object]:
    first = ticket.triage.candidates[0] if ticket.triage and ticket.triage.candidates else None
    text = for_reader(ticket.text, reader)
    return {
        "number": case.number,
        # Without a title the heading would only say the beginning of the text twice.
        "heading": heading_of(ticket) if ticket.title else "",
        "text": text[:_TEXT_CHARACTERS] + ("…" if len(text) > _TEXT_CHARACTERS else ""),
        "place": for_reader(ticket.place or "", reader),
        "type": label(ticket.request_type),
        "received_at": ticket.received_at,
        "unit": name_of(case.unit_id, services),
        "now_with": name_of(ticket.unit_id or "", services) if ticket.unit_id != case.unit_id else "",
        "reasons": [for_reader(say_reason(reason), reader) for reason in first.reasons] if first else [],
    }
