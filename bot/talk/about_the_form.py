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
            r"(?:公开|保密|匿名).{0,6}(?:什么意思|啥意思|区别|怎么回事)|会不会.{0,6}(?:知道|报复|泄露|泄漏|说出去)"
        ),
        phrases.SECRECY_EXPLAINED,
    ),
    (
        re.compile(r"(?:知道|晓得|查到|查出)是?我(?:投诉|举报|反映|告|说)的?[吗么嘛？?]"),
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
)
_CALL_ME = re.compile(
    r"(?:给我|跟我)(?:打|回)(?:个|一?下)?电话|(?:打|回)(?:个)?电话给我|(?:电话|打电话)(?:联系|说)(?:我|行|吧)|让.{1,6}(?:打给|联系)我"
)
_HOW_PHOTOS = re.compile(
    r"(?:照片|图片|相片).{0,3}(?:怎么|咋|如何|在哪|能不能|可以)|(?:怎么|咋|如何)[发传](?:照片|图片)"
)


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
