"""One ticket: what was asked, who must act by when, what happened, and the forms of what may be done now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from aiohttp import web

from bot.services import SERVICES, Services
from bot.web.case_forms import all_forms
from bot.web.clock_words import ClockWords, clock_words, exact, nearest_clock
from bot.web.liaison import for_reader, heading_of, units_of
from bot.web.pages import Viewer, present, show, unit_name
from bot.web.reasons import change_words, triage_words
from bot.web.ticket_hints import hints_of
from bot.wording import STARS, label
from routing.acts.pauses import Pause
from routing.acts.reviews import Review
from routing.citizen_request import Citizen, Secrecy
from routing.clocks import Clock
from routing.events import Event, EventKind, NoticeChannel, NoticeState, OutboxEntry
from routing.service_desk import may_reveal
from routing.ticket import Rating, Ticket
from routing.workflow import CENTRE_ROLES, Action, Actor, Role

_FAILURES = {
    "no-account": "没有可用的公众号",
    "no-answer": "微信平台没有回应",
    "interrupted": "发送时中断",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line of the timeline."""

    at: datetime
    words: str
    who: str
    text: str
    tone: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One row of the clocks table."""

    clock: Clock
    stands: ClockWords
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Who was told of what, and whether it arrived."""

    to: str
    about: str
    state: str
    tone: str
    at: str
    failure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A form that was not taken: the page says why and keeps what was typed."""

    action: str = ""
    words: str = ""
    kept: Mapping[str, str] = field(default_factory=dict)
    seen: int | None = None
    """How many events the person had seen; those after it are marked as new."""


async def show_ticket(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    services = request.app[SERVICES]
    ticket = await services.queries.get(request.match_info["number"], reader=viewer.actor)
    return await ticket_page(request, viewer, ticket)


async def ticket_page(
    request: web.Request,
    viewer: Viewer,
    ticket: Ticket,
    *,
    attempt: Attempt | None = None,
    revealed: Citizen | None = None,
    status: int = 200,
) -> web.Response:
    """The page of a ticket this reader may see; ``revealed`` is shown in this one answer and nowhere kept."""
    services, now, actor = request.app[SERVICES], present(request), viewer.actor
    attempt = attempt or Attempt()
    happenings = [_happening(e, services, actor, attempt.seen) for e in reversed(ticket.events)]
    promise, nearest = ticket.promise, nearest_clock(ticket, now=now)
    promised = clock_words(promise, now=now) if promise else None
    text, place = for_reader(ticket.text, actor), for_reader(ticket.place or "", actor)
    dispatch_now = Action.DISPATCH in _offered(ticket, actor, services)
    first_unit = ticket.first_unit_id if ticket.first_unit_id != ticket.unit_id else None
    context = {
        "ticket": ticket,
        "heading": heading_of(ticket),
        "text": text,
        "place": place,
        "text_is_redacted": (text, place) != (ticket.text, ticket.place or ""),
        "reply_text": for_reader(ticket.reply_text or "", actor),
        "rating": _rating_for(ticket, actor),
        "pending_return": _pending_return_for(ticket, actor),
        "pause": _pause_for(ticket, actor),
        "unit": unit_name(ticket.unit_id, services.units),
        "first_unit": unit_name(first_unit, services.units),
        "promise": promise,
        "promised": promised,
        "nearest": nearest if nearest != promised else None,
        "stars": STARS,
        "secrecy_words": _secrecy_words(ticket, actor),
        "citizen": await services.queries.masked_citizen(ticket, reader=actor),
        "may_reveal": may_reveal(ticket, actor) and actor.answers_for(ticket.unit_id),
        "revealed": revealed,
        "triage": await triage_words(ticket, services, actor),
        "dispatch_now": dispatch_now,
        "changes": await asyncio.to_thread(change_words, ticket, services)
        if dispatch_now and "explain" in request.query
        else None,
        "hints": hints_of(ticket, services) if ticket.is_open and actor.role in CENTRE_ROLES else None,
        "limits": [
            Limit(clock=c, stands=clock_words(c, now=now), unit=_clock_unit(c, services))
            for c in reversed(ticket.clocks)
        ],
        "happenings": happenings,
        "deliveries": [_delivery(ticket, entry) for entry in reversed(ticket.outbox)],
        "forms": all_forms(ticket, actor, services.units),
        "units": units_of(actor, services),
        "attempt": attempt,
        "orphaned": bool(attempt.words) and attempt.action not in _places_for_words(ticket, actor, services),
    }
    return show(request, "ticket.html", context, status=status)


def _offered(ticket: Ticket, actor: Actor, services: Services) -> set[str]:
    return {button.action for form in all_forms(ticket, actor, services.units) for button in form.buttons}


def _places_for_words(ticket: Ticket, actor: Actor, services: Services) -> set[str]:
    """The actions whose form is still on the page, so that the refusal stands beside what was typed."""
    return {"reveal"}.union(*(form.kept_for for form in all_forms(ticket, actor, services.units)))


def _rating_for(ticket: Ticket, reader: Actor) -> Rating | None:
    rating = ticket.rating
    if rating is None:
        return None
    return replace(
        rating,
        reasons=tuple(for_reader(reason, reader) for reason in rating.reasons),
        comment=for_reader(rating.comment or "", reader),
    )


def _pending_return_for(ticket: Ticket, reader: Actor) -> Review | None:
    pending = ticket.pending_return
    if pending is None:
        return None
    return replace(
        pending, reason=for_reader(pending.reason, reader), basis=for_reader(pending.basis or "", reader)
    )


def _pause_for(ticket: Ticket, reader: Actor) -> Pause | None:
    return replace(ticket.pause, text=for_reader(ticket.pause.text, reader)) if ticket.pause else None


def _clock_unit(clock: Clock, services: Services) -> str:
    return unit_name(clock.unit_id, services.units, short=True) or "热线中心"


def _secrecy_words(ticket: Ticket, actor: Actor) -> str:
    """What this reader must know about the citizen's wish."""
    if ticket.secrecy is Secrecy.PUBLIC:
        return ""
    wish = "市民要求匿名" if ticket.secrecy is Secrecy.ANONYMOUS else "市民要求保密"
    if actor.role is Role.LIAISON:
        return f"{wish}：本单位看不到是谁提的。需要联系，请通过热线中心转达。"
    return f"{wish}：不得向被反映人和承办单位透露。"


def _happening(event: Event, services: Services, reader: Actor, seen: int | None) -> Happening:
    words = label(event.kind)
    if event.clock is not None and event.kind in _ALARMS:
        words = f"{label(event.clock)}{_ALARMS[event.kind]}"
    if event.kind in (EventKind.DISPATCHED, EventKind.TRANSFERRED):
        words = f"{words}给{unit_name(event.unit_id, services.units)}"
    if event.stars is not None:
        words = f"{words}：{STARS.get(event.stars, '')}"
    return Happening(
        at=event.at,
        words=words,
        who=_who(event, services),
        text=for_reader(event.text or "", reader),
        tone=_TONES.get(event.kind, ""),
        is_new=seen is not None and event.seq > seen,
    )


_ALARMS = {
    EventKind.AT_RISK: "快到期",
    EventKind.OVERDUE: "已超期",
    EventKind.ALARM_RAISED: "超期仍未办，预警升级",
}
_TONES = {
    EventKind.OVERDUE: "late",
    EventKind.AT_RISK: "soon",
    EventKind.RETURN_REQUESTED: "soon",
    EventKind.REMINDED: "soon",
    EventKind.REOPENED: "soon",
    EventKind.RESOLVED: "met",
    EventKind.REPLIED: "met",
}
_UNIT_ACTS = frozenset(
    {
        EventKind.ACCEPTED,
        EventKind.CONTACTED,
        EventKind.REPLIED,
        EventKind.RESOLVED,
        EventKind.RETURN_REQUESTED,
    }
)


def _who(event: Event, services: Services) -> str:
    if event.by.role is Role.CITIZEN:
        return "市民"
    if event.by.role is Role.SYSTEM:
        return "系统自动"
    unit = unit_name(event.unit_id, services.units, short=True) if event.kind in _UNIT_ACTS else ""
    return " ".join(part for part in (unit, label(event.by.role), event.by.name) if part)


def _to_be_rung(entry: OutboxEntry) -> bool:
    """That the words stand on a console does not mean that somebody answered the telephone."""
    return entry.channel is NoticeChannel.TELEPHONE and entry.state is NoticeState.SENT


def _delivery(ticket: Ticket, entry: OutboxEntry) -> Delivery:
    tone = {NoticeState.SENT: "met", NoticeState.FAILED: "late", NoticeState.UNKNOWN: "soon"}.get(
        entry.state, "off"
    )
    failure = _FAILURES.get(entry.failure, f"原因代码 {entry.failure}") if entry.failure else ""
    return Delivery(
        to=f"{label(entry.audience)}（{label(entry.channel)}）",
        about=label(ticket.event(entry.event_seq).kind),
        state="已交工作人员拨打" if _to_be_rung(entry) else label(entry.state),
        tone=tone,
        at=exact(entry.settled_at) if entry.settled_at else "",
        failure=failure,
    )
