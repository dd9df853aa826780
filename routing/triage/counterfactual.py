"""What would change a decision: found by deciding again with one thing different, never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import combinations

from routing.departments import UnitId
from routing.places.gazetteer import Gazetteer, Place, PlaceLevel
from routing.triage.decision import Reason, ReasonKind, TriageDecision
from routing.triage.triage_tools import TriageTools

MOST_CHANGES = 4
_MOST_WORDS, _MOST_PLACES, _MOST_NEIGHBOURS = 8, 3, 2


class ChangeKind(StrEnum):
    """What was different when the decision was taken again."""

    WITHOUT_WORDS = "without_words"
    OTHER_PLACE = "other_place"
    WITHOUT_PLACE = "without_place"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference that leads elsewhere. ``detail``: the words left out, joined by 、, or the place put in."""

    kind: ChangeKind
    detail: str
    unit_id: UnitId
    """The first candidate then."""
    automatic: bool
    """Whether the machine would dispatch by itself then."""
    stays: bool
    """The unit is the same as without the difference: only the machine's certainty changed."""


@dataclass(frozen=True, slots=True)
class _Variant:
    kind: ChangeKind
    detail: str
    text: str
    place: str | None


def what_would_change(
    text: str, *, place: str | None, on: date, tools: TriageTools, decision: TriageDecision
) -> tuple[Change, ...]:
    """With which fewest words left out, or at which other place, another unit would stand first.

    Where the unit stays, what would make the machine sure or unsure of it. At most ``MOST_CHANGES``. Every answer
    is a decision really taken again, so this costs a few dozen decisions and belongs to no hot path.
    """
    first = decision.candidates[0]

    def again(variant: _Variant) -> Change:
        other, _ = tools.decide_on(variant.text, place=variant.place, on=on)
        best = other.candidates[0]
        stays = best.unit_id == first.unit_id
        return Change(variant.kind, variant.detail, best.unit_id, other.automatic, stays)

    words = _deciding_words(text, decision)
    tried = [again(each) for each in _leaving_out(text, place, words, at_once=1)]
    if all(change.stays for change in tried):
        tried += [again(each) for each in _leaving_out(text, place, words, at_once=2)]
    tried += [again(each) for each in _elsewhere(text, place, decision, tools.gazetteer)]
    moved = [change for change in tried if not change.stays]
    settled = [change for change in tried if change.stays and change.automatic != decision.automatic]
    return tuple([*_one_for_each(moved), *_one_for_each(settled)][:MOST_CHANGES])


def _one_for_each(changes: list[Change]) -> list[Change]:
    """Of several differences of one kind with the same outcome the first, which leaves out the fewest words."""
    seen: dict[tuple[ChangeKind, UnitId], Change] = {}
    for change in changes:
        seen.setdefault((change.kind, change.unit_id), change)
    return list(seen.values())


def _deciding_words(text: str, decision: TriageDecision) -> list[str]:
    """The words the first candidate and the doubts rest on, as far as they stand in the text as written."""
    said = [*decision.candidates[0].reasons, *decision.why]
    found = [word for reason in said if reason.kind in _QUOTES for word in reason.detail.split("、")]
    lower = text.lower()
    standing = [word for word in dict.fromkeys(found) if word and word.lower() in lower]
    whole = [w for w in standing if not any(w != other and w in other for other in standing)]
    return whole[:_MOST_WORDS]


_QUOTES = frozenset({ReasonKind.WORDS, ReasonKind.WEAK_WORDS, ReasonKind.UNIT_NAMED})


def _leaving_out(text: str, place: str | None, words: list[str], *, at_once: int) -> Iterator[_Variant]:
    for chosen in combinations(words, at_once):
        rest = text
        for word in chosen:
            rest = re.sub(re.escape(word), "", rest, flags=re.IGNORECASE)
        if rest.strip():
            yield _Variant(ChangeKind.WITHOUT_WORDS, "、".join(chosen), rest, place)


def _elsewhere(
    text: str, place: str | None, decision: TriageDecision, gazetteer: Gazetteer
) -> Iterator[_Variant]:
    """The same words at other places, where the place has a say in the decision."""
    reasons = (*decision.candidates[0].reasons, *decision.why)
    if not any(reason.kind in _HANGS_ON_PLACE for reason in reasons):
        return
    here = gazetteer.get(decision.place_id) if decision.place_id else None
    for other in _other_places(here, reasons, gazetteer):
        yield _Variant(ChangeKind.OTHER_PLACE, other, text, other)
    if place:
        yield _Variant(ChangeKind.WITHOUT_PLACE, place, text, None)


_HANGS_ON_PLACE = frozenset(
    {ReasonKind.PLACE, ReasonKind.PLACE_UNKNOWN, ReasonKind.PLACE_AMBIGUOUS, ReasonKind.OUTSIDE_AREA}
)


def _other_places(here: Place | None, reasons: tuple[Reason, ...], gazetteer: Gazetteer) -> list[str]:
    """Those the words may mean, where they are ambiguous; else neighbouring townships."""
    for reason in reasons:
        if reason.kind is ReasonKind.PLACE_AMBIGUOUS:
            return reason.detail.split("、")[:_MOST_PLACES]
    township = gazetteer.township_of(here) if here else None
    others = [
        each.name
        for each in gazetteer.all()
        if each.level is PlaceLevel.TOWNSHIP
        and each is not township
        and (township is None or each.parent_id == township.parent_id)
    ]
    return others[:_MOST_NEIGHBOURS]
