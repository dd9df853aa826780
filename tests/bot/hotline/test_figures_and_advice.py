"""Figures, classification and answers over HTTP."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from bot.hotline import figures_json
from knowledge_base.article import Article
from knowledge_base.gaps.asked import AskedOutcome, AskedQuestion
from knowledge_base.library import load_demo_articles
from routing.figures.counting import FigureName
from tests.bot.hotline.conftest import Api
from tests.bot.web.judges import watch_the_judges
from tests.factories import CITY_MANAGEMENT, HOUSING


@pytest.fixture
def articles() -> tuple[Article, ...]:
    return load_demo_articles()


def terms(figure: dict[str, Any]) -> tuple[int, int, float | None]:
    return figure["numerator"], figure["denominator"], figure["value"]


async def test_a_closed_and_rated_ticket_moves_the_figures(api: Api) -> None:
    before = await api.get("/figures")
    assert before["suspended"] == {"tickets": 0, "days": 0.0}
    # Nobody has ever checked in: blank, and not nobody at their post.
    assert (before["attendance"]["in_use"], before["attendance"]["value"]) == (False, None)
    assert {terms(f) for f in before["figures"].values()} == {(0, 0, None)}
    ticket = await api.resolved()
    await api.act(ticket, "rate", stars=4)
    after = (await api.get("/figures"))["figures"]
    assert set(after) == {name.value for name in FigureName}
    for name in ("sign_in_on_time", "closed_on_time", "closed", "satisfied"):
        assert terms(after[name]) == (1, 1, 1.0), name
    assert after["closed"]["as_of"] == "2026-11-16T09:30:00+08:00"


async def test_a_late_sign_in_counts_against_the_unit_that_was_late(api: Api) -> None:
    await api.dispatched()
    running = (await api.get("/figures"))["figures"]["sign_in_on_time"]
    assert running["excluded"] == {"not_yet_due": 1}
    api.clock.advance(days=2)
    answer = await api.get("/figures", group_by="department", detail="sign_in_on_time")
    groups = {g["department"]["id"]: g["figures"] for g in answer["groups"] if g["department"]}
    assert terms(groups[CITY_MANAGEMENT]["sign_in_on_time"]) == (0, 1, 0.0)
    assert terms(answer["figures"]["sign_in_on_time"]) == (0, 1, 0.0)
    late = [v for v in answer["detail"]["verdicts"] if not v["excluded"]]
    assert [(v["department"]["id"], v["counted"]) for v in late] == [(CITY_MANAGEMENT, False)]


async def test_the_drill_down_adds_up_to_the_figure_and_the_groups_to_the_total(api: Api) -> None:
    for n in range(4):
        ticket = await (api.resolved() if n % 2 else api.dispatched())
        if n == 0:
            await api.act(ticket, "transfer", department=HOUSING, reason="改派")
    await api.act(await api.dispatched(), "withdraw", reason="市民来电撤回")
    api.clock.advance(days=3)
    for name in FigureName:
        answer = await api.get("/figures", group_by="department", detail=name.value)
        total = answer["figures"][name]
        verdicts = answer["detail"]["verdicts"]
        assert total["numerator"] == sum(v["counted"] for v in verdicts)
        assert total["denominator"] == sum(v["excluded"] is None for v in verdicts)
        assert sum(total["excluded"].values()) == sum(v["excluded"] is not None for v in verdicts)
        groups = [g["figures"][name] for g in answer["groups"]]
        for term in ("numerator", "denominator"):
            assert sum(g[term] for g in groups) == total[term], name


async def test_figures_of_whole_days_judge_no_ticket_and_any_others_are_judged_beside_the_loop(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = [await api.dispatched() for _ in range(2)]
    judged = watch_the_judges(monkeypatch)
    await api.get("/figures", group_by="department")
    assert not judged
    await api.get("/figures", group_by="department", detail="closed_on_time")
    assert not judged, "whole days are read off the indexes"
    since = (api.clock.now - timedelta(days=2, minutes=7)).isoformat()
    await api.get("/figures", detail="closed_on_time", **{"from": since})
    assert {number for _, number, _ in judged} == {ticket["number"] for ticket in tickets}
    assert threading.get_ident() not in {thread for _, _, thread in judged}


async def test_a_long_drill_down_comes_page_by_page_without_gap_or_repetition(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures_json, "DETAIL_PAGE", 2)
    numbers = [(await api.registered())["number"] for _ in range(5)]
    seen: list[str] = []
    for page, length in ((1, 2), (2, 2), (3, 1), (4, 0)):
        detail = (await api.get("/figures", detail="closed", detail_page=str(page)))["detail"]
        assert (detail["count"], len(detail["verdicts"])) == (5, length)
        seen += [v["number"] for v in detail["verdicts"]]
    assert seen == sorted(numbers)
    paged: list[str] = []
    after: str | None = ""
    while after is not None:
        detail = (await api.get("/figures", detail="closed", detail_after=after))["detail"]
        paged += [v["number"] for v in detail["verdicts"]]
        after = detail["next"]
        await api.registered()  # what is filed meanwhile comes at the end, and moves nothing
    assert paged[:5] == sorted(numbers)
    assert len(set(paged)) == len(paged)
    for strange in ("0", "-1", "x", "9" * 30):
        refused = await api.get("/figures", detail="closed", detail_page=strange, expect=422)
        assert list(refused["errors"]) == ["detail_page"]


def test_a_page_of_the_drill_down_holds_a_thousand() -> None:
    assert figures_json.DETAIL_PAGE == 1000


async def test_the_period_is_read_in_china_and_its_last_day_is_included(api: Api) -> None:
    await api.registered()
    for since, until, count in (
        ("2026-11-16", "2026-11-16", 1),
        ("2026-11-17", "2026-11-30", 0),
        ("2026-11-01", "2026-11-15", 0),
        ("2026-11-16T09:30", "2026-11-16T09:31", 1),
        ("2026-11-16T09:31:00+08:00", "2026-11-17", 0),
    ):
        period: dict[str, Any] = {"from": since, "to": until}
        answer = await api.get("/figures", **period)
        assert answer["figures"]["closed"]["denominator"] == count, (since, until)
    assert answer["to"] == "2026-11-18T00:00:00+08:00"
    default = await api.get("/figures")
    assert (default["from"], default["to"]) == ("2026-10-17T00:00:00+08:00", None)


async def test_an_unescaped_plus_in_a_time_is_understood(api: Api) -> None:
    response = await api.request("GET", "/figures?from=2026-11-16T09:30:00+08:00")
    assert (await response.json())["from"] == "2026-11-16T09:30:00+08:00"


async def test_a_unit_reads_its_own_part_only(api: Api) -> None:
    ticket = await api.dispatched()
    api.clock.advance(days=2)
    await api.act(ticket, "transfer", department=HOUSING, reason="改派")
    theirs = await api.get("/figures", role="stranger", group_by="department")
    assert [g["department"]["id"] for g in theirs["groups"]] == [HOUSING]
    assert theirs["figures"]["sign_in_on_time"]["denominator"] == 0
    one = await api.get("/figures", department=CITY_MANAGEMENT)
    assert terms(one["figures"]["sign_in_on_time"]) == (0, 1, 0.0)


BAD_PERIODS: list[tuple[dict[str, str], int, list[str]]] = [
    ({"from": "2026-11-17", "to": "2026-11-16"}, 422, ["to"]),
    ({"from": "yesterday"}, 422, ["from"]),
    ({"to": "2026-02-30"}, 422, ["to"]),
    ({"group_by": "weather"}, 422, ["group_by"]),
    ({"detail": "everything"}, 422, ["detail"]),
    ({"department": "qh.nothing"}, 404, []),
]


async def test_figures_that_cannot_be_meant_are_refused(api: Api) -> None:
    for params, status, fields in BAD_PERIODS:
        refused = await api.get("/figures", expect=status, **params)
        assert list(refused["errors"]) == fields, params


async def test_a_text_is_classified_with_reasons_and_nothing_is_stored(api: Api) -> None:
    text = "公司拖欠我三个月工资，老板一直不给，希望劳动监察帮忙。"
    said = await api.post("/classify", {"text": text}, role="editor")
    assert said["label"] == "劳动和社会保障"
    assert said["because"]
    assert 0 < said["confidence"] <= 1
    best = said["triage"]["candidates"][0]
    assert "劳动" in best["department"]["name"]
    assert best["reasons"]
    assert (await api.get("/tickets"))["total"] == 0
    nonsense = await api.post("/classify", {"text": "asdf"})
    assert nonsense["abstained"]


async def test_an_emergency_is_recognised(api: Api) -> None:
    assert (await api.post("/classify", {"text": "楼道里煤气味很大，有人晕倒了"}))["emergency"]
    assert not (await api.post("/classify", {"text": "路灯坏了"}))["emergency"]


async def test_a_question_is_answered_with_its_source_or_refused_with_the_nearest(api: Api) -> None:
    said = await api.post("/answers", {"question": "社保卡丢了怎么补办？"})
    assert said["answered"]
    assert said["answer"]["citation"]["title"]
    assert said["answer"]["citation"]["published_on"].startswith("20")
    refused = await api.post("/answers", {"question": "楼下烧烤店半夜吵死人了"})
    assert not refused["answered"]
    assert refused["answer"] is None
    assert refused["reason"]
    await api.post("/answers", {"question": "问" * 501}, expect=422)


async def test_a_question_that_fits_several_matters_offers_them_and_is_answered_from_the_one_sent_back(
    api: Api,
) -> None:
    offered = await api.post("/answers", {"question": "医保"})
    assert not offered["answered"]
    assert offered["reason"] is None
    assert len(offered["choices"]) >= 2
    chosen = offered["choices"][0]["article_id"]
    said = await api.post("/answers", {"question": "医保", "entry": chosen})
    assert said["answer"]["article_id"] == chosen
    gone = await api.post("/answers", {"question": "医保", "entry": "guide.none"})
    assert gone["reason"] == "lapsed"


async def test_an_entry_of_this_county_is_not_quoted_to_an_asker_elsewhere(api: Api) -> None:
    question = "社保卡丢了怎么补办？"
    for region in ("云川市/望川区", "望川区"):
        elsewhere = await api.post("/answers", {"question": question, "region": region})
        assert (elsewhere["answer"] or {}).get("article_id") != "guide.social-card", region
    for region in ("清和县", "江原省/云川市/清和县"):
        assert (await api.post("/answers", {"question": question, "region": region}))["answered"], region


async def test_the_library_s_figures_count_what_was_asked(api: Api) -> None:
    now = api.services.clock()
    for key, outcome, helpful in (
        ("a", AskedOutcome.ANSWERED, True),
        ("b", AskedOutcome.ANSWERED, False),
        ("c", AskedOutcome.REFUSED, None),
        ("d", AskedOutcome.TO_A_PERSON, None),
    ):
        unit = "qh.urban-management" if outcome is AskedOutcome.ANSWERED else None
        asked = AskedQuestion(key=key, at=now, outcome=outcome, unit_id=unit, helpful=helpful)
        await api.services.questions.note(asked)
    told = await api.get("/answers/figures", group_by="department")
    hit = told["figures"]["answered"]
    assert (hit["numerator"], hit["denominator"], hit["excluded"]) == (2, 3, {"to_a_person": 1})
    assert told["figures"]["helpful"]["value"] == 0.5
    assert told["figures"]["days_to_update"]["value"] is None
    for name, figure in told["figures"].items():
        parts = [group["figures"][name] for group in told["groups"] if name in group["figures"]]
        assert sum(part["denominator"] for part in parts) == figure["denominator"], name
    own = await api.get("/answers/figures", role="liaison")
    assert own["figures"]["answered"]["denominator"] == 2


async def test_departments_are_listed_with_the_ids_that_dispatching_takes(api: Api) -> None:
    units = (await api.get("/departments", role="liaison"))["departments"]
    assert CITY_MANAGEMENT in {u["id"] for u in units}
    assert all(u["name"] and u["level"] for u in units)
