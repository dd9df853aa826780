"""Rosters and check-ins in MongoDB: one document a unit, so that a unit's roster is never half of two files."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from pydantic import TypeAdapter
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from routing.departments import UnitId
from routing.duty.roster import Attendance, CheckIn, Duty, Leave, Roster, attendance
from routing.errors import NotOnDuty as NotOnDuty
from routing.mongo_store import AWARE, Collection, Database, Document
from routing.timing.working_calendar import CHINA

_DUTIES = TypeAdapter(tuple[Duty, ...])
_LEAVES = TypeAdapter(tuple[Leave, ...])


class RosterChanged(Exception):
    """Somebody changed the roster meanwhile: read it again."""


class MongoRosterStore:
    """Rosters by unit, and who checked in for which shift."""

    def __init__(self, database: Database) -> None:
        self._rosters: Collection = database.get_collection("duty_rosters", codec_options=AWARE)
        self._check_ins: Collection = database.get_collection("duty_check_ins", codec_options=AWARE)

    async def prepare(self) -> None:
        """Create the index; safe to repeat."""
        await self._check_ins.create_indexes([IndexModel([("unit_id", ASCENDING), ("at", ASCENDING)])])

    async def of(self, unit_ids: Iterable[UnitId]) -> Roster:
        """These units' duties and leaves together; empty for units without a roster."""
        duties: tuple[Duty, ...] = ()
        leaves: tuple[Leave, ...] = ()
        async for document in self._rosters.find({"_id": {"$in": sorted(set(unit_ids))}}):
            duties += _DUTIES.validate_python(document["duties"])
            leaves += _LEAVES.validate_python(document["leaves"])
        return Roster(duties, leaves)

    async def replace(self, roster: Roster, *, by: str, now: datetime) -> tuple[UnitId, ...]:
        """Take a file: for each of its units the days it names are replaced, and its standing posts where it has any.

        Leaves are added. The same file again changes nothing, so that an import cut off is simply repeated.
        Returns the units. Raises ``RosterChanged``.
        """
        units = {duty.unit_id for duty in roster.duties} | {leave.unit_id for leave in roster.leaves}
        unit_ids = tuple(sorted(units))
        for unit_id in unit_ids:
            await self._replace(unit_id, roster, by=by, now=now)
        return unit_ids

    async def _replace(self, unit_id: UnitId, roster: Roster, *, by: str, now: datetime) -> None:
        document = await self._rosters.find_one({"_id": unit_id})
        present = _DUTIES.validate_python(document["duties"]) if document else ()
        leaves = set(_LEAVES.validate_python(document["leaves"])) if document else set()
        new = tuple(duty for duty in roster.duties if duty.unit_id == unit_id)
        named = {_day(duty) for duty in new}
        kept = tuple(duty for duty in present if _day(duty) not in named)
        leaves |= {leave for leave in roster.leaves if leave.unit_id == unit_id}
        content: Document = {
            "duties": _DUTIES.dump_python(tuple(sorted({*kept, *new}, key=_order))),
            "leaves": _LEAVES.dump_python(tuple(sorted(leaves))),
            "by": by,
            "at": now,
            "writes": (document["writes"] if document else 0) + 1,
        }
        if document is None:
            try:
                await self._rosters.insert_one({"_id": unit_id, **content})
            except DuplicateKeyError:
                raise RosterChanged from None
            return
        seen = {"_id": unit_id, "writes": document["writes"]}
        if (await self._rosters.update_one(seen, {"$set": content})).modified_count != 1:
            raise RosterChanged

    async def cancel_leave(self, leave: Leave, *, by: str, now: datetime) -> bool:
        """Somebody is there after all; False when there is no such leave. Raises ``RosterChanged``."""
        document = await self._rosters.find_one({"_id": leave.unit_id})
        leaves = _LEAVES.validate_python(document["leaves"]) if document else ()
        if document is None or leave not in leaves:
            return False
        left = _LEAVES.dump_python(tuple(one for one in leaves if one != leave))
        seen = {"_id": leave.unit_id, "writes": document["writes"]}
        fields = {"leaves": left, "by": by, "at": now, "writes": document["writes"] + 1}
        if (await self._rosters.update_one(seen, {"$set": fields})).modified_count != 1:
            raise RosterChanged
        return True

    async def check_in(self, unit_id: UnitId, person: str, *, now: datetime, by: str | None = None) -> Duty:
        """Note that this person is at their post, once a shift; raises ``NotOnDuty``."""
        shift = (await self.of([unit_id])).shift_of(unit_id, person, now)
        if shift is None or shift.starts_at is None:
            raise NotOnDuty(person)
        # The first check-in of a shift is the one that counts; a second tap changes nothing.
        key = f"{unit_id}|{person}|{shift.starts_at.isoformat()}"
        first: Document = {"unit_id": unit_id, "person": person, "at": now, "by": by or person}
        await self._check_ins.update_one({"_id": key}, {"$setOnInsert": first}, upsert=True)
        return shift

    async def attendance(
        self, unit_ids: Iterable[UnitId], *, since: datetime, until: datetime, as_of: datetime
    ) -> dict[UnitId, Attendance]:
        """在线值守率 by unit, those that had shifts in the period only."""
        ids = sorted(set(unit_ids))
        roster = await self.of(ids)
        day = timedelta(days=1)
        last = min(until, as_of + day)
        checked = await self.check_ins(ids, since=since - day, until=last + day)
        found = {}
        for unit_id in ids:
            own = Roster(
                tuple(duty for duty in roster.duties if duty.unit_id == unit_id),
                tuple(leave for leave in roster.leaves if leave.unit_id == unit_id),
            )
            theirs = (each for each in checked if each.unit_id == unit_id)
            counted = attendance(own, theirs, since=since, until=until, as_of=as_of)
            if counted.scheduled:
                found[unit_id] = counted
        return found

    async def check_ins(
        self, unit_ids: Iterable[UnitId], *, since: datetime, until: datetime
    ) -> tuple[CheckIn, ...]:
        """The check-ins of a span, in order."""
        wanted = {"unit_id": {"$in": sorted(set(unit_ids))}, "at": {"$gte": since, "$lt": until}}
        cursor = self._check_ins.find(wanted).sort("at", ASCENDING)
        return tuple([CheckIn(UnitId(d["unit_id"]), d["person"], d["at"]) async for d in cursor])


def _day(duty: Duty) -> str:
    return duty.starts_at.astimezone(CHINA).date().isoformat() if duty.starts_at else ""


def _order(duty: Duty) -> tuple[str, str, str]:
    return (duty.starts_at.isoformat() if duty.starts_at else "", duty.post, duty.person)
