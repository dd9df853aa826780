"""What can be read in a message beside its topic: danger, the type of request, abuse, several requests in one."""

from __future__ import annotations

from dataclasses import dataclass

from classifier.model import Guess
from classifier.signals import second_opinion
from classifier.signals.abuse import ABUSE_TRIGGERS, Abuse, AbuseKind, find_abuse
from classifier.signals.danger import (
    BRIEF_TRIGGERS,
    DANGER_TRIGGERS,
    MOST_CHARACTERS,
    Emergency,
    find_emergency,
)
from classifier.signals.danger_words import EmergencyKind
from classifier.signals.request_type import TYPE_TRIGGERS, guess_request_type
from classifier.signals.splitting import split_requests
from classifier.signals.transcript import Gap, TranscriptLevel, TranscriptQuality, judge_transcript
from classifier.signals.triggers import Watch

__all__ = [
    "Abuse",
    "AbuseKind",
    "Emergency",
    "EmergencyKind",
    "Gap",
    "Signals",
    "TranscriptLevel",
    "TranscriptQuality",
    "find_abuse",
    "find_emergency",
    "guess_request_type",
    "judge_transcript",
    "read_signals",
    "read_type_and_danger",
    "split_requests",
]


_WATCH = Watch(TYPE_TRIGGERS, DANGER_TRIGGERS, BRIEF_TRIGGERS, ABUSE_TRIGGERS)
_FIRST_WATCH = Watch(TYPE_TRIGGERS, DANGER_TRIGGERS)


@dataclass(frozen=True, slots=True)
class Signals:
    """All that is read in one message before anybody decides about it."""

    request_type: Guess
    emergency: Emergency | None
    abuse: Abuse | None
    requests: tuple[str, ...]
    """The single requests of the text, in order; the text itself where it is one."""


def read_type_and_danger(text: str) -> tuple[Guess, Emergency | None]:
    """What must be known of a message before anything else, its words looked for in one pass."""
    of_type, of_danger = _FIRST_WATCH.see(text[:MOST_CHARACTERS])
    heard = second_opinion.hear(text) if len(text) <= second_opinion.MOST_CHARACTERS else None
    return (
        guess_request_type(text, seen=of_type, heard=heard),
        find_emergency(text, seen=of_danger, heard=heard),
    )


def read_signals(text: str) -> Signals:
    """Type, danger, abuse and the single requests of a message, its words looked for in one pass."""
    of_type, of_danger, of_brief, of_abuse = _WATCH.see(text[:MOST_CHARACTERS])
    heard = second_opinion.hear(text) if len(text) <= second_opinion.MOST_CHARACTERS else None
    return Signals(
        request_type=guess_request_type(text, seen=of_type, heard=heard),
        emergency=find_emergency(text, seen=of_danger, brief=of_brief, heard=heard),
        abuse=find_abuse(text, seen=of_abuse),
        requests=split_requests(text),
    )
