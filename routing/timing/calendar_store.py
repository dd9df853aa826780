"""The official days an installation imported, in MongoDB: every version appended, never changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from pymongo import DESCENDING
from pymongo.errors import DuplicateKeyError

from routing.mongo_store import AWARE, Collection, Database, Document
from routing.timing.official_days import DayKind, OfficialDay, joined, official_days


class CalendarChanged(Exception):
    """Somebody imported another version meanwhile: look at the preview again."""


@dataclass(frozen=True, slots=True)
class CalendarVersion:
    """All imported days as of one import; number 0 is before the first."""

    number: int = 0
    days: tuple[OfficialDay, ...] = ()
    by: str = ""
    at: datetime | None = None
    file: str = ""
    why: str = ""
    """The reason somebody gave for going back to an earlier version."""

    def with_rows(self, rows: Iterable[OfficialDay]) -> tuple[OfficialDay, ...]:
        """The days after importing a file: a year's notice replaces that whole year, local days the local days of
        the years they name."""
        new = tuple(rows)
        replaced = {(row.local, row.notice_year) for row in new}
        return (*(row for row in self.days if (row.local, row.notice_year) not in replaced), *new)


def in_force(imported: Iterable[OfficialDay]) -> tuple[OfficialDay, ...]:
    """What the calendar is made of: the shipped notices, each replaced where its year was imported."""
    days = tuple(imported)
    years = {row.notice_year for row in days if not row.local}
    return joined((row for row in official_days() if row.notice_year not in years), days)


def years_of(days: Iterable[OfficialDay]) -> frozenset[int]:
    """The years whose notice is among these days."""
    return frozenset(row.notice_year for row in days if not row.local)


class MongoCalendarStore:
    """One document a version, the rows inside: a year has about forty."""

    def __init__(self, database: Database) -> None:
        self._versions: Collection = database.get_collection("calendar_versions", codec_options=AWARE)

    async def current_number(self) -> int:
        """Cheap enough to ask every few seconds; 0 for none."""
        newest = await self._versions.find_one({}, {"_id": 1}, sort=[("_id", DESCENDING)])
        return int(newest["_id"]) if newest else 0

    async def current(self) -> CalendarVersion:
        newest = await self._versions.find_one({}, sort=[("_id", DESCENDING)])
        return _version(newest) if newest else CalendarVersion()

    async def append(
        self, days: Iterable[OfficialDay], *, base: int, by: str, at: datetime, file: str, why: str = ""
    ) -> int:
        """Store the whole set on top of version ``base``; raises ``CalendarChanged`` when that is not the newest."""
        if await self.current_number() != base:
            raise CalendarChanged
        rows = [
            [row.notice_year, row.day.isoformat(), row.kind.value, row.name, row.notice, row.local]
            for row in days
        ]
        try:
            await self._versions.insert_one(
                {"_id": base + 1, "by": by, "at": at, "file": file, "why": why, "rows": rows}
            )
        except DuplicateKeyError:
            raise CalendarChanged from None
        return base + 1

    async def version(self, number: int) -> CalendarVersion | None:
        """One version of the past; number 0 is before the first, None was never given."""
        if number == 0:
            return CalendarVersion()
        found = await self._versions.find_one({"_id": number})
        return _version(found) if found else None

    async def history(self, *, limit: int = 20) -> tuple[CalendarVersion, ...]:
        """The last versions, the newest first."""
        cursor = self._versions.find({}).sort("_id", DESCENDING).limit(limit)
        return tuple([_version(document) async for document in cursor])


def _version(document: Document) -> CalendarVersion:
    days = tuple(
        OfficialDay(year, date.fromisoformat(day), DayKind(kind), name, notice, local)
        for year, day, kind, name, notice, local in document["rows"]
    )
    return CalendarVersion(
        document["_id"],
        days,
        document["by"],
        document["at"],
        document["file"],
        document.get("why", ""),
    )
