"""What a conversation remembers, what it may do, and what one turn of it is: plain values, no behaviour.

``bot.conversation`` turns a session and a message into a ``Turn``; ``bot.dialogue`` executes its act.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.wechat.messages import IncomingMessage
from classifier.model import Guess
from classifier.signals import Emergency
from knowledge_base.gaps.gathering import Lack
from routing.citizen_request import RequestType, Secrecy

DRAFT_LIFETIME = timedelta(hours=24)
"""An unfinished filing can be taken up again this long (domain §6)."""

PAUSE = timedelta(minutes=30)
"""After this much silence a filing asks before it goes on, and a follow-up question loses its subject."""

PHOTOS_JOIN = timedelta(minutes=30)
"""Photos that come this soon after filing join the same ticket (domain §6)."""

MOST_PICTURES = 9
LEAST_TEXT = 4
"""A description shorter than this is asked for once more."""


SURE_ENOUGH = 0.5
"""Below this a guessed request type is no guess worth confirming."""


class Step(StrEnum):
    """The question the citizen is answering now."""

    HOME = "home"
    TYPE = "type"
    CONFIRM_TYPE = "confirm_type"
    DESCRIBE = "describe"
    PLACE = "place"
    CONTACT = "contact"
    SECRECY = "secrecy"
    SUMMARY = "summary"
    RESUME = "resume"
    ASK_NUMBER = "ask_number"
    ASK_CODE = "ask_code"
    PICK_TICKET = "pick_ticket"
    TICKET = "ticket"
    SUPPLEMENT = "supplement"
    RATE = "rate"
    RATE_REASON = "rate_reason"
    BAD_RATING = "bad_rating"
    WITHDRAW = "withdraw"


FILING_STEPS = frozenset(
    {
        Step.TYPE,
        Step.CONFIRM_TYPE,
        Step.DESCRIBE,
        Step.PLACE,
        Step.CONTACT,
        Step.SECRECY,
        Step.SUMMARY,
    }
)

FREE_TEXT_STEPS = frozenset(
    {Step.DESCRIBE, Step.PLACE, Step.CONTACT, Step.ASK_NUMBER, Step.ASK_CODE, Step.SUPPLEMENT}
)
"""Here the citizen writes in their own words: ``1`` goes back, and choices are numbered from 2."""


class Pick(StrEnum):
    """What tapping or typing a choice means."""

    HOME = "home"
    BACK = "back"
    PERSON = "person"
    ASK = "ask"
    FILE = "file"
    PROGRESS = "progress"
    MINE = "mine"
    RESUME = "resume"
    DISCARD = "discard"
    KEEP = "keep"
    TYPE = "type"
    OTHER_TYPE = "other_type"
    SKIP = "skip"
    SECRECY = "secrecy"
    SUBMIT = "submit"
    EDIT = "edit"
    USEFUL = "useful"
    UNSOLVED = "unsolved"
    ELDER = "elder"
    SUGGESTION = "suggestion"
    ENTRY = "entry"
    NONE_OF_THESE = "none_of_these"
    FILE_TEXT = "file_text"
    MESSAGE = "message"
    TICKET = "ticket"
    BY_NUMBER = "by_number"
    SUPPLEMENT = "supplement"
    REMIND = "remind"
    RATE = "rate"
    STARS = "stars"
    REASON = "reason"
    WITHDRAW = "withdraw"
    WITHDRAW_SURELY = "withdraw_surely"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the menu under a reply: ``word`` is what is tapped and typed, ``note`` stands beside it."""

    word: str
    pick: Pick
    value: str = ""
    note: str = ""


HOME_MENU = (
    Choice("我要问", Pick.ASK),
    Choice("我要反映", Pick.FILE),
    Choice("查进度", Pick.PROGRESS),
    Choice("我的诉求", Pick.MINE),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo as the platform names it; the platform keeps the file for three days."""

    media_id: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A filing under way. ``id`` is the key of the message that began it: filing twice gives one ticket."""

    id: str
    touched_at: datetime
    request_type: RequestType | None = None
    guess: RequestType | None = None
    """What the machine took the text for; the citizen confirms it."""
    text: str = ""
    place: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    name: str | None = None
    phone: str | None = None
    secrecy: Secrecy | None = None
    pictures: tuple[Picture, ...] = ()
    skipped: tuple[Step, ...] = ()
    """The optional questions the citizen chose not to answer."""

    @property
    def has_content(self) -> bool:
        """Whether dropping this draft would lose something the citizen told us."""
        return bool(self.text or self.pictures or self.place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """All a conversation remembers between two messages.

    ``choices`` are the lines of the last reply's menu: a typed digit means what that reply showed.
    ``ticket`` is set only after the citizen proved a right to it: their own, or number and query code.
    """

    step: Step = Step.HOME
    choices: tuple[Choice, ...] = HOME_MENU
    draft: Draft | None = None
    about: str | None = None
    question: str | None = None
    follows: str | None = None
    """The question that ``question`` is a short follow-up to, without which it says little on a ticket."""
    asked: str | None = None
    """The key of the message that asked ``question``: what a 有用 or 没解决 is the word on."""
    answered: str | None = None
    """The key of the last message that got an answer, until the citizen's word on it: that from ``about``."""
    ticket: str | None = None
    filed: str | None = None
    filed_at: datetime | None = None
    asked_number: str | None = None
    stars: int | None = None
    reasons: tuple[str, ...] = ()
    elder: bool = False
    """长辈模式: shorter answers, menus without notes."""
    wrong_codes: int = 0
    wrong_code_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def whole_question(self) -> str:
        """The last question as it makes sense to somebody who reads it by itself."""
        return "；".join(part for part in (self.follows, self.question) if part)


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


@dataclass(frozen=True, slots=True)
class FindProgress:
    """``code`` None: only the citizen's own tickets open without one."""

    number: str
    code: str | None


@dataclass(frozen=True, slots=True)
class ListMine:
    purpose: Purpose
    stars: int | None = None


@dataclass(frozen=True, slots=True)
class ShowTicket:
    number: str
    purpose: Purpose = Purpose.VIEW
    stars: int | None = None


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


@dataclass(frozen=True, slots=True)
class Reopen:
    number: str
    reason: str


@dataclass(frozen=True, slots=True)
class HandToPerson:
    """Says how to reach a person now, or when somebody is next at work."""


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


@dataclass(frozen=True, slots=True)
class Understanding:
    """What the machine reads in one sentence: its request type, and whether it speaks of danger."""

    reads_like: Guess | None = None
    emergency: Emergency | None = None

    @property
    def request_type(self) -> RequestType | None:
        """None where the rules only fell back on something: then the citizen is asked, not told."""
        guess = self.reads_like
        return RequestType(guess.label) if guess and guess.confidence >= SURE_ENOUGH else None

    @property
    def leaning(self) -> RequestType:
        """What the sentence would most likely be as a ticket, however unsure; the citizen confirms it."""
        return RequestType(self.reads_like.label) if self.reads_like else RequestType.HELP


@dataclass(frozen=True, slots=True)
class Heard:
    """One message with what it was understood as; ``text`` is tidied (full-width, spaces), never None."""

    message: IncomingMessage
    text: str
    understanding: Understanding
    now: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """The next session with what to say, what to do, or both. Its menu is ``session.choices``."""

    session: Session
    say: tuple[str, ...] = ()
    act: Act | None = None
    silent: bool = False
    """Nothing is to be said, as to an unfollow."""


def to_step(session: Session, step: Step, *say: str, choices: tuple[Choice, ...] = ()) -> Turn:
    """A turn that says something and waits at a step with these choices."""
    return Turn(replace(session, step=step, choices=choices), say)


def to_home(session: Session, *say: str) -> Turn:
    """A turn that ends at the home menu; the draft, if any, stays for its 24 hours."""
    resume = (Choice("接着填", Pick.RESUME),) if session.draft else ()
    clean = replace(session, ticket=None, asked_number=None, stars=None, reasons=())
    return to_step(clean, Step.HOME, *say, choices=HOME_MENU + resume)
