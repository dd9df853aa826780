"""The forms of a ticket: each carries the version that was read, and keeps its text when it is not taken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from aiohttp import web

from bot import wording
from bot.intake import MOST_CHARACTERS, TextTooLong
from bot.services import SERVICES
from bot.web.access import Form, set_flash
from bot.web.answering import CHANGED, MOST_REASON, doubts_about, sent_all_the_same
from bot.web.case_forms import CASE_ACTIONS, perform_case
from bot.web.errors import status_of
from bot.web.joint_forms import JOINT_ACTIONS, perform_joint
from bot.web.pages import Viewer, present
from bot.web.ticket import Attempt, ticket_page
from routing.acts.writing import may_read
from routing.departments import UnitId
from routing.errors import Incomplete, NotYourRole, Refused, StaleTicket, UnknownTicket
from routing.events import EventKind, RejectReason
from routing.service_desk import ServiceDesk
from routing.ticket import Rating, Ticket
from routing.workflow import Action, Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One form as it was sent. ``version`` and ``seen`` say which state of the ticket the person looked at."""

    number: str
    form: Form
    actor: Actor
    version: int
    seen: int
    now: datetime
    doubts: tuple[str, ...] = ()
    """What the check said of the answer, and was shown to its writer."""
    despite: str | None = None
    """Why the answer is sent all the same."""

    def text(self, name: str) -> str:
        """A field's text; raises ``TextTooLong``."""
        value = self.form.get(name, "").replace("\r\n", "\n").strip()
        if len(value) > MOST_CHARACTERS:
            raise TextTooLong(len(value), MOST_CHARACTERS)
        return value

    def unit_id(self) -> UnitId:
        """Raises ``Incomplete``."""
        if not self.text("unit_id"):
            raise Incomplete("unit_id")
        return UnitId(self.text("unit_id"))


Perform = Callable[[ServiceDesk, Asked, int], Awaitable[Ticket]]


def what_is_asked(request: web.Request, viewer: Viewer, form: Form) -> tuple[Action, Asked]:
    """The act in the address and the form as it was sent; raises what HTTP has for an act no form has."""
    if request.match_info["action"] not in _PERFORM:
        raise web.HTTPNotFound
    asked = Asked(
        number=request.match_info["number"],
        form=form,
        actor=viewer.actor,
        version=_whole(form.get("version")),
        seen=_whole(form.get("seen"), otherwise=0),
        now=present(request),
    )
    return Action(request.match_info["action"]), asked


async def perform(desk: ServiceDesk, asked: Asked, action: Action) -> Ticket:
    """Do it on the version the person read; raises what the desk refuses with."""
    return await _PERFORM[action](desk, asked, asked.version)


async def act(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Do what the form asks, then show the ticket anew; a second click of the same form changes nothing."""
    action, asked = what_is_asked(request, viewer, form)
    services = request.app[SERVICES]
    doubted = await doubts_about(action, asked, services)
    if doubted and not sent_all_the_same(doubted, form):
        ticket = await services.queries.get(asked.number, reader=viewer.actor)
        attempt = Attempt(action=action, kept=form, findings=doubted)
        return await ticket_page(request, viewer, ticket, attempt=attempt, status=422)
    if doubted:
        doubts = tuple(each.doubt.value for each in doubted)
        asked = replace(asked, doubts=doubts, despite=form["despite"].strip()[:MOST_REASON])
    try:
        ticket = await perform(services.desk, asked, action)
    except (UnknownTicket, NotYourRole):
        raise
    except StaleTicket as stale:
        ticket = await services.queries.get(asked.number, reader=viewer.actor)
        if not _already_done(ticket, action, asked):
            return await _not_taken(request, viewer, ticket, action, asked, stale)
    except Refused as refused:
        ticket = await services.queries.get(asked.number, reader=viewer.actor)
        return await _not_taken(request, viewer, ticket, action, asked, refused)
    await set_flash(request, viewer, _done_words(action, ticket))
    if not may_read(ticket, viewer.actor):
        raise web.HTTPSeeOther("/console/tickets")
    raise web.HTTPSeeOther(f"/console/tickets/{ticket.number}")


async def reveal(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """The citizen's name and phone for a logged reason, in this one answer: no redirect, nothing kept."""
    services, number = request.app[SERVICES], request.match_info["number"]
    ticket = await services.queries.get(number, reader=viewer.actor)
    reason = form.get("reason", "").strip()[:500]
    try:
        citizen = await services.desk.reveal(number, actor=viewer.actor, reason=reason, now=present(request))
    except Incomplete as refused:
        attempt = Attempt(action="reveal", words=wording.explain(refused))
        return await ticket_page(request, viewer, ticket, attempt=attempt, status=status_of(refused))
    return await ticket_page(request, viewer, ticket, revealed=citizen)


async def _not_taken(
    request: web.Request, viewer: Viewer, ticket: Ticket, action: Action, asked: Asked, refused: Refused
) -> web.Response:
    stale = isinstance(refused, StaleTicket)
    words = wording.explain(refused)
    if stale:
        words = CHANGED
    attempt = Attempt(
        action=action, words=words, kept=asked.form, seen=asked.seen if stale and asked.seen else None
    )
    return await ticket_page(request, viewer, ticket, attempt=attempt, status=status_of(refused))


_LEAVES: dict[Action, EventKind] = {
    Action.DISPATCH: EventKind.DISPATCHED,
    Action.TRANSFER: EventKind.TRANSFERRED,
    Action.ACCEPT: EventKind.ACCEPTED,
    Action.CONTACT: EventKind.CONTACTED,
    Action.REPLY: EventKind.REPLIED,
    Action.RESOLVE: EventKind.RESOLVED,
    Action.ANSWER_DIRECTLY: EventKind.RESOLVED,
    Action.REQUEST_RETURN: EventKind.RETURN_REQUESTED,
    Action.SUPPLEMENT: EventKind.SUPPLEMENTED,
    Action.REMIND: EventKind.REMINDED,
    Action.RATE: EventKind.RATED,
    Action.REOPEN: EventKind.REOPENED,
    Action.WITHDRAW: EventKind.WITHDRAWN,
    Action.REJECT: EventKind.REJECTED,
    Action.EXTEND: EventKind.EXTENSION_REQUESTED,
    Action.SUSPEND: EventKind.SUSPENSION_REQUESTED,
    Action.ASK_MATERIAL: EventKind.MATERIAL_REQUESTED,
    Action.RESUME: EventKind.RESUMED,
    Action.ARBITRATE: EventKind.RETURN_REQUESTED,
    Action.APPEAL_EXCLUSION: EventKind.EXCLUSION_REQUESTED,
    Action.MARK_EMERGENCY: EventKind.EMERGENCY_MARKED,
    Action.ESCALATE: EventKind.LETTER_SENT,
    Action.UNLINK: EventKind.UNLINKED,
    Action.ARCHIVE: EventKind.ARCHIVED,
    Action.VISIT: EventKind.VISITED,
    Action.RECEIVE_LETTER: EventKind.LETTER_RECEIVED,
    Action.ANSWER_LETTER: EventKind.LETTER_ANSWERED,
    Action.CO_HANDLE: EventKind.CO_HANDLING_ASKED,
    Action.ANSWER_CO_HANDLING: EventKind.CO_HANDLING_ANSWERED,
    Action.WAIVE_CO_HANDLING: EventKind.CO_HANDLING_WAIVED,
    Action.RELAY: EventKind.RELAYED,
    Action.RECALL: EventKind.RECALLED,
    Action.URGE_BELOW: EventKind.URGED_BELOW,
    Action.LINK: EventKind.LINKED,
}


def _already_done(ticket: Ticket, action: Action, asked: Asked) -> bool:
    """True when this very form was taken a moment ago: the same act, person and words, unseen by the form."""
    mine = [e for e in ticket.events if e.seq > asked.seen and e.by.id == asked.actor.id]
    if not asked.seen or _LEAVES.get(action) not in {e.kind for e in mine}:
        return False
    said = {e.text for e in mine if e.text}
    written = asked.form.get("text", "").replace("\r\n", "\n").strip()
    chosen = asked.form.get("unit_id")
    return (not written or written in said) and (not chosen or chosen in {e.unit_id for e in mine})


def _done_words(action: Action, ticket: Ticket) -> str:
    words = {
        Action.ACCEPT: "已签收。接下来请先联系市民。",
        Action.CONTACT: "已记下联系情况。",
        Action.REPLY: "答复已保存，会送达市民。",
        Action.RESOLVE: "已办结，会请市民评价。",
        Action.REQUEST_RETURN: "退单申请已提交，等热线中心审核。",
    }
    return words.get(action, f"{wording.label(action)}已完成。") + f"（{ticket.number}）"


def _whole(value: str | None, *, otherwise: int | None = None) -> int:
    """A whole number of a hidden field; a form without one did not come from our page."""
    if value is not None and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    if otherwise is None:
        raise web.HTTPBadRequest
    return otherwise


# ---- what each action asks of the desk


async def _dispatch(desk: ServiceDesk, asked: Asked, version: int) -> Ticket:
    return await desk.dispatch(
        asked.number,
        asked.unit_id(),
        actor=asked.actor,
        version=version,
        now=asked.now,
        reason=asked.text("reason") or None,
    )


async def _transfer(desk: ServiceDesk, asked: Asked, version: int) -> Ticket:
    return await desk.transfer(
        asked.number,
        asked.unit_id(),
        actor=asked.actor,
        version=version,
        now=asked.now,
        reason=asked.text("reason"),
    )


async def _accept(desk: ServiceDesk, asked: Asked, version: int) -> Ticket:
    return await desk.accept(asked.number, actor=asked.actor, version=version, now=asked.now)


async def _contact(desk: ServiceDesk, asked: Asked, version: int) -> Ticket:
    text = asked.text("text")
    return await desk.contact(asked.number, actor=asked.actor, version=version, now=asked.now, text=text)


async def _reply(desk: ServiceDesk, asked: Asked, version: int) -> Ticket:
    return await desk.reply(
        asked.number,
        actor=asked.actor,
        version=version,
        now=asked.now,
        text=asked.text("text"),
        doubts=asked.doubts,
        despite=asked.despite,
    )


async def _resolve(desk: ServiceDesk, asked: Asked, version: int) -> Ticket:
    # The bare 办结 button has no text field; an answer left empty is refused, not taken for that button.
    text = asked.text("text") if "text" in asked.form else None
    return await desk.resolve(
        asked.number,
        actor=asked.actor,
        version=version,
        now=asked.now,
        text=text,
        doubts=asked.doubts,
        despite=asked.despite,
    )


async def _answer_directly(desk: ServiceDesk, asked: Asked, version: int) -> Ticket:
    return await desk.answer_directly(
        asked.number,
        actor=asked.actor,
        version=version,
        now=asked.now,
        text=asked.text("text"),
        doubts=asked.doubts,
        despite=asked.despite,
    )


async def _request_return(desk: ServiceDesk, asked: Asked, version: int) -> Ticket:
    return await desk.request_return(
        asked.number,
        actor=asked.actor,
        version=version,
        now=asked.now,
        reason=asked.text("reason"),
        basis=asked.text("basis"),
    )


async def _decide_return(desk: ServiceDesk, asked: Asked, version: int) -> Ticket:
    if asked.form.get("approved") not in ("yes", "no"):
        raise Incomplete("approved")
    return await desk.decide_return(
        asked.number,
        actor=asked.actor,
        version=version,
        now=asked.now,
        approved=asked.form["approved"] == "yes",
        reason=asked.text("reason"),
    )


async def _reject(desk: ServiceDesk, asked: Asked, version: int) -> Ticket:
    ground, reason = asked.text("ground"), asked.text("reason")
    kind = RejectReason(ground) if ground in set(RejectReason) else RejectReason.OTHER
    return await desk.reject(
        asked.number, actor=asked.actor, version=version, now=asked.now, reason=reason, kind=kind
    )


async def _supplement(desk: ServiceDesk, asked: Asked, version: int) -> Ticket:
    return await desk.supplement(
        asked.number, actor=asked.actor, version=version, now=asked.now, text=asked.text("text")
    )


async def _remind(desk: ServiceDesk, asked: Asked, version: int) -> Ticket:
    text = asked.text("text") or None
    return await desk.remind(asked.number, actor=asked.actor, version=version, now=asked.now, text=text)


async def _rate(desk: ServiceDesk, asked: Asked, version: int) -> Ticket:
    stars = asked.form.get("stars", "")
    if stars not in {"1", "2", "3", "4", "5"}:
        raise Incomplete("stars")
    rating = Rating(int(stars), comment=asked.text("comment") or None)
    return await desk.rate(asked.number, rating=rating, actor=asked.actor, version=version, now=asked.now)


async def _reopen(desk: ServiceDesk, asked: Asked, version: int) -> Ticket:
    return await desk.reopen(
        asked.number, actor=asked.actor, version=version, now=asked.now, reason=asked.text("reason")
    )


async def _withdraw(desk: ServiceDesk, asked: Asked, version: int) -> Ticket:
    reason = asked.text("reason")
    if not reason:
        raise Incomplete("reason")
    return await desk.withdraw(asked.number, actor=asked.actor, version=version, now=asked.now, reason=reason)


async def _case(action: Action, desk: ServiceDesk, asked: Asked, version: int) -> Ticket:
    return await perform_case(desk, asked, version, action)


async def _joint(action: Action, desk: ServiceDesk, asked: Asked, version: int) -> Ticket:
    return await perform_joint(desk, asked, version, action)


_PERFORM: dict[str, Perform] = {
    Action.DISPATCH: _dispatch,
    Action.TRANSFER: _transfer,
    Action.ACCEPT: _accept,
    Action.CONTACT: _contact,
    Action.REPLY: _reply,
    Action.RESOLVE: _resolve,
    Action.ANSWER_DIRECTLY: _answer_directly,
    Action.REQUEST_RETURN: _request_return,
    Action.DECIDE_RETURN: _decide_return,
    Action.REJECT: _reject,
    Action.SUPPLEMENT: _supplement,
    Action.REMIND: _remind,
    Action.RATE: _rate,
    Action.REOPEN: _reopen,
    Action.WITHDRAW: _withdraw,
    **{action: partial(_case, action) for action in CASE_ACTIONS},
    **{action: partial(_joint, action) for action in JOINT_ACTIONS},
}
