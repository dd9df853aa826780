"""Past texts, region by region: what is stored of them, and the evidence for each as if it were new."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from classifier.features import are_grams, grams_of, read, spans_of
from routing.triage.composition import HALF_A_NAME, Region, RoutedText, named_in_all
from routing.triage.composition_evidence import Floats, Found, Ints, RegionTables
from routing.triage.composition_history import Postings, Vocabulary
from routing.triage.composition_names import NameRules
from routing.triage.composition_texts import OTHER_KIND, Heads, PastTexts, members_of, ridge

NO_PLACE = ""
"""The place of texts that name none."""

MOST_TEXTS = 6_000
"""Per region, the newest (last) texts whose history is kept; the work grows with their cube."""

_SHRINKAGE = 0.2
_STRAY_SHARE = 0.05
_COUNT_FOLDS = 10


@dataclass(frozen=True, slots=True)
class Naming:
    """What the names of units say: per unit its main place, its kind, its town's proper name, its kind in words."""

    rules: NameRules
    shown: dict[str, str]
    """What people call the units and places."""
    main_place: dict[str, str]
    kinds: dict[str, str]
    towns: dict[str, str]
    matched: dict[str, str]
    """Per unit the words of its name that a text may hold; empty for towns."""

    def alike(self, labels: Sequence[str], kinds: Sequence[str]) -> Floats:
        """How alike the names of kinds are, between 0 and 1: cosine of their character n-grams. A label that stands
        for many kinds is as like a kind as they are on average."""
        every = sorted(set(self.kinds.values()))
        vectors = _name_vectors(every)
        at = {kind: number for number, kind in enumerate(every)}
        rest = [at[kind] for kind in every if kind not in labels] or list(range(len(every)))
        rows = [vectors[at[label]][None, :] if label in at else vectors[rest] for label in labels]
        columns = vectors[[at[kind] for kind in kinds]]
        return np.stack([(row @ columns.T).mean(axis=0) for row in rows])


def naming_of(rows: Sequence[RoutedText], names: Mapping[str, str]) -> Naming:
    """Read the units' names; a function given with a row outweighs the kind read off the name."""
    main_place = _main_places(rows)
    given = {row.department: row.function for row in rows if row.function}
    shown = {each: names.get(each, each) for each in {*main_place, *main_place.values()}}
    rules = NameRules.learn(shown[unit] for unit in main_place)
    kinds, towns, matched = {}, {}, {}
    for unit, place in main_place.items():
        parts = rules.parts(shown[unit], shown[place] or None)
        kinds[unit] = given.get(unit) or parts.kind
        towns[unit] = parts.proper
        matched[unit] = "" if parts.proper else parts.kind
    return Naming(rules, shown, main_place, kinds, towns, matched)


def _main_places(rows: Sequence[RoutedText]) -> dict[str, str]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        found[row.department][row.place or NO_PLACE] += 1
    return {unit: max(sorted(places), key=lambda place: places[place]) for unit, places in found.items()}


def regions_of(rows: Sequence[RoutedText]) -> list[tuple[str, ...]]:
    """Places joined by units that answer for several of them; a stray text joins nothing."""
    per_unit: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        per_unit[row.department][row.place or NO_PLACE] += 1
    parents = {place: place for places in per_unit.values() for place in places}

    def root(place: str) -> str:
        while parents[place] != place:
            parents[place] = parents[parents[place]]
            place = parents[place]
        return place

    for places in per_unit.values():
        shared = sorted(_shared(places))
        for place in shared[1:]:
            parents[root(place)] = root(shared[0])
    joined: dict[str, list[str]] = defaultdict(list)
    for place in sorted(parents):
        joined[root(place)].append(place)
    main = set(_main_places(rows).values())
    return [tuple(places) for places in joined.values() if not main.isdisjoint(places)]


def _shared(places: Counter[str]) -> list[str]:
    """The places a unit truly answers for: all, unless it has one main place and the others are strays."""
    total, most = sum(places.values()), max(places.values())
    least = max(2.0, _STRAY_SHARE * total) if 2 * most >= total else 1.0
    return [place for place, count in places.items() if count >= min(least, most)]


@dataclass(frozen=True, slots=True)
class LearnedRegion:
    """A region, its training texts by number, and the evidence for each as if it were new."""

    region: Region
    texts: Ints
    unit: Ints
    """Per text, the number of the unit that answered it."""
    found: Found
    exists: npt.NDArray[np.bool_]
    """Texts × units: whether the unit answered any text that is no near-duplicate."""


def learn_region(
    places: tuple[str, ...],
    rows: Sequence[RoutedText],
    groups: Ints,
    naming: Naming,
    heads: Heads,
) -> LearnedRegion:
    """One region of all rows, whose kinds have been learned already."""
    past, labels = heads.past, heads.kinds.labels
    here = [unit for unit, place in naming.main_place.items() if place in places]
    departments = tuple(sorted(here, key=lambda unit: (naming.kinds[unit], unit)))
    number = {unit: at for at, unit in enumerate(departments)}
    texts = np.array([at for at, row in enumerate(rows) if row.department in number][-MOST_TEXTS:])
    unit = np.array([number[rows[at].department] for at in texts])
    place_at = np.array(
        [places.index(name) if (name := rows[at].place or NO_PLACE) in places else -1 for at in texts]
    )
    group = np.unique(groups[texts], return_inverse=True)[1]
    answered = np.eye(len(departments))[unit]
    values = past.shared_characters(texts)
    coefficients, history = ridge((values @ values.T).toarray(), answered, group, shrinkage=_SHRINKAGE)
    counts, at_place, exists = _counts(answered, place_at, group, places=len(places))
    tables, kinds = _tables(departments, naming, labels)
    towns = tuple(naming.towns[each] for each in departments)
    names = _name_postings([naming.matched[each] for each in departments], heads.vocabulary)
    region = Region(
        places=places,
        departments=departments,
        tables=tables,
        kinds=kinds,
        towns=towns,
        counts=answered.sum(axis=0),
        at_place=_by_place(answered, place_at, places=len(places)),
        answered_by=unit,
        coefficients=coefficients.astype(np.float32),
        history=_postings(past.characters(texts)),
        names=names,
    )
    words = [f"{read(rows[at].text).text}\n" for at in texts]
    found = Found(
        kind_shares=heads.kind_shares[texts],
        history=history,
        counts=counts,
        at_place=at_place,
        name_overlap=overlaps(past, texts, names),
        named=named_in_all(words, towns),
        half_named=named_in_all(words, towns, characters=HALF_A_NAME),
    )
    return LearnedRegion(region, texts, unit, found, exists)


def _counts(
    answered: Floats, place_at: Ints, group: Ints, *, places: int
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """``(counts, at_place, exists)`` without the text itself. The counts leave out a whole fold at a time: leaving out
    each text's own group alone would lower the count of the very unit that answered it, and give it away."""
    counts, at_place = np.empty_like(answered), np.zeros_like(answered)
    exists = np.tile(answered.sum(axis=0), (len(answered), 1))
    for members in members_of(group):
        exists[members] -= answered[members].sum(axis=0)
    fold = np.random.default_rng(1).permutation(np.arange(group.max() + 1) % _COUNT_FOLDS)[group]
    for number in range(_COUNT_FOLDS):
        inside, outside = fold == number, fold != number
        scale = len(fold) / max(int(outside.sum()), 1)
        counts[inside] = answered[outside].sum(axis=0) * scale
        by_place = _by_place(answered[outside], place_at[outside], places=places) * scale
        at_place[inside] = np.where(place_at[inside, None] >= 0, by_place[place_at[inside]], 0.0)
    found = exists > 0.5
    found[~found.any(axis=1)] = True  # nothing but near-duplicates: then all must do
    return counts, at_place, found


def _by_place(answered: Floats, place_at: Ints, *, places: int) -> Floats:
    """Places × units; a region of one place learns nothing from it."""
    if places == 1:
        return np.zeros((1, answered.shape[1]))
    return np.stack([answered[place_at == at].sum(axis=0) for at in range(places)])


def _tables(
    departments: tuple[str, ...], naming: Naming, labels: tuple[str, ...]
) -> tuple[RegionTables, tuple[str, ...]]:
    kinds = tuple(sorted({naming.kinds[unit] for unit in departments}))
    label_of = [labels.index(kind) if kind in labels else _other(labels) for kind in kinds]
    tables = RegionTables.of(
        kind_of=np.array([kinds.index(naming.kinds[unit]) for unit in departments]),
        label_of=np.array(label_of),
        similarity=naming.alike(labels, kinds),
    )
    return tables, kinds


def _other(labels: tuple[str, ...]) -> int:
    return labels.index(OTHER_KIND) if OTHER_KIND in labels else 0


def _postings(values: sparse.csr_matrix) -> Postings:
    by_column = values.tocsc()
    by_column.eliminate_zeros()
    columns = np.flatnonzero(np.diff(by_column.indptr))
    return Postings(
        columns=columns.astype(np.int32),
        starts=np.append(by_column.indptr[columns], by_column.indptr[-1]).astype(np.int32),
        rows=by_column.indices.astype(np.int32),
        values=by_column.data.astype(np.float32),
        size=values.shape[0],
    )


def _name_postings(names: Sequence[str], vocabulary: Vocabulary) -> Postings:
    """Each name as its n-grams of two and three characters, weighed by how few names have them; all of a name's
    weights sum to 1, those included that no text has ever held."""
    found = [_name_keys(name) for name in names]
    having = Counter(key for keys in found for key in keys.tolist())
    weights = {key: np.log(len(names) / count) + 0.2 for key, count in having.items()}
    column_of = {key: at for at, key in enumerate(vocabulary.keys.tolist()) if key in having}
    entries = sparse.lil_matrix((len(names), len(vocabulary.keys)))
    for at, keys in enumerate(found):
        total = sum(weights[key] for key in keys.tolist())
        for key in keys.tolist():
            if key in column_of:
                entries[at, column_of[key]] = weights[key] / total
    return _postings(entries.tocsr())


def _name_keys(name: str) -> npt.NDArray[np.uint64]:
    if not name:
        return np.empty(0, dtype=np.uint64)
    reading = read(name)
    grams = grams_of(reading)
    spans = spans_of(reading)[grams.ends[2] :]
    kept = are_grams(reading)[grams.ends[2] :] & (spans[:, 1] - spans[:, 0] > 1)
    return np.unique(grams.keys[grams.ends[2] :][kept])


def overlaps(past: PastTexts, texts: Ints, names: Postings) -> Floats:
    """Texts × units: as ``Postings.products`` over which n-grams a text holds, for many texts at once."""
    present = past.values[texts][:, names.columns]
    present.data[:] = 1.0
    by_name = sparse.csc_matrix(
        (names.values, names.rows, names.starts), shape=(names.size, len(names.columns))
    )
    overlaps: Floats = (present @ by_name.T).toarray()
    return overlaps


def _name_vectors(names: Sequence[str]) -> Floats:
    """Character n-grams 1 to 3 of each name, weighed by rarity, of length 1."""
    found = [
        {name[at : at + size] for size in (1, 2, 3) for at in range(len(name) - size + 1)} for name in names
    ]
    having = Counter(gram for grams in found for gram in grams)
    column = {gram: at for at, gram in enumerate(having)}
    vectors = np.zeros((len(names), len(column)))
    for at, grams in enumerate(found):
        for gram in grams:
            vectors[at, column[gram]] = np.log((1 + len(names)) / (1 + having[gram])) + 1
    lengths = np.sqrt((vectors**2).sum(axis=1, keepdims=True))
    unit_vectors: Floats = vectors / np.maximum(lengths, 1e-12)
    return unit_vectors
