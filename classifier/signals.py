"""What rules can read in a message: the type of request, and words of danger. Recall first for danger."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from classifier.model import Guess


class EmergencyKind(StrEnum):
    """What kind of danger the words speak of."""

    GAS = "gas"
    FIRE = "fire"
    COLLAPSE = "collapse"
    SELF_HARM = "self_harm"
    VIOLENCE = "violence"
    MEDICAL = "medical"
    GROUP_EVENT = "group_event"


@dataclass(frozen=True, slots=True)
class Emergency:
    """The danger, and the words that speak of it."""

    kind: EmergencyKind
    word: str


_EMERGENCIES: tuple[tuple[EmergencyKind, re.Pattern[str]], ...] = (
    (
        EmergencyKind.GAS,
        re.compile(
            r"(燃气|煤气|天然气|液化气)[^，。！？,.]{0,6}(泄漏|泄露|漏气|爆炸|味道?很[大重浓])|闻到[^，。]{0,6}(煤气|燃气|天然气)|(煤气|燃气)中毒"
        ),
    ),
    (
        EmergencyKind.FIRE,
        re.compile(r"(着火了|起火了|失火了|正在(着火|燃烧)|火灾(了|正在)|冒(浓烟|大火)|烧起来了)"),
    ),
    (
        EmergencyKind.COLLAPSE,
        re.compile(
            r"(房子|楼|墙|桥|路面|屋顶|天花板|脚手架|塔吊)[^，。！？]{0,6}(塌了|倒塌了|垮了|要塌|快塌|塌下来)|有人被(埋|困|压)"
        ),
    ),
    (
        EmergencyKind.SELF_HARM,
        re.compile(
            r"(不想活了|想(自杀|轻生|跳楼)|要(自杀|跳楼|跳河|轻生)|活不下去|割腕|喝(了)?农药|结束生命)"
        ),
    ),
    (
        EmergencyKind.VIOLENCE,
        re.compile(r"(正在(打人|砍人|打架|家暴)|拿着?刀|持刀|砍人|被(绑架|劫持|打得)|有人(抢劫|打人))"),
    ),
    (EmergencyKind.MEDICAL, re.compile(r"(昏迷|晕倒|没有?呼吸|大出血|心脏病发|溺水|触电|中毒了)")),
    (
        EmergencyKind.GROUP_EVENT,
        re.compile(
            r"((几十|上百|几百|数百|上千)[个名]?人[^，。]{0,8}(聚集|堵|围|拉横幅|上访)|集体(上访|堵路|罢工)|堵(了)?(国道|大门|高速))"
        ),
    ),
)

_TYPES: tuple[tuple[str, re.Pattern[str], float], ...] = (
    ("report", re.compile(r"举报|实名举报|偷税|贩卖|违法(经营|生产|占地)|受贿|贪污"), 0.85),
    ("praise", re.compile(r"表扬|点赞|感谢(信|你们|贵|政府|工作人员)|特此感谢|锦旗"), 0.85),
    (
        "suggestion",
        re.compile(
            r"建议|希望(能|可以)?(增加|增设|开通|优化|考虑|尽快出台)|能否(增加|增设|开通)|提(个|一个)?(意见|想法)"
        ),
        0.75,
    ),
    (
        "complaint",
        re.compile(
            r"投诉|扰民|乱收费|不作为|态度(恶劣|差)|欺骗|太(吵|差|脏|臭)|吵死|噪音|油烟|欠薪|拖欠|没人管|无人管|不退"
        ),
        0.8,
    ),
    (
        "consultation",
        re.compile(
            r"请问|咨询|怎么(办|补|申请|领|查|交|弄|报)|如何(办|申请|查)|需要(什么|哪些)|多少钱|什么(时候|条件|材料|手续)|在哪(里|儿)?(办|交|领)?|能不能(办|领|报)|可以(办|领|报)吗|[吗呢么]？?$"
        ),
        0.75,
    ),
    (
        "help",
        re.compile(r"求助|帮(帮)?(我|忙)|急需|解决一下|请(求|帮)|坏了|不亮|停(水|电)|漏水|堵(了|住)"),
        0.65,
    ),
)


def find_emergency(text: str) -> Emergency | None:
    """The first danger the text speaks of, worst kinds first; None for everyday complaints."""
    for kind, pattern in _EMERGENCIES:
        if found := pattern.search(text):
            return Emergency(kind, found.group(0))
    return None


def guess_request_type(text: str) -> Guess:
    """The request type its wording suggests; 求助 at low confidence when nothing does."""
    for label, pattern, confidence in _TYPES:
        if pattern.search(text):
            return Guess(label, confidence)
    return Guess("help", 0.4)
