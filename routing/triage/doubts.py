"""Whether a machine may decide: two independent witnesses for one unit, and nothing that contradicts them.

Witnesses are the words of the duty list, the topic model, the unit model and the precedents. Words so clear that
nothing in the text points elsewhere need no second witness; nor does a unit the model is as good as certain of.
"""

from __future__ import annotations

from dataclasses import dataclass

from classifier.model import Classification
from routing.departments import home_of
from routing.places.gazetteer import Place, PlaceMatch
from routing.triage.automation import Gate, said_confidence
from routing.triage.catalogue import Duty
from routing.triage.claims import Claim
from routing.triage.decision import Reason, ReasonKind
from routing.triage.evidence import ENOUGH_PRECEDENTS, Standing, Tables

_CLEARLY_BEST = 0.5
# Words testify with one strong word in the headline, or one anywhere with an ordinary word beside it.
_ENOUGH = 3.4
# Clear words: a strong word and another of the same duty in the headline, and no other unit with a third as much;
# less will do where the topic model leans the same way without being sure. Judged by hand on public letters: one
# strong word alone is right five times in six, two are right 22 times in 23.
_CLEAR, _CLEAR_WITH_A_LEANING = 6.0, 4.9
_CLEARLY_ALONE, _SEVERAL_WORDS = 0.34, 2
_TOPIC_OBJECTS = 0.9
_LEARNED_BACKS, _LEARNED_OBJECTS = 0.6, 0.8
_MOST = 0.6
_NEARLY_ALL, _MANY_PRECEDENTS = 0.75, 8
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything a decision is judged by; ``ranked`` is never empty."""

    claims: list[Claim]
    ranked: list[Standing]
    similar: int
    """How many similar tickets there are in all."""
    topic: Classification
    known_topics: frozenset[str]
    match: PlaceMatch
    around: Place | None
    tables: Tables
    gate: Gate
    in_danger: bool = False
    """Whether urgent duties were put first because somebody is in danger."""

    @property
    def first(self) -> Standing:
        return self.ranked[0]

    @property
    def best(self) -> Claim | None:
        """The strongest claim, if it is the one the first candidate stands by."""
        return self.claims[0] if self.claims and self.first.claim is self.claims[0] else None

    def answers_to(self, duty: Duty) -> str:
        """The unit that acts for the duty today, or the level whose unit does."""
        if duty.unit_id is None:
            return str(duty.place_level)
        acting = self.tables.acting(duty.unit_id)
        return acting.id if acting else duty.unit_id


def doubts_of(case: Case) -> list[Reason]:
    """What a person has to judge; empty when the machine may dispatch to the first candidate."""
    return [*_contradictions(case), *_unattested(case), *_place_doubts(case), *_gate_doubts(case)]


def rests_on_words_alone(case: Case) -> bool:
    """Whether clear words are all that an automatic decision rests on."""
    witnesses = (_topic_testifies, _learned_testifies, _precedents_testify, _learned_is_certain)
    return needs_no_witness(case) and not any(testifies(case) for testifies in witnesses)


def needs_no_witness(case: Case) -> bool:
    """The words alone settle it: two of one duty up front, and hardly a word that points to another unit."""
    best = case.best
    if best is None or case.gate.tightened_by > 0 or not best.has_strong_word:
        return False
    leaning = best.duty.topic == case.topic.label
    if (
        best.evidence < (_CLEAR_WITH_A_LEANING if leaning else _CLEAR)
        or len(best.words_apart) < _SEVERAL_WORDS
    ):
        return False
    if best.duty.topic not in case.known_topics or (not leaning and case.topic.confidence > _TOPIC_OBJECTS):
        return False
    others = (c.evidence for c in case.claims if case.answers_to(c.duty) != case.answers_to(best.duty))
    return max(others, default=0.0) <= _CLEARLY_ALONE * best.evidence


# ---- witnesses


def _words_testify(case: Case) -> bool:
    best = case.best
    return best is not None and best.has_strong_word and best.evidence >= _ENOUGH


def _topic_testifies(case: Case) -> bool:
    best, topic = case.best, case.topic
    sure = topic.confidence >= case.gate.least_topic
    return best is not None and sure and best.duty.topic == topic.label and topic.label in case.known_topics


def _learned_testifies(case: Case) -> bool:
    return case.first.learned >= _LEARNED_BACKS


def _precedents_testify(case: Case) -> bool:
    return case.similar >= ENOUGH_PRECEDENTS and case.first.similar >= _MOST * case.similar


def _learned_is_certain(case: Case) -> bool:
    """The unit model, above its limit, and the precedents, while no strong word speaks for any other unit. Alone it is
    not believed: a model of few units is certain of matters it has never met."""
    if case.first.learned < case.gate.least_learned or not _precedents_testify(case):
        return False
    strong = [claim for claim in case.claims if claim.has_strong_word and claim.evidence >= _ENOUGH]
    return all(claim is case.first.claim for claim in strong[:1])


def _unattested(case: Case) -> list[Reason]:
    """Why there are not two witnesses; empty when there are."""
    if _learned_is_certain(case):
        return []
    topic, words = _topic_testifies(case), _words_testify(case)
    if words and (topic or _learned_testifies(case) or _precedents_testify(case) or needs_no_witness(case)):
        return []
    return [*_topic_doubts(case), *_words_doubts(case)]


def _topic_doubts(case: Case) -> list[Reason]:
    topic, doubts = case.topic, []
    if topic.confidence < case.gate.least_topic:
        doubts.append(Reason(ReasonKind.LOW_CONFIDENCE, said_confidence(topic.confidence)))
    if not case.claims:
        return doubts
    best = case.claims[0]
    if best.duty.topic not in case.known_topics:
        doubts.append(Reason(ReasonKind.TOPIC_UNKNOWN, best.duty.topic))
    elif best.duty.topic != topic.label:
        doubts.append(Reason(ReasonKind.TOPIC_DISAGREES, f"{topic.label}、{best.duty.topic}"))
    return doubts


def _words_doubts(case: Case) -> list[Reason]:
    if not case.claims:
        return [Reason(ReasonKind.NO_DUTY, "")]
    best = case.claims[0]
    if best.has_strong_word and best.evidence >= _ENOUGH and case.best is not None:
        return []
    return [Reason(ReasonKind.WEAK_WORDS, "、".join(best.words))]


# ---- contradictions


def _contradictions(case: Case) -> list[Reason]:
    doubts = []
    if case.claims:
        best = case.claims[0]
        rivals = [claim for claim in case.claims[1:] if _rivals(claim, best, case)]
        if rivals:
            same_topic = all(claim.duty.topic == best.duty.topic for claim in rivals)
            kind = ReasonKind.SEVERAL_DUTIES if same_topic else ReasonKind.SEVERAL_TOPICS
            doubts.append(Reason(kind, "、".join(claim.duty.name for claim in [best, *rivals][:_SHOWN])))
        for standing in case.ranked:
            if standing.named and standing.claim is not best and standing.score > _CLEARLY_BEST * best.score:
                doubts.append(Reason(ReasonKind.UNIT_NAMED, standing.named))
    for standing in case.ranked:
        if standing is case.first and case.best is not None:
            continue
        name = case.tables.units.get(standing.unit_id).short_name
        if standing is not case.first and standing.learned >= _LEARNED_OBJECTS:
            doubts.append(
                Reason(ReasonKind.LEARNED_DISAGREES, f"{name}、{said_confidence(standing.learned)}")
            )
        many = case.similar >= _MANY_PRECEDENTS and standing is not case.first
        if many and standing.similar >= _NEARLY_ALL * case.similar:
            detail = f"{case.similar}、{standing.similar}、{name}"
            doubts.append(Reason(ReasonKind.PRECEDENTS_DISAGREE, detail))
    return doubts


def _rivals(claim: Claim, best: Claim, case: Case) -> bool:
    """Whether another unit's claim comes near the best one, or has as many words and only the topic against it."""
    near = claim.score > _CLEARLY_BEST * best.score or claim.evidence >= best.evidence
    return near and case.answers_to(claim.duty) != case.answers_to(best.duty)


# ---- place and gate


def _place_doubts(case: Case) -> list[Reason]:
    """What a person has to judge about the place, for duties that hang on it or for places not ours."""
    tables, match = case.tables, case.match
    home = home_of(tables.units)
    named = (match.place,) if match.place else match.candidates
    if home and named and not any(_touches(place, home, tables) for place in named):
        return [Reason(ReasonKind.OUTSIDE_AREA, "、".join(dict.fromkeys(each.name for each in named)))]
    if not case.claims or case.claims[0].duty.place_level is None:
        return _governor_doubts(case)
    performers = {unit_id for unit_id, _ in tables.performers(case.claims[0].duty, match)}
    return [] if len(performers) == 1 else [_which_place(case)]


def _governor_doubts(case: Case) -> list[Reason]:
    """A unit that governs a place, chosen for any other reason, must govern the place in question."""
    governed = case.tables.units.get(case.first.unit_id).place_id
    if governed is None or case.best is not None:
        return []
    if case.match.place is not None and case.tables.gazetteer.is_within(case.match.place, governed):
        return []
    return [_which_place(case)]


def _which_place(case: Case) -> Reason:
    if case.match.candidates:
        names = [case.tables.gazetteer.full_name(each) for each in case.match.candidates[:_SHOWN]]
        return Reason(ReasonKind.PLACE_AMBIGUOUS, "、".join(names))
    return Reason(ReasonKind.PLACE_UNKNOWN, case.around.name if case.around else "")


def _touches(place: Place, home: str, tables: Tables) -> bool:
    """Whether a place is ours, or so large that ours lies inside it."""
    gazetteer = tables.gazetteer
    return gazetteer.is_within(place, home) or gazetteer.is_within(gazetteer.get(home), place.id)


def _gate_doubts(case: Case) -> list[Reason]:
    gate, best = case.gate, case.best
    stopped = gate.stops(case.topic.label, best.duty.topic if best else None, case.first.unit_id)
    if stopped is None:
        return []
    if stopped == case.first.unit_id:
        stopped = case.tables.units.get(case.first.unit_id).short_name
    return [Reason(ReasonKind.GATE_STOPPED, f"{stopped}（{gate.why}）" if gate.why else stopped)]
