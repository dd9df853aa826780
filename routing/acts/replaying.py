"""A ticket done again from its events: the history is complete when this gives the same ticket.

Each event that began an act is taken as that act; what the act itself added (a closing after a direct answer, an
archive after a visit) must then be found as recorded. Intake facts and triage are given, as they were; how far two
linked documents have come with each other, and what became of notices, is no history.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime

from routing.acts import (
    co_handling,
    emergencies,
    exclusions,
    extensions,
    letters,
    links,
    notes,
    outbox,
    pauses,
    relays,
    returns,
    visits,
)
from routing.acts.visits import Rating
from routing.citizen_request import Urgency
from routing.departments import UnitId
from routing.disclosure import applications
from routing.events import Event, EventKind, RejectReason, VisitOutcome
from routing.ticket import Ticket
from routing.timing.sla import Profile
from routing.workflow import Actor, Role, State

NO_HISTORY = frozenset(
    {
        "version",
        "writes",
        "outbox",
        "done_keys",
        "children",
        "children_owed",
        "owed_since",
        "link_pending",
        "linked_at",
    }
)


class Diverged(Exception):
    """Doing the acts again gave another history, from this event on."""

    def __init__(self, number: str, seq: int) -> None:
        super().__init__(f"{number}: event {seq} comes out differently")
        self.number = number
        self.seq = seq


def replay(ticket: Ticket, *, profile: Profile) -> Ticket:
    """The ticket its events make; raises ``Diverged``, or the refusal an act then meets."""
    again = _blank(ticket)
    first = ticket.events[0]
    again.begin(profile=profile, actor=_actor(first), now=first.at)
    while len(again.events) < len(ticket.events):
        done = len(again.events)
        event = ticket.events[done]
        following = ticket.events[done + 1] if done + 1 < len(ticket.events) else None
        step = _Step(again, event, following, profile)
        _ACTS[event.kind](step)
        if len(again.events) == done or again.events != ticket.events[: len(again.events)]:
            raise Diverged(ticket.number, event.seq)
    return again


def same_history(one: Ticket, other: Ticket) -> bool:
    """Equal in everything but what is no history."""
    return all(
        getattr(one, field.name) == getattr(other, field.name)
        for field in fields(Ticket)
        if field.name not in NO_HISTORY
    )


def _blank(ticket: Ticket) -> Ticket:
    marked = any(e.kind is EventKind.EMERGENCY_MARKED for e in ticket.events)
    return Ticket(
        number=ticket.number,
        channel=ticket.channel,
        external_number=ticket.external_number,
        fingerprint=ticket.fingerprint,
        request_type=ticket.request_type,
        urgency=Urgency.ORDINARY if marked else ticket.urgency,
        secrecy=ticket.secrecy,
        title=ticket.title,
        text=ticket.text,
        place=ticket.place,
        received_at=ticket.received_at,
        tier=ticket.tier,
        applicant=ticket.applicant,
        profile=ticket.profile,
        triage=ticket.triage,
        topic=ticket.topic,
        topic_confidence=ticket.topic_confidence,
    )


def _actor(event: Event) -> Actor:
    return Actor(event.by.id, event.by.name, event.by.role)


@dataclass(frozen=True, slots=True)
class _Step:
    ticket: Ticket
    event: Event
    following: Event | None
    profile: Profile

    @property
    def actor(self) -> Actor:
        return _actor(self.event)

    @property
    def now(self) -> datetime:
        return self.event.at

    @property
    def text(self) -> str:
        return self.event.text or ""

    @property
    def by_itself(self) -> bool:
        """Nobody gave a reason: time did it."""
        return self.event.by.role is Role.SYSTEM and self.event.text is None


def _replied(s: _Step) -> None:
    doubts, despite = s.event.reasons, s.event.comment
    if s.ticket.state is State.RECEIVED:
        s.ticket.answer_directly(
            actor=s.actor, now=s.now, text=s.text, profile=s.profile, doubts=doubts, despite=despite
        )
    elif any(r.kind == "reply" for r in s.ticket.reviews):
        s.ticket.decide_reply(approved=True, actor=s.actor, now=s.now, reason="")
    else:
        s.ticket.reply(actor=s.actor, now=s.now, text=s.text, doubts=doubts, despite=despite)


def _submitted(s: _Step) -> None:
    reviewing = replace(s.profile, review_replies=True)
    doubts, despite = s.event.reasons, s.event.comment
    s.ticket.reply(actor=s.actor, now=s.now, text=s.text, profile=reviewing, doubts=doubts, despite=despite)


def _return_asked(s: _Step) -> None:
    unit_id = s.event.unit_id
    spent = unit_id is not None and s.ticket.returned_by.count(unit_id) >= s.profile.returns_per_unit
    ask = returns.arbitrate if spent else returns.request_return
    ask(
        s.ticket,
        profile=s.profile,
        actor=s.actor,
        now=s.now,
        reason=s.text,
        basis=s.event.basis or "",
    )


def _return_decided(s: _Step) -> None:
    approved = s.event.kind is EventKind.RETURN_APPROVED
    after = s.following if approved and s.following is not None else s.event
    moved = after.kind is EventKind.TRANSFERRED and after.unit_id is not None
    if moved and not after.arbitration:
        s.ticket.transfer(
            after.unit_id or UnitId(""),
            profile=s.profile,
            actor=s.actor,
            now=s.now,
            reason=after.text or "",
        )
        return
    s.ticket.decide_return(
        approved=approved,
        profile=s.profile,
        actor=s.actor,
        now=s.now,
        reason=s.text,
        fallback=after.unit_id if moved else None,
    )


def _by_time(s: _Step) -> None:
    s.ticket.check_deadlines(actor=s.actor, now=s.now, profile=s.profile)


def _resumed(s: _Step) -> None:
    if s.by_itself:
        _by_time(s)
    else:
        pauses.resume(s.ticket, profile=s.profile, actor=s.actor, now=s.now, reason=s.text)


def _archived(s: _Step) -> None:
    if s.by_itself:
        _by_time(s)
    else:
        visits.archive(s.ticket, actor=s.actor, now=s.now, reason=s.text)


def _rated(s: _Step) -> None:
    e = s.event
    rating = Rating(e.stars or 0, resolved=e.resolved, reasons=e.reasons, comment=e.comment)
    s.ticket.rate(rating, actor=s.actor, now=s.now, profile=s.profile)


def _visited(s: _Step) -> None:
    e = s.event
    visits.visit(
        s.ticket,
        profile=s.profile,
        actor=s.actor,
        now=s.now,
        outcome=e.outcome or VisitOutcome.NOT_REACHED,
        solved=e.solved,
        stars=e.stars,
        comment=e.text,
    )


def _handed(s: _Step) -> None:
    unit_id = s.event.unit_id
    assert unit_id is not None
    if s.event.kind is EventKind.DISPATCHED:
        s.ticket.dispatch(unit_id, profile=s.profile, actor=s.actor, now=s.now, reason=s.event.text)
    elif s.event.kind is EventKind.RELAYED:
        relays.relay(s.ticket, unit_id, profile=s.profile, actor=s.actor, now=s.now, reason=s.text)
    else:
        s.ticket.transfer(unit_id, profile=s.profile, actor=s.actor, now=s.now, reason=s.text)


def _co_handled(s: _Step) -> None:
    unit_id = s.event.unit_id
    assert unit_id is not None
    match s.event.kind:
        case EventKind.CO_HANDLING_ASKED:
            co_handling.co_handle(
                s.ticket, (unit_id,), profile=s.profile, actor=s.actor, now=s.now, text=s.text
            )
        case EventKind.CO_HANDLING_ANSWERED:
            co_handling.answer_co_handling(s.ticket, unit_id, actor=s.actor, now=s.now, text=s.text)
        case _:
            co_handling.waive_co_handling(s.ticket, unit_id, actor=s.actor, now=s.now, reason=s.text)


def _extension(s: _Step) -> None:
    if s.event.kind is EventKind.EXTENSION_REQUESTED:
        extensions.request_extension(
            s.ticket,
            profile=s.profile,
            actor=s.actor,
            now=s.now,
            reason=s.text,
            amount=s.event.amount,
        )
    else:
        extensions.decide_extension(
            s.ticket,
            approved=s.event.kind is EventKind.EXTENSION_GRANTED,
            profile=s.profile,
            actor=s.actor,
            now=s.now,
            reason=s.text,
        )


def _suspension(s: _Step) -> None:
    if s.event.kind is EventKind.SUSPENSION_REQUESTED:
        pauses.request_suspension(
            s.ticket,
            profile=s.profile,
            actor=s.actor,
            now=s.now,
            reason=s.text,
            until=s.event.until,
        )
    else:
        pauses.decide_suspension(
            s.ticket,
            approved=s.event.kind is EventKind.SUSPENSION_GRANTED,
            actor=s.actor,
            now=s.now,
            reason=s.text,
        )


def _waits(s: _Step) -> None:
    waits = {
        EventKind.MATERIAL_REQUESTED: pauses.ask_material,
        EventKind.THIRD_PARTY_ASKED: applications.consult,
        EventKind.CORRECTION_REQUESTED: applications.ask_correction,
    }
    waits[s.event.kind](s.ticket, profile=s.profile, actor=s.actor, now=s.now, text=s.text)


def _letter(s: _Step) -> None:
    letter_id = s.event.letter or ""
    match s.event.kind:
        case EventKind.LETTER_SENT:
            letters.escalate(s.ticket, profile=s.profile, actor=s.actor, now=s.now, text=s.text)
        case EventKind.LETTER_RECEIVED:
            letters.receive_letter(s.ticket, letter_id, actor=s.actor, now=s.now)
        case _:
            letters.answer_letter(s.ticket, letter_id, actor=s.actor, now=s.now, text=s.text)


def _linked(s: _Step) -> None:
    other = s.event.ticket or ""
    match s.event.kind:
        case EventKind.LINKED if s.event.text is None:
            links.follow(s.ticket, other, unit_id=s.event.unit_id, now=s.now)
        case EventKind.LINKED:
            links.link(
                s.ticket,
                other,
                unit_id=s.event.unit_id,
                actor=s.actor,
                now=s.now,
                reason=s.text,
                answer_due_at=s.event.until,
            )
        case EventKind.UNLINKED:
            links.unlink(s.ticket, profile=s.profile, actor=s.actor, now=s.now, reason=s.text)
        case _:
            links.answer_with_parent(
                s.ticket,
                parent=other,
                text=s.text,
                unit_id=s.event.unit_id,
                profile=s.profile,
                actor=s.actor,
                now=s.now,
            )


def _exclusion(s: _Step) -> None:
    if s.event.kind is EventKind.EXCLUSION_REQUESTED:
        exclusions.appeal_exclusion(
            s.ticket,
            profile=s.profile,
            actor=s.actor,
            now=s.now,
            reason=s.text,
            basis=s.event.basis or "",
        )
    else:
        upheld = s.event.kind is EventKind.EXCLUSION_UPHELD
        exclusions.decide_exclusion(s.ticket, approved=upheld, actor=s.actor, now=s.now, reason=s.text)


def _replanned(s: _Step) -> None:
    assert s.event.index is not None
    assert s.event.promise is not None
    notes.replan(s.ticket, {s.event.index: s.event.promise}, actor=s.actor, now=s.now, reason=s.text)


def _heard(s: _Step) -> None:
    applications.hear_third_party(
        s.ticket,
        profile=s.profile,
        actor=s.actor,
        now=s.now,
        consents=bool(s.event.consents),
        text=s.text,
    )


def _decided(s: _Step) -> None:
    reviewed = s.following is not None and s.following.kind is EventKind.REPLY_SUBMITTED
    applications.decide(
        s.ticket,
        profile=replace(s.profile, review_replies=reviewed),
        actor=s.actor,
        now=s.now,
        ground=s.event.ground or "",
        reason=s.text,
        text=s.event.comment or "",
    )


def _entered(s: _Step) -> None:
    assert s.event.register is not None
    applications.enter_register(s.ticket, s.event.register, s.text, actor=s.actor, now=s.now)


def _out_of_turn(s: _Step) -> None:
    """An event that only another act makes stands where no such act was."""
    raise Diverged(s.ticket.number, s.event.seq)


_K = EventKind
_ACTS: dict[EventKind, Callable[[_Step], object]] = {
    _K.REGISTERED: _out_of_turn,
    _K.MATERIAL_RECEIVED: _out_of_turn,
    _K.CORRECTION_RECEIVED: _out_of_turn,
    _K.CORRECTION_REQUESTED: _waits,
    _K.THIRD_PARTY_HEARD: _heard,
    _K.DISCLOSURE_DECIDED: _decided,
    _K.ENTERED: _entered,
    _K.LEFT_TO_A_PERSON: lambda s: s.ticket.leave_to_a_person(s.ticket.triage, actor=s.actor, now=s.now),
    _K.DISPATCHED: _handed,
    _K.TRANSFERRED: _handed,
    _K.RELAYED: _handed,
    _K.RECALLED: lambda s: relays.recall(
        s.ticket, profile=s.profile, actor=s.actor, now=s.now, reason=s.text
    ),
    _K.URGED_BELOW: lambda s: relays.urge_below(s.ticket, actor=s.actor, now=s.now, text=s.text),
    _K.ACCEPTED: lambda s: s.ticket.accept(actor=s.actor, now=s.now),
    _K.CONTACTED: lambda s: s.ticket.contact(actor=s.actor, now=s.now, text=s.text),
    _K.REPLIED: _replied,
    _K.REPLY_SUBMITTED: _submitted,
    _K.REPLY_SENT_BACK: lambda s: s.ticket.decide_reply(
        approved=False, actor=s.actor, now=s.now, reason=s.text
    ),
    _K.RESOLVED: lambda s: s.ticket.resolve(actor=s.actor, now=s.now, profile=s.profile),
    _K.RETURN_REQUESTED: _return_asked,
    _K.RETURN_APPROVED: _return_decided,
    _K.RETURN_REFUSED: _return_decided,
    _K.SUPPLEMENTED: lambda s: s.ticket.supplement(actor=s.actor, now=s.now, text=s.text, profile=s.profile),
    _K.REMINDED: lambda s: s.ticket.remind(actor=s.actor, now=s.now, text=s.event.text),
    _K.RATED: _rated,
    _K.REOPENED: lambda s: s.ticket.reopen(profile=s.profile, actor=s.actor, now=s.now, reason=s.text),
    _K.WITHDRAWN: lambda s: s.ticket.withdraw(actor=s.actor, now=s.now, reason=s.text),
    _K.REJECTED: lambda s: s.ticket.reject(
        actor=s.actor, now=s.now, reason=s.text, kind=s.event.reject_reason or RejectReason.OTHER
    ),
    _K.AT_RISK: _by_time,
    _K.OVERDUE: _by_time,
    _K.NUDGED: _by_time,
    _K.ALARM_RAISED: _by_time,
    _K.EXTENSION_REQUESTED: _extension,
    _K.EXTENSION_GRANTED: _extension,
    _K.EXTENSION_REFUSED: _extension,
    _K.SUSPENSION_REQUESTED: _suspension,
    _K.SUSPENSION_GRANTED: _suspension,
    _K.SUSPENSION_REFUSED: _suspension,
    _K.MATERIAL_REQUESTED: _waits,
    _K.THIRD_PARTY_ASKED: _waits,
    _K.RESUMED: _resumed,
    _K.CO_HANDLING_ASKED: _co_handled,
    _K.CO_HANDLING_ANSWERED: _co_handled,
    _K.CO_HANDLING_WAIVED: _co_handled,
    _K.LETTER_SENT: _letter,
    _K.LETTER_RECEIVED: _letter,
    _K.LETTER_ANSWERED: _letter,
    _K.LINKED: _linked,
    _K.UNLINKED: _linked,
    _K.ANSWERED_WITH_PARENT: _linked,
    _K.VISITED: _visited,
    _K.ARCHIVED: _archived,
    _K.EXCLUSION_REQUESTED: _exclusion,
    _K.EXCLUSION_UPHELD: _exclusion,
    _K.EXCLUSION_DISMISSED: _exclusion,
    _K.EMERGENCY_MARKED: lambda s: emergencies.mark_emergency(
        s.ticket, profile=s.profile, actor=s.actor, now=s.now, reason=s.text
    ),
    _K.REPLANNED: _replanned,
    _K.REPLY_PUBLISHED: lambda s: notes.publish_reply(s.ticket, actor=s.actor, now=s.now, text=s.text),
    _K.NOTICE_REPEATED: lambda s: outbox.note_repeated(s.ticket, s.text, actor=s.actor, now=s.now),
    _K.REPEAT_NOTED: lambda s: notes.note_repeat(s.ticket, s.event.ticket or "", actor=s.actor, now=s.now),
}
