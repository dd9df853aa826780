"""An operator who files sees what may be the same matter; a supervisor sees what many report."""

from __future__ import annotations

from typing import Any

import pytest

from bot.hotspot_notices import hotspot_watch
from routing.workflow import Actor, Role
from tests.bot.hotline.conftest import Api
from tests.factories import CITY_MANAGEMENT, HOUSING

FIRST = {
    "title": "搅拌站噪音",
    "text": "锦绣花园旁边的搅拌站昼夜施工，机器轰鸣，扬尘很大，老人孩子都睡不好。",
    "place": None,
    "citizen": {"name": "王建国", "phone": "13800005678"},
}
AGAIN = {
    "external_number": "S-2",
    "title": "搅拌站扰民",
    "text": "我是锦绣花园业主，小区旁边建了搅拌站，晚上噪音大，扬尘飘进家里。",
    "citizen": {"name": "李小明", "phone": "13900005678"},
}
OTHERS = (
    "和平路的路灯坏了三天，晚上一片漆黑。",
    "十七路公交车早上半小时才来一班，上班迟到。",
    "家里的水龙头放出来的水是黄的，不敢喝。",
    "工地包工头拖欠我们三个月工资，打电话不接。",
)


@pytest.fixture
async def first(api: Api) -> Any:
    for text in OTHERS:
        await api.registered(title=None, text=text, place=None)
    ticket = await api.dispatched(**FIRST)
    await api.services.duplicates.refresh(api.clock())
    return ticket


async def test_who_files_sees_the_candidates_with_reasons_and_no_identity(api: Api, first: Any) -> None:
    api.clock.advance(minutes=5)
    filed = await api.post("/tickets", AGAIN, role="operator", expect=201)
    assert [each["number"] for each in filed["similar"]] == [first["number"]]
    one = filed["similar"][0]
    assert one["verdict"] == "likely"
    assert one["same_caller"] is False
    assert any("锦绣花园" in reason for reason in one["because"])
    assert "王建国" not in str(one)
    assert "13800005678" not in str(one)
    again = await api.post("/tickets", AGAIN, role="operator", expect=200)
    assert [each["number"] for each in again["similar"]] == [first["number"]]


async def test_before_filing_the_caller_is_recognised_and_nothing_is_stored(api: Api, first: Any) -> None:
    count = await api.services.database["tickets"].count_documents({})
    asked = {"text": AGAIN["text"], "citizen": {"phone": "138-0000-5678"}}
    found = await api.post("/duplicates", asked, role="operator")
    assert [(each["number"], each["same_caller"]) for each in found["candidates"]] == [
        (first["number"], True)
    ]
    assert await api.services.database["tickets"].count_documents({}) == count
    await api.post("/duplicates", asked, role="liaison", expect=403)


async def test_a_units_own_duplicates_are_shown_and_no_other_units(api: Api, first: Any) -> None:
    filed = await api.registered(**{**AGAIN, "place": None})
    path = f"/tickets/{filed['number']}/duplicates"
    found = await api.get(path)
    assert [each["number"] for each in found["candidates"]] == [first["number"]]
    assert found["candidates"][0]["department"]["id"] == CITY_MANAGEMENT
    await api.get(path, role="liaison", expect=404)
    theirs = await api.act(filed, "dispatch", department=HOUSING)
    assert theirs["department"]["id"] == HOUSING
    api.clock.advance(seconds=2)
    own = await api.get(f"/tickets/{first['number']}/duplicates", role="liaison")
    assert own["candidates"] == []
    assert (await api.get(path, role="stranger"))["candidates"] == []
    assert len((await api.get(f"/tickets/{first['number']}/duplicates"))["candidates"]) == 1


async def test_a_unit_reads_no_name_of_who_asked_in_secret_in_what_is_alike(api: Api) -> None:
    """The name stands in the citizen's own words, and is none that redaction knows for a name."""
    words = "乌兰其其格家住的锦绣花园旁边的搅拌站昼夜施工，机器轰鸣，扬尘很大，老人孩子都睡不好。"
    citizen = {"name": "乌兰其其格", "phone": "13800005678", "secrecy": "secret"}
    for text in OTHERS:
        await api.registered(title=None, text=text, place=None)
    await api.dispatched(**{**FIRST, "text": words, "citizen": citizen})
    await api.services.duplicates.refresh(api.clock())
    again = await api.dispatched(**{**AGAIN, "place": None})
    path = f"/tickets/{again['number']}/duplicates"
    assert "乌兰其其格" in str(await api.get(path, role="supervisor"))
    found = await api.get(path, role="liaison")
    assert len(found["candidates"]) == 1
    assert "锦绣花园" in str(found)
    assert "乌兰其其格" not in str(found)


async def test_a_supervisor_reads_hot_spots_and_is_told_of_them(api: Api, first: Any) -> None:
    texts = (
        "投诉锦绣花园附近的搅拌站，半夜还在生产，粉尘污染严重。",
        "锦绣花园搅拌站噪音扰民，水泥车进进出出，扬尘满天。",
        "请管管锦绣花园边上的搅拌站，机器声整夜不停，窗户不敢开，全是扬尘。",
        "搅拌站离锦绣花园不到百米，噪音和扬尘让居民苦不堪言。",
    )
    for at, text in enumerate(texts):
        citizen = {"phone": f"1370000000{at}"}
        ticket = await api.registered(title=None, text=text, place=None, citizen=citizen)
        await api.act(ticket, "dispatch", department=CITY_MANAGEMENT)
    assert await hotspot_watch(api.services).watch(api.clock()) == 5 + len(OTHERS)
    found = await api.get("/hotspots")
    assert [each["id"] for each in found["hotspots"]] == [first["number"]]
    one = found["hotspots"][0]
    assert (one["state"], one["tickets"], one["voices"]) == ("open", 5, 5)
    assert one["warned"][0]["because"][0] == "近7天有5人反映同一件事，此前没有人反映"
    assert one["departments"] == [
        {"department": {"id": CITY_MANAGEMENT, "name": first["department"]["name"]}, "tickets": 5}
    ]
    assert "1370000000" not in str(found)
    assert (await api.get("/hotspots", state="over"))["hotspots"] == []
    await api.get("/hotspots", role="liaison", expect=403)
    supervisor = Actor("s", "林督办", Role.SUPERVISOR, frozenset({CITY_MANAGEMENT}))
    notices = await api.services.console_notices.latest(supervisor)
    assert any("群体性诉求" in notice.text and notice.number for notice in notices)
