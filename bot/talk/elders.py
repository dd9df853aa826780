"""长辈模式, pure: shorter words and menus; offered once to who does not get on."""

from __future__ import annotations

from bot.talk import phrases
from bot.talk.filing import Handler, again
from bot.talk.replacing import replace
from bot.talk.session import Choice, Heard, Pick, Session, Step, Turn

_TURNS = 2
"""So many turns in a row without getting on, and 长辈模式 is offered."""
_PUZZLED = frozenset(
    {
        phrases.NO_SUCH_CHOICE,
        phrases.NOT_HEARD,
        phrases.VOICE_KEPT,
        phrases.EMPTY,
        phrases.UNSUPPORTED,
        phrases.BAD_PHONE,
        phrases.NO_PHONE,
        phrases.NOT_A_PLACE,
        phrases.TOO_SHORT,
        phrases.BAD_NUMBER,
        phrases.BAD_CODE,
        phrases.ASK_LATER,
    }
)


def offer_plainer_words(turn: Turn) -> Turn:
    """The turn, with 长辈模式 among its choices after two that did not help; never twice, and not where a choice more
    would stand among stars."""
    session = turn.session
    if turn.silent:
        return turn
    if _PUZZLED.isdisjoint(turn.say):
        return replace(turn, session=replace(session, puzzled=0)) if session.puzzled else turn
    puzzled = session.puzzled + 1
    if puzzled < _TURNS or session.elder or session.elder_offered or session.step is Step.RATE:
        return replace(turn, session=replace(session, puzzled=puzzled))
    choices = (*session.choices, Choice("长辈模式", Pick.ELDER_ON))
    offering = replace(session, choices=choices, elder_offered=True, puzzled=0)
    return replace(turn, session=offering, say=(*turn.say, phrases.ELDER_OFFER))


def _switch_elder(session: Session, heard: Heard, value: str) -> Turn:
    return _elder(session, on=not session.elder)


def _elder_on(session: Session, heard: Heard, value: str) -> Turn:
    return _elder(session, on=True)


def _elder_off(session: Session, heard: Heard, value: str) -> Turn:
    return _elder(session, on=False)


def _elder(session: Session, *, on: bool) -> Turn:
    """Spoken to another way from now on; the question stays the same."""
    choices = tuple(choice for choice in session.choices if choice.pick is not Pick.ELDER_ON)
    switched = replace(session, elder=on, elder_offered=True, puzzled=0, choices=choices)
    return again(switched, phrases.ELDER_ON if on else phrases.ELDER_OFF)


HANDLERS: dict[Pick, Handler] = {
    Pick.ELDER: _switch_elder,
    Pick.ELDER_ON: _elder_on,
    Pick.ELDER_OFF: _elder_off,
}
