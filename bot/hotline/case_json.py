"""What lies beside a ticket's path, as JSON: reviews, a pause, co-handlers, letters, visits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import BaseModel

from bot.hotline.fields import MomentOut
from bot.hotline.triage_json import DepartmentJson, show_department
from bot.wording import label
from routing.acts.reviews import ReviewKind
from routing.departments import Units
from routing.events import LetterLevel, Solved, VisitOutcome
from routing.ticket import Ticket
from routing.timing.sla import PauseReason


class ReviewJson(BaseModel):
    """Something that waits for a decision; ``arbitration`` waits for a supervisor's."""

    kind: ReviewKind
    label: str
    department: DepartmentJson
    reason: str
    basis: str | None
    amount: int | None
    until: MomentOut | None
    arbitration: bool
    asked_at: MomentOut


class PauseJson(BaseModel):
    """Why the clocks stand still, and when they go on by themselves."""

    reason: PauseReason
    label: str
    since: MomentOut
    until: MomentOut | None
    text: str


class CoHandlerJson(BaseModel):
    """A unit that helps the lead; ``owes`` an answer until it gave one or was let off."""

    department: DepartmentJson
    text: str
    owes: bool
    answer: str | None
    waived: str | None
    asked_at: MomentOut
    answered_at: MomentOut | None


class LetterJson(BaseModel):
    """督办函, its receipt and its answer."""

    id: str
    level: LetterLevel
    label: str
    department: DepartmentJson
    text: str
    answer: str | None
    sent_at: MomentOut
    receipt_at: MomentOut | None
    answered_at: MomentOut | None


class VisitJson(BaseModel):
    """One try of the follow-up visit."""

    at: MomentOut
    outcome: VisitOutcome
    solved: Solved | None
    stars: int | None
    comment: str | None


@dataclass(frozen=True, slots=True)
class CaseView:
    """Shows all of it in this reader's words."""

    units: Units
    words: Callable[[str], str]

    def reviews(self, ticket: Ticket) -> list[ReviewJson]:
        return [
            ReviewJson(
                kind=review.kind,
                label=label(review.kind),
                department=show_department(review.unit_id, self.units),
                reason=self.words(review.reason),
                basis=self.said(review.basis),
                amount=review.amount,
                until=review.until,
                arbitration=review.arbitration,
                asked_at=review.asked_at,
            )
            for review in ticket.reviews
        ]

    def pause(self, ticket: Ticket) -> PauseJson | None:
        pause = ticket.pause
        if pause is None:
            return None
        return PauseJson(
            reason=pause.reason,
            label=label(pause.reason),
            since=pause.since,
            until=pause.until,
            text=self.words(pause.text),
        )

    def co_handlers(self, ticket: Ticket) -> list[CoHandlerJson]:
        return [
            CoHandlerJson(
                department=show_department(part.unit_id, self.units),
                text=self.words(part.text),
                owes=part.owes,
                answer=self.said(part.answer),
                waived=self.said(part.waived),
                asked_at=part.asked_at,
                answered_at=part.answered_at,
            )
            for part in ticket.co_handlers
        ]

    def letters(self, ticket: Ticket) -> list[LetterJson]:
        return [
            LetterJson(
                id=letter.id,
                level=letter.level,
                label=label(letter.level),
                department=show_department(letter.to_unit, self.units),
                text=self.words(letter.text),
                answer=self.said(letter.answer),
                sent_at=letter.sent_at,
                receipt_at=letter.receipt_at,
                answered_at=letter.answered_at,
            )
            for letter in ticket.letters
        ]

    def visits(self, ticket: Ticket) -> list[VisitJson]:
        return [
            VisitJson(
                at=visit.at,
                outcome=visit.outcome,
                solved=visit.solved,
                stars=visit.stars,
                comment=self.said(visit.comment),
            )
            for visit in ticket.visits
        ]

    def said(self, text: str | None) -> str | None:
        return self.words(text) if text else text
