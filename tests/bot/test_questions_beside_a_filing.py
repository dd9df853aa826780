"""A question while a filing is offered or under way: answered, and no part of the report."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.talk import phrases
from bot.talk.session import (
    Step,
)
from tests.bot.town import Chat
from tests.bot.transcripts import ASKED_IN_VAIN, REPORTED


async def offered(said: str = REPORTED) -> Chat:
    """A citizen who was asked “是要…吗？我帮您登记” and has not said yes."""
    chat = Chat()
    await chat.says(said)
    if chat.session.step is Step.HOME:
        await chat.says("登记成工单")
    assert chat.session.step is Step.CONFIRM_TYPE
    return chat


@pytest.mark.parametrize("first", [REPORTED, ASKED_IN_VAIN])
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("社保卡丢了怎么补", "来源："),
        ("医保", "是哪一件"),
        ("家电补贴还有吗", "到期或者废止"),
        ("望川区的社保怎么办", "望川区"),
        ("路边停车多少钱一小时", "不敢乱说"),
        ("县长叫啥名字", "不敢乱说"),
    ],
)
async def test_a_question_of_its_own_at_the_offer_is_answered_and_not_added_to_the_report(
    first: str, said: str, expected: str
) -> None:
    chat = await offered(first)
    reply = await chat.says(said)
    assert expected in reply
    assert "内容加上了" not in reply
    assert ("接着填" in reply) is (first == REPORTED), "what was told waits, a mere question is over"
    if first == REPORTED:
        await chat.says("接着填")
        assert chat.session.draft is not None
        assert chat.session.draft.text == REPORTED
    else:
        assert chat.session.draft is None


async def test_one_question_after_another_at_the_offer_never_pile_up() -> None:
    chat = await offered(ASKED_IN_VAIN)
    for said in ("县长叫啥名字", "路边停车多少钱一小时", "登记成工单", "金星上有水吗"):
        await chat.says(said)
    await chat.says("登记成工单")
    assert chat.session.draft is not None
    assert chat.session.draft.text == "金星上有水吗"


@pytest.mark.parametrize("said", ["还有油烟也很大", "昨晚又吵到两点", "什么时候能处理", "物业说了不归他管"])
async def test_more_of_the_story_at_the_offer_is_added_to_it(said: str) -> None:
    chat = await offered()
    assert "内容加上了" in await chat.says(said)
    assert chat.session.draft is not None
    assert chat.session.draft.text == f"{REPORTED}\n{said}"
    assert chat.town.hearing.outcomes == ["Refusal"], "and is no question the library failed"


async def test_a_grievance_at_the_offer_to_file_a_question_becomes_the_report() -> None:
    chat = await offered(ASKED_IN_VAIN)
    reply = await chat.says(REPORTED)
    assert "是要投诉吗" in reply
    assert chat.session.draft is not None
    assert chat.session.draft.text == REPORTED


@pytest.mark.parametrize("steps", range(4))
async def test_a_question_in_the_middle_of_a_filing_is_answered_and_the_filing_goes_on_where_it_was(
    steps: int,
) -> None:
    chat = await offered()
    for said in ("对", "人民路12号", "不留", "公开")[: steps + 1]:
        await chat.says(said)
    before = chat.session
    reply = await chat.says("社保卡丢了怎么补？")
    assert "带身份证" in reply
    assert "接着说您这件事" in reply
    draft, earlier = chat.session.draft, before.draft
    assert draft is not None
    assert earlier is not None
    assert (chat.session.step, chat.session.choices) == (before.step, before.choices)
    assert replace(draft, touched_at=earlier.touched_at) == earlier


@pytest.mark.parametrize("said", ["火星上有水吗", "家里拆迁谈不拢怎么办", "望川区的社保怎么办"])
@pytest.mark.parametrize("steps", range(3))
async def test_a_question_nobody_can_answer_is_no_answer_to_what_the_filing_asked(
    said: str, steps: int
) -> None:
    chat = await offered()
    for line in ("对", "人民路12号", "不留")[: steps + 1]:
        await chat.says(line)
    before = chat.session.draft
    assert before is not None
    assert phrases.ASK_LATER in await chat.says(said)
    assert chat.session.draft is not None
    assert replace(chat.session.draft, touched_at=before.touched_at) == before


async def test_danger_at_the_offer_brings_the_numbers_and_is_kept() -> None:
    chat = await offered()
    assert "119" in await chat.says("楼上着火了快来人")
    assert chat.session.draft is not None
    assert "着火" in chat.session.draft.text
    chat = await offered()
    reply = await chat.says("有烟味，社保卡还能补吗")
    assert reply.count("请马上打110、119或120") == 1
    assert "来源：" in reply


QUESTIONS = st.sampled_from(["社保卡", "医保", "家电", "望川区的事", "拆迁款", "停车费"])


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([REPORTED, ASKED_IN_VAIN]), st.lists(QUESTIONS, min_size=1, max_size=6))
def test_no_question_at_the_offer_ever_reaches_the_report(first: str, asked: list[str]) -> None:
    async def talk() -> None:
        chat = await offered(first)
        for matter in asked:
            await chat.says(f"请问{matter}怎么补多少钱")
            assert chat.session.draft is None or chat.session.draft.text == first
            if "接着填" in [choice.word for choice in chat.session.choices]:
                await chat.says("接着填")
        reply = await chat.says("#")
        assert "我要反映" in reply

    asyncio.run(talk())
