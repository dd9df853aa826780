"""A question beside an answer, one's own words against a code's place, the receipt of what is urgent, a single ticket."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.talk import phrases
from bot.talk.heard_beside import places_in
from bot.talk.question_outcomes import shown
from bot.talk.session import AskKnowledge, Step
from knowledge_base.answering.outcome import Refusal, RefusalReason
from tests.bot.town import Chat
from tests.factories import MONDAY_9_30

GRILL = ("我要投诉", "楼下烧烤店半夜还很吵")


@pytest.mark.parametrize("said", ["顺便问一下，社保卡丢了怎么补", "问一下社保卡丢了怎么补"])
async def test_a_question_said_to_be_one_is_answered_and_the_place_asked_again(said: str) -> None:
    chat = Chat()
    for words in GRILL:
        await chat.says(words)
    reply = await chat.says(said)
    assert "来源：" in reply
    assert phrases.BACK_TO_FILING in reply
    assert chat.session.step is Step.PLACE
    assert chat.session.draft is not None
    assert chat.session.draft.text == GRILL[1]


async def test_and_one_without_an_answer_is_no_part_of_the_report_either() -> None:
    chat = Chat()
    for words in GRILL:
        await chat.says(words)
    reply = await chat.says("顺便问一下，金星上有多少水")
    assert phrases.ASK_LATER in reply
    assert chat.session.step is Step.PLACE
    assert chat.session.draft is not None
    assert (chat.session.draft.text, chat.session.draft.place) == (GRILL[1], None)


async def test_the_place_in_ones_own_words_goes_before_that_of_the_code() -> None:
    chat = Chat()
    await chat.scans("人民路公告栏", "清和县城关街道人民路")
    await chat.says("我要投诉")
    reply = await chat.says("我在锦园小区，楼上漏水没人管")
    assert "地点按您扫的码" not in reply
    assert chat.session.draft is not None
    assert chat.session.draft.place is None
    assert chat.session.draft.places == ("锦园小区", "清和县城关街道人民路")
    await chat.says("锦园小区")
    assert chat.session.draft.place == "锦园小区"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("我在锦园小区，楼上漏水", "锦园小区"),
        ("城关区和平路12号3单元路灯坏了", "城关区和平路12号3单元"),
        ("我住城关区和平路12号", "城关区和平路12号"),
        ("清和县城关街道人民路有坑", "清和县城关街道人民路"),
        ("小区和平路坏了", "和平路"),
        ("在这个小区里，没人管", None),
        ("在老旧小区里住着", None),
    ],
)
def test_the_district_stays_with_the_road_and_an_estate_is_a_place(text: str, place: str | None) -> None:
    assert places_in(text) == ((place,) if place else ())


def test_the_receipt_of_what_is_urgent_begins_with_what_is_urgent() -> None:
    def receipt(unit: str | None, within: timedelta | None, *, urgent: bool = True) -> str:
        return phrases.filed(
            number="HY2611160001",
            code="123456",
            unit=unit,
            promised_at=MONDAY_9_30 + timedelta(days=7),
            explanation="",
            opens_at=None,
            now=MONDAY_9_30,
            urgent=urgent,
            within=within,
        )

    said = receipt(None, timedelta(minutes=30)).splitlines()
    assert "30分钟内派到人" in said[1]
    assert "快打" in said[2]
    assert any(line.startswith("事后书面答复，最晚") for line in said[3:])
    assert "最晚答复" not in "".join(said)
    assert "60分钟内有人接手" in receipt("清和县燃气有限公司", timedelta(hours=1))
    assert "分钟" not in receipt(None, None)
    assert "最晚答复：" in receipt(None, None, urgent=False)


async def test_a_gas_leak_is_told_the_minutes_of_the_profile() -> None:
    chat = Chat()
    for words in (
        "我家煤气泄漏了，味道很大，头晕",
        "登记这件事",
        "对，求助",
        "人民路12号",
        "不留电话",
        "公开",
    ):
        await chat.says(words)
    reply = await chat.says("确认提交")
    assert "内派到人" in reply or "内有人接手" in reply
    assert reply.index("急事") < reply.index("书面答复")


async def test_a_single_ticket_is_shown_at_once_and_another_still_found_by_its_number() -> None:
    chat = Chat()
    for words in (*GRILL, "人民路12号", "不留电话", "公开", "确认提交", "#"):
        await chat.says(words)
    reply = await chat.says("查进度")
    assert "经过：" in reply
    assert "按工单号查" in reply
    await chat.says("按工单号查")
    assert chat.session.step is Step.ASK_NUMBER


def test_what_a_storys_own_question_did_not_find_is_no_second_outcome_of_the_message() -> None:
    refused = Refusal((), RefusalReason.UNSURE)
    assert shown(AskKnowledge("残疾证咋办", None, None), refused)
    assert not shown(AskKnowledge("残疾证咋办", None, None, narrowed=True), refused)
