"""Where danger is told of, finer than its kind, so that the first number and the advice fit: read only once danger is found."""

from __future__ import annotations

import re
from enum import StrEnum

from classifier.signals.danger_words import EmergencyKind


class DangerScene(StrEnum):
    """What calls for other advice than its kind does."""

    LIFT = "lift"
    POWER = "power"
    WATER = "water"
    POISON = "poison"
    JUMPER = "jumper"


_SCENES: tuple[tuple[DangerScene, frozenset[EmergencyKind], re.Pattern[str]], ...] = tuple(
    (scene, frozenset(kinds), re.compile(words))
    for scene, kinds, words in (
        (DangerScene.LIFT, (EmergencyKind.TRAPPED,), r"电梯"),
        (
            DangerScene.POWER,
            (EmergencyKind.TRAPPED, EmergencyKind.FIRE),
            r"触电|漏电|高压线|电线|被电[到击倒着了]",
        ),
        (
            DangerScene.WATER,
            (EmergencyKind.TRAPPED, EmergencyKind.SELF_HARM, EmergencyKind.MISSING),
            r"落水|溺水|沉下去|(?<!我想)(?<!我要)(?<!想)[掉跳投滑落](?:进|到|入|下|在)?了?[^，。！？]{0,3}(?:河|江|海|湖|塘|水库|水里)",
        ),
        (
            DangerScene.POISON,
            (EmergencyKind.SELF_HARM, EmergencyKind.MEDICAL),
            r"(?:喝|吞|服|误食)[下了过]*[^，。！？想]{0,4}(?:农药|百草枯|敌敌畏|毒药|老鼠药|安眠药)|吃了[^，。！？]{0,6}药"
            r"|药[^，。！？]{0,3}[吃喝吞](?:下去|了|下)",
        ),
        (
            DangerScene.JUMPER,
            (EmergencyKind.SELF_HARM,),
            r"(?:有|一)个?(?:人|男|女|小|老|学生)[^，。！？]{0,12}[跳投翻爬站坐]|(?:楼顶|天台|桥上|栏杆)[^，。！？]{0,4}有个?人",
        ),
    )
)


_OF_ONESELF = re.compile(r"我[^，。！？看见听有]{0,4}(?:想|要|准备|打算|就|去|只有)|不想活|活不下去|不如死")
"""Who speaks of their own death is listened to first, whatever way they name."""


def scene_of(text: str, kind: EmergencyKind) -> DangerScene | None:
    """The first scene of this kind of danger that the words name."""
    if kind is EmergencyKind.SELF_HARM and _OF_ONESELF.search(text):
        return None
    return next((scene for scene, kinds, words in _SCENES if kind in kinds and words.search(text)), None)
