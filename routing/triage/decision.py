"""What a triage decision says: the units that may be meant, and every reason for and against."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from routing.departments import UnitId


class ReasonKind(StrEnum):
    """What a reason says; ``bot.wording`` makes the sentence."""

    WORDS = "words"
    DUTY = "duty"
    DANGER = "danger"
    TOPIC = "topic"
    PLACE = "place"
    UNIT_NAMED = "unit_named"
    SCANNED = "scanned"
    FALLBACK = "fallback"
    CLEAR_WORDS = "clear_words"
    LEARNED = "learned"
    PRECEDENTS = "precedents"
    PRECEDENTS_ELSEWHERE = "precedents_elsewhere"
    SUCCESSOR = "successor"
    LOW_CONFIDENCE = "low_confidence"
    TOPIC_DISAGREES = "topic_disagrees"
    TOPIC_UNKNOWN = "topic_unknown"
    SEVERAL_DUTIES = "several_duties"
    SEVERAL_TOPICS = "several_topics"
    SEVERAL_REQUESTS = "several_requests"
    WEAK_WORDS = "weak_words"
    NO_DUTY = "no_duty"
    LEARNED_DISAGREES = "learned_disagrees"
    PRECEDENTS_DISAGREE = "precedents_disagree"
    PLACE_UNKNOWN = "place_unknown"
    PLACE_AMBIGUOUS = "place_ambiguous"
    OUTSIDE_AREA = "outside_area"
    GATE_TIGHTENED = "gate_tightened"
    GATE_STOPPED = "gate_stopped"


class ReasonSource(StrEnum):
    """Where a reason comes from: a rule of the tables, a trained model, or what was done before."""

    RULE = "rule"
    MODEL = "model"
    PRECEDENT = "precedent"


_FROM_A_MODEL = frozenset(
    {
        ReasonKind.TOPIC,
        ReasonKind.LEARNED,
        ReasonKind.LOW_CONFIDENCE,
        ReasonKind.TOPIC_DISAGREES,
        ReasonKind.LEARNED_DISAGREES,
    }
)
_FROM_PRECEDENTS = frozenset(
    {ReasonKind.PRECEDENTS, ReasonKind.PRECEDENTS_ELSEWHERE, ReasonKind.PRECEDENTS_DISAGREE}
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. ``detail`` is the fact it rests on: words, a duty, a place, a percentage, joined by 、."""

    kind: ReasonKind
    detail: str

    @property
    def source(self) -> ReasonSource:
        if self.kind in _FROM_PRECEDENTS:
            return ReasonSource.PRECEDENT
        return ReasonSource.MODEL if self.kind in _FROM_A_MODEL else ReasonSource.RULE


@dataclass(frozen=True, slots=True)
class Candidate:
    """One unit that may be meant; ``score`` is its share of all evidence, between 0 and 1."""

    unit_id: UnitId
    duty_id: str | None
    score: float
    reasons: tuple[Reason, ...]
    legal_basis: str | None
    precedents: tuple[str, ...] = ()
    """Numbers of similar tickets this unit answered, the most alike first."""


@dataclass(frozen=True, slots=True)
class TriageDecision:
    """The candidates, best first, and why the first was taken or why a person must choose."""

    automatic: bool
    candidates: tuple[Candidate, ...]
    why: tuple[Reason, ...]
    place_id: str | None

    @property
    def chosen(self) -> Candidate | None:
        """The first candidate when the machine may dispatch by itself."""
        return self.candidates[0] if self.automatic else None
