"""POST /classify: everything an operator's screen shows of a text, with reasons that hold."""

from __future__ import annotations

from typing import Any

from tests.bot.hotline.conftest import Api
from tests.factories import CITY_MANAGEMENT

SMOKE = "楼下烧烤店油烟直排，炭火味熏得开不了窗，夜里一点还在营业。"


async def answered(api: Api, text: str) -> Any:
    """A ticket 城管执法局 signed for: a precedent once the index is refreshed."""
    ticket = await api.act(await api.dispatched(title=None, text=text), "accept", role="liaison")
    await api.services.precedents.refresh(api.clock.now)
    return ticket


async def test_place_danger_and_candidates_come_with_their_sources(api: Api) -> None:
    said = await api.post("/classify", {"text": "又有人烧秸秆，满村是烟", "place": "小王庄村"})
    assert said["place"]["full_name"] == "白杨镇小王庄村"
    best = said["triage"]["candidates"][0]
    assert best["department"]["id"] == "qh.baiyang.government"
    assert best["legal_basis"]
    assert [reason["text"] for reason in best["details"]] == best["reasons"]
    assert {reason["source"] for reason in best["details"]} <= {"rule", "model", "precedent"}
    assert (await api.post("/classify", {"text": "路灯坏了"}))["danger"] is None
    danger = (await api.post("/classify", {"text": "楼道里煤气味很大，有人晕倒了"}))["danger"]
    assert danger["label"] == "燃气泄漏"
    assert danger["word"]


async def test_what_would_change_is_told_only_when_asked_for(api: Api) -> None:
    body = {"text": "又有人烧秸秆，满村是烟", "place": "小王庄村"}
    assert (await api.post("/classify", body))["what_would_change"] == []
    changes = (await api.post("/classify", {**body, "explain": True}))["what_would_change"]
    moved = next(change for change in changes if change["kind"] == "other_place")
    again = await api.post("/classify", {**body, "place": moved["detail"]})
    assert again["triage"]["candidates"][0]["department"] == moved["department"]
    assert moved["text"].startswith(f"若地点在{moved['detail']}，则首选")


async def test_similar_tickets_are_named_to_those_who_may_read_them(api: Api) -> None:
    numbers = [(await answered(api, f"{SMOKE}第{at}家"))["number"] for at in range(5)]
    for role, named in (("dispatcher", set(numbers)), ("liaison", set(numbers)), ("stranger", set())):
        said = await api.post("/classify", {"text": SMOKE}, role=role)
        best = said["triage"]["candidates"][0]
        assert best["department"]["id"] == CITY_MANAGEMENT
        assert set(best["precedents"]) == named, role
        assert "最近5件相似工单，5件由该单位办理" in best["reasons"]


async def test_several_requests_abuse_and_gaps_are_hints_and_nothing_is_refused(api: Api) -> None:
    two = await api.post("/classify", {"text": f"第一，{SMOKE}第二，翠竹路的自来水管爆了，停水两天没人修。"})
    assert [request["department"]["id"] for request in two["requests"]] == [
        CITY_MANAGEMENT,
        "qh.water-company",
    ]
    assert (await api.post("/classify", {"text": SMOKE}))["requests"] == []
    rude = await api.post("/classify", {"text": "你们这帮废物，滚"})
    assert rude["abuse"]["label"] == "辱骂攻击"
    vague = await api.post("/classify", {"text": "喂，那个，吵得很"})
    assert "请问具体在哪里？" in [gap["question"] for gap in vague["transcript"]["gaps"]]
    await api.registered(text="你们这帮废物，滚")


async def test_several_requests_for_several_units_are_not_dispatched_as_one(api: Api) -> None:
    lamp, water = "翠竹路的路灯坏了一个月，晚上什么都看不见。", "翠竹路的自来水管爆了，停水两天没人修。"
    assert (await api.post("/classify", {"text": water}))["triage"]["automatic"]
    said = (await api.post("/classify", {"text": f"第一，{lamp}第二，{water}"}))["triage"]
    assert not said["automatic"]
