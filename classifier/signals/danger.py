"""Danger that rules read, and a learned model hears, in a message.

Outright words alarm by themselves: an operator must be able to read why a card was shown. In brief messages plain
words of danger and a small model that hears what no rule names are weighed together, against what speaks of everyday
matters. A needless card costs a glance and a missed one may cost a life, so recall comes first; what is held back is
talk *about* danger (prevention, suppositions, reports of long ago).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from classifier.signals import second_opinion, verdict
from classifier.signals.danger_brief import ANGRY, BRIEF, MANNER_OF_SPEAKING, MEANS, URGENT, calm_words
from classifier.signals.danger_scene import DangerScene, scene_of
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
from classifier.signals.second_opinion import Heard
from classifier.signals.triggers import Sightings, Triggers, alternatives_of

MOST_CHARACTERS = 5000
_TOLD_FIRST = 300
"""Who is in danger says so first: further on, letters tell of the past. A wish to die may come at the very end."""
_BRIEF = second_opinion.MOST_CHARACTERS
"""A message of at most so many characters is of one matter, and plain words of danger count."""

POSSIBLE, POSSIBLE_IN_MORE = -2.0, -0.75
"""From these odds on (logarithms) a hint is shown: in a line or two, and in longer messages. Chosen by
cross-validation: see ``second_opinion_training``."""
SURE = 0.0
"""From these odds on it may hurry people."""


@dataclass(frozen=True, slots=True)
class Emergency:
    """The danger, and the words that speak of it."""

    kind: EmergencyKind
    word: str
    sure: bool = True
    """False where danger is only possible: worth asking about, no reason to hurry anybody."""
    scene: DangerScene | None = None
    """What calls for other advice than the kind does."""


_SENTENCE = re.compile(r"[^。！？!?\n]+")
_CLAUSE = re.compile(r"[^，,；;：:、\s]+")
_NOW = re.compile(NOW)
_HELD_BACK = {kind: re.compile(f"{SUPPOSED}|{words}") for kind, words in HELD_BACK.items()}
_NEVER = {kind: re.compile(f"{LONG_AGO}|{words}") for kind, words in NEVER.items()}
_URGENT = re.compile(URGENT)
_ANGRY, _MEANS, _MANNER_OF_SPEAKING = re.compile(ANGRY), re.compile(MEANS), re.compile(MANNER_OF_SPEAKING)
_HARMLESS = re.compile(
    r"(?:[我他她它你]|孩子|娃|儿子|女儿|孙[子女]|老人|爸|妈|老伴|今年|都|才|已经|快|们|家|的|也)*+"
    r"[零一二两三四五六七八九十百\d]{1,4}(?:岁|周岁|了)?[多半]?(?:了|啦|吧)?[。！!]?"
    r"|.{0,6}(?:打了?|拨了?).{0,6}(?:电话|12345|热线).{0,4}(?:没人接|打不通|占线|不接|不通)[了啊。！!]*"
)
"""An answer to how old, and a telephone nobody picks up: in so few words the model hears somebody lost or ill."""
_ASKED_TRULY = re.compile(r"(?:真的|是不是|是真|有这(?:回)?事|属实)[^，。]{0,6}[吗么？?]?$")
_OF_TEMPER = frozenset(
    {EmergencyKind.SELF_HARM, EmergencyKind.VIOLENCE, EmergencyKind.MISSING, EmergencyKind.TRAPPED}
)
"""What the model takes anger for."""
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
    found = _outright(said, seen)
    if found is None and len(said) <= _BRIEF:
        found = _weighed(said, _plain(said, brief), heard or second_opinion.hear(said))
    return replace(found, scene=scene_of(said[:_TOLD_FIRST], found.kind)) if found else None


def _weighed(text: str, plain: Emergency | None, heard: Heard) -> Emergency | None:
    """What plain words and the learned model say together of a brief message."""
    if plain is None and _HARMLESS.fullmatch(heard.said.strip()):
        return None
    least = POSSIBLE if len(heard.said) <= second_opinion.PASSAGE else POSSIBLE_IN_MORE
    loudest = heard.loudest()
    odds = verdict.weigh(heard.said, loudest, plainly=plain is not None, least=least)
    if odds < least:
        return None
    kind, sure = heard.likeliest_kind, odds >= SURE
    if kind in _OF_TEMPER and _is_temper(heard.said):
        if plain is None:
            return None
        sure = sure and _MANNER_OF_SPEAKING.fullmatch(plain.word) is None
    if plain and plain.kind is kind:
        return Emergency(kind, plain.word, sure=sure)
    if kind is EmergencyKind.SELF_HARM and not sure and _ASKED_TRULY.search(heard.said):
        return None
    word = second_opinion.weightiest_words(loudest.passage)
    return Emergency(kind, word or text, sure=sure)


def _is_temper(said: str) -> bool:
    return (
        len(said) <= second_opinion.PASSAGE
        and _ANGRY.search(said) is not None
        and _MEANS.search(said) is None
    )


def hears_by_rule(
    text: str, *, seen: Sightings | None = None, brief: Sightings | None = None
) -> Emergency | None:
    """The danger the rules alone find."""
    said = text[:MOST_CHARACTERS]
    return _outright(said, seen) or (_plain(said, brief) if len(said) <= _BRIEF else None)


def hears_outright(text: str) -> bool:
    """Whether the text holds words that alarm by themselves."""
    return _outright(text[:MOST_CHARACTERS], None) is not None


def hears_plainly(text: str) -> bool:
    """Whether the text holds plain words of danger, as they count in brief messages."""
    return _plain(text, None) is not None


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
