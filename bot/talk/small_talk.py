"""What is said to nothing in particular, pure: thanks, 算了, our hours, a word on what was filed a moment ago, an insult."""

from __future__ import annotations

import re

from bot.talk import (
    elders,
    filing,
    following,
    phrases,
    pleasantries,
    questions,
    reporting,
    reporting_words,
    said_freely,
    spoken,
    supplying,
)
from bot.talk.about_the_form import wants_a_call
from bot.talk.filing import again
from bot.talk.heard_beside import beside_phone, phone_in
from bot.talk.replacing import replace
from bot.talk.session import (
    DISCLOSURE_TIER,
    FILING_STEPS,
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

_DIALLED = re.compile(r"[\d零〇一幺二两三四五六七八九]{7}|\d{3}[- ]\d{4}")
_MOST_BESIDE = 4
"""What stands beside a number and is no longer than this is a name."""


def just_filed(session: Session, heard: Heard) -> str | None:
    """The number of a ticket that what comes now may well belong to."""
    recent = session.filed_at is not None and heard.now - session.filed_at <= PHOTOS_JOIN
    return session.filed if recent else None


def reply_to(session: Session, heard: Heard, word: str) -> Turn | None:
    """The turn for words that need neither library nor form; None for any others."""
    text = heard.text
    if word in spoken.LOST and session.about is not None:
        return again(session, phrases.CANNOT_FOLLOW)
    if word in spoken.PUZZLED or pleasantries.greets(text):
        return to_home(session, phrases.welcome(heard.understanding.welcome))
    if word in spoken.THANKS or spoken.THANKING.fullmatch(word) or pleasantries.thanks(text):
        return to_home(session, phrases.THANKS)
    about_us = about_this_service(session, heard, word)
    if about_us is not None:
        return about_us
    if pleasantries.line_is_busy(text):
        return to_home(session, phrases.LINE_BUSY)
    if said_freely.asks_our_hours(text):
        said = phrases.OUR_PHONE if "电话" in text or "号码" in text else phrases.ALWAYS_HERE
        return Turn(session, (said,), act=HandToPerson(only_told=True))
    if said_freely.wants_to_report(text):
        return filing.begin_or_resume(session, heard, "")
    called = _number_alone(session, heard)
    if called is not None:
        return called
    if said_freely.wants_to_ask(text):
        return to_home(session, phrases.ASK_AWAY)
    matter = reporting_words.asks_us(text)
    if matter is not None and (session.draft is None or not session.draft.has_content):
        return reporting.begin_report(session, heard, matter)
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


def _number_alone(session: Session, heard: Heard) -> Turn | None:
    """“13812345678 打给我”, and not a word of what it is about: kept, and that is asked."""
    if _DIALLED.search(heard.text) is None:
        return None
    phone = phone_in(heard.text)
    beside = beside_phone(heard.text) if phone else ""
    if phone is None or (len(beside) > _MOST_BESIDE and not wants_a_call(beside)):
        return None
    turn = filing.begin_or_resume(session, heard, RequestType.HELP.value)
    draft = turn.session.draft
    if draft is None:
        return None
    kept = replace(draft, phone_heard=phone)
    return replace(turn, session=replace(turn.session, draft=kept), say=(phrases.PHONE_LATER, *turn.say))


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
    if pleasantries.cannot_type(text):
        return again(session, phrases.NO_TYPING)
    if session.step not in FILING_STEPS and pleasantries.asks_what_we_do(text):
        return to_home(session, phrases.WHAT_WE_DO)
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
    if filed and not waits and said_freely.has_settled(text):
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
    about = number if session.sent is not None and filed is None else filed
    if about is not None and _goes_on_about_it(session, heard):
        return supplying.supply(session, heard, about, text)
    if number is None or not (more or one_thing_more or said_freely.corrects(text)):
        return None
    return Turn(_at(session, number), act=Supplement(number, more or text))


def _another_matter(text: str) -> bool:
    return questions.asks(text) or questions.tells_trouble(text)


def _goes_on_about_it(session: Session, heard: Heard) -> bool:
    """“就是老王烧烤”, said to the receipt: more of what was just filed, with a way out."""
    after_receipt = session.ticket == session.filed or session.sent is not None
    shown = session.step is Step.TICKET and after_receipt
    return shown and said_freely.is_a_detail(heard.text) and not _another_matter(heard.text)


def _at(session: Session, number: str) -> Session:
    return replace(session, ticket=number, step=Step.SUPPLEMENT, choices=())
