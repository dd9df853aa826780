"""Why triage chose a unit or left the choice to a person, as the ticket page shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.web.liaison import for_reader
from bot.web.pages import unit_name
from bot.wording import say_reason
from routing.departments import UnitId, Units
from routing.ticket import Ticket
from routing.triage import Reason
from routing.workflow import Actor


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


def triage_words(ticket: Ticket, units: Units, reader: Actor) -> TriageWords | None:
    """None for a ticket that was never triaged. Reasons quote the citizen, so they are redacted like the text."""
    decision = ticket.triage
    if decision is None:
        return None

    def say(reasons: Iterable[Reason]) -> tuple[str, ...]:
        return tuple(for_reader(say_reason(reason), reader) for reason in reasons)

    candidates = tuple(
        CandidateWords(
            candidate.unit_id,
            unit_name(candidate.unit_id, units),
            f"{candidate.score:.0%}",
            say(candidate.reasons),
            candidate.legal_basis,
        )
        for candidate in decision.candidates
    )
    return TriageWords(decision.automatic, say(decision.why), candidates)
