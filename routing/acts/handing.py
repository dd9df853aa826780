"""Who has the ticket: given to a unit, taken back, closed, ended; and whether its linked tickets must hear of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from routing.acts import co_handling, letters, limits, reviews, visits
from routing.acts.limits import UNITS_OWN
from routing.acts.reviews import HELD_BY_THE_UNIT
from routing.departments import UnitId
from routing.timing.sla import ClockName, Profile

if TYPE_CHECKING:
    from routing.ticket import Ticket


def hand_to(ticket: Ticket, unit_id: UnitId, *, profile: Profile, now: datetime) -> None:
    """Give the ticket to a unit: its own limits begin, the citizen's date goes on."""
    ticket.unit_id = unit_id
    ticket.first_unit_id = ticket.first_unit_id or unit_id
    co_handling.becomes_lead(ticket, unit_id, now)
    letters.release(ticket, now, keep=unit_id)
    ticket.relayed_by = ()
    reviews.drop_units(ticket, now)
    limits.stop(ticket, (ClockName.ACCEPTANCE, ClockName.DISPATCH), now)
    limits.cancel(ticket, (*UNITS_OWN, ClockName.RELAY), now)
    limits.start(ticket, profile, ClockName.SIGN_IN, at=now, unit_id=unit_id)
    limits.start(ticket, profile, ClockName.FIRST_CONTACT, at=now, unit_id=unit_id)
    limits.charge(ticket, unit_id, now)
    owe_children(ticket, now)


def take_from_unit(ticket: Ticket, *, profile: Profile, now: datetime) -> None:
    """Back to the dispatcher, whose limit starts anew; the citizen's date is the centre's again."""
    ticket.unit_id = None
    ticket.relayed_by = ()
    co_handling.release_all(ticket, now, why="主办单位已退单")
    letters.release(ticket, now)
    reviews.drop_units(ticket, now)
    limits.cancel(ticket, (*UNITS_OWN, ClockName.RELAY), now)
    limits.charge(ticket, None, now)
    limits.start(ticket, profile, ClockName.DISPATCH, at=now, unit_id=None)
    owe_children(ticket, now)


def close(ticket: Ticket, now: datetime, *, profile: Profile | None) -> None:
    """Closing answers every limit still open: what was due before is missed, the rest is kept. First contact
    counts only with its proof and a letter only with its answer: without, they merely no longer apply."""
    ticket.resolved_at = now
    reviews.drop(ticket, HELD_BY_THE_UNIT, now)
    limits.cancel(ticket, (ClockName.FIRST_CONTACT, ClockName.SUPERVISION_ANSWER), now)
    ticket.clocks = tuple(
        c.stop(now) if c.running and c.name is not ClockName.APPEAL else c for c in ticket.clocks
    )
    if profile is not None:
        visits.start_visit_clock(ticket, profile=profile, now=now)
    owe_children(ticket, now)


def end(ticket: Ticket, now: datetime) -> None:
    """Withdrawn or rejected: nothing is asked of anybody any more, and the children go their own ways."""
    reviews.drop(ticket, None, now)
    co_handling.release_all(ticket, now, why="工单已结束")
    letters.release(ticket, now)
    limits.cancel_all(ticket, now)
    ticket.link_pending = False
    ticket.linked_at = None
    owe_children(ticket, now)


def owe_children(ticket: Ticket, now: datetime) -> None:
    """Its linked tickets must hear: it ended, or another unit has it."""
    if ticket.children:
        ticket.children_owed, ticket.owed_since = ticket.children, now
