"""A sentence at one of the filing's questions, pure: an answer, more of the story, a change, or a question of its own."""

from __future__ import annotations

import re

from bot.intake import MOST_CHARACTERS
from bot.talk import free_choice, phrases, place_words, privacy_notice, questions, said_freely, spoken
from bot.talk.about_the_form import about_the_form
from bot.talk.changes_in_words import CHANGE, LEAST_ADDRESS, MOST_NAME, SECRECY_SAID, change, place_alone
from bot.talk.filing import (
    MOST_PLACE,
    answer,
    ask,
    ask_next,
    by_code,
    choose_secrecy,
    keep_phone,
    skip,
    told,
)
from bot.talk.heard_beside import (
    beside_phone,
    looks_like_a_place,
    names_a_place,
    phone_in,
    sounds_like,
    without_own_phone,
)
from bot.talk.replacing import replace
from bot.talk.session import LEAST_TEXT, AskKnowledge, Heard, Pick, Session, Step, Turn
from bot.wording import label, request_type_of
from routing.citizen_request import RequestType, Secrecy

_MOST_SAID_FOR_NAME = 10
"""What stands beside a number and is longer than this is no name."""
_NEITHER = frozenset(
    {"跳过", "没有", "无", "不知道", "不清楚", "不说", "不留", "不方便", "不用", "不想说", "不同意"}
)
_NO_PLACE = spoken.CHATTER | {label(secrecy) for secrecy in Secrecy}
_DIALLED = 5
"""From so many digits on it was meant as a number."""
_LEAST_STORY = 8
"""From this length on a grievance said for a place, with nothing of a place in it, is more of the story."""
_TROUBLES = frozenset({RequestType.COMPLAINT, RequestType.HELP, RequestType.REPORT})
_MOST_ASIDE = 12
_CALLED = re.compile(r"(?:我|俺|咱|本人)(?:的名字)?叫([\u4e00-\u9fff]{2,4})")
_HAS_NO_PHONE = re.compile(
    r"(?:我|俺|咱)?(?:没有?|不留|不想留|不方便留|没得)(?:手机号?|电话号?|号码?|联系方式)(?:了|的|啊|呀)?"
)
_MOST_REFUSAL = 20
"""A longer sentence tells something; taking it for a mere no would lose it."""
_FILE_IT = re.compile(r"(?:你|您|你们)?(?:帮我|给我|我要|请|就)*登记(?:这件事|成工单|一下)?")
"""Said at the offer to file: still to be told is of what type."""


def hear(session: Session, heard: Heard) -> Turn:
    """A sentence at one of the filing's questions; whatever it answers, danger brings the numbers first."""
    turn = _hear(session, heard)
    card = alarm(heard) if spoken.command_word(heard.text) not in spoken.COMMANDS else ()
    if not card or card[0] in turn.say or turn.act is not None:
        return turn  # once the act is done, its outcome is told after the numbers
    return replace(turn, say=(*card, *turn.say))


def _hear(session: Session, heard: Heard) -> Turn:
    assert session.draft is not None
    word = spoken.command_word(heard.text)
    meant_yes = session.step is Step.CONFIRM_TYPE and word in ("提交", "确认")
    again = word in spoken.PUZZLED or word in spoken.SUBMITS
    if (again and not meant_yes) or (offered(session) and _FILE_IT.fullmatch(word)):
        return ask(session, session.step)
    if word in spoken.VERDICTS:
        return ask(session, session.step, *((phrases.SORRY,) if offered(session) else ()))
    freely = free_choice.meant(session, heard)
    if freely is not None:
        return freely
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


_ANSWERED_SHORTLY = frozenset({Step.PLACE, Step.CONTACT, Step.SECRECY, Step.EDIT})
_BEFORE_THE_PLACE = frozenset({Step.TYPE, Step.CONFIRM_TYPE, Step.DESCRIBE})


def hear_answer(session: Session, heard: Heard) -> Turn:
    """The same where it was no question of its own after all."""
    word = spoken.command_word(heard.text)
    if session.step is Step.PLACE:
        return _place(session, heard, word)
    if session.step is Step.CONTACT:
        return _contact(session, heard)
    named = request_type_of(spoken.simplified(heard.text).removeprefix("我要"))
    if named and session.step in (Step.TYPE, Step.CONFIRM_TYPE):
        return answer(session, request_type=named)
    changed = change(session, heard) if session.step in (Step.SUMMARY, Step.EDIT, Step.SECRECY) else None
    changed = _before_its_time(session, heard, word) if offered(session) else changed
    changed = changed or place_alone(session, heard)
    if changed is not None:
        return changed
    if heard.text.isdigit() or word in spoken.CHATTER or said_freely.says_nothing(heard.text):
        return ask(session, session.step, phrases.NO_SUCH_CHOICE)
    if session.step in (Step.SECRECY, Step.EDIT) and not _tells_more(heard.text):
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
    called = _CALLED.fullmatch(word)
    if called is not None:
        named = replace(session, draft=replace(draft, name=called[1]))
        return ask(named, session.step, phrases.NOTED)
    if _HAS_NO_PHONE.fullmatch(word) and not draft.tier:
        turn = answer(session, skipped=(*draft.skipped, Step.CONTACT))
        return replace(turn, say=(phrases.NOTED, *turn.say))
    if phone is None or len(beside_phone(heard.text)) >= LEAST_ADDRESS:
        return None
    kept = replace(draft, phone_heard=phone, name=beside_phone(heard.text)[:MOST_NAME] or draft.name)
    return ask(replace(session, draft=kept), session.step, phrases.PHONE_LATER)


def _tells_more(text: str) -> bool:
    """More of the matter, said where a short answer was asked for."""
    return said_freely.added(text) is not None or place_words.tells_a_story(text)


def offered(session: Session) -> bool:
    """Whether a filing is only offered yet: its words are there, and the citizen has not said of what type."""
    draft = session.draft
    return (
        session.step in (Step.TYPE, Step.CONFIRM_TYPE, Step.SPLIT) and draft is not None and bool(draft.text)
    )


# ---- questions of their own


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
    return not (session.step is Step.CONTACT and _refuses(text))


def _refuses(text: str) -> bool:
    """No number will be left; “拆迁谈不拢怎么办” says no such thing."""
    if text in _NEITHER:
        return True
    refuses = len(text) <= _MOST_REFUSAL and spoken.REFUSES_PHONE.search(text) is not None
    return refuses and (not questions.asks_outright(text) or "留" in text)


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
        draft = told(draft, session, heard)
        return ask_next(replace(session, draft=draft), *_after_danger(heard), *by_code(session, draft, heard))
    draft = replace(
        draft, text=without_own_phone(draft.text), phone_heard=phone_in(draft.text) or draft.phone_heard
    )
    return ask_next(replace(session, draft=draft), *alarm(heard))


def _place(session: Session, heard: Heard, word: str) -> Turn:
    """A phone number given here is kept, once the citizen has agreed to that; what stands beside it may be the place."""
    if heard.text in _NEITHER or word in _NEITHER:
        return skip(session, heard, "")
    phone = phone_in(heard.text)
    if phone:
        return _place_and_phone(session, heard, phone)
    if heard.text.isdigit():
        return ask(session, Step.PLACE, phrases.NO_SUCH_CHOICE)
    if word in _NO_PLACE:
        return ask(session, Step.PLACE, phrases.NOT_A_PLACE)
    text = heard.text
    if said_freely.says_nothing(text):
        return ask(session, Step.PLACE, phrases.NOT_A_PLACE)
    if questions.asks_outright(text) and not names_a_place(text):
        return ask(session, Step.PLACE, phrases.ASK_LATER)
    danger = heard.understanding.emergency
    if danger is not None and (danger.sure or not looks_like_a_place(text)):
        return add_words(session, heard)
    if place_words.bare_place(text) is None and _tells_more(text):
        return _story_for_a_place(session, heard)
    if (
        len(text) >= _LEAST_STORY
        and heard.understanding.request_type in _TROUBLES
        and not looks_like_a_place(text)
    ):
        return add_words(session, heard)
    changed = CHANGE.fullmatch(text)
    if changed and changed["field"] in ("地点", "地址", "位置"):
        text = changed["value"]
    place = place_words.place_said(text)
    return answer(session, place=place[:MOST_PLACE], latitude=None, longitude=None)


def _story_for_a_place(session: Session, heard: Heard) -> Turn:
    """More of the story where a place was asked for: kept, and the place asked once more; after that never again."""
    draft = session.draft
    assert draft is not None
    if draft.place_asked_again and draft.place is None:
        session = replace(session, draft=replace(draft, skipped=(*draft.skipped, Step.PLACE)))
    else:
        session = replace(session, draft=replace(draft, place_asked_again=True))
    return add_words(session, heard)


def _place_and_phone(session: Session, heard: Heard, phone: str) -> Turn:
    draft = session.draft
    assert draft is not None
    beside = beside_phone(heard.text)
    # A name never ends in 号, so it is taken off with 号码; a house number does.
    beside += "号" if f"{beside}号" in heard.text else ""
    fields: dict[str, object] = {"name": beside or None}
    if len(beside) >= LEAST_ADDRESS:
        fields = {"place": beside[:MOST_PLACE], "latitude": None, "longitude": None}
    if session.consent == privacy_notice.VERSION:
        turn = keep_phone(replace(session, draft=replace(draft, **fields)), heard, phone)  # type: ignore[arg-type]
        return turn if "place" in fields else ask(turn.session, Step.PLACE, phrases.PHONE_KEPT)
    fields["phone_heard"] = phone
    turn = answer(session, **fields)
    return turn if "place" in fields else ask(turn.session, Step.PLACE, phrases.PHONE_LATER)


def _contact(session: Session, heard: Heard) -> Turn:
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
    if _refuses(text):
        return skip(session, heard, "")
    if questions.asks_outright(text) or (questions.asks(text) and not dialled):
        return ask(session, Step.CONTACT, phrases.ASK_LATER)
    more = change(session, heard) or place_alone(session, heard)
    if more is not None and not say:
        return more
    if _tells_more(text) and not say:
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
    if len(name) <= _MOST_SAID_FOR_NAME and not _tells_more(beside):
        return keep_phone(session, heard, phone, name=name)
    if said_freely.already_told(draft.text, beside) or said_freely.secrecy_meant(beside):
        return keep_phone(session, heard, phone)
    text = f"{draft.text}\n{said_freely.without_adding(without_own_phone(heard.text))}".strip()
    if len(text) > MOST_CHARACTERS:
        return keep_phone(session, heard, phone, say=(phrases.TOO_LONG,))
    return keep_phone(session, heard, phone, say=(phrases.NEW_TEXT,), text=text)


def add_words(session: Session, heard: Heard) -> Turn:
    """Said where a choice was asked for: more of the story, kept rather than refused."""
    draft = session.draft
    assert draft is not None
    if said_freely.already_told(draft.text, heard.text):
        return ask(session, session.step, *_after_danger(heard), phrases.TOLD_ALREADY)
    words = without_own_phone(said_freely.without_adding(heard.text))
    text = f"{draft.text}\n{words}" if draft.text else words
    if len(text) > MOST_CHARACTERS:
        return ask(session, session.step, phrases.TOO_LONG)
    say = _after_danger(heard, *((phrases.NEW_TEXT,) if draft.text else ()))
    guess = sounds_like(text) or heard.understanding.request_type or draft.guess
    heard_phone = phone_in(heard.text) or draft.phone_heard
    return answer(session, say, text=text, guess=guess, parts=(), phone_heard=heard_phone)


def _after_danger(heard: Heard, *say: str) -> tuple[str, ...]:
    """The numbers first; where the danger is sure, the form is not simply gone on with."""
    emergency = heard.understanding.emergency
    calm = (phrases.AFTER_DANGER,) if emergency is not None and emergency.sure else ()
    return (*alarm(heard), *say, *calm)


def alarm(heard: Heard) -> tuple[str, ...]:
    """The emergency numbers, where what was said speaks of danger."""
    emergency = heard.understanding.emergency
    return (phrases.emergency_card(emergency),) if emergency else ()
