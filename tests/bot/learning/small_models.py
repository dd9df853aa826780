"""Models small enough to train in a moment, for tests of what happens around them."""

from __future__ import annotations

import tempfile
from datetime import datetime
from functools import cache
from pathlib import Path

from bot.learning.registry import ModelKind, NewModel
from classifier.labelled import LabelledText
from classifier.model_file import write_model_file
from classifier.training import train
from tests.factories import MONDAY_9_30

_PLACES = ("东门小区", "南河路", "新华街", "幸福里", "人民广场", "西湖花园", "学府路", "港口大道")
_MATTERS = {
    "噪声": ("半夜施工噪音太大睡不着", "广场舞音响吵得受不了", "烧烤店深夜喧哗扰民"),
    "供水": ("自来水停水三天没人管", "水龙头流出的水发黄", "水压太低三楼上不了水"),
    "道路": ("路面坑洼轮胎都扎破了", "井盖松动车一过就响", "人行道地砖翘起绊倒老人"),
}


@cache
def artefact(*labels: str) -> bytes:
    """A real model file knowing these labels (all without an argument)."""
    rows = [
        LabelledText(f"{place}{matter}，请尽快处理{n}", label)
        for label in labels or _MATTERS
        for matter in _MATTERS[label]
        for n, place in enumerate(_PLACES)
    ]
    trained = train(rows, now=MONDAY_9_30, name="small", data="invented sentences")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.model"
        write_model_file(path, trained.model)
        return path.read_bytes()


def sentences(label: str) -> list[str]:
    """Three invented sentences of a label."""
    return [f"光明巷{matter}" for matter in _MATTERS[label]]


def new_model(content: bytes, *, at: datetime = MONDAY_9_30) -> NewModel:
    return NewModel(
        kind=ModelKind.TOPICS,
        artefact=content,
        rows=72,
        labels=tuple(_MATTERS),
        trained_at=at,
        data_since=None,
        data_until=None,
        card={"name": "small"},
        figures={"macro_f1": 0.9},
        comparison=None,
        created_by="test",
    )
