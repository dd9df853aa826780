"""A promise at work on a ticket: running, met, missed or cancelled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from routing.departments import UnitId
from routing.timing.limits import Unit
from routing.timing.sla import ClockName, Promise


class ClockState(StrEnum):
    """``missed`` is a clock stopped after its due time; one still running past it is overdue."""

    RUNNING = "running"
    MET = "met"
    MISSED = "missed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One limit. Due time, calendar version and explanation were frozen when the promise was made."""

    name: ClockName
    started_at: datetime
    warn_at: datetime
    due_at: datetime
    explanation: str
    profile: str
    calendar_version: str
    unit_id: UnitId | None = None
    """The unit that must keep it; None while the centre does."""
    state: ClockState = ClockState.RUNNING
    stopped_at: datetime | None = None
    warned: bool = False
    alarmed: bool = False
    rungs: int = 0
    """How far the alarm ladder was climbed beyond the two alarms above."""
    next_rung_at: datetime | None = None
    paused_since: datetime | None = None
    """Since when it stands still; nothing is said about a clock that does."""
    subject: str | None = None
    """What it is for, where a ticket can have several of a name: a letter's id, a co-handler's unit."""
    counts_in: Unit | None = None

    @classmethod
    def start(
        cls,
        promise: Promise,
        *,
        unit_id: UnitId | None,
        subject: str | None = None,
        paused_since: datetime | None = None,
    ) -> Clock:
        return cls(
            name=promise.clock,
            started_at=promise.started_at,
            warn_at=promise.warn_at,
            due_at=promise.due_at,
            explanation=promise.explanation,
            profile=promise.profile,
            calendar_version=promise.calendar_version,
            unit_id=unit_id,
            subject=subject,
            paused_since=paused_since,
            counts_in=promise.counts_in,
        )

    @property
    def promise(self) -> Promise:
        """What was promised, to be extended or moved."""
        return Promise(
            clock=self.name,
            started_at=self.started_at,
            due_at=self.due_at,
            warn_at=self.warn_at,
            profile=self.profile,
            calendar_version=self.calendar_version,
            explanation=self.explanation,
            counts_in=self.counts_in,
        )

    def promised(self, promise: Promise, *, now: datetime) -> Clock:
        """The same clock under another date; what was said of the old one is forgotten where it holds no more."""
        late = self.alarmed and now > promise.due_at
        return replace(
            self,
            started_at=promise.started_at,
            warn_at=promise.warn_at,
            due_at=promise.due_at,
            explanation=promise.explanation,
            profile=promise.profile,
            calendar_version=promise.calendar_version,
            counts_in=promise.counts_in,
            warned=self.warned and now >= promise.warn_at,
            alarmed=late,
            rungs=self.rungs if late else 0,
            next_rung_at=self.next_rung_at if late else None,
        )

    @property
    def running(self) -> bool:
        return self.state is ClockState.RUNNING

    @property
    def paused(self) -> bool:
        return self.paused_since is not None

    @property
    def next_alarm_at(self) -> datetime | None:
        """When the worker must look at this clock again; None when there is nothing more to say."""
        if not self.running or self.paused:
            return None
        if self.alarmed:
            return self.next_rung_at
        return self.due_at if self.warned else self.warn_at

    def _counts_at(self, now: datetime) -> datetime:
        """Where the clock stands: a paused one stands where it was paused."""
        return now if self.paused_since is None else min(now, self.paused_since)

    def overdue(self, now: datetime) -> bool:
        return self.running and self._counts_at(now) > self.due_at

    def at_risk(self, now: datetime) -> bool:
        return self.running and self.warn_at <= self._counts_at(now) <= self.due_at

    def stop(self, now: datetime) -> Clock:
        state = ClockState.MET if self._counts_at(now) <= self.due_at else ClockState.MISSED
        return replace(self, state=state, stopped_at=now, paused_since=None)

    def cancel(self, now: datetime) -> Clock:
        """End a limit that no longer applies. One already overdue stays missed: a transfer wipes no lateness."""
        if self._counts_at(now) > self.due_at:
            return self.stop(now)
        return replace(self, state=ClockState.CANCELLED, stopped_at=now, paused_since=None)

    def not_after(self, citizens: Clock, *, now: datetime) -> Clock:
        """The same limit, no later than what the citizen was promised, while that still lies ahead."""
        if not now < citizens.due_at < self.due_at:
            return self
        return replace(
            self,
            due_at=citizens.due_at,
            warn_at=max(now, min(self.warn_at, citizens.warn_at)),
            explanation=citizens.explanation,
            calendar_version=citizens.calendar_version,
        )

    def reinstated(self, *, unit_id: UnitId | None) -> Clock:
        """Run again under the same date: what ended it was a mistake. One missed before stays with who missed it."""
        missed = self.state is ClockState.MISSED
        return replace(
            self,
            state=ClockState.RUNNING,
            stopped_at=None,
            unit_id=self.unit_id if missed else unit_id,
        )

    def pause(self, now: datetime) -> Clock:
        """Stand still, unless it does so already; a date missed before stays missed."""
        return replace(self, paused_since=now) if self.running and not self.paused else self
