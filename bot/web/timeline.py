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
from routing.workflow import Actor, Role


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
    lines = [_happening(event, services, reader, seen) for event in reversed(ticket.events)]
    lines += [_first_view(view, services) for view in await services.first_views.of(ticket.number)]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _happening(event: Event, services: Services, reader: Actor, seen: int | None) -> Happening:
    words = label(event.kind)
    if event.clock is not None and event.kind in _ALARMS:
        words = f"{label(event.clock)}{_ALARMS[event.kind]}"
    if event.kind in (EventKind.DISPATCHED, EventKind.TRANSFERRED):
        words = f"{words}给{unit_name(event.unit_id, services.units)}"
    if event.stars is not None:
        words = f"{words}：{STARS.get(event.stars, '')}"
    return Happening(
        at=event.at,
        words=words,
        who=_who(event, services),
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


def _who(event: Event, services: Services) -> str:
    if event.by.role is Role.CITIZEN:
        return "市民"
    if event.by.role is Role.SYSTEM:
        return "系统自动"
    unit = unit_name(event.unit_id, services.units, short=True) if event.kind in _UNIT_ACTS else ""
    return " ".join(part for part in (unit, label(event.by.role), event.by.name) if part)
