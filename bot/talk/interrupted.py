"""A filing in whose middle a notice asked something else, pure: once that is answered, its question is put again."""

from __future__ import annotations

from datetime import datetime

from bot.talk import phrases
from bot.talk.filing_questions import ask, next_question
from bot.talk.replacing import replace
from bot.talk.session import FILING_STEPS, PAUSE, Choice, Draft, Pick, Session, Step, Turn, to_home, to_step
from bot.wechat_text import quote


def remembering(session: Session, now: datetime) -> Session:
    """The session that knows which question of a filing it leaves unanswered. One that rested was hardly in mind: it
    is offered first."""
    draft = session.draft
    if draft is None or not draft.has_content or session.step not in FILING_STEPS | {Step.RESUME}:
        return session
    step = Step.RESUME if now - draft.touched_at > PAUSE else session.step
    return replace(session, interrupted=step)


def home(session: Session, *say: str) -> Turn:
    """Home; or, where a notice came between, the filing's question again."""
    draft, step = session.draft, session.interrupted
    if draft is None or step is None:
        return to_home(session, *say)
    bare = to_home(session).session
    if step is Step.RESUME:
        return _offered(bare, draft, *say)
    return ask(bare, step, *say, phrases.BACK_TO_FILING_BEFORE)


def question_of(session: Session) -> Step:
    """The question a filing stands at, also where a notice came between."""
    assert session.draft is not None
    if session.step in FILING_STEPS:
        return session.step
    step = session.interrupted
    return step if step in FILING_STEPS and step is not None else next_question(session.draft)


def _offered(session: Session, draft: Draft, *say: str) -> Turn:
    choices = (Choice("接着填", Pick.RESUME), Choice("不填了", Pick.DISCARD))
    shown = (f"“{quote(draft.text)}”",) if draft.text else ()
    return to_step(session, Step.RESUME, *say, phrases.RESUME, *shown, choices=choices)
