"""One field of a filing changed in words, pure: “地点改成解放路3号”, a new number, 保密, a place and nothing else."""

from __future__ import annotations

import re

from bot.talk import phrases, place_words, spoken
from bot.talk.filing import MOST_PLACE, answer, ask, choose_secrecy, keep_phone
from bot.talk.heard_beside import beside_phone, phone_in
from bot.talk.replacing import replace
from bot.talk.session import LEAST_TEXT, Heard, Session, Step, Turn
from bot.wording import label, request_type_of
from routing.citizen_request import Secrecy

MOST_NAME = 20
LEAST_ADDRESS = 5
"""What stands beside a phone number is a place from this length on; shorter, it is a name."""
_LEAST_PLACE = 4
"""A place put right in fewer characters (西门) says nothing without the one before."""
CHANGE = re.compile(
    r"(?:等等|等一?下|不对|哎呀?|啊|对了|不好意思|[，,。 ])*+(?:把|将)?"
    r"(?P<field>地点|地址|位置|电话|手机号?|号码|联系方式|内容|类型)"
    r"(?:是|要)?(?:不对|错了|写错了|改了)?[，, ]*(?:应该)?(?:改成|改为|改到|换成|是)[：: ]?(?P<value>.+)"
)
_NO_SECRECY = re.compile(r"^(?:不用|不要|不需要|用不着|不)保密[了吧啊]?$")
SECRECY_SAID = re.compile(r"(?:我?要|请|帮我|给我|改成|改为|还是)?(公开|保密|匿名)(?:吧|的|登记|提交)?")


def change(session: Session, heard: Heard) -> Turn | None:
    """“地点改成解放路3号”, a new number or “保密”, said at the summary."""
    draft, text = session.draft, heard.text
    assert draft is not None
    secrecy = SECRECY_SAID.fullmatch(spoken.command_word(text))
    if secrecy and not draft.tier:
        chosen = next(s for s in Secrecy if label(s) == secrecy[1])
        return choose_secrecy(session, heard, chosen.value)
    if _NO_SECRECY.search(text) and not draft.tier:
        return choose_secrecy(session, heard, Secrecy.PUBLIC.value)
    phone, changed = phone_in(text), CHANGE.fullmatch(text)
    if phone and (changed or len(beside_phone(text)) < LEAST_ADDRESS):
        said = phrases.PHONE_ANEW if draft.phone else phrases.PHONE_KEPT
        name = "" if changed else beside_phone(text)[:MOST_NAME]
        session = replace(session, draft=replace(draft, name=name or draft.name))
        return keep_phone(session, heard, phone, say=(said,))
    if changed is None:
        return None
    field, value = changed["field"], changed["value"].strip(" 。，,")
    if field in ("地点", "地址", "位置"):
        if draft.place and len(value) < _LEAST_PLACE:
            value = f"{draft.place}（更正：{value}）"
        return answer(session, place=value[:MOST_PLACE], latitude=None, longitude=None)
    named = request_type_of(value)
    if field == "类型":
        return answer(session, request_type=named) if named else ask(session, Step.TYPE)
    if field == "内容" and len(value) >= LEAST_TEXT:
        return answer(session, text=value)
    return ask(session, Step.CONTACT) if field != "内容" else None


def place_alone(session: Session, heard: Heard) -> Turn | None:
    """A place and nothing else, where a choice was asked for: no part of the story."""
    draft = session.draft
    place = place_words.bare_place(heard.text) if draft is not None and draft.text else None
    if place is None or draft is None or draft.tier or heard.understanding.emergency is not None:
        return None
    place = place_words.together(draft.place, place)
    kept = replace(draft, place=place[:MOST_PLACE], latitude=None, longitude=None)
    return ask(replace(session, draft=kept), session.step, phrases.place_noted(place))
