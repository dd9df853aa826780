"""The numbers to ring, wherever a question is answered without the dialogue: the public page, the command line."""

from __future__ import annotations

from bot.talk.phrases import emergency_card
from classifier.signals import Emergency, EmergencyKind, read_type_and_danger
from knowledge_base.answering.outcome import Answer, Choice, Refusal

LIFE_IN_DANGER = "生命安全"
"""The sensitive topic whose questions get the numbers to ring even where no single word tells of danger."""


def danger_card(words: str, outcome: Answer | Choice | Refusal) -> str:
    """As WeChat says it where the words tell of danger, or of somebody who wants to die; empty where they do not."""
    _, emergency = read_type_and_danger(words)
    if emergency is None and isinstance(outcome, Refusal) and outcome.named == LIFE_IN_DANGER:
        emergency = Emergency(EmergencyKind.SELF_HARM, words)
    return emergency_card(emergency) if emergency and emergency.sure else ""
