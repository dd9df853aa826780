"""What a question asks of a service guide: its fees, its materials, where, how long …"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from knowledge_base.article import Guide


class Aspect(StrEnum):
    """A field of a guide; the value is the field's name."""

    FEES = "fees"
    MATERIALS = "materials"
    PHONE = "phone"
    PROMISED_TIME = "promised_time"
    WINDOW = "window"
    QUOTA = "quota"
    LEGAL_BASIS = "legal_basis"
    CONDITIONS = "conditions"
    PROCEDURE = "procedure"
    NOTICE = "one_time_notice"
    MATTER = "matter"


LABELS: dict[Aspect, str] = {
    Aspect.FEES: "收费标准",
    Aspect.MATERIALS: "申请材料",
    Aspect.PHONE: "咨询电话",
    Aspect.PROMISED_TIME: "承诺时限",
    Aspect.WINDOW: "办理地点",
    Aspect.QUOTA: "数量限制",
    Aspect.LEGAL_BASIS: "法律依据",
    Aspect.CONDITIONS: "办理条件",
    Aspect.PROCEDURE: "办理程序",
    Aspect.NOTICE: "一次告知",
    Aspect.MATTER: "审批内容",
}

# Words of one aspect never stand for another: each pattern takes its words out before the next one looks.
_CUES: tuple[tuple[Aspect, re.Pattern[str]], ...] = tuple(
    (aspect, re.compile(cue))
    for aspect, cue in (
        (Aspect.PHONE, r"电话|号码多少|联系方式|打哪个号|打什么号"),
        (
            Aspect.FEES,
            r"有钱领|有什么钱|多少钱|几个钱|几块钱|多少块|几万|要钱|花钱|收钱|收费|费用|免费|工本费|手续费|登记费|租金"
            r"|(?:交|收|补|发|贷|领|拿|报|给|降|减免)多少|补贴?标准|每月多少|一平(?:米|方)?多少|不花钱|要花"
            r"|(?:一个?月|每个?月|一年|每年|一次|一亩)(?:能|给|有|领|拿|发|补|交|收|到手|可以)*(?:几多|好多|多少|几百)(?![人岁天年户次])"
            r"|(?:补贴|津贴|补助|标准|租金)(?:是|有|能|给|领)?(?:几多|好多|多少)(?![人岁天年户次])|(?:贷|给|补|领|交|收|报|罚)(?:得|到)?(?:几多|好多)(?![人岁天年户次])"
            r"|(?:怎么|咋|如何)(?:个)?计算|(?<=[费价钱贴金])(?:是|该|要)?(?:怎么|咋|如何|咋个)(?:个)?[算收](?:法|的|$)|(?<=[费价钱])怎么[算收]|交钱|掏钱|出钱|几成|百分之几|百分之多少|几个点|补一点|工本|多少块|好多钱|几多钱|啥价|什么价|贵不贵|罚(?:多少|几多|几百|几千|好多)|(?:交|收|补|发|给|领|涨)(?:好多|几多|几百)",
        ),
        (
            Aspect.MATERIALS,
            r"带(?:什么|啥|哪些|些|上|(?=户口|身份证|照片|合同))|材料|资料|(?:什么|哪些|啥)(?:手续|证件|证明|东西)|准备(?:什么|啥|哪些)|需要.{0,6}(?:合同|户口本|证明|照片)"
            r"|要(?:啥|什么)$|(?:交|带|拿|要)(?:哪|什么|啥)(?:几)?(?:张|些|样)|哪几张|哪些(?:本本|单子|东西|证)|什么样的照片|照片要|还要交什么|要交什么|本本|几张照片",
        ),
        (
            Aspect.PROMISED_TIME,
            r"多久|好久(?:能|才|可以|拿|办|下来)|几天|多少日|(?:一|两|三|当)天(?:能|可以|就能|之内能)|要等|等多长|几个礼拜|多长时间|多少天|几个工作日|几个月能|时限|(?:什么时候|啥时候|何时|几号).{0,4}(?:拿|办好|下来|到账|发|领|出)",
        ),
        (
            Aspect.WINDOW,
            r"在哪|去哪|上哪|到哪|哪里(?:能|可以)?(?:办|领|交|换|补|申|登)|哪儿|地址|窗口|地点|哪个(?:地方|部门|单位|窗口)"
            r"|几点(?:上班|开门|下班|关门)|周[六日末](?:上班|能|可以|办)|(?:星期|礼拜)[六天日](?:上班|开门|有人|办公)|上班(?:吗|不)|什么地方|啥地方|什么位置|啥位置|办理点|开门|值班|关门|找哪个(?:部门|单位|窗口)|哪个部门|到谁那",
        ),
        (
            Aspect.QUOTA,
            r"名额|限量|限制|几台|几次|几回|多少次|限几|数量|指标|最多能(?:提|取|领)|(?:提|取)(?:多少|几多|好多)",
        ),
        (Aspect.LEGAL_BASIS, r"依据|哪条法|哪部法|什么法|法律规定|凭什么|文件规定"),
        (
            Aspect.CONDITIONS,
            r"条件|资格|符合|什么人|哪些人|多大年纪|多大岁数|多少岁|几岁|[\d一二三四五六七八九十]岁(?:的?[人女男]?的?)?(?:能|可以|够|行)|什么要求|够不够"
            r"|(?:能|可以|可不可以|能不能)(?:办|申请|领|参加|享受|提|上).{0,12}(?:吗|不|么|？)",
        ),
        (Aspect.PROCEDURE, r"怎么|怎样|如何|流程|步骤|程序|咋|网上"),
        (Aspect.NOTICE, r"注意|提醒|当心"),
    )
)


@lru_cache(maxsize=64)
def asked(question: str) -> tuple[Aspect, ...]:
    """The aspects a question names, in its order. A bare “怎么办” is left out beside something more exact."""
    rest = question
    places: dict[Aspect, int] = {}
    for aspect, cue in _CUES:
        if match := cue.search(rest):
            places[aspect] = match.start()
            rest = cue.sub(lambda found: "　" * len(found.group()), rest)
    exact = [aspect for aspect in places if aspect is not Aspect.PROCEDURE]
    return tuple(sorted(exact or places, key=places.__getitem__))


@lru_cache(maxsize=64)
def without_cues(question: str) -> str:
    """The question less the words that only name an aspect: what is left says which matter it is about."""
    for _, cue in _CUES:
        question = cue.sub("　", question)
    return question


def read(guide: Guide, aspect: Aspect) -> str:
    """The field as a citizen reads it."""
    value: str | tuple[str, ...] = getattr(guide, aspect.value)
    return value if isinstance(value, str) else "；".join(value) + "。"
