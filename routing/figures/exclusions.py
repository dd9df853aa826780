"""What is out of both terms, and of what: nothing that was already late leaves with a later act.

A ticket that is withdrawn, refused or linked takes with it the limits that were not yet due, and an upheld 申诉剔除
those due up to the decision or already running against the unit that appealed. What had fallen due before stays, kept
or missed: otherwise the cheapest way to a good rate would be to end late tickets instead of handling them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from routing.clocks import ClockState
from routing.departments import UnitId
from routing.events import EventKind
from routing.figures.types import ClockRow, EventRow, Exclusion, FigureRow
from routing.workflow import State

_ENDS: dict[State, tuple[EventKind, Exclusion]] = {
    State.WITHDRAWN: (EventKind.WITHDRAWN, Exclusion.WITHDRAWN),
    State.REJECTED: (EventKind.REJECTED, Exclusion.REJECTED),
}
_RESUMES = frozenset(
    {
        EventKind.RESUMED,
        EventKind.RESOLVED,
        EventKind.ANSWERED_WITH_PARENT,
        EventKind.WITHDRAWN,
        EventKind.REJECTED,
        EventKind.LINKED,
        EventKind.REOPENED,
    }
)
OF_SUSPENSIONS = _RESUMES | {EventKind.SUSPENSION_GRANTED}
"""The events ``suspensions`` looks at."""


@dataclass(frozen=True, slots=True)
class Suspension:
    """One 挂账: whose, and how long; ``until`` None while it lasts."""

    unit_id: UnitId | None
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class _Link:
    """Since when it is another ticket's duplicate, and when its citizen had it taken up again for itself."""

    since: datetime
    until: datetime | None = None


def whole_ticket(row: FigureRow) -> Exclusion | None:
    """Why a ticket is out of a figure over those received. A child taken up again is a matter of its own."""
    if row.state in _ENDS:
        return _ENDS[row.state][1]
    return Exclusion.LINKED if any(link.until is None for link in _links(row)) else None


def limit(row: FigureRow, clock: ClockRow) -> Exclusion | None:
    """Why a limit is in neither term, whatever became of it."""
    if row.state in _ENDS:
        kind, reason = _ENDS[row.state]
        if _went_with(clock, _last_at(row, kind) or row.received_at):
            return reason
    for link in _links(row):
        ended = clock.stopped_at is not None and link.until is not None and clock.stopped_at <= link.until
        if _went_with(clock, link.since) and (link.until is None or ended):
            return Exclusion.LINKED
    for upheld in _upheld(row):
        theirs = upheld.unit_id is not None and clock.unit_id == upheld.unit_id
        ran = clock.started_at is None or clock.started_at <= upheld.at
        if clock.due_at <= upheld.at or (theirs and ran):
            return Exclusion.EXCLUSION_UPHELD
    return None


def word(row: FigureRow, said: EventRow) -> Exclusion | None:
    """Why a visit's or a rating's word does not count: said up to the decision, or of the work that was appealed."""
    for upheld in _upheld(row):
        theirs = upheld.unit_id is not None and said.unit_id == upheld.unit_id
        anew = any(e.kind == EventKind.REOPENED and upheld.at < e.at < said.at for e in row.events)
        if said.at <= upheld.at or (theirs and not anew):
            return Exclusion.EXCLUSION_UPHELD
    return None


def is_linked(row: FigureRow) -> bool:
    """A duplicate, answered with its parent or waiting for it."""
    return bool(_links(row))


def is_suspended(row: FigureRow) -> bool:
    """挂账 was approved and has not ended."""
    return any(each.until is None for each in suspensions(row))


def suspensions(row: FigureRow) -> Iterator[Suspension]:
    """Every 挂账 of the ticket, in order."""
    begun: EventRow | None = None
    for event in row.events:
        if event.kind == EventKind.SUSPENSION_GRANTED and begun is None:
            begun = event
        elif event.kind in _RESUMES and begun is not None:
            yield Suspension(begun.unit_id, begun.at, event.at)
            begun = None
    if begun is not None:
        yield Suspension(begun.unit_id, begun.at, None)


def _went_with(clock: ClockRow, at: datetime) -> bool:
    """Not yet due at that moment; a date that stood still was not due either, whatever it says."""
    return clock.due_at >= at or (clock.state is ClockState.CANCELLED and clock.stopped_at == at)


def _links(row: FigureRow) -> list[_Link]:
    """Each time it was linked. Unlinked, it never was; while linked, another event says only that its parent moved."""
    links: list[_Link] = []
    for event in row.events:
        lasts = bool(links) and links[-1].until is None
        if event.kind == EventKind.LINKED and not lasts:
            links.append(_Link(event.at))
        elif event.kind == EventKind.REOPENED and lasts:
            links[-1] = _Link(links[-1].since, event.at)
        elif event.kind == EventKind.UNLINKED and lasts:
            links.pop()
    return links


def _upheld(row: FigureRow) -> Iterator[EventRow]:
    return (e for e in row.events if e.kind == EventKind.EXCLUSION_UPHELD)


def _last_at(row: FigureRow, kind: str) -> datetime | None:
    return next((e.at for e in reversed(row.events) if e.kind == kind), None)
