"""The dialogue as a pure function: session, message and what was understood → the next turn.

Digits mean the choices the last reply showed; words mean the same everywhere; ``0``, ``返回`` and ``#`` always
lead out. ``take_turn`` never touches a store: what must be done is an act, and ``after`` turns its outcome
into words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot import filing, following, phrases, questions, spoken
from bot.outcomes import Outcome, after
from bot.session import (
    DRAFT_LIFETIME,
    FILING_STEPS,
    FREE_TEXT_STEPS,
    PAUSE,
    PHOTOS_JOIN,
    AskKnowledge,
    Choice,
    HandToPerson,
    Heard,
    NoteLack,
    Pick,
    QuoteEntry,
    RecordFeedback,
    Session,
    ShowTicket,
    Step,
    Turn,
    Understanding,
    to_home,
    to_step,
)
from bot.wechat.messages import IncomingMessage, MessageKind
from knowledge_base.gaps.gathering import Lack
from routing.citizen_request import RequestType

_SUBMITS = frozenset({"确认提交", "确认", "提交"})

__all__ = ["Outcome", "Session", "Turn", "Understanding", "after", "take_turn"]


def take_turn(
    session: Session, message: IncomingMessage, understanding: Understanding, *, now: datetime
) -> Turn:
    """What follows from one message. Every turn says something, does something, or is ``silent``."""
    heard = Heard(message, spoken.tidy(message.content), understanding, now)
    return _stamped(_respond(_fresh(session, now), heard), now)


def _fresh(session: Session, now: datetime) -> Session:
    """Forget what is over: a draft after its day, a subject after a pause, old menus after a day."""
    draft, since = session.draft, session.updated_at
    if draft is not None and now - draft.touched_at > DRAFT_LIFETIME:
        session = replace(session, draft=None)
        if session.step in FILING_STEPS | {Step.RESUME}:
            session = to_home(session).session
    if since is not None and now - since > PAUSE:
        session = replace(session, about=None)
    if since is not None and now - since > DRAFT_LIFETIME:
        session = replace(to_home(session).session, ticket=None, question=None, follows=None)
    return session


def _stamped(turn: Turn, now: datetime) -> Turn:
    session = replace(turn.session, updated_at=now)
    if session.step in FILING_STEPS and session.draft is not None:
        session = replace(session, draft=replace(session.draft, touched_at=now))
    return replace(turn, session=session)


def _respond(session: Session, heard: Heard) -> Turn:
    kind = heard.message.kind
    if kind is MessageKind.EVENT:
        return _on_event(session, heard)
    if kind in (MessageKind.TEXT, MessageKind.VOICE):
        if heard.text:
            return _on_words(session, heard)
        return again(session, phrases.NOT_HEARD if kind is MessageKind.VOICE else phrases.EMPTY)
    if kind is MessageKind.IMAGE:
        return _on_picture(session, heard)
    if kind is MessageKind.LOCATION:
        if session.step is Step.SUPPLEMENT and session.ticket:
            return following.add_place(session, heard, session.ticket)
        return filing.add_place(session, heard)
    return again(session, phrases.UNSUPPORTED)


def again(session: Session, *say: str) -> Turn:
    """The same question once more, with its menu."""
    if session.step in FILING_STEPS and session.draft is not None:
        return filing.ask(session, session.step, *say)
    return Turn(session, say) if session.choices or session.step is not Step.HOME else to_home(session, *say)


def _on_event(session: Session, heard: Heard) -> Turn:
    event = (heard.message.event or "").lower()
    if event in ("subscribe", "scan"):
        return to_home(session, phrases.WELCOME)
    if event == "click":
        key = spoken.tidy(heard.message.event_key or "").lower()
        if key in spoken.MENU_KEYS:
            return _pick(session, heard, spoken.MENU_KEYS[key], "")
        return _on_words(session, replace(heard, text=key)) if key else to_home(session)
    return Turn(session, silent=True)


def _on_picture(session: Session, heard: Heard) -> Turn:
    """Photos join what the citizen is busy with; soon after filing, the ticket just filed (domain §6)."""
    if session.step in (Step.TICKET, Step.SUPPLEMENT) and session.ticket:
        return following.add_picture(session, heard, session.ticket)
    filed = _just_filed(session, heard)
    if session.draft is None and filed:
        return following.add_picture(session, heard, filed)
    return filing.add_picture(session, heard)


def _just_filed(session: Session, heard: Heard) -> str | None:
    """The number of a ticket that what comes now may well belong to."""
    recent = session.filed_at is not None and heard.now - session.filed_at <= PHOTOS_JOIN
    return session.filed if recent else None


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
    command = spoken.COMMANDS.get(word)
    # A tap on an older reply is a command even where the citizen could be writing.
    leaves = command is not None and (
        command[0] in spoken.LEAVE_FREE_TEXT or heard.message.menu_choice is not None
    )
    leaves = leaves or (session.step in FILING_STEPS and following.asked_ticket(heard.text) is not None)
    if session.step in FREE_TEXT_STEPS | FILING_STEPS and not leaves:
        return _own_words(session, heard)
    a_word_typed = word in spoken.VERDICTS and heard.message.menu_choice is None
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
        return filing.hear(session, heard)
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
            return to_home(session, phrases.WELCOME)
        return _pick(session, heard, *command)
    if word in spoken.PUZZLED:
        return to_home(session, phrases.WELCOME)
    if word in spoken.ROBOT:
        return again(session, phrases.ROBOT)
    if word in spoken.THANKS:
        return to_home(session, phrases.THANKS)
    filed = _just_filed(session, heard)
    if word in _SUBMITS and session.draft is None and filed:
        # 确认提交 tapped twice: the second tap shows what the first one made.
        return Turn(session, act=ShowTicket(filed))
    if len(word) <= 1 or word.isdigit():
        return again(session, phrases.NO_SUCH_CHOICE)
    return _ask(session, heard)


def _ask(session: Session, heard: Heard) -> Turn:
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
            return to_home(replace(session, draft=None), phrases.CANCELLED)
        return to_home(session, phrases.WENT_HOME)
    if spoken.PERSON.fullmatch(word):
        return Turn(session, act=HandToPerson())
    if word in spoken.BACK or (word == "1" and session.step in FREE_TEXT_STEPS):
        if session.step in FILING_STEPS:
            return filing.back(session)
        return following.after_back(session)
    return None


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
    return next((c for c in meant if word in spoken.SPOKEN_FOR.get(c.pick, ())), None)


def _pick(session: Session, heard: Heard, pick: Pick, value: str) -> Turn:
    return _HANDLERS[pick](session, heard, value)


def _go_home(session: Session, heard: Heard, value: str) -> Turn:
    return to_home(session)


def _go_back(session: Session, heard: Heard, value: str) -> Turn:
    return following.after_back(session)


def _person(session: Session, heard: Heard, value: str) -> Turn:
    return Turn(session, act=HandToPerson())


def _leave_message(session: Session, heard: Heard, value: str) -> Turn:
    return filing.begin_or_resume(session, heard, RequestType.HELP.value)


def _invite_question(session: Session, heard: Heard, value: str) -> Turn:
    return to_home(session, phrases.ASK_AWAY)


def _switch_elder(session: Session, heard: Heard, value: str) -> Turn:
    said = phrases.ELDER_OFF if session.elder else phrases.ELDER_ON
    return to_home(replace(session, elder=not session.elder), said)


def _useful(session: Session, heard: Heard, value: str) -> Turn:
    if session.about is None or not _was_answered(session):
        return to_home(session, phrases.GLAD)
    said = replace(session, answered=None)
    return Turn(said, act=RecordFeedback(session.about, helpful=True, asked=session.asked))


def _unsolved(session: Session, heard: Heard, value: str) -> Turn:
    """没解决 → 转工单: the question asked becomes the description, and the article hears of it."""
    if not session.question and heard.message.menu_choice is None and not value:
        return to_home(session)  # 没用, 不对 to nothing
    turn = _file_question(session, heard, value)
    if session.about is None or not _was_answered(session):
        return turn
    said = questions.gap_wording(session.question or "", session.follows)
    return replace(turn, act=RecordFeedback(session.about, helpful=False, asked=session.asked, question=said))


def _was_answered(session: Session) -> bool:
    """Whether the last question is the one the library answered, and no word on it was said yet."""
    return session.answered is not None and session.answered == session.asked


def _file_question(session: Session, heard: Heard, value: str) -> Turn:
    if not session.question:
        return filing.begin_or_resume(session, heard, "")
    guess = RequestType(value) if value else None
    if guess is None and questions.asks(session.question):
        guess = RequestType.CONSULTATION
    return filing.begin(replace(session, answered=None), heard, text=session.whole_question, guess=guess)


def _suggestion(session: Session, heard: Heard, value: str) -> Turn:
    asking = replace(session, question=value, follows=None, asked=heard.message.key)
    return Turn(asking, act=AskKnowledge(value, None, None))


def _entry(session: Session, heard: Heard, value: str) -> Turn:
    """One of several entries offered: what was tapped and what was asked, both answered from it."""
    article_id, _, offered = value.partition("|")
    both = "，".join(part for part in (offered, session.question) if part)
    return Turn(session, act=QuoteEntry(article_id, both, session.asked))


def _none_of_these(session: Session, heard: Heard, value: str) -> Turn:
    """None of the entries offered was meant: the question stays unanswered, and can be filed."""
    said = questions.gap_wording(session.question or "", session.follows)
    turn = to_step(
        session,
        Step.HOME,
        phrases.not_known(nearest=False),
        choices=(Choice("登记成工单", Pick.FILE_TEXT, value), Choice("首页", Pick.HOME)),
    )
    return replace(turn, act=NoteLack(session.asked, said, Lack.UNANSWERED))


_HANDLERS: dict[Pick, Callable[[Session, Heard, str], Turn]] = {
    **filing.HANDLERS,
    **following.HANDLERS,
    Pick.HOME: _go_home,
    Pick.BACK: _go_back,
    Pick.PERSON: _person,
    Pick.MESSAGE: _leave_message,
    Pick.ASK: _invite_question,
    Pick.ELDER: _switch_elder,
    Pick.USEFUL: _useful,
    Pick.UNSOLVED: _unsolved,
    Pick.FILE_TEXT: _file_question,
    Pick.SUGGESTION: _suggestion,
    Pick.ENTRY: _entry,
    Pick.NONE_OF_THESE: _none_of_these,
}
