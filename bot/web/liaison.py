"""The inbox: what waits for this reader, the nearest limit first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from aiohttp import web

from bot.console_notices import ConsoleNotice
from bot.services import SERVICES, Services
from bot.web.clock_words import ClockWords, nearest_clock
from bot.web.inbox_asked import NONE, OPEN, Asked, Tabs, end_of_day, filter_of, tabs_for
from bot.web.pages import FIGURE_ROLES, MODEL_ROLES, TICKET_ROLES, Viewer, present, show, unit_name
from bot.wording import label
from routing.acts.reviews import ReviewKind
from routing.citizen_request import RequestType, Secrecy, Urgency
from routing.departments import Unit, UnitLevel
from routing.errors import Incomplete
from routing.events import EventKind
from routing.queries import Mark, Page, TicketFilter
from routing.redaction import redact
from routing.ticket import Ticket
from routing.timing.working_calendar import CHINA
from routing.workflow import CENTRE_ROLES, OPEN_STATES, Actor, Role, State

_HEADING_CHARACTERS = 44
_NOTICES_SHOWN = 7
_WAITING = {
    ReviewKind.RETURN: "退单待审",
    ReviewKind.REPLY: "答复待审",
    ReviewKind.EXTENSION: "延期待审",
    ReviewKind.SUSPENSION: "挂账待审",
    ReviewKind.EXCLUSION: "剔除待审",
}
_COUNTED = 1000
"""Counting stops here: nine counts of everything there is would make every inbox slow."""
_FOUND = 100
"""And here for words, and for what no index narrows: to count them is to read the tickets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One ticket in a list."""

    number: str
    heading: str
    type_label: str
    place: str
    unit: str
    state: State
    clock: ClockWords | None
    flags: tuple[tuple[str, str], ...]
    """(tone, words) of what is special about it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A tab or a summary: a link, how many stand behind it, and whether it is the one shown."""

    words: str
    count: int | None
    """Exact up to ``_COUNTED``; None where counting would read too much."""
    href: str
    current: bool
    tone: str = ""

    @property
    def shown(self) -> str:
        if self.count is None:
            return ""
        return str(self.count) if self.count < _COUNTED else f"{_COUNTED - 1}+"


async def home(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """Each role's own first page."""
    role = viewer.actor.role
    if role in FIGURE_ROLES:
        raise web.HTTPSeeOther("/console/live")
    if role in TICKET_ROLES:
        raise web.HTTPSeeOther("/console/tickets")
    if role is Role.EDITOR:
        raise web.HTTPSeeOther("/console/knowledge")
    return show(request, "home.html", {})


async def inbox(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    services, now = request.app[SERVICES], present(request)
    tabs = tabs_for(viewer.actor)
    asked = Asked.of(request.query, tabs)
    filter_ = filter_of(asked, tabs, units=services.units, now=now)
    cursor = request.query.get("cursor") or None
    try:
        page = await services.queries.search(
            filter_, reader=viewer.actor, cursor=cursor, count_up_to=_counted(asked)
        )
    except Incomplete:
        raise web.HTTPSeeOther(asked.href()) from None
    choices, notices, views = await asyncio.gather(
        _choices(services, asked, tabs, viewer.actor, now),
        services.console_notices.latest(viewer.actor, limit=40),
        services.saved_views.of(viewer.user.username),
    )
    context = {
        "asked": asked,
        "views": views,
        "narrowing": _narrowing(asked, services),
        "may_write": viewer.actor.role is not Role.AUDITOR,
        "tabs": choices[0],
        "summaries": choices[1],
        "rows": [row_of(t, services=services, reader=viewer.actor, now=now) for t in page.tickets],
        "total": page.total,
        "counted_up_to": _counted(asked),
        "searched_since": page.searched_since and page.searched_since.astimezone(CHINA),
        "next_href": asked.href(cursor=page.cursor) if page.cursor else None,
        "first_href": asked.href() if cursor else None,
        "units": units_of(viewer.actor, services),
        "level": f"{label(UnitLevel(asked.level))}级单位" if asked.level else "",
        "no_unit": NONE if viewer.actor.role in CENTRE_ROLES or viewer.actor.role is Role.AUDITOR else "",
        "several_units": viewer.actor.role is Role.AUDITOR or len(viewer.actor.unit_ids) > 1,
        "notices": _by_ticket(notices),
        "may_see_models": viewer.actor.role in MODEL_ROLES,
        "empty": _empty_words(asked, page, viewer.actor),
    }
    return show(request, "inbox.html", context)


def row_of(ticket: Ticket, *, services: Services, reader: Actor, now: datetime) -> Row:
    return Row(
        number=ticket.number,
        heading=heading_of(ticket),
        type_label=label(ticket.request_type),
        place=for_reader(ticket.place or "", reader),
        unit=unit_name(ticket.unit_id, services.units, short=True),
        state=ticket.state,
        clock=nearest_clock(ticket, now=now),
        flags=tuple(_flags(ticket)),
    )


def heading_of(ticket: Ticket) -> str:
    """The title, or the first words; redacted for everybody, since a list is read over many shoulders."""
    said = " ".join(redact(ticket.title or ticket.text).split())
    return said if len(said) <= _HEADING_CHARACTERS else f"{said[:_HEADING_CHARACTERS]}…"


def for_reader(text: str, reader: Actor) -> str:
    """Whatever a person wrote: units and auditors get it without phone and identity numbers (转办摘要, domain §5)."""
    return redact(text) if reader.role in (Role.LIAISON, Role.AUDITOR) else text


def units_of(actor: Actor, services: Services) -> list[tuple[str, list[Unit]]]:
    """The units this reader can choose among, by level of government: (heading, units)."""
    groups: dict[str, list[Unit]] = {}
    for unit in services.units.all():
        if actor.role is Role.AUDITOR or unit.id in actor.unit_ids:
            groups.setdefault(f"{label(unit.level)}级单位", []).append(unit)
    return list(groups.items())


def _by_ticket(notices: Iterable[ConsoleNotice]) -> list[tuple[ConsoleNotice, int]]:
    """The newest notice of each ticket (or of what else it is about), and how many more there are of it."""
    found: dict[str, tuple[ConsoleNotice, int]] = {}
    for notice in notices:
        about = notice.number or notice.href
        newest, more = found.get(about, (notice, -1))
        found[about] = newest, more + 1
    return list(found.values())[:_NOTICES_SHOWN]


def waiting_words(ticket: Ticket) -> tuple[str, ...]:
    """What was asked for and nobody has decided yet."""
    kinds = {review.kind for review in ticket.reviews}
    return tuple(words for kind, words in _WAITING.items() if kind in kinds)


def _flags(ticket: Ticket) -> list[tuple[str, str]]:
    kinds = {event.kind for event in ticket.events}
    flags = []
    if ticket.urgency is Urgency.URGENT:
        flags.append(("late", "紧急"))
    flags += [("soon", words) for words in waiting_words(ticket)]
    if EventKind.REOPENED in kinds:
        flags.append(("soon", "重办"))
    if EventKind.REMINDED in kinds and ticket.is_open:
        flags.append(("soon", "已催办"))
    if ticket.secrecy is not Secrecy.PUBLIC:
        flags.append(("quiet", label(ticket.secrecy)))
    return flags


def _counted(asked: Asked) -> int:
    return _FOUND if asked.words or asked.narrowed else _COUNTED


async def _choices(
    services: Services,
    asked: Asked,
    tabs: Tabs,
    reader: Actor,
    now: datetime,
) -> tuple[list[Choice], list[Choice]]:
    """The tabs and the two summaries, counted over the same unit and words as the list."""
    whole = filter_of(asked, tabs, units=services.units, now=now)
    base = replace(whole, states=None, due_from=None, due_before=None, at_risk_on=None)
    wanted = [replace(base, states=states) for _, states in tabs.values()]
    wanted.append(replace(base, states=OPEN_STATES, due_before=now))
    wanted.append(replace(base, states=OPEN_STATES, due_from=now, due_before=end_of_day(now)))

    way = await services.queries.way_to(asked.words) if asked.words else None

    async def count(filter_: TicketFilter) -> int | None:
        # Frequent words, and what no index narrows, are counted once: for the list itself.
        if asked.narrowed or (way is not None and not way.is_narrow):
            return None
        return await services.queries.count(filter_, reader=reader, limit=_COUNTED, way=way)

    counts = await asyncio.gather(*(count(filter_) for filter_ in wanted))
    tab_choices = [
        Choice(words, counts[n], asked.href(tab=name, due=""), asked.tab == name and not asked.due)
        for n, (name, (words, _)) in enumerate(tabs.items())
    ]
    overdue, by_tonight = counts[-2], counts[-1]
    due_choices = [
        Choice("已超期", overdue, asked.href(tab=OPEN, due="overdue"), asked.due == "overdue", "late"),
        Choice("今天以内到期", by_tonight, asked.href(tab=OPEN, due="today"), asked.due == "today", "soon"),
    ]
    return tab_choices, due_choices


MARKS: dict[Mark, str] = {
    Mark.RETURN_ASKED: "退单待审",
    Mark.REOPENED: "重办",
    Mark.REMINDED: "已催办",
    Mark.PAUSED: "暂停计时",
    Mark.LETTER: "有督办函",
    Mark.NOT_PUBLIC: "保密或匿名",
}


def _narrowing(asked: Asked, services: Services) -> list[tuple[str, str, str, list[tuple[str, str]]]]:
    """The further filters: name, label, what is chosen, the choices."""
    topics = sorted({*services.model.labels, *filter(None, [asked.topic])} - {NONE})
    return [
        ("type", "类型", asked.kind, [(str(kind), label(kind)) for kind in RequestType]),
        ("topic", "主题", asked.topic, [*((topic, topic) for topic in topics), (NONE, "未分类")]),
        ("urgency", "紧急程度", asked.urgency, [(str(one), label(one)) for one in Urgency]),
        ("mark", "标记", asked.mark, [(str(mark), words) for mark, words in MARKS.items()]),
    ]


def _empty_words(asked: Asked, page: Page, actor: Actor) -> str:
    """What an empty list teaches."""
    if page.tickets:
        return ""
    if page.searched_since:
        return f"这些日子收到的工单里没有“{asked.words}”。"
    if asked.narrowed:
        return "没有符合这些筛选的工单。可以去掉一两个条件再看。"
    if asked.words:
        return f"没有找到含有“{asked.words}”的工单。可以换个词，或到“全部”里再找。"
    if asked.due == "overdue":
        return "没有超期的工单。快到期的会提前标成黄色三角。"
    if asked.due == "risk":
        return "没有快到期的工单。时限过了大半还没办的，会标成黄色三角。"
    if asked.due == "today":
        return "今天以内没有要到期的工单。"
    if asked.tab == "received":
        return "没有等人派的工单。机器拿不准的会排到这里，并附上候选单位和理由。"
    if asked.tab in (OPEN, "dispatched") and actor.role is Role.LIAISON:
        return "没有待办的工单。新派来的会出现在这里：先签收，再联系市民，然后答复办结。"
    return "这里还没有工单。"
