"""Asked questions and the gaps they gather in, in MongoDB: ``asked_questions``, ``gaps`` and one lease.

A question enters its gap by one write to the question, and waits until all that follows from it is done; a gap is made
before its first question enters it, under an id that follows from that question. So a crash at any point repeats
acts that change nothing the second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bson.codec_options import CodecOptions
from pymongo import ASCENDING, IndexModel, UpdateOne, WriteConcern
from pymongo.errors import DuplicateKeyError, OperationFailure

from knowledge_base.gaps.asked import AskedOutcome, AskedQuestion, AskedTally
from knowledge_base.gaps.gathering import MOST_WORDINGS, Gap, GapState, Lack

if TYPE_CHECKING:
    from motor.motor_asyncio import AsyncIOMotorDatabase

KEPT = timedelta(days=730)
"""Asked questions older than this are deleted by the store, and gaps nobody asked about for so long: figures go back
two years."""
_OTHER_OPTIONS = 85
"""MongoDB: an index of that name is there, made otherwise."""
LEASE = timedelta(seconds=30)
"""How long one worker gathers before another may; whoever gathers goes on renewing it."""
_AWARE: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)


_FIRST_OUTCOME = {
    Lack.UNANSWERED: AskedOutcome.REFUSED,
    Lack.LAPSED: AskedOutcome.REFUSED,
    Lack.UNHELPFUL: AskedOutcome.ANSWERED,
}
"""What came of a question of which only the lack is known: a crash took the rest."""


@dataclass(frozen=True, slots=True)
class GapCount:
    """How many different citizens a gap has, and the units its questions seemed to be for, the likeliest first."""

    askers: int
    units: tuple[str, ...]
    topics: tuple[str, ...]
    articles: tuple[str, ...]


class MongoGapStore:
    """Collections ``asked_questions``, ``gaps`` and ``knowledge_leases``."""

    def __init__(self, database: AsyncIOMotorDatabase[dict[str, Any]]) -> None:
        self._asked = database.get_collection("asked_questions", codec_options=_AWARE)
        self._counted = self._asked.with_options(write_concern=WriteConcern(w=1, j=False))
        self._gaps = database.get_collection("gaps", codec_options=_AWARE)
        self._leases = database["knowledge_leases"]

    async def prepare(self) -> None:
        """Build the indexes; harmless to repeat."""
        await self._asked.create_indexes(
            [
                IndexModel([("at", ASCENDING)], expireAfterSeconds=int(KEPT.total_seconds())),
                IndexModel([("waiting", ASCENDING)], sparse=True),
                IndexModel([("gap_id", ASCENDING)], sparse=True),
                IndexModel([("asker", ASCENDING)], sparse=True),
            ]
        )
        # A gap holds citizens' words: it goes when the last question in it does.
        kept = int(KEPT.total_seconds())
        try:
            await self._gaps.create_indexes([IndexModel([("last_at", ASCENDING)], expireAfterSeconds=kept)])
        except OperationFailure as taken:
            if taken.code != _OTHER_OPTIONS:
                raise
            # An earlier version kept gaps for ever: its index is turned into one that lets them go.
            index = {"keyPattern": {"last_at": 1}, "expireAfterSeconds": kept}
            await self._gaps.database.command("collMod", self._gaps.name, index=index)

    # ---- what citizens asked

    async def note(self, asked: AskedQuestion) -> None:
        """Keep a question once; the same key again changes nothing."""
        document = _asked_document(asked)
        # What nothing follows from need not reach the disk before the citizen is answered.
        asked_questions = self._asked if asked.lack else self._counted
        await asked_questions.update_one({"_id": asked.key}, {"$setOnInsert": document}, upsert=True)

    async def note_all(self, asked: Sequence[AskedQuestion]) -> None:
        """Keep questions nothing is said about yet, each once."""
        if asked:
            writes = [
                UpdateOne({"_id": one.key}, {"$setOnInsert": _asked_document(one)}, upsert=True)
                for one in asked
            ]
            await self._counted.bulk_write(writes, ordered=False)

    async def answered_by(self, key: str, article_id: str, unit_id: str | None) -> None:
        """The citizen chose among several entries: the question is answered from this one."""
        was = {"_id": key, "outcome": {"$in": [AskedOutcome.CHOICE.value, AskedOutcome.ANSWERED.value]}}
        now = {"outcome": AskedOutcome.ANSWERED.value, "article_id": article_id, "unit_id": unit_id}
        await self._asked.update_one(was, {"$set": now})

    async def found_helpful(self, key: str) -> None:
        """The citizen's word on the answer; a later word replaces it."""
        await self._asked.update_one({"_id": key}, {"$set": {"helpful": True}})

    async def found_lacking(
        self, key: str, lack: Lack, *, question: str, asker: str, article_id: str | None, now: datetime
    ) -> None:
        """There was no answer, it did not help, or none of the entries offered was meant: the question joins a gap."""
        kept: dict[str, Any] = {"lack": lack.value, "question": question, "asker": asker}
        if lack is Lack.UNHELPFUL:
            kept["helpful"] = False
        first = {"at": now, "outcome": _FIRST_OUTCOME[lack].value, "article_id": article_id, "unit_id": None}
        change = {"$set": {**kept, "waiting": True}, "$setOnInsert": first}
        try:
            # Once only: a question already in its gap stays there.
            await self._asked.update_one({"_id": key, "lack": None}, change, upsert=True)
        except DuplicateKeyError:
            if lack is Lack.UNHELPFUL:  # after 有用 in between: the last word counts, in the gap or not
                await self._asked.update_one({"_id": key}, {"$set": {"helpful": False}})

    async def tally(self, since: datetime, until: datetime) -> list[AskedTally]:
        """What was asked in a period, counted by the store: a city's month is too much to read."""
        same = {"outcome": "$outcome", "unit_id": "$unit_id", "helpful": "$helpful"}
        found = self._asked.aggregate(
            [
                {"$match": {"at": {"$gte": since, "$lt": until}}},
                {"$group": {"_id": same, "many": {"$sum": 1}}},
            ]
        )
        return [
            AskedTally(
                outcome=AskedOutcome(document["_id"]["outcome"]),
                unit_id=document["_id"].get("unit_id"),
                helpful=document["_id"].get("helpful"),
                many=document["many"],
            )
            async for document in found
        ]

    # ---- gathering

    async def claim(self, holder: str, *, now: datetime) -> bool:
        """Whether this worker may gather questions now: one does at a time, or alike questions would make two gaps."""
        free = {"_id": "gaps", "$or": [{"until": {"$lt": now}}, {"holder": holder}]}
        try:
            await self._leases.update_one(
                free, {"$set": {"holder": holder, "until": now + LEASE}}, upsert=True
            )
        except DuplicateKeyError:
            return False
        return True

    async def waiting(self, *, limit: int) -> list[AskedQuestion]:
        """Questions not yet in a gap, the oldest first."""
        found = self._asked.find({"waiting": True}).sort([("at", ASCENDING), ("_id", ASCENDING)]).limit(limit)
        return [_asked_from(document) async for document in found]

    async def add_gap(self, gap: Gap) -> None:
        """Make a gap; one of that id stays as it is."""
        await self._gaps.update_one({"_id": gap.id}, {"$setOnInsert": _gap_document(gap)}, upsert=True)

    async def join(
        self, asked: AskedQuestion, gap_id: str, *, asker: str, unit_id: str | None, topic: str
    ) -> tuple[str, ...]:
        """Put a question into its gap; returns the gap's wordings. ``asker`` replaces the question's own: it tells
        citizens apart within this gap only."""
        gap = await self._gaps.find_one({"_id": gap_id})
        assert gap is not None, "a gap is made before it is joined"
        wordings = tuple(dict.fromkeys((*gap["wordings"], asked.question)))[:MOST_WORDINGS]
        await self._gaps.update_one(
            {"_id": gap_id}, {"$set": {"wordings": list(wordings)}, "$max": {"last_at": asked.at}}
        )
        joined = {"gap_id": gap_id, "asker": asker, "unit_id": unit_id, "topic": topic}
        await self._asked.update_one({"_id": asked.key}, {"$set": joined})
        return wordings

    async def gathered(self, key: str) -> None:
        """All that follows from this question is done."""
        await self._asked.update_one({"_id": key}, {"$unset": {"waiting": ""}})

    # ---- erasure

    async def gap_ids(self) -> list[str]:
        """Of every gap there is, whatever became of it."""
        return [document["_id"] async for document in self._gaps.find({}, {"_id": 1})]

    async def forget(self, keys: Iterable[str], askers: Iterable[str]) -> dict[str, str | None]:
        """Delete questions by their keys and by who asked, and their words from the gaps. Returns the gaps they were in:
        the wording each is called by now, None where nobody else's is left and the gap is gone."""
        wanted = {"$or": [{"_id": {"$in": list(keys)}}, {"asker": {"$in": list(askers)}}]}
        found = [document async for document in self._asked.find(wanted, {"gap_id": 1, "question": 1})]
        await self._asked.delete_many({"_id": {"$in": [document["_id"] for document in found]}})
        touched = sorted({document["gap_id"] for document in found if document.get("gap_id")})
        return {gap_id: await self._reworded(gap_id) for gap_id in touched}

    async def _reworded(self, gap_id: str) -> str | None:
        """Keep of a gap's wordings what somebody still asks."""
        asked = self._asked.find({"gap_id": gap_id}, {"question": 1}).sort("at", ASCENDING)
        still = list(dict.fromkeys([document["question"] async for document in asked]))
        gap = await self._gaps.find_one({"_id": gap_id}) or {"wordings": []}
        before: list[str] = [wording for wording in gap["wordings"] if wording in still]
        left: list[str] = list(dict.fromkeys((*before, *still)))[:MOST_WORDINGS]
        if not left:
            await self._gaps.delete_one({"_id": gap_id})
            return None
        await self._gaps.update_one({"_id": gap_id}, {"$set": {"wordings": left}})
        return left[0]

    # ---- gaps

    async def gaps(self, *, since: datetime) -> list[Gap]:
        """Gaps that still take in questions: asked about since then, or with a task or dismissed and not yet forgotten."""
        kept = {"$in": [GapState.TASK.value, GapState.DISMISSED.value]}
        wanted = {
            "$or": [
                {"state": GapState.OPEN.value, "last_at": {"$gte": since}},
                {"state": kept, "last_at": {"$gte": since - KEPT}},
            ],
        }
        return [_gap_from(document) async for document in self._gaps.find(wanted).sort("_id", ASCENDING)]

    async def gap(self, gap_id: str) -> Gap | None:
        document = await self._gaps.find_one({"_id": gap_id})
        return _gap_from(document) if document else None

    async def set_state(self, gap_id: str, state: GapState) -> None:
        await self._gaps.update_one({"_id": gap_id}, {"$set": {"state": state.value}})

    async def count(self, gap_id: str) -> GapCount:
        """Who asks, counted over all questions of the gap."""
        askers: set[str] = set()
        units: list[str] = []
        topics: list[str] = []
        articles: list[str] = []
        fields = {"asker": 1, "unit_id": 1, "topic": 1, "article_id": 1}
        async for document in self._asked.find({"gap_id": gap_id}, fields).sort("_id", ASCENDING):
            askers.add(document["asker"])
            units.append(document.get("unit_id") or "")
            topics.append(document.get("topic") or "")
            articles.append(document.get("article_id") or "")
        return GapCount(len(askers), _likeliest(units), _likeliest(topics), _likeliest(articles))

    async def wordings(self, gap_id: str, *, limit: int = 500) -> list[str]:
        """The questions of a gap as they were asked, redacted, the newest first."""
        found = self._asked.find({"gap_id": gap_id}, {"question": 1}).sort("at", -1).limit(limit)
        return [document["question"] async for document in found]


def _likeliest(values: Iterable[str]) -> tuple[str, ...]:
    said = [value for value in values if value]
    return tuple(sorted(set(said), key=lambda value: (-said.count(value), said.index(value))))


def _asked_document(asked: AskedQuestion) -> dict[str, Any]:
    document: dict[str, Any] = {
        "at": asked.at,
        "outcome": asked.outcome.value,
        "article_id": asked.article_id,
        "unit_id": asked.unit_id,
        "topic": asked.topic,
        "helpful": asked.helpful,
        "lack": asked.lack.value if asked.lack else None,
    }
    if asked.lack:
        document |= {"question": asked.question, "asker": asked.asker, "waiting": True}
    return document


def _asked_from(document: dict[str, Any]) -> AskedQuestion:
    lack = document.get("lack")
    return AskedQuestion(
        key=document["_id"],
        at=document["at"],
        outcome=AskedOutcome(document["outcome"]),
        article_id=document.get("article_id"),
        unit_id=document.get("unit_id"),
        topic=document.get("topic", ""),
        helpful=document.get("helpful"),
        lack=Lack(lack) if lack else None,
        question=document.get("question", ""),
        asker=document.get("asker", ""),
        gap_id=document.get("gap_id"),
    )


def _gap_document(gap: Gap) -> dict[str, Any]:
    return {
        "wordings": list(gap.wordings),
        "first_at": gap.first_at,
        "last_at": gap.last_at,
        "state": gap.state.value,
    }


def _gap_from(document: dict[str, Any]) -> Gap:
    return Gap(
        id=document["_id"],
        wordings=tuple(document["wordings"]),
        first_at=document["first_at"],
        last_at=document["last_at"],
        state=GapState(document["state"]),
    )
