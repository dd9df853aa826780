"""Time-limit profiles: which clock runs for how long, and the promise a citizen can read.

A profile is one TOML file and holds every number. A limit is written ``"5 wd"`` (working days), ``"2 wh"``
(working hours), ``"30 min"``, ``"24 h"`` or ``"7 d"``; the last three run round the clock, and a calendar day
is 24 hours from the instant of receipt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from routing.citizen_request import RequestType, Urgency
from routing.duty.alarm_ladder import Ladder
from routing.timing.limits import ClockOwner, ClockRule, Limit, Unit
from routing.timing.promise_words import DayLine, day_by_day, explained, told
from routing.timing.working_calendar import WorkingCalendar

DISCLOSURE = "disclosure"
"""The tier of 依申请公开 in every shipped profile (政府信息公开条例, article 33)."""


class ClockName(StrEnum):
    """What a limit is set for."""

    ACCEPTANCE = "acceptance"
    DISPATCH = "dispatch"
    SIGN_IN = "sign_in"
    RETURN_WINDOW = "return_window"
    FIRST_CONTACT = "first_contact"
    REPLY = "reply"
    EXTENSION = "extension"
    SUPERVISION_ANSWER = "supervision_answer"
    REWORK = "rework"
    FOLLOW_UP_VISIT = "follow_up_visit"
    CO_HANDLING = "co_handling"
    RELAY = "relay"
    REVIEW = "review"
    """What a unit asked for and waits for: a return, an extension, a suspension, an answer read before it leaves."""
    APPEAL = "appeal"
    """申诉剔除: nobody's work waits for it."""


_AS_REPLY = frozenset({ClockName.CO_HANDLING, ClockName.RELAY})
"""Clocks of those who work towards the reply: a profile that says nothing of them gives them the reply's limit."""


class PauseReason(StrEnum):
    """Why a clock may stand still: 挂账, waiting for the citizen's material, third-party consultation, 补正."""

    SUSPENSION = "suspension"
    MATERIAL = "material"
    THIRD_PARTY = "third_party"
    CORRECTION = "correction"
    """The application's limits begin anew when it ends, whatever the profile says."""


class VisitStart(StrEnum):
    """What the follow-up visit's limit counts from."""

    CLOSED = "closed"
    REPLY_DUE = "reply_due"


class HasCalendar(Protocol):
    """A unit, as far as its limits go."""

    @property
    def id(self) -> str: ...

    @property
    def calendar(self) -> str | None: ...


def calendar_named_in(calendar_version: str) -> str:
    """Whose opening hours a promise's calendar version names: a profile's or one of its own calendars'."""
    return calendar_version.rpartition("/")[2].partition("+")[0]


class UnknownProfile(ValueError):
    """No time-limit profile of that name."""

    def __init__(self, name: str, names: tuple[str, ...]) -> None:
        super().__init__(f"没有名为“{name}”的时限方案，可用：{'、'.join(names)}")
        self.name = name
        self.names = names


class UnknownTier(ValueError):
    """The profile has no tier of that name."""

    def __init__(self, tier: str, tiers: tuple[str, ...]) -> None:
        super().__init__(f"没有名为“{tier}”的级别，可用：{'、'.join(tiers)}")
        self.tier = tier
        self.tiers = tiers


class ProfileInvalid(ValueError):
    """A profile file cannot be used; the message names the file and the entry."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One due date as told to the citizen; it stays as it is when calendars or profiles change.

    ``started_at`` is when the limit began to run: the next opening for what came in outside working hours.
    """

    clock: ClockName
    started_at: datetime
    due_at: datetime
    warn_at: datetime
    profile: str
    calendar_version: str
    explanation: str
    counts_in: Unit | None = None
    """How the limit counted when it was promised: a pause moves it by that, whatever the rules say by then. None in
    what was promised before this was kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A place's rules of time, with the calendar they run on."""

    name: str
    title: str
    calendar: WorkingCalendar
    clocks: Mapping[ClockName, ClockRule]
    tiers: Mapping[str, str]
    """Tier id to its Chinese title."""
    default_tier: str | None
    urgent_tier: str | None
    first_answer_seconds: int
    """How soon the machine answers a WeChat message."""
    extensions: int
    returns_per_unit: int
    visit_tries: int
    visit_starts: VisitStart
    pauses: Mapping[PauseReason, Limit | None]
    """Reasons that pause a clock, each with the most it may take off, or None for no cap."""
    visit_share: float = 1.0
    """How many of the closed tickets are visited."""
    review_replies: bool = False
    """审核: whether the centre reads a unit's answer before the citizen does."""
    reopen_days: int = 30
    """How long after closing a matter may be taken up again under its old number."""
    suspensions: int = 1
    """挂账: how often the centre may grant one; each further one is a supervisor's."""
    ladder: Ladder = field(default_factory=Ladder)
    own_calendars: Mapping[str, WorkingCalendar] = field(default_factory=dict)
    """By name, the calendars units may have instead of ``calendar``."""
    unit_calendars: Mapping[str, str] = field(default_factory=dict)
    """By unit id, which of them; see ``for_units``."""
    working_by: str | None = None
    """The one of them every unit works by; see ``for_unit``."""

    def for_units(self, units: Iterable[HasCalendar]) -> Profile:
        """The same rules, knowing which units work by a calendar of their own: ``promise`` is then given the unit.

        A name the profile does not have leaves the unit to the installation's calendar (``unknown_calendars``).
        """
        named = {str(unit.id): unit.calendar for unit in units if unit.calendar in self.own_calendars}
        return replace(self, unit_calendars={unit: name for unit, name in named.items() if name})

    def for_unit(self, calendar: str | None) -> Profile:
        """The same rules for a unit that works by the calendar of that name; None is the installation's."""
        name = calendar if calendar in self.own_calendars else None
        return self if name == self.working_by else replace(self, working_by=name)

    def unknown_calendars(self, units: Iterable[HasCalendar]) -> tuple[str, ...]:
        """Calendars the units name that the profile does not have."""
        return tuple(
            sorted({u.calendar for u in units if u.calendar and u.calendar not in self.own_calendars})
        )

    def calendar_of(self, unit_id: str | None = None) -> WorkingCalendar:
        """The calendar a unit works by; the installation's for the centre."""
        name = self.unit_calendars.get(unit_id or "", self.working_by)
        return self.own_calendars.get(name or "", self.calendar)

    def calendar_behind(self, calendar_version: str) -> WorkingCalendar:
        """The calendar a promise was made on, in its present state."""
        return self.own_calendars.get(calendar_named_in(calendar_version), self.calendar)

    def _limit(
        self, clock: ClockName, request_type: RequestType, urgency: Urgency, tier: str | None
    ) -> Limit | None:
        if tier is None:
            tier = self.urgent_tier if urgency is Urgency.URGENT else self.default_tier
        elif tier not in self.tiers:
            raise UnknownTier(tier, tuple(self.tiers))
        rule = self._rule(clock)
        return rule.limit_for(request_type, urgency, tier) if rule else None

    def _rule(self, clock: ClockName) -> ClockRule | None:
        return self.clocks.get(clock) or (self.clocks.get(ClockName.REPLY) if clock in _AS_REPLY else None)

    def promise(
        self,
        clock: ClockName,
        *,
        at: datetime,
        request_type: RequestType,
        urgency: Urgency = Urgency.ORDINARY,
        tier: str | None = None,
        unit_id: str | None = None,
    ) -> Promise | None:
        """The due date of a clock, or None when the profile has no such clock for these.

        ``at`` is when it came in. For ``EXTENSION`` it is the due date to be extended, and the promise is the
        latest date an extension may grant. ``unit_id`` is the unit that must keep it: a limit units own runs on
        that unit's calendar. Raises ``UnknownTier`` and ``UnknownYear``.
        """
        limit = self._limit(clock, request_type, urgency, tier)
        if limit is None:
            return None
        rule = self._rule(clock)
        owned = rule is not None and rule.owner is ClockOwner.UNIT
        calendar = self.calendar_of(unit_id) if owned else self.calendar
        extends = clock is ClockName.EXTENSION
        if extends:
            started_at, due_at = at.astimezone(UTC), limit.extend(calendar, at)
        else:
            started_at = calendar.received_at(at) if limit.unit.working else at.astimezone(UTC)
            due_at = limit.due(calendar, at)
        return Promise(
            clock=clock,
            started_at=started_at,
            due_at=due_at,
            warn_at=self._warn(clock, limit, calendar, started_at, due_at),
            profile=self.name,
            calendar_version=_version(limit.unit, calendar, started_at, due_at),
            explanation=explained(
                limit, calendar, at=at, started_at=started_at, due_at=due_at, extends=extends
            ),
            counts_in=limit.unit,
        )

    def takes_longer(
        self, clock: ClockName, kind: RequestType, other: RequestType, *, at: datetime, urgency: Urgency
    ) -> bool | None:
        """Whether a promise of one kind falls due later than that of the other; None where one has no such clock.
        For thousands at once: days are counted only where the limits themselves do not tell. Raises ``UnknownYear``."""
        one, two = (self._limit(clock, each, urgency, None) for each in (kind, other))
        if one is None or two is None:
            return None
        if one.unit is two.unit and one.amount <= two.amount:
            return False
        return one.due(self.calendar, at) > two.due(self.calendar, at)

    def days(
        self,
        promise: Promise,
        *,
        at: datetime,
        request_type: RequestType,
        urgency: Urgency = Urgency.ORDINARY,
        tier: str | None = None,
    ) -> tuple[DayLine, ...]:
        """Day by day, how the promise of ``promise(…, at=at)`` came about."""
        limit = self._limit(promise.clock, request_type, urgency, tier)
        assert limit is not None
        return day_by_day(
            limit,
            self.calendar_behind(promise.calendar_version),
            at=at,
            started_at=promise.started_at,
            due_at=promise.due_at,
            extends=promise.clock is ClockName.EXTENSION,
        )

    def extended(
        self,
        promise: Promise,
        *,
        request_type: RequestType,
        amount: int | None = None,
        urgency: Urgency = Urgency.ORDINARY,
        tier: str | None = None,
    ) -> Promise | None:
        """The same promise with a later due date; None when the profile grants no extension here.

        ``amount`` is in the unit of the profile's extension limit and at most that limit, which is the default.
        """
        limit = self._limit(ClockName.EXTENSION, request_type, urgency, tier)
        if limit is None:
            return None
        if amount is not None and not 1 <= amount <= limit.amount:
            raise ValueError(f"延期须为1至{limit}")
        limit = replace(limit, amount=amount or limit.amount)
        calendar, before = self.calendar_behind(promise.calendar_version), promise.due_at
        due_at = limit.extend(calendar, before)
        words = explained(limit, calendar, at=before, started_at=before, due_at=due_at, extends=True)
        return replace(
            promise,
            due_at=due_at,
            warn_at=self._warn(promise.clock, limit, calendar, before, due_at),
            calendar_version=_version(limit.unit, calendar, promise.started_at, due_at),
            explanation=f"延期{words}",
        )

    def after_pause(
        self,
        promise: Promise,
        *,
        reason: PauseReason | None,
        paused_at: datetime,
        resumed_at: datetime,
        request_type: RequestType,
        urgency: Urgency = Urgency.ORDINARY,
        tier: str | None = None,
    ) -> Promise:
        """The promise moved by the paused working time (clock time for a limit that runs round the clock).

        Only what lies after the start counts, up to the reason's cap. A pause that begins after the due date moves
        nothing. One the profile no longer lists was granted all the same, and has no cap. No reason: the centre
        itself was waited for.
        """
        unit = promise.counts_in
        if unit is None:
            limit = self._limit(promise.clock, request_type, urgency, tier)
            unit = limit.unit if limit else None
        paused_at = max(paused_at, promise.started_at)
        if unit is None or not paused_at < min(resumed_at, promise.due_at):
            return promise
        calendar = self.calendar_behind(promise.calendar_version)
        cap = self.pauses.get(reason) if reason is not None else None
        if cap is not None:
            resumed_at = min(resumed_at, cap.due(calendar, paused_at))
        due_at = _moved(unit, calendar, promise.due_at, paused_at, resumed_at)
        warn_at = promise.warn_at
        if paused_at < warn_at:
            warn_at = _moved(unit, calendar, warn_at, paused_at, resumed_at)
        return replace(
            promise,
            due_at=due_at,
            warn_at=warn_at,
            calendar_version=_version(unit, calendar, promise.started_at, due_at),
            explanation=f"{promise.explanation}，{told(paused_at)}至{told(resumed_at)}暂停计时",
        )

    def visit_starts_at(self, *, closed_at: datetime, reply_due_at: datetime) -> datetime:
        """What to pass as ``at`` for the follow-up visit's clock."""
        return closed_at if self.visit_starts is VisitStart.CLOSED else max(closed_at, reply_due_at)

    def _warn(
        self,
        clock: ClockName,
        limit: Limit,
        calendar: WorkingCalendar,
        started_at: datetime,
        due_at: datetime,
    ) -> datetime:
        rule = self._rule(clock)
        share = 1 - (rule.warn_left if rule else 0)
        if limit.unit.working:
            return calendar.after_share(started_at, due_at, share)
        return started_at + timedelta(seconds=(due_at - started_at).total_seconds() * share // 60 * 60)


def _moved(
    unit: Unit, calendar: WorkingCalendar, at: datetime, paused_at: datetime, resumed_at: datetime
) -> datetime:
    if not unit.working:
        return at + (resumed_at - paused_at)
    minutes = calendar.working_minutes_between(paused_at, resumed_at)
    return calendar.add_working_minutes(at, minutes) if minutes else at


def _version(unit: Unit, calendar: WorkingCalendar, started_at: datetime, due_at: datetime) -> str:
    if not unit.working:
        return calendar.version
    return calendar.version_for(started_at, due_at)
