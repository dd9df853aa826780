"""While a person at the desk talks with the citizen, pure: the bot listens for danger and for ``#``, and comes back."""

from __future__ import annotations

from datetime import timedelta

from bot.talk import phrases, spoken
from bot.talk.filing import offer_to_resume
from bot.talk.replacing import replace
from bot.talk.session import Heard, Session, Step, Turn, to_home
from bot.wechat.messages import MessageKind

NOBODY_CAME = timedelta(minutes=10)
"""So long a citizen waits for a person before the bot answers again."""
ALL_SAID = timedelta(hours=2)
"""After so much silence a talk with a person is over, also where the platform did not report its end."""

_CAME, _WENT = frozenset({"kf_create_session", "kf_switch_session"}), "kf_close_session"


def hand_over(session: Session, heard: Heard) -> Turn:
    """To the desk, with whatever was under way kept for afterwards."""
    waiting = replace(session, step=Step.PERSON, choices=(), person_since=heard.now, person_came=False)
    return Turn(waiting, (phrases.HANDING_OVER,), hand_over=True)


def beside(session: Session, heard: Heard) -> Turn | None:
    """The turn while somebody at the desk answers; None where the bot does."""
    if heard.message.kind is MessageKind.EVENT:
        return _on_event(session, heard)
    if session.step is not Step.PERSON:
        return None
    word = spoken.command_word(heard.text)
    if word in spoken.CANCEL or word in spoken.BACK:
        return back(session, phrases.PERSON_ENDED)
    if is_over(session, heard):
        return None
    emergency = heard.understanding.emergency
    if emergency is not None and word not in spoken.COMMANDS:
        return Turn(session, (phrases.emergency_card(emergency),), hand_over=True)
    if heard.text and spoken.PERSON.fullmatch(word) and not session.person_came:
        return Turn(session, (phrases.STILL_WAITING,), hand_over=True)
    return Turn(session, silent=True, hand_over=True)


def is_over(session: Session, heard: Heard) -> bool:
    """Whether nobody came, or nothing was said for long."""
    if session.person_since is None or session.updated_at is None:
        return True
    if not session.person_came:
        return heard.now - session.person_since > NOBODY_CAME
    return heard.now - session.updated_at > ALL_SAID


def end(session: Session) -> tuple[Session, str]:
    """The session without a person, and what to say before anything else."""
    said = phrases.PERSON_ENDED if session.person_came else phrases.NOBODY_CAME
    return to_home(replace(session, person_since=None, person_came=False)).session, said


def back(session: Session, *say: str) -> Turn:
    """Back from the desk: what was under way before is offered again."""
    alone = replace(session, person_since=None, person_came=False)
    if alone.draft is not None and alone.draft.has_content:
        turn = offer_to_resume(alone)
        return replace(turn, say=(*say, *turn.say))
    return to_home(alone, *say)


def _on_event(session: Session, heard: Heard) -> Turn | None:
    event = (heard.message.event or "").lower()
    if event in _CAME:
        since = session.person_since or heard.now
        met = replace(session, step=Step.PERSON, choices=(), person_since=since, person_came=True)
        return Turn(met, silent=True)
    if event == _WENT:
        return (
            back(session, phrases.PERSON_ENDED) if session.step is Step.PERSON else Turn(session, silent=True)
        )
    if session.step is Step.PERSON and event == "click" and not is_over(session, heard):
        return Turn(session, (phrases.WITH_PERSON,))
    return None
