"""What tickets teach: each decided ticket → one labelled example, weighted by who stands behind the label.

Pure. Only redacted text leaves here, and every training reads the tickets anew: a ticket that was erased, or
whose unit was corrected since, is simply no longer there or says something else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from routing.departments import UnitId, Units
from routing.errors import UnknownUnit
from routing.events import Event, EventKind
from routing.redaction import redact
from routing.ticket import Ticket
from routing.triage.catalogue import DutyList
from routing.workflow import Role, State

FEWEST_CHARACTERS = 4
"""A shorter text ("你好") says nothing about any unit."""


class Source(StrEnum):
    """Who says that the unit is right."""

    CORRECTED = "corrected"
    """A person transferred it there, sent it there after an approved return, or took another unit than the
    machine's first."""
    UPHELD = "upheld"
    """The unit wanted to return it and a person refused: the unit is right, whoever dispatched."""
    AGREED = "agreed"
    """A person dispatched it to the machine's first candidate."""
    CHOSEN = "chosen"
    """A person dispatched it and the machine had proposed nothing."""
    MACHINE = "machine"
    """The machine dispatched it by itself."""


class Reached(StrEnum):
    """How far the unit's own people have taken it, which is their agreement."""

    SENT = "sent"
    ACCEPTED = "accepted"
    ANSWERED = "answered"


class Skipped(StrEnum):
    """Why a ticket teaches nothing."""

    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    NO_UNIT = "no_unit"
    """Waiting for a dispatcher, answered by the centre, or returned and not yet sent elsewhere."""
    DISPUTED = "disputed"
    """A return waits for its decision."""
    FALLBACK_UNIT = "fallback_unit"
    """The unit of last resort answers what nobody else does: its tickets have nothing in common."""
    UNKNOWN_UNIT = "unknown_unit"
    UNREADABLE = "unreadable"
    """Written by another version, or damaged: one record must not stop what all others teach."""
    TOO_SHORT = "too_short"


WEIGHTS: dict[tuple[Source, Reached], float] = {
    # A correction is the news: the machine was wrong here, and a person says what is right.
    (Source.CORRECTED, Reached.ANSWERED): 2.0,
    (Source.CORRECTED, Reached.ACCEPTED): 1.5,
    (Source.CORRECTED, Reached.SENT): 1.2,
    (Source.UPHELD, Reached.ANSWERED): 1.5,
    (Source.UPHELD, Reached.ACCEPTED): 1.2,
    (Source.UPHELD, Reached.SENT): 1.2,
    # Chosen and answered by people: the ordinary, sure example.
    (Source.AGREED, Reached.ANSWERED): 1.0,
    (Source.AGREED, Reached.ACCEPTED): 0.8,
    (Source.AGREED, Reached.SENT): 0.5,
    (Source.CHOSEN, Reached.ANSWERED): 1.0,
    (Source.CHOSEN, Reached.ACCEPTED): 0.8,
    (Source.CHOSEN, Reached.SENT): 0.5,
    # The unit's people answered what the machine sent them: confirmed, by those who would rather have returned it.
    (Source.MACHINE, Reached.ANSWERED): 0.8,
    # Nobody has said anything yet: the machine must not learn from itself.
    (Source.MACHINE, Reached.ACCEPTED): 0.2,
    (Source.MACHINE, Reached.SENT): 0.05,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One labelled text. ``number`` joins it to its ticket and never enters a model."""

    number: str
    text: str
    """Redacted; the title, where there is one, is the first line."""
    unit_id: UnitId
    topic: str | None
    """The duty's topic, where the unit answers it under one; None when the history does not say."""
    function: str | None
    place_id: str | None
    weight: float
    at: datetime
    """When the newest fact about the label became known."""
    received_at: datetime
    source: Source
    reached: Reached

    @property
    def confirmed(self) -> bool:
        """Whether a person stands behind the label: only such examples judge a model."""
        return self.source is not Source.MACHINE or self.reached is Reached.ANSWERED


_HANDED = (EventKind.DISPATCHED, EventKind.TRANSFERRED)


def example_of(
    ticket: Ticket,
    *,
    units: Units,
    duties: DutyList,
    function_of: Callable[[UnitId], str | None] | None = None,
) -> Example | Skipped:
    """What a ticket teaches as it stands now, or why it teaches nothing."""
    skipped = _skipped(ticket, units)
    if skipped is not None:
        return skipped
    assert ticket.unit_id is not None
    text = redact(f"{ticket.title}\n{ticket.text}" if ticket.title else ticket.text)
    if sum(not character.isspace() for character in text) < FEWEST_CHARACTERS:
        return Skipped.TOO_SHORT
    handed = next(event for event in reversed(ticket.events) if event.kind in _HANDED)
    since = ticket.events[handed.seq :]
    source, reached = _source(ticket, handed, since), _reached(since)
    return Example(
        number=ticket.number,
        text=text,
        unit_id=ticket.unit_id,
        topic=_topic(ticket, duties),
        function=function_of(ticket.unit_id) if function_of else None,
        place_id=ticket.triage.place_id if ticket.triage else None,
        weight=WEIGHTS[source, reached],
        at=max([handed.at, *(event.at for event in since if event.kind in _SAYS_SOMETHING)]),
        received_at=ticket.received_at,
        source=source,
        reached=reached,
    )


def was_corrected(ticket: Ticket) -> bool | None:
    """Whether an automatic dispatch proved wrong: transferred away or returned with approval. None when no
    machine dispatched it, or while a return waits."""
    if ticket.triage is None or not ticket.triage.automatic:
        return None
    if ticket.pending_return is not None:
        return None
    return any(event.kind in (EventKind.TRANSFERRED, EventKind.RETURN_APPROVED) for event in ticket.events)


_SAYS_SOMETHING = (EventKind.ACCEPTED, EventKind.REPLIED, EventKind.RESOLVED, EventKind.RETURN_REFUSED)


def _skipped(ticket: Ticket, units: Units) -> Skipped | None:
    if ticket.state is State.WITHDRAWN:
        return Skipped.WITHDRAWN
    if ticket.state is State.REJECTED:
        return Skipped.REJECTED
    if ticket.pending_return is not None:
        return Skipped.DISPUTED
    if ticket.unit_id is None:
        return Skipped.NO_UNIT
    try:
        unit = units.get(ticket.unit_id)
    except UnknownUnit:
        return Skipped.UNKNOWN_UNIT
    return Skipped.FALLBACK_UNIT if unit.is_fallback else None


def _source(ticket: Ticket, handed: Event, since: tuple[Event, ...]) -> Source:
    if any(event.kind is EventKind.RETURN_REFUSED for event in since):
        return Source.UPHELD
    if handed.by.role is Role.SYSTEM:
        return Source.MACHINE
    before = ticket.events[: handed.seq - 1]
    moved = handed.kind is EventKind.TRANSFERRED or any(e.kind is EventKind.RETURN_APPROVED for e in before)
    if moved:
        return Source.CORRECTED
    candidates = ticket.triage.candidates if ticket.triage else ()
    if not candidates:
        return Source.CHOSEN
    return Source.AGREED if candidates[0].unit_id == handed.unit_id else Source.CORRECTED


def _reached(since: tuple[Event, ...]) -> Reached:
    kinds = {event.kind for event in since}
    if kinds & {EventKind.REPLIED, EventKind.RESOLVED}:
        return Reached.ANSWERED
    return Reached.ACCEPTED if EventKind.ACCEPTED in kinds else Reached.SENT


def _topic(ticket: Ticket, duties: DutyList) -> str | None:
    """The topic of the duty under which the unit was proposed; else the unit's own, if it has only one."""
    candidates = ticket.triage.candidates if ticket.triage else ()
    named = next((c.duty_id for c in candidates if c.unit_id == ticket.unit_id and c.duty_id), None)
    of_unit = {duty.topic for duty in duties.all() if duty.unit_id == ticket.unit_id}
    by_duty = {duty.topic for duty in duties.all() if duty.id == named} if named else set()
    topics = by_duty or of_unit
    return topics.pop() if len(topics) == 1 else None
