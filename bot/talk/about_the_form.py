"""Questions a citizen asks about the filing itself: why a number, who learns of it, how long, at what cost."""

from __future__ import annotations

import re

from bot.talk import phrases
from bot.talk.spoken_forms import simplified

_LONGEST = 20
_ANSWERS = (
    (
        re.compile(
            r"(?:为什么|为啥|干嘛|干什么|干啥|一定|必须|非要).{0,6}(?:留|填|要).{0,4}(?:电话|号码|手机)"
        ),
        phrases.WHY_PHONE,
    ),
    (
        re.compile(
            r"(?:留|要|填).{0,2}(?:电话|号码|手机号?).{0,4}(?:干嘛|干什么|干啥|做什么|有什么用|安全吗)"
        ),
        phrases.WHY_PHONE,
    ),
    (
        re.compile(
            r"(?:公开|保密|匿名).{0,6}(?:什么意思|啥意思|区别|怎么回事)"
            r"|会不会.{0,6}(?:知道|报复|泄露|泄漏|说出去|[查找]到|查出|找上门)"
        ),
        phrases.SECRECY_EXPLAINED,
    ),
    (
        re.compile(r"(?:知道|晓得|[查找]到|查出)是?我(?:头上|家)?(?:投诉|举报|反映|告|说)?的?[吗么嘛？?]"),
        phrases.SECRECY_EXPLAINED,
    ),
    (
        re.compile(r"(?:多久|多长时间|几天|啥时候|什么时候).{0,4}(?:答复|回复|有结果|给答复|给个说法)"),
        phrases.WHEN_DONE,
    ),
    (
        re.compile(r"^(?:反映|登记|办)?(?:这个)?[要会得]?(?:要钱|收费|收钱|花钱)[吗么嘛不？?]*$"),
        phrases.FREE_OF_CHARGE,
    ),
    (
        re.compile(
            r"(?:举报|投诉|反映|报(?:这个|上去)?)(?:了|的话)?(?:有没有|有|给不给|给|能拿|拿)(?:什么|多少|点)?(?:奖励?|奖金|钱|好处)"
        ),
        phrases.REWARD,
    ),
    (
        re.compile(
            r"(?:你们|热线|这里|这儿)(?:的|这)?(?:电话|号码)(?:号码?)?(?:是?多少|是?啥|是什么|几号|呢|[？?])"
        ),
        phrases.OUR_PHONE,
    ),
)
_CALL_ME = re.compile(
    r"(?:给我|跟我)(?:打|回)(?:个|一?下)?电话|(?:打|回)(?:个)?电话给我|(?:电话|打电话)(?:联系|说)(?:我|行|吧)|让.{1,6}(?:打给|联系)我"
)
_BRIEFLY = re.compile(r"(?:请|麻烦|快点?|尽快|让你们|你们)*(?:打|回|联系)(?:给)?我[^，。]{0,4}")
_HOW_PHOTOS = re.compile(
    r"(?:照片|图片|相片).{0,3}(?:怎么|咋|如何|在哪|能不能|可以)|(?:怎么|咋|如何)[发传](?:照片|图片)"
)


_CLAUSES = re.compile(r"[，,。；;！!\s]+")
_LEAST_STORY = 6
"""What stands beside a question about the form and is no shorter than this is what is to be filed."""


def beside_a_story(text: str) -> tuple[str, str] | None:
    """The story and the answer to the question about the form it ends with: “楼道堵了，举报有奖励吗”."""
    *told, last = _CLAUSES.split(text.strip("。！!？? "))
    story = "，".join(told)
    answer = about_the_form(last) if len(story) >= _LEAST_STORY else None
    return (story, answer) if answer is not None else None


_TO_SEND = re.compile(r"怎么|咋|如何|什么|啥|哪|吗|能不能|可以")
_SENDING = re.compile(r"发|补|照片|相片|材料|交|传")


def asks_how_to_send(text: str) -> bool:
    """“发什么照片”, “怎么补啊”: about what a notice asked for."""
    plain = simplified(text)
    return len(text) <= _LONGEST and bool(_TO_SEND.search(plain) and _SENDING.search(plain))


def wants_a_call(text: str) -> bool:
    """“快点打给我”."""
    return len(text) <= _LONGEST and (_CALL_ME.search(text) or _BRIEFLY.fullmatch(text)) is not None


def about_the_form(text: str) -> str | None:
    """The answer to a short question of this kind."""
    if len(text) > _LONGEST:
        return None
    plain = simplified(text)
    if _CALL_ME.search(plain) and "没" not in plain:
        return phrases.WILL_CALL
    if _HOW_PHOTOS.search(plain):
        return phrases.HOW_PHOTOS
    return next((said for pattern, said in _ANSWERS if pattern.search(plain)), None)
