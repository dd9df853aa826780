"""What several transcripts have in common."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.wechat.messages import IncomingMessage, MessageKind
from routing.ticket import Ticket
from tests.bot.town import ACCOUNT, Chat
from tests.factories import MONDAY_9_30

REPORTED = "楼下烧烤店半夜还很吵"
ASKED_IN_VAIN = "火星上有水吗"
NIGHT = MONDAY_9_30 + timedelta(hours=12)


async def filed(chat: Chat, *, text: str = REPORTED, kind: str = "投诉") -> Ticket:
    """A ticket filed the long way round."""
    for said in ("我要反映", kind, text, "城关镇人民路12号", "13812345678", "公开", "确认提交"):
        reply = await chat.says(said)
    return chat.town.desk.tickets[found_number(reply)]


def sent(chat: Chat, text: str) -> IncomingMessage:
    return IncomingMessage(ACCOUNT, chat.openid, MessageKind.TEXT, "m1", chat.now, content=text)


def found_number(reply: str) -> str:
    number = re.search(r"HY\d+", reply)
    assert number, reply
    return number[0]
