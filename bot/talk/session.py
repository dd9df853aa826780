"""What a conversation remembers, what it may do, and what one turn of it is: plain values, no behaviour.

``bot.talk.conversation`` turns a session and a message into a ``Turn``; ``bot.conversations.dialogue`` executes its act.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.talk.acts import Act as Act
from bot.talk.acts import AskKnowledge as AskKnowledge
from bot.talk.acts import FileTicket as FileTicket
from bot.talk.acts import FindProgress as FindProgress
from bot.talk.acts import HandToPerson as HandToPerson
from bot.talk.acts import ListMine as ListMine
from bot.talk.acts import NoteLack as NoteLack
from bot.talk.acts import Purpose as Purpose
from bot.talk.acts import QuoteEntry as QuoteEntry
from bot.talk.acts import Rate as Rate
from bot.talk.acts import RecordFeedback as RecordFeedback
from bot.talk.acts import Remind as Remind
from bot.talk.acts import Reopen as Reopen
from bot.talk.acts import ShowTicket as ShowTicket
from bot.talk.acts import Supplement as Supplement
from bot.talk.acts import Withdraw as Withdraw
from bot.talk.asked import Asked as Asked
from bot.talk.draft import DISCLOSURE_TIER as DISCLOSURE_TIER
from bot.talk.draft import LEAST_TEXT as LEAST_TEXT
from bot.talk.draft import MOST_PICTURES as MOST_PICTURES
from bot.talk.draft import Draft as Draft
from bot.talk.draft import Picture as Picture
from bot.talk.draft import Sent as Sent
from bot.talk.replacing import replace
from bot.talk.steps import FILING_STEPS as FILING_STEPS
from bot.talk.steps import FREE_TEXT_STEPS as FREE_TEXT_STEPS
from bot.talk.steps import HOME_MENU as HOME_MENU
from bot.talk.steps import Choice as Choice
from bot.talk.steps import Pick as Pick
from bot.talk.steps import Step as Step
from bot.wechat.messages import IncomingMessage
from classifier.model import Guess
from classifier.signals import Emergency
from routing.citizen_request import RequestType

DRAFT_LIFETIME = timedelta(hours=24)
"""An unfinished filing can be taken up again this long (domain §6)."""

PAUSE = timedelta(minutes=30)
"""After this much silence a filing asks before it goes on, and a follow-up question loses its subject."""

PHOTOS_JOIN = timedelta(minutes=30)
"""Photos that come this soon after filing join the same ticket (domain §6)."""

SCAN_COUNTS = timedelta(hours=2)
"""The place of a scanned code is offered for what is reported this soon after."""

SURE_ENOUGH = 0.5
"""Below this a guessed request type is no guess worth confirming."""


# No slots: some thirty fields are copied and written out as one dictionary.
@dataclass(frozen=True, kw_only=True)
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
    comment: str | None = None
    """Said beside the stars (不满意，还是黑的), until it is known which ticket is rated."""
    interrupted: Step | None = None
    """The question of a filing in whose middle a notice asked something else: put again once that is answered."""
    sent: Sent | None = None
    supplied_at: datetime | None = None
    """When what a notice had asked for came: no photo after that belongs to it unasked."""
    elder: bool = False
    """长辈模式: shorter answers, menus without notes."""
    elder_offered: bool = False
    puzzled: int = 0
    """How many turns in a row did not get on: after two the 长辈模式 is offered, once."""
    one_explained: bool = False
    """Whether the citizen was told in this filing that 1 goes back where they write freely."""
    wrong_codes: int = 0
    wrong_code_at: datetime | None = None
    consent: str | None = None
    """The version of the privacy notice the citizen agreed to by leaving a number after reading it."""
    consent_at: datetime | None = None
    phone: str | None = None
    name: str | None = None
    place: str | None = None
    """Told at the last filing: offered at the next, never taken unasked."""
    scanned: str | None = None
    """The place of the code the citizen came by, for what they report soon after."""
    scanned_at: datetime | None = None
    scanned_unit: str | None = None
    """The department whose place that is."""
    person_since: datetime | None = None
    person_came: bool = False
    updated_at: datetime | None = None

    @property
    def whole_question(self) -> str:
        """The last question as it makes sense to somebody who reads it by itself."""
        return "；".join(part for part in (self.follows, self.question) if part)


class Scene(Protocol):
    """The place a QR code was put up at."""

    @property
    def label(self) -> str: ...

    @property
    def place(self) -> str: ...

    @property
    def unit_id(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Understanding:
    """What the machine reads in one sentence: its request type, and whether it speaks of danger."""

    reads_like: Guess | None = None
    emergency: Emergency | None = None
    scene: Scene | None = None
    """What the QR code stands for that the citizen scanned with this message."""
    welcome: str | None = None
    """The account's own words of welcome, where it has some."""
    asked: Asked | None = None
    """What a notice asked the citizen last."""

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
    hand_over: bool = False
    """The message goes to a person at the platform's customer-service desk."""


def to_step(session: Session, step: Step, *say: str, choices: tuple[Choice, ...] = ()) -> Turn:
    """A turn that says something and waits at a step with these choices."""
    return Turn(replace(session, step=step, choices=choices), say)


def to_home(session: Session, *say: str) -> Turn:
    """A turn that ends at the home menu; the draft, if any, stays for its 24 hours."""
    resume = (Choice("接着填", Pick.RESUME),) if session.draft else ()
    clean = replace(
        session,
        ticket=None,
        asked_number=None,
        stars=None,
        reasons=(),
        comment=None,
        interrupted=None,
        sent=None,
        one_explained=False,
    )
    return to_step(clean, Step.HOME, *say, choices=HOME_MENU + resume)
