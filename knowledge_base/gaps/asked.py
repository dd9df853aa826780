"""One question a citizen put: what came of it, whether it helped, and, where it was not answered, its redacted words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from knowledge_base.gaps.gathering import Lack


class AskedOutcome(StrEnum):
    """Answered, offered several entries to choose from, refused for want of an answer, or kept from answering on
    purpose: a sensitive matter goes to a person, another place's question to that place. ``READ`` is no question: a
    visitor of the public page said whether the entry helped."""

    ANSWERED = "answered"
    CHOICE = "choice"
    REFUSED = "refused"
    TO_A_PERSON = "to_a_person"
    ELSEWHERE = "elsewhere"
    READ = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedTally:
    """How many questions of a period came to the same."""

    outcome: AskedOutcome
    unit_id: str | None = None
    helpful: bool | None = None
    many: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedQuestion:
    """``key`` is the message's, so that one delivered again counts once.

    ``question`` (redacted) and ``asker`` are kept only where something was lacking; ``asker`` is a keyed index that tells
    two citizens apart and names neither. ``unit_id`` is the answering entry's owner, or the unit the question seems
    to be for.
    """

    key: str
    at: datetime
    outcome: AskedOutcome
    article_id: str | None = None
    unit_id: str | None = None
    topic: str = ""
    helpful: bool | None = None
    lack: Lack | None = None
    question: str = ""
    asker: str = ""
    gap_id: str | None = None
