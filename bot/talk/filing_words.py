"""A sentence at one of the filing's questions, pure: an answer, more of the story, a change, or a question of its own."""

from __future__ import annotations

import re

from bot.intake import MOST_CHARACTERS
from bot.talk import free_choice, phrases, place_words, questions, said_freely, spoken
from bot.talk.about_the_form import about_the_form, beside_a_story
from bot.talk.changes_in_words import LEAST_ADDRESS, MOST_NAME, SECRECY_SAID, change, place_alone
from bot.talk.contact_answer import NEITHER, hear_contact, refuses
from bot.talk.filing import (
    MOST_PLACE,
    answer,
    ask,
    ask_next,
    by_code,
    choose_secrecy,
    told,
)
from bot.talk.heard_beside import (
    beside_phone,
    phone_in,
    without_own_phone,
)
from bot.talk.more_words import add_words as add_words
from bot.talk.more_words import after_danger, tells_more
from bot.talk.more_words import alarm as alarm
from bot.talk.place_answer import hear_place
from bot.talk.replacing import replace
from bot.talk.session import LEAST_TEXT, AskKnowledge, Heard, Pick, Session, Step, Turn
from bot.wording import label, request_type_of
from routing.citizen_request import Secrecy

_MOST_ASIDE = 12
_CALLED = re.compile(r"(?:我|俺|咱|本人)(?:的名字)?(?:叫([\u4e00-\u9fff]{2,4})|姓([\u4e00-\u9fff]{1,2}))")
_HAS_NO_PHONE = re.compile(
    r"(?:我|俺|咱)?(?:没有?|不留|不想留|不方便留|没得)(?:手机号?|电话号?|号码?|联系方式)(?:了|的|啊|呀)?"
    r"|(?:电话|手机号?|号码)?(?:我)?(?:就)?不留(?:了|吧)?"
)
_FILE_IT = re.compile(r"(?:你|您|你们)?(?:帮我|给我|我要|请|就)*登记(?:这件事|成工单|一下)?")
"""Said at the offer to file: still to be told is of what type."""


def hear(session: Session, heard: Heard) -> Turn:
    """A sentence at one of the filing's questions; whatever it answers, danger brings the numbers first."""
    turn = _hear(session, heard)
    told_before = session.draft.text if session.draft else ""
    card = alarm(heard, told_before) if spoken.command_word(heard.text) not in spoken.COMMANDS else ()
    if not card or card[0] in turn.say or turn.act is not None:
        return turn  # once the act is done, its outcome is told after the numbers
    return replace(turn, say=(*card, *turn.say))


def _hear(session: Session, heard: Heard) -> Turn:
    assert session.draft is not None
    word = spoken.command_word(heard.text)
    meant_yes = session.step is Step.CONFIRM_TYPE and word in ("提交", "确认")
    if word in spoken.SUBMITS and session.step in _UNFINISHED:
        return ask(session, session.step, phrases.NOT_YET)
    again = word in spoken.PUZZLED or word in spoken.SUBMITS
    if (again and not meant_yes) or (offered(session) and _FILE_IT.fullmatch(word)):
        return ask(session, session.step)
    if word in spoken.VERDICTS:
        return ask(session, session.step, *((phrases.SORRY,) if offered(session) else ()))
    freely = free_choice.meant(session, heard)
    if freely is not None:
        return freely
    both = _answer_and_question(session, heard)
    if both is not None:
        return both
    explained = None if session.step is Step.DESCRIBE else about_the_form(heard.text)
    if explained is not None:
        return ask(session, session.step, explained)
    command = spoken.COMMANDS.get(word)
    if command is not None:
        return _command(session, word, command[0])
    if session.step is Step.DESCRIBE:
        return _describe(session, heard)
    emergency = heard.understanding.emergency
    if emergency is not None and emergency.sure and session.step in _ANSWERED_SHORTLY:
        return add_words(session, heard)
    if _asks_aside(session, heard):
        asked = questions.core(heard.text) if questions.asks_beside(heard.text) else None
        return Turn(session, act=AskKnowledge(asked or heard.text, session.about, None, offered=True))
    return hear_answer(session, heard)


def _command(session: Session, word: str, pick: Pick) -> Turn:
    """A command is never an answer: 我要投诉 names the type, anything else has to wait."""
    named = request_type_of(word.removeprefix("我要").removeprefix("我想"))
    if named is not None and session.step in _BEFORE_THE_PLACE:
        return answer(session, request_type=named)
    asked = pick is Pick.FILE and session.step in _BEFORE_THE_PLACE
    return ask(session, session.step, *(() if asked else (phrases.FILE_FIRST,)))


_UNFINISHED = frozenset({Step.PLACE, Step.CONTACT, Step.SECRECY})
_ANSWERED_SHORTLY = frozenset({Step.PLACE, Step.CONTACT, Step.SECRECY, Step.EDIT})
_BEFORE_THE_PLACE = frozenset({Step.TYPE, Step.CONFIRM_TYPE, Step.DESCRIBE})


def hear_answer(session: Session, heard: Heard) -> Turn:
    """The same where it was no question of its own after all."""
    word = spoken.command_word(heard.text)
    if session.step is Step.PLACE:
        return hear_place(session, heard, word)
    if session.step is Step.CONTACT and _CALLED.fullmatch(word) is None:
        return hear_contact(session, heard)
    named = request_type_of(spoken.simplified(heard.text).removeprefix("我要"))
    if named and session.step in (Step.TYPE, Step.CONFIRM_TYPE):
        return answer(session, request_type=named)
    called = _CALLED.fullmatch(word)
    if called is not None and session.draft is not None and session.draft.secrecy is not Secrecy.ANONYMOUS:
        known = replace(session, draft=replace(session.draft, name=called[1] or called[2]))
        return ask(known, session.step, phrases.NOTED)
    changed = change(session, heard) if session.step in (Step.SUMMARY, Step.EDIT, Step.SECRECY) else None
    changed = _before_its_time(session, heard, word) if offered(session) else changed
    changed = changed or place_alone(session, heard)
    if changed is not None:
        return changed
    if heard.text.isdigit() or word in spoken.CHATTER or said_freely.says_nothing(heard.text):
        return ask(session, session.step, phrases.NO_SUCH_CHOICE)
    if session.step in (Step.SECRECY, Step.EDIT) and not tells_more(heard.text):
        return ask(session, session.step, phrases.NO_SUCH_CHOICE)
    return _ask_beside_offer(session, heard) or add_words(session, heard)


def _before_its_time(session: Session, heard: Heard, word: str) -> Turn | None:
    """A number or 保密 said while the filing is only offered: no part of the story, and not forgotten."""
    draft, secrecy, phone = session.draft, SECRECY_SAID.fullmatch(word), phone_in(heard.text)
    assert draft is not None
    chosen = next((s for s in Secrecy if secrecy and label(s) == secrecy[1]), None)
    if chosen is None and len(heard.text) <= _MOST_ASIDE and not said_freely.asks_back(heard.text):
        chosen = said_freely.secrecy_meant(heard.text)
    if chosen is not None and not draft.tier:
        turn = choose_secrecy(session, heard, chosen.value)
        return replace(turn, say=(phrases.NOTED, *turn.say))
    if _HAS_NO_PHONE.fullmatch(word) and not draft.tier:
        turn = answer(session, skipped=(*draft.skipped, Step.CONTACT))
        return replace(turn, say=(phrases.NOTED, *turn.say))
    if phone is None or len(beside_phone(heard.text)) >= LEAST_ADDRESS:
        return None
    kept = replace(draft, phone_heard=phone, name=beside_phone(heard.text)[:MOST_NAME] or draft.name)
    return ask(replace(session, draft=kept), session.step, phrases.PHONE_LATER)


def offered(session: Session) -> bool:
    """Whether a filing is only offered yet: its words are there, and the citizen has not said of what type."""
    draft = session.draft
    return (
        session.step in (Step.TYPE, Step.CONFIRM_TYPE, Step.SPLIT) and draft is not None and bool(draft.text)
    )


# ---- questions of their own


def _answer_and_question(session: Session, heard: Heard) -> Turn | None:
    """“在人民路12号，高龄津贴怎么领”: the answer is taken, the question put to the library. A question about what is
    being reported joins the report."""
    if session.step not in _UNFINISHED or heard.understanding.emergency is not None:
        return None
    parts = questions.apart(heard.text)
    if parts is None or not _answers(session, parts[0]):
        return None
    told, asked = parts
    turn = hear_answer(session, replace(heard, text=told))
    if session.step is Step.SECRECY:
        turn = free_choice.meant(session, replace(heard, text=told)) or turn
    if turn.act is not None or turn.session.step is session.step or turn.session.draft is None:
        return None
    explained = about_the_form(asked)
    if explained is not None:
        return replace(turn, say=(explained, *turn.say))
    if questions.goes_with_report(asked):
        draft = turn.session.draft
        more = replace(draft, text=f"{draft.text}\n{asked}")
        return ask(replace(turn.session, draft=more), turn.session.step, *turn.say[:-1], phrases.NEW_TEXT)
    return Turn(
        turn.session, turn.say[:-1], act=AskKnowledge(asked, session.about, None, offered=True, apart=True)
    )


def _answers(session: Session, text: str) -> bool:
    if session.step is Step.PLACE:
        return text in NEITHER or place_words.bare_place(text) is not None
    if session.step is Step.CONTACT:
        return refuses(text) or phone_in(text) is not None
    return said_freely.secrecy_meant(text) is not None


_ASIDE = frozenset({Step.PLACE, Step.CONTACT, Step.SECRECY, Step.SUMMARY, Step.EDIT})


def _asks_aside(session: Session, heard: Heard) -> bool:
    """A question in the middle of a filing that is neither an answer nor about what was reported."""
    text = heard.text
    if session.step not in _ASIDE or len(text) >= questions.LONG_STORY or heard.understanding.emergency:
        return False
    if not questions.asks(text) or questions.goes_with_report(text) or phone_in(text):
        return False
    if questions.asks_beside(text):
        return True
    if session.step is Step.PLACE:
        return questions.asks_outright(text)
    return not (session.step is Step.CONTACT and refuses(text))


def _ask_beside_offer(session: Session, heard: Heard) -> Turn | None:
    """At a mere offer the library is asked first. None where it need not be: danger, or too long for a question."""
    emergency = heard.understanding.emergency
    told_at_length = len(heard.text) >= questions.LONG_STORY
    if not offered(session) or told_at_length or (emergency is not None and emergency.sure):
        return None
    kind = questions.trusted_type(heard.text, heard.understanding.request_type)
    return Turn(session, act=AskKnowledge(heard.text, session.about, kind, offered=True))


# ---- answers


def _describe(session: Session, heard: Heard) -> Turn:
    draft = session.draft
    assert draft is not None
    if said_freely.says_nothing(heard.text) or spoken.command_word(heard.text) in spoken.CHATTER:
        return ask(session, Step.DESCRIBE)
    more_of_the_place = place_words.bare_place(heard.text) if draft.place and not draft.text else None
    if more_of_the_place is not None:
        place = place_words.together(draft.place, more_of_the_place)[:MOST_PLACE]
        session = replace(session, draft=replace(draft, place=place))
        return ask(session, Step.DESCRIBE, phrases.place_noted(place))
    begun, phone = draft.text if len(draft.text) < LEAST_TEXT else "", phone_in(heard.text)
    words = without_own_phone(heard.text) if phone else heard.text
    if phone and not draft.editing and len(words) < LEAST_TEXT and begun != words:
        draft = replace(draft, phone_heard=phone, name=words[:MOST_NAME] or draft.name)
        return ask(replace(session, draft=draft), Step.DESCRIBE, phrases.PHONE_LATER)
    text = f"{begun}，{heard.text}" if begun else heard.text
    if len(text) > MOST_CHARACTERS:
        return ask(session, Step.DESCRIBE, phrases.TOO_LONG)
    if len(text) < LEAST_TEXT or text.isdigit():
        # While a field is changed, what stood there stays until there is something better.
        kept = draft if draft.editing else replace(draft, text="" if text.isdigit() else text)
        return replace(ask(replace(session, draft=kept), Step.DESCRIBE), say=(phrases.TOO_SHORT,))
    draft = replace(draft, text=text, guess=heard.understanding.request_type)
    if not session.draft or not session.draft.editing:
        draft, beside = told(draft, session, heard), beside_a_story(heard.text)
        say = (*after_danger(heard), *((beside[1],) if beside else ()), *by_code(session, draft, heard))
        return ask_next(replace(session, draft=draft), *say)
    draft = replace(
        draft, text=without_own_phone(draft.text), phone_heard=phone_in(draft.text) or draft.phone_heard
    )
    return ask_next(replace(session, draft=draft), *alarm(heard))
