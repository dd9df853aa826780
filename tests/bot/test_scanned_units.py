"""The unit of a scanned code: offered by triage with its reason, as long as the request keeps the code's place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.triage_wording import say_reason
from classifier.model import Classification
from routing.departments import UnitId, load_units
from routing.places.gazetteer import load_gazetteer
from routing.triage.catalogue import load_duty_list
from routing.triage.decision import ReasonKind
from routing.triage.triage_tools import TriageTools
from tests.bot.town import Chat
from tests.factories import a_request

MARKET = UnitId("qh.market")
PLACE = "清和县政务服务大厅3号窗口"
TOOLS = TriageTools(
    classify=lambda text: Classification("城乡建设", 0.2, True, (), ()),
    duties=load_duty_list(),
    units=load_units(),
    gazetteer=load_gazetteer(),
    topics=frozenset({"城乡建设"}),
)


async def filed_after_scan(*said: str) -> Chat:
    chat = Chat()
    await chat.scans("3号窗口", PLACE, unit_id=MARKET)
    for words in ("我要投诉", "窗口的人说话太差了，让我跑三趟", *said):
        await chat.says(words)
    assert chat.town.desk.requests
    return chat


async def test_the_unit_of_the_code_goes_with_the_request_that_has_its_place() -> None:
    chat = await filed_after_scan("不留", "公开", "确认提交")
    (request,) = chat.town.desk.requests
    assert (request.place, request.at_unit) == (PLACE, MARKET)


async def test_another_place_takes_the_unit_away() -> None:
    chat = await filed_after_scan("不留", "公开", "地点改成人民路12号", "确认提交")
    (request,) = chat.town.desk.requests
    assert (request.place, request.at_unit) == ("人民路12号", None)


@pytest.mark.parametrize(
    ("text", "first"), [("你们说话太难听了，让我跑三趟", MARKET), ("路灯坏了三盏", None)]
)
def test_it_is_offered_and_decides_nothing(text: str, first: UnitId | None) -> None:
    request = replace(a_request(), text=text, title=None, place=None, at_unit=MARKET)
    decision, _ = TOOLS.decide(request)
    offered = next(c for c in decision.candidates if c.unit_id == MARKET)
    (reason,) = (r for r in offered.reasons if r.kind is ReasonKind.SCANNED)
    assert "扫了" in say_reason(reason)
    assert (decision.candidates[0].unit_id == MARKET) is (first is not None)
    if first is not None:
        assert not decision.automatic


def test_a_unit_nobody_knows_any_more_is_not_offered() -> None:
    request = replace(a_request(), at_unit=UnitId("qh.gone"))
    decision, _ = TOOLS.decide(request)
    plain, _ = TOOLS.decide_on(request.full_text, place=request.place, on=date(2026, 11, 16))
    assert [c.unit_id for c in decision.candidates] == [c.unit_id for c in plain.candidates]
