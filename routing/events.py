"""What happened to a ticket, in order, and what must be told because of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypedDict

from routing.departments import UnitId
from routing.duty.alarm_ladder import Recipient
from routing.timing.sla import ClockName, PauseReason, Promise
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
    INTERIM_REPLIED = "interim_replied"
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
    REPLY_SUBMITTED = "reply_submitted"
    REPLY_SENT_BACK = "reply_sent_back"
    EXTENSION_REQUESTED = "extension_requested"
    EXTENSION_GRANTED = "extension_granted"
    EXTENSION_REFUSED = "extension_refused"
    SUSPENSION_REQUESTED = "suspension_requested"
    SUSPENSION_GRANTED = "suspension_granted"
    SUSPENSION_REFUSED = "suspension_refused"
    MATERIAL_REQUESTED = "material_requested"
    MATERIAL_RECEIVED = "material_received"
    THIRD_PARTY_ASKED = "third_party_asked"
    RESUMED = "resumed"
    CO_HANDLING_ASKED = "co_handling_asked"
    CO_HANDLING_ANSWERED = "co_handling_answered"
    CO_HANDLING_WAIVED = "co_handling_waived"
    LETTER_SENT = "letter_sent"
    LETTER_RECEIVED = "letter_received"
    LETTER_ANSWERED = "letter_answered"
    RELAYED = "relayed"
    RECALLED = "recalled"
    URGED_BELOW = "urged_below"
    LINKED = "linked"
    UNLINKED = "unlinked"
    ANSWERED_WITH_PARENT = "answered_with_parent"
    VISITED = "visited"
    ARCHIVED = "archived"
    EXCLUSION_REQUESTED = "exclusion_requested"
    EXCLUSION_UPHELD = "exclusion_upheld"
    EXCLUSION_DISMISSED = "exclusion_dismissed"
    NUDGED = "nudged"
    EMERGENCY_MARKED = "emergency_marked"
    REPLANNED = "replanned"
    ALARM_RAISED = "alarm_raised"
    REPLY_PUBLISHED = "reply_published"
    REPEAT_NOTED = "repeat_noted"
    CORRECTION_REQUESTED = "correction_requested"
    CORRECTION_RECEIVED = "correction_received"
    THIRD_PARTY_HEARD = "third_party_heard"
    DISCLOSURE_DECIDED = "disclosure_decided"
    ENTERED = "entered"
    NOTICE_REPEATED = "notice_repeated"
    RESEND_ASKED = "resend_asked"
    """What the citizen sent did not arrive whole: they are asked for it once more."""
    FILE_HIDDEN = "file_hidden"
    """A file the citizen could see with an answer was taken back."""
    FILE_SHOWN = "file_shown"
    """A file was added to an answer the citizen had already."""


class Fault(StrEnum):
    """Whose mistake a decided return was: 误派 is the dispatcher's, 无理退单 the unit's."""

    MISDISPATCHED = "misdispatched"
    UNREASONABLE = "unreasonable"


class RejectReason(StrEnum):
    """Why a request is not accepted (domain §2); the citizen is told."""

    NOT_GOVERNMENT = "not_government"
    EMERGENCY_SERVICES = "emergency_services"
    OTHER_POWERS = "other_powers"
    LITIGATION = "litigation"
    OTHER_PROCEDURE = "other_procedure"
    SECRET = "secret"  # noqa: S105 - a subject matter, not a password
    SAME_MATTER = "same_matter"
    ABUSIVE = "abusive"
    PETITION = "petition"
    CONSUMER_LINE = "consumer_line"
    OTHER = "other"


class LetterLevel(StrEnum):
    """督办: each further letter on a ticket is one level up."""

    BLUE = "blue"
    ORANGE = "orange"
    RED = "red"


class VisitOutcome(StrEnum):
    """What became of one try of a follow-up visit."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    REFUSED = "refused"


class Solved(StrEnum):
    """What the citizen says on the visit: really solved, explained to their satisfaction, or neither."""

    REAL = "real"
    EXPLAINED = "explained"
    NO = "no"


class Register(StrEnum):
    """The three ledgers every body keeps; each numbers its entries through the year."""

    ENTRY = "entry"
    """登记: the application came in."""
    RECORD = "record"
    """备案: the decision is put on record."""
    ARCHIVE = "archive"
    """归档: the file is closed."""


@dataclass(frozen=True, slots=True)
class ActorRef:
    """Who did it, as kept in the history. A citizen is only ever ``citizen``: never a name."""

    id: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One fact. ``seq`` counts from 1 within its ticket; ``text`` is what a person wrote.

    With the ticket's intake the events are enough to do everything again (``routing.acts.replaying``): what an act was
    given beyond its text stands in the typed fields, each empty for the kinds it does not concern.
    """

    seq: int
    kind: EventKind
    at: datetime
    by: ActorRef
    unit_id: UnitId | None = None
    from_unit_id: UnitId | None = None
    text: str | None = None
    clock: ClockName | None = None
    stars: int | None = None
    basis: str | None = None
    amount: int | None = None
    """What an extension asked for or granted, in the unit of the profile's extension limit; None for all of it."""
    until: datetime | None = None
    """A review date, the end of a wait, or the new date of an extended limit."""
    pause: PauseReason | None = None
    fault: Fault | None = None
    arbitration: bool = False
    """A return asked for or decided on the second dispute, by a supervisor."""
    reject_reason: RejectReason | None = None
    letter: str | None = None
    level: LetterLevel | None = None
    ticket: str | None = None
    """The other ticket of a link."""
    outcome: VisitOutcome | None = None
    solved: Solved | None = None
    resolved: bool | None = None
    reasons: tuple[str, ...] = ()
    comment: str | None = None
    rung: int | None = None
    """How far up the alarm ladder, from 1 (the first reminder)."""
    index: int | None = None
    promise: Promise | None = None
    """A date worked out anew, and which of the ticket's clocks it was put on."""
    ground: str | None = None
    """What a decision on an application rests on; the words given with it are the ``comment``."""
    consents: bool | None = None
    """Whether the third party agrees to publication."""
    register: Register | None = None
    passed_on: int | None = None
    """Which event of the other ticket of a link these words come from (its seq)."""


class EventFacts(TypedDict, total=False):
    """What an event may carry beside its kind, time and actor."""

    unit_id: UnitId | None
    from_unit_id: UnitId | None
    text: str | None
    clock: ClockName | None
    stars: int | None
    basis: str | None
    amount: int | None
    until: datetime | None
    pause: PauseReason | None
    fault: Fault | None
    arbitration: bool
    reject_reason: RejectReason | None
    letter: str | None
    level: LetterLevel | None
    ticket: str | None
    outcome: VisitOutcome | None
    solved: Solved | None
    resolved: bool | None
    reasons: tuple[str, ...]
    comment: str | None
    rung: int | None
    index: int | None
    promise: Promise | None
    ground: str | None
    consents: bool | None
    register: Register | None
    passed_on: int | None


class Audience(StrEnum):
    """Whom a notice is for."""

    CITIZEN = "citizen"
    UNIT = "unit"
    CENTRE = "centre"
    PLATFORM = "platform"
    """The hotline platform above, whose program filed the ticket."""


class NoticeChannel(StrEnum):
    """How it reaches them."""

    WECHAT = "wechat"
    CONSOLE = "console"
    TELEPHONE = "telephone"
    """Somebody rings them: the words are put on the console of whoever does."""
    CALLBACK = "callback"
    """A signed call of the platform's address."""


class NoticeState(StrEnum):
    """Delivery ledger. ``sending`` is written before the attempt: what is found there after a crash has an
    unknown outcome and is never sent again by itself, save what is idempotent."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    """The channel took it."""
    DELIVERED = "delivered"
    """The channel reported that it arrived."""
    FAILED = "failed"
    UNKNOWN = "unknown"
    WAITING = "waiting"
    """Kept: the citizen cannot be reached now, and hears of it when they next write."""
    EXPIRED = "expired"
    """Kept in vain: they did not write, and what was to be told is no longer news."""


class Rung(StrEnum):
    """One way of reaching a citizen; which ones, and in which order, is decided at delivery."""

    TEMPLATE = "template"
    SUBSCRIPTION = "subscription"
    CHAT = "chat"
    """A customer-service message with all the words."""
    CHAT_SHORT = "chat_short"
    """The same with the number and a link alone: the words themselves were refused."""
    SMS = "sms"
    CALLBACK = "callback"
    """Not on the ladder: the one way to the platform."""


class TryOutcome(StrEnum):
    """What became of one attempt; ``accepted`` by the channel is not yet ``delivered``."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True, slots=True)
class DeliveryTry:
    """One attempt on one rung."""

    rung: Rung
    at: datetime
    outcome: TryOutcome | None = None
    """None while it is under way."""
    code: str | None = None
    message_id: str | None = None
    """What the channel calls the message in its report."""
    replay: int = 0
    """0 for what was sent by itself, then counting up each time somebody had it sent again."""


@dataclass(frozen=True, slots=True)
class PlannedNotice:
    """Somebody must be told of an event; the words are made at delivery from the ticket as it then stands."""

    audience: Audience
    channel: NoticeChannel
    recipient: Recipient | None = None
    """Who of the unit, on the alarm ladder; the roster knows the person at delivery."""
    not_before: datetime | None = None
    """Told in duty hours only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """A planned notice on the ticket's own document, so that fact and duty to tell are one write."""

    id: str
    event_seq: int
    audience: Audience
    channel: NoticeChannel
    recipient: Recipient | None = None
    state: NoticeState = NoticeState.QUEUED
    attempts: int = 0
    next_attempt_at: datetime | None = None
    """When to try (again); None once nothing more will be tried."""
    settled_at: datetime | None = None
    failure: str | None = None
    planned_at: datetime | None = None
    """When the duty to tell arose."""
    rung: Rung | None = None
    """Of the attempt under way, or of the last one."""
    spent: tuple[Rung, ...] = ()
    """Rungs that cannot carry it, until the citizen writes or somebody sends it again."""
    rounds: int = 0
    """How often the whole ladder was climbed in vain for a fault that passes."""
    tries: tuple[DeliveryTry, ...] = ()
    """The latest attempts, oldest first."""
    message_id: str | None = None
    read_at: datetime | None = None
    """When the citizen is known to have seen it."""
    replays: int = 0

    @property
    def to_platform(self) -> bool:
        return self.audience is Audience.PLATFORM
