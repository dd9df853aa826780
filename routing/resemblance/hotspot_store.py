"""Hot spots in MongoDB: which ticket was linked to which, and every matter that was ever more than usual."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from routing.departments import UnitId
from routing.mongo_store import AWARE, Collection, Database, Document
from routing.queries import visible_to
from routing.resemblance.hotspots import KEPT, Level, Link, Report
from routing.workflow import Actor

LEASE = timedelta(minutes=3)
MOST_LISTED = 100
_LEASE_ID = "watch"


class HotspotState(StrEnum):
    """Whether people still report it."""

    OPEN = "open"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """That a level was reached: when, and on what."""

    level: Level
    at: datetime
    recent: int
    usual: float
    chance: float
    watched: int
    """How many matters were looked at; ``chance`` allows for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotspot:
    """One matter that many reported. No identity in it: people are only counted."""

    id: str
    """The number of its first ticket."""
    state: HotspotState
    level: Level
    """The highest it reached."""
    title: str
    phrases: tuple[str, ...]
    """What its tickets say in common."""
    place_id: str | None
    place_name: str | None
    topic: str | None
    numbers: tuple[str, ...]
    """Its tickets, the newest last."""
    tickets: int
    voices: int
    recent: int
    usual: float
    first_at: datetime
    last_at: datetime
    days: tuple[tuple[str, int], ...]
    """Local day (``2026-11-16``) → tickets."""
    units: tuple[tuple[UnitId, int], ...]
    """Who handles them, the most first."""
    warned: tuple[Warned, ...]
    merged: tuple[str, ...] = ()


class HotspotStore:
    """What the watch keeps and everybody reads."""

    def __init__(self, database: Database) -> None:
        self._links: Collection = database.get_collection("matter_links", codec_options=AWARE)
        self._hotspots: Collection = database.get_collection("hotspots", codec_options=AWARE)
        self._leases: Collection = database.get_collection("hotspot_leases", codec_options=AWARE)
        self._tickets: Collection = database.get_collection("tickets", codec_options=AWARE)

    async def prepare(self) -> None:
        """Create the indexes; safe to repeat."""
        await self._links.create_indexes([IndexModel([("seq", ASCENDING)]), IndexModel([("at", ASCENDING)])])
        await self._hotspots.create_indexes(
            [
                IndexModel([("state", ASCENDING), ("last_at", DESCENDING)]),
                IndexModel([("last_at", DESCENDING)]),
            ]
        )

    async def claim(self, holder: str, *, now: datetime) -> bool:
        """True for the one worker that watches; its claim lasts ``LEASE`` from now."""
        free: Document = {"_id": _LEASE_ID, "$or": [{"holder": holder}, {"until": {"$lt": now}}]}
        change: Document = {"$set": {"holder": holder, "until": now + LEASE}}
        try:
            claimed = await self._leases.update_one(free, change, upsert=True)
        except DuplicateKeyError:
            return False  # somebody else holds it
        return claimed.matched_count == 1 or claimed.upserted_id is not None

    # ---- links

    async def put_links(self, linked: Iterable[tuple[int, Report, tuple[Link, ...]]]) -> None:
        """Keep what each ticket was linked to, under its place in the order they were taken in."""
        for seq, report, links in linked:
            await self._links.replace_one(
                {"_id": report.number}, _link_document(seq, report, links), upsert=True
            )

    async def links(self) -> AsyncIterator[tuple[int, Report, tuple[Link, ...]]]:
        """All that is kept, in that order: taken in again they give the same matters."""
        async for d in self._links.find().sort("seq", ASCENDING):
            report = Report(
                number=d["_id"], at=d["at"], voice=d["voice"], place_id=d["place_id"], topic=d["topic"]
            )
            yield d["seq"], report, tuple(Link(each["n"], each["c"], each["l"]) for each in d["links"])

    async def forget_links(self, numbers: Iterable[str]) -> None:
        """Of tickets that were withdrawn, rejected or erased."""
        await self._links.delete_many({"_id": {"$in": list(numbers)}})

    async def let_go(self, now: datetime) -> None:
        """Links too old to be anybody's usual."""
        await self._links.delete_many({"at": {"$lt": now - 2 * KEPT}})

    # ---- hot spots

    async def put(self, hotspot: Hotspot) -> None:
        await self._hotspots.replace_one({"_id": hotspot.id}, _document(hotspot), upsert=True)
        if hotspot.merged:
            await self._hotspots.delete_many({"_id": {"$in": list(hotspot.merged)}})

    async def end(self, *, before: datetime) -> int:
        """What nobody reported since then is over."""
        ended = await self._hotspots.update_many(
            {"state": HotspotState.OPEN.value, "last_at": {"$lt": before}},
            {"$set": {"state": HotspotState.OVER.value}},
        )
        return ended.modified_count

    async def kept(self, *, since: datetime) -> dict[str, Hotspot]:
        """Those somebody reported since then, by id: few, however many matters are watched."""
        return {d["_id"]: _hotspot(d) async for d in self._hotspots.find({"last_at": {"$gte": since}})}

    async def warned_of(self, ids: Iterable[str]) -> tuple[Warned, ...]:
        """What was warned of under any of these ids, the earliest first: a matter keeps its past when it is merged."""
        found: list[Warned] = []
        async for d in self._hotspots.find({"_id": {"$in": list(ids)}}, {"warned": 1}):
            found += [_warned(each) for each in d["warned"]]
        return tuple(sorted(found, key=lambda each: each.at))

    async def latest(
        self, *, reader: Actor, state: HotspotState | None = HotspotState.OPEN, limit: int = MOST_LISTED
    ) -> list[Hotspot]:
        """The newest first, each with those of its tickets and units this reader may see; none of which they may see
        nothing. Counts are of the whole matter."""
        query: Document = {"state": state.value} if state else {}
        found = [
            _hotspot(d) async for d in self._hotspots.find(query).sort("last_at", DESCENDING).limit(limit)
        ]
        rights = visible_to(reader)
        if not rights:
            return found
        numbers = [number for each in found for number in each.numbers]
        cursor = self._tickets.find({"$and": [{"_id": {"$in": numbers}}, rights]}, {"unit_id": 1})
        units = {d["_id"]: d.get("unit_id") async for d in cursor}
        return [_seen(each, units) for each in found if any(number in units for number in each.numbers)]


def _seen(hotspot: Hotspot, units: dict[str, str | None]) -> Hotspot:
    numbers = tuple(number for number in hotspot.numbers if number in units)
    counted = Counter(UnitId(unit) for number in numbers if (unit := units[number]))
    return replace(hotspot, numbers=numbers, units=tuple(counted.most_common()))


def _link_document(seq: int, report: Report, links: tuple[Link, ...]) -> Document:
    return {
        "_id": report.number,
        "seq": seq,
        "at": report.at,
        "voice": report.voice,
        "place_id": report.place_id,
        "topic": report.topic,
        "links": [{"n": link.number, "c": link.chance, "l": link.likeness} for link in links],
    }


def _document(hotspot: Hotspot) -> Document:
    return {
        "_id": hotspot.id,
        "state": hotspot.state.value,
        "level": hotspot.level.value,
        "title": hotspot.title,
        "phrases": list(hotspot.phrases),
        "place_id": hotspot.place_id,
        "place_name": hotspot.place_name,
        "topic": hotspot.topic,
        "numbers": list(hotspot.numbers),
        "tickets": hotspot.tickets,
        "voices": hotspot.voices,
        "recent": hotspot.recent,
        "usual": hotspot.usual,
        "first_at": hotspot.first_at,
        "last_at": hotspot.last_at,
        "days": [list(each) for each in hotspot.days],
        "units": [list(each) for each in hotspot.units],
        "warned": [
            {
                "level": each.level.value,
                "at": each.at,
                "recent": each.recent,
                "usual": each.usual,
                "chance": each.chance,
                "watched": each.watched,
            }
            for each in hotspot.warned
        ],
        "merged": list(hotspot.merged),
    }


def _warned(d: dict[str, Any]) -> Warned:
    return Warned(
        level=Level(d["level"]),
        at=d["at"],
        recent=d["recent"],
        usual=d["usual"],
        chance=d["chance"],
        watched=d["watched"],
    )


def _hotspot(d: Document) -> Hotspot:
    return Hotspot(
        id=d["_id"],
        state=HotspotState(d["state"]),
        level=Level(d["level"]),
        title=d["title"],
        phrases=tuple(d["phrases"]),
        place_id=d["place_id"],
        place_name=d["place_name"],
        topic=d["topic"],
        numbers=tuple(d["numbers"]),
        tickets=d["tickets"],
        voices=d["voices"],
        recent=d["recent"],
        usual=d["usual"],
        first_at=d["first_at"],
        last_at=d["last_at"],
        days=tuple((day, count) for day, count in d["days"]),
        units=tuple((UnitId(unit), count) for unit, count in d["units"]),
        warned=tuple(_warned(each) for each in d["warned"]),
        merged=tuple(d.get("merged", ())),
    )
