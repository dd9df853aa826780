"""What happened to a ticket, in order, and what must be told because of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from routing.departments import UnitId
from routing.sla import ClockName
from routing.workflow import Role


class EventKind(StrEnum):
    """Past participles; the ticket's timeline and every figure are made of these."""

    REGISTERED = "registered"
    LEFT_TO_A_PERSON = "left_to_a_person"
    DISPATCHED = "dispatched"
    TRANSFERRED = "transferred"
    ACCEPTED = "accepted"
    CONTACTED = "contacted"
    REPLIED = "replied"
    RESOLVED = "resolved"
    RETURN_REQUESTED = "return_requested"
    RETURN_APPROVED = "return_approved"
    RETURN_REFUSED = "return_refused"
    SUPPLEMENTED = "supplemented"
    REMINDED = "reminded"
    RATED = "rated"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    AT_RISK = "at_risk"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class ActorRef:
    """Who did it, as kept in the history. A citizen is only ever ``citizen``: never a name."""

    id: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One fact. ``seq`` counts from 1 within its ticket; ``text`` is what a person wrote."""

    seq: int
    kind: EventKind
    at: datetime
    by: ActorRef
    unit_id: UnitId | None = None
    from_unit_id: UnitId | None = None
    text: str | None = None
    clock: ClockName | None = None
    stars: int | None = None


class Audience(StrEnum):
    """Whom a notice is for."""

    CITIZEN = "citizen"
    UNIT = "unit"
    CENTRE = "centre"


class NoticeChannel(StrEnum):
    """How it reaches them."""

    WECHAT = "wechat"
    CONSOLE = "console"


class NoticeState(StrEnum):
    """Delivery ledger. ``sending`` is written before the attempt: what is found there after a crash has an
    unknown outcome and is never sent again by itself."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WAITING = "waiting"
    """Kept: the citizen cannot be reached now, and hears of it when they next write."""


@dataclass(frozen=True, slots=True)
class PlannedNotice:
    """Somebody must be told of an event; the words are made at delivery from the ticket as it then stands."""

    audience: Audience
    channel: NoticeChannel


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """A planned notice on the ticket's own document, so that fact and duty to tell are one write."""

    id: str
    event_seq: int
    audience: Audience
    channel: NoticeChannel
    state: NoticeState = NoticeState.QUEUED
    attempts: int = 0
    next_attempt_at: datetime | None = None
    """When to try (again); None once nothing more will be tried."""
    settled_at: datetime | None = None
    failure: str | None = None
