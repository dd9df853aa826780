"""The watch over hot spots: takes tickets in as they come, and keeps what is more than usual."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from routing.citizen_request import RequestType
from routing.departments import UnitId
from routing.mongo_store import AWARE, Collection, Database, Document
from routing.places.gazetteer import Gazetteer
from routing.resemblance.duplicate_index import DuplicateIndex
from routing.resemblance.duplicate_store import DuplicateFeed
from routing.resemblance.duplicates import place_id_of, shared_phrases
from routing.resemblance.hotspot_store import Hotspot, HotspotState, HotspotStore, Warned
from routing.resemblance.hotspots import (
    JOINS,
    KEPT,
    QUIET_AFTER,
    Level,
    Link,
    Matter,
    Matters,
    Report,
    Trend,
    common_place,
    common_topic,
)
from routing.resemblance.likeness import sketch
from routing.timing.working_calendar import CHINA
from routing.workflow import State

LOOK_EVERY = timedelta(minutes=1)

_LATE = timedelta(days=2)
"""Calls registered elsewhere arrive with the time they came; beyond this they are found by the next full look."""
_FULL_LOOK = timedelta(hours=6)
_NEAREST = 20
_CHUNK = 50
_COMPARED = 8
_KEPT_NUMBERS = 500
_FIELDS: dict[str, int] = dict.fromkeys(
    ("search_text", "place", "received_at", "topic", "state", "unit_id", "title"), 1
)
_GONE = frozenset({State.WITHDRAWN, State.REJECTED})
_RANK = {level: at for at, level in enumerate(Level)}

Tell = Callable[[Hotspot, Warned], Awaitable[None]]


class HotspotWatch:
    """Asked every moment, looks once a minute, in one worker at a time.

    What it knows is in MongoDB, so the next worker goes on where one died: links are replayed in their order and give
    the same matters. ``tell`` is called for every level reached, before it is kept: a crash in between tells twice, under
    the same id, never not at all.
    """

    def __init__(
        self,
        database: Database,
        *,
        store: HotspotStore,
        duplicates: DuplicateFeed,
        gazetteer: Callable[[], Gazetteer],
        tell: Tell,
    ) -> None:
        self._tickets: Collection = database.get_collection("tickets", codec_options=AWARE)
        self._store = store
        self._duplicates = duplicates
        self._gazetteer = gazetteer
        self._tell = tell
        self._holder = uuid.uuid4().hex
        self._matters: Matters | None = None
        self._seq = 0
        self._look_at = self._full_look_at = datetime.min.replace(tzinfo=UTC)

    async def watch(self, now: datetime) -> int:
        """Take in what came since the last look; returns how many tickets that were."""
        if now < self._look_at:
            return 0
        self._look_at = now + LOOK_EVERY
        if not await self._store.claim(self._holder, now=now):
            self._matters = None  # another worker's by now
            return 0
        return await self.look(now)

    async def look(self, now: datetime) -> int:
        """One look, whoever has the watch."""
        if self._matters is None:
            self._matters = await self._replayed()
            self._full_look_at = now
        await self._duplicates.refresh(now)
        taken = await self._take_in(self._matters, now)
        # A city's week is twenty thousand matters: counted off the event loop.
        over = await asyncio.to_thread(self._matters.let_go, now)
        await self._keep(self._matters, now)
        if over:
            await self._store.let_go(now)
        await self._store.end(before=now - QUIET_AFTER)
        return taken

    async def _replayed(self) -> Matters:
        matters = Matters()
        async for seq, report, links in self._store.links():
            matters.add(report, links)
            self._seq = max(self._seq, seq + 1)
        return matters

    # ---- taking in

    async def _take_in(self, matters: Matters, now: datetime) -> int:
        since = now - _LATE
        if now >= self._full_look_at:
            since, self._full_look_at = now - KEPT, now + _FULL_LOOK
        query: Document = {"received_at": {"$gte": since, "$lte": now}}
        cursor = self._tickets.find(query, {"_id": 1}).sort([("received_at", 1), ("_id", 1)])
        new = [d["_id"] async for d in cursor if d["_id"] not in matters]
        taken = 0
        for first in range(0, len(new), _CHUNK):
            wanted: Document = {
                "_id": {"$in": new[first : first + _CHUNK]},
                "state": {"$nin": sorted(_GONE)},
                # Thanks warn of nothing.
                "request_type": {"$ne": RequestType.PRAISE.value},
            }
            documents = await self._tickets.find(wanted, _FIELDS).to_list(None)
            documents.sort(key=lambda d: (d["received_at"], d["_id"]))
            callers = await self._duplicates.callers_of([d["_id"] for d in documents])
            await self._store.claim(self._holder, now=now)  # a first look takes minutes
            linked = await asyncio.to_thread(
                self._link, matters, documents, callers, self._duplicates.index, self._gazetteer()
            )
            await self._store.put_links(linked)
            taken += len(linked)
        return taken

    def _link(
        self,
        matters: Matters,
        documents: list[Document],
        callers: dict[str, tuple[str, ...]],
        index: DuplicateIndex,
        gazetteer: Gazetteer,
    ) -> list[tuple[int, Report, tuple[Link, ...]]]:
        linked = []
        for d in documents:
            text, known = d.get("search_text") or "", callers.get(d["_id"], ())
            place_id = place_id_of(gazetteer, d.get("place"), text)
            near = index.find(
                sketch(text),
                at=d["received_at"],
                place_id=place_id,
                callers=known,
                gazetteer=gazetteer,
                limit=_NEAREST,
                without=d["_id"],
            )
            links = tuple(
                Link(each.number, each.chance, each.likeness)
                for each in near
                if each.chance >= JOINS and each.number in matters
            )
            report = Report(
                number=d["_id"],
                at=d["received_at"],
                voice=known[0][:16] if known else None,
                place_id=place_id,
                topic=d.get("topic"),
            )
            matters.add(report, links)
            linked.append((self._seq, report, links))
            self._seq += 1
        return linked

    # ---- keeping

    async def _keep(self, matters: Matters, now: datetime) -> None:
        kept = await self._store.kept(since=now - KEPT)
        for trend in await asyncio.to_thread(matters.trends, now):
            matter, before = matters.get(trend.matter_id), kept.get(trend.matter_id)
            if matter is None or (trend.level is None and before is None):
                continue
            if await self._without_gone(matters, matter):
                continue  # counted anew at the next look
            warned = await self._store.warned_of((matter.id, *matter.merged))
            reached = [trend.level] if trend.level else []
            highest = max((*reached, *(each.level for each in warned)), key=lambda level: _RANK[level])
            new = trend.level is not None and all(_RANK[each.level] < _RANK[trend.level] for each in warned)
            if new:
                warned = (*warned, _warned(trend, highest, now))
            elif before is not None and before.last_at == matter.last_at and before.recent == trend.recent:
                continue
            hotspot = await self._hotspot(matter, trend, highest, warned)
            if new:
                await self._tell(hotspot, warned[-1])
            await self._store.put(hotspot)

    async def _without_gone(self, matters: Matters, matter: Matter) -> bool:
        """Take out what was withdrawn, rejected or erased since; True when there was any."""
        numbers = [each.number for each in matter.reports]
        query: Document = {"_id": {"$in": numbers}, "state": {"$nin": sorted(_GONE)}}
        there = {d["_id"] async for d in self._tickets.find(query, {"_id": 1})}
        gone = [number for number in numbers if number not in there]
        for number in gone:
            matters.forget(number)
        if gone:
            await self._store.forget_links(gone)
        return bool(gone)

    async def _hotspot(
        self, matter: Matter, trend: Trend, level: Level, warned: tuple[Warned, ...]
    ) -> Hotspot:
        numbers = [each.number for each in matter.reports][-_KEPT_NUMBERS:]
        documents = await self._tickets.find({"_id": {"$in": numbers}}, _FIELDS).to_list(None)
        texts = {d["_id"]: d.get("search_text") or "" for d in documents}
        newest = texts.get(numbers[-1], "")
        phrases = Counter(
            phrase
            for number in numbers[-_COMPARED - 1 : -1]
            for phrase in shared_phrases(newest, texts.get(number, ""), self._duplicates.index.commonness)
        )
        place_id, share = common_place(matter.reports)
        gazetteer = self._gazetteer()
        place_id = place_id if share >= 0.5 else None
        units = Counter(UnitId(d["unit_id"]) for d in documents if d.get("unit_id"))
        days = Counter(each.at.astimezone(CHINA).date().isoformat() for each in matter.reports)
        return Hotspot(
            id=matter.id,
            state=HotspotState.OPEN,
            level=level,
            title=newest.partition("\n")[0] or newest.strip()[:40],
            phrases=tuple(phrase for phrase, _ in phrases.most_common(5)),
            place_id=place_id,
            place_name=_place_name(gazetteer, place_id),
            topic=common_topic(matter.reports)[0],
            numbers=tuple(numbers),
            tickets=trend.tickets,
            voices=trend.total,
            recent=trend.recent,
            usual=round(trend.usual, 2),
            first_at=matter.reports[0].at,
            last_at=matter.last_at,
            days=tuple(sorted(days.items())),
            units=tuple(units.most_common()),
            warned=warned,
            merged=tuple(matter.merged),
        )


def _warned(trend: Trend, level: Level, now: datetime) -> Warned:
    return Warned(
        level=level,
        at=now,
        recent=trend.recent,
        usual=round(trend.usual, 2),
        chance=trend.chance,
        watched=trend.watched,
    )


def _place_name(gazetteer: Gazetteer, place_id: str | None) -> str | None:
    if place_id is None:
        return None
    try:
        return gazetteer.full_name(gazetteer.get(place_id))
    except KeyError:
        return None
