"""The one JSON shape of a ticket, as a given caller may see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field

from bot.hotline.case_json import CaseView, CoHandlerJson, LetterJson, PauseJson, ReviewJson, VisitJson
from bot.hotline.disclosure_json import ApplicationJson, show_application
from bot.hotline.fields import MomentOut
from bot.hotline.photos import PhotoJson, photos_of
from bot.hotline.triage_json import (
    DepartmentJson,
    TriageJson,
    as_written,
    readable_precedents,
    show_department,
    show_triage,
)
from bot.reply_findings import CHECKED
from bot.services import Services
from bot.wording import STARS, label
from routing.acts.offers import offered_to
from routing.citizen_request import Channel, RequestType, Secrecy, Urgency
from routing.clocks import Clock, ClockState
from routing.departments import UnitId, Units
from routing.events import Event, EventKind, Fault, LetterLevel, Register, RejectReason, Solved, VisitOutcome
from routing.redaction import redact
from routing.ticket import Ticket
from routing.timing.sla import ClockName
from routing.workflow import CENTRE_ROLES, Action, Actor, Role, State


class ClockStatus(StrEnum):
    """A clock's state as of now: a running one is at risk after its warning point, overdue after its limit."""

    RUNNING = "running"
    AT_RISK = "at_risk"
    OVERDUE = "overdue"
    MET = "met"
    MISSED = "missed"
    CANCELLED = "cancelled"
    PAUSED = "paused"


class PromiseJson(BaseModel):
    """The date the citizen was given, frozen with the sentence that explains it."""

    due_at: MomentOut
    explanation: str


class ClockJson(BaseModel):
    """One limit; ``unit`` must keep it, null while the centre does."""

    name: ClockName
    label: str
    unit: DepartmentJson | None
    started_at: MomentOut
    due_at: MomentOut
    stopped_at: MomentOut | None
    status: ClockStatus
    explanation: str


class ActorJson(BaseModel):
    """Who did it; a citizen is only ever 市民."""

    role: Role
    name: str


class EventJson(BaseModel):
    """One fact of the ticket's history. ``seq`` counts from 1."""

    seq: int
    kind: EventKind
    label: str
    at: MomentOut
    by: ActorJson
    unit: DepartmentJson | None
    text: str | None
    clock: ClockName | None
    stars: int | None
    basis: str | None
    amount: int | None
    until: MomentOut | None
    fault: Fault | None
    arbitration: bool
    reject_reason: RejectReason | None
    letter: str | None
    level: LetterLevel | None
    ticket: str | None
    outcome: VisitOutcome | None
    solved: Solved | None
    ground: str | None
    consents: bool | None
    register_: Register | None = Field(serialization_alias="register")
    doubts: list[str]
    """What the check before sending found of an answer, and why it was sent all the same."""
    despite: str | None


class TopicJson(BaseModel):
    """What the classifier takes the request to be about."""

    label: str
    confidence: float | None


class PendingReturnJson(BaseModel):
    """退单申请 waiting for the centre."""

    department: DepartmentJson
    reason: str
    basis: str
    asked_at: MomentOut


class RatingJson(BaseModel):
    """好差评, 1 to 5 stars."""

    stars: int
    label: str
    resolved: bool | None
    reasons: list[str]
    comment: str | None
    rated_at: MomentOut | None


class MaskedCitizenJson(BaseModel):
    """王** and 138****5678."""

    name: str | None
    phone: str | None


class TicketJson(BaseModel):
    """A ticket. ``actions`` are what this caller's role may do to it now."""

    number: str
    external_number: str
    channel: Channel
    state: State
    state_label: str
    request_type: RequestType
    type_label: str
    urgency: Urgency
    secrecy: Secrecy
    title: str | None
    text: str
    place: str | None
    department: DepartmentJson | None
    first_department: DepartmentJson | None
    responsible_department: DepartmentJson | None
    promised: PromiseJson | None
    clocks: list[ClockJson]
    events: list[EventJson]
    triage: TriageJson | None
    topic: TopicJson | None
    pending_return: PendingReturnJson | None
    reviews: list[ReviewJson]
    pause: PauseJson | None
    tier: str | None
    application: ApplicationJson | None
    co_handlers: list[CoHandlerJson]
    letters: list[LetterJson]
    visits: list[VisitJson]
    parent: str | None
    children: list[str]
    reply: str | None
    photos: list[PhotoJson] = []
    rating: RatingJson | None
    citizen: MaskedCitizenJson | None
    query_code: str | None
    actions: list[Action]
    version: int
    received_at: MomentOut
    resolved_at: MomentOut | None


_SEES_THE_ORIGINAL = CENTRE_ROLES | {Role.SYSTEM}


async def show_ticket(ticket: Ticket, *, services: Services, reader: Actor, now: datetime) -> TicketJson:
    """The ticket for this reader: redacted for those outside the centre, the citizen masked or absent."""
    ticket = (await services.queries.as_known_to(reader, ticket))[0]
    citizen = await services.queries.masked_citizen(ticket, reader=reader)
    masked = MaskedCitizenJson(name=citizen.name, phone=citizen.phone) if citizen else None
    original = reader.role in _SEES_THE_ORIGINAL
    readable = await readable_precedents(ticket.triage, services=services, reader=reader)
    view = _View(services.units, now, as_written if original else redact, readable)
    code = services.desk.query_code(ticket.number) if original else None
    actions = offered_to(
        ticket, reader, profile=services.desk.profile_of(ticket), now=now, units=services.units
    )
    shown = view.ticket(ticket, masked, code, list(actions))
    shown.photos = await photos_of(ticket, services, reader)
    return shown


@dataclass(frozen=True, slots=True)
class _View:
    units: Units
    now: datetime
    words: Callable[[str], str]
    readable: frozenset[str]

    def ticket(
        self, ticket: Ticket, citizen: MaskedCitizenJson | None, code: str | None, actions: list[Action]
    ) -> TicketJson:
        promise = ticket.promise
        case = CaseView(self.units, self.words)
        return TicketJson(
            number=ticket.number,
            external_number=ticket.external_number,
            channel=ticket.channel,
            state=ticket.state,
            state_label=label(ticket.state),
            request_type=ticket.request_type,
            type_label=label(ticket.request_type),
            urgency=ticket.urgency,
            secrecy=ticket.secrecy,
            title=self._said(ticket.title),
            text=self.words(ticket.text),
            place=self._said(ticket.place),
            department=self._unit(ticket.unit_id),
            first_department=self._unit(ticket.first_unit_id),
            responsible_department=self._unit(ticket.responsible_unit_id),
            promised=PromiseJson(due_at=promise.due_at, explanation=promise.explanation) if promise else None,
            clocks=[self._clock(c) for c in ticket.clocks],
            events=[self._event(e) for e in ticket.events],
            triage=show_triage(ticket.triage, self.units, self.words, self.readable)
            if ticket.triage
            else None,
            topic=TopicJson(label=ticket.topic, confidence=ticket.topic_confidence) if ticket.topic else None,
            pending_return=self._pending_return(ticket),
            reviews=case.reviews(ticket),
            pause=case.pause(ticket),
            tier=ticket.tier,
            application=show_application(ticket, self.words),
            co_handlers=case.co_handlers(ticket),
            letters=case.letters(ticket),
            visits=case.visits(ticket),
            parent=ticket.parent_number,
            children=list(ticket.children),
            reply=self._said(ticket.reply_text),
            rating=self._rating(ticket),
            citizen=citizen,
            query_code=code,
            actions=actions,
            version=ticket.version,
            received_at=ticket.received_at,
            resolved_at=ticket.resolved_at,
        )

    def _clock(self, clock: Clock) -> ClockJson:
        return ClockJson(
            name=clock.name,
            label=label(clock.name),
            unit=self._unit(clock.unit_id),
            started_at=clock.started_at,
            due_at=clock.due_at,
            stopped_at=clock.stopped_at,
            status=_status(clock, self.now),
            explanation=clock.explanation,
        )

    def _event(self, event: Event) -> EventJson:
        return EventJson(
            seq=event.seq,
            kind=event.kind,
            label=label(event.kind),
            at=event.at,
            by=ActorJson(role=event.by.role, name=event.by.name),
            unit=self._unit(event.unit_id),
            text=self._said(event.text),
            clock=event.clock,
            stars=event.stars,
            basis=self._said(event.basis),
            amount=event.amount,
            until=event.until,
            fault=event.fault,
            arbitration=event.arbitration,
            reject_reason=event.reject_reason,
            letter=event.letter,
            level=event.level,
            ticket=event.ticket,
            outcome=event.outcome,
            solved=event.solved,
            ground=event.ground,
            consents=event.consents,
            register_=event.register,
            doubts=list(event.reasons) if event.kind in CHECKED else [],
            despite=self._said(event.comment) if event.kind in CHECKED else None,
        )

    def _pending_return(self, ticket: Ticket) -> PendingReturnJson | None:
        pending = ticket.pending_return
        if pending is None:
            return None
        return PendingReturnJson(
            department=show_department(pending.unit_id, self.units),
            reason=self.words(pending.reason),
            basis=self.words(pending.basis or ""),
            asked_at=pending.asked_at,
        )

    def _rating(self, ticket: Ticket) -> RatingJson | None:
        rating = ticket.rating
        if rating is None:
            return None
        return RatingJson(
            stars=rating.stars,
            label=STARS[rating.stars],
            resolved=rating.resolved,
            reasons=[self.words(reason) for reason in rating.reasons],
            comment=self._said(rating.comment),
            rated_at=ticket.rated_at,
        )

    def _unit(self, unit_id: UnitId | None) -> DepartmentJson | None:
        return show_department(unit_id, self.units) if unit_id else None

    def _said(self, text: str | None) -> str | None:
        return self.words(text) if text else text


def _status(clock: Clock, now: datetime) -> ClockStatus:
    if clock.paused:
        return ClockStatus.PAUSED
    if clock.overdue(now):
        return ClockStatus.OVERDUE
    if clock.at_risk(now):
        return ClockStatus.AT_RISK
    return ClockStatus.RUNNING if clock.state is ClockState.RUNNING else ClockStatus(clock.state.value)
