"""Which turns may be remembered by Redis alone: those that cost a citizen nothing but a menu when they are lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from operator import attrgetter

from bot.talk.session import (
    Act,
    AskKnowledge,
    HandToPerson,
    ListMine,
    NoteLack,
    QuoteEntry,
    RecordFeedback,
    Session,
)

_LOSABLE = frozenset({"choices", "about", "question", "follows", "asked", "answered", "updated_at"}) | {
    "puzzled",
    "elder_offered",
}
"""The last menu, what the last question was about, and how often somebody was puzzled. Whatever is not named here
lasts, new fields too."""
_lasting = attrgetter(*(field.name for field in fields(Session) if field.name not in _LOSABLE))
_READS = (AskKnowledge, QuoteEntry, RecordFeedback, NoteLack, ListMine, HandToPerson)
"""Acts that change no ticket; what they write down is written by themselves."""


def must_last(before: Session, after: Session, acts: Iterable[Act]) -> bool:
    """Whether this turn has to be in MongoDB before its reply goes out."""
    if any(not isinstance(act, _READS) for act in acts):
        return True
    return bool(_lasting(before) != _lasting(after))
