"""What happened to a ticket, line by line, the newest first: its events, and who opened it when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.first_views import FirstView
from bot.reply_findings import CHECKED, say_doubts
from bot.services import Services
from bot.web.liaison import for_reader
from bot.web.pages import unit_name
from bot.wording import STARS, label
from routing.events import Event, EventKind
from routing.ticket import Ticket
from routing.workflow import CENTRE_ROLES, Actor, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line of the timeline."""

    at: datetime
    words: str
    who: str
    text: str
    tone: str
    is_new: bool
    note: str = ""


async def timeline(ticket: Ticket, services: Services, reader: Actor, *, seen: int | None) -> list[Happening]:
    """``seen``: how many events the reader knew; later ones are marked as new."""
    approved = _approved(ticket)
    lines = [
        _happening(event, services, reader, seen, approved=event.seq in approved)
        for event in reversed(ticket.events)
    ]
    lines += [_first_view(view, services) for view in await services.first_views.of(ticket.number)]
    return sorted(lines, key=lambda line: line.at, reverse=True)


async def happened_since(
    ticket: Ticket, services: Services, reader: Actor, *, seen: int
) -> tuple[Happening, ...]:
    """Who did what since the reader knew ``seen`` events, for whoever finds a matter settled by somebody else."""
    return tuple(line for line in await timeline(ticket, services, reader, seen=seen) if line.is_new)


def _approved(ticket: Ticket) -> set[int]:
    """The answers that a reviewer let through: the unit wrote them, the centre's event sends them."""
    found, waiting = set[int](), False
    for event in ticket.events:
        if event.kind is EventKind.REPLIED and waiting and event.by.role in CENTRE_ROLES:
            found.add(event.seq)
        if event.kind in (EventKind.REPLY_SUBMITTED, EventKind.REPLY_SENT_BACK, EventKind.REPLIED):
            waiting = event.kind is EventKind.REPLY_SUBMITTED
    return found


def _happening(
    event: Event, services: Services, reader: Actor, seen: int | None, *, approved: bool
) -> Happening:
    words = "答复审核通过" if approved else label(event.kind)
    if event.clock is not None and event.kind in _ALARMS:
        words = f"{label(event.clock)}{_ALARMS[event.kind]}"
    if event.kind in (EventKind.DISPATCHED, EventKind.TRANSFERRED):
        words = f"{words}给{unit_name(event.unit_id, services.units)}"
    if event.stars is not None:
        words = f"{words}：{STARS.get(event.stars, '')}"
    return Happening(
        at=event.at,
        words=words,
        who=_person(event) if approved else who_did(event, services),
        text=for_reader(event.text or "", reader),
        tone=_TONES.get(event.kind, ""),
        is_new=seen is not None and event.seq > seen,
        note=_despite(event, reader),
    )


def _despite(event: Event, reader: Actor) -> str:
    """What the check said of an answer, and why it was sent all the same."""
    if event.kind not in CHECKED or not event.reasons:
        return ""
    doubts = say_doubts(event.reasons)
    if not event.comment:
        return f"核对发现：{doubts}。由接口提交，没有写理由。"
    return f"发送前提示过：{doubts}。仍然发送的理由：{for_reader(event.comment, reader)}"


def _first_view(view: FirstView, services: Services) -> Happening:
    unit = unit_name(view.unit_id, services.units, short=True)
    who = " ".join(filter(None, (unit, label(view.role), view.name)))
    return Happening(at=view.at, words="首次查看", who=who, text="", tone="", is_new=False)


_ALARMS = {
    EventKind.AT_RISK: "快到期",
    EventKind.OVERDUE: "已超期",
    EventKind.ALARM_RAISED: "超期仍未办，预警升级",
}
_TONES = {
    EventKind.OVERDUE: "late",
    EventKind.AT_RISK: "soon",
    EventKind.RETURN_REQUESTED: "soon",
    EventKind.REMINDED: "soon",
    EventKind.REOPENED: "soon",
    EventKind.RESOLVED: "met",
    EventKind.REPLIED: "met",
}
_UNIT_ACTS = frozenset(
    {
        EventKind.ACCEPTED,
        EventKind.CONTACTED,
        EventKind.REPLIED,
        EventKind.INTERIM_REPLIED,
        EventKind.RESOLVED,
        EventKind.RETURN_REQUESTED,
    }
)


def who_did(event: Event, services: Services) -> str:
    """The person of an event with role and, for what units do, the unit."""
    if event.by.role is Role.CITIZEN:
        return "市民"
    if event.by.role is Role.SYSTEM:
        return "系统自动"
    unit = unit_name(event.unit_id, services.units, short=True) if event.kind in _UNIT_ACTS else ""
    return " ".join(filter(None, (unit, _person(event))))


def _person(event: Event) -> str:
    return " ".join(filter(None, (label(event.by.role), event.by.name)))
