"""Text and place → the unit that will answer, with calibrated confidence and reasons: what past dispatches teach.

A unit is composed: the kind of unit by the words, the place as given, the history of what was answered by whom. That
knows a school matter of a place where only two school letters have been seen, which a flat list of units cannot.
numpy only; ``routing.triage.composition_training`` learns, ``routing.triage.composition_file`` stores.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from classifier.card import ModelCard
from classifier.features import read
from routing.triage.composition_evidence import (
    Floats,
    Found,
    Ints,
    RegionTables,
    kind_evidence,
    unit_evidence,
    unit_shares,
)
from routing.triage.composition_history import Columns, Head, Postings, Vocabulary
from routing.triage.composition_names import NameRules, PlaceReader

MOST_RANKED = 3
MOST_REGIONS = 3
"""Without a place, only so many of the likeliest regions are looked at."""
NEAREST_TEXTS = 10
HALF_A_NAME = 2

_ALIKE = 0.1
_MEANT = 3.0  # on the scale of the unit scores: who gives a town as the place means that town
_OVERLAP_SAID = 0.6
_MARGIN_FLOOR = 1e-6


@dataclass(frozen=True, slots=True)
class RoutedText:
    """A text and the unit that answered it. ``place`` is as a person named it, or an id; ``function`` the kind of
    unit where a table knows it, otherwise it is read off the unit's name."""

    text: str
    department: str
    place: str | None = None
    function: str | None = None


class RankReasonKind(StrEnum):
    """Why a unit was ranked."""

    FUNCTION = "function"
    PLACE = "place"
    NAMED = "named"
    PRECEDENT = "precedent"


@dataclass(frozen=True, slots=True)
class RankReason:
    """``count`` of ``of``: for a function, the percentage its kind gets by the words; for precedents, how many of the
    nearest past texts this unit answered."""

    kind: RankReasonKind
    words: tuple[str, ...] = ()
    count: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True)
class RankedUnit:
    """A unit and how sure we are of it, between 0 and 1."""

    department: str
    confidence: float
    reasons: tuple[RankReason, ...]


@dataclass(frozen=True, slots=True)
class Region:
    """Places that share units, their units, and the past texts of both. Rows of ``history`` are past texts, rows of
    ``names`` are units, as are the columns of ``coefficients`` (kernel ridge regression, dual)."""

    places: tuple[str, ...]
    departments: tuple[str, ...]
    tables: RegionTables
    kinds: tuple[str, ...]
    towns: tuple[str, ...]
    """Per unit the proper name of its town; empty for others."""
    counts: Floats
    at_place: Floats
    """Places × units: how often each answered."""
    answered_by: Ints
    """Per past text the number of its unit."""
    coefficients: npt.NDArray[np.float32]
    history: Postings
    names: Postings


@dataclass(frozen=True, slots=True)
class Curve:
    """The confidence in the first unit, from the log-odds of its share and its lead over the second."""

    slope: float
    lead: float
    shift: float

    def confidence(self, shares: Floats) -> Floats:
        """Texts × units → how often the first unit is right."""
        odds, lead = curve_inputs(shares)
        confidence: Floats = 1 / (1 + np.exp(-(self.slope * odds + self.lead * lead + self.shift)))
        return confidence


def curve_inputs(shares: Floats) -> tuple[Floats, Floats]:
    """Log-odds of the largest share, and the logarithm of how many times the second it is."""
    if shares.shape[1] == 1:
        shares = np.concatenate([shares, np.zeros_like(shares)], axis=1)
    ordered = np.partition(shares, -2, axis=1)
    first = np.clip(ordered[:, -1], _MARGIN_FLOOR, 1 - _MARGIN_FLOOR)
    second = np.maximum(ordered[:, -2], _MARGIN_FLOOR)
    return np.log(first / (1 - first)), np.log(first / second)


@dataclass(frozen=True, slots=True)
class Parts:
    """All that a composition is made of."""

    card: ModelCard
    rules: NameRules
    place_names: dict[str, str]
    upper: str | None
    vocabulary: Vocabulary
    regions: tuple[Region, ...]
    kinds: Head
    where: Head
    """Labels are the regions' numbers."""
    kind_weights: Floats
    unit_weights: Floats
    """A row of weights per region."""
    placed: Curve
    unplaced: Curve


class Composition:
    """Ranks units for a text. Immutable; threads may share it."""

    __slots__ = ("_place_reader", "_region_of_place", "_region_of_unit", "card", "parts")

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.card = parts.card
        self._region_of_place = {
            place: number for number, region in enumerate(parts.regions) for place in region.places
        }
        self._region_of_unit = {
            unit: number for number, region in enumerate(parts.regions) for unit in region.departments
        }
        towns = {
            unit: town
            for region in parts.regions
            for unit, town in zip(region.departments, region.towns, strict=True)
            if town
        }
        self._place_reader = PlaceReader(parts.place_names, towns, parts.rules, upper=parts.upper)

    @property
    def departments(self) -> tuple[str, ...]:
        """Every unit it can name."""
        return tuple(self._region_of_unit)

    def rank(self, text: str, place: str | None = None) -> tuple[RankedUnit, ...]:
        """At most three units, best first. ``place`` may be an id or a name known from training in any usual form, a
        town, or anything else, which counts as no place."""
        reading = read(text)
        columns, values = self.parts.vocabulary.weigh(reading)
        known, meant = self._place_reader.read(place)
        message = _Message(
            columns=columns,
            values=values,
            kind_shares=self.parts.kinds.shares(columns, values),
            known=known,
            meant=meant,
            words=f"{reading.text}\n{place or ''}",
        )
        looked = [self._look(number, weight, message) for number, weight in self._likely_regions(message)]
        curve = self.parts.placed if len(looked) == 1 else self.parts.unplaced
        return _ranked(looked, curve, place=known or (place if meant else None))

    def _likely_regions(self, message: _Message) -> list[tuple[int, float]]:
        if message.known is not None:
            return [(self._region_of_place[message.known], 1.0)]
        regions = {self._region_of_unit[unit] for unit in message.meant}
        if len(regions) == 1:
            return [(regions.pop(), 1.0)]
        if len(self.parts.regions) == 1:
            return [(0, 1.0)]
        shares = self.parts.where.shares(message.columns, message.values)[0]
        best = np.argsort(-shares, kind="stable")[:MOST_REGIONS]
        return [(int(self.parts.where.labels[at]), float(shares[at])) for at in best]

    def _look(self, number: int, weight: float, message: _Message) -> _Looked:
        region = self.parts.regions[number]
        alike = region.history.products(message.columns, message.values)
        at_place = np.zeros((1, len(region.departments)))
        if message.known in region.places:
            at_place[0] = region.at_place[region.places.index(message.known)]
        found = Found(
            kind_shares=message.kind_shares,
            history=(alike.astype(np.float32) @ region.coefficients)[None, :].astype(np.float64),
            counts=region.counts[None, :],
            at_place=at_place,
            name_overlap=region.names.products(message.columns, np.ones(len(message.columns)))[None, :],
            named=named_in_all([message.words], region.towns),
            half_named=named_in_all([message.words], region.towns, characters=HALF_A_NAME),
        )
        scores = unit_evidence(region.tables, found) @ self.parts.unit_weights[number]
        if message.meant:
            scores[0] += [_MEANT * (unit in message.meant) for unit in region.departments]
        kinds = kind_evidence(region.tables, found) @ self.parts.kind_weights[number]
        return _Looked(region, weight, unit_shares(region.tables, kinds, scores)[0], alike, found)


@dataclass(frozen=True, slots=True)
class _Message:
    """What is known of a message before any region is looked at."""

    columns: Columns
    values: Floats
    kind_shares: Floats
    known: str | None
    meant: tuple[str, ...]
    """Units whose town was given as the place."""
    words: str


def named_in_all(texts: Sequence[str], towns: Sequence[str], *, characters: int | None = None) -> Floats:
    """Texts × towns: 1 where the town's name (or its first characters) stands in the text."""
    sought = [town[:characters] for town in towns]
    return np.array([[float(bool(town) and town in text) for town in sought] for text in texts]).reshape(
        len(texts), len(towns)
    )


@dataclass(frozen=True, slots=True)
class _Looked:
    """What a region says: shares per unit, likeness per past text."""

    region: Region
    weight: float
    shares: Floats
    alike: Floats
    found: Found


def _ranked(looked: list[_Looked], curve: Curve, *, place: str | None) -> tuple[RankedUnit, ...]:
    shares = np.concatenate([each.weight * each.shares for each in looked])
    owners = [(each, at) for each in looked for at in range(len(each.region.departments))]
    order = np.argsort(-shares, kind="stable")[:MOST_RANKED].tolist()
    confidence = float(curve.confidence(shares[None, :])[0])
    left = (1 - confidence) / max(1 - float(shares[order[0]]), 1e-9)
    nearest = {id(each): _nearest(each) for each in looked}
    ranked = []
    for position, at in enumerate(order):
        each, unit = owners[at]
        sure = confidence if position == 0 else min(confidence, float(shares[at]) * left)
        ranked.append(
            RankedUnit(each.region.departments[unit], sure, _reasons(each, unit, place, *nearest[id(each)]))
        )
    return tuple(ranked)


def _nearest(looked: _Looked) -> tuple[Counter[int], int]:
    """Which units answered the nearest past texts, and how many of those there are."""
    alike = looked.alike
    near = np.flatnonzero(alike >= _ALIKE)
    if len(near) > NEAREST_TEXTS:
        near = near[np.argpartition(-alike[near], NEAREST_TEXTS - 1)[:NEAREST_TEXTS]]
    return Counter(looked.region.answered_by[near].tolist()), len(near)


def _reasons(
    looked: _Looked, unit: int, place: str | None, went: Counter[int], near: int
) -> tuple[RankReason, ...]:
    region, found = looked.region, looked.found
    kind = int(region.tables.kind_of[unit])
    share = float(found.kind_shares[0, region.tables.label_of[kind]])
    reasons = [RankReason(RankReasonKind.FUNCTION, (region.kinds[kind],), round(100 * share), 100)]
    if place is not None:
        reasons.append(RankReason(RankReasonKind.PLACE, (place,)))
    if found.named[0, unit]:
        reasons.append(RankReason(RankReasonKind.NAMED, (region.towns[unit],)))
    elif found.name_overlap[0, unit] >= _OVERLAP_SAID:
        reasons.append(RankReason(RankReasonKind.NAMED, (region.kinds[kind],)))
    if went[unit]:
        reasons.append(RankReason(RankReasonKind.PRECEDENT, (), went[unit], near))
    return tuple(reasons)
