"""An answer inside a sentence at one of the filing's questions, pure: “保密吧，别让他们晓得是我”, “算了不报了”.

Only what is an answer to the question put is read so; None leaves the sentence to ``bot.talk.filing_words``.
"""

from __future__ import annotations

from bot.talk import filing, phrases, place_words, pleasantries, questions, said_freely, small_talk, spoken
from bot.talk.filing import ask, ask_next
from bot.talk.heard_beside import phone_in, places_in
from bot.talk.replacing import replace
from bot.talk.session import Heard, Pick, Session, Step, Turn
from routing.citizen_request import Secrecy

_OUTRIGHT_ONLY = frozenset({Step.DESCRIBE, Step.PLACE, Step.CONTACT})
"""Here 不用了 answers the question, and 不填了 may mean this one field."""
_ENOUGH_OF_IT = frozenset({"算了", "算了算了", "唉算了", "那算了"})
"""Of this question, or of all of it?"""
_CHOSEN = frozenset(
    {Step.TYPE, Step.CONFIRM_TYPE, Step.SPLIT, Step.CONTACT, Step.SECRECY, Step.SUMMARY, Step.EDIT}
)


def meant(session: Session, heard: Heard) -> Turn | None:
    """The turn that a sentence asks for at this step; None where it is no answer to it."""
    draft, text = session.draft, heard.text
    emergency = heard.understanding.emergency
    if draft is None or (emergency is not None and emergency.sure):
        return None
    if said_freely.insults(text):
        return ask(session, session.step, phrases.CALM)
    if said_freely.drops_the_other(text) and (draft.parts or draft.more):
        return _only_the_first(session, heard)
    answered = _yes_or_no(session, heard) if session.step is Step.SECRECY and not draft.tier else None
    if answered is not None:
        return answered
    if session.step is Step.PLACE and spoken.command_word(text) in _ENOUGH_OF_IT:
        return ask(session, session.step, phrases.STOP_OR_GO)
    if said_freely.gives_up(text, outright=session.step in _OUTRIGHT_ONLY):
        return filing.discard(session, heard, "")
    if pleasantries.joked(text):
        return filing.discard(session, heard, "")
    if session.step in _CHOSEN and pleasantries.thanks(text):
        return ask(session, session.step, phrases.YOU_ARE_WELCOME)
    about_us = small_talk.about_this_service(session, heard, spoken.command_word(text))
    if about_us is not None:
        return about_us
    if session.step in (Step.TYPE, Step.CONFIRM_TYPE):
        return _of_type(session, heard)
    if session.step is Step.SPLIT:
        return _apart(session, heard)
    if session.step is Step.PLACE and not places_in(text) and place_words.bare_place(text) is None:
        return _secrecy_before_number(session, heard)
    if session.step is Step.CONTACT and not draft.tier and phone_in(text) is None:
        return _secrecy_before_number(session, heard)
    if session.step in (Step.SECRECY, Step.SUMMARY, Step.EDIT):
        return _of_secrecy(session, heard) or _submits(session, heard)
    return None


def _secrecy_before_number(session: Session, heard: Heard) -> Turn | None:
    """“我不想让他们知道我是谁” where a place or a number is asked for: an answer to the question after it."""
    chosen = said_freely.secrecy_meant(heard.text)
    asks = questions.asks_outright(heard.text) or said_freely.asks_for_meaning(heard.text)
    if chosen is None or asks or spoken.REFUSES_PHONE.search(heard.text):
        return None
    turn = filing.choose_secrecy(session, heard, chosen.value)
    said = phrases.WILL_KEEP_SECRECY if chosen is Secrecy.SECRET else phrases.NOTED
    return replace(turn, say=(said, *turn.say)) if turn.session.step is session.step else turn


def _yes_or_no(session: Session, heard: Heard) -> Turn | None:
    """“可以”, “不要”: with a number it was asked whether the unit may see it, without one whether to keep it secret."""
    draft, lets = session.draft, said_freely.lets(heard.text)
    if draft is None or lets is None:
        return None
    shown = lets if draft.phone or draft.name else not lets
    return filing.choose_secrecy(session, heard, (Secrecy.PUBLIC if shown else Secrecy.SECRET).value)


def _only_the_first(session: Session, heard: Heard) -> Turn:
    draft = session.draft
    assert draft is not None
    if draft.parts:
        first, *more = draft.parts[:-1]
        only = replace(draft, text=first, guess=filing.sounds_like(first), parts=(), more=tuple(more))
        session = replace(session, draft=filing.told(only, session, heard))
        return ask_next(session, phrases.OTHER_DROPPED)
    session = replace(session, draft=replace(draft, more=draft.more[:-1]))
    return ask(session, session.step, phrases.OTHER_DROPPED)


def _of_type(session: Session, heard: Heard) -> Turn | None:
    draft, named = session.draft, said_freely.type_meant(heard.text)
    assert draft is not None
    if named is not None:
        return filing.choose_type(session, heard, named.value)
    guessed = next((c.value for c in session.choices if c.pick is Pick.TYPE), None)
    if session.step is Step.CONFIRM_TYPE and guessed and said_freely.says_submit(heard.text):
        return filing.choose_type(session, heard, guessed)
    return None


def _apart(session: Session, heard: Heard) -> Turn | None:
    apart = said_freely.wants_apart(heard.text)
    if apart is None and said_freely.says_submit(heard.text):
        apart = True
    if apart is None:
        return None
    return filing.split(session, heard, "") if apart else filing.put_together(session, heard, "")


def _of_secrecy(session: Session, heard: Heard) -> Turn | None:
    draft, text = session.draft, heard.text
    assert draft is not None
    if draft.tier:
        return None
    chosen = said_freely.secrecy_meant(text)
    if session.step is Step.SECRECY and said_freely.either_way(text):
        turn = filing.choose_secrecy(session, heard, Secrecy.SECRET.value)
        return replace(turn, say=(phrases.WILL_KEEP_SECRECY, *turn.say))
    if chosen is None or said_freely.asks_back(text):
        return None
    return filing.choose_secrecy(session, heard, chosen.value)


def _submits(session: Session, heard: Heard) -> Turn | None:
    if session.step is Step.SUMMARY and said_freely.says_submit(heard.text):
        return filing.submit(session, heard, "")
    return None
