"""The Chinese of triage: labels of what was read in a message, a sentence for every reason and every hint."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from classifier.signals import AbuseKind, EmergencyKind, Gap, TranscriptLevel
from routing.places.gazetteer import PlaceClue, PlaceLevel
from routing.triage.counterfactual import Change, ChangeKind
from routing.triage.deciding import Reason, ReasonKind, ReasonSource

SIGNALS: dict[type[StrEnum], dict[Any, str]] = {
    ReasonSource: {
        ReasonSource.RULE: "规则",
        ReasonSource.MODEL: "模型",
        ReasonSource.PRECEDENT: "先例",
    },
    EmergencyKind: {
        EmergencyKind.GAS: "燃气泄漏",
        EmergencyKind.FIRE: "火灾",
        EmergencyKind.COLLAPSE: "垮塌",
        EmergencyKind.TRAPPED: "人员被困",
        EmergencyKind.SELF_HARM: "轻生",
        EmergencyKind.VIOLENCE: "暴力伤害",
        EmergencyKind.MEDICAL: "急病急救",
        EmergencyKind.MISSING: "人员走失",
        EmergencyKind.GROUP_EVENT: "群体事件",
    },
    AbuseKind: {
        AbuseKind.INSULT: "辱骂攻击",
        AbuseKind.THREAT_TO_STAFF: "威胁工作人员",
        AbuseKind.ADVERTISING: "广告推销",
        AbuseKind.NONSENSE: "无意义内容",
        AbuseKind.REPEATED_TEXT: "重复刷屏",
    },
    TranscriptLevel: {
        TranscriptLevel.GOOD: "清楚完整",
        TranscriptLevel.USABLE: "基本可用",
        TranscriptLevel.POOR: "需要补问",
    },
    Gap: {
        Gap.NO_MATTER: "没说清是什么事",
        Gap.NO_PLACE: "没说清地点",
        Gap.NO_TIME: "没说清时间",
        Gap.NO_DEMAND: "没说清要办什么",
        Gap.MANY_FILLERS: "口头语多",
        Gap.MANY_REPETITIONS: "重复多",
        Gap.MANY_UNFINISHED: "半句话多",
        Gap.ONE_SIDED: "只有一方说话",
        Gap.TOO_SHORT: "内容太短",
    },
    PlaceLevel: {
        PlaceLevel.PROVINCE: "省",
        PlaceLevel.CITY: "市",
        PlaceLevel.COUNTY: "县",
        PlaceLevel.TOWNSHIP: "乡镇街道",
        PlaceLevel.VILLAGE: "村社区",
        PlaceLevel.ROAD: "道路",
        PlaceLevel.ESTATE: "小区",
        PlaceLevel.SCHOOL: "学校",
        PlaceLevel.LANDMARK: "地标",
    },
    PlaceClue: {
        PlaceClue.ONLY_ONE: "只有一处叫这个名字",
        PlaceClue.PARENT_NAMED: "文中说到了它的上级",
        PlaceClue.NEARBY_NAMED: "文中说到了附近的地方",
        PlaceClue.HOME_AREA: "本地只有这一处",
    },
    ChangeKind: {
        ChangeKind.WITHOUT_WORDS: "不计这些词",
        ChangeKind.OTHER_PLACE: "换一个地点",
        ChangeKind.WITHOUT_PLACE: "不说地点",
    },
}

QUESTIONS: dict[Gap, str] = {
    Gap.NO_MATTER: "请问具体是什么情况？",
    Gap.NO_PLACE: "请问具体在哪里？",
    Gap.NO_TIME: "请问是什么时候的事？持续多久了？",
    Gap.NO_DEMAND: "请问您希望怎么解决？",
}
"""What an operator can ask to close a gap; the other gaps are no questions."""

# Why the machine chose a unit, or left the choice to a person ({} is the fact it rests on).
REASONS: dict[ReasonKind, str] = {
    ReasonKind.WORDS: "诉求里提到：{}",
    ReasonKind.DUTY: "属于权责事项“{}”",
    ReasonKind.DANGER: "有危险，抢险的单位排在前面",
    ReasonKind.TOPIC: "内容分类：{}",
    ReasonKind.PLACE: "地点在：{}",
    ReasonKind.UNIT_NAMED: "诉求里点名：{}",
    ReasonKind.SCANNED: "市民扫了{}的码来反映",
    ReasonKind.FALLBACK: "没有更合适的单位，由{}兜底",
    ReasonKind.CLEAR_WORDS: "用词明确，只指向这一事项",
    ReasonKind.LEARNED: "从以往派单学到：{}把握",
    ReasonKind.PRECEDENTS: "最近{}件相似工单，{}件由该单位办理",
    ReasonKind.PRECEDENTS_ELSEWHERE: "最近{}件相似工单，{}件由当地同级单位办理",
    ReasonKind.SUCCESSOR: "已承接{}的职责",
    ReasonKind.LOW_CONFIDENCE: "内容分类把握不足（{}）",
    ReasonKind.TOPIC_DISAGREES: "内容分类与权责事项不一致（{}）",
    ReasonKind.TOPIC_UNKNOWN: "这类事项（{}）不在自动分类范围内",
    ReasonKind.SEVERAL_DUTIES: "同时涉及几个事项：{}",
    ReasonKind.SEVERAL_TOPICS: "同时涉及几类事情：{}",
    ReasonKind.SEVERAL_REQUESTS: "可能不止一件事，分开看该由几个单位办：{}",
    ReasonKind.WEAK_WORDS: "线索太少：{}",
    ReasonKind.NO_DUTY: "权责清单里没有找到对应事项",
    ReasonKind.LEARNED_DISAGREES: "以往派单更像是{}（{}把握）",
    ReasonKind.PRECEDENTS_DISAGREE: "最近{}件相似工单，{}件由{}办理",
    ReasonKind.PLACE_UNKNOWN: "属地事项，但地点不明确",
    ReasonKind.PLACE_AMBIGUOUS: "地点有重名：{}",
    ReasonKind.OUTSIDE_AREA: "地点不在本县：{}",
    ReasonKind.GATE_TIGHTENED: "自动派单已收紧：{}",
    ReasonKind.GATE_STOPPED: "暂停自动派单：{}",
}
_SEVERAL_FACTS = frozenset(
    {
        ReasonKind.PRECEDENTS,
        ReasonKind.PRECEDENTS_ELSEWHERE,
        ReasonKind.LEARNED_DISAGREES,
        ReasonKind.PRECEDENTS_DISAGREE,
    }
)
"""Their details hold one fact for each {}."""


def say_reason(reason: Reason) -> str:
    """One reason of a triage decision, as dispatchers and unit staff read it."""
    facts = reason.detail.split("、") if reason.kind in _SEVERAL_FACTS else [reason.detail or "无"]
    return REASONS[reason.kind].format(*facts)


def say_change(change: Change, unit: str) -> str:
    """若……，则…… : what would lead elsewhere; ``unit`` is the name of the unit that would stand first."""
    match change.kind:
        case ChangeKind.WITHOUT_WORDS:
            given = "、".join(f"“{word}”" for word in change.detail.split("、"))
            condition = f"若不计{given}"
        case ChangeKind.OTHER_PLACE:
            condition = f"若地点在{change.detail}"
        case ChangeKind.WITHOUT_PLACE:
            condition = f"若没有说地点“{change.detail}”"
    if change.stays:
        return f"{condition}，仍首选{unit}，{'机器可以自动派单' if change.automatic else '但须由人工派单'}"
    return f"{condition}，则首选{unit}（{'可自动派单' if change.automatic else '由人工派单'}）"
