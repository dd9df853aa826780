"""All that speaks for each unit: duty list, names, the topic's general unit, the learned unit, precedents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from classifier.model import Classification, Guess
from routing.departments import Unit, UnitId, Units
from routing.errors import UnknownUnit
from routing.places.gazetteer import Gazetteer, Place, PlaceMatch
from routing.triage.catalogue import Duty, DutyList
from routing.triage.claims import Claim
from routing.triage.phrase_index import Folded
from routing.triage.precedents import PrecedentSummary

_NAMED, _SCANNED, _GENERAL, _LAST_RESORT = 0.8, 1.0, 0.9, 0.1
# A learned unit that is certain, or precedents of one mind, weigh as much as one strong word of the duty list.
_LEARNED, _PRECEDENTS = 3.0, 3.0
ENOUGH_PRECEDENTS = 5


class RankedUnit(Protocol):
    """What a model learned from past dispatches says of one unit; see ``routing.triage.composition``."""

    @property
    def department(self) -> str: ...

    @property
    def confidence(self) -> float: ...


@dataclass(slots=True)
class Standing:
    """What speaks for one unit."""

    unit_id: UnitId
    score: float = 0.0
    claim: Claim | None = None
    named: str | None = None
    scanned: str | None = None
    """Its name, where the citizen came by its code."""
    places: list[Place] = field(default_factory=list)
    learned: float = 0.0
    similar: int = 0
    """How many of the similar tickets speak for it."""
    elsewhere: bool = False
    """Those were answered by its sisters, each for its own place."""
    precedents: list[str] = field(default_factory=list)
    instead_of: Unit | None = None
    """The dissolved unit whose duty it took over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """What the installation knows of duties, units and places on one day."""

    duties: DutyList
    units: Units
    gazetteer: Gazetteer
    on: date

    def acting(self, unit_id: str) -> Unit | None:
        """The unit that acts for this one today; None for a unit nobody knows any more."""
        try:
            return self.units.acting(UnitId(unit_id), self.on)
        except UnknownUnit:
            return None

    def heir(self, unit_id: str) -> Unit | None:
        """Who answers today what this unit answered; None where its line has ended: the unit of last resort has not
        learned its trade, and past dispatches say nothing for it."""
        acting = self.acting(unit_id)
        return None if acting is None or (acting.is_fallback and acting.id != unit_id) else acting

    def performers(self, duty: Duty, match: PlaceMatch) -> Iterable[tuple[UnitId, Place | None]]:
        """The unit that performs a duty; for 属地 one for each place that may be meant."""
        if duty.unit_id is not None:
            yield duty.unit_id, None
            return
        assert duty.place_level is not None
        for candidate in (match.place,) if match.place else match.candidates:
            where = self.gazetteer.at_level(candidate, duty.place_level)
            unit = self.units.of_place(where.id, duty.place_level, self.on) if where else None
            if unit:
                yield unit.id, where

    def sister(self, unit: Unit, where: Place | None) -> Unit:
        """For a unit that governs a place, the one that governs ours at the same level; else the unit itself."""
        if unit.place_id is None or where is None:
            return unit
        ours = self.gazetteer.at_level(where, unit.level)
        return (self.units.of_place(ours.id, unit.level, self.on) if ours else None) or unit


class Board:
    """The standings of all units that anything speaks for."""

    def __init__(self, tables: Tables, *, match: PlaceMatch, around: Place | None) -> None:
        self._tables = tables
        self._match = match
        self._around = around
        self._standings: dict[UnitId, Standing] = {}

    def ranked(self) -> list[Standing]:
        """The standings, the strongest first."""
        return sorted(self._standings.values(), key=lambda each: each.score, reverse=True)

    def __bool__(self) -> bool:
        return bool(self._standings)

    def _standing(self, unit_id: str) -> Standing | None:
        acting = self._tables.acting(unit_id)
        if acting is None:
            return None
        standing = self._standings.setdefault(acting.id, Standing(acting.id))
        if acting.id != unit_id:
            standing.instead_of = self._tables.units.get(UnitId(unit_id))
        return standing

    def add_claims(self, claims: list[Claim]) -> None:
        """A unit stands by its best claim; claims come best first."""
        for claim in claims:
            for unit_id, where in self._tables.performers(claim.duty, self._match):
                standing = self._standing(unit_id)
                if standing is None:
                    continue
                if standing.claim is None:
                    standing.claim, standing.score = claim, claim.score
                if where is not None and where not in standing.places:
                    standing.places.append(where)

    def add_named(self, text: Folded) -> None:
        """Departments the citizen names are offered, not obeyed."""
        for unit in self._tables.units.named_in(text, self._tables.on):
            standing = self._standing(unit.id)
            if standing is not None:
                standing.score += _NAMED
                standing.named = unit.short_name

    def add_scanned(self, unit_id: UnitId | None) -> None:
        """The department whose code was scanned: offered, as one that is named."""
        standing = self._standing(unit_id) if unit_id else None
        if standing is not None:
            standing.score += _SCANNED
            standing.scanned = self._tables.units.get(standing.unit_id).short_name

    def add_general(self, topic: Classification) -> None:
        """Offer the topic's general unit, so that a text without any known word still has somewhere to go."""
        for guess in (Guess(topic.label, topic.confidence), *topic.alternatives):
            for duty in self._tables.duties.general(guess.label, on=self._tables.on):
                standing = self._standing(str(duty.unit_id))
                if standing is not None and standing.claim is None:
                    score = _GENERAL * guess.confidence
                    standing.claim = Claim(duty, (), False, evidence=0.0, score=score)
                    standing.score += score

    def add_learned(self, learned: Iterable[RankedUnit]) -> None:
        """What the model learned from past dispatches says."""
        for ranked in learned:
            standing = self._standing(ranked.department) if self._tables.heir(ranked.department) else None
            if standing is not None:
                standing.learned = max(standing.learned, ranked.confidence)
                standing.score += _LEARNED * ranked.confidence

    def add_precedents(self, summary: PrecedentSummary | None) -> None:
        """Who answered similar tickets. What another township did for its people speaks for our township."""
        if summary is None:
            return
        weight = _PRECEDENTS * min(1.0, summary.total / ENOUGH_PRECEDENTS)
        for share in summary.shares:
            unit = self._tables.heir(share.unit_id)
            if unit is None:
                continue
            sister = self._tables.sister(unit, self._around)
            standing = self._standing(sister.id)
            assert standing is not None
            standing.similar += share.count
            standing.elsewhere = standing.elsewhere or sister.id != unit.id
            standing.precedents.extend(share.numbers)
            standing.score += weight * share.count / summary.total

    def add_fallback(self) -> None:
        """兜底单位: the last resort."""
        fallback = self._tables.units.fallback.id
        self._standings.setdefault(fallback, Standing(fallback, score=_LAST_RESORT))
