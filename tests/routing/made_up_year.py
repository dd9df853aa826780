"""A year of tickets lived through the real aggregate: every kind of act figures are made of, from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from routing.acts import exclusions, extensions, links, notes, pauses, relays, returns, visits
from routing.citizen_request import RequestType, Secrecy, Urgency
from routing.departments import UnitId
from routing.errors import Refused
from routing.events import RejectReason, Solved, VisitOutcome
from routing.ticket import Rating, Ticket
from routing.timing.sla import ClockName
from routing.workflow import CITIZEN, SYSTEM, Actor, Role, State
from tests.factories import PROFILE, a_request

UNITS = tuple(UnitId(f"unit-{n:02d}") for n in range(60))
FIRST = datetime(2025, 10, 31, 16, tzinfo=UTC)
"""Midnight in China, 1 November 2025."""
DAYS = 365
SUPERVISOR = Actor("supervisor", "林督办", Role.SUPERVISOR, frozenset(UNITS))
EDITOR = Actor("other", "吴督办", Role.SUPERVISOR, frozenset(UNITS))

Act = Callable[[datetime], object]


@dataclass(slots=True)
class Course:
    """One ticket's way; what a rule refuses or lies after ``present`` does not happen."""

    ticket: Ticket
    now: datetime
    present: datetime
    rng: random.Random

    def wait(self, mean_hours: float) -> None:
        # MongoDB keeps milliseconds, and so does everybody who writes to it.
        milliseconds = int(self.rng.expovariate(1 / mean_hours) * 3_600_000) + 1000
        self.now += timedelta(milliseconds=milliseconds)

    def do(self, act: Act) -> bool:
        if self.now > self.present:
            return False
        try:
            act(self.now)
        except Refused:
            return False
        return True

    def chance(self, share: float) -> bool:
        return self.rng.random() < share


def tickets(count: int, *, seed: int, present: datetime | None = None, start: int = 0) -> Iterator[Ticket]:
    """``count`` tickets spread over the year; the same for the same seed."""
    rng = random.Random(seed)
    present = present or FIRST + timedelta(days=DAYS)
    for n in range(start, start + count):
        at = FIRST + timedelta(seconds=rng.randrange(DAYS * 86_400))
        yield live(n, at, present=present, rng=rng)


def live(n: int, at: datetime, *, present: datetime, rng: random.Random) -> Ticket:
    """One ticket, from receipt to wherever it stands at ``present``."""
    request = a_request(
        "路灯不亮，晚上走路不方便，请尽快修好。",
        request_type=rng.choice(tuple(RequestType)),
        urgency=Urgency.URGENT if rng.random() < 0.03 else Urgency.ORDINARY,
        secrecy=Secrecy.PUBLIC if rng.random() < 0.8 else Secrecy.SECRET,
        external_number=f"Y{n:08d}",
        at=at,
    )
    ticket = Ticket.register(request, number=f"HY{n:010d}", profile=PROFILE, actor=CITIZEN, now=at)
    course = Course(ticket, at, present, rng)
    _intake(course, ticket)
    return ticket


def _intake(c: Course, t: Ticket) -> None:
    c.wait(1)
    fate = c.rng.random()
    if c.chance(0.03):
        c.do(lambda at: notes.note_repeat(t, "HY0000000000", actor=SUPERVISOR, now=at))
    if fate < 0.03:
        kind = c.rng.choice(tuple(RejectReason))
        c.do(lambda at: t.reject(actor=SUPERVISOR, now=at, reason="不属受理范围", kind=kind))
    elif fate < 0.08:
        c.do(lambda at: t.answer_directly(actor=SUPERVISOR, now=at, text="可以办理。", profile=PROFILE))
        _afterwards(c, t)
    elif fate < 0.12:
        _as_a_duplicate(c, t)
    elif fate < 0.14:
        c.do(lambda at: t.withdraw(actor=CITIZEN, now=at, reason="已解决"))
    else:
        _with_a_unit(c, t, c.rng.choice(UNITS))


def _as_a_duplicate(c: Course, t: Ticket) -> None:
    unit_id = c.rng.choice(UNITS)
    c.do(
        lambda at: links.link(t, "HY9999999999", unit_id=unit_id, actor=SUPERVISOR, now=at, reason="同一件事")
    )
    c.wait(60)
    if c.chance(0.15):
        c.do(lambda at: links.unlink(t, profile=PROFILE, actor=SUPERVISOR, now=at, reason="不是一件事"))
        _with_a_unit(c, t, unit_id)
    elif t.state is State.LINKED and c.do(
        lambda at: links.answer_with_parent(
            t,
            parent="HY9999999999",
            text="已修好。",
            unit_id=unit_id,
            profile=PROFILE,
            actor=SYSTEM,
            now=at,
        )
    ):
        _afterwards(c, t)


def _with_a_unit(c: Course, t: Ticket, unit_id: UnitId) -> None:
    c.do(lambda at: t.dispatch(unit_id, profile=PROFILE, actor=SUPERVISOR, now=at))
    c.wait(2)
    if c.chance(0.06):
        reason = "不属本单位职责"
        c.do(
            lambda at: returns.request_return(
                t, profile=PROFILE, actor=SUPERVISOR, now=at, reason=reason, basis="三定方案"
            )
        )
        c.wait(3)
        approved = c.chance(0.6)
        c.do(
            lambda at: returns.decide_return(
                t, approved=approved, profile=PROFILE, actor=EDITOR, now=at, reason="经核"
            )
        )
        if t.state is State.RECEIVED:
            c.wait(1)
            other = c.rng.choice(UNITS)
            c.do(lambda at: t.dispatch(other, profile=PROFILE, actor=SUPERVISOR, now=at))
    if c.chance(0.05):
        c.wait(6)
        other = c.rng.choice(UNITS)
        c.do(lambda at: t.transfer(other, profile=PROFILE, actor=SUPERVISOR, now=at, reason="改派"))
    if c.chance(0.05) and t.unit_id is not None:
        _passed_down(c, t)
    if c.chance(0.02):
        c.wait(c.rng.choice((2, 200)))
        c.do(lambda at: t.withdraw(actor=CITIZEN, now=at, reason="不用了"))
        return
    if c.chance(0.02):
        c.wait(100)
        _appeal(c, t)
    if c.chance(0.02):
        c.wait(150)
        _as_a_duplicate(c, t)
        return
    _handle(c, t)


def _passed_down(c: Course, t: Ticket) -> None:
    """A level passes it on; the next may find that it is not its matter either."""
    below = c.rng.choice(UNITS)
    c.do(lambda at: t.accept(actor=SUPERVISOR, now=at))
    c.wait(2)
    c.do(lambda at: relays.relay(t, below, profile=PROFILE, actor=SUPERVISOR, now=at, reason="由镇上办"))
    c.wait(2)
    if c.chance(0.2):
        c.do(
            lambda at: returns.request_return(
                t, profile=PROFILE, actor=SUPERVISOR, now=at, reason="不是本镇的事", basis="三定方案"
            )
        )
        c.wait(2)
        c.do(
            lambda at: returns.decide_return(
                t, approved=True, profile=PROFILE, actor=EDITOR, now=at, reason="经核"
            )
        )
        c.wait(1)
        other = c.rng.choice(UNITS)
        c.do(lambda at: t.dispatch(other, profile=PROFILE, actor=EDITOR, now=at))


def _appeal(c: Course, t: Ticket) -> None:
    if t.unit_id is None:
        return
    c.do(lambda at: exclusions.appeal_exclusion(t, actor=SUPERVISOR, now=at, reason="恶意", basis="录音"))
    c.wait(10)
    upheld = c.chance(0.6)
    c.do(lambda at: exclusions.decide_exclusion(t, approved=upheld, actor=EDITOR, now=at, reason="经核"))


def _handle(c: Course, t: Ticket, *, again: bool = False) -> None:
    c.wait(1.5)
    c.do(lambda at: t.accept(actor=SUPERVISOR, now=at))
    c.wait(4)
    if c.chance(0.85):
        c.do(lambda at: t.contact(actor=SUPERVISOR, now=at, text="已电话联系"))
    if not again:
        _delays(c, t)
    c.wait(40)
    c.do(lambda at: t.reply(actor=SUPERVISOR, now=at, text="已修好。", profile=PROFILE))
    c.wait(2)
    if c.chance(0.99):
        c.do(lambda at: t.resolve(actor=SUPERVISOR, now=at, profile=PROFILE))
        _afterwards(c, t, again=again)


def _delays(c: Course, t: Ticket) -> None:
    if c.chance(0.08):
        c.do(
            lambda at: extensions.request_extension(
                t, profile=PROFILE, actor=SUPERVISOR, now=at, reason="等材料"
            )
        )
        c.wait(4)
        granted = c.chance(0.8)
        c.do(
            lambda at: extensions.decide_extension(
                t, approved=granted, profile=PROFILE, actor=EDITOR, now=at, reason="经核"
            )
        )
    if c.chance(0.03):
        until = c.now + timedelta(days=20)
        c.do(
            lambda at: pauses.request_suspension(
                t, profile=PROFILE, actor=SUPERVISOR, now=at, reason="待规划", until=until
            )
        )
        c.wait(4)
        granted = c.chance(0.8)
        c.do(lambda at: pauses.decide_suspension(t, approved=granted, actor=EDITOR, now=at, reason="经核"))
        c.wait(100)
        if c.chance(0.7):
            c.do(lambda at: pauses.resume(t, profile=PROFILE, actor=SUPERVISOR, now=at, reason="可以办了"))
    elif c.chance(0.03):
        c.do(lambda at: pauses.ask_material(t, profile=PROFILE, actor=SUPERVISOR, now=at, text="请补照片"))
        c.wait(20)
        if c.chance(0.8):
            c.do(lambda at: t.supplement(actor=CITIZEN, now=at, text="照片", profile=PROFILE))


def _afterwards(c: Course, t: Ticket, *, again: bool = False) -> None:
    c.wait(12)
    if c.chance(0.3):
        c.do(lambda at: notes.publish_reply(t, actor=EDITOR, now=at, text="已修好。"))
    if c.chance(0.4):
        stars = c.rng.choices((5, 4, 3, 2, 1), (60, 15, 8, 7, 10))[0]
        c.do(lambda at: t.rate(Rating(stars), actor=CITIZEN, now=at, profile=PROFILE))
    if c.chance(0.5):
        c.wait(10)
        _visit(c, t)
    elif c.chance(0.1):
        c.wait(10)
        c.do(lambda at: t.reopen(profile=PROFILE, actor=CITIZEN, now=at, reason="没解决"))
    if c.chance(0.015):
        _appeal(c, t)
    if not again and t.clock(ClockName.REWORK) is not None:
        if t.state is State.RECEIVED:
            c.wait(2)
            unit_id = c.rng.choice(UNITS)
            c.do(lambda at: t.dispatch(unit_id, profile=PROFILE, actor=SUPERVISOR, now=at))
        _handle(c, t, again=True)


def _visit(c: Course, t: Ticket) -> None:
    outcome = c.rng.choices(tuple(VisitOutcome), (75, 18, 7))[0]
    reached = outcome is VisitOutcome.REACHED
    solved = c.rng.choices(tuple(Solved), (70, 18, 12))[0] if reached else None
    stars = c.rng.choice((5, 5, 4, 3, 2)) if reached and c.chance(0.7) else None
    c.do(
        lambda at: visits.visit(
            t, profile=PROFILE, actor=SUPERVISOR, now=at, outcome=outcome, solved=solved, stars=stars
        )
    )
