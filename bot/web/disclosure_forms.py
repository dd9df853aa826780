"""依申请公开 on a ticket's page: how far the application is, and the forms of what the unit owes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.web.ticket_forms import Button, Field, TicketForm, form_of
from bot.wording import label
from routing.disclosure.applications import application_of
from routing.disclosure.rules import Register, shipped_rules
from routing.errors import Incomplete
from routing.service_desk import ServiceDesk
from routing.ticket import Ticket
from routing.timing.sla import DISCLOSURE
from routing.workflow import Action

if TYPE_CHECKING:
    from bot.web.performing import Asked

_TO_APPLICANT = "申请人会原样看到。"
_FIELDS: dict[Action, tuple[str, tuple[Field, ...]]] = {
    Action.ASK_CORRECTION: (
        "申请内容不明确的，收到申请起七个工作日内一次性告知；等补正期间停计，补正后期限重新计算。",
        (Field(name="text", words="要补正什么、怎么补", hint=_TO_APPLICANT),),
    ),
    Action.CONSULT: (
        "会损害第三方合法权益的，书面征求意见；这段时间不计入答复期限，最多十五个工作日。",
        (Field(name="text", words="向谁征求意见", hint="写明第三方和涉及的信息。申请人不会看到。"),),
    ),
    Action.HEAR_THIRD_PARTY: (
        "收到意见后登记；逾期没有提出意见的，由本单位依法决定。",
        (Field(name="text", words="第三方的意见", hint="同意或不同意公开的理由。"),),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An application as far as it came; ``steps`` are what happened, with when."""

    applicant: str
    numbers: tuple[tuple[str, str], ...]
    steps: tuple[tuple[str, datetime], ...]
    decision: str = ""
    basis: str = ""


def standing_of(ticket: Ticket) -> Standing | None:
    """None for every ticket that is no application."""
    if ticket.tier != DISCLOSURE:
        return None
    found = application_of(ticket)
    numbers = {
        "登记": found.entry_number,
        "备案": found.record_number,
        "归档": found.archive_number,
    }
    steps = [
        ("请申请人补正", found.correction_asked_at),
        ("收到补正", found.corrected_at),
        *(("征求第三方意见", one.asked_at) for one in found.consultations),
        *(("收到第三方意见", one.answered_at) for one in found.consultations),
        ("延长答复期限", found.extended_at),
        ("作出决定", found.decision.at if found.decision else None),
    ]
    ground = shipped_rules().grounds.get(found.decision.ground) if found.decision else None
    return Standing(
        applicant=label(found.applicant),
        numbers=tuple((name, number) for name, number in numbers.items() if number),
        steps=tuple(sorted(((words, at) for words, at in steps if at), key=lambda step: step[1])),
        decision=f"{label(ground.kind)}：{ground.title}" if ground else "",
        basis=ground.basis if ground else "",
    )


def disclosure_forms(ticket: Ticket, may: set[Action], *, own: bool) -> list[TicketForm]:
    """What may be done to the application now; the decision stands open to the unit's own liaison."""
    forms = []
    if Action.DECIDE_DISCLOSURE in may:
        forms.append(_decision(open_=own))
    if Action.ASK_CORRECTION in may:
        forms.append(_plain(Action.ASK_CORRECTION))
    if Action.CONSULT in may:
        forms.append(_plain(Action.CONSULT))
    if Action.HEAR_THIRD_PARTY in may:
        forms.append(_opinion(open_=own))
    if Action.ENTER_REGISTER in may and (registers := _open_registers(ticket)):
        forms.append(_registers(registers))
    return forms


def _decision(*, open_: bool) -> TicketForm:
    rules = shipped_rules()
    grounds = tuple(
        (each.id, f"{rules.kinds[each.kind]}：{each.title}（{each.basis}）")
        for each in rules.grounds.values()
    )
    fields = (
        Field(name="ground", words="决定和依据", kind="choice", options=grounds),
        Field(
            name="reason",
            words="理由",
            hint="部分公开、不予公开、无法提供的，要说明理由。申请人会看到。",
            required=False,
            most=500,
        ),
        Field(name="text", words="答复内容", hint=f"提供的信息，或获取的方式。{_TO_APPLICANT}"),
    )
    note = "答复书由决定、理由、答复内容、依据和救济途径组成，系统按所选的一项写好依据和救济途径。"
    return form_of(Action.DECIDE_DISCLOSURE, note, fields, (_button(Action.DECIDE_DISCLOSURE),), open_=open_)


def _opinion(*, open_: bool) -> TicketForm:
    note, fields = _FIELDS[Action.HEAR_THIRD_PARTY]
    yes = Button(words="同意公开", action=Action.HEAR_THIRD_PARTY, name="consents", value="yes")
    no = Button(words="不同意公开", action=Action.HEAR_THIRD_PARTY, name="consents", value="no", tone="quiet")
    return form_of(Action.HEAR_THIRD_PARTY, note, fields, (yes, no), open_=open_)


def _open_registers(ticket: Ticket) -> list[Register]:
    """The next one alone: 备案 after the decision, 归档 after that. 登记 is done at intake."""
    found = application_of(ticket)
    if found.entry_number is None:
        return [Register.ENTRY]
    if found.decision is None or found.archive_number is not None:
        return []
    return [Register.ARCHIVE if found.record_number else Register.RECORD]


def _registers(registers: list[Register]) -> TicketForm:
    buttons = tuple(
        Button(
            words=f"{label(each)}，取得编号",
            action=Action.ENTER_REGISTER,
            name="register",
            value=each.value,
            tone="quiet",
        )
        for each in registers
    )
    return form_of(Action.ENTER_REGISTER, "编号按年度顺延，由系统给出，不能改。", (), buttons, open_=False)


def _plain(action: Action) -> TicketForm:
    note, fields = _FIELDS[action]
    return form_of(action, note, fields, (_button(action, tone="quiet"),), open_=False)


def _button(action: Action, *, tone: str = "main") -> Button:
    return Button(words=label(action), action=action, tone=tone)


# ---- what each asks of the desk


async def perform_disclosure(action: Action, desk: ServiceDesk, asked: Asked) -> Ticket:
    """Do the one of these acts a form asks for."""
    disclosure, number = desk.disclosure, asked.number
    match action:
        case Action.ASK_CORRECTION:
            return await disclosure.ask_correction(number, text=asked.text("text"), **asked.acting)
        case Action.CONSULT:
            return await desk.reviews.consult(number, text=asked.text("text"), **asked.acting)
        case Action.HEAR_THIRD_PARTY:
            if asked.form.get("consents") not in ("yes", "no"):
                raise Incomplete("consents")
            consents = asked.form["consents"] == "yes"
            return await disclosure.hear_third_party(
                number, consents=consents, text=asked.text("text"), **asked.acting
            )
        case Action.DECIDE_DISCLOSURE:
            ground = asked.text("ground")
            if ground not in shipped_rules().grounds:
                raise Incomplete("ground")
            return await disclosure.decide(
                number, ground=ground, reason=asked.text("reason"), text=asked.text("text"), **asked.acting
            )
        case _:
            if asked.form.get("register") not in set(Register):
                raise Incomplete("register")
            register = Register(asked.form["register"])
            return await disclosure.enter_register(number, register, **asked.acting)


DISCLOSURE_ACTIONS: frozenset[Action] = frozenset(
    {
        Action.ASK_CORRECTION,
        Action.CONSULT,
        Action.HEAR_THIRD_PARTY,
        Action.DECIDE_DISCLOSURE,
        Action.ENTER_REGISTER,
    }
)
