"""A ticket as its own citizen may see it: where it stands, who has it, by when, and what can be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.given_answers import given_answers
from bot.talk.filed_text import words_of
from bot.wechat_text import clip, plain, quote
from bot.wording import label, say_time
from routing.acts.offers import open_to_citizen
from routing.acts.pauses import Pause
from routing.citizen_request import RequestType, Urgency
from routing.departments import UnitId, Units
from routing.errors import UnknownUnit
from routing.events import Event, EventKind, RejectReason
from routing.ticket import Ticket
from routing.timing.sla import ClockName, PauseReason
from routing.workflow import Action, Role, State

# Said in a citizen's words; the offices' own labels stand in ``bot.wording``.
_STANDING = {
    State.RECEIVED: "已收到，正在确定由谁办",
    State.DISPATCHED: "已转给承办单位",
    State.ACCEPTED: "承办单位正在办",
    State.REPLIED: "已有答复",
    State.LINKED: "和同一件事的其他诉求一起办",
    State.RESOLVED: "办结了",
    State.ARCHIVED: "办结了",
    State.WITHDRAWN: "已撤回",
    State.REJECTED: "没有受理",
}
_AGAIN = {
    State.RECEIVED: "重新办理，正在确定由谁办",
    State.DISPATCHED: "重新办理，已转给承办单位",
    State.ACCEPTED: "承办单位正在重新办",
}
_WAITING = {
    PauseReason.SUSPENSION: "现在还办不了，先等一等",
    PauseReason.MATERIAL: "等您补充",
    PauseReason.CORRECTION: "等您补正",
    PauseReason.THIRD_PARTY: "正在征求相关的人或单位意见",
}
_ASKED_OF_THE_CITIZEN = (PauseReason.MATERIAL, PauseReason.CORRECTION)
_HAPPENED = {
    EventKind.REGISTERED: "收到您的诉求",
    EventKind.DISPATCHED: "转给承办单位",
    EventKind.TRANSFERRED: "换了承办单位",
    EventKind.ACCEPTED: "承办单位签收",
    EventKind.CONTACTED: "工作人员联系您",
    EventKind.REPLIED: "单位作出答复",
    EventKind.INTERIM_REPLIED: "单位告知办理进展",
    EventKind.RESOLVED: "办结",
    EventKind.SUPPLEMENTED: "补充了材料",
    EventKind.REMINDED: "催办了一次",
    EventKind.RATED: "作了评价",
    EventKind.REOPENED: "重新办理",
    EventKind.WITHDRAWN: "撤回了",
    EventKind.REJECTED: "没有受理",
    EventKind.EXTENSION_GRANTED: "延长了办理时间",
    EventKind.SUSPENSION_GRANTED: "暂时办不了，先等一等",
    EventKind.MATERIAL_REQUESTED: "请您补充材料",
    EventKind.CORRECTION_REQUESTED: "请您补正申请",
    EventKind.THIRD_PARTY_ASKED: "征求相关的人或单位意见",
    EventKind.REPLANNED: "办理日期有调整",
    EventKind.RESUMED: "接着办理",
    EventKind.RELAYED: "转给下一级办理",
    EventKind.RECALLED: "由上一级收回办理",
    EventKind.LINKED: "和同一件事一起办",
    EventKind.UNLINKED: "改为单独办理",
    EventKind.ANSWERED_WITH_PARENT: "办结",
    EventKind.EMERGENCY_MARKED: "按紧急事项办理",
    EventKind.RESEND_ASKED: "有照片没能收到，请您重发",
}
"""What a citizen is told of; the offices' dealings with each other are not among it."""
_CITIZENS_OWN = frozenset({EventKind.SUPPLEMENTED, EventKind.REMINDED, EventKind.WITHDRAWN, EventKind.RATED})
"""Said as theirs only where they did it themselves."""
_TELLS = (EventKind.REPLIED, EventKind.INTERIM_REPLIED, EventKind.ANSWERED_WITH_PARENT)
_MOST_EVENTS = 3
URGENTLY = "按紧急件办，白天夜里都有人管"
_STANDS_STILL = "先停着，停的时间不算。接着办时告诉您新的日期"


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
    pause: Pause | None = None
    again: bool = False
    """Answered before, and being done again: the answer is the earlier one."""
    news: tuple[datetime, str] | None = None
    """阶段答复: how far it was the last time, in the unit's words, until an answer says more."""

    handed_within: timedelta | None = None
    """How soon an urgent one is handed to somebody, where that limit counts round the clock."""

    @property
    def state_name(self) -> str:
        """Short enough for a list."""
        if self.pause:
            return _WAITING[self.pause.reason]
        return (_AGAIN if self.again else _STANDING).get(self.state, _STANDING[self.state])

    def may(self, action: Action) -> bool:
        return action in self.actions

    def say(self, now: datetime) -> str:
        """The whole ticket in words, the newest event first."""
        lines = [f"工单{self.number}（{label(self.request_type)}）", f"“{quote(self.title, 60)}”"]
        lines.append(f"现在：{self.state_name}{self._until(now)}")
        if self.unit_name:
            lines.append(f"承办单位：{self.unit_name}")
        if self.pause is not None:
            lines.append(f"最晚答复：{_STANDS_STILL}")
        elif self.promised_at and Action.REMIND in self.actions:
            late = "，已经晚了，您可以催办" if now > self.promised_at else ""
            # What is urgent is not done by then: only the letter about it is.
            by = f"{URGENTLY}。事后书面答复，最晚" if self.urgent else "最晚答复："
            lines.append(f"{by}{say_time(self.promised_at, now=now)}{late}")
        if self.rejection:
            lines.append(f"原因：{quote(self.rejection, 120)}")
        if self.reply_text:
            which = "之前的答复" if self.again else "答复"
            lines.append(f"{which}：{clip(plain(self.reply_text), 700)}")
        if self.news:
            at, said = self.news
            lines.append(f"办到哪一步（{say_time(at, now=now)}）：{clip(plain(said), 400)}")
        lines.append("经过：")
        lines.extend(f"{say_time(at, now=now)} {what}" for at, what in reversed(self.happened))
        return "\n".join(lines)

    def _until(self, now: datetime) -> str:
        """What is waited for, and how long at most."""
        pause = self.pause
        if pause is None:
            return ""
        until = say_time(pause.until, now=now) if pause.until else ""
        if pause.reason in _ASKED_OF_THE_CITIZEN:
            by = f"\n最好在{until}前发来" if until else ""
            return f"：{quote(pause.text, 120)}{by}"
        return f"，{until}再看能不能办" if until and pause.reason is PauseReason.SUSPENSION else ""


def view_of(ticket: Ticket, units: Units, *, most_events: int | None = _MOST_EVENTS) -> TicketView:
    """Rating once is offered; rework only after a rating that asked for it. ``most_events`` None: all of them."""
    actions = set(open_to_citizen(ticket))
    actions.discard(Action.RATE if ticket.rating else Action.REOPEN)
    events = [(e.at, _happened(e)) for e in ticket.events if e.kind in _HAPPENED]
    rejections = [_why_not(e) for e in ticket.events if e.kind is EventKind.REJECTED]
    promise = ticket.promise
    told = [e for e in ticket.events if e.kind in _TELLS]
    return TicketView(
        number=ticket.number,
        request_type=ticket.request_type,
        urgent=ticket.urgency is Urgency.URGENT,
        handed_within=_handed_within(ticket),
        title=words_of(ticket),
        state=ticket.state,
        unit_name=_unit_name(ticket.unit_id, units),
        promised_at=promise.due_at if promise else None,
        explanation=promise.explanation if promise else "",
        reply_text=ticket.reply_text,
        rejection=rejections[-1] if rejections else None,
        actions=frozenset(actions),
        happened=tuple(events if most_events is None else events[-most_events:]),
        pause=ticket.pause,
        again=given_answers(ticket).done_again,
        news=(told[-1].at, told[-1].text or "")
        if told and told[-1].kind is EventKind.INTERIM_REPLIED
        else None,
    )


def _handed_within(ticket: Ticket) -> timedelta | None:
    """The limit under which somebody must take an urgent ticket on now: the centre, then its unit."""
    clock = ticket.clock(ClockName.SIGN_IN if ticket.unit_id else ClockName.DISPATCH)
    if ticket.urgency is not Urgency.URGENT or clock is None or clock.counts_in is None:
        return None
    return None if clock.counts_in.working else clock.due_at - clock.started_at


def _happened(event: Event) -> str:
    theirs = event.kind in _CITIZENS_OWN and event.by.role is Role.CITIZEN
    return f"您{_HAPPENED[event.kind]}" if theirs else _HAPPENED[event.kind]


def _why_not(event: Event) -> str:
    """The class of reason, unless the words say it already, then the words."""
    kind, said = event.reject_reason, event.text or ""
    named = label(kind) if kind not in (None, RejectReason.OTHER) else ""
    return f"{named}。{said}" if named and named not in said else said


def _unit_name(unit_id: UnitId | None, units: Units) -> str | None:
    """None also for a unit that has since been dissolved."""
    try:
        return units.get(unit_id).name if unit_id else None
    except UnknownUnit:
        return None
