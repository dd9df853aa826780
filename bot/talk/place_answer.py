"""What is said where it was asked where, pure: a place, a number, or more of the story."""

from __future__ import annotations

from bot.talk import phrases, place_words, privacy_notice, questions, said_freely, spoken
from bot.talk.changes_in_words import CHANGE, LEAST_ADDRESS
from bot.talk.contact_answer import NEITHER
from bot.talk.filing import MOST_PLACE, answer, ask, keep_phone, skip
from bot.talk.heard_beside import beside_phone, looks_like_a_place, names_a_place, phone_in
from bot.talk.more_words import add_words, tells_more
from bot.talk.replacing import replace
from bot.talk.session import Heard, Session, Step, Turn
from bot.wording import label
from routing.citizen_request import RequestType, Secrecy

_NO_PLACE = spoken.CHATTER | {label(secrecy) for secrecy in Secrecy}
_LEAST_STORY = 5
"""From this length on a grievance said for a place, with nothing of a place in it, is more of the story."""
_TROUBLES = frozenset({RequestType.COMPLAINT, RequestType.HELP, RequestType.REPORT})


def hear_place(session: Session, heard: Heard, word: str) -> Turn:
    """A phone number given here is kept, once the citizen has agreed to that; what stands beside it may be the place."""
    if heard.text in NEITHER or word in NEITHER:
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
    draft, danger = session.draft, heard.understanding.emergency
    if (
        danger is None
        and draft is not None
        and not draft.place_asked_again
        and place_words.names_no_place(text)
    ):
        once = replace(session, draft=replace(draft, place_asked_again=True))
        return ask(once, Step.PLACE, phrases.WHERE_IS_HOME)
    if danger is not None and (danger.sure or not looks_like_a_place(text)):
        return add_words(session, heard)
    if place_words.bare_place(text) is None and tells_more(text):
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
    said = place_words.place_said(text)
    return answer(session, place=said[:MOST_PLACE], latitude=None, longitude=None)


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
