"""重复诉求: matters many report, tickets that may be one matter, and those already joined, to join and to part."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web

from bot.services import SERVICES, Services
from bot.similar_words import LEVELS, STATES, VERDICTS, why_hot, why_similar
from bot.web.access import Form, set_flash
from bot.web.errors import status_of
from bot.web.liaison import Row, row_of
from bot.web.pages import Viewer, present, show, unit_name
from bot.web.sessions import Undo
from bot.wording import explain
from routing.errors import Incomplete, NotYourRole, Refused, UnknownTicket
from routing.queries import PAGE_SIZE, Order, TicketFilter
from routing.queries import Page as TicketPage
from routing.resemblance.duplicates import Candidate, Verdict
from routing.resemblance.hotspot_store import Hotspot, HotspotState
from routing.resemblance.hotspots import Level
from routing.ticket import Ticket
from routing.workflow import OPEN_STATES, State

PAGE = "/console/duplicates"
_TABS = {"alike": "疑似重复", "hot": "多人反映", "linked": "已并案"}
_IN_HAND = frozenset(OPEN_STATES - {State.LINKED})
_MOST_REASON = 500
_COMPARED = 8
"""Finding the likeliest of one ticket takes some 10 ms."""
_MOST_HOT = 20
_MOST_AT_ONCE = 20
_MOST_LISTED = 12
_PICK = "pick."
_TICKET_PAGE = re.compile(r"/console/tickets/HY\d{6,18}")
_TONES = {Level.WATCH: "calm", Level.WARNING: "soon", Level.ALARM: "late"}
_VERDICT_TONES = {Verdict.LIKELY: "late", Verdict.POSSIBLE: "soon"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A ticket and one that may be the same matter. ``into`` says whether it may still be joined to."""

    ticket: Ticket
    row: Row
    other: Candidate
    heading: str
    verdict: str
    tone: str
    why: tuple[str, ...]
    into: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hot:
    """A matter many people report; ``members`` are those of its tickets still in hand."""

    hotspot: Hotspot
    level: str
    tone: str
    state: str
    why: tuple[str, ...]
    units: tuple[tuple[str, int], ...]
    most_a_day: int
    members: tuple[tuple[Row, Ticket], ...]
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A ticket that is answered together with another."""

    row: Row
    ticket: Ticket
    parent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A form that was not taken: whose, why, and what was written."""

    number: str
    words: str
    kept: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Done:
    """What the next page says; ``linked`` are the links that may be taken back from there."""

    words: str
    linked: tuple[Ticket, ...] = ()


async def duplicates(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    return await _show(request, viewer)


async def act(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Join one, join several of a matter, or part; a form that is refused keeps what was written."""
    action = {"link": _link, "gather": _gather, "unlink": _unlink, "undo": _undo}.get(
        request.match_info["action"]
    )
    if action is None:
        raise web.HTTPNotFound
    number = request.match_info["number"]
    try:
        done = await action(request.app[SERVICES], viewer, number, form, present(request))
    except NotYourRole:
        raise
    except UnknownTicket as unknown:
        if unknown.args and unknown.args[0] == number:
            raise
        attempt = Attempt(number=number, words="没有这件主工单。请核对编号。", kept=form)
        return await _show(request, viewer, attempt=attempt, status=404)
    except Refused as refused:
        attempt = Attempt(number=number, words=explain(refused), kept=form)
        return await _show(request, viewer, attempt=attempt, status=status_of(refused))
    tab = _tab(request.query.get("tab", ""))
    undo = undo_link(done.linked, tab=tab) if done.linked else None
    await set_flash(request, viewer, done.words, undo=undo)
    raise web.HTTPSeeOther(_back(form) or _href(tab=tab))


def undo_link(linked: Sequence[Ticket], *, tab: str = "", back: str = "") -> Undo:
    """The way back from links just made; ``back`` is the page of the ticket where it was made."""
    fields = {f"{_PICK}{ticket.number}": str(ticket.version) for ticket in linked}
    number = linked[0].number
    href = f"{PAGE}/{number}/undo" + (f"?{urlencode({'tab': tab})}" if tab else "")
    return Undo(href=href, fields={**fields, **({"back": back} if back else {})})


async def _link(services: Services, viewer: Viewer, number: str, form: Form, now: datetime) -> Done:
    parent = form.get("parent", "").strip().upper()
    if not parent:
        raise Incomplete("parent")
    ticket = await services.desk.links.link(
        number, parent, actor=viewer.actor, version=_version(form), now=now, reason=_reason(form)
    )
    return Done(f"{number} 已并入 {parent}，和它一起答复。", (ticket,))


async def _unlink(services: Services, viewer: Viewer, number: str, form: Form, now: datetime) -> Done:
    await services.desk.links.unlink(
        number, actor=viewer.actor, version=_version(form), now=now, reason=_reason(form)
    )
    return Done(f"{number} 已恢复单独办理，请重新派单。")


async def _undo(services: Services, viewer: Viewer, number: str, form: Form, now: datetime) -> Done:
    """Each link of the last press is taken back by itself; what went on meanwhile stays and is told."""
    done, left = [], []
    for child, version in _picked(form)[:_MOST_AT_ONCE]:
        try:
            await services.desk.links.undo_link(child, actor=viewer.actor, version=_whole(version), now=now)
            done.append(child)
        except Refused as refused:
            left.append(f"{child}：{explain(refused)}")
    said = f"已撤销并案：{'、'.join(done)}，由原单位办理；原来没有派单的，回到待派单。" if done else ""
    return Done(said + (f"{len(left)} 件没有撤销：{' '.join(left)}" if left else ""))


async def _gather(services: Services, viewer: Viewer, number: str, form: Form, now: datetime) -> Done:
    """The ticked tickets of a matter into the one chosen; what cannot be joined is told and the rest is done."""
    parent, reason = form.get("parent", "").strip().upper(), _reason(form)
    picked = [(child, version) for child, version in _picked(form) if child != parent]
    if not parent:
        raise Incomplete("parent")
    if not picked:
        raise Incomplete("pick")
    done, left = list[Ticket](), []
    for child, version in picked[:_MOST_AT_ONCE]:
        try:
            ticket = await services.desk.links.link(
                child,
                parent,
                actor=viewer.actor,
                version=_whole(version),
                now=now,
                reason=reason,
            )
            done.append(ticket)
        except Refused as refused:
            left.append(f"{child}：{explain(refused)}")
    said = f"{len(done)} 件已并入 {parent}。" + (f"{len(left)} 件没有并：{' '.join(left)}" if left else "")
    return Done(said, tuple(done))


def _picked(form: Form) -> list[tuple[str, str]]:
    """The tickets a form names, each with the version that was looked at."""
    return [(name.removeprefix(_PICK), value) for name, value in form.items() if name.startswith(_PICK)]


async def _show(
    request: web.Request, viewer: Viewer, *, attempt: Attempt | None = None, status: int = 200
) -> web.Response:
    services, tab = request.app[SERVICES], _tab(request.query.get("tab", ""))
    cursor = request.query.get("cursor") or None
    pairs: list[Pair] = []
    hot: list[Hot] = []
    joined: list[Joined] = []
    page: TicketPage | None = None
    try:
        if tab == "hot":
            hot = await _hot(request, viewer)
        else:
            states = frozenset({State.LINKED}) if tab == "linked" else _IN_HAND
            asked = TicketFilter(states=states, order=Order.NEWEST)
            page = await services.queries.search(
                asked, reader=viewer.actor, cursor=cursor, limit=PAGE_SIZE if tab == "linked" else _COMPARED
            )
            if tab == "linked":
                joined = [_joined(t, request, viewer) for t in page.tickets]
            else:
                pairs = await _pairs(page.tickets, request, viewer)
    except Incomplete:
        raise web.HTTPSeeOther(_href(tab=tab)) from None
    context = {
        "listed": {
            *(pair.ticket.number for pair in pairs),
            *(each.hotspot.id for each in hot),
            *(each.ticket.number for each in joined),
        },
        "pairs": pairs,
        "hot": hot,
        "joined": joined,
        "looked_at": len(page.tickets) if page else 0,
        "total": page.total if page else 0,
        "tabs": [(words, _href(tab=name), name == tab) for name, words in _TABS.items()],
        "tab": tab,
        "address": _href(tab=tab, cursor=cursor or "").partition("?")[2],
        "attempt": attempt,
        "most_reason": _MOST_REASON,
        "first_href": _href(tab=tab) if cursor else None,
        "next_href": _href(tab=tab, cursor=page.cursor) if page and page.cursor else None,
    }
    return show(request, "duplicates.html", context, status=status)


async def _pairs(tickets: tuple[Ticket, ...], request: web.Request, viewer: Viewer) -> list[Pair]:
    """The likeliest of each ticket of this page; the later one of two is offered to be joined to the earlier."""
    services, now, pairs = request.app[SERVICES], present(request), []
    for ticket in tickets:
        found = await services.duplicates.of_ticket(ticket.number, reader=viewer.actor, now=now, limit=3)
        # The pair shows once, at its later ticket; what is joined already is no question any more.
        other = next((one for one in found if one.days >= 0 and one.parent_number != ticket.number), None)
        if other is None or ticket.number < other.number:
            continue
        pairs.append(
            Pair(
                ticket=ticket,
                row=row_of(ticket, services=services, reader=viewer.actor, now=now),
                other=other,
                heading=other.title or other.text,
                verdict=VERDICTS[other.verdict],
                tone=_VERDICT_TONES[other.verdict],
                why=tuple(why_similar(other, services.units)),
                into=other.state in _IN_HAND,
            )
        )
    return sorted(pairs, key=lambda pair: (not pair.into, -pair.other.chance))


async def _hot(request: web.Request, viewer: Viewer) -> list[Hot]:
    services, now = request.app[SERVICES], present(request)
    state = None if request.query.get("all") == "1" else HotspotState.OPEN
    found = await services.hotspots.latest(reader=viewer.actor, state=state, limit=_MOST_HOT)
    numbers = tuple(number for each in found for number in each.numbers[-_MOST_LISTED:])
    held: dict[str, Ticket] = {}
    for at in range(0, len(numbers), 100):
        some = TicketFilter(numbers=numbers[at : at + 100], states=_IN_HAND)
        page = await services.queries.search(some, reader=viewer.actor, limit=100)
        held |= {ticket.number: ticket for ticket in page.tickets}
    return [
        Hot(
            hotspot=each,
            level=LEVELS[each.level],
            tone=_TONES[each.level],
            state=STATES[each.state],
            why=tuple(why_hot(each, each.warned[-1])) if each.warned else (),
            units=tuple((unit_name(unit, services.units, short=True), count) for unit, count in each.units),
            most_a_day=max((count for _, count in each.days), default=1),
            members=tuple(
                (row_of(held[n], services=services, reader=viewer.actor, now=now), held[n])
                for n in each.numbers[-_MOST_LISTED:]
                if n in held
            ),
            others=tuple(n for n in each.numbers[-_MOST_LISTED:] if n not in held),
        )
        for each in found
    ]


def _joined(ticket: Ticket, request: web.Request, viewer: Viewer) -> Joined:
    row = row_of(ticket, services=request.app[SERVICES], reader=viewer.actor, now=present(request))
    return Joined(row=row, ticket=ticket, parent=ticket.parent_number or "")


def _reason(form: Form) -> str:
    reason = form.get("reason", "").strip()[:_MOST_REASON]
    if not reason:
        raise Incomplete("reason")
    return reason


def _version(form: Form) -> int:
    return _whole(form.get("version", ""))


def _whole(text: str) -> int:
    """The state of the ticket the person looked at; a form without one is none of ours."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise web.HTTPBadRequest
    return int(text)


def _back(form: Form) -> str:
    """The page of the ticket where the link was made, if that is where it was."""
    said = form.get("back", "")
    return said if _TICKET_PAGE.fullmatch(said) else ""


def _tab(asked: str) -> str:
    return asked if asked in _TABS else "alike"


def _href(**fields: str) -> str:
    given = {name: value for name, value in fields.items() if value and (name, value) != ("tab", "alike")}
    return f"{PAGE}?{urlencode(given)}" if given else PAGE
