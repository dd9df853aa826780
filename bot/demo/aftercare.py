"""What happens now and then on a ticket's way: more time, standing still, a supervisor's letter, a call afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from bot.demo.setting import DISPATCHER, OPERATOR, SUPERVISOR
from routing.acts import extensions, letters, pauses, visits
from routing.events import Solved, VisitOutcome
from routing.workflow import State

if TYPE_CHECKING:
    from bot.demo.course import Course

_EXTENDED, _VISITED, _REACHED, _UNSOLVED, _EXPLAINED = 0.4, 0.75, 0.85, 0.1, 0.3


class Aftercare:
    """Acts of one course, drawn from a generator of its own, so that the rest of the past stays as it is."""

    def __init__(self, course: Course) -> None:
        self._course, self._life, self._ticket = course, course.life, course.life.ticket
        self._profile = course.profile
        self._rng = Random(f"aftercare/{self._ticket.number}")

    def extend(self, at: datetime, due_at: datetime) -> bool:
        """延期: what would be late was sometimes asked for in time; True when it was granted."""
        asked_at = self._profile.calendar.after_share(at, due_at, self._rng.uniform(0.6, 0.85))
        if due_at <= at or self._rng.random() > _EXTENDED:
            return False
        reason, decided_at = self._say("extend"), asked_at + timedelta(minutes=self._rng.randint(10, 50))
        liaison = self._course.liaison()
        asked = self._life.act(
            asked_at,
            lambda t: extensions.request_extension(
                self._ticket, profile=self._profile, actor=liaison, now=t, reason=reason
            ),
        )
        return asked and self._life.act(
            decided_at,
            lambda t: extensions.decide_extension(
                self._ticket,
                approved=True,
                profile=self._profile,
                actor=DISPATCHER,
                now=t,
                reason=self._say("extended"),
            ),
        )

    def suspend(self, at: datetime) -> None:
        """挂账 for another week from now on."""
        until, reason, liaison = (
            self._life.present + timedelta(days=7),
            self._say("suspend"),
            self._course.liaison(),
        )
        asked_at = self._course.later(at, 20, 90)
        self._life.act(
            asked_at,
            lambda t: pauses.request_suspension(
                self._ticket, profile=self._profile, actor=liaison, now=t, reason=reason, until=until
            ),
        ) and self._life.act(
            self._course.later(asked_at, 10, 60),
            lambda t: pauses.decide_suspension(
                self._ticket, approved=True, actor=DISPATCHER, now=t, reason=self._say("suspended")
            ),
        )

    def chase(self, due_at: datetime) -> None:
        """督办: a letter two hours ago, received and not answered yet."""
        sent_at, text = max(due_at, self._life.present - timedelta(hours=2)), self._say("letter")
        liaison = self._course.liaison()
        if self._life.act(
            sent_at,
            lambda t: letters.escalate(
                self._ticket, profile=self._profile, actor=SUPERVISOR, now=t, text=text
            ),
        ):
            letter = self._ticket.letters[-1].id
            self._life.act(
                sent_at + timedelta(minutes=25),
                lambda t: letters.receive_letter(self._ticket, letter, actor=liaison, now=t),
            )

    def visit(self, at: datetime) -> None:
        """回访 of whoever has not spoken, or was not content: the second try reaches most of those the first did not."""
        if self._ticket.rating is None and self._rng.random() > _VISITED:
            return
        called_at = self._course.later(at, 90, 420)
        if self._rng.random() > _REACHED:
            if not self._called(called_at, VisitOutcome.NOT_REACHED, None):
                return
            called_at = self._course.later(called_at, 150, 300)
        unhappy = self._ticket.rating is not None or self._rng.random() < _UNSOLVED
        said = Solved.EXPLAINED if self._rng.random() < _EXPLAINED else Solved.REAL
        if self._called(called_at, VisitOutcome.REACHED, Solved.NO if unhappy else said) and unhappy:
            self._course.redo(called_at)

    def _called(self, at: datetime, outcome: VisitOutcome, solved: Solved | None) -> bool:
        if self._ticket.state is not State.RESOLVED:
            return False
        comment = self._say("bad") if solved is Solved.NO else None

        def call(now: datetime) -> None:
            if self._ticket.state is not State.RESOLVED:
                return  # its limit had passed by then, and silence had put it away
            visits.visit(
                self._ticket,
                profile=self._profile,
                actor=OPERATOR,
                now=now,
                outcome=outcome,
                solved=solved,
                comment=comment,
            )

        tries = len(self._ticket.visits)
        return self._life.act(at, call) and len(self._ticket.visits) > tries

    def _say(self, kind: str) -> str:
        return self._course.stories.phrase(kind, self._rng)
