"""Who is told of what, and in which words. Pure: the worker delivers, the ticket's outbox remembers."""

from __future__ import annotations

from bot import wording
from routing.citizen_request import Channel
from routing.departments import Units
from routing.events import Audience, Event, EventKind, NoticeChannel, PlannedNotice
from routing.ticket import Ticket
from routing.workflow import Role

_TO_CITIZEN = PlannedNotice(Audience.CITIZEN, NoticeChannel.WECHAT)
_TO_UNIT = PlannedNotice(Audience.UNIT, NoticeChannel.CONSOLE)
_TO_CENTRE = PlannedNotice(Audience.CENTRE, NoticeChannel.CONSOLE)

_UNIT_HEARS_OF = frozenset(
    {
        EventKind.DISPATCHED,
        EventKind.TRANSFERRED,
        EventKind.RETURN_REFUSED,
        EventKind.SUPPLEMENTED,
        EventKind.REMINDED,
        EventKind.RATED,
        EventKind.REOPENED,
        EventKind.WITHDRAWN,
        EventKind.AT_RISK,
        EventKind.OVERDUE,
    }
)
_CENTRE_HEARS_OF = frozenset({EventKind.LEFT_TO_A_PERSON, EventKind.RETURN_REQUESTED, EventKind.OVERDUE})
_CITIZEN_HEARS_OF = frozenset(
    {EventKind.TRANSFERRED, EventKind.REPLIED, EventKind.RESOLVED, EventKind.REJECTED, EventKind.REOPENED}
)


def plan(ticket: Ticket, event: Event) -> tuple[PlannedNotice, ...]:
    """Everybody who must hear of ``event``."""
    planned: list[PlannedNotice] = []
    if ticket.channel is Channel.WECHAT and _concerns_citizen(ticket, event):
        planned.append(_TO_CITIZEN)
    unit_id = event.unit_id
    if unit_id is not None and event.kind in _UNIT_HEARS_OF:
        planned.append(_TO_UNIT)
    if event.kind in _CENTRE_HEARS_OF or (unit_id is None and event.kind is EventKind.AT_RISK):
        planned.append(_TO_CENTRE)
    return tuple(planned)


def _concerns_citizen(ticket: Ticket, event: Event) -> bool:
    if event.kind is EventKind.DISPATCHED:
        # What triage dispatched at once was said in the reply to the filing itself.
        return event.by.role is not Role.SYSTEM
    if event.kind is EventKind.REPLIED:
        # Answered and closed in one act is one message, not two.
        following = ticket.events[event.seq : event.seq + 1]
        return not (following and following[0].kind is EventKind.RESOLVED)
    if event.kind is EventKind.REOPENED:
        # A citizen who asked for it in the chat was answered there.
        return event.by.role is not Role.CITIZEN
    return event.kind in _CITIZEN_HEARS_OF


def render(ticket: Ticket, event: Event, audience: Audience, *, units: Units) -> str:
    """The words of one notice, from the ticket as it stands at delivery."""
    if audience is Audience.CITIZEN:
        return wording.notice_to_citizen(ticket, event, units=units)
    return wording.notice_to_official(ticket, event, units=units)
