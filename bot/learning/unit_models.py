"""The learned units: what ``routing.triage.composition`` needs of tickets, and how it is asked at work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from bot.learning.samples import Sample
from bot.learning.trainer import Champion, Learned, Progress, Said, Saying, TooFewSamples
from routing.departments import UnitLevel
from routing.places.gazetteer import Gazetteer, Place
from routing.reference_tables import ReferenceTables
from routing.triage.automation import LEARNED_SURE_FROM
from routing.triage.composition import Composition, RankedUnit
from routing.triage.composition_file import composition_bytes, composition_from_bytes
from routing.triage.deciding import common_place

Rank = Callable[[str, str | None], tuple[RankedUnit, ...]]


def region_of(place: Place | None, gazetteer: Gazetteer) -> str | None:
    """The place units are told apart by: the township, or the place itself where it is larger."""
    if place is None:
        return None
    return (gazetteer.at_level(place, UnitLevel.TOWNSHIP) or place).id


def region_of_id(place_id: str, gazetteer: Gazetteer) -> str | None:
    """The same, of a place named by its id; None for one the present table no longer has."""
    try:
        return region_of(gazetteer.get(place_id), gazetteer)
    except KeyError:
        return None


def ranker(composition: Composition, gazetteer: Gazetteer) -> Rank:
    """Asks the composition about a text with the place people stated, read as the training read it."""

    def rank(text: str, stated: str | None) -> tuple[RankedUnit, ...]:
        around = common_place(gazetteer.locate(stated, text), gazetteer)
        return composition.rank(text, region_of(around, gazetteer))

    return rank


def learn_units(
    samples: Sequence[Sample], progress: Progress, *, now: datetime, names: Mapping[str, str]
) -> Learned:
    """The composition of all samples, and what one that had not seen it said of each."""
    # scikit-learn takes a second and 100 MB to import: only the process that trains pays for it.
    from classifier.near_duplicates import group_near_duplicates
    from routing.triage.composition import RoutedText
    from routing.triage.composition_training import NotEnoughData, folds_of, learn_composition

    rows = [RoutedText(sample.text, sample.label, sample.place) for sample in samples]
    said: list[Saying] = [("", 0.0, False)] * len(rows)
    try:
        folds = folds_of(group_near_duplicates([row.text for row in rows]))
        for done, held_out in enumerate(folds):
            progress("cross-validate", done, len(folds))
            away = set(held_out.tolist())
            kept = [row for at, row in enumerate(rows) if at not in away]
            told = learn_composition(kept, now=now, names=names).composition
            for at in away:
                said[at] = _best(told, rows[at].text, rows[at].place)
        progress("cross-validate", len(folds), len(folds))
        progress("fit", 0, 1)
        learned = learn_composition(
            rows, now=now, name="units", data="tickets of this installation, redacted", names=names
        )
        progress("fit", 1, 1)
    except NotEnoughData as problem:
        raise TooFewSamples(f"{len(samples)} 件，去掉重复后不足") from problem
    return Learned(
        artefact=composition_bytes(learned.composition),
        labels=tuple(learned.composition.departments),
        card=learned.composition.card.to_json(),
        figures=learned.figures.to_json(),
        said=tuple(said),
    )


def _best(composition: Composition, text: str, place: str | None) -> Saying:
    """The first unit, and whether triage would let it go alone."""
    best = composition.rank(text, place)[0]
    return best.department, best.confidence, best.confidence >= LEARNED_SURE_FROM


def names_of(samples: Sequence[Sample], tables: ReferenceTables) -> dict[str, str]:
    """What people call the units and places the samples name by id."""
    units = {str(unit.id): unit.name for unit in tables.units.all()}
    places = {sample.place for sample in samples if sample.place}
    return {**units, **{place: tables.gazetteer.get(place).name for place in places}}


def read_units_model(artefact: bytes) -> Composition:
    """From its bytes; raises ModelDamaged."""
    return composition_from_bytes(artefact, name="units")


def units_champion(
    composition: Composition, *, version: str, data_until: datetime | None, said: Said
) -> Champion:
    """A composition as the comparison asks it."""

    def classify(sample: Sample) -> Saying:
        return _best(composition, sample.text, sample.place)

    return Champion(
        version=version,
        labels=tuple(composition.departments),
        classify=classify,
        data_until=data_until,
        said=said,
    )
