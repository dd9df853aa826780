"""退单: one return per unit, decided by the centre; the second dispute goes to a supervisor, then to the fallback unit."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from routing.acts import handing, leavings, limits, pauses, reviews
from routing.acts.limits import UNITS_OWN
from routing.acts.reviews import ReviewKind
from routing.departments import UnitId
from routing.errors import (
    ActionNotAllowed,
    CannotReturn,
    Incomplete,
    NotYourRole,
    UsedUp,
    WindowClosed,
)
from routing.events import EventKind, Fault
from routing.timing.sla import ClockName, Profile
from routing.workflow import Action, Actor, Role, State

if TYPE_CHECKING:
    from routing.ticket import Ticket


def request_return(
    ticket: Ticket,
    *,
    profile: Profile,
    actor: Actor,
    now: datetime,
    reason: str,
    basis: str,
    fallback: UnitId | None = None,
) -> None:
    """退单申请: within its window, with reason and basis. A ticket disputed before goes to arbitration at once."""
    _said(reason, basis)
    pauses.require_nothing_waits(ticket)
    ticket.enter(Action.REQUEST_RETURN, actor)
    unit_id = _disputable(ticket, fallback)
    if any(e.kind is EventKind.RELAYED and e.from_unit_id == unit_id for e in ticket.events):
        # Who passed it down took it on; calling it back does not open the window again.
        raise WindowClosed(Action.REQUEST_RETURN)
    if ticket.returned_by.count(unit_id) >= profile.returns_per_unit:
        raise UsedUp(Action.REQUEST_RETURN, profile.returns_per_unit)
    _within_window(ticket, profile, Action.REQUEST_RETURN, since=ticket.handed_at, now=now)
    _ask(ticket, profile, actor, now, reason, basis, arbitration=bool(ticket.returned_by))


def arbitrate(
    ticket: Ticket,
    *,
    profile: Profile,
    actor: Actor,
    now: datetime,
    reason: str,
    basis: str,
    fallback: UnitId | None = None,
) -> None:
    """申请仲裁: the unit whose return was refused disputes once more, and a supervisor decides."""
    _said(reason, basis)
    pauses.require_nothing_waits(ticket)
    ticket.enter(Action.ARBITRATE, actor)
    unit_id = _disputable(ticket, fallback)
    refused = [e for e in ticket.events if e.kind is EventKind.RETURN_REFUSED and e.unit_id == unit_id]
    if not refused:
        raise ActionNotAllowed(Action.ARBITRATE, ticket.state)
    if any(e.arbitration for e in refused):
        raise UsedUp(Action.ARBITRATE, 1)
    _within_window(ticket, profile, Action.ARBITRATE, since=refused[-1].at, now=now)
    _ask(ticket, profile, actor, now, reason, basis, arbitration=True)


def decide_return(
    ticket: Ticket,
    *,
    approved: bool,
    profile: Profile,
    actor: Actor,
    now: datetime,
    reason: str,
    fallback: UnitId | None = None,
) -> None:
    """Approved (误派): back to the dispatcher, or after arbitration to the fallback unit. Refused (无理退单): the
    unit handles the ticket, and its limits go on from where they stood."""
    if not reason.strip():
        raise Incomplete("reason")
    ticket.enter(Action.DECIDE_RETURN, actor)
    review = reviews.decided(ticket, ReviewKind.RETURN, Action.DECIDE_RETURN, actor)
    if review.arbitration and actor.role is not Role.SUPERVISOR:
        raise NotYourRole(Action.DECIDE_RETURN, actor.role)
    standing = leavings.standing(ticket)
    settle(ticket, approved=approved, actor=actor, now=now, reason=reason.strip())
    if not approved:
        pauses.go_on_with(ticket, UNITS_OWN, profile=profile, at=now)
        limits.start_again(ticket, profile, UNITS_OWN, review.asked_at, now=now)
    elif review.arbitration and fallback is not None:
        before = ticket.unit_id
        ticket.state = State.DISPATCHED
        handing.hand_to(ticket, fallback, profile=profile, now=now)
        ticket.record(
            EventKind.TRANSFERRED,
            actor,
            now,
            unit_id=fallback,
            from_unit_id=before,
            text=reason.strip(),
            arbitration=True,
        )
        leavings.tell(ticket, standing, now=now, why="工单已改派")
    else:
        ticket.state = State.RECEIVED
        handing.take_from_unit(ticket, profile=profile, now=now)
        leavings.tell(ticket, standing, now=now, why="工单已退回")


def settle(ticket: Ticket, *, approved: bool, actor: Actor, now: datetime, reason: str) -> None:
    """Write the decision down; a transfer while a return waits decides it too, so that no figure loses it."""
    review = reviews.decided(ticket, ReviewKind.RETURN, Action.DECIDE_RETURN, actor)
    reviews.settle(ticket, ReviewKind.RETURN, now)
    if review.unit_id not in ticket.returned_by or not review.arbitration:
        ticket.returned_by = (*ticket.returned_by, review.unit_id)
    ticket.record(
        EventKind.RETURN_APPROVED if approved else EventKind.RETURN_REFUSED,
        actor,
        now,
        unit_id=review.unit_id,
        text=reason,
        fault=Fault.MISDISPATCHED if approved else Fault.UNREASONABLE,
        arbitration=review.arbitration,
    )


def _ask(
    ticket: Ticket,
    profile: Profile,
    actor: Actor,
    now: datetime,
    reason: str,
    basis: str,
    *,
    arbitration: bool,
) -> None:
    reviews.ask(
        ticket,
        ReviewKind.RETURN,
        actor,
        now,
        profile=profile,
        reason=reason.strip(),
        basis=basis.strip(),
        arbitration=arbitration,
    )
    # The unit cannot act while the centre decides, so its own limits must not run meanwhile.
    limits.pause(ticket, UNITS_OWN, now)
    ticket.record(
        EventKind.RETURN_REQUESTED,
        actor,
        now,
        unit_id=ticket.unit_id,
        text=reason.strip(),
        basis=basis.strip(),
        arbitration=arbitration,
    )


def _said(reason: str, basis: str) -> None:
    for name, value in (("reason", reason), ("basis", basis)):
        if not value.strip():
            raise Incomplete(name)


def _disputable(ticket: Ticket, fallback: UnitId | None) -> UnitId:
    assert ticket.unit_id is not None
    if ticket.unit_id == fallback:
        raise CannotReturn(ticket.unit_id)
    return ticket.unit_id


def _within_window(
    ticket: Ticket, profile: Profile, action: Action, *, since: datetime, now: datetime
) -> None:
    window = limits.promised(ticket, profile, ClockName.RETURN_WINDOW, at=since, unit_id=ticket.unit_id)
    if window is not None and now > window.due_at:
        raise WindowClosed(action)
