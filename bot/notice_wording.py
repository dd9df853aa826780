"""The words of every notice: a citizen of seventy understands theirs, and no official's names the citizen."""

from __future__ import annotations

from datetime import datetime

from bot.talk.filed_text import words_of
from bot.ticket_view import URGENTLY
from bot.wechat_text import clip, plain, quote, tap
from bot.wording import STARS, label, say_time
from routing import errors
from routing.citizen_request import Urgency
from routing.departments import UnitId, Units
from routing.events import Event, EventKind, RejectReason
from routing.redaction import redact
from routing.ticket import Ticket
from routing.timing.sla import ClockName, PauseReason
from routing.timing.working_calendar import CHINA
from routing.workflow import Role

_MOST_BYTES = 900
_SUPERVISED_RUNG = 3
_ASK_12345 = "有不明白的，请拨打12345。"
_TRY_12345 = f"\n{_ASK_12345}"
_KEEPS_ITS_DATE = (EventKind.LINKED, EventKind.UNLINKED)
"""A child's own date stands while its clocks wait for the parent."""


def notice_to_citizen(ticket: Ticket, event: Event, *, units: Units, by_phone: bool = False) -> str:
    """What the citizen is told of one event, with what they can do next; at most 2048 bytes. ``by_phone`` has
    nothing to tap: somebody reads it out."""
    head = f"您的工单{ticket.number}（{quote(words_of(ticket), 20)}）"
    unit = _unit_name(event.unit_id or ticket.unit_id, units) or "承办单位"
    said = clip(plain(event.text or ""), _MOST_BYTES)
    match event.kind:
        case EventKind.DISPATCHED:
            return f"{head}已转给{unit}办理。\n{_by(ticket, event)}"
        case EventKind.TRANSFERRED | EventKind.RELAYED | EventKind.RECALLED:
            return f"{head}改由{unit}办理。\n{_by(ticket, event)}"
        case EventKind.REPLIED:
            more = "还有要说的，请现在说。" if by_phone else f"还有要说的，请点{tap('补充')}。"
            return f"{head}有答复了。\n{unit}：{said}\n\n{more}"
        case EventKind.INTERIM_REPLIED:
            return f"{head}办到这一步了。\n{unit}：{said}\n\n还没办完，办完了再答复您。{_together_by(ticket, event)}"
        case EventKind.RESOLVED | EventKind.ANSWERED_WITH_PARENT:
            please = "您看办得怎么样，满意还是不满意？" if by_phone else _please_rate()
            return f"{head}办结了。{_answer(ticket, unit)}\n\n{please}"
        case EventKind.REJECTED:
            return f"{head}没有受理。\n{_rejected(event, said)}{'' if by_phone else _TRY_12345}"
        case EventKind.WITHDRAWN:
            return (
                f"{head}已经由工作人员撤回，不再办了。\n原因：{said or '没有写'}\n"
                f"{'您要是没有提过撤回，请告诉我们，重新登记。' if by_phone else '您要是没有提过撤回，请马上拨打12345。'}"
            )
        case EventKind.REOPENED:
            return f"{head}重新办理了。\n{_by(ticket, event)}"
        case EventKind.RESEND_ASKED:
            return f"{head}有内容没能收到：{said}。\n{_resend(by_phone=by_phone)}"
        case EventKind.EMERGENCY_MARKED:
            return f"{head}已按紧急事项办理。\n{_by(ticket, event)}"
        case _:
            told = (
                _about_application(ticket, event, unit=unit, by_phone=by_phone)
                or _about_time(ticket, event, unit=unit, by_phone=by_phone)
                or _about_links(ticket, event)
            )
            if told:
                return f"{head}{told}"
            if by_phone:
                return f"{head}有新进展：{label(event.kind)}。"
            return f"{head}有新进展：{label(event.kind)}。\n查看请点{tap('我的诉求')}。"


def _by(ticket: Ticket, event: Event) -> str:
    """The date that stands. One already past is not promised again; one that stands still is not yet known."""
    promise = ticket.promise
    if promise is None or (promise.paused and event.kind not in _KEEPS_ITS_DATE):
        return "有结果马上告诉您。"
    if promise.due_at <= event.at:
        return "答应您的日期已经过了，对不起。我们抓紧办，有结果马上告诉您。"
    return _at_the_latest(ticket, promise.due_at, event)


def _at_the_latest(ticket: Ticket, due_at: datetime, event: Event) -> str:
    """What is urgent is not done by that date: only the letter about it is."""
    if ticket.urgency is Urgency.URGENT:
        return f"{URGENTLY}；事后的书面答复最晚{_date(due_at, event)}给您。"
    return f"最晚{_date(due_at, event)}答复您。"


def _date(at: datetime, event: Event) -> str:
    """With its year where that is not the year of the event. Never 今天: it may be read days later."""
    same = at.astimezone(CHINA).year == event.at.astimezone(CHINA).year
    return say_time(at) if same else f"{at.astimezone(CHINA).year}年{say_time(at)}"


def _together_by(ticket: Ticket, event: Event) -> str:
    """The date of the matter this one was joined to; its own where that one has none now."""
    if event.until is not None and event.until > event.at:
        return _at_the_latest(ticket, event.until, event)
    return _by(ticket, event)


def _resend(*, by_phone: bool) -> str:
    if by_phone:
        return "如果对办理要紧，请再给我们一份；不要紧就不用管，工单照常办理。"
    again = f"请点{tap('补充')}，选这张工单，再重新发来（语音请改成文字）"
    return f"如果对办理要紧，{again}；不要紧就不用管，工单照常办理。"


def _send(what: str, *, by_phone: bool) -> str:
    if by_phone:
        return f"请把{what}告诉我们，或者送到承办单位。"
    return f"请把{what}直接发到这里，也可以点{tap('补充')}再发。"


def _answer(ticket: Ticket, unit: str) -> str:
    reply = clip(plain(ticket.reply_text or ""), _MOST_BYTES)
    return f"\n{unit}：{reply}" if reply else ""


def _please_rate() -> str:
    """In the chat's own order: a typed digit is the stars."""
    stars = "\n".join(f"{number} {tap(word)}" for number, word in STARS.items())
    return f"办得怎么样？请点一个，或者回复前面的数字。\n{stars}"


def _rejected(event: Event, said: str) -> str:
    kind = event.reject_reason
    if kind is RejectReason.EMERGENCY_SERVICES:
        return f"有危险，请马上拨打110（警察）、119（火警）或120（急救）。\n{said}"
    if kind is None or kind is RejectReason.OTHER or label(kind) in said:
        return f"原因：{said}"
    return f"原因：{label(kind)}。\n{said}"


def _about_time(ticket: Ticket, event: Event, *, unit: str, by_phone: bool) -> str | None:
    """Dates that move: the new one first, then why."""
    why = clip(plain(event.basis or event.text or ""), _MOST_BYTES)
    until = _date(event.until, event) if event.until else ""
    ask = "" if by_phone else _TRY_12345
    match event.kind:
        case EventKind.EXTENSION_GRANTED:
            return f"要多办几天，最晚{until}答复您。\n原因：{why}{ask}"
        case EventKind.REPLANNED:
            date = f"最晚{until}答复您" if event.until and event.until > event.at else "我们抓紧办"
            return f"的日期有调整，{date}。\n原因：{why}{ask}"
        case EventKind.SUSPENSION_GRANTED:
            # Of before events kept it, the reason stands on the pause alone; their text is the reviewer's.
            asked = event.basis or (ticket.pause.text if ticket.pause else "")
            reason = f"\n原因：{clip(plain(asked), _MOST_BYTES)}" if asked else ""
            return f"现在还办不了，先等一等。{until}再来看能不能办。{reason}\n能办了，会马上告诉您。"
        case EventKind.MATERIAL_REQUESTED:
            wait = f"最好在{until}前发来。" if until else ""
            return (
                f"还缺一样东西，请您补充。\n{unit}：{why}\n{_send('内容或照片', by_phone=by_phone)}"
                f"{wait}等您的这段时间，不算在办理时间里。"
            )
        case EventKind.THIRD_PARTY_ASKED:
            return "要先问问相关的人或单位同不同意公开。\n这段时间不算在答复期限里。有结果马上告诉您。"
        case EventKind.MATERIAL_RECEIVED:
            return f"补充材料收到了，现在接着办。\n{_by(ticket, event)}"
        case EventKind.RESUMED:
            before = "不再等补充材料" if event.pause is PauseReason.MATERIAL else "之前停了一阵"
            return f"{before}，现在接着办了。\n{_by(ticket, event)}"
    return None


def _about_application(ticket: Ticket, event: Event, *, unit: str, by_phone: bool) -> str | None:
    """依申请公开: what the applicant must do, and what the wait for others means."""
    said = clip(plain(event.text or ""), _MOST_BYTES)
    until = f"请在{_date(event.until, event)}前补正。" if event.until else ""
    match event.kind:
        case EventKind.ENTERED:
            return f"是公开政府信息的申请，已经登记，编号{said}。\n{_by(ticket, event)}"
        case EventKind.CORRECTION_REQUESTED:
            return (
                f"有地方写得不清楚，请您补正。\n{unit}：{said}\n{_send('内容', by_phone=by_phone)}{until}"
                "收到补正以后，答复的期限重新算。一直不补正，这件申请就不再办了。"
            )
        case EventKind.CORRECTION_RECEIVED:
            return f"收到您的补正了，接着办。\n{_by(ticket, event)}"
        case EventKind.THIRD_PARTY_HEARD:
            return f"要问的人或单位已经答复了，接着办。\n{_by(ticket, event)}"
        case EventKind.RESUMED if event.pause is PauseReason.CORRECTION:
            if event.by.role is not Role.SYSTEM:
                return f"收到您的补正了，接着办。\n{_by(ticket, event)}"
            now = "请现在告诉我们" if by_phone else f"请马上点{tap('补充')}发来"
            return f"补正的时间过了，还没有收到您的补正。\n还要申请的，{now}。"
    return None


def _about_links(ticket: Ticket, event: Event) -> str | None:
    match event.kind:
        case EventKind.LINKED:
            return (
                f"和别人反映的是同一件事，并在一起办。\n办好了，一样会答复您。{_together_by(ticket, event)}\n"
                "您也一样可以补充、催办、评价。"
            )
        case EventKind.UNLINKED:
            return f"改为单独办理。\n正在确定由谁办，定了马上告诉您。{_by(ticket, event)}"
    return None


def notice_to_official(ticket: Ticket, event: Event, *, units: Units) -> str:
    """One line for a unit's or the centre's console; free text is redacted."""
    head = f"{ticket.number}「{quote(redact(ticket.title or ticket.text), 24)}」"
    said = f"：{quote(redact(event.text), 60)}" if event.text else ""
    unit = _unit_name(event.unit_id, units, short=True)
    match event.kind:
        case EventKind.DISPATCHED | EventKind.TRANSFERRED | EventKind.RELAYED:
            return f"新工单 {head}{_until(ticket, ClockName.SIGN_IN, '签收')}"
        case EventKind.RECALLED:
            return f"工单已收回 {head}{said}，由{unit}自己办"
        case EventKind.URGED_BELOW:
            return f"上级催办 {head}{said}{_due(ticket, ClockName.RELAY)}"
        case EventKind.REOPENED:
            return f"重办工单 {head}{said}{_until(ticket, ClockName.SIGN_IN, '签收')}"
        case EventKind.AT_RISK | EventKind.OVERDUE | EventKind.ALARM_RAISED:
            return _alarm(ticket, event, head, unit)
        case EventKind.NUDGED:
            due = _due(ticket, event.clock)
            return f"请确认办结 {head}已经答复，还没有办结{due}"
        case EventKind.RATED:
            return f"市民评价 {head}{STARS.get(event.stars or 0, '')}{said}"
        case EventKind.LEFT_TO_A_PERSON:
            return f"待人工派单 {head}{_until(ticket, ClockName.DISPATCH, '派出')}"
        case EventKind.CO_HANDLING_ASKED:
            return f"请协办 {head}{said}{_due(ticket, ClockName.CO_HANDLING, event.unit_id)}"
        case EventKind.CO_HANDLING_ANSWERED:
            return f"{unit or '协办单位'}回复协办 {head}{said}"
        case EventKind.LETTER_SENT:
            level = label(event.level) if event.level else "督办"
            return f"{level} {head}{said}{_due(ticket, ClockName.SUPERVISION_ANSWER, event.letter)}"
        case EventKind.EXTENSION_REQUESTED | EventKind.EXTENSION_GRANTED | EventKind.SUSPENSION_REQUESTED:
            date = f"，到{say_time(event.until)}" if event.until else ""
            return f"{label(event.kind)} {head}{said}{date}"
        case _:
            return f"{label(event.kind)} {head}{said}"


def _alarm(ticket: Ticket, event: Event, head: str, unit: str | None) -> str:
    which = label(event.clock) if event.clock else "时限"
    state = {EventKind.AT_RISK: "快到期", EventKind.OVERDUE: "已超期"}.get(event.kind, _raised(event))
    return f"{state} {head}{which}{_due(ticket, event.clock)}{f'，{unit}' if unit else ''}"


def _raised(event: Event) -> str:
    """督办 is the ladder's third rung, 通报 its last."""
    return "超期仍未办，列入督办" if event.rung == _SUPERVISED_RUNG else "超期仍未办，列入通报"


def _due(ticket: Ticket, name: ClockName | None, subject: str | None = None) -> str:
    found = (c for c in reversed(ticket.clocks) if c.name == name and subject in (None, c.subject))
    clock = next(found, None)
    return f"，期限{say_time(clock.due_at)}" if clock else ""


def _until(ticket: Ticket, name: ClockName, act: str) -> str:
    clock = ticket.clock(name)
    return f"，请于{say_time(clock.due_at)}前{act}" if clock else ""


def _unit_name(unit_id: UnitId | None, units: Units, *, short: bool = False) -> str | None:
    """None also for a unit that has since been dissolved."""
    try:
        unit = units.get(unit_id) if unit_id else None
    except errors.UnknownUnit:
        return None
    if unit is None:
        return None
    return unit.short_name if short else unit.name
