"""回访: asking whether it is really solved; a bad answer leads to rectification, and silence is not satisfaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from routing.acts import limits, rework
from routing.errors import ActionNotAllowed, Incomplete, OutOfRange, TooSoon, UsedUp
from routing.events import Event, EventKind, Solved, VisitOutcome
from routing.timing.sla import ClockName, Profile
from routing.workflow import SYSTEM, Action, Actor, State

if TYPE_CHECKING:
    from routing.ticket import Ticket

_VISIT = (ClockName.FOLLOW_UP_VISIT,)
SATISFIED_FROM = 3
"""好差评 counts 基本满意 (3 of 5 stars) as satisfied."""
HOURS_BETWEEN_TRIES = 2
"""Three calls in a row reach nobody who was not there for the first."""


@dataclass(frozen=True, slots=True)
class Rating:
    """好差评: ``stars`` 5 非常满意 … 1 非常不满意. ``resolved`` None means the citizen did not say."""

    stars: int
    resolved: bool | None = None
    reasons: tuple[str, ...] = ()
    comment: str | None = None

    @property
    def satisfied(self) -> bool:
        return self.stars >= SATISFIED_FROM

    @property
    def good(self) -> bool:
        """Nothing is left to do: satisfied, and not said to be unsolved."""
        return self.satisfied and self.resolved is not False


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One try. ``solved`` and ``stars`` only where the citizen was reached and said so."""

    at: datetime
    outcome: VisitOutcome
    solved: Solved | None = None
    stars: int | None = None
    comment: str | None = None


def is_bad(rated: Event) -> bool:
    """A rating that asks for something: not satisfied, or satisfied and said to be unsolved."""
    return rated.stars is not None and not Rating(rated.stars, resolved=rated.resolved).good


def sampled(number: str, share: float) -> bool:
    """Whether this ticket is among those visited: by its number, so that nobody picks the easy ones."""
    return int.from_bytes(hashlib.sha256(number.encode()).digest()[:4]) < share * 2**32


def start_visit_clock(ticket: Ticket, *, profile: Profile, now: datetime) -> None:
    """After closing: the centre owes a visit to those sampled. The others are put away once it is too late to take
    them up again."""
    ticket.put_away_at = None
    if not sampled(ticket.number, profile.visit_share):
        ticket.put_away_at = now + timedelta(days=profile.reopen_days)
        return
    reply = ticket.promise
    at = profile.visit_starts_at(closed_at=now, reply_due_at=reply.due_at if reply else now)
    limits.start(ticket, profile, ClockName.FOLLOW_UP_VISIT, at=at, unit_id=None)


def visit(
    ticket: Ticket,
    *,
    profile: Profile,
    actor: Actor,
    now: datetime,
    outcome: VisitOutcome,
    solved: Solved | None = None,
    stars: int | None = None,
    comment: str | None = None,
) -> None:
    """Note one try. Unsolved or unsatisfied: back for rectification. The last try without an answer, or a refusal
    to speak, archives without any rating; with a bad rating standing it is rectified unheard."""
    ticket.enter(Action.VISIT, actor)
    if stars is not None and not 1 <= stars <= 5:
        raise Incomplete("stars")
    reached = outcome is VisitOutcome.REACHED
    if reached and solved is None:
        raise OutOfRange("solved", "联系上市民的，要写明是否解决")
    if not reached and (solved is not None or stars is not None):
        raise OutOfRange("stars", "联系上市民以后才能登记")
    tries = tries_of(ticket)
    if tries >= profile.visit_tries:
        raise UsedUp(Action.VISIT, profile.visit_tries)
    last = ticket.visits[-1].at if tries else None
    if not reached and last is not None and now - last < timedelta(hours=HOURS_BETWEEN_TRIES):
        raise TooSoon(Action.VISIT, HOURS_BETWEEN_TRIES)
    said = (comment or "").strip() or None
    ticket.visits = (
        *ticket.visits,
        Visit(at=now, outcome=outcome, solved=solved, stars=stars, comment=said),
    )
    ticket.record(
        EventKind.VISITED,
        actor,
        now,
        unit_id=ticket.unit_id,
        text=said,
        outcome=outcome,
        solved=solved,
        stars=stars,
    )
    if reached:
        assert solved is not None
        _reached(ticket, profile=profile, actor=actor, now=now, solved=solved, stars=stars, said=said)
    elif outcome is VisitOutcome.REFUSED or tries + 1 >= profile.visit_tries:
        limits.stop(ticket, _VISIT, now)
        if ticket.rating is not None and not ticket.rating.good:
            rework.begin(ticket, profile=profile, actor=actor, now=now, reason="市民评价不满意，回访没有谈成")
        else:
            _archive(ticket, actor=actor, now=now)


def _reached(
    ticket: Ticket,
    *,
    profile: Profile,
    actor: Actor,
    now: datetime,
    solved: Solved,
    stars: int | None,
    said: str | None,
) -> None:
    limits.stop(ticket, _VISIT, now)
    if stars is not None and ticket.rating is None:
        take_rating(
            ticket, Rating(stars, resolved=solved is not Solved.NO, comment=said), actor=actor, now=now
        )
    if solved is Solved.NO or (stars is not None and stars < SATISFIED_FROM):
        rework.begin(ticket, profile=profile, actor=actor, now=now, reason=said or "回访时市民说没有解决")
    else:
        _archive(ticket, actor=actor, now=now)


def archive(ticket: Ticket, *, actor: Actor, now: datetime, reason: str) -> None:
    """归档 by hand, with the reason why nothing more is asked of anybody."""
    ticket.enter(Action.ARCHIVE, actor)
    if not reason.strip():
        raise Incomplete("reason")
    limits.cancel(ticket, _VISIT, now)
    _archive(ticket, actor=actor, now=now, text=reason.strip())


def archive_silent(ticket: Ticket, *, now: datetime) -> bool:
    """The visit's limit has passed, or without one the days for reopening. A bad rating still waits for somebody; a
    ticket nobody rated is put away without counting as satisfied. True when it was archived."""
    if ticket.state is not State.RESOLVED:
        return False
    visiting = ticket.clock(ClockName.FOLLOW_UP_VISIT)
    silent = ticket.put_away_at is not None and now > ticket.put_away_at
    if not silent and (visiting is None or not visiting.overdue(now)):
        return False
    if ticket.rating is not None and not ticket.rating.good:
        return False
    limits.stop(ticket, _VISIT, now)
    _archive(ticket, actor=SYSTEM, now=now)
    return True


def rate(
    ticket: Ticket, rating: Rating, *, actor: Actor, now: datetime, profile: Profile | None = None
) -> None:
    """评价 by the citizen: satisfied archives the ticket; otherwise it stays, or comes back, for a visit and a
    rework. It may come after the ticket was put away."""
    if not 1 <= rating.stars <= 5:
        raise Incomplete("stars")
    state = ticket.enter(Action.RATE, actor)
    if ticket.rating is not None:
        # One rating per answer: the next one comes after a rework.
        raise ActionNotAllowed(Action.RATE, state)
    take_rating(ticket, rating, actor=actor, now=now)
    if rating.good:
        limits.cancel(ticket, _VISIT, now)
        ticket.state = State.ARCHIVED
        ticket.put_away_at = None
        return
    ticket.state = State.RESOLVED
    ticket.put_away_at = None
    visiting = ticket.clock(ClockName.FOLLOW_UP_VISIT)
    if profile is not None and (visiting is None or not visiting.running):
        # Sampled or not, and however often somebody tried before: this citizen has something to say.
        limits.start(ticket, profile, ClockName.FOLLOW_UP_VISIT, at=now, unit_id=None)


def may_reopen(ticket: Ticket) -> bool:
    """Who was satisfied files a new matter."""
    return ticket.state is not State.ARCHIVED or ticket.rating is None or not ticket.rating.good


def tries_of(ticket: Ticket) -> int:
    """How often the citizen was tried since the ticket was last closed, or since they spoke up themselves."""
    since = max((at for at in (ticket.resolved_at, ticket.rated_at) if at is not None), default=None)
    return sum(1 for v in ticket.visits if since is None or v.at >= since)


def _archive(ticket: Ticket, *, actor: Actor, now: datetime, text: str | None = None) -> None:
    ticket.state = State.ARCHIVED
    ticket.put_away_at = None
    ticket.record(EventKind.ARCHIVED, actor, now, unit_id=ticket.unit_id, text=text)


def take_rating(ticket: Ticket, rating: Rating, *, actor: Actor, now: datetime) -> None:
    ticket.rating = rating
    ticket.rated_at = now
    said = "、".join((*rating.reasons, *((rating.comment,) if rating.comment else ())))
    ticket.record(
        EventKind.RATED,
        actor,
        now,
        unit_id=ticket.unit_id,
        text=said or None,
        stars=rating.stars,
        resolved=rating.resolved,
        reasons=rating.reasons,
        comment=rating.comment,
    )
