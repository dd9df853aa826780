"""重办: the work begins anew, under a limit of its own."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from routing.acts import limits
from routing.events import EventKind
from routing.timing.sla import ClockName, Profile
from routing.workflow import Actor, State

if TYPE_CHECKING:
    from routing.ticket import Ticket


def begin(ticket: Ticket, *, profile: Profile, actor: Actor, now: datetime, reason: str) -> None:
    """Rectification after a bad rating, a bad visit or a reopening."""
    limits.cancel(ticket, (ClockName.FOLLOW_UP_VISIT,), now)
    ticket.rating = None
    ticket.resolved_at = None
    ticket.put_away_at = None
    if ticket.unit_id is None:
        # The centre answered it itself: this time somebody must find a unit.
        ticket.state = State.RECEIVED
        limits.start(ticket, profile, ClockName.DISPATCH, at=now, unit_id=None)
    else:
        ticket.state = State.DISPATCHED
        limits.start(ticket, profile, ClockName.SIGN_IN, at=now, unit_id=ticket.unit_id)
    limits.start(ticket, profile, ClockName.REWORK, at=now, unit_id=ticket.responsible_unit_id)
    ticket.record(EventKind.REOPENED, actor, now, unit_id=ticket.unit_id, text=reason)
