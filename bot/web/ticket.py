"""One ticket: what was asked, who must act by when, what happened, and the forms of what may be done now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from aiohttp import web

from bot.delivery.say import say_failure, say_state, say_way, tone_of
from bot.first_views import FirstView
from bot.presence import Presences
from bot.reply_check import Finding
from bot.reply_findings import DOUBTS
from bot.services import SERVICES, Services
from bot.web.case_forms import all_forms
from bot.web.clock_words import ClockWords, clock_words, exact, nearest_clock
from bot.web.disclosure_forms import standing_of
from bot.web.done_again import done_again_of
from bot.web.liaison import for_reader, heading_of, units_of, waiting_words
from bot.web.pages import Viewer, present, show, unit_name
from bot.web.photo_strip import strip_of
from bot.web.presence_beat import presence_words
from bot.web.reasons import change_words, triage_words
from bot.web.reply_desk import tools_of
from bot.web.ticket_forms import TicketForm
from bot.web.ticket_hints import hints_of
from bot.web.timeline import timeline
from bot.wording import STARS, label
from routing.acts.pauses import Pause
from routing.acts.reviews import Review
from routing.citizen_request import Channel, Citizen, Secrecy
from routing.clocks import Clock
from routing.events import OutboxEntry
from routing.service_desk import may_reveal
from routing.ticket import Rating, Ticket
from routing.workflow import CENTRE_ROLES, Action, Actor, Role


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
    findings: tuple[Finding, ...] = ()
    """What the check of an answer found; it is sent all the same with a reason."""
    searched: str | None = None
    """What was looked for in the library; empty for what the citizen asked, None for nothing."""

    @property
    def written(self) -> list[str]:
        """All that was typed, to be copied where its form is no more."""
        return written_in(self.kept)


_TYPED = ("text", "reason", "basis", "comment", "despite", "parent", "amount")


def written_in(form: Mapping[str, str]) -> list[str]:
    """What somebody typed into a form of a ticket, field by field."""
    return [form[name] for name in _TYPED if form.get(name)]


async def show_ticket(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    services, now, user = request.app[SERVICES], present(request), viewer.user
    ticket = await services.queries.get(request.match_info["number"], reader=viewer.actor)
    # A link may lead straight to one of its forms.
    page = await ticket_page(
        request, viewer, ticket, attempt=Attempt(action=request.query.get("open", "")[:32])
    )
    if viewer.actor.role is not Role.AUDITOR:
        await Presences(services.redis).beat(ticket.number, user.username, writing=False, now=now)
    if viewer.actor.role is Role.LIAISON:
        view = FirstView(user.username, user.name, user.role, user.unit_id, now)
        await services.first_views.note(ticket.number, view)
    return page


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
    services, actor = request.app[SERVICES], viewer.actor
    attempt = attempt or Attempt()
    ticket = (await services.queries.as_known_to(actor, ticket))[0]
    context = {
        **_what_was_asked(ticket, actor),
        **_how_it_stands(ticket, services, now=present(request)),
        **await _who_asked(ticket, services, actor),
        **await _what_may_be_done(request, viewer, ticket, attempt),
        "happenings": await timeline(ticket, services, actor, seen=attempt.seen),
        "again": done_again_of(ticket, services, actor),
        "strip": await strip_of(ticket, services, actor),
        "revealed": revealed,
        "attempt": attempt,
    }
    # Whoever wrote something while the ticket changed is shown the change and their own words, and little else.
    merges = attempt.seen is not None and bool(attempt.written)
    return show(request, "merge.html" if merges else "ticket.html", context, status=status)


def _what_was_asked(ticket: Ticket, actor: Actor) -> dict[str, object]:
    """The matter and what was said of it, as this reader may read it."""
    text, place = for_reader(ticket.text, actor), for_reader(ticket.place or "", actor)
    return {
        "ticket": ticket,
        "heading": heading_of(ticket),
        "text": text,
        "place": place,
        "text_is_redacted": (text, place) != (ticket.text, ticket.place or ""),
        "reply_text": for_reader(ticket.reply_text or "", actor),
        "rating": _rating_for(ticket, actor),
        "waiting": waiting_words(ticket),
        "pending_return": _pending_return_for(ticket, actor),
        "pause": _pause_for(ticket, actor),
        "stars": STARS,
    }


def _how_it_stands(ticket: Ticket, services: Services, *, now: datetime) -> dict[str, object]:
    """Whose it is, by when, and who was told."""
    promise, nearest = ticket.promise, nearest_clock(ticket, now=now)
    promised = clock_words(promise, now=now) if promise else None
    first_unit = ticket.first_unit_id if ticket.first_unit_id != ticket.unit_id else None
    return {
        "unit": unit_name(ticket.unit_id, services.units),
        "first_unit": unit_name(first_unit, services.units),
        "promise": promise,
        "promised": promised,
        "nearest": nearest if nearest != promised else None,
        "limits": [
            Limit(clock=c, stands=clock_words(c, now=now), unit=_clock_unit(c, services))
            for c in reversed(ticket.clocks)
        ],
        "deliveries": [_delivery(ticket, entry) for entry in reversed(ticket.outbox)],
    }


async def _who_asked(ticket: Ticket, services: Services, actor: Actor) -> dict[str, object]:
    return {
        "secrecy_words": _secrecy_words(ticket, actor),
        "citizen": await services.queries.masked_citizen(ticket, reader=actor),
        "may_reveal": may_reveal(ticket, actor) and actor.answers_for(ticket.unit_id),
    }


async def _what_may_be_done(
    request: web.Request, viewer: Viewer, ticket: Ticket, attempt: Attempt
) -> dict[str, object]:
    """The forms, what helps to fill them in, what became of the last one, and who else is at it."""
    services, now, actor = request.app[SERVICES], present(request), viewer.actor
    forms = all_forms(ticket, actor, services.units, profile=services.desk.profile_of(ticket), now=now)
    dispatch_now = Action.DISPATCH in {button.action for form in forms for button in form.buttons}
    asks_for_changes = dispatch_now and "explain" in request.query
    answers = any(form.answers for form in forms)
    return {
        "forms": forms,
        "application": standing_of(ticket),
        "may_act": actor.role is not Role.AUDITOR,
        "units": units_of(actor, services),
        "triage": await triage_words(ticket, services, actor),
        "dispatch_now": dispatch_now,
        "changes": await asyncio.to_thread(change_words, ticket, services) if asks_for_changes else None,
        "hints": hints_of(ticket, services) if ticket.is_open and actor.role in CENTRE_ROLES else None,
        "tools": await tools_of(ticket, viewer.user.unit_id, services, now=now, searched=attempt.searched)
        if answers
        else None,
        "orphaned": bool(attempt.words) and attempt.action not in _places_for_words(forms),
        "doubts": [(*DOUBTS[one.doubt], one.quote) for one in attempt.findings],
        "shown_doubts": ",".join(one.doubt for one in attempt.findings),
        "fitting": next((form for form in forms if attempt.action in form.kept_for and form.fields), None),
        "others": await presence_words(services, ticket.number, viewer.user.username, now=now),
    }


def _places_for_words(forms: tuple[TicketForm, ...]) -> set[str]:
    """The actions whose form is still on the page, so that the refusal stands beside what was typed."""
    return {"reveal"}.union(*(form.kept_for for form in forms))


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


def _delivery(ticket: Ticket, entry: OutboxEntry) -> Delivery:
    way = say_way(entry, on_wechat=ticket.channel is Channel.WECHAT)
    return Delivery(
        to=f"{label(entry.audience)}（{way}）",
        about=label(ticket.event(entry.event_seq).kind),
        state=say_state(entry),
        tone=tone_of(entry),
        at=exact(entry.settled_at) if entry.settled_at else "",
        failure=say_failure(entry.failure),
    )
