"""What the follow-up desk asks of a closed ticket, written on its document: until when, from when on, and whom first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from routing.acts.visits import HOURS_BETWEEN_TRIES, SATISFIED_FROM
from routing.ticket import Ticket
from routing.timing.sla import ClockName

DUE_AT, FROM, BAD = "visit_due_at", "visit_from", "visit_bad"
DERIVED = (DUE_AT, FROM, BAD)


def marks_of(ticket: Ticket) -> dict[str, Any]:
    """The derived fields of a ticket's document; none while nobody is to be called.

    ``FROM``: the visit's clock has begun and the last try is hours ago. ``BAD`` stands only on what was rated badly.
    """
    due_at, clock = ticket.visit_due_at, ticket.clock(ClockName.FOLLOW_UP_VISIT)
    if due_at is None or clock is None:
        return {}
    tried = [visit.at + timedelta(hours=HOURS_BETWEEN_TRIES) for visit in ticket.visits]
    marks: dict[str, Any] = {DUE_AT: due_at, FROM: max([clock.started_at, *tried])}
    rating = ticket.rating
    if rating is not None and (rating.stars < SATISFIED_FROM or rating.resolved is False):
        marks[BAD] = True
    return marks
