"""What is said where a notice or the dialogue asks how a ticket was handled, pure.

A notice that asks is the question being answered: its digits count, not those of the menu before it, and what is said
of the handling is part of the rating, never of a filing that happens to be open.
"""

from __future__ import annotations

from bot.talk import filing, filing_words, following, interrupted, phrases, questions, said_freely, spoken
from bot.talk.asked import AskedFor
from bot.talk.filing import sounds_like
from bot.talk.rating_words import Verdict, verdict_in
from bot.talk.replacing import replace
from bot.talk.session import (
    FILING_STEPS,
    PAUSE,
    Asked,
    AskKnowledge,
    Choice,
    Heard,
    Pick,
    Purpose,
    Session,
    ShowTicket,
    Step,
    Turn,
    to_step,
)
from bot.wechat.messages import MessageKind


def answered(session: Session, heard: Heard) -> Turn | None:
    """The answer to a notice that asked since the last turn; None where the message is about something else."""
    asked = heard.understanding.asked
    if asked is None or asked.what is not AskedFor.RATING:
        return None
    if heard.message.kind not in (MessageKind.TEXT, MessageKind.VOICE):
        return None
    if session.updated_at is not None and asked.at <= session.updated_at:
        return None
    if heard.message.created_at <= asked.at.replace(microsecond=0):
        return None  # written before the notice, and only heard after it
    word = spoken.command_word(heard.text)
    if word.isdigit():
        return _by_digit(session, heard, asked, word)
    if word in spoken.THANKS or spoken.THANKING.fullmatch(word):
        # With a filing open 好 may be the answer to its question.
        return None if session.step in FILING_STEPS else _ask(session, heard, asked, phrases.YOU_ARE_WELCOME)
    verdict = _verdict(session, heard, word)
    return _given(session, heard, asked, verdict) if verdict is not None else None


def hear(session: Session, heard: Heard, word: str) -> Turn | None:
    """The same where the dialogue itself has just asked for the stars, or whether to do it again. In the middle of a
    filing it is asked what was meant."""
    if session.step in FILING_STEPS:
        return _of_which(session, heard, word)
    if session.ticket is None or session.step not in (Step.RATE, Step.BAD_RATING):
        return None
    if session.step is Step.BAD_RATING and said_freely.wants_rework(heard.text):
        return following.reopen(session, heard, "")
    if session.step is Step.BAD_RATING and said_freely.speaks_of_rework(heard.text):
        return to_step(session, Step.BAD_RATING, phrases.REWORK, choices=session.choices)
    verdict = _verdict(session, heard, word)
    if verdict is None:
        return None
    if session.step is Step.BAD_RATING:
        said = verdict.comment or heard.text
        kept = replace(session, reasons=(*session.reasons, said))
        return to_step(kept, Step.BAD_RATING, phrases.NOTED, phrases.REWORK, choices=session.choices)
    if verdict.stars is None:
        return following.ask_stars(replace(session, comment=verdict.comment), phrases.SAID_OF_RATING)
    comment = verdict.comment or session.comment
    return following.choose_stars(replace(session, comment=comment), heard, str(verdict.stars))


def _of_which(session: Session, heard: Heard, word: str) -> Turn | None:
    """评价, or a verdict on what a notice told of lately, said in the middle of a filing: of which of the two?"""
    draft, asked = session.draft, heard.understanding.asked
    if draft is None or not draft.has_content or asked is None or asked.what is not AskedFor.RATING:
        return None
    if filing_words.offered(session) or heard.message.menu_choice:
        return None
    command = spoken.COMMANDS.get(word)
    stars = comment = None
    if command is None:
        verdict = verdict_in(heard.text) if session.step is not Step.DESCRIBE else None
        if verdict is None or verdict.stars is None or verdict.comment is None:
            return None
        if heard.understanding.emergency is not None and heard.understanding.emergency.sure:
            return None
        stars, comment = verdict.stars, verdict.comment
    elif command[0] is not Pick.RATE:
        return None
    meant = f"{asked.number}|{Purpose.RATE}|{stars or ''}"
    finished = Choice("办完的那件", Pick.TICKET, meant, note=asked.number)
    kept = replace(interrupted.remembering(session, heard.now), ticket=None, comment=comment)
    choices = (finished, Choice("正在登记的这件", Pick.ELSEWHERE))
    return to_step(kept, Step.RATE, phrases.WHICH_TO_RATE, choices=choices)


def elsewhere(session: Session, heard: Heard, value: str) -> Turn:
    """What was taken for a word on the handling was about something else: it goes where it would have gone."""
    said = replace(heard, text=session.comment or heard.text)
    clean = replace(session, comment=None, ticket=None, stars=None, reasons=(), interrupted=None)
    if clean.draft is not None and clean.draft.has_content:
        at = replace(clean, step=interrupted.question_of(session))
        if session.comment is None:
            return filing.ask(at, at.step, phrases.BACK_TO_FILING_BEFORE)
        return filing_words.add_words(at, said)
    put = questions.put(clean, said)
    return Turn(put, act=AskKnowledge(said.text, clean.about, sounds_like(said.text)))


HANDLERS = {Pick.ELSEWHERE: elsewhere}


def _by_digit(session: Session, heard: Heard, asked: Asked, word: str) -> Turn | None:
    if not asked.listed or heard.message.menu_choice is not None or word == "0":
        return None
    if word in ("1", "2", "3", "4", "5"):
        return _given(session, heard, asked, Verdict(int(word), None))
    return _ask(session, heard, asked, phrases.NO_SUCH_CHOICE) if len(word) == 1 else None


def _given(session: Session, heard: Heard, asked: Asked, verdict: Verdict) -> Turn:
    kept = replace(interrupted.remembering(session, heard.now), comment=verdict.comment)
    say = (phrases.SAID_OF_RATING,) if verdict.stars is None else ()
    return Turn(kept, say, act=ShowTicket(asked.number, Purpose.RATE, verdict.stars))


def _ask(session: Session, heard: Heard, asked: Asked, said: str) -> Turn:
    kept = replace(interrupted.remembering(session, heard.now), comment=None)
    return Turn(kept, (said,), act=ShowTicket(asked.number, Purpose.RATE))


def _verdict(session: Session, heard: Heard, word: str) -> Verdict | None:
    """What the sentence says of the handling; None where it is danger, a command or an answer to something else."""
    emergency, command = heard.understanding.emergency, spoken.COMMANDS.get(word)
    if emergency is not None and emergency.sure:
        return None
    if command is not None:
        pick, value = command
        if pick is Pick.STARS:
            return Verdict(int(value), None)
        of_it = word in spoken.VERDICTS or word in spoken.OF_NEGLECT
        return Verdict(None, heard.text) if of_it and heard.message.menu_choice is None else None
    verdict = verdict_in(heard.text)
    if verdict is None or verdict.stars is not None:
        return verdict
    resting = session.updated_at is None or heard.now - session.updated_at > PAUSE
    # Who is just being asked what happened goes on telling it.
    return verdict if session.step is not Step.DESCRIBE or resting else None
