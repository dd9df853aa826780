"""What one notice says on each rung: all of it in the chat, twenty characters in a field, seventy in a text message."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.notice_wording import notice_to_citizen
from bot.wechat.notice_templates import NoticeKind, NoticeTemplate, Placeholder
from bot.wechat_text import link, plain, tap
from routing import errors
from routing.citizen_request import Channel, Secrecy, Urgency
from routing.departments import Units
from routing.events import Event, EventKind
from routing.redaction import redact
from routing.ticket import Ticket
from routing.timing.working_calendar import CHINA

SMS_CHARACTERS: Final = 70
"""What fits one text message beside the gateway's sign."""
_LONGEST_TITLE = 12
_AWAKE = timedelta(hours=1)
_ELLIPSIS = "…"
_NOTHING = "无"
_HIDDEN = "请点开查看"
"""Of a 保密 or 匿名 ticket: the card stands on a locked screen, and a unit's name says what it is about."""
_SOON = "尽快"
_LIMITS: Final = {
    "thing": 20,
    "const": 20,
    "phrase": 5,
    "name": 10,
    "character_string": 32,
    "letter": 32,
    "number": 32,
    "symbol": 5,
    "phone_number": 17,
    "car_number": 8,
}
"""Characters a field of each kind takes; the platform refuses longer ones with 47003."""
_OTHERS = 100

_KINDS: Final[Mapping[EventKind, NoticeKind]] = {
    EventKind.REGISTERED: NoticeKind.FILED,
    EventKind.ENTERED: NoticeKind.FILED,
    EventKind.DISPATCHED: NoticeKind.DISPATCHED,
    EventKind.TRANSFERRED: NoticeKind.DISPATCHED,
    EventKind.RELAYED: NoticeKind.DISPATCHED,
    EventKind.RECALLED: NoticeKind.DISPATCHED,
    EventKind.REOPENED: NoticeKind.DISPATCHED,
    EventKind.EMERGENCY_MARKED: NoticeKind.PROMISED,
    EventKind.RESUMED: NoticeKind.PROMISED,
    EventKind.CORRECTION_RECEIVED: NoticeKind.PROMISED,
    EventKind.THIRD_PARTY_HEARD: NoticeKind.PROMISED,
    EventKind.EXTENSION_GRANTED: NoticeKind.EXTENDED,
    EventKind.REPLANNED: NoticeKind.EXTENDED,
    EventKind.REPLIED: NoticeKind.ANSWERED,
    EventKind.REJECTED: NoticeKind.ANSWERED,
    EventKind.RESOLVED: NoticeKind.RATE,
    EventKind.ANSWERED_WITH_PARENT: NoticeKind.RATE,
}
_STATES: Final[Mapping[EventKind, str]] = {
    EventKind.REGISTERED: "已受理",
    EventKind.ENTERED: "已登记",
    EventKind.DISPATCHED: "已派单",
    EventKind.TRANSFERRED: "已改派",
    EventKind.RELAYED: "已转办",
    EventKind.RECALLED: "已转办",
    EventKind.REOPENED: "重新办理",
    EventKind.EMERGENCY_MARKED: "加急办理",
    EventKind.RESUMED: "继续办理",
    EventKind.CORRECTION_RECEIVED: "已收补正",
    EventKind.THIRD_PARTY_HEARD: "继续办理",
    EventKind.EXTENSION_GRANTED: "已延期",
    EventKind.REPLANNED: "日期调整",
    EventKind.REPLIED: "已答复",
    EventKind.INTERIM_REPLIED: "阶段答复",
    EventKind.REJECTED: "不予受理",
    EventKind.RESOLVED: "请评价",
    EventKind.ANSWERED_WITH_PARENT: "请评价",
    EventKind.WITHDRAWN: "已撤回",
    EventKind.MATERIAL_REQUESTED: "请补材料",
    EventKind.CORRECTION_REQUESTED: "请补正",
    EventKind.SUSPENSION_GRANTED: "暂缓办理",
    EventKind.THIRD_PARTY_ASKED: "征求意见",
    EventKind.RESEND_ASKED: "照片没收到",
    EventKind.LINKED: "并案办理",
    EventKind.UNLINKED: "单独办理",
}
_TO_DO: Final[Mapping[EventKind, str]] = {
    EventKind.RESOLVED: "已办结，请查看答复并评价",
    EventKind.ANSWERED_WITH_PARENT: "已办结，请查看答复并评价",
    EventKind.REPLIED: "请查看答复内容",
    EventKind.REJECTED: "请查看不受理的原因",
    EventKind.MATERIAL_REQUESTED: "请查看要补充的材料",
    EventKind.CORRECTION_REQUESTED: "请查看要补正的内容",
    EventKind.RESEND_ASKED: "请把没收到的照片再发一次",
    EventKind.EXTENSION_GRANTED: "请查看新的日期和原因",
    EventKind.REPLANNED: "请查看新的日期和原因",
}
_WANTS_MATERIAL: Final = frozenset(
    {EventKind.MATERIAL_REQUESTED, EventKind.CORRECTION_REQUESTED, EventKind.RESEND_ASKED}
)
_SAYS_ITSELF: Final = (EventKind.REPLIED, EventKind.INTERIM_REPLIED, EventKind.REJECTED)
_BY_SMS: Final = {"请评价": "已办结"}
"""What a card's short state is in a sentence."""
_NOT_SAID_ALOUD = "您反映的事项"

PageOf = Callable[[str, str | None], str | None]
"""(account, ticket number) → where its citizen reads all of it, or finds it in the list of their own (None);
None where the service has no public address."""


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """One notice to a citizen, ready for whichever rung carries it."""

    kind: NoticeKind
    number: str
    chat: str
    title: str | None
    state: str | None
    """What it is about and what happened, where others may read it; None for a 保密 or 匿名 ticket."""
    values: Mapping[Placeholder, str]
    page: PageOf
    code: str | None = None
    """The query code, for whoever gets no other word of ours in writing; never of a 保密 or 匿名 ticket."""
    brings: str = ""
    """What came with the answer it tells of (附照片1张)."""
    wants_material: bool = False
    """Whether it asks the citizen to send something: what they send next is that."""
    waits_for_day: bool = True
    """Whether a text message of it may not ring at night."""

    def fields(self, template: NoticeTemplate) -> dict[str, str]:
        """The template's fields, each no longer than its kind takes."""
        return {name: _field(name, said, self.values) for name, said in template.fields.items()}

    def link(self, account: str) -> str | None:
        """The citizen's page of the ticket."""
        return self.page(account, self.number)

    def chat_for(self, account: str) -> str:
        """All of it, and the way to the files: they are not in the chat."""
        if not self.brings:
            return self.chat
        page = self.link(account)
        look = link("点这里查看", page) if page else f"查看请点{tap('我的诉求')}"
        return f"{self.chat}\n{self.brings}，{look}。"

    def short_for(self, account: str) -> str:
        """For a chat that refused all the words: the number and the way to them."""
        page = self.link(account)
        if page:
            return f"您的工单{self.number}有新进展。\n{link('点这里查看', page)}"
        return f"您的工单{self.number}有新进展。请回复“我的诉求”查看。"

    def sms_for(self, account: str | None) -> str:
        """A text message: as much as fits, the matter first to go. It leads to the page that asks for number and query
        code: whoever gets a text message may follow no account any more."""
        state = _BY_SMS.get(self.state or "", self.state or "有新进展")
        home = self.page(account, None) if account else None
        if self.code is not None:
            return _with_code(self.number, state, self.code, home)
        about = f"您反映的“{_cut(self.title, _LONGEST_TITLE)}”{state}" if self.title else ""
        news = f"您的工单{self.number}{state}"
        candidates = []
        if home:
            look = f"{home}/find"
            candidates = [f"{about}。凭{self.number}和查询码看：{look}"] if about else []
            candidates += [f"{news}。凭查询码看：{look}", f"{news}：{look}"]
        asked = "请在微信公众号回复“我的诉求”查看，或拨打12345。"
        candidates += [f"{about}，工单{self.number}。{asked}"] if about else []
        return next((text for text in candidates if len(text) <= SMS_CHARACTERS), f"{news}。{asked}")


def notice_words(
    ticket: Ticket,
    event: Event,
    *,
    units: Units,
    page: PageOf,
    brings: str = "",
    code: str | None = None,
) -> NoticeWords:
    """All that is said of ``event``. Fields and text messages stand on locked screens and pass through others'
    hands: of a 保密 or 匿名 ticket they name no matter. ``code`` is the ticket's query code, ``brings`` says what came
    with the answer."""
    state = _STATES.get(event.kind, "有新进展")
    secret = ticket.secrecy is not Secrecy.PUBLIC
    title = _NOT_SAID_ALOUD if secret else _one_line(redact(ticket.title or ticket.text))
    due = _due(ticket, event)
    return NoticeWords(
        kind=_KINDS.get(event.kind, NoticeKind.OTHER),
        number=ticket.number,
        chat=notice_to_citizen(ticket, event, units=units),
        title=None if secret else title,
        state=None if secret else state,
        values={
            Placeholder.NUMBER: ticket.number,
            Placeholder.TITLE: title or _NOT_SAID_ALOUD,
            Placeholder.STATE: state,
            Placeholder.REPLY: _reply(ticket, event, secret=secret),
            Placeholder.UNIT: _HIDDEN if secret else _unit(ticket, event, units),
            Placeholder.DATE: _day(due) if due else _SOON,
            Placeholder.TIME: _minute(event.at),
            Placeholder.ACTION: _TO_DO.get(event.kind, "请查看办理进展"),
        },
        page=page,
        code=None if secret or ticket.channel is Channel.WECHAT else code,
        brings=brings,
        wants_material=event.kind in _WANTS_MATERIAL,
        # Who has just put down the telephone is awake, and an emergency lets nobody sleep.
        waits_for_day=not _just_rang(ticket, event) and ticket.urgency is not Urgency.URGENT,
    )


def _just_rang(ticket: Ticket, event: Event) -> bool:
    """Not of what another platform brings in at night, nor of a call that was written down the day after."""
    receipt = event.kind is EventKind.REGISTERED and ticket.channel is Channel.HOTLINE
    return receipt and event.at - ticket.received_at < _AWAKE


def _with_code(number: str, state: str, code: str, home: str | None) -> str:
    """All that is needed to look it up, in one message."""
    news = f"工单{number}{state}，查询码{code}"
    linked = [f"您的{news}，查看：{home}/find", f"{news} {home}/find"] if home else []
    spoken = f"您的{news}。凭工单号和查询码可以上网查看，也可以拨打12345。"
    return next((text for text in (*linked, spoken) if len(text) <= SMS_CHARACTERS), spoken)


def _field(name: str, said: str, values: Mapping[Placeholder, str]) -> str:
    kind = name.rstrip("0123456789")
    text = _one_line(_MARK.sub(lambda mark: values[Placeholder(mark.group(1))], said))
    if kind in ("time", "date") and not any(c.isdigit() for c in text):
        text = values[Placeholder.TIME]
    taken = _TAKES.get(kind)
    if taken is None:
        return _cut(text, _LIMITS.get(kind, _OTHERS)) or _NOTHING
    # The sign of what was cut is itself a character such a field refuses.
    return "".join(taken.findall(text))[: _LIMITS[kind]] or _EMPTY.get(kind, _NOTHING)


_MARK = re.compile(r"\{([a-z]+)\}")
_TAKES: Final = {
    "phrase": re.compile("[一-鿿]"),
    "character_string": re.compile("[!-~]"),
    "letter": re.compile("[A-Za-z]"),
    "number": re.compile("[0-9.]"),
    "phone_number": re.compile("[0-9+-]"),
    "symbol": re.compile(r"[!-/:-@\[-`{-~]"),
}
"""The characters of kinds that take no others; the platform refuses the whole message for one of them."""
_EMPTY: Final = {
    "character_string": "-",
    "letter": "N",
    "symbol": "-",
    "number": "0",
    "phone_number": "12345",
}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + _ELLIPSIS


def _one_line(text: str) -> str:
    return " ".join(plain(text).split())


def _due(ticket: Ticket, event: Event) -> datetime | None:
    """The date the event names, else the one that stands."""
    if event.until is not None:
        return event.until if event.until > event.at else None
    promise = ticket.promise
    return promise.due_at if promise and not promise.paused and promise.due_at > event.at else None


def _reply(ticket: Ticket, event: Event, *, secret: bool) -> str:
    said = event.text if event.kind in _SAYS_ITSELF else ticket.reply_text
    return _HIDDEN if secret or not said else _one_line(redact(said))


def _unit(ticket: Ticket, event: Event, units: Units) -> str:
    unit_id = event.unit_id or ticket.unit_id
    try:
        return units.get(unit_id).short_name if unit_id else _NOTHING
    except errors.UnknownUnit:
        return _NOTHING


def _day(at: datetime) -> str:
    local = at.astimezone(CHINA)
    return f"{local.year}年{local.month}月{local.day}日"


def _minute(at: datetime) -> str:
    return f"{_day(at)} {at.astimezone(CHINA):%H:%M}"
