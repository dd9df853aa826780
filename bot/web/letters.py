"""督办函: what was sent, what waits for a receipt or an answer, and the next one to write; each done in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from bot.services import SERVICES, Services
from bot.web.access import Form
from bot.web.clock_words import ClockWords, clock_words, nearest_clock
from bot.web.errors import status_of
from bot.web.liaison import for_reader, heading_of, units_of
from bot.web.pages import LETTER_ROLES, Viewer, present, show, unit_name
from bot.web.presence_beat import presence_words_at
from bot.web.ticket_actions import perform_in_place
from bot.wording import explain, label
from routing.acts.letters import Letter, find_letter
from routing.acts.offers import offered_to
from routing.departments import UnitId
from routing.errors import Incomplete, LetterOpen, UnknownTicket
from routing.events import LetterLevel
from routing.letter_reads import OWED_LISTS, LetterFilter, LetterList, LetterReads
from routing.queries import TicketFilter
from routing.ticket import Ticket
from routing.timing.sla import ClockName
from routing.workflow import OPEN_STATES, Action, Actor, Role

PAGE = "/console/letters"
WRITERS = frozenset({Role.SUPERVISOR})
ACTORS = LETTER_ROLES - {Role.AUDITOR}
_ACTS = frozenset({Action.ESCALATE, Action.RECEIVE_LETTER, Action.ANSWER_LETTER})
_LISTS = {
    LetterList.ANSWER: "待回复",
    LetterList.RECEIPT: "待签收",
    LetterList.OVERDUE: "逾期未回复",
    LetterList.ANSWERED: "已了结",
    LetterList.ALL: "全部",
}
TONES = {LetterLevel.BLUE: "blue", LetterLevel.ORANGE: "orange", LetterLevel.RED: "red"}
_SUGGESTED = 5
_MOST_KEPT = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One letter with all that is needed to act on it without opening the ticket."""

    ticket: Ticket
    letter: Letter
    heading: str
    unit: str
    text: str
    answer: str
    limit: ClockWords | None
    may_receive: bool
    may_answer: bool
    may_follow: bool
    others: str
    """Who else is at the ticket, and whether they write."""
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """The letter being written: on which ticket, to whom, at which level, and what was sent before."""

    ticket: Ticket
    heading: str
    unit: str
    limit: ClockWords | None
    level: LetterLevel
    tone: str
    earlier: tuple[Letter, ...]
    problem: str = ""
    """Why none can be written now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An act that was not taken: on which letter or ticket, why, and what was written."""

    number: str
    about: str
    action: str
    words: str
    text: str


async def list_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    return await _show(request, viewer)


async def act(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Send, receive or answer one, then show the list; what is refused keeps what was written."""
    action, asked, refused = await perform_in_place(request, viewer, form, _ACTS)
    if refused is None:
        raise web.HTTPSeeOther(_href(_asked(request.query)))
    attempt = Attempt(
        number=asked.number,
        about=form.get("letter", "") or asked.number,
        action=action,
        words=explain(refused),
        text=form.get("text", "")[:_MOST_KEPT],
    )
    return await _show(request, viewer, attempt=attempt, status=status_of(refused))


async def _show(
    request: web.Request, viewer: Viewer, *, attempt: Attempt | None = None, status: int = 200
) -> web.Response:
    services, now, reader = request.app[SERVICES], present(request), viewer.actor
    asked, cursor = _asked(request.query), request.query.get("cursor") or None
    filter_ = LetterFilter(
        list_=LetterList(asked["list"] or LetterList.ANSWER),
        level=LetterLevel(asked["level"]) if asked["level"] else None,
        unit_id=UnitId(asked["unit"]) if asked["unit"] else None,
    )
    reads = LetterReads(services.database)
    try:
        page = await reads.page(filter_, reader=reader, now=now, cursor=cursor)
    except Incomplete:
        raise web.HTTPSeeOther(_href(asked)) from None
    tickets = await _tickets(services, {one.number for one in page.letters}, reader)
    number = request.query.get("number", "").strip().upper()[:20]
    if attempt and attempt.action == Action.ESCALATE:
        number = attempt.about
    writing, problem = (
        await _writing(request, viewer, number) if _may_write(reader) and number else (None, "")
    )
    others = await presence_words_at(services, sorted(tickets), viewer.user.username, now=now)
    rows = [
        _row(tickets[one.number], letter, viewer, request, others.get(one.number, ""))
        for one in page.letters
        if one.number in tickets and (letter := find_letter(tickets[one.number], one.letter_id))
    ]
    context = {
        "rows": rows,
        "tabs": [
            (words, page.counts.get(name), _href({**asked, "list": name}), name is filter_.list_)
            for name, words in _LISTS.items()
        ],
        "levels": [("全部颜色", _href({**asked, "level": ""}), not asked["level"], "")]
        + [
            (label(one), _href({**asked, "level": one}), asked["level"] == one, TONES[one])
            for one in LetterLevel
        ],
        "asked": asked,
        "address": _href(asked).partition("?")[2],
        "units": units_of(reader, services),
        "several_units": reader.role is Role.AUDITOR or len(reader.unit_ids) > 1,
        "may_write": _may_write(reader),
        "number": number,
        "writing": writing,
        "number_problem": problem,
        "suggested": await _suggested(request, viewer) if _may_write(reader) and not number else [],
        "attempt": attempt,
        # Answered by somebody else meanwhile, it is in the list no more, or without a form: what was written still is.
        "lost": attempt is not None and bool(attempt.text) and not _is_shown(rows, attempt),
        "empty": _empty_words(filter_, reader),
        "first_href": _href(asked) if cursor else None,
        "next_href": _href({**asked, "cursor": page.cursor}) if page.cursor else None,
    }
    return show(request, "letters.html", context, status=status)


async def _tickets(services: Services, numbers: set[str], reader: Actor) -> dict[str, Ticket]:
    if not numbers:
        return {}
    found = await services.queries.search(
        TicketFilter(numbers=tuple(sorted(numbers))), reader=reader, limit=len(numbers)
    )
    return {ticket.number: ticket for ticket in found.tickets}


def _is_shown(rows: list[Row], attempt: Attempt) -> bool:
    if attempt.action == Action.ESCALATE:
        return True
    return any(row.letter.id == attempt.about and row.may_answer for row in rows)


def _row(ticket: Ticket, letter: Letter, viewer: Viewer, request: web.Request, others: str) -> Row:
    services, now, reader = request.app[SERVICES], present(request), viewer.actor
    may = _may(ticket, viewer, request) if reader.answers_for(letter.to_unit) else frozenset()
    clock = next(
        (c for c in ticket.clocks if c.name is ClockName.SUPERVISION_ANSWER and c.subject == letter.id), None
    )
    return Row(
        ticket=ticket,
        letter=letter,
        heading=heading_of(ticket),
        unit=unit_name(letter.to_unit, services.units),
        text=for_reader(letter.text, reader),
        answer=for_reader(letter.answer or "", reader),
        limit=clock_words(clock, now=now) if clock else None,
        may_receive=letter.owes_receipt and Action.RECEIVE_LETTER in may,
        may_answer=letter.owes_answer and Action.ANSWER_LETTER in may,
        others=others,
        may_follow=_may_write(reader) and letter == ticket.letters[-1] and Action.ESCALATE in may,
        tone=TONES[letter.level],
    )


def _may(ticket: Ticket, viewer: Viewer, request: web.Request) -> frozenset[Action]:
    services = request.app[SERVICES]
    profile = services.desk.profile_of(ticket)
    offers = offered_to(ticket, viewer.actor, profile=profile, now=present(request), units=services.units)
    return frozenset(offers)


async def _writing(request: web.Request, viewer: Viewer, number: str) -> tuple[Writing | None, str]:
    """The form for one ticket, or why there is none."""
    services, now = request.app[SERVICES], present(request)
    try:
        ticket = await services.queries.get(number, reader=viewer.actor)
    except UnknownTicket:
        return None, "没有这个编号的工单，请核对后再填。"
    earlier = tuple(x for x in ticket.letters if x.to_unit == ticket.unit_id and x.released_at is None)
    may, waiting = Action.ESCALATE in _may(ticket, viewer, request), bool(earlier) and earlier[-1].owes_answer
    if ticket.unit_id is None or not (may or waiting):
        return None, f"这张工单现在{label(ticket.state)}，不能发督办函。正由承办单位办理的工单才能发。"
    level = tuple(LetterLevel)[min(len(earlier), len(LetterLevel) - 1)]
    problem = "" if may else explain(LetterOpen(earlier[-1].level, red=earlier[-1].level is LetterLevel.RED))
    writing = Writing(
        ticket=ticket,
        heading=heading_of(ticket),
        unit=unit_name(ticket.unit_id, services.units),
        limit=nearest_clock(ticket, now=now),
        level=level,
        tone=TONES[level],
        earlier=earlier,
        problem=problem,
    )
    return writing, ""


async def _suggested(
    request: web.Request, viewer: Viewer
) -> list[tuple[Ticket, str, str, ClockWords | None]]:
    """What is overdue longest and was never written about: (ticket, heading, unit, limit)."""
    services, now = request.app[SERVICES], present(request)
    found = await services.queries.search(
        TicketFilter(states=OPEN_STATES, due_before=now), reader=viewer.actor, limit=4 * _SUGGESTED
    )
    silent = [t for t in found.tickets if t.unit_id is not None and not any(x.owes_answer for x in t.letters)]
    return [
        (t, heading_of(t), unit_name(t.unit_id, services.units, short=True), nearest_clock(t, now=now))
        for t in silent[:_SUGGESTED]
    ]


def _may_write(reader: Actor) -> bool:
    return reader.role in WRITERS


def _empty_words(asked: LetterFilter, reader: Actor) -> str:
    if asked.level or asked.unit_id:
        return "没有符合条件的督办函。可以换成“全部颜色”“全部单位”再看。"
    if asked.list_ in OWED_LISTS and reader.role is Role.LIAISON:
        return "没有等您单位处理的督办函。督办员发来的会出现在这里：先签收，再写明怎么处理的。"
    if asked.list_ in OWED_LISTS:
        return "没有等单位处理的督办函。超期的工单可以发函：先蓝色，再橙色，最后红色。"
    return "还没有督办函。"


def _asked(query: Mapping[str, str]) -> dict[str, str]:
    list_, level = query.get("list", ""), query.get("level", "")
    return {
        "list": list_ if list_ in set(LetterList) else "",
        "level": level if level in set(LetterLevel) else "",
        "unit": query.get("unit", "")[:64],
    }


def _href(fields: Mapping[str, str]) -> str:
    given = {name: value for name, value in fields.items() if value}
    return f"{PAGE}?{urlencode(given)}" if given else PAGE
