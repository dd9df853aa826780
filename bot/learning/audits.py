"""Random samples of automatic dispatches, put before a person: the only unbiased word on how often they are right."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime

from pymongo import ASCENDING
from pymongo.errors import BulkWriteError

from classifier.drift import Tally
from routing.departments import UnitId
from routing.mongo_store import AWARE, Collection, Database, Document


@dataclass(frozen=True, slots=True)
class AuditCase:
    """One automatic dispatch to look at. ``right`` is None until somebody has."""

    number: str
    unit_id: UnitId
    topic: str | None
    drawn_at: datetime
    right: bool | None
    judged_by: str | None


class UnknownCase(Exception):
    """The ticket is in no sample, or was judged before."""


class AuditSamples:
    """Draw, judge, count."""

    def __init__(self, database: Database) -> None:
        self._cases: Collection = database.get_collection("audit_cases", codec_options=AWARE)
        self._tickets: Collection = database.get_collection("tickets", codec_options=AWARE)

    async def draw(self, count: int, *, since: datetime, now: datetime) -> list[AuditCase]:
        """That many automatic dispatches at random, none drawn before; fewer when there are no more."""
        drawn = [document["_id"] async for document in self._cases.find({}, {"_id": 1})]
        automatic = {"triage.automatic": True, "received_at": {"$gte": since}, "_id": {"$nin": drawn}}
        found = self._tickets.aggregate([{"$match": automatic}, {"$sample": {"size": count}}])
        cases = [
            {
                "_id": ticket["_id"],
                "unit_id": ticket["triage"]["candidates"][0]["unit_id"],
                "topic": ticket.get("topic"),
                "received_at": ticket["received_at"],
                "drawn_at": now,
                "right": None,
                "judged_by": None,
            }
            async for ticket in found
        ]
        if cases:
            # Somebody may draw at the same moment: what both drew is there once.
            with contextlib.suppress(BulkWriteError):
                await self._cases.insert_many(cases, ordered=False)
        return [_case(document) for document in cases]

    async def waiting(self, *, limit: int = 200) -> list[AuditCase]:
        """What nobody has judged yet, the oldest first."""
        found = self._cases.find({"right": None}).sort([("drawn_at", ASCENDING), ("_id", ASCENDING)])
        return [_case(document) async for document in found.limit(limit)]

    async def judge(self, number: str, *, right: bool, who: str, now: datetime) -> None:
        """One verdict per case; raises UnknownCase."""
        done = await self._cases.update_one(
            {"_id": number, "right": None}, {"$set": {"right": right, "judged_by": who, "judged_at": now}}
        )
        if not done.modified_count:
            raise UnknownCase(number)

    async def tally(self, *, since: datetime, received_since: datetime | None = None) -> Tally:
        """The verdicts given since then; ``received_since`` leaves out tickets an earlier model sent."""
        judged: Document = {"judged_at": {"$gte": since}}
        if received_since is not None:
            judged["received_at"] = {"$gte": received_since}
        of = await self._cases.count_documents(judged)
        return Tally(await self._cases.count_documents({**judged, "right": True}), of)


def _case(document: Document) -> AuditCase:
    return AuditCase(
        number=document["_id"],
        unit_id=UnitId(document["unit_id"]),
        topic=document["topic"],
        drawn_at=document["drawn_at"],
        right=document["right"],
        judged_by=document["judged_by"],
    )
