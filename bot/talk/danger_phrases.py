"""What is said where somebody is in danger: the numbers to ring, and one line of advice."""

from __future__ import annotations

from classifier.signals import Emergency, EmergencyKind
from classifier.signals.danger_scene import DangerScene

_SOMEBODY_LISTENS = "您别一个人扛。现在就打12356，有人听您说。有危险打120、110。"
_IN_CASE_OF_DANGER = "如果有人正有危险，请马上打110、119或120。"
_FIRST_CALL: dict[str, tuple[str, str]] = {
    EmergencyKind.GAS: ("119", "先开窗、关阀门，别开关电器。人到屋外再打电话。"),
    EmergencyKind.FIRE: ("119", "人先出来，别坐电梯，别回去拿东西。"),
    EmergencyKind.COLLAPSE: ("119", "先到空地上去，别回去拿东西。"),
    EmergencyKind.TRAPPED: ("119", "说清楚在哪里、几个人。别硬拉硬撬。"),
    EmergencyKind.VIOLENCE: ("110", "您先离开，到人多的地方，锁好门。"),
    EmergencyKind.MEDICAL: ("120", "别乱动受伤的人，等医生来。"),
    EmergencyKind.MISSING: ("110", "马上报警，不用等24小时。"),
    EmergencyKind.GROUP_EVENT: ("110", "您先离开人群，别往里挤。"),
    DangerScene.LIFT: ("119", "按电梯里的报警键，别扒门，靠边站好。"),
    DangerScene.POWER: ("119", "离断线8米以上，别碰触电的人。再打95598停电。"),
    DangerScene.WATER: ("110", "别自己下水，扔绳子、竹竿、救生圈。"),
    DangerScene.POISON: ("120", "带上药瓶。医生没说，别催吐。"),
    DangerScene.JUMPER: ("110", "别围观，别刺激他，看住他等人来。"),
}
"""Which number first, and one line of advice: for people in fear, so nothing longer."""
_NUMBERS = {"110": "报警", "119": "火灾、救援", "120": "急救"}


def emergency_card(emergency: Emergency) -> str:
    """The numbers to ring, before anything else; who wants to die is first offered somebody who listens. One line
    where the danger is only possible."""
    if emergency.kind is EmergencyKind.SELF_HARM and (emergency.scene is None or not emergency.sure):
        return _SOMEBODY_LISTENS
    if not emergency.sure:
        return _IN_CASE_OF_DANGER
    first, advice = _FIRST_CALL[emergency.scene or emergency.kind]
    if emergency.kind is EmergencyKind.SELF_HARM and emergency.scene is DangerScene.POISON:
        advice += "心里难受，打12356。"
    others = "，".join(f"{number} {what}" for number, what in _NUMBERS.items() if number != first)
    return f"有危险，请马上打{first}（{_NUMBERS[first]}）！\n{advice}\n{others}。\n这里不能代替报警。"


def first_number(danger: Emergency | None) -> str:
    """The number once more; all three where it is not known what the danger is."""
    first = _FIRST_CALL.get(danger.scene or danger.kind) if danger is not None else None
    return first[0] if first else "110、119、120"


def dial(number: str) -> str:
    return f"请现在用电话直接拨{number}，这里打不出去。"
