"""Which promises of open tickets another calendar or profile would change. Nothing is changed here.

A running limit is counted anew from what started it, with the extensions and pauses its events tell of. Where that
account does not lead to the date it has now, nothing is guessed: the limit is listed for a person to look at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from routing.acts.limits import NEVER_PAUSED
from routing.clocks import Clock
from routing.errors import UnknownYear
from routing.events import Event, EventKind
from routing.ticket import Ticket
from routing.timing.sla import ClockName, PauseReason, Profile, Promise, UnknownTier, calendar_named_in

_K = EventKind
_STARTED_BY: dict[ClockName, tuple[EventKind, ...]] = {
    ClockName.DISPATCH: (_K.RETURN_APPROVED, _K.REOPENED),
    ClockName.SIGN_IN: (_K.DISPATCHED, _K.TRANSFERRED, _K.REOPENED, _K.RETURN_REFUSED, _K.RELAYED),
    ClockName.FIRST_CONTACT: (
        _K.DISPATCHED,
        _K.TRANSFERRED,
        _K.RETURN_REFUSED,
        _K.RELAYED,
        _K.RECALLED,
    ),
    ClockName.CO_HANDLING: (_K.CO_HANDLING_ASKED,),
    ClockName.RELAY: (_K.RELAYED,),
    ClockName.SUPERVISION_ANSWER: (_K.LETTER_SENT,),
    ClockName.REWORK: (_K.REOPENED,),
    ClockName.REVIEW: (
        _K.RETURN_REQUESTED,
        _K.REPLY_SUBMITTED,
        _K.EXTENSION_REQUESTED,
        _K.SUSPENSION_REQUESTED,
    ),
    ClockName.APPEAL: (_K.EXCLUSION_REQUESTED,),
}
_FROM_RECEIPT = frozenset({ClockName.ACCEPTANCE, ClockName.DISPATCH, ClockName.REPLY})
_PAUSES = frozenset({_K.SUSPENSION_GRANTED, _K.MATERIAL_REQUESTED, _K.THIRD_PARTY_ASKED})
_GOES_ON = frozenset({_K.RESUMED, _K.MATERIAL_RECEIVED, _K.THIRD_PARTY_HEARD, _K.DISCLOSURE_DECIDED})
_BEGUN_ANEW = frozenset({*_GOES_ON, _K.CORRECTION_RECEIVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A running limit that would get another date."""

    number: str
    index: int
    """Which of ``ticket.clocks``."""
    clock: ClockName
    before: datetime
    promise: Promise
    """What the ticket would be promised instead."""

    @property
    def later(self) -> bool:
        return self.promise.due_at > self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """A running limit that cannot be counted anew from its events; ``why`` is for an official to read."""

    number: str
    index: int
    clock: ClockName
    before: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What would change for the tickets asked about."""

    tickets: int
    limits: int
    """Running limits looked at."""
    changes: tuple[Change, ...]
    unclear: tuple[Unclear, ...]

    def of(self, number: str) -> dict[int, Promise]:
        """The replacements for one ticket, by index of its clocks."""
        return {change.index: change.promise for change in self.changes if change.number == number}

    @property
    def numbers(self) -> tuple[str, ...]:
        """The tickets with changes, in the order they were given."""
        return tuple(dict.fromkeys(change.number for change in self.changes))


def preview(tickets: Iterable[Ticket], *, present: Profile, proposed: Profile) -> Preview:
    """Compare every running limit of these tickets with what ``proposed`` would promise."""
    changes: list[Change] = []
    unclear: list[Unclear] = []
    seen = limits = 0
    for ticket in tickets:
        seen += 1
        for index, clock in enumerate(ticket.clocks):
            if not clock.running:
                continue
            limits += 1
            found = _compared(ticket, index, clock, present=present, proposed=proposed)
            if isinstance(found, Change):
                changes.append(found)
            elif found is not None:
                unclear.append(found)
    return Preview(seen, limits, tuple(changes), tuple(unclear))


def _compared(
    ticket: Ticket, index: int, clock: Clock, *, present: Profile, proposed: Profile
) -> Change | Unclear | None:
    def unclear(why: str) -> Unclear:
        return Unclear(number=ticket.number, index=index, clock=clock.name, before=clock.due_at, why=why)

    if any(event.kind is _K.REPLANNED and event.clock is clock.name for event in ticket.events):
        return unclear("期限曾因日历或方案调整，请人工核对")
    try:
        at = _base(ticket, clock, present)
        if at is None:
            return unclear("找不到起算事件，请人工核对")
        moved = [event for event in ticket.events if _moves(event, clock, since=at)]
        if not _leads_to(_recounted(ticket, clock, present, at, moved), clock, moved):
            return unclear("延期、暂停与现有期限对不上，请人工核对")
        promise = _recounted(ticket, clock, proposed, at, moved)
    except UnknownYear as unknown:
        return unclear(f"缺少{unknown.year}年的放假安排")
    except (UnknownTier, ValueError) as wrong:
        return unclear(str(wrong))
    if promise is None:
        return unclear("新方案没有这一时限")
    if promise.due_at == clock.due_at:
        return None
    return Change(number=ticket.number, index=index, clock=clock.name, before=clock.due_at, promise=promise)


def _moves(event: Event, clock: Clock, *, since: datetime) -> bool:
    """Whether the event moved this limit after what started it."""
    if event.kind in _GOES_ON:
        return clock.name not in NEVER_PAUSED and (event.until or event.at) > since
    return event.kind is _K.EXTENSION_GRANTED and event.clock is clock.name and event.at >= since


def _leads_to(promise: Promise | None, clock: Clock, moved: list[Event]) -> bool:
    """Whether the account of the events is the clock's own. An unmoved limit may have been promised under an older
    calendar, and is then simply promised anew."""
    if promise is None:
        return False
    older = not moved and promise.calendar_version != clock.calendar_version
    return older or promise.due_at == clock.due_at


def _base(ticket: Ticket, clock: Clock, present: Profile) -> datetime | None:
    """The moment that started the limit: the last event of its kinds from which it begins when it did."""
    kinds = _STARTED_BY.get(clock.name, ())
    # What is marked urgent may begin anew under the urgent limit, whatever started it before.
    moments = [e.at for e in ticket.events if e.kind in kinds or e.kind is _K.EMERGENCY_MARKED]
    if clock.name in _FROM_RECEIPT:
        moments.insert(0, ticket.received_at)
    moments += [
        event.until or event.at
        for event in ticket.events
        if event.kind in _BEGUN_ANEW and event.pause is PauseReason.CORRECTION
    ]
    if clock.name is ClockName.FOLLOW_UP_VISIT:
        return clock.started_at
    fitting = [at for at in moments if _begins(ticket, clock, present, at) == clock.started_at]
    return fitting[-1] if fitting else None


def _begins(ticket: Ticket, clock: Clock, profile: Profile, at: datetime) -> datetime | None:
    if at > clock.started_at:
        return None
    promise = _promised(ticket, clock, profile, at)
    return promise.started_at if promise else None


def _rules(clock: Clock, profile: Profile) -> Profile:
    """The profile on the calendar the clock was promised on: the unit's own, or the installation's."""
    return profile.for_unit(calendar_named_in(clock.calendar_version))


def _promised(ticket: Ticket, clock: Clock, profile: Profile, at: datetime) -> Promise | None:
    return _rules(clock, profile).promise(
        clock.name, at=at, request_type=ticket.request_type, urgency=ticket.urgency, tier=ticket.tier
    )


def _recounted(
    ticket: Ticket, clock: Clock, profile: Profile, at: datetime, moved: list[Event]
) -> Promise | None:
    """The promise from its beginning, with every extension and pause in the order they came."""
    promise = _promised(ticket, clock, profile, at)
    rules = _rules(clock, profile)
    for event in moved:
        if promise is None:
            return None
        if event.kind is _K.EXTENSION_GRANTED:
            promise = rules.extended(
                promise,
                request_type=ticket.request_type,
                amount=event.amount,
                urgency=ticket.urgency,
                tier=ticket.tier,
            )
        elif event.pause is not None:
            promise = rules.after_pause(
                promise,
                reason=event.pause,
                paused_at=_paused_at(ticket, event),
                resumed_at=event.until or event.at,
                request_type=ticket.request_type,
                urgency=ticket.urgency,
                tier=ticket.tier,
            )
    return promise


def _paused_at(ticket: Ticket, going_on: Event) -> datetime:
    """When the pause that this event ended had begun; its own time where none is told of."""
    before = [
        e.at for e in ticket.events[: going_on.seq - 1] if e.kind in _PAUSES and e.pause is going_on.pause
    ]
    return before[-1] if before else going_on.at
