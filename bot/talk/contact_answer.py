"""What is said where a number was asked for, pure: a number, or any way of saying that there will be none."""

from __future__ import annotations

import re

from bot.intake import MOST_CHARACTERS
from bot.talk import phrases, questions, said_freely, spoken
from bot.talk.changes_in_words import CHANGE, MOST_NAME, change, place_alone
from bot.talk.filing import answer, ask, ask_next, choose_secrecy, keep_phone, skip
from bot.talk.heard_beside import beside_phone, phone_in, without_own_phone
from bot.talk.more_words import add_words, tells_more
from bot.talk.replacing import replace
from bot.talk.session import Heard, Session, Step, Turn
from routing.citizen_request import Secrecy

NEITHER = frozenset(
    {"跳过", "没有", "无", "不知道", "不清楚", "不说", "不留", "不方便", "不用", "不想说", "不同意"}
)
_MOST_SAID_FOR_NAME = 10
"""What stands beside a number and is longer than this is no name."""
_DIALLED = 5
"""From so many digits on it was meant as a number."""
_MOST_REFUSAL = 20
"""A longer sentence tells something; taking it for a mere no would lose it."""


def refuses(text: str) -> bool:
    """No number will be left; “拆迁谈不拢怎么办” says no such thing."""
    if text in NEITHER:
        return True
    refuses = len(text) <= _MOST_REFUSAL and spoken.REFUSES_PHONE.search(text) is not None
    return refuses and (not questions.asks_outright(text) or "留" in text)


def hear_contact(session: Session, heard: Heard) -> Turn:
    """A number, or any way of saying that there will be none."""
    draft, text = session.draft, heard.text
    assert draft is not None
    phone = phone_in(text)
    if phone:
        return _phone_and_more(session, heard, phone)
    dialled = sum(character.isdigit() for character in text)
    if dialled >= _DIALLED:
        return ask(session, Step.CONTACT, phrases.BAD_PHONE)
    if draft.tier:
        named = text if phone is None and len(text) <= MOST_NAME and not spoken.REFUSES.search(text) else None
        return answer(session, name=named or draft.name)
    if spoken.ANONYMOUS.search(text):
        return choose_secrecy(session, heard, Secrecy.ANONYMOUS.value)
    say: tuple[str, ...] = ()
    if spoken.SECRET.search(text):
        session, say = (
            replace(session, draft=replace(draft, secrecy=Secrecy.SECRET)),
            (phrases.WILL_KEEP_SECRECY,),
        )
    if draft.phone and "不" in text and "改" in text:
        return ask_next(session, *say)
    if refuses(text):
        return skip(session, heard, "")
    if questions.asks_outright(text) or (questions.asks(text) and not dialled):
        return ask(session, Step.CONTACT, phrases.ASK_LATER)
    more = change(session, heard) or place_alone(session, heard)
    if more is not None and not say:
        return more
    if tells_more(text) and not say:
        return add_words(session, heard)
    return ask(session, Step.CONTACT, *(say or (phrases.BAD_PHONE if dialled else phrases.NO_PHONE,)))


_FILLER = re.compile(r"^(?:嗯+|哦|好的?|行|是|我是|我叫|本人|叫|姓)[，,。\s]*|(?:联系人|电话|的)$")


def _phone_and_more(session: Session, heard: Heard, phone: str) -> Turn:
    """A number, with a name beside it or more of the matter."""
    draft, changed, beside = session.draft, CHANGE.fullmatch(heard.text), beside_phone(heard.text)
    assert draft is not None
    name = beside
    while (bare := _FILLER.sub("", name).strip(" ，,。")) != name:
        name = bare
    if changed or not name:
        return keep_phone(session, heard, phone, name=draft.name)
    if len(name) <= _MOST_SAID_FOR_NAME and not tells_more(beside):
        return keep_phone(session, heard, phone, name=name)
    if said_freely.already_told(draft.text, beside) or said_freely.secrecy_meant(beside):
        return keep_phone(session, heard, phone)
    text = f"{draft.text}\n{said_freely.without_adding(without_own_phone(heard.text))}".strip()
    if len(text) > MOST_CHARACTERS:
        return keep_phone(session, heard, phone, say=(phrases.TOO_LONG,))
    return keep_phone(session, heard, phone, say=(phrases.NEW_TEXT,), text=text)
