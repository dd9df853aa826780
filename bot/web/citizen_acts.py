"""What a citizen does to their ticket on its page: the same acts, limits and words as in the chat.

Each form carries a key, by which a second click counts once, and the version that was read. A new word or a reminder is
taken whatever happened meanwhile; what depends on what was read, only from the ticket as it was read.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from bot.intake import MOST_CHARACTERS, TextTooLong
from bot.photos.kinds import PhotoId, PhotoRefused, Source
from bot.services import SERVICES, Services
from bot.talk import phrases
from bot.web.access import Form
from bot.web.citizen_access import OwnTicket, Visitor, own_ticket, sessions_of
from bot.web.citizen_links import citizen_path
from bot.web.citizen_ticket import MOST_COMMENT, Attempt, ticket_page
from bot.web.citizen_upload import PLACES, read_upload, turned_away
from bot.web.errors import status_of
from bot.wording import STARS, explain
from routing.errors import Incomplete, Refused, StaleTicket, TooOften, UnknownTicket
from routing.ticket import Rating, Ticket
from routing.workflow import Action

_KEY = re.compile(r"[\w-]{8,40}")
_STALE = "您打开这一页之后，这件事有了新的进展。请先看一看，再办。您写的还在。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One form as it was sent."""

    number: str
    fields: Mapping[str, str]
    reasons: tuple[str, ...]
    files: Sequence[bytes]
    owner: tuple[str, str]
    now: datetime

    @property
    def key(self) -> str:
        """Raises what HTTP has for a form without one."""
        said = self.fields.get("key", "")
        if not _KEY.fullmatch(said):
            raise web.HTTPBadRequest
        return f"page:{said}"

    @property
    def version(self) -> int:
        said = self.fields.get("version", "")
        if not (said.isascii() and said.isdigit() and len(said) < 10):
            raise web.HTTPBadRequest
        return int(said)

    def text(self, name: str, *, most: int = MOST_CHARACTERS) -> str:
        """Raises ``TextTooLong``."""
        said = self.fields.get(name, "").replace("\r\n", "\n").strip()
        if len(said) > most:
            raise TextTooLong(len(said), most)
        return said


Perform = Callable[[Services, Asked], Awaitable[Ticket]]


async def act(request: web.Request, visitor: Visitor, form: Form) -> web.StreamResponse:
    """A form without files."""
    reasons = tuple(str(one) for one in (await request.post()).getall("reasons", []))
    return await _take(request, visitor, fields=form, reasons=reasons, files=())


async def supplement(request: web.Request, visitor: Visitor) -> web.StreamResponse:
    """The one form that carries photos."""
    async with request.app[PLACES].one_for(visitor.session.key) as free:
        upload = await (read_upload(request, visitor) if free else turned_away(request, visitor))
        if upload.refused:
            own = await own_ticket(request, visitor)
            attempt = Attempt(Action.SUPPLEMENT, upload.refused, upload.fields)
            return await ticket_page(request, visitor, own, attempt=attempt, status=upload.status)
        return await _take(request, visitor, fields=upload.fields, reasons=(), files=upload.files)


async def _take(
    request: web.Request,
    visitor: Visitor,
    *,
    fields: Mapping[str, str],
    reasons: tuple[str, ...],
    files: Sequence[bytes],
) -> web.StreamResponse:
    """Do what the form asks, then show the ticket anew."""
    perform = _PERFORM.get(request.match_info.get("action", Action.SUPPLEMENT.value))
    if perform is None:
        raise web.HTTPNotFound
    action, do = perform
    own = await own_ticket(request, visitor)
    services, session = request.app[SERVICES], visitor.session
    asked = Asked(
        number=own.ticket.number,
        fields=fields,
        reasons=reasons,
        files=files,
        owner=(visitor.account.name, session.openid or session.key),
        now=services.clock(),
    )
    try:
        ticket = await do(services, asked)
    except UnknownTicket:
        raise
    except Refused as refused:
        return await _not_taken(request, visitor, own, action, asked, refused)
    await sessions_of(request).say_next(session, _done_words(action, ticket, asked))
    # Back to the top, where the words stand; a rating goes on to what it may have led to.
    raise web.HTTPSeeOther(citizen_path(visitor.account.name, ticket.number))


async def _not_taken(
    request: web.Request, visitor: Visitor, own: OwnTicket, action: Action, asked: Asked, refused: Refused
) -> web.Response:
    fresh = OwnTicket(await request.app[SERVICES].tickets.get(own.ticket.number), own.filed_here)
    attempt = Attempt(action, _refusal_words(action, refused), asked.fields, frozenset(asked.reasons))
    return await ticket_page(request, visitor, fresh, attempt=attempt, status=status_of(refused))


def _refusal_words(action: Action, refused: Refused) -> str:
    match action, refused:
        case _, PhotoRefused(words=words):
            return words
        case _, StaleTicket():
            return _STALE
        case Action.REMIND, TooOften():
            return phrases.REMINDED_TODAY
        case Action.SUPPLEMENT, TooOften():
            return phrases.SUPPLEMENTED_ENOUGH
        case _:
            return explain(refused)


def _done_words(action: Action, ticket: Ticket, asked: Asked) -> str:
    match action:
        case Action.SUPPLEMENT:
            return phrases.supplemented(ticket.number)
        case Action.REMIND:
            return phrases.reminded(ticket.number)
        case Action.WITHDRAW:
            return phrases.withdrawn(ticket.number)
        case Action.REOPEN:
            promised = ticket.promise.due_at if ticket.promise else None
            return phrases.reopened(ticket.number, promised, now=asked.now)
        case _:
            rating = ticket.rating
            if rating is None:
                return ""
            return phrases.rated(rating.stars) if rating.good else phrases.offer_rework(rating.stars)


# ---- one function an act


async def _supplement(services: Services, asked: Asked) -> Ticket:
    """Photos are looked at first, so that none is promised that cannot be kept, and joined once the words are in."""
    text = asked.text("text")
    if not text and not asked.files:
        raise Incomplete("text")
    kept: list[PhotoId] = []
    try:
        for data in asked.files:
            photo_id = await services.photos.put(
                data, number=None, source=Source.CITIZEN_PAGE, now=asked.now, owner=asked.owner
            )
            kept.append(photo_id)
        # Different pictures are counted, as the unit will see them.
        note = f"（市民附照片{len(set(kept))}张）" if kept else ""
        said = "\n".join(part for part in (text, note) if part)
        ticket = await services.desk.supplement(asked.number, text=said, now=asked.now, key=asked.key)
    except Refused:
        await services.photos.let_go(kept, owner=asked.owner)
        raise
    await services.photos.attach(kept, number=asked.number, owner=asked.owner, now=asked.now)
    return ticket


async def _remind(services: Services, asked: Asked) -> Ticket:
    return await services.desk.remind(asked.number, now=asked.now, key=asked.key)


async def _rate(services: Services, asked: Asked) -> Ticket:
    """As tapped in the chat: reasons offered for other stars are not counted."""
    stars = asked.fields.get("stars", "")
    if stars not in {str(one) for one in STARS}:
        raise Incomplete("stars")
    reasons = tuple(one for one in phrases.REASONS[int(stars)] if one in asked.reasons)
    resolved = True if "问题解决了" in reasons else False if "问题没解决" in reasons else None
    rating = Rating(
        stars=int(stars),
        resolved=resolved,
        reasons=reasons,
        comment=asked.text("comment", most=MOST_COMMENT) or None,
    )
    return await services.desk.rate(
        asked.number, rating=rating, now=asked.now, version=asked.version, key=asked.key
    )


async def _withdraw(services: Services, asked: Asked) -> Ticket:
    chosen = asked.fields.get("reason", "")
    words = chosen if chosen in phrases.WITHDRAWALS else ""
    reason = "：".join(part for part in ("市民在网页上撤回", words) if part)
    return await services.desk.withdraw(
        asked.number, reason=reason, now=asked.now, version=asked.version, key=asked.key
    )


async def _reopen(services: Services, asked: Asked) -> Ticket:
    reason = asked.text("text") or "市民不满意，要求重新办理"
    return await services.desk.reopen(
        asked.number, reason=reason, now=asked.now, version=asked.version, key=asked.key
    )


_PERFORM: dict[str, tuple[Action, Perform]] = {
    Action.SUPPLEMENT.value: (Action.SUPPLEMENT, _supplement),
    Action.REMIND.value: (Action.REMIND, _remind),
    Action.RATE.value: (Action.RATE, _rate),
    Action.WITHDRAW.value: (Action.WITHDRAW, _withdraw),
    Action.REOPEN.value: (Action.REOPEN, _reopen),
}
