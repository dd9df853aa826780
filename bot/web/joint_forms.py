"""Forms of work with others: co-handling, letters, passing on, duplicates, and the visit; each for who must act."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.web.ticket_forms import Button, Field, TicketForm, form_of
from bot.wording import STARS, label
from routing.departments import Unit, Units
from routing.errors import Incomplete
from routing.events import Solved, VisitOutcome
from routing.redaction import redact
from routing.service_desk import ServiceDesk
from routing.ticket import Ticket
from routing.workflow import Action, Actor

if TYPE_CHECKING:
    from bot.web.performing import Asked

_MOST_ASKED = 200


def joint_forms(ticket: Ticket, actor: Actor, may: set[Action], units: Units) -> list[TicketForm]:
    """What this reader may do now: what they owe stands open, the rest folds out."""
    forms = [*_letters(ticket, actor, may), *_parts(ticket, actor, may, units)]
    if Action.VISIT in may:
        forms.append(_visit())
    if Action.CO_HANDLE in may:
        taken = {ticket.unit_id, *(c.unit_id for c in ticket.co_handlers if c.owes)}
        others = [unit for unit in units.all() if unit.id not in taken]
        fields = (_unit_field("协办单位", others), Field(name="text", words="请他们做什么"))
        forms.append(_folded(Action.CO_HANDLE, "协办单位答复主办单位，由主办单位统一答复市民。", fields))
    if Action.RELAY in may and ticket.unit_id is not None:
        below = units.subtree(ticket.unit_id) - {ticket.unit_id}
        if below:
            named = [unit for unit in units.all() if unit.id in below]
            fields = (_unit_field("下级单位", named), _reason("转办要求"))
            forms.append(_folded(Action.RELAY, "由下级单位办理，本单位仍对期限负责。", fields))
    if Action.RECALL in may:
        forms.append(_folded(Action.RECALL, "由本单位自己办，期限不变。", (_reason("理由"),)))
    if Action.URGE_BELOW in may:
        said = Field(name="text", words="要求")
        forms.append(_folded(Action.URGE_BELOW, "每天一次，下级单位马上看到。", (said,)))
    if Action.LINK in may:
        fields = (Field(name="parent", words="主工单号", kind="line", most=20), _reason("理由"))
        forms.append(_folded(Action.LINK, "和主工单是同一件事的，一起答复，各回各的市民。", fields))
    return forms


def _visit() -> TicketForm:
    outcomes = tuple((outcome.value, label(outcome)) for outcome in VisitOutcome)
    solved = tuple((each.value, label(each)) for each in Solved)
    stars = tuple((str(number), words) for number, words in reversed(STARS.items()))
    fields = (
        Field(name="outcome", words="联系结果", kind="choice", options=outcomes),
        Field(name="solved", words="是否解决（联系上的必填）", kind="choice", options=solved, required=False),
        Field(name="stars", words="市民的评价", kind="choice", options=stars, required=False),
        Field(name="comment", words="市民的原话", kind="line", required=False, most=500),
    )
    note = "先把办理结果告诉市民，再问是否解决、满不满意。没有联系上的，隔两小时以上再打。"
    return _folded(Action.VISIT, note, fields)


def _letters(ticket: Ticket, actor: Actor, may: set[Action]) -> list[TicketForm]:
    forms = []
    for letter in ticket.letters:
        if not actor.answers_for(letter.to_unit):
            continue
        said = f"{label(letter.level)}：{redact(letter.text)[:_MOST_ASKED]}"
        if letter.owes_receipt and Action.RECEIVE_LETTER in may:
            forms.append(_owed(Action.RECEIVE_LETTER, said, (), name="letter", value=letter.id))
        if letter.owes_answer and Action.ANSWER_LETTER in may:
            fields = (Field(name="text", words="怎么处理的"),)
            forms.append(_owed(Action.ANSWER_LETTER, said, fields, name="letter", value=letter.id))
    return forms


def _parts(ticket: Ticket, actor: Actor, may: set[Action], units: Units) -> list[TicketForm]:
    forms = []
    for part in ticket.co_handlers:
        if not part.owes:
            continue
        if Action.ANSWER_CO_HANDLING in may and actor.answers_for(part.unit_id):
            fields = (Field(name="text", words="协办情况", hint="查到什么、做了什么。答复给主办单位。"),)
            said = redact(part.text)[:_MOST_ASKED]
            forms.append(_owed(Action.ANSWER_CO_HANDLING, said, fields, name="unit_id", value=part.unit_id))
        if Action.WAIVE_CO_HANDLING in may and actor.answers_for(ticket.unit_id):
            said = f"{units.get(part.unit_id).name}还没有回复。"
            button = _button(Action.WAIVE_CO_HANDLING, "quiet", "unit_id", part.unit_id)
            forms.append(form_of(Action.WAIVE_CO_HANDLING, said, (_reason("理由"),), (button,), open_=False))
    return forms


def _unit_field(words: str, units: list[Unit]) -> Field:
    return Field(
        name="unit_id", words=words, kind="choice", options=tuple((unit.id, unit.name) for unit in units)
    )


def _reason(words: str) -> Field:
    return Field(name="reason", words=words, kind="line", most=500)


def _owed(action: Action, note: str, fields: tuple[Field, ...], *, name: str, value: str) -> TicketForm:
    return form_of(action, note, fields, (_button(action, "main", name, value),), open_=True)


def _folded(action: Action, note: str, fields: tuple[Field, ...]) -> TicketForm:
    return form_of(action, note, fields, (_button(action, "quiet"),), open_=False)


def _button(action: Action, tone: str, name: str = "", value: str = "") -> Button:
    return Button(words=label(action), action=action, tone=tone, name=name, value=value)


# ---- what each asks of the desk


async def perform_joint(action: Action, desk: ServiceDesk, asked: Asked) -> Ticket:
    """Do the one of these acts a form asks for."""
    common = asked.acting
    number, joint = asked.number, desk.joint
    match action:
        case Action.VISIT:
            return await desk.aftercare.visit(number, **common, **_visited(asked))
        case Action.RECEIVE_LETTER:
            return await joint.receive_letter(number, asked.text("letter"), **common)
        case Action.ANSWER_LETTER:
            return await joint.answer_letter(number, asked.text("letter"), text=asked.text("text"), **common)
        case Action.ANSWER_CO_HANDLING:
            return await joint.answer_co_handling(number, asked.unit_id(), text=asked.text("text"), **common)
        case Action.WAIVE_CO_HANDLING:
            return await joint.waive_co_handling(
                number, asked.unit_id(), reason=asked.text("reason"), **common
            )
        case Action.CO_HANDLE:
            return await joint.co_handle(number, [asked.unit_id()], text=asked.text("text"), **common)
        case Action.RELAY:
            return await joint.relay(number, asked.unit_id(), reason=asked.text("reason"), **common)
        case Action.RECALL:
            return await joint.recall(number, reason=asked.text("reason"), **common)
        case Action.URGE_BELOW:
            return await joint.urge_below(number, text=asked.text("text"), **common)
        case _:
            parent = asked.text("parent").upper()
            if not parent:
                raise Incomplete("parent")
            return await desk.links.link(number, parent, reason=asked.text("reason"), **common)


def _visited(asked: Asked) -> dict[str, Any]:
    """Raises ``Incomplete`` for a call without its outcome."""
    outcome, solved, stars = asked.text("outcome"), asked.text("solved"), asked.text("stars")
    if outcome not in set(VisitOutcome):
        raise Incomplete("outcome")
    return {
        "outcome": VisitOutcome(outcome),
        "solved": Solved(solved) if solved in set(Solved) else None,
        "stars": int(stars) if stars in {"1", "2", "3", "4", "5"} else None,
        "comment": asked.text("comment") or None,
    }


JOINT_ACTIONS: frozenset[Action] = frozenset(
    {
        Action.VISIT,
        Action.RECEIVE_LETTER,
        Action.ANSWER_LETTER,
        Action.ANSWER_CO_HANDLING,
        Action.WAIVE_CO_HANDLING,
        Action.CO_HANDLE,
        Action.RELAY,
        Action.RECALL,
        Action.URGE_BELOW,
        Action.LINK,
    }
)
