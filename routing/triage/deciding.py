"""Triage: which unit a citizen request goes to, whether a machine may send it there, and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from classifier.model import Classification
from routing.departments import UnitId, Units
from routing.places.gazetteer import Gazetteer, Place, PlaceMatch
from routing.triage.automation import OPEN_GATE, Gate, said_confidence
from routing.triage.catalogue import DutyList
from routing.triage.claims import find_claims, for_danger_first
from routing.triage.decision import Candidate, Reason, ReasonKind, ReasonSource, TriageDecision
from routing.triage.doubts import Case, doubts_of, rests_on_words_alone
from routing.triage.evidence import Board, RankedUnit, Standing, Tables
from routing.triage.phrase_index import fold
from routing.triage.precedents import PrecedentSummary

__all__ = [
    "STARTER_TOPICS",
    "Candidate",
    "Gate",
    "RankedUnit",
    "Reason",
    "ReasonKind",
    "ReasonSource",
    "TriageDecision",
    "common_place",
    "decide",
]

STARTER_TOPICS = frozenset(
    {"城乡建设", "劳动和社会保障", "教育文体", "商贸旅游", "环境保护", "卫生计生", "交通运输"}
)
"""The topics the starter model was trained on; a deployment with its own model passes that model's labels."""

MOST_CANDIDATES = 3
_LONG_NUMBER = re.compile(r"\d{7,}")


def decide(
    text: str,
    *,
    place: str | None,
    topic: Classification,
    duties: DutyList,
    units: Units,
    gazetteer: Gazetteer,
    on: date,
    known_topics: frozenset[str] = STARTER_TOPICS,
    learned: tuple[RankedUnit, ...] = (),
    precedents: PrecedentSummary | None = None,
    gate: Gate = OPEN_GATE,
    at_unit: UnitId | None = None,
    endangers: Callable[[], bool] = lambda: False,
) -> TriageDecision:
    """Weigh words, topic, place and history; automatic only when nothing is left for a person to judge.

    ``place`` is the place in the citizen's own words and goes before places named in ``text``. ``on`` is the
    local date whose duty list applies. ``known_topics`` are the labels the model can give: under any other topic
    the model cannot be a witness. ``learned`` and ``precedents`` are what past dispatches say, where there are any.
    ``at_unit`` is the department whose code was scanned.
    ``endangers`` tells whether somebody is in danger; it is asked only where a duty is marked as urgent.
    """
    # A phone number is no evidence: 13812345678 must not read as a word about 12345.
    folded = fold(_LONG_NUMBER.sub(" ", text))
    tables = Tables(duties=duties, units=units, gazetteer=gazetteer, on=on)
    match = gazetteer.locate(place, folded)
    around = common_place(match, gazetteer)
    claims = find_claims(folded, topic=topic, duties=duties, on=on, known_topics=known_topics)
    in_danger = any(claim.duty.urgent for claim in claims) and endangers()
    if in_danger:
        claims = for_danger_first(claims)
    board = Board(tables, match=match, around=around)
    board.add_claims(claims)
    board.add_named(folded)
    board.add_scanned(at_unit)
    board.add_general(topic)
    board.add_learned(learned)
    board.add_precedents(precedents)
    if not claims or not board:
        board.add_fallback()
    ranked = board.ranked()
    case = Case(
        claims=claims,
        ranked=ranked,
        similar=precedents.total if precedents else 0,
        topic=topic,
        known_topics=known_topics,
        match=match,
        around=around,
        tables=tables,
        gate=gate,
        in_danger=in_danger,
    )
    doubts = doubts_of(case)
    total = sum(each.score for each in ranked) or 1.0
    candidates = tuple(_candidate(each, case, total=total) for each in ranked[:MOST_CANDIDATES])
    return TriageDecision(
        automatic=not doubts,
        candidates=candidates,
        why=_why(case, doubts, candidates[0]),
        place_id=around.id if around else None,
    )


def _why(case: Case, doubts: list[Reason], first: Candidate) -> tuple[Reason, ...]:
    if not doubts:
        clear = (Reason(ReasonKind.CLEAR_WORDS, ""),) if rests_on_words_alone(case) else ()
        return (*first.reasons, *clear)
    gate = case.gate
    tightened = (Reason(ReasonKind.GATE_TIGHTENED, gate.why or ""),) if gate.tightened_by > 0 else ()
    return (*doubts, *tightened)


def common_place(match: PlaceMatch, gazetteer: Gazetteer) -> Place | None:
    """The one place, or the one township that all candidates lie in."""
    if match.place or not match.candidates:
        return match.place
    townships = {gazetteer.township_of(candidate) for candidate in match.candidates}
    return townships.pop() if len(townships) == 1 else None


def _candidate(standing: Standing, case: Case, *, total: float) -> Candidate:
    claim = standing.claim
    return Candidate(
        unit_id=standing.unit_id,
        duty_id=claim.duty.id if claim else None,
        score=round(standing.score / total, 4),
        reasons=tuple(_reasons(standing, case)),
        legal_basis=claim.duty.legal_basis if claim else None,
        precedents=tuple(standing.precedents),
    )


def _reasons(standing: Standing, case: Case) -> list[Reason]:
    """What speaks for one candidate: the tables first, then the models, then the precedents."""
    reasons, claim, topic = [], standing.claim, case.topic
    if claim:
        reasons.append(Reason(ReasonKind.DUTY, claim.duty.name))
        if case.in_danger and claim.duty.urgent:
            reasons.append(Reason(ReasonKind.DANGER, ""))
        if claim.words:
            reasons.append(Reason(ReasonKind.WORDS, "、".join(claim.words_apart)))
        if claim.duty.topic == topic.label:
            reasons.append(Reason(ReasonKind.TOPIC, f"{topic.label}、{said_confidence(topic.confidence)}"))
    if standing.places:
        names = "、".join(case.tables.gazetteer.full_name(place) for place in standing.places)
        reasons.append(Reason(ReasonKind.PLACE, names))
    if standing.instead_of:
        reasons.append(Reason(ReasonKind.SUCCESSOR, standing.instead_of.short_name))
    if standing.named:
        reasons.append(Reason(ReasonKind.UNIT_NAMED, standing.named))
    if standing.scanned:
        reasons.append(Reason(ReasonKind.SCANNED, standing.scanned))
    if standing.learned:
        reasons.append(Reason(ReasonKind.LEARNED, said_confidence(standing.learned)))
    if standing.similar:
        kind = ReasonKind.PRECEDENTS_ELSEWHERE if standing.elsewhere else ReasonKind.PRECEDENTS
        reasons.append(Reason(kind, f"{case.similar}、{standing.similar}"))
    if not reasons:
        reasons.append(Reason(ReasonKind.FALLBACK, case.tables.units.fallback.short_name))
    return reasons
