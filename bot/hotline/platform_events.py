"""Of which events the hotline platform hears."""

from __future__ import annotations

from bot.intake import DESK_NUMBER
from routing.acts.limits import CITIZENS_DATE
from routing.citizen_request import Channel
from routing.events import Event, EventKind
from routing.ticket import Ticket

SAID_TO_THE_CITIZEN = frozenset(
    {
        EventKind.REPLIED,
        EventKind.INTERIM_REPLIED,
        EventKind.ANSWERED_WITH_PARENT,
        EventKind.REJECTED,
        EventKind.EXTENSION_GRANTED,
        EventKind.MATERIAL_REQUESTED,
        EventKind.CORRECTION_REQUESTED,
    }
)
"""What was written for the citizen to read; every other word stays in the house."""
_STATUS = frozenset(
    {
        EventKind.DISPATCHED,
        EventKind.TRANSFERRED,
        EventKind.ACCEPTED,
        EventKind.CONTACTED,
        EventKind.RETURN_APPROVED,
        EventKind.RELAYED,
        EventKind.RECALLED,
        EventKind.SUSPENSION_GRANTED,
        EventKind.RESUMED,
        EventKind.MATERIAL_RECEIVED,
        EventKind.CORRECTION_RECEIVED,
        EventKind.REPLANNED,
        EventKind.LINKED,
        EventKind.UNLINKED,
        EventKind.EMERGENCY_MARKED,
        EventKind.DISCLOSURE_DECIDED,
        EventKind.RESOLVED,
        EventKind.RATED,
        EventKind.REOPENED,
        EventKind.WITHDRAWN,
        EventKind.ARCHIVED,
    }
)
TOLD = _STATUS | SAID_TO_THE_CITIZEN


def concerns_platform(ticket: Ticket, event: Event) -> bool:
    """Whether the platform hears of it: its own program filed the ticket, under a number it knows."""
    if event.kind is EventKind.REPLANNED and event.clock not in CITIZENS_DATE:
        return False
    return (
        event.kind in TOLD
        and ticket.channel is not Channel.WECHAT
        and not ticket.external_number.startswith(DESK_NUMBER)
    )
