"""五级联动: a level passes work down to the next; it stays responsible, and each level has its own clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from routing.acts import handing, leavings, letters, limits, reviews
from routing.acts.co_handling import becomes_lead
from routing.acts.limits import UNITS_OWN
from routing.departments import UnitId
from routing.errors import AlreadyThere, Incomplete, NothingToDo, TooOften
from routing.events import EventKind
from routing.timing.sla import ClockName, Profile
from routing.workflow import Action, Actor

if TYPE_CHECKING:
    from routing.ticket import Ticket


def above(ticket: Ticket) -> UnitId | None:
    """The level that passed the ticket down last: it may call it back, or urge."""
    return ticket.relayed_by[-1] if ticket.relayed_by else None


def recall(ticket: Ticket, *, profile: Profile, actor: Actor, now: datetime, reason: str) -> None:
    """收回: the level above does it itself. What the level below let pass stays its own; the citizen's date goes on."""
    state = ticket.enter(Action.RECALL, actor)
    if not reason.strip():
        raise Incomplete("reason")
    reviews.require_no_return(ticket)
    unit_id, below = above(ticket), ticket.unit_id
    if unit_id is None or below is None:
        raise NothingToDo(Action.RECALL)
    standing = leavings.standing(ticket)
    ticket.state = state
    reviews.drop_units(ticket, now)
    ticket.relayed_by = ticket.relayed_by[:-1]
    ticket.unit_id = unit_id
    becomes_lead(ticket, unit_id, now)
    letters.release(ticket, now, keep=unit_id)
    limits.cancel(ticket, UNITS_OWN, now)
    limits.cancel(ticket, (ClockName.RELAY,), now, subject=below)
    limits.start(ticket, profile, ClockName.FIRST_CONTACT, at=now, unit_id=unit_id)
    handing.owe_children(ticket, now)
    ticket.record(EventKind.RECALLED, actor, now, unit_id=unit_id, from_unit_id=below, text=reason.strip())
    leavings.tell(ticket, standing, now=now, why="工单已被上级收回")


def urge_below(ticket: Ticket, *, actor: Actor, now: datetime, text: str) -> None:
    """催促下级: once a day, and apart from what the citizen may urge."""
    ticket.enter(Action.URGE_BELOW, actor)
    if not text.strip():
        raise Incomplete("text")
    upper = above(ticket)
    if upper is None:
        raise NothingToDo(Action.URGE_BELOW)
    since = now - timedelta(days=1)
    if any(
        e.kind is EventKind.URGED_BELOW and e.at > since and e.from_unit_id == upper for e in ticket.events
    ):
        raise TooOften(Action.URGE_BELOW, 1)
    ticket.record(
        EventKind.URGED_BELOW, actor, now, unit_id=ticket.unit_id, from_unit_id=upper, text=text.strip()
    )


def relay(
    ticket: Ticket, unit_id: UnitId, *, profile: Profile, actor: Actor, now: datetime, reason: str
) -> None:
    """Hand the work to a unit below. The citizen's date stays with the unit that answers for it above."""
    state = ticket.enter(Action.RELAY, actor)
    if not reason.strip():
        raise Incomplete("reason")
    reviews.require_no_return(ticket)
    before = ticket.unit_id
    assert before is not None
    if unit_id in (before, *ticket.relayed_by):
        raise AlreadyThere(unit_id)
    standing = leavings.standing(ticket)
    ticket.state = state
    reviews.drop_units(ticket, now)
    ticket.relayed_by = (*ticket.relayed_by, before)
    ticket.unit_id = unit_id
    becomes_lead(ticket, unit_id, now)
    limits.cancel(ticket, UNITS_OWN, now)
    for name in UNITS_OWN:
        limits.start(ticket, profile, name, at=now, unit_id=unit_id)
    limits.start(
        ticket, profile, ClockName.RELAY, at=now, unit_id=unit_id, subject=unit_id, before_the_citizens=True
    )
    handing.owe_children(ticket, now)
    ticket.record(EventKind.RELAYED, actor, now, unit_id=unit_id, from_unit_id=before, text=reason.strip())
    leavings.tell(ticket, standing, now=now, why="工单已向下转办")
