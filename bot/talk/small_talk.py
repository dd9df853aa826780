"""What is said to nothing in particular, pure: thanks, 算了, our hours, a word on what was filed a moment ago, an insult."""

from __future__ import annotations

from bot.talk import elders, filing, following, phrases, pleasantries, questions, said_freely, spoken
from bot.talk.filing import again
from bot.talk.replacing import replace
from bot.talk.session import (
    DISCLOSURE_TIER,
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
from routing.citizen_request import RequestType


def just_filed(session: Session, heard: Heard) -> str | None:
    """The number of a ticket that what comes now may well belong to."""
    recent = session.filed_at is not None and heard.now - session.filed_at <= PHOTOS_JOIN
    return session.filed if recent else None


def reply_to(session: Session, heard: Heard, word: str) -> Turn | None:
    """The turn for words that need neither library nor form; None for any others."""
    text = heard.text
    if word in spoken.PUZZLED or pleasantries.greets(text):
        return to_home(session, phrases.welcome(heard.understanding.welcome))
    if word in spoken.THANKS or spoken.THANKING.fullmatch(word) or pleasantries.thanks(text):
        return to_home(session, phrases.THANKS)
    about_us = about_this_service(session, heard, word)
    if about_us is not None:
        return about_us
    if said_freely.asks_our_hours(text):
        return Turn(session, (phrases.ALWAYS_HERE,), act=HandToPerson(only_told=True))
    if said_freely.wants_to_report(text):
        return filing.begin_or_resume(session, heard, "")
    if said_freely.insults(text) or pleasantries.vents(text):
        return again(session, phrases.CALM)
    wanted = pleasantries.information_wanted(text)
    if wanted is not None:
        kind = RequestType.CONSULTATION
        return filing.begin(session, heard, request_type=kind, tier=DISCLOSURE_TIER, text=wanted)
    told = _on_what_was_told(session, heard, word)
    if told is None and len(word) > 1 and said_freely.says_nothing(text):
        return again(session, phrases.NOT_UNDERSTOOD)
    return told


def about_this_service(session: Session, heard: Heard, word: str) -> Turn | None:
    """Who answers here, how it writes, what it does not do: the same at every step."""
    text = heard.text
    if word in spoken.ROBOT or pleasantries.asks_who_answers(text):
        return again(session, phrases.ROBOT)
    if pleasantries.wants_plainer_words(text):
        return elders.HANDLERS[Pick.ELDER_ON](session, heard, "")
    if pleasantries.doubts_us(text):
        return again(session, phrases.GENUINE)
    if pleasantries.wants_company(text):
        return again(session, phrases.COMPANY)
    if session.step is Step.HOME and pleasantries.asks_for_leaders(text):
        return again(session, phrases.TO_LEADERS)
    if pleasantries.chats(text):
        return again(session, phrases.ONLY_SERVICE)
    if pleasantries.help_called(text):
        return again(session, phrases.HELP_COMES)
    if pleasantries.in_another_language(text):
        return again(session, phrases.CHINESE_ONLY)
    return None


def _on_what_was_told(session: Session, heard: Heard, word: str) -> Turn | None:
    """A word on the ticket just filed, or on what is not filed yet."""
    filed, draft, text = just_filed(session, heard), session.draft, heard.text
    waits = draft is not None and draft.has_content
    if word in spoken.SUBMITS and draft is None and filed:
        # 确认提交 tapped twice: the second tap shows what the first one made.
        return Turn(session, act=ShowTicket(filed))
    if waits and (word in spoken.SUBMITS or said_freely.asks_for_earlier(text)):
        return filing.offer_to_resume(session)
    if filed and (said_freely.asks_for_earlier(text) or (not waits and said_freely.asks_when(text))):
        return Turn(session, act=ShowTicket(filed))
    if said_freely.gives_up(text, outright=True) and filed and not waits:
        return following.start_withdrawal(_at(session, filed), heard, "")
    if said_freely.gives_up_idly(text) or pleasantries.joked(text):
        return to_home(session, phrases.ALL_WELL)
    return _added(session, heard, None if waits else filed)


def _added(session: Session, heard: Heard, filed: str | None) -> Turn | None:
    """“补充：一共三盏” at a ticket, or “地址写错了” just after filing, goes to that ticket and is told so."""
    text, more = heard.text, said_freely.added(heard.text)
    shown = session.ticket if any(c.pick is Pick.SUPPLEMENT for c in session.choices) else None
    number = shown or filed
    one_thing_more = filed is not None and said_freely.one_thing_more(text) and not _another_matter(text)
    if number is None or not (more or one_thing_more or said_freely.corrects(text)):
        return None
    return Turn(_at(session, number), act=Supplement(number, more or text))


def _another_matter(text: str) -> bool:
    return questions.asks(text) or questions.tells_trouble(text)


def _at(session: Session, number: str) -> Session:
    return replace(session, ticket=number, step=Step.SUPPLEMENT, choices=())
