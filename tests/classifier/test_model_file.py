"""A model file that was altered, cut short or made by another version is refused."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from classifier.model import ModelDamaged, TextModel
from classifier.model_file import read_model_file, write_model_file
from classifier.training import Training


def _rewrite(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def _alter_card(members: dict[str, bytes]) -> None:
    members["card.json"] = members["card.json"].replace(b"small", b"large")


def _alter_one_weight(members: dict[str, bytes]) -> None:
    content = bytearray(members["weights.npy"])
    content[-1] ^= 1
    members["weights.npy"] = bytes(content)


def _drop_member(members: dict[str, bytes]) -> None:
    del members["idf.npy"]


def _add_member(members: dict[str, bytes]) -> None:
    members["extra.txt"] = b"?"


def _drop_manifest(members: dict[str, bytes]) -> None:
    del members["manifest.json"]


def _of_other_features(members: dict[str, bytes]) -> None:
    members["manifest.json"] = json.dumps({**json.loads(members["manifest.json"]), "features": 0}).encode()


def _manifest_is_a_list(members: dict[str, bytes]) -> None:
    members["manifest.json"] = b"[]"


@pytest.mark.parametrize(
    "change",
    [
        _alter_card,
        _alter_one_weight,
        _drop_member,
        _add_member,
        _drop_manifest,
        _of_other_features,
        _manifest_is_a_list,
    ],
)
def test_an_altered_file_is_refused(
    small_training: Training, tmp_path: Path, change: Callable[[dict[str, bytes]], None]
) -> None:
    path = tmp_path / "altered.model"
    write_model_file(path, small_training.model)
    TextModel.load(path)
    _rewrite(path, change)
    with pytest.raises(ModelDamaged):
        TextModel.load(path)


def test_a_file_cut_short_is_refused_at_every_length(small_path: Path, tmp_path: Path) -> None:
    whole = small_path.read_bytes()
    path = tmp_path / "short.model"
    for length in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelDamaged):
            TextModel.load(path)


def test_a_flipped_byte_anywhere_is_refused_or_harmless(small_path: Path, tmp_path: Path) -> None:
    whole = small_path.read_bytes()
    sound = read_model_file(small_path)
    path = tmp_path / "flipped.model"
    refused = 0
    for at in range(0, len(whole), max(1, len(whole) // 150)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            found = read_model_file(path)
        except ModelDamaged:
            refused += 1
        else:  # a byte the zip format does not read, a date for example
            assert np.array_equal(found.weights, sound.weights)
            assert np.array_equal(found.keys, sound.keys)
            assert found.card == sound.card
    assert refused > 100


def test_a_pickle_is_not_opened(small_training: Training, tmp_path: Path) -> None:
    path = tmp_path / "pickle.model"
    write_model_file(path, small_training.model)
    np.save(tmp_path / "object.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    _rewrite(path, lambda members: members.update({"bias.npy": (tmp_path / "object.npy").read_bytes()}))
    with pytest.raises(ModelDamaged):
        TextModel.load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelDamaged, match=r"absent\.model: there is no such file"):
        TextModel.load(tmp_path / "absent.model")


def test_the_same_model_gives_the_same_bytes(small_training: Training, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_model_file(tmp_path / name, small_training.model)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_file_comes_back_as_it_was_written(small_training: Training, small_path: Path) -> None:
    found, written = read_model_file(small_path), small_training.model
    assert (found.labels, found.sizes, found.calibration, found.thresholds) == (
        written.labels,
        written.sizes,
        written.calibration,
        written.thresholds,
    )
    assert np.array_equal(found.keys, written.keys)
    assert found.card == written.card
    assert np.array_equal(found.weights, written.weights)
