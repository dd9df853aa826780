"""在线值守率 as reports show it: blank until somebody has ever checked in, since before that nobody could."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from routing.departments import UnitId
from routing.duty.roster import Attendance
from routing.duty.roster_store import MongoRosterStore
from routing.figures.counting import Period

NOT_IN_USE = "未启用签到"
_EVER = datetime(2000, 1, 1, tzinfo=UTC)


async def attendance_of(
    rosters: MongoRosterStore, shown: Iterable[UnitId], *, everybody: Iterable[UnitId], period: Period
) -> dict[UnitId, Attendance] | None:
    """By unit with shifts in the period; None where nobody of ``everybody`` had checked in by the period's end."""
    everybody = list(everybody)
    spans = (period.since, period.until), (_EVER, period.since)
    for since, until in spans:
        if await rosters.check_ins(everybody, since=since, until=until):
            break
    else:
        return None
    return await rosters.attendance(shown, since=period.since, until=period.until, as_of=period.as_of)
