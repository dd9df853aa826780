"""The rosters of all units as last read, for what cannot wait for the database: planning a notice within an act."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from routing.departments import UnitId
from routing.duty.roster import Roster
from routing.duty.roster_store import MongoRosterStore

READ_EVERY = timedelta(minutes=1)


class KnownRosters:
    """``roster`` is at most a minute behind; who is told is asked anew when the notice is delivered."""

    def __init__(self, store: MongoRosterStore, *, units: Callable[[], Iterable[UnitId]]) -> None:
        self._store = store
        self._units = units
        self._read_at: datetime | None = None
        self.roster = Roster()

    async def refresh(self, now: datetime) -> bool:
        """Read the rosters if a minute has passed; True when they were read."""
        if self._read_at is not None and timedelta() <= now - self._read_at < READ_EVERY:
            return False
        self.roster = await self._store.of(self._units())
        self._read_at = now
        return True
