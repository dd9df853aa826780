"""提醒 → 催办 → 督办 → 通报: which alarm a limit has reached, whom it goes to, and when they may be told.

The first two rungs are the warning point and the due time of the limit itself; the others follow a number of
working days (or, for urgent matters, of clock hours) after it. What each rung is, is the profile's data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from routing.timing.limits import Limit, Unit
from routing.timing.working_calendar import WorkingCalendar


class AlarmStep(StrEnum):
    """The four steps, mildest first."""

    REMINDER = "reminder"
    URGE = "urge"
    SUPERVISION = "supervision"
    BULLETIN = "bulletin"


class Recipient(StrEnum):
    """Who of the unit that must keep the limit is told; the supervisor is the one above it."""

    LIAISON = "liaison"
    BACKUP = "backup"
    HEAD = "head"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step. ``overdue`` and ``urgent`` (for urgent tickets) count from the due time; None for the first two."""

    step: AlarmStep
    to: tuple[Recipient, ...]
    overdue: Limit | None = None
    urgent: Limit | None = None

    def after(self, *, urgent: bool) -> Limit | None:
        return self.urgent or self.overdue if urgent else self.overdue


_L, _B, _H, _S = Recipient
DEFAULT_RUNGS = (
    Rung(AlarmStep.REMINDER, (_L,)),
    Rung(AlarmStep.URGE, (_L, _B)),
    Rung(AlarmStep.SUPERVISION, (_L, _B, _H), Limit(1, Unit.WORKING_DAY), Limit(2, Unit.HOUR)),
    Rung(AlarmStep.BULLETIN, (_H, _S), Limit(3, Unit.WORKING_DAY), Limit(24, Unit.HOUR)),
)


@dataclass(frozen=True, slots=True)
class Climb:
    """What a clock has reached: ``rungs`` to keep on it, ``step`` to announce (None for nothing new), and when to
    look again (None at the top)."""

    rungs: int
    step: AlarmStep | None
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs of one profile, mildest first."""

    rungs: tuple[Rung, ...] = DEFAULT_RUNGS

    @classmethod
    def parse(cls, tables: Mapping[str, Mapping[str, Any]]) -> Ladder:
        """From ``[ladder.supervision] overdue = "1 wd", urgent = "2 h", to = ["liaison", …]``; raises ValueError."""
        unknown = tables.keys() - set(AlarmStep)
        if unknown:
            raise ValueError(f"不能识别 {'、'.join(sorted(unknown))}")
        ladder = cls(tuple(_rung(step, tables[step]) for step in AlarmStep if step in tables))
        if [rung.step for rung in ladder.rungs][:2] != [AlarmStep.REMINDER, AlarmStep.URGE]:
            raise ValueError("预警阶梯应含 reminder 与 urge")
        return ladder

    def rung(self, step: AlarmStep) -> Rung | None:
        return next((rung for rung in self.rungs if rung.step is step), None)

    def times(
        self, *, warn_at: datetime, due_at: datetime, calendar: WorkingCalendar, urgent: bool = False
    ) -> tuple[datetime, ...]:
        """When each rung is reached, never earlier than the one before."""
        times: list[datetime] = []
        for rung in self.rungs:
            limit = rung.after(urgent=urgent)
            at = warn_at if rung.step is AlarmStep.REMINDER else due_at
            if limit is not None:
                at = limit.extend(calendar, due_at)
            times.append(max(at, times[-1]) if times else at)
        return tuple(times)

    def climb(
        self,
        *,
        warn_at: datetime,
        due_at: datetime,
        rungs: int,
        calendar: WorkingCalendar,
        now: datetime,
        urgent: bool = False,
    ) -> Climb:
        """What a running clock with ``rungs`` announced has reached now.

        After an outage only the highest rung passed is announced. A time reached exactly is not yet passed, as a
        limit met at its last instant is met. Paused and stopped clocks must not be asked.
        """
        times = self.times(warn_at=warn_at, due_at=due_at, calendar=calendar, urgent=urgent)
        passed = max(rungs, sum(at < now for at in times))
        step = self.rungs[passed - 1].step if passed > rungs else None
        return Climb(passed, step, times[passed] if passed < len(times) else None)


def _rung(step: AlarmStep, table: Mapping[str, Any]) -> Rung:
    timed = step in (AlarmStep.SUPERVISION, AlarmStep.BULLETIN)
    unknown = table.keys() - ({"to", "overdue", "urgent"} if timed else {"to"})
    if unknown:
        raise ValueError(f"ladder.{step}：不能识别 {'、'.join(sorted(unknown))}")
    if not table.get("to") or (timed and "overdue" not in table):
        raise ValueError(f"ladder.{step}：缺少 {'overdue' if table.get('to') else 'to'}")
    return Rung(
        step,
        tuple(dict.fromkeys(Recipient(each) for each in table["to"])),
        Limit.parse(table["overdue"]) if timed else None,
        Limit.parse(table["urgent"]) if "urgent" in table else None,
    )


def may_be_told_at(now: datetime, *, hours: WorkingCalendar, urgent: bool) -> datetime:
    """When a notice may reach its recipient: at once within duty hours or when urgent, else at the next opening."""
    return now if urgent else hours.received_at(now)
