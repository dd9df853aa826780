"""Ways out of everything, and what the platform sends besides text."""

from __future__ import annotations

import re

import pytest

from bot.talk.session import (
    Step,
)
from bot.wechat.messages import MessageKind
from tests.bot.town import Chat

SMALL_TALK = [
    *((said, "请拨打12345") for said in ("我要人工", "转接人工", "转人工服务", "找真人", "帮我找接线员")),
    *((said, "不客气") for said in ("好谢谢", "好，谢谢", "谢谢你啊", "谢谢了")),
    *((said, "这里是12345网上服务") for said in ("？", "?", "不懂", "在不在")),
    ("你是机器人吗？", "我是自动回复。要找人，回复0。"),
    *((said, "请现在用电话直接拨120，这里打不出去。") for said in ("120", "打120", "快打１２０！")),
]


@pytest.mark.parametrize(("said", "expected"), SMALL_TALK)
async def test_small_talk_is_answered_as_such(said: str, expected: str) -> None:
    chat = Chat()
    assert expected in await chat.says(said)
    assert chat.session.step is Step.HOME


async def test_an_emergency_number_typed_in_a_filing_is_no_answer_to_its_question() -> None:
    chat = Chat()
    for line in ("我要投诉", "楼下烧烤店半夜还很吵"):
        await chat.says(line)
    assert "直接拨110" in await chat.says("110")
    assert chat.session.step is Step.PLACE


@pytest.mark.parametrize("kind", [MessageKind.VIDEO, MessageKind.LINK, MessageKind.OTHER])
async def test_what_we_cannot_read_is_answered_with_what_works(kind: MessageKind) -> None:
    chat = Chat()
    assert "打字" in await chat.sends(kind)
    await chat.says("我要投诉")
    assert "什么事" in await chat.sends(kind), "and the question stands"


@pytest.mark.parametrize(
    ("event", "key", "expected"),
    [
        ("subscribe", "qrscene_7", "您好"),
        ("scan", "7", "您好"),
        ("click", "PROGRESS", "没有反映过"),
        ("click", "我要反映", "哪一种"),
        ("unsubscribe", None, None),
        ("location", None, None),
        ("templatesendjobfinish", None, None),
        ("something_new", None, None),
    ],
)
async def test_events_are_answered_or_passed_over(event: str, key: str | None, expected: str | None) -> None:
    reply = await Chat().sends_quietly(MessageKind.EVENT, event=event, event_key=key)
    assert reply is None if expected is None else expected in str(reply)


async def test_a_citizens_own_words_cannot_forge_a_link() -> None:
    chat = Chat()
    for said in ("我要投诉", '<a href="http://evil.example">点我</a>很吵', "]]>&<b>", "不留", "公开"):
        reply = await chat.says(said)
    assert "http://evil.example" not in re.sub(r"[＜＞”]", "", "".join(re.findall(r"<a [^>]*>", reply)))
    assert all("weixin://bizmsgmenu" in link for link in re.findall(r"<[^>]*>", reply) if link != "</a>")
