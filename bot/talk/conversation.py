"""The dialogue as a pure function: session, message and what was understood → the next turn.

Digits mean the choices the last reply showed; words mean the same everywhere; ``0``, ``返回`` and ``#`` always
lead out. ``take_turn`` never touches a store: what must be done is an act, and ``after`` turns its outcome
into words.
"""

from __future__ import annotations

from datetime import datetime

from bot.talk import (
    about_the_form,
    both,
    elders,
    filing,
    filing_words,
    following,
    interrupted,
    misfortunes,
    phrases,
    questions,
    rating,
    reporting,
    said_freely,
    small_talk,
    spoken,
    supplying,
    with_person,
)
from bot.talk.choosing import chosen
from bot.talk.commands import pick
from bot.talk.draft import MOST_VOICES, Picture
from bot.talk.false_alarms import without_false_alarm
from bot.talk.filing import again, has_position
from bot.talk.outcomes import Outcome, after
from bot.talk.passing_time import fresh
from bot.talk.replacing import replace
from bot.talk.session import (
    FILING_STEPS,
    FREE_TEXT_STEPS,
    PAUSE,
    AskKnowledge,
    Choice,
    HandToPerson,
    Heard,
    Pick,
    Session,
    Step,
    Turn,
    Understanding,
    to_home,
    to_step,
)
from bot.wechat.messages import IncomingMessage, MessageKind
from routing.citizen_request import RequestType

__all__ = ["Outcome", "Session", "Turn", "Understanding", "after", "take_turn"]


def take_turn(
    session: Session, message: IncomingMessage, understanding: Understanding, *, now: datetime
) -> Turn:
    """What follows from one message. Every turn says something, does something, or is ``silent``."""
    text = spoken.tidy(message.content)
    heard = Heard(message, text, without_false_alarm(understanding, text, session.step), now)
    session = fresh(session, now)
    turn = with_person.beside(session, heard)
    if turn is None and session.step is Step.PERSON:
        alone, said = with_person.end(session)
        turn = _respond(alone, heard)
        turn = replace(turn, say=(said, *turn.say))
    turn = turn or rating.answered(session, heard) or supplying.answered(session, heard)
    return _stamped(turn or _respond(_settled(session, heard), heard), now)


def _settled(session: Session, heard: Heard) -> Session:
    """Who answers which of two matters a photo is for, answers; who says anything else goes on with the filing."""
    if session.sent is None or not session.sent.unsure:
        return session
    word = spoken.command_word(heard.text)
    return session if chosen(session, word, heard.text) else supplying.settled(session)


def _stamped(turn: Turn, now: datetime) -> Turn:
    session = turn.session
    if session.step in FILING_STEPS and session.draft is not None:
        session = replace(session, updated_at=now, draft=replace(session.draft, touched_at=now))
    else:
        session = replace(session, updated_at=now)
    return elders.offer_plainer_words(replace(turn, session=session))


def _respond(session: Session, heard: Heard) -> Turn:
    kind = heard.message.kind
    if kind is MessageKind.EVENT:
        return _on_event(session, heard)
    if kind in (MessageKind.TEXT, MessageKind.VOICE):
        if heard.text:
            return _on_words(session, heard)
        return _not_heard(session, heard) if kind is MessageKind.VOICE else again(session, phrases.EMPTY)
    if kind is MessageKind.IMAGE:
        return _on_picture(session, heard)
    if kind is MessageKind.LOCATION:
        if not has_position(heard):
            return again(session, phrases.NO_POSITION)
        if session.step is Step.SUPPLEMENT and session.ticket:
            return following.add_place(session, heard, session.ticket)
        return filing.add_place(session, heard)
    return again(session, phrases.UNSUPPORTED)


def _not_heard(session: Session, heard: Heard) -> Turn:
    """A voice message without words: while something is being filed it goes with it, for a person to listen to."""
    draft, media_id = session.draft, heard.message.media_id
    if draft is None or session.step not in FILING_STEPS or not media_id or len(draft.voices) >= MOST_VOICES:
        return again(session, phrases.NOT_HEARD)
    kept = replace(draft, voices=(*draft.voices, Picture(media_id)))
    return again(replace(session, draft=kept), phrases.VOICE_KEPT)


def _on_event(session: Session, heard: Heard) -> Turn:
    event = (heard.message.event or "").lower()
    if event in ("subscribe", "scan"):
        return _came(session, heard)
    if event == "click":
        key = spoken.tidy(heard.message.event_key or "").lower()
        if key in spoken.MENU_KEYS:
            return pick(session, heard, spoken.MENU_KEYS[key], "")
        return _on_words(session, replace(heard, text=key)) if key else to_home(session)
    if event == "scancode_waitmsg":
        return _scanned(session, heard)
    return Turn(session, silent=True)


def _scanned(session: Session, heard: Heard) -> Turn:
    """A menu's 扫一扫 that waits for our word: of all that a code may say only a ticket's number is anything here."""
    said = spoken.tidy(heard.message.field("ScanResult") or "")
    number = following.TICKET_NUMBER.search(said)
    if number is None:
        return again(session, phrases.STRANGE_CODE)
    return following.find(session, heard, number[0].upper(), None)


def _came(session: Session, heard: Heard) -> Turn:
    """Greeted; who came by the code of a place need not say the place again."""
    scene, welcome = heard.understanding.scene, phrases.welcome(heard.understanding.welcome)
    if scene is None:
        return to_home(session, welcome)
    there = replace(
        session,
        scanned=scene.place or scene.label,
        scanned_at=heard.now,
        scanned_unit=scene.unit_id,
    )
    if session.draft is not None and session.draft.place is None:
        places = tuple(dict.fromkeys((there.scanned or "", *session.draft.places)))[:2]
        place = (there.scanned if session.draft.text else None) or None
        there = replace(there, draft=replace(session.draft, places=places, place=place))
    greeting = (welcome,) if heard.message.event == "subscribe" else ()
    taken = filing.by_code(there, there.draft, heard) if there.draft is not None else ()
    return to_home(there, *greeting, phrases.scanned(scene.label), *taken)


def _on_picture(session: Session, heard: Heard) -> Turn:
    """Photos join what the citizen is busy with; soon after filing, the ticket just filed (domain §6)."""
    if session.step in (Step.TICKET, Step.SUPPLEMENT) and session.ticket:
        return following.add_picture(session, heard, session.ticket)
    filed = small_talk.just_filed(session, heard)
    if session.draft is None and filed:
        return following.add_picture(session, heard, filed)
    return filing.add_picture(session, heard)


def _on_words(session: Session, heard: Heard) -> Turn:
    word = spoken.command_word(heard.text)
    dialled = spoken.DIAL.fullmatch(word)
    if dialled:
        return again(session, phrases.dial(dialled[1]))
    way_out = _way_out(session, word)
    if way_out is not None:
        return way_out
    choice = chosen(session, word, heard.text)
    if choice is not None:
        return pick(session, heard, choice.pick, choice.value)
    rated = rating.hear(session, heard, word)
    if rated is not None:
        return rated
    if session.step in FILING_STEPS and said_freely.gives_up(heard.text, outright=True):
        return _own_words(session, heard)  # 不投诉了 here ends the filing, and withdraws no ticket
    command = spoken.COMMANDS.get(word)
    # A tap on an older reply is a command even where the citizen could be writing.
    leaves = command is not None and (
        command[0] in spoken.LEAVE_FREE_TEXT or heard.message.menu_choice is not None
    )
    leaves = leaves or (
        command is not None and command[0] in spoken.OF_TICKETS and filing_words.offered(session)
    )
    leaves = leaves or (session.step in FILING_STEPS and following.asked_ticket(heard.text) is not None)
    if session.step in FREE_TEXT_STEPS | FILING_STEPS and not leaves:
        return _own_words(session, heard)
    a_word_typed = word in _VERDICTS_HERE and heard.message.menu_choice is None
    if session.step is Step.RATE_REASON and (command is None or a_word_typed):
        return _own_words(session, heard)
    return _at_large(session, heard, word, command)


def _own_words(session: Session, heard: Heard) -> Turn:
    if session.step in FILING_STEPS:
        if session.draft is None:
            return to_home(session, phrases.NO_DRAFT)
        rested = session.updated_at is not None and heard.now - session.updated_at > PAUSE
        if rested and session.draft.has_content:
            return filing.offer_to_resume(session)
        return filing_words.hear(session, heard)
    word = spoken.command_word(heard.text)
    return following.hear(session, heard) or _at_large(session, heard, word, spoken.COMMANDS.get(word))


def _at_large(session: Session, heard: Heard, word: str, command: tuple[Pick, str] | None) -> Turn:
    """Anything said where no particular answer is expected."""
    # A known word is what it says, whatever the classifier makes of so few characters.
    emergency = heard.understanding.emergency if command is None else None
    if emergency is not None and not emergency.sure:
        turn = _everyday(session, heard, word, command)
        return replace(turn, say=(phrases.emergency_card(emergency), *turn.say))
    if emergency is not None:
        card = phrases.emergency_card(emergency)
        kind = heard.understanding.request_type
        kind = kind if kind in _TROUBLES else RequestType.HELP
        choices = (Choice("登记这件事", Pick.FILE_TEXT, kind.value), Choice("首页", Pick.HOME))
        put = questions.put(session, heard)
        if not questions.hangs_on_another(heard.text):
            put = replace(put, follows=None)  # danger is reported in its own words
        return to_step(put, Step.HOME, card, choices=choices)
    return _everyday(session, heard, word, command)


_TROUBLES = frozenset({RequestType.HELP, RequestType.COMPLAINT, RequestType.REPORT})


def _everyday(session: Session, heard: Heard, word: str, command: tuple[Pick, str] | None) -> Turn:
    asked = following.asked_ticket(heard.text)
    if asked is not None:
        return following.find(session, heard, *asked)
    if command is not None:
        if word in spoken.GREETINGS:
            return to_home(session, phrases.welcome(heard.understanding.welcome))
        return pick(session, heard, *command)
    rated = said_freely.rated_with_words(heard.text)
    if rated is not None and rated[0] in spoken.COMMANDS:
        return pick(replace(session, comment=rated[1]), heard, *spoken.COMMANDS[rated[0]])
    small = small_talk.reply_to(session, heard, word)
    if small is not None:
        return small
    if len(word) <= 1 or word.isdigit():
        return again(session, phrases.NO_SUCH_CHOICE)
    return _ask(session, heard)


def _ask(session: Session, heard: Heard) -> Turn:
    advice = misfortunes.advice_on(heard.text)
    turn = _ask_library(session, heard)
    return replace(turn, say=(advice, *turn.say)) if advice else turn


def _ask_library(session: Session, heard: Heard) -> Turn:
    waits = session.draft is not None and session.draft.has_content
    beside = None if waits else about_the_form.beside_a_story(heard.text)
    turn = reporting.with_a_question_about_it(session, heard, *beside) if beside else None
    if turn is not None:
        return turn
    both_told = both.heard_in(session, heard)
    if both_told is not None:
        return both_told
    question = heard.text
    likely = questions.trusted_type(question, _other_than_question(heard))
    return Turn(questions.put(session, heard), act=AskKnowledge(question, session.about, likely))


def _other_than_question(heard: Heard) -> RequestType | None:
    kind = heard.understanding.request_type
    return None if kind is RequestType.CONSULTATION else kind


# ---- what a word or digit stands for


def _way_out(session: Session, word: str) -> Turn | None:
    if word in spoken.CANCEL:
        if session.step in FILING_STEPS | {Step.RESUME}:
            several = session.draft is not None and session.draft.more
            said = phrases.ALL_CANCELLED if several else phrases.CANCELLED
            return to_home(replace(session, draft=None), said)
        unrated = session.step is Step.RATE_REASON or (session.step is Step.RATE and session.comment)
        lost = phrases.NOT_RATED if unrated else phrases.WENT_HOME
        # Who takes back a rating goes on with what the notice came into; # leads home from everywhere.
        return to_home(session, lost) if word == "#" else interrupted.home(session, lost)
    if spoken.PERSON.fullmatch(word):
        return Turn(session, act=HandToPerson())
    explains = _says_what_one_does(session, word)
    if explains is not None:
        return explains
    if word in spoken.BACK or (word == "1" and session.step in FREE_TEXT_STEPS):
        if session.step in FILING_STEPS:
            return filing.back(session)
        return following.after_back(session)
    return None


_VERDICTS_HERE = spoken.VERDICTS | spoken.OF_NEGLECT
"""What is said of an answer or of the handling, where reasons are asked for."""
_AFTER_A_ONE = frozenset({Step.PLACE, Step.CONTACT})
"""Questions behind a screen whose 1 was a yes."""


def _says_what_one_does(session: Session, word: str) -> Turn | None:
    """Who typed 1 for yes so far is told once what 1 does here, before it goes back."""
    if word != "1" or session.step not in _AFTER_A_ONE or session.one_explained:
        return None
    return again(replace(session, one_explained=True), phrases.ONE_GOES_BACK)
