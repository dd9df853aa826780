"""An application for information, and the registers it stands in, as JSON."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel, Field

from bot.hotline.fields import MomentOut
from bot.wording import label
from routing.citizen_request import Applicant
from routing.disclosure.acts import Application
from routing.disclosure.applications import application_of
from routing.disclosure.rules import DecisionKind, Register, shipped_rules
from routing.ticket import Ticket
from routing.timing.sla import DISCLOSURE


class ConsultationJson(BaseModel):
    """征求第三方意见; ``consents`` null: no answer, or none needed any more."""

    asked_at: MomentOut
    answered_at: MomentOut | None
    consents: bool | None


class DecisionJson(BaseModel):
    """What was decided, on which article."""

    at: MomentOut
    ground: str
    kind: DecisionKind
    label: str
    title: str
    basis: str
    reason: str


class ApplicationJson(BaseModel):
    """The application as far as it came: its numbers in the registers, what was waited for, the decision."""

    applicant: Applicant
    applicant_label: str
    entry_number: str | None
    record_number: str | None
    archive_number: str | None
    correction_asked_at: MomentOut | None
    corrected_at: MomentOut | None
    consultations: list[ConsultationJson]
    extended_at: MomentOut | None
    decision: DecisionJson | None


class EntryJson(BaseModel):
    """One line of a register."""

    number: str
    ticket: str
    received_at: MomentOut
    applicant: Applicant
    decision: DecisionJson | None


class RegisterJson(BaseModel):
    """One year of one register, in the order of its numbers."""

    register_: Register = Field(serialization_alias="register")
    year: int
    entries: list[EntryJson]


def show_application(ticket: Ticket, words: Callable[[str], str]) -> ApplicationJson | None:
    """None for every ticket that is no application."""
    if ticket.tier != DISCLOSURE:
        return None
    found = application_of(ticket)
    return ApplicationJson(
        applicant=found.applicant,
        applicant_label=label(found.applicant),
        entry_number=found.entry_number,
        record_number=found.record_number,
        archive_number=found.archive_number,
        correction_asked_at=found.correction_asked_at,
        corrected_at=found.corrected_at,
        consultations=[
            ConsultationJson(asked_at=c.asked_at, answered_at=c.answered_at, consents=c.consents)
            for c in found.consultations
        ],
        extended_at=found.extended_at,
        decision=show_decision(found, words),
    )


def show_decision(found: Application, words: Callable[[str], str]) -> DecisionJson | None:
    decision = found.decision
    ground = shipped_rules().grounds.get(decision.ground) if decision else None
    if decision is None or ground is None:
        return None
    return DecisionJson(
        at=decision.at,
        ground=ground.id,
        kind=ground.kind,
        label=label(ground.kind),
        title=ground.title,
        basis=ground.basis,
        reason=words(decision.reason),
    )
