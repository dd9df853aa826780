"""Who is told of what, and in which words. Pure: the worker delivers, the ticket's outbox remembers."""

from __future__ import annotations

from datetime import timedelta

from bot.hotline.platform_events import concerns_platform
from bot.notice_wording import notice_to_citizen, notice_to_official
from routing.acts.outbox import CANNOT_WAIT, WORTH_A_CALL
from routing.acts.visits import is_bad
from routing.citizen_request import Channel, Secrecy
from routing.departments import UnitId, Units
from routing.events import Audience, Event, EventKind, NoticeChannel, PlannedNotice, Register
from routing.redaction import redact
from routing.ticket import Ticket
from routing.timing.sla import ClockName
from routing.workflow import Role

_TO_CITIZEN = PlannedNotice(Audience.CITIZEN, NoticeChannel.WECHAT)
_BY_TELEPHONE = PlannedNotice(Audience.CITIZEN, NoticeChannel.TELEPHONE)
_TO_UNIT = PlannedNotice(Audience.UNIT, NoticeChannel.CONSOLE)
_TO_CENTRE = PlannedNotice(Audience.CENTRE, NoticeChannel.CONSOLE)
_TO_PLATFORM = PlannedNotice(Audience.PLATFORM, NoticeChannel.CALLBACK)

_UNIT_HEARS_OF = frozenset(
    {
        EventKind.DISPATCHED,
        EventKind.TRANSFERRED,
        EventKind.RELAYED,
        EventKind.RECALLED,
        EventKind.URGED_BELOW,
        EventKind.RETURN_REFUSED,
        EventKind.SUPPLEMENTED,
        EventKind.REMINDED,
        EventKind.RATED,
        EventKind.REOPENED,
        EventKind.WITHDRAWN,
        EventKind.AT_RISK,
        EventKind.OVERDUE,
        EventKind.ALARM_RAISED,
        EventKind.NUDGED,
        EventKind.REPLY_SENT_BACK,
        EventKind.EXTENSION_GRANTED,
        EventKind.EXTENSION_REFUSED,
        EventKind.SUSPENSION_GRANTED,
        EventKind.SUSPENSION_REFUSED,
        EventKind.MATERIAL_RECEIVED,
        EventKind.RESUMED,
        EventKind.REPLANNED,
        EventKind.CO_HANDLING_ASKED,
        EventKind.CO_HANDLING_ANSWERED,
        EventKind.CO_HANDLING_WAIVED,
        EventKind.LETTER_SENT,
        EventKind.LINKED,
        EventKind.EMERGENCY_MARKED,
        EventKind.EXCLUSION_UPHELD,
        EventKind.EXCLUSION_DISMISSED,
        EventKind.CORRECTION_RECEIVED,
    }
)
_CENTRE_HEARS_OF = frozenset(
    {
        EventKind.LEFT_TO_A_PERSON,
        EventKind.RETURN_REQUESTED,
        EventKind.OVERDUE,
        EventKind.ALARM_RAISED,
        EventKind.REPLY_SUBMITTED,
        EventKind.EXTENSION_REQUESTED,
        EventKind.SUSPENSION_REQUESTED,
        EventKind.EXCLUSION_REQUESTED,
        EventKind.LETTER_RECEIVED,
        EventKind.LETTER_ANSWERED,
        EventKind.UNLINKED,
    }
)
_CITIZEN_HEARS_OF = frozenset(
    {
        EventKind.TRANSFERRED,
        EventKind.RELAYED,
        EventKind.RECALLED,
        EventKind.REPLIED,
        EventKind.INTERIM_REPLIED,
        EventKind.RESOLVED,
        EventKind.REJECTED,
        EventKind.REOPENED,
        EventKind.EXTENSION_GRANTED,
        EventKind.SUSPENSION_GRANTED,
        EventKind.MATERIAL_REQUESTED,
        EventKind.THIRD_PARTY_ASKED,
        EventKind.RESUMED,
        EventKind.LINKED,
        EventKind.UNLINKED,
        EventKind.ANSWERED_WITH_PARENT,
        EventKind.EMERGENCY_MARKED,
        EventKind.CORRECTION_REQUESTED,
        EventKind.CORRECTION_RECEIVED,
        EventKind.THIRD_PARTY_HEARD,
        EventKind.RESEND_ASKED,
    }
)
_SOMEBODY_HEARS_OF = frozenset({EventKind.SUPPLEMENTED, EventKind.REMINDED})
"""What the citizen says while no unit has the ticket, as long as it waits or is linked."""
_DATES = (ClockName.REPLY, ClockName.REWORK)
_FRESH = timedelta(days=1)
"""Whoever asked longer ago has had their receipt where they asked: such tickets are brought in by the list."""


def plan(
    ticket: Ticket, event: Event, *, by_sms: bool = False, by_callback: bool = False
) -> tuple[PlannedNotice, ...]:
    """Everybody who must hear of ``event``. ``by_sms``: there is a gateway for those without WeChat; ``by_callback``:
    the platform above hears of the tickets its program filed."""
    planned = list(_to_citizen(ticket, event, by_sms=by_sms))
    if by_callback and concerns_platform(ticket, event):
        planned.append(_TO_PLATFORM)
    unit_id = event.unit_id
    if _visit_nobody_misses(ticket, event):
        return tuple(planned)
    if unit_id is not None and event.kind in _UNIT_HEARS_OF:
        planned.append(_TO_UNIT)
    if (
        event.kind in _CENTRE_HEARS_OF
        or (unit_id is None and event.kind is EventKind.AT_RISK)
        or (event.kind is EventKind.RATED and is_bad(event))
        or (unit_id is None and event.kind in _SOMEBODY_HEARS_OF)
    ):
        planned.append(_TO_CENTRE)
    return tuple(planned)


def _to_citizen(ticket: Ticket, event: Event, *, by_sms: bool) -> tuple[PlannedNotice, ...]:
    """Without WeChat a text message goes first, where there is a gateway: who has no number for it is rung as ever.
    What is asked of them they are asked by a person."""
    if by_sms and _needs_receipt(ticket, event):
        return (_TO_CITIZEN,)
    if not _concerns_citizen(ticket, event):
        return ()
    if ticket.channel is Channel.WECHAT:
        return (_TO_CITIZEN,)
    if _said_in_person(ticket, event):
        return ()
    if by_sms and event.kind not in CANNOT_WAIT:
        return (_TO_CITIZEN,)
    return (_BY_TELEPHONE,) if event.kind in WORTH_A_CALL else ()


def _needs_receipt(ticket: Ticket, event: Event) -> bool:
    """The number and the query code in writing, for whoever only heard them; not of what was answered at once, and not
    of a 保密 or 匿名 ticket, whose code no text message carries."""
    return (
        event.kind is EventKind.REGISTERED
        and ticket.channel is not Channel.WECHAT
        and ticket.secrecy is Secrecy.PUBLIC
        and event.at - ticket.received_at <= _FRESH
        and not any(e.kind is EventKind.RESOLVED and e.at == event.at for e in ticket.events)
    )


def _visit_nobody_misses(ticket: Ticket, event: Event) -> bool:
    """Every closed ticket may owe a visit: those limits are worked off from the list, not told one by one. Where
    the citizen was not satisfied, somebody must hear of it."""
    if event.clock is not ClockName.FOLLOW_UP_VISIT:
        return False
    return ticket.rating is None or ticket.rating.good


def _said_in_person(ticket: Ticket, event: Event) -> bool:
    """Who takes a withdrawal on the telephone has the citizen on the line, and so has who answers while registering."""
    if event.kind is EventKind.WITHDRAWN:
        return event.by.role is Role.OPERATOR
    first, door = ticket.events[0], ticket.channel
    at_once = event.at == first.at and event.by == first.by and event.by.role is not Role.SYSTEM
    return event.kind is EventKind.RESOLVED and at_once and door in (Channel.HOTLINE, Channel.WALK_IN)


def _concerns_citizen(ticket: Ticket, event: Event) -> bool:
    if event.kind is EventKind.DISPATCHED:
        # What triage dispatched at once was said in the reply to the filing itself.
        return event.by.role is not Role.SYSTEM
    if event.kind is EventKind.REPLIED:
        # Answered and closed in one act is one message, not two.
        following = ticket.events[event.seq : event.seq + 1]
        return not (following and following[0].kind is EventKind.RESOLVED)
    if event.kind is EventKind.REPLANNED:
        # Other limits are the offices' own.
        return event.clock in _DATES
    if event.kind is EventKind.LINKED:
        # Their matter goes where its parent goes; that is said once, with the reason it was linked for.
        return event.text is not None
    if event.kind is EventKind.ENTERED:
        # The other two registers are the offices' own.
        return event.register is Register.ENTRY
    if event.kind in (EventKind.REOPENED, EventKind.WITHDRAWN, EventKind.MATERIAL_RECEIVED):
        # A citizen who asked for it in the chat was answered there.
        return event.by.role is not Role.CITIZEN
    return event.kind in _CITIZEN_HEARS_OF


def render(ticket: Ticket, event: Event, audience: Audience, *, units: Units) -> str:
    """The words of one notice, from the ticket as it stands at delivery."""
    if audience is Audience.CITIZEN:
        return notice_to_citizen(ticket, event, units=units)
    return notice_to_official(ticket, event, units=units)


def render_call(ticket: Ticket, event: Event, *, units: Units) -> str:
    """The words for a citizen without WeChat, for whoever rings them; free text is redacted."""
    words = redact(notice_to_citizen(ticket, event, units=units, by_phone=True))
    return f"请电话告知市民：{words}"


def caller(ticket: Ticket, event: Event) -> UnitId | None:
    """Who rings: the unit that answered, where it may know whose matter it is; else the centre."""
    answered = event.kind in (EventKind.REPLIED, EventKind.INTERIM_REPLIED, EventKind.RESOLVED)
    # What was said of another ticket is passed on by the centre, like its answer.
    answered = answered and event.ticket is None
    return event.unit_id if answered and ticket.secrecy is Secrecy.PUBLIC else None


def addressee(event: Event) -> UnitId | None:
    """The unit a notice to a unit goes to: a co-handler's answer concerns the lead, and who
    called a ticket back knows of it."""
    back = (EventKind.CO_HANDLING_ANSWERED, EventKind.RECALLED)
    return event.from_unit_id if event.kind in back else event.unit_id
