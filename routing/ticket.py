"""The ticket: one aggregate, one document, one version. Pure: time and actor come in, events stay on it.

Here are its data, its straight path and the primitives every act is made of. What happens beside the path stands
by theme: ``returns``, ``extensions``, ``pauses``, ``co_handling``, ``letters``, ``relays``, ``links``, ``visits``,
``exclusions``, ``emergencies``, ``deadlines``; the notices' ledger in ``outbox``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Unpack

from routing.acts import co_handling, deadlines, leavings, letters, outbox, returns, visits
from routing.acts.co_handling import CoHandler
from routing.acts.letters import Letter
from routing.acts.outbox import NO_STEP, Step
from routing.acts.pauses import NEVER_PAUSED, Pause, receive_material
from routing.acts.returns import UNITS_OWN
from routing.acts.reviews import HELD_BY_THE_UNIT, Review, ReviewKind, clock_of
from routing.acts.visits import SATISFIED_FROM as SATISFIED_FROM
from routing.acts.visits import Rating as Rating
from routing.acts.visits import Visit
from routing.citizen_request import Applicant, Channel, CitizenRequest, RequestType, Secrecy, Urgency
from routing.clocks import Clock, ClockState
from routing.departments import UnitId
from routing.disclosure import applications
from routing.errors import (
    ActionNotAllowed,
    AlreadyThere,
    Incomplete,
    NotYourRole,
    OwnRequest,
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
    NoticeState,
    OutboxEntry,
    PlannedNotice,
    RejectReason,
)
from routing.timing.sla import ClockName, PauseReason, Profile, Promise
from routing.triage.deciding import TriageDecision
from routing.workflow import OPEN_STATES, TRANSITIONS, Action, Actor, Role, State, next_state

REMINDERS_PER_DAY = 1
REPLIES_PER_DAY = 5
"""Each reaches the citizen: room for corrections, and no more than that."""
SUPPLEMENTS_PER_DAY = 20
"""Enough for any real matter; a ticket must not grow without end."""

_CITIZENS_DATE = (ClockName.REPLY, ClockName.REWORK)
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
            self.start_clock(profile, ClockName.ACCEPTANCE, at=self.received_at, unit_id=None)
        self.start_clock(profile, ClockName.DISPATCH, at=self.received_at, unit_id=None)
        self.start_clock(profile, ClockName.REPLY, at=self.received_at, unit_id=None)

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
        self.hand_to(unit_id, profile=profile, now=now)
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
        self.hand_to(unit_id, profile=profile, now=now)
        self.record(
            EventKind.TRANSFERRED, actor, now, unit_id=unit_id, from_unit_id=before, text=reason.strip()
        )
        leavings.tell(self, standing, now=now, why="工单已改派")

    def accept(self, *, actor: Actor, now: datetime) -> None:
        """签收."""
        self.require_no_return()
        self.state = self.enter(Action.ACCEPT, actor)
        self.stop_clocks((ClockName.SIGN_IN,), now)
        self.record(EventKind.ACCEPTED, actor, now, unit_id=self.unit_id)

    def contact(self, *, actor: Actor, now: datetime, text: str) -> None:
        """先行联系, with what was said as its proof."""
        _required("text", text)
        self.state = self.enter(Action.CONTACT, actor)
        self.stop_clocks((ClockName.FIRST_CONTACT,), now)
        self.record(EventKind.CONTACTED, actor, now, unit_id=self.unit_id, text=text.strip())

    def reply(
        self,
        *,
        actor: Actor,
        now: datetime,
        text: str,
        profile: Profile | None = None,
        doubts: tuple[str, ...] = (),
        despite: str | None = None,
    ) -> None:
        """答复: goes to the citizen once every co-handler has answered, or to the centre first where the profile has
        answers reviewed. A second reply before closing replaces the first; both stay in history. ``doubts`` are what a
        check before sending found and ``despite`` why it was sent all the same; both stay with it."""
        _required("text", text)
        self.require_no_return()
        self.enter(Action.REPLY, actor)
        applications.require_decided(self, Action.REPLY)
        co_handling.require_no_answers_owed(self)
        self._limit(Action.REPLY, EventKind.REPLIED, REPLIES_PER_DAY, now, since=self.handed_at)
        if profile is not None and profile.review_replies:
            self.ask(ReviewKind.REPLY, actor, now, profile=profile, reason=text.strip())
            self.record(
                EventKind.REPLY_SUBMITTED,
                actor,
                now,
                unit_id=self.unit_id,
                text=text.strip(),
                reasons=doubts,
                comment=despite,
            )
            return
        self._answered(text.strip(), actor=actor, now=now, doubts=doubts, despite=despite)

    def decide_reply(self, *, approved: bool, actor: Actor, now: datetime, reason: str) -> None:
        """审核: approved, the answer goes to the citizen; sent back, the unit writes another."""
        self.enter(Action.DECIDE_REPLY, actor)
        if not approved:
            _required("reason", reason)
        self.require_no_return()
        review = self.decided(ReviewKind.REPLY, Action.DECIDE_REPLY, actor)
        if approved:
            co_handling.require_no_answers_owed(self)
        self.settle_review(ReviewKind.REPLY, now)
        if approved:
            self._answered(review.reason, actor=actor, now=now)
        else:
            self.record(EventKind.REPLY_SENT_BACK, actor, now, unit_id=review.unit_id, text=reason.strip())

    def _answered(
        self,
        text: str,
        *,
        actor: Actor,
        now: datetime,
        doubts: tuple[str, ...] = (),
        despite: str | None = None,
    ) -> None:
        self.state = State.REPLIED
        self.reply_text = text
        self.record(
            EventKind.REPLIED, actor, now, unit_id=self.unit_id, text=text, reasons=doubts, comment=despite
        )

    def resolve(self, *, actor: Actor, now: datetime, profile: Profile | None = None) -> None:
        """办结: the reply clock stops here, since the on-time rate counts closed tickets (domain §4)."""
        self.require_no_return()
        state = self.enter(Action.RESOLVE, actor)
        if self.review(ReviewKind.REPLY) is not None:
            raise ReviewPending(ReviewKind.REPLY)
        co_handling.require_no_answers_owed(self)
        standing = leavings.standing(self)
        self.state = state
        self.close(now, profile=profile)
        self.record(EventKind.RESOLVED, actor, now, unit_id=self.unit_id)
        leavings.tell(self, standing, now=now, why="工单已办结")

    def answer_directly(
        self,
        *,
        actor: Actor,
        now: datetime,
        text: str,
        profile: Profile | None = None,
        doubts: tuple[str, ...] = (),
        despite: str | None = None,
    ) -> None:
        """直接答复办结: the centre answers what needs no unit. ``doubts`` and ``despite`` as in ``reply``."""
        _required("text", text)
        state = self.enter(Action.ANSWER_DIRECTLY, actor)
        applications.require_decided(self, Action.ANSWER_DIRECTLY)
        self.state = state
        self.reply_text = text.strip()
        self.close(now, profile=profile)
        self.record(EventKind.REPLIED, actor, now, text=self.reply_text, reasons=doubts, comment=despite)
        self.record(EventKind.RESOLVED, actor, now)

    # ---- returns

    @property
    def pending_return(self) -> Review | None:
        """退单申请 waiting for the centre's decision."""
        return self.review(ReviewKind.RETURN)

    def request_return(
        self,
        *,
        profile: Profile,
        actor: Actor,
        now: datetime,
        reason: str,
        basis: str,
        fallback: UnitId | None = None,
    ) -> None:
        """退单申请: see ``returns.request_return``."""
        returns.request_return(
            self, profile=profile, actor=actor, now=now, reason=reason, basis=basis, fallback=fallback
        )

    def decide_return(
        self,
        *,
        approved: bool,
        profile: Profile,
        actor: Actor,
        now: datetime,
        reason: str,
        fallback: UnitId | None = None,
    ) -> None:
        """审批退单: see ``returns.decide_return``."""
        returns.decide_return(
            self, approved=approved, profile=profile, actor=actor, now=now, reason=reason, fallback=fallback
        )

    # ---- the citizen's side

    def supplement(self, *, actor: Actor, now: datetime, text: str, profile: Profile | None = None) -> None:
        """补充材料; what the clocks waited for lets them go on."""
        _required("text", text)
        self.state = self.enter(Action.SUPPLEMENT, actor)
        self._limit(Action.SUPPLEMENT, EventKind.SUPPLEMENTED, SUPPLEMENTS_PER_DAY, now)
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
        self._limit(
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

    def take_rating(self, rating: Rating, *, actor: Actor, now: datetime) -> None:
        self.rating = rating
        self.rated_at = now
        said = "、".join((*rating.reasons, *((rating.comment,) if rating.comment else ())))
        self.record(
            EventKind.RATED,
            actor,
            now,
            unit_id=self.unit_id,
            text=said or None,
            stars=rating.stars,
            resolved=rating.resolved,
            reasons=rating.reasons,
            comment=rating.comment,
        )

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
        self.back_for_rework(profile=profile, actor=actor, now=now, reason=reason.strip())

    def back_for_rework(self, *, profile: Profile, actor: Actor, now: datetime, reason: str) -> None:
        """Rectification after a bad rating, a bad visit or a reopening."""
        self.cancel_clocks((ClockName.FOLLOW_UP_VISIT,), now)
        self.rating = None
        self.resolved_at = None
        self.put_away_at = None
        if self.unit_id is None:
            # The centre answered it itself: this time somebody must find a unit.
            self.state = State.RECEIVED
            self.start_clock(profile, ClockName.DISPATCH, at=now, unit_id=None)
        else:
            self.state = State.DISPATCHED
            self.start_clock(profile, ClockName.SIGN_IN, at=now, unit_id=self.unit_id)
        self.start_clock(profile, ClockName.REWORK, at=now, unit_id=self.responsible_unit_id)
        self.record(EventKind.REOPENED, actor, now, unit_id=self.unit_id, text=reason)

    def withdraw(self, *, actor: Actor, now: datetime, reason: str) -> None:
        """撤单: every running limit ends with it and counts in no rate. Who does it for the citizen says why."""
        state = self.enter(Action.WITHDRAW, actor)
        if actor.role is not Role.CITIZEN:
            _required("reason", reason)
        standing = leavings.standing(self)
        self.state = state
        self._end(now)
        self.record(EventKind.WITHDRAWN, actor, now, unit_id=self.unit_id, text=reason.strip() or None)
        leavings.tell(self, standing, now=now, why="工单已撤销")

    def reject(
        self, *, actor: Actor, now: datetime, reason: str, kind: RejectReason = RejectReason.OTHER
    ) -> None:
        """不予受理: only with the reason the citizen is told. Accepted or not, the filing was looked at in time."""
        _required("reason", reason)
        self.state = self.enter(Action.REJECT, actor)
        standing = leavings.standing(self)
        self.stop_clocks((ClockName.ACCEPTANCE,), now)
        self._end(now)
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
        return next((c for c in reversed(self.clocks) if c.name in _CITIZENS_DATE), None)

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
        return min((e.next_attempt_at for e in self.outbox if e.next_attempt_at is not None), default=None)

    def plan_notices(
        self, planner: Callable[[Ticket, Event], Iterable[PlannedNotice]], *, since: int
    ) -> None:
        """Put what must be told about the events after ``since`` (a seq) into the outbox."""
        outbox.plan(self, planner, since=since)

    def settle_notice(
        self,
        entry_id: str,
        state: NoticeState,
        *,
        now: datetime,
        failure: str | None = None,
        try_again_at: datetime | None = None,
        step: Step = NO_STEP,
    ) -> None:
        """Write what became of a delivery (or that it is under way) into the ledger."""
        outbox.settle(self, entry_id, state, now=now, failure=failure, try_again_at=try_again_at, step=step)

    def resume_notices(self, *, now: datetime) -> None:
        """Queue what waited for the citizen to write again."""
        outbox.resume(self, now=now)

    def report_notice(self, message_id: str, *, arrived: bool, code: str, now: datetime) -> None:
        """Write what the channel reports of a message it had taken; a report told twice changes nothing."""
        outbox.report(self, message_id, arrived=arrived, code=code, now=now)

    def repeat_notice(self, entry_id: str, *, actor: Actor, reason: str, now: datetime) -> None:
        """Send a notice once more, from the ladder's first rung; refused while it is still on its way."""
        outbox.repeat(self, entry_id, actor=actor, reason=reason, now=now)

    def note_read(self, *, now: datetime) -> bool:
        """The citizen sees the ticket as it stands, and with it whatever they were told; False for nothing new."""
        return outbox.note_read(self, now=now)

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

    def ask(
        self,
        kind: ReviewKind,
        actor: Actor,
        now: datetime,
        *,
        profile: Profile | None,
        reason: str,
        basis: str | None = None,
        amount: int | None = None,
        until: datetime | None = None,
        arbitration: bool = False,
        by_supervisor: bool = False,
    ) -> None:
        """Lay something before a reviewer, whose own limit begins; raises ``ReviewPending`` while one of the kind, or
        a return, waits."""
        self.require_no_return()
        if self.review(kind) is not None:
            raise ReviewPending(kind)
        assert self.unit_id is not None
        review = Review(
            kind=kind,
            asked_at=now,
            unit_id=self.unit_id,
            by=ActorRef(actor.id, actor.name, actor.role),
            reason=reason,
            basis=basis,
            amount=amount,
            until=until,
            arbitration=arbitration,
            by_supervisor=by_supervisor,
        )
        self.reviews = (*self.reviews, review)
        if profile is not None:
            self.start_clock(profile, clock_of(kind), at=now, unit_id=None, subject=kind)

    def decided(self, kind: ReviewKind, action: Action, actor: Actor) -> Review:
        """The review a decision is about; raises ``ActionNotAllowed`` when none waits, and ``OwnRequest`` when who
        decides is who asked."""
        review = self.review(kind)
        if review is None:
            raise ActionNotAllowed(action, self.state)
        if review.by.id == actor.id:
            raise OwnRequest(action)
        return review

    def settle_review(self, kind: ReviewKind, now: datetime) -> None:
        """It was decided: in time or not, that is the centre's."""
        self.stop_clocks((clock_of(kind),), now, subject=kind)
        self.reviews = tuple(r for r in self.reviews if r.kind is not kind)

    def drop_reviews(self, kinds: frozenset[ReviewKind] | None, now: datetime) -> None:
        """Forget those; None forgets all. What nobody need decide any more was late only if it was so before."""
        for review in self.reviews:
            if kinds is None or review.kind in kinds:
                self.cancel_clocks((clock_of(review.kind),), now, subject=review.kind)
        self.reviews = tuple(r for r in self.reviews if kinds is not None and r.kind not in kinds)

    def drop_unit_reviews(self, now: datetime) -> None:
        """What one unit asked for its own handling is pointless for the next."""
        self.drop_reviews(HELD_BY_THE_UNIT, now)

    def require_no_return(self) -> None:
        """While the centre decides whose ticket it is, nobody handles it."""
        if self.review(ReviewKind.RETURN) is not None:
            raise ReviewPending(ReviewKind.RETURN)

    def promised(
        self, profile: Profile, name: ClockName, *, at: datetime, unit_id: UnitId | None
    ) -> Promise | None:
        """What the profile promises this ticket for that clock."""
        return profile.promise(
            name,
            at=at,
            request_type=self.request_type,
            urgency=self.urgency,
            tier=self.tier,
            unit_id=unit_id,
        )

    def start_clock(
        self,
        profile: Profile,
        name: ClockName,
        *,
        at: datetime,
        unit_id: UnitId | None,
        subject: str | None = None,
        before_the_citizens: bool = False,
    ) -> None:
        """Start a limit if the profile has one; what starts in a pause stands still with the others.
        ``before_the_citizens``: never later than what the citizen was promised."""
        promise = self.promised(profile, name, at=at, unit_id=unit_id)
        if promise is None:
            return
        paused_since = at if self.pause is not None and name not in NEVER_PAUSED else None
        clock = Clock.start(promise, unit_id=unit_id, subject=subject, paused_since=paused_since)
        citizens = self.promise if before_the_citizens else None
        if citizens is not None and citizens.running:
            clock = clock.not_after(citizens, now=at)
        self.clocks = (*self.clocks, clock)

    def restart_cancelled(
        self, profile: Profile, names: tuple[ClockName, ...], cancelled_at: datetime, *, now: datetime
    ) -> None:
        """Start again what a request that was refused had ended, in tickets of before returns paused limits."""
        for name in names:
            clock = self.clock(name)
            ended = clock is not None and clock.state is ClockState.CANCELLED
            if clock is not None and ended and clock.stopped_at == cancelled_at:
                self.start_clock(profile, name, at=now, unit_id=self.unit_id)

    def hand_to(self, unit_id: UnitId, *, profile: Profile, now: datetime) -> None:
        """Give the ticket to a unit: its own limits begin, the citizen's date goes on."""
        self.unit_id = unit_id
        self.first_unit_id = self.first_unit_id or unit_id
        co_handling.becomes_lead(self, unit_id, now)
        letters.release(self, now, keep=unit_id)
        self.relayed_by = ()
        self.drop_unit_reviews(now)
        self.stop_clocks((ClockName.ACCEPTANCE, ClockName.DISPATCH), now)
        self.cancel_clocks((*UNITS_OWN, ClockName.RELAY), now)
        self.start_clock(profile, ClockName.SIGN_IN, at=now, unit_id=unit_id)
        self.start_clock(profile, ClockName.FIRST_CONTACT, at=now, unit_id=unit_id)
        self._charge_promise_to(unit_id, now)
        self.owe_children(now)

    def take_from_unit(self, *, profile: Profile, now: datetime) -> None:
        """Back to the dispatcher, whose limit starts anew; the citizen's date is the centre's again."""
        self.unit_id = None
        self.relayed_by = ()
        co_handling.release_all(self, now, why="主办单位已退单")
        letters.release(self, now)
        self.drop_unit_reviews(now)
        self.cancel_clocks((*UNITS_OWN, ClockName.RELAY), now)
        self._charge_promise_to(None, now)
        self.start_clock(profile, ClockName.DISPATCH, at=now, unit_id=None)
        self.owe_children(now)

    def _charge_promise_to(self, unit_id: UnitId | None, now: datetime) -> None:
        """Who must keep the citizen's date from now on. A date already missed stays with who missed it."""
        self.clocks = tuple(
            replace(c, unit_id=unit_id)
            if c.running and c.name in _CITIZENS_DATE and not c.overdue(now)
            else c
            for c in self.clocks
        )

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

    def stop_clocks(self, names: tuple[ClockName, ...], now: datetime, *, subject: str | None = None) -> None:
        """Kept or missed, as of now."""
        self.clocks = tuple(c.stop(now) if _is_meant(c, names, subject) else c for c in self.clocks)

    def cancel_clocks(
        self, names: tuple[ClockName, ...], now: datetime, *, subject: str | None = None
    ) -> None:
        """No longer to be kept; one already overdue stays missed."""
        self.clocks = tuple(c.cancel(now) if _is_meant(c, names, subject) else c for c in self.clocks)

    def pause_clocks(self, names: tuple[ClockName, ...], now: datetime) -> None:
        self.clocks = tuple(c.pause(now) if c.name in names else c for c in self.clocks)

    def cancel_all_clocks(self, now: datetime) -> None:
        self.clocks = tuple(c.cancel(now) if c.running else c for c in self.clocks)
        self.pause = None

    def close(self, now: datetime, *, profile: Profile | None) -> None:
        """Closing answers every limit still open: what was due before is missed, the rest is kept. First contact
        counts only with its proof and a letter only with its answer: without, they merely no longer apply."""
        self.resolved_at = now
        self.drop_reviews(HELD_BY_THE_UNIT, now)
        self.cancel_clocks((ClockName.FIRST_CONTACT, ClockName.SUPERVISION_ANSWER), now)
        self.clocks = tuple(
            c.stop(now) if c.running and c.name is not ClockName.APPEAL else c for c in self.clocks
        )
        if profile is not None:
            visits.start_visit_clock(self, profile=profile, now=now)
        self.owe_children(now)

    def _end(self, now: datetime) -> None:
        """Withdrawn or rejected: nothing is asked of anybody any more, and the children go their own ways."""
        self.drop_reviews(None, now)
        co_handling.release_all(self, now, why="工单已结束")
        letters.release(self, now)
        self.cancel_all_clocks(now)
        self.link_pending = False
        self.linked_at = None
        self.owe_children(now)

    def owe_children(self, now: datetime) -> None:
        """Its linked tickets must hear: it ended, or another unit has it."""
        if self.children:
            self.children_owed, self.owed_since = self.children, now

    def _limit(
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


def _is_meant(clock: Clock, names: tuple[ClockName, ...], subject: str | None) -> bool:
    return clock.running and clock.name in names and (subject is None or clock.subject == subject)


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
