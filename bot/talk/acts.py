"""What a turn of the dialogue may ask to be done: plain values, executed by ``bot.conversations.errands``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.talk.draft import Draft, Picture
from knowledge_base.gaps.gathering import Lack
from routing.citizen_request import RequestType


class Purpose(StrEnum):
    """Why the citizen's own tickets are looked up."""

    VIEW = "view"
    RATE = "rate"
    REMIND = "remind"
    SUPPLEMENT = "supplement"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class AskKnowledge:
    question: str
    about: str | None
    reads_like: RequestType | None
    """What the sentence would be as a ticket, where the rules recognised anything but a question."""
    offered: bool = False
    """Asked while a filing stood offered: what is no question of its own is more to that report."""
    narrowed: bool = False
    """``question`` is what is left of the message once its story is taken away."""
    beside: tuple[str, ...] = ()
    """What the same message reports: offered to be filed once the question is answered."""
    apart: bool = False
    """The same message answered a question of the filing first: nothing else in it is an answer."""


@dataclass(frozen=True, slots=True)
class QuoteEntry:
    """The question answered from the entry the citizen chose among several; ``asked`` is the question's key."""

    article_id: str
    question: str
    asked: str | None


@dataclass(frozen=True, slots=True)
class RecordFeedback:
    """有用 or 没解决 on an answer: to the question with the key ``asked``."""

    article_id: str
    helpful: bool
    asked: str | None = None
    question: str = ""


@dataclass(frozen=True, slots=True)
class NoteLack:
    """A question that got no answer, kept (redacted) so that it becomes somebody's task."""

    asked: str | None
    question: str
    lack: Lack


@dataclass(frozen=True, slots=True)
class FileTicket:
    draft: Draft
    at_unit: str | None = None
    """The department of the code by which the draft has its place."""


@dataclass(frozen=True, slots=True)
class FindProgress:
    """``code`` None: only the citizen's own tickets open without one."""

    number: str
    code: str | None


@dataclass(frozen=True, slots=True)
class ListMine:
    """``page`` counts from 0."""

    purpose: Purpose
    stars: int | None = None
    page: int = 0


@dataclass(frozen=True, slots=True)
class ShowTicket:
    number: str
    purpose: Purpose = Purpose.VIEW
    stars: int | None = None
    only: bool = False
    """Shown unasked, as the citizen's only one: somebody else's may have been meant."""


@dataclass(frozen=True, slots=True)
class Supplement:
    number: str
    text: str
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Rate:
    number: str
    stars: int
    reasons: tuple[str, ...]
    resolved: bool | None
    comment: str | None


@dataclass(frozen=True, slots=True)
class Remind:
    number: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    number: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reopen:
    number: str
    reason: str


@dataclass(frozen=True, slots=True)
class HandToPerson:
    """Hands over to a person where the account has one at work; else says how and when to reach one.

    ``only_told``: when and how people are reached is asked, not for one of them.
    """

    only_told: bool = False


Act = (
    AskKnowledge
    | QuoteEntry
    | RecordFeedback
    | NoteLack
    | FileTicket
    | FindProgress
    | ListMine
    | ShowTicket
    | Supplement
    | Rate
    | Remind
    | Withdraw
    | Reopen
    | HandToPerson
)
