"""Why triage chose a unit or left the choice to a person, as the ticket page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.web.pages import unit_name
from bot.wording import say_reason
from routing.departments import UnitId, Units
from routing.ticket import Ticket


@dataclass(frozen=True, slots=True)
class CandidateWords:
    """One unit that may be meant."""

    unit_id: UnitId
    unit: str
    share: str
    """Its share of all evidence, in percent."""
    reasons: tuple[str, ...]
    legal_basis: str | None


@dataclass(frozen=True, slots=True)
class TriageWords:
    """The decision: ``automatic`` tells whether the machine dispatched by itself."""

    automatic: bool
    why: tuple[str, ...]
    candidates: tuple[CandidateWords, ...]


def triage_words(ticket: Ticket, units: Units) -> TriageWords | None:
    """None for a ticket that was never triaged."""
    decision = ticket.triage
    if decision is None:
        return None
    candidates = tuple(
        CandidateWords(
            candidate.unit_id,
            unit_name(candidate.unit_id, units),
            f"{candidate.score:.0%}",
            tuple(say_reason(reason) for reason in candidate.reasons),
            candidate.legal_basis,
        )
        for candidate in decision.candidates
    )
    return TriageWords(decision.automatic, tuple(say_reason(r) for r in decision.why), candidates)
