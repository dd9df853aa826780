"""A question and a report in one message: the one is answered, the other offered to be filed."""

from __future__ import annotations

import pytest

from bot.talk import phrases
from bot.talk.session import Step
from tests.bot.town import Chat

DIRTY = "公园里的厕所太脏了"


@pytest.mark.parametrize(
    "said",
    [
        f"{DIRTY} 另外我想问下社保卡丢了怎么补办",
        f"社保卡丢了怎么补办，另外{DIRTY}",
        f"{DIRTY}。顺便问一下社保卡丢了怎么补办",
    ],
)
async def test_the_question_is_answered_and_the_report_offered(said: str) -> None:
    chat = Chat()
    reply = await chat.says(said)
    assert "带身份证到任一服务网点" in reply
    assert f"“{DIRTY}”" in reply
    assert phrases.AND_YOUR_REPORT in reply
    assert chat.session.step is Step.CONFIRM_TYPE
    await chat.says("对")
    assert chat.session.draft is not None
    assert chat.session.draft.text == DIRTY


async def test_what_the_library_cannot_answer_goes_with_the_report_apart() -> None:
    chat = Chat()
    reply = await chat.says(f"{DIRTY} 另外我想问下居住证怎么办")
    assert "居住证怎么办" in reply
    assert chat.session.step is Step.SPLIT
    await chat.says("分开登记")
    assert chat.session.draft is not None
    assert (chat.session.draft.text, chat.session.draft.more) == (DIRTY, ("居住证怎么办",))


async def test_the_second_report_is_offered_after_the_first() -> None:
    chat = Chat()
    await chat.says(f"第一，{DIRTY}；第二，小区路灯坏了三天；第三，社保卡丢了怎么补办")
    assert chat.session.draft is not None
    assert chat.session.draft.text == DIRTY
    assert chat.session.draft.more == ("小区路灯坏了三天",)


async def test_two_reports_are_still_offered_apart() -> None:
    chat = Chat()
    assert "两件事" in await chat.says("路灯坏了三天没人修。还有，楼下烧烤店半夜很吵")
    assert chat.session.step is Step.SPLIT


async def test_a_question_about_what_is_reported_stays_with_the_report() -> None:
    chat = Chat()
    reply = await chat.says("楼下烧烤店半夜很吵，什么时候能处理")
    assert phrases.AND_YOUR_REPORT not in reply
    assert chat.session.step is Step.HOME


async def test_no_is_heard_at_the_offer_and_the_answer_stays() -> None:
    chat = Chat()
    await chat.says(f"{DIRTY} 另外我想问下社保卡丢了怎么补办")
    assert phrases.CANCELLED in await chat.says("不用了")
    assert chat.session.draft is None


async def test_a_sensitive_question_is_not_answered_and_the_report_is_kept() -> None:
    chat = Chat()
    reply = await chat.says(f"{DIRTY} 另外我想问下拆迁谈不拢怎么办")
    assert phrases.SENSITIVE in reply
    assert DIRTY in reply
