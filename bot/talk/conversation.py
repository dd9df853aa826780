"""The dialogue as a pure function: session, message and what was understood → the next turn.

Digits mean the choices the last reply showed; words mean the same everywhere; ``0``, ``返回`` and ``#`` always
lead out. ``take_turn`` never touches a store: what must be done is an act, and ``after`` turns its outcome
into words.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.talk import (
    answer_choices,
    both,
    elders,
    filing,
    filing_words,
    following,
    interrupted,
    phrases,
    place_words,
    pleasantries,
    privacy_notice,
    questions,
    rating,
    said_freely,
    small_talk,
    spoken,
    with_person,
)
from bot.talk.draft import MOST_VOICES, Picture
from bot.talk.filing import again
from bot.talk.outcomes import Outcome, after
from bot.talk.passing_time import fresh
from bot.talk.replacing import replace
from bot.talk.session import (
    DISCLOSURE_TIER,
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
    heard = Heard(message, text, _without_false_alarm(understanding, text), now)
    session = fresh(session, now)
    turn = with_person.beside(session, heard)
    if turn is None and session.step is Step.PERSON:
        alone, said = with_person.end(session)
        turn = _respond(alone, heard)
        turn = replace(turn, say=(said, *turn.say))
    return _stamped(turn or rating.answered(session, heard) or _respond(session, heard), now)


_LEAST_HINTED = 3
"""In fewer characters a danger that is only possible is none: 停了, 好疼 is three."""


def _without_false_alarm(understanding: Understanding, text: str) -> Understanding:
    """An insult or a mere remark is no danger, whatever it sounds like."""
    emergency = understanding.emergency
    if emergency is None or not text:
        return understanding
    false = said_freely.insults(text) or pleasantries.help_called(text)
    if not emergency.sure:
        scant = len(text) < _LEAST_HINTED or place_words.bare_place(text) is not None
        false = false or scant or said_freely.says_nothing(text)
    return replace(understanding, emergency=None) if false else understanding


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
            return _pick(session, heard, spoken.MENU_KEYS[key], "")
        return _on_words(session, replace(heard, text=key)) if key else to_home(session)
    return Turn(session, silent=True)


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
    chosen = _chosen(session, word, heard.text)
    if chosen is not None:
        return _pick(session, heard, chosen.pick, chosen.value)
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
        kind = _other_than_question(heard) or RequestType.HELP
        choices = (Choice("登记这件事", Pick.FILE_TEXT, kind.value), Choice("首页", Pick.HOME))
        put = questions.put(session, heard)
        if not questions.hangs_on_another(heard.text):
            put = replace(put, follows=None)  # danger is reported in its own words
        return to_step(put, Step.HOME, card, choices=choices)
    return _everyday(session, heard, word, command)


def _everyday(session: Session, heard: Heard, word: str, command: tuple[Pick, str] | None) -> Turn:
    asked = following.asked_ticket(heard.text)
    if asked is not None:
        return following.find(session, heard, *asked)
    if command is not None:
        if word in spoken.GREETINGS:
            return to_home(session, phrases.welcome(heard.understanding.welcome))
        return _pick(session, heard, *command)
    rated = said_freely.rated_with_words(heard.text)
    if rated is not None and rated[0] in spoken.COMMANDS:
        return _pick(replace(session, comment=rated[1]), heard, *spoken.COMMANDS[rated[0]])
    small = small_talk.reply_to(session, heard, word)
    if small is not None:
        return small
    if len(word) <= 1 or word.isdigit():
        return again(session, phrases.NO_SUCH_CHOICE)
    return _ask(session, heard)


def _ask(session: Session, heard: Heard) -> Turn:
    if pleasantries.was_defrauded(heard.text):
        turn = _ask_library(session, heard)
        return replace(turn, say=(phrases.DEFRAUDED, *turn.say))
    return _ask_library(session, heard)


def _ask_library(session: Session, heard: Heard) -> Turn:
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


def _chosen(session: Session, word: str, text: str) -> Choice | None:
    first = phrases.first_digit(session.step)
    if word.isascii() and word.isdigit():
        index = int(word) - first if len(word) <= 2 else -1
        return session.choices[index] if 0 <= index < len(session.choices) else None
    for choice in session.choices:
        if word == spoken.command_word(choice.word) or text == choice.word:
            return choice
    # Yes answers one guessed type; in the menu of six it chooses nothing.
    meant = (c for c in session.choices if c.pick is not Pick.TYPE or session.step is Step.CONFIRM_TYPE)
    chosen = next((c for c in meant if word in spoken.SPOKEN_FOR.get(c.pick, ())), None)
    # Yes to a withdrawal names none of its reasons.
    return replace(chosen, value="") if chosen and chosen.pick is Pick.WITHDRAW_SURELY else chosen


def _pick(session: Session, heard: Heard, pick: Pick, value: str) -> Turn:
    return _HANDLERS[pick](session, heard, value)


def _go_home(session: Session, heard: Heard, value: str) -> Turn:
    if session.step is Step.BAD_RATING:  # 不用了: nothing is to be done again
        return interrupted.home(session)
    return to_home(session)


def _go_back(session: Session, heard: Heard, value: str) -> Turn:
    return following.after_back(session)


def _person(session: Session, heard: Heard, value: str) -> Turn:
    return Turn(session, act=HandToPerson())


def _leave_message(session: Session, heard: Heard, value: str) -> Turn:
    return filing.begin_or_resume(session, heard, RequestType.HELP.value)


def _invite_question(session: Session, heard: Heard, value: str) -> Turn:
    return to_home(session, phrases.ASK_AWAY)


def _privacy(session: Session, heard: Heard, value: str) -> Turn:
    return again(session, privacy_notice.FULL)


def _forget(session: Session, heard: Heard, value: str) -> Turn:
    """What was kept from one filing for the next; the tickets themselves are the law's to keep."""
    bare = replace(
        session,
        phone=None,
        name=None,
        place=None,
        scanned=None,
        scanned_unit=None,
        consent=None,
        consent_at=None,
    )
    return again(bare, phrases.FORGOTTEN)


def _disclosure(session: Session, heard: Heard, value: str) -> Turn:
    """How to apply for information; ``value`` set: apply here."""
    if value:
        return filing.begin(session, heard, request_type=RequestType.CONSULTATION, tier=DISCLOSURE_TIER)
    choices = (Choice("在这里申请", Pick.DISCLOSURE, DISCLOSURE_TIER), Choice("首页", Pick.HOME))
    return to_step(session, Step.HOME, phrases.DISCLOSURE, choices=choices)


_HANDLERS: dict[Pick, Callable[[Session, Heard, str], Turn]] = {
    **filing.HANDLERS,
    **following.HANDLERS,
    **answer_choices.HANDLERS,
    **elders.HANDLERS,
    **rating.HANDLERS,
    Pick.HOME: _go_home,
    Pick.BACK: _go_back,
    Pick.PERSON: _person,
    Pick.MESSAGE: _leave_message,
    Pick.ASK: _invite_question,
    Pick.PRIVACY: _privacy,
    Pick.FORGET: _forget,
    Pick.DISCLOSURE: _disclosure,
}
