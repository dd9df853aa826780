"""Forms of what is asked for and decided beside the straight path: a reason, sometimes a date, a yes or a no."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, time
from typing import TYPE_CHECKING

from bot.web.disclosure_forms import disclosure_forms
from bot.web.joint_forms import joint_forms
from bot.web.ticket_forms import Button, Field, TicketForm, form_of, forms_for
from bot.wording import label
from routing.acts.offers import offered_to
from routing.departments import Units
from routing.errors import Incomplete, OutOfRange
from routing.service_desk import ServiceDesk
from routing.ticket import Ticket
from routing.timing.sla import Profile
from routing.timing.working_calendar import CHINA
from routing.workflow import Action, Actor, Role

if TYPE_CHECKING:
    from bot.web.performing import Asked

_REASON = Field(name="reason", words="理由", kind="line", most=500)
_OPINION = Field(name="reason", words="审核意见", kind="line", most=500)
_BASIS = Field(name="basis", words="依据", kind="line", hint="法规条款、录音、照片等", most=500)
_UNTIL = Field(name="until", words="到哪天再看", kind="date", most=10)

_FORMS: dict[Action, tuple[str, tuple[Field, ...]]] = {
    Action.EXTEND: (
        "期限届满前提出，由热线中心审批；同意后市民会收到新的日期和原因。",
        (
            _REASON,
            Field(
                name="amount",
                words="延长几天（和答复时限一样算，不填为最长）",
                kind="line",
                required=False,
                most=4,
            ),
        ),
    ),
    Action.SUSPEND: ("确实暂时办不了的，经同意暂停计时，到日子再看。", (_REASON, _UNTIL)),
    Action.ASK_MATERIAL: (
        "等市民补充期间暂停计时，有上限，每次办理只能用一次。",
        (Field(name="text", words="请市民补充什么", hint="市民会原样看到。"),),
    ),
    Action.RESUME: ("恢复计时，期限顺延。", (_REASON,)),
    Action.ARBITRATE: ("对不同意退单的决定仍有异议，由督办员裁定，只能申请一次。", (_REASON, _BASIS)),
    Action.APPEAL_EXCLUSION: ("认为本单不应计入考核的，附证据申诉一次。", (_REASON, _BASIS)),
    Action.MARK_EMERGENCY: ("按紧急时限重新计时。", (_REASON,)),
    Action.ESCALATE: ("第一封为蓝色，再发升为橙色、红色。", (Field(name="text", words="督办内容"),)),
    Action.UNLINK: ("恢复单独办理，重新派单。", (_REASON,)),
    Action.ARCHIVE: ("不再回访，直接归档。", (_REASON,)),
}
_DECISIONS = {
    Action.DECIDE_EXTENSION,
    Action.DECIDE_SUSPENSION,
    Action.DECIDE_REPLY,
    Action.DECIDE_EXCLUSION,
}


def all_forms(
    ticket: Ticket, actor: Actor, units: Units, *, profile: Profile, now: datetime
) -> tuple[TicketForm, ...]:
    """The forms of everything this reader may do now; what stands open comes first. Who only has a part in the
    ticket finds the forms of that part."""
    may = set(offered_to(ticket, actor, profile=profile, now=now, units=units))
    forms = (
        *forms_for(ticket, actor, may),
        *disclosure_forms(ticket, may, own=actor.role is Role.LIAISON),
        *joint_forms(ticket, actor, may, units),
        *case_forms(may),
    )
    return tuple(sorted(forms, key=lambda form: not form.open))


def case_forms(may: set[Action]) -> list[TicketForm]:
    """The forms for these actions; decisions stand open, the rest folds out."""
    forms = [_decision(action) for action in Action if action in may & _DECISIONS]
    for action, (note, fields) in _FORMS.items():
        if action in may:
            button = Button(words=label(action), action=action, tone="quiet")
            forms.append(form_of(action, note, fields, (button,), open_=False))
    return forms


def _decision(action: Action) -> TicketForm:
    yes = Button(words="同意", action=action, name="approved", value="yes")
    no = Button(words="不同意", action=action, name="approved", value="no", tone="quiet")
    return form_of(action, "", (_OPINION,), (yes, no), open_=True)


# ---- what each asks of the desk


def _day(asked: Asked) -> datetime:
    """The close of that day in China; raises ``Incomplete`` and ``OutOfRange``."""
    said = asked.text("until")
    if not said:
        raise Incomplete("until")
    try:
        return datetime.combine(datetime.fromisoformat(said).date(), time(17, 30), CHINA)
    except ValueError:
        raise OutOfRange("until", "像 2026-12-01 这样的日期") from None


def _amount(asked: Asked) -> int | None:
    said = asked.text("amount")
    if said and not (said.isascii() and said.isdigit()):
        raise OutOfRange("amount", "一个整数")
    return int(said) if said else None


def _approved(asked: Asked) -> bool:
    if asked.form.get("approved") not in ("yes", "no"):
        raise Incomplete("approved")
    return asked.form["approved"] == "yes"


async def perform_case(action: Action, desk: ServiceDesk, asked: Asked) -> Ticket:
    """Do the one of these acts a form asks for."""
    common = asked.acting
    reason, number = asked.text("reason"), asked.number
    reviews, aftercare = desk.reviews, desk.aftercare
    decides: dict[Action, Callable[..., Awaitable[Ticket]]] = {
        Action.DECIDE_EXTENSION: reviews.decide_extension,
        Action.DECIDE_SUSPENSION: reviews.decide_suspension,
        Action.DECIDE_REPLY: reviews.decide_reply,
        Action.DECIDE_EXCLUSION: reviews.decide_exclusion,
    }
    reasoned: dict[Action, Callable[..., Awaitable[Ticket]]] = {
        Action.RESUME: reviews.resume,
        Action.MARK_EMERGENCY: aftercare.mark_emergency,
        Action.ARCHIVE: aftercare.archive,
        Action.UNLINK: desk.links.unlink,
    }
    if action in decides:
        return await decides[action](number, approved=_approved(asked), reason=reason, **common)
    if action in reasoned:
        return await reasoned[action](number, reason=reason, **common)
    match action:
        case Action.EXTEND:
            return await reviews.request_extension(number, reason=reason, amount=_amount(asked), **common)
        case Action.SUSPEND:
            return await reviews.request_suspension(number, reason=reason, until=_day(asked), **common)
        case Action.ASK_MATERIAL:
            return await reviews.ask_material(number, text=asked.text("text"), **common)
        case Action.ESCALATE:
            return await desk.joint.escalate(number, text=asked.text("text"), **common)
        case Action.APPEAL_EXCLUSION:
            return await reviews.appeal_exclusion(number, reason=reason, basis=asked.text("basis"), **common)
        case _:
            fallback = desk.triage.units.fallback.id
            return await reviews.arbitrate(
                number, reason=reason, basis=asked.text("basis"), fallback=fallback, **common
            )


CASE_ACTIONS: frozenset[Action] = frozenset({*_FORMS, *_DECISIONS})
