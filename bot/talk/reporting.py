"""Whoever asks whether something may be reported here reports it, pure."""

from __future__ import annotations

from bot.talk import filing, phrases, questions
from bot.talk.heard_beside import sounds_like
from bot.talk.replacing import replace
from bot.talk.session import Heard, Session, Turn
from bot.wording import label
from routing.citizen_request import RequestType

_NAMED = (RequestType.COMPLAINT, RequestType.REPORT)
_TROUBLES = frozenset({RequestType.HELP, RequestType.COMPLAINT, RequestType.REPORT})


def begin_report(session: Session, heard: Heard, matter: str) -> Turn:
    """Yes, and the filing; empty ``matter``: of what is asked first."""
    if not matter:
        turn = filing.begin_or_resume(session, heard, "")
        return replace(turn, say=(phrases.CAN_BE_REPORTED, *turn.say))
    named = next((kind for kind in _NAMED if label(kind) in heard.text), None)
    read = named or sounds_like(matter)
    guess = read if read in _TROUBLES else RequestType.HELP
    return filing.begin(session, heard, text=matter, guess=guess, say=(phrases.CAN_BE_REPORTED,))


def with_a_question_about_it(session: Session, heard: Heard, story: str, answer: str) -> Turn | None:
    """A story that ends in a question about the filing itself: answered, and the story filed with it."""
    read = sounds_like(story)
    if read not in _TROUBLES and not questions.tells_trouble(story):
        return None
    guess = read if read in _TROUBLES else RequestType.HELP
    return filing.begin(session, heard, text=heard.text, guess=guess, say=(answer,))
