"""Figures about limits and handling: what was signed in, closed, answered, returned, extended, done again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from routing.clocks import ClockState
from routing.departments import UnitId
from routing.events import EventKind, Fault, RejectReason
from routing.figures import exclusions as figure_exclusions
from routing.figures.exclusions import is_linked, is_suspended, whole_ticket
from routing.figures.rules import figure_rules
from routing.figures.types import EventRow, Exclusion, FigureRow, Flow, Mark
from routing.timing.sla import ClockName
from routing.timing.working_calendar import CHINA
from routing.workflow import OPEN_STATES, State

Marker = Callable[[FigureRow], Iterator[Mark]]
_PROMISES = (ClockName.REPLY, ClockName.REWORK)
_CLOSINGS = (EventKind.RESOLVED, EventKind.ANSWERED_WITH_PARENT)
_DISPATCHED = (EventKind.DISPATCHED, EventKind.TRANSFERRED)


def limit_kept(clock_name: ClockName) -> Marker:
    """Kept in time / kept or fallen due, by the date it was due and the unit that had to keep it."""

    def marks(row: FigureRow) -> Iterator[Mark]:
        for clock in row.clocks:
            if clock.name is not clock_name:
                continue
            unit_id = clock.unit_id  # None: the centre had to keep it, whoever has the ticket now
            left_out = figure_exclusions.limit(row, clock)
            if left_out is None and clock.state is ClockState.CANCELLED:
                left_out = Exclusion.NO_LONGER_APPLIES
            if left_out is not None:
                yield Mark(unit_id, clock.due_at, excluded=left_out)
            elif clock.state is not ClockState.RUNNING:
                yield Mark(unit_id, clock.due_at, counted=clock.state is ClockState.MET)
            elif clock.paused and is_suspended(row):
                yield Mark(unit_id, clock.due_at, excluded=Exclusion.SUSPENDED)
            elif clock.paused:
                # Waiting for the citizen's material or a third party: the date moves when the wait ends.
                yield Mark(unit_id, clock.due_at, excluded=Exclusion.NOT_YET_DUE)
            else:
                yield Mark(unit_id, clock.due_at, decided_at=clock.due_at)

    return marks


def closed(row: FigureRow) -> Iterator[Mark]:
    """办结率: of those received in the period, how many are closed."""
    left_out = whole_ticket(row)
    if left_out is not None:
        yield Mark(row.unit_id, row.received_at, excluded=left_out)
    else:
        yield Mark(row.unit_id, row.received_at, counted=row.state not in OPEN_STATES)


def closed_early(row: FigureRow) -> Iterator[Mark]:
    """提前办结率: of closings in the period, how many came at least a day before the date first promised: where more
    time was granted, none did."""
    days = timedelta(days=figure_rules().early_by_days)
    put_off = False
    for event in row.events:
        if event.kind == EventKind.REOPENED:
            put_off = False
        elif event.kind == EventKind.EXTENSION_GRANTED:
            put_off = True
        elif event.kind == EventKind.RESOLVED:
            for clock in row.clocks:
                if clock.name in _PROMISES and clock.stopped_at == event.at:
                    ahead = event.at.astimezone(CHINA).date() + days <= clock.due_at.astimezone(CHINA).date()
                    yield Mark(event.unit_id, event.at, counted=ahead and not put_off)
                    break


def overdue_open(row: FigureRow) -> Iterator[Mark]:
    """逾期在办: of all now open, how many are past the promised date. Not bound to the period; judged by ``as_of``."""
    if row.state in OPEN_STATES and row.state is not State.LINKED:
        running = [
            c.due_at
            for c in row.clocks
            if c.name in _PROMISES and c.state is ClockState.RUNNING and not c.paused
        ]
        yield Mark(row.unit_id, None, decided_at=min(running, default=None))


def replied(row: FigureRow) -> Iterator[Mark]:
    """回复率: of those received in the period, how many were answered; a duplicate's citizen is answered too."""
    if row.state in (State.WITHDRAWN, State.REJECTED):
        yield Mark(row.unit_id, row.received_at, excluded=Exclusion(row.state.value))
    else:
        yield Mark(row.unit_id, row.received_at, counted=_answered(row))


def replied_publicly(row: FigureRow) -> Iterator[Mark]:
    """公开回复率: of those answered whose citizens chose 公开, how many answers were published."""
    if row.state in (State.WITHDRAWN, State.REJECTED) or not _answered(row):
        return
    if not row.public:
        yield Mark(row.unit_id, row.received_at, excluded=Exclusion.NOT_PUBLIC)
    else:
        published = any(e.kind == EventKind.REPLY_PUBLISHED for e in row.events)
        yield Mark(row.unit_id, row.received_at, counted=published)


def returned(row: FigureRow) -> Iterator[Mark]:
    """退单率: of the times a ticket received in the period was handed to a unit, how many were sent back."""
    for handover in _handovers(row):
        yield Mark(handover.unit_id, row.received_at, counted=handover.approved)


def misdispatched(row: FigureRow) -> Iterator[Mark]:
    """误派率: the dispatcher's share of the returns, so the centre is charged and no unit; a relay is not its choice."""
    for handover in _handovers(row):
        if handover.dispatched:
            wrong = handover.approved and handover.fault != Fault.UNREASONABLE
            yield Mark(None, row.received_at, counted=wrong)


def unreasonable_returns(row: FigureRow) -> Iterator[Mark]:
    """无理退单率: of the same, how many the unit wanted to return without ground."""
    for handover in _handovers(row):
        yield Mark(handover.unit_id, row.received_at, counted=handover.refused)


def extended(row: FigureRow) -> Iterator[Mark]:
    """延期率: of those received in the period and accepted, how many were granted more time."""
    left_out = whole_ticket(row)
    if left_out is not None:
        yield Mark(row.unit_id, row.received_at, excluded=left_out)
    else:
        given = any(e.kind == EventKind.EXTENSION_GRANTED for e in row.events)
        yield Mark(row.unit_id, row.received_at, counted=given)


def reopened(row: FigureRow) -> Iterator[Mark]:
    """重办率: of closings in the period, how many were taken up again; a duplicate's, closed with its parent, too."""
    steps = [e for e in row.events if e.kind in (*_CLOSINGS, EventKind.REOPENED)]
    for place, event in enumerate(steps):
        if event.kind in _CLOSINGS:
            after = steps[place + 1].kind if place + 1 < len(steps) else None
            yield Mark(event.unit_id, event.at, counted=after == EventKind.REOPENED)


def repeated(row: FigureRow) -> Iterator[Mark]:
    """重复诉求率: of those received in the period, linked to an earlier one, or the same person's again."""
    if row.state is State.WITHDRAWN:
        yield Mark(row.unit_id, row.received_at, excluded=Exclusion.WITHDRAWN)
        return
    same = any(
        e.kind == EventKind.REPEAT_NOTED or e.reject_reason == RejectReason.SAME_MATTER for e in row.events
    )
    yield Mark(row.unit_id, row.received_at, counted=is_linked(row) or same)


def flows(row: FigureRow) -> Iterator[tuple[Flow, Mark]]:
    """Every coming and going, in the order it happened: what the balance of a period is made of."""
    yield Flow.RECEIVED, Mark(row.unit_id, row.received_at)
    is_open = True
    for event in row.events:
        flow = _FLOWS.get(event.kind)
        if flow is None or is_open is (flow is Flow.REOPENED):
            continue  # a child's closing is noted as answered and as closed: it leaves once
        is_open = flow is Flow.REOPENED
        yield flow, Mark(row.unit_id, event.at)


_FLOWS: dict[str, Flow] = {
    EventKind.RESOLVED: Flow.RESOLVED,
    EventKind.ANSWERED_WITH_PARENT: Flow.RESOLVED,
    EventKind.WITHDRAWN: Flow.WITHDRAWN,
    EventKind.REJECTED: Flow.REJECTED,
    EventKind.REOPENED: Flow.REOPENED,
}


def _answered(row: FigureRow) -> bool:
    return any(e.kind in (EventKind.REPLIED, EventKind.ANSWERED_WITH_PARENT) for e in row.events)


@dataclass(slots=True)
class _Handover:
    """One time a unit got the ticket, and what became of it."""

    unit_id: UnitId | None
    dispatched: bool
    """By the dispatcher: a relay is a unit's own, a reopened child came without anybody choosing."""
    fault: str | None = None
    approved: bool = False
    refused: bool = False


def _handovers(row: FigureRow) -> list[_Handover]:
    """Every dispatch, transfer, relay, and reopening at a unit that never was handed it: a decision on a return
    answers that unit's last one."""
    handed: list[_Handover] = []
    for event in row.events:
        if event.kind in _DISPATCHED:
            handed.append(_Handover(event.unit_id, dispatched=True))
        elif event.kind == EventKind.RELAYED or (
            event.kind == EventKind.REOPENED
            and event.unit_id is not None
            and all(h.unit_id != event.unit_id for h in handed)
        ):
            handed.append(_Handover(event.unit_id, dispatched=False))
        elif event.kind in (EventKind.RETURN_APPROVED, EventKind.RETURN_REFUSED):
            theirs = next((h for h in reversed(handed) if h.unit_id == event.unit_id), None)
            if theirs is not None:
                _decide(theirs, event)
    return handed


def _decide(handover: _Handover, event: EventRow) -> None:
    approved = event.kind == EventKind.RETURN_APPROVED
    handover.fault = event.fault if approved else handover.fault
    handover.approved = handover.approved or approved
    # What arbitration approves after all was no unreasonable return.
    handover.refused = not approved
