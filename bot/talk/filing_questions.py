"""The questions of a filing, pure: which comes next, its words, and what can be chosen."""

from __future__ import annotations

from collections.abc import Callable

from bot.talk import phrases, privacy_notice
from bot.talk.replacing import replace
from bot.talk.session import LEAST_TEXT, Choice, Draft, Pick, Session, Step, Turn, to_step
from bot.wechat_text import quote, tappable
from bot.wording import label
from routing.citizen_request import RequestType, Secrecy

_MOST_OFFERED = 24
_PLACELESS = frozenset({RequestType.CONSULTATION})
"""Who asks something need not say where it happened."""
_KEEP = Choice("不改了", Pick.KEEP)


def next_question(draft: Draft) -> Step:
    """The first question this draft has no answer to."""
    if draft.parts:
        return Step.SPLIT
    if draft.request_type is None:
        if draft.text:
            return Step.CONFIRM_TYPE if draft.guess else Step.TYPE
        return Step.DESCRIBE if draft.pictures or draft.place else Step.TYPE
    if len(draft.text) < LEAST_TEXT:
        return Step.DESCRIBE
    if draft.place is None and Step.PLACE not in draft.skipped and draft.request_type not in _PLACELESS:
        return Step.PLACE
    if draft.phone is None and (draft.tier or Step.CONTACT not in draft.skipped):
        return Step.CONTACT
    if draft.tier and not draft.name:
        return Step.CONTACT
    return Step.SECRECY if draft.secrecy is None else Step.SUMMARY


def ask_next(session: Session, *say: str) -> Turn:
    """Put the first question that has no answer yet. 举报 is always secret, so nobody is asked; elders are spared the
    question, too: kept secret unless they say otherwise."""
    draft = session.draft
    assert draft is not None
    if draft.request_type is RequestType.REPORT and draft.secrecy in (None, Secrecy.PUBLIC):
        draft = replace(draft, secrecy=Secrecy.SECRET)
    if session.elder and draft.secrecy is None and next_question(draft) is Step.SECRECY:
        draft = replace(draft, secrecy=Secrecy.SECRET)
    draft = replace(draft, editing=False)
    return ask(replace(session, draft=draft), next_question(draft), *say)


def ask(session: Session, step: Step, *say: str) -> Turn:
    """Put one question; with an answer already there, the citizen may leave it as it is."""
    draft = session.draft
    assert draft is not None
    prompt, choices = _QUESTIONS[step](session, draft)
    return to_step(session, step, *say, prompt, choices=choices)


_Question = tuple[str, tuple[Choice, ...]]


def _ask_type(session: Session, draft: Draft) -> _Question:
    kinds = tuple(Choice(label(t), Pick.TYPE, t.value, phrases.TYPE_NOTES[t]) for t in RequestType)
    return phrases.CHOOSE_TYPE, kinds


def _confirm_type(session: Session, draft: Draft) -> _Question:
    guess = draft.guess or RequestType.HELP
    yes = Choice(f"对，{label(guess)}", Pick.TYPE, guess.value)
    choices = (yes, Choice("换一种", Pick.OTHER_TYPE), Choice("不用了", Pick.DISCARD))
    return phrases.reads_like(guess, draft.text), choices


def _ask_apart(session: Session, draft: Draft) -> _Question:
    choices = (
        Choice("分开登记", Pick.SPLIT),
        Choice("合成一件", Pick.TOGETHER),
        Choice("不用了", Pick.DISCARD),
    )
    return phrases.several(draft.parts), choices


def _ask_text(session: Session, draft: Draft) -> _Question:
    again = len(draft.text) >= LEAST_TEXT
    prompt = (phrases.SAY_AGAIN + f"\n“{quote(draft.text)}”") if again else phrases.DESCRIBE
    if draft.place and not draft.text:
        prompt = phrases.WHAT_THERE
    if draft.tier and not again:
        prompt = phrases.WHICH_INFORMATION
    return prompt, (_KEEP,) if again else ()


def _ask_place(session: Session, draft: Draft) -> _Question:
    offered = tuple(
        Choice(tappable(place, _MOST_OFFERED), Pick.PLACE, place)
        for place in draft.places
        if place != draft.place
    )
    skip = _KEEP if draft.place else Choice("不清楚", Pick.SKIP)
    return phrases.PLACE_OFFERED if offered else phrases.PLACE, (*offered, skip)


def _ask_contact(session: Session, draft: Draft) -> _Question:
    known = tuple(dict.fromkeys(p for p in (draft.phone_heard, session.phone) if p and p != draft.phone))
    offered = tuple(Choice(f"用{phone}", Pick.PHONE, phone) for phone in known[:2])
    if draft.tier:
        return phrases.applicant(), (Choice("不申请了", Pick.DISCARD),)
    keep = (_KEEP,) if draft.phone else ()
    # Asked again at once, the notice still stands above.
    read = session.consent == privacy_notice.VERSION or session.step is Step.CONTACT
    prompt = phrases.contact(agreed=read)
    return prompt, (*offered, Choice("不留电话", Pick.SKIP), *keep)


def _ask_secrecy(session: Session, draft: Draft) -> _Question:
    kinds = tuple(Choice(label(s), Pick.SECRECY, s.value, phrases.SECRECY_NOTES[s]) for s in Secrecy)
    return phrases.SECRECY if draft.phone or draft.name else phrases.SECRECY_WITHOUT_PHONE, kinds


def _ask_to_confirm(session: Session, draft: Draft) -> _Question:
    submit = Choice("确认提交", Pick.SUBMIT)
    short = (submit, Choice("改一改", Pick.EDIT_MENU))
    return phrases.summary(draft), short if session.elder else (submit, *_edits(draft))


def _ask_what_to_change(session: Session, draft: Draft) -> _Question:
    return phrases.EDIT, (*_edits(draft), _KEEP)


def _edits(draft: Draft) -> tuple[Choice, ...]:
    if draft.tier:
        return tuple(choice for choice in _EDITS if choice.value in _EDITS_OF_APPLICATION)
    pictures = (Choice("去掉照片", Pick.NO_PICTURES),) if draft.pictures else ()
    return (*_EDITS, *pictures)


_EDITS_OF_APPLICATION = frozenset({Step.DESCRIBE.value, Step.CONTACT.value})
_EDITS = (
    Choice("改内容", Pick.EDIT, Step.DESCRIBE.value),
    Choice("改地点", Pick.EDIT, Step.PLACE.value),
    Choice("改联系方式", Pick.EDIT, Step.CONTACT.value),
    Choice("改类型", Pick.EDIT, Step.TYPE.value),
    Choice("改公开方式", Pick.EDIT, Step.SECRECY.value),
)
_QUESTIONS: dict[Step, Callable[[Session, Draft], _Question]] = {
    Step.TYPE: _ask_type,
    Step.CONFIRM_TYPE: _confirm_type,
    Step.SPLIT: _ask_apart,
    Step.DESCRIBE: _ask_text,
    Step.PLACE: _ask_place,
    Step.CONTACT: _ask_contact,
    Step.SECRECY: _ask_secrecy,
    Step.SUMMARY: _ask_to_confirm,
    Step.EDIT: _ask_what_to_change,
}
