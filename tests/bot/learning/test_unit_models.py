"""The learned units are asked at work about the same place they were taught with."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from bot.learning.live import LiveSet, triage_tools
from bot.learning.registry import ModelKind
from bot.learning.unit_models import ranker, region_of_id
from classifier.model import TextModel, starter_model_path
from routing.reference_tables import demo_reference
from routing.triage.composition import Composition, RankedUnit
from tests.factories import a_request


class _Heard:
    """Stands where a composition does and keeps the place it was asked about."""

    def __init__(self) -> None:
        self.places: list[str | None] = []

    def rank(self, text: str, place: str | None = None) -> tuple[RankedUnit, ...]:
        self.places.append(place)
        return ()


@pytest.mark.parametrize(
    "text",
    [
        "东门社区的路灯坏了",
        "东门社区和中街社区的路灯都坏了",  # two places of one township: units are told apart by the township
        "路灯坏了",
    ],
)
def test_the_place_asked_about_is_the_one_the_ticket_will_teach(text: str) -> None:
    tables, heard = demo_reference(), _Heard()
    live = LiveSet(
        topics=TextModel.load(starter_model_path()), reference=tables, versions=dict.fromkeys(ModelKind)
    )
    tools = replace(triage_tools(live), rank=ranker(cast(Composition, heard), tables.gazetteer))
    decision, _ = tools.decide(a_request(text))
    taught = region_of_id(decision.place_id, tables.gazetteer) if decision.place_id else None
    assert heard.places == [taught]
