"""What a notice asked a citizen to send for a ticket, pure: the next photo or words are that, with a way out.

Who is in the middle of another filing is asked which of the two a photo is for; their words answer the filing.
"""

from __future__ import annotations

import re

from bot.talk import filing, following, interrupted, phrases, pleasantries, questions, said_freely, spoken
from bot.talk.about_the_form import asks_how_to_send
from bot.talk.asked import Asked, AskedFor
from bot.talk.replacing import replace
from bot.talk.session import (
    FILING_STEPS,
    MOST_PICTURES,
    PAUSE,
    AskKnowledge,
    Choice,
    Draft,
    Heard,
    Pick,
    Picture,
    Sent,
    Session,
    Step,
    Supplement,
    Turn,
    to_home,
    to_step,
)
from bot.wechat.messages import MessageKind

_LATER = re.compile(
    r"(?:好的?|行|可以|知道了|收到|嗯|[，,。 ])*+(?:我)?"
    r"(?:明天|明早|后天|回头|回家|等会儿?|等一?下|一会儿?|晚点|晚上|过两天|马上|这就)"
    r".{0,10}(?:发|拍|补|交|送|找|弄)?.{0,8}"
)
_PROMISED = Sent("")
"""Nothing yet, but it was said that it will come: the words after that are it, too."""
_PICTURE_SENT = "市民补充了照片。"


def answered(session: Session, heard: Heard) -> Turn | None:
    """What was asked for, sent to its ticket; None where the message is about something else."""
    asked = heard.understanding.asked
    if asked is None or asked.what is not AskedFor.MATERIAL:
        return None
    kind = heard.message.kind
    if kind is MessageKind.IMAGE and session.sent is not None and session.ticket == asked.number:
        return supply(session, heard, asked.number, pictures=(*session.sent.pictures, _picture(heard)))
    if session.supplied_at is not None and asked.at <= session.supplied_at:
        return None
    if heard.message.created_at <= asked.at.replace(microsecond=0):
        return None  # sent before the notice
    first = session.updated_at is None or asked.at > session.updated_at or session.sent == _PROMISED
    if kind is MessageKind.IMAGE:
        return _photo(session, heard, asked, first=first)
    if not first or _is_filing(session, heard):
        return None
    if kind is MessageKind.LOCATION:
        if not filing.has_position(heard):
            return None
        where = heard.text or f"东经{heard.message.longitude}，北纬{heard.message.latitude}"
        return supply(session, heard, asked.number, f"市民补充了位置：{where}")
    return _words(session, heard, asked) if kind in (MessageKind.TEXT, MessageKind.VOICE) else None


def settled(session: Session) -> Session:
    """Who was asked which of the two a photo is for, and goes on with the filing, meant the filing."""
    sent = session.sent
    if sent is None or not sent.unsure or session.draft is None:
        return session
    draft = session.draft
    kept = replace(draft, pictures=(*draft.pictures, *sent.pictures)[:MOST_PICTURES])
    bare = replace(session, draft=kept, sent=None, interrupted=None)
    return replace(bare, step=interrupted.question_of(session))


def supply(
    session: Session,
    heard: Heard,
    number: str,
    text: str = _PICTURE_SENT,
    *,
    pictures: tuple[Picture, ...] = (),
) -> Turn:
    """To the ticket, remembered until the citizen has seen where it went. Of several photos only the last is new."""
    sent = Sent(text="" if text == _PICTURE_SENT else text, pictures=pictures)
    at = replace(session, ticket=number, step=Step.SUPPLEMENT, choices=(), sent=sent, supplied_at=heard.now)
    return Turn(at, act=Supplement(number, text, pictures[-1:]))


def _photo(session: Session, heard: Heard, asked: Asked, *, first: bool) -> Turn | None:
    elsewhere = session.ticket is not None and session.step in (Step.TICKET, Step.SUPPLEMENT)
    if elsewhere and not first and session.ticket != asked.number:
        return None
    picture = _picture(heard)
    if session.sent is not None and session.sent.unsure:
        return _ask_which(session, asked, (*session.sent.pictures, picture))
    if _is_filing(session, heard):
        return _ask_which(interrupted.remembering(session, heard.now), asked, (picture,)) if first else None
    if session.draft is not None and not first:
        return None
    return supply(session, heard, asked.number, pictures=(picture,))


def _ask_which(session: Session, asked: Asked, pictures: tuple[Picture, ...]) -> Turn:
    kept = replace(session, sent=Sent("", pictures, unsure=True))
    choices = (
        Choice("要补的材料", Pick.SUPPLY, asked.number, note=asked.number),
        Choice("正在登记的这件", Pick.NOT_FOR_THIS),
    )
    return to_step(kept, Step.TICKET, phrases.PHOTO_FOR_WHICH, choices=choices)


def _is_filing(session: Session, heard: Heard) -> bool:
    """A filing under way; one that rests was hardly in mind."""
    draft = session.draft
    if draft is None or session.step not in FILING_STEPS:
        return False
    return heard.now - draft.touched_at <= PAUSE


def _words(session: Session, heard: Heard, asked: Asked) -> Turn | None:
    """Anything said that is no command, question, thanks or danger."""
    text, word = heard.text, spoken.command_word(heard.text)
    emergency = heard.understanding.emergency
    if not text or word.isdigit() or word in spoken.COMMANDS or (emergency is not None and emergency.sure):
        return None
    if any(word in (spoken.command_word(c.word), c.word) for c in session.choices):
        return None
    if spoken.PERSON.fullmatch(word) or word in spoken.CANCEL or word in spoken.BACK:
        return None
    if following.asked_ticket(text) is not None or said_freely.wants_to_report(text):
        return None
    if _LATER.fullmatch(text) or word in spoken.THANKS or pleasantries.thanks(text):
        turn = to_home(session, phrases.SEND_WHEN_READY)
        return replace(turn, session=replace(turn.session, sent=_PROMISED))
    if asks_how_to_send(text):
        at = replace(session, ticket=asked.number, sent=None)
        return to_step(at, Step.SUPPLEMENT, phrases.HOW_PHOTOS, phrases.SUPPLEMENT)
    if questions.asks(text) or said_freely.says_nothing(text) or said_freely.insults(text):
        return None
    if pleasantries.greets(text) or pleasantries.vents(text):
        return None
    return supply(session, heard, asked.number, said_freely.without_adding(text))


def _picture(heard: Heard) -> Picture:
    return Picture(heard.message.media_id or heard.message.key, heard.message.picture_url)


# ---- choices


def way_out(session: Session) -> tuple[Choice, ...]:
    """Beside what can be done with the ticket: what was sent was for something else."""
    return (Choice("不是给这件事的", Pick.NOT_FOR_THIS),) if session.sent is not None else ()


def for_this(session: Session, heard: Heard, value: str) -> Turn:
    """The photos were what the notice asked for; the filing goes on afterwards."""
    sent = session.sent
    if sent is None or not value:
        return interrupted.home(session)
    at = replace(session, ticket=value, step=Step.SUPPLEMENT, choices=(), sent=None, supplied_at=heard.now)
    return Turn(at, act=Supplement(value, _PICTURE_SENT, sent.pictures))


def not_for_this(session: Session, heard: Heard, value: str) -> Turn:
    """It goes where it would have gone; what is in the ticket already stays there, and that is said."""
    sent = session.sent
    if sent is None:
        return to_home(session)
    if sent.unsure:
        at = settled(session)
        assert at.draft is not None
        return filing.ask(at, at.step, phrases.pictures_received(len(at.draft.pictures)))
    clean = replace(session, sent=None, ticket=None)
    if sent.pictures:
        draft = clean.draft or Draft(id=heard.message.key, touched_at=heard.now)
        pictures = (*draft.pictures, *sent.pictures)[:MOST_PICTURES]
        said = (phrases.STAYS_THERE, phrases.pictures_received(len(pictures)))
        return filing.ask_next(replace(clean, draft=replace(draft, pictures=pictures)), *said)
    told = replace(heard, text=sent.text)
    put = questions.put(clean, told)
    kind = filing.sounds_like(sent.text)
    return Turn(put, (phrases.STAYS_THERE,), act=AskKnowledge(sent.text, clean.about, kind))


HANDLERS = {Pick.SUPPLY: for_this, Pick.NOT_FOR_THIS: not_for_this}
