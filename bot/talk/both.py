"""A question and a report in one message, pure: the question is answered, and the report offered to be filed."""

from __future__ import annotations

from functools import lru_cache

from bot.talk import filing, phrases, questions
from bot.talk.heard_beside import requests_in, sounds_like
from bot.talk.question_outcomes import Told, after_refused_question
from bot.talk.replacing import replace
from bot.talk.session import AskKnowledge, Heard, Session, Turn
from knowledge_base.answering.outcome import Choice as SeveralMatters
from knowledge_base.answering.outcome import Refusal
from routing.citizen_request import RequestType

_LEAST_BOTH = 12
_ASKED = (None, RequestType.CONSULTATION)


def heard_in(session: Session, heard: Heard) -> Turn | None:
    """The library asked about the one question in it; None for a message that is not both."""
    text = heard.text
    if len(text) < _LEAST_BOTH or not questions.asks_within(text):
        return None
    found = _read_again(text) if len(text) <= _SAID_AGAIN else _read(text)
    if found is None:
        return None
    asked, told = found
    put = replace(questions.put(session, heard), question=asked, follows=None)
    return Turn(put, act=AskKnowledge(asked, None, None, beside=told))


def _read(text: str) -> tuple[str, tuple[str, ...]] | None:
    """The one question in it, and what is told beside it."""
    parts = requests_in(text)
    asked = tuple(part for part in parts if sounds_like(part) in _ASKED and questions.asks(part))
    told = tuple(part for part in parts if part not in asked)
    if len(asked) != 1 or not any(_reports(part) for part in told):
        return None
    return asked[0], told


_SAID_AGAIN = 40
"""Characters: what many ask in the same few words is parted once, and a short text names nobody."""
_read_again = lru_cache(maxsize=2_000)(_read)


def after_both(
    session: Session, act: AskKnowledge, outcome: Told | SeveralMatters | Refusal, heard: Heard
) -> Turn:
    """The answer, then the offer. A question the library cannot answer goes with the report, to be filed apart."""
    if isinstance(outcome, Refusal):
        whole = replace(act, question=heard.text, reads_like=_type_of(act.beside[0]), beside=())
        return after_refused_question(session, whole, outcome, heard)
    if isinstance(outcome, Told):
        said = phrases.answer(outcome.found, elder=session.elder, page=outcome.page)
        session = replace(session, about=outcome.found.article_id)
    else:
        said = phrases.which_of(tuple(option.question for option in outcome.options))
    first, *more = act.beside
    turn = filing.begin(session, heard, text=first, guess=_type_of(first))
    draft = turn.session.draft
    if draft is not None and more:
        turn = replace(turn, session=replace(turn.session, draft=replace(draft, more=tuple(more))))
    return replace(turn, say=(said, phrases.AND_YOUR_REPORT, *turn.say))


def _reports(part: str) -> bool:
    return sounds_like(part) not in _ASKED or questions.tells_trouble(part)


def _type_of(part: str) -> RequestType:
    read = sounds_like(part)
    return RequestType.HELP if read is None or read in _ASKED else read
