"""Danger that rules read, and a learned model hears, in a message.

Rules first: an operator must be able to read why a card was shown. In brief messages a small model hears what no
rule names, and doubts what plain words say harmlessly. A needless card costs a glance and a missed one may cost a
life, so recall comes first; what is held back is talk *about* danger (prevention, suppositions, reports of long ago).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from classifier.signals import second_opinion
from classifier.signals.danger_brief import BRIEF, TALKED_ABOUT, URGENT, calm_words
from classifier.signals.danger_words import (
    ANYWHERE,
    HELD_BACK,
    LONG_AGO,
    NEVER,
    NOW,
    SUPPOSED,
    EmergencyKind,
    branches,
)
from classifier.signals.matters import matters_named
from classifier.signals.request_type import guess_by_rule
from classifier.signals.second_opinion import Heard
from classifier.signals.triggers import Sightings, Triggers, alternatives_of

MOST_CHARACTERS = 5000
_TOLD_FIRST = 300
"""Who is in danger says so first: further on, letters tell of the past. A wish to die may come at the very end."""
_BRIEF = 160
"""A message of at most so many characters is of one matter, and plain words of danger suffice."""


POSSIBLE, SURE = -2.75, 0.0
"""Scores of the learned model, chosen by cross-validation: see ``second_opinion_training``. From the first on a
hint is shown, from the second on it may hurry people."""
_DOUBTED, _DENIED = -3.0, -6.5
"""Below these scores the model doubts, and denies, what plain words said in a brief message."""
_EVERYDAY_MATTER, _OTHER_TYPE, _NAMED_TYPE = 1.5, 1.5, 0.6
"""What an everyday matter, or a type other than a cry for help, takes from the score."""


@dataclass(frozen=True, slots=True)
class Emergency:
    """The danger, and the words that speak of it."""

    kind: EmergencyKind
    word: str
    sure: bool = True
    """False where rules and learned model differ and danger is only possible: worth asking about, no reason to
    hurry anybody."""


_SENTENCE = re.compile(r"[^。！？!?\n]+")
_CLAUSE = re.compile(r"[^，,；;：:、\s]+")
_NOW = re.compile(NOW)
_HELD_BACK = {kind: re.compile(f"{SUPPOSED}|{words}") for kind, words in HELD_BACK.items()}
_NEVER = {kind: re.compile(f"{LONG_AGO}|{words}") for kind, words in NEVER.items()}
_URGENT = re.compile(URGENT)
_ALWAYS_CALM = re.compile(TALKED_ABOUT)
_CALM = {
    kind: (re.compile(always), re.compile(mostly))
    for kind in EmergencyKind
    for always, mostly in [calm_words(kind)]
}


def _watched(table: dict[EmergencyKind, tuple[str, ...]]) -> tuple[tuple[EmergencyKind, ...], Triggers]:
    rows = [(kind, one) for kind, pattern in branches(table) for one in alternatives_of(pattern)]
    return tuple(kind for kind, _ in rows), Triggers(pattern for _, pattern in rows)


_ANYWHERE_KINDS, DANGER_TRIGGERS = _watched(ANYWHERE)
_BRIEF_KINDS, BRIEF_TRIGGERS = _watched(BRIEF)


def find_emergency(
    text: str, *, seen: Sightings | None = None, brief: Sightings | None = None, heard: Heard | None = None
) -> Emergency | None:
    """The danger a message speaks of; None for everyday complaints.

    Outright words go before plain ones; among several kinds the first of ``EmergencyKind``. ``seen`` and
    ``brief`` are what a pass over the text's first ``MOST_CHARACTERS`` saw already, ``heard`` what the model heard.
    """
    said = text[:MOST_CHARACTERS]
    if not said.strip():
        return None
    if outright := _outright(said, seen):
        return outright
    if len(said) <= second_opinion.MOST_CHARACTERS:
        heard = heard or second_opinion.hear(said)
        found = _plain(said, brief)
        return _doubted(found, heard.danger) if found else _by_ear(said, heard)
    return _plain(said, brief) if len(said) <= _BRIEF else None


def _doubted(found: Emergency, score: float) -> Emergency | None:
    if score < _DENIED:
        return None
    return found if score >= _DOUBTED else replace(found, sure=False)


def hears_by_rule(
    text: str, *, seen: Sightings | None = None, brief: Sightings | None = None
) -> Emergency | None:
    """The danger the rules alone find."""
    said = text[:MOST_CHARACTERS]
    return _outright(said, seen) or (_plain(said, brief) if len(said) <= _BRIEF else None)


def _by_ear(text: str, heard: Heard) -> Emergency | None:
    """What the learned model hears in a brief message, unless it asks, files papers or tells of the past."""
    if heard.danger < POSSIBLE or (score := lowered_score(text, heard.danger)) < POSSIBLE:
        return None
    return Emergency(heard.likeliest_kind, second_opinion.weightiest_words(text), sure=score >= SURE)


def lowered_score(text: str, score: float) -> float:
    """The model's score of danger, less what the rules hear of everyday matters."""
    if _ALWAYS_CALM.search(text):
        return -math.inf
    if matters_named(text):
        score -= _EVERYDAY_MATTER
    named = guess_by_rule(text)
    if named.label != "help" and named.confidence >= _NAMED_TYPE:
        score -= _OTHER_TYPE
    return score


def _outright(text: str, seen: Sightings | None) -> Emergency | None:
    for number in DANGER_TRIGGERS.possible(text, seen):
        kind = _ANYWHERE_KINDS[number]
        whole = text if kind is EmergencyKind.SELF_HARM else text[:_TOLD_FIRST]
        for sentence in _SENTENCE.findall(whole):
            if word := _spoken_of(kind, DANGER_TRIGGERS.patterns[number], sentence):
                return Emergency(kind, word)
    return None


def _spoken_of(kind: EmergencyKind, pattern: re.Pattern[str], sentence: str) -> str | None:
    if not pattern.search(sentence) or (_NEVER[kind].search(sentence) and not _NOW.search(sentence)):
        return None
    for clause in _CLAUSE.findall(sentence):
        found = pattern.search(clause)
        if found and not _HELD_BACK[kind].search(clause):
            return str(found.group(0))
    return None


def _plain(text: str, brief: Sightings | None) -> Emergency | None:
    calm: dict[EmergencyKind, bool] = {}
    for number in BRIEF_TRIGGERS.possible(text, brief):
        kind = _BRIEF_KINDS[number]
        found = BRIEF_TRIGGERS.patterns[number].search(text)
        if not found:
            continue
        if kind not in calm:
            calm[kind] = _is_calm(kind, text)
        if not calm[kind]:
            return Emergency(kind, found.group(0))
    return None


def _is_calm(kind: EmergencyKind, text: str) -> bool:
    always, mostly = _CALM[kind]
    return always.search(text) is not None or (mostly.search(text) is not None and not _URGENT.search(text))
