"""Why triage chose a unit or left the choice to a person, as the ticket page shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.hotline.triage_json import readable_precedents
from bot.services import Services
from bot.triage_wording import say_change, say_reason
from bot.web.liaison import for_reader
from bot.web.pages import unit_name
from routing.departments import UnitId
from routing.ticket import Ticket
from routing.timing.working_calendar import CHINA
from routing.triage.counterfactual import what_would_change
from routing.triage.deciding import Reason, ReasonSource
from routing.workflow import Actor


@dataclass(frozen=True, slots=True)
class ReasonWords:
    """One reason, and whether a rule, a model or a precedent gives it."""

    source: ReasonSource
    words: str


@dataclass(frozen=True, slots=True)
class CandidateWords:
    """One unit that may be meant."""

    unit_id: UnitId
    unit: str
    share: str
    """Its share of all evidence, in percent."""
    reasons: tuple[ReasonWords, ...]
    legal_basis: str | None
    precedents: tuple[str, ...]
    """Similar tickets it answered that this reader may open."""


@dataclass(frozen=True, slots=True)
class TriageWords:
    """The decision: ``automatic`` tells whether the machine dispatched by itself."""

    automatic: bool
    why: tuple[ReasonWords, ...]
    candidates: tuple[CandidateWords, ...]


async def triage_words(ticket: Ticket, services: Services, reader: Actor) -> TriageWords | None:
    """None for a ticket that was never triaged. Reasons quote the citizen, so they are redacted like the text."""
    decision = ticket.triage
    if decision is None:
        return None
    readable = await readable_precedents(decision, services=services, reader=reader)

    def say(reasons: Iterable[Reason]) -> tuple[ReasonWords, ...]:
        return tuple(ReasonWords(r.source, for_reader(say_reason(r), reader)) for r in reasons)

    candidates = tuple(
        CandidateWords(
            candidate.unit_id,
            unit_name(candidate.unit_id, services.units),
            f"{candidate.score:.0%}",
            say(candidate.reasons),
            candidate.legal_basis,
            tuple(number for number in candidate.precedents if number in readable),
        )
        for candidate in decision.candidates
    )
    return TriageWords(decision.automatic, say(decision.why), candidates)


def change_words(ticket: Ticket, services: Services) -> tuple[str, ...]:
    """What would lead to another unit, by the models and tables of today; empty when nothing small would."""
    tools = services.desk.triage
    on = ticket.received_at.astimezone(CHINA).date()
    text = f"{ticket.title}\n{ticket.text}" if ticket.title else ticket.text
    decision, _ = tools.decide_on(text, place=ticket.place, on=on)
    changes = what_would_change(text, place=ticket.place, on=on, tools=tools, decision=decision)
    return tuple(say_change(change, unit_name(change.unit_id, tools.units)) for change in changes)
