"""What the choices under an answer mean, pure: it helped, it did not, file the question, another question."""

from __future__ import annotations

from bot.intake import MOST_CHARACTERS
from bot.talk import filing, phrases, questions
from bot.talk.filing import Handler
from bot.talk.heard_beside import phone_in, without_own_phone
from bot.talk.replacing import replace
from bot.talk.session import (
    AskKnowledge,
    Choice,
    Heard,
    NoteLack,
    Pick,
    QuoteEntry,
    RecordFeedback,
    Session,
    Step,
    Turn,
    to_home,
    to_step,
)
from knowledge_base.gaps.gathering import Lack
from routing.citizen_request import RequestType


def useful(session: Session, heard: Heard, value: str) -> Turn:
    if session.about is None or not was_answered(session):
        return to_home(session, phrases.GLAD)
    said = replace(session, answered=None)
    return Turn(said, act=RecordFeedback(session.about, helpful=True, asked=session.asked))


def unsolved(session: Session, heard: Heard, value: str) -> Turn:
    """没解决 → 转工单: the question asked becomes the description, and the article hears of it."""
    if not session.question and heard.message.menu_choice is None and not value:
        return to_home(session)  # 没用, 不对 to nothing
    turn = file_question(session, heard, value)
    if session.about is None or not was_answered(session):
        return turn
    said = questions.gap_wording(session.question or "", session.follows)
    return replace(turn, act=RecordFeedback(session.about, helpful=False, asked=session.asked, question=said))


def was_answered(session: Session) -> bool:
    """Whether the last question is the one the library answered, and no word on it was said yet."""
    return session.answered is not None and session.answered == session.asked


def file_question(session: Session, heard: Heard, value: str) -> Turn:
    if not session.question:
        return filing.begin_or_resume(session, heard, "")
    guess = RequestType(value) if value else None
    if guess is None and questions.asks(session.question):
        guess = RequestType.CONSULTATION
    return filing.begin(replace(session, answered=None), heard, text=session.whole_question, guess=guess)


def suggestion(session: Session, heard: Heard, value: str) -> Turn:
    asking = replace(session, question=value, follows=None, asked=heard.message.key)
    return Turn(asking, act=AskKnowledge(value, None, None))


def entry(session: Session, heard: Heard, value: str) -> Turn:
    """One of several entries offered: what was tapped and what was asked, both answered from it."""
    article_id, _, offered = value.partition("|")
    both = "，".join(part for part in (offered, session.question) if part)
    return Turn(session, act=QuoteEntry(article_id, both, session.asked))


def none_of_these(session: Session, heard: Heard, value: str) -> Turn:
    """None of the entries offered was meant: the question stays unanswered, and can be filed."""
    said = questions.gap_wording(session.question or "", session.follows)
    turn = to_step(
        session,
        Step.HOME,
        phrases.not_known(nearest=False),
        choices=(Choice("登记成工单", Pick.FILE_TEXT, value), Choice("首页", Pick.HOME)),
    )
    return replace(turn, act=NoteLack(session.asked, said, Lack.UNANSWERED))


def add_to_draft(session: Session, heard: Heard, value: str) -> Turn:
    """It was the same matter: the words join the filing that waited."""
    if session.draft is None or not session.question:
        return file_question(session, heard, value)
    words = without_own_phone(session.question)
    text = f"{session.draft.text}\n{words}" if session.draft.text else words
    if len(text) > MOST_CHARACTERS:
        return filing.ask_next(session, phrases.TOO_LONG)
    guess = filing.sounds_like(text) or session.draft.guess
    phone = phone_in(session.question) or session.draft.phone_heard
    return filing.answer(session, (phrases.NEW_TEXT,), text=text, guess=guess, phone_heard=phone)


HANDLERS: dict[Pick, Handler] = {
    Pick.USEFUL: useful,
    Pick.UNSOLVED: unsolved,
    Pick.FILE_TEXT: file_question,
    Pick.SUGGESTION: suggestion,
    Pick.ENTRY: entry,
    Pick.NONE_OF_THESE: none_of_these,
    Pick.ADD_WORDS: add_to_draft,
}
