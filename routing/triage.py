"""Triage: which unit a citizen request goes to, whether a machine may send it there, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from classifier.model import Classification, Guess
from routing.catalogue import Duty, DutyList
from routing.claims import Claim, find_claims
from routing.departments import UnitId, Units
from routing.phrase_index import Folded, fold
from routing.places import Gazetteer, Place, PlaceMatch

STARTER_TOPICS = frozenset(
    {"城乡建设", "劳动和社会保障", "教育文体", "商贸旅游", "环境保护", "卫生计生", "交通运输"}
)
"""The topics the starter model was trained on; a deployment with its own model passes that model's labels."""

MOST_CANDIDATES = 3
_LONG_NUMBER = re.compile(r"\d{7,}")

_NAMED, _GENERAL, _LAST_RESORT = 0.8, 0.9, 0.1
_CLEARLY_BEST = 0.5
# Automatic dispatch needs one strong word in the headline, or one anywhere with an ordinary word beside it.
_ENOUGH = 3.4


class ReasonKind(StrEnum):
    """What a reason says; ``bot.wording`` makes the sentence."""

    WORDS = "words"
    DUTY = "duty"
    TOPIC = "topic"
    PLACE = "place"
    UNIT_NAMED = "unit_named"
    FALLBACK = "fallback"
    LOW_CONFIDENCE = "low_confidence"
    TOPIC_DISAGREES = "topic_disagrees"
    TOPIC_UNKNOWN = "topic_unknown"
    SEVERAL_DUTIES = "several_duties"
    SEVERAL_TOPICS = "several_topics"
    WEAK_WORDS = "weak_words"
    NO_DUTY = "no_duty"
    PLACE_UNKNOWN = "place_unknown"
    PLACE_AMBIGUOUS = "place_ambiguous"
    OUTSIDE_AREA = "outside_area"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. ``detail`` is the fact it rests on: words, a duty, a place, a percentage, joined by 、."""

    kind: ReasonKind
    detail: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One unit that may be meant; ``score`` is its share of all evidence, between 0 and 1."""

    unit_id: UnitId
    duty_id: str | None
    score: float
    reasons: tuple[Reason, ...]
    legal_basis: str | None


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


@dataclass(slots=True)
class _Standing:
    """What speaks for one unit."""

    unit_id: UnitId
    score: float = 0.0
    claim: Claim | None = None
    named: str | None = None
    places: list[Place] = field(default_factory=list)


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
) -> TriageDecision:
    """Weigh words, topic and place; automatic only when nothing is left for a person to judge.

    ``place`` is the place in the citizen's own words and goes before places named in ``text``. ``on`` is the
    local date whose duty list applies. ``known_topics`` are the labels the model can give: a duty under any
    other topic is never dispatched automatically, since the model cannot confirm it.
    """
    # A phone number is no evidence: 13812345678 must not read as a word about 12345.
    folded = fold(_LONG_NUMBER.sub(" ", text))
    match = _locate(place, folded, gazetteer)
    around = _common(match, gazetteer)
    claims = find_claims(folded, topic=topic, duties=duties, on=on, known_topics=known_topics)
    standings: dict[UnitId, _Standing] = {}
    for claim in claims:
        for unit_id, where in _performers(claim.duty, match, units, gazetteer):
            _credit(standings, unit_id, claim, where)
    for unit in units.named_in(folded):
        standing = standings.setdefault(unit.id, _Standing(unit.id))
        standing.score += _NAMED
        standing.named = unit.short_name
    _credit_general(standings, topic, duties=duties, on=on)
    if not claims or not standings:
        standings.setdefault(units.fallback.id, _Standing(units.fallback.id, score=_LAST_RESORT))
    ranked = sorted(standings.values(), key=lambda each: each.score, reverse=True)
    total = sum(each.score for each in ranked) or 1.0
    doubts = _doubts(claims, ranked, topic=topic, known_topics=known_topics)
    doubts += _place_doubts(claims, match, around, units=units, gazetteer=gazetteer)
    candidates = tuple(
        _candidate(each, total=total, topic=topic, units=units, gazetteer=gazetteer)
        for each in ranked[:MOST_CANDIDATES]
    )
    return TriageDecision(
        automatic=not doubts,
        candidates=candidates,
        why=tuple(doubts) or candidates[0].reasons,
        place_id=around.id if around else None,
    )


def _locate(place: str | None, text: Folded, gazetteer: Gazetteer) -> PlaceMatch:
    """The stated place; the text may make it more precise or tell namesakes apart, not contradict it."""
    spoken = fold(place or "")
    stated = gazetteer.find(spoken)
    if not stated.words:
        return gazetteer.find(text)
    together = gazetteer.find(spoken, text).place
    if together is None:
        return stated
    stated_ids = [each.id for each in ((stated.place,) if stated.place else stated.candidates)]
    if any(gazetteer.is_within(together, outer_id) for outer_id in stated_ids):
        return PlaceMatch(together, (), stated.words)
    return stated


def _common(match: PlaceMatch, gazetteer: Gazetteer) -> Place | None:
    """The one place, or the one township that all candidates lie in."""
    if match.place or not match.candidates:
        return match.place
    townships = {gazetteer.township_of(candidate) for candidate in match.candidates}
    return townships.pop() if len(townships) == 1 else None


def _performers(
    duty: Duty, match: PlaceMatch, units: Units, gazetteer: Gazetteer
) -> Iterable[tuple[UnitId, Place | None]]:
    """The unit that performs a duty; for 属地 one for each place that may be meant."""
    if duty.unit_id is not None:
        yield duty.unit_id, None
        return
    assert duty.place_level is not None
    for candidate in (match.place,) if match.place else match.candidates:
        where = gazetteer.at_level(candidate, duty.place_level)
        unit = units.of_place(where.id, duty.place_level) if where else None
        if unit:
            yield unit.id, where


def _credit(standings: dict[UnitId, _Standing], unit_id: UnitId, claim: Claim, where: Place | None) -> None:
    """A unit stands by its best claim; claims come best first."""
    standing = standings.setdefault(unit_id, _Standing(unit_id))
    if standing.claim is None:
        standing.claim, standing.score = claim, claim.score
    if where is not None and where not in standing.places:
        standing.places.append(where)


def _credit_general(
    standings: dict[UnitId, _Standing], topic: Classification, *, duties: DutyList, on: date
) -> None:
    """Offer the topic's general unit, so that a text without any known word still has somewhere to go."""
    for guess in (Guess(topic.label, topic.confidence), *topic.alternatives):
        for duty in duties.general(guess.label, on=on):
            assert duty.unit_id is not None
            standing = standings.setdefault(duty.unit_id, _Standing(duty.unit_id))
            if standing.claim is None:
                score = _GENERAL * guess.confidence
                standing.claim = Claim(duty, (), False, evidence=0.0, score=score)
                standing.score += score


def _doubts(
    claims: list[Claim], ranked: list[_Standing], *, topic: Classification, known_topics: frozenset[str]
) -> list[Reason]:
    """Everything about topic and duty that a person has to judge."""
    doubts = []
    if topic.abstained:
        doubts.append(Reason(ReasonKind.LOW_CONFIDENCE, _percent(topic)))
    if not claims:
        return [*doubts, Reason(ReasonKind.NO_DUTY, "")]
    best = claims[0]
    if best.duty.topic not in known_topics:
        doubts.append(Reason(ReasonKind.TOPIC_UNKNOWN, best.duty.topic))
    elif best.duty.topic != topic.label:
        doubts.append(Reason(ReasonKind.TOPIC_DISAGREES, f"{topic.label}、{best.duty.topic}"))
    if not best.has_strong_word or best.evidence < _ENOUGH:
        doubts.append(Reason(ReasonKind.WEAK_WORDS, "、".join(best.words)))
    rivals = [claim for claim in claims[1:] if _rivals(claim, best)]
    if rivals:
        same_topic = all(claim.duty.topic == best.duty.topic for claim in rivals)
        kind = ReasonKind.SEVERAL_DUTIES if same_topic else ReasonKind.SEVERAL_TOPICS
        doubts.append(Reason(kind, "、".join(claim.duty.name for claim in [best, *rivals][:MOST_CANDIDATES])))
    for standing in ranked:
        if standing.named and standing.claim is not best and standing.score > _CLEARLY_BEST * best.score:
            doubts.append(Reason(ReasonKind.UNIT_NAMED, standing.named))
    return doubts


def _rivals(claim: Claim, best: Claim) -> bool:
    """Whether another unit's claim comes near the best one, or has as many words and only the topic against it."""
    near = claim.score > _CLEARLY_BEST * best.score or claim.evidence >= best.evidence
    return near and _answers_to(claim.duty) != _answers_to(best.duty)


def _answers_to(duty: Duty) -> str:
    return duty.unit_id or str(duty.place_level)


def _place_doubts(
    claims: list[Claim], match: PlaceMatch, around: Place | None, *, units: Units, gazetteer: Gazetteer
) -> list[Reason]:
    """What a person has to judge about the place, for the duties that hang on it or for places not ours."""
    home = _home(units)
    named = (match.place,) if match.place else match.candidates
    if home and named and not any(_touches(place, home, gazetteer) for place in named):
        return [Reason(ReasonKind.OUTSIDE_AREA, "、".join(dict.fromkeys(each.name for each in named)))]
    if not claims or claims[0].duty.place_level is None:
        return []
    performers = {unit_id for unit_id, _ in _performers(claims[0].duty, match, units, gazetteer)}
    if len(performers) == 1:
        return []
    if match.candidates:
        names = "、".join(gazetteer.full_name(each) for each in match.candidates[:MOST_CANDIDATES])
        return [Reason(ReasonKind.PLACE_AMBIGUOUS, names)]
    return [Reason(ReasonKind.PLACE_UNKNOWN, around.name if around else "")]


def _home(units: Units) -> str | None:
    """The place the installation serves: the one governed by the nearest unit above the fallback unit."""
    unit = units.fallback
    while unit.place_id is None and unit.parent_id is not None:
        unit = units.get(unit.parent_id)
    return unit.place_id


def _touches(place: Place, home: str, gazetteer: Gazetteer) -> bool:
    """Whether a place is ours, or so large that ours lies inside it."""
    return gazetteer.is_within(place, home) or gazetteer.is_within(gazetteer.get(home), place.id)


def _candidate(
    standing: _Standing, *, total: float, topic: Classification, units: Units, gazetteer: Gazetteer
) -> Candidate:
    claim = standing.claim
    reasons = []
    if claim:
        reasons.append(Reason(ReasonKind.DUTY, claim.duty.name))
        if claim.words:
            words = dict.fromkeys(word for term in claim.words for word in term.split("+"))
            reasons.append(Reason(ReasonKind.WORDS, "、".join(words)))
        if claim.duty.topic == topic.label:
            reasons.append(Reason(ReasonKind.TOPIC, f"{topic.label}、{_percent(topic)}"))
    if standing.places:
        names = "、".join(gazetteer.full_name(place) for place in standing.places)
        reasons.append(Reason(ReasonKind.PLACE, names))
    if standing.named:
        reasons.append(Reason(ReasonKind.UNIT_NAMED, standing.named))
    if standing.unit_id == units.fallback.id and not reasons:
        reasons.append(Reason(ReasonKind.FALLBACK, units.fallback.short_name))
    return Candidate(
        unit_id=standing.unit_id,
        duty_id=claim.duty.id if claim else None,
        score=round(standing.score / total, 4),
        reasons=tuple(reasons),
        legal_basis=claim.duty.legal_basis if claim else None,
    )


def _percent(topic: Classification) -> str:
    return f"{topic.confidence:.0%}"
