"""What every act is given beside its own facts: keyword arguments that travel together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NotRequired, TypedDict

from routing.timing.sla import Profile
from routing.workflow import Actor


class By(TypedDict):
    """Whose act it is, and when."""

    actor: Actor
    now: datetime


class Timed(By):
    """And the rules of time the ticket goes by."""

    profile: Profile


class Acting(By):
    """And the version the actor last read; None: whatever it is now."""

    version: int | None


class ForCitizen(TypedDict):
    """An act of the citizen's side. Without ``actor`` it is the citizen's own; ``key`` is the message that asked: a
    second delivery of it changes nothing."""

    now: datetime
    actor: NotRequired[Actor]
    version: NotRequired[int | None]
    key: NotRequired[str | None]


class Excuse(TypedDict):
    """What a check found before an answer was sent, and why it was sent all the same."""

    doubts: tuple[str, ...]
    despite: str | None


class Answered(By):
    """An answer of a unit or the centre; ``profile`` says whether it is reviewed first, and who is visited after it."""

    text: str
    profile: NotRequired[Profile | None]
    doubts: NotRequired[tuple[str, ...]]
    despite: NotRequired[str | None]


class Answering(Acting):
    """And the excuse, where there was something to excuse."""

    doubts: NotRequired[tuple[str, ...]]
    despite: NotRequired[str | None]


@dataclass(frozen=True, slots=True)
class Given:
    """The same for one ticket, to be passed on as ``**given.by`` or, to acts with limits, ``**given.timed``."""

    actor: Actor
    now: datetime
    profile: Profile

    @property
    def by(self) -> By:
        return By(actor=self.actor, now=self.now)

    @property
    def timed(self) -> Timed:
        return Timed(profile=self.profile, actor=self.actor, now=self.now)
