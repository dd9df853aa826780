"""Which forms a reader is offered on a ticket: what the workflow lets this role do now, in order of need."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.intake import MOST_CHARACTERS
from bot.wording import label
from routing.citizen_request import Secrecy
from routing.events import RejectReason
from routing.ticket import Ticket
from routing.timing.sla import ClockName
from routing.workflow import CENTRE_ROLES, Action, Actor, Role, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One input. ``kind``: text (several lines), line, date, unit, choice, stars."""

    name: str
    words: str
    kind: str = "text"
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()
    required: bool = True
    most: int = MOST_CHARACTERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """``action`` is the last part of the address it sends the form to; ``name`` and ``value`` go with it."""

    words: str
    action: str
    tone: str = "main"
    name: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketForm:
    """One form. ``open`` ones stand on the page, the others fold out."""

    title: str
    note: str = ""
    fields: tuple[Field, ...] = ()
    buttons: tuple[Button, ...]
    open: bool = True
    kept_for: frozenset[str]
    """The actions whose refused text is put back into this form."""
    answers: bool = False
    """Its text goes to the citizen: it is checked before it is sent, and templates and the library stand beside it."""


def form_of(
    action: Action, note: str, fields: tuple[Field, ...], buttons: tuple[Button, ...], *, open_: bool
) -> TicketForm:
    """The form of one act, headed by its name."""
    return TicketForm(
        title=label(action),
        note=note,
        fields=fields,
        buttons=buttons,
        open=open_,
        kept_for=frozenset({str(action)}),
    )


def forms_for(ticket: Ticket, actor: Actor, may: set[Action]) -> tuple[TicketForm, ...]:
    """The forms of what this reader may do now (``may``), the most likely first."""
    # A supervisor may act for a unit, but that is the exception: the unit's forms stay folded.
    own = actor.role is Role.LIAISON
    forms = [*_units_forms(ticket, may, own=own), *_centres_forms(may)]
    if actor.role in CENTRE_ROLES:
        forms.extend(_citizens_forms(ticket, may))
    return tuple(sorted(forms, key=lambda form: not form.open))


def _units_forms(ticket: Ticket, may: set[Action], *, own: bool) -> list[TicketForm]:
    forms = []
    if Action.ACCEPT in may:
        note = "签收后开始办理，签收时限随即停表。"
        forms.append(_form("签收", _button(Action.ACCEPT), note=note, open_=own))
    contact_due = ticket.clock(ClockName.FIRST_CONTACT)
    if Action.CONTACT in may:
        how = "电话联系" if ticket.secrecy is Secrecy.PUBLIC else "请热线中心转达"
        hint = f"什么时候、怎么联系的，市民怎么说。例如：9:40 {how}，市民补充了具体楼号。"
        field = Field(name="text", words="联系情况", hint=hint)
        waiting = contact_due is not None and contact_due.running
        forms.append(_form("先行联系", _button(Action.CONTACT), field, open_=own and waiting))
    if Action.REPLY in may:
        forms.append(_reply_form(ticket, open_=own and ticket.state is State.ACCEPTED))
    if Action.INTERIM_REPLY in may:
        forms.append(_interim_form())
    if Action.RESOLVE in may:
        note = "已经答复市民，事情办完了。办结后请市民评价。"
        forms.append(_form("办结", _button(Action.RESOLVE), note=note, open_=own))
    if Action.REQUEST_RETURN in may:
        forms.append(
            _form(
                "申请退单",
                Button(words="提交退单申请", action=Action.REQUEST_RETURN, tone="quiet"),
                Field(name="reason", words="理由", hint="为什么不该由本单位办理，建议转给谁。"),
                Field(name="basis", words="依据", kind="line", hint="法规、三定方案或权责清单条目", most=500),
                note="每个单位只能退一次，要在退单时限内提出，由热线中心审核。",
                open_=False,
            )
        )
    return forms


def _reply_form(ticket: Ticket, *, open_: bool) -> TicketForm:
    again = ticket.state is State.REPLIED
    field = Field(
        name="text",
        words="答复内容",
        hint="市民会原样看到。说清楚：查到什么、怎么办的、依据是什么、还不满意找谁。",
    )
    both = Button(words="答复并办结", action=Action.RESOLVE)
    only = Button(words="只答复，暂不办结", action=Action.REPLY, tone="quiet")
    return TicketForm(
        title="再次答复" if again else "答复",
        fields=(field,),
        buttons=(both, only),
        open=open_,
        kept_for=frozenset({Action.REPLY, Action.RESOLVE}),
        answers=True,
    )


def _interim_form() -> TicketForm:
    field = Field(
        name="text",
        words="办到哪一步了",
        hint="市民会原样看到。写明已经做了什么、下一步做什么、还要等什么。",
    )
    button = Button(words="告知市民，继续办理", action=Action.INTERIM_REPLY, tone="quiet")
    note = "一时办不完的，先把进展告诉市民。不算正式答复，答复期限和先行联系照旧；一天最多两次。"
    form = _form(label(Action.INTERIM_REPLY), button, field, note=note, open_=False)
    return replace(form, answers=True)


def _centres_forms(may: set[Action]) -> list[TicketForm]:
    unit = Field(name="unit_id", words="承办单位", kind="unit")
    forms = []
    if Action.DECIDE_RETURN in may:
        yes = Button(words="同意退单", action=Action.DECIDE_RETURN, name="approved", value="yes")
        no = Button(
            words="不同意，由原单位办理",
            action=Action.DECIDE_RETURN,
            name="approved",
            value="no",
            tone="quiet",
        )
        forms.append(_form("审核退单", yes, Field(name="reason", words="审核意见"), more=(no,)))
    if Action.DISPATCH in may:
        reason = Field(name="reason", words="派单说明", kind="line", required=False, most=500)
        forms.append(_form("派给其他单位", _button(Action.DISPATCH), unit, reason))
    if Action.TRANSFER in may:
        reason = Field(name="reason", words="改派理由", kind="line", most=500)
        note = "新单位重新签收；给市民承诺的日期不变。"
        button = Button(words="改派", action=Action.TRANSFER, tone="quiet")
        forms.append(_form("改派", button, unit, reason, note=note, open_=False))
    if Action.ANSWER_DIRECTLY in may:
        field = Field(name="text", words="答复内容", hint="不用派单就能答复的，直接告诉市民。")
        form = _form("直接答复办结", _button(Action.ANSWER_DIRECTLY), field, open_=False)
        forms.append(replace(form, answers=True))
    if Action.REJECT in may:
        forms.append(
            _form(
                "不予受理",
                Button(words="不予受理", action=Action.REJECT, tone="danger"),
                Field(
                    name="ground",
                    words="情形",
                    kind="choice",
                    options=tuple((kind.value, label(kind)) for kind in RejectReason),
                    required=False,
                ),
                Field(name="reason", words="向市民说明", hint="市民会看到。请告诉他可以找谁。"),
                open_=False,
            )
        )
    return forms


def _citizens_forms(ticket: Ticket, may: set[Action]) -> list[TicketForm]:
    """What the centre writes down for a citizen on the telephone."""
    texts = (
        (Action.SUPPLEMENT, "text", "市民补充的内容", True),
        (Action.REMIND, "text", "市民怎么说", False),
        (Action.WITHDRAW, "reason", "撤单原因", True),
        (Action.REOPEN, "reason", "为什么要重办", True),
    )
    forms = [
        _form(
            f"代市民{label(action)}",
            Button(words=label(action), action=action, tone="quiet"),
            Field(name=name, words=words, required=required),
            open_=False,
        )
        for action, name, words, required in texts
        if action in may
    ]
    if Action.RATE in may:
        forms.append(
            _form(
                "登记回访评价",
                Button(words="登记评价", action=Action.RATE, tone="quiet"),
                Field(name="stars", words="市民的评价", kind="stars"),
                Field(name="comment", words="市民的原话", kind="line", required=False, most=500),
                open_=False,
            )
        )
    return forms


def _button(action: Action) -> Button:
    return Button(words=label(action), action=action)


def _form(
    title: str,
    button: Button,
    *fields: Field,
    note: str = "",
    open_: bool = True,
    more: tuple[Button, ...] = (),
) -> TicketForm:
    return TicketForm(
        title=title,
        note=note,
        fields=fields,
        buttons=(button, *more),
        open=open_,
        kept_for=frozenset({button.action}),
    )
