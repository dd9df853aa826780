"""A ticket on its own citizen's page: a colour, a shape and words for each thing, as said in the chat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.ticket_view import TicketView
from bot.web.citizen_links import citizen_path
from bot.web.clock_words import exact, span
from bot.wechat_text import quote
from bot.wording import label, say_time
from routing.clocks import ClockState
from routing.events import EventKind
from routing.ticket import REMINDERS_PER_DAY, Ticket
from routing.timing.sla import PauseReason
from routing.workflow import Action, Role, State

_SIGNS = {"calm": "●", "soon": "▲", "late": "■", "met": "✓", "off": "–"}
_TONES = {
    State.RESOLVED: "met",
    State.ARCHIVED: "met",
    State.REPLIED: "met",
    State.WITHDRAWN: "off",
    State.REJECTED: "off",
}
WAITS_FOR_THE_CITIZEN = (PauseReason.MATERIAL, PauseReason.CORRECTION)
"""What the unit wrote of any other wait is not the citizen's to read: it may name a third party."""
_LONGEST_TITLE = 44


@dataclass(frozen=True, slots=True)
class Mark:
    """Something said three ways, for whoever cannot tell red from green: words, a shape, a colour."""

    tone: str
    words: str

    @property
    def sign(self) -> str:
        return _SIGNS[self.tone]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseWords:
    """How long it still takes, by when, and why then. ``exact`` is for whoever points at it, and for print."""

    mark: Mark
    by: str
    more: str = ""
    exact: str
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One ticket in the list."""

    href: str
    number: str
    title: str
    kind: str
    filed: str
    standing: Mark
    promise: Mark | None
    until: str
    unit: str
    asks: str
    """What waits for the citizen here, in one word; empty for nothing."""


def line_of(ticket: Ticket, view: TicketView, *, account: str, now: datetime) -> Line:
    promise = None if _over(view) else promise_words(ticket, view, now=now)
    return Line(
        href=citizen_path(account, view.number),
        number=view.number,
        title=quote(view.title, _LONGEST_TITLE),
        kind=label(view.request_type),
        filed=say_time(ticket.received_at, now=now),
        standing=standing(view),
        promise=promise.mark if promise else None,
        until=promise.by if promise else "",
        unit=view.unit_name or "",
        asks=_asks(view),
    )


def standing(view: TicketView) -> Mark:
    """Where it is now."""
    if view.pause is not None:
        return Mark("soon" if view.pause.reason in WAITS_FOR_THE_CITIZEN else "off", view.state_name)
    return Mark(_TONES.get(view.state, "calm"), view.state_name)


def promise_words(ticket: Ticket, view: TicketView, *, now: datetime) -> PromiseWords | None:
    """The date that was promised and how it stands; None where there is none, or none any more."""
    clock = ticket.promise
    if clock is None or clock.state is ClockState.CANCELLED:
        return None
    by, more = say_time(clock.due_at, now=now), ""
    if clock.running and (clock.paused or view.pause is not None):
        mark, by = Mark("off", "先停着，停的时间不算"), "接着办时告诉您新的日期"
    elif clock.overdue(now):
        more = "对不起，您可以催办。" if view.may(Action.REMIND) else "对不起。"
        mark, by = Mark("late", f"晚了 {span(now - clock.due_at)}"), f"原定{by}"
    elif clock.running:
        mark = Mark("soon" if clock.at_risk(now) else "calm", f"还剩 {span(clock.due_at - now)}")
        by = f"{by}前答复您"
    elif clock.state is ClockState.MISSED and clock.stopped_at is not None:
        mark = Mark("off", f"比原定晚了 {span(clock.stopped_at - clock.due_at)}")
        by = f"原定{say_time(clock.due_at)}"
    else:
        # Never 明天: it is over.
        mark, by = Mark("met", "按时答复"), f"原定{say_time(clock.due_at)}"
    return PromiseWords(mark=mark, by=by, more=more, exact=exact(clock.due_at), explanation=clock.explanation)


def reminded_lately(ticket: Ticket, *, now: datetime) -> bool:
    """Whether one more reminder would most likely be refused; the desk alone decides."""
    last_day = now - timedelta(days=1)
    lately = [e for e in ticket.events if e.kind is EventKind.REMINDED and e.at > last_day]
    return sum(e.by.role is Role.CITIZEN for e in lately) >= REMINDERS_PER_DAY


def own_words(ticket: Ticket, *, now: datetime) -> list[tuple[str, str]]:
    """What the citizen added since: when, and what."""
    return [
        (say_time(event.at, now=now), event.text)
        for event in ticket.events
        if event.kind is EventKind.SUPPLEMENTED and event.by.role is Role.CITIZEN and event.text
    ]


def _over(view: TicketView) -> bool:
    return view.state in (State.RESOLVED, State.ARCHIVED, State.WITHDRAWN, State.REJECTED)


def _asks(view: TicketView) -> str:
    if view.pause is not None and view.pause.reason in WAITS_FOR_THE_CITIZEN:
        return "请补充"
    return "请评价" if view.may(Action.RATE) else ""
