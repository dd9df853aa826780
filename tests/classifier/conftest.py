"""One small trained model for all tests of this directory."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifier.model import TextModel
from classifier.model_file import write_model_file
from classifier.training import Training, train
from tests.classifier.messages import made_up

NOW = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def small_training() -> Training:
    return train(made_up(240), now=NOW, name="small", data="messages made up for tests")


@pytest.fixture(scope="session")
def small_path(small_training: Training, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "small.model"
    write_model_file(path, small_training.model)
    return path


@pytest.fixture(scope="session")
def small_model(small_path: Path) -> TextModel:
    return TextModel.load(small_path)
