"""The inbox: what waits for this reader, the nearest limit first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from aiohttp import web

from bot.console_notices import ConsoleNotice
from bot.services import SERVICES, Services
from bot.web.clock_words import ClockWords, nearest_clock
from bot.web.pages import FIGURE_ROLES, MODEL_ROLES, TICKET_ROLES, Viewer, present, show, unit_name
from bot.wording import label
from routing.citizen_request import RequestType, Secrecy, Urgency
from routing.departments import Unit, UnitId
from routing.errors import Incomplete
from routing.events import EventKind
from routing.queries import Mark, Order, Page, TicketFilter
from routing.redaction import redact
from routing.ticket import Ticket
from routing.timing.working_calendar import CHINA
from routing.workflow import OPEN_STATES, Actor, Role, State

_HEADING_CHARACTERS = 44
_NOTICES_SHOWN = 7
_COUNTED = 1000
"""Counting stops here: nine counts of everything there is would make every inbox slow."""
_FOUND = 100
"""And here for words, and for what no index narrows: to count them is to read the tickets."""
_OPEN = "open"
_TABS: dict[str, tuple[str, frozenset[State] | None]] = {
    _OPEN: ("在办", OPEN_STATES),
    "received": ("待派", frozenset({State.RECEIVED})),
    "dispatched": ("待签收", frozenset({State.DISPATCHED})),
    "accepted": ("办理中", frozenset({State.ACCEPTED})),
    "replied": ("已答复", frozenset({State.REPLIED})),
    "closed": ("已办结", frozenset({State.RESOLVED, State.ARCHIVED})),
    "all": ("全部", None),
}
_CENTRE_TABS = frozenset({"received"})
"""A unit never has a ticket that waits to be dispatched."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for."""

    tab: str
    due: str
    words: str
    unit: str
    kind: str = ""
    topic: str = ""
    urgency: str = ""
    mark: str = ""
    since: date | None = None
    """The first day they came in on; no form asks for it, links of the live board do."""

    @classmethod
    def of(cls, query: Mapping[str, str], tabs: Mapping[str, object]) -> Asked:
        tab, due = query.get("tab", _OPEN), query.get("due", "")
        return cls(
            tab=tab if tab in tabs else _OPEN,
            due=due if due in ("overdue", "today", "risk") else "",
            # MongoDB takes no NUL in a pattern, and nobody searches for control characters.
            words="".join(c if c.isprintable() else " " for c in query.get("q", ""))[:100].strip(),
            unit=query.get("unit", "")[:64],
            kind=_one_of(query.get("type", ""), RequestType),
            topic="".join(c for c in query.get("topic", "")[:40] if c.isprintable()),
            urgency=_one_of(query.get("urgency", ""), Urgency),
            mark=_one_of(query.get("mark", ""), Mark),
            since=_day(query.get("since", "")),
        )

    @property
    def narrowed(self) -> bool:
        """By more than the tab, the limits, the unit and the words."""
        return bool(self.kind or self.topic or self.urgency or self.mark or self.since)

    @property
    def query(self) -> str:
        """What a saved view keeps."""
        return self.href().partition("?")[2]

    def href(self, **changes: str) -> str:
        fields = {
            "tab": self.tab,
            "due": self.due,
            "q": self.words,
            "unit": self.unit,
            "type": self.kind,
            "topic": self.topic,
            "urgency": self.urgency,
            "mark": self.mark,
            "since": self.since.isoformat() if self.since else "",
            **changes,
        }
        given = {name: value for name, value in fields.items() if value}
        return f"/console/tickets?{urlencode(given)}"


def _counted(asked: Asked) -> int:
    return _FOUND if asked.words or asked.narrowed else _COUNTED


def _one_of(said: str, kinds: type[StrEnum]) -> str:
    """What an address says, if there is such a thing."""
    return said if said in set(kinds) else ""


def _day(said: str) -> date | None:
    """Nothing came in before this century, and MongoDB cannot keep every day a date can be."""
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return None
    return day if day.year >= 2000 else None


async def home(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """Each role's own first page."""
    role = viewer.actor.role
    if role in FIGURE_ROLES:
        raise web.HTTPSeeOther("/console/figures")
    if role in TICKET_ROLES:
        raise web.HTTPSeeOther("/console/tickets")
    if role is Role.EDITOR:
        raise web.HTTPSeeOther("/console/knowledge")
    return show(request, "home.html", {})


async def inbox(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    services, now = request.app[SERVICES], present(request)
    tabs = _tabs_for(viewer.actor)
    asked = Asked.of(request.query, tabs)
    filter_ = _filter(asked, tabs, now=now)
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
        "next_href": asked.href(cursor=page.cursor) if page.cursor else None,
        "first_href": asked.href() if cursor else None,
        "units": units_of(viewer.actor, services),
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


def _flags(ticket: Ticket) -> list[tuple[str, str]]:
    kinds = {event.kind for event in ticket.events}
    flags = []
    if ticket.urgency is Urgency.URGENT:
        flags.append(("late", "紧急"))
    if ticket.pending_return is not None:
        flags.append(("soon", "退单待审"))
    if EventKind.REOPENED in kinds:
        flags.append(("soon", "重办"))
    if EventKind.REMINDED in kinds and ticket.is_open:
        flags.append(("soon", "已催办"))
    if ticket.secrecy is not Secrecy.PUBLIC:
        flags.append(("quiet", label(ticket.secrecy)))
    return flags


def _tabs_for(actor: Actor) -> dict[str, tuple[str, frozenset[State] | None]]:
    if actor.role is Role.LIAISON:
        return {name: tab for name, tab in _TABS.items() if name not in _CENTRE_TABS}
    return _TABS


def _filter(
    asked: Asked, tabs: Mapping[str, tuple[str, frozenset[State] | None]], *, now: datetime
) -> TicketFilter:
    states = tabs[asked.tab][1]
    due_before = {"overdue": now, "today": _end_of_day(now)}.get(asked.due)
    newest_first = asked.tab in ("closed", "all")
    return TicketFilter(
        states=states,
        unit_id=UnitId(asked.unit) if asked.unit else None,
        due_from=now if asked.due == "today" else None,
        due_before=due_before,
        at_risk_on=now if asked.due == "risk" else None,
        words=asked.words or None,
        request_type=RequestType(asked.kind) if asked.kind else None,
        topic=asked.topic or None,
        urgency=Urgency(asked.urgency) if asked.urgency else None,
        mark=Mark(asked.mark) if asked.mark else None,
        received_from=datetime.combine(asked.since, time.min, tzinfo=CHINA) if asked.since else None,
        order=Order.NEWEST if newest_first else Order.DUE,
    )


async def _choices(
    services: Services,
    asked: Asked,
    tabs: Mapping[str, tuple[str, frozenset[State] | None]],
    reader: Actor,
    now: datetime,
) -> tuple[list[Choice], list[Choice]]:
    """The tabs and the two summaries, counted over the same unit and words as the list."""
    whole = _filter(asked, tabs, now=now)
    base = replace(whole, states=None, due_from=None, due_before=None, at_risk_on=None)
    wanted = [replace(base, states=states) for _, states in tabs.values()]
    wanted.append(replace(base, states=OPEN_STATES, due_before=now))
    wanted.append(replace(base, states=OPEN_STATES, due_from=now, due_before=_end_of_day(now)))

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
        Choice("已超期", overdue, asked.href(tab=_OPEN, due="overdue"), asked.due == "overdue", "late"),
        Choice("今天以内到期", by_tonight, asked.href(tab=_OPEN, due="today"), asked.due == "today", "soon"),
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
    topics = sorted({*services.model.labels, *filter(None, [asked.topic])})
    return [
        ("type", "类型", asked.kind, [(str(kind), label(kind)) for kind in RequestType]),
        ("topic", "主题", asked.topic, [(topic, topic) for topic in topics]),
        ("urgency", "紧急程度", asked.urgency, [(str(one), label(one)) for one in Urgency]),
        ("mark", "标记", asked.mark, [(str(mark), words) for mark, words in MARKS.items()]),
    ]


def _end_of_day(now: datetime) -> datetime:
    midnight = now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)


def _empty_words(asked: Asked, page: Page, actor: Actor) -> str:
    """What an empty list teaches."""
    if page.tickets:
        return ""
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
    if asked.tab in (_OPEN, "dispatched") and actor.role is Role.LIAISON:
        return "没有待办的工单。新派来的会出现在这里：先签收，再联系市民，然后答复办结。"
    return "这里还没有工单。"
