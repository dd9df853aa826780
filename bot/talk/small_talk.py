"""What is said to nothing in particular, pure: thanks, 算了, our hours, a word on what was filed a moment ago, an insult."""

from __future__ import annotations

from dataclasses import replace

from bot.talk import filing, following, phrases, said_freely, spoken
from bot.talk.filing import again
from bot.talk.session import (
    PHOTOS_JOIN,
    HandToPerson,
    Heard,
    Pick,
    Session,
    ShowTicket,
    Step,
    Supplement,
    Turn,
    to_home,
)


def just_filed(session: Session, heard: Heard) -> str | None:
    """The number of a ticket that what comes now may well belong to."""
    recent = session.filed_at is not None and heard.now - session.filed_at <= PHOTOS_JOIN
    return session.filed if recent else None


def reply_to(session: Session, heard: Heard, word: str) -> Turn | None:
    """The turn for words that need neither library nor form; None for any others."""
    text = heard.text
    if word in spoken.PUZZLED:
        return to_home(session, phrases.welcome(heard.understanding.welcome))
    if word in spoken.ROBOT:
        return again(session, phrases.ROBOT)
    if word in spoken.THANKS or spoken.THANKING.fullmatch(word):
        return to_home(session, phrases.THANKS)
    if said_freely.asks_our_hours(text):
        return Turn(session, (phrases.ALWAYS_HERE,), act=HandToPerson(only_told=True))
    if said_freely.wants_to_report(text):
        return filing.begin_or_resume(session, heard, "")
    if said_freely.insults(text):
        return again(session, phrases.CALM)
    told = _on_what_was_told(session, heard, word)
    if told is None and len(word) > 1 and said_freely.says_nothing(text):
        return again(session, phrases.NOT_UNDERSTOOD)
    return told


def _on_what_was_told(session: Session, heard: Heard, word: str) -> Turn | None:
    """A word on the ticket just filed, or on what is not filed yet."""
    filed, draft, text = just_filed(session, heard), session.draft, heard.text
    waits = draft is not None and draft.has_content
    if word in spoken.SUBMITS and draft is None and filed:
        # 确认提交 tapped twice: the second tap shows what the first one made.
        return Turn(session, act=ShowTicket(filed))
    if waits and (word in spoken.SUBMITS or said_freely.asks_for_earlier(text)):
        return filing.offer_to_resume(session)
    if said_freely.asks_for_earlier(text) and filed:
        return Turn(session, act=ShowTicket(filed))
    if said_freely.gives_up(text, outright=True) and filed and not waits:
        return following.start_withdrawal(_at(session, filed), heard, "")
    if said_freely.gives_up_idly(text):
        return to_home(session, phrases.ALL_WELL)
    return _added(session, heard, None if waits else filed)


def _added(session: Session, heard: Heard, filed: str | None) -> Turn | None:
    """“补充：一共三盏” at a ticket, or “地址写错了” just after filing, goes to that ticket and is told so."""
    text, more = heard.text, said_freely.added(heard.text)
    shown = session.ticket if any(c.pick is Pick.SUPPLEMENT for c in session.choices) else None
    number = shown or filed
    if number is None or not (more or said_freely.corrects(text)):
        return None
    return Turn(_at(session, number), act=Supplement(number, more or text))


def _at(session: Session, number: str) -> Session:
    return replace(session, ticket=number, step=Step.SUPPLEMENT, choices=())
