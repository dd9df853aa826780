"""值守: who of a unit is on duty, who stands in, when a notice may reach them, and whether they were there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from routing.departments import UnitId
from routing.duty.alarm_ladder import Recipient
from routing.timing.working_calendar import WorkingCalendar

CHECK_IN_OPENS = timedelta(minutes=30)
"""How long before a shift somebody may already check in for it."""
GRACE = timedelta(minutes=15)
"""How late a check-in still counts."""

_STANDS_IN = {
    Recipient.LIAISON: (Recipient.BACKUP, Recipient.HEAD),
    Recipient.BACKUP: (Recipient.LIAISON, Recipient.HEAD),
    Recipient.HEAD: (Recipient.BACKUP, Recipient.LIAISON),
    Recipient.SUPERVISOR: (),
}
"""Who is told when nobody of a post can be: an alarm must not be for nobody."""


@dataclass(frozen=True, slots=True, order=True)
class Duty:
    """A person in a post: for one shift, or standing (both times None) whenever no shift says otherwise."""

    unit_id: UnitId
    post: Recipient
    person: str
    """The user name they log in with."""
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def covers(self, at: datetime) -> bool:
        return self.starts_at is not None and self.ends_at is not None and self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True, order=True)
class Leave:
    """Somebody is away: nothing is sent to them and no shift of theirs counts as staffed by them."""

    unit_id: UnitId
    person: str
    starts_at: datetime
    ends_at: datetime

    def covers(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True, order=True)
class CheckIn:
    """在线值守: somebody said that they are at their post."""

    unit_id: UnitId
    person: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Roster:
    """The duties and leaves of one unit or of many."""

    duties: tuple[Duty, ...] = ()
    leaves: tuple[Leave, ...] = ()

    def is_away(self, person: str, at: datetime) -> bool:
        return any(leave.person == person and leave.covers(at) for leave in self.leaves)

    def in_post(self, unit_id: UnitId, post: Recipient, at: datetime) -> tuple[str, ...]:
        """Who has the shift, else who stands in the post; nobody who is away."""
        mine = [duty for duty in self.duties if duty.unit_id == unit_id and duty.post is post]
        shift = [duty.person for duty in mine if duty.covers(at) and not self.is_away(duty.person, at)]
        standing = [
            duty.person for duty in mine if duty.starts_at is None and not self.is_away(duty.person, at)
        ]
        return tuple(dict.fromkeys(shift or standing))

    def told(self, unit_id: UnitId, to: Iterable[Recipient], at: datetime) -> tuple[str, ...]:
        """The people behind these posts, each once; an empty post is answered by who stands in for it.

        Empty when the unit has no roster at all: then the notice goes to the unit as a whole.
        """
        people: list[str] = []
        for post in to:
            found = self.in_post(unit_id, post, at)
            for other in _STANDS_IN[post]:
                found = found or self.in_post(unit_id, other, at)
            people += found
        return tuple(dict.fromkeys(people))

    def reachable_at(
        self, unit_id: UnitId, post: Recipient, now: datetime, *, hours: WorkingCalendar, urgent: bool
    ) -> datetime:
        """When somebody of the post may be told: now when urgent, on shift or within hours, else at the next shift
        or the next opening, whichever comes first."""
        mine = [duty for duty in self.duties if duty.unit_id == unit_id and duty.post is post]
        mine = [
            duty
            for duty in mine
            if duty.starts_at and not self.is_away(duty.person, max(now, duty.starts_at))
        ]
        if urgent or any(duty.covers(now) for duty in mine):
            return now
        shifts = [duty.starts_at for duty in mine if duty.starts_at and duty.starts_at > now]
        return min([hours.received_at(now), *shifts])

    def shift_of(self, unit_id: UnitId, person: str, now: datetime) -> Duty | None:
        """The shift this person may check in for now, as its own or standing in for somebody away."""
        open_now = [
            duty
            for duty in self.duties
            if duty.unit_id == unit_id
            and duty.starts_at is not None
            and duty.ends_at is not None
            and duty.starts_at - CHECK_IN_OPENS <= now < duty.ends_at
        ]
        own = [duty for duty in open_now if duty.person == person]
        for_another = [duty for duty in open_now if self._stands_in(person, duty)]
        return next(iter(sorted(own, key=_start) + sorted(for_another, key=_start)), None)

    def _stands_in(self, person: str, duty: Duty) -> bool:
        at = _start(duty)
        if not self.is_away(duty.person, at) or self.is_away(person, at):
            return False
        return any(
            person in self.in_post(duty.unit_id, post, at)
            for post in (Recipient.BACKUP, *_STANDS_IN[duty.post])
        )


@dataclass(frozen=True, slots=True)
class Attendance:
    """在线值守率 as numerator and denominator, with the shifts nobody was at."""

    attended: int
    scheduled: int
    missed: tuple[Duty, ...]

    @property
    def rate(self) -> float | None:
        """None without a shift: blank, never 0 %."""
        return self.attended / self.scheduled if self.scheduled else None


def attendance(
    roster: Roster, check_ins: Iterable[CheckIn], *, since: datetime, until: datetime, as_of: datetime
) -> Attendance:
    """Shifts that began in ``[since, until)`` and whose time for checking in was over by ``as_of``.

    A shift is attended when its own person, or who stands in while they are away, checked in from half an hour
    before it to a quarter of an hour after its beginning. One check-in serves one shift.
    """
    left = sorted(check_ins)
    shifts = [
        duty for duty in roster.duties if duty.starts_at is not None and since <= duty.starts_at < until
    ]
    shifts = sorted((duty for duty in shifts if _start(duty) + GRACE <= as_of), key=lambda d: (_start(d), d))
    missed = []
    for duty in shifts:
        found = next((each for each in left if _serves(roster, each, duty)), None)
        if found is None:
            missed.append(duty)
        else:
            left.remove(found)
    return Attendance(len(shifts) - len(missed), len(shifts), tuple(missed))


def _serves(roster: Roster, check_in: CheckIn, duty: Duty) -> bool:
    start = _start(duty)
    if check_in.unit_id != duty.unit_id or not start - CHECK_IN_OPENS <= check_in.at <= start + GRACE:
        return False
    own = check_in.person == duty.person and not roster.is_away(duty.person, start)
    return own or roster._stands_in(check_in.person, duty)


def _start(duty: Duty) -> datetime:
    assert duty.starts_at is not None
    return duty.starts_at
