"""Filing by dialogue, pure: type, description, place, contact, secrecy, summary; each answer asks what is missing.

No answer is lost on the way: going back or changing one thing keeps the others, and whatever is said at the
summary is added to the description.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from bot import phrases, questions, spoken
from bot.intake import MOST_CHARACTERS, find_phone, without_phone
from bot.session import (
    LEAST_TEXT,
    MOST_PICTURES,
    AskKnowledge,
    Choice,
    Draft,
    FileTicket,
    Heard,
    Pick,
    Picture,
    Session,
    Step,
    Turn,
    to_home,
    to_step,
)
from bot.wechat_text import quote
from bot.wording import label, request_type_of
from routing.citizen_request import RequestType, Secrecy

Handler = Callable[[Session, Heard, str], Turn]

_MOST_PLACE = 200
_MOST_NAME = 20
_NEITHER = frozenset({"跳过", "没有", "无", "不知道", "不清楚", "不说", "不留", "不方便", "不用", "不想说"})
_NO_PLACE = spoken.CHATTER | {label(secrecy) for secrecy in Secrecy}
_LEAST_ADDRESS = 5
"""What stands beside a phone number is a place from this length on; shorter, it is a name."""
_DIALLED = 5
"""From so many digits on it was meant as a number."""
_MOST_REFUSAL = 20
"""A longer sentence tells something; taking it for a mere no would lose it."""
_KEEP = Choice("不改了", Pick.KEEP)
_FILE_IT = re.compile(r"(?:帮我|我要|请)?登记(?:这件事|成工单|一下)?")
"""Said at the offer to file: still to be told is of what type."""


def begin(
    session: Session,
    heard: Heard,
    *,
    request_type: RequestType | None = None,
    text: str = "",
    guess: RequestType | None = None,
    say: tuple[str, ...] = (),
) -> Turn:
    """Start a new draft, named after the message that began it, and ask its first question."""
    replaced = session.draft is not None and session.draft.has_content
    draft = Draft(
        id=heard.message.key, touched_at=heard.now, request_type=request_type, text=text, guess=guess
    )
    told = (phrases.DRAFT_REPLACED,) if replaced else ()
    return ask_next(replace(session, draft=draft), *told, *say)


def begin_or_resume(session: Session, heard: Heard, value: str) -> Turn:
    """我要反映: an unfinished draft is offered before a new one begins."""
    if session.draft is not None and session.draft.has_content:
        return offer_to_resume(session)
    return begin(session, heard, request_type=RequestType(value) if value else None)


def offer_to_resume(session: Session) -> Turn:
    choices = (Choice("接着填", Pick.RESUME), Choice("不填了", Pick.DISCARD))
    said = session.draft.text if session.draft else ""
    shown = (f"“{quote(said)}”",) if said else ()
    return to_step(session, Step.RESUME, phrases.RESUME, *shown, choices=choices)


def resume(session: Session, heard: Heard, value: str) -> Turn:
    return ask_next(session) if session.draft else to_home(session, phrases.NO_DRAFT)


def discard(session: Session, heard: Heard, value: str) -> Turn:
    return to_home(replace(session, draft=None), phrases.CANCELLED)


# ---- asking


def next_question(draft: Draft) -> Step:
    """The first question this draft has no answer to."""
    if draft.request_type is None:
        if draft.text:
            return Step.CONFIRM_TYPE if draft.guess else Step.TYPE
        return Step.DESCRIBE if draft.pictures or draft.place else Step.TYPE
    if len(draft.text) < LEAST_TEXT:
        return Step.DESCRIBE
    if draft.place is None and Step.PLACE not in draft.skipped:
        return Step.PLACE
    if draft.phone is None and Step.CONTACT not in draft.skipped:
        return Step.CONTACT
    return Step.SECRECY if draft.secrecy is None else Step.SUMMARY


def ask_next(session: Session, *say: str) -> Turn:
    """Put the first question that has no answer yet. 举报 is always secret, so nobody is asked."""
    draft = session.draft
    assert draft is not None
    if draft.request_type is RequestType.REPORT and draft.secrecy in (None, Secrecy.PUBLIC):
        draft = replace(draft, secrecy=Secrecy.SECRET)
    return ask(replace(session, draft=draft), next_question(draft), *say)


def ask(session: Session, step: Step, *say: str) -> Turn:
    """Put one question; with an answer already there, the citizen may leave it as it is."""
    draft = session.draft
    assert draft is not None
    if step is Step.TYPE:
        kinds = tuple(Choice(label(t), Pick.TYPE, t.value, phrases.TYPE_NOTES[t]) for t in RequestType)
        return to_step(session, step, *say, phrases.CHOOSE_TYPE, choices=kinds)
    if step is Step.CONFIRM_TYPE:
        assert draft.guess is not None
        yes = Choice(f"对，{label(draft.guess)}", Pick.TYPE, draft.guess.value)
        choices = (yes, Choice("换一种", Pick.OTHER_TYPE), Choice("不用了", Pick.DISCARD))
        return to_step(session, step, *say, phrases.reads_like(draft.guess, draft.text), choices=choices)
    if step is Step.DESCRIBE:
        again = len(draft.text) >= LEAST_TEXT
        prompt = (phrases.SAY_AGAIN + f"\n“{quote(draft.text)}”") if again else phrases.DESCRIBE
        return to_step(session, step, *say, prompt, choices=(_KEEP,) if again else ())
    if step is Step.PLACE:
        skip = _KEEP if draft.place else Choice("不清楚", Pick.SKIP)
        return to_step(session, step, *say, phrases.PLACE, choices=(skip,))
    if step is Step.CONTACT:
        keep = (_KEEP,) if draft.phone else ()
        return to_step(session, step, *say, phrases.CONTACT, choices=(Choice("不留电话", Pick.SKIP), *keep))
    if step is Step.SECRECY:
        kinds = tuple(Choice(label(s), Pick.SECRECY, s.value, phrases.SECRECY_NOTES[s]) for s in Secrecy)
        return to_step(session, step, *say, phrases.SECRECY, choices=kinds)
    return to_step(session, Step.SUMMARY, *say, phrases.summary(draft), choices=_SUMMARY_CHOICES)


_SUMMARY_CHOICES = (
    Choice("确认提交", Pick.SUBMIT),
    Choice("改内容", Pick.EDIT, Step.DESCRIBE.value),
    Choice("改地点", Pick.EDIT, Step.PLACE.value),
    Choice("改联系方式", Pick.EDIT, Step.CONTACT.value),
    Choice("改类型", Pick.EDIT, Step.TYPE.value),
    Choice("改公开方式", Pick.EDIT, Step.SECRECY.value),
)


# ---- going back and out


def back(session: Session) -> Turn:
    """One question back; from the first one, home, with whatever was said kept as a draft."""
    draft = session.draft
    before = {
        Step.DESCRIBE: Step.TYPE,
        Step.PLACE: Step.DESCRIBE,
        Step.CONTACT: Step.PLACE,
        Step.SECRECY: Step.CONTACT,
        Step.SUMMARY: Step.SECRECY,
    }.get(session.step)
    if draft is None or before is None:
        return leave(session, phrases.WENT_HOME)
    if before is Step.SECRECY and draft.request_type is RequestType.REPORT:
        before = Step.CONTACT
    return ask(session, before)


def leave(session: Session, *say: str) -> Turn:
    """Home; an empty draft is dropped, one with content stays for its 24 hours."""
    keep = session.draft is not None and session.draft.has_content
    return to_home(session if keep else replace(session, draft=None), *say)


# ---- answers by choice


def choose_type(session: Session, heard: Heard, value: str) -> Turn:
    return _answer(session, request_type=RequestType(value))


def choose_another_type(session: Session, heard: Heard, value: str) -> Turn:
    return ask(session, Step.TYPE) if session.draft else to_home(session)


def choose_secrecy(session: Session, heard: Heard, value: str) -> Turn:
    """匿名 means what it says: name and number already given are dropped."""
    chosen = Secrecy(value)
    if chosen is Secrecy.ANONYMOUS and session.draft is not None:
        skipped = (*session.draft.skipped, Step.CONTACT)
        return _answer(session, secrecy=chosen, name=None, phone=None, skipped=skipped)
    return _answer(session, secrecy=chosen)


def skip(session: Session, heard: Heard, value: str) -> Turn:
    if session.draft is None:
        return to_home(session)
    skipped = tuple({*session.draft.skipped, session.step})
    if session.step is Step.PLACE:
        return _answer(session, skipped=skipped, place=None, latitude=None, longitude=None)
    return _answer(session, skipped=skipped, name=None, phone=None)


def keep(session: Session, heard: Heard, value: str) -> Turn:
    return ask_next(session) if session.draft else to_home(session)


def edit(session: Session, heard: Heard, value: str) -> Turn:
    return ask(session, Step(value)) if session.draft else to_home(session)


def submit(session: Session, heard: Heard, value: str) -> Turn:
    draft = session.draft
    if draft is None:
        return to_home(session, phrases.NO_DRAFT)
    if next_question(draft) is not Step.SUMMARY:
        return ask_next(session)
    return Turn(session, act=FileTicket(draft))


HANDLERS: dict[Pick, Handler] = {
    Pick.FILE: begin_or_resume,
    Pick.RESUME: resume,
    Pick.DISCARD: discard,
    Pick.TYPE: choose_type,
    Pick.OTHER_TYPE: choose_another_type,
    Pick.SECRECY: choose_secrecy,
    Pick.SKIP: skip,
    Pick.KEEP: keep,
    Pick.EDIT: edit,
    Pick.SUBMIT: submit,
}


# ---- answers in the citizen's own words


def hear(session: Session, heard: Heard) -> Turn:
    """A sentence at one of the filing's questions."""
    assert session.draft is not None
    word = spoken.command_word(heard.text)
    if word in spoken.PUZZLED or (offered(session) and _FILE_IT.fullmatch(word)):
        return ask(session, session.step)
    if word in spoken.VERDICTS:
        return ask(session, session.step, *((phrases.SORRY,) if offered(session) else ()))
    if session.step is Step.DESCRIBE:
        return _describe(session, heard)
    if session.step is Step.PLACE:
        return _place(session, heard, word)
    if session.step is Step.CONTACT:
        return _contact(session, heard)
    named = request_type_of(heard.text.removeprefix("我要"))
    if named and session.step in (Step.TYPE, Step.CONFIRM_TYPE):
        return _answer(session, request_type=named)
    if heard.text.isdigit() or session.step is Step.SECRECY or word in spoken.CHATTER:
        return ask(session, session.step, phrases.NO_SUCH_CHOICE)
    return _ask_beside_offer(session, heard) or add_words(session, heard)


def offered(session: Session) -> bool:
    """Whether a filing is only offered yet: its words are there, and the citizen has not said of what type."""
    draft = session.draft
    return session.step in (Step.TYPE, Step.CONFIRM_TYPE) and draft is not None and bool(draft.text)


def _ask_beside_offer(session: Session, heard: Heard) -> Turn | None:
    """At a mere offer the library is asked first. None where it need not be: danger, or too long for a question."""
    emergency = heard.understanding.emergency
    told_at_length = len(heard.text) >= questions.LONG_STORY
    if not offered(session) or told_at_length or (emergency is not None and emergency.sure):
        return None
    kind = questions.trusted_type(heard.text, heard.understanding.request_type)
    return Turn(session, act=AskKnowledge(heard.text, session.about, kind, offered=True))


def _describe(session: Session, heard: Heard) -> Turn:
    draft = session.draft
    assert draft is not None
    begun = draft.text if len(draft.text) < LEAST_TEXT else ""
    text = f"{begun}，{heard.text}" if begun else heard.text
    if len(text) > MOST_CHARACTERS:
        return ask(session, Step.DESCRIBE, phrases.TOO_LONG)
    if len(text) < LEAST_TEXT or text.isdigit():
        kept = replace(session, draft=replace(draft, text="" if text.isdigit() else text))
        return to_step(kept, Step.DESCRIBE, phrases.TOO_SHORT)
    return _answer(session, text=text, guess=heard.understanding.request_type, say=alarm(heard))


def _place(session: Session, heard: Heard, word: str) -> Turn:
    """A phone number given here is kept; what stands beside it may be the place."""
    if heard.text in _NEITHER:
        return skip(session, heard, "")
    if find_phone(heard.text):
        beside = without_phone(heard.text)
        # A name never ends in 号, so it is taken off with 号码; a house number does.
        beside += "号" if f"{beside}号" in heard.text else ""
        if len(beside) >= _LEAST_ADDRESS:
            return _keep_phone(session, heard, place=beside[:_MOST_PLACE], latitude=None, longitude=None)
        kept = _keep_phone(session, heard, name=beside or None).session
        return ask(kept, Step.PLACE, phrases.PHONE_KEPT)
    if heard.text.isdigit():
        return ask(session, Step.PLACE, phrases.NO_SUCH_CHOICE)
    if word in _NO_PLACE:
        return ask(session, Step.PLACE, phrases.NOT_A_PLACE)
    return _answer(session, place=heard.text[:_MOST_PLACE], latitude=None, longitude=None)


def _contact(session: Session, heard: Heard) -> Turn:
    """A number, or any way of saying that there will be none."""
    draft, text = session.draft, heard.text
    assert draft is not None
    if find_phone(text):
        return _keep_phone(session, heard, name=without_phone(text)[:_MOST_NAME] or draft.name)
    dialled = sum(character.isdigit() for character in text)
    if dialled >= _DIALLED:
        return ask(session, Step.CONTACT, phrases.BAD_PHONE)
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
    if text in _NEITHER or (len(text) <= _MOST_REFUSAL and spoken.REFUSES.search(text)):
        return skip(session, heard, "")
    return ask(session, Step.CONTACT, *(say or (phrases.BAD_PHONE if dialled else phrases.NO_PHONE,)))


def _keep_phone(session: Session, heard: Heard, **fields: object) -> Turn:
    """Who leaves a number is not anonymous any more, so that is asked again."""
    assert session.draft is not None
    secrecy = None if session.draft.secrecy is Secrecy.ANONYMOUS else session.draft.secrecy
    draft = replace(session.draft, **fields)  # type: ignore[arg-type]
    return _answer(replace(session, draft=draft), phone=find_phone(heard.text), secrecy=secrecy)


def add_words(session: Session, heard: Heard) -> Turn:
    """Said where a choice was asked for: more of the story, kept rather than refused."""
    draft = session.draft
    assert draft is not None
    text = f"{draft.text}\n{heard.text}" if draft.text else heard.text
    if len(text) > MOST_CHARACTERS:
        return ask(session, session.step, phrases.TOO_LONG)
    say = (*alarm(heard), phrases.NEW_TEXT) if draft.text else alarm(heard)
    return _answer(session, text=text, guess=draft.guess or heard.understanding.request_type, say=say)


def _answer(session: Session, *, say: tuple[str, ...] = (), **fields: object) -> Turn:
    if session.draft is None:
        return to_home(session, phrases.NO_DRAFT)
    draft: Draft = replace(session.draft, **fields)  # type: ignore[arg-type]
    return ask_next(replace(session, draft=draft), *say)


def alarm(heard: Heard) -> tuple[str, ...]:
    """The emergency numbers, where what was said speaks of danger."""
    emergency = heard.understanding.emergency
    return (phrases.emergency_card(emergency),) if emergency else ()


# ---- photos and places


def add_picture(session: Session, heard: Heard) -> Turn:
    """A photo at any question joins the draft; one sent first begins it."""
    if session.draft is None:
        session = replace(session, draft=Draft(id=heard.message.key, touched_at=heard.now))
    draft = session.draft
    assert draft is not None
    if len(draft.pictures) >= MOST_PICTURES:
        return ask_next(session, phrases.TOO_MANY_PICTURES)
    message = heard.message
    picture = Picture(message.media_id or message.key, message.picture_url)
    session = replace(session, draft=replace(draft, pictures=(*draft.pictures, picture)))
    return ask_next(session, phrases.pictures_received(len(draft.pictures) + 1))


def add_place(session: Session, heard: Heard) -> Turn:
    """A location at any question answers where; one sent first begins a draft."""
    if session.draft is None:
        session = replace(session, draft=Draft(id=heard.message.key, touched_at=heard.now))
    message = heard.message
    place = heard.text[:_MOST_PLACE] or f"东经{message.longitude}，北纬{message.latitude}"
    return _answer(
        session,
        place=place,
        latitude=message.latitude,
        longitude=message.longitude,
        say=(phrases.place_received(place),),
    )
