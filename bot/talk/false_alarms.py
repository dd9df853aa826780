"""What sounds like danger and is none where it is said, pure."""

from __future__ import annotations

import re

from bot.talk import place_words, pleasantries, said_freely
from bot.talk.replacing import replace
from bot.talk.session import FILING_STEPS, Step, Understanding

_LEAST_HINTED = 3
"""In fewer characters a danger that is only possible is none: 停了, 好疼 is three."""


_NOT_SAID = re.compile(
    r"(?:我|那|就|都|也|还是|[，,。 ])*+(?:手机|电话|号码?|名字|姓名|联系方式|地址|地点)*+(?:我|就|都|也|是|还是)*+"
    r"(?:不|没)(?:太)?(?:想|用|要|方便|必|需要|愿意?)?(?:留|说|填|写|给|有|提供|知道|清楚|晓得|记得)"
    r"(?:具体)?(?:手机|电话|号码?|名字|地址|地点|在哪里?|是哪里?|了|吧|啊|呀|的|嘛)*+[。.！! ]*"
)
"""“电话不留了”: to a question of the filing, an answer."""


def without_false_alarm(understanding: Understanding, text: str, step: Step = Step.HOME) -> Understanding:
    """An insult or a mere remark is no danger, whatever it sounds like; nor is keeping something to oneself where it was
    asked for."""
    emergency = understanding.emergency
    if emergency is None or not text:
        return understanding
    false = said_freely.insults(text) or pleasantries.help_called(text)
    false = false or (
        step in FILING_STEPS and step is not Step.DESCRIBE and _NOT_SAID.fullmatch(text) is not None
    )
    if not emergency.sure:
        scant = len(text) < _LEAST_HINTED or place_words.bare_place(text) is not None
        false = false or scant or said_freely.says_nothing(text)
    return replace(understanding, emergency=None) if false else understanding
