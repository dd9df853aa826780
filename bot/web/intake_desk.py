"""登记台: the operator writes while the caller speaks, and the machine says beside it what it makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.intake import enter_application, register_citizen_request
from bot.intake_drafts import IntakeDraft, IntakeDrafts
from bot.services import SERVICES, Services
from bot.web.access import Form, set_flash
from bot.web.errors import status_of
from bot.web.intake_desk_advice import advice_on
from bot.web.intake_desk_caller import caller_of
from bot.web.intake_desk_form import CHANNELS, MOST, Checked, Filled, check
from bot.web.intake_desk_places import full_name_of, picker
from bot.web.pages import Viewer, present, show
from bot.wording import explain
from routing.citizen_request import Applicant, Channel, CitizenRequest, RequestType, Secrecy, Urgency
from routing.errors import ExternalNumberConflict, Refused
from routing.identity import mask_name, mask_phone
from routing.service_desk import ServiceDesk
from routing.ticket import Ticket
from routing.timing.sla import DISCLOSURE
from routing.workflow import TRANSITIONS, Action, Actor

PAGE = "/console/intake"
_PARTS = ("advice", "caller", "places")
_KEPT = "kept"
_MOST_HEADING = 30


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A draft in the list; who called is masked, since others look over one's shoulder."""

    key: str
    heading: str
    who: str
    saved_at: datetime


async def desk(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """An empty form, or the draft asked for."""
    now = present(request)
    key = request.query.get("draft", "")[:32]
    draft = await _drafts(request).find(key, by=viewer.user.username, now=now) if key else None
    if key and draft is None:
        return await _show(
            request, viewer, Filled.new(now), problem="这份草稿已经登记、删除，或者过了 24 小时。", status=404
        )
    filled = Filled.of(draft.fields, now) if draft else Filled.new(now)
    return await _show(request, viewer, filled)


async def take(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Whatever button was pressed. Enter alone presses 查: nothing is filed by a slip, and nothing is lost."""
    now, gazetteer = present(request), request.app[SERVICES].gazetteer
    filled = Filled.of(form, now)
    match form.get("do", ""):
        case "draft":
            return await _save_draft(request, viewer, filled)
        case "register":
            return await _register(request, viewer, filled, answered=False)
        case "answer":
            return await _register(request, viewer, filled, answered=True)
    picked = form.get("pick", "")
    if picked and (name := full_name_of(gazetteer, picked)):
        filled = replace(filled, place=name)
    return await _show(request, viewer, filled, at=picked, entry=form.get("entry", "")[:200])


async def suggest(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """One part of the page anew, for the script. A POST, since no address may hold what a caller says."""
    part = form.get("part", "")
    if part not in (*_PARTS, _KEPT):
        raise web.HTTPBadRequest
    filled = Filled.of(form, present(request))
    if part == _KEPT:
        await _keep(request, viewer, filled)
        return show(request, "_intake_kept.html", {"filled": filled})
    seen = await _beside(
        request,
        viewer,
        filled,
        at=form.get("pick", ""),
        entry=form.get("entry", "")[:200],
        parts=frozenset({part}),
    )
    return show(request, f"_intake_{part}.html", {"filled": filled, **seen})


async def drop_draft(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    await _drafts(request).drop(request.match_info["name"][:32], by=viewer.user.username)
    await set_flash(request, viewer, "草稿已删除。")
    raise web.HTTPSeeOther(PAGE)


async def _keep(request: web.Request, viewer: Viewer, filled: Filled) -> None:
    """What is typed survives the browser and the end of a login. A form registered already is not kept again."""
    if not filled.has_words or await _registered(request.app[SERVICES], filled) is not None:
        return
    draft = IntakeDraft(filled.key, present(request), filled.kept())
    await _drafts(request).save(draft, by=viewer.user.username)


async def _save_draft(request: web.Request, viewer: Viewer, filled: Filled) -> web.StreamResponse:
    if not filled.has_words:
        return await _show(request, viewer, filled, problem="还没有写内容，没有可存的。", status=422)
    await _keep(request, viewer, filled)
    await set_flash(request, viewer, "草稿已存，24 小时内可以接着登记。")
    raise web.HTTPSeeOther(PAGE)


async def _register(
    request: web.Request, viewer: Viewer, filled: Filled, *, answered: bool
) -> web.StreamResponse:
    """The same form sent twice gives the same ticket: its key is the external number."""
    services, now = request.app[SERVICES], present(request)
    checked = check(filled, now=now, answered=answered)
    if checked.wrong or checked.received_at is None:
        return await _show(request, viewer, filled, checked=checked, status=422)
    earlier = await _registered(services, filled)
    if earlier is not None and earlier.channel is not Channel(filled.channel):
        return await _show_changed(request, viewer, filled, earlier)
    try:
        ticket = await register_citizen_request(
            _Desk(services.desk, viewer.actor, filled.answer if answered else None),
            channel=Channel(filled.channel),
            external_number=filled.external_number,
            text=filled.text,
            citizen=filled.citizen,
            received_at=checked.received_at,
            now=now,
            title=filled.title or None,
            request_type=_type_of(filled),
            place=filled.place or None,
            urgency=Urgency.URGENT if filled.urgent else None,
            tier=DISCLOSURE if filled.applicant else None,
            applicant=Applicant(filled.applicant) if filled.applicant else Applicant.PERSON,
        )
    except ExternalNumberConflict:
        if earlier is None and (earlier := await _registered(services, filled)) is None:
            raise
        return await _show_changed(request, viewer, filled, earlier)
    except Refused as refused:
        return await _show(request, viewer, filled, problem=explain(refused), status=status_of(refused))
    await _drafts(request).drop(filled.key, by=viewer.user.username)
    await enter_application(services.desk.disclosure, ticket, now=now)
    said = (
        "" if answered else await join(ticket, filled.parent, services=services, actor=viewer.actor, now=now)
    )
    if said:
        await set_flash(request, viewer, said)
    raise web.HTTPSeeOther(f"{PAGE}/{ticket.number}")


def _type_of(filled: Filled) -> RequestType | None:
    if filled.request_type:
        return RequestType(filled.request_type)
    return RequestType.CONSULTATION if filled.applicant else None


async def join(ticket: Ticket, parent: str, *, services: Services, actor: Actor, now: datetime) -> str:
    """The ticket stands in any case; says what became of the wish to join it to another one."""
    if not parent or ticket.parent_number == parent:
        return ""
    try:
        if may_link(actor):
            await services.desk.links.link(
                ticket.number, parent, actor=actor, version=None, now=now, reason="登记时认定为同一件事"
            )
            return f"已并入 {parent}，来电人会得到同样的答复。"
        await services.desk.aftercare.note_repeat(ticket.number, parent, actor=actor, version=None, now=now)
    except Refused as refused:
        return f"工单已登记，但没有并入 {parent}：{explain(refused)}"
    return f"已标为 {parent} 的重复件，由派单员并案。"


def may_link(actor: Actor) -> bool:
    """并案 is the dispatcher's; an operator marks a repeat, which the dispatcher then sees."""
    return actor.role in TRANSITIONS[Action.LINK].by


async def _registered(services: Services, filled: Filled) -> Ticket | None:
    """The ticket this form became, through whatever door: the door too may have been changed since."""
    for channel in CHANNELS:
        if ticket := await services.desk.find_by_external_number(channel, filled.external_number):
            return ticket
    return None


async def _show_changed(
    request: web.Request, viewer: Viewer, filled: Filled, earlier: Ticket
) -> web.Response:
    """The form was registered, then changed and sent again: what is new is not filed over what was."""
    words = (
        f"这张登记表已经登记为 {earlier.number}，改过的内容没有登记。"
        "要补充，请打开那张工单；确实是另一件事，再点一次“登记并派单”。"
    )
    anew = replace(filled, key=Filled.new(present(request)).key)
    return await _show(request, viewer, anew, problem=words, earlier=earlier.number, status=409)


async def _show(
    request: web.Request,
    viewer: Viewer,
    filled: Filled,
    *,
    checked: Checked | None = None,
    problem: str = "",
    earlier: str = "",
    at: str = "",
    entry: str = "",
    status: int = 200,
) -> web.Response:
    now = present(request)
    drafts = await _drafts(request).of(viewer.user.username, now=now)
    context = {
        "filled": filled,
        "wrong": checked.wrong if checked else {},
        "problem": problem,
        "earlier": earlier,
        "channels": CHANNELS,
        "by_sms": bool(request.app[SERVICES].settings.sms_url),
        "secrecies": list(Secrecy),
        "types": list(RequestType),
        "applicants": list(Applicant) if DISCLOSURE in request.app[SERVICES].profile.tiers else [],
        "drafts": [_line(draft) for draft in drafts if draft.key != filled.key],
        "most": MOST,
        **await _beside(request, viewer, filled, at=at, entry=entry),
    }
    return show(request, "intake.html", context, status=status)


async def _beside(
    request: web.Request,
    viewer: Viewer,
    filled: Filled,
    *,
    at: str = "",
    entry: str = "",
    parts: frozenset[str] = frozenset(_PARTS),
) -> dict[str, Any]:
    services, now, reader = request.app[SERVICES], present(request), viewer.actor
    seen: dict[str, Any] = {"may_link": may_link(reader)}
    if "caller" in parts:
        seen["caller"] = await caller_of(filled, services=services, reader=reader, now=now)
    if "advice" in parts:
        seen["advice"] = await advice_on(filled, services=services, reader=reader, now=now, entry=entry)
    if "places" in parts:
        seen["places"] = picker(services.gazetteer, typed=filled.place, at=at)
    return seen


def _line(draft: IntakeDraft) -> DraftLine:
    fields: Mapping[str, str] = draft.fields
    said = " ".join((fields.get("title") or fields.get("text") or "").split())
    who = (mask_name(fields.get("name")), mask_phone(fields.get("phone")))
    return DraftLine(
        key=draft.key,
        heading=said[:_MOST_HEADING] + ("…" if len(said) > _MOST_HEADING else "") or "还没有写内容",
        who=" ".join(filter(None, who)),
        saved_at=draft.saved_at,
    )


def _drafts(request: web.Request) -> IntakeDrafts:
    services = request.app[SERVICES]
    return IntakeDrafts(services.database, services.vault)


@dataclass(frozen=True, slots=True)
class _Desk:
    """The service desk as ``bot.intake`` needs it: acting for the operator, with the answer where one was given."""

    desk: ServiceDesk
    actor: Actor
    answer: str | None

    async def register(self, request: CitizenRequest, *, now: datetime) -> Ticket:
        return await self.desk.register(request, now=now, actor=self.actor, answer=self.answer)
