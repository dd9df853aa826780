"""Frozen months and rankings over HTTP: what never changes, what changed since, and who may read it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from routing.figures import scores
from routing.figures.snapshots import Snapshots
from routing.timing.working_calendar import CHINA
from tests.bot.hotline.conftest import Api
from tests.factories import CITY_MANAGEMENT

DECEMBER = datetime(2026, 12, 2, 2, tzinfo=CHINA)


async def test_a_frozen_month_stands_and_says_what_changed_since(api: Api) -> None:
    ticket = await api.resolved()
    assert await api.get("/figures/months") == {"months": [], "frozen": None}
    api.clock.now = DECEMBER
    await Snapshots(api.services.database, api.services.queries.figures).freeze_what_ended(DECEMBER)
    answer = await api.get("/figures/months", month="2026-11")
    assert answer["months"] == ["2026-11"]
    frozen = answer["frozen"]
    assert (frozen["month"], frozen["changes"]) == ("2026-11", [])
    assert frozen["figures"]["closed"]["numerator"] == 1
    await api.act(ticket, "publish-reply", text="已修好。")
    later = (await api.get("/figures/months", month="2026-11"))["frozen"]
    assert later["figures"] == frozen["figures"]
    assert [
        (c["department"]["id"], c["figure"], c["frozen"]["numerator"], c["now"]["numerator"])
        for c in later["changes"]
    ] == [(CITY_MANAGEMENT, "replied_publicly", 0, 1)]
    stranger = (await api.get("/figures/months", role="stranger", month="2026-11"))["frozen"]
    assert stranger["figures"]["closed"]["denominator"] == 0
    assert (await api.get("/figures/months", month="2026-10"))["frozen"] is None
    await api.get("/figures/months", month="2026-13", expect=422)


async def test_units_are_ranked_by_a_profile_and_parts_say_how(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (scores.SHIPPED / "equal-rates.toml").read_text(encoding="utf-8")
    lenient = text.replace("least = 10", "least = 1\nleast_available = 0.3")
    assert lenient != text
    (tmp_path / "equal-rates.toml").write_text(lenient, encoding="utf-8")
    await api.resolved()
    api.clock.now = api.clock.now + timedelta(days=20)
    (few,) = (await api.get("/figures/ranking", profile="equal-rates"))["rankings"][0]["scores"]
    assert (few["rank"], few["share"], few["parts"][0]["earned"]) == (None, None, None)
    monkeypatch.setattr(scores, "SHIPPED", tmp_path)
    answer = await api.get("/figures/ranking", profile="equal-rates")
    assert answer["title"] == "按时办结、解决、满意三率（各占三分之一）"
    (group,) = [
        r for r in answer["rankings"] if any(s["department"]["id"] == CITY_MANAGEMENT for s in r["scores"])
    ]
    (score,) = [s for s in group["scores"] if s["department"]["id"] == CITY_MANAGEMENT]
    # Closed in time, and nobody was asked whether it is solved: those parts are blank and cost nothing.
    assert [(p["figure"], p["earned"]) for p in score["parts"]] == [
        ("closed_on_time", 1),
        ("solved", None),
        ("satisfied", None),
    ]
    assert (score["rank"], score["earned"], score["available"], score["share"]) == (1, 1, 1, 1)


@pytest.mark.parametrize("profile", ["nothing", "..", "county/../x"])
async def test_a_profile_nobody_wrote_is_refused(api: Api, profile: str) -> None:
    refused = await api.get("/figures/ranking", profile=profile, expect=422)
    assert list(refused["errors"]) == ["profile"]


async def test_a_unit_reads_no_ranking_of_others(api: Api) -> None:
    await api.get("/figures/ranking", role="liaison", expect=403)
