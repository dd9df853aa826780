"""五级联动: a level passes work down to the next; it stays responsible, and each level has its own clock."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from routing.acts import leavings
from routing.acts.co_handling import becomes_lead
from routing.acts.returns import UNITS_OWN
from routing.departments import UnitId
from routing.errors import AlreadyThere, Incomplete
from routing.events import EventKind
from routing.timing.sla import ClockName, Profile
from routing.workflow import Action, Actor

if TYPE_CHECKING:
    from routing.ticket import Ticket


def relay(
    ticket: Ticket, unit_id: UnitId, *, profile: Profile, actor: Actor, now: datetime, reason: str
) -> None:
    """Hand the work to a unit below. The citizen's date stays with the unit that answers for it above."""
    state = ticket.enter(Action.RELAY, actor)
    if not reason.strip():
        raise Incomplete("reason")
    ticket.require_no_return()
    before = ticket.unit_id
    assert before is not None
    if unit_id in (before, *ticket.relayed_by):
        raise AlreadyThere(unit_id)
    standing = leavings.standing(ticket)
    ticket.state = state
    ticket.drop_unit_reviews()
    ticket.relayed_by = (*ticket.relayed_by, before)
    ticket.unit_id = unit_id
    becomes_lead(ticket, unit_id, now)
    ticket.cancel_clocks(UNITS_OWN, now)
    for name in UNITS_OWN:
        ticket.start_clock(profile, name, at=now, unit_id=unit_id)
    ticket.start_clock(
        profile, ClockName.RELAY, at=now, unit_id=unit_id, subject=unit_id, before_the_citizens=True
    )
    ticket.owe_children(now)
    ticket.record(EventKind.RELAYED, actor, now, unit_id=unit_id, from_unit_id=before, text=reason.strip())
    leavings.tell(ticket, standing, now=now, why="工单已向下转办")
