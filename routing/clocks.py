"""A promise at work on a ticket: running, met, missed or cancelled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from routing.departments import UnitId
from routing.sla import ClockName, Promise


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

    @classmethod
    def start(cls, promise: Promise, *, unit_id: UnitId | None) -> Clock:
        return cls(
            name=promise.clock,
            started_at=promise.started_at,
            warn_at=promise.warn_at,
            due_at=promise.due_at,
            explanation=promise.explanation,
            profile=promise.profile,
            calendar_version=promise.calendar_version,
            unit_id=unit_id,
        )

    @property
    def running(self) -> bool:
        return self.state is ClockState.RUNNING

    @property
    def next_alarm_at(self) -> datetime | None:
        """When the worker must look at this clock again; None when there is nothing more to say."""
        if not self.running or self.alarmed:
            return None
        return self.due_at if self.warned else self.warn_at

    def overdue(self, now: datetime) -> bool:
        return self.running and now > self.due_at

    def at_risk(self, now: datetime) -> bool:
        return self.running and self.warn_at <= now <= self.due_at

    def stop(self, now: datetime) -> Clock:
        state = ClockState.MET if now <= self.due_at else ClockState.MISSED
        return replace(self, state=state, stopped_at=now)

    def cancel(self, now: datetime) -> Clock:
        """End a limit that no longer applies. One already overdue stays missed: a transfer wipes no lateness."""
        if now > self.due_at:
            return self.stop(now)
        return replace(self, state=ClockState.CANCELLED, stopped_at=now)
