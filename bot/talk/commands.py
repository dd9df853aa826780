"""What each choice and command does, pure: those of every part of the dialogue, and those of none."""

from __future__ import annotations

from collections.abc import Callable

from bot.talk import (
    answer_choices,
    elders,
    filing,
    following,
    interrupted,
    phrases,
    privacy_notice,
    rating,
    supplying,
)
from bot.talk.filing import again
from bot.talk.replacing import replace
from bot.talk.session import (
    DISCLOSURE_TIER,
    Choice,
    HandToPerson,
    Heard,
    Pick,
    Session,
    Step,
    Turn,
    to_home,
    to_step,
)
from routing.citizen_request import RequestType


def pick(session: Session, heard: Heard, meant: Pick, value: str) -> Turn:
    """The turn that a choice stands for."""
    return _HANDLERS[meant](session, heard, value)


def _go_home(session: Session, heard: Heard, value: str) -> Turn:
    if session.step is Step.BAD_RATING:  # 不用了: nothing is to be done again
        return interrupted.home(session)
    return to_home(session)


def _go_back(session: Session, heard: Heard, value: str) -> Turn:
    return following.after_back(session)


def _person(session: Session, heard: Heard, value: str) -> Turn:
    return Turn(session, act=HandToPerson())


def _leave_message(session: Session, heard: Heard, value: str) -> Turn:
    return filing.begin_or_resume(session, heard, RequestType.HELP.value)


def _invite_question(session: Session, heard: Heard, value: str) -> Turn:
    return to_home(session, phrases.ASK_AWAY)


def _privacy(session: Session, heard: Heard, value: str) -> Turn:
    return again(session, privacy_notice.FULL)


def _forget(session: Session, heard: Heard, value: str) -> Turn:
    """What was kept from one filing for the next; the tickets themselves are the law's to keep."""
    bare = replace(
        session,
        phone=None,
        name=None,
        place=None,
        scanned=None,
        scanned_unit=None,
        consent=None,
        consent_at=None,
    )
    return again(bare, phrases.FORGOTTEN)


def _disclosure(session: Session, heard: Heard, value: str) -> Turn:
    """How to apply for information; ``value`` set: apply here."""
    if value:
        return filing.begin(session, heard, request_type=RequestType.CONSULTATION, tier=DISCLOSURE_TIER)
    choices = (Choice("在这里申请", Pick.DISCLOSURE, DISCLOSURE_TIER), Choice("首页", Pick.HOME))
    return to_step(session, Step.HOME, phrases.DISCLOSURE, choices=choices)


_HANDLERS: dict[Pick, Callable[[Session, Heard, str], Turn]] = {
    **filing.HANDLERS,
    **following.HANDLERS,
    **answer_choices.HANDLERS,
    **elders.HANDLERS,
    **rating.HANDLERS,
    **supplying.HANDLERS,
    Pick.HOME: _go_home,
    Pick.BACK: _go_back,
    Pick.PERSON: _person,
    Pick.MESSAGE: _leave_message,
    Pick.ASK: _invite_question,
    Pick.PRIVACY: _privacy,
    Pick.FORGET: _forget,
    Pick.DISCLOSURE: _disclosure,
}
