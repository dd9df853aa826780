"""More of the story, said where something else was asked for, pure: kept rather than refused."""

from __future__ import annotations

from bot.intake import MOST_CHARACTERS
from bot.talk import misfortunes, phrases, place_words, said_freely
from bot.talk.filing import answer, ask
from bot.talk.heard_beside import phone_in, places_in, sounds_like, without_own_phone
from bot.talk.session import Heard, Session, Turn
from routing.citizen_request import RequestType


def tells_more(text: str) -> bool:
    """More of the matter, said where a short answer was asked for."""
    return said_freely.added(text) is not None or place_words.tells_a_story(text)


def add_words(session: Session, heard: Heard) -> Turn:
    """Said where a choice was asked for: more of the story, kept rather than refused."""
    draft = session.draft
    assert draft is not None
    if said_freely.already_told(draft.text, heard.text):
        return ask(session, session.step, *after_danger(heard), phrases.TOLD_ALREADY)
    words = without_own_phone(said_freely.without_adding(heard.text))
    retold = said_freely.already_told(words, draft.text)
    text = f"{draft.text}\n{words}" if draft.text and not retold else words
    if len(text) > MOST_CHARACTERS:
        return ask(session, session.step, phrases.TOO_LONG)
    say = after_danger(heard, *((phrases.NEW_TEXT,) if draft.text else ()), told=draft.text)
    guess = _steady(sounds_like(text) or heard.understanding.request_type, draft.guess)
    places = draft.places if draft.place else tuple(dict.fromkeys((*places_in(words), *draft.places)))[:2]
    heard_phone = phone_in(heard.text) or draft.phone_heard
    return answer(session, say, text=text, guess=guess, parts=(), phone_heard=heard_phone, places=places)


_TROUBLES = frozenset({RequestType.HELP, RequestType.COMPLAINT, RequestType.REPORT})


def _steady(read: RequestType | None, before: RequestType | None) -> RequestType | None:
    """A trouble told does not become praise or a wish by one word more."""
    return read if read is not None and (read in _TROUBLES or before not in _TROUBLES) else before


def after_danger(heard: Heard, *say: str, told: str = "") -> tuple[str, ...]:
    """The numbers first; where the danger is sure, the form is not simply gone on with."""
    emergency = heard.understanding.emergency
    calm = (phrases.AFTER_DANGER,) if emergency is not None and emergency.sure else ()
    return (*alarm(heard, told), *say, *calm)


def alarm(heard: Heard, told: str = "") -> tuple[str, ...]:
    """The emergency numbers, where what was said speaks of danger; else what to do at once about a fraud or a theft."""
    emergency = heard.understanding.emergency
    if emergency is not None:
        return (phrases.emergency_card(emergency),)
    advice = misfortunes.advice_on(heard.text, told=told)
    return (advice,) if advice else ()
