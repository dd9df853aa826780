"""The questions a citizen can be answering, and what a choice can mean: the dialogue's vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """The question the citizen is answering now."""

    HOME = "home"
    TYPE = "type"
    CONFIRM_TYPE = "confirm_type"
    SPLIT = "split"
    DESCRIBE = "describe"
    PLACE = "place"
    CONTACT = "contact"
    SECRECY = "secrecy"
    SUMMARY = "summary"
    EDIT = "edit"
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
    PERSON = "person"


FILING_STEPS = frozenset(
    {
        Step.TYPE,
        Step.CONFIRM_TYPE,
        Step.SPLIT,
        Step.DESCRIBE,
        Step.PLACE,
        Step.CONTACT,
        Step.SECRECY,
        Step.SUMMARY,
        Step.EDIT,
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
    SPLIT = "split"
    TOGETHER = "together"
    PLACE = "place"
    PHONE = "phone"
    SKIP = "skip"
    SECRECY = "secrecy"
    SUBMIT = "submit"
    EDIT = "edit"
    EDIT_MENU = "edit_menu"
    ADD_WORDS = "add_words"
    NO_PICTURES = "no_pictures"
    USEFUL = "useful"
    UNSOLVED = "unsolved"
    ELDER = "elder"
    ELDER_ON = "elder_on"
    ELDER_OFF = "elder_off"
    PRIVACY = "privacy"
    FORGET = "forget"
    DISCLOSURE = "disclosure"
    SUGGESTION = "suggestion"
    ENTRY = "entry"
    NONE_OF_THESE = "none_of_these"
    FILE_TEXT = "file_text"
    MESSAGE = "message"
    TICKET = "ticket"
    PAGE = "page"
    BY_NUMBER = "by_number"
    SUPPLEMENT = "supplement"
    REMIND = "remind"
    RATE = "rate"
    STARS = "stars"
    REASON = "reason"
    ELSEWHERE = "elsewhere"
    WITHDRAW = "withdraw"
    WITHDRAW_SURELY = "withdraw_surely"
    REOPEN = "reopen"
    SUPPLY = "supply"
    NOT_FOR_THIS = "not_for_this"


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
