"""How strongly the words of a text, together with its topic, point to each duty of the duty list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from classifier.model import Classification
from routing.triage.catalogue import Duty, DutyList, Pointer
from routing.triage.phrase_index import Folded

# How much one word says. A pair of words in one sentence says less than a word that means nothing else, and
# more than an ordinary one; further words of one duty add less and less, so that many synonyms are no advantage.
_STRONG, _PAIR, _PLAIN = 3.0, 2.0, 1.0
_NEXT_WORD = 0.5
# People name the matter first: what stands in the title, or without one in the opening words, counts more.
_HEADLINE = 1.5
_TITLE_REACH, _OPENING = 60, 30
# A duty under a topic the model thinks impossible keeps this share of its weight: the words may know better.
_TOPIC_FLOOR = 0.35
# In danger the duty that is there for it outweighs one more strong word, and every model.
_IN_DANGER = 3.0
_UNKNOWN_TOPIC = 0.7


@dataclass(frozen=True, slots=True)
class Claim:
    """One duty's claim to the request, before it is known which unit performs it."""

    duty: Duty
    words: tuple[str, ...]
    has_strong_word: bool
    evidence: float
    """What the words alone say, before the topic is asked."""
    score: float

    @property
    def words_apart(self) -> tuple[str, ...]:
        """The words that speak for the duty, each once; 路灯 within 路灯不亮 is no second one."""
        parts = tuple(dict.fromkeys(part for term in self.words for part in term.split("+")))
        return tuple(part for part in parts if not any(part != other and part in other for other in parts))


def find_claims(
    text: Folded, *, topic: Classification, duties: DutyList, on: date, known_topics: frozenset[str]
) -> list[Claim]:
    """Every duty the words of the text point to, the best first."""
    first_line = text.text.find("\n", 0, _TITLE_REACH)
    headline = first_line if first_line > 0 else _OPENING
    pointers: dict[str, list[Pointer]] = {}
    for pointer in duties.pointers(text, on=on):
        pointers.setdefault(pointer.duty.id, []).append(pointer)
    chances = {guess.label: guess.confidence for guess in topic.alternatives}
    chances[topic.label] = topic.confidence
    claims = []
    for found in pointers.values():
        duty = found[0].duty
        fit = _UNKNOWN_TOPIC
        if duty.topic in known_topics:
            fit = _TOPIC_FLOOR + (1 - _TOPIC_FLOOR) * chances.get(duty.topic, 0.0)
        claims.append(_claim(duty, found, headline=headline, fit=fit))
    return sorted(claims, key=lambda claim: claim.score, reverse=True)


def for_danger_first(claims: list[Claim]) -> list[Claim]:
    """The claims where somebody is in danger: duties the table marks as urgent before all others, whatever the topic
    model hears. A gas leak is the gas company's, though it smells like the environment bureau's matter."""
    raised = [
        replace(claim, score=max(claim.score, claim.evidence) + _IN_DANGER) if claim.duty.urgent else claim
        for claim in claims
    ]
    return sorted(raised, key=lambda claim: claim.score, reverse=True)


def _claim(duty: Duty, found: list[Pointer], *, headline: int, fit: float) -> Claim:
    weights: dict[str, float] = {}
    for pointer in found:
        weight = _weight(pointer) * (_HEADLINE if pointer.start < headline else 1.0)
        weights[pointer.term] = max(weight, weights.get(pointer.term, 0.0))
    ranked = sorted(weights.values(), reverse=True)
    evidence = sum(weight * _NEXT_WORD**rank for rank, weight in enumerate(ranked))
    strong = not duty.strong_terms.isdisjoint(weights)
    return Claim(duty, tuple(weights), strong, evidence=evidence, score=evidence * fit)


def _weight(pointer: Pointer) -> float:
    if pointer.term in pointer.duty.strong_terms:
        return _STRONG
    return _PAIR if "+" in pointer.term else _PLAIN
