"""Tickets whose recorded request type and the citizen's own wording differ in a way that flatters the figures.

Wording is read by rules, so every finding is a question for a person and never a verdict: who was annoyed may
well only have asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from routing.audit.checks import AuditRow, Rate
from routing.citizen_request import RequestType
from routing.errors import UnknownYear
from routing.timing.sla import ClockName, Profile
from routing.workflow import State

SURE_FROM = 0.7
"""Wording is clear from this confidence on; below, people would be asked about noise."""

SEVERITY = {
    RequestType.PRAISE: 0,
    RequestType.CONSULTATION: 0,
    RequestType.SUGGESTION: 1,
    RequestType.HELP: 1,
    RequestType.COMPLAINT: 2,
    RequestType.REPORT: 3,
}
"""How much a type weighs on the unit it is about."""
_GRAVE = frozenset({RequestType.COMPLAINT, RequestType.REPORT})


class Doubt(StrEnum):
    """``milder``: worded as a complaint or report, recorded as less. ``longer``: recorded as a type whose reply
    may take longer than that of the type it is worded as."""

    MILDER = "milder"
    LONGER = "longer"


class Reading(NamedTuple):
    """One ticket and what its wording says."""

    row: AuditRow
    worded: RequestType
    confidence: float

    @property
    def clear(self) -> bool:
        return self.confidence >= SURE_FROM


@dataclass(frozen=True, slots=True)
class Group:
    """Those one person registered, or one unit handled: ``rate`` is doubtful / clearly worded."""

    key: str
    rate: Rate


def read(rows: Iterable[AuditRow]) -> list[Reading]:
    """Every row's wording; withdrawn tickets and rows without words are passed over."""
    return [
        Reading(row, row.worded, row.confidence)
        for row in rows
        if row.worded is not None and row.state is not State.WITHDRAWN
    ]


def judge(doubt: Doubt, reading: Reading, profile: Profile) -> bool | None:
    """True: worth a look. False: clearly worded and rightly recorded. None: says nothing about this doubt."""
    if not reading.clear:
        return None
    recorded = reading.row.request_type
    if doubt is Doubt.MILDER:
        if reading.worded not in _GRAVE:
            return None
        return SEVERITY[recorded] < SEVERITY[reading.worded]
    if recorded is reading.worded:
        return False
    row = reading.row
    try:
        return profile.takes_longer(
            ClockName.REPLY, recorded, reading.worded, at=row.received_at, urgency=row.urgency
        )
    except UnknownYear:
        return None


def judged(readings: Iterable[Reading], doubt: Doubt, profile: Profile) -> list[tuple[Reading, bool]]:
    """What the doubt has something to say about, each with what it says."""
    verdicts = ((reading, judge(doubt, reading, profile)) for reading in readings)
    return [(reading, verdict) for reading, verdict in verdicts if verdict is not None]


def rate(found: Iterable[tuple[Reading, bool]]) -> Rate:
    verdicts = [verdict for _, verdict in found]
    return Rate(sum(verdicts), len(verdicts))


def by(found: Iterable[tuple[Reading, bool]], key: Callable[[AuditRow], str]) -> list[Group]:
    """The rate of each group, the most doubtful first."""
    counted: dict[str, list[bool]] = {}
    for reading, verdict in found:
        counted.setdefault(key(reading.row), []).append(verdict)
    groups = [Group(name, Rate(sum(verdicts), len(verdicts))) for name, verdicts in counted.items()]
    return sorted(groups, key=lambda g: (-g.rate.numerator, -(g.rate.value or 0.0), g.key))


def registrar(row: AuditRow) -> str:
    """Who chose the recorded type: an official's or program's id, or ``citizen``."""
    return row.registered_by.id if row.registered_by else ""
