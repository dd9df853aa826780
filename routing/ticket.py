"""The ticket: one aggregate, one document, one version. Pure: time and actor come in, events stay on it.

Here are its data, its straight path and what may be read off it. The rest stands in ``routing.acts`` by theme: the
path's answers in ``answers``; what happens beside it in ``returns``, ``extensions``, ``pauses``, ``co_handling``, ``letters``,
``relays``, ``links``, ``visits``, ``exclusions``, ``emergencies``, ``deadlines``; what acts are made of in ``limits`` (its
clocks), ``reviews`` (what waits for a decision), ``handing`` (who has it, and its end) and ``rework``; the notices' ledger
in ``outbox``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Unpack

from routing.acts import (
    answers,
    co_handling,
    deadlines,
    handing,
    leavings,
    limits,
    outbox,
    returns,
    reviews,
    rework,
    visits,
)
from routing.acts.acting import Answered
from routing.acts.co_handling import CoHandler
from routing.acts.letters import Letter
from routing.acts.limits import CITIZENS_DATE
from routing.acts.pauses import Pause, receive_material
from routing.acts.reviews import Review, ReviewKind
from routing.acts.visits import SATISFIED_FROM as SATISFIED_FROM
from routing.acts.visits import Rating as Rating
from routing.acts.visits import Visit
from routing.citizen_request import Applicant, Channel, CitizenRequest, RequestType, Secrecy, Urgency
from routing.clocks import Clock
from routing.departments import UnitId
from routing.disclosure import applications
from routing.errors import (
    ActionNotAllowed,
    AlreadyThere,
    Incomplete,
    NotYourRole,
    ReviewPending,
    TicketPaused,
    TooOften,
    WindowClosed,
)
from routing.events import (
    ActorRef,
    Event,
    EventFacts,
    EventKind,
    OutboxEntry,
    PlannedNotice,
    RejectReason,
)
from routing.timing.sla import ClockName, PauseReason, Profile
from routing.triage.deciding import TriageDecision
from routing.workflow import OPEN_STATES, TRANSITIONS, Action, Actor, Role, State, next_state

REMINDERS_PER_DAY = 1
SUPPLEMENTS_PER_DAY = 20
"""Enough for any real matter; a ticket must not grow without end."""

_NOT_THE_WORK = frozenset({ClockName.FOLLOW_UP_VISIT, ClockName.REVIEW, ClockName.APPEAL})
"""The centre's own, and no work on the ticket."""


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
    tier: str | None = None
    """The profile's tier, where it is not told by the urgency (依申请公开)."""
    applicant: Applicant = Applicant.PERSON
    """Who asks, where it is 依申请公开."""
    profile: str | None = None
    """The rules of time of the account it came through; None is the installation's."""
    triage: TriageDecision | None = None
    topic: str | None = None
    topic_confidence: float | None = None
    state: State = State.RECEIVED
    unit_id: UnitId | None = None
    first_unit_id: UnitId | None = None
    """首接单位: the unit that received it first."""
    relayed_by: tuple[UnitId, ...] = ()
    """五级联动: the levels above that passed it down, the highest first; that one stays responsible."""
    returned_by: tuple[UnitId, ...] = ()
    """Units whose one return is spent."""
    reviews: tuple[Review, ...] = ()
    """What waits for a decision; at most one of a kind."""
    pause: Pause | None = None
    co_handlers: tuple[CoHandler, ...] = ()
    letters: tuple[Letter, ...] = ()
    reply_text: str | None = None
    rating: Rating | None = None
    rated_at: datetime | None = None
    visits: tuple[Visit, ...] = ()
    resolved_at: datetime | None = None
    put_away_at: datetime | None = None
    """When it is archived by itself, where nobody owes it a visit."""
    parent_number: str | None = None
    children: tuple[str, ...] = ()
    children_owed: tuple[str, ...] = ()
    """Linked tickets that have yet to hear how this one ended."""
    owed_since: datetime | None = None
    link_pending: bool = False
    """The parent has not taken this child in yet."""
    linked_at: datetime | None = None
    done_keys: tuple[str, ...] = ()
    """Idempotency keys of the citizen's acts already taken (a redelivered message must not count twice)."""
    clocks: tuple[Clock, ...] = ()
    events: tuple[Event, ...] = ()
    outbox: tuple[OutboxEntry, ...] = field(default=())

    def copied(self) -> Ticket:
        """Another with the same data, to try an act on. All it holds is immutable; ``dataclasses.replace`` would do,
        at ten times the cost."""
        other = object.__new__(Ticket)
        for name in Ticket.__slots__:
            setattr(other, name, getattr(self, name))
        return other

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
            tier=request.tier,
            applicant=request.applicant,
            profile=request.profile,
        )
        ticket.begin(profile=profile, actor=actor, now=now)
        return ticket

    def begin(self, *, profile: Profile, actor: Actor, now: datetime) -> None:
        """The first event and the first clocks. What came by WeChat must also be accepted in time."""
        self.record(EventKind.REGISTERED, actor, now)
        if self.channel is Channel.WECHAT:
            limits.start(self, profile, ClockName.ACCEPTANCE, at=self.received_at, unit_id=None)
        limits.start(self, profile, ClockName.DISPATCH, at=self.received_at, unit_id=None)
        limits.start(self, profile, ClockName.REPLY, at=self.received_at, unit_id=None)

    def leave_to_a_person(self, decision: TriageDecision | None, *, actor: Actor, now: datetime) -> None:
        """Triage was not sure: keep its candidates and wait in the dispatcher's queue."""
        self.triage = decision
        self.record(EventKind.LEFT_TO_A_PERSON, actor, now)

    # ---- the unit's work

    def dispatch(
        self, unit_id: UnitId, *, profile: Profile, actor: Actor, now: datetime, reason: str | None = None
    ) -> None:
        """派单 to a unit, by triage or by a person."""
        self.state = self.enter(Action.DISPATCH, actor)
        handing.hand_to(self, unit_id, profile=profile, now=now)
        self.record(EventKind.DISPATCHED, actor, now, unit_id=unit_id, text=reason)

    def transfer(
        self, unit_id: UnitId, *, profile: Profile, actor: Actor, now: datetime, reason: str
    ) -> None:
        """改派: another unit signs in anew; the date promised to the citizen stands. A return that waits is
        decided by it: the unit was right."""
        _required("reason", reason)
        state = self.enter(Action.TRANSFER, actor)
        before, standing = self.unit_id, leavings.standing(self)
        if before == unit_id:
            raise AlreadyThere(unit_id)
        waiting = self.review(ReviewKind.RETURN)
        if waiting is not None:
            if waiting.arbitration and actor.role is not Role.SUPERVISOR:
                raise NotYourRole(Action.DECIDE_RETURN, actor.role)
            returns.settle(self, approved=True, actor=actor, now=now, reason=reason.strip())
        self.state = state
        handing.hand_to(self, unit_id, profile=profile, now=now)
        self.record(
            EventKind.TRANSFERRED, actor, now, unit_id=unit_id, from_unit_id=before, text=reason.strip()
        )
        leavings.tell(self, standing, now=now, why="工单已改派")

    def accept(self, *, actor: Actor, now: datetime) -> None:
        """签收."""
        reviews.require_no_return(self)
        self.state = self.enter(Action.ACCEPT, actor)
        limits.stop(self, (ClockName.SIGN_IN,), now)
        self.record(EventKind.ACCEPTED, actor, now, unit_id=self.unit_id)

    def contact(self, *, actor: Actor, now: datetime, text: str) -> None:
        """先行联系, with what was said as its proof."""
        _required("text", text)
        self.state = self.enter(Action.CONTACT, actor)
        limits.stop(self, (ClockName.FIRST_CONTACT,), now)
        self.record(EventKind.CONTACTED, actor, now, unit_id=self.unit_id, text=text.strip())

    def reply(self, **given: Unpack[Answered]) -> None:
        """答复: see ``answers.reply``."""
        answers.reply(self, **given)

    def decide_reply(self, *, approved: bool, actor: Actor, now: datetime, reason: str) -> None:
        """审核: see ``answers.decide_reply``."""
        answers.decide_reply(self, approved=approved, actor=actor, now=now, reason=reason)

    def resolve(self, *, actor: Actor, now: datetime, profile: Profile | None = None) -> None:
        """办结: the reply clock stops here, since the on-time rate counts closed tickets (domain §4)."""
        reviews.require_no_return(self)
        state = self.enter(Action.RESOLVE, actor)
        if self.review(ReviewKind.REPLY) is not None:
            raise ReviewPending(ReviewKind.REPLY)
        co_handling.require_no_answers_owed(self)
        standing = leavings.standing(self)
        self.state = state
        handing.close(self, now, profile=profile)
        self.record(EventKind.RESOLVED, actor, now, unit_id=self.unit_id)
        leavings.tell(self, standing, now=now, why="工单已办结")

    def answer_directly(self, **given: Unpack[Answered]) -> None:
        """直接答复办结: see ``answers.answer_directly``."""
        answers.answer_directly(self, **given)

    # ---- the citizen's side

    def supplement(self, *, actor: Actor, now: datetime, text: str, profile: Profile | None = None) -> None:
        """补充材料; what the clocks waited for lets them go on."""
        _required("text", text)
        self.state = self.enter(Action.SUPPLEMENT, actor)
        self.limit_per_day(Action.SUPPLEMENT, EventKind.SUPPLEMENTED, SUPPLEMENTS_PER_DAY, now)
        self.record(EventKind.SUPPLEMENTED, actor, now, unit_id=self.unit_id, text=text.strip())
        if profile is None:
            return
        if self.pause is not None and self.pause.reason is PauseReason.MATERIAL:
            receive_material(self, profile=profile, actor=actor, now=now)
        else:
            applications.receive_correction(self, profile=profile, actor=actor, now=now)

    def remind(self, *, actor: Actor, now: datetime, text: str | None) -> None:
        """催办, limited per 24 hours so that it stays a signal; an office's own uses up none of the citizen's."""
        self.state = self.enter(Action.REMIND, actor)
        self.limit_per_day(
            Action.REMIND,
            EventKind.REMINDED,
            REMINDERS_PER_DAY,
            now,
            citizens=actor.role is Role.CITIZEN,
        )
        self.record(EventKind.REMINDED, actor, now, unit_id=self.unit_id, text=text)

    def rate(self, rating: Rating, *, actor: Actor, now: datetime, profile: Profile | None = None) -> None:
        """评价: see ``visits.rate``."""
        visits.rate(self, rating, actor=actor, now=now, profile=profile)

    def reopen(self, *, profile: Profile, actor: Actor, now: datetime, reason: str) -> None:
        """重办: back to the unit that answered, under the rework limit. Who was satisfied files a new matter, and
        so does who comes back only after the profile's days."""
        _required("reason", reason)
        state = self.state
        self.enter(Action.REOPEN, actor)
        if not visits.may_reopen(self):
            raise ActionNotAllowed(Action.REOPEN, state)
        if self.resolved_at is not None and now - self.resolved_at > timedelta(days=profile.reopen_days):
            raise WindowClosed(Action.REOPEN)
        rework.begin(self, profile=profile, actor=actor, now=now, reason=reason.strip())

    def withdraw(self, *, actor: Actor, now: datetime, reason: str) -> None:
        """撤单: every running limit ends with it and counts in no rate. Who does it for the citizen says why."""
        state = self.enter(Action.WITHDRAW, actor)
        if actor.role is not Role.CITIZEN:
            _required("reason", reason)
        standing = leavings.standing(self)
        self.state = state
        handing.end(self, now)
        self.record(EventKind.WITHDRAWN, actor, now, unit_id=self.unit_id, text=reason.strip() or None)
        leavings.tell(self, standing, now=now, why="工单已撤销")

    def reject(
        self, *, actor: Actor, now: datetime, reason: str, kind: RejectReason = RejectReason.OTHER
    ) -> None:
        """不予受理: only with the reason the citizen is told. Accepted or not, the filing was looked at in time."""
        _required("reason", reason)
        self.state = self.enter(Action.REJECT, actor)
        standing = leavings.standing(self)
        limits.stop(self, (ClockName.ACCEPTANCE,), now)
        handing.end(self, now)
        self.record(EventKind.REJECTED, actor, now, text=reason.strip(), reject_reason=kind)
        leavings.tell(self, standing, now=now, why="工单不予受理")

    # ---- time

    @property
    def next_deadline_at(self) -> datetime | None:
        """The earliest moment a clock has something to say or a pause ends; the worker looks for it."""
        moments = [at for c in self.clocks if (at := c.next_alarm_at)]
        if self.pause is not None and self.pause.until is not None:
            moments.append(self.pause.until)
        if self.put_away_at is not None:
            moments.append(self.put_away_at)
        return min(moments, default=None)

    @property
    def next_due_at(self) -> datetime | None:
        """What an inbox sorts by: the nearest limit of the work itself. A visit or a decision that the centre owes
        keeps no ticket on top of its unit's."""
        return min(
            (c.due_at for c in self.clocks if c.running and not c.paused and c.name not in _NOT_THE_WORK),
            default=None,
        )

    @property
    def next_link_at(self) -> datetime | None:
        """Since when a link has a step left for the worker; None when all is done."""
        return self.linked_at if self.link_pending else self.owed_since

    @property
    def next_entry_at(self) -> datetime | None:
        """Since when an application waits for its number in the register; None when none does."""
        return self.events[0].at if self.events and applications.owes_entry(self) else None

    def check_deadlines(self, *, actor: Actor, now: datetime, profile: Profile | None = None) -> bool:
        """Note each limit that came near or passed, once: see ``deadlines.check``."""
        return deadlines.check(self, actor=actor, now=now, profile=profile)

    def clock(self, name: ClockName) -> Clock | None:
        """The newest clock of that name."""
        return next((c for c in reversed(self.clocks) if c.name == name), None)

    @property
    def visit_due_at(self) -> datetime | None:
        """Until when the citizen is to be called, while the closed ticket waits for that."""
        visiting = self.clock(ClockName.FOLLOW_UP_VISIT)
        waits = self.state is State.RESOLVED and visiting is not None and visiting.running
        return visiting.due_at if waits and visiting is not None else None

    @property
    def promise(self) -> Clock | None:
        """The date the citizen was given; after a reopening, the rework's."""
        return next((c for c in reversed(self.clocks) if c.name in CITIZENS_DATE), None)

    @property
    def pending_return(self) -> Review | None:
        """退单申请 waiting for the centre's decision."""
        return self.review(ReviewKind.RETURN)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def responsible_unit_id(self) -> UnitId | None:
        """Who answers for the citizen's date: the level that relayed it first, else the unit itself."""
        return self.relayed_by[0] if self.relayed_by else self.unit_id

    @property
    def concerned(self) -> frozenset[UnitId]:
        """The units that may know of this ticket beside the one that has it: whose answer was waived was asked by
        mistake, or is needed no more."""
        units = {*self.relayed_by, *(c.unit_id for c in self.co_handlers if c.waived is None)}
        return frozenset(units | {letter.to_unit for letter in self.letters if letter.owes_answer})

    # ---- outbox

    @property
    def next_outbox_at(self) -> datetime | None:
        return min((at for e in self.outbox if not e.to_platform and (at := e.next_attempt_at)), default=None)

    @property
    def next_callback_at(self) -> datetime | None:
        """When the platform is to be called: it hears of a ticket's events in their order, one after the other."""
        return next((at for e in self.outbox if e.to_platform and (at := e.next_attempt_at)), None)

    def plan_notices(
        self, planner: Callable[[Ticket, Event], Iterable[PlannedNotice]], *, since: int
    ) -> None:
        """Put what must be told about the events after ``since`` (a seq) into the outbox."""
        outbox.plan(self, planner, since=since)

    def event(self, seq: int) -> Event:
        return self.events[seq - 1]

    # ---- what acts are made of

    def enter(self, action: Action, actor: Actor) -> State:
        """The state the act leads to; raises for role, state and pause, in this order."""
        state = next_state(action, self.state, actor.role)
        if self.pause is not None and not TRANSITIONS[action].in_pause:
            raise TicketPaused(self.pause.reason)
        return state

    def record(self, kind: EventKind, actor: Actor, now: datetime, **facts: Unpack[EventFacts]) -> None:
        event = Event(
            seq=len(self.events) + 1,
            kind=kind,
            at=now,
            by=ActorRef(actor.id, actor.name, actor.role),
            **facts,
        )
        self.events = (*self.events, event)

    def review(self, kind: ReviewKind) -> Review | None:
        return next((r for r in self.reviews if r.kind is kind), None)

    @property
    def handed_at(self) -> datetime:
        """When the unit that has it got it."""
        handed = (
            EventKind.DISPATCHED,
            EventKind.TRANSFERRED,
            EventKind.REOPENED,
            EventKind.RELAYED,
            EventKind.RECALLED,
        )
        return next(e.at for e in reversed(self.events) if e.kind in handed)

    def limit_per_day(
        self,
        action: Action,
        kind: EventKind,
        per_day: int,
        now: datetime,
        *,
        since: datetime | None = None,
        citizens: bool | None = None,
    ) -> None:
        """``since`` forgets what was before it; ``citizens`` counts what citizens did alone, or what others did."""
        last_day = [
            e
            for e in self.events
            if e.kind is kind
            and e.at > now - timedelta(days=1)
            and (citizens is None or (e.by.role is Role.CITIZEN) is citizens)
        ]
        if sum(since is None or e.at >= since for e in last_day) >= per_day:
            raise TooOften(action, per_day)


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
