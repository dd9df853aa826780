"""Which act each event was, with the facts the event kept of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from routing.acts import (
    answers,
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
from routing.acts.acting import By, Timed
from routing.acts.visits import Rating
from routing.departments import UnitId
from routing.disclosure import applications
from routing.events import Event, EventKind, RejectReason, VisitOutcome
from routing.ticket import Ticket
from routing.timing.sla import Profile
from routing.workflow import Actor, Role, State


class Diverged(Exception):
    """Doing the acts again gave another history, from this event on."""

    def __init__(self, number: str, seq: int) -> None:
        super().__init__(f"{number}: event {seq} comes out differently")
        self.number = number
        self.seq = seq


def actor_of(event: Event) -> Actor:
    """Who did it, as they stood then."""
    return Actor(event.by.id, event.by.name, event.by.role)


@dataclass(frozen=True, slots=True)
class Step:
    """One event to be done again on ``ticket``, and the one recorded after it."""

    ticket: Ticket
    event: Event
    following: Event | None
    profile: Profile

    @property
    def actor(self) -> Actor:
        return actor_of(self.event)

    @property
    def now(self) -> datetime:
        return self.event.at

    @property
    def by(self) -> By:
        return By(actor=self.actor, now=self.now)

    @property
    def timed(self) -> Timed:
        return Timed(profile=self.profile, actor=self.actor, now=self.now)

    @property
    def text(self) -> str:
        return self.event.text or ""

    @property
    def by_itself(self) -> bool:
        """Nobody gave a reason: time did it."""
        return self.event.by.role is Role.SYSTEM and self.event.text is None


def _replied(s: Step) -> None:
    doubts, despite = s.event.reasons, s.event.comment
    if s.ticket.state is State.RECEIVED:
        s.ticket.answer_directly(**s.by, text=s.text, profile=s.profile, doubts=doubts, despite=despite)
    elif any(r.kind == "reply" for r in s.ticket.reviews):
        s.ticket.decide_reply(approved=True, **s.by, reason="")
    else:
        s.ticket.reply(**s.by, text=s.text, doubts=doubts, despite=despite)


def _interim_replied(s: Step) -> None:
    e = s.event
    if e.passed_on is not None:
        links.tell_how_far(
            s.ticket,
            e.ticket or "",
            said=e.passed_on,
            text=s.text,
            unit_id=e.unit_id,
            until=e.until,
            now=s.now,
        )
        return
    doubts, despite = s.event.reasons, s.event.comment
    answers.interim_reply(s.ticket, **s.by, text=s.text, doubts=doubts, despite=despite)


def _submitted(s: Step) -> None:
    reviewing = replace(s.profile, review_replies=True)
    doubts, despite = s.event.reasons, s.event.comment
    s.ticket.reply(**s.by, text=s.text, profile=reviewing, doubts=doubts, despite=despite)


def _return_asked(s: Step) -> None:
    unit_id = s.event.unit_id
    spent = unit_id is not None and s.ticket.returned_by.count(unit_id) >= s.profile.returns_per_unit
    ask = returns.arbitrate if spent else returns.request_return
    ask(s.ticket, **s.timed, reason=s.text, basis=s.event.basis or "")


def _return_decided(s: Step) -> None:
    approved = s.event.kind is EventKind.RETURN_APPROVED
    after = s.following if approved and s.following is not None else s.event
    moved = after.kind is EventKind.TRANSFERRED and after.unit_id is not None
    if moved and not after.arbitration:
        s.ticket.transfer(after.unit_id or UnitId(""), **s.timed, reason=after.text or "")
        return
    returns.decide_return(
        s.ticket, approved=approved, **s.timed, reason=s.text, fallback=after.unit_id if moved else None
    )


def _by_time(s: Step) -> None:
    s.ticket.check_deadlines(**s.timed)


def _resumed(s: Step) -> None:
    if s.by_itself:
        _by_time(s)
    else:
        pauses.resume(s.ticket, **s.timed, reason=s.text)


def _archived(s: Step) -> None:
    if s.by_itself:
        _by_time(s)
    else:
        visits.archive(s.ticket, **s.by, reason=s.text)


def _rated(s: Step) -> None:
    e = s.event
    rating = Rating(e.stars or 0, resolved=e.resolved, reasons=e.reasons, comment=e.comment)
    s.ticket.rate(rating, **s.timed)


def _visited(s: Step) -> None:
    e = s.event
    visits.visit(
        s.ticket,
        **s.timed,
        outcome=e.outcome or VisitOutcome.NOT_REACHED,
        solved=e.solved,
        stars=e.stars,
        comment=e.text,
    )


def _handed(s: Step) -> None:
    unit_id = s.event.unit_id
    assert unit_id is not None
    if s.event.kind is EventKind.DISPATCHED:
        s.ticket.dispatch(unit_id, **s.timed, reason=s.event.text)
    elif s.event.kind is EventKind.RELAYED:
        relays.relay(s.ticket, unit_id, **s.timed, reason=s.text)
    else:
        s.ticket.transfer(unit_id, **s.timed, reason=s.text)


def _co_handled(s: Step) -> None:
    unit_id = s.event.unit_id
    assert unit_id is not None
    match s.event.kind:
        case EventKind.CO_HANDLING_ASKED:
            co_handling.co_handle(s.ticket, (unit_id,), **s.timed, text=s.text)
        case EventKind.CO_HANDLING_ANSWERED:
            co_handling.answer_co_handling(s.ticket, unit_id, **s.by, text=s.text)
        case _:
            co_handling.waive_co_handling(s.ticket, unit_id, **s.by, reason=s.text)


def _extension(s: Step) -> None:
    if s.event.kind is EventKind.EXTENSION_REQUESTED:
        extensions.request_extension(s.ticket, **s.timed, reason=s.text, amount=s.event.amount)
    else:
        extensions.decide_extension(
            s.ticket, approved=s.event.kind is EventKind.EXTENSION_GRANTED, **s.timed, reason=s.text
        )


def _suspension(s: Step) -> None:
    if s.event.kind is EventKind.SUSPENSION_REQUESTED:
        pauses.request_suspension(s.ticket, **s.timed, reason=s.text, until=s.event.until)
    else:
        pauses.decide_suspension(
            s.ticket, approved=s.event.kind is EventKind.SUSPENSION_GRANTED, **s.by, reason=s.text
        )


def _waits(s: Step) -> None:
    waits = {
        EventKind.MATERIAL_REQUESTED: pauses.ask_material,
        EventKind.THIRD_PARTY_ASKED: applications.consult,
        EventKind.CORRECTION_REQUESTED: applications.ask_correction,
    }
    waits[s.event.kind](s.ticket, **s.timed, text=s.text)


def _letter(s: Step) -> None:
    letter_id = s.event.letter or ""
    match s.event.kind:
        case EventKind.LETTER_SENT:
            letters.escalate(s.ticket, **s.timed, text=s.text)
        case EventKind.LETTER_RECEIVED:
            letters.receive_letter(s.ticket, letter_id, **s.by)
        case _:
            letters.answer_letter(s.ticket, letter_id, **s.by, text=s.text)


def _linked(s: Step) -> None:
    other = s.event.ticket or ""
    match s.event.kind:
        case EventKind.LINKED if s.event.text is None:
            links.follow(s.ticket, other, unit_id=s.event.unit_id, now=s.now)
        case EventKind.LINKED:
            links.link(
                s.ticket, other, unit_id=s.event.unit_id, **s.by, reason=s.text, answer_due_at=s.event.until
            )
        case EventKind.UNLINKED:
            links.unlink(s.ticket, **s.timed, reason=s.text)
        case _:
            links.answer_with_parent(s.ticket, parent=other, text=s.text, unit_id=s.event.unit_id, **s.timed)


def _exclusion(s: Step) -> None:
    if s.event.kind is EventKind.EXCLUSION_REQUESTED:
        exclusions.appeal_exclusion(s.ticket, **s.timed, reason=s.text, basis=s.event.basis or "")
    else:
        upheld = s.event.kind is EventKind.EXCLUSION_UPHELD
        exclusions.decide_exclusion(s.ticket, approved=upheld, **s.by, reason=s.text)


def _replanned(s: Step) -> None:
    assert s.event.index is not None
    assert s.event.promise is not None
    notes.replan(s.ticket, {s.event.index: s.event.promise}, **s.by, reason=s.text)


def _heard(s: Step) -> None:
    applications.hear_third_party(s.ticket, **s.timed, consents=bool(s.event.consents), text=s.text)


def _decided(s: Step) -> None:
    reviewed = s.following is not None and s.following.kind is EventKind.REPLY_SUBMITTED
    applications.decide(
        s.ticket,
        profile=replace(s.profile, review_replies=reviewed),
        **s.by,
        ground=s.event.ground or "",
        reason=s.text,
        text=s.event.comment or "",
    )


def _entered(s: Step) -> None:
    assert s.event.register is not None
    applications.enter_register(s.ticket, s.event.register, s.text, **s.by)


def _file(s: Step) -> None:
    shown = s.event.kind is EventKind.FILE_SHOWN
    notes.note_file(s.ticket, s.event.comment or "", shown=shown, **s.by, reason=s.text)


def _out_of_turn(s: Step) -> None:
    """An event that only another act makes stands where no such act was."""
    raise Diverged(s.ticket.number, s.event.seq)


_K = EventKind
ACTS: dict[EventKind, Callable[[Step], object]] = {
    _K.REGISTERED: _out_of_turn,
    _K.MATERIAL_RECEIVED: _out_of_turn,
    _K.CORRECTION_RECEIVED: _out_of_turn,
    _K.CORRECTION_REQUESTED: _waits,
    _K.THIRD_PARTY_HEARD: _heard,
    _K.DISCLOSURE_DECIDED: _decided,
    _K.ENTERED: _entered,
    _K.LEFT_TO_A_PERSON: lambda s: s.ticket.leave_to_a_person(s.ticket.triage, **s.by),
    _K.DISPATCHED: _handed,
    _K.TRANSFERRED: _handed,
    _K.RELAYED: _handed,
    _K.RECALLED: lambda s: relays.recall(s.ticket, **s.timed, reason=s.text),
    _K.URGED_BELOW: lambda s: relays.urge_below(s.ticket, **s.by, text=s.text),
    _K.ACCEPTED: lambda s: s.ticket.accept(**s.by),
    _K.CONTACTED: lambda s: s.ticket.contact(**s.by, text=s.text),
    _K.REPLIED: _replied,
    _K.INTERIM_REPLIED: _interim_replied,
    _K.REPLY_SUBMITTED: _submitted,
    _K.REPLY_SENT_BACK: lambda s: s.ticket.decide_reply(approved=False, **s.by, reason=s.text),
    _K.RESOLVED: lambda s: s.ticket.resolve(**s.timed),
    _K.RETURN_REQUESTED: _return_asked,
    _K.RETURN_APPROVED: _return_decided,
    _K.RETURN_REFUSED: _return_decided,
    _K.SUPPLEMENTED: lambda s: s.ticket.supplement(**s.by, text=s.text, profile=s.profile),
    _K.REMINDED: lambda s: s.ticket.remind(**s.by, text=s.event.text),
    _K.RATED: _rated,
    _K.REOPENED: lambda s: s.ticket.reopen(**s.timed, reason=s.text),
    _K.WITHDRAWN: lambda s: s.ticket.withdraw(**s.by, reason=s.text),
    _K.REJECTED: lambda s: s.ticket.reject(
        **s.by, reason=s.text, kind=s.event.reject_reason or RejectReason.OTHER
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
    _K.EMERGENCY_MARKED: lambda s: emergencies.mark_emergency(s.ticket, **s.timed, reason=s.text),
    _K.REPLANNED: _replanned,
    _K.REPLY_PUBLISHED: lambda s: notes.publish_reply(s.ticket, **s.by, text=s.text),
    _K.NOTICE_REPEATED: lambda s: outbox.note_repeated(s.ticket, s.text, **s.by),
    _K.RESEND_ASKED: lambda s: notes.ask_to_resend(s.ticket, s.text, **s.by),
    _K.FILE_HIDDEN: _file,
    _K.FILE_SHOWN: _file,
    _K.REPEAT_NOTED: lambda s: notes.note_repeat(s.ticket, s.event.ticket or "", **s.by),
}
