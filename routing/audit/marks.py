"""What the audit asks of a ticket as one short string on its document: a month is read off an index, not off tickets.

No text and no citizen: of the wording only what type it is worded as.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from classifier.model import Guess
from classifier.signals import guess_request_type
from classifier.signals.type_words import TYPE_WORDS
from routing.audit.checks import AuditRow, Kept
from routing.citizen_request import Channel, RequestType, Urgency
from routing.clocks import Clock, ClockState
from routing.departments import UnitId
from routing.events import ActorRef, EventKind
from routing.ticket import Ticket
from routing.timing.sla import ClockName
from routing.triage.deciding import ReasonKind
from routing.workflow import Role, State

_ROUND = 1
"""Count up when what the string says changes, or when the type is read from the wording by another model."""
VERSION = hashlib.sha256(f"{_ROUND}|{TYPE_WORDS!r}".encode()).hexdigest()[:8]

_REMEMBERED = 64
"""Wordings of so many tickets."""
_ROWS_REMEMBERED = 32_768
"""A month's rows or two, 30 MB: who audits goes from page to page of the same month."""
_HANDOVERS = (EventKind.DISPATCHED, EventKind.TRANSFERRED)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MET, _MISSED = "1", "0"

# Looking a member up in a dict takes a tenth of calling its class.
_CHANNELS = {each.value: each for each in Channel}
_TYPES: dict[str, RequestType | None] = {"": None, **{each.value: each for each in RequestType}}
_RECORDED = {each.value: each for each in RequestType}
_URGENCIES = {each.value: each for each in Urgency}
_STATES = {each.value: each for each in State}
_DECIDED: dict[str, Kept] = {"": None, _MET: True, _MISSED: False}


def mark_of(ticket: Ticket) -> str:
    """The string; ``row_of_mark`` reads it."""
    triage = ticket.triage
    first = triage.candidates[0] if triage and triage.candidates else None
    words = [r.detail for r in first.reasons if r.kind is ReasonKind.WORDS] if first else ()
    by = ticket.events[0].by if ticket.events else None
    said = f"{ticket.title}\n{ticket.text}" if ticket.title else ticket.text
    worded = _worded(said) if said else None
    kinds = [event.kind for event in ticket.events]
    fields = (
        ticket.number,
        str((ticket.received_at - _EPOCH) // _MILLISECOND),
        ticket.unit_id or "",
        ticket.channel,
        ticket.request_type,
        ticket.urgency,
        ticket.state,
        ticket.topic or "",
        str(int(triage.automatic)) if triage else "",
        first.unit_id if first else "",
        (triage.place_id if triage else None) or "",
        str(len(ticket.title or "") + len(ticket.text)),
        str(kinds.count(EventKind.TRANSFERRED)),
        str(kinds.count(EventKind.RETURN_APPROVED)),
        *_ways(ticket),
        _kept(ticket.clocks, ClockName.DISPATCH),
        _kept(ticket.clocks, ClockName.REPLY),
        "、".join(words),
        *((by.id, by.name, by.role) if by else ("", "", "")),
        *((worded.label, repr(worded.confidence)) if worded else ("", "0")),
    )
    return "\t".join(field.replace("\t", " ") for field in fields)


@lru_cache(maxsize=_REMEMBERED)
def _worded(said: str) -> Guess:
    """What the words sound like; a ticket is written some twenty times and says the same each time."""
    return guess_request_type(said)


@lru_cache(maxsize=_ROWS_REMEMBERED)
def row_of_mark(mark: str) -> AuditRow:
    """The ticket as the audit needs it."""
    (
        number, received_ms, unit_id, channel, request_type, urgency, state, topic, automatic, first, place_id,
        length, transfers, returns, lost, waited, dispatched, replied, words, by_id, by_name, by_role, worded,
        confidence,
    ) = mark.split("\t")  # fmt: skip
    return AuditRow(
        number,
        int(received_ms),
        UnitId(unit_id) if unit_id else None,
        _CHANNELS[channel],
        _RECORDED[request_type],
        _URGENCIES[urgency],
        _STATES[state],
        topic or None,
        automatic != "",
        automatic == "1",
        UnitId(first) if first else None,
        place_id or None,
        int(length),
        tuple(filter(None, words.split("、"))),
        _person(by_id, by_name, by_role) if by_role else None,
        int(transfers),
        int(returns),
        int(lost) if lost else 0,
        int(waited) if waited else None,
        _DECIDED[dispatched] if dispatched in _DECIDED else _moment(dispatched),
        _DECIDED[replied] if replied in _DECIDED else _moment(replied),
        _TYPES[worded],
        float(confidence),
    )


@lru_cache(maxsize=4096)
def _person(by_id: str, name: str, role: str) -> ActorRef:
    return ActorRef(by_id, name, Role(role))


def _ways(ticket: Ticket) -> tuple[str, str]:
    """Milliseconds between the first unit and the last, and from receipt to the first dispatch; empty for none."""
    handed = [event.at for event in ticket.events if event.kind in _HANDOVERS]
    sent = next((event.at for event in ticket.events if event.kind is EventKind.DISPATCHED), None)
    lost = (handed[-1] - handed[0]) // _MILLISECOND if len(handed) > 1 else 0
    return str(lost) if lost else "", str((sent - ticket.received_at) // _MILLISECOND) if sent else ""


def _kept(clocks: Iterable[Clock], name: ClockName) -> str:
    """Of the first clock of that name, what the citizen waited for first: kept, missed, or until when it runs."""
    clock = next((clock for clock in clocks if clock.name is name), None)
    if clock is None or clock.state is ClockState.CANCELLED:
        return ""
    if clock.state is ClockState.RUNNING:
        return f"~{(clock.due_at - _EPOCH) // _MILLISECOND}"
    return _MET if clock.state is ClockState.MET else _MISSED


def _moment(until: str) -> datetime:
    return _EPOCH + int(until[1:]) * _MILLISECOND
