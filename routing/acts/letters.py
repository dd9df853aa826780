"""督办函: a supervisor's letter to the unit, blue, then orange, then red, with its receipt and its answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from routing.acts import limits
from routing.departments import UnitId
from routing.errors import Incomplete, LetterOpen, NothingToDo
from routing.events import ActorRef, EventKind, LetterLevel
from routing.timing.sla import ClockName, Profile
from routing.workflow import Action, Actor

if TYPE_CHECKING:
    from routing.ticket import Ticket

_LEVELS = tuple(LetterLevel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter. ``id`` is unique within all tickets."""

    id: str
    level: LetterLevel
    text: str
    to_unit: UnitId
    by: ActorRef
    sent_at: datetime
    receipt_at: datetime | None = None
    answer: str | None = None
    answered_at: datetime | None = None
    released_at: datetime | None = None
    """When the unit lost the ticket: the letter wants no answer any more."""

    @property
    def owes_receipt(self) -> bool:
        return self.receipt_at is None and self.released_at is None

    @property
    def owes_answer(self) -> bool:
        return self.answered_at is None and self.released_at is None


def escalate(ticket: Ticket, *, profile: Profile, actor: Actor, now: datetime, text: str) -> None:
    """Send a letter one level above the last one this unit got, once that one was answered or is overdue; at red
    it stays red, and only an answer makes room for another. Who got the ticket from another starts at blue."""
    ticket.enter(Action.ESCALATE, actor)
    if not text.strip():
        raise Incomplete("text")
    assert ticket.unit_id is not None
    earlier = [x for x in ticket.letters if x.to_unit == ticket.unit_id and x.released_at is None]
    if earlier:
        _require_heard(ticket, earlier[-1], now)
    level = _LEVELS[min(len(earlier), len(_LEVELS) - 1)]
    letter = Letter(
        id=f"{ticket.number}-L{len(ticket.letters) + 1}",
        level=level,
        text=text.strip(),
        to_unit=ticket.unit_id,
        by=ActorRef(actor.id, actor.name, actor.role),
        sent_at=now,
    )
    ticket.letters = (*ticket.letters, letter)
    limits.start(
        ticket, profile, ClockName.SUPERVISION_ANSWER, at=now, unit_id=letter.to_unit, subject=letter.id
    )
    ticket.record(
        EventKind.LETTER_SENT,
        actor,
        now,
        unit_id=letter.to_unit,
        text=letter.text,
        letter=letter.id,
        level=level,
    )


def _require_heard(ticket: Ticket, last: Letter, now: datetime) -> None:
    red = last.level is LetterLevel.RED
    in_time = any(c.subject == last.id and c.running and not c.overdue(now) for c in ticket.clocks)
    if last.owes_answer and (red or in_time):
        raise LetterOpen(last.level, red=red)


def receive_letter(ticket: Ticket, letter_id: str, *, actor: Actor, now: datetime) -> None:
    """回执: the unit has read it."""
    ticket.enter(Action.RECEIVE_LETTER, actor)
    letter = find_letter(ticket, letter_id)
    if letter is None or not letter.owes_receipt:
        raise NothingToDo(Action.RECEIVE_LETTER)
    _put(ticket, replace(letter, receipt_at=now))
    ticket.record(
        EventKind.LETTER_RECEIVED, actor, now, unit_id=letter.to_unit, letter=letter.id, level=letter.level
    )


def answer_letter(ticket: Ticket, letter_id: str, *, actor: Actor, now: datetime, text: str) -> None:
    """What the unit did about it. Whoever answers has received it."""
    ticket.enter(Action.ANSWER_LETTER, actor)
    if not text.strip():
        raise Incomplete("text")
    letter = find_letter(ticket, letter_id)
    if letter is None or not letter.owes_answer:
        raise NothingToDo(Action.ANSWER_LETTER)
    _put(
        ticket,
        replace(letter, receipt_at=letter.receipt_at or now, answer=text.strip(), answered_at=now),
    )
    limits.stop(ticket, (ClockName.SUPERVISION_ANSWER,), now, subject=letter.id)
    ticket.record(
        EventKind.LETTER_ANSWERED,
        actor,
        now,
        unit_id=letter.to_unit,
        text=text.strip(),
        letter=letter.id,
        level=letter.level,
    )


def release(ticket: Ticket, now: datetime, *, keep: UnitId | None = None) -> None:
    """Units other than ``keep`` no longer have the ticket, so their letters want no answer. One overdue stays
    missed."""
    for letter in ticket.letters:
        if letter.to_unit != keep and letter.released_at is None:
            _put(ticket, replace(letter, released_at=now))
            limits.cancel(ticket, (ClockName.SUPERVISION_ANSWER,), now, subject=letter.id)


def find_letter(ticket: Ticket, letter_id: str) -> Letter | None:
    return next((letter for letter in ticket.letters if letter.id == letter_id), None)


def _put(ticket: Ticket, changed: Letter) -> None:
    ticket.letters = tuple(changed if letter.id == changed.id else letter for letter in ticket.letters)
