"""Standing still and going on: 挂账 with a review date, waiting for material, asking a third party."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from routing.acts import extensions, limits, reviews
from routing.acts.limits import NEVER_PAUSED
from routing.acts.reviews import ReviewKind
from routing.clocks import Clock
from routing.errors import (
    Incomplete,
    NothingToDo,
    NotProvided,
    NotYourRole,
    OutOfRange,
    ReviewPending,
    UsedUp,
)
from routing.events import EventKind
from routing.timing.sla import ClockName, PauseReason, Profile, Promise, calendar_named_in
from routing.workflow import SYSTEM, Action, Actor, Role

if TYPE_CHECKING:
    from routing.ticket import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Why a ticket's clocks stand still, since when, and when somebody must look again (None: no end is set)."""

    reason: PauseReason
    since: datetime
    until: datetime | None
    text: str


def request_suspension(
    ticket: Ticket, *, profile: Profile, actor: Actor, now: datetime, reason: str, until: datetime | None
) -> None:
    """申请挂账 until a review date, with what stands in the way. One more than the profile allows goes before a
    supervisor."""
    ticket.enter(Action.SUSPEND, actor)
    if not reason.strip():
        raise Incomplete("reason")
    if until is None:
        raise Incomplete("until")
    if until <= now:
        raise OutOfRange("until", "今天以后的日期")
    require_nothing_waits(ticket)
    if PauseReason.SUSPENSION not in profile.pauses:
        raise NotProvided(Action.SUSPEND)
    cap = profile.pauses[PauseReason.SUSPENSION]
    if cap is not None and until > cap.due(profile.calendar, now):
        raise OutOfRange("until", f"{cap}以内")
    further = extensions.granted(ticket, EventKind.SUSPENSION_GRANTED) >= profile.suspensions
    reviews.ask(
        ticket,
        ReviewKind.SUSPENSION,
        actor,
        now,
        profile=profile,
        reason=reason.strip(),
        until=until,
        by_supervisor=further,
    )
    ticket.record(
        EventKind.SUSPENSION_REQUESTED, actor, now, unit_id=ticket.unit_id, text=reason.strip(), until=until
    )


def decide_suspension(ticket: Ticket, *, approved: bool, actor: Actor, now: datetime, reason: str) -> None:
    """Approved: every clock stands still until the review date or a resumption before it."""
    ticket.enter(Action.DECIDE_SUSPENSION, actor)
    if not reason.strip():
        raise Incomplete("reason")
    reviews.require_no_return(ticket)
    review = reviews.decided(ticket, ReviewKind.SUSPENSION, Action.DECIDE_SUSPENSION, actor)
    if review.by_supervisor and actor.role is not Role.SUPERVISOR:
        raise NotYourRole(Action.DECIDE_SUSPENSION, actor.role)
    approved_until = review.until if approved else None
    if approved and (approved_until is None or approved_until <= now):
        raise OutOfRange("until", "今天以后的日期")
    reviews.settle(ticket, ReviewKind.SUSPENSION, now)
    kind = EventKind.SUSPENSION_GRANTED if approved else EventKind.SUSPENSION_REFUSED
    ticket.record(
        kind,
        actor,
        now,
        unit_id=review.unit_id,
        text=reason.strip(),
        basis=review.reason if approved else None,
        until=approved_until,
        pause=PauseReason.SUSPENSION if approved else None,
    )
    if approved:
        pause(ticket, PauseReason.SUSPENSION, now, approved_until, review.reason)


def ask_material(ticket: Ticket, *, profile: Profile, actor: Actor, now: datetime, text: str) -> None:
    """Ask the citizen for what is missing; the clocks wait, but no longer than the profile's cap. Once per
    handling, or a unit could wait for ever one paper at a time; once more if something else was sent, until the
    end the first question had."""
    ticket.enter(Action.ASK_MATERIAL, actor)
    if not text.strip():
        raise Incomplete("text")
    until = _wait_ends(ticket, profile, now)
    ticket.record(
        EventKind.MATERIAL_REQUESTED,
        actor,
        now,
        unit_id=ticket.unit_id,
        text=text.strip(),
        until=until,
        pause=PauseReason.MATERIAL,
    )
    pause(ticket, PauseReason.MATERIAL, now, until, text.strip())


def _wait_ends(ticket: Ticket, profile: Profile, now: datetime) -> datetime | None:
    """Until when a question may wait; raises ``UsedUp`` when this handling has had its question."""
    require_nothing_waits(ticket)
    require_no_suspension_asked(ticket)
    asked = [e for e in ticket.events if e.kind is EventKind.MATERIAL_REQUESTED and e.at >= ticket.handed_at]
    sent = (
        any(e.kind is EventKind.MATERIAL_RECEIVED for e in ticket.events[asked[0].seq :]) if asked else False
    )
    if len(asked) != 1 or not sent:
        require_first(ticket, Action.ASK_MATERIAL, PauseReason.MATERIAL, profile)
        cap = profile.pauses[PauseReason.MATERIAL]
        return cap.due(profile.calendar, now) if cap else None
    until = asked[0].until
    if until is not None and until <= now:
        raise UsedUp(Action.ASK_MATERIAL, 1)
    return until


_ASKED = {
    PauseReason.MATERIAL: EventKind.MATERIAL_REQUESTED,
    PauseReason.THIRD_PARTY: EventKind.THIRD_PARTY_ASKED,
}


def require_first(ticket: Ticket, action: Action, reason: PauseReason, profile: Profile) -> None:
    """Refuse a wait the profile does not have, and a second one of its kind in the same handling."""
    require_nothing_waits(ticket)
    require_no_suspension_asked(ticket)
    if reason not in profile.pauses:
        raise NotProvided(action)
    if any(e.kind is _ASKED[reason] and e.at >= ticket.handed_at for e in ticket.events):
        raise UsedUp(action, 1)


def require_nothing_waits(ticket: Ticket) -> None:
    """Whose ticket it is, and whether its answer will do, is decided before anything stops or leaves."""
    reviews.require_no_return(ticket)
    if ticket.review(ReviewKind.REPLY) is not None:
        raise ReviewPending(ReviewKind.REPLY)


def require_no_suspension_asked(ticket: Ticket) -> None:
    """In a pause nobody can decide on another one, so the one asked for comes first."""
    if ticket.review(ReviewKind.SUSPENSION) is not None:
        raise ReviewPending(ReviewKind.SUSPENSION)


def resume(ticket: Ticket, *, profile: Profile, actor: Actor, now: datetime, reason: str) -> None:
    """恢复: the clocks go on, each later by the working time it stood still."""
    ticket.enter(Action.RESUME, actor)
    if not reason.strip():
        raise Incomplete("reason")
    if ticket.pause is None:
        raise NothingToDo(Action.RESUME)
    why, at = ticket.pause.reason, ended(ticket.pause, now)
    go_on(ticket, profile=profile, at=at)
    ticket.record(
        EventKind.RESUMED, actor, now, unit_id=ticket.unit_id, text=reason.strip(), pause=why, until=at
    )


def receive_material(ticket: Ticket, *, profile: Profile, actor: Actor, now: datetime) -> None:
    """What the citizen sent ends the wait for it."""
    assert ticket.pause is not None
    at = ended(ticket.pause, now)
    go_on(ticket, profile=profile, at=at)
    ticket.record(
        EventKind.MATERIAL_RECEIVED,
        actor,
        now,
        unit_id=ticket.unit_id,
        pause=PauseReason.MATERIAL,
        until=at,
    )


def ended(pause: Pause, now: datetime) -> datetime:
    """A pause is over on its date, whoever notices first: a late person gets no more than the worker would."""
    return now if pause.until is None else min(now, pause.until)


def end_what_is_over(ticket: Ticket, *, profile: Profile, now: datetime) -> bool:
    """The review date or the cap has come: go on from that moment, however late the worker looks."""
    pause = ticket.pause
    if pause is None or pause.until is None or now < pause.until:
        return False
    go_on(ticket, profile=profile, at=pause.until)
    ticket.record(
        EventKind.RESUMED, SYSTEM, now, unit_id=ticket.unit_id, pause=pause.reason, until=pause.until
    )
    return True


def pause(ticket: Ticket, reason: PauseReason, now: datetime, until: datetime | None, text: str) -> None:
    """Stop every running clock where it stands; a letter wants its answer all the same."""
    ticket.pause = Pause(reason=reason, since=now, until=until, text=text)
    ticket.clocks = tuple(c if c.name in NEVER_PAUSED else c.pause(now) for c in ticket.clocks)


def go_on(ticket: Ticket, *, profile: Profile, at: datetime) -> None:
    """Move every paused clock by the time it stood still; after a correction each begins anew."""
    pause = ticket.pause
    assert pause is not None
    if pause.reason is PauseReason.CORRECTION:
        begin_anew(ticket, profile=profile, at=at)
        return
    ticket.clocks = tuple(_moved(ticket, clock, profile, pause.reason, at) for clock in ticket.clocks)
    ticket.pause = None


def go_on_with(ticket: Ticket, names: tuple[ClockName, ...], *, profile: Profile, at: datetime) -> None:
    """Let those limits go on that stood still while the centre decided, later by the time it took."""
    ticket.clocks = tuple(
        _moved(ticket, clock, profile, None, at) if clock.name in names else clock for clock in ticket.clocks
    )


def _moved(ticket: Ticket, clock: Clock, profile: Profile, reason: PauseReason | None, at: datetime) -> Clock:
    if clock.paused_since is None:
        return clock
    promise = profile.after_pause(
        clock.promise,
        reason=reason,
        paused_at=clock.paused_since,
        resumed_at=at,
        request_type=ticket.request_type,
        urgency=ticket.urgency,
        tier=ticket.tier,
    )
    return replace(clock, paused_since=None).promised(promise, now=at)


def begin_anew(ticket: Ticket, *, profile: Profile, at: datetime) -> None:
    """政府信息公开条例, article 30: the limit counts from the corrected application. An extension granted stays
    granted; a limit missed before stays missed."""
    ticket.clocks = tuple(
        clock if clock.name in NEVER_PAUSED else _begun_anew(ticket, clock, profile, at)
        for clock in ticket.clocks
    )
    ticket.pause = None


def _begun_anew(ticket: Ticket, clock: Clock, profile: Profile, at: datetime) -> Clock:
    # Without a pause of the ticket, what stands still waits for something else.
    going = replace(clock, paused_since=None) if ticket.pause is not None else clock
    if not clock.running or clock.overdue(at):
        return going
    # A limit stays on the calendar it was promised on: the centre's, or the unit's own.
    rules = profile.for_unit(calendar_named_in(clock.calendar_version))
    promise = limits.promised(ticket, rules, clock.name, at=at, unit_id=None)
    if promise is None:
        return going
    if clock.name is ClockName.REPLY:
        for event in ticket.events:
            if event.kind is EventKind.EXTENSION_GRANTED and event.clock is ClockName.REPLY:
                promise = _extended(ticket, promise, profile, event.amount)
    promise = replace(promise, explanation=f"补正后重新计算，{promise.explanation}")
    return going.promised(promise, now=at)


def _extended(ticket: Ticket, promise: Promise, profile: Profile, amount: int | None) -> Promise:
    later = profile.extended(
        promise, request_type=ticket.request_type, urgency=ticket.urgency, amount=amount, tier=ticket.tier
    )
    return later or promise
