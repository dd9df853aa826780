"""What figures, search and audit need without anybody asking: tickets marked by today's rules, and a month frozen
once it has ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.services import Services
from routing.figures.snapshots import Snapshots

EVERY = timedelta(hours=1)
BATCH = 500


class FigureUpkeep:
    """A sweep of the worker. Marking comes first: a month counted before it is whole would stay wrong for ever."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._next: datetime | None = None

    async def keep_figures(self, now: datetime) -> int:
        """Returns how many tickets were marked anew; freezes only when none was left to mark for figures."""
        marked = 0
        if self._next is None or now >= self._next:
            figures = self._services.queries.figures
            marked = await figures.catch_up(limit=BATCH)
            if not marked:
                await Snapshots(self._services.database, figures).freeze_what_ended(now)
                self._next = now + EVERY
        # A process of an earlier version may still write some while this one runs.
        return marked or await self._services.tickets.catch_up(limit=BATCH)
