"""Learning a composition: past texts and the units that answered them → ``routing.triage.composition.Composition``.

Every evidence is computed for a text as if neither it nor its near-duplicates had been seen: in closed form for what is
a kernel ridge regression (kinds, regions, history), by folds for counts. The weights of the evidences are then fitted
by likelihood. scipy and scikit-learn are imported here: never import this module in a service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from classifier.card import ModelCard
from classifier.evaluation import Figures, Prediction, measure
from classifier.features import read
from classifier.near_duplicates import group_near_duplicates
from classifier.training import NotEnoughData
from routing.triage.composition import (
    HALF_A_NAME,
    MOST_RANKED,
    MOST_REGIONS,
    Composition,
    Curve,
    Parts,
    RoutedText,
    named_in_all,
)
from routing.triage.composition_evidence import (
    USUAL_KIND_WEIGHTS,
    USUAL_UNIT_WEIGHTS,
    Floats,
    Found,
    Ints,
    kind_evidence,
    unit_evidence,
    unit_shares,
)
from routing.triage.composition_file import composition_bytes, composition_from_bytes
from routing.triage.composition_fitting import Choices, fit_curve, fit_near, fit_weights
from routing.triage.composition_regions import (
    LearnedRegion,
    Naming,
    learn_region,
    naming_of,
    overlaps,
    regions_of,
)
from routing.triage.composition_texts import Heads, Progress, learn_heads, merge_rare, silent, weigh_texts

__all__ = [
    "LearnedComposition",
    "NotEnoughData",
    "cross_validate_composition",
    "learn_composition",
    "measure_composition",
]

TARGET_PRECISION = 0.95
MOST_FOLDS = 5
MOST_ROWS = 8_000
"""The newest (last) texts that are learned from: memory grows with their square (0.5 GB a matrix), time with their cube."""
_FEWEST_CHOICES = 200
_LEAST_SPREAD = 0.3


@dataclass(frozen=True, slots=True)
class LearnedComposition:
    """The composition, and how it does with the place given on texts it was not told of."""

    composition: Composition
    figures: Figures


def learn_composition(
    rows: Sequence[RoutedText],
    *,
    now: datetime,
    name: str = "units",
    data: str = "past dispatches",
    names: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> LearnedComposition:
    """Learn from past dispatches; ``names`` says what people call the ids of units and places.

    ``NotEnoughData`` when there are fewer than two units.
    """
    rows = rows[-MOST_ROWS:]
    if len({row.department for row in rows}) < 2:
        raise NotEnoughData("a composition needs texts of at least two units")
    texts = [row.text for row in rows]
    groups = group_near_duplicates(texts)
    naming = naming_of(rows, names or {})
    places = regions_of(rows)
    region_of = {place: str(at) for at, joined in enumerate(places) for place in joined}
    main = [region_of[naming.main_place[row.department]] for row in rows]
    heads = learn_heads(
        weigh_texts(texts, progress=progress),
        groups,
        kinds=merge_rare([naming.kinds[row.department] for row in rows]),
        regions=main,
    )
    learned = []
    for done, joined in enumerate(places):
        progress("history", done, len(places))
        learned.append(learn_region(joined, rows, groups, naming, heads))
    progress("history", len(places), len(places))
    kind_weights, unit_weights = _weights(learned)
    shares = [_shares(*each) for each in zip(learned, kind_weights, unit_weights, strict=True)]
    placed = fit_curve(shares, [_right(each, share) for each, share in zip(learned, shares, strict=True)])
    figures = _figures(rows, learned, shares, placed)
    parts = Parts(
        card=_card(name, data, len(rows), now, figures),
        rules=naming.rules,
        place_names={place: naming.shown.get(place, place) for joined in places for place in joined if place},
        upper=_upper(naming),
        vocabulary=heads.vocabulary,
        regions=tuple(each.region for each in learned),
        kinds=heads.kinds,
        where=heads.where,
        kind_weights=kind_weights,
        unit_weights=unit_weights,
        placed=placed,
        unplaced=placed,
    )
    unplaced = _unplaced_curve(parts, rows, groups, heads, learned)
    # Through its own bytes, so that what was measured is what a service will read: values are stored in 16 bits.
    stored = composition_bytes(Composition(replace(parts, unplaced=unplaced)))
    return LearnedComposition(composition_from_bytes(stored), figures)


def _weights(learned: Sequence[LearnedRegion]) -> tuple[Floats, Floats]:
    """A row per region, near those of all regions of its sort. Regions with several units of one kind (towns) are
    weighed apart from those without: a city's own offices, one of each kind, are told apart by other things."""
    with_towns = np.array([each.region.tables.several.any() for each in learned])
    kinds = np.tile(np.array(USUAL_KIND_WEIGHTS), (len(learned), 1))
    units = np.tile(np.array(USUAL_UNIT_WEIGHTS), (len(learned), 1))
    for alike in (with_towns, ~with_towns):
        chosen = [_choices(each) for each, wanted in zip(learned, alike, strict=True) if wanted]
        if sum(len(of_kinds.chosen) for of_kinds, _ in chosen) < _FEWEST_CHOICES:
            chosen = [_choices(each) for each in learned]
        kinds[alike] = fit_weights([of_kinds for of_kinds, _ in chosen], otherwise=USUAL_KIND_WEIGHTS)
        units[alike] = fit_weights([of_units for _, of_units in chosen], otherwise=USUAL_UNIT_WEIGHTS)
    spread = np.maximum(np.abs(kinds).mean(axis=0), _LEAST_SPREAD)
    for at, each in enumerate(learned):
        kinds[at] = fit_near(_choices(each)[0], near=kinds[at], spread=spread)
    return kinds, units


def _choices(each: LearnedRegion) -> tuple[Choices, Choices]:
    """Of texts whose unit is known from others: what is seen for the first time cannot be chosen."""
    tables = each.region.tables
    known = each.exists[np.arange(len(each.texts)), each.unit]
    of_kind = tables.kind_of[each.unit]
    kinds = Choices(
        kind_evidence(tables, each.found)[known],
        (tables.summed(each.exists.astype(np.float64)) > 0)[known],
        of_kind[known],
    )
    same = each.exists & (tables.kind_of[None, :] == of_kind[:, None])
    several = known & (same.sum(axis=1) > 1)
    units = Choices(unit_evidence(tables, each.found)[several], same[several], each.unit[several])
    return kinds, units


def _shares(each: LearnedRegion, kind_weights: Floats, unit_weights: Floats) -> Floats:
    tables = each.region.tables
    return unit_shares(
        tables,
        kind_evidence(tables, each.found) @ kind_weights,
        unit_evidence(tables, each.found) @ unit_weights,
        exists=each.exists,
    )


def _right(each: LearnedRegion, shares: Floats) -> npt.NDArray[np.bool_]:
    right: npt.NDArray[np.bool_] = shares.argmax(axis=1) == each.unit
    return right


def _figures(
    rows: Sequence[RoutedText], learned: Sequence[LearnedRegion], shares: Sequence[Floats], curve: Curve
) -> Figures:
    truth, predictions = [], []
    for each, share in zip(learned, shares, strict=True):
        confidences = curve.confidence(share)
        best = np.argsort(-share, axis=1, kind="stable")[:, :MOST_RANKED]
        for at, order, confidence in zip(each.texts, best, confidences, strict=True):
            truth.append(rows[at].department)
            ranked = tuple(each.region.departments[unit] for unit in order)
            predictions.append(Prediction(ranked, float(confidence)))
    return measure(truth, predictions)


def _card(name: str, data: str, rows: int, now: datetime, figures: Figures) -> ModelCard:
    return ModelCard(
        name=name,
        version=f"{now:%Y.%m.%d}",
        trained_at=now.isoformat(timespec="seconds"),
        data=data,
        rows=rows,
        threshold=0.0,
        target_precision=TARGET_PRECISION,
        metrics={
            "accuracy": round(figures.accuracy, 4),
            "top3": round(figures.top3, 4),
            **{f"coverage_at_{at:.2f}": round(share, 4) for at, share in figures.coverage_at.items()},
            "calibration_error": round(figures.calibration_error, 4),
        },
        limits=("Knows only units that have answered before.",),
    )


def _upper(naming: Naming) -> str | None:
    """The one place that none of its units bears in its name, where there is exactly one: the city itself."""
    bearing = {
        place
        for unit, place in naming.main_place.items()
        if place and naming.shown[place] in naming.shown[unit]
    }
    others = sorted({place for place in naming.main_place.values() if place} - bearing)
    return others[0] if len(others) == 1 and bearing else None


def _unplaced_curve(
    parts: Parts,
    rows: Sequence[RoutedText],
    groups: Ints,
    heads: Heads,
    learned: Sequence[LearnedRegion],
) -> Curve:
    """The confidence where the place is not known: shares of the likeliest regions, each weighed by its likelihood."""
    if len(learned) < 2:
        return parts.placed
    numbers = np.array([int(label) for label in parts.where.labels])
    likely = np.argsort(-heads.where_shares, axis=1, kind="stable")[:, :MOST_REGIONS]
    best = np.zeros((len(rows), MOST_REGIONS, 2))
    right = np.zeros((len(rows), MOST_REGIONS), dtype=np.bool_)
    for label, number in enumerate(numbers):
        each = learned[number]
        texts, rank = np.nonzero(likely == label)
        shares, unit = _shares_elsewhere(parts, number, each, texts, rows, groups, heads)
        weighed = shares * heads.where_shares[texts, label][:, None]
        if weighed.shape[1] == 1:
            weighed = np.concatenate([weighed, np.zeros_like(weighed)], axis=1)
        best[texts, rank] = -np.sort(-weighed, axis=1)[:, :2]
        right[texts, rank] = shares.argmax(axis=1) == unit
    first = best[:, :, 0].argmax(axis=1)
    return fit_curve([best.reshape(len(rows), -1)], [right[np.arange(len(rows)), first]])


def _shares_elsewhere(
    parts: Parts,
    number: int,
    each: LearnedRegion,
    texts: Ints,
    rows: Sequence[RoutedText],
    groups: Ints,
    heads: Heads,
) -> tuple[Floats, Ints]:
    """What a region says of texts of which some are its own; the units that answered them, -1 for units of others."""
    region = each.region
    own = {int(text): at for at, text in enumerate(each.texts)}
    past = heads.past
    alike = (past.shared_characters(texts) @ past.shared_characters(each.texts).T).toarray()
    alike[groups[texts][:, None] == groups[each.texts][None, :]] = 0
    words = [f"{read(rows[at].text).text}\n" for at in texts]
    found = Found(
        kind_shares=heads.kind_shares[texts],
        history=alike @ region.coefficients,
        counts=np.tile(region.counts, (len(texts), 1)),
        at_place=np.zeros((len(texts), len(region.departments))),
        name_overlap=overlaps(past, texts, region.names),
        named=named_in_all(words, region.towns),
        half_named=named_in_all(words, region.towns, characters=HALF_A_NAME),
    )
    mine = np.array([own.get(int(text), -1) for text in texts], dtype=np.int64)
    is_own = mine >= 0
    found.history[is_own] = each.found.history[mine[is_own]]
    found.counts[is_own] = each.found.counts[mine[is_own]]
    exists = np.ones(found.counts.shape, dtype=np.bool_)
    exists[is_own] = each.exists[mine[is_own]]
    shares = unit_shares(
        region.tables,
        kind_evidence(region.tables, found) @ parts.kind_weights[number],
        unit_evidence(region.tables, found) @ parts.unit_weights[number],
        exists=exists,
    )
    return shares, np.where(is_own, each.unit[mine], -1)


def cross_validate_composition(
    rows: Sequence[RoutedText], *, now: datetime, groups: Ints | None = None, progress: Progress = silent
) -> tuple[Figures, Figures]:
    """``(with the place, without)``: every text is ranked once by a composition that saw neither it nor another of
    its group; without ``groups``, a near-duplicate of it."""
    said: dict[int, tuple[Prediction, Prediction]] = {}
    folds = folds_of(group_near_duplicates([row.text for row in rows]) if groups is None else groups)
    for done, held_out in enumerate(folds):
        progress("folds", done, len(folds))
        kept = np.setdiff1d(np.arange(len(rows)), held_out)
        composition = learn_composition([rows[at] for at in kept], now=now, progress=progress).composition
        for at in held_out.tolist():
            said[at] = _predictions(composition, rows[at])
    progress("folds", len(folds), len(folds))
    return _measured(rows, [said[at] for at in range(len(rows))])


def measure_composition(composition: Composition, rows: Sequence[RoutedText]) -> tuple[Figures, Figures]:
    """``(with the place, without)`` on rows that it was not trained on."""
    return _measured(rows, [_predictions(composition, row) for row in rows])


def _predictions(composition: Composition, row: RoutedText) -> tuple[Prediction, Prediction]:
    ranked = (composition.rank(row.text, row.place), composition.rank(row.text))
    first, second = (
        Prediction(tuple(unit.department for unit in units), units[0].confidence) for units in ranked
    )
    return first, second


def _measured(
    rows: Sequence[RoutedText], said: Sequence[tuple[Prediction, Prediction]]
) -> tuple[Figures, Figures]:
    truth = [row.department for row in rows]
    return measure(truth, [told for told, _ in said]), measure(truth, [untold for _, untold in said])


def folds_of(groups: Ints) -> list[Ints]:
    """At most five parts of about equal size; a group of near-duplicates lies in one of them."""
    names, sizes = np.unique(groups, return_counts=True)
    if len(names) < 2:
        raise NotEnoughData("all texts are near-duplicates of each other")
    folds = min(MOST_FOLDS, len(names))
    shuffled = np.random.default_rng(1).permutation(len(names))
    order = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    filled, part = np.zeros(folds), np.zeros(len(names), dtype=np.int64)
    for group in order:
        part[group] = filled.argmin()
        filled[part[group]] += sizes[group]
    of_text = part[np.searchsorted(names, groups)]
    return [np.flatnonzero(of_text == fold) for fold in range(folds)]
