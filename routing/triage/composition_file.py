"""The file of a composition: one zip of plain numpy arrays and JSON, with a SHA-256 of each member. Nothing executes."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.card import ModelCard
from classifier.features import FEATURES_VERSION
from classifier.model_file import ModelDamaged
from routing.triage.composition import Composition, Curve, Parts, Region
from routing.triage.composition_evidence import KIND_EVIDENCE, UNIT_EVIDENCE, RegionTables
from routing.triage.composition_history import Head, Postings, Vocabulary
from routing.triage.composition_names import NameRules

FORMAT = 1
_LARGEST_MEMBER = 256 * 1024 * 1024
_DATE = (1980, 1, 1, 0, 0, 0)  # the same composition gives the same bytes
_ONE_DIMENSION, _TWO_DIMENSIONS = 1, 2
_POSTINGS = ("columns", "starts", "rows", "values")

Array = npt.NDArray[Any]


def composition_bytes(composition: Composition) -> bytes:
    """The whole file."""
    parts = composition.parts
    members = {
        "card.json": _json_bytes(parts.card.to_json()),
        "composition.json": _json_bytes(_described(parts)),
        "vocabulary.keys.npy": _array_bytes(parts.vocabulary.keys),
        "vocabulary.idf.npy": _array_bytes(parts.vocabulary.idf.astype(np.float32)),
        "vocabulary.is_word.npy": _array_bytes(np.packbits(parts.vocabulary.is_word)),
        "kinds.npy": _array_bytes(parts.kinds.weights.astype(np.float16)),
        "where.npy": _array_bytes(parts.where.weights.astype(np.float16)),
    }
    for number, region in enumerate(parts.regions):
        for name, array in _arrays(region).items():
            members[f"{number}.{name}.npy"] = _array_bytes(array)
    manifest = {
        "format": FORMAT,
        "features": FEATURES_VERSION,
        "evidence": [*KIND_EVIDENCE, *UNIT_EVIDENCE],
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in members.items()},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in {"manifest.json": _json_bytes(manifest), **members}.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def write_composition(path: Path, composition: Composition) -> None:
    """Write the file whole or not at all: beside its place first, then moved."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.write_bytes(composition_bytes(composition))
    unfinished.replace(path)


def read_composition(path: Path) -> Composition:
    """Read and verify; ``ModelDamaged`` when it is missing, altered or made for other features."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelDamaged(path, f"it cannot be read ({error.strerror})") from None
    return composition_from_bytes(content, name=path.name)


def composition_from_bytes(content: bytes, *, name: str = "composition") -> Composition:
    """As ``read_composition``, of a file held in memory."""
    path = Path(name)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {info.filename: _member(archive, info) for info in archive.infolist()}
        return _verified(members)
    except _Unsound as unsound:
        raise ModelDamaged(path, str(unsound)) from None
    except (
        Exception
    ) as error:  # zipfile, zlib, numpy and json each fail in ways of their own on foreign bytes
        raise ModelDamaged(path, f"it cannot be read ({type(error).__name__})") from error


class _Unsound(Exception):
    pass


def _described(parts: Parts) -> dict[str, Any]:
    return {
        "superiors": parts.rules.superiors,
        "place_names": parts.place_names,
        "upper": parts.upper,
        "kinds": parts.kinds.labels,
        "where": parts.where.labels,
        "kind_weights": parts.kind_weights.tolist(),
        "unit_weights": parts.unit_weights.tolist(),
        "placed": asdict(parts.placed),
        "unplaced": asdict(parts.unplaced),
        "regions": [
            {
                "places": region.places,
                "departments": region.departments,
                "kinds": region.kinds,
                "towns": region.towns,
                "texts": region.history.size,
            }
            for region in parts.regions
        ],
    }


def _arrays(region: Region) -> dict[str, Array]:
    return {
        "kind_of": region.tables.kind_of.astype(np.int32),
        "label_of": region.tables.label_of.astype(np.int32),
        "similarity": region.tables.similarity.astype(np.float32),
        "counts": region.counts,
        "at_place": region.at_place,
        "answered_by": region.answered_by.astype(np.int32),
        "coefficients": region.coefficients,
        **{f"history.{name}": array for name, array in _compact(region.history).items()},
        **{f"names.{name}": array for name, array in _compact(region.names).items()},
    }


def _compact(postings: Postings) -> dict[str, Array]:
    """Columns as steps, which compress well; rows as small as they fit."""
    fits = postings.size <= np.iinfo(np.uint16).max
    return {
        "columns": np.diff(postings.columns, prepend=np.int32(0)),
        "starts": np.diff(postings.starts, prepend=np.int32(0)),
        "rows": postings.rows.astype(np.uint16 if fits else np.int32),
        "values": postings.values.astype(np.float16),
    }


def _verified(members: dict[str, bytes]) -> Composition:
    manifest = json.loads(members.pop("manifest.json"))
    versions = (manifest["format"], manifest["features"], manifest["evidence"])
    if versions != (FORMAT, FEATURES_VERSION, [*KIND_EVIDENCE, *UNIT_EVIDENCE]):
        raise _Unsound("it was made by another version; train it again")
    if manifest["sha256"] != {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}:
        raise _Unsound("its contents do not match its SHA-256 manifest")
    described = json.loads(members["composition.json"])
    regions = tuple(_region(members, number, each) for number, each in enumerate(described["regions"]))
    parts = Parts(
        card=ModelCard.from_json(json.loads(members["card.json"])),
        rules=NameRules(tuple(described["superiors"])),
        place_names=described["place_names"],
        upper=described["upper"],
        vocabulary=_vocabulary(members),
        regions=regions,
        kinds=_head(members, "kinds", described["kinds"]),
        where=_head(members, "where", described["where"]),
        kind_weights=np.array(described["kind_weights"]),
        unit_weights=np.array(described["unit_weights"]),
        placed=Curve(**described["placed"]),
        unplaced=Curve(**described["unplaced"]),
    )
    shapes = (parts.kind_weights.shape, parts.unit_weights.shape)
    if shapes != ((len(regions), len(KIND_EVIDENCE)), (len(regions), len(UNIT_EVIDENCE))):
        raise _Unsound("its parts do not fit together")
    return Composition(parts)


def _vocabulary(members: dict[str, bytes]) -> Vocabulary:
    keys, idf = _array(members["vocabulary.keys.npy"]), _array(members["vocabulary.idf.npy"])
    is_word = np.unpackbits(_array(members["vocabulary.is_word.npy"]), count=len(keys)).astype(np.bool_)
    if keys.shape != idf.shape:
        raise _Unsound("its parts do not fit together")
    return Vocabulary(keys, idf, is_word)


def _head(members: dict[str, bytes], name: str, labels: list[str]) -> Head:
    weights = _array(members[f"{name}.npy"]).astype(np.float32)
    if weights.ndim != _TWO_DIMENSIONS or weights.shape[1] != len(labels):
        raise _Unsound("its parts do not fit together")
    return Head(tuple(labels), weights)


def _region(members: dict[str, bytes], number: int, described: dict[str, Any]) -> Region:
    def array(name: str, dimensions: int) -> Array:
        found = _array(members[f"{number}.{name}.npy"])
        if found.ndim != dimensions:
            raise _Unsound("its parts do not fit together")
        return found

    def postings(name: str, size: int) -> Postings:
        columns, starts, rows, values = (array(f"{name}.{each}", _ONE_DIMENSION) for each in _POSTINGS)
        return Postings(
            columns=np.cumsum(columns, dtype=np.int32),
            starts=np.cumsum(starts, dtype=np.int32),
            rows=rows.astype(np.int32),
            values=values.astype(np.float32),
            size=size,
        )

    units, texts = len(described["departments"]), described["texts"]
    region = Region(
        places=tuple(described["places"]),
        departments=tuple(described["departments"]),
        tables=RegionTables.of(
            kind_of=array("kind_of", _ONE_DIMENSION).astype(np.int64),
            label_of=array("label_of", _ONE_DIMENSION).astype(np.int64),
            similarity=array("similarity", _TWO_DIMENSIONS).astype(np.float64),
        ),
        kinds=tuple(described["kinds"]),
        towns=tuple(described["towns"]),
        counts=array("counts", _ONE_DIMENSION),
        at_place=array("at_place", _TWO_DIMENSIONS),
        answered_by=array("answered_by", _ONE_DIMENSION).astype(np.int64),
        coefficients=array("coefficients", _TWO_DIMENSIONS),
        history=postings("history", texts),
        names=postings("names", units),
    )
    if len(region.kinds) != len(region.tables.label_of) or (np.diff(region.tables.kind_of) < 0).any():
        raise _Unsound("its parts do not fit together")
    shapes = (region.counts.shape, region.at_place.shape, region.coefficients.shape, region.answered_by.shape)
    if shapes != ((units,), (len(region.places), units), (texts, units), (texts,)):
        raise _Unsound("its parts do not fit together")
    return region


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.file_size > _LARGEST_MEMBER:
        raise _Unsound(f"{info.filename} is too large")
    return archive.read(info)


def _json_bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _array_bytes(array: Array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _array(content: bytes) -> Array:
    array: Array = np.load(io.BytesIO(content), allow_pickle=False)
    return array
