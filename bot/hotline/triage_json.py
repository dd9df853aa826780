"""The JSON of a triage decision: units that may be meant, each with its reasons and where they come from."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel

from bot.services import Services
from bot.triage_wording import say_reason
from routing.departments import UnitId, Units
from routing.errors import UnknownUnit
from routing.queries import TicketFilter
from routing.triage.deciding import Reason, ReasonKind, ReasonSource, TriageDecision
from routing.workflow import Actor


class DepartmentJson(BaseModel):
    """A unit by id and full name."""

    id: str
    name: str


class ReasonJson(BaseModel):
    """One reason in words, and whether a rule, a model or a precedent gives it."""

    source: ReasonSource
    kind: ReasonKind
    text: str


class CandidateJson(BaseModel):
    """A unit that may be meant; ``score`` is its share of all evidence.

    ``details`` are the ``reasons`` with their sources. ``precedents`` are numbers of similar tickets the unit answered,
    as far as the caller may read them.
    """

    department: DepartmentJson
    score: float
    reasons: list[str]
    details: list[ReasonJson]
    legal_basis: str | None
    precedents: list[str]


class TriageJson(BaseModel):
    """Whether a machine may dispatch, why or why not, and the candidates, best first."""

    automatic: bool
    why: list[str]
    candidates: list[CandidateJson]


async def readable_precedents(
    decision: TriageDecision | None, *, services: Services, reader: Actor
) -> frozenset[str]:
    """Of the similar tickets a decision names, those this reader may open."""
    numbers = tuple(number for c in decision.candidates for number in c.precedents) if decision else ()
    if not numbers:
        return frozenset()
    page = await services.queries.search(TicketFilter(numbers=numbers), reader=reader, limit=len(numbers))
    return frozenset(ticket.number for ticket in page.tickets)


def show_triage(
    decision: TriageDecision,
    units: Units,
    words: Callable[[str], str] | None = None,
    readable: frozenset[str] = frozenset(),
) -> TriageJson:
    """A decision in words; ``words`` redacts them where the reader needs it, ``readable`` are precedents to name."""
    words = words or as_written
    return TriageJson(
        automatic=decision.automatic,
        why=_say(decision.why, words),
        candidates=[
            CandidateJson(
                department=show_department(c.unit_id, units),
                score=round(c.score, 4),
                reasons=_say(c.reasons, words),
                details=[
                    ReasonJson(source=r.source, kind=r.kind, text=words(say_reason(r))) for r in c.reasons
                ],
                legal_basis=c.legal_basis,
                precedents=[number for number in c.precedents if number in readable],
            )
            for c in decision.candidates
        ],
    )


def show_department(unit_id: UnitId, units: Units) -> DepartmentJson:
    """A unit dissolved since keeps its id as its name."""
    try:
        return DepartmentJson(id=unit_id, name=units.get(unit_id).name)
    except UnknownUnit:
        return DepartmentJson(id=unit_id, name=unit_id)


def _say(reasons: tuple[Reason, ...], words: Callable[[str], str]) -> list[str]:
    return [words(say_reason(reason)) for reason in reasons]


def as_written(text: str) -> str:
    """For readers who see the original."""
    return text
