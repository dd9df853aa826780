"""The yearly notice that is missing: administrators are told from November on, once a week, until it is imported."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.services import Services
from routing.timing.calendar_store import MongoCalendarStore, in_force, years_of
from routing.timing.working_calendar import CHINA, missing_notice_alarm

LOOKS_EVERY = timedelta(hours=1)


class CalendarWatch:
    """One look an hour; the note's id is its week, so any number of workers tell it once."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._calendars = MongoCalendarStore(services.database)
        self._next_look: datetime | None = None

    async def watch(self, now: datetime) -> int:
        """Returns 1 when administrators were to be told."""
        if self._next_look is not None and now < self._next_look:
            return 0
        self._next_look = now + LOOKS_EVERY
        imported = await self._calendars.current()
        alarm = missing_notice_alarm(now, years=years_of(in_force(imported.days)))
        if alarm is None:
            return 0
        year, week, _ = now.astimezone(CHINA).isocalendar()
        await self._services.console_notices.put_note(
            f"calendar-{year}-{week:02}",
            unit_id=None,
            editors=False,
            administrators=True,
            text=f"{alarm}命令：huiyin import calendar 文件 --dry-run",
            at=now,
            href="",
        )
        return 1
