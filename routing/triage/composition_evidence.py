"""What speaks for a kind of unit, and for one unit of that kind: the same arithmetic at training and at serving.

A unit is its kind at its place. First the kinds that exist at the place are weighed against each other, then the
units of one kind (the towns of a district) among themselves; the share of a unit is the product of the two.
All arrays have a row per text; those of units and of kinds belong to one region.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

KIND_EVIDENCE = ("kind", "similar_kind", "history", "history_log", "prior", "place", "named", "several")
UNIT_EVIDENCE = ("history", "history_log", "prior", "place", "named", "half_named")

USUAL_KIND_WEIGHTS = (0.2, 1.0, 2.4, 0.9, 0.0, 0.8, 5.0, 0.0)
USUAL_UNIT_WEIGHTS = (10.0, 0.0, 0.2, 0.8, 1.3, 3.4)
"""Where the past texts cannot tell what an evidence is worth: about what it was worth elsewhere."""

_LEAST_SHARE = 0.002
_LEAST_SCORE, _LARGEST_SCORE = 0.002, 1.2
_PLACE_SMOOTHING = 2.0


@dataclass(frozen=True, slots=True)
class RegionTables:
    """What is fixed about a region: places that share units.

    ``kind_of`` gives each unit's kind by number, ascending; ``label_of`` each kind's label of the kind model;
    ``similarity`` (labels × kinds) how alike the names of kinds are."""

    kind_of: Ints
    label_of: Ints
    similarity: Floats
    starts: Ints
    """Per kind, the number of its first unit."""
    several: npt.NDArray[np.bool_]
    """Per kind, whether it has several units."""

    @classmethod
    def of(cls, kind_of: Ints, label_of: Ints, similarity: Floats) -> Self:
        """With what follows from the others."""
        starts = np.searchsorted(kind_of, np.arange(len(label_of)))
        return cls(kind_of, label_of, similarity, starts, np.bincount(kind_of, minlength=len(label_of)) > 1)

    def summed(self, of_units: Floats) -> Floats:
        """Texts × units → texts × kinds."""
        sums: Floats = np.add.reduceat(of_units, self.starts, axis=1)
        return sums

    def spread(self, of_kinds: Floats) -> Floats:
        """Texts × kinds → texts × units."""
        return of_kinds.take(self.kind_of, axis=1)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found out about some texts of one region."""

    kind_shares: Floats
    """Texts × labels of the kind model: how likely each kind of unit is by the words."""
    history: Floats
    """Texts × units: how much the past texts of the region that are alike went to each unit."""
    counts: Floats
    """Texts × units: past texts of each unit."""
    at_place: Floats
    """Texts × units: those of them that named the same place; all zero where the place is not known."""
    name_overlap: Floats
    """Texts × units: the share of the unit's name, by rarity, that stands in the text."""
    named: Floats
    """Texts × units: 1 where the text or the place given names the unit's town."""
    half_named: Floats
    """Texts × units: 1 where the first two characters of the town's name stand there."""


def kind_evidence(tables: RegionTables, found: Found) -> Floats:
    """Texts × kinds × ``KIND_EVIDENCE``."""
    history = tables.summed(found.history)
    counts = tables.summed(found.counts) + 0.5
    share = counts / counts.sum(axis=1, keepdims=True)
    at_place = tables.summed(found.at_place)
    overlap = np.maximum.reduceat(found.name_overlap, tables.starts, axis=1)
    several = np.broadcast_to(tables.several.astype(np.float64), history.shape)
    return np.stack(
        [
            np.log(np.maximum(found.kind_shares[:, tables.label_of], _LEAST_SHARE)),
            np.log(np.maximum(found.kind_shares @ tables.similarity, _LEAST_SHARE)),
            history,
            np.log(np.clip(history, _LEAST_SCORE, _LARGEST_SCORE)),
            np.log(counts),
            _lift(at_place, share),
            overlap,
            several,
        ],
        axis=2,
    )


def unit_evidence(tables: RegionTables, found: Found) -> Floats:
    """Texts × units × ``UNIT_EVIDENCE``; only differences between units of one kind count."""
    counts = found.counts + 0.5
    share = counts / tables.spread(tables.summed(counts))
    near = tables.spread(tables.summed(found.at_place))
    return np.stack(
        [
            found.history,
            np.log(np.clip(found.history, _LEAST_SCORE, _LARGEST_SCORE)),
            np.log(counts),
            np.log((found.at_place + _PLACE_SMOOTHING * share) / (near + _PLACE_SMOOTHING) / share),
            found.named,
            found.half_named,
        ],
        axis=2,
    )


def _lift(at_place: Floats, share: Floats) -> Floats:
    """How much more often a kind answers for this place than for the region, as a logarithm; smoothed."""
    total = at_place.sum(axis=1, keepdims=True)
    lift: Floats = np.log((at_place + _PLACE_SMOOTHING * share) / (total + _PLACE_SMOOTHING) / share)
    return lift


def unit_shares(
    tables: RegionTables, kinds: Floats, units: Floats, *, exists: npt.NDArray[np.bool_] | None = None
) -> Floats:
    """Scores of kinds and of units → the share of each unit; they sum to 1. ``exists`` leaves units out."""
    if exists is not None:
        kinds = np.where(tables.summed(exists.astype(np.float64)) > 0, kinds, -np.inf)
        units = np.where(exists, units, -np.inf)
    of_kind = tables.spread(softmax(kinds))
    raised = np.exp(units - np.max(units, axis=1, keepdims=True))
    # A unit far below the best of another kind must not vanish within its own.
    raised = np.maximum(raised, 1e-30) if exists is None else np.where(exists, np.maximum(raised, 1e-30), 0)
    within = raised / np.maximum(tables.spread(tables.summed(raised)), 1e-300)
    shares: Floats = of_kind * within
    return shares


def softmax(scores: Floats) -> Floats:
    """Row by row."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return shares
