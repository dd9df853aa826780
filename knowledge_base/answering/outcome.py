"""What comes of a question: an answer with its source, a choice of matters, or an honest no."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Citation:
    """What an answer rests on, as printed under it: 《标题》第七条（单位，文号，发布日期、施行日期）.

    ``provision`` is the numbered article of a document that was quoted, None where none was.
    """

    title: str
    issuer: str
    document_number: str | None
    published_on: date
    effective_on: date
    provision: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A passage in force that day. ``field`` names the guide's field in Chinese (收费标准), None for other kinds."""

    article_id: str
    title: str
    text: str
    citation: Citation
    confidence: float
    field: str | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question the knowledge base does answer."""

    article_id: str
    question: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Several matters fit what was asked equally well; which one was meant? Two to four, best first."""

    options: tuple[Suggestion, ...]


class RefusalReason(StrEnum):
    """Nothing is near; something is, but not surely; what answers it no longer holds; it is for a person, whatever
    the library says; or it asks about a place other than the asker's."""

    NOTHING_NEAR = "nothing_near"
    UNSURE = "unsure"
    LAPSED = "lapsed"
    SENSITIVE = "sensitive"
    OTHER_REGION = "other_region"


@dataclass(frozen=True, slots=True)
class Refusal:
    """No answer, with at most three questions that come nearest.

    ``named`` says in Chinese which sensitive topic or which other place it was, for those two reasons.
    """

    nearest: tuple[Suggestion, ...]
    reason: RefusalReason
    named: str | None = None


Outcome = Answer | Choice | Refusal
