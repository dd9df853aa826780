"""The model's file: one zip of plain numpy arrays and JSON, with a SHA-256 of each member. Nothing in it executes."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.calibration import Calibration
from classifier.card import ModelCard
from classifier.features import FEATURES_VERSION, Block

FORMAT = 2
_LARGEST_MEMBER = 256 * 1024 * 1024
_ARRAYS = ("keys", "idf", "weights", "bias")
_DATE = (1980, 1, 1, 0, 0, 0)  # the same model gives the same bytes


class ModelDamaged(Exception):
    """The model file cannot be trusted: missing, altered, cut short, or made for another version's features."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path.name}: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What a model file holds. ``keys`` name the rows of ``idf`` (n) and ``weights`` (n × labels), block after block;
    ``sizes`` counts the rows of each ``Block``."""

    labels: tuple[str, ...]
    keys: npt.NDArray[np.uint64]
    sizes: tuple[int, ...]
    idf: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float64]
    calibration: Calibration
    card: ModelCard
    thresholds: tuple[float, ...] = ()
    """Per label, the confidence from which it decides; empty: the card's one threshold for all."""


def write_model_file(path: Path, model: ModelFile) -> None:
    """Write the file whole or not at all: beside its place first, then moved."""
    members = {
        "model.json": _json_bytes(
            {
                "labels": model.labels,
                "sizes": model.sizes,
                "thresholds": model.thresholds,
                "calibration": asdict(model.calibration),
            }
        ),
        "card.json": _json_bytes(model.card.to_json()),
        **{f"{name}.npy": _array_bytes(getattr(model, name)) for name in _ARRAYS},
    }
    manifest = {
        "format": FORMAT,
        "features": FEATURES_VERSION,
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in members.items()},
    }
    unfinished = path.with_name(f"{path.name}.unfinished")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in {"manifest.json": _json_bytes(manifest), **members}.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), content, zipfile.ZIP_DEFLATED)
    unfinished.replace(path)


def read_model_file(path: Path) -> ModelFile:
    """Read and verify; every way in which a file can be wrong becomes ``ModelDamaged``."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename: _member(archive, info) for info in archive.infolist()}
        return _verified(members)
    except FileNotFoundError:
        raise ModelDamaged(path, "there is no such file") from None
    except _Unsound as unsound:
        raise ModelDamaged(path, str(unsound)) from None
    except (
        Exception
    ) as error:  # zipfile, zlib, numpy and json each fail in ways of their own on foreign bytes
        raise ModelDamaged(path, f"it cannot be read ({type(error).__name__})") from error


class _Unsound(Exception):
    pass


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.file_size > _LARGEST_MEMBER:
        raise _Unsound(f"{info.filename} is too large")
    return archive.read(info)


def _verified(members: dict[str, bytes]) -> ModelFile:
    manifest = json.loads(members.pop("manifest.json"))
    if manifest["format"] != FORMAT or manifest["features"] != FEATURES_VERSION:
        raise _Unsound("it was made by another version; train it again")
    if manifest["sha256"] != {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}:
        raise _Unsound("its contents do not match its SHA-256 manifest")
    described = json.loads(members["model.json"])
    keys, idf, weights, bias = (_array(members[f"{name}.npy"]) for name in _ARRAYS)
    model = ModelFile(
        labels=tuple(described["labels"]),
        keys=keys,
        sizes=tuple(described["sizes"]),
        idf=idf,
        weights=weights,
        bias=bias,
        calibration=Calibration(**{name: _frozen(value) for name, value in described["calibration"].items()}),
        card=ModelCard.from_json(json.loads(members["card.json"])),
        thresholds=tuple(described["thresholds"]),
    )
    rows, labels = sum(model.sizes), len(model.labels)
    shapes = (keys.shape, idf.shape, weights.shape, bias.shape)
    if (
        len(model.sizes) != len(Block)
        or shapes != ((rows,), (rows,), (rows, labels), (labels,))
        or len(model.thresholds) not in (0, labels)
        or keys.dtype != np.uint64
    ):
        raise _Unsound("its parts do not fit together")
    return model


def _frozen(value: Any) -> Any:
    """JSON knows no tuples."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _json_bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _array_bytes(array: npt.NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _array(content: bytes) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = np.load(io.BytesIO(content), allow_pickle=False)
    return array
