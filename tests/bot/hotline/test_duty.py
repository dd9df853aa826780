"""值守 over HTTP: the roster as units read it, checking in, and 在线值守率 among the figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from routing.duty.alarm_ladder import Recipient
from routing.duty.roster import Duty, Leave, Roster
from routing.duty.roster_store import MongoRosterStore
from tests.bot.hotline.conftest import Api
from tests.factories import CITY_MANAGEMENT, HOUSING, MONDAY_9_30

MORNING = MONDAY_9_30.replace(hour=1, minute=0)
"""Nine o'clock in China."""
DECEMBER: dict[str, Any] = {"from": "2026-12-01", "to": "2026-12-31"}
BACKWARDS: dict[str, Any] = {"from": "2026-12-02", "to": "2026-12-01"}
BEFORE: dict[str, Any] = {"from": "2026-11-01", "to": "2026-11-10"}


async def with_rosters(api: Api) -> None:
    shifts = [
        Duty(
            unit,
            Recipient.LIAISON,
            person,
            MORNING + timedelta(days=day),
            MORNING + timedelta(days=day, hours=8),
        )
        for unit, person, day in (
            (CITY_MANAGEMENT, "chen", 0),
            (CITY_MANAGEMENT, "chen", 1),
            (CITY_MANAGEMENT, "wang", 20),
            (HOUSING, "zhao", 0),
        )
    ]
    head = Duty(CITY_MANAGEMENT, Recipient.HEAD, "li")
    away = Leave(CITY_MANAGEMENT, "li", MORNING + timedelta(days=2), MORNING + timedelta(days=3))
    store = MongoRosterStore(api.services.database)
    await store.replace(Roster((*shifts, head), (away,)), by="test", now=MORNING)


async def test_a_unit_reads_its_own_roster_and_who_is_on_duty(api: Api) -> None:
    await with_rosters(api)
    week = await api.get("/roster", role="liaison")
    assert [(d["person"], (d["starts_at"] or "")[:16]) for d in week["duties"]] == [
        ("chen", "2026-11-16T09:00"),
        ("chen", "2026-11-17T09:00"),
        ("li", ""),
    ]
    assert [x["person"] for x in week["leaves"]] == ["li"]
    assert {(d["label"], d["person"]) for d in week["on_duty"]} == {("联络员", "chen"), ("单位负责人", "li")}
    december = await api.get("/roster", role="liaison", **DECEMBER)
    assert [d["person"] for d in december["duties"]] == ["wang", "li"]
    assert december["leaves"] == []
    await api.get("/roster", role="liaison", department=HOUSING, expect=404)
    everybody = await api.get("/roster", role="supervisor")
    assert {"chen", "zhao"} <= {d["person"] for d in everybody["duties"]}
    await api.get("/roster", role="editor", expect=403)
    backwards = await api.get("/roster", expect=422, **BACKWARDS)
    assert "to" in backwards["errors"]


async def test_who_checks_in_in_time_is_counted_among_the_figures(api: Api) -> None:
    await with_rosters(api)
    api.clock.now = datetime(2026, 11, 16, 1, 10, tzinfo=UTC)
    shift = await api.post(
        "/roster/check-in", {"department": CITY_MANAGEMENT, "person": "chen"}, role="liaison"
    )
    assert shift["starts_at"][:16] == "2026-11-16T09:00"
    again = await api.post(
        "/roster/check-in", {"department": CITY_MANAGEMENT, "person": "chen"}, role="liaison"
    )
    assert again == shift
    nobody = await api.post(
        "/roster/check-in", {"department": CITY_MANAGEMENT, "person": "wang"}, role="liaison", expect=409
    )
    assert nobody["code"] == "not_on_duty"
    assert "没有这个人的班" in nobody["detail"]
    await api.post("/roster/check-in", {"department": HOUSING, "person": "zhao"}, role="liaison", expect=404)

    api.clock.now = datetime(2026, 11, 17, 10, 0, tzinfo=UTC)
    figures = await api.get("/figures")
    assert (figures["attendance"]["numerator"], figures["attendance"]["denominator"]) == (1, 3)
    own = await api.get("/figures", role="liaison")
    assert (own["attendance"]["numerator"], own["attendance"]["denominator"]) == (1, 2)
    assert own["attendance"]["value"] == 0.5
    grouped = await api.get("/figures", group_by="department")
    by_unit = {g["department"]["id"]: g["attendance"] for g in grouped["groups"] if g["department"]}
    assert {u: (a["numerator"], a["denominator"]) for u, a in by_unit.items() if a["denominator"]} == {
        CITY_MANAGEMENT: (1, 2),
        HOUSING: (0, 1),
    }
    one = await api.get("/figures", department=HOUSING)
    assert one["attendance"]["value"] == 0
    before = await api.get("/figures", **BEFORE)
    assert before["attendance"]["value"] is None
