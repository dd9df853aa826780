"""What an operator is shown about a ticket that may be the same matter: enough to judge, and nobody's identity."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from routing.departments import UnitId
from routing.places.gazetteer import Gazetteer
from routing.resemblance.duplicate_index import Near, places_apart
from routing.resemblance.likeness import Commonness, sketch
from routing.triage.phrase_index import normalise
from routing.workflow import State

LIKELY, POSSIBLE = 0.6, 0.25
"""Chances from which a candidate is shown as the same matter, and shown at all (docs/duplicates.md has what they gave)."""
MOST_PHRASES = 5

_READ_CHARACTERS = 1000
_RUN = re.compile(r"[0-9a-z\u4e00-\u9fff]+")
_SMALL = "的了在是我你他们请和与及也都就把被对将从向到又再有为以等个这那里上下中"
_SHORTEST, _LONGEST = 2, 24
_ONE_IN_FIFTY = 3.9


class Verdict(StrEnum):
    """How sure the machine is. Linking stays a person's act."""

    LIKELY = "likely"
    POSSIBLE = "possible"


class PlaceRelation(StrEnum):
    """How the places of two requests lie to each other."""

    SAME = "same"
    NEAR = "near"
    """One inside the other, or both in one township."""
    APART = "apart"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A ticket that may be the same matter. Texts are redacted."""

    number: str
    verdict: Verdict
    chance: float
    likeness: float
    phrases: tuple[str, ...]
    """What both texts say, the most telling first."""
    place: PlaceRelation
    place_words: str | None
    same_caller: bool | None
    """None for readers who must not learn that two tickets are one person's."""
    days: float
    received_at: datetime
    state: State
    unit_id: UnitId | None
    parent_number: str | None
    """The ticket it was already linked to."""
    title: str | None
    text: str
    reply: str | None


def verdict_of(near: Near) -> Verdict | None:
    """None for what is not worth an operator's look."""
    if near.chance >= LIKELY:
        return Verdict.LIKELY
    return Verdict.POSSIBLE if near.chance >= POSSIBLE else None


def place_relation(gazetteer: Gazetteer, one_id: str | None, other_id: str | None) -> PlaceRelation:
    """From the ids of two places, either of them unknown."""
    if one_id is None or other_id is None:
        return PlaceRelation.UNKNOWN
    if one_id == other_id:
        return PlaceRelation.SAME
    return PlaceRelation.APART if places_apart(gazetteer, one_id, other_id) else PlaceRelation.NEAR


def place_id_of(gazetteer: Gazetteer, stated: str | None, text: str) -> str | None:
    """The one place a request is about; None where its words fit none or several, and for what the whole
    installation lies in: that tells no two requests apart."""
    place = gazetteer.locate(stated, text[:_READ_CHARACTERS]).place
    if place is None:
        return None
    if gazetteer.home is not None and gazetteer.is_within(gazetteer.get(gazetteer.home), place.id):
        return None
    return place.id


def shared_phrases(
    one: str, other: str, commonness: Commonness, *, most: int = MOST_PHRASES
) -> tuple[str, ...]:
    """The runs of characters both texts have, those that tell the most first."""
    there = normalise(other[:_READ_CHARACTERS])
    told: dict[str, float] = {}
    for run in _RUN.findall(normalise(one[:_READ_CHARACTERS])):
        for phrase in _runs_in(run, there):
            kept = phrase.strip(_SMALL)
            if len(kept) >= _SHORTEST and kept not in told:
                told[kept] = _tells(kept, commonness)
    ranked = sorted((phrase for phrase in told if told[phrase] > 0), key=lambda phrase: -told[phrase])
    shown: list[str] = []
    for phrase in ranked:
        if not any(phrase in longer for longer in shown):
            shown.append(phrase)
        if len(shown) == most:
            break
    return tuple(shown)


def _runs_in(run: str, there: str) -> list[str]:
    """The longest pieces of a run that stand in the other text, from left to right."""
    found, at = [], 0
    while at < len(run) - 1:
        end = at + 1
        while end < min(len(run), at + _LONGEST) and run[at : end + 1] in there:
            end += 1
        if end - at >= _SHORTEST:
            found.append(run[at:end])
            at = end
        else:
            at += 1
    return found


def _tells(phrase: str, commonness: Commonness) -> float:
    """How much a shared phrase tells: what its pairs are rarer than one request in fifty."""
    pairs = sketch(phrase).keys
    rarity = commonness.rarity(pairs[(pairs & 1) == 0])
    return float((rarity - _ONE_IN_FIFTY).clip(min=0).sum())
