"""待审: everything units asked the centre to decide, in one queue, decided in place with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web

from bot.services import SERVICES, Services
from bot.web.access import Form
from bot.web.clock_words import ClockWords, clock_words
from bot.web.errors import status_of
from bot.web.liaison import for_reader, heading_of, units_of
from bot.web.pages import Viewer, present, show, unit_name
from bot.web.performing import Asked
from bot.web.presence_beat import presence_words_at
from bot.web.ticket_actions import perform_in_place
from bot.web.timeline import Happening, happened_since
from bot.wording import explain, label, say_time
from routing.acts.offers import offered_to
from routing.acts.reviews import Review, ReviewKind, clock_of
from routing.departments import UnitId
from routing.errors import Incomplete, UnknownTicket
from routing.ticket import Ticket
from routing.workflow import Action, Actor

PAGE = "/console/reviews"
_MOST_SHOWN = 200
_MOVES_THE_DATE = frozenset({ReviewKind.EXTENSION, ReviewKind.SUSPENSION})
DECIDED_BY = {
    ReviewKind.RETURN: Action.DECIDE_RETURN,
    ReviewKind.REPLY: Action.DECIDE_REPLY,
    ReviewKind.EXTENSION: Action.DECIDE_EXTENSION,
    ReviewKind.SUSPENSION: Action.DECIDE_SUSPENSION,
    ReviewKind.EXCLUSION: Action.DECIDE_EXCLUSION,
}
_VERDICTS = {
    ReviewKind.RETURN: ("同意退单", "不同意，由原单位办理"),
    ReviewKind.REPLY: ("通过，发给市民", "退回修改"),
    ReviewKind.EXTENSION: ("同意延期", "不同意"),
    ReviewKind.SUSPENSION: ("同意挂账", "不同意"),
    ReviewKind.EXCLUSION: ("同意剔除", "不同意"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One request to decide, with all that is needed to decide it without opening the ticket."""

    ticket: Ticket
    review: Review
    heading: str
    asked: str
    """What the citizen wrote, or its beginning."""
    place: str
    promised: str
    """By when the citizen is to be answered, where more time is asked for."""
    unit: str
    limit: ClockWords | None
    action: Action
    may_decide: bool
    others: str
    """Who else is at the ticket, and whether they write."""
    yes: str
    no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A decision that was not taken: on which ticket, why, and what was written."""

    number: str
    action: str
    words: str
    reason: str
    since: tuple[Happening, ...] = ()
    """Who did what to the ticket since the form was shown: most often, who decided it and how."""


async def queue(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    return await _show(request, viewer)


async def decide(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Decide one, then show the rest; a decision that is refused keeps what was written."""
    action, asked, refused = await perform_in_place(request, viewer, form, DECIDED_BY.values())
    if refused is None:
        raise web.HTTPSeeOther(_href(_asked(request.query)))
    attempt = Attempt(
        number=asked.number,
        action=action,
        words=explain(refused),
        reason=form.get("reason", "")[:500],
        since=await _since(request.app[SERVICES], viewer.actor, asked),
    )
    return await _show(request, viewer, attempt=attempt, status=status_of(refused))


async def _since(services: Services, reader: Actor, asked: Asked) -> tuple[Happening, ...]:
    if not asked.seen:
        return ()
    try:
        ticket = await services.queries.get(asked.number, reader=reader)
    except UnknownTicket:
        return ()
    return await happened_since(ticket, services, reader, seen=asked.seen)


async def _show(
    request: web.Request, viewer: Viewer, *, attempt: Attempt | None = None, status: int = 200
) -> web.Response:
    services = request.app[SERVICES]
    asked = _asked(request.query)
    kind = ReviewKind(asked["kind"]) if asked["kind"] else None
    unit_id = UnitId(asked["unit"]) if asked["unit"] else None
    cursor = request.query.get("cursor") or None
    try:
        page = await services.queries.waiting_for_decision(
            reader=viewer.actor, kind=kind, unit_id=unit_id, cursor=cursor
        )
    except Incomplete:
        raise web.HTTPSeeOther(_href(asked)) from None
    numbers = [ticket.number for ticket in page.tickets]
    others = await presence_words_at(services, numbers, viewer.user.username, now=present(request))
    rows = [
        _waiting(ticket, review, viewer, request, others.get(ticket.number, ""))
        for ticket in page.tickets
        for review in sorted(ticket.reviews, key=lambda r: r.asked_at)
        if kind in (None, review.kind)
    ]
    context = {
        "rows": rows,
        "tabs": [("全部", _href({**asked, "kind": ""}), kind is None)]
        + [(label(one), _href({**asked, "kind": one}), kind is one) for one in ReviewKind],
        "asked": asked,
        "address": _href(asked).partition("?")[2],
        "units": units_of(viewer.actor, services),
        "total": page.total,
        "attempt": attempt,
        # Decided by somebody else meanwhile, it is in the list no more: what was written still is.
        "lost": attempt is not None and not any(_is_about(row, attempt) for row in rows),
        "first_href": _href(asked) if cursor else None,
        "next_href": _href({**asked, "cursor": page.cursor}) if page.cursor else None,
    }
    return show(request, "reviews.html", context, status=status)


def _waiting(ticket: Ticket, review: Review, viewer: Viewer, request: web.Request, others: str) -> Waiting:
    services, now, action = request.app[SERVICES], present(request), DECIDED_BY[review.kind]
    clock = ticket.clock(clock_of(review.kind))
    may = offered_to(
        ticket, viewer.actor, profile=services.desk.profile_of(ticket), now=now, units=services.units
    )
    yes, no = _VERDICTS[review.kind]
    return Waiting(
        ticket=ticket,
        review=review,
        heading=heading_of(ticket),
        asked=_beginning(for_reader(ticket.text, viewer.actor)),
        place=for_reader(ticket.place or "", viewer.actor),
        promised=_promised(ticket, now) if review.kind in _MOVES_THE_DATE else "",
        unit=unit_name(review.unit_id, services.units),
        limit=clock_words(clock, now=now) if clock else None,
        action=action,
        may_decide=action in may,
        others=others,
        yes=yes,
        no=no,
    )


def _beginning(text: str) -> str:
    said = " ".join(text.split())
    return said if len(said) <= _MOST_SHOWN else f"{said[:_MOST_SHOWN]}…"


def _promised(ticket: Ticket, now: datetime) -> str:
    return say_time(ticket.promise.due_at, now=now) if ticket.promise else ""


def _is_about(row: Waiting, attempt: Attempt) -> bool:
    return row.may_decide and (row.ticket.number, row.action) == (attempt.number, attempt.action)


def _asked(query: Mapping[str, str]) -> dict[str, str]:
    kind = query.get("kind", "")
    return {"kind": kind if kind in set(ReviewKind) else "", "unit": query.get("unit", "")[:64]}


def _href(fields: Mapping[str, str]) -> str:
    given = {name: value for name, value in fields.items() if value}
    return f"{PAGE}?{urlencode(given)}" if given else PAGE
