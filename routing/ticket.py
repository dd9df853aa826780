"""The ticket: one aggregate, one document, one version. Pure: time and actor come in, events stay on it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from routing.citizen_request import Channel, CitizenRequest, RequestType, Secrecy, Urgency
from routing.clocks import Clock, ClockState
from routing.departments import UnitId
from routing.errors import (
    ActionNotAllowed,
    AlreadyThere,
    Incomplete,
    ReviewPending,
    TooOften,
    WindowClosed,
)
from routing.events import ActorRef, Event, EventKind, NoticeState, OutboxEntry, PlannedNotice
from routing.sla import ClockName, Profile
from routing.triage import TriageDecision
from routing.workflow import OPEN_STATES, Action, Actor, State, next_state

REMINDERS_PER_DAY = 1
SUPPLEMENTS_PER_DAY = 20
"""Enough for any real matter; a ticket must not grow without end."""
SATISFIED_FROM = 3
"""好差评 counts 基本满意 (3 of 5 stars) as satisfied."""


_UNITS_OWN = (ClockName.SIGN_IN, ClockName.FIRST_CONTACT)
"""Limits that begin anew with every unit."""


@dataclass(frozen=True, slots=True)
class Rating:
    """好差评: ``stars`` 5 非常满意 … 1 非常不满意. ``resolved`` None means the citizen did not say."""

    stars: int
    resolved: bool | None = None
    reasons: tuple[str, ...] = ()
    comment: str | None = None

    @property
    def satisfied(self) -> bool:
        return self.stars >= SATISFIED_FROM


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingReturn:
    """退单申请 waiting for the centre's decision."""

    asked_at: datetime
    unit_id: UnitId
    reason: str
    basis: str


@dataclass(slots=True, kw_only=True)
class Ticket:
    """Everything about one citizen request except who asked: identity lives in the vault."""

    number: str
    version: int = 0
    """Counts the acts of people: what a page or a program read, and sends back with its own act. Deliveries and
    noted deadlines leave it alone, so that nobody is told of a change that concerns nobody."""
    writes: int = 0
    """Counts every save: what makes a save conditional. 0 before the first."""
    channel: Channel
    external_number: str
    fingerprint: str
    """SHA-256 of what was asked: tells a repeated delivery from another text under the same number."""
    request_type: RequestType
    urgency: Urgency
    secrecy: Secrecy
    title: str | None
    text: str
    place: str | None
    received_at: datetime
    triage: TriageDecision | None = None
    topic: str | None = None
    topic_confidence: float | None = None
    state: State = State.RECEIVED
    unit_id: UnitId | None = None
    first_unit_id: UnitId | None = None
    """首接单位: the unit that received it first."""
    returned_by: tuple[UnitId, ...] = ()
    """Units whose one return is spent."""
    pending_return: PendingReturn | None = None
    reply_text: str | None = None
    rating: Rating | None = None
    rated_at: datetime | None = None
    resolved_at: datetime | None = None
    done_keys: tuple[str, ...] = ()
    """Idempotency keys of the citizen's acts already taken (a redelivered message must not count twice)."""
    clocks: tuple[Clock, ...] = ()
    events: tuple[Event, ...] = ()
    outbox: tuple[OutboxEntry, ...] = field(default=())

    # ---- beginnings

    @classmethod
    def register(
        cls, request: CitizenRequest, *, number: str, profile: Profile, actor: Actor, now: datetime
    ) -> Ticket:
        """受理: the dispatch clock and the promise to the citizen start from the moment of receipt."""
        if not request.text.strip():
            raise Incomplete("text")
        ticket = cls(
            number=number,
            channel=request.channel,
            external_number=request.external_number,
            fingerprint=fingerprint(request),
            request_type=request.request_type,
            urgency=request.urgency,
            secrecy=effective_secrecy(request),
            title=request.title,
            text=request.text,
            place=request.place,
            received_at=request.received_at,
        )
        ticket._record(EventKind.REGISTERED, actor, now)
        ticket._start(profile, ClockName.DISPATCH, at=request.received_at, unit_id=None)
        ticket._start(profile, ClockName.REPLY, at=request.received_at, unit_id=None)
        return ticket

    def leave_to_a_person(self, decision: TriageDecision, *, actor: Actor, now: datetime) -> None:
        """Triage was not sure: keep its candidates and wait in the dispatcher's queue."""
        self.triage = decision
        self._record(EventKind.LEFT_TO_A_PERSON, actor, now)

    # ---- the unit's work

    def dispatch(
        self, unit_id: UnitId, *, profile: Profile, actor: Actor, now: datetime, reason: str | None = None
    ) -> None:
        """派单 to a unit, by triage or by a person."""
        self.state = next_state(Action.DISPATCH, self.state, actor.role)
        self._hand_to(unit_id, profile=profile, now=now)
        self._record(EventKind.DISPATCHED, actor, now, unit_id=unit_id, text=reason)

    def transfer(
        self, unit_id: UnitId, *, profile: Profile, actor: Actor, now: datetime, reason: str
    ) -> None:
        """改派: another unit signs in anew; the date promised to the citizen stands."""
        _required("reason", reason)
        state = next_state(Action.TRANSFER, self.state, actor.role)
        before = self.unit_id
        if before == unit_id:
            raise AlreadyThere(unit_id)
        self.state = state
        self.pending_return = None
        self._hand_to(unit_id, profile=profile, now=now)
        self._record(
            EventKind.TRANSFERRED, actor, now, unit_id=unit_id, from_unit_id=before, text=reason.strip()
        )

    def accept(self, *, actor: Actor, now: datetime) -> None:
        """签收."""
        self._no_review()
        self.state = next_state(Action.ACCEPT, self.state, actor.role)
        self._stop(ClockName.SIGN_IN, now)
        self._record(EventKind.ACCEPTED, actor, now, unit_id=self.unit_id)

    def contact(self, *, actor: Actor, now: datetime, text: str) -> None:
        """先行联系, with what was said as its proof."""
        _required("text", text)
        self.state = next_state(Action.CONTACT, self.state, actor.role)
        self._stop(ClockName.FIRST_CONTACT, now)
        self._record(EventKind.CONTACTED, actor, now, unit_id=self.unit_id, text=text.strip())

    def reply(self, *, actor: Actor, now: datetime, text: str) -> None:
        """答复: goes to the citizen. A second reply before closing replaces the first; both stay in history."""
        _required("text", text)
        self._no_review()
        self.state = next_state(Action.REPLY, self.state, actor.role)
        self.reply_text = text.strip()
        self._record(EventKind.REPLIED, actor, now, unit_id=self.unit_id, text=self.reply_text)

    def resolve(self, *, actor: Actor, now: datetime) -> None:
        """办结: the reply clock stops here, since the on-time rate counts closed tickets (domain §4)."""
        self.state = next_state(Action.RESOLVE, self.state, actor.role)
        self._close(now)
        self._record(EventKind.RESOLVED, actor, now, unit_id=self.unit_id)

    def answer_directly(self, *, actor: Actor, now: datetime, text: str) -> None:
        """直接答复办结: the centre answers what needs no unit."""
        _required("text", text)
        self.state = next_state(Action.ANSWER_DIRECTLY, self.state, actor.role)
        self.reply_text = text.strip()
        self._close(now)
        self._record(EventKind.REPLIED, actor, now, text=self.reply_text)
        self._record(EventKind.RESOLVED, actor, now)

    # ---- returns

    def request_return(
        self, *, profile: Profile, actor: Actor, now: datetime, reason: str, basis: str
    ) -> None:
        """退单申请: within its window, with reason and basis, once per unit."""
        _required("reason", reason)
        _required("basis", basis)
        self._no_review()
        next_state(Action.REQUEST_RETURN, self.state, actor.role)
        assert self.unit_id is not None
        if self.unit_id in self.returned_by:
            raise TooOften(Action.REQUEST_RETURN, 1)
        window = profile.promise(
            ClockName.RETURN_WINDOW,
            at=self._handed_at(),
            request_type=self.request_type,
            urgency=self.urgency,
        )
        if window is not None and now > window.due_at:
            raise WindowClosed(Action.REQUEST_RETURN)
        self.pending_return = PendingReturn(
            asked_at=now, unit_id=self.unit_id, reason=reason.strip(), basis=basis.strip()
        )
        # The unit cannot act while the centre decides, so its own limits must not run meanwhile.
        self._cancel(_UNITS_OWN, now)
        self._record(EventKind.RETURN_REQUESTED, actor, now, unit_id=self.unit_id, text=reason.strip())

    def decide_return(
        self, *, approved: bool, profile: Profile, actor: Actor, now: datetime, reason: str
    ) -> None:
        """Approved: back to the dispatcher, whose limit starts anew, and the citizen's date is the centre's
        again. Refused: the unit's one return is spent, it handles the ticket, and its limits start anew."""
        _required("reason", reason)
        next_state(Action.DECIDE_RETURN, self.state, actor.role)
        if self.pending_return is None:
            raise ActionNotAllowed(Action.DECIDE_RETURN, self.state)
        unit_id, asked_at = self.pending_return.unit_id, self.pending_return.asked_at
        self.pending_return = None
        self.returned_by = (*self.returned_by, unit_id)
        kind = EventKind.RETURN_APPROVED if approved else EventKind.RETURN_REFUSED
        self._record(kind, actor, now, unit_id=unit_id, text=reason.strip())
        if approved:
            self.state = State.RECEIVED
            self.unit_id = None
            self._charge_promise_to(None, now)
            self._start(profile, ClockName.DISPATCH, at=now, unit_id=None)
            return
        for name in _UNITS_OWN:
            clock = self.clock(name)
            if clock is not None and clock.state is ClockState.CANCELLED and clock.stopped_at == asked_at:
                self._start(profile, name, at=now, unit_id=unit_id)

    # ---- the citizen's side

    def supplement(self, *, actor: Actor, now: datetime, text: str) -> None:
        """补充材料."""
        _required("text", text)
        self.state = next_state(Action.SUPPLEMENT, self.state, actor.role)
        self._limit(Action.SUPPLEMENT, EventKind.SUPPLEMENTED, SUPPLEMENTS_PER_DAY, now)
        self._record(EventKind.SUPPLEMENTED, actor, now, unit_id=self.unit_id, text=text.strip())

    def remind(self, *, actor: Actor, now: datetime, text: str | None) -> None:
        """催办, limited per 24 hours so that it stays a signal."""
        self.state = next_state(Action.REMIND, self.state, actor.role)
        self._limit(Action.REMIND, EventKind.REMINDED, REMINDERS_PER_DAY, now)
        self._record(EventKind.REMINDED, actor, now, unit_id=self.unit_id, text=text)

    def rate(self, rating: Rating, *, actor: Actor, now: datetime) -> None:
        """评价: satisfied archives the ticket; otherwise it stays resolved so that it can be reopened."""
        if not 1 <= rating.stars <= 5:
            raise Incomplete("stars")
        state = next_state(Action.RATE, self.state, actor.role)
        if self.rating is not None:
            # One rating per answer: the next one comes after a rework.
            raise ActionNotAllowed(Action.RATE, state)
        self.state = state
        self.rating = rating
        self.rated_at = now
        if rating.satisfied and rating.resolved is not False:
            self.state = State.ARCHIVED
        said = "、".join((*rating.reasons, *((rating.comment,) if rating.comment else ())))
        self._record(EventKind.RATED, actor, now, unit_id=self.unit_id, text=said or None, stars=rating.stars)

    def reopen(self, *, profile: Profile, actor: Actor, now: datetime, reason: str) -> None:
        """重办: back to the unit that answered, under the rework limit."""
        _required("reason", reason)
        self.state = next_state(Action.REOPEN, self.state, actor.role)
        if self.unit_id is None:
            # The centre answered it itself: this time somebody must find a unit.
            self.state = State.RECEIVED
            self._start(profile, ClockName.DISPATCH, at=now, unit_id=None)
        else:
            self._start(profile, ClockName.SIGN_IN, at=now, unit_id=self.unit_id)
        self._start(profile, ClockName.REWORK, at=now, unit_id=self.unit_id)
        self.rating = None
        self.resolved_at = None
        self._record(EventKind.REOPENED, actor, now, unit_id=self.unit_id, text=reason.strip())

    def withdraw(self, *, actor: Actor, now: datetime, reason: str) -> None:
        """撤单: every running limit ends with it and counts in no rate."""
        self.state = next_state(Action.WITHDRAW, self.state, actor.role)
        self.pending_return = None
        self._end_all_clocks(now)
        self._record(EventKind.WITHDRAWN, actor, now, unit_id=self.unit_id, text=reason.strip() or None)

    def reject(self, *, actor: Actor, now: datetime, reason: str) -> None:
        """不予受理: only with the reason the citizen is told."""
        _required("reason", reason)
        self.state = next_state(Action.REJECT, self.state, actor.role)
        self._end_all_clocks(now)
        self._record(EventKind.REJECTED, actor, now, text=reason.strip())

    # ---- time

    @property
    def next_deadline_at(self) -> datetime | None:
        """The earliest moment a clock has something to say; the worker looks for it."""
        return min((at for c in self.clocks if (at := c.next_alarm_at)), default=None)

    @property
    def next_due_at(self) -> datetime | None:
        """What an inbox sorts by: the nearest limit still running."""
        return min((c.due_at for c in self.clocks if c.running), default=None)

    def check_deadlines(self, *, actor: Actor, now: datetime) -> bool:
        """Note each limit that came near or passed, once. True when anything was noted."""
        before = len(self.events)
        clocks = []
        for clock in self.clocks:
            if clock.overdue(now) and not clock.alarmed:
                self._record(EventKind.OVERDUE, actor, now, unit_id=clock.unit_id, clock=clock.name)
                clock = replace(clock, warned=True, alarmed=True)
            elif clock.at_risk(now) and not clock.warned:
                self._record(EventKind.AT_RISK, actor, now, unit_id=clock.unit_id, clock=clock.name)
                clock = replace(clock, warned=True)
            clocks.append(clock)
        self.clocks = tuple(clocks)
        return len(self.events) > before

    def clock(self, name: ClockName) -> Clock | None:
        """The newest clock of that name."""
        return next((c for c in reversed(self.clocks) if c.name == name), None)

    @property
    def promise(self) -> Clock | None:
        """The date the citizen was given; after a reopening, the rework's."""
        return self.clock(ClockName.REWORK) or self.clock(ClockName.REPLY)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    # ---- outbox

    @property
    def next_outbox_at(self) -> datetime | None:
        return min((e.next_attempt_at for e in self.outbox if e.next_attempt_at is not None), default=None)

    def plan_notices(
        self, planner: Callable[[Ticket, Event], Iterable[PlannedNotice]], *, since: int
    ) -> None:
        """Put what must be told about the events after ``since`` (a seq) into the outbox."""
        for event in self.events:
            if event.seq <= since:
                continue
            entries = (
                OutboxEntry(
                    id=f"{self.number}-{event.seq}-{n}",
                    event_seq=event.seq,
                    audience=planned.audience,
                    channel=planned.channel,
                    next_attempt_at=event.at,
                )
                for n, planned in enumerate(planner(self, event))
            )
            self.outbox = (*self.outbox, *entries)

    def settle_notice(
        self,
        entry_id: str,
        state: NoticeState,
        *,
        now: datetime,
        failure: str | None = None,
        try_again_at: datetime | None = None,
    ) -> None:
        """Write what became of a delivery (or that it is under way) into the ledger."""
        attempt = 1 if state is NoticeState.SENDING else 0
        done = state not in (NoticeState.QUEUED, NoticeState.SENDING)
        self.outbox = tuple(
            replace(
                e,
                state=state,
                attempts=e.attempts + attempt,
                failure=failure,
                next_attempt_at=try_again_at,
                settled_at=now if done else None,
            )
            if e.id == entry_id
            else e
            for e in self.outbox
        )

    def resume_notices(self, *, now: datetime) -> None:
        """Queue what waited for the citizen to write again."""
        self.outbox = tuple(
            replace(e, state=NoticeState.QUEUED, next_attempt_at=now, settled_at=None)
            if e.state is NoticeState.WAITING
            else e
            for e in self.outbox
        )

    def event(self, seq: int) -> Event:
        return self.events[seq - 1]

    # ---- inside

    def _record(
        self,
        kind: EventKind,
        actor: Actor,
        now: datetime,
        *,
        unit_id: UnitId | None = None,
        from_unit_id: UnitId | None = None,
        text: str | None = None,
        clock: ClockName | None = None,
        stars: int | None = None,
    ) -> None:
        event = Event(
            seq=len(self.events) + 1,
            kind=kind,
            at=now,
            by=ActorRef(actor.id, actor.name, actor.role),
            unit_id=unit_id,
            from_unit_id=from_unit_id,
            text=text,
            clock=clock,
            stars=stars,
        )
        self.events = (*self.events, event)

    def _start(self, profile: Profile, name: ClockName, *, at: datetime, unit_id: UnitId | None) -> None:
        promise = profile.promise(name, at=at, request_type=self.request_type, urgency=self.urgency)
        if promise is not None:
            self.clocks = (*self.clocks, Clock.start(promise, unit_id=unit_id))

    def _hand_to(self, unit_id: UnitId, *, profile: Profile, now: datetime) -> None:
        self.unit_id = unit_id
        self.first_unit_id = self.first_unit_id or unit_id
        self._stop(ClockName.DISPATCH, now)
        self._cancel(_UNITS_OWN, now)
        self._start(profile, ClockName.SIGN_IN, at=now, unit_id=unit_id)
        self._start(profile, ClockName.FIRST_CONTACT, at=now, unit_id=unit_id)
        self._charge_promise_to(unit_id, now)

    def _charge_promise_to(self, unit_id: UnitId | None, now: datetime) -> None:
        """Who must keep the citizen's date from now on. A date already missed stays with who missed it."""
        self.clocks = tuple(
            replace(c, unit_id=unit_id)
            if c.running and c.name in (ClockName.REPLY, ClockName.REWORK) and not c.overdue(now)
            else c
            for c in self.clocks
        )

    def _handed_at(self) -> datetime:
        handed = (EventKind.DISPATCHED, EventKind.TRANSFERRED, EventKind.REOPENED)
        return next(e.at for e in reversed(self.events) if e.kind in handed)

    def _stop(self, name: ClockName, now: datetime) -> None:
        self.clocks = tuple(c.stop(now) if c.running and c.name == name else c for c in self.clocks)

    def _cancel(self, names: tuple[ClockName, ...], now: datetime) -> None:
        self.clocks = tuple(c.cancel(now) if c.running and c.name in names else c for c in self.clocks)

    def _close(self, now: datetime) -> None:
        """Closing answers every limit still open: what was due before is missed, the rest is kept. First contact
        is the exception: it counts only with its proof, so without one it merely no longer applies."""
        self.resolved_at = now
        self._cancel((ClockName.FIRST_CONTACT,), now)
        self.clocks = tuple(c.stop(now) if c.running else c for c in self.clocks)

    def _end_all_clocks(self, now: datetime) -> None:
        self.clocks = tuple(c.cancel(now) if c.running else c for c in self.clocks)

    def _limit(self, action: Action, kind: EventKind, per_day: int, now: datetime) -> None:
        recent = [e for e in self.events if e.kind is kind and (now - e.at).total_seconds() < 24 * 3600]
        if len(recent) >= per_day:
            raise TooOften(action, per_day)

    def _no_review(self) -> None:
        if self.pending_return is not None:
            raise ReviewPending("return")


def effective_secrecy(request: CitizenRequest) -> Secrecy:
    """举报 is always secret, whatever was chosen (domain §5)."""
    if request.request_type is RequestType.REPORT and request.citizen.secrecy is Secrecy.PUBLIC:
        return Secrecy.SECRET
    return request.citizen.secrecy


def fingerprint(request: CitizenRequest) -> str:
    """What makes two deliveries under one external number the same request."""
    return hashlib.sha256(f"{request.title or ''}\x00{request.text}".encode()).hexdigest()


def _required(field_name: str, value: str) -> None:
    if not value or not value.strip():
        raise Incomplete(field_name)
