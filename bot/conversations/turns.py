"""One turn with its errands: the pure dialogue asked, its acts done, the reply put into words. Nothing is recorded here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from bot.talk import phrases
from bot.talk.conversation import take_turn
from bot.talk.outcomes import Outcome, after
from bot.talk.replacing import replace
from bot.talk.session import Act, Asked, Heard, Scene, Session, Understanding
from bot.talk.spoken import tidy
from bot.talk.spoken_forms import simplified
from bot.wechat.messages import IncomingMessage, MessageKind
from bot.wechat.reply import Reply
from classifier.signals import read_type_and_danger

_MOST_ACTS = 3
"""An act may lead to one more (催办 → find the ticket → remind); more would be a loop."""

_SAID_AGAIN = 40
"""Characters: commands, taps and common questions are short, and a short text names nobody."""

_SPOKEN = frozenset({MessageKind.TEXT, MessageKind.VOICE})


class Runs(Protocol):
    """Does what a turn asks."""

    async def run(self, act: Act, heard: Heard) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Held:
    """A turn that was taken: where it leads, what is said, and what was done."""

    session: Session
    reply: Reply | None
    acts: tuple[Act, ...] = ()


def understand(text: str) -> Understanding:
    """What the classifier's rules read in one sentence; what many say in the same few words is read once."""
    if not text:
        return _NOTHING
    return _read_again(text) if len(text) <= _SAID_AGAIN else _read(text)


def _read(text: str) -> Understanding:
    return Understanding(*read_type_and_danger(simplified(text)))


_NOTHING = Understanding()
_read_again = lru_cache(maxsize=2_000)(_read)


async def hold_turn(
    session: Session,
    message: IncomingMessage,
    *,
    errands: Runs,
    now: datetime,
    understand: Callable[[str], Understanding] = understand,
    scene: Scene | None = None,
    welcome: str | None = None,
    asked: Asked | None = None,
) -> Held:
    """Take one turn; every act in it is idempotent, so that it may be taken again.

    ``scene`` is the place of the code that was scanned with this message, ``welcome`` the account's own words,
    ``asked`` what a notice asked last.
    """
    text = tidy(message.content)
    read = understand(text) if message.kind in _SPOKEN else Understanding()
    if scene is not None or welcome is not None or asked is not None:
        read = replace(read, scene=scene, welcome=welcome, asked=asked)
    heard = Heard(message, text, read, now)
    turn = take_turn(session, message, read, now=now)
    said, acts = turn.say, list[Act]()
    for _ in range(_MOST_ACTS):
        if turn.act is None:
            break
        acts.append(turn.act)
        outcome = await errands.run(turn.act, heard)
        turn = after(turn.session, turn.act, outcome, heard)
        said += turn.say
    if turn.silent:
        reply = Reply("", hand_over=True) if turn.hand_over else None
    else:
        whole = turn if said == turn.say else replace(turn, say=said)
        reply = Reply(phrases.render(whole), hand_over=turn.hand_over)
    return Held(turn.session, reply, tuple(acts))
