"""A ticket as its own citizen may see it: where it stands, who has it, by when, and what can be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.wechat_text import clip, plain, quote
from bot.wording import label, say_time
from routing.citizen_request import RequestType, Urgency
from routing.departments import UnitId, Units
from routing.errors import UnknownUnit
from routing.events import EventKind
from routing.ticket import Ticket
from routing.workflow import Action, Role, State, actions_for

# Said in a citizen's words; the offices' own labels stand in ``bot.wording``.
_STANDING = {
    State.RECEIVED: "已收到，正在确定由谁办",
    State.DISPATCHED: "已转给承办单位",
    State.ACCEPTED: "承办单位正在办",
    State.REPLIED: "已有答复",
    State.RESOLVED: "办结了",
    State.ARCHIVED: "办结了",
    State.WITHDRAWN: "您已撤回",
    State.REJECTED: "没有受理",
}
_HAPPENED = {
    EventKind.REGISTERED: "收到您的诉求",
    EventKind.DISPATCHED: "转给承办单位",
    EventKind.TRANSFERRED: "换了承办单位",
    EventKind.ACCEPTED: "承办单位签收",
    EventKind.CONTACTED: "工作人员联系您",
    EventKind.REPLIED: "单位作出答复",
    EventKind.RESOLVED: "办结",
    EventKind.SUPPLEMENTED: "您补充了材料",
    EventKind.REMINDED: "您催办了一次",
    EventKind.RATED: "您作了评价",
    EventKind.REOPENED: "重新办理",
    EventKind.WITHDRAWN: "您撤回了",
    EventKind.REJECTED: "没有受理",
}
"""What a citizen is told of; the offices' dealings with each other are not among it."""
_MOST_EVENTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketView:
    """``actions`` are what its citizen may do to it now."""

    number: str
    request_type: RequestType
    urgent: bool
    title: str
    state: State
    unit_name: str | None
    promised_at: datetime | None
    explanation: str
    reply_text: str | None
    rejection: str | None
    actions: frozenset[Action]
    happened: tuple[tuple[datetime, str], ...]

    @property
    def state_name(self) -> str:
        return _STANDING[self.state]

    def may(self, action: Action) -> bool:
        return action in self.actions

    def say(self, now: datetime) -> str:
        """The whole ticket in words, the newest event first."""
        lines = [f"工单{self.number}（{label(self.request_type)}）", f"“{quote(self.title, 60)}”"]
        lines.append(f"现在：{self.state_name}")
        if self.unit_name:
            lines.append(f"承办单位：{self.unit_name}")
        if self.promised_at and Action.REMIND in self.actions:
            late = "，已经晚了，您可以催办" if now > self.promised_at else ""
            lines.append(f"最晚答复：{say_time(self.promised_at, now=now)}{late}")
        if self.rejection:
            lines.append(f"原因：{quote(self.rejection, 120)}")
        if self.reply_text:
            lines.append(f"答复：{clip(plain(self.reply_text), 700)}")
        lines.append("经过：")
        lines.extend(f"{say_time(at, now=now)} {what}" for at, what in reversed(self.happened))
        return "\n".join(lines)


def view_of(ticket: Ticket, units: Units) -> TicketView:
    """Rating once is offered; rework only after a rating that asked for it."""
    actions = set(actions_for(ticket.state, Role.CITIZEN))
    actions.discard(Action.RATE if ticket.rating else Action.REOPEN)
    events = [(e.at, _HAPPENED[e.kind]) for e in ticket.events if e.kind in _HAPPENED]
    rejections = [e.text for e in ticket.events if e.kind is EventKind.REJECTED]
    promise = ticket.promise
    return TicketView(
        number=ticket.number,
        request_type=ticket.request_type,
        urgent=ticket.urgency is Urgency.URGENT,
        title=ticket.title or ticket.text,
        state=ticket.state,
        unit_name=_unit_name(ticket.unit_id, units),
        promised_at=promise.due_at if promise else None,
        explanation=promise.explanation if promise else "",
        reply_text=ticket.reply_text,
        rejection=rejections[-1] if rejections else None,
        actions=frozenset(actions),
        happened=tuple(events[-_MOST_EVENTS:]),
    )


def _unit_name(unit_id: UnitId | None, units: Units) -> str | None:
    """None also for a unit that has since been dissolved."""
    try:
        return units.get(unit_id).name if unit_id else None
    except UnknownUnit:
        return None
