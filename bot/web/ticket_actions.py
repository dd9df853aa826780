"""The forms of a ticket: each carries the version that was read, and keeps its text when it is not taken."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from aiohttp import web

from bot import wording
from bot.services import SERVICES
from bot.web.access import Form, set_flash
from bot.web.answering import CHANGED, MOST_REASON, doubts_about, sent_all_the_same
from bot.web.duplicates_page import undo_link
from bot.web.errors import status_of
from bot.web.pages import Viewer, present, show
from bot.web.performing import PERFORM, Asked, perform
from bot.web.ticket import Attempt, ticket_page, written_in
from routing.acts.writing import may_read
from routing.citizen_request import Secrecy
from routing.errors import Incomplete, NotYourRole, Refused, StaleTicket, UnknownTicket
from routing.events import EventKind
from routing.ticket import Ticket
from routing.workflow import Action


def what_is_asked(request: web.Request, viewer: Viewer, form: Form) -> tuple[Action, Asked]:
    """The act in the address and the form as it was sent; raises what HTTP has for an act no form has."""
    if request.match_info["action"] not in PERFORM:
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


async def perform_in_place(
    request: web.Request, viewer: Viewer, form: Form, allowed: Collection[Action]
) -> tuple[Action, Asked, Refused | None]:
    """One of those acts, from a page that goes on with its list; with what it was refused for, if it was. A ticket
    nobody may know of, or a role that may not, raises as everywhere."""
    action, asked = what_is_asked(request, viewer, form)
    if action not in allowed:
        raise web.HTTPNotFound
    services = request.app[SERVICES]
    try:
        await perform(services.desk, asked, action)
    except (UnknownTicket, NotYourRole):
        raise
    except StaleTicket as stale:
        ticket = await services.queries.get(asked.number, reader=viewer.actor)
        if not _already_done(ticket, action, asked):
            return action, asked, stale
    except Refused as refused:
        return action, asked, refused
    await set_flash(request, viewer, _done_words(action, asked))
    return action, asked, None


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
    except Refused as refused:
        try:
            ticket = await services.queries.get(asked.number, reader=viewer.actor)
        except UnknownTicket as gone:
            return _only_words(request, asked, gone)
        if isinstance(refused, NotYourRole):
            return _only_words(request, asked, refused)
        if not isinstance(refused, StaleTicket) or not _already_done(ticket, action, asked):
            return await _not_taken(request, viewer, ticket, action, asked, refused)
    page = f"/console/tickets/{ticket.number}" if may_read(ticket, viewer.actor) else "/console/tickets"
    undo = undo_link((ticket,), back=page) if action is Action.LINK else None
    await set_flash(request, viewer, _done_words(action, asked, ticket), undo=undo)
    raise web.HTTPSeeOther(page)


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


def _only_words(request: web.Request, asked: Asked, refused: Refused) -> web.Response:
    """For a ticket that is not this reader's, or is no more since another has it: what they wrote, and nothing of it."""
    written = written_in(asked.form)
    if not written:
        raise refused
    context = {"words": wording.explain(refused), "written": written}
    return show(request, "written.html", context, status=status_of(refused))


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
    Action.INTERIM_REPLY: EventKind.INTERIM_REPLIED,
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
    Action.ASK_CORRECTION: EventKind.CORRECTION_REQUESTED,
    Action.CONSULT: EventKind.THIRD_PARTY_ASKED,
    Action.HEAR_THIRD_PARTY: EventKind.THIRD_PARTY_HEARD,
    Action.DECIDE_DISCLOSURE: EventKind.DISCLOSURE_DECIDED,
    Action.ENTER_REGISTER: EventKind.ENTERED,
}


_DECISIONS: dict[Action, tuple[tuple[EventKind, str], tuple[EventKind, str]]] = {
    Action.DECIDE_RETURN: (
        (EventKind.RETURN_APPROVED, "已同意退单。"),
        (EventKind.RETURN_REFUSED, "已不同意退单，由原单位继续办理。"),
    ),
    Action.DECIDE_REPLY: (
        (EventKind.REPLIED, "答复已通过，会送达市民。"),
        (EventKind.REPLY_SENT_BACK, "答复已退回修改。"),
    ),
    Action.DECIDE_EXTENSION: (
        (EventKind.EXTENSION_GRANTED, "已同意延期。"),
        (EventKind.EXTENSION_REFUSED, "已不同意延期。"),
    ),
    Action.DECIDE_SUSPENSION: (
        (EventKind.SUSPENSION_GRANTED, "已同意挂账。"),
        (EventKind.SUSPENSION_REFUSED, "已不同意挂账。"),
    ),
    Action.DECIDE_EXCLUSION: (
        (EventKind.EXCLUSION_UPHELD, "已同意剔除。"),
        (EventKind.EXCLUSION_DISMISSED, "已不同意剔除。"),
    ),
}
"""What a yes and a no leave behind, and what is said of them: a refusal is not an “approval” that is done."""


def _leaves(action: Action, asked: Asked) -> EventKind | None:
    if action in _DECISIONS:
        return _DECISIONS[action][asked.form.get("approved") != "yes"][0]
    return _LEAVES.get(action)


def _already_done(ticket: Ticket, action: Action, asked: Asked) -> bool:
    """True when this very form was taken a moment ago: the same act, person and words, unseen by the form."""
    mine = [e for e in ticket.events if e.seq > asked.seen and e.by.id == asked.actor.id]
    if not asked.seen or _leaves(action, asked) not in {e.kind for e in mine}:
        return False
    said = {*(e.text for e in mine), *(e.comment for e in mine)}
    typed = (asked.form.get("text", "") if action not in _DECISIONS else "") or asked.form.get("reason", "")
    written = typed.replace("\r\n", "\n").strip()
    if action is Action.DECIDE_REPLY and asked.form.get("approved") == "yes":
        written = ""  # What goes out is the unit's answer; the opinion stands nowhere.
    chosen = asked.form.get("unit_id")
    return (not written or written in said) and (not chosen or chosen in {e.unit_id for e in mine})


def _done_words(action: Action, asked: Asked, ticket: Ticket | None = None) -> str:
    hidden = ticket is not None and ticket.secrecy is not Secrecy.PUBLIC
    words = {
        Action.ACCEPT: "已签收。市民不公开身份，需要联系的，请热线中心转达。"
        if hidden
        else "已签收。接下来请先联系市民。",
        Action.CONTACT: "已记下联系情况。",
        Action.REPLY: "答复已保存，会送达市民。",
        Action.INTERIM_REPLY: "已告知市民办理进展。答复期限不变。",
        Action.RESOLVE: "已办结，会请市民评价。",
        Action.REQUEST_RETURN: "退单申请已提交，等热线中心审核。",
        Action.EXTEND: "延期申请已提交，等热线中心审批。同意以前，答复期限不变。",
        Action.SUSPEND: "挂账申请已提交，等热线中心审批。同意以前照常计时。",
        Action.APPEAL_EXCLUSION: "剔除申诉已提交，等督办员审批。",
        Action.DECIDE_DISCLOSURE: "决定已作出，答复书会送达申请人。",
    }
    if action in _DECISIONS:
        said = _DECISIONS[action][asked.form.get("approved") != "yes"][1]
    else:
        said = words.get(action, f"{wording.label(action)}已完成。")
    return f"{said}（{asked.number}）"


def _whole(value: str | None, *, otherwise: int | None = None) -> int:
    """A whole number of a hidden field; a form without one did not come from our page."""
    if value is not None and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    if otherwise is None:
        raise web.HTTPBadRequest
    return otherwise
