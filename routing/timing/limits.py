"""Limits as the rules write them: an amount and how it counts, and which limit a clock has for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from routing.citizen_request import RequestType, Urgency
from routing.timing.working_calendar import WorkingCalendar


class Unit(StrEnum):
    """How a limit counts."""

    WORKING_DAY = "wd"
    WORKING_HOUR = "wh"
    DAY = "d"
    HOUR = "h"
    MINUTE = "min"

    @property
    def working(self) -> bool:
        """Whether only working time counts."""
        return self is Unit.WORKING_DAY or self is Unit.WORKING_HOUR


_UNIT_WORDS = {
    Unit.WORKING_DAY: "个工作日",
    Unit.WORKING_HOUR: "个工作小时",
    Unit.DAY: "天",
    Unit.HOUR: "小时",
    Unit.MINUTE: "分钟",
}
_ROUND_THE_CLOCK = {
    Unit.DAY: timedelta(days=1),
    Unit.HOUR: timedelta(hours=1),
    Unit.MINUTE: timedelta(minutes=1),
}


@dataclass(frozen=True, slots=True)
class Limit:
    """A length of time as the rules state it."""

    amount: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Limit:
        """Read ``"5 wd"``; raises ValueError."""
        amount, _, unit = text.partition(" ")
        if not amount.isdecimal() or int(amount) < 1 or unit not in set(Unit):
            raise ValueError(f"不能识别时限“{text}”")
        return cls(int(amount), Unit(unit))

    def __str__(self) -> str:
        return f"{self.amount}{_UNIT_WORDS[self.unit]}"

    def due(self, calendar: WorkingCalendar, at: datetime) -> datetime:
        """When the limit ends for something that came in at ``at``."""
        if self.unit is Unit.WORKING_DAY:
            return calendar.add_working_days(at, self.amount)
        if self.unit is Unit.WORKING_HOUR:
            return calendar.add_working_minutes(at, self.amount * 60)
        return at.astimezone(UTC) + _ROUND_THE_CLOCK[self.unit] * self.amount

    def extend(self, calendar: WorkingCalendar, due_at: datetime) -> datetime:
        """When the limit ends if it goes on from ``due_at``: working days count from the day after it."""
        if self.unit is Unit.WORKING_DAY:
            return calendar.extend_working_days(due_at, self.amount)
        return self.due(calendar, due_at)


class ClockOwner(StrEnum):
    """Who must keep a clock."""

    OPERATOR = "operator"
    DISPATCHER = "dispatcher"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class ClockRule:
    """The limits of one clock; the most particular wins: tier, then urgent, then request type, then ``limit``."""

    owner: ClockOwner
    limit: Limit | None
    urgent: Limit | None
    types: Mapping[RequestType, Limit]
    tiers: Mapping[str, Limit]
    warn_left: float

    def limit_for(self, request_type: RequestType, urgency: Urgency, tier: str | None) -> Limit | None:
        """The limit that applies, or None when the clock does not run."""
        if tier is not None and tier in self.tiers:
            return self.tiers[tier]
        if urgency is Urgency.URGENT and self.urgent is not None:
            return self.urgent
        return self.types.get(request_type, self.limit)

    @classmethod
    def parse(cls, rule: Mapping[str, Any], *, tiers: Mapping[str, str], warn_left: float) -> ClockRule:
        """Read one ``[clocks.…]`` table; an entry nobody reads is an error, it would silently not run."""
        known = {"owner", "limit", "urgent", "types", "tiers", "warn_left"}
        by_tier = {tier: Limit.parse(text) for tier, text in rule.get("tiers", {}).items()}
        unknown = [*(rule.keys() - known), *(by_tier.keys() - tiers.keys())]
        if unknown:
            raise ValueError(f"不能识别 {'、'.join(unknown)}")
        warn_left = float(rule.get("warn_left", warn_left))
        if not 0 < warn_left < 1:
            raise ValueError("warn_left 应在0与1之间")
        return cls(
            owner=ClockOwner(rule["owner"]),
            limit=Limit.parse(rule["limit"]) if "limit" in rule else None,
            urgent=Limit.parse(rule["urgent"]) if "urgent" in rule else None,
            types={RequestType(kind): Limit.parse(text) for kind, text in rule.get("types", {}).items()},
            tiers=by_tier,
            warn_left=warn_left,
        )
