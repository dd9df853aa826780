"""One ticket on its citizen's page: where it stands, by when, what was answered, and what can be done now."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

import structlog
from aiohttp import web
from markupsafe import Markup

from bot.given_answers import GivenAnswer, given_answers
from bot.photos.kinds import MOST_AT_ONCE, Photo, PhotoKind, Source
from bot.services import SERVICES, Services
from bot.talk import phrases
from bot.talk.following import TICKET_NUMBER
from bot.ticket_view import TicketView, view_of
from bot.web.cited_titles import cited
from bot.web.citizen_access import OwnTicket, Visitor, own_ticket, sessions_of
from bot.web.citizen_links import citizen_path
from bot.web.citizen_pages import show_citizen
from bot.web.citizen_words import WAITS_FOR_THE_CITIZEN, own_words, promise_words, reminded_lately, standing
from bot.web.pages import unit_name
from bot.wording import STARS, say_time
from routing.citizen_request import Channel
from routing.errors import Refused, UnknownTicket
from routing.ticket import REMINDERS_PER_DAY, SATISFIED_FROM, Ticket
from routing.workflow import Action

log = structlog.get_logger(__name__)

MOST_COMMENT = 300


@dataclass(frozen=True, slots=True)
class Attempt:
    """A form that was not taken: why, and what was written in it."""

    action: Action
    words: str
    kept: Mapping[str, str] = field(default_factory=dict)
    reasons: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Shown:
    """A photo or attachment on the page."""

    href: str
    thumbnail: str
    words: str


@dataclass(frozen=True, slots=True)
class Told:
    """One answer on the page, or how far it was."""

    when: str
    unit: str
    text: Markup
    files: tuple[Shown, ...]


async def show_ticket(request: web.Request, visitor: Visitor) -> web.StreamResponse:
    try:
        own = await own_ticket(request, visitor)
    except UnknownTicket as unknown:
        # Looked up in the chat with a query code, or anybody's, or none at all: the code opens it here too.
        raise _ask_for_code(visitor, unknown) from None
    if own.filed_here:
        await _note_read(request, own.ticket.number)
    return await ticket_page(request, visitor, own)


def _ask_for_code(visitor: Visitor, unknown: UnknownTicket) -> Exception:
    number = unknown.number.upper()
    if not TICKET_NUMBER.fullmatch(number):
        return unknown
    return web.HTTPSeeOther(
        f"{citizen_path(visitor.account.name)}/find?{urlencode({'number': number, 'ask': '1'})}"
    )


async def _note_read(request: web.Request, number: str) -> None:
    """What they were told of it is read now. A courtesy to the ledger: the page is shown all the same."""
    services = request.app[SERVICES]
    try:
        await services.desk.notices.note_read(number, now=services.clock())
    except Refused as refused:
        log.warning("notice not noted as read", refused=type(refused).__name__)


async def ticket_page(
    request: web.Request,
    visitor: Visitor,
    own: OwnTicket,
    *,
    attempt: Attempt | None = None,
    status: int = 200,
) -> web.Response:
    """The page, with the form that was not taken as it was written."""
    services, now = request.app[SERVICES], request.app[SERVICES].clock()
    ticket = own.ticket
    view = view_of(ticket, services.units, most_events=None)
    home = citizen_path(visitor.account.name, ticket.number)
    photos = [photo for photo in await services.photos.of_ticket(ticket.number) if may_see(photo, own)]
    answers = given_answers(ticket, photos)
    promise = promise_words(ticket, view, now=now)
    context = {
        "ticket_home": home,
        "view": view,
        "text": ticket.text if own.filed_here else "",
        "place": ticket.place if own.filed_here else "",
        "standing_now": standing(view),
        "waits": _waits(view),
        "promise": promise,
        "late": promise is not None and promise.mark.tone == "late",
        "steps": [(say_time(at, now=now), words) for at, words in reversed(view.happened)],
        "added": own_words(ticket, now=now) if own.filed_here else [],
        "progress": [_told(one, services, home, now=now) for one in answers.progress],
        "reply": _told(answers.current, services, home, now=now) if answers.current else None,
        "earlier": [_told(one, services, home, now=now) for one in answers.earlier],
        "done_again": answers.done_again,
        "given": [_shown(photo, home) for photo in photos if photo.source is not Source.OFFICIAL],
        "rated": _rated(ticket),
        # As in the chat, where 1 is 非常不满意: one question, one order.
        "stars": list(STARS.items()),
        "reasons": _reasons(),
        "withdraw_reasons": phrases.WITHDRAWALS,
        "may": {action.value: view.may(action) for action in Action},
        "most_photos": MOST_AT_ONCE,
        "reminders": REMINDERS_PER_DAY,
        "reminded": phrases.REMINDED_TODAY if reminded_lately(ticket, now=now) else "",
        "attempt": attempt,
        "kept": attempt.kept if attempt else {},
        "kept_reasons": attempt.reasons if attempt else frozenset(),
        "form_key": secrets.token_urlsafe(12),
        "version": ticket.version,
    }
    said = await sessions_of(request).take_said(visitor.session) if attempt is None else None
    return show_citizen(
        request, "citizen_ticket.html", context, session=visitor.session, said=said, status=status
    )


def may_see(photo: Photo, own: OwnTicket) -> bool:
    """Their own photos for whoever filed it here; the unit's attachments for whoever may see the answer. Who rang has
    no other way in than the query code; of what was filed in a chat, the code opens nobody's photos."""
    if photo.source is Source.OFFICIAL:
        return photo.to_citizen
    by_code_alone = own.ticket.channel is not Channel.WECHAT
    return own.filed_here or (by_code_alone and photo.source is Source.CITIZEN_PAGE)


def _waits(view: TicketView) -> str:
    """What is waited for, where that is something from the citizen."""
    pause = view.pause
    asked = pause is not None and pause.reason in WAITS_FOR_THE_CITIZEN and view.may(Action.SUPPLEMENT)
    return pause.text if asked and pause is not None else ""


def _rated(ticket: Ticket) -> str:
    if ticket.rating is None:
        return ""
    rating = ticket.rating
    return "；".join(filter(None, (STARS[rating.stars], "、".join(rating.reasons), rating.comment or "")))


def _told(one: GivenAnswer, services: Services, home: str, *, now: datetime) -> Told:
    return Told(
        when=say_time(one.at, now=now),
        unit=unit_name(one.unit_id, services.units),
        text=cited(one.text),
        files=tuple(_shown(photo, home) for photo in one.files),
    )


def _shown(photo: Photo, home: str) -> Shown:
    address = f"{home}/photos/{photo.id}"
    picture = photo.kind is PhotoKind.PICTURE
    words = photo.name or ("照片" if picture else "附件")
    return Shown(address, f"{address}?size=small" if picture else "", words)


def _reasons() -> list[tuple[str, str, tuple[str, ...]]]:
    """Each set of reasons once: the classes of its stars, the question, the reasons."""
    sets: dict[tuple[str, ...], list[int]] = {}
    for stars, reasons in sorted(phrases.REASONS.items(), reverse=True):
        sets.setdefault(reasons, []).append(stars)
    return [
        (
            " ".join(f"for-{one}" for one in stars),
            "好在哪里？"
            if min(stars) > SATISFIED_FROM
            else "主要是哪里不好？"
            if max(stars) < SATISFIED_FROM
            else "还差在哪里？",
            reasons,
        )
        for reasons, stars in sets.items()
    ]
