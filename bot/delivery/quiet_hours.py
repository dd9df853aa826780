"""When a text message may ring: the hours of a day in China, outside which it waits for the morning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bot.settings import day_hours
from routing.timing.working_calendar import CHINA


@dataclass(frozen=True, slots=True)
class QuietHours:
    """``day`` None: it may ring at any time."""

    day: tuple[time, time] | None

    @classmethod
    def of(cls, said: str) -> QuietHours:
        """From the setting ``HUIYIN_SMS_HOURS``."""
        return cls(day_hours(said))

    def ends_at(self, now: datetime) -> datetime | None:
        """When the night that it is now is over; None by day."""
        if self.day is None:
            return None
        begin, end = self.day
        local = now.astimezone(CHINA)
        if begin <= local.time() < end:
            return None
        on = local.date() if local.time() < begin else local.date() + timedelta(days=1)
        return datetime.combine(on, begin, CHINA).astimezone(now.tzinfo)
