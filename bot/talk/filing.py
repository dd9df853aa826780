"""Filing by dialogue, pure: type, description, place, contact, secrecy, summary; each answer asks what is missing.

No answer is lost on the way: going back or changing one thing keeps the others, and whatever is said at the
summary is added to the description (``bot.talk.filing_words`` hears the citizen's own words).
"""

from __future__ import annotations

from collections.abc import Callable

from bot.talk import phrases, privacy_notice
from bot.talk.filing_questions import ask as ask
from bot.talk.filing_questions import ask_next as ask_next
from bot.talk.filing_questions import next_question as next_question
from bot.talk.heard_beside import oneself_in, phone_in, places_in, requests_in, without_own_phone
from bot.talk.heard_beside import sounds_like as sounds_like
from bot.talk.replacing import replace
from bot.talk.session import (
    FILING_STEPS,
    MOST_PICTURES,
    SCAN_COUNTS,
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
from routing.citizen_request import RequestType, Secrecy

Handler = Callable[[Session, Heard, str], Turn]

MOST_PLACE = 200


def begin(
    session: Session,
    heard: Heard,
    *,
    request_type: RequestType | None = None,
    text: str = "",
    guess: RequestType | None = None,
    tier: str | None = None,
    say: tuple[str, ...] = (),
) -> Turn:
    """Start a new draft, named after the message that began it, and ask its first question."""
    replaced = session.draft is not None and session.draft.has_content
    draft = told(
        Draft(
            id=heard.message.key,
            touched_at=heard.now,
            tier=tier,
            request_type=request_type,
            text=text,
            guess=guess,
            secrecy=Secrecy.PUBLIC if tier else None,
        ),
        session,
        heard,
    )
    lost = (phrases.DRAFT_REPLACED,) if replaced else ()
    return ask_next(replace(session, draft=draft), *lost, *say, *by_code(session, draft, heard))


def begin_at(session: Session, heard: Heard, place: str, *, told: str | None = None) -> Turn:
    """A place and not a word of what is the matter there, unless that was ``told`` just before."""
    draft = Draft(
        id=heard.message.key,
        touched_at=heard.now,
        place=place[:MOST_PLACE],
        text=told or "",
        guess=sounds_like(told) if told else None,
    )
    return ask_next(replace(session, draft=draft), phrases.place_noted(place))


def told(draft: Draft, session: Session, heard: Heard) -> Draft:
    """The draft with what its text says beside the matter: places and a number to be offered, other requests."""
    scanned = _scanned(session, heard)
    text, in_text = without_own_phone(draft.text), places_in(draft.text)
    name, secrecy, text = (None, None, text) if draft.tier else oneself_in(text)
    places = dict.fromkeys((*in_text, *(place for place in (scanned, session.place) if place)))
    taken = draft.text and draft.place is None and not in_text
    return replace(
        draft,
        text=text,
        name=None if secrecy is Secrecy.ANONYMOUS else draft.name or name,
        secrecy=draft.secrecy or secrecy,
        skipped=(*draft.skipped, Step.CONTACT) if secrecy is Secrecy.ANONYMOUS else draft.skipped,
        place=scanned if scanned and taken else draft.place,
        places=tuple(places)[:2],
        phone_heard=None if secrecy is Secrecy.ANONYMOUS else phone_in(draft.text) or draft.phone_heard,
        parts=() if draft.more or draft.tier else requests_in(text),
    )


def _scanned(session: Session, heard: Heard) -> str | None:
    counts = session.scanned_at is not None and heard.now - session.scanned_at < SCAN_COUNTS
    return session.scanned if counts else None


def by_code(session: Session, draft: Draft, heard: Heard) -> tuple[str, ...]:
    """What is said where the place was taken from the code, which spares the question."""
    place = _scanned(session, heard)
    return (phrases.place_by_code(place),) if place and draft.place == place else ()


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
    """This one is not filed; another of the same message is still asked about."""
    after = next_of(session.draft, heard) if session.draft else None
    if after is not None:
        said = (phrases.NEXT_INSTEAD, phrases.next_of_several(after.text))
        return ask_next(replace(session, draft=after), *said)
    return to_home(replace(session, draft=None), phrases.CANCELLED)


def next_of(draft: Draft, heard: Heard) -> Draft | None:
    """The next request of the same message: a draft of its own, from the same citizen."""
    if not draft.more:
        return None
    text, *more = draft.more
    base, _, count = draft.id.partition("+")
    forced = draft.request_type is RequestType.REPORT
    return Draft(
        id=f"{base}+{int(count or 1) + 1}",
        touched_at=heard.now,
        guess=sounds_like(text),
        text=text,
        more=tuple(more),
        name=draft.name,
        phone=draft.phone,
        secrecy=None if forced else draft.secrecy,
        skipped=(Step.CONTACT,) if draft.phone is None else (),
        places=tuple(dict.fromkeys((*places_in(text), *((draft.place,) if draft.place else ()))))[:2],
    )


# ---- going back and out


def again(session: Session, *say: str) -> Turn:
    """The same question once more, with its menu."""
    if session.step in FILING_STEPS and session.draft is not None:
        return ask(session, session.step, *say)
    return Turn(session, say) if session.choices or session.step is not Step.HOME else to_home(session, *say)


def back(session: Session) -> Turn:
    """One question back; from a field that is being changed, to the summary; from the first question, home, with
    whatever was said kept as a draft."""
    draft = session.draft
    before = {
        Step.DESCRIBE: Step.TYPE,
        Step.PLACE: Step.DESCRIBE,
        Step.CONTACT: Step.PLACE,
        Step.SECRECY: Step.CONTACT,
        Step.SUMMARY: Step.SECRECY,
    }.get(session.step)
    if draft is not None and (draft.editing or session.step is Step.EDIT):
        return ask_next(session)
    if draft is None or before is None:
        return leave(session, phrases.WENT_HOME)
    if before is Step.SECRECY and (draft.request_type is RequestType.REPORT or session.elder):
        before = Step.CONTACT
    return ask(session, before)


def leave(session: Session, *say: str) -> Turn:
    """Home; an empty draft is dropped, one with content stays for its 24 hours."""
    keep = session.draft is not None and session.draft.has_content
    return to_home(session if keep else replace(session, draft=None), *say)


# ---- answers by choice


def choose_type(session: Session, heard: Heard, value: str) -> Turn:
    return answer(session, request_type=RequestType(value))


def choose_another_type(session: Session, heard: Heard, value: str) -> Turn:
    return ask(session, Step.TYPE) if session.draft else to_home(session)


def split(session: Session, heard: Heard, value: str) -> Turn:
    """The first request now, the others after it."""
    draft = session.draft
    if draft is None or not draft.parts:
        return ask_next(session) if draft else to_home(session, phrases.NO_DRAFT)
    first, *more = draft.parts
    draft = replace(draft, text=first, guess=sounds_like(first), more=tuple(more), parts=())
    draft = told(draft, session, heard)
    return ask_next(replace(session, draft=draft), *by_code(session, draft, heard))


def put_together(session: Session, heard: Heard, value: str) -> Turn:
    return answer(session, parts=())


def choose_place(session: Session, heard: Heard, value: str) -> Turn:
    return answer(session, place=value[:MOST_PLACE], latitude=None, longitude=None)


def choose_phone(session: Session, heard: Heard, value: str) -> Turn:
    return keep_phone(session, heard, value)


def keep_phone(
    session: Session, heard: Heard, phone: str, *, say: tuple[str, ...] = (), **fields: object
) -> Turn:
    """Who leaves a number after reading what becomes of it has agreed; and is not anonymous any more, so that is
    asked again."""
    if session.draft is None:
        return to_home(session, phrases.NO_DRAFT)
    if session.consent != privacy_notice.VERSION:
        session = replace(session, consent=privacy_notice.VERSION, consent_at=heard.now)
    anonymous = session.draft is not None and session.draft.secrecy is Secrecy.ANONYMOUS
    secrecy = None if anonymous or session.draft is None else session.draft.secrecy
    return answer(session, say, phone=phone, secrecy=secrecy, **fields)


def choose_secrecy(session: Session, heard: Heard, value: str) -> Turn:
    """匿名 means what it says: name and number already given are dropped."""
    chosen = Secrecy(value)
    if chosen is Secrecy.ANONYMOUS and session.draft is not None:
        skipped = (*session.draft.skipped, Step.CONTACT)
        return answer(session, secrecy=chosen, name=None, phone=None, phone_heard=None, skipped=skipped)
    return answer(session, secrecy=chosen)


def skip(session: Session, heard: Heard, value: str) -> Turn:
    if session.draft is None:
        return to_home(session)
    skipped = tuple(sorted({*session.draft.skipped, session.step}))
    if session.step is Step.PLACE:
        return answer(session, skipped=skipped, place=None, latitude=None, longitude=None)
    return answer(session, skipped=skipped, name=None, phone=None)


def keep(session: Session, heard: Heard, value: str) -> Turn:
    return ask_next(session) if session.draft else to_home(session)


def edit(session: Session, heard: Heard, value: str) -> Turn:
    if session.draft is None:
        return to_home(session, phrases.NO_DRAFT)
    return ask(replace(session, draft=replace(session.draft, editing=True)), Step(value))


def edit_menu(session: Session, heard: Heard, value: str) -> Turn:
    return ask(session, Step.EDIT) if session.draft else to_home(session, phrases.NO_DRAFT)


def drop_pictures(session: Session, heard: Heard, value: str) -> Turn:
    return answer(session, (phrases.PICTURES_GONE,), pictures=())


def submit(session: Session, heard: Heard, value: str) -> Turn:
    draft = session.draft
    if draft is None:
        return to_home(session, phrases.NO_DRAFT)
    if next_question(draft) is not Step.SUMMARY:
        return ask_next(session)
    by_scan = session.scanned is not None and draft.place == session.scanned
    return Turn(session, act=FileTicket(draft, session.scanned_unit if by_scan else None))


def answer(session: Session, say: tuple[str, ...] = (), /, **fields: object) -> Turn:
    """The draft with these fields, and its next question."""
    if session.draft is None:
        return to_home(session, phrases.NO_DRAFT)
    draft: Draft = replace(session.draft, **fields)  # type: ignore[arg-type]
    return ask_next(replace(session, draft=draft), *say)


HANDLERS: dict[Pick, Handler] = {
    Pick.FILE: begin_or_resume,
    Pick.RESUME: resume,
    Pick.DISCARD: discard,
    Pick.TYPE: choose_type,
    Pick.OTHER_TYPE: choose_another_type,
    Pick.SPLIT: split,
    Pick.TOGETHER: put_together,
    Pick.PLACE: choose_place,
    Pick.PHONE: choose_phone,
    Pick.SECRECY: choose_secrecy,
    Pick.SKIP: skip,
    Pick.KEEP: keep,
    Pick.EDIT: edit,
    Pick.EDIT_MENU: edit_menu,
    Pick.NO_PICTURES: drop_pictures,
    Pick.SUBMIT: submit,
}


# ---- photos and places


def add_picture(session: Session, heard: Heard) -> Turn:
    """A photo at any question joins the draft; one sent first begins it."""
    if session.draft is None:
        session = replace(
            session, draft=told(Draft(id=heard.message.key, touched_at=heard.now), session, heard)
        )
    draft = session.draft
    assert draft is not None
    if len(draft.pictures) >= MOST_PICTURES:
        return ask_next(session, phrases.TOO_MANY_PICTURES)
    message = heard.message
    picture = Picture(message.media_id or message.key, message.picture_url)
    session = replace(session, draft=replace(draft, pictures=(*draft.pictures, picture)))
    return ask_next(session, phrases.pictures_received(len(draft.pictures) + 1))


def has_position(heard: Heard) -> bool:
    """A location message may come without coordinates and without a label."""
    return bool(heard.text) or (heard.message.latitude is not None and heard.message.longitude is not None)


def add_place(session: Session, heard: Heard) -> Turn:
    """A location at any question answers where; one sent first begins a draft."""
    if session.draft is None:
        session = replace(session, draft=Draft(id=heard.message.key, touched_at=heard.now))
    message = heard.message
    place = heard.text[:MOST_PLACE] or f"东经{message.longitude}，北纬{message.latitude}"
    said = (phrases.place_received(place),)
    return answer(session, said, place=place, latitude=message.latitude, longitude=message.longitude)
